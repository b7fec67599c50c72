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
	listedBefore  = "PRE_ENABLED" // announced; the network has not heard from its machine yet
	listedEnabled = "ENABLED"
)

// States beyond those of the list.
const (
	listedNot  = "not listed"
	listedAway = "the node is away"
)

// activate has the node announce the entry, and checks that it announced this one.
func (l *launch) activate(ctx context.Context) error {
	err := l.wallet.ActivateMasternode(ctx, l.entry.Alias, l.entry.Key)
	switch {
	case errors.Is(err, pasteld.ErrUnknownAlias):
		return fmt.Errorf("%w, although %s has %s; give the file that the node reads with --masternode-conf, fix what its debug.log reports, or use an upgraded node",
			err, l.conf.Path(), l.entry.Alias)
	case err != nil:
		return err
	}
	if err := l.view(ctx); err != nil {
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
	l.r.Person.Note("Waiting until the node lists it as ENABLED. Ctrl-C does not stop the Supernode.")
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
		if err := l.pause(ctx, "the Supernode is activated but not ENABLED yet"); err != nil {
			return Launched{}, err
		}
	}
	l.r.Person.Note("ENABLED. Waiting for its first payment.")
	return l.paid(ctx)
}

// waitsFor says what a Supernode waits for while it is not ENABLED.
var waitsFor = map[string]string{
	listedNot:    "the node has not added it to its list yet",
	listedAway:   "start the node, or wait until it has started",
	listedBefore: "the network has not heard from its machine yet; check that it runs with that key and is reachable",
}

// enabled returns the Supernode's status in the node's list, or an error if it cannot become ENABLED as things stand.
func (l *launch) enabled(ctx context.Context) (string, error) {
	if err := l.view(ctx); err != nil {
		if pasteld.Temporary(err) {
			return listedAway, nil
		}
		return "", err
	}
	switch {
	case l.listed == nil:
		return listedNot, nil
	case l.listed.Payee != (pastel.Address{}) && l.listed.Payee.Encode(&l.r.Net) != l.pool.Escrow:
		return "", fmt.Errorf("the node lists the Supernode with payee %s, not the pool's escrow %s: it is a stock node; use an upgraded one, with smartpoold beside it",
			l.listed.Payee.Encode(&l.r.Net), l.pool.Escrow)
	case l.listed.Status == listedEnabled || l.listed.Status == listedBefore:
		return l.listed.Status, nil
	}
	return "", fmt.Errorf("the node lists the Supernode as %s; check that its machine runs and is reachable, then run this command again", l.listed.Status)
}

// pause waits a second; what says how far the launch is, should the wait be interrupted.
func (l *launch) pause(ctx context.Context, what string) error {
	select {
	case <-ctx.Done():
		return fmt.Errorf("%s; run this command again, or see smartpool pool status (%w)", what, ctx.Err())
	case <-time.After(time.Second):
		return nil
	}
}

// paid waits until the pool receives its first reward since the command began.
func (l *launch) paid(ctx context.Context) (Launched, error) {
	noted := time.Now()
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
			return Launched{}, fmt.Errorf("the Supernode runs but is not paid: %w", launchable(&now))
		case time.Since(noted) > time.Minute:
			noted = time.Now()
			l.r.Person.Note("Block %d: not paid yet. Supernodes take turns.", now.Tip.Height)
		}
		if err := l.pause(ctx, "the Supernode runs but has not been paid yet"); err != nil {
			return Launched{}, err
		}
	}
}

// ends returns the outcome.
func (l *launch) ends(outcome, text string) Launched {
	return Launched{
		Outcome: outcome, Text: text, Alias: l.entry.Alias, Conf: l.conf.Path(), Host: l.entry.Address, Key: l.entry.Key, Height: l.pool.Tip.Height,
	}
}
