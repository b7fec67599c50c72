package main

import (
	"fmt"
	"io"
	"os"

	"github.com/pastelnetwork/smartpool/internal/replay"
	"github.com/pastelnetwork/smartpool/internal/terminal"
)

type replayCmd struct {
	Network       string `placeholder:"NAME" env:"SMARTPOOL_NETWORK" help:"Network of the chain: main, testnet, devnet or regtest. By default, the first block tells it; an unknown chain is treated as regtest, so far the only network that enforces the rules."`
	StartHeight   *int32 `placeholder:"HEIGHT" help:"First block that the rules apply to. On a network that does not enforce them, this makes a shadow run, which reports what enforcement would do."`
	SaplingHeight string `placeholder:"HEIGHT|never" help:"First block with version 4 transactions."`
	File          string `arg:"" help:"File with one raw block in hex per line, from block 0 on; - for standard input."`
}

// Run replays the file and prints the result, even if it stops at a bad block.
func (c *replayCmd) Run(e *terminal.Terminal) error {
	file, size, err := c.open(e)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	bar := e.Progress("reading blocks", size)
	defer bar.Done()
	chain, stopped := replay.Read(io.TeeReader(file, bar), replay.Config{Network: c.Network, StartHeight: c.StartHeight, SaplingHeight: c.SaplingHeight}, e.Note)
	if chain == nil {
		return stopped
	}
	bar.Done()
	if e.JSON {
		err = terminal.PrintJSON(e.Out, chain.Document())
	} else {
		err = chain.Tell(e.Out, e.Width)
	}
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	return stopped
}

// open returns the input and its size in bytes, 0 if unknown.
func (c *replayCmd) open(e *terminal.Terminal) (io.ReadCloser, int64, error) {
	if c.File == "-" {
		return io.NopCloser(e.In), 0, nil
	}
	f, err := os.Open(c.File)
	if err != nil {
		return nil, 0, terminal.UsageError{Err: err}
	}
	info, err := f.Stat()
	if err != nil {
		return nil, 0, terminal.UsageError{Err: err}
	}
	return f, info.Size(), nil
}
