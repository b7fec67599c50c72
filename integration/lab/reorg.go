package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/actors"
)

// isolate takes nodes off the network, each by itself.
func (l *lab) isolate(ctx context.Context, nodes ...*node) error {
	for _, n := range nodes {
		n.apart = true
		if err := n.alone(ctx); err != nil {
			return err
		}
	}
	return nil
}

// rejoin reconnects isolated nodes, and waits until all agree.
func (l *lab) rejoin(ctx context.Context) error {
	for _, n := range l.everybody() {
		if !n.apart {
			continue
		}
		n.apart = false
		if err := l.reconnect(ctx, n); err != nil {
			return err
		}
	}
	return l.together(ctx)
}

// machines returns the running machines of Supernodes.
func (l *lab) machines() []*node {
	var list []*node
	for _, n := range []*node{l.voter, l.hot} {
		if n.process != nil && n.ended() == nil {
			list = append(list, n)
		}
	}
	return list
}

func reorg3(ctx context.Context, l *lab, n *notes) error {
	c, err := l.branches(ctx, n, 3)
	if err != nil {
		return err
	}
	// The activation returned to the mempool and is mined again: the pool's subscription period is not over.
	err = until(ctx, "the activation to wait again", patience, func() (bool, string, error) {
		waiting, err := l.alpha.Mempool(ctx)
		return slices.Contains(waiting, c.Activation), fmt.Sprintf("%d others", len(waiting)), err
	})
	if err := errors.Join(err, l.mine(ctx, 1)); err != nil {
		return err
	}
	s, _, err := l.alpha.rules.Supernode(ctx, c.Activation)
	if err != nil || s == nil {
		return fmt.Errorf("the activation was not mined again: %w", err)
	}
	n.saw("the activation returned to the mempool and was mined at block %d", s.Activated)
	return nil
}

func reorg60(ctx context.Context, l *lab, n *notes) error {
	c, err := l.branches(ctx, n, 60)
	if err != nil {
		return err
	}
	if err := l.mine(ctx, 2); err != nil {
		return err
	}
	s, _, err := l.alpha.rules.Supernode(ctx, c.Activation)
	if err != nil || s != nil {
		return fmt.Errorf("the rules know the Supernode of a pool that expired: %w", err)
	}
	n.saw("on the longer branch the pool's subscription period ended before its activation was mined: it expired, and the settlement is gone")
	return nil
}

// branches plays a reorganization of depth blocks that contain a pool's activation and, if there are enough, a settlement of income.
func (l *lab) branches(ctx context.Context, n *notes, depth int) (*actors.Cast, error) {
	c, err := l.subscribe(ctx, 600, 600)
	if err != nil {
		return nil, err
	}
	// The Supernodes' machines stay disconnected: pasteld's own rules demand on one branch what they voted for on the other.
	if err := l.isolate(ctx, append(l.machines(), l.beta)...); err != nil {
		return nil, err
	}
	if err := errors.Join(c.Activate(ctx, c.Members), l.mine(ctx, 1)); err != nil {
		return nil, err
	}
	was := l.stage
	l.stage = stage{Cast: c, pools: was.pools}
	_, err = l.donate(ctx)
	l.stage = was
	if err := errors.Join(err, l.mine(ctx, depth-2)); err != nil {
		return nil, err
	}
	left, err := l.agree(ctx, l.alpha, l.stock)
	if err != nil {
		return nil, err
	}
	if s, _, err := l.alpha.rules.Supernode(ctx, c.Activation); err != nil || s == nil {
		return nil, fmt.Errorf("the pool is not active on the shorter branch: %w", err)
	}
	if err := l.generate(ctx, l.beta, depth+1); err != nil {
		return nil, err
	}
	if err := l.rejoin(ctx); err != nil {
		return nil, err
	}
	hash, err := l.alpha.HashAt(ctx, left.Height)
	if err != nil {
		return nil, err
	}
	if hash == left.Hash {
		return nil, errors.New("the longer branch did not win")
	}
	at, err := l.agree(ctx, l.running()...)
	if err != nil {
		return nil, err
	}
	n.saw("%d blocks up to %d, with an activation%s, gave way to a branch of one more, sent by a peer; digest there %x",
		depth, left.Height, strings.Repeat(" and settlements", min(1, depth/settlementInterval)), at.Digest[:8])
	return c, nil
}
