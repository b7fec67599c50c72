package main

import (
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/api"
)

type leaveCmd struct {
	who
	Pool string `help:"Only this pool."`
}

// Run says what leaving costs. Leaving itself is spending the coins, with any wallet.
func (c *leaveCmd) Run(e *env) error {
	ctx, stop := interruptible()
	defer stop()
	_, list, err := c.accounts(ctx, e)
	if err != nil {
		return err
	}
	if e.json {
		return printJSON(e.out, list)
	}
	var b strings.Builder
	for i := range list {
		for _, h := range api.Holdings(list[i].Positions, false) {
			if c.Pool != "" && h.Pool != c.Pool && !strings.HasPrefix(h.Pool, c.Pool+".") {
				continue
			}
			if b.Len() > 0 {
				b.WriteString("\n")
			}
			c.tell(&b, &h, list[i].Reputation)
		}
	}
	if b.Len() == 0 {
		b.WriteString("There is no live pledge to leave.\n")
	}
	_, err = fmt.Fprint(e.out, trailing.ReplaceAllString(b.String(), "\n"))
	return err
}

func (c *leaveCmd) tell(b *strings.Builder, h *api.Holding, reputation int) {
	many := len(h.Pledges) > 1
	fmt.Fprintf(b, "%s in pool %s with %d PSL (%s", short(h.PastelID), h.Pool, h.Coins, h.Role)
	if many {
		fmt.Fprintf(b, ", %d pledges", len(h.Pledges))
	}
	fmt.Fprintf(b, ")\n  Leaving in the next block loses %s PSL and %d points of reputation (of %d).\n", h.Leaving.Forfeits, h.Leaving.Reputation, reputation)
	switch {
	case h.Leaving.Better != nil:
		fmt.Fprintf(b, "  From %s on, what is earned so far is settled and cannot be lost.\n", when(*h.Leaving.Better))
	case h.Leaving.Forfeits == 0:
		b.WriteString("  Nothing that was earned would be lost.\n")
	}
	what := "the coins of " + h.Address
	if many {
		b.WriteString("  Points are lost once a block, however many of a pool's pledges leave in it.\n")
		what = "the coins of these addresses"
	}
	fmt.Fprintf(b, "  To leave, spend %s to another address, with any wallet.\n  A wallet that locked them has to be told so: lockunspent true.\n", what)
	if !many {
		return
	}
	t := newTable([]any{"Pledged address", "PSL", "Leaving loses PSL"}, 2, 3)
	for _, p := range h.Pledges {
		t.AppendRow([]any{p.Address, p.Coins, psl(p.Leaving.Forfeits)})
	}
	fmt.Fprintf(b, "\n%s\n", t.Render())
}
