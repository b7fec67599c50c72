package devnode_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/pastel"
)

func open(t *testing.T, dir string, rules chain.Rules) *devnode.Node {
	t.Helper()
	n, err := devnode.Open(context.Background(), devnode.Config{Dir: dir, Network: regtest(t).Network, Rules: rules})
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func memoryRules(t *testing.T) *chain.Ledger {
	t.Helper()
	l, err := chain.OpenLedger(context.Background(), regtest(t), false, &chain.Memory{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func mined(t *testing.T, n *devnode.Node, count int) []pastel.BlockHash {
	t.Helper()
	hashes, err := n.Generate(context.Background(), count)
	if err != nil {
		t.Fatal(err)
	}
	return hashes
}

func TestReopen(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	n := open(t, dir, nil)
	main := mined(t, n, 10)
	if err := n.Invalidate(ctx, main[5]); err != nil {
		t.Fatal(err)
	}
	side := mined(t, n, 2) // shorter than what was invalidated
	if _, err := devnode.Open(ctx, devnode.Config{Dir: dir, Network: regtest(t).Network}); err == nil || !strings.Contains(err.Error(), "another process") {
		t.Errorf("a second node in the folder: %v", err)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}

	n = open(t, dir, memoryRules(t))
	if h, hash := n.Tip(); h != 7 || hash != side[1] {
		t.Errorf("reopened at block %d %s, want 7 %s", h, hash, side[1])
	}
	if err := n.Reconsider(ctx, main[5]); err != nil {
		t.Fatal(err)
	}
	if h, hash := n.Tip(); h != 10 || hash != main[9] {
		t.Errorf("reconsidered at block %d %s, want 10 %s", h, hash, main[9])
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}

	n = open(t, dir, nil)
	defer n.Close()
	if h, hash := n.Tip(); h != 10 || hash != main[9] {
		t.Errorf("reopened at block %d %s, want 10 %s", h, hash, main[9])
	}
}

// Closing again neither waits for ever nor takes the cookie of a server that came after.
func TestServerIsClosedTwice(t *testing.T) {
	ctx, dir := context.Background(), t.TempDir()
	n := open(t, dir, nil)
	defer n.Close()
	serve := func() *devnode.Server {
		t.Helper()
		s, err := n.Serve("127.0.0.1:0", dir)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	first := serve()
	if err := first.Close(ctx); err != nil {
		t.Fatal(err)
	}
	second := serve()
	if err := first.Close(ctx); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(second.CookieFile); err != nil {
		t.Error(err)
	}
	if err := second.Close(ctx); err != nil {
		t.Error(err)
	}
}

// Whatever a crash leaves of the last record, the records before it are read.
func TestTornFile(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	n := open(t, dir, nil)
	hashes := mined(t, n, 3)
	path := filepath.Join(dir, "blocks.dat")
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	mined(t, n, 1)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	all, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for size := len(whole); size < len(all); size += 7 {
		if err := os.WriteFile(path, all[:size], 0o600); err != nil {
			t.Fatal(err)
		}
		n := open(t, dir, nil)
		if h, hash := n.Tip(); h != 3 || hash != hashes[2] {
			t.Fatalf("cut to %d of %d bytes: block %d %s", size, len(all), h, hash)
		}
		mined(t, n, 1)
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
	}
	for _, at := range []int{0, 4, 8, 100, len(whole) / 2} {
		damaged := append([]byte{}, all...)
		damaged[at] ^= 1
		if err := os.WriteFile(path, damaged, 0o600); err != nil {
			t.Fatal(err)
		}
		if n, err := devnode.Open(context.Background(), devnode.Config{Dir: dir, Network: regtest(t).Network}); err == nil {
			h, _ := n.Tip()
			if n.Close(); h > 0 {
				t.Errorf("byte %d damaged: opened at block %d", at, h)
			}
		} else if !strings.Contains(err.Error(), "damaged at byte") {
			t.Errorf("byte %d damaged: %v", at, err)
		}
	}
}

// The rules may have stopped ahead of the node, behind it, or on another branch.
func TestRulesAreBroughtToTheTip(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	dir := t.TempDir()
	rules := memoryRules(t)
	n := open(t, dir, rules)
	hashes := mined(t, n, 20)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	if err := rules.Disconnect(ctx, hashes[19]); err != nil {
		t.Fatal(err)
	}
	n = open(t, dir, rules)
	if rules.Last().Hash != hashes[19] {
		t.Errorf("behind: the rules are at block %d", rules.Last().Height)
	}
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n = open(t, dir, nil)
	if err := n.Invalidate(ctx, hashes[10]); err != nil {
		t.Fatal(err)
	}
	other := mined(t, n, 3)
	if err := n.Close(); err != nil {
		t.Fatal(err)
	}
	n = open(t, dir, rules)
	defer n.Close()
	if rules.Last().Hash != other[2] {
		t.Errorf("another branch: the rules are at block %d %s", rules.Last().Height, rules.Last().Hash)
	}
}

// Rules with another chain are detected before they take anything back.
func TestWrongPairing(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	for name, c := range map[string]struct {
		blocks int // above the genesis block, which the node lacks; -1 for another genesis block
		want   string
	}{
		"within reach":  {100, ""},
		"too far":       {101, "at least block 0"},
		"another chain": {-1, "from its first block on"},
	} {
		rules := memoryRules(t)
		if c.blocks < 0 {
			other := chaintest.Blocks(t, "life")[0]
			other[4+32+32+32]++ // its time
			if err := rules.Connect(ctx, other); err != nil {
				t.Fatal(err)
			}
		} else {
			n := open(t, t.TempDir(), rules)
			mined(t, n, c.blocks)
			if err := n.Close(); err != nil {
				t.Fatal(err)
			}
		}
		before := rules.Last()
		dir := t.TempDir()
		n := open(t, dir, nil)
		mined(t, n, 3)
		if err := n.Close(); err != nil {
			t.Fatal(err)
		}
		n, err := devnode.Open(ctx, devnode.Config{Dir: dir, Network: regtest(t).Network, Rules: rules})
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", name, err)
			} else if _, hash := n.Tip(); rules.Last().Hash != hash {
				t.Errorf("%s: the rules are at block %d", name, rules.Last().Height)
			}
		} else if err == nil || !strings.Contains(err.Error(), c.want) || rules.Last() != before {
			t.Errorf("%s: %v, the rules are at block %d of %d", name, err, rules.Last().Height, before.Height)
		}
		if err == nil {
			n.Close()
		}
	}
}

// silent rules give no answer, so a node must accept nothing. They may have made the step nevertheless.
type silent struct {
	chain.Rules
	away, late bool
}

var errAway = errors.New("away")

func (s *silent) Connect(ctx context.Context, b []byte) error {
	if s.late {
		s.late = false
		return errors.Join(errAway, s.Rules.Connect(ctx, b))
	}
	if s.away {
		return errAway
	}
	return s.Rules.Connect(ctx, b)
}

func (s *silent) Disconnect(ctx context.Context, h pastel.BlockHash) error {
	if s.late {
		s.late = false
		return errors.Join(errAway, s.Rules.Disconnect(ctx, h))
	}
	if s.away {
		return errAway
	}
	return s.Rules.Disconnect(ctx, h)
}

func TestNoAnswer(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	rules := &silent{Rules: memoryRules(t)}
	n := open(t, t.TempDir(), rules)
	defer n.Close()
	hashes := mined(t, n, 5)
	rules.away = true
	if _, err := n.Generate(ctx, 1); !errors.Is(err, errAway) {
		t.Errorf("generate: %v", err)
	}
	if err := n.Invalidate(ctx, hashes[4]); !errors.Is(err, errAway) {
		t.Errorf("invalidate: %v", err)
	}
	if h, _ := n.Tip(); h != 5 {
		t.Errorf("the node is at block %d", h)
	}
	rules.away = false
	mined(t, n, 1)
	h, hash := n.Tip()
	tip, err := rules.Tip(ctx)
	if err != nil || tip.Height != h || tip.Hash != hash {
		t.Errorf("node at block %d, rules at block %d, %v", h, tip.Height, err)
	}
}

// Whether or not the rules made a step whose answer was lost, the node finds out and continues.
func TestLostAnswer(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	rules := &silent{Rules: memoryRules(t)}
	n := open(t, t.TempDir(), rules)
	defer n.Close()
	hashes := mined(t, n, 10)
	together := func(what string) {
		t.Helper()
		mined(t, n, 1)
		h, hash := n.Tip()
		tip, err := rules.Tip(ctx)
		if err != nil || tip.Height != h || tip.Hash != hash {
			t.Errorf("%s: node at block %d, rules at block %d, %v", what, h, tip.Height, err)
		}
	}
	rules.late = true
	if _, err := n.Generate(ctx, 1); !errors.Is(err, errAway) {
		t.Errorf("generate: %v", err)
	}
	together("a block connected")
	rules.late = true
	if err := n.Invalidate(ctx, hashes[7]); !errors.Is(err, errAway) {
		t.Errorf("invalidate: %v", err)
	}
	together("a block disconnected")
	if h, _ := n.Tip(); h != 8 {
		t.Errorf("the node is at block %d", h)
	}
}

func TestDeepReorganizationIsRefused(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	n := open(t, t.TempDir(), memoryRules(t))
	defer n.Close()
	hashes := mined(t, n, 120)
	if err := n.Invalidate(ctx, hashes[20]); !errors.Is(err, devnode.ErrDeepReorg) {
		t.Errorf("100 blocks: %v", err)
	}
	if err := n.Invalidate(ctx, hashes[21]); err != nil {
		t.Errorf("99 blocks: %v", err)
	}
	if h, _ := n.Tip(); h != 21 {
		t.Errorf("the node is at block %d", h)
	}
}
