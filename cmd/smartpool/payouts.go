package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

type payoutsCmd struct {
	apiFlags
	Pool    string `type:"pool" placeholder:"POOL" help:"Only this pool, by id or label."`
	Address string `type:"id" placeholder:"ADDRESS" help:"Only payouts to this address."`
	All     bool   `help:"Include payouts that were mined or cancelled."`
}

// Run lists payouts.
func (c *payoutsCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	q := wire.PayoutQuery{OfAddress: wire.OfAddress{Address: c.Address}}
	if c.Pool != "" {
		p, err := r.VerifiedPool(ctx, c.Pool)
		if err != nil {
			return err
		}
		q.Pool = p.ID
	}
	if !c.All {
		q.Status = "pending"
	}
	list, err := journey.Listing(&q.Page, func() (wire.List[wire.Payout], error) { return r.Payouts(ctx, q) })
	if err != nil {
		return err
	}
	if e.JSON {
		return terminal.PrintJSON(e.Out, list)
	}
	var b strings.Builder
	if printPayouts(&b, list); len(list) == 0 {
		b.WriteString("\nNo payout is waiting. --all lists those that were mined or cancelled.\n")
	} else {
		b.WriteString("\nUpgraded miners include due payouts in their blocks for free. No one signs or broadcasts them.\n")
	}
	_, err = fmt.Fprint(e.Out, strings.TrimPrefix(b.String(), "\n"))
	return err
}

func printPayouts(b *strings.Builder, list []wire.Payout) {
	for _, po := range list {
		state := fmt.Sprintf("can be mined from %s on", journey.When(po.From))
		switch {
		case po.Paid != nil:
			state = "mined in " + journey.When(*po.Paid)
		case po.Cancelled != nil:
			state = "not mined in time, cancelled in " + journey.When(*po.Cancelled) + "; owed again"
		case !po.From.Estimated:
			state = fmt.Sprintf("due since %s; the next upgraded miner's block includes it", journey.When(po.From))
		}
		fmt.Fprintf(b, "\nPayout %s of pool %s\n  %s PSL to %d addresses, settled in %s\n  %s\n", po.TxID, pastel.Short(po.Pool), po.Amount, po.Outputs, journey.When(po.Settled), state)
	}
}
