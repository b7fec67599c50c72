package main

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/actors"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// stage is what scenarios share: a pool, and its Supernode after the launch.
type stage struct {
	*actors.Cast
	key      string // of the Supernode's machine
	launched bool
	label    string
	pools    int // number of pools opened so far
}

// supernode returns the collateral reference of the pool's Supernode.
func (s *stage) supernode() pastel.OutPoint {
	return pastel.OutPoint{TxID: s.Activation, Vout: chain.PoolIndex}
}

// escrow returns the address where the pool's Supernode is paid.
func (s *stage) escrow() pastel.Address { return ticket.EscrowAddress(s.Pool) }

// cast registers an operator, a Supernode and members who pledge some PSL each, and gives the members their outputs.
func (l *lab) cast(ctx context.Context, coins ...int64) (*actors.Cast, error) {
	l.stage.pools++
	var names []string
	for i := range coins {
		names = append(names, fmt.Sprintf("member %d of pool %d", i+1, l.stage.pools))
	}
	c := actors.New(l.net, l.alpha.Client, filepath.Join(l.alpha.data(), ".cookie"), names, coins)
	for _, p := range c.Everybody() {
		if err := c.Enrol(ctx, p); err != nil {
			return nil, fmt.Errorf("register %s: %w", p.Name, err)
		}
	}
	for _, m := range c.Members {
		if err := c.Fund(ctx, m); err != nil {
			return nil, fmt.Errorf("fund %s: %w", m.Name, err)
		}
	}
	if err := l.mine(ctx, 1); err != nil {
		return nil, err
	}
	for _, m := range c.Members {
		if err := c.Settle(ctx, m); err != nil {
			return nil, err
		}
	}
	return c, nil
}

// subscribe opens a pool, and has all members pledge to it.
func (l *lab) subscribe(ctx context.Context, coins ...int64) (*actors.Cast, error) {
	c, err := l.cast(ctx, coins...)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(c.Open(ctx, fmt.Sprintf("lab-%d", l.stage.pools)), l.mine(ctx, 1)); err != nil {
		return nil, err
	}
	for _, m := range c.Members {
		if err := c.Pledge(ctx, m); err != nil {
			return nil, fmt.Errorf("pledge of %s: %w", m.Name, err)
		}
	}
	return c, l.mine(ctx, 1)
}

// activePool gives scenarios an active pool; it creates one if there is none.
func (l *lab) activePool(ctx context.Context) error {
	if l.stage.Cast != nil {
		return nil
	}
	c, err := l.subscribe(ctx, 600, 600)
	if err != nil {
		return err
	}
	if err := errors.Join(c.Activate(ctx, c.Members), l.mine(ctx, 1)); err != nil {
		return err
	}
	l.stage.Cast, l.stage.label = c, fmt.Sprintf("lab-%d", l.stage.pools)
	return nil
}

// authorize has the Supernode's PastelID allow a machine to run the Supernode.
func (l *lab) authorize(ctx context.Context, c *actors.Cast, key string, at time.Time) (*ticket.Launch, error) {
	machine, err := pastel.ParseWIF(&l.net, key)
	if err != nil {
		return nil, err
	}
	launch := &ticket.Launch{Activation: c.Activation, Key: hex.EncodeToString(machine.PublicKey()), Time: ticket.FormatTimeStamp(at.Unix())}
	launch.Signature, err = c.Client.SignWith(ctx, c.Supernode.ID, c.Supernode.Pass(), launch.Statement(l.net.Name))
	return launch, err
}

// entry returns masternode.conf's entry for the pool's Supernode on the hot machine; without a launch, nothing authorizes it.
func (l *lab) entry(c *actors.Cast, alias, key string, launch *ticket.Launch) (*pasteld.MasternodeEntry, error) {
	e := &pasteld.MasternodeEntry{
		Alias: alias, Address: l.hot.peer(), Key: key, OutPoint: pastel.OutPoint{TxID: c.Activation, Vout: chain.PoolIndex},
	}
	if launch == nil {
		return e, nil
	}
	var err error
	e.ExtConfig, err = launch.AddTo(nil)
	return e, err
}

// conf returns the path of alpha's masternode.conf.
func (l *lab) conf() string { return filepath.Join(l.alpha.data(), "masternode.conf") }

// announce writes an entry to alpha's masternode.conf, and has alpha announce it.
func (l *lab) announce(ctx context.Context, e *pasteld.MasternodeEntry) error {
	c := actors.Cast{Client: l.alpha.Client, Conf: l.conf()}
	return c.Announce(ctx, e)
}

// heat starts the hot machine with a key. The passphrase is that of the Supernode's PastelID, which the machine mines with.
func (l *lab) heat(ctx context.Context, pass, key string) error {
	if l.hot.process != nil && l.hot.ended() == nil {
		if err := l.hot.stop(ctx); err != nil {
			return err
		}
	}
	l.hot.extra = []string{"masternode=1", "masternodeprivkey=" + key, "genpassphrase=" + pass}
	return l.up(ctx, l.hot)
}

// container copies the key of the Supernode's PastelID to the hot machine, as the operator does.
func (l *lab) container(supernode string) error {
	keys := filepath.Join(l.hot.data(), "pastelkeys")
	if err := os.MkdirAll(keys, 0o700); err != nil {
		return err
	}
	return copyFile(filepath.Join(keys, supernode), filepath.Join(l.alpha.data(), "pastelkeys", supernode))
}

// listedAs waits until nodes list a Supernode with a status.
func (l *lab) listedAs(ctx context.Context, out pastel.OutPoint, status string, nodes ...*node) error {
	for _, n := range nodes {
		err := until(ctx, fmt.Sprintf("%s to list Supernode %s as %s", n.name, out, status), 5*time.Minute, func() (bool, string, error) {
			m, err := n.supernode(ctx, out)
			if m == nil {
				return false, "it is not listed", err
			}
			return m.Status == status, m.Status, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// upgraded returns the running nodes that know pools.
func (l *lab) upgraded() []*node {
	return slices.DeleteFunc(l.running(), func(n *node) bool { return n.rules == nil })
}

// machine gives scenarios a pool whose Supernode's machine is running, but not launched.
func (l *lab) machine(ctx context.Context) error {
	if err := l.activePool(ctx); err != nil {
		return err
	}
	if l.stage.key == "" {
		key, err := l.alpha.MasternodeGenKey(ctx)
		if err != nil {
			return err
		}
		if err := l.heat(ctx, l.stage.Supernode.Pass(), key); err != nil {
			return err
		}
		l.stage.key = key
	}
	return errors.Join(l.container(l.stage.Supernode.ID), l.synced(ctx))
}

// launchSupernode gives scenarios a pool whose Supernode is ENABLED on all upgraded nodes.
func (l *lab) launchSupernode(ctx context.Context) error {
	if err := l.machine(ctx); err != nil || l.stage.launched {
		return err
	}
	launch, err := l.authorize(ctx, l.stage.Cast, l.stage.key, time.Now())
	if err != nil {
		return err
	}
	e, err := l.entry(l.stage.Cast, l.stage.label, l.stage.key, launch)
	if err != nil {
		return err
	}
	if err := l.announce(ctx, e); err != nil {
		return err
	}
	l.stage.launched = true
	return l.listedAs(ctx, l.stage.supernode(), "ENABLED", l.upgraded()...)
}
