package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

type poolsCmd struct {
	apiFlags
	All   bool   `help:"Include pools that accept no pledges now, and pools that have ended."`
	Coins int64  `default:"0" placeholder:"PSL" help:"Show what each pool would yield including your pledge of so many PSL."`
	Sort  string `enum:"opened,counted,members,room,fee" default:"opened" help:"Sort by when the pool opened, its counted coins, its pledges that earn, the coins it still has room for, or its fee (${enum})."`
}

// Run compares pools.
func (c *poolsCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	list, err := journey.Advised(r.AllPools(ctx, wire.PoolQuery{Open: !c.All, Coins: c.Coins, Sort: c.Sort}))
	if err != nil {
		return err
	}
	if e.JSON {
		return terminal.PrintJSON(e.Out, list)
	}
	if len(list.Items) == 0 {
		none := "No pool accepts pledges now. smartpool pools --all lists the others."
		if c.All {
			none = "No pool has been opened yet."
		}
		_, err := fmt.Fprintln(e.Out, none)
		return err
	}
	operators, err := journey.Advised(r.AllOperators(ctx, wire.OperatorQuery{}))
	if err != nil {
		return err
	}
	records, alike := map[string]string{}, map[string]bool{}
	for _, o := range operators.Items {
		records[o.PastelID] = fmt.Sprintf("%d; %s", o.Reputation, terminal.Counted(o.Opened, "pool"))
		if failed := o.Pools["dissolved"] + o.Pools["expired"] + o.Pools["closed"]; failed > 0 {
			records[o.PastelID] += fmt.Sprintf(", %d failed", failed)
		}
		alike[o.PastelID] = o.Alike
	}
	ids := make([]string, len(list.Items))
	for i := range list.Items {
		ids[i] = list.Items[i].ID
	}
	name := labels(ids)
	columns := []any{"Pool", "Status", "Operator", "Record", "Fee %", "Filled PSL", "Cushion", "Minimum", "Yield %/yr"}
	right := []int{5, 6, 7, 8, 9}
	with := ""
	if c.Coins > 0 {
		with = fmt.Sprintf("With %d: the yield including a new pledge of so many PSL; standby earns nothing until the pool lacks coins.\n", c.Coins)
		columns = append(columns, fmt.Sprintf("With %d", c.Coins))
		right = append(right, 10)
	}
	t := terminal.NewTable(e.Width, columns, right...)
	t.SetColumnConfigs(append(terminal.RightAligned(right...), terminal.Narrow(1, 12), terminal.Names(3, 13), terminal.Narrow(4, 11), terminal.Numbers(6, 10)))
	for i := range list.Items {
		p := &list.Items[i]
		have := p.Counted
		if p.Status == "subscribing" {
			have = p.Offered
		}
		cushion := any(p.Cushion)
		if p.Status == "subscribing" || p.Ended != nil {
			cushion = "-"
		}
		row := []any{
			name(p.ID), visible.Text(p.Status), visible.Name(p.Company) + "\n" + narrowed(p.Operator), records[p.Operator], p.Fee, fmt.Sprintf("%d of %d", have, p.Target), cushion,
			orDash(p.LeastPledge), percentOf(p.Yield),
		}
		if c.Coins > 0 {
			yield := percentOf(p.YieldWith)
			if p.Waits {
				yield = "standby"
			}
			row = append(row, yield)
		}
		t.AppendRow(row)
	}
	if slices.ContainsFunc(list.Items, func(p wire.Pool) bool { return alike[p.Operator] }) {
		with += "Several operators use the same name, or names that look alike: tell them apart by their PastelIDs.\n"
	}
	_, err = fmt.Fprintf(e.Out, "%s\n\nRecord: the operator's reputation (of 100) and number of pools; failed pools were dissolved or never started.\n"+
		"Yield: what one PSL earned in the last 30 days after the fee, as a yearly rate; * marks the average of active pools.\n%s"+
		"smartpool join POOL shows all terms before you sign anything.\n", t.Render(), with)
	return err
}

// narrowed abbreviates a PastelID for a narrow column, to the beginning and end of its usual short form.
func narrowed(id string) string {
	const head, tail = 6, 6
	if len(id) <= head+tail+1 {
		return id
	}
	return id[:head] + "…" + id[len(id)-tail:]
}

// labels returns the labels of pools, or the full id where the labels of several pools are the same or look alike.
func labels(ids []string) func(id string) string {
	of := map[string]string{}
	for _, id := range ids {
		looks := visible.Skeleton(ticket.PoolID(id).Label())
		if other, taken := of[looks]; taken && other != id {
			of[looks] = ""
		} else {
			of[looks] = id
		}
	}
	return func(id string) string {
		if label := ticket.PoolID(id).Label(); of[visible.Skeleton(label)] == id {
			return visible.Text(label)
		}
		return visible.Text(id)
	}
}

func orDash(n int64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

func percentOf(y *wire.Yield) string {
	switch {
	case y == nil:
		return "-"
	case y.Basis == "network":
		return y.About() + "*"
	}
	return y.About()
}
