package pool

import (
	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

const (
	maxPSL                   = int64(pastel.MaxMoney / pastel.PSL)
	maxHeight  pastel.Height = 1<<29 - 1 // a coin's height has 30 bits
	newestTime               = 2 * 60 * 60
)

// minPledge returns MinPledge in PSL.
func minPledge(params *Params) int64 { return int64(params.MinPledge / pastel.PSL) }

// acceptPart applies the rules for a part ticket (protocol 6).
func (b *block) acceptPart(c *carried) ticket.Reason {
	f := c.part
	p := b.s.pools[f.pool]
	if p == nil {
		return ticket.ReasonUnknownPool
	}
	if !p.takesPledges(b.h) {
		return ticket.ReasonNotSubscribing
	}
	if f.pastelID != nil {
		return ticket.ReasonBadPastelID
	}
	if reason := b.checkOutput(f); reason != "" {
		return reason
	}
	out := b.s.coins.Find(f.output)
	owner := b.s.coins.At(out).owner
	who, backing := b.s.people.Find(f.who), b.s.backings.Find(owner)
	old := p.pledgeOfPair(who, backing)
	if reason := b.checkOffer(p, old, f.coins); reason != "" {
		return reason
	}
	if !b.backs(out, backing, old, f.coins) {
		return ticket.ReasonOutputTooSmall
	}
	if f.rewardAddress != nil || f.ownEscrow || b.s.isEscrow(f.reward) {
		return ticket.ReasonBadAddress
	}
	if f.timeStamp != nil || f.time < b.s.clock-statementLife || f.time > int64(b.in.Time)+newestTime || old != nil && f.time <= old.time {
		return ticket.ReasonBadTime
	}
	if who == 0 {
		return ticket.ReasonPastelIDNotRegistered
	}
	if old == nil && b.s.people.At(who).pointsAt(b.h, &b.s.params) < LeastReputation {
		return ticket.ReasonReputationTooLow
	}
	if b.s.statements.has(f.statement) {
		return ticket.ReasonReplayed
	}
	if !f.signedByID || f.signer == nil || *f.signer != owner {
		return ticket.ReasonBadSignature
	}
	b.take(c, p, old, out)
	return ""
}

// take carries out an accepted part ticket.
func (b *block) take(c *carried, p *poolState, old *pledge, out table.Ref) {
	f := c.part
	b.touch(p)
	b.addStatement(statement{f.statement, f.time})
	owner := b.s.coins.At(out).owner
	if !b.s.coins.At(out).origin.backing() {
		b.chainCoin(out)
	}
	pl, event := old, PledgeAmended
	if old == nil {
		pl, event = b.join(p, f, owner), PledgeAccepted
	} else {
		b.amend(pl, f)
	}
	b.searchAgain(pl)
	b.accepted = append(b.accepted, Accepted{
		Seq: pl.seq, Amends: old != nil, Pool: p.terms.ID, PastelID: f.who, Owner: owner, Reward: f.reward, Offered: f.coins,
		Time: f.time, Ticket: b.in.Txs[c.index].ID(), Output: f.output,
	})
	b.emit(b.pledgeEvent(event, pl))
}

// join enters a new pledge. In a pool that has started, the end of the block decides how much of it counts.
func (b *block) join(p *poolState, f *partFacts, owner pastel.KeyHash) *pledge {
	pl := &pledge{
		seq: b.s.nextSeq, pool: p, who: b.s.people.Find(f.who), offered: f.coins, time: f.time, since: never, reward: f.reward,
	}
	if p.head.status == Subscribing {
		pl.counted = pl.offered
		b.rememberPair(p, participant{pl.who, owner})
	}
	b.addPledge(pl, owner)
	return pl
}

// amend raises a pledge's offer or changes its reward address. The pledge keeps its place and what it accrued.
func (b *block) amend(pl *pledge, f *partFacts) {
	now := pl.standing()
	now.offered, now.reward, now.time = f.coins, f.reward, f.time
	if pl.pool.head.status == Subscribing {
		now.counted = now.offered
	}
	b.setPledge(pl, now)
}

// takesPledges reports whether the pool accepts pledges in block h.
func (p *poolState) takesPledges(h pastel.Height) bool {
	switch p.head.status {
	case Subscribing:
		return h > p.terms.InitHeight && h <= p.terms.JoinUntil()
	case Active:
		return true
	case Replenishing:
		return h <= p.head.deadline
	default:
		return false
	}
}

// leastPledge returns the smallest new pledge that the pool accepts now, in PSL: the free slots must be able to hold what the pool
// needs. The pool must have a free slot beside its live pledges.
func (p *poolState) leastPledge(live int, params *Params) int64 {
	need := p.terms.Target
	if p.head.status == Replenishing {
		need = p.terms.Required
	}
	slots := int64(params.MaxPledges - live)
	lacking := max(0, need-p.offered)
	return max(minPledge(params), (lacking+slots-1)/slots)
}

// checkOffer checks what a ticket offers: an amendment offers at least what its pledge does, a new pledge at least leastPledge.
func (b *block) checkOffer(p *poolState, old *pledge, offered int64) ticket.Reason {
	switch {
	case old != nil && offered < old.offered:
		return ticket.ReasonPledgeTooSmall
	case old != nil:
		return ""
	case len(p.pledges) >= b.s.params.MaxPledges:
		return ticket.ReasonPoolFull
	case offered < p.leastPledge(len(p.pledges), &b.s.params):
		return ticket.ReasonPledgeTooSmall
	}
	return ""
}

// backs reports whether the backing of an output's address, this output included, covers what its pledges offer once the ticket is
// accepted. A backing of 0 means none; old is the pledge that the ticket amends, or nil.
func (b *block) backs(out, backing table.Ref, old *pledge, offered int64) bool {
	c := b.s.coins.At(out)
	var value pastel.Amount
	if backing != 0 {
		bk := b.s.backings.At(backing)
		value = bk.value
		offered += bk.offered
	}
	if old != nil {
		offered -= old.offered
	}
	if !c.origin.backing() {
		value += c.value
	}
	return value >= pastel.Amount(offered)*pastel.PSL
}

// checkOutput checks the output that a pledge names.
func (b *block) checkOutput(f *partFacts) ticket.Reason {
	if !f.outputOK {
		return ticket.ReasonOutputNotFound
	}
	r := b.s.coins.Find(f.output)
	if r == 0 {
		return ticket.ReasonOutputNotFound
	}
	c := b.s.coins.At(r)
	if BacksAlone(c.value, &b.s.params) {
		return ticket.ReasonOutputIsCollateral
	}
	if b.h-c.origin.height()+1 < ConfirmationsToPledge(c.origin.coinbase(), &b.s.params) {
		return ticket.ReasonOutputImmature
	}
	return ""
}
