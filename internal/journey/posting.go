package journey

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/funding"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Post has the wallet sign and broadcast the transaction that carries a signed ticket, paid by the coins that the person saw, if the next
// block would accept the ticket and it causes the event that the person confirmed. The signatures go to the wallet's node alone: the daemon
// judges the ticket without them.
func (r *Daemon) Post(ctx context.Context, wallet *pasteld.Client, pays *funding.Funding, t *ticket.Ticket, causes pool.EventType) (pastel.TxID, error) {
	owner, err := r.signed(ctx, wallet, t)
	if err == nil {
		err = r.stillDoes(ctx, t, owner, causes)
	}
	if err == nil && causes == pool.PledgeAccepted {
		err = r.pledgedHere(ctx, wallet, t, owner)
	}
	if err != nil {
		return pastel.TxID{}, fmt.Errorf("%w. Nothing was posted", err)
	}
	outs, err := funding.TicketOutputs(t, &r.Net)
	if err != nil {
		return pastel.TxID{}, fmt.Errorf("%w. Nothing was posted", err)
	}
	fresh, err := r.lockPledged(ctx, wallet, t)
	if err != nil {
		return pastel.TxID{}, fmt.Errorf("%w. Nothing was posted", err)
	}
	r.recall(ctx, t, owner)
	txid, err := spend(ctx, wallet, pays, outs)
	var maybe funding.UnclearError
	switch {
	case err == nil:
		r.Person.Note("Posted: transaction %s.", txid)
	case len(fresh) > 0 && !errors.As(err, &maybe): // the output is not pledged, so unlock it, if the wallet still answers
		err = errors.Join(err, wallet.LockUnspent(context.WithoutCancel(ctx), true, fresh), r.forget(context.WithoutCancel(ctx), t, owner))
	}
	return txid, err
}

// signer verifies every signature of a ticket, and returns the address that signed a pledge.
func (r *Daemon) signer(t *ticket.Ticket) (a pastel.Address, err error) {
	for _, c := range ticket.Checks(t, &r.Net, r.Params.Limits()) {
		if c.Answer == ticket.AnswerWrong {
			return a, fmt.Errorf("%s: %s", c.Name, cmp.Or(c.Detail, ticket.Explain(c.Reason)))
		}
	}
	x := t.Part
	if x == nil {
		return a, nil
	}
	if err := timely(x.TimeStamp, time.Now()); err != nil {
		return a, err
	}
	hash, err := x.AddressSigner(x.PledgeStatement(r.Net.Name))
	return pastel.Address{Kind: pastel.AddressP2PKH, Hash: hash}, err
}

// signed verifies every signature of a ticket and, for a pledge, that the address which signed holds the output according to the wallet's
// node. It returns that address.
func (r *Daemon) signed(ctx context.Context, wallet *pasteld.Client, t *ticket.Ticket) (owner string, err error) {
	signer, err := r.signer(t)
	x := t.Part
	if err != nil || x == nil {
		return "", err
	}
	out, err := pastel.ParseOutPoint(x.Output())
	if err != nil {
		return "", err
	}
	held, err := wallet.TxOut(ctx, out)
	switch {
	case err != nil:
		return "", err
	case held != nil && !bytes.Equal(held.Script, signer.Script()):
		return "", fmt.Errorf("address %s signed, but it does not hold output %s", signer.Encode(&r.Net), out)
	}
	return signer.Encode(&r.Net), nil
}

// stillDoes returns an error unless the next block would accept the ticket, and it would do what the person confirmed.
func (r *Daemon) stillDoes(ctx context.Context, t *ticket.Ticket, owner string, causes pool.EventType) error {
	c, err := r.judged(ctx, t)
	switch {
	case err != nil:
		return err
	case !acceptable(&c):
		return rejection(&c)
	case t.Part == nil:
		return nil
	}
	p, err := r.VerifiedPool(ctx, string(t.Part.SmartPoolID))
	if err != nil {
		return err
	}
	exists := slices.ContainsFunc(p.Participants, func(x wire.PoolPledge) bool { return x.PastelID == t.Part.PastelID && x.Address == owner })
	if exists != (causes == pool.PledgeAmended) {
		return fmt.Errorf("the ticket would not do what you confirmed (%s): the pool changed meanwhile, or such a pledge already exists "+
			"(see smartpool my and smartpool amend)", causes)
	}
	return nil
}
