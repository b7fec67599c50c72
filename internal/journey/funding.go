package journey

import (
	"context"
	"fmt"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/funding"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// fund chooses the coins that pay a ticket's fee, for outputs of about so many bytes. None of them backs a pledge, neither by the daemon's
// word nor by what this machine remembers; backs is an output that the ticket itself pledges. The person sees them before anything is signed.
func (r *Daemon) fund(ctx context.Context, wallet *pasteld.Client, fee pastel.Amount, size int, backs pastel.OutPoint) (*funding.Funding, error) {
	if err := r.sameTip(ctx, wallet); err != nil {
		return nil, err
	}
	return funding.Choose(ctx, wallet, &r.Params, fee, size, func(ctx context.Context, all []pasteld.Unspent) (map[pastel.OutPoint]bool, error) {
		said, err := r.pledged(ctx, all)
		kept := map[pastel.OutPoint]bool{backs: true}
		for _, out := range said {
			kept[out] = true
		}
		for out := range r.remembered() {
			kept[out] = true
		}
		return kept, err
	})
}

// fundTicket chooses the coins that pay for a ticket, which is not signed yet. It refuses a ticket of which the node's mempool already
// has the like.
func (r *Daemon) fundTicket(ctx context.Context, wallet *pasteld.Client, t *ticket.Ticket) (*funding.Funding, error) {
	if err := r.notWaiting(ctx, wallet, t); err != nil {
		return nil, err
	}
	size, err := funding.TicketSize(t)
	if err != nil {
		return nil, err
	}
	var backs pastel.OutPoint
	if t.Part != nil {
		if backs, err = pastel.ParseOutPoint(t.Part.Output()); err != nil {
			return nil, err
		}
	}
	return r.fund(ctx, wallet, r.Net.ContractFee, size, backs)
}

// spend has the wallet sign the transaction that carries a ticket's outputs, checks it, and broadcasts it. Every error but a
// funding.UnclearError says that nothing was posted.
func spend(ctx context.Context, wallet *pasteld.Client, pays *funding.Funding, outs []pastel.TxOut) (pastel.TxID, error) {
	signed, err := pays.Sign(ctx, wallet, outs)
	if err != nil {
		return pastel.TxID{}, err
	}
	if err := funding.Send(ctx, wallet, &signed); err != nil {
		return pastel.TxID{}, err
	}
	return signed.TxID, nil
}

// eachWaiting decodes the tickets in the node's mempool until is returns true, and returns the transaction of that one.
func (r *Daemon) eachWaiting(ctx context.Context, wallet *pasteld.Client, is func(ticket.Carried) bool) (pastel.TxID, bool, error) {
	many := func(all int) {
		r.Person.Warn("Caution: %d transactions wait in the node's mempool. This looked for an earlier one of yours among %d of them only.", all, funding.MaxWaiting)
	}
	return funding.Waiting(ctx, wallet, &r.Net, many, is)
}

// notWaiting returns an error if a transaction with a ticket like this one waits in the node's mempool: it would be paid for twice, and the
// second one of a pledge would amend the first.
func (r *Daemon) notWaiting(ctx context.Context, wallet *pasteld.Client, t *ticket.Ticket) error {
	id, found, err := r.eachWaiting(ctx, wallet, func(c ticket.Carried) bool { return c.Ticket != nil && funding.Alike(c.Ticket, t) })
	if err == nil && found {
		err = fmt.Errorf("transaction %s, which waits for a block, already carries such a ticket; wait for its block (smartpool my and smartpool pool status show the outcome). "+
			"Nothing was signed or posted", id)
	}
	return err
}
