package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/audit"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
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

// state is the state before block 0 of the network that is audited.
func (f *auditFlags) state() (*pool.State, error) {
	net, err := f.network()
	if err != nil {
		return nil, err
	}
	if f.ShadowFrom >= 0 {
		if net.Forks.Pools.Scheduled() {
			return nil, terminal.Usagef("--shadow-from: network %s enforces the rules from block %d on, leave it out", net.Name, net.Forks.Pools.Height())
		}
		net.Forks.Pools = pool.ForkAt(pastel.Height(f.ShadowFrom))
	}
	state, err := pool.New(net, f.ShadowFrom >= 0)
	if err != nil {
		return nil, terminal.UsageError{Err: err}
	}
	return state, nil
}

// recompute reads the node's blocks up to a height, -1 for all, and applies the rules to each, whoever else says what.
func (f *auditFlags) recompute(ctx context.Context, e *terminal.Terminal, state *pool.State, until pastel.Height, watch func(*pool.Update)) error {
	node, until, err := f.blocks(ctx, state.Params().Network, until)
	if err != nil {
		return unknownError{err}
	}
	bar := e.Progress("recomputing blocks", int64(until)+1)
	defer bar.Done()
	err = audit.Recompute(state, audit.FromNode(ctx, node, until), watch, func(*pool.Update) { bar.Add(1) })
	var breach *pool.BlockError
	var order *pool.OrderError
	var read *audit.ReadError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &breach):
		return fmt.Errorf("wrong: block %d breaks the rules: %w", breach.Height, breach)
	case errors.As(err, &order):
		return unknownf("block %d does not follow block %d: the node reorganized meanwhile, run this again", order.Height, order.Tip.Height)
	case errors.As(err, &read):
		return unknownError{err}
	}
	return err // a bug of the rules
}

// blocks connects to the node, which must have all blocks up to a height, and says which that is.
func (f *auditFlags) blocks(ctx context.Context, net pastel.Network, until pastel.Height) (*pasteld.Client, pastel.Height, error) {
	node, err := f.wallet(ctx, net)
	if err != nil {
		return nil, 0, err
	}
	tip, _, err := node.Tip(ctx)
	switch {
	case err != nil:
		return nil, 0, err
	case until < 0:
		until = tip
	case until > tip:
		return nil, 0, fmt.Errorf("the node ends at block %d, block %d is wanted: wait for it", tip, until)
	}
	return node, until, nil
}

// shadowLabel is a line that says so if nobody enforces what is recomputed.
func shadowLabel(s *pool.State) string {
	if !s.Shadow() {
		return ""
	}
	net := s.Params()
	return fmt.Sprintf("SHADOW RUN: network %s does not enforce the rules. What follows is what enforcement from block %d on would have done.\n", net.Name, net.Forks.Pools.Height())
}
