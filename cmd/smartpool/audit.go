package main

import (
	"context"
	"fmt"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// exitUnknown is the exit code of a check that could not be made: never to be taken for ok.
const exitUnknown = 3

// unknownError says that something could not be checked.
type unknownError struct{ error }

type verifyCmd struct {
	Payout verifyPayoutCmd `cmd:"" help:"Recompute from raw blocks whether a payout is right."`
	Pool   verifyPoolCmd   `cmd:"" help:"Recompute from raw blocks whether a daemon's books of a pool are right."`
}

// auditFlags say whose blocks are read.
type auditFlags struct {
	nodeFlags
	networkFlags
	ShadowFrom int32 `default:"-1" placeholder:"HEIGHT" help:"First block of a shadow run, on a network that does not enforce the rules."`
}

// unknownf is an unknownError that wraps another.
func unknownf(format string, args ...any) error { return unknownError{fmt.Errorf(format, args...)} }

// recompute reads the node's blocks up to a height, -1 for all, and applies the rules to each: whoever else says what. The state that
// comes of it is returned; each block's update is shown on the way.
func (f *auditFlags) recompute(ctx context.Context, e *terminal.Terminal, until pastel.Height, show func(*pool.Update)) (*pool.State, error) {
	net, err := f.network()
	if err != nil {
		return nil, err
	}
	if f.ShadowFrom >= 0 {
		if net.StartHeight != pastel.NotSet {
			return nil, terminal.Usagef("--shadow-from: network %s enforces the rules from block %d on, leave it out", net.Name, net.StartHeight)
		}
		net.StartHeight = pastel.Height(f.ShadowFrom)
	}
	state, err := pool.New(net, f.ShadowFrom >= 0)
	if err != nil {
		return nil, terminal.UsageError{Err: err}
	}
	node, err := f.wallet(ctx, net)
	if err != nil {
		return nil, unknownError{err}
	}
	tip, _, err := node.Tip(ctx)
	if err != nil {
		return nil, unknownError{err}
	}
	if until < 0 {
		until = tip
	}
	if until > tip {
		return nil, unknownf("the node ends at block %d, block %d is wanted: wait for it", tip, until)
	}
	bar := e.Progress("recomputing blocks", int64(until)+1)
	defer bar.Done()
	stop := make(chan struct{})
	defer close(stop)
	for b := range ahead(stop, func(yield func(func() lineResult) bool) {
		for h := pastel.Height(0); h <= until && yield(func() lineResult { return readBlock(ctx, node, &net, h) }); h++ {
		}
	}) {
		if b.err != nil {
			return nil, unknownError{b.err}
		}
		if last := state.Tip(); b.block.Height > 0 && b.block.Prev != last.Hash {
			return nil, unknownf("block %d does not follow block %d: the node reorganized meanwhile, run this again", b.block.Height, last.Height)
		}
		u, err := state.Apply(b.block)
		if err != nil {
			return nil, fmt.Errorf("wrong: block %d breaks the rules: %w", b.block.Height, err)
		}
		show(u)
		bar.Add(1)
	}
	return state, nil
}

// shadowLabel is a line that says so if nobody enforces what is recomputed.
func shadowLabel(s *pool.State) string {
	if !s.Shadow() {
		return ""
	}
	net := s.Network()
	return fmt.Sprintf("SHADOW RUN: network %s does not enforce the rules. What follows is what enforcement from block %d on would have done.\n", net.Name, net.StartHeight)
}

// readBlock reads a block of the node's best chain, and prepares it.
func readBlock(ctx context.Context, node chain.Source, net *pastel.Network, h pastel.Height) lineResult {
	b, err := chain.BlockAt(ctx, node, h)
	if err != nil {
		return lineResult{err: err}
	}
	return lineResult{block: pool.Prepare(net, h, b)}
}
