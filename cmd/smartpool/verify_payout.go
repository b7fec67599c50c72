package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

type verifyPayoutCmd struct {
	auditFlags
	TxID string `arg:"" name:"txid" help:"Transaction of the payout."`
}

// Run says ok, wrong or unknown.
func (c *verifyPayoutCmd) Run(ctx context.Context, e *terminal.Terminal) error {
	id, err := pastel.ParseTxID(c.TxID)
	if err != nil {
		return terminal.Usagef("%q is no transaction id: want 64 hex digits", terminal.Printable(c.TxID))
	}
	var po *pool.Payout
	mined := pastel.Height(-1)
	state, err := c.recompute(ctx, e, -1, func(u *pool.Update) {
		for i := range u.Settled {
			if u.Settled[i].Tx.ID() == id {
				po = &u.Settled[i]
			}
		}
		for i := range u.Events {
			if x := &u.Events[i]; x.Type == pool.PayoutPaid && x.TxID == id {
				mined = u.Height
			}
		}
	})
	if err != nil {
		return err
	}
	tip := state.Tip()
	if po == nil {
		return unknownf("unknown: no settlement up to block %d made transaction %s: it is no payout, or none of this chain", tip.Height, id)
	}
	outcome := fmt.Sprintf("can be mined from block %d to %d", po.ValidFrom, po.ValidTo)
	switch {
	case mined >= 0:
		outcome = fmt.Sprintf("mined in block %d", mined)
	case tip.Height >= po.ValidTo:
		outcome = fmt.Sprintf("cancelled in block %d, as it was not mined: what it would have paid is in later payouts", po.ValidTo)
	}
	if e.JSON {
		return terminal.PrintJSON(e.Out, map[string]any{"verdict": "ok", "txid": id.String(), "pool": po.Pool, "settled": po.Settled, "state": outcome, "digest": fmt.Sprintf("%x", tip.Digest), "shadow": state.Shadow()})
	}
	var b strings.Builder
	b.WriteString(shadowLabel(state))
	fmt.Fprintf(&b, "ok: payout %s of pool %s\nsettled in block %d, %s\nRecomputed from %d raw blocks; ledger digest %x\n", id, po.Pool, po.Settled, outcome, tip.Height+1, tip.Digest)
	net := state.Network()
	t := terminal.NewTable([]any{"To", "PSL"}, 2)
	for _, o := range po.Outputs {
		t.AppendRow([]any{o.To.Encode(&net), terminal.PSL(o.Amount)})
	}
	fmt.Fprintf(&b, "%s\n%s PSL back to escrow\n", t.Render(), po.Change)
	_, err = fmt.Fprint(e.Out, b.String())
	return err
}
