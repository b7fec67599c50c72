package pool

import (
	"bytes"
	"maps"
	"slices"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// seeds returns states, undo records and stored records of a short chain that contains everything. They are small, for the fuzzer's sake.
func seeds(f *testing.F) (params Params, states, undos [][]byte, stored []mirror) {
	f.Helper()
	params = simNetwork()
	m := newSim(f, params)
	store, from := mirror{}, 0
	keep := func() {
		u := m.mine(f)
		changed, _ := m.s.Changed(nil, m.undos[from:])
		from = len(m.undos)
		store.write(changed)
		states, undos, stored = append(states, m.s.Encode()), append(undos, u.Undo.Encode()), append(stored, maps.Clone(store))
	}
	m.register(1)
	m.register(2)
	terms := simTerms("pool", &params, 1000, 10000, 500, 5, 1, 2)
	m.init(terms)
	m.init(simTerms("other", &params, 1000, 10000, 500, 5, 1, 1))
	keep()
	id := terms.ID
	first := m.join(id, 1, 600)
	m.join(id, 2, 400)
	keep()
	m.activate(id)
	m.join(id, 1, 200)
	m.reward(id, 1000*pastel.PSL)
	keep()
	m.reward(id, 77*pastel.PSL)
	m.raise(id, 2, 500, 150)
	m.tx([]pastel.OutPoint{first})
	keep()
	for range 20 {
		m.mine(f)
	}
	keep()
	m.block.Txs = append(m.block.Txs, *m.s.Payouts()[0].Tx)
	m.reward(id, 5*pastel.PSL)
	keep()
	return params, states, undos, stored
}

// FuzzDecode: what decodes is a state that encodes back to the same bytes.
func FuzzDecode(f *testing.F) {
	params, states, _, _ := seeds(f)
	for _, b := range states {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Decode(params, false, b)
		if err == nil && !bytes.Equal(s.Encode(), b) {
			t.Fatal("encodes to other bytes")
		}
	})
}

// FuzzDecodeUndo: what decodes encodes back. The test corrects the checksum first, or nothing would pass it.
func FuzzDecodeUndo(f *testing.F) {
	params, states, undos, _ := seeds(f)
	for _, b := range undos {
		f.Add(b[:len(b)-32])
	}
	state := states[3]
	f.Fuzz(func(t *testing.T, b []byte) {
		u, err := DecodeUndo(withChecksum(b))
		if err != nil {
			return
		}
		if !bytes.Equal(u.Encode(), withChecksum(b)) {
			t.Fatal("encodes to other bytes")
		}
		// A forged record must not cause a panic, whatever it does to the state.
		s, err := Decode(params, false, state)
		if err != nil {
			t.Fatal(err)
		}
		u.block, u.before.Height = s.tip.Hash, s.tip.Height-1
		if err := s.Revert(u); err != nil && s.failed == nil {
			t.Fatalf("%v, but the state goes on", err)
		}
	})
}

// FuzzRecords: a record that a state loads with is a record of that state, and the state's own records load to it again. The test
// corrects the checksum first.
func FuzzRecords(f *testing.F) {
	params, _, _, stored := seeds(f)
	var records []Record
	for _, k := range slices.Sorted(maps.Keys(stored[3])) {
		records = append(records, stored[3][k])
	}
	if records[len(records)-1].Kind != RecordSplits {
		f.Fatal("no pool lists a split")
	}
	for i, r := range records {
		f.Add(i, r.Value[:len(r.Value)-recordSumSize])
	}
	f.Fuzz(func(t *testing.T, i int, value []byte) {
		if i < 0 || i >= len(records) {
			return
		}
		changed := records[i]
		sum := recordSum(changed.Kind, changed.Key, value)
		changed.Value = append(slices.Clone(value), sum[:]...)
		m := mirror{}
		m.write(records)
		m.write([]Record{changed})
		s, err := m.load(params, false)
		if err != nil {
			return
		}
		again := mirror{}
		again.write(s.Records())
		if !maps.EqualFunc(m, again, sameRecord) {
			t.Fatalf("%s record %x loads, and is another then", changed.Kind, changed.Key)
		}
		same, err := again.load(params, false)
		if err != nil || !bytes.Equal(same.Encode(), s.Encode()) {
			t.Fatalf("with %s record %x, a state loads whose records are of another: %v", changed.Kind, changed.Key, err)
		}
	})
}

// FuzzSplits: a list of splits that decodes encodes back to the same bytes, and a pledge can accrue in it or has an error.
func FuzzSplits(f *testing.F) {
	l := splitLog{next: mostSplits, list: []split{{n: 118_750_000, all: 5_000_000}, {n: -118_750_000, all: 5_000_000}, {n: 7, all: 300, held: true}}}
	f.Add(valueOf(l.codeList), int64(300), int64(200))
	f.Fuzz(func(t *testing.T, b []byte, counted, held int64) {
		l := splitLog{next: mostSplits}
		c := &coder{b: b, reading: true}
		l.codeList(c)
		if c.finish() != nil {
			return
		}
		if !bytes.Equal(valueOf(l.codeList), b) {
			t.Fatal("encodes to other bytes")
		}
		pl := &pledge{counted: min(max(counted, 0), maxPSL)}
		pl.held = min(max(held, 0), pl.counted)
		if err := l.catchUp(pl, l.first()); err == nil && (pl.accrued < 0 || pl.accrued > pastel.MaxMoney) {
			t.Fatalf("it accrued %d patoshi", pl.accrued)
		}
	})
}

// FuzzParseEvent: what parses as an event encodes back to the same bytes and has words.
func FuzzParseEvent(f *testing.F) {
	for _, kind := range EventTypes() {
		e := filled(kind)
		f.Add(e.appendJSON(nil))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		e, err := ParseEvent(text)
		if err != nil {
			return
		}
		if again, err := e.MarshalJSON(); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%q is written back as %q, %v", text, again, err)
		}
		if e.Type.Row().words == nil || e.Words(Payees{}) == "" {
			t.Fatalf("%q has no words", text)
		}
	})
}
