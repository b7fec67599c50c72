package main

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"

	"github.com/pastelnetwork/smartpool/audit"
	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

type replayCmd struct {
	Network       string `placeholder:"NAME" env:"SMARTPOOL_NETWORK" help:"Network of the chain: main, testnet, devnet or regtest. Left out, it is recognised by the first block; an unknown chain is taken for regtest, so far the only network that enforces the rules."`
	StartHeight   *int32 `placeholder:"HEIGHT" help:"Height from which the rules hold. On a network that does not enforce them this is a shadow run: it reports what enforcement would do."`
	SaplingHeight string `placeholder:"HEIGHT|never" help:"Height from which version 4 transactions are mined."`
	File          string `arg:"" help:"File with a raw block in hex a line, from block 0 on; - for standard input."`
}

// Run replays the file and prints what came of it, also when it stops at a bad block.
func (c *replayCmd) Run(e *terminal.Terminal) error {
	net, err := journey.ParamsNamed(cmp.Or(c.Network, enforcing))
	if err != nil {
		return err
	}
	file, size, err := c.open(e)
	if err != nil {
		return err
	}
	defer func() { _ = file.Close() }()
	bar := e.Progress("reading blocks", size)
	defer bar.Done()
	in := bufio.NewReaderSize(io.TeeReader(file, bar), maxGenesis)
	if c.Network == "" {
		net = c.guess(e, in)
	}
	shadow, err := c.adjust(&net)
	if err != nil {
		return err
	}
	state, err := pool.New(net, shadow)
	if err != nil {
		return terminal.UsageError{Err: err}
	}

	history := audit.NewHistory(state)
	stopped := replay(state, in, history)
	bar.Done()
	if e.JSON {
		err = terminal.PrintJSON(e.Out, history.Document())
	} else {
		err = tellStory(e.Out, state, history)
	}
	if err != nil {
		return fmt.Errorf("print: %w", err)
	}
	if stopped != nil {
		return fmt.Errorf("%w; what is shown ends at block %d", stopped, state.Tip().Height)
	}
	return nil
}

var errNoBlocks = errors.New("there are no blocks in the input: want one raw block in hex a line")

// replay applies all blocks, or up to the parent of the first that is wrong.
func replay(state *pool.State, in io.Reader, history *audit.History) error {
	err := audit.Recompute(state, audit.FromHex(in), history.Watch)
	next := state.Tip().Height + 1
	var read *audit.ReadError
	switch {
	case err == nil && next == 0:
		return errNoBlocks
	case err == nil || errors.As(err, &read):
		return err
	}
	return fmt.Errorf("line %d: %w", next+1, err)
}

// guess finds the network of a chain.
func (c *replayCmd) guess(e *terminal.Terminal, in *bufio.Reader) pool.Params {
	name, known := recognise(in)
	if !known {
		name = enforcing
		e.Note("The first block is of no network this program knows: taking the chain for %s (else say --network).", name)
	}
	net, err := pool.ParamsByName(name)
	if err != nil {
		panic(err) // both names are in the program
	}
	return net
}

// adjust takes the heights of the command line over.
func (c *replayCmd) adjust(net *pool.Params) (shadow bool, err error) {
	if c.StartHeight != nil {
		if *c.StartHeight < 0 {
			return false, terminal.Usagef("--start-height %d is negative: want the height of a block", *c.StartHeight)
		}
		shadow = !net.Forks.Pools.Scheduled()
		net.Forks.Pools = pool.ForkAt(pastel.Height(*c.StartHeight))
	}
	switch c.SaplingHeight {
	case "":
	case "never":
		net.SaplingHeight = pastel.Never
	default:
		h, err := strconv.ParseInt(c.SaplingHeight, 10, 32)
		if err != nil || h < 0 {
			return false, terminal.Usagef("--sapling-height %q: want the height of a block, or never", c.SaplingHeight)
		}
		net.SaplingHeight = pastel.Height(h)
	}
	return shadow, nil
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
