package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
)

// The voter is a regular Supernode on an upgraded node. Pools' Supernodes do not vote, because stock nodes do not know them.
const voterAlias, voterPass = "voter", "passphrase of the voter"

// collateral backs a regular Supernode on regtest.
const collateral = 1000 * pastel.PSL

// startVoter gives the network a regular Supernode, the way its operator would.
func (l *lab) startVoter(ctx context.Context) error {
	key, err := l.alpha.MasternodeGenKey(ctx)
	if err != nil {
		return err
	}
	at, err := l.alpha.NewAddress(ctx)
	if err != nil {
		return err
	}
	if _, err := l.alpha.SendTo(ctx, at, collateral); err != nil {
		return err
	}
	if err := l.mine(ctx, 1); err != nil {
		return err
	}
	coins, err := l.alpha.Unspent(ctx, 1, at)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(coins, func(u pasteld.Unspent) bool { return u.Value == collateral }) // blocks may have paid the miner there
	if i < 0 {
		return errors.New("the wallet does not have the collateral sent to it")
	}
	out := coins[i].OutPoint
	if err := l.alpha.LockUnspent(ctx, false, []pastel.OutPoint{out}); err != nil {
		return err
	}
	l.voter.extra = []string{"masternode=1", "masternodeprivkey=" + key}
	if err := l.up(ctx, l.voter); err != nil {
		return err
	}
	if err := l.synced(ctx); err != nil {
		return err
	}
	if err := l.announce(ctx, &pasteld.MasternodeEntry{Alias: voterAlias, Address: l.voter.peer(), Key: key, OutPoint: out}); err != nil {
		return err
	}
	l.regular = out
	return l.enrolVoter(ctx) // it votes from now on; others pay it once it is ENABLED
}

// enrolVoter registers the voter's identity on the voter's own machine.
func (l *lab) enrolVoter(ctx context.Context) error {
	if err := l.listed(ctx, l.regular); err != nil {
		return err
	}
	id, err := l.voter.NewPastelID(ctx, voterPass)
	if err != nil {
		return err
	}
	purse, err := l.voter.NewAddress(ctx)
	if err != nil {
		return err
	}
	if _, err := l.alpha.SendTo(ctx, purse, 100*pastel.PSL); err != nil {
		return err
	}
	if err := l.mine(ctx, 1); err != nil {
		return err
	}
	// The machine's own state lags behind its list.
	err = until(ctx, "the voter to register", time.Minute, func() (bool, string, error) {
		_, err := l.voter.raw(ctx, "tickets", "register", "mnid", id, voterPass)
		return err == nil, fmt.Sprint(err), nil
	})
	if err != nil {
		return err
	}
	return until(ctx, "the registration to be mined", time.Minute, func() (bool, string, error) {
		waiting, err := l.alpha.Mempool(ctx)
		if err != nil || len(waiting) == 0 {
			return false, "it has not arrived", err
		}
		return true, "", l.mine(ctx, 1)
	})
}

// synced waits until all running nodes know the network's Supernodes and votes.
func (l *lab) synced(ctx context.Context) error {
	for _, n := range l.running() {
		err := until(ctx, n.name+" to know all Supernodes", 5*time.Minute, func() (bool, string, error) {
			done, err := n.synced(ctx)
			return done, "it is asking", err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// listed waits until all running nodes list a Supernode.
func (l *lab) listed(ctx context.Context, out pastel.OutPoint) error {
	for _, n := range l.running() {
		err := until(ctx, fmt.Sprintf("%s to list Supernode %s", n.name, out), time.Minute, func() (bool, string, error) {
			m, err := n.supernode(ctx, out)
			return m != nil, "it is not listed", err
		})
		if err != nil {
			return err
		}
	}
	return nil
}
