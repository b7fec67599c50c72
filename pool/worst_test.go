package pool

import (
	"bytes"
	"fmt"
	"maps"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Blocks that try to be as expensive as 2 MB can be. Each is an attack that a valid block can contain: the tests say what it must
// cause, and BenchmarkWorstBlock measures its cost.

// mostUndo is the maximum size of an undo record of one of these blocks, in bytes.
const mostUndo = 8 << 20

// attack is a block that tries to be expensive.
type attack struct {
	name  string
	block func() *sim                                // leaves the attack as the block being built
	want  map[EventType]int                          // how many events of each type it causes
	check func(t *testing.T, before *sim, u *Update) // checks the state after it, or nil
}

func attacks() []attack {
	var list []attack
	for _, some := range [][]attack{moveAttacks(), escrowAttacks(), ticketAttacks(), scheduleAttacks()} {
		list = append(list, some...)
	}
	return list
}

// TestWorstBlock: an attack's block does what the rules say, its small undo record takes it back byte for byte, and Changed names
// exactly the records that changed.
func TestWorstBlock(t *testing.T) {
	for _, x := range attacks() {
		t.Run(x.name, func(t *testing.T) {
			m := x.block()
			before, records := m.s.Encode(), mirror{}
			records.write(m.s.Records())
			u, err := m.s.Apply(m.block)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.s.Check(); err != nil {
				t.Fatal(err)
			}
			if got := countEvents(u); !maps.Equal(got, x.want) {
				t.Errorf("events are %v, want %v", got, x.want)
			}
			if x.check != nil {
				x.check(t, m, u)
			}
			checkChanged(t, m.s, records, u)
			stored := u.Undo.Encode()
			if len(stored) > mostUndo {
				t.Errorf("undo record takes %d bytes, want at most %d", len(stored), mostUndo)
			}
			undo, err := DecodeUndo(stored)
			if err != nil {
				t.Fatal(err)
			}
			if err := m.s.Revert(undo); err != nil {
				t.Fatal(err)
			}
			if !bytes.Equal(m.s.Encode(), before) {
				t.Error("the state after taking the block back differs from the one before it")
			}
		})
	}
}

func countEvents(u *Update) map[EventType]int {
	n := map[EventType]int{}
	for _, e := range u.Events {
		n[e.Type]++
	}
	return n
}

// checkChanged updates the records from before a block with those that Changed names, and loads the state from them. Nothing may be
// named as gone that was not there, and nothing but tip and pools that stayed as it was.
func checkChanged(t *testing.T, s *State, records mirror, u *Update) {
	t.Helper()
	changed, _ := s.Changed(nil, []*Undo{u.Undo})
	for _, r := range changed {
		was, there := records[mirrorKey(r)]
		if r.Value == nil && !there {
			t.Errorf("%s record %x is gone, but it was not stored", r.Kind, r.Key)
		}
		if there && r.Kind != RecordTip && r.Kind != RecordPool && bytes.Equal(r.Value, was.Value) {
			t.Errorf("%s record %x is named, but it did not change", r.Kind, r.Key)
		}
	}
	records.write(changed)
	records.mustEqual(t, s)
}

// BenchmarkWorstBlock applies each attack's block and takes it back. ns/op is Apply.
func BenchmarkWorstBlock(b *testing.B) {
	for _, x := range append(attacks(), limitAttacks()...) {
		b.Run(x.name, func(b *testing.B) { benchAttack(b, x.block()) })
	}
}

func benchAttack(b *testing.B, m *sim) {
	var revert, changed time.Duration
	var undo int
	b.ResetTimer()
	for range b.N {
		u, err := m.s.Apply(m.block)
		if err != nil {
			b.Fatal(err)
		}
		b.StopTimer()
		undo = len(u.Undo.Encode())
		start := time.Now()
		m.s.Changed(nil, []*Undo{u.Undo})
		changed += time.Since(start)
		start = time.Now()
		if err := m.s.Revert(u.Undo); err != nil {
			b.Fatal(err)
		}
		revert += time.Since(start)
		m.s.Changed([]*Undo{u.Undo}, nil)
		b.StartTimer()
	}
	b.ReportMetric(float64(revert.Nanoseconds())/float64(b.N), "revert-ns/op")
	b.ReportMetric(float64(changed.Nanoseconds())/float64(b.N), "changed-ns/op")
	b.ReportMetric(float64(undo), "undo-B")
}

const largePledge = 10 // PSL, that each member of a large pool pledges

// largeNetwork returns parameters whose collateral is 500 of the smallest pledges.
func largeNetwork() Params {
	params := simNetwork()
	params.Collateral = limitMembers * largePledge * pastel.PSL
	return params
}

// people puts registered PastelIDs into a state before its first block, each with a coin of 10 PSL; keyOf says who owns the coin.
func (m *sim) people(n int, keyOf func(k int) pastel.KeyHash) {
	for k := range n {
		m.s.people.Insert(benchID(k), newPerson())
		m.s.addCoin(benchCoin(k), coin{value: largePledge * pastel.PSL, owner: keyOf(k), origin: newOrigin(0, false)})
	}
}

// pledge posts a pledge of one of the people.
func (m *sim) pledge(id ticket.PoolID, who int, coins int64, out pastel.OutPoint, owner pastel.KeyHash) {
	m.part(id, who, coins, out, owner, simReward(who))
	m.block.carried[len(m.block.carried)-1].part.who = benchID(who)
}

// open opens pools that accept pledges for period blocks; person 0 operates each.
func (m *sim) open(pools int, period pastel.Height) []ticket.PoolID {
	const factor, fee = 10_000, 500
	for i := range pools {
		t := simTerms(fmt.Sprintf("pool%04d", i), &m.s.params, limitMembers*largePledge, factor, fee, period, 0, i)
		m.init(t)
	}
	m.mustMine()
	return m.s.Pools()
}

// largePools returns a chain of active pools of 500 members, who pledge 10 PSL each; keyOf says who owns member k's coin. No two
// members are the same person.
func largePools(pools int, keyOf func(k int) pastel.KeyHash) *sim {
	m := newSim(panicker{}, largeNetwork())
	m.people(pools*limitMembers, keyOf)
	m.fill(m.open(pools, largePeriod), keyOf)
	return m
}

const largePeriod = 5

// fill lets 500 people join each pool, activates it and mines two blocks.
func (m *sim) fill(ids []ticket.PoolID, keyOf func(k int) pastel.KeyHash) {
	for i, id := range ids {
		for k := i * limitMembers; k < (i+1)*limitMembers; k++ {
			m.pledge(id, k, largePledge, benchCoin(k), keyOf(k))
		}
		m.activate(id)
	}
	m.mustMine()
	for _, id := range ids {
		if p := m.s.pools[id]; p.head.status != Active || len(p.pledges) != limitMembers {
			panic(fmt.Sprintf("pool %s is %s with %d pledges", id, p.head.status, len(p.pledges)))
		}
	}
	m.mustMine()
}

// oneKey owns every coin.
func oneKey(int) pastel.KeyHash { return benchOwner(1 << 30) }

// mineUntil mines empty blocks until a pool has a status.
func (m *sim) mineUntil(id ticket.PoolID, want Status) {
	for range 1000 {
		if m.s.pools[id].head.status == want {
			return
		}
		m.mustMine()
	}
	panic(fmt.Sprintf("pool %s does not become %s", id, want))
}

func knownKey(seed byte) *pastelid.PrivateKey {
	key, err := pastelid.FromSeed(bytes.Repeat([]byte{seed}, 57))
	if err != nil {
		panic(err)
	}
	return key
}
