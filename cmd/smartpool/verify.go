package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
)

type verifyCmd struct {
	Payout verifyPayoutCmd `cmd:"" help:"Verify a payout against raw blocks (auditor)."`
	Pool   verifyPoolCmd   `cmd:"" help:"Verify a daemon's books of a pool against raw blocks (auditor)."`
}

// auditFlags say which node's blocks to read.
type auditFlags struct {
	nodeFlags
	networkFlags
	ShadowFrom int32 `default:"-1" placeholder:"HEIGHT" help:"Start a shadow run at this block, on a network that does not enforce the rules."`
}

func (f *auditFlags) audit(e *terminal.Terminal) *journey.Audit {
	return &journey.Audit{Node: f.at(), Network: f.Network, ShadowFrom: pastel.Height(f.ShadowFrom), Progress: e.Progress}
}

type verifyPayoutCmd struct {
	auditFlags
	TxID string `type:"hex" arg:"" name:"txid" help:"The payout's transaction id."`
}

// Run says ok, wrong or unknown.
func (c *verifyPayoutCmd) Run(ctx context.Context, e *terminal.Terminal) error {
	id, err := pastel.ParseTxID(c.TxID)
	if err != nil {
		return terminal.Usagef("%s is not a transaction id; want 64 hex digits", visible.Name(c.TxID))
	}
	x, err := c.audit(e).Payout(ctx, id)
	if err != nil {
		return err
	}
	if e.JSON {
		return terminal.PrintJSON(e.Out, map[string]any{
			"verdict": "ok", "txid": id.String(), "pool": x.Pool, "settled": x.Settled, "state": x.Outcome(), "digest": x.Digest, "shadow": x.Shadow,
		})
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%sok: payout %s of pool %s\nsettled in block %d, %s\nRecomputed from %d raw blocks; ledger digest %s\n", x.Label, id, x.Pool, x.Settled, x.Outcome(),
		x.Height+1, x.Digest)
	t := terminal.NewTable(e.Width, []any{"To", "PSL"}, 2)
	for _, o := range x.To {
		t.AppendRow([]any{o.Address, terminal.PSL(o.Amount)})
	}
	fmt.Fprintf(&b, "%s\n%s PSL back to escrow\n", t.Render(), x.Change)
	_, err = fmt.Fprint(e.Out, b.String())
	return err
}

type verifyPoolCmd struct {
	apiFlags
	auditFlags
	Pool string `type:"pool" arg:"" help:"The pool's id or label."`
}

// Run compares a daemon's books of a pool with what the rules compute from raw blocks.
func (c *verifyPoolCmd) Run(ctx context.Context, e *terminal.Terminal) error {
	r, err := c.dial(ctx, e)
	if err != nil {
		return &journey.UnknownError{Err: err}
	}
	p, err := r.AskedPool(ctx, c.Pool)
	if err != nil {
		return err
	}
	c.Network = r.Net.Name
	if c.ShadowFrom < 0 && r.State.Shadow {
		c.ShadowFrom = r.State.Start
	}
	x, err := c.audit(e).Pool(ctx, &p)
	if err != nil {
		return err
	}
	right := len(x.Differences) == 0
	if e.JSON {
		verdict := map[bool]string{true: "ok", false: "wrong"}[right]
		doc := map[string]any{"verdict": verdict, "pool": p.ID, "height": x.Height, "compared": x.Compared, "differences": x.Differences, "shadow": x.Shadow}
		if err := terminal.PrintJSON(e.Out, doc); err != nil {
			return err
		}
	}
	if !right {
		list := make([]string, len(x.Differences))
		for i, d := range x.Differences {
			list[i] = d.String()
		}
		return fmt.Errorf("wrong: the daemon's books of pool %s differ from raw blocks:\n  %s", p.ID, strings.Join(list, "\n  "))
	}
	if !e.JSON {
		_, err = fmt.Fprintf(e.Out, "%sok: pool %s, recomputed from %d raw blocks, up to block %d. These agree:\n%s\n"+
			"Not compared: estimates and what follows from them (yields, forecast, critical members, future dates).\nLedger digest %s\n",
			x.Label, p.ID, x.Height+1, x.Height, terminal.Paragraph(strings.Join(x.Compared, ", ")), p.Tip.Digest)
	}
	return err
}
