package journey

import (
	"context"
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// futureLimit is how far a block's time may lie ahead of the network's (pasteld: MAX_FUTURE_BLOCK_TIME), and the most by which a signed
// time may lie ahead of this machine's clock.
const futureLimit = 2 * time.Hour

// idleLimit is how old the last block of a network may be whose blocks are mined on request.
const idleLimit = 24 * time.Hour

// SameTime compares the time of a daemon's or node's last block with this machine's clock. It returns an error if they are too far apart: one
// of the two is wrong, so nothing may be signed.
func SameTime(net *pastel.Network, tip, now time.Time) error {
	past, wait := futureLimit, "wait for a block"
	if net.Name == "regtest" || net.Name == "devnet" {
		past, wait = idleLimit, "mine a block (smartpool rpc generate 1) and wait a moment"
	}
	shown := terminal.Date(tip)
	switch {
	case tip.After(now.Add(futureLimit)):
		return fmt.Errorf("the daemon's last block is dated %s UTC, which lies in the future; correct this machine's clock, or ask another daemon", shown)
	case tip.Before(now.Add(-past)):
		return fmt.Errorf("the daemon's last block is dated %s UTC, more than %d hours ago by this machine's clock (%s UTC); %s, correct the clock, or ask "+
			"another daemon", shown, int(past.Hours()), terminal.Date(now), wait)
	}
	return nil
}

func (r *Daemon) sameTime(tip time.Time) error { return SameTime(&r.Net, tip, time.Now()) }

// sameTip compares the daemon's last block with the wallet's node: the time that a daemon gives for an old block must be the block's own, and
// the node must not have newer blocks.
func (r *Daemon) sameTip(ctx context.Context, wallet *pasteld.Client) error {
	tip := r.State.Tip
	if err := r.sameTime(tip.Time); err != nil {
		return fmt.Errorf("%w. Nothing was signed", err)
	}
	if time.Since(tip.Time) <= futureLimit {
		return nil
	}
	_, hash, err := wallet.Tip(ctx)
	if err != nil {
		return err
	}
	last, err := wallet.Header(ctx, hash)
	if err != nil {
		return err
	}
	if at := time.Unix(int64(last.Time), 0); at.Sub(tip.Time).Abs() > futureLimit {
		return fmt.Errorf("the daemon's last block is dated %s UTC, but that of the wallet's node %s UTC; wait until both have the same blocks, or ask another daemon. Nothing was signed",
			terminal.Date(tip.Time), terminal.Date(at))
	}
	return nil
}

// timely refuses a statement dated too far ahead of this machine's clock: whoever gets it could use it later.
func timely(stamp string, now time.Time) error {
	at, err := ticket.ParseTimeStamp(stamp)
	if err != nil {
		return err
	}
	if limit := now.Add(futureLimit); at > limit.Unix() {
		return fmt.Errorf("the ticket is dated %s, more than %d hours ahead of this machine's clock (%s); correct the clock, or date the ticket again",
			stamp, int(futureLimit.Hours()), ticket.FormatTimeStamp(now.Unix()))
	}
	return nil
}

// CheckTime refuses to sign a ticket that is dated more than two hours ahead of this machine's clock.
func CheckTime(t *ticket.Ticket) error {
	if t.Part == nil {
		return nil
	}
	return timely(t.Part.TimeStamp, time.Now())
}

// timeStamp dates a statement, in seconds since 1970: now by this machine's clock, and later than the ticket that it amends, if any. The
// daemon's tip never sets the date.
func (r *Daemon) timeStamp(tip time.Time, last *ticket.Part) (int64, error) {
	now := time.Now()
	if err := SameTime(&r.Net, tip, now); err != nil {
		return 0, fmt.Errorf("%w. Nothing was signed", err)
	}
	at := now.Unix()
	if last != nil {
		before, err := ticket.ParseTimeStamp(last.TimeStamp)
		switch {
		case err != nil:
			return 0, err
		case before >= now.Add(futureLimit).Unix():
			return 0, fmt.Errorf("the pledge's last ticket is dated %s, and this one must be dated later; correct this machine's clock, or try again after that time",
				last.TimeStamp)
		}
		at = max(at, before+1)
	}
	return at, nil
}
