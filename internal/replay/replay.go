// Package replay reads a chain of raw blocks from a file and reports every pool's life, for people and for programs.
package replay

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strconv"

	"github.com/pastelnetwork/smartpool/audit"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// Config says which network a chain belongs to, and how it differs.
type Config struct {
	Network       string // its name; if empty, the first block tells it
	StartHeight   *int32 // first block that the rules apply to; on a network that does not enforce them, it makes a shadow run
	SaplingHeight string // first block with transactions of version 4: a height, or never
}

// Chain is a chain that was read.
type Chain struct {
	state   *pool.State
	history *audit.History
}

// Document returns everything, for programs.
func (c *Chain) Document() *audit.Document { return c.history.Document() }

var errNoBlocks = errors.New("the input contains no blocks; want one raw block in hex per line")

// Read reads one raw block in hex per line and applies the rules to each. If a block is bad, the chain ends before it, and the error says
// why. Wrong settings return a terminal.UsageError and no chain. Read notes what it guesses.
func Read(in io.Reader, c Config, note func(format string, args ...any)) (*Chain, error) {
	net, err := named(cmp.Or(c.Network, enforcing))
	if err != nil {
		return nil, err
	}
	lines := bufio.NewReaderSize(in, maxGenesis)
	if c.Network == "" {
		name, known := recognise(lines)
		if !known {
			name = enforcing
			note("The first block belongs to no known network. Treating the chain as %s; to choose another network, use --network.", name)
		}
		if net, err = named(name); err != nil {
			return nil, err
		}
	}
	shadow, err := c.adjust(&net)
	if err != nil {
		return nil, err
	}
	state, err := pool.New(net, shadow)
	if err != nil {
		return nil, terminal.UsageError{Err: err}
	}
	chain := &Chain{state, audit.NewHistory(state)}
	if err := chain.read(lines); err != nil {
		return chain, fmt.Errorf("%w; the report ends at block %d", err, state.Tip().Height)
	}
	return chain, nil
}

// read applies all blocks up to the first bad one.
func (c *Chain) read(in io.Reader) error {
	err := audit.Recompute(c.state, audit.FromHex(in), c.history.Watch)
	next := c.state.Tip().Height + 1
	var read *audit.ReadError
	switch {
	case err == nil && next == 0:
		return errNoBlocks
	case err == nil || errors.As(err, &read):
		return err
	}
	return fmt.Errorf("line %d: %w", next+1, err)
}

func named(name string) (pool.Params, error) {
	net, err := pool.ParamsByName(name)
	if err != nil {
		return net, terminal.UsageError{Err: err}
	}
	return net, nil
}

// adjust applies the heights of the settings.
func (c *Config) adjust(net *pool.Params) (shadow bool, err error) {
	if c.StartHeight != nil {
		if *c.StartHeight < 0 {
			return false, terminal.Usagef("--start-height %d is negative; want the height of a block", *c.StartHeight)
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
