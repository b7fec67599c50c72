package chain_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// TestReorganizations changes the node's chain at random, up to the depth that pasteld allows. After each change, the ledger must equal a
// fresh replay of the node's chain. The recorded life includes settlements, activation (135), an amendment (246), dissolution (278) and
// closing (338).
func TestReorganizations(t *testing.T) {
	t.Parallel()
	deepest := int(regtest().MaxReorg) - 1
	rapid.Check(t, func(rt *rapid.T) {
		around := rapid.SampledFrom([]int{135, 145, 246, 278, 338}).Draw(rt, "around")
		best := life().to(pastel.Height(min(around+rapid.IntRange(0, deepest/2).Draw(rt, "after"), len(life())-1)))
		plan, highest := []line{best}, best.tip()
		for i := range rapid.IntRange(1, 4).Draw(rt, "reorganizations") {
			depth := rapid.IntRange(1, deepest).Draw(rt, "depth")
			base := max(0, best.tip()-pastel.Height(depth), highest-regtest().MaxReorg)
			n := rapid.IntRange(0, depth+30).Draw(rt, "blocks")
			best = best.branch(base, n, rapid.SampledFrom([]int{0, 2, 10}).Draw(rt, "loss"), uint64(i)+1)
			plan, highest = append(plan, best), max(highest, best.tip())
		}
		hurried := rapid.Bool().Draw(rt, "hurried")
		if err := walk(t, plan, hurried); err != nil {
			rt.Fatal(err)
		}
	})
}

// walk follows a node along its chains. A hurried walk continues before the ledger has arrived.
func walk(t testing.TB, plan []line, hurried bool) error {
	n := newNode(plan[0])
	f := follow(t, n, &chain.Memory{})
	defer f.stop()
	for i, best := range plan {
		n.become(best)
		if hurried && i > 0 && i < len(plan)-1 {
			continue
		}
		if err := f.arrive(); err != nil {
			return fmt.Errorf("chain %d: %w", i, err)
		}
		if err := differ(f, best); err != nil {
			return fmt.Errorf("chain %d: %w", i, err)
		}
	}
	return nil
}

// TestReorganizationsAcross goes back and forth over every event of the pool's life, from just before it to the limit of what pasteld takes
// back, with a branch that lacks it.
func TestReorganizationsAcross(t *testing.T) {
	t.Parallel()
	c := life()
	_, updates := c.replay()
	first := map[pool.EventType]pastel.Height{}
	for _, u := range updates {
		for _, e := range u.Events {
			if _, found := first[e.Type]; !found {
				first[e.Type] = e.Height
			}
		}
	}
	for _, need := range []pool.EventType{pool.PoolActivated, pool.PayoutSettled, pool.PayoutPaid, pool.PledgeAmended, pool.PoolDissolved, pool.PoolClosed} {
		if first[need] == 0 {
			t.Fatalf("no %s in the recorded life", need)
		}
	}
	for event, h := range first {
		t.Run(string(event), func(t *testing.T) {
			t.Parallel()
			top := c.to(min(h+98, c.tip()))
			if err := walk(t, []line{top, top.branch(h-1, 80, 1, 1), top, top.branch(h-1, 110, 2, 2)}, false); err != nil {
				t.Fatal(err)
			}
		})
	}
}
