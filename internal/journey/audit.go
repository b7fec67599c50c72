package journey

import (
	"context"
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/audit"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// Audit recomputes from a node's raw blocks and trusts nothing else. Its errors begin with "wrong", or are *UnknownError if something
// could not be checked.
type Audit struct {
	Node       *Node
	Network    string        // its name
	ShadowFrom pastel.Height // first block of a shadow run, on a network that does not enforce the rules; -1 for none
	Progress   func(what string, size int64) *terminal.Bar
}

// Recomputed says how far an audit went.
type Recomputed struct {
	Height pastel.Height // of the last block
	Digest string        // ledger digest after it, in hex
	Shadow bool
	Label  string // for a shadow run, a line that says so
}

// PayoutAudit is a payout recomputed from raw blocks.
type PayoutAudit struct {
	Recomputed
	audit.Payout
	To []wire.Output // its payments
}

// PoolAudit is the result of comparing a daemon's answer about a pool with raw blocks.
type PoolAudit struct {
	Recomputed
	audit.Comparison
}

// NetworkNamed returns the rules' parameters on the network with that name.
func NetworkNamed(name string) (pool.Params, error) {
	net, err := pool.ParamsByName(name)
	if err != nil {
		return net, terminal.UsageError{Err: err}
	}
	return net, nil
}

// unknownf formats an UnknownError.
func unknownf(format string, args ...any) error {
	return &UnknownError{Err: fmt.Errorf(format, args...)}
}

// Payout recomputes whether a transaction is the payout of a settlement.
func (a *Audit) Payout(ctx context.Context, id pastel.TxID) (*PayoutAudit, error) {
	state, err := a.state()
	if err != nil {
		return nil, err
	}
	trace := audit.TracePayout(id)
	if err := a.recompute(ctx, state, -1, trace.Watch); err != nil {
		return nil, err
	}
	po, found := trace.Payout()
	if !found {
		return nil, unknownf("unknown: no settlement up to block %d made transaction %s; it is not a payout, or not one of this chain", state.Tip().Height, id)
	}
	x := &PayoutAudit{Recomputed: recomputed(state), Payout: po}
	net := state.Params().Network
	for _, o := range po.Outputs {
		x.To = append(x.To, wire.Output{Address: o.To.Encode(&net), Amount: o.Amount})
	}
	return x, nil
}

// Pool compares a daemon's answer about a pool with raw blocks, up to the block that the answer names.
func (a *Audit) Pool(ctx context.Context, said *wire.PoolDetail) (*PoolAudit, error) {
	state, err := a.state()
	if err != nil {
		return nil, err
	}
	recount := audit.NewRecount(state)
	if err := a.recompute(ctx, state, said.Tip.Height, recount.Watch); err != nil {
		return nil, err
	}
	found, err := recount.Compare(said)
	switch {
	case errors.Is(err, audit.ErrOtherBlock):
		return nil, unknownf("unknown: %w; try again once the node and the daemon agree", err)
	case err != nil:
		return nil, fmt.Errorf("wrong: %w: %s", err, said.ID)
	}
	return &PoolAudit{recomputed(state), *found}, nil
}

// AskedPool asks a daemon for a pool to audit. It checks only that the answer is about that pool.
func (r *Daemon) AskedPool(ctx context.Context, id string) (wire.PoolDetail, error) {
	p, err := r.unverifiedPool(ctx, id)
	switch {
	case errors.Is(err, errAnotherPool):
		return p, fmt.Errorf("wrong: %w", err)
	case err != nil:
		return p, &UnknownError{Err: err}
	}
	return p, nil
}

// state returns the audited network's state before block 0.
func (a *Audit) state() (*pool.State, error) {
	net, err := NetworkNamed(a.Network)
	if err != nil {
		return nil, err
	}
	if a.ShadowFrom >= 0 {
		if net.Forks.Pools.Scheduled() {
			return nil, terminal.Usagef("--shadow-from: network %s enforces the rules from block %d on; omit the flag", net.Name, net.Forks.Pools.Height())
		}
		net.Forks.Pools = pool.ForkAt(a.ShadowFrom)
	}
	state, err := pool.New(net, a.ShadowFrom >= 0)
	if err != nil {
		return nil, terminal.UsageError{Err: err}
	}
	return state, nil
}

// recompute reads the node's blocks up to a height, -1 for all, and applies the rules to each.
func (a *Audit) recompute(ctx context.Context, state *pool.State, until pastel.Height, watch func(*pool.Update)) error {
	node, until, err := a.blocks(ctx, state.Params().Network, until)
	if err != nil {
		return &UnknownError{Err: err}
	}
	bar := a.Progress("recomputing blocks", int64(until)+1)
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
		return unknownf("block %d does not follow block %d: the node reorganized meanwhile; run this again", order.Height, order.Tip.Height)
	case errors.As(err, &read):
		return &UnknownError{Err: err}
	}
	return err // a bug in the rules
}

// blocks connects to the node, which must have all blocks up to a height, and returns that height.
func (a *Audit) blocks(ctx context.Context, net pastel.Network, until pastel.Height) (*pasteld.Client, pastel.Height, error) {
	node, err := a.Node.Wallet(ctx, net)
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
		return nil, 0, fmt.Errorf("the node's last block is %d, but block %d is needed; wait until the node has it", tip, until)
	}
	return node, until, nil
}

func recomputed(s *pool.State) Recomputed {
	tip := s.Tip()
	return Recomputed{Height: tip.Height, Digest: fmt.Sprintf("%x", tip.Digest), Shadow: s.Shadow(), Label: shadowLabel(s)}
}

// shadowLabel returns a line saying that a network does not enforce what is recomputed; empty if it does.
func shadowLabel(s *pool.State) string {
	if !s.Shadow() {
		return ""
	}
	net := s.Params()
	return fmt.Sprintf("SHADOW RUN: network %s does not enforce the rules. This shows what enforcement from block %d on would have done.\n", net.Name, net.Forks.Pools.Height())
}
