package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
)

// cost measures the cost of the calls. It feeds the network's chain to a stock and an upgraded node without peers, block by block in turn.
func cost(ctx context.Context, l *lab, n *notes) error {
	if err := l.activePool(ctx); err != nil {
		return err
	}
	full, waiting, err := l.fullBlocks(ctx)
	if err != nil {
		return err
	}
	pair := [2]*node{}
	for i, upgraded := range []bool{false, true} {
		if pair[i], err = l.newNode(fmt.Sprintf("cost-%d", i), upgraded); err != nil {
			return err
		}
		if pair[i].rules != nil {
			if err := pair[i].rules.start(ctx); err != nil {
				return err
			}
		}
		if err := pair[i].start(ctx); err != nil {
			return err
		}
	}
	small, large, err := l.feed(ctx, pair, full)
	if err != nil {
		return err
	}
	n.saw("a block without transactions: %s", small)
	n.saw("a block with %d transactions: %s", perBlock, large)
	var relay measured
	for _, raw := range waiting {
		for i, x := range pair {
			took, err := elapsed(func() error { _, err := x.SendRaw(ctx, raw); return err })
			if err != nil {
				return err
			}
			relay[i] = append(relay[i], took)
		}
	}
	n.saw("sendrawtransaction, which asks nothing: %s", relay)
	var errs []error
	for _, x := range pair {
		errs = append(errs, x.stop(ctx))
		if x.rules != nil {
			errs = append(errs, x.rules.stop(ctx))
		}
	}
	return errors.Join(errs...)
}

// perBlock is how many transactions a full block in the measurement contains.
const perBlock = 190

// fullBlocks mines blocks with many transactions, and leaves as many waiting. It returns the blocks' heights and the waiting transactions.
func (l *lab) fullBlocks(ctx context.Context) (full []pastel.Height, waiting [][]byte, err error) {
	const blocks = 5
	for round := range blocks + 1 {
		var outs []pasteld.Output
		for range perBlock {
			to, err := l.alpha.NewAddress(ctx)
			if err != nil {
				return nil, nil, err
			}
			outs = append(outs, pasteld.Output{Address: to, Value: pastel.PSL / 10})
		}
		for _, o := range outs {
			if _, err := l.alpha.SendTo(ctx, o.Address, o.Value); err != nil {
				return nil, nil, err
			}
		}
		if round == blocks {
			break
		}
		if err := l.mine(ctx, 1); err != nil {
			return nil, nil, err
		}
		h, _, err := l.alpha.Tip(ctx)
		if err != nil {
			return nil, nil, err
		}
		full = append(full, h)
	}
	ids, err := l.alpha.Mempool(ctx)
	if err != nil {
		return nil, nil, err
	}
	txs := map[pastel.TxID]*pastel.Tx{}
	for _, id := range ids {
		raw, err := l.alpha.RawTx(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		if txs[id], err = pastel.ParseTx(raw); err != nil {
			return nil, nil, err
		}
	}
	return full, inOrder(txs), nil
}

// inOrder sorts transactions so that each comes after those it spends.
func inOrder(txs map[pastel.TxID]*pastel.Tx) (list [][]byte) {
	var add func(id pastel.TxID)
	add = func(id pastel.TxID) {
		tx, there := txs[id]
		if !there {
			return
		}
		delete(txs, id)
		for _, in := range tx.Inputs {
			add(in.PrevOut.TxID)
		}
		list = append(list, tx.Bytes())
	}
	for id := range txs {
		add(id)
	}
	return list
}

// measured holds how long calls took at the stock node and at the upgraded one.
type measured [2][]time.Duration

func (m measured) String() string {
	return fmt.Sprintf("%s at the stock node, %s at the upgraded one (median of %d)", median(m[0]), median(m[1]), len(m[0]))
}

func median(list []time.Duration) string {
	if len(list) == 0 {
		return "-"
	}
	sorted := slices.Sorted(slices.Values(list))
	return fmt.Sprintf("%.2f ms", float64(sorted[len(sorted)/2].Microseconds())/1000)
}

// feed submits alpha's chain to both nodes, and measures blocks without transactions and full blocks.
func (l *lab) feed(ctx context.Context, pair [2]*node, full []pastel.Height) (small, large measured, err error) {
	tip, _, err := l.alpha.Tip(ctx)
	if err != nil {
		return small, large, err
	}
	for h := pastel.Height(1); h <= tip; h++ {
		b, err := chain.BlockAt(ctx, l.alpha, h)
		if err != nil {
			return small, large, err
		}
		for i, x := range pair {
			took, err := elapsed(func() error {
				said, err := submit(ctx, x, b)
				if err == nil && said != "" {
					err = fmt.Errorf("%s refused block %d: %s", x.name, h, said)
				}
				return err
			})
			switch {
			case err != nil:
				return small, large, err
			case slices.Contains(full, h):
				large[i] = append(large[i], took)
			case len(b.Txs) == 1:
				small[i] = append(small[i], took)
			}
		}
	}
	return small, large, nil
}

// elapsed measures a call.
func elapsed(call func() error) (time.Duration, error) {
	start := time.Now()
	err := call()
	return time.Since(start), err
}
