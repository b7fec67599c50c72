package daemon_test

import (
	"context"
	"math/rand/v2"
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
)

// kills is how often each database's daemon is killed; SMARTPOOL_TEST_KILLS sets another number, for a longer run.
func kills(t *testing.T, otherwise int) int {
	t.Helper()
	text := os.Getenv("SMARTPOOL_TEST_KILLS")
	if text == "" {
		return otherwise
	}
	n, err := strconv.Atoi(text)
	if err != nil {
		t.Fatalf("SMARTPOOL_TEST_KILLS: %v", err)
	}
	return n
}

// A daemon that is killed repeatedly, while the chain grows and reorganizes, ends with the same tables as one that never was.
func TestKill(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	for name, count := range map[string]int{"SQLite": 200, "PostgreSQL": 60} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			seed := rand.Uint64()
			t.Logf("seed %d", seed)
			random := rand.New(rand.NewPCG(seed, 0))
			n := newNode(t)
			database := databases[name](t)
			data := t.TempDir()
			total := kills(t, count)
			fed := 0
			script := &chainScript{node: n, random: random}
			for k := range total {
				c := spawn(t, n.settings(data, database))
				if random.IntN(4) > 0 { // otherwise it is killed while it starts
					c.saw("ledger loaded")
				}
				upTo := (k + 1) * len(blocks) / total
				script.settle(t) // blocks on top of an invalidated one are refused
				n.submit(blocks[fed:upTo])
				fed = upTo
				script.step(t, script.on(t, blocks[:fed]))
				time.Sleep(time.Duration(random.IntN(40)) * time.Millisecond) // any moment will do
				c.kill()
				if random.IntN(3) == 0 {
					script.step(t, false) // while the daemon is down
				}
			}
			script.settle(t)
			d := start(t, n.settings(data, database))
			d.synced(n)
			d.end()

			if diff := n.unlikeUndisturbed(t, database, databases[name](t)); diff != "" {
				t.Errorf("after %d kills the tables differ: %s", total, diff)
			}
		})
	}
}

// chainScript reorganizes a node's chain at random.
type chainScript struct {
	node   *node
	random *rand.Rand
	marked *pastel.BlockHash // invalidated
	branch *pastel.BlockHash // the first block of the branch that replaces it
}

// step leaves the chain as it is, switches to a branch, or switches back. A branch wins, and stays, only over the recorded chain, which
// catches up again before it is too far away for nodes to switch.
func (c *chainScript) step(t *testing.T, recorded bool) {
	t.Helper()
	ctx := context.Background()
	height, _ := c.node.Tip()
	if c.marked != nil {
		c.settle(t)
		return
	}
	if height < 5 || c.random.IntN(2) == 0 {
		return
	}
	most, length := 60, 0
	if recorded && c.random.IntN(3) == 0 {
		most, length = 30, 3
	}
	depth := 1 + c.random.IntN(min(int(height)-1, most))
	hash := c.hashAt(t, height-pastel.Height(depth)+1)
	if err := c.node.Invalidate(ctx, hash); err != nil {
		t.Fatal(err)
	}
	c.marked = &hash
	if length == 0 {
		length = c.random.IntN(depth)
	} else {
		length += depth
	}
	if now, _ := c.node.Tip(); now != height-pastel.Height(depth) {
		length = 0 // an older branch was chosen: one that forks off long ago must not grow
	}
	mined, err := c.node.Generate(ctx, length)
	if err != nil {
		t.Fatal(err)
	}
	c.branch = nil
	if len(mined) > 0 {
		c.branch = &mined[0]
	}
}

// settle makes the node choose the longest branch.
func (c *chainScript) settle(t *testing.T) {
	t.Helper()
	if c.marked == nil {
		return
	}
	ctx := context.Background()
	_, before := c.node.Tip()
	if err := c.node.Reconsider(ctx, *c.marked); err != nil {
		t.Fatal(err)
	}
	if _, after := c.node.Tip(); c.branch != nil && after != before { // a branch that lost never returns: it would be too deep
		if err := c.node.Invalidate(ctx, *c.branch); err != nil {
			t.Fatal(err)
		}
	}
	c.marked = nil
}

func (c *chainScript) hashAt(t *testing.T, h pastel.Height) pastel.BlockHash {
	t.Helper()
	hash, ok := c.node.HashAt(h)
	if !ok {
		t.Fatalf("the node has no block %d", h)
	}
	return hash
}

// on reports whether the node's chain ends with the last of these blocks.
func (c *chainScript) on(t *testing.T, blocks [][]byte) bool {
	t.Helper()
	b, err := pastel.ParseBlock(blocks[len(blocks)-1])
	if err != nil {
		t.Fatal(err)
	}
	_, hash := c.node.Tip()
	return b.Hash() == hash
}
