package pool

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"maps"
	"math/big"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// An oracle implements the protocol a second time, sections 3 to 9, with plain lists and maps and big integers. It keeps no sums and
// visits every pool in every block. It follows the text and not the engine, and shares with the engine only what Prepare found and the
// types of keys.
type oracle struct {
	params Params
	shadow bool

	height     pastel.Height
	digest     [32]byte
	clock      int64
	joined     uint64
	coins      map[pastel.OutPoint]oracleCoin
	backing    map[pastel.KeyHash]map[pastel.OutPoint]*big.Int
	people     map[pastelid.PastelID]oraclePerson
	statements map[[32]byte]int64
	pools      map[ticket.PoolID]*oraclePool

	// Of the block being applied.
	time     int64
	events   []fact
	moved    map[*oraclePledge]bool
	accepted []Accepted
	credits  []Credit
}

// fact is an event as JSON.
type fact map[string]any

type oracleCoin struct {
	value    pastel.Amount
	owner    pastel.KeyHash
	height   pastel.Height
	coinbase bool
}

type oraclePerson struct {
	points int
	loss   pastel.Height // -1 before the first
}

type oraclePool struct {
	terms       Terms
	status      string
	low, broken bool
	activated   pastel.Height // these are -1 until then
	activation  pastel.TxID
	deadline    pastel.Height
	ended       pastel.Height
	paid        pastel.Height
	carry       *big.Int
	operator    *big.Int
	claims      []oracleClaim
	pledges     []*oraclePledge
	named       map[oraclePair]bool
	last        []oracleShare
	escrow      []oracleOutput
	pending     []oraclePayout

	// Of the block being applied.
	income, forfeits *big.Int
	fromCoinbase     int
}

type oraclePair struct {
	who   pastelid.PastelID
	owner pastel.KeyHash
}

type oraclePledge struct {
	seq                    uint64
	who                    pastelid.PastelID
	owner                  pastel.KeyHash
	offered, counted, held int64
	since                  pastel.Height
	time                   int64
	accrued                *big.Int
	reward                 pastel.Address
}

type oracleClaim struct {
	to     pastel.Address
	amount *big.Int
}

type oracleShare struct {
	coins int64
	to    pastel.Address
}

// oracleOutput is a tracked output.
type oracleOutput struct {
	out    pastel.OutPoint
	value  *big.Int
	height pastel.Height
	tx     int
}

type oraclePayout struct {
	settled  pastel.Height
	inputs   []pastel.OutPoint
	payments []oracleClaim
	change   *big.Int
	txid     pastel.TxID
}

func bigOf[T ~int64 | ~int](n T) *big.Int { return big.NewInt(int64(n)) }
func plus(a, b *big.Int) *big.Int         { return new(big.Int).Add(a, b) }
func minus(a, b *big.Int) *big.Int        { return new(big.Int).Sub(a, b) }
func times(a, b *big.Int) *big.Int        { return new(big.Int).Mul(a, b) }
func over(a, b *big.Int) *big.Int         { return new(big.Int).Div(a, b) } // floor: nothing is negative
func inPatoshi(psl int64) *big.Int        { return times(bigOf(psl), bigOf(100_000)) }

func newOracle(params Params, shadow bool) *oracle {
	return &oracle{
		params: params, shadow: shadow, height: -1,
		coins:      map[pastel.OutPoint]oracleCoin{},
		backing:    map[pastel.KeyHash]map[pastel.OutPoint]*big.Int{},
		people:     map[pastelid.PastelID]oraclePerson{},
		statements: map[[32]byte]int64{},
		pools:      map[ticket.PoolID]*oraclePool{},
	}
}

// clone copies everything that a block can change. Nothing changes big integers in place.
func (o *oracle) clone() *oracle {
	c := *o
	c.coins, c.people, c.statements = maps.Clone(o.coins), maps.Clone(o.people), maps.Clone(o.statements)
	c.backing = map[pastel.KeyHash]map[pastel.OutPoint]*big.Int{}
	for owner, outs := range o.backing {
		c.backing[owner] = maps.Clone(outs)
	}
	c.pools = map[ticket.PoolID]*oraclePool{}
	for id, p := range o.pools {
		q := *p
		q.claims, q.last, q.escrow, q.pending = slices.Clone(p.claims), slices.Clone(p.last), slices.Clone(p.escrow), slices.Clone(p.pending)
		q.named = maps.Clone(p.named)
		q.pledges = nil
		for _, pl := range p.pledges {
			x := *pl
			q.pledges = append(q.pledges, &x)
		}
		c.pools[id] = &q
	}
	return &c
}

// sorted returns every pool, in id order.
func (o *oracle) sorted() []*oraclePool {
	var list []*oraclePool
	for _, id := range slices.Sorted(maps.Keys(o.pools)) {
		list = append(list, o.pools[id])
	}
	return list
}

func (o *oracle) emit(kind string, p *oraclePool, more fact) {
	e := fact{"type": kind, "height": o.height}
	if p != nil {
		e["pool"] = string(p.terms.ID)
	}
	maps.Copy(e, more)
	o.events = append(o.events, e)
}

// about returns the fields of an event that identify a pledge.
func about(pl *oraclePledge) fact {
	return fact{"pastelid": pl.who.String(), "owner": hex.EncodeToString(pl.owner[:])}
}

// told returns the fields of about with coins and offer.
func told(pl *oraclePledge) fact {
	e := about(pl)
	e["coins"], e["offered"] = pl.counted, pl.offered
	return e
}

func roleIn(p *oraclePool, pl *oraclePledge) string {
	switch {
	case p.status == "subscribing":
		return "plain"
	case pl.counted > 0:
		return "member"
	}
	return "standby"
}

// counted is M.
func (p *oraclePool) counted() (m int64) {
	for _, pl := range p.pledges {
		m += pl.counted
	}
	return m
}

func (p *oraclePool) offered() (sum int64) {
	for _, pl := range p.pledges {
		sum += pl.offered
	}
	return sum
}

// apply is section 4. It returns the oracle after the block, or nil if the block is invalid. It does not change o.
func (o *oracle) apply(in *Prepared) *oracle {
	o = o.clone()
	o.height++
	o.time = int64(in.Time)
	o.clock = max(o.clock, o.time-7200)
	o.events, o.accepted, o.credits, o.moved = nil, nil, nil, map[*oraclePledge]bool{}
	for _, p := range o.pools {
		p.income, p.forfeits, p.fromCoinbase = new(big.Int), new(big.Int), 0
	}
	for i := range in.Txs {
		tx := &in.Txs[i]
		var paid *oraclePayout
		if i > 0 {
			o.spends(tx)
			var valid bool
			if paid, valid = o.escrowSpends(tx); !valid {
				return nil
			}
		}
		for k := range in.carried {
			if c := &in.carried[k]; c.index == i {
				o.carries(c, tx)
			}
		}
		o.outputs(i, tx, paid)
	}
	o.end()
	o.digest = sha256.Sum256(slices.Concat(o.digest[:], in.Hash[:], o.digested()))
	return o
}

// digested returns the JSON that the ledger digest covers.
func (o *oracle) digested() []byte {
	var list [][]byte
	for _, e := range o.events {
		if e["type"] != "ticket.rejected" {
			list = append(list, e.json())
		}
	}
	return slices.Concat([]byte{'['}, bytes.Join(list, []byte{','}), []byte{']'})
}

// json sorts members by name, as RFC 8785 does for these ASCII names.
func (e fact) json() []byte {
	b, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return b
}

// oraclePledgeIn is a pledge and its pool.
type oraclePledgeIn struct {
	pool *oraclePool
	*oraclePledge
}

// backed returns the live pledges that an owner's coins back, in join order.
func (o *oracle) backed(owner pastel.KeyHash) []oraclePledgeIn {
	var list []oraclePledgeIn
	for _, p := range o.pools {
		for _, pl := range p.pledges {
			if pl.owner == owner {
				list = append(list, oraclePledgeIn{p, pl})
			}
		}
	}
	slices.SortFunc(list, func(a, b oraclePledgeIn) int { return int(a.seq) - int(b.seq) })
	return list
}

// short reports whether a backing is worth less than its pledges offer.
func (o *oracle) short(owner pastel.KeyHash) bool {
	have, need := new(big.Int), new(big.Int)
	for _, value := range o.backing[owner] {
		have = plus(have, value)
	}
	for _, pl := range o.backed(owner) {
		need = plus(need, inPatoshi(pl.offered))
	}
	return have.Cmp(need) < 0
}

// spends is 4(a).
func (o *oracle) spends(tx *pastel.Tx) {
	var hit []pastel.KeyHash
	for _, in := range tx.Inputs {
		delete(o.coins, in.PrevOut)
		for owner, outs := range o.backing {
			if _, backs := outs[in.PrevOut]; backs {
				delete(outs, in.PrevOut)
				for _, pl := range o.backed(owner) {
					o.moved[pl.oraclePledge] = true
				}
				if !slices.Contains(hit, owner) {
					hit = append(hit, owner)
				}
			}
		}
	}
	for _, owner := range hit {
		for v, out := range tx.Outputs {
			if o.short(owner) && bytes.Equal(out.Script, pastel.P2PKH(owner)) && out.Value >= o.params.MinPledge && out.Value != o.params.Collateral {
				o.backing[owner][pastel.OutPoint{TxID: tx.ID(), Vout: uint32(v)}] = bigOf(out.Value)
			}
		}
		o.giveUp(owner)
		for o.short(owner) {
			list := o.backed(owner)
			o.drop(list[len(list)-1])
		}
	}
}

// giveUp gives up what costs nothing, latest joined first.
func (o *oracle) giveUp(owner pastel.KeyHash) {
	list := o.backed(owner)
	slices.Reverse(list)
	for _, pl := range list {
		if !o.short(owner) {
			return
		}
		switch role := roleIn(pl.pool, pl.oraclePledge); {
		case role == "standby":
			o.drop(pl)
		case role == "member" && pl.offered > pl.counted:
			pl.offered = pl.counted
			o.emit("pledge.reduced", pl.pool, told(pl.oraclePledge))
		}
	}
}

// drop ends a pledge whose coins are spent.
func (o *oracle) drop(pl oraclePledgeIn) {
	p := pl.pool
	role := roleIn(p, pl.oraclePledge)
	e := told(pl.oraclePledge)
	e["role"], e["forfeited"] = role, pl.accrued
	o.emit("pledge.left", p, e)
	p.forfeits = plus(p.forfeits, pl.accrued)
	if cost := map[string]int{"member": 25, "plain": 5}[role]; cost > 0 && !p.idle(o.height, &o.params) {
		points := max(0, o.points(pl.who, o.height)-cost)
		o.people[pl.who] = oraclePerson{points, o.height}
		o.emit("reputation.changed", nil, fact{"pastelid": pl.who.String(), "points": points})
	}
	p.pledges = slices.DeleteFunc(p.pledges, func(x *oraclePledge) bool { return x == pl.oraclePledge })
	o.free(pl.owner)
}

// free deletes a backing without pledges.
func (o *oracle) free(owner pastel.KeyHash) {
	if len(o.backed(owner)) == 0 {
		delete(o.backing, owner)
	}
}

// points returns a reputation at h.
func (o *oracle) points(who pastelid.PastelID, h pastel.Height) int {
	x := o.people[who]
	if x.loss < 0 {
		return 100
	}
	return min(100, x.points+int(h-x.loss)/int(o.params.RecoveryInterval))
}

// within reports whether x lies in the last n blocks, h included.
func within(x, h, n pastel.Height) bool { return x >= 0 && x > h-n }

// idle reports whether leaving at h costs nothing.
func (p *oraclePool) idle(h pastel.Height, params *Params) bool {
	return p.activated >= 0 && !within(p.activated, h, params.IdleLimit) && !within(p.paid, h, params.IdleLimit)
}

// escrowSpends is 4(b). It returns the payout that tx is, and false if the block is invalid.
func (o *oracle) escrowSpends(tx *pastel.Tx) (*oraclePayout, bool) {
	breaks := slices.ContainsFunc(tx.Inputs, func(in pastel.TxIn) bool { return endsInRedeemScript(in.ScriptSig) })
	var taken []*oraclePool
	for _, in := range tx.Inputs {
		for _, p := range o.pools {
			if slices.ContainsFunc(p.escrow, func(e oracleOutput) bool { return e.out == in.PrevOut }) {
				breaks = true
				if !slices.Contains(taken, p) {
					taken = append(taken, p)
				}
			}
		}
	}
	if !breaks {
		return nil, true
	}
	for _, p := range o.pools {
		for i, po := range p.pending {
			v := po.settled + o.params.CoinbaseMaturity
			if po.txid == tx.ID() && o.height >= v && o.height <= v+o.params.PayoutExpiry {
				o.emit("payout.paid", p, fact{"txid": po.txid.String()})
				p.pending = slices.Delete(p.pending, i, i+1)
				p.forget(tx)
				return &po, true
			}
		}
	}
	if !o.shadow {
		return nil, false
	}
	for _, p := range taken {
		p.forget(tx)
		p.broken = true
		for len(p.pending) > 0 {
			o.cancel(p, 0)
		}
	}
	return nil, true
}

// forget removes a transaction's inputs from tracked escrow.
func (p *oraclePool) forget(tx *pastel.Tx) {
	p.escrow = slices.DeleteFunc(p.escrow, func(e oracleOutput) bool {
		return slices.ContainsFunc(tx.Inputs, func(in pastel.TxIn) bool { return in.PrevOut == e.out })
	})
}

// endsInRedeemScript reads a script signature's opcodes, as 4(b) says.
func endsInRedeemScript(sig []byte) bool {
	var last []byte
	for len(sig) > 0 {
		op, n := sig[0], 0
		sig = sig[1:]
		last = nil
		switch {
		case op > 0x60:
			return false
		case op == 0 || op > 0x4e:
			continue
		case op == 0x4c && len(sig) >= 1:
			n, sig = int(sig[0]), sig[1:]
		case op == 0x4d && len(sig) >= 2:
			n, sig = int(sig[0])|int(sig[1])<<8, sig[2:]
		case op == 0x4e && len(sig) >= 4:
			n, sig = int(sig[0])|int(sig[1])<<8|int(sig[2])<<16|int(sig[3])<<24, sig[4:]
		case op >= 0x4c:
			return false
		default:
			n = int(op)
		}
		if n > len(sig) {
			return false
		}
		last, sig = sig[:n], sig[n:]
	}
	return len(last) == 24 && last[0] == 0x14 && bytes.Equal(last[21:], []byte{0xb9, 0x75, 0x51})
}

// escrowScript returns the P2SH script of a pool's redeem script.
func escrowScript(id ticket.PoolID) []byte {
	hash := sha256.Sum256([]byte(id))
	redeem := slices.Concat([]byte{0x14}, hash[:20], []byte{0xb9, 0x75, 0x51})
	script := pastel.Hash160(redeem)
	return slices.Concat([]byte{0xa9, 0x14}, script[:], []byte{0x87})
}

// outputs is 4(d).
func (o *oracle) outputs(index int, tx *pastel.Tx, paid *oraclePayout) {
	for v, out := range tx.Outputs {
		point := pastel.OutPoint{TxID: tx.ID(), Vout: uint32(v)}
		if s := out.Script; len(s) == 25 && s[0] == 0x76 && s[1] == 0xa9 && s[2] == 0x14 && s[23] == 0x88 && s[24] == 0xac {
			if out.Value >= o.params.MinPledge {
				o.coins[point] = oracleCoin{out.Value, pastel.KeyHash(s[3:23]), o.height, index == 0}
			}
			continue
		}
		for _, p := range o.pools {
			if !bytes.Equal(out.Script, escrowScript(p.terms.ID)) || p.status == "closed" || p.broken {
				continue
			}
			entry := oracleOutput{point, bigOf(out.Value), o.height, index}
			least := o.params.MinEscrow
			if index == 0 {
				least = o.params.MinEscrowCoinbase
			}
			switch {
			case paid != nil && paid.change.Sign() > 0 && v == len(tx.Outputs)-1:
				p.escrow = append(p.escrow, entry)
			case out.Value < least, index == 0 && p.fromCoinbase == o.params.MaxCoinbaseOutputs:
			default:
				if index == 0 {
					p.fromCoinbase++
				}
				p.escrow = append(p.escrow, entry)
				p.income = plus(p.income, bigOf(out.Value))
			}
		}
	}
}

// end is 4(e).
func (o *oracle) end() {
	var still []oraclePledgeIn
	for _, p := range o.pools {
		for _, pl := range p.pledges {
			if o.moved[pl] {
				still = append(still, oraclePledgeIn{p, pl})
			}
		}
	}
	slices.SortFunc(still, func(a, b oraclePledgeIn) int { return int(a.seq) - int(b.seq) })
	for _, x := range still {
		o.emit("pledge.moved", x.pool, about(x.oraclePledge))
	}
	for _, p := range o.sorted() {
		o.endOfPool(p)
	}
	for settled := range o.height {
		for _, p := range o.sorted() {
			if len(p.pending) > 0 && p.pending[0].settled == settled && o.height >= settled+o.params.CoinbaseMaturity+o.params.PayoutExpiry {
				o.cancel(p, 0)
			}
		}
	}
	for hash, time := range o.statements {
		if time < o.clock-86400 {
			delete(o.statements, hash)
		}
	}
}

func (o *oracle) endOfPool(p *oraclePool) {
	if !p.broken {
		o.receive(p)
		o.forfeit(p)
	}
	ends := o.changeStatus(p)
	low := p.status == "active" && p.counted() < p.terms.Required+(p.terms.Target-p.terms.Required)/2
	if low && !p.low {
		o.emit("pool.low_collateral", p, fact{"coins": p.counted()})
	}
	p.low = low
	if !p.broken && (ends || p.scheduled(o.height, &o.params)) {
		o.settle(p)
	}
}

// changeStatus is section 7. It reports whether the pool ends.
func (o *oracle) changeStatus(p *oraclePool) bool {
	switch p.status {
	case "subscribing":
		if o.height <= p.terms.InitHeight+p.terms.Period+o.params.ActivationGrace {
			return false
		}
		o.emit("pool.expired", p, nil)
		p.status, p.ended, p.named = "expired", o.height, nil
		if !p.broken {
			p.operator, p.carry = plus(p.operator, p.carry), new(big.Int)
		}
		o.release(p)
		return true
	case "active", "replenishing":
	default:
		return false
	}
	o.count(p)
	switch m := p.counted(); {
	case p.status == "active" && m < p.terms.Required:
		p.status, p.deadline = "replenishing", o.height+p.terms.Period
		o.emit("pool.replenishing", p, fact{"coins": m})
	case p.status == "replenishing" && m >= p.terms.Required:
		p.status, p.deadline = "active", -1
		o.emit("pool.restored", p, fact{"coins": m})
	case p.status == "replenishing" && o.height > p.deadline:
		o.dissolve(p)
		return true
	}
	return false
}

// count is "Counting".
func (o *oracle) count(p *oraclePool) {
	var queue []*oraclePledge
	for _, pl := range p.pledges {
		if pl.counted == 0 {
			queue = append(queue, pl)
		}
	}
	for _, pl := range p.pledges {
		if pl.counted > 0 {
			queue = append(queue, pl)
		}
	}
	for _, pl := range queue {
		lacks := p.terms.Target - p.counted()
		if lacks <= 0 || pl.counted == pl.offered {
			continue
		}
		more := min(pl.offered-pl.counted, lacks)
		if pl.counted == 0 {
			more = max(more, min(pl.offered, int64(o.params.MinPledge)/100_000))
		}
		pl.counted += more
		pl.since = o.height
		o.emit("pledge.promoted", p, told(pl))
	}
}

func (o *oracle) dissolve(p *oraclePool) {
	o.emit("pool.dissolved", p, nil)
	if !p.broken {
		rest := p.carry
		for _, pl := range p.pledges {
			if pl.counted > 0 {
				part := over(times(p.carry, bigOf(pl.counted)), bigOf(p.counted()))
				pl.accrued, rest = plus(pl.accrued, part), minus(rest, part)
			}
		}
		p.operator, p.carry = plus(p.operator, rest), new(big.Int)
		o.claimAll(p)
	}
	for _, pl := range p.pledges {
		if pl.counted > 0 {
			p.last = append(p.last, oracleShare{pl.counted, pl.reward})
		}
	}
	p.status, p.ended, p.deadline = "dissolved", o.height, -1
	o.release(p)
}

func (o *oracle) release(p *oraclePool) {
	list := p.pledges
	p.pledges = nil
	for _, pl := range list {
		o.emit("pledge.released", p, about(pl))
		o.free(pl.owner)
	}
}
