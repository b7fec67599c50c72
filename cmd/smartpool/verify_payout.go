package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/audit"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
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
	state, err := c.state()
	if err != nil {
		return err
	}
	trace := audit.TracePayout(id)
	if err := c.recompute(ctx, e, state, -1, trace.Watch); err != nil {
		return err
	}
	tip := state.Tip()
	po, found := trace.Payout()
	if !found {
		return unknownf("unknown: no settlement up to block %d made transaction %s: it is no payout, or none of this chain", tip.Height, id)
	}
	if e.JSON {
		return terminal.PrintJSON(e.Out, map[string]any{"verdict": "ok", "txid": id.String(), "pool": po.Pool, "settled": po.Settled, "state": po.Outcome(), "digest": fmt.Sprintf("%x", tip.Digest), "shadow": state.Shadow()})
	}
	var b strings.Builder
	b.WriteString(shadowLabel(state))
	fmt.Fprintf(&b, "ok: payout %s of pool %s\nsettled in block %d, %s\nRecomputed from %d raw blocks; ledger digest %x\n", id, po.Pool, po.Settled, po.Outcome(), tip.Height+1, tip.Digest)
	net := state.Params().Network
	t := terminal.NewTable([]any{"To", "PSL"}, 2)
	for _, o := range po.Outputs {
		t.AppendRow([]any{o.To.Encode(&net), terminal.PSL(o.Amount)})
	}
	fmt.Fprintf(&b, "%s\n%s PSL back to escrow\n", t.Render(), po.Change)
	_, err = fmt.Fprint(e.Out, b.String())
	return err
}
