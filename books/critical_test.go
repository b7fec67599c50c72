package books

import (
	"math/bits"
	"slices"
	"testing"

	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
)

// pledged is a pledge in these tests: a letter stands for a PastelID, coins are PSL.
type pledged struct {
	who              byte
	offered, counted int64
}

// count restates protocol 7, "Counting", with a MinPledge of 10 PSL: standby first, then members' excess offers, in join order.
func count(list []pledged, target int64) (sum int64) {
	for _, pl := range list {
		sum += pl.counted
	}
	for _, standby := range []bool{true, false} {
		for i := range list {
			pl := &list[i]
			if sum >= target || pl.counted == pl.offered || (pl.counted == 0) != standby {
				continue
			}
			more := min(pl.offered-pl.counted, target-sum)
			if standby {
				more = max(more, min(pl.offered, 10))
			}
			pl.counted += more
			sum += more
		}
	}
	return sum
}

// fewest returns the smallest number of letters whose leaving leaves too little. It tries every group, leaving in one block and one per
// block in alphabetical and reverse order.
func fewest(list []pledged, required, target int64) int {
	best := 26
	for group := range 1 << 5 {
		if bits.OnesCount(uint(group)) >= best {
			continue
		}
		stays := func(left int) func(pledged) bool { return func(pl pledged) bool { return left>>(pl.who-'a')&1 == 1 } }
		short := count(slices.DeleteFunc(slices.Clone(list), stays(group)), target) < required
		for _, order := range [][]int{{0, 1, 2, 3, 4}, {4, 3, 2, 1, 0}} {
			now := slices.Clone(list)
			for _, k := range order {
				if group>>k&1 == 1 {
					now = slices.DeleteFunc(now, stays(1<<k))
					short = short || count(now, target) < required
				}
			}
		}
		if short {
			best = bits.OnesCount(uint(group))
		}
	}
	return best
}

// The critical members match those found by hand and by trying every group, leaving together or one block apart.
func TestCriticalMembers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		required, target int64
		pledges          []pledged
		want             string
		coins            int64
	}{
		"one suffices":           {1000, 1200, []pledged{{'a', 300, 300}, {'b', 500, 500}, {'c', 400, 400}}, "b", 500},
		"the cushion holds one":  {1000, 1300, []pledged{{'a', 250, 250}, {'b', 290, 290}, {'c', 280, 280}, {'d', 260, 260}, {'e', 220, 220}}, "bc", 570},
		"pledges add up":         {1000, 1200, []pledged{{'a', 150, 150}, {'b', 450, 450}, {'a', 600, 600}}, "a", 750},
		"standby fills the hole": {1000, 1000, []pledged{{'a', 500, 500}, {'b', 500, 500}, {'c', 500, 0}}, "ab", 1000},
		"what waits leaves, too": {1000, 1000, []pledged{{'a', 500, 500}, {'b', 500, 500}, {'a', 500, 0}}, "a", 1000},
		"members count more":     {1000, 1200, []pledged{{'a', 900, 500}, {'b', 500, 500}, {'c', 800, 200}}, "ac", 1700},
		"nothing that waits is lost": {
			1000, 1200, []pledged{{'a', 500, 500}, {'b', 500, 500}, {'c', 200, 200}, {'d', 300, 0}, {'e', 1000, 0}}, "eab", 2000,
		},
		"a small hole": {1000, 1000, []pledged{{'a', 995, 995}, {'b', 10, 10}, {'c', 1000, 0}}, "ca", 1995},
		"everybody":    {1000, 1000, []pledged{{'a', 1000, 1000}}, "a", 1000},
	} {
		p := pool.Pool{Status: pool.Active}
		p.Required, p.Target = c.required, c.target
		for _, x := range c.pledges {
			p.Pledges = append(p.Pledges, pool.Pledge{PastelID: pastelid.PastelID{x.who}, Offered: x.offered, Counted: x.counted})
			p.Offered += x.offered
			p.Counted += x.counted
		}
		got := criticalMembers(&p)
		var want []string
		for i := range len(c.want) {
			want = append(want, pastelid.PastelID{c.want[i]}.String())
		}
		if !slices.Equal(got.Members, want) || got.Coins != c.coins {
			t.Errorf("%s: %v with %d PSL, want %s with %d", name, got.Members, got.Coins, c.want, c.coins)
		}
		if n := fewest(c.pledges, c.required, c.target); n != len(got.Members) {
			t.Errorf("%s: %d suffice, but %d are named", name, n, len(got.Members))
		}
	}
	if criticalMembers(&pool.Pool{Status: pool.Replenishing}) != nil {
		t.Error("a pool that is already short has critical members")
	}
}
