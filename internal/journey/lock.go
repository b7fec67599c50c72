package journey

import (
	"context"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// lockPledged keeps the wallet from spending pledged outputs. A wallet forgets its locks when it restarts, so lockPledged locks every output
// that backs a pledge, by the daemon's word or by what this machine remembers, and the output that the ticket, if any, is about to pledge.
// It returns the latter if it backed nothing before.
func (r *Daemon) lockPledged(ctx context.Context, wallet *pasteld.Client, t *ticket.Ticket) ([]pastel.OutPoint, error) {
	outputs, err := wallet.Unspent(ctx, 0)
	if err != nil {
		return nil, err
	}
	pledged, err := r.pledged(ctx, outputs)
	if err != nil {
		return nil, err
	}
	known := r.remembered()
	var fresh []pastel.OutPoint
	for i := range outputs {
		out := outputs[i].OutPoint
		_, remembers := known[out]
		switch {
		case slices.Contains(pledged, out):
		case pledges(t, out):
			fresh = append(fresh, out)
		case remembers:
			pledged = append(pledged, out)
			r.Person.Warn("Caution: this machine pledged output %s, but the daemon does not say that it backs a pledge. It stays locked and pays nothing. If its pledge "+
				"has ended, remove it from %s; if not, ask another daemon.", out, r.memory.path)
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

// manyAddresses is how many addresses a command asks the daemon about one by one. For more it asks for all live pledges.
const manyAddresses = 50

// pledged returns those of the outputs that back pledges, according to the daemon.
func (r *Daemon) pledged(ctx context.Context, outputs []pasteld.Unspent) (list []pastel.OutPoint, err error) {
	may := map[string]bool{}
	for i := range outputs {
		u := &outputs[i]
		if u.Address.Kind == pastel.AddressP2PKH && u.Address != (pastel.Address{}) && pool.CanBack(u.Value, &r.Params) {
			may[u.Address.Encode(&r.Net)] = false
		}
	}
	if len(may) > manyAddresses {
		r.Person.Note("The wallet has %d outputs at %d addresses that may back pledges. Asking the daemon for all live pledges.", len(outputs), len(may))
		q := wire.PledgeQuery{Live: true}
		all, err := Listing(&q.Page, func() (wire.List[wire.Pledge], error) { return r.Pledges(ctx, q) })
		if err != nil {
			return nil, err
		}
		for i := range all {
			if _, mine := may[all[i].Address]; mine {
				may[all[i].Address] = true
			}
		}
	} else {
		for address := range may {
			q := wire.PledgeQuery{OfAddress: wire.OfAddress{Address: address}, Live: true, Page: wire.Page{Limit: 1}}
			found, err := Advised(r.Pledges(ctx, q))
			if err != nil {
				return nil, err
			}
			may[address] = len(found.Items) > 0
		}
	}
	for i := range outputs {
		u := &outputs[i]
		if !pool.CanBack(u.Value, &r.Params) || !may[u.Address.Encode(&r.Net)] {
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
