package pool

import (
	"encoding/binary"
	"fmt"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// The network's limit: the supply allows 2.1 million pledges of MinPledge, in 4,200 pools of 500. Every pledge here has a PastelID, an
// address, an output and a reward address of its own, which is the most expensive case.
const (
	limitPools   = 4200
	limitMembers = 500
	limitPledge  = 9_900 // PSL; a little below the real MinPledge, so that rewards still fit into the supply
)

// full is a state at the limit. Making it takes seconds, so it is made once, and every benchmark leaves it unchanged.
var full = sync.OnceValue(func() *sim { return populated(limitPools, limitMembers) })

// populated makes a state of active pools with this many members each.
func populated(pools, members int) *sim {
	params, err := ParamsByName("main")
	if err != nil {
		panic(err)
	}
	params.Forks.Pools = ForkAt(0)
	params.MinPledge = limitPledge * pastel.PSL
	params.Collateral = pastel.Amount(members) * limitPledge * pastel.PSL
	s, err := New(params, false)
	if err != nil {
		panic(err)
	}
	m := &sim{s: s, brief: true}
	m.start()
	m.registerMany(pools * members)
	for i := range pools {
		m.init(simTerms(fmt.Sprintf("pool%d", i), &params, int64(members)*limitPledge, 10000, 500, 1000, 0, i))
	}
	m.mustMine()
	for range params.PledgeConfirmations {
		m.mustMine()
	}
	for i, id := range m.s.Pools() {
		for k := range members {
			who := i*members + k
			m.part(id, who, limitPledge, benchCoin(who), benchOwner(who), simReward(who))
			m.block.carried[len(m.block.carried)-1].part.who = benchID(who)
		}
		if i%20 == 19 {
			m.late += 2 * statementLife // statements are forgotten: no two million are made in a day
			m.mustMine()
		}
	}
	for _, id := range m.s.Pools() {
		m.activate(id)
	}
	m.mustMine()
	if n := m.s.nextSeq; n != uint64(pools*members) {
		panic(fmt.Sprintf("only %d pledges were accepted", n))
	}
	for range 10 {
		m.mustMine() // to a height where no settlement is due
	}
	return m
}

func benchKey(k int) (b [20]byte) {
	binary.LittleEndian.PutUint64(b[4:], uint64(k))
	return b
}
func benchOwner(k int) pastel.KeyHash { return pastel.KeyHash(benchKey(k)) }

func benchID(k int) (id pastelid.PastelID) {
	if k < limitPools {
		return simID(k)
	}
	binary.LittleEndian.PutUint64(id[8:], uint64(k))
	return id
}

func benchCoin(k int) pastel.OutPoint {
	var out pastel.OutPoint
	binary.LittleEndian.PutUint64(out.TxID[:], uint64(k)*0x9e3779b97f4a7c15)
	out.TxID[31] = 1
	return out
}

// registerMany puts people and their coins into the state before its first block.
func (m *sim) registerMany(n int) {
	for k := range n {
		m.s.people.Insert(benchID(k), newPerson())
		m.s.addCoin(benchCoin(k), coin{value: limitPledge * pastel.PSL, owner: benchOwner(k), origin: newOrigin(0, false)})
	}
}

func (m *sim) mustMine() {
	u, err := m.s.Apply(m.block)
	if err != nil {
		panic(err)
	}
	if !m.brief {
		m.history = append(m.history, u)
	}
	m.start()
}

// applied fills a block with f, applies and reverts it n times and measures one of the two.
func benchBlock(b *testing.B, m *sim, revert bool) {
	block := m.block
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		if revert {
			b.StopTimer()
		}
		u, err := m.s.Apply(block)
		if err != nil {
			b.Fatal(err)
		}
		if revert {
			b.StartTimer()
		} else {
			b.StopTimer()
		}
		if err := m.s.Revert(u.Undo); err != nil {
			b.Fatal(err)
		}
		if !revert {
			b.StartTimer()
		}
	}
	b.StopTimer()
	m.start()
}

// ordinary fills the block with 2,000 payments of two inputs and two outputs, all of them pledgeable, none pledged; each
// spends what the one before made.
func (m *sim) ordinary() {
	const value = limitPledge * pastel.PSL
	last := m.tx(nil, pay(simOwner(1), value), pay(simOwner(2), value))
	for i := range 1999 {
		id := m.block.Txs[last].ID()
		last = m.tx([]pastel.OutPoint{{TxID: id}, {TxID: id, Vout: 1}}, pay(simOwner(i), value), pay(simOwner(i+1), value))
	}
}

func BenchmarkApplyOrdinary(b *testing.B) {
	m := full()
	m.ordinary()
	benchBlock(b, m, false)
}

func BenchmarkRevertOrdinary(b *testing.B) {
	m := full()
	m.ordinary()
	benchBlock(b, m, true)
}

// BenchmarkApplyEmpty measures the minimum cost of a block, with 4,200 pools watched.
func BenchmarkApplyEmpty(b *testing.B) { benchBlock(b, full(), false) }

// BenchmarkApplyIncome applies a coinbase that pays a pool of 500 members.
func BenchmarkApplyIncome(b *testing.B) {
	m := full()
	m.reward(m.s.Pools()[7], 1250*pastel.PSL)
	benchBlock(b, m, false)
}

// BenchmarkChangedIncome finds the records that a block changes whose coinbase pays 4,150 pools of 50, beside what the block takes to
// apply. ns/op is Changed.
func BenchmarkChangedIncome(b *testing.B) {
	m := populated(4150, 50)
	m.rewardAll()
	var apply time.Duration
	var records, size int
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		b.StopTimer()
		start := time.Now()
		u, err := m.s.Apply(m.block)
		if err != nil {
			b.Fatal(err)
		}
		apply += time.Since(start)
		b.StartTimer()
		list, _ := m.s.Changed(nil, []*Undo{u.Undo})
		b.StopTimer()
		records, size = len(list), 0
		for _, r := range list {
			size += len(r.Key) + len(r.Value)
		}
		if err := m.s.Revert(u.Undo); err != nil {
			b.Fatal(err)
		}
		m.s.Changed([]*Undo{u.Undo}, nil)
		b.StartTimer()
	}
	b.ReportMetric(float64(apply.Nanoseconds())/float64(b.N), "apply-ns/op")
	b.ReportMetric(float64(records), "records")
	b.ReportMetric(float64(size), "record-B")
}

// settling leaves a pool of 500 members, alone on its chain, one block before a settlement.
var settling = sync.OnceValue(newSettling)

func newSettling() *sim {
	params := simNetwork()
	m := newSim(panicker{}, params)
	m.registerMany(limitMembers)
	const each = limitPledge
	m.init(simTerms("pool", &params, limitMembers*each, 10000, 500, 1000, 0, 1))
	m.mustMine()
	m.mustMine()
	id := m.s.Pools()[0]
	for k := range limitMembers {
		m.part(id, k, each, benchCoin(k), benchOwner(k), simReward(k))
		m.block.carried[len(m.block.carried)-1].part.who = benchID(k)
	}
	m.activate(id)
	m.mustMine()
	for range params.SettlementInterval - 1 {
		m.reward(id, 1250*pastel.PSL)
		m.mustMine()
	}
	return m
}

type panicker struct{}

func (panicker) Fatal(args ...any)                 { panic(fmt.Sprint(args...)) }
func (panicker) Fatalf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }

// BenchmarkSettle applies a block that settles a pool of 500 members: 501 payments from 9 inputs.
func BenchmarkSettle(b *testing.B) { benchBlock(b, settling(), false) }

// BenchmarkHeap reports the live heap of a state at the limit, per pledge.
func BenchmarkHeap(b *testing.B) {
	var ms runtime.MemStats
	m := full()
	m.undos = nil
	for range b.N {
		runtime.GC()
		runtime.ReadMemStats(&ms)
	}
	b.ReportMetric(float64(ms.HeapAlloc)/float64(limitPools*limitMembers), "B/pledge")
	runtime.KeepAlive(m)
}
