package pool

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/gowebpki/jcs"

	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// expected is an independent implementation's result for a recorded chain.
type expected struct {
	Height int
	Tip    string
	Digest string
	Events []json.RawMessage
	Pools  map[ticket.PoolID]struct {
		Status          string
		Carry, Operator pastel.Amount
		Claims          map[string]pastel.Amount
		Pledges         []struct {
			PastelID, Owner, Role string
			Coins, Offered, Held  int64
			Since                 *pastel.Height
			Accrued               pastel.Amount
			RewardScript          string `json:"reward_script"`
		}
	}
	Payouts []struct {
		TxID, Pool, Tx string
		ValidFrom      pastel.Height `json:"valid_from"`
	}
	Reputation map[string]int
	Registered []string
	Coins      int
}

func recorded(t testing.TB, name string) (blocks []*pastel.Block, want expected) {
	t.Helper()
	blocks = chaintest.Parsed(t, name)
	text, err := os.ReadFile(filepath.Join("..", "testdata", name, "expected.json"))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &want); err != nil {
		t.Fatal(err)
	}
	return blocks, want
}

// TestRecordedChains replays the chains and compares with another implementation's results: every event in order, pools, claims,
// pending payouts byte for byte, reputation, registrations, coins and the digest. Then it takes all blocks back.
func TestRecordedChains(t *testing.T) {
	for _, name := range []string{"life", "dense", "odd"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			blocks, want := recorded(t, name)
			params, err := ParamsByName("regtest")
			if err != nil {
				t.Fatal(err)
			}
			s, err := New(params, false)
			if err != nil {
				t.Fatal(err)
			}
			before := [][]byte{s.Encode()}
			var undos []*Undo
			var events []Event
			for h, b := range blocks {
				u, err := s.Apply(Prepare(&params, pastel.Height(h), b))
				if err != nil {
					t.Fatal(err)
				}
				events = append(events, u.Events...)
				undos = append(undos, u.Undo)
				if err := s.Check(); err != nil {
					t.Fatal(err)
				}
				before = append(before, s.Encode())
			}
			checkEvents(t, events, want.Events)
			checkState(t, s, &want)
			for i := len(undos) - 1; i >= 0; i-- {
				if err := s.Revert(undos[i]); err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(s.Encode(), before[i]) {
					t.Fatalf("state before block %d is not restored", i)
				}
			}
		})
	}
}

func checkEvents(t *testing.T, got []Event, want []json.RawMessage) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d events, want %d", len(got), len(want))
	}
	for i := range min(len(got), len(want)) {
		canonical, err := jcs.Transform(want[i])
		if err != nil {
			t.Fatal(err)
		}
		if text := got[i].appendJSON(nil); !bytes.Equal(text, canonical) {
			t.Fatalf("event %d\n     %s\nwant %s", i, text, canonical)
		}
	}
}

func checkState(t *testing.T, s *State, want *expected) {
	t.Helper()
	if tip := s.Tip(); int(tip.Height) != want.Height || tip.Hash.String() != want.Tip || hex.EncodeToString(tip.Digest[:]) != want.Digest {
		t.Errorf("tip %d %s digest %x, want %d %s %s", tip.Height, tip.Hash, tip.Digest, want.Height, want.Tip, want.Digest)
	}
	if len(s.Pools()) != len(want.Pools) {
		t.Errorf("%d pools, want %d", len(s.Pools()), len(want.Pools))
	}
	for id, w := range want.Pools {
		p, ok := s.Pool(id)
		if !ok || p.Status.String() != w.Status || p.Carry != w.Carry || p.Accrued != w.Operator ||
			len(p.Claims) != len(w.Claims) || len(p.Pledges) != len(w.Pledges) {
			t.Errorf("pool %s: %+v, want %+v", id, p, w)
			continue
		}
		for _, c := range p.Claims {
			if w.Claims[c.To.Script().String()] != c.Amount {
				t.Errorf("pool %s owes %s %d, want %d", id, c.To.Script(), c.Amount, w.Claims[c.To.Script().String()])
			}
		}
		for i, pl := range p.Pledges {
			x := w.Pledges[i]
			since := never
			if x.Since != nil {
				since = *x.Since
			}
			if pl.PastelID.String() != x.PastelID || hex.EncodeToString(pl.Owner[:]) != x.Owner || pl.Counted != x.Coins || pl.Offered != x.Offered ||
				pl.Held != x.Held || pl.Since != since || pl.Role.String() != x.Role || pl.Accrued != x.Accrued ||
				pl.Reward.Script().String() != x.RewardScript {
				t.Errorf("pool %s pledge %d: %+v, want %+v", id, i, pl, x)
			}
		}
	}
	payouts := s.Payouts()
	if len(payouts) != len(want.Payouts) {
		t.Errorf("%d payouts, want %d", len(payouts), len(want.Payouts))
	}
	for _, w := range want.Payouts {
		i := slices.IndexFunc(payouts, func(p Payout) bool { return p.Tx.ID().String() == w.TxID })
		if i < 0 || string(payouts[i].Pool) != w.Pool || payouts[i].ValidFrom != w.ValidFrom || hex.EncodeToString(payouts[i].Tx.Bytes()) != w.Tx {
			t.Errorf("payout %s is missing or differs", w.TxID)
		}
	}
	registered := map[string]bool{}
	lost := map[string]int{}
	for _, id := range s.Registered() {
		registered[id.String()] = true
		if points, tarnished, _ := s.Reputation(id); tarnished {
			lost[id.String()] = points
		}
	}
	for _, id := range want.Registered {
		if !registered[id] {
			t.Errorf("%s is not registered", id)
		}
	}
	if len(registered) != len(want.Registered) {
		t.Errorf("%d are registered, want %d", len(registered), len(want.Registered))
	}
	for id, points := range lost {
		if _, known := want.Reputation[id]; !known && points != fullReputation {
			t.Errorf("%s has a reputation of %d, want %d", id, points, fullReputation)
		}
	}
	for id, points := range want.Reputation {
		if got, fell := lost[id]; fell && got != points || !fell && points != fullReputation {
			t.Errorf("reputation of %s is %d, want %d", id, lost[id], points)
		}
	}
	if s.Coins() != want.Coins {
		t.Errorf("%d coins, want %d", s.Coins(), want.Coins)
	}
}
