package pool

import (
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
)

// agenda lists, by height, the pools that the end of a block concerns even if nothing in the block does: a window closes, a
// settlement is scheduled, a payout expires. So a block's cost depends on what it touches and not on how many pools exist.
type agenda map[pastel.Height]map[*poolState]struct{}

// move enters a pool under another height, or removes it if due is never.
func (a agenda) move(p *poolState, due pastel.Height) {
	if p.due == due {
		return
	}
	if at := a[p.due]; at != nil {
		delete(at, p)
		if len(at) == 0 {
			delete(a, p.due)
		}
	}
	p.due = due
	if due == never {
		return
	}
	if a[due] == nil {
		a[due] = map[*poolState]struct{}{}
	}
	a[due][p] = struct{}{}
}

// byID sorts pools.
func byID(pools []*poolState) {
	slices.SortFunc(pools, func(p, q *poolState) int { return strings.Compare(string(p.terms.ID), string(q.terms.ID)) })
}
