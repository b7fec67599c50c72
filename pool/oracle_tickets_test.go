package pool

import (
	"bytes"
	"math/big"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// carries is 4(c), with section 6.
func (o *oracle) carries(c *carried, tx *pastel.Tx) {
	if c.registers {
		if _, known := o.people[c.registrant]; !known {
			o.people[c.registrant] = oraclePerson{100, -1}
		}
		return
	}
	reason := c.reason
	switch {
	case reason != "":
	case c.init != nil:
		reason = o.init(c.init, tx)
	case c.part != nil:
		reason = o.part(c.part, tx)
	default:
		reason = o.activate(c.activate, tx)
	}
	if reason != "" {
		o.emit("ticket.rejected", nil, fact{"txid": tx.ID().String(), "reason": string(reason)})
	}
}

func (o *oracle) registered(id pastelid.PastelID) bool {
	_, known := o.people[id]
	return known
}

// isEscrow reports whether an address is the escrow of a pool ever accepted, or of the one given.
func (o *oracle) isEscrow(a pastel.Address, own ticket.PoolID) bool {
	if bytes.Equal(scriptOf(a), escrowScript(own)) {
		return true
	}
	for id := range o.pools {
		if bytes.Equal(scriptOf(a), escrowScript(id)) {
			return true
		}
	}
	return false
}

func (o *oracle) init(f *initFacts, tx *pastel.Tx) ticket.Reason {
	t := f.pool
	switch {
	case f.terms != "":
		return f.terms
	case o.pools[t.ID] != nil:
		return "duplicate_pool"
	case f.pastelIDs != nil:
		return "bad_pastelid"
	case f.feeAddress != nil || o.isEscrow(t.FeeAddress, t.ID):
		return "bad_address"
	case len(t.Company) < 1 || len(t.Company) > 128:
		return "malformed"
	}
	for _, p := range o.pools {
		if p.terms.Supernode == t.Supernode && (p.status == "subscribing" || p.status == "active" || p.status == "replenishing") {
			return "supernode_in_use"
		}
	}
	switch {
	case !o.registered(t.Supernode) || !o.registered(t.Operator):
		return "pastelid_not_registered"
	case !f.signed:
		return "bad_signature"
	}
	t.InitHeight, t.InitTx = o.height, tx.ID()
	o.pools[t.ID] = &oraclePool{
		terms: t, status: "subscribing", activated: -1, deadline: -1, ended: -1, paid: -1, named: map[oraclePair]bool{},
		carry: new(big.Int), operator: new(big.Int), income: new(big.Int), forfeits: new(big.Int),
	}
	o.emit("pool.created", o.pools[t.ID], nil)
	return ""
}

// takes reports whether a pool accepts part tickets at h.
func (p *oraclePool) takes(h pastel.Height) bool {
	switch p.status {
	case "subscribing":
		return h >= p.terms.InitHeight+1 && h <= p.terms.InitHeight+p.terms.Period
	case "active":
		return true
	case "replenishing":
		return h <= p.deadline
	}
	return false
}

// least returns the dynamic minimum, in PSL. The pool must have a free slot.
func (p *oraclePool) least(params *Params) int64 {
	need := p.terms.Target
	if p.status == "replenishing" {
		need = p.terms.Required
	}
	least := int64(params.MinPledge) / 100_000
	free := int64(params.MaxPledges - len(p.pledges))
	for lacks := need - p.offered(); least*free < lacks; { // ceil(lacks / free), found by going up
		least++
	}
	return least
}

// pledgeOf finds the live pledge of a PastelID and a pubkey hash.
func (p *oraclePool) pledgeOf(who pastelid.PastelID, owner pastel.KeyHash) *oraclePledge {
	for _, pl := range p.pledges {
		if pl.who == who && pl.owner == owner {
			return pl
		}
	}
	return nil
}

func (o *oracle) part(f *partFacts, tx *pastel.Tx) ticket.Reason {
	p := o.pools[f.pool]
	coin, there := o.coins[f.output]
	switch {
	case p == nil:
		return "unknown_pool"
	case !p.takes(o.height):
		return "not_subscribing"
	case f.pastelID != nil:
		return "bad_pastelid"
	case !f.outputOK || !there:
		return "output_not_found"
	case coin.value == o.params.Collateral:
		return "output_is_collateral"
	case coin.coinbase && o.height-coin.height+1 < o.params.CoinbaseMaturity, o.height-coin.height+1 < o.params.PledgeConfirmations:
		return "output_immature"
	}
	old := p.pledgeOf(f.who, coin.owner)
	switch {
	case old != nil && f.coins < old.offered:
		return "pledge_too_small"
	case old == nil && len(p.pledges) >= o.params.MaxPledges:
		return "pool_full"
	case old == nil && f.coins < p.least(&o.params):
		return "pledge_too_small"
	}
	if !o.covers(f, coin, old) {
		return "output_too_small"
	}
	switch {
	case f.rewardAddress != nil || o.isEscrow(f.reward, f.pool):
		return "bad_address"
	case f.timeStamp != nil || f.time < o.clock-86400 || f.time > o.time+7200 || old != nil && f.time <= old.time:
		return "bad_time"
	case !o.registered(f.who):
		return "pastelid_not_registered"
	case old == nil && o.points(f.who, o.height) < 50:
		return "reputation_too_low"
	}
	if _, seen := o.statements[f.statement]; seen {
		return "replayed"
	}
	if !f.signedByID || f.signer == nil || *f.signer != coin.owner {
		return "bad_signature"
	}
	o.take(p, f, coin, old, tx)
	return ""
}

// covers reports whether the backing with the ticket's output is worth what its pledges would offer.
func (o *oracle) covers(f *partFacts, coin oracleCoin, old *oraclePledge) bool {
	have, need := bigOf(coin.value), inPatoshi(f.coins)
	for out, value := range o.backing[coin.owner] {
		if out != f.output {
			have = plus(have, value)
		}
	}
	for _, pl := range o.backed(coin.owner) {
		if pl.oraclePledge != old {
			need = plus(need, inPatoshi(pl.offered))
		}
	}
	return have.Cmp(need) >= 0
}

// take carries out an accepted part ticket.
func (o *oracle) take(p *oraclePool, f *partFacts, coin oracleCoin, old *oraclePledge, tx *pastel.Tx) {
	o.statements[f.statement] = f.time
	if o.backing[coin.owner] == nil {
		o.backing[coin.owner] = map[pastel.OutPoint]*big.Int{}
	}
	o.backing[coin.owner][f.output] = bigOf(coin.value)
	pl, kind := old, "pledge.amended"
	if old == nil {
		kind = "pledge.accepted"
		pl = &oraclePledge{seq: o.joined, who: f.who, owner: coin.owner, since: -1, accrued: new(big.Int)}
		o.joined++
		p.pledges = append(p.pledges, pl)
	}
	pl.offered, pl.reward, pl.time = f.coins, f.reward, f.time
	if p.status == "subscribing" {
		pl.counted = f.coins
		p.named[oraclePair{f.who, coin.owner}] = true
	}
	o.accepted = append(o.accepted, Accepted{
		Seq: pl.seq, Amends: old != nil, Pool: f.pool, PastelID: f.who, Owner: coin.owner, Reward: f.reward, Offered: f.coins,
		Time: f.time, Ticket: tx.ID(), Output: f.output,
	})
	e := told(pl)
	e["role"] = roleIn(p, pl)
	o.emit(kind, p, e)
}

func (o *oracle) activate(f *activateFacts, tx *pastel.Tx) ticket.Reason {
	p := o.pools[f.pool]
	switch {
	case p == nil:
		return "unknown_pool"
	case p.status != "subscribing":
		return "not_subscribing"
	case o.height > p.terms.InitHeight+p.terms.Period+o.params.ActivationGrace:
		return "activation_too_late"
	}
	seen := map[ticket.Participant]bool{}
	for _, x := range f.listed {
		if seen[x] {
			return "duplicate_participant"
		}
		seen[x] = true
	}
	listed := map[oraclePair]bool{}
	for _, x := range f.listed {
		who, badID := pastelid.Parse(x.PastelID)
		address, badAddress := pastel.ParseAddress(&o.params.Network, x.Address)
		pair := oraclePair{who, address.Hash}
		if badID != nil || badAddress != nil || address.Kind != pastel.AddressP2PKH || !p.named[pair] {
			return "unknown_participant"
		}
		listed[pair] = true
	}
	isListed := func(pl *oraclePledge) bool { return len(f.listed) == 0 || listed[oraclePair{pl.who, pl.owner}] }
	var sum int64
	for _, pl := range p.pledges {
		if isListed(pl) {
			sum += pl.offered
		}
	}
	switch {
	case sum < p.terms.Target:
		return "insufficient_collateral"
	case !f.signedBy(p.terms.Operator):
		return "bad_signature"
	}
	p.status, p.activated, p.activation, p.named = "active", o.height, tx.ID(), nil
	for _, pl := range p.pledges {
		pl.counted, pl.held, pl.since = 0, 0, -1
		if isListed(pl) {
			pl.counted, pl.held, pl.since = pl.offered, pl.offered, o.height
		}
	}
	o.emit("pool.activated", p, fact{"coins": p.counted()})
	return ""
}
