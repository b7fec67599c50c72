package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/api/client"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// finish ends a command that posted a ticket: at once, or when a block holds it and done knows what came of it.
func (r *remote) finish(ctx context.Context, e *env, txid pastel.TxID, wait bool, done func(txid string) (string, error)) error {
	if wait {
		return r.follow(ctx, e, txid, func() (string, error) { return done(txid.String()) })
	}
	if e.json {
		return printJSON(e.out, map[string]string{"txid": txid.String(), "outcome": "posted"})
	}
	return nil
}

// follow waits until a block holds a ticket, and tells what came of it: done says what, once it is known.
func (r *remote) follow(ctx context.Context, e *env, txid pastel.TxID, done func() (string, error)) error {
	e.note("Waiting for a block to hold it. Ctrl-C does not take it back.")
	id := txid.String()
	for told := false; ; {
		said, err := r.outcome(ctx, id, done)
		var rejected rejection
		var passes away
		switch {
		case errors.As(err, &rejected):
			return err
		case ctx.Err() != nil:
			return waiting(e, id, errors.New("it is not mined yet; the dashboard's page Tickets will tell what came of it"))
		case errors.As(err, &passes):
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
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
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

// outcome is what came of a ticket; empty as long as no block holds it.
func (r *remote) outcome(ctx context.Context, txid string, done func() (string, error)) (string, error) {
	types, order := []client.EventsParamsType{client.EventsParamsTypeTicketRejected}, client.EventsParamsOrderNewest
	list, err := fetch[api.List[api.Event]](r.Events(ctx, &client.EventsParams{Type: &types, Order: &order}))
	if err != nil {
		return "", err
	}
	for _, x := range list.Items {
		if x.TxID == txid {
			return "", rejection{fmt.Errorf("ticket %s was rejected in block %d: %s: %s", txid, x.Height, x.Reason, ticket.Explain(ticket.Reason(x.Reason)))}
		}
	}
	return done()
}
