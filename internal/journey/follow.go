package journey

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Posted is the outcome of a transaction that a journey posted.
type Posted struct {
	TxID pastel.TxID
	// Outcome is a sentence for people once a block holds the transaction, else "posted", or "expired" if no block can hold it any more. It is
	// empty if nothing was posted or the rules rejected the ticket.
	Outcome string
	Mined   bool // a block holds it
}

// What is said of a transaction that no block holds.
const (
	outcomePosted  = "posted"
	outcomeExpired = "expired"
)

// Finish ends a journey that posted a ticket: at once, or once a block holds it and done knows its outcome, or no block can hold it any more.
func (r *Daemon) Finish(
	ctx context.Context, wallet *pasteld.Client, txid pastel.TxID, wait bool, done func(txid string) (string, error),
) (Posted, error) {
	if wait {
		return r.follow(ctx, txid, r.lastBlock(ctx, wallet, txid), func() (string, error) { return done(txid.String()) })
	}
	return Posted{TxID: txid, Outcome: outcomePosted}, nil
}

// lastBlock is the one up to which a ticket is waited for.
type lastBlock struct {
	height  pastel.Height
	expires bool // none after it can hold the ticket
}

// expiry is within how many blocks a transaction of a wallet is mined or not at all, as pasteld's has it.
const expiry = 20

// maxExpiry is the last height at which a transaction may expire (pasteld: TX_EXPIRY_HEIGHT_THRESHOLD).
const maxExpiry = 499_999_999

// lastBlock is what a posted transaction says: pasteld's wallets have theirs expire within 20 blocks. If the node does not tell, or it does
// not expire, it is waited for as long.
func (r *Daemon) lastBlock(ctx context.Context, wallet *pasteld.Client, txid pastel.TxID) lastBlock {
	raw, err := wallet.RawTx(ctx, txid)
	if err == nil {
		if tx, err := pastel.ParseTx(raw); err == nil && tx.ExpiryHeight != 0 && tx.ExpiryHeight <= maxExpiry {
			return lastBlock{pastel.Height(tx.ExpiryHeight), true}
		}
	}
	return lastBlock{r.State.Tip.Height + 1 + expiry, false}
}

// follow waits until a block holds a ticket: done says what came of it, once it is known. It gives up after the last block that is waited for.
func (r *Daemon) follow(ctx context.Context, txid pastel.TxID, until lastBlock, done func() (string, error)) (Posted, error) {
	r.Person.Note("Waiting for a block to hold it, up to block %d, %d blocks from now. Ctrl-C does not take it back.", until.height, until.height-r.State.Tip.Height)
	id := txid.String()
	waiting := func(why error) (Posted, error) {
		return Posted{TxID: txid, Outcome: outcomePosted}, &WaitingError{TxID: id, Err: why}
	}
	for told := false; ; {
		said, over, err := r.outcome(ctx, id, until, done)
		var rejected *RejectedError
		switch {
		case errors.As(err, &rejected):
			return Posted{}, err
		case ctx.Err() != nil:
			return waiting(errors.New("it is not mined yet; the dashboard's page Tickets will tell what came of it"))
		case client.Passes(err):
			if !told {
				told = true
				r.Person.Warn("Ticket %s is posted. Trying again to learn what came of it: %v", id, err)
			}
		case err != nil:
			return waiting(err)
		case said != "":
			return Posted{TxID: txid, Outcome: said, Mined: true}, nil
		case over && until.expires:
			return Posted{TxID: txid, Outcome: outcomeExpired}, &ExpiredError{TxID: id, Until: until.height}
		case over:
			p, err := waiting(fmt.Errorf("no block up to %d holds it, and the node does not say that it expires. smartpool rpc getrawtransaction %s "+
				"tells whether the node still has it, the dashboard's page Tickets what comes of it", until.height, id))
			return p, &UnknownError{Err: err}
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// outcome is what came of a ticket; empty as long as no block holds it. Over says that the last block that is waited for was there before it
// was asked.
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
			return "", false, &RejectedError{TxID: txid, Height: x.Height, Reason: ticket.Reason(x.Reason)}
		}
	}
	said, err = done()
	return said, status.Tip.Height >= until.height, err
}
