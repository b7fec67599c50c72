package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/pastel"
)

type myCmd struct {
	who
	Each bool `help:"Show each pledge; else those of a pool with the same role are added up."`
}

// Run shows what I have.
func (c *myCmd) Run(e *env) error {
	ctx, stop := interruptible()
	defer stop()
	_, list, err := c.accounts(ctx, e)
	if err != nil {
		return err
	}
	if e.json {
		return printJSON(e.out, list)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(e.out, "No pledge yet: smartpool pools compares pools, smartpool join POOL pledges.")
		return err
	}
	var b strings.Builder
	for i := range list {
		if i > 0 {
			b.WriteString("\n")
		}
		tellAccount(&b, &list[i], c.Each)
	}
	_, err = fmt.Fprint(e.out, trailing.ReplaceAllString(b.String(), "\n"))
	return err
}

func tellAccount(b *strings.Builder, a *api.Account, each bool) {
	fmt.Fprintf(b, "%s", nameOf(a))
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
		t := newTable([]any{"Pool", "Status", "Role", "PSL", "Share %", "Accrued PSL", "Pledged address", "Settles (block, UTC)"}, 4, 5, 6)
		ids := make([]string, len(a.Positions))
		for i := range a.Positions {
			ids[i] = a.Positions[i].Pool
		}
		name := labels(ids)
		for _, h := range holdings(a.Positions, each) {
			t.AppendRow([]any{
				name(h.Pool), h.Status, h.Role, h.Coins, h.share(), psl(h.Accrued), h.where(), brief(h.NextSettlement),
			})
		}
		fmt.Fprintf(b, "%s\n\n", t.Render())
	} else {
		b.WriteString("No live pledge.\n\n")
	}
	fmt.Fprintf(b, "Accrued   %14s PSL  earned since the last settlement; lost by leaving before the next\n", psl(a.Accrued))
	fmt.Fprintf(b, "Claims    %14s PSL  settled, go into the next payout\n", psl(a.Claimed))
	var pending pastel.Amount
	for _, p := range a.Pending {
		pending += p.Amount
	}
	fmt.Fprintf(b, "On the way%14s PSL  in payouts that are settled and not mined\n", psl(pending))
	fmt.Fprintf(b, "Paid      %14s PSL  so far\n", psl(a.Paid))
	if len(a.Pending) > 0 {
		b.WriteString("\nPayouts on the way\n")
	}
	for _, p := range a.Pending {
		to := p.Address
		if p.Addresses != 1 {
			to = fmt.Sprintf("%d addresses", p.Addresses)
		}
		fmt.Fprintf(b, "  %s PSL of pool %s to %s, from %s on\n    %s\n", p.Amount, short(p.Pool), to, when(p.From), p.Payout)
	}
}

// holding is a pledge, or all that an account has in a pool in the same role.
type holding struct {
	api.Position
	pledges []api.Position
}

// holdings adds up the pledges of a pool that have the same role, unless each is wanted.
func holdings(list []api.Position, each bool) (sums []holding) {
	for _, p := range list {
		i := slices.IndexFunc(sums, func(h holding) bool { return !each && h.Pool == p.Pool && h.Role == p.Role })
		if i < 0 {
			sums = append(sums, holding{p, []api.Position{p}})
			continue
		}
		h := &sums[i]
		h.pledges = append(h.pledges, p)
		h.Coins += p.Coins
		h.Accrued += p.Accrued
		h.Leaving.Forfeits += p.Leaving.Forfeits
		if h.Leaving.Better == nil {
			h.Leaving.Better = p.Leaving.Better
		}
	}
	return sums
}

// share is its part of the members' coins, in percent.
func (h *holding) share() string {
	if h.Role != "member" || h.MemberCoins <= 0 {
		return "-"
	}
	return hundredths(h.Coins * 10_000 / h.MemberCoins)
}

// where names the pledged address, or counts them.
func (h *holding) where() string {
	if len(h.pledges) == 1 {
		return h.Address
	}
	return counted(len(h.pledges), "pledge")
}
