package pool

import (
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

const (
	maxPSL                   = int64(pastel.MaxMoney / pastel.PSL)
	maxHeight  pastel.Height = 1<<29 - 1 // a coin's height has 30 bits
	oldestTime               = 24 * 60 * 60
	newestTime               = 2 * 60 * 60
)

// minPledge is MinPledge in PSL.
func minPledge(net *pastel.Network) int64 { return int64(net.MinPledge / pastel.PSL) }

// acceptPart is the part ticket of protocol 6.
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
	if len(p.pledges) >= b.s.net.MaxPledges {
		return ticket.ReasonPoolFull
	}
	if f.coins < p.leastPledge(&b.s.net) {
		return ticket.ReasonPledgeTooSmall
	}
	if reason := b.checkOutput(f); reason != "" {
		return reason
	}
	if f.rewardAddress != nil || f.ownEscrow || b.s.isEscrow(f.reward) {
		return ticket.ReasonBadAddress
	}
	now := int64(b.in.Time)
	if f.timeStamp != nil || f.time < now-oldestTime || f.time > now+newestTime {
		return ticket.ReasonBadTime
	}
	who := b.s.people.Find(f.who)
	if who == 0 {
		return ticket.ReasonPastelIDNotRegistered
	}
	if b.s.people.At(who).pointsAt(b.h, &b.s.net) < LeastReputation {
		return ticket.ReasonReputationTooLow
	}
	if b.s.statements.Find(f.statement) != 0 {
		return ticket.ReasonReplayed
	}
	coinRef := b.s.coins.Find(f.output)
	owner := b.s.coins.At(coinRef).owner
	if !f.signedByID || f.signer == nil || *f.signer != owner {
		return ticket.ReasonBadSignature
	}

	b.touch(p)
	b.s.statements.Insert(f.statement, struct{}{})
	b.record(&statementSeen{f.statement})
	if !b.s.coins.At(coinRef).origin.backing() {
		b.record(&coinChained{f.output})
		b.s.chain(coinRef)
	}
	if p.head.status == Subscribing {
		b.record(&participantNamed{p.terms.ID})
		p.named = append(p.named, participant{who, owner})
	}
	pl := &pledge{seq: b.s.nextSeq, pool: p, who: who, coins: f.coins, since: never, reward: f.reward}
	pl.role = b.entryRole(p)
	if pl.role == Member {
		pl.since = b.h
		pl.coins = b.cut(p, f.coins, p.memberCoins())
	}
	b.s.nextSeq++
	b.record(&pledgeAdded{p.terms.ID, pl.seq})
	b.s.addPledge(pl, owner)
	b.joined = append(b.joined, Joined{
		Seq: pl.seq, Pool: p.terms.ID, PastelID: f.who, Owner: owner, Reward: f.reward, Coins: f.coins,
		Ticket: b.in.Txs[c.index].ID(), Output: f.output,
	})
	b.emit(Event{
		Type: PledgeAccepted, Pool: p.terms.ID, PastelID: b.name(who), Coins: pl.coins, Role: pl.role, Pledge: pl.seq,
	})
	return ""
}

// takesPledges reports whether the pool takes pledges in block h.
func (p *poolState) takesPledges(h pastel.Height) bool {
	switch p.head.status {
	case Subscribing:
		return h > p.terms.InitHeight && h <= p.terms.InitHeight+p.terms.Period
	case Active:
		return true
	case Replenishing:
		return h <= p.head.deadline
	default:
		return false
	}
}

// leastPledge is the smallest pledge the pool takes now, in PSL: the slots that are left must be able to reach the target.
// The pool has a free slot.
func (p *poolState) leastPledge(net *pastel.Network) int64 {
	slots := int64(net.MaxPledges - len(p.pledges))
	lacking := max(0, p.terms.Target-p.pledgedCoins())
	return max(minPledge(net), (lacking+slots-1)/slots)
}

// checkOutput tests the output that a pledge names, and that its address can back the pledge on top of others.
func (b *block) checkOutput(f *partFacts) ticket.Reason {
	if !f.outputOK {
		return ticket.ReasonOutputNotFound
	}
	r := b.s.coins.Find(f.output)
	if r == 0 {
		return ticket.ReasonOutputNotFound
	}
	c := b.s.coins.At(r)
	if c.value == b.s.net.Collateral {
		return ticket.ReasonOutputIsCollateral
	}
	least := b.s.net.PledgeConfirmations
	if c.origin.coinbase() {
		least = b.s.net.CoinbaseMaturity
	}
	if b.h-c.origin.height()+1 < least {
		return ticket.ReasonOutputImmature
	}
	var value, pledged pastel.Amount
	if ref := b.s.backings.Find(c.owner); ref != 0 {
		bk := b.s.backings.At(ref)
		value, pledged = bk.value, bk.pledged()
	}
	if !c.origin.backing() {
		value += c.value
	}
	if value-pledged < pastel.Amount(f.coins)*pastel.PSL {
		return ticket.ReasonOutputTooSmall
	}
	return ""
}

// entryRole is what a pledge that joins now becomes.
func (b *block) entryRole(p *poolState) Role {
	switch p.head.status {
	case Subscribing:
		return Plain
	case Replenishing:
		return Member
	default:
	}
	for _, pl := range p.pledges {
		if pl.role == Standby {
			return Standby
		}
	}
	if p.memberCoins() < p.terms.Target {
		return Member
	}
	return Standby
}
