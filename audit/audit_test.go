package audit_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/audit"
	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

func newState(t testing.TB) *pool.State {
	t.Helper()
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	state, err := pool.New(net, false)
	if err != nil {
		t.Fatal(err)
	}
	return state
}

// recorded is a node with the recorded life of a pool.
type recorded struct {
	raw    [][]byte
	blocks []*pastel.Block
	hashes []pastel.BlockHash // what it says that its blocks are
}

func newRecorded(t testing.TB) *recorded {
	t.Helper()
	n := &recorded{raw: chaintest.Blocks(t, "life"), blocks: chaintest.Parsed(t, "life")}
	for _, b := range n.blocks {
		n.hashes = append(n.hashes, b.Hash())
	}
	return n
}

func (n *recorded) Tip(context.Context) (pastel.Height, pastel.BlockHash, error) {
	last := len(n.hashes) - 1
	return pastel.Height(last), n.hashes[last], nil
}

func (n *recorded) HashAt(_ context.Context, h pastel.Height) (pastel.BlockHash, error) {
	if int(h) >= len(n.hashes) {
		return pastel.BlockHash{}, chain.ErrNotFound
	}
	return n.hashes[h], nil
}

func (n *recorded) Block(_ context.Context, hash pastel.BlockHash) ([]byte, error) {
	return n.raw[slices.Index(n.hashes, hash)], nil
}

// TestSourcesAgree: a node and a file of the same blocks make the same state, and every watcher sees every block.
func TestSourcesAgree(t *testing.T) {
	t.Parallel()
	node := newRecorded(t)
	last := pastel.Height(len(node.raw) - 1)
	var digests []pool.Digest
	for _, blocks := range []audit.Blocks{audit.FromNode(context.Background(), node, last), audit.FromHex(lifeUntil(int(last)))} {
		state, seen := newState(t), [2]int{}
		if err := audit.Recompute(state, blocks, func(*pool.Update) { seen[0]++ }, func(*pool.Update) { seen[1]++ }); err != nil {
			t.Fatal(err)
		}
		if tip := state.Tip(); tip.Height != last || seen != [2]int{len(node.raw), len(node.raw)} {
			t.Errorf("the state ends at block %d, the watchers saw %v, want %d", tip.Height, seen, last)
		}
		digests = append(digests, state.Tip().Digest)
	}
	if digests[0] != digests[1] {
		t.Errorf("digests %x and %x differ", digests[0], digests[1])
	}
}

// TestNodeIsNotTrusted: a node that gives other blocks than it names, or blocks of two chains, is found out at that block.
func TestNodeIsNotTrusted(t *testing.T) {
	t.Parallel()
	const at = 150
	var read *audit.ReadError
	var order *pool.OrderError
	for name, tt := range map[string]struct {
		spoil func(n *recorded)
		want  any
	}{
		"another block": {func(n *recorded) { n.raw[at] = n.raw[at-1] }, &read},
		"a cut block":   {func(n *recorded) { n.raw[at] = n.raw[at][:len(n.raw[at])-1] }, &read},
		"no block":      {func(n *recorded) { n.raw, n.hashes = n.raw[:at], n.hashes[:at] }, &read},
		"a gap":         {func(n *recorded) { n.raw, n.hashes = slices.Delete(n.raw, at, at+1), slices.Delete(n.hashes, at, at+1) }, &order},
	} {
		node, state := newRecorded(t), newState(t)
		tt.spoil(node)
		err := audit.Recompute(state, audit.FromNode(context.Background(), node, at+10))
		if !errors.As(err, tt.want) || state.Tip().Height != at-1 {
			t.Errorf("%s: %v at block %d", name, err, state.Tip().Height)
		}
	}
}

// TestLongLine: a line without end is not read to its end.
func TestLongLine(t *testing.T) {
	t.Parallel()
	err := audit.Recompute(newState(t), audit.FromHex(strings.NewReader(strings.Repeat("0", 16_000_001))))
	if err == nil || !strings.Contains(err.Error(), "line 1 is longer than 16000000 characters") {
		t.Error(err)
	}
}

// recountLife recomputes the recorded life of a pool up to a block, and returns what a daemon has to say about the pool.
func recountLife(t testing.TB, until int) (*audit.Recount, *wire.PoolDetail) {
	t.Helper()
	state := newState(t)
	recount := audit.NewRecount(state)
	if err := audit.Recompute(state, audit.FromHex(lifeUntil(until)), recount.Watch); err != nil {
		t.Fatal(err)
	}
	right, found := recount.Pool(state.Pools()[0])
	if !found {
		t.Fatal("there is no pool")
	}
	tip := state.Tip()
	right.Tip = wire.Tip{Height: tip.Height, Hash: tip.Hash.String(), Digest: fmt.Sprintf("%x", tip.Digest)}
	return recount, right
}

// TestCompare has one thing changed a case; what a daemon leaves out or adds is found as well.
func TestCompare(t *testing.T) {
	t.Parallel()
	const until = 200
	for figure, change := range map[string]func(p *wire.PoolDetail){
		"":                     func(*wire.PoolDetail) {},
		"company":              func(p *wire.PoolDetail) { p.Company += "." },
		"fee":                  func(p *wire.PoolDetail) { p.Fee = "3" },
		"status":               func(p *wire.PoolDetail) { p.Status = "closed" },
		"opened":               func(p *wire.PoolDetail) { p.Opened.Height++ },
		"ended":                func(p *wire.PoolDetail) { p.Ended = &p.Opened },
		"income":               func(p *wire.PoolDetail) { p.Income++ },
		"paid":                 func(p *wire.PoolDetail) { p.Paid-- },
		"carry":                func(p *wire.PoolDetail) { p.Carry++ },
		"pledges":              func(p *wire.PoolDetail) { p.Participants[1].Accrued++ },
		"pledges, one missing": func(p *wire.PoolDetail) { p.Participants = p.Participants[:1] },
		"claims":               func(p *wire.PoolDetail) { p.Claims = append(p.Claims, wire.Claim{}) },
		"ledger digest":        func(p *wire.PoolDetail) { p.Tip.Digest = strings.Repeat("0", 64) },
	} {
		recount, said := recountLife(t, until)
		change(said)
		found, err := recount.Compare(said)
		if err != nil {
			t.Fatalf("%s: %v", figure, err)
		}
		var names []string
		for _, d := range found.Differences {
			names = append(names, d.Figure)
		}
		want, _, counts := strings.Cut(figure, ",")
		if strings.Join(names, " ") != want || counts && !found.Differences[0].Counts {
			t.Errorf("%q: differences %v", figure, found.Differences)
		}
	}
	recount, said := recountLife(t, until)
	said.Tip.Height--
	if _, err := recount.Compare(said); !errors.Is(err, audit.ErrOtherBlock) {
		t.Errorf("another height: %v", err)
	}
	recount, said = recountLife(t, until)
	said.ID = "none." + said.ID
	if _, err := recount.Compare(said); !errors.Is(err, audit.ErrNoPool) {
		t.Errorf("another pool: %v", err)
	}
}

// FuzzCompare has a daemon answer whatever it wants.
func FuzzCompare(f *testing.F) {
	recount, said := recountLife(f, 160)
	seed, err := json.Marshal(said)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(seed)
	f.Add([]byte(`{"pledges":[{"pool":"a"}],"pending":[{"outputs":-1}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var p wire.PoolDetail
		if json.Unmarshal(body, &p) != nil {
			return
		}
		p.ID, p.Tip = said.ID, said.Tip
		found, err := recount.Compare(&p)
		if err != nil || len(found.Compared) == 0 {
			t.Fatal(err, found)
		}
	})
}

// TestPayoutTrace follows every payout of the recorded life to what its events say.
func TestPayoutTrace(t *testing.T) {
	t.Parallel()
	state := newState(t)
	history := audit.NewHistory(state)
	last := len(chaintest.Blocks(t, "life")) - 1
	if err := audit.Recompute(state, audit.FromHex(lifeUntil(last)), history.Watch); err != nil {
		t.Fatal(err)
	}
	states := map[string]int{}
	for _, life := range history.Lives() {
		for _, po := range life.Payouts {
			trace := audit.TracePayout(po.Tx.ID())
			if err := audit.Recompute(newState(t), audit.FromHex(lifeUntil(last)), trace.Watch); err != nil {
				t.Fatal(err)
			}
			got, found := trace.Payout()
			switch e := po.Outcome; {
			case !found || got.Settled != po.Settled:
				t.Errorf("payout %s is not found", po.Tx.ID())
			case e == nil:
				states["pending"]++
				if got.Paid >= 0 || got.Cancelled >= 0 {
					t.Errorf("payout %s is pending, not %s", po.Tx.ID(), got.Outcome())
				}
			case e.Type == pool.PayoutPaid:
				states["paid"]++
				if got.Paid != e.Height || got.Cancelled >= 0 {
					t.Errorf("payout %s was paid in block %d, not %s", po.Tx.ID(), e.Height, got.Outcome())
				}
			default:
				states["cancelled"]++
				if got.Cancelled != e.Height || got.Paid >= 0 {
					t.Errorf("payout %s was cancelled in block %d, not %s", po.Tx.ID(), e.Height, got.Outcome())
				}
			}
		}
	}
	if states["paid"] == 0 {
		t.Errorf("the life has too few payouts: %v", states)
	}
	if _, found := audit.TracePayout(pastel.TxID{1}).Payout(); found {
		t.Error("a payout of no block is found")
	}
}

// TestFirstDifference finds the block from which on one of three daemons says something else, wherever it is.
func TestFirstDifference(t *testing.T) {
	t.Parallel()
	const differ = 40
	for first := pastel.Height(0); first <= differ; first++ {
		asked := 0
		honest := func(_ context.Context, h pastel.Height) (pool.Digest, error) {
			asked++
			return pool.Digest{byte(h)}, nil
		}
		other := func(_ context.Context, h pastel.Height) (pool.Digest, error) {
			if h < first {
				return pool.Digest{byte(h)}, nil
			}
			return pool.Digest{byte(h), 1}, nil
		}
		got, err := audit.FirstDifference(context.Background(), differ, honest, other, honest)
		if err != nil || got != first || asked > 2*6 {
			t.Errorf("block %d, %v, after %d questions; want %d", got, err, asked, first)
		}
	}
	away := errors.New("away")
	if _, err := audit.FirstDifference(context.Background(), differ, func(context.Context, pastel.Height) (pool.Digest, error) { return pool.Digest{}, away }); !errors.Is(err, away) {
		t.Error(err)
	}
}

func TestDigestAt(t *testing.T) {
	t.Parallel()
	good := strings.Repeat("0a", 32)
	if d, err := audit.DigestAt(&wire.Block{Tip: wire.Tip{Height: 7, Digest: good}}, 7); err != nil || d[31] != 10 {
		t.Errorf("%x, %v", d, err)
	}
	for _, b := range []wire.Tip{{Height: 8, Digest: good}, {Height: 7, Digest: good[2:]}, {Height: 7, Digest: "zz" + good[2:]}, {Height: 7}} {
		if _, err := audit.DigestAt(&wire.Block{Tip: b}, 7); !errors.Is(err, audit.ErrNoDigest) {
			t.Errorf("%+v: %v", b, err)
		}
	}
}
