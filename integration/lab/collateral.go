package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/actors"
	"github.com/pastelnetwork/smartpool/pastel"
)

// status returns what the rules say about the pool's Supernode.
func (l *lab) status(ctx context.Context) (chain.SupernodeStatus, error) {
	s, _, err := l.alpha.rules.Supernode(ctx, l.stage.Activation)
	if err != nil || s == nil {
		return "", fmt.Errorf("the rules know no Supernode for the pool: %w", err)
	}
	return s.Status, nil
}

// is fails unless the pool's Supernode has a status.
func (l *lab) is(ctx context.Context, want chain.SupernodeStatus) error {
	got, err := l.status(ctx)
	if err == nil && got != want {
		err = fmt.Errorf("the pool's Supernode is %s, not %s", got, want)
	}
	return err
}

// mineTo mines up to a height.
func (l *lab) mineTo(ctx context.Context, h pastel.Height) error {
	tip, _, err := l.alpha.Tip(ctx)
	if err != nil {
		return err
	}
	return l.mine(ctx, int(h-tip))
}

// leaves has a member spend the pledged output, and mines the spend.
func (l *lab) leaves(ctx context.Context, m *actors.Party) error {
	return errors.Join(l.stage.Leave(ctx, m), l.mine(ctx, 1))
}

// replenish has a pool fall short of collateral between a vote and its payment, and recover.
func replenish(ctx context.Context, l *lab, n *notes) error {
	if err := l.launchSupernode(ctx); err != nil {
		return err
	}
	at, err := l.voted(ctx, 3)
	if err != nil {
		return err
	}
	if err := l.mineTo(ctx, at-3); err != nil {
		return err
	}
	m := l.stage.Members[0]
	if err := errors.Join(l.leaves(ctx, m), l.is(ctx, chain.SupernodePaused)); err != nil {
		return err
	}
	n.saw("block %d: a member left, the pool is replenishing, and its Supernode is paused", at-2)
	if err := l.mineTo(ctx, at); err != nil {
		return err
	}
	paid, err := l.income(ctx, at)
	if err != nil || paid == 0 {
		return fmt.Errorf("block %d, voted for before, pays the escrow %s: %w", at, paid, err)
	}
	n.saw("block %d, voted for before, pays the escrow %s PSL, and all nodes accepted it", at, paid)
	// Nodes check their lists every few seconds. What they say about others shows that they did.
	pause(ctx, looking)
	if err := l.listedAs(ctx, l.stage.supernode(), "ENABLED", l.upgraded()...); err != nil {
		return err
	}
	n.saw("while it is paused, the nodes keep it in their lists as ENABLED")
	if err := errors.Join(l.stage.Settle(ctx, m), l.stage.Pledge(ctx, m), l.mine(ctx, 1), l.is(ctx, chain.SupernodeActive)); err != nil {
		return err
	}
	n.saw("block %d: the member pledged again, and the pool is active", at+1)
	again, err := l.voted(ctx, 1)
	if err != nil {
		return err
	}
	if err := l.mineTo(ctx, again); err != nil {
		return err
	}
	paid, err = l.income(ctx, again)
	if err != nil || paid == 0 {
		return fmt.Errorf("block %d pays the escrow %s: %w", again, paid, err)
	}
	n.saw("block %d pays the escrow %s PSL again, without another launch", again, paid)
	return nil
}

// shortOfCollateral has a pool end between a vote and its payment.
func shortOfCollateral(ctx context.Context, l *lab, n *notes) error {
	if err := l.launchSupernode(ctx); err != nil {
		return err
	}
	at, err := l.voted(ctx, actors.Subscription+3)
	if err != nil {
		return err
	}
	if err := l.mineTo(ctx, at-actors.Subscription-3); err != nil {
		return err
	}
	if err := errors.Join(l.leaves(ctx, l.stage.Members[1]), l.is(ctx, chain.SupernodePaused)); err != nil {
		return err
	}
	if err := errors.Join(l.mineTo(ctx, at-1), l.is(ctx, chain.SupernodeGone)); err != nil {
		return err
	}
	n.saw("a member left at block %d, and the pool was dissolved before block %d, for which Supernodes had voted to pay it", at-actors.Subscription-2, at)
	if err := l.mineTo(ctx, at+19); err != nil {
		return err
	}
	paid, err := l.income(ctx, at)
	if err != nil || paid == 0 {
		return fmt.Errorf("block %d, voted for before, pays the escrow %s: %w", at, paid, err)
	}
	n.saw("block %d pays the escrow %s PSL nevertheless; 20 more blocks were mined, and all nodes accepted them", at, paid)
	for _, x := range l.upgraded() {
		err := until(ctx, x.name+" to drop the Supernode", patience, func() (bool, string, error) {
			m, err := x.supernode(ctx, l.stage.supernode())
			if m == nil || err != nil {
				return err == nil, "", err
			}
			return m.Status == "OUTPOINT_SPENT", m.Status, nil // it is removed within half a minute
		})
		if err != nil {
			return err
		}
	}
	n.saw("the upgraded nodes drop the Supernode from their lists")
	l.stage = stage{pools: l.stage.pools} // the next scenario opens another pool
	return nil
}
