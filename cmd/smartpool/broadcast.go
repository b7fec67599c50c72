package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/pastel"
)

// broadcast hands the node the payouts that can be mined. One that is refused does not keep the others back.
func (c *payoutsCmd) broadcast(ctx context.Context, e *env, r *remote, list []api.Payout) error {
	node, err := c.wallet(ctx, r.net)
	if err != nil {
		return err
	}
	var due []api.Payout
	var b strings.Builder
	for _, po := range list {
		if po.Status == "pending" && po.From.Height <= r.status.Tip.Height+1 {
			due = append(due, po)
			fmt.Fprintf(&b, "\n  %s: %s PSL to %s of pool %s", po.TxID, po.Amount, counted(po.Outputs, "output"), short(po.Pool))
		}
	}
	if len(due) > 0 {
		if err := e.confirm(c.Yes, "To broadcast:"+b.String()); err != nil {
			return err
		}
	}
	sent := 0
	var refused []string
	for _, po := range due {
		raw, err := r.payout(ctx, po.TxID)
		if err == nil {
			_, err = node.SendRaw(ctx, raw)
		}
		if err != nil {
			refused = append(refused, fmt.Sprintf("%s: %v", po.TxID, err))
			continue
		}
		sent++
		e.note("Broadcast %s.", po.TxID)
	}
	if e.json {
		err = printJSON(e.out, map[string]int{"broadcast": sent})
	} else {
		_, err = fmt.Fprintf(e.out, "%d broadcast.\n", sent)
	}
	if err == nil && len(refused) > 0 {
		err = fmt.Errorf("%s not broadcast:\n  %s", counted(len(refused), "payout"), strings.Join(refused, "\n  "))
	}
	return err
}

// payout asks for the transaction of a payout, which has to be the one that was asked for.
func (r *remote) payout(ctx context.Context, txid string) ([]byte, error) {
	d, err := fetch[api.PayoutDetail](r.Payout(ctx, txid))
	if err != nil {
		return nil, err
	}
	raw, err := hex.DecodeString(d.Hex)
	if err != nil {
		return nil, fmt.Errorf("the daemon gives no transaction: run the same release as it")
	}
	tx, err := pastel.ParseTx(raw)
	if err != nil || tx.ID().String() != txid {
		return nil, fmt.Errorf("the daemon gives another transaction for it: ask another daemon")
	}
	return raw, nil
}
