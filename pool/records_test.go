package pool

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pastelnetwork/smartpool/pastel"
)

// mirror is a small store: records by kind and key.
type mirror map[string]Record

func mirrorKey(r Record) string { return fmt.Sprintf("%02d %x", r.Kind, r.Key) }

func (m mirror) write(list []Record) {
	for _, r := range list {
		k := mirrorKey(r)
		if r.Value == nil {
			delete(m, k)
		} else {
			m[k] = r
		}
	}
}

func (m mirror) load(params Params, shadow bool) (*State, error) {
	l, err := NewLoader(params, shadow)
	if err != nil {
		return nil, err
	}
	for _, k := range slices.Sorted(maps.Keys(m)) {
		if err := l.Add(m[k]); err != nil {
			return nil, err
		}
	}
	return l.Finish()
}

// sameRecord reports whether two records with one key say the same. What a pledge's record says depends on its pool's splits, so only
// the state that it loads to can be compared.
func sameRecord(a, b Record) bool { return a.Kind == RecordPledge || bytes.Equal(a.Value, b.Value) }

// mustEqual fails unless the mirror holds exactly the state.
func (m mirror) mustEqual(t interface {
	Helper()
	Fatal(...any)
	Fatalf(string, ...any)
}, s *State) {
	t.Helper()
	if len(m) != s.RecordCount() || len(m) != len(s.Records()) {
		t.Fatalf("the mirror has %d records, the state counts %d and lists %d", len(m), s.RecordCount(), len(s.Records()))
	}
	again, err := m.load(s.params, false)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(again.Encode(), s.Encode()) {
		t.Fatalf("the state loaded at block %d is another", s.tip.Height)
	}
}

func newRegtest(t *testing.T) *State {
	t.Helper()
	params, err := ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	s, err := New(params, false)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// The records of a random history, written and taken back in steps of many blocks, always hold the state, also for a state that was
// loaded from them. Nothing is named as gone that was not stored, but for some coins, claims and splits when blocks are
// taken back.
func TestRecordsMirrorRandomHistories(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		m := newWild(rapidDice(t), false)
		m.mine(t)
		store := mirror{}
		store.write(m.s.Records())
		for range rapid.IntRange(2, 8).Draw(t, "rounds") {
			back := rapid.IntRange(0, min(15, len(m.undos)-1)).Draw(t, "back")
			taken := slices.Clone(m.undos[len(m.undos)-back:])
			for range back {
				if err := m.s.Revert(m.undos[len(m.undos)-1]); err != nil {
					t.Fatal(err)
				}
				m.undos = m.undos[:len(m.undos)-1]
			}
			slices.Reverse(taken)
			m.start()
			from := len(m.undos)
			for range rapid.IntRange(0, 12).Draw(t, "blocks") {
				m.fill()
				m.mine(t)
			}
			changed, _ := m.s.Changed(taken, m.undos[from:])
			for _, r := range changed {
				exact := back == 0 || r.Kind != RecordCoin && r.Kind != RecordClaims && r.Kind != RecordSplits
				if _, stored := store[mirrorKey(r)]; exact && r.Value == nil && !stored {
					t.Fatalf("%s record %x is gone, but was not stored", r.Kind, r.Key)
				}
			}
			store.write(changed)
			store.mustEqual(t, m.s)
			if rapid.Bool().Draw(t, "restart") {
				s, err := store.load(m.s.params, false)
				if err != nil {
					t.Fatal(err)
				}
				m.s = s
				m.start()
			}
		}
	})
}

// mirrored applies a recorded chain block by block, and returns the state and its records.
func mirrored(t *testing.T, name string) (*State, mirror) {
	t.Helper()
	blocks, _ := recorded(t, name)
	s, store := newRegtest(t), mirror{}
	for h, b := range blocks {
		u, err := s.Apply(Prepare(&s.params, pastel.Height(h), b))
		if err != nil {
			t.Fatal(err)
		}
		changed, _ := s.Changed(nil, []*Undo{u.Undo})
		store.write(changed)
	}
	return s, store
}

func TestRecordsMirrorRecordedChains(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"life", "dense"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, store := mirrored(t, name)
			store.mustEqual(t, s)
		})
	}
}

// A damaged, missing, foreign or misplaced record is found when the state is loaded.
func TestLoaderRefusesDamage(t *testing.T) {
	t.Parallel()
	blocks, _ := recorded(t, "dense")
	s := newRegtest(t)
	all, kinds := mirror{}, map[RecordKind]bool{}
	for h, b := range blocks {
		u, err := s.Apply(Prepare(&s.params, pastel.Height(h), b))
		if err != nil {
			t.Fatal(err)
		}
		changed, _ := s.Changed(nil, []*Undo{u.Undo})
		all.write(changed)
		clear(kinds)
		for _, r := range all {
			kinds[r.Kind] = true
		}
		if len(kinds) == int(recordEnd)-1 {
			break // one of each
		}
	}
	if len(kinds) != int(recordEnd)-1 {
		t.Fatalf("only the kinds %v are in the state at once", kinds)
	}
	all.mustEqual(t, s)
	for k, r := range all {
		if r.Kind == RecordCoin && k[len(k)-1] != '0' || r.Kind == RecordPerson && k[5] > '3' {
			continue // some of these will do
		}
		m := maps.Clone(all)
		delete(m, k)
		mustNotLoad(t, m, s, k+" is missing")
		for _, at := range []int{0, len(r.Value) - 1} {
			m = maps.Clone(all)
			r.Value = slices.Clone(r.Value)
			r.Value[at] ^= 1
			m[k] = r
			mustNotLoad(t, m, s, k+" is damaged")
			r.Value[at] ^= 1
		}
		m = maps.Clone(all)
		r.Value = nil
		m[k] = r
		mustNotLoad(t, m, s, k+" is empty")
	}
	other := s.params
	other.Name = "testnet"
	if _, err := all.load(other, false); err == nil || !strings.Contains(err.Error(), "testnet") {
		t.Errorf("a state of another network: %v", err)
	}
}

func mustNotLoad(t *testing.T, m mirror, s *State, what string) {
	t.Helper()
	if _, err := m.load(s.params, false); err == nil {
		t.Errorf("loaded although %s", what)
	}
}

// Simulate predicts what each recorded transaction did in its block and leaves the state unchanged.
func TestTryAgreesWithBlocks(t *testing.T) {
	t.Parallel()
	blocks, _ := recorded(t, "dense")
	s := newRegtest(t)
	var tried, rejected, refused int
	for i, b := range blocks {
		h := pastel.Height(i)
		before := s.Encode()
		var alone []Event
		for j := 1; j < len(b.Txs); j++ {
			events, err := s.Simulate(PrepareTx(&s.params, h, b.Header.Time, &b.Txs[j]))
			if err != nil {
				refused++ // it needs an earlier transaction of the block
			}
			alone = append(alone, events...)
			tried++
		}
		if !bytes.Equal(s.Encode(), before) {
			t.Fatalf("trying the transactions of block %d changed the state", h)
		}
		u, err := s.Apply(Prepare(&s.params, h, b))
		if err != nil {
			t.Fatal(err)
		}
		if len(b.Txs) == 2 {
			var want []Event // without the coinbase's and the block's end
			for _, e := range u.Events {
				if slices.ContainsFunc(alone, func(a Event) bool {
					a.Forfeited, e.Forfeited = 0, 0 // the coinbase came before
					return bytes.Equal(a.appendJSON(nil), e.appendJSON(nil))
				}) {
					want = append(want, e)
				}
			}
			if len(want) < len(alone) {
				t.Fatalf("block %d: tried %v, got %v", h, alone, u.Events)
			}
		}
		for _, e := range alone {
			if e.Type == TicketRejected {
				rejected++
			}
		}
	}
	if tried < 100 || rejected < 20 || refused > tried/10 {
		t.Errorf("tried %d, rejected %d, refused %d", tried, rejected, refused)
	}
}

func TestTryRefusesEarlyPayouts(t *testing.T) {
	t.Parallel()
	blocks, _ := recorded(t, "life")
	s := newRegtest(t)
	for i, b := range blocks {
		h := pastel.Height(i)
		for _, po := range s.Payouts() {
			_, err := s.Simulate(PrepareTx(&s.params, h, b.Header.Time, po.Tx))
			due := slices.ContainsFunc(s.PayoutsAt(h), func(x Payout) bool { return x.Tx.ID() == po.Tx.ID() })
			if (err == nil) != due || due != (h >= po.ValidFrom && h <= po.ValidTo) {
				t.Fatalf("block %d: payout valid in %d..%d, due %t: %v", h, po.ValidFrom, po.ValidTo, due, err)
			}
		}
		if _, err := s.Apply(Prepare(&s.params, h, b)); err != nil {
			t.Fatal(err)
		}
	}
}

func TestRecordKindsAreNamed(t *testing.T) {
	t.Parallel()
	seen := map[string]RecordKind{}
	for k := RecordTip; k < recordEnd; k++ {
		if other, twice := seen[k.String()]; twice || k.String() == "" {
			t.Errorf("kind %d is called %q like %d", k, k, other)
		}
		seen[k.String()] = k
	}
	if got := cmp.Or(RecordKind(99).String(), "nothing"); got != "kind 99" {
		t.Errorf("kind 99 is called %q", got)
	}
}
