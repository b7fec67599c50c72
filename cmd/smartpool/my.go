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
	"github.com/pastelnetwork/smartpool/wire"
)

type myCmd struct {
	who
	Each bool `help:"Show each pledge; else those of a pool with the same role are added up."`
}

// Run shows what I have.
func (c *myCmd) Run(ctx context.Context, e *terminal.Terminal) error {
	_, list, err := c.accounts(ctx, e)
	if err != nil {
		return err
	}
	if e.JSON {
		return terminal.PrintJSON(e.Out, list)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(e.Out, "No pledge yet: smartpool pools compares pools, smartpool join POOL pledges.")
		return err
	}
	var b strings.Builder
	for i := range list {
		if i > 0 {
			b.WriteString("\n")
		}
		tellAccount(&b, &list[i], c.Each)
	}
	_, err = fmt.Fprint(e.Out, terminal.Trimmed(b.String()))
	return err
}

func tellAccount(b *strings.Builder, a *wire.Account, each bool) {
	fmt.Fprintf(b, "%s", journey.AccountName(a))
	switch {
	case a.EscrowOf != "":
		fmt.Fprintf(b, "\nThis is the escrow of pool %s. Never send coins there: they would be shared out.", a.EscrowOf)
	case a.PastelID != "" && a.Registered:
		fmt.Fprintf(b, ", reputation %d of 100", a.Reputation)
	case a.PastelID != "":
		b.WriteString(", not registered: it must be before it can pledge")
	}
	fmt.Fprintf(b, "\nBlock %d, %s UTC\n\n", a.Tip.Height, a.Tip.Time.UTC().Format("2006-01-02 15:04"))
	if len(a.Positions) > 0 {
		t := terminal.NewTable([]any{"Pool", "Status", "Role", "Counts PSL", "Offers PSL", "Share %", "Accrued PSL", "Pledged address", "Settles (block, UTC)"}, 4, 5, 6, 7)
		t.SetColumnConfigs(append(terminal.RightAligned(6, 7), terminal.Narrow(1, 12), terminal.Numbers(4, 6), terminal.Numbers(5, 6)))
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
			until := "a pool needs them"
			if slices.ContainsFunc(a.Positions, func(p wire.Position) bool { return p.Role == "plain" }) {
				until = "a pool starts with them, or needs them"
			}
			if a.Counted == 0 {
				fmt.Fprintf(b, "Of %d PSL offered, none count yet: all wait until %s, and earn nothing before.\n\n", a.Offered, until)
			} else {
				fmt.Fprintf(b, "Of %d PSL offered, %d PSL count: they back a Supernode and earn. The other %d PSL wait until %s.\n\n", a.Offered, a.Counted, waiting, until)
			}
		}
		if a.PastelID != "" {
			tellRewards(b, a.Positions, name, each)
		}
	} else {
		b.WriteString("No live pledge.\n\n")
	}
	fmt.Fprintf(b, "Accrued   %14s PSL  earned since the last settlement; lost by leaving before the next\n", terminal.PSL(a.Accrued))
	fmt.Fprintf(b, "Claims    %14s PSL  settled, go into the next payout\n", terminal.PSL(a.Claimed))
	var pending pastel.Amount
	for _, p := range a.Pending {
		pending += p.Amount
	}
	fmt.Fprintf(b, "On the way%14s PSL  in payouts that are settled and not mined\n", terminal.PSL(pending))
	fmt.Fprintf(b, "Paid      %14s PSL  so far\n", terminal.PSL(a.Paid))
	if len(a.SharedWith) > 0 {
		fmt.Fprintf(b, "Mind that pools pay these to the same address, and what is not accrued is of all together:\n  %s\n",
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

// tellRewards says where the rewards of pledges go: the addresses now in force, which an amendment may have changed after the last payout.
func tellRewards(b *strings.Builder, list []wire.Position, name func(pool string) string, each bool) {
	const most = 6 // addresses, unless each is wanted
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
		fmt.Fprintf(b, "Rewards go to %d addresses: --each lists them.\n\n", len(order))
		return
	}
	for _, address := range order {
		fmt.Fprintf(b, "Rewards of %s go to %s.\n", strings.Join(pools[address], ", "), address)
	}
	b.WriteString("\n")
}

// backedBy abbreviates the pledged address, which leave gives in full, or counts the pledges.
func backedBy(h *client.Holding) string {
	if len(h.Pledges) == 1 {
		return pastel.Short(h.Address)
	}
	return terminal.Counted(len(h.Pledges), "pledge")
}
