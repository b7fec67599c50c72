package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// spendEscrow makes a transaction that takes escrow coins elsewhere.
func (l *lab) spendEscrow(ctx context.Context, out pastel.OutPoint, value pastel.Amount) (*pastel.Tx, error) {
	thief, err := l.stock.NewAddress(ctx)
	if err != nil {
		return nil, err
	}
	redeem := ticket.EscrowRedeemScript(l.stage.Pool)
	in := pastel.TxIn{PrevOut: out, ScriptSig: append([]byte{byte(len(redeem))}, redeem...), Sequence: 0xffffffff}
	return pastel.NewTx(true, []pastel.TxIn{in}, []pastel.TxOut{{Value: value - pastel.PSL/100, Script: thief.Script()}}), nil
}

func unauthorizedSpend(ctx context.Context, l *lab, n *notes) error {
	if err := l.activePool(ctx); err != nil {
		return err
	}
	out, err := l.donate(ctx)
	if err != nil {
		return err
	}
	tx, err := l.spendEscrow(ctx, out, donation)
	if err != nil {
		return err
	}
	for _, x := range []*node{l.alpha, l.stock} {
		_, err := x.SendRaw(ctx, tx.Bytes())
		var refused *pasteld.RPCError
		if !errors.As(err, &refused) {
			return fmt.Errorf("the mempool of %s accepted a transaction that spends escrow: %w", x.name, err)
		}
		n.saw("the mempool of %s refuses: %s", x.name, refused.Message)
	}
	b, err := forge(ctx, l.alpha, tx)
	if err != nil {
		return err
	}
	said, err := submit(ctx, l.alpha, b)
	if err != nil {
		return err
	}
	if !strings.Contains(said, "smartpool-") {
		return fmt.Errorf("submitblock of an unauthorized spend on alpha: %q", said)
	}
	n.saw("submitblock on an upgraded node: %s", said)
	if spent, err := l.spent(ctx, out); err != nil || spent {
		return fmt.Errorf("alpha's index lists an output as spent that the refused block spends: %w", err)
	}
	n.saw("the refused block left nothing in the node's index of spent outputs")
	return l.stockSpends(ctx, n, b)
}

// spent asks alpha's index whether an output is spent.
func (l *lab) spent(ctx context.Context, out pastel.OutPoint) (bool, error) {
	_, err := l.alpha.raw(ctx, "getspentinfo", map[string]any{"txid": out.TxID.String(), "index": out.Vout})
	var refused *pasteld.RPCError
	if errors.As(err, &refused) && strings.Contains(refused.Message, "Unable to get spent info") {
		return false, nil
	}
	return err == nil, err
}

// stockSpends submits a block to a stock node that upgraded nodes must refuse. The stock node accepts and relays it; the network continues
// without it.
func (l *lab) stockSpends(ctx context.Context, n *notes, b *pastel.Block) error {
	said, err := submit(ctx, l.stock, b)
	if err != nil || said != "" {
		return fmt.Errorf("submitblock on the stock node: %q %w", said, err)
	}
	err = until(ctx, "the block to reach alpha", patience, func() (bool, string, error) {
		seen, err := l.alpha.knows(ctx, b.Hash())
		return seen, "it has not", err
	})
	if err != nil {
		return err
	}
	height, hash, err := l.alpha.Tip(ctx)
	if err != nil {
		return err
	}
	if hash == b.Hash() {
		return errors.New("alpha accepted a block that spends escrow")
	}
	n.saw("a stock node accepted and relayed the block; the upgraded nodes stay at block %d", height)
	if err := l.reconnect(ctx, l.stock); err != nil {
		return err
	}
	if err := l.generate(ctx, l.alpha, 2); err != nil {
		return err
	}
	if err := l.together(ctx); err != nil {
		return err
	}
	n.saw("two blocks later the stock node is on the upgraded nodes' chain")
	return nil
}
