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

// income is what a pool, or all of them, received in the yield window.
type income struct {
	amount pastel.Amount
	blocks int64 // in which the pool was active, added up over pools
	coins  int64 // PSL that counted, added up over those blocks; 0 for all pools
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
	return &income{now.Income - before.Income, now.Active - before.Active, now.CoinSum - before.CoinSum}
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
		return &income{amount: now.Income - before.Income, blocks: now.Active - before.Active}, nil
	})
}

// expected returns the income that a pool's yield assumes, and where it is from, if more PSL counted in addition: the income of the window, over
// the coins that counted in its blocks while the pool was active. A pool without income of its own that has not yet been without it long enough
// to be idle (protocol 7) is assumed to be full and to earn the network's average.
func (v *view) expected(h *pool.Head, in, network *income, more int64) (*income, string) {
	if in == nil || in.amount == 0 && in.blocks < int64(v.b.net.IdleLimit) {
		return &income{network.amount, network.blocks, max(h.Target, h.Counted+more) * network.blocks}, "network"
	}
	return &income{in.amount, in.blocks, in.coins + more*in.blocks}, "pool"
}

// yield returns what a counted PSL would earn in a year if more PSL counted in addition, nil while it is unknown.
func (v *view) yield(h *pool.Head, in, network *income, more int64) *wire.Yield {
	if !h.Status.Live() {
		return nil
	}
	in, basis := v.expected(h, in, network, more)
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
