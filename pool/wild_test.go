package pool

import (
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

const (
	simPeople = 8
	simOwners = 6
)

// dice makes the choices in a random history: it returns 0 to n-1.
type dice func(n int) int

func (d dice) one(in int) bool { return d(in) == 0 }

// within returns a number from least to most.
func (d dice) within(least, most int64) int64 {
	if most <= least {
		return least
	}
	return least + int64(d(int(most-least+1)))
}

func pick[T any](d dice, list ...T) T { return list[d(len(list))] }

// wild fills the blocks of a sim at random.
type wild struct {
	*sim
	dice
	spent map[pastel.OutPoint]bool // in the block being built
	sent  []partFacts              // earlier part tickets, to replay
	time  int64                    // of the block being built
}

// wildNetwork returns parameters with limits that random histories reach.
func wildNetwork(d dice) Params {
	params := simNetwork()
	params.CoinbaseMaturity, params.PayoutExpiry = 8, 12
	params.IdleLimit = pick(d, pastel.Height(3), 20, 21)
	params.MaxPledges = pick(d, 4, 7, 500)
	params.MaxCoinbaseOutputs = 3
	params.MaxOutputs = pick(d, 2, 5, 600)
	params.MaxInputs = pick(d, 2, 1000)
	params.SaplingHeight = pick(d, pastel.Height(1), 50, pastel.Never)
	params.PledgeConfirmations = pick(d, pastel.Height(1), 1, 1, 1, 1, 2)
	params.RecoveryInterval = pick(d, pastel.Height(1), 3, 10)
	params.ActivationGrace = pick(d, pastel.Height(0), 10)
	drawForks(&params, d)
	return params
}

// drawForks schedules every change of the rules: at the first block, in the middle of a history, or never. The rules themselves hold from
// the first block on, as nothing happens below them.
func drawForks(params *Params, d dice) {
	eachFork(func(name string, of func(*Forks) *Fork) {
		if name != "Pools" {
			*of(&params.Forks) = pick(d, Fork{}, ForkAt(0), ForkAt(pastel.Height(d.within(1, 60))))
		}
	})
}

// fill makes a block of up to five actions, whose time mostly follows the last and sometimes jumps.
func (m *wild) fill() {
	m.spent = map[pastel.OutPoint]bool{}
	switch m.dice(12) {
	case 0:
		m.time -= m.within(0, 7200)
	case 1:
		m.time += m.within(0, 3*86400)
	default:
		m.time += 150
	}
	m.block.Time = uint32(m.time)
	for range m.dice(6) {
		m.act()
	}
}

// act takes one action; the numbers are relative frequencies.
func (m *wild) act() {
	pools := m.s.Pools()
	if len(pools) == 0 {
		m.coins()
		m.open()
		return
	}
	if len(m.live()) < 2 && m.one(2) {
		m.open()
		return
	}
	type action struct {
		often int
		do    func()
	}
	actions := []action{
		{1, func() { m.register(m.dice(simPeople + 2)) }},
		{2, m.coins}, {1, m.open}, {1, m.pledge}, {6, m.join}, {4, m.amend}, {4, m.startAny}, {4, m.income}, {1, m.donate},
		{2, m.spend}, {3, m.leave}, {1, m.consolidate}, {2, m.flurry}, {4, m.payouts}, {1, m.replay}, {1, m.takeEscrow},
	}
	all := 0
	for _, a := range actions {
		all += a.often
	}
	n := m.dice(all)
	for _, a := range actions {
		if n -= a.often; n < 0 {
			a.do()
			return
		}
	}
}

// live returns the pools that accept pledges.
func (m *wild) live() []*poolState {
	var list []*poolState
	for _, id := range m.s.Pools() {
		if p := m.s.pools[id]; p.takesPledges(m.block.Height) {
			list = append(list, p)
		}
	}
	return list
}

// somePool returns any pool, mostly one that accepts pledges.
func (m *wild) somePool() *poolState {
	if live := m.live(); len(live) > 0 && !m.one(5) {
		return pick(m.dice, live...)
	}
	return m.s.pools[pick(m.dice, m.s.Pools()...)]
}

// somePledge returns any live pledge of a pool, or nil.
func (m *wild) somePledge() *pledge {
	for range 3 {
		if p := m.somePool(); len(p.pledges) > 0 {
			return pick(m.dice, p.pledges...)
		}
	}
	return nil
}

func (m *wild) value() pastel.Amount {
	return pick(m.dice, pastel.Amount(9), 10, 35, 150, 300, 500, 999, 1000, 2500) * pastel.PSL
}

func (m *wild) owner() pastel.KeyHash { return simOwner(m.dice(simOwners)) }

// someReward returns an ordinary address, and rarely one that is bad or turns out to be the escrow of a later pool.
func (m *wild) someReward() pastel.Address {
	n := m.dice(20)
	if len(m.s.pools) == 0 {
		n = 3
	}
	switch n {
	case 0:
		return m.somePool().escrowAddress()
	case 1:
		return ticket.EscrowAddress(simTerms(m.label(), &m.s.params, 1000, 10000, 500, 5, 1, 2).ID)
	case 2:
		return pastel.Address{Kind: pastel.AddressP2SH, Hash: [20]byte{byte(m.dice(3))}}
	default:
		return simReward(m.dice(simOwners))
	}
}

func (m *wild) label() string { return fmt.Sprintf("pool%d", m.dice(30)) }

// coins gives coins to owners, sometimes in the coinbase.
func (m *wild) coins() {
	var outs []pastel.TxOut
	for range 1 + m.dice(4) {
		outs = append(outs, pay(m.owner(), m.value()))
	}
	if m.one(5) {
		m.coinbase(outs...)
		return
	}
	m.tx(nil, outs...)
}

// open opens a pool unless many exist.
func (m *wild) open() {
	if len(m.live()) > 3 && !m.one(10) {
		return
	}
	terms := simTerms(m.label(), &m.s.params, 1000, pick(m.dice, int64(10000), 10003, 11000, 15000, 20000), pick(m.dice, int64(300), 500, 1234),
		pastel.Height(m.within(5, 25)), m.dice(simPeople), m.dice(simPeople+1))
	if m.one(6) {
		terms.FeeAddress = m.someReward()
	}
	m.init(terms)
	f := m.block.carried[len(m.block.carried)-1].init
	switch m.dice(40) {
	case 0:
		f.signed = false
	case 1:
		f.pool.Company = ""
	case 2:
		f.terms = ticket.ReasonFeeOutOfRange
	case 3:
		f.pastelIDs = pastelid.ErrFormat
	}
}

// post sends a part ticket, rarely with a fault.
func (m *wild) post(id ticket.PoolID, who int, coins int64, out pastel.OutPoint, owner pastel.KeyHash) {
	f := m.part(id, who, coins, out, owner, m.someReward())
	switch m.dice(60) {
	case 0:
		f.signedByID = false
	case 1:
		f.signer = nil
	case 2:
		f.time = m.s.clock - 86400 - m.within(-2, 2)
	case 3:
		f.time = m.time + 7200 + m.within(-2, 2)
	case 4:
		f.output.Vout++
	case 5:
		f.pastelID = pastelid.ErrFormat
	case 6:
		f.rewardAddress = pastelid.ErrFormat
	case 7:
		f.outputOK = false
	case 8:
		f.timeStamp = pastelid.ErrFormat
	default:
		f.time = m.time + m.within(-4000, 4000)
	}
	m.sent = append(m.sent, *f)
}

// replay posts an earlier ticket again.
func (m *wild) replay() {
	if len(m.sent) > 0 {
		f := pick(m.dice, m.sent...)
		m.carry(carried{part: &f})
	}
}

// pledge pledges any coin for anybody.
func (m *wild) pledge() {
	coins := m.coinList()
	if len(coins) == 0 {
		return
	}
	out := pick(m.dice, coins...)
	c := m.s.coins.At(m.s.coins.Find(out))
	id := m.somePool().terms.ID
	if m.one(20) {
		id = simTerms(m.label(), &m.s.params, 1000, 10000, 500, 5, 1, 2).ID // may not exist
	}
	m.post(id, m.dice(simPeople+1), m.within(9, int64(c.value/pastel.PSL)+1), out, c.owner)
}

// join pledges fresh outputs of several people to one pool and perhaps activates it.
func (m *wild) join() {
	p := m.somePool()
	n := 1 + m.dice(4)
	var outs []pastel.TxOut
	first := m.dice(simOwners)
	for k := range n {
		outs = append(outs, pay(simOwner((first+k)%simOwners), 701*pastel.PSL))
	}
	i := m.tx(nil, outs...)
	for k := range n {
		out := pastel.OutPoint{TxID: m.block.Txs[i].ID(), Vout: uint32(k)}
		m.post(p.terms.ID, (first+k)%simPeople, m.within(200, 701), out, simOwner((first+k)%simOwners))
	}
	if p.offered > p.terms.Target/2 && m.one(2) {
		m.startPool(p)
	}
}

// amend raises a pledge or only changes its reward address, on its coins or on a new output.
func (m *wild) amend() {
	pl := m.somePledge()
	if pl == nil {
		return
	}
	owner := m.s.backings.Key(pl.backing)
	coins := pl.offered + pick(m.dice, int64(0), 0, m.within(-2, 400))
	var out pastel.OutPoint
	if m.one(2) {
		i := m.tx(nil, pay(owner, m.value()+pastel.PSL))
		out = pastel.OutPoint{TxID: m.block.Txs[i].ID()}
	} else {
		out = m.s.coins.Key(m.s.backings.At(pl.backing).coins)
	}
	f := m.part(pl.pool.terms.ID, 0, coins, out, owner, m.someReward())
	f.who = m.s.people.Key(pl.who)
	f.time = max(m.time-1000, pl.time) + m.within(0, 20)
	m.sent = append(m.sent, *f)
}

// startAny activates a pool that is ready, startPool one: all pledges, or some.
func (m *wild) startAny() {
	for _, p := range m.live() {
		if p.head.status == Subscribing && p.offered >= p.terms.Target {
			m.startPool(p)
			return
		}
	}
	m.startPool(m.somePool())
}

func (m *wild) startPool(p *poolState) {
	if (p.head.status != Subscribing || p.offered < p.terms.Target) && !m.one(8) {
		return
	}
	var list []ticket.Participant
	if m.one(3) {
		for _, n := range m.s.namedPairs(p.named) {
			if !m.one(4) {
				list = append(list, m.participant(n.who, n.owner))
			}
		}
	}
	if len(list) > 0 && m.one(10) {
		list = append(list, pick(m.dice, list[0], m.participant(simID(77), simOwner(1)), ticket.Participant{PastelID: "x", Address: "y"}))
	}
	id := p.terms.ID
	if m.one(20) {
		id = simTerms(m.label(), &m.s.params, 1000, 10000, 500, 5, 1, 2).ID
	}
	m.activate(id, list...)
	if m.one(20) {
		m.block.carried[len(m.block.carried)-1].activate.signedBy = func(pastelid.PastelID) bool { return false }
	}
}

// income pays pools in the coinbase, in several outputs or in none that counts.
func (m *wild) income() {
	for range 1 + m.dice(2) {
		p := m.somePool()
		for range 1 + m.dice(5)/3*m.dice(5) {
			amount := pastel.Amount(m.within(0, 2000*int64(pastel.PSL)))
			m.coinbase(pastel.TxOut{Value: pick(m.dice, amount, amount, m.s.params.MinEscrowCoinbase-1, m.s.params.MinEscrowCoinbase), Script: p.escrowAddress().Script()})
		}
	}
}

func (m *wild) donate() {
	value := pick(m.dice, m.value(), m.s.params.MinEscrow, m.s.params.MinEscrow-1)
	m.tx(nil, pastel.TxOut{Value: value, Script: m.somePool().escrowAddress().Script()})
}

// take marks coins as spent in this block and returns those that were not spent yet.
func (m *wild) take(coins []pastel.OutPoint) []pastel.OutPoint {
	var free []pastel.OutPoint
	for _, out := range coins {
		if !m.spent[out] {
			m.spent[out] = true
			free = append(free, out)
		}
	}
	return free
}

// move spends coins and pays back to each owner what back returns of a coin's value.
func (m *wild) move(coins []pastel.OutPoint, back func(value pastel.Amount) pastel.Amount) {
	var ins []pastel.OutPoint
	var outs []pastel.TxOut
	for _, out := range m.take(coins) {
		ins = append(ins, out)
		c := m.s.coins.At(m.s.coins.Find(out))
		if value := back(c.value); value > 0 {
			outs = append(outs, pay(c.owner, value))
		}
	}
	if len(ins) == 0 {
		return
	}
	i := m.tx(ins, outs...)
	for len(outs) > 0 && m.one(4) { // spend the first new output within the block
		owner, _ := pastel.P2PKHHash(outs[0].Script)
		outs = []pastel.TxOut{pay(pick(m.dice, owner, owner, m.owner()), outs[0].Value)}
		i = m.tx([]pastel.OutPoint{{TxID: m.block.Txs[i].ID()}}, outs...)
	}
}

// some returns all of a value, nothing or a part.
func (m *wild) some(value pastel.Amount) pastel.Amount {
	return pick(m.dice, value, value, 0, 0, value-pastel.Amount(m.within(1, 60))*5*pastel.PSL, min(value, m.s.params.Collateral))
}

// spend moves any coins.
func (m *wild) spend() {
	coins := m.coinList()
	if len(coins) == 0 {
		return
	}
	var list []pastel.OutPoint
	for range 1 + m.dice(3) {
		list = append(list, pick(m.dice, coins...))
	}
	m.move(list, m.some)
}

// backers lists the outputs that back a pledge, in a fixed order.
func (m *wild) backers(pl *pledge) []pastel.OutPoint {
	var list []pastel.OutPoint
	for r := m.s.backings.At(pl.backing).coins; r != 0; r = m.s.coins.At(r).next {
		list = append(list, m.s.coins.Key(r))
	}
	slices.SortFunc(list, pastel.OutPoint.Compare)
	return list
}

// leave spends an output that backs a pledge and sometimes replaces a part of it.
func (m *wild) leave() {
	if pl := m.somePledge(); pl != nil {
		m.move([]pastel.OutPoint{pick(m.dice, m.backers(pl)...)}, m.some)
	}
}

// consolidate merges all outputs that back a pledge into one.
func (m *wild) consolidate() {
	pl := m.somePledge()
	if pl == nil {
		return
	}
	var sum pastel.Amount
	ins := m.take(m.backers(pl))
	for _, out := range ins {
		sum += m.s.coins.At(m.s.coins.Find(out)).value
	}
	if len(ins) > 0 {
		m.tx(ins, pay(m.s.backings.Key(pl.backing), sum-pastel.Amount(m.dice(2))*pastel.PSL))
	}
}

// flurry moves the coins of a pledge several times in a block, while others join and raise.
func (m *wild) flurry() {
	pl := m.somePledge()
	if pl == nil {
		return
	}
	owner, need := m.s.backings.Key(pl.backing), m.s.backings.At(pl.backing).needs()
	ins := m.take(m.backers(pl))
	var have pastel.Amount
	for _, out := range ins {
		have += m.s.coins.At(m.s.coins.Find(out)).value
	}
	for range 2 + m.dice(3) {
		if len(ins) == 0 {
			return
		}
		have = pick(m.dice, have, have, m.some(have), min(have, need))
		var outs []pastel.TxOut
		for left := have; left > 0 && len(outs) < 3; {
			part := min(left, pick(m.dice, left, need, need/2, m.s.params.Collateral, m.s.params.MinPledge))
			outs, left = append(outs, pay(owner, part)), left-part
		}
		i := m.tx(ins, outs...)
		ins = nil
		for v := range outs {
			ins = append(ins, pastel.OutPoint{TxID: m.block.Txs[i].ID(), Vout: uint32(v)})
		}
		switch m.dice(4) {
		case 0:
			m.startPool(pl.pool)
		case 1, 2:
			more := m.within(10, 300)
			i := m.tx(nil, pay(owner, pastel.Amount(more)*pastel.PSL))
			f := m.part(pl.pool.terms.ID, m.dice(simPeople), more, pastel.OutPoint{TxID: m.block.Txs[i].ID()}, owner, m.someReward())
			if m.one(2) {
				f.who, f.coins, f.time = m.s.people.Key(pl.who), pl.offered+more, max(m.time-1000, pl.time)+m.within(1, 20)
			}
		}
	}
}

// payouts sometimes mines what can be mined.
func (m *wild) payouts() {
	for _, po := range m.s.PayoutsAt(m.block.Height) {
		if slices.ContainsFunc(po.Tx.Inputs, func(in pastel.TxIn) bool { return m.spent[in.PrevOut] }) || m.one(3) {
			continue
		}
		for _, in := range po.Tx.Inputs {
			m.spent[in.PrevOut] = true
		}
		m.block.Txs = append(m.block.Txs, *po.Tx)
	}
}

// takeEscrow spends escrow without a payout where nobody enforces the rules.
func (m *wild) takeEscrow() {
	if !m.s.shadow || !m.one(4) {
		return
	}
	m.unauthorized()
}

// unauthorized adds a transaction that 4(b) refuses.
func (m *wild) unauthorized() {
	var ins []pastel.OutPoint
	for range 1 + m.dice(3) {
		if p := m.somePool(); !p.escrow.empty() {
			ins = append(ins, m.take([]pastel.OutPoint{pick(m.dice, slices.Collect(p.escrow.all())...).out})...)
		}
	}
	if len(ins) > 0 {
		m.tx(ins)
		return
	}
	// An escrow output that is not tracked, known by its script signature alone.
	i := m.tx(nil)
	redeem := ticket.EscrowRedeemScript(m.somePool().terms.ID)
	sig := pick(m.dice, pushOf(redeem), append([]byte{0x00, 0x4c, 24}, redeem...), append([]byte{0x60, 0x4d, 24, 0}, redeem...))
	in := m.block.Txs[i].Inputs[0]
	in.ScriptSig = sig
	m.block.Txs[i] = *pastel.NewTx(true, []pastel.TxIn{in}, nil)
}
