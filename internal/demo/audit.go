package demo

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// books is what raw blocks alone say about a pool's money. It contains no rules.
type books struct {
	income   pastel.Amount                    // paid to escrow, except by payouts
	rewards  int                              // outputs that paid it
	paid     map[pastel.Address]pastel.Amount // paid out of escrow to others
	payouts  int                              // transactions that spent escrow
	unspent  map[pastel.OutPoint]pastel.Amount
	escrowed pastel.Amount // still in escrow
}

// account is what the daemon's database says about a pool's money.
type account struct{ income, paid, left pastel.Amount }

// kept reads the daemon's database once it contains the last block.
func (s *stage) kept(ctx context.Context) (a account, err error) {
	r, err := store.OpenReader(ctx, filepath.Join(s.dir, s.Net.Name+".db"), s.params, false)
	if err != nil {
		return a, err
	}
	defer r.Close()
	for stored := false; ; {
		err = r.View(ctx, func(x *store.Snapshot) error {
			tip, err := x.Tip()
			if stored = tip.Height == s.height(); err != nil || !stored {
				return err
			}
			_, sums, err := x.PoolSums(s.Pool)
			if err != nil {
				return err
			}
			a.income, a.paid = sums.Income, sums.Paid
			a.left, err = leftBy(x, s.Pool)
			return err
		})
		if err != nil || stored {
			return a, err
		}
		select {
		case <-ctx.Done():
			return a, ctx.Err()
		case <-s.done:
			return a, fmt.Errorf("the daemon stopped: %w", s.failed)
		case <-time.After(5 * time.Millisecond): // the ledger moves before its block is stored
		}
	}
}

// leftBy returns what a closed pool left in escrow.
func leftBy(x *store.Snapshot, id ticket.PoolID) (pastel.Amount, error) {
	list, err := x.Events(store.EventFilter{Pool: id, Types: []string{string(pool.PoolClosed)}, To: store.Now}, store.Page{Limit: 2})
	if err != nil {
		return 0, err
	}
	if len(list) != 1 {
		return 0, fmt.Errorf("the daemon's database has %d events of the pool's closing instead of one", len(list))
	}
	closed, err := pool.ParseEvent(list[0].JSON)
	return closed.Amount, err
}

// audit reads all of the node's blocks and follows the coins of the pool's escrow.
func (s *stage) audit(ctx context.Context) (*books, error) {
	b := &books{paid: map[pastel.Address]pastel.Amount{}, unspent: map[pastel.OutPoint]pastel.Amount{}}
	tip, _, err := s.Client.Tip(ctx)
	if err != nil {
		return nil, err
	}
	for h := pastel.Height(0); h <= tip; h++ {
		block, err := chain.BlockAt(ctx, s.Client, h)
		if err != nil {
			return nil, err
		}
		for i := range block.Txs {
			if err := b.add(&block.Txs[i], ticket.EscrowAddress(s.Pool)); err != nil {
				return nil, fmt.Errorf("block %d: %w", h, err)
			}
		}
	}
	for _, v := range b.unspent {
		b.escrowed += v
	}
	return b, nil
}

// paid reports whether the last block pays the pool's escrow.
func (s *stage) paid(ctx context.Context) (bool, error) {
	b, err := chain.BlockAt(ctx, s.Client, s.height())
	if err != nil {
		return false, err
	}
	escrow := ticket.EscrowAddress(s.Pool)
	return slices.ContainsFunc(b.Txs[0].Outputs, func(o pastel.TxOut) bool {
		to, ok := pastel.AddressFromScript(o.Script)
		return ok && to == escrow
	}), nil
}

func (b *books) add(tx *pastel.Tx, escrow pastel.Address) error {
	var in, out pastel.Amount
	for _, i := range tx.Inputs {
		in += b.unspent[i.PrevOut]
		delete(b.unspent, i.PrevOut)
	}
	for v, o := range tx.Outputs {
		out += o.Value
		to, ok := pastel.AddressFromScript(o.Script)
		switch {
		case ok && to == escrow:
			b.unspent[pastel.OutPoint{TxID: tx.ID(), Vout: uint32(v)}] = o.Value
			if in == 0 {
				b.income += o.Value
				b.rewards++
			}
		case in > 0 && ok:
			b.paid[to] += o.Value
		case in > 0:
			return fmt.Errorf("payout %s pays a script without an address", tx.ID())
		}
	}
	if in == 0 {
		return nil
	}
	b.payouts++
	if out != in {
		return fmt.Errorf("payout %s takes %s PSL from escrow, but pays %s PSL", tx.ID(), in, out)
	}
	return nil
}
