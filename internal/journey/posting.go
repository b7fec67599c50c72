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

// Post has the wallet post a signed ticket if the next block would accept it and it brings the event that the person confirmed. No pledged coin
// pays for it.
func (r *Daemon) Post(ctx context.Context, wallet *pasteld.Client, t *ticket.Ticket, brings pool.EventType) (pastel.TxID, error) {
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
	if !slices.ContainsFunc(c.Events, func(x wire.Event) bool { return x.Type == string(brings) }) {
		return pastel.TxID{}, fmt.Errorf("the ticket would not bring what you confirmed, %s: the pool changed meanwhile, or there is such a pledge already "+
			"(see smartpool my and smartpool amend). Nothing was posted", brings)
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
	case len(fresh) > 0 && !errors.As(err, &maybe): // it is not pledged: the wallet may have it again, if it still answers
		err = errors.Join(err, wallet.LockUnspent(context.WithoutCancel(ctx), true, fresh))
	}
	return txid, err
}

// submit has the wallet post a ticket. Whatever is no plain refusal may have worked.
func (r *Daemon) submit(ctx context.Context, wallet *pasteld.Client, text []byte, kind ticket.Kind) (pastel.TxID, error) {
	if err := r.affords(ctx, wallet, r.Net.ContractFee); err != nil {
		return pastel.TxID{}, err
	}
	txid, err := wallet.RegisterContract(ctx, text, kind.String(), "", pastel.Address{})
	return txid, postingError(err)
}

// postingError says whether a transaction may be posted although the node answered with an error.
func postingError(err error) error {
	var refused *pasteld.RPCError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &refused):
		return fmt.Errorf("the node did not take it: %w. Nothing was posted", err)
	}
	return UnclearError{Err: fmt.Errorf("it may be posted all the same (%w): before you try again, see that neither smartpool rpc getrawmempool nor the next block has it", err)}
}

// affords checks that the wallet has so much without the coins that are locked.
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
		return fmt.Errorf("the wallet can spend %s PSL, a ticket costs %s PSL, and pledged coins must not pay it: send it some coins first. Nothing was posted", free, fee)
	}
	return nil
}
