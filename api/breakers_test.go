package api

import (
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
)

// Who can break a pool, by hand: a letter is a PastelID, members first, then those who wait.
func TestBreakers(t *testing.T) {
	t.Parallel()
	net, err := pastel.NetworkByName("regtest") // pledges of 10 PSL at least
	if err != nil {
		t.Fatal(err)
	}
	type pledge struct {
		who   byte
		coins int64
		role  pool.Role
	}
	const member, standby = pool.Member, pool.Standby
	for name, c := range map[string]struct {
		required, target int64
		pledges          []pledge
		want             string
		coins            int64
	}{
		"one suffices":             {1000, 1200, []pledge{{'a', 300, member}, {'b', 500, member}, {'c', 400, member}}, "b", 500},
		"the cushion holds one":    {1000, 1300, []pledge{{'a', 250, member}, {'b', 290, member}, {'c', 280, member}, {'d', 260, member}, {'e', 220, member}}, "bc", 570},
		"pledges add up":           {1000, 1200, []pledge{{'a', 150, member}, {'b', 450, member}, {'a', 600, member}}, "a", 750},
		"standby fills the hole":   {1000, 1000, []pledge{{'a', 500, member}, {'b', 500, member}, {'c', 500, standby}}, "ab", 1000},
		"what waits leaves, too":   {1000, 1000, []pledge{{'a', 500, member}, {'b', 500, member}, {'a', 500, standby}}, "a", 1000},
		"standby is cut, and gone": {1000, 1200, []pledge{{'a', 500, member}, {'b', 500, member}, {'c', 200, member}, {'d', 300, standby}, {'e', 1000, standby}}, "ab", 1000},
		"standby too small to cut": {1000, 1000, []pledge{{'a', 995, member}, {'b', 10, member}, {'c', 1000, standby}}, "ca", 1995},
		"everybody":                {1000, 1000, []pledge{{'a', 1000, member}}, "a", 1000},
	} {
		p := pool.Pool{Status: pool.Active}
		p.Required, p.Target = c.required, c.target
		for _, x := range c.pledges {
			pl := pool.Pledge{PastelID: pastelid.PastelID{x.who}, Offered: x.coins, Role: x.role}
			if x.role == member {
				pl.Counted = x.coins
			}
			p.Pledges = append(p.Pledges, pl)
			p.Offered += pl.Offered
			p.Counted += pl.Counted
		}
		got := breakers(&p, &net)
		want := []string{}
		for i := range len(c.want) {
			want = append(want, pastelid.PastelID{c.want[i]}.String())
		}
		if len(got.Members) != len(want) || got.Coins != c.coins {
			t.Errorf("%s: %d with %d PSL, want %d with %d", name, len(got.Members), got.Coins, len(want), c.coins)
			continue
		}
		for i := range want {
			if got.Members[i] != want[i] {
				t.Errorf("%s: number %d is %s, want %s", name, i, got.Members[i], want[i])
			}
		}
	}
	if breakers(&pool.Pool{Status: pool.Replenishing}, &net) != nil {
		t.Error("a pool that is short already cannot be broken")
	}
}
