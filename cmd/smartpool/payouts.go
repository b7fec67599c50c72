package main

import (
	"context"
	"encoding/hex"
	"fmt"
	"net/http"
	"strings"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/api/client"
)

type payoutsCmd struct {
	apiFlags
	nodeFlags
	Pool      string `help:"Only of this pool: id or label."`
	Address   string `help:"Only those that pay this address."`
	All       bool   `help:"Also those that were mined or cancelled."`
	Broadcast bool   `help:"Broadcast what can be mined. Anyone may: nobody can change a payout."`
}

// Run lists payouts, and broadcasts those that are due.
func (c *payoutsCmd) Run(e *env) error {
	ctx, stop := interruptible()
	defer stop()
	r, err := c.dial(ctx, e)
	if err != nil {
		return err
	}
	params := client.PayoutsParams{Address: optional(c.Address)}
	if c.Pool != "" {
		p, err := r.pool(ctx, c.Pool)
		if err != nil {
			return err
		}
		params.Pool = &p.ID
	}
	if pending := client.PayoutsParamsStatusPending; !c.All {
		params.Status = &pending
	}
	list, err := listing[api.Payout](func(cursor *string) (*http.Response, error) {
		params.Cursor = cursor
		return r.Payouts(ctx, &params)
	})
	if err != nil {
		return err
	}
	if c.Broadcast {
		return c.broadcast(ctx, e, r, list)
	}
	if e.json {
		return printJSON(e.out, list)
	}
	var b strings.Builder
	if tellPayouts(&b, list); len(list) == 0 {
		b.WriteString("\nNo payout is waiting. --all shows those that were mined.\n")
	}
	_, err = fmt.Fprint(e.out, strings.TrimPrefix(b.String(), "\n"))
	return err
}

func (c *payoutsCmd) broadcast(ctx context.Context, e *env, r *remote, list []api.Payout) error {
	node, err := c.wallet(ctx, r.net)
	if err != nil {
		return err
	}
	sent := 0
	for _, po := range list {
		if po.Status != "pending" || po.From.Height > r.status.Tip.Height+1 {
			continue
		}
		d, err := fetch[api.PayoutDetail](r.Payout(ctx, po.TxID))
		if err != nil {
			return err
		}
		raw, err := hex.DecodeString(d.Hex)
		if err != nil {
			return fmt.Errorf("the daemon's payout %s is no transaction: run the same release as it", po.TxID)
		}
		if _, err := node.SendRaw(ctx, raw); err != nil {
			return fmt.Errorf("payout %s: %w", po.TxID, err)
		}
		sent++
		e.note("Broadcast %s: %s PSL to %d addresses.", po.TxID, po.Amount, po.Outputs)
	}
	if e.json {
		return printJSON(e.out, map[string]int{"broadcast": sent})
	}
	_, err = fmt.Fprintf(e.out, "%d broadcast.\n", sent)
	return err
}

func tellPayouts(b *strings.Builder, list []api.Payout) {
	for _, po := range list {
		state := fmt.Sprintf("can be mined from %s on", when(po.From))
		switch {
		case po.Paid != nil:
			state = "mined in " + when(*po.Paid)
		case po.Cancelled != nil:
			state = "not mined in time, cancelled in " + when(*po.Cancelled) + "; owed again"
		case !po.From.Estimated:
			state = fmt.Sprintf("DUE since %s: broadcast it with smartpool payouts --broadcast", when(po.From))
		}
		fmt.Fprintf(b, "\nPayout %s of pool %s\n  %s PSL to %d addresses, settled in %s\n  %s\n", po.TxID, short(po.Pool), po.Amount, po.Outputs, when(po.Settled), state)
	}
}
