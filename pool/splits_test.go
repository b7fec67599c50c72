package pool

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// A keeper stores the blocks of a chain in steps, and after each step loads what it stored.
type keeper struct {
	*sim
	t        *testing.T
	store    mirror
	restarts bool // each step begins with a state that was loaded
	from     int  // blocks that are stored
}

// inSteps plays a story twice: with a state that stays in memory, and with one that is loaded before every step.
func inSteps(t *testing.T, params Params, play func(k *keeper)) {
	t.Helper()
	for _, restarts := range []bool{false, true} {
		k := &keeper{sim: newSim(t, params), t: t, store: mirror{}, restarts: restarts}
		k.store.write(k.s.Records())
		play(k)
	}
}

// keep stores one step: the last blocks are taken back, and others follow, filled by functions. It returns the step's records.
func (k *keeper) keep(back int, blocks ...func()) []Record {
	k.t.Helper()
	if k.restarts && k.from == len(k.undos) {
		s, err := k.store.load(k.s.params, false)
		if err != nil {
			k.t.Fatal(err)
		}
		k.s = s
	}
	var reverted []*Undo
	for range back {
		last := k.undos[len(k.undos)-1]
		if err := k.s.Revert(last); err != nil {
			k.t.Fatal(err)
		}
		k.undos, reverted = k.undos[:len(k.undos)-1], append(reverted, last)
	}
	k.from = min(k.from, len(k.undos))
	k.start()
	for _, fill := range blocks {
		fill()
		k.mine(k.t)
	}
	changed, _ := k.s.Changed(reverted, k.undos[k.from:])
	k.from = len(k.undos)
	k.store.write(changed)
	k.store.mustEqual(k.t, k.s)
	return changed
}

func nothing() {}

// ready stores a pool of two members.
func (k *keeper) ready(coins ...int64) ticket.PoolID {
	id := readyPool(k.t, k.sim, 10000, coins...)
	k.keep(0)
	return id
}

// pays returns what fills a block with income.
func (k *keeper) pays(id ticket.PoolID) func() { return func() { k.reward(id, 1000*pastel.PSL) } }

// toSettlement stores empty blocks up to the one before the pool's next settlement.
func (k *keeper) toSettlement(id ticket.PoolID) {
	for p := k.s.pools[id]; p.nextSettlement(k.s.tip.Height, &k.s.params) != k.block.Height; p = k.s.pools[id] {
		k.keep(0, nothing)
	}
}

// stored returns the accrued amount that a pledge's record holds, which its pool's splits may have overtaken.
func (k *keeper) stored(id ticket.PoolID, i int) pastel.Amount {
	key := pledgeKey(nil, inPool[uint64]{id, k.s.pools[id].pledges[i].seq})
	var x pledgeRecord
	x.code(&coder{b: k.store[mirrorKey(Record{Kind: RecordPledge, Key: key})].Value, reading: true})
	return x.accrued
}

func (k *keeper) accrued(id ticket.PoolID, i int) pastel.Amount {
	return k.s.pools[id].pledges[i].accrued
}

func kindsOf(list []Record) (written, gone []RecordKind) {
	for _, r := range list {
		if r.Value == nil {
			gone = append(gone, r.Kind)
		} else {
			written = append(written, r.Kind)
		}
	}
	return written, gone
}

// Neither income nor a settlement writes the record of a pledge, however many members a pool has.
func TestIncomeIsStoredOnceAPool(t *testing.T) {
	inSteps(t, simNetwork(), func(k *keeper) {
		id := k.ready(200, 200, 200, 200, 200)
		written, gone := kindsOf(k.keep(0, k.pays(id)))
		if want := []RecordKind{RecordTip, RecordPool, RecordEscrow, RecordSplits}; !slices.Equal(written, want) || len(gone) > 0 {
			t.Errorf("income writes the records %v and removes %v, want %v", written, gone, want)
		}
		if k.stored(id, 4) != 0 || k.accrued(id, 4) != 190*pastel.PSL {
			t.Errorf("a pledge's record says %s of %s PSL accrued, want 0 of 190", k.stored(id, 4), k.accrued(id, 4))
		}
		k.toSettlement(id)
		written, gone = kindsOf(k.keep(0, nothing))
		if want := []RecordKind{RecordTip, RecordPool, RecordPayout}; !slices.Equal(written, want) || !slices.Equal(gone, []RecordKind{RecordSplits}) {
			t.Errorf("a settlement writes the records %v and removes %v, want %v and the splits", written, gone, want)
		}
	})
}

// A settlement clears also what a record says that was written after the last split.
func TestSettlementAfterARecord(t *testing.T) {
	inSteps(t, simNetwork(), func(k *keeper) {
		id := k.ready(600, 400)
		k.keep(0, k.pays(id))
		k.keep(0, func() { k.raise(id, 2, 500, 150) })
		k.toSettlement(id)
		k.keep(0, nothing)
		if k.stored(id, 1) == 0 || k.accrued(id, 1) != 0 {
			t.Errorf("the record says %s PSL, the state %s; want the record's to be out of date", k.stored(id, 1), k.accrued(id, 1))
		}
		k.keep(0, k.pays(id))
	})
}

// A record that includes a split whose block is taken back does not include its reversal, and others include neither.
func TestReversalOfASplit(t *testing.T) {
	inSteps(t, simNetwork(), func(k *keeper) {
		id := k.ready(600, 400)
		k.keep(0, func() { k.raise(id, 2, 500, 150) }, k.pays(id)) // one step writes the record, after the split
		if k.stored(id, 0) != 0 || k.stored(id, 1) == 0 {
			t.Fatalf("the records say %s and %s PSL, want only the second to include the split", k.stored(id, 0), k.stored(id, 1))
		}
		written, _ := kindsOf(k.keep(1))
		if slices.Contains(written, RecordPledge) || k.accrued(id, 1) != 0 {
			t.Errorf("taking income back wrote the records %v and left %s PSL", written, k.accrued(id, 1))
		}
		k.keep(0, k.pays(id), k.pays(id))
		k.keep(1, k.pays(id), nothing, k.pays(id))
		k.keep(4, nothing)
		k.keep(2) // and the amendment
	})
}

// A settlement that is taken back gives pledges what they had accrued; one that comes again in the same step takes it again.
func TestReversalOfASettlement(t *testing.T) {
	inSteps(t, simNetwork(), func(k *keeper) {
		id := k.ready(600, 400)
		k.keep(0, k.pays(id), func() { k.raise(id, 2, 500, 150) })
		k.toSettlement(id)
		k.keep(0, nothing)
		written, _ := kindsOf(k.keep(1))
		if n := countKind(written, RecordPledge); n != 2 || k.accrued(id, 0) == 0 {
			t.Errorf("taking a settlement back wrote %d pledges and left %s PSL, want 2 and more", n, k.accrued(id, 0))
		}
		k.keep(0, nothing)
		if written, _ = kindsOf(k.keep(1, nothing)); slices.Contains(written, RecordPledge) {
			t.Errorf("a settlement that comes again in the same step wrote the records %v", written)
		}
		k.keep(1, k.pays(id), k.pays(id)) // income in the settlement's block, too
		k.keep(2, k.pays(id), nothing)
		k.keep(2, nothing, k.pays(id), nothing)
		k.keep(3)
	})
}

func countKind(list []RecordKind, kind RecordKind) (n int) {
	for _, x := range list {
		if x == kind {
			n++
		}
	}
	return n
}

// A pool that a reorganization opens again, under the same id, has nothing of the records of the one that is gone.
func TestPoolOpenedAgain(t *testing.T) {
	inSteps(t, simNetwork(), func(k *keeper) {
		k.keep(0, func() {
			for who := range simPeople {
				k.register(who)
			}
		})
		terms := simTerms("pool", &k.s.params, 1000, 10000, 500, 20, 0, 7)
		open := func() { k.init(terms) }
		joins := func(first int) func() {
			return func() {
				k.join(terms.ID, first, 600)
				k.join(terms.ID, first+1, 400)
				k.activate(terms.ID)
			}
		}
		pays := k.pays(terms.ID)
		k.keep(0, open, joins(1), pays, pays)
		k.keep(4, open, joins(3), pays) // another pool with this id, and fewer splits
		k.keep(3, open, joins(3))       // none
		k.keep(0, pays)
		k.keep(3, open)
		k.keep(0, joins(5), pays)
		if _, gone := kindsOf(k.keep(3)); !slices.Contains(gone, RecordSplits) {
			t.Errorf("%v are gone with the pool, want its splits among them", gone)
		}
		k.keep(0, open, joins(1), pays, pays)
		k.keep(4, append([]func(){open, joins(2), pays}, slices.Repeat([]func(){nothing}, int(k.s.params.SettlementInterval))...)...)
	})
}

// However long a pool is paid without a settlement, and whatever is taken back meanwhile, it lists a bounded number of splits, and
// seldom writes its pledges.
func TestSplitsAreBounded(t *testing.T) {
	params := simNetwork()
	params.SettlementInterval = 100_000
	inSteps(t, params, func(k *keeper) {
		id := k.ready(600, 400)
		const steps = 300
		pledges, most := 0, 0
		for i := range steps {
			blocks := slices.Repeat([]func(){k.pays(id)}, i%3+1)
			written, _ := kindsOf(k.keep(i%2, blocks...))
			pledges += countKind(written, RecordPledge)
			most = max(most, len(k.s.pools[id].splits.list))
		}
		numbers := int(k.s.pools[id].splits.next)
		if most >= mostSplits || most < mostSplits/2 {
			t.Errorf("the pool lists up to %d splits, want nearly %d", most, mostSplits)
		}
		if want := 2 * (numbers / mostSplits); pledges < want || pledges > want+2 {
			t.Errorf("%d splits and reversals wrote %d pledges, want %d", numbers, pledges, want)
		}
	})
}

// What only tries a block does not count its splits.
func TestTriedSplitsAreNotCounted(t *testing.T) {
	m := newSim(t, simNetwork())
	id := readyPool(t, m, 10000, 600, 400)
	m.reward(id, 1000*pastel.PSL)
	u := m.mine(t)
	m.s.Changed(nil, []*Undo{u.Undo})
	before := m.s.pools[id].splits
	if len(before.list) != 1 {
		t.Fatalf("the pool lists %d splits", len(before.list))
	}
	m.reward(id, 1000*pastel.PSL)
	m.tx([]pastel.OutPoint{m.s.pools[id].escrow.first[0].out})
	m.refused(t, "spends escrow")
	m.reward(id, 1000*pastel.PSL)
	if _, err := m.s.Simulate(&Prepared{Height: m.block.Height, Time: m.block.Time, Txs: m.block.Txs}); err != nil {
		t.Fatal(err)
	}
	if after := m.s.pools[id].splits; after.next != before.next || after.cleared != before.cleared || !slices.Equal(after.list, before.list) {
		t.Errorf("the pool's splits are %+v, want %+v", after, before)
	}
}

// replaced returns a record with another value.
func replaced(r Record, edit func(value []byte) []byte) Record {
	value := edit(slices.Clone(r.Value[:len(r.Value)-recordSumSize]))
	sum := recordSum(r.Kind, r.Key, value)
	return Record{r.Kind, r.Key, append(value, sum[:]...)}
}

// valueOf returns what a content writes.
func valueOf(write content) []byte {
	c := coder{}
	write(&c)
	return c.b
}

// The loader refuses splits that contradict themselves, the pool or its pledges, although the checksums are right.
func TestLoaderRefusesNonsense(t *testing.T) {
	k := &keeper{sim: newSim(t, simNetwork()), t: t, store: mirror{}}
	k.store.write(k.s.Records())
	id := k.ready(600, 400)
	k.keep(0, k.pays(id), k.pays(id))
	k.keep(0, func() { k.raise(id, 2, 500, 150) })
	k.toSettlement(id)
	k.keep(0, nothing)
	k.keep(0, k.pays(id), k.pays(id), k.pays(id))
	k.keep(0, func() { k.raise(id, 2, 600, 150) })
	p := k.s.pools[id]
	good := p.splits
	if good.next-good.cleared != 3 || len(good.list) != 3 {
		t.Fatalf("the splits are %+v", good)
	}
	of := func(kind RecordKind, last int) string {
		keys := slices.Sorted(maps.Keys(k.store))
		keys = slices.DeleteFunc(keys, func(key string) bool { return k.store[key].Kind != kind })
		return keys[len(keys)-1-last]
	}
	pool, first, second, splits := of(RecordPool, 0), of(RecordPledge, 1), of(RecordPledge, 0), of(RecordSplits, 0)
	splitsWith := func(edit func(list []split) []split) func(mirror) {
		return func(m mirror) {
			m[splits] = replaced(m[splits], func([]byte) []byte {
				l := splitLog{list: edit(slices.Clone(good.list))}
				return valueOf(l.codeList)
			})
		}
	}
	counters := func(next, cleared uint64) func(mirror) {
		return func(m mirror) {
			m[pool] = replaced(m[pool], func(value []byte) []byte {
				l := splitLog{next: next, cleared: cleared}
				return append(value[:len(value)-16], valueOf(l.codeCounters)...)
			})
		}
	}
	from := func(pledge string, number uint64) func(mirror) {
		return func(m mirror) {
			m[pledge] = replaced(m[pledge], func(value []byte) []byte {
				return append(value[:len(value)-8], valueOf(func(c *coder) { c.u64(&number) })...)
			})
		}
	}
	each := func(edit func(x *split)) func(mirror) {
		return splitsWith(func(list []split) []split { edit(&list[1]); return list })
	}
	for _, x := range []struct {
		name, says string
		edit       func(m mirror)
	}{
		{"a number after the last", "lists those from", from(first, good.next+1)},
		{"a record that includes more than it does", "escrow", from(second, good.first()+1)},
		{"a record older than the list", "lists those from", func(m mirror) {
			splitsWith(func(list []split) []split { return list[1:] })(m)
			from(first, good.cleared)(m)
		}},
		{"a record from before the clearing, and too short a list", "lists those from",
			splitsWith(func(list []split) []split { return list[1:] })},
		{"cleared beyond the last number", "cleared up to", counters(good.next, good.next+1)},
		{"cleared too late for the list", "3 splits are listed", counters(good.next, good.cleared+1)},
		{"a later last number", "lists those from", counters(good.next+1, good.cleared)},
		{"no split", "0 splits are listed", splitsWith(func([]split) []split { return nil })},
		{"too many splits", "64 splits are listed", func(m mirror) {
			counters(1000, 0)(m)
			splitsWith(func(list []split) []split { return slices.Repeat(list[:1], mostSplits) })(m)
		}},
		{"more coins than there are", "out of range", each(func(x *split) { x.all = maxPSL + 1 })},
		{"no shares", "out of range", each(func(x *split) { x.all = 0 })},
		{"fewer shares than one pledge has", "share in a split", each(func(x *split) { x.all = 599 })},
		{"more than all money", "out of range", each(func(x *split) { x.n = pastel.MaxMoney + 1 })},
		{"less than no money", "out of range", each(func(x *split) { x.n = -pastel.MaxMoney - 1 })},
		{"too much for one pledge", "accrued", splitsWith(func(list []split) []split {
			for i := range list {
				list[i].n, list[i].all = pastel.MaxMoney, 600
			}
			return list
		})},
		{"a reversal of nothing", "accrued -", splitsWith(func(list []split) []split { list[0].n = -list[0].n; return list })},
		{"another amount", "escrow", each(func(x *split) { x.n++; x.n *= 2 })},
		{"no list", "", func(m mirror) { delete(m, splits) }},
		{"splits of no pool", "does not fit", func(m mirror) {
			r := m[splits]
			delete(m, splits)
			r.Key = append([]byte("x"), r.Key...)
			m[splits] = replaced(r, func(value []byte) []byte { return value })
		}},
		{"two lists", "twice", func(m mirror) { m[splits+"2"] = m[splits] }},
	} {
		m := maps.Clone(k.store)
		x.edit(m)
		_, err := m.load(k.s.params, false)
		if err == nil || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: %v", x.name, err)
		}
	}
	// A reader of one pool does not know the number of records, but notices that pledges lack splits.
	var list []Record
	for _, key := range slices.Sorted(maps.Keys(k.store)) {
		r := k.store[key]
		if r.Kind == RecordTip || slices.Contains(RecordKindsOfPool(), r.Kind) && bytes.HasPrefix(r.Key, []byte(id)) {
			list = append(list, r)
		}
	}
	got, err := ReadPool(k.s.params, false, id, list)
	if err != nil || got.Pledges[0].Accrued != k.accrued(id, 0) || got.Pledges[0].Accrued == 0 {
		t.Errorf("the pool is read as %+v: %v", got, err)
	}
	if _, err := ReadPool(k.s.params, false, id, list[:len(list)-1]); err == nil || !strings.Contains(err.Error(), "lists those from") {
		t.Errorf("a pool without its splits: %v", err)
	}
}

// The formats are part of stored data: a database that this release wrote is read by every later one.
func TestRecordFormats(t *testing.T) {
	t.Parallel()
	id := ticket.PoolID("a.01")
	p := &poolState{splits: splitLog{next: 9, cleared: 4, list: []split{
		{n: 118_750_000, all: 5_000_000}, {n: -118_750_000, all: 5_000_000}, {n: 7, all: 300, held: true},
	}}}
	r := newRecord(&coder{}, RecordSplits, poolKey, id, p.splits.codeList)
	const want = "03000000" + // three splits: amount, sum of the shares, shared by what was held
		"30fb130700000000" + "404b4c0000000000" + "00" +
		"d004ecf8ffffffff" + "404b4c0000000000" + "00" +
		"0700000000000000" + "2c01000000000000" + "01"
	if got := hex.EncodeToString(r.Value[:len(r.Value)-recordSumSize]); got != want || string(r.Key) != string(id) {
		t.Errorf("splits %x are\n%s, want\n%s", r.Key, got, want)
	}
	if got, want := hex.EncodeToString(valueOf(p.splits.codeCounters)), "0900000000000000"+"0400000000000000"; got != want {
		t.Errorf("numbers are %s, want %s", got, want)
	}

	_, store := mirrored(t, "dense")
	all := sha256.New()
	for _, k := range slices.Sorted(maps.Keys(store)) {
		all.Write(store[k].Key)
		all.Write(store[k].Value)
	}
	if got, want := hex.EncodeToString(all.Sum(nil)), "43b6bfde7fa128ddb2da62b613469448b47882ca475cd1db55f2eae35b91fe50"; got != want {
		t.Errorf("the records of a recorded chain have the hash %s, want %s", got, want)
	}
}
