package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
)

// donation is what the lab pays to an escrow in an ordinary transaction; it counts as income like any other.
const donation = 500 * pastel.PSL

// donate pays to the pool's escrow, and returns the output.
func (l *lab) donate(ctx context.Context) (pastel.OutPoint, error) {
	id, err := l.alpha.SendTo(ctx, l.stage.escrow(), donation)
	if err != nil {
		return pastel.OutPoint{}, err
	}
	if err := l.mine(ctx, 1); err != nil {
		return pastel.OutPoint{}, err
	}
	raw, err := l.alpha.RawTx(ctx, id)
	if err != nil {
		return pastel.OutPoint{}, err
	}
	tx, err := pastel.ParseTx(raw)
	if err != nil {
		return pastel.OutPoint{}, err
	}
	for i, out := range tx.Outputs {
		if string(out.Script) == string(l.stage.escrow().Script()) {
			return pastel.OutPoint{TxID: id, Vout: uint32(i)}, nil
		}
	}
	return pastel.OutPoint{}, errors.New("the wallet did not pay the escrow")
}

// Regtest's settlement interval, and the delay of payouts, in blocks.
const settlementInterval, payoutDelay = 10, 100

// duePayout gives scenarios a payout that the next block is the first allowed to contain.
func (l *lab) duePayout(ctx context.Context) (*pastel.Tx, error) {
	if err := l.activePool(ctx); err != nil {
		return nil, err
	}
	if _, err := l.donate(ctx); err != nil {
		return nil, err
	}
	s, _, err := l.alpha.rules.Supernode(ctx, l.stage.Activation)
	if err != nil || s == nil {
		return nil, fmt.Errorf("the rules know no Supernode for the pool: %w", err)
	}
	tip, _, err := l.alpha.Tip(ctx)
	if err != nil {
		return nil, err
	}
	settled := tip + (settlementInterval-(tip-s.Activated)%settlementInterval)%settlementInterval
	if err := l.mine(ctx, int(settled+payoutDelay-1-tip)); err != nil {
		return nil, err
	}
	list, _, err := l.alpha.rules.Payouts(ctx)
	if err != nil || len(list) == 0 {
		return nil, fmt.Errorf("no payout is due for block %d: %w", settled+payoutDelay, err)
	}
	return list[0], nil
}

// earlyPayout plays payouts before they are allowed.
func earlyPayout(ctx context.Context, l *lab, n *notes) error {
	tx, err := l.duePayout(ctx)
	if err != nil {
		return err
	}
	height, tip, err := l.alpha.Tip(ctx)
	if err != nil {
		return err
	}
	// Make a block beside the tip, one block too early.
	if err := l.alpha.Invalidate(ctx, tip); err != nil {
		return err
	}
	early, err := forge(ctx, l.alpha, tx)
	if err := errors.Join(err, l.alpha.Reconsider(ctx, tip), l.together(ctx)); err != nil {
		return err
	}
	for _, x := range []*node{l.alpha, l.stock} {
		said, err := submit(ctx, x, early)
		if err != nil {
			return err
		}
		if said != "bad-txns-nonfinal" {
			return fmt.Errorf("submitblock on %s of a payout at block %d, one too early: %q", x.name, height, said)
		}
		n.saw("at block %d, one too early, %s refuses the payout by pasteld's own check: %s", height, x.name, said)
	}
	// The same payments without lock time are another transaction, so not a payout. Stock nodes accept it, and their templates do not
	// contain the payout itself.
	b, err := forge(ctx, l.stock, pastel.NewTx(true, tx.Inputs, tx.Outputs))
	if err != nil {
		return err
	}
	said, err := submit(ctx, l.alpha, b)
	if err != nil {
		return err
	}
	if !strings.HasPrefix(said, "smartpool-") {
		return fmt.Errorf("submitblock on alpha of a payout without its lock time: %q", said)
	}
	n.saw("without its lock time it is not a payout: %s", said)
	return l.stockSpends(ctx, n, b)
}

// payoutMined lets a node's own template mine a payout.
func payoutMined(ctx context.Context, l *lab, n *notes) error {
	tx, err := l.duePayout(ctx)
	if err != nil {
		return err
	}
	waiting, err := l.alpha.Mempool(ctx)
	if err != nil {
		return err
	}
	before, _, err := l.alpha.Tip(ctx)
	if err != nil {
		return err
	}
	if err := l.mineAt(ctx, l.beta, 1); err != nil {
		return err
	}
	b, err := chain.BlockAt(ctx, l.alpha, before+1)
	if err != nil {
		return err
	}
	if len(b.Txs) < 2 || b.Txs[1].ID() != tx.ID() {
		return fmt.Errorf("block %d does not contain the payout directly after its coinbase", before+1)
	}
	if spent, err := l.spent(ctx, tx.Inputs[0].PrevOut); err != nil || !spent {
		return fmt.Errorf("alpha's index does not say that the payout's input is spent: %w", err)
	}
	var paid pastel.Amount
	for _, out := range tx.Outputs {
		if string(out.Script) != string(l.stage.escrow().Script()) {
			paid += out.Value
		}
	}
	n.saw("block %d, the first that may, contains the payout after its coinbase, although no mempool had it (%d transactions waited)",
		before+1, len(waiting))
	n.saw("it pays %s PSL to %d addresses, without a fee, and the stock node accepted the block", paid, len(tx.Outputs))
	return nil
}
