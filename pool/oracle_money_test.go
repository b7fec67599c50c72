package pool

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"math/big"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// oracleSplit is the ordinary split of section 5: what the operator, each share and carry get. At least one share is above 0.
func oracleSplit(gross, carry *big.Int, fee int64, shares []int64) (operator *big.Int, parts []*big.Int, rest *big.Int) {
	operator = over(times(gross, bigOf(fee)), bigOf(10000))
	n := plus(minus(gross, operator), carry)
	all := new(big.Int)
	for _, c := range shares {
		all = plus(all, bigOf(c))
	}
	rest = n
	for _, c := range shares {
		part := over(times(n, bigOf(c)), all)
		parts, rest = append(parts, part), minus(rest, part)
	}
	return operator, parts, rest
}

// receive is "Income".
func (o *oracle) receive(p *oraclePool) {
	if p.fromCoinbase > 0 {
		p.paid = o.height
	}
	gross := p.income
	if gross.Sign() == 0 {
		return
	}
	o.emit("reward.received", p, fact{"amount": gross})
	switch {
	case p.status == "expired" || p.status == "dissolved" && len(p.last) == 0:
		o.earn(p, p.terms.FeeAddress, p.terms.Operator, gross)
		return
	case p.status == "dissolved":
		var shares []int64
		for _, x := range p.last {
			shares = append(shares, x.coins)
		}
		operator, parts, rest := oracleSplit(gross, p.carry, p.terms.Fee, shares)
		o.earn(p, p.terms.FeeAddress, p.terms.Operator, operator)
		for i, x := range p.last {
			o.earn(p, x.to, pastelid.PastelID{}, parts[i])
		}
		p.carry = rest
		return
	}
	var members []*oraclePledge
	var shares []int64
	for _, pl := range p.pledges {
		if p.status != "subscribing" && pl.counted > 0 && pl.since < o.height {
			members, shares = append(members, pl), append(shares, pl.counted)
		}
	}
	if len(members) == 0 {
		p.carry = plus(p.carry, gross)
		return
	}
	p.accrue(gross, members, shares)
}

// forfeit is "Forfeits".
func (o *oracle) forfeit(p *oraclePool) {
	gross := p.forfeits
	if gross.Sign() == 0 {
		return
	}
	o.emit("reward.forfeited", p, fact{"amount": gross})
	var holders []*oraclePledge
	var shares []int64
	for _, pl := range p.pledges {
		if pl.held > 0 {
			holders, shares = append(holders, pl), append(shares, pl.held)
		}
	}
	if len(holders) == 0 {
		p.operator = plus(p.operator, gross)
		return
	}
	p.accrue(gross, holders, shares)
}

func (p *oraclePool) accrue(gross *big.Int, to []*oraclePledge, shares []int64) {
	operator, parts, rest := oracleSplit(gross, p.carry, p.terms.Fee, shares)
	p.operator, p.carry = plus(p.operator, operator), rest
	for i, pl := range to {
		pl.accrued = plus(pl.accrued, parts[i])
	}
}

// credit raises a claim; a claim of 0 is not created.
func (p *oraclePool) credit(to pastel.Address, amount *big.Int) {
	if amount.Sign() == 0 {
		return
	}
	for i := range p.claims {
		if p.claims[i].to == to {
			p.claims[i].amount = plus(p.claims[i].amount, amount)
			return
		}
	}
	p.claims = append(p.claims, oracleClaim{to, amount})
}

func (o *oracle) earn(p *oraclePool, to pastel.Address, who pastelid.PastelID, amount *big.Int) {
	p.credit(to, amount)
	if amount.Sign() > 0 {
		o.credits = append(o.credits, Credit{p.terms.ID, who, to, pastel.Amount(amount.Int64())})
	}
}

// claimAll is 8.1 without held.
func (o *oracle) claimAll(p *oraclePool) {
	o.earn(p, p.terms.FeeAddress, p.terms.Operator, p.operator)
	p.operator = new(big.Int)
	for _, pl := range p.pledges {
		o.earn(p, pl.reward, pl.who, pl.accrued)
		pl.accrued = new(big.Int)
	}
}

// scheduled reports whether a settlement is scheduled at h.
func (p *oraclePool) scheduled(h pastel.Height, params *Params) bool {
	switch p.status {
	case "active", "replenishing":
		for at := p.activated + params.SettlementInterval; at <= h; at += params.SettlementInterval {
			if at == h {
				return true
			}
		}
	case "dissolved", "expired":
		for at := p.ended; at <= h; at += params.SettlementInterval {
			if at == h {
				return true
			}
		}
	}
	return false
}

// settle is "Settling" and "Closing".
func (o *oracle) settle(p *oraclePool) {
	o.claimAll(p)
	for _, pl := range p.pledges {
		pl.held = pl.counted
	}
	least := o.params.MinPayout
	ended := p.status == "dissolved" || p.status == "expired"
	if ended {
		least = o.params.Dust
	}
	var free []oracleOutput
	for _, e := range p.escrow {
		if !slices.ContainsFunc(p.pending, func(po oraclePayout) bool { return slices.Contains(po.inputs, e.out) }) {
			free = append(free, e)
		}
	}
	if po, pays := oraclePay(&o.params, p.claims, free, least); pays {
		o.pay(p, po)
		return
	}
	owes := slices.ContainsFunc(p.claims, func(c oracleClaim) bool { return c.amount.Cmp(bigOf(o.params.Dust)) >= 0 })
	if !ended || len(p.pending) > 0 || owes || within(p.ended, o.height, o.params.IdleLimit) || within(p.paid, o.height, o.params.IdleLimit) {
		return
	}
	left := new(big.Int)
	for _, e := range p.escrow {
		left = plus(left, e.value)
	}
	o.emit("pool.closed", p, fact{"amount": left})
	p.status, p.escrow, p.claims, p.last, p.carry = "closed", nil, nil, nil, new(big.Int)
}

func oracleBefore(a, b oracleOutput) bool {
	if c := a.value.Cmp(b.value); c != 0 {
		return c > 0
	}
	if a.height != b.height {
		return a.height < b.height
	}
	if a.tx != b.tx {
		return a.tx < b.tx
	}
	return a.out.Vout < b.out.Vout
}

// oraclePay is 8.2 to 8.4: inputs, payments in claim order and change. It reports false if nothing can be paid.
func oraclePay(params *Params, claims []oracleClaim, free []oracleOutput, least pastel.Amount) (po oraclePayout, pays bool) {
	var due []oracleClaim
	sum := new(big.Int)
	for _, c := range claims {
		if c.amount.Cmp(bigOf(least)) >= 0 && len(due) < params.MaxOutputs {
			due, sum = append(due, c), plus(sum, c.amount)
		}
	}
	sorted := slices.Clone(free)
	for i := range sorted { // insertion sort, as a person would
		for j := i; j > 0 && oracleBefore(sorted[j], sorted[j-1]); j-- {
			sorted[j], sorted[j-1] = sorted[j-1], sorted[j]
		}
	}
	have := new(big.Int)
	for _, e := range sorted {
		if have.Cmp(sum) >= 0 || len(po.inputs) == params.MaxInputs {
			break
		}
		po.inputs, have = append(po.inputs, e.out), plus(have, e.value)
	}
	left := have
	for _, c := range due {
		part := c.amount
		if left.Cmp(part) < 0 {
			part = left
		}
		if part.Cmp(bigOf(params.Dust)) >= 0 {
			po.payments, left = append(po.payments, oracleClaim{c.to, part}), minus(left, part)
		}
		if part.Cmp(c.amount) < 0 {
			break
		}
	}
	po.change = left
	return po, len(po.payments) > 0
}

// pay makes a payout pending.
func (o *oracle) pay(p *oraclePool, po oraclePayout) {
	po.settled = o.height
	for _, pay := range po.payments {
		for i := range p.claims {
			if p.claims[i].to == pay.to {
				p.claims[i].amount = minus(p.claims[i].amount, pay.amount)
			}
		}
	}
	p.claims = slices.DeleteFunc(p.claims, func(c oracleClaim) bool { return c.amount.Sign() == 0 })
	po.txid = o.payoutTxID(p, &po)
	p.pending = append(p.pending, po)
	outputs := []any{}
	for _, pay := range po.payments {
		outputs = append(outputs, []any{pay.amount, hex.EncodeToString(scriptOf(pay.to))})
	}
	o.emit("payout.settled", p, fact{"txid": po.txid.String(), "outputs": outputs, "change": po.change})
}

// cancel cancels a pending payout.
func (o *oracle) cancel(p *oraclePool, i int) {
	po := p.pending[i]
	o.emit("payout.cancelled", p, fact{"txid": po.txid.String()})
	for _, pay := range po.payments {
		p.credit(pay.to, pay.amount)
	}
	p.pending = slices.Delete(p.pending, i, i+1)
}

func scriptOf(a pastel.Address) []byte {
	if a.Kind == pastel.AddressP2SH {
		return slices.Concat([]byte{0xa9, 0x14}, a.Hash[:], []byte{0x87})
	}
	return slices.Concat([]byte{0x76, 0xa9, 0x14}, a.Hash[:], []byte{0x88, 0xac})
}

// payoutTxID writes the transaction of section 8 byte by byte.
func (o *oracle) payoutTxID(p *oraclePool, po *oraclePayout) pastel.TxID {
	v := po.settled + o.params.CoinbaseMaturity
	sapling := o.params.SaplingHeight != pastel.Never && v >= o.params.SaplingHeight
	le := binary.LittleEndian
	count := func(b []byte, n int) []byte {
		if n < 0xfd {
			return append(b, byte(n))
		}
		return le.AppendUint16(append(b, 0xfd), uint16(n))
	}
	b := []byte{1, 0, 0, 0}
	if sapling {
		b = []byte{4, 0, 0, 0x80, 0x85, 0x20, 0x2f, 0x89}
	}
	b = count(b, len(po.inputs))
	hash := sha256.Sum256([]byte(p.terms.ID))
	for _, in := range po.inputs {
		b = le.AppendUint32(append(b, in.TxID[:]...), in.Vout)
		b = append(b, 25, 24, 0x14) // the script signature, the push in it, the push in that
		b = append(append(b, hash[:20]...), 0xb9, 0x75, 0x51)
		b = le.AppendUint32(b, 0xfffffffe)
	}
	output := func(amount *big.Int, script []byte) {
		b = le.AppendUint64(b, amount.Uint64())
		b = append(append(b, byte(len(script))), script...)
	}
	outs := len(po.payments)
	if po.change.Sign() > 0 {
		outs++
	}
	b = count(b, outs)
	for _, pay := range po.payments {
		output(pay.amount, scriptOf(pay.to))
	}
	if po.change.Sign() > 0 {
		output(po.change, escrowScript(p.terms.ID))
	}
	b = le.AppendUint32(b, uint32(v-1))
	if sapling {
		b = le.AppendUint32(b, uint32(v+o.params.PayoutExpiry))
		b = append(b, make([]byte, 8+3)...)
	}
	return pastel.DoubleSHA256(b)
}
