package pool

import (
	"math/big"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/pastelnetwork/smartpool/pastel"
)

// The oracle restates sections 5 and 8 of the protocol in big integers, slowly and without a thought for speed.

func bigOf[T ~int64 | ~int](n T) *big.Int { return big.NewInt(int64(n)) }

// oracleSplit is the ordinary split: what the operator, each share and carry get.
func oracleSplit(gross, carry pastel.Amount, fee int64, coins []int64) (operator *big.Int, parts []*big.Int, rest *big.Int) {
	operator = new(big.Int).Mul(bigOf(gross), bigOf(fee))
	operator.Div(operator, bigOf(10000))
	net := new(big.Int).Sub(bigOf(gross), operator)
	net.Add(net, bigOf(carry))
	all := new(big.Int)
	for _, c := range coins {
		all.Add(all, bigOf(c))
	}
	rest = new(big.Int).Set(net)
	for _, c := range coins {
		part := new(big.Int).Mul(net, bigOf(c))
		part.Div(part, all)
		parts = append(parts, part)
		rest.Sub(rest, part)
	}
	return operator, parts, rest
}

// oraclePool makes an active pool with members outside of any state's chain of events.
func oraclePool(t *rapid.T, m *sim, members int) (*poolState, *block) {
	net := &m.s.net
	p := newPoolState(simTerms("oracle", net, 1000, 10000, rapid.Int64Range(300, 1500).Draw(t, "fee"), 10, 1, 2))
	p.head.status, p.head.activated = Active, 0
	p.head.carry = pastel.Amount(rapid.Int64Range(0, 1000).Draw(t, "carry"))
	for k := range members {
		p.pledges = append(p.pledges, &pledge{
			seq: uint64(k), pool: p, role: rapid.SampledFrom([]Role{Member, Member, Standby}).Draw(t, "role"),
			coins: rapid.Int64Range(10, 5_000_000_000).Draw(t, "coins"), reward: simReward(k % 5),
			since: pastel.Height(rapid.IntRange(0, 40).Draw(t, "since")),
		})
	}
	b := &block{s: m.s, h: pastel.Height(rapid.IntRange(1, 45).Draw(t, "height"))}
	return p, b
}

func TestSplitAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newSim(t, simNetwork())
		p, b := oraclePool(t, m, rapid.IntRange(0, 12).Draw(t, "members"))
		gross := pastel.Amount(rapid.Int64Range(1, int64(pastel.MaxMoney/2)).Draw(t, "gross"))
		forfeits := rapid.Bool().Draw(t, "forfeits")

		last := (b.h - 1) / m.s.net.SettlementInterval * m.s.net.SettlementInterval
		var earn, settled []*pledge
		for _, pl := range p.pledges {
			if pl.role == Member {
				earn = append(earn, pl)
				if pl.since <= last {
					settled = append(settled, pl)
				}
			}
		}
		if forfeits && len(settled) > 0 {
			earn = settled
		}
		var coins []int64
		for _, pl := range earn {
			coins = append(coins, pl.coins)
		}
		operator, parts, rest := oracleSplit(gross, p.head.carry, p.terms.Fee, coins)
		if len(earn) == 0 {
			operator, rest = bigOf(gross), bigOf(p.head.carry)
		}

		if forfeits {
			b.forfeit(p, gross)
		} else {
			b.receive(p, gross)
		}
		if bigOf(p.head.operator).Cmp(operator) != 0 || bigOf(p.head.carry).Cmp(rest) != 0 {
			t.Fatalf("operator %d carry %d, want %s and %s", p.head.operator, p.head.carry, operator, rest)
		}
		for _, pl := range p.pledges {
			want := new(big.Int)
			if i := slices.Index(earn, pl); i >= 0 {
				want = parts[i]
			}
			if bigOf(pl.accrued).Cmp(want) != 0 {
				t.Fatalf("pledge %d accrued %d, want %s", pl.seq, pl.accrued, want)
			}
		}
	})
}

// oracleOutput is an output as section 8 sees it.
type oracleOutput struct {
	value  *big.Int
	height pastel.Height
	tx     int32
	vout   uint32
}

// oraclePayout follows the steps of section 8 one by one. It returns the chosen outputs, the payments by claim index, the
// outputs after fees and the change; nil payments mean no payout.
func oraclePayout(net *pastel.Network, claims []claim, free []oracleOutput, least pastel.Amount) (
	inputs []oracleOutput, payments, outputs map[int]*big.Int, change *big.Int) {
	// 2. Due.
	var due []int
	sum := new(big.Int)
	for i, c := range claims {
		if c.amount >= least && len(due) < 600 {
			due = append(due, i)
			sum.Add(sum, bigOf(c.amount))
		}
	}
	// 3. Inputs.
	sorted := slices.Clone(free)
	for i := range sorted { // insertion sort, as a person would
		for j := i; j > 0 && oracleBefore(sorted[j], sorted[j-1]); j-- {
			sorted[j], sorted[j-1] = sorted[j-1], sorted[j]
		}
	}
	have := new(big.Int)
	for _, o := range sorted {
		if have.Cmp(sum) >= 0 || len(inputs) == 1000 {
			break
		}
		inputs = append(inputs, o)
		have.Add(have, o.value)
	}
	payments = map[int]*big.Int{}
	left := new(big.Int).Set(have)
	for _, i := range due {
		amount := bigOf(claims[i].amount)
		partial := amount.Cmp(left) > 0
		if partial {
			amount.Set(left)
		}
		if amount.Cmp(bigOf(net.Dust)) >= 0 {
			payments[i] = amount
			left.Sub(left, amount)
		}
		if partial {
			break
		}
	}
	if len(payments) == 0 {
		return nil, nil, nil, nil
	}
	largest := func() int {
		best := -1
		for _, i := range due {
			if payments[i] != nil && (best < 0 || payments[i].Cmp(payments[best]) > 0) {
				best = i
			}
		}
		return best
	}
	// 4. Change.
	change = left
	if change.Sign() > 0 && change.Cmp(bigOf(net.Dust)) < 0 {
		lack := new(big.Int).Sub(bigOf(net.Dust), change)
		payments[largest()].Sub(payments[largest()], lack)
		change = bigOf(net.Dust)
	}
	// 5. Fee.
	outputs = map[int]*big.Int{}
	for i, pay := range payments {
		if pay.Cmp(bigOf(net.Dust)) < 0 {
			return nil, nil, nil, nil
		}
		outputs[i] = new(big.Int).Sub(pay, bigOf(net.FeeUnit))
	}
	outputs[largest()].Sub(outputs[largest()], bigOf(int64(net.FeeUnit)*int64(len(inputs))))
	if outputs[largest()].Cmp(bigOf(net.Dust)) < 0 {
		return nil, nil, nil, nil
	}
	return inputs, payments, outputs, change
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
	return a.vout < b.vout
}

func TestPayoutAgainstOracle(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newSim(t, simNetwork())
		net := &m.s.net
		p, _ := oraclePool(t, m, 0)
		amounts := rapid.OneOf(rapid.Int64Range(1, 250), rapid.Int64Range(90, 110), rapid.Int64Range(99_900, 5_000_000))
		for k := range rapid.OneOf(rapid.IntRange(0, 8), rapid.IntRange(595, 610)).Draw(t, "claims") {
			p.claims = append(p.claims, claim{simReward(k), pastel.Amount(amounts.Draw(t, "claim"))})
		}
		var free []oracleOutput
		for i := range rapid.OneOf(rapid.IntRange(0, 12), rapid.IntRange(990, 1010)).Draw(t, "escrow") {
			e := &escrowOutput{
				out:  pastel.OutPoint{TxID: pastel.TxID{byte(i), byte(i >> 8)}, Vout: uint32(rapid.IntRange(0, 3).Draw(t, "vout"))},
				pool: p, value: pastel.Amount(amounts.Draw(t, "value")),
				height: pastel.Height(rapid.IntRange(0, 3).Draw(t, "at")), tx: int32(i),
			}
			if rapid.IntRange(0, 5).Draw(t, "reserved") == 0 {
				e.payout = &payout{}
			} else {
				free = append(free, oracleOutput{bigOf(e.value), e.height, e.tx, e.out.Vout})
			}
			m.s.addEscrow(e)
		}
		least := rapid.SampledFrom([]pastel.Amount{net.MinPayout, net.Dust}).Draw(t, "least")
		inputs, payments, outputs, change := oraclePayout(net, p.claims, free, least)

		po := m.s.nextPayout(p, least)
		if po == nil || payments == nil {
			if (po == nil) != (payments == nil) {
				t.Fatalf("payout %v, oracle pays %d", po, len(payments))
			}
			return
		}
		if len(po.inputs) != len(inputs) || bigOf(po.change).Cmp(change) != 0 || len(po.payments) != len(payments) {
			t.Fatalf("%d inputs, %d payments, change %d; want %d, %d, %s",
				len(po.inputs), len(po.payments), po.change, len(inputs), len(payments), change)
		}
		for i, e := range po.inputs {
			if e.height != inputs[i].height || e.tx != inputs[i].tx || bigOf(e.value).Cmp(inputs[i].value) != 0 {
				t.Fatalf("input %d is %s", i, e.out)
			}
		}
		next := 0
		outs := outputsOf(net, po.payments, len(po.inputs))
		for i, c := range p.claims {
			if payments[i] == nil {
				continue
			}
			if po.payments[next].To != c.to || bigOf(po.payments[next].Amount).Cmp(payments[i]) != 0 ||
				bigOf(outs[next].Amount).Cmp(outputs[i]) != 0 {
				t.Fatalf("payment %d is %+v (output %d), want %s and %s", next, po.payments[next], outs[next].Amount, payments[i], outputs[i])
			}
			next++
		}
	})
}
