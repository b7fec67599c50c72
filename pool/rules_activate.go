package pool

import (
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// acceptActivate applies the rules for an activation ticket (protocol 6).
func (b *block) acceptActivate(c *carried) ticket.Reason {
	f := c.activate
	p := b.s.pools[f.pool]
	if p == nil {
		return ticket.ReasonUnknownPool
	}
	if p.head.status != Subscribing {
		return ticket.ReasonNotSubscribing
	}
	if b.h > p.terms.ActivateUntil(&b.s.params) {
		return ticket.ReasonActivationTooLate
	}
	listed, reason := b.listedPledges(p, f.listed)
	if reason != "" {
		return reason
	}
	var m int64
	for _, pl := range p.pledges {
		if listed(pl) {
			m += pl.offered
		}
	}
	if m < p.terms.Target {
		return ticket.ReasonInsufficientCollateral
	}
	if !f.signedBy(p.terms.Operator) {
		return ticket.ReasonBadSignature
	}
	b.activate(p, listed)
	b.head(p).activationTx = b.in.Txs[c.index].ID()
	return ""
}

// activate starts a pool: the listed pledges become members, counted and held in full; the others go on standby.
func (b *block) activate(p *poolState, listed func(*pledge) bool) {
	head := b.head(p)
	head.status, head.activated = Active, b.h
	for _, pl := range p.pledges {
		now := pl.standing()
		if listed(pl) {
			now.counted, now.held, now.since = now.offered, now.offered, b.h
		} else {
			now.counted = 0
		}
		b.setPledge(pl, now)
		b.searchAgain(pl)
	}
	b.dropNames(p)
	b.emit(Event{Type: PoolActivated, Pool: p.terms.ID, Coins: p.counted})
}

// listedPledges returns a function that reports whether an activation lists a live pledge. An empty list means all.
func (b *block) listedPledges(p *poolState, list []ticket.Participant) (func(*pledge) bool, ticket.Reason) {
	if len(list) == 0 {
		return func(*pledge) bool { return true }, ""
	}
	seen := make(map[ticket.Participant]struct{}, len(list))
	for _, x := range list {
		seen[x] = struct{}{}
	}
	if len(seen) < len(list) {
		return nil, ticket.ReasonDuplicateParticipant
	}
	pairs := make(map[participant]struct{}, len(list))
	for _, x := range list {
		pair, ok := b.decodePair(x)
		if _, named := p.named[pair]; !ok || !named {
			return nil, ticket.ReasonUnknownParticipant
		}
		pairs[pair] = struct{}{}
	}
	return func(pl *pledge) bool {
		_, listed := pairs[participant{pl.who, b.s.backings.Key(pl.backing)}]
		return listed
	}, ""
}

// decodePair reads a pair of an activation's list. It reports false if the pair is not well formed or its PastelID is not registered. A
// block decodes each pair once, however many tickets list it.
func (b *block) decodePair(x ticket.Participant) (participant, bool) {
	pair, known := b.pairs[x]
	if !known {
		id, badID := pastelid.Parse(x.PastelID)
		addr, badAddress := pastel.ParseAddress(&b.s.params.Network, x.Address)
		if badID == nil && badAddress == nil && addr.Kind == pastel.AddressP2PKH {
			pair = participant{b.s.people.Find(id), addr.Hash}
		}
		if pair.who != 0 {
			put(&b.pairs, x, pair)
		}
	}
	return pair, pair.who != 0
}
