package pool

import "github.com/pastelnetwork/smartpool/pastel"

// spendsEscrow is step (b): a transaction that spends tracked escrow, or any escrow by its script signature (marked), must be a pending
// payout that is valid now; otherwise the block is invalid. It returns that payout, or nil if the transaction is not a payout.
func (b *block) spendsEscrow(tx *pastel.Tx, marked bool) (*payout, error) {
	var taken []*escrowOutput
	for i := range tx.Inputs {
		if e := b.s.escrow[tx.Inputs[i].PrevOut]; e != nil {
			taken = append(taken, e)
		}
	}
	if len(taken) == 0 && !marked {
		return nil, nil
	}
	if po := b.s.payouts[tx.ID()]; po != nil && b.minable(po) {
		b.pay(po)
		return po, nil
	}
	switch {
	case b.s.shadow:
		b.bookUnauthorized(taken)
		return nil, nil
	case len(taken) > 0:
		return nil, b.faultOf(tx, "spends escrow of pool "+string(taken[0].pool.terms.ID)+" and is not a payout due now")
	default:
		return nil, b.faultOf(tx, "spends an output with an escrow redeem script and is not a payout due now")
	}
}

func (b *block) minable(po *payout) bool {
	from, to := po.window(&b.s.params)
	return from <= b.h && b.h <= to
}

// pay books a mined payout.
func (b *block) pay(po *payout) {
	b.touch(po.pool)
	b.emit(Event{Type: PayoutPaid, Pool: po.pool.terms.ID, TxID: po.tx.ID()})
	b.removePayout(po)
	for _, e := range po.inputs {
		b.spendEscrow(e)
	}
}

// bookUnauthorized books an unauthorized spend, which a network without enforcement allows. From here on the rules no longer govern the
// pool's money (protocol 8, "Shadow run"). A payout that needs these outputs can never be mined, so all of the pool's are cancelled.
func (b *block) bookUnauthorized(taken []*escrowOutput) {
	for _, e := range taken {
		if b.s.escrow[e.out] != e {
			continue // two inputs spend the same output, as in no valid block
		}
		b.head(e.pool).broken = true
		for len(e.pool.pending) > 0 {
			b.cancel(e.pool.pending[0])
		}
		b.spendEscrow(e)
	}
}

// outputs is step (d): pledgeable outputs become coins, and outputs to escrow scripts become income.
func (b *block) outputs(index int, tx *pastel.Tx, paid *payout) error {
	params := &b.s.params
	coinbase := index == 0
	least := params.MinEscrow
	if coinbase {
		least = params.MinEscrowCoinbase
	}
	for v := range tx.Outputs {
		out := &tx.Outputs[v]
		isChange := paid != nil && paid.change > 0 && v == len(tx.Outputs)-1
		if out.Value < min(params.MinPledge, least) && !isChange {
			continue
		}
		point := pastel.OutPoint{TxID: tx.ID(), Vout: uint32(v)}
		if owner, ok := pastel.P2PKHHash(out.Script); ok {
			if out.Value >= params.MinPledge {
				if err := b.enterCoin(tx, point, coin{value: out.Value, owner: owner, origin: newOrigin(b.h, coinbase)}); err != nil {
					return err
				}
			}
			continue
		}
		hash, ok := pastel.P2SHHash(out.Script)
		if !ok {
			continue
		}
		p := b.s.escrows[hash]
		if p == nil || p.head.broken || p.head.status == Closed || out.Value < least && !isChange {
			continue
		}
		t := b.touch(p)
		if coinbase {
			if t.coinbaseOutputs == params.MaxCoinbaseOutputs {
				continue
			}
			t.coinbaseOutputs++
		}
		if b.s.escrow[point] != nil {
			return b.faultOf(tx, "its outputs exist already, unspent")
		}
		b.addEscrow(&escrowOutput{out: point, pool: p, value: out.Value, height: b.h, tx: int32(index)})
		if !isChange {
			t.income += out.Value
		}
	}
	if b.s.money > pastel.MaxMoney {
		return b.faultOf(tx, "unspent outputs are worth more than the money supply")
	}
	return nil
}

// enterCoin adds a coin unless cover has already added it to back a pledge.
func (b *block) enterCoin(tx *pastel.Tx, point pastel.OutPoint, c coin) error {
	if b.addCoin(point, c) {
		return nil
	}
	if _, taken := b.spending.taken[point.Vout]; taken {
		return nil
	}
	return b.faultOf(tx, "its outputs exist already, unspent")
}
