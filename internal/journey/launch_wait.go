package journey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/pastel"
)

// Statuses in a node's list (pasteld: mnode/mnode-masternode.cpp).
const (
	listedBefore  = "PRE_ENABLED" // announced: its machine has not been heard of yet
	listedEnabled = "ENABLED"
)

// What else is known of the list.
const (
	listedNot  = "not listed"
	listedAway = "the node is away"
)

// activate has the node announce the entry, and sees that it is this one.
func (l *launch) activate(ctx context.Context) error {
	err := l.wallet.ActivateMasternode(ctx, l.entry.Alias, l.entry.Key)
	switch {
	case errors.Is(err, pasteld.ErrUnknownAlias):
		return fmt.Errorf("%w, but %s has %s: say which file the node reads with --masternode-conf, correct what its debug.log says of it, or use a node that knows pools",
			err, l.conf.Path(), l.entry.Alias)
	case err != nil:
		return err
	}
	if err := l.look(ctx); err != nil {
		return err
	}
	if err := l.compare(ctx); err != nil {
		return err
	}
	if l.listed != nil && !l.runs && (l.listed.Status == listedEnabled || l.listed.Status == listedBefore) {
		return l.restart()
	}
	l.r.Person.Note("Activated.")
	return nil
}

// wait waits until the node lists the Supernode as ENABLED, and until the pool has been paid once.
func (l *launch) wait(ctx context.Context) (Launched, error) {
	l.r.Person.Note("Waiting until the node lists it as ENABLED; Ctrl-C does not stop the Supernode.")
	for last := ""; ; {
		status, err := l.enabled(ctx)
		if err != nil {
			return Launched{}, err
		}
		if status == listedEnabled {
			break
		}
		if status != last {
			l.r.Person.Note("%s: %s", status, waitsFor[status])
			last = status
		}
		if err := l.pause(ctx, "the Supernode is activated and was not ENABLED yet"); err != nil {
			return Launched{}, err
		}
	}
	l.r.Person.Note("ENABLED. Waiting until it is paid.")
	return l.paid(ctx)
}

// waitsFor says what a Supernode that is not ENABLED waits for.
var waitsFor = map[string]string{
	listedNot:    "the node has not taken it up yet",
	listedAway:   "start the node, or wait until it has started",
	listedBefore: "the network waits to hear of its machine: is it started, with that key, and reachable?",
}

// enabled tells how the node lists the Supernode; an error if it will not be ENABLED as things are.
func (l *launch) enabled(ctx context.Context) (string, error) {
	if err := l.look(ctx); err != nil {
		if pasteld.Temporary(err) {
			return listedAway, nil
		}
		return "", err
	}
	switch {
	case l.listed == nil:
		return listedNot, nil
	case l.listed.Payee != (pastel.Address{}) && l.listed.Payee.Encode(&l.r.Net) != l.pool.Escrow:
		return "", fmt.Errorf("the node lists the Supernode with payee %s, not with the pool's escrow %s: it is no node that knows pools; start it with smartpoold beside it",
			l.listed.Payee.Encode(&l.r.Net), l.pool.Escrow)
	case l.listed.Status == listedEnabled || l.listed.Status == listedBefore:
		return l.listed.Status, nil
	}
	return "", fmt.Errorf("the node lists the Supernode as %s: see that its machine runs and is reachable, then run this command again", l.listed.Status)
}

// pause waits a second; what says how far it came if it is interrupted.
func (l *launch) pause(ctx context.Context, what string) error {
	select {
	case <-ctx.Done():
		return fmt.Errorf("%s: run this command again, or see smartpool pool status (%w)", what, ctx.Err())
	case <-time.After(time.Second):
		return nil
	}
}

// paid waits until the pool has received a reward since the command began.
func (l *launch) paid(ctx context.Context) (Launched, error) {
	told := time.Now()
	for {
		now, err := l.r.VerifiedPool(ctx, l.pool.ID)
		switch {
		case client.Passes(err):
		case err != nil:
			return Launched{}, err
		case now.Rewards > l.pool.Rewards:
			got := now.Income - l.pool.Income
			l.pool = now
			return l.ends("paid", fmt.Sprintf("Paid: the pool has received %s PSL, by block %d.", got, now.Tip.Height)), nil
		case now.Status != "active":
			return Launched{}, fmt.Errorf("the Supernode runs and is not paid: meanwhile %w", launchable(&now))
		case time.Since(told) > time.Minute:
			told = time.Now()
			l.r.Person.Note("Block %d: not paid yet. Supernodes take turns.", now.Tip.Height)
		}
		if err := l.pause(ctx, "the Supernode runs and was not paid yet"); err != nil {
			return Launched{}, err
		}
	}
}

// ends makes the outcome.
func (l *launch) ends(outcome, text string) Launched {
	return Launched{
		Outcome: outcome, Text: text, Alias: l.entry.Alias, Conf: l.conf.Path(), Host: l.entry.Address, Key: l.entry.Key, Height: l.pool.Tip.Height,
	}
}
