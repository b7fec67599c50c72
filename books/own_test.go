package books

import (
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// A Supernode of one's own shares a fifth of the block's reward with the others; the reward halves every 840,000 blocks.
func TestOwnSupernode(t *testing.T) {
	t.Parallel()
	net, err := pool.ParamsByName("main")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		next    pastel.Height
		working int
		reward  pastel.Amount
		yield   string // 1,250 PSL * 210,240 blocks / working / 5,000,000 PSL
		halves  pastel.Height
	}{
		{1, 0, 1_250 * pastel.PSL, "", 840_000},
		{839_999, 500, 1_250 * pastel.PSL, "10.51", 840_000},
		{840_000, 500, 625 * pastel.PSL, "5.25", 1_680_000},
		{1_680_000, 1, 31_250_000, "1314", 2_520_000},
		{840_000 * 60, 1, 0, "0", 840_000 * 61},
	} {
		got, halves := ownSupernode(&net, c.next, c.working)
		yield := ""
		if got.Yield != nil {
			yield = got.Yield.Percent
		}
		if got.Reward != c.reward || yield != c.yield || halves != c.halves || got.Collateral != 5_000_000 {
			t.Errorf("block %d, %d Supernodes: %+v, %s %%, halves in %d; want %+v", c.next, c.working, got, yield, halves, c)
		}
	}
}
