package pool

import (
	"github.com/pastelnetwork/smartpool/ticket"
)

// acceptActivate is the activation ticket of protocol 6.
func (b *block) acceptActivate(c *carried) ticket.Reason {
	f := c.activate
	p := b.s.pools[f.pool]
	if p == nil {
		return ticket.ReasonUnknownPool
	}
	if p.head.status != Subscribing {
		return ticket.ReasonNotSubscribing
	}
	if b.h > p.windowEnd(&b.s.net) {
		return ticket.ReasonActivationTooLate
	}
	if f.duplicates {
		return ticket.ReasonDuplicateParticipant
	}
	listed, ok := b.s.listed(p, f)
	if !ok {
		return ticket.ReasonUnknownParticipant
	}
	var m int64
	for _, pl := range p.pledges {
		if listed(pl) {
			m += pl.coins
		}
	}
	if m < p.terms.Target {
		return ticket.ReasonInsufficientCollateral
	}
	if !f.signedBy(p.terms.Operator) {
		return ticket.ReasonBadSignature
	}

	b.touch(p)
	p.head.status = Active
	p.head.activated = b.h
	p.head.activationTx = b.in.Txs[c.index].ID()
	for _, pl := range p.pledges {
		role := Standby
		if listed(pl) {
			role = Member
		}
		b.setPledge(pl, role, pl.coins)
	}
	b.dropNames(p)
	b.emit(Event{Type: PoolActivated, Pool: p.terms.ID, Coins: m})
	return ""
}

// listed tells which live pledges an activation lists; false if it names a pair no accepted part ticket did. An empty list
// means all.
func (s *State) listed(p *poolState, f *activateFacts) (func(*pledge) bool, bool) {
	if f.all {
		return func(*pledge) bool { return true }, true
	}
	known := make(map[participant]bool, len(p.named))
	for _, n := range p.named {
		known[n] = true
	}
	list := make(map[participant]bool, len(f.participants))
	for _, pair := range f.participants {
		n := participant{s.people.Find(pair.who), pair.owner}
		if !pair.ok || !known[n] {
			return nil, false
		}
		list[n] = true
	}
	return func(pl *pledge) bool { return list[participant{pl.who, s.backings.Key(pl.backing)}] }, true
}
