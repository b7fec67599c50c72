package journey

import (
	"context"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// LockPledged keeps the wallet from spending pledged outputs. A wallet forgets its locks when it restarts, so LockPledged locks every output
// that backs a pledge, and the output that the ticket, if any, is about to pledge. It returns the latter if it backed nothing before.
func (r *Daemon) LockPledged(ctx context.Context, wallet *pasteld.Client, t *ticket.Ticket) ([]pastel.OutPoint, error) {
	outputs, err := wallet.Unspent(ctx, 0)
	if err != nil {
		return nil, err
	}
	pledged, err := r.pledged(ctx, outputs)
	if err != nil {
		return nil, err
	}
	var fresh []pastel.OutPoint
	for i := range outputs {
		if out := outputs[i].OutPoint; pledges(t, out) && !slices.Contains(pledged, out) {
			fresh = append(fresh, out)
		}
	}
	if err := wallet.LockUnspent(ctx, false, slices.Concat(pledged, fresh)); err != nil {
		return nil, fmt.Errorf("the wallet could not lock pledged outputs, so paying might spend them: %w", err)
	}
	if len(pledged) > 0 {
		r.Person.Note("Locked %s that the wallet could have spent. A wallet forgets its locks when it restarts; smartpool guard restores them.",
			terminal.Counted(len(pledged), "pledged output"))
	}
	return fresh, nil
}

// pledges reports whether a ticket pledges an output.
func pledges(t *ticket.Ticket, out pastel.OutPoint) bool {
	return t != nil && t.Part != nil && t.Part.TxID == out.TxID.String() && t.Part.Vout == int64(out.Vout)
}

// pledged returns those of the outputs that back pledges.
func (r *Daemon) pledged(ctx context.Context, outputs []pasteld.Unspent) (list []pastel.OutPoint, err error) {
	known := map[pastel.Address]bool{}
	for i := range outputs {
		u := &outputs[i]
		if u.Address.Kind != pastel.AddressP2PKH || u.Address == (pastel.Address{}) || u.Value < r.Params.MinPledge {
			continue
		}
		pledged, asked := known[u.Address]
		if !asked {
			q := wire.PledgeQuery{OfAddress: wire.OfAddress{Address: u.Address.Encode(&r.Net)}, Live: true, Page: wire.Page{Limit: 1}}
			found, err := Advised(r.Pledges(ctx, q))
			if err != nil {
				return nil, err
			}
			pledged = len(found.Items) > 0
			known[u.Address] = pledged
		}
		if !pledged {
			continue
		}
		c, err := r.Coin(ctx, u.OutPoint)
		if err != nil {
			return nil, err
		}
		if c.Backs {
			list = append(list, u.OutPoint)
		}
	}
	return list, nil
}
