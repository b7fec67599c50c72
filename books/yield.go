package books

import (
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// yieldWindow is the number of past blocks whose income determines a yield: 30 days.
const yieldWindow = pastel.Height(30 * 24 * time.Hour / chain.BlockTime)

// income is what a pool, or all of them, received in the blocks of the yield window in which it was active. What comes later, by votes from
// before it was short of collateral, is left out as its blocks are.
type income struct {
	amount pastel.Amount
	blocks int64 // in which the pool was active, added up over pools
	coins  int64 // PSL that counted, added up over those blocks; 0 for all pools
	idle   bool  // it has been without income for so long that nothing else is to be expected of it
}

// windowBase returns the last block before the yield window, which may be before the chain.
func (v *view) windowBase() pastel.Height { return v.tip.Height - yieldWindow }

// incomeOf returns what a pool received in the window, from its sums at the tip and before the window. It is nil before activation and after
// the pool's end.
func (v *view) incomeOf(h *pool.Head, now, before store.Sums) *income {
	if h.Activated < 0 || !h.Status.Live() {
		return nil
	}
	now, before = now.At(v.tip.Height), before.At(max(v.windowBase(), before.Height))
	in := &income{amount: now.Earned - before.Earned, blocks: now.Active - before.Active, coins: now.CoinSum - before.CoinSum}
	limit := v.b.net.IdleLimit
	if h.Status == pool.Active { // if it was stopped for long, its time begins again
		in.idle = in.blocks >= int64(limit)
	} else {
		in.idle = max(h.Activated, now.LastPaid) <= v.tip.Height+1-limit
	}
	return in
}

// incomes returns the sums of pools up to the tip, and what they received in the window, by number.
func (v *view) incomes(rows []store.PoolRow) (sums map[int64]store.Sums, incomes map[int64]*income, err error) {
	nums := make([]int64, len(rows))
	for i := range rows {
		nums[i] = rows[i].Num
	}
	if sums, err = v.Sums(nums, v.tip.Height); err != nil {
		return nil, nil, err
	}
	before, err := v.Sums(nums, v.windowBase())
	if err != nil {
		return nil, nil, err
	}
	incomes = map[int64]*income{}
	for i := range rows {
		row := &rows[i]
		incomes[row.Num] = v.incomeOf(&row.Head, sums[row.Num], before[row.Num])
	}
	return sums, incomes, nil
}

// averageIncome returns what the network's pools received in the window.
func (v *view) averageIncome() (*income, error) {
	return v.b.networkAt(v.tip.Hash).income.get(func() (*income, error) {
		now, err := v.NetworkSums(v.tip.Height)
		if err != nil {
			return nil, err
		}
		before, err := v.NetworkSums(v.windowBase())
		if err != nil {
			return nil, err
		}
		now, before = now.At(v.tip.Height), before.At(max(v.windowBase(), before.Height))
		return &income{amount: now.Earned - before.Earned, blocks: now.Active - before.Active}, nil
	})
}

// expected returns the income that a pool's yield assumes, and where it is from, if more PSL counted in addition: the income of the window, over
// the coins that counted in its blocks while the pool was active. A pool without income of its own is assumed to be full and to earn the
// network's average unless it is idle. One that is short of collateral is idle when protocol 7 says so: in the next block, leaving it costs nothing.
// An active one is idle after as many active blocks without income.
func expected(h *pool.Head, in, network *income, more int64) (*income, string) {
	if in == nil || in.amount == 0 && !in.idle {
		return &income{amount: network.amount, blocks: network.blocks, coins: max(h.Target, h.Counted+more) * network.blocks}, "network"
	}
	return &income{amount: in.amount, blocks: in.blocks, coins: in.coins + more*in.blocks}, "pool"
}

// yield returns what a counted PSL would earn in a year, after the fee, if more PSL counted in addition. It is nil while it is unknown, and while
// the pool is short of collateral and would be so with more PSL: then it earns nothing.
func (v *view) yield(h *pool.Head, in, network *income, more int64) *wire.Yield {
	if !h.Status.Live() || h.Status == pool.Replenishing && h.Counted+more < h.Required {
		return nil
	}
	in, basis := expected(h, in, network, more)
	if in.coins == 0 || basis == "network" && in.amount == 0 {
		return nil
	}
	hundredths, ok := in.yearly(h.Fee)
	if !ok {
		return nil
	}
	return &wire.Yield{Percent: ticket.NewDecimal(hundredths, 2).String(), Basis: basis, Blocks: in.blocks}
}

// yearly returns the yearly yield in 0.01 % after a fee in 0.01 %. It reports false if the yield overflows.
func (in *income) yearly(fee int64) (int64, bool) {
	net, ok := in.amount.MulDiv(10_000-fee, 10_000)
	if !ok {
		return 0, false
	}
	hundredths, ok := net.MulDiv(blocksPerYear*10_000, in.coins)
	return int64(hundredths / pastel.PSL), ok
}
