package pool

import (
	"math/big"
	"testing"

	"pgregory.net/rapid"

	"github.com/pastelnetwork/smartpool/pastel"
)

// The properties here compare amounts that no history reaches, up to the supply, with the oracle's big integers.

// propertyPool makes an active pool with pledges outside of any chain of events, and the oracle's picture of it.
func propertyPool(t *rapid.T, m *sim, members int) (*block, *poolState, *oraclePool) {
	params := &m.s.params
	p := newPoolState(simTerms("oracle", params, 1000, 10000, rapid.Int64Range(300, 1500).Draw(t, "fee"), 10, 1, 2))
	p.head.status, p.head.activated = Active, 0
	p.head.carry = pastel.Amount(rapid.Int64Range(0, 1000).Draw(t, "carry"))
	b := &block{s: m.s, h: pastel.Height(rapid.IntRange(1, 45).Draw(t, "height"))}
	o := &oraclePool{terms: p.terms, status: "active", carry: bigOf(p.head.carry), operator: new(big.Int)}
	m.s.people.Insert(simID(0), newPerson())
	for k := range members {
		offered := rapid.Int64Range(10, 5_000_000_000).Draw(t, "offered")
		counted := rapid.SampledFrom([]int64{0, offered, offered, offered / 2}).Draw(t, "counted")
		held := rapid.SampledFrom([]int64{0, counted, counted / 3}).Draw(t, "held")
		since := pastel.Height(-1)
		if counted > 0 {
			since = pastel.Height(rapid.IntRange(0, int(b.h)).Draw(t, "since"))
		}
		p.pledges = append(p.pledges, &pledge{
			seq: uint64(k), pool: p, who: m.s.people.Find(simID(0)), offered: offered, counted: counted, held: held, since: since, reward: simReward(k % 5),
		})
		o.pledges = append(o.pledges, &oraclePledge{
			seq: uint64(k), who: simID(0), offered: offered, counted: counted, held: held, since: since, reward: simReward(k % 5), accrued: new(big.Int),
		})
	}
	return b, p, o
}

func TestSplitAgainstOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newSim(t, simNetwork())
		b, p, o := propertyPool(t, m, rapid.IntRange(0, 12).Draw(t, "members"))
		model := newOracle(m.s.params, false)
		model.height = b.h
		gross := rapid.Int64Range(1, int64(pastel.MaxMoney/2)).Draw(t, "gross")
		o.income, o.forfeits = new(big.Int), new(big.Int)
		switch rapid.IntRange(0, 2).Draw(t, "what") {
		case 0:
			b.income(p, &touch{income: pastel.Amount(gross)})
			o.income = bigOf(gross)
			model.receive(o)
		case 1:
			b.forfeit(p, &touch{forfeits: pastel.Amount(gross)})
			o.forfeits = bigOf(gross)
			model.forfeit(o)
		default:
			ended := rapid.SampledFrom([]Status{Dissolved, Expired}).Draw(t, "ended")
			p.head.status, o.status = ended, ended.String()
			for _, pl := range p.pledges {
				if ended == Dissolved && pl.counted > 0 {
					p.last = append(p.last, share{pl.counted, pl.reward})
					o.last = append(o.last, oracleShare{pl.counted, pl.reward})
				}
			}
			b.income(p, &touch{income: pastel.Amount(gross)})
			o.income = bigOf(gross)
			model.receive(o)
		}
		if bigOf(p.head.operator).Cmp(o.operator) != 0 || bigOf(p.head.carry).Cmp(o.carry) != 0 {
			t.Fatalf("operator %d carry %d, want %s and %s", p.head.operator, p.head.carry, o.operator, o.carry)
		}
		for i, pl := range p.pledges {
			if bigOf(pl.accrued).Cmp(o.pledges[i].accrued) != 0 {
				t.Fatalf("pledge %d accrued %d, want %s", i, pl.accrued, o.pledges[i].accrued)
			}
		}
		mustOwe(t, p.claims, o.claims)
	})
}

func mustOwe(t *rapid.T, got []claim, want []oracleClaim) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d claims, want %d", len(got), len(want))
	}
	for i, c := range got {
		if c.to != want[i].to || bigOf(c.amount).Cmp(want[i].amount) != 0 {
			t.Fatalf("claim %d is %+v, want %+v", i, c, want[i])
		}
	}
}

func TestPayoutAgainstOracle(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newSim(t, simNetwork())
		params := &m.s.params
		_, p, _ := propertyPool(t, m, 0)
		var claims []oracleClaim
		amounts := rapid.OneOf(rapid.Int64Range(1, 250), rapid.Int64Range(90, 110), rapid.Int64Range(99_900, 5_000_000))
		for k := range rapid.OneOf(rapid.IntRange(0, 8), rapid.IntRange(595, 610)).Draw(t, "claims") {
			amount := amounts.Draw(t, "claim")
			p.claims = append(p.claims, claim{simReward(k), pastel.Amount(amount)})
			claims = append(claims, oracleClaim{simReward(k), bigOf(amount)})
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
				free = append(free, oracleOutput{e.out, bigOf(e.value), e.height, i})
			}
			m.s.addEscrow(e)
		}
		least := rapid.SampledFrom([]pastel.Amount{params.MinPayout, params.Dust}).Draw(t, "least")
		want, pays := oraclePay(params, claims, free, least)
		po := m.s.nextPayout(p, least)
		if (po != nil) != pays {
			t.Fatalf("payout %v, the oracle pays %d", po, len(want.payments))
		}
		if !pays {
			return
		}
		if len(po.inputs) != len(want.inputs) || bigOf(po.change).Cmp(want.change) != 0 {
			t.Fatalf("%d inputs, change %d; want %d, %s", len(po.inputs), po.change, len(want.inputs), want.change)
		}
		for i, e := range po.inputs {
			if e.out != want.inputs[i] {
				t.Fatalf("input %d is %s, want %s", i, e.out, want.inputs[i])
			}
		}
		var payments []claim
		for _, pay := range po.payments {
			payments = append(payments, claim{pay.To, pay.Amount})
		}
		mustOwe(t, payments, want.payments)
	})
}
