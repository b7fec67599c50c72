package books

import (
	"errors"
	"maps"
	"sync"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// deepTotals are sums over all blocks too deep for a reorganization, so that new blocks do not require summing up history again.
type deepTotals struct {
	mu   sync.Mutex
	last store.Block // the last of these blocks; only valid if sums is set
	sums map[ticket.PoolID]store.Totals
}

// allTotals returns each pool's totals since it opened.
func (v *view) allTotals() (map[ticket.PoolID]store.Totals, error) {
	return v.b.keepNetwork(v.tip.Hash).totals.get(v.sumTotals)
}

func (v *view) sumTotals() (map[ticket.PoolID]store.Totals, error) {
	d := &v.b.deep
	d.mu.Lock()
	defer d.mu.Unlock()
	if err := d.follow(v); err != nil {
		return nil, err
	}
	from := pastel.Height(0)
	if d.sums != nil {
		from = d.last.Height + 1
	}
	recent, err := v.Totals(from, v.tip.Height)
	return add(maps.Clone(d.sums), recent), err
}

// follow extends the sums to the last final block. If the database holds a different chain than before, it starts over.
func (d *deepTotals) follow(v *view) error {
	if d.sums != nil {
		b, err := v.Block(d.last.Height)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		if err != nil || b.Hash != d.last.Hash {
			d.sums = nil
		}
	}
	from, to := pastel.Height(0), v.tip.Height-v.b.net.MaxReorg
	if d.sums != nil {
		from = d.last.Height + 1
	}
	if to < from {
		return nil
	}
	more, err := v.Totals(from, to)
	if err != nil {
		return err
	}
	last, err := v.Block(to)
	if err != nil {
		return err
	}
	d.sums, d.last = add(maps.Clone(d.sums), more), last
	return nil
}

// add adds more to sums, which it modifies, and returns the result. Nil sums are empty.
func add(sums, more map[ticket.PoolID]store.Totals) map[ticket.PoolID]store.Totals {
	if sums == nil {
		return more
	}
	for id, t := range more {
		sums[id] = sums[id].Plus(t)
	}
	return sums
}
