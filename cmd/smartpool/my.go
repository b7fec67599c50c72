package main

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

type myCmd struct {
	who
	Each bool `help:"Show each pledge, instead of one row per pool and role."`
}

// Run shows the member's pledges, earnings and payouts.
func (c *myCmd) Run(ctx context.Context, e *terminal.Terminal) error {
	_, list, err := c.accounts(ctx, e)
	if err != nil {
		return err
	}
	if e.JSON {
		return terminal.PrintJSON(e.Out, list)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(e.Out, nobody("my")+" smartpool pools compares pools; smartpool join POOL pledges coins.")
		return err
	}
	var b strings.Builder
	for i := range list {
		if i > 0 {
			b.WriteString("\n")
		}
		printAccount(&b, &list[i], c.Each, e.Width)
	}
	_, err = fmt.Fprint(e.Out, terminal.Trimmed(b.String()))
	return err
}

func printAccount(b *strings.Builder, a *wire.Account, each bool, width int) {
	fmt.Fprintf(b, "%s", journey.AccountName(a))
	switch {
	case a.EscrowOf != "":
		fmt.Fprintf(b, "\nThis is the escrow of pool %s. Never send coins there: the pool would share them out.", a.EscrowOf)
	case a.PastelID != "" && a.Registered:
		fmt.Fprintf(b, ", reputation %d of 100", a.Reputation)
	case a.PastelID != "":
		b.WriteString(", not registered; register it before you pledge")
	}
	fmt.Fprintf(b, "\nBlock %d, %s UTC\n\n", a.Tip.Height, terminal.Date(a.Tip.Time))
	printOutlook(b, a)
	if len(a.Positions) > 0 {
		t := terminal.NewTable(width, []any{"Pool", "Status", "Role", "Counted PSL", "Offered PSL", "Share %", "Accrued PSL", "Pledged address", "Settles (block, UTC)"}, 4, 5, 6, 7)
		t.SetColumnConfigs(append(terminal.RightAligned(6, 7), terminal.Narrow(1, 12), terminal.Numbers(4, 7), terminal.Numbers(5, 7)))
		ids := make([]string, len(a.Positions))
		for i := range a.Positions {
			ids[i] = a.Positions[i].Pool
		}
		name := labels(ids)
		for _, h := range client.Holdings(a.Positions, each) {
			t.AppendRow([]any{
				name(h.Pool), h.Status, h.Role, h.Counted, h.Offered, h.Part(), terminal.PSL(h.Accrued), backedBy(&h), journey.Brief(h.NextSettlement),
			})
		}
		fmt.Fprintf(b, "%s\n\n", t.Render())
		if waiting := a.Offered - a.Counted; waiting > 0 {
			until := "a pool lacks coins"
			if slices.ContainsFunc(a.Positions, func(p wire.Position) bool { return p.Role == "plain" }) {
				until = "the operator activates the pool, or a pool lacks coins"
			}
			if a.Counted == 0 {
				fmt.Fprintf(b, "Of %d PSL offered, none count yet. They wait, and earn nothing, until %s.\n\n", a.Offered, until)
			} else {
				fmt.Fprintf(b, "Of %d PSL offered, %d PSL count: they back a Supernode and earn. The other %d PSL wait, and earn nothing, until %s.\n\n", a.Offered, a.Counted, waiting, until)
			}
		}
		if a.PastelID != "" {
			printRewards(b, a.Positions, name, each)
		}
	} else {
		b.WriteString("No live pledge.\n\n")
	}
	fmt.Fprintf(b, "Accrued   %14s PSL  earned since the last settlement; you forfeit it if you leave before the next\n", terminal.PSL(a.Accrued))
	fmt.Fprintf(b, "Claims    %14s PSL  settled, awaiting payout\n", terminal.PSL(a.Claimed))
	fmt.Fprintf(b, "On the way%14s PSL  in payouts that are not mined yet\n", terminal.PSL(a.OnTheWay))
	fmt.Fprintf(b, "Paid      %14s PSL  so far\n", terminal.PSL(a.Paid))
	if len(a.SharedWith) > 0 {
		fmt.Fprintf(b, "Note: these share the address. All amounts above except Accrued are their sum:\n  %s\n",
			strings.Join(a.SharedWith, "\n  "))
	}
	if len(a.Pending) > 0 {
		b.WriteString("\nPayouts on the way\n")
	}
	for _, p := range a.Pending {
		to := p.Address
		if p.Addresses != 1 {
			to = fmt.Sprintf("%d addresses", p.Addresses)
		}
		fmt.Fprintf(b, "  %s PSL of pool %s to %s\n    %s, from %s on\n", p.Amount, pastel.Short(p.Pool), to, p.Payout, journey.When(p.From))
	}
}

// printOutlook says what is wrong, and what the account may expect.
func printOutlook(b *strings.Builder, a *wire.Account) {
	o := &a.Outlook
	for i := range o.Concerns {
		c := &o.Concerns[i]
		what, means := client.Concern(c)
		fmt.Fprintf(b, "! %s Pool %s: %s", what, ticket.PoolID(c.Pool).Label(), means)
		if c.Until != nil {
			fmt.Fprintf(b, " Until %s.", journey.When(*c.Until))
		}
		b.WriteString("\n")
	}
	if len(o.Concerns) > 0 {
		b.WriteString("\n")
	}
	if len(a.Positions)+len(a.Operates)+len(a.Pending)+len(a.Claims) == 0 {
		return
	}
	if o.Daily > 0 {
		fmt.Fprintf(b, "Earns about %s PSL a day. ", o.Daily.Rounded())
	} else {
		b.WriteString("Earns nothing now. ")
	}
	switch n := o.Next; {
	case n == nil:
		b.WriteString("No payment is in sight.")
	case n.Payout == "":
		fmt.Fprintf(b, "Next payment: about %s PSL, from %s on.", n.Amount.Rounded(), journey.When(n.From))
	default:
		fmt.Fprintf(b, "Next payment: %s PSL, from %s on.", n.Amount.Rounded(), journey.When(n.From))
	}
	b.WriteString("\n\n")
}

// printRewards says where the rewards of pledges go now: an amendment may have changed that since the last payout.
func printRewards(b *strings.Builder, list []wire.Position, name func(pool string) string, each bool) {
	const most = 6 // addresses, unless the user wants each
	var order []string
	pools := map[string][]string{} // by address
	for i := range list {
		p := &list[i]
		if pools[p.Reward] == nil {
			order = append(order, p.Reward)
		}
		if label := name(p.Pool); !slices.Contains(pools[p.Reward], label) {
			pools[p.Reward] = append(pools[p.Reward], label)
		}
	}
	switch {
	case len(order) == 1:
		fmt.Fprintf(b, "Rewards go to %s.\n\n", order[0])
		return
	case len(order) > most && !each:
		fmt.Fprintf(b, "Rewards go to %d addresses; --each lists them.\n\n", len(order))
		return
	}
	for _, address := range order {
		fmt.Fprintf(b, "Rewards of %s go to %s.\n", strings.Join(pools[address], ", "), address)
	}
	b.WriteString("\n")
}

// backedBy abbreviates the pledged address, which leave shows in full, or counts the pledges.
func backedBy(h *client.Holding) string {
	if len(h.Pledges) == 1 {
		return pastel.Short(h.Address)
	}
	return terminal.Counted(len(h.Pledges), "pledge")
}
