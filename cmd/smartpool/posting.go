package main

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/api/client"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// identityFlags say how a PastelID signs: with a key file, or through the node that holds its key.
type identityFlags struct {
	passphraseFlags
	Key string `type:"existingfile" help:"Key file of the PastelID; without it the node signs, which must hold its key."`
}

// identity signs with a PastelID.
type identity struct {
	id   string
	sign func(ctx context.Context, text string) (string, error)
}

// identity opens a PastelID: of the key file, or the one that is named, or the only one of the node.
func (f *identityFlags) identity(ctx context.Context, e *env, wallet *pasteld.Client, id string) (*identity, error) {
	if f.Key != "" {
		key, err := loadKey(e, &f.passphraseFlags, f.Key)
		if err != nil {
			return nil, err
		}
		if me := key.ID().String(); id != "" && id != me {
			return nil, fmt.Errorf("key file %s is of PastelID %s, not of %s: give the right file", f.Key, me, id)
		}
		return &identity{key.ID().String(), func(_ context.Context, text string) (string, error) { return key.SignBase64([]byte(text)), nil }}, nil
	}
	ids, err := wallet.PastelIDs(ctx)
	if err != nil {
		return nil, err
	}
	switch {
	case id != "" && !slices.Contains(ids, id):
		return nil, fmt.Errorf("the node does not hold the key of PastelID %s: give its key file with --key", id)
	case id == "" && len(ids) != 1:
		return nil, usagef("the node holds %d PastelIDs: choose one with --pastelid", len(ids))
	case id == "":
		id = ids[0]
	}
	return &identity{id, func(ctx context.Context, text string) (string, error) {
		pass, err := f.passphrase(e, false)
		if err != nil {
			return "", err
		}
		return signOnNode(ctx, wallet, id, string(pass), text)
	}}, nil
}

// signOnNode has the node sign, and checks that it did.
func signOnNode(ctx context.Context, wallet *pasteld.Client, id, pass, text string) (string, error) {
	sig, err := wallet.SignWith(ctx, id, pass, text)
	if err != nil {
		return "", fmt.Errorf("PastelID %s did not sign (is the passphrase right?): %w", short(id), err)
	}
	who, err := pastelid.Parse(id)
	if err != nil {
		return "", err
	}
	if !pastelid.VerifyBase64(who, []byte(text), sig) {
		return "", fmt.Errorf("the node's signature with PastelID %s does not verify: nothing was posted", short(id))
	}
	return sig, nil
}

// encoded is a ticket's JSON.
func encoded(t *ticket.Ticket) ([]byte, error) {
	text, err := t.Encode()
	if err != nil {
		return nil, err
	}
	if _, err := ticket.Decode(text); err != nil { // as whoever receives it will
		return nil, explained(err)
	}
	return text, nil
}

// rehearse asks whether the next block would accept a ticket but for the signatures, which are looked at last.
func (r *remote) rehearse(ctx context.Context, t *ticket.Ticket) error {
	text, err := encoded(t)
	if err != nil {
		return err
	}
	c, err := r.check(ctx, text)
	if err != nil {
		return err
	}
	if !c.Accepted && c.Reason != string(ticket.ReasonBadSignature) {
		return fmt.Errorf("the ticket would be rejected: %s: %s. Nothing was signed", c.Reason, c.Text)
	}
	return nil
}

// rehearsed ends a dry run of a ticket that would be accepted.
func rehearsed(e *env, ticket any, terms string) error {
	if e.json {
		return printJSON(e.out, map[string]any{"accepted": true, "ticket": ticket})
	}
	_, err := fmt.Fprintf(e.out, "%s\nThe next block would accept it. Nothing was signed or posted.\n", terms)
	return err
}

// post puts a signed ticket on the chain if the next block would accept it.
func (r *remote) post(ctx context.Context, e *env, wallet *pasteld.Client, t *ticket.Ticket) (pastel.TxID, error) {
	text, err := encoded(t)
	if err != nil {
		return pastel.TxID{}, err
	}
	c, err := r.check(ctx, text)
	if err != nil {
		return pastel.TxID{}, err
	}
	if !c.Accepted {
		return pastel.TxID{}, fmt.Errorf("the ticket would be rejected: %s: %s. Nothing was posted", c.Reason, c.Text)
	}
	balance, err := wallet.Balance(ctx)
	if err != nil {
		return pastel.TxID{}, err
	}
	if balance < r.net.ContractFee {
		return pastel.TxID{}, fmt.Errorf("the wallet can spend %s PSL, a ticket costs %s PSL: send it some coins first. Nothing was posted",
			balance, r.net.ContractFee)
	}
	txid, err := wallet.RegisterContract(ctx, text, t.Kind.String(), "", pastel.Address{})
	if err != nil {
		return pastel.TxID{}, fmt.Errorf("the node did not take the ticket: %w", err)
	}
	e.note("Posted: transaction %s.", txid)
	return txid, nil
}

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
	for {
		rejected := client.EventsParamsTypeTicketRejected
		order := client.EventsParamsOrderNewest
		list, err := fetch[api.List[api.Event]](r.Events(ctx, &client.EventsParams{Type: &[]client.EventsParamsType{rejected}, Order: &order}))
		if err != nil {
			return err
		}
		for _, x := range list.Items {
			if x.TxID == id {
				return fmt.Errorf("rejected in block %d: %s: %s", x.Height, x.Reason, ticket.Explain(ticket.Reason(x.Reason)))
			}
		}
		said, err := done()
		if err != nil {
			return err
		}
		if said != "" {
			if e.json {
				return printJSON(e.out, map[string]string{"txid": id, "outcome": said})
			}
			_, err := fmt.Fprintln(e.out, said)
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("ticket %s is posted and not mined yet; the dashboard's page Tickets will tell what came of it", id)
		case <-time.After(time.Second):
		}
	}
}
