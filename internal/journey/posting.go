package journey

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Post has the wallet post a signed ticket if the next block would accept it and it causes the event that the person confirmed. No pledged
// coin pays for it.
func (r *Daemon) Post(ctx context.Context, wallet *pasteld.Client, t *ticket.Ticket, causes pool.EventType) (pastel.TxID, error) {
	text, err := encoded(t)
	if err != nil {
		return pastel.TxID{}, err
	}
	c, err := Advised(r.CheckTicket(ctx, text))
	if err != nil {
		return pastel.TxID{}, fmt.Errorf("%w. Nothing was posted", err)
	}
	if !c.Accepted {
		return pastel.TxID{}, fmt.Errorf("the ticket would be rejected: %s: %s. Nothing was posted", c.Reason, c.Text)
	}
	if !slices.ContainsFunc(c.Events, func(x wire.Event) bool { return x.Type == string(causes) }) {
		return pastel.TxID{}, fmt.Errorf("the ticket would not do what you confirmed (%s): the pool changed meanwhile, or such a pledge already exists "+
			"(see smartpool my and smartpool amend). Nothing was posted", causes)
	}
	fresh, err := r.LockPledged(ctx, wallet, t)
	if err != nil {
		return pastel.TxID{}, fmt.Errorf("%w. Nothing was posted", err)
	}
	txid, err := r.submit(ctx, wallet, text, t.Kind)
	var maybe UnclearError
	switch {
	case err == nil:
		r.Person.Note("Posted: transaction %s.", txid)
	case len(fresh) > 0 && !errors.As(err, &maybe): // the output is not pledged, so unlock it, if the wallet still answers
		err = errors.Join(err, wallet.LockUnspent(context.WithoutCancel(ctx), true, fresh))
	}
	return txid, err
}

// submit has the wallet post a ticket. Any error but a plain refusal may still have posted it.
func (r *Daemon) submit(ctx context.Context, wallet *pasteld.Client, text []byte, kind ticket.Kind) (pastel.TxID, error) {
	if err := r.affords(ctx, wallet, r.Net.ContractFee); err != nil {
		return pastel.TxID{}, err
	}
	txid, err := wallet.RegisterContract(ctx, text, kind.String(), "", pastel.Address{})
	return txid, postingError(err)
}

// postingError says whether a transaction may have been posted although the node's answer was an error.
func postingError(err error) error {
	var refused *pasteld.RPCError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return fmt.Errorf("the node refused it: %w. Nothing was posted", err)
	}
	return UnclearError{Err: fmt.Errorf("it may have been posted all the same (%w); before you try again, check that neither smartpool rpc getrawmempool nor the next block has it", err)}
}

// affords checks that the wallet can pay a fee without locked coins.
func (r *Daemon) affords(ctx context.Context, wallet *pasteld.Client, fee pastel.Amount) error {
	outputs, err := wallet.Unspent(ctx, 0)
	if err != nil {
		return fmt.Errorf("%w. Nothing was posted", err)
	}
	var free pastel.Amount
	for i := range outputs {
		if outputs[i].Spendable {
			free += outputs[i].Value
		}
	}
	if free < fee {
		return fmt.Errorf("the wallet can spend %s PSL, but a ticket costs %s PSL, and pledged coins must not pay for it; send it some coins first. Nothing was posted", free, fee)
	}
	return nil
}
