package funding

import (
	"context"
	"errors"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// MaxWaiting bounds how many of a node's waiting transactions Waiting reads.
const MaxWaiting = 5_000

// Waiting decodes the tickets in the node's mempool until is returns true, and returns the transaction of that one. many is called if the
// mempool has so many transactions that Waiting reads MaxWaiting of them only.
func Waiting(
	ctx context.Context, node *pasteld.Client, net *pastel.Network, many func(all int), is func(ticket.Carried) bool,
) (id pastel.TxID, found bool, err error) {
	waiting, err := node.Mempool(ctx)
	if err != nil {
		return id, false, err
	}
	height, _, err := node.Tip(ctx)
	if err != nil {
		return id, false, err
	}
	if len(waiting) > MaxWaiting {
		many(len(waiting))
		waiting = waiting[:MaxWaiting]
	}
	for _, id := range waiting {
		raw, err := node.RawTx(ctx, id)
		if errors.Is(err, chain.ErrNotFound) { // mined or dropped meanwhile
			continue
		}
		if err != nil {
			return id, false, err
		}
		tx, err := pastel.ParseTx(raw)
		if err == nil && is(ticket.FromTx(tx, net, height+1, ticket.AnyVersion)) {
			return id, true, nil
		}
	}
	return id, false, nil
}

// Alike reports whether two tickets are about the same: the same pledge, the same pool of one operator, or the activation of one pool.
func Alike(a, b *ticket.Ticket) bool {
	switch {
	case a.Part != nil && b.Part != nil:
		return a.Part.SmartPoolID == b.Part.SmartPoolID && a.Part.PastelID == b.Part.PastelID && a.Part.TxID == b.Part.TxID && a.Part.Vout == b.Part.Vout
	case a.Init != nil && b.Init != nil:
		return a.Init.OperatorPastelID == b.Init.OperatorPastelID && a.Init.SmartPoolID.Label() == b.Init.SmartPoolID.Label()
	case a.Activate != nil && b.Activate != nil:
		return a.Activate.SmartPoolID == b.Activate.SmartPoolID
	}
	return false
}
