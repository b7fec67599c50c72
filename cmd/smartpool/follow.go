package main

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

// finish ends a command that posted a ticket: at once, or when a block holds it and done knows what came of it, or none can any more.
func (r *remote) finish(
	ctx context.Context, e *env, wallet *pasteld.Client, txid pastel.TxID, wait bool, done func(txid string) (string, error),
) error {
	if wait {
		return r.follow(ctx, e, txid, r.lastBlock(ctx, wallet, txid), func() (string, error) { return done(txid.String()) })
	}
	if e.json {
		return printJSON(e.out, map[string]string{"txid": txid.String(), "outcome": "posted"})
	}
	return nil
}

// lastBlock is the one up to which a ticket is waited for.
type lastBlock struct {
	height  pastel.Height
	expires bool // none after it can hold the ticket
}

// lastBlock is what a posted transaction says: pasteld's wallets have theirs expire within 20 blocks. If the node does not tell, or it does
// not expire, it is waited for as long.
func (r *remote) lastBlock(ctx context.Context, wallet *pasteld.Client, txid pastel.TxID) lastBlock {
	raw, err := wallet.RawTx(ctx, txid)
	if err == nil {
		if tx, err := pastel.ParseTx(raw); err == nil && tx.ExpiryHeight != 0 {
			return lastBlock{pastel.Height(tx.ExpiryHeight), true}
		}
	}
	return lastBlock{r.status.Tip.Height + 1 + expiry, false}
}

// follow waits until a block holds a ticket, and tells what came of it: done says what, once it is known. It gives up after the last block that
// is waited for.
func (r *remote) follow(ctx context.Context, e *env, txid pastel.TxID, until lastBlock, done func() (string, error)) error {
	e.note("Waiting for a block to hold it, up to block %d, %d blocks from now. Ctrl-C does not take it back.", until.height, until.height-r.status.Tip.Height)
	id := txid.String()
	for told := false; ; {
		said, over, err := r.outcome(ctx, id, until, done)
		var rejected rejection
		switch {
		case errors.As(err, &rejected):
			return err
		case ctx.Err() != nil:
			return waiting(e, id, errors.New("it is not mined yet; the dashboard's page Tickets will tell what came of it"))
		case client.Passes(err):
			if !told {
				told = true
				e.warn("Ticket %s is posted. Trying again to learn what came of it: %v", id, err)
			}
		case err != nil:
			return waiting(e, id, err)
		case said != "" && e.json:
			return printJSON(e.out, map[string]string{"txid": id, "outcome": said})
		case said != "":
			_, err := fmt.Fprintln(e.out, said)
			return err
		case over:
			return givenUp(e, id, until)
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

// givenUp ends a command whose ticket no block holds.
func givenUp(e *env, txid string, until lastBlock) error {
	if !until.expires {
		return unknownError{waiting(e, txid, fmt.Errorf("no block up to %d holds it, and the node does not say that it expires. smartpool rpc getrawtransaction %s "+
			"tells whether the node still has it, the dashboard's page Tickets what comes of it", until.height, txid))}
	}
	if e.json {
		if err := printJSON(e.out, map[string]string{"txid": txid, "outcome": "expired"}); err != nil {
			return err
		}
	}
	return fmt.Errorf("ticket %s expired: no block up to %d holds it, and none can any more. Nothing came of it and it cost nothing. See that the node is "+
		"connected and its blocks are the network's (smartpool rpc getpeerinfo, getblockchaininfo), then run the command again", txid, until.height)
}

// waiting ends a command whose ticket is posted, before it is known what came of it.
func waiting(e *env, txid string, why error) error {
	if e.json {
		if err := printJSON(e.out, map[string]string{"txid": txid, "outcome": "posted"}); err != nil {
			return err
		}
	}
	return fmt.Errorf("ticket %s is posted, do not post it again: %w", txid, why)
}

// rejection is what came of a ticket that a block holds in vain.
type rejection struct{ error }

// outcome is what came of a ticket; empty as long as no block holds it. Over says that the last block that is waited for was there before it
// was asked.
func (r *remote) outcome(ctx context.Context, txid string, until lastBlock, done func() (string, error)) (said string, over bool, err error) {
	status, err := answered(r.Status(ctx))
	if err != nil {
		return "", false, err
	}
	q := wire.EventQuery{Type: []string{string(pool.TicketRejected)}}
	q.Order = wire.Newest
	list, err := answered(r.Events(ctx, q))
	if err != nil {
		return "", false, err
	}
	for _, x := range list.Items {
		if x.TxID == txid {
			return "", false, rejection{fmt.Errorf("ticket %s was rejected in block %d: %s: %s", txid, x.Height, x.Reason, ticket.Explain(ticket.Reason(x.Reason)))}
		}
	}
	said, err = done()
	return said, status.Tip.Height >= until.height, err
}
