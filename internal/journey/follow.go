package journey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/funding"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Posted is the outcome of a transaction that a journey posted.
type Posted struct {
	TxID pastel.TxID
	// Outcome is a sentence for people once a block holds the transaction; before that, "posted"; or "expired" if no block can hold it any
	// longer. It is empty if nothing was posted or the rules rejected the ticket.
	Outcome string
	Mined   bool // a block holds it
}

// Outcomes of a transaction that no block holds.
const (
	outcomePosted  = "posted"
	outcomeExpired = "expired"
)

// Finish ends a journey that posted a ticket: at once or, if it should wait, once a block holds the ticket and done knows the outcome, or
// no block can hold it any longer.
func (r *Daemon) Finish(
	ctx context.Context, wallet *pasteld.Client, txid pastel.TxID, wait bool, done func(txid string) (string, error),
) (Posted, error) {
	if wait {
		has := func(ctx context.Context, h pastel.Height) bool { // a daemon could name any block as its last
			height, _, err := wallet.Tip(ctx)
			return err == nil && height >= h
		}
		return r.follow(ctx, has, txid, r.lastBlock(ctx, wallet, txid), func() (string, error) { return done(txid.String()) })
	}
	return Posted{TxID: txid, Outcome: outcomePosted}, nil
}

// lastBlock says up to which block to wait for a ticket.
type lastBlock struct {
	height  pastel.Height
	now     pastel.Height // of the node
	expires bool          // no later block can hold the ticket
	remote  bool          // all this is only the word of the daemon that posted the ticket
}

// maxExpiry is the greatest height at which a transaction may expire (pasteld: TX_EXPIRY_HEIGHT_THRESHOLD).
const maxExpiry = 499_999_999

// lastBlock reads the expiry of a posted transaction, which pasteld's wallet sets to 20 blocks. If the node does not show the transaction,
// or it does not expire, the wait is just as long.
func (r *Daemon) lastBlock(ctx context.Context, wallet *pasteld.Client, txid pastel.TxID) lastBlock {
	now, _, err := wallet.Tip(ctx)
	if err != nil {
		now = r.State.Tip.Height
	}
	raw, err := wallet.RawTx(ctx, txid)
	if err == nil {
		if tx, err := pastel.ParseTx(raw); err == nil && tx.ExpiryHeight != 0 && tx.ExpiryHeight <= maxExpiry {
			return lastBlock{height: pastel.Height(tx.ExpiryHeight), now: now, expires: true}
		}
	}
	return lastBlock{height: now + 1 + funding.Expiry, now: now}
}

// follow waits until a block holds a ticket; done returns its outcome, or nothing while it is unknown. follow gives up once the daemon has the
// last block to wait for and has confirms it.
func (r *Daemon) follow(
	ctx context.Context, has func(context.Context, pastel.Height) bool, txid pastel.TxID, until lastBlock, done func() (string, error),
) (Posted, error) {
	r.Person.Note("Waiting for a block to include it, up to block %d, %d blocks from now. Ctrl-C does not cancel it.", until.height, until.height-until.now)
	id := txid.String()
	waiting := func(why error) (Posted, error) {
		return Posted{TxID: txid, Outcome: outcomePosted}, &WaitingError{TxID: id, Err: why}
	}
	for warned := false; ; {
		said, over, err := r.outcome(ctx, id, until, done)
		over = over && has(ctx, until.height)
		var rejected *RejectedError
		switch {
		case errors.As(err, &rejected):
			return Posted{}, err
		case ctx.Err() != nil:
			return waiting(errors.New("it is not mined yet; the dashboard's Tickets page will show its outcome"))
		case client.Passes(err):
			if !warned {
				warned = true
				r.Person.Warn("Ticket %s is posted. Retrying to learn its outcome: %v", id, err)
			}
		case err != nil:
			return waiting(err)
		case said != "":
			return Posted{TxID: txid, Outcome: said, Mined: true}, nil
		case over && until.expires:
			return Posted{TxID: txid, Outcome: outcomeExpired}, &ExpiredError{TxID: id, Until: until.height, Remote: until.remote}
		case over && until.remote:
			p, err := waiting(fmt.Errorf("no block up to %d holds it, and the daemon did not say when it expires; ask another daemon with smartpool my --api", until.height))
			return p, &UnknownError{Err: err}
		case over:
			p, err := waiting(fmt.Errorf("no block up to %d holds it, and the node does not say that it expires. smartpool rpc getrawtransaction %s "+
				"shows whether the node still has it; the dashboard's Tickets page shows its outcome", until.height, id))
			return p, &UnknownError{Err: err}
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// outcome returns a ticket's outcome, empty while no block holds it. over reports that the last block to wait for already existed when
// outcome asked.
func (r *Daemon) outcome(ctx context.Context, txid string, until lastBlock, done func() (string, error)) (said string, over bool, err error) {
	status, err := Advised(r.Status(ctx))
	if err != nil {
		return "", false, err
	}
	q := wire.EventQuery{Type: []string{string(pool.TicketRejected)}}
	q.Order = wire.Newest
	list, err := Advised(r.Events(ctx, q))
	if err != nil {
		return "", false, err
	}
	for _, x := range list.Items {
		if x.TxID == txid {
			return "", false, &RejectedError{TxID: txid, Height: x.Height, Reason: ticket.Reason(terminal.Said(x.Reason))}
		}
	}
	said, err = done()
	return said, status.Tip.Height >= until.height, err
}
