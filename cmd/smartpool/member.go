package main

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sort"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/api/client"
	"github.com/pastelnetwork/smartpool/pastel"
)

type poolsCmd struct {
	apiFlags
	All   bool  `help:"Also pools that take no pledges now, and those that ended."`
	Coins int64 `default:"0" placeholder:"PSL" help:"Show what each would yield with a pledge of so many PSL in it."`
}

// Run compares pools.
func (c *poolsCmd) Run(e *env) error {
	ctx, stop := interruptible()
	defer stop()
	r, err := c.dial(ctx, e)
	if err != nil {
		return err
	}
	list, err := fetch[api.List[api.Pool]](r.Pools(ctx, &client.PoolsParams{Open: optional(!c.All), Coins: optional(c.Coins)}))
	if err != nil {
		return err
	}
	if e.json {
		return printJSON(e.out, list)
	}
	if len(list.Items) == 0 {
		_, err := fmt.Fprintln(e.out, "No pool takes pledges now. smartpool pools --all shows the others.")
		return err
	}
	columns := []any{"Pool", "Status", "Operator", "Rep.", "Fee %", "Filled PSL", "Cushion", "Least PSL", "Yield %/yr"}
	right := []int{4, 5, 6, 7, 8, 9}
	if c.Coins > 0 {
		columns = append(columns, fmt.Sprintf("with %d PSL", c.Coins))
		right = append(right, 10)
	}
	t := newTable(append(columns, "Next settlement"), right...)
	for i := range list.Items {
		p := &list.Items[i]
		have := p.MemberCoins
		if p.Status == "subscribing" {
			have = p.PledgedCoins
		}
		cushion := any(p.Cushion)
		if p.Status == "subscribing" || p.Ended != nil {
			cushion = "-"
		}
		row := []any{
			p.ID, p.Status, printable(p.Company), p.Reputation, p.Fee, fmt.Sprintf("%d of %d", have, p.Target), cushion,
			orDash(p.LeastPledge), percentOf(p.Yield),
		}
		if c.Coins > 0 {
			row = append(row, percentOf(p.YieldWith))
		}
		t.AppendRow(append(row, whenever(p.NextSettlement)))
	}
	_, err = fmt.Fprintf(e.out, "%s\n\nYields are what a PSL earned over the last 30 days, after the fee, taken to a year; * is the average of active pools.\n"+
		"smartpool join POOL shows every term before anything is signed.\n", t.Render())
	return err
}

func orDash(n int64) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

func percentOf(y *api.Yield) string {
	switch {
	case y == nil:
		return "-"
	case y.Basis == "network":
		return y.Percent + "*"
	}
	return y.Percent
}

// who are the accounts that are meant.
type who struct {
	apiFlags
	nodeFlags
	ID []string `arg:"" optional:"" name:"pastelid-or-address" env:"SMARTPOOL_ACCOUNTS" help:"PastelIDs or addresses; else the PastelIDs of the node."`
}

// accounts asks for each.
func (w *who) accounts(ctx context.Context, e *env) (*remote, []api.Account, error) {
	r, err := w.dial(ctx, e)
	if err != nil {
		return nil, nil, err
	}
	ids, err := w.names(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	var list []api.Account
	for _, id := range ids {
		a, err := r.account(ctx, id)
		if err != nil {
			return nil, nil, err
		}
		if len(w.ID) > 0 || len(a.Positions) > 0 || a.Past > 0 || a.Credited > 0 { // of a node's many, those that ever pledged
			list = append(list, a)
		}
	}
	return r, list, nil
}

// names are the accounts that were named, or the node's PastelIDs.
func (w *who) names(ctx context.Context, r *remote) ([]string, error) {
	if len(w.ID) > 0 {
		return w.ID, nil
	}
	c, err := w.wallet(ctx, r.net)
	if err != nil {
		return nil, fmt.Errorf("give a PastelID or an address, or a node to ask for yours: %w", err)
	}
	ids, err := c.PastelIDs(ctx)
	if err == nil && len(ids) == 0 {
		err = errors.New("the node has no PastelID: give one, or an address")
	}
	return ids, err
}

func (r *remote) account(ctx context.Context, id string) (api.Account, error) {
	if strings.HasPrefix(id, "jX") {
		return fetch[api.Account](r.Member(ctx, id))
	}
	return fetch[api.Account](r.Account(ctx, id))
}

func nameOf(a *api.Account) string { return a.PastelID + a.Address }

type myCmd struct{ who }

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
		tellAccount(&b, &list[i])
	}
	_, err = fmt.Fprint(e.out, trailing.ReplaceAllString(b.String(), "\n"))
	return err
}

func tellAccount(b *strings.Builder, a *api.Account) {
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
		t := newTable([]any{"Pool", "Status", "Role", "PSL", "Share %", "Accrued PSL", "Next settlement"}, 4, 5, 6)
		for _, p := range a.Positions {
			t.AppendRow([]any{short(p.Pool), p.Status, p.Role, p.Coins, p.Share, psl(p.Accrued), whenever(p.NextSettlement)})
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
		t := newTable([]any{"Payout on the way", "Pool", "PSL", "To", "Can be mined from"}, 3)
		for _, p := range a.Pending {
			t.AppendRow([]any{p.Payout, short(p.Pool), psl(p.Amount), p.Address, when(p.From)})
		}
		fmt.Fprintf(b, "\n%s\n", t.Render())
	}
}

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
		for _, p := range list[i].Positions {
			if c.Pool != "" && p.Pool != c.Pool && !strings.HasPrefix(p.Pool, c.Pool+".") {
				continue
			}
			if b.Len() > 0 {
				b.WriteString("\n")
			}
			fmt.Fprintf(&b, "%s in pool %s with %d PSL (%s)\n", short(p.PastelID), p.Pool, p.Coins, p.Role)
			fmt.Fprintf(&b, "  Leaving in the next block loses %s PSL and %d points of reputation (of %d).\n", p.Leaving.Forfeits, p.Leaving.Reputation,
				list[i].Reputation)
			switch {
			case p.Leaving.Better != nil:
				fmt.Fprintf(&b, "  From %s on, what is earned so far is settled and cannot be lost.\n", when(*p.Leaving.Better))
			case p.Leaving.Forfeits == 0:
				b.WriteString("  Nothing that was earned would be lost.\n")
			}
			fmt.Fprintf(&b, "  To leave, spend the coins of %s to another address, with any wallet.\n"+
				"  A wallet that locked them has to be told so: lockunspent true.\n", p.Address)
		}
	}
	if b.Len() == 0 {
		b.WriteString("There is no live pledge to leave.\n")
	}
	_, err = fmt.Fprint(e.out, b.String())
	return err
}

type historyCmd struct {
	who
	CSV  bool   `name:"csv" help:"Print comma separated values, for a spreadsheet or taxes."`
	From string `placeholder:"YYYY-MM-DD" help:"First day, UTC."`
	To   string `placeholder:"YYYY-MM-DD" help:"Last day, UTC."`
}

// entry is a line of an account's history.
type entry struct {
	Time    time.Time     `json:"time"`
	Height  pastel.Height `json:"height"`
	Kind    string        `json:"kind"` // income, forfeit or payout
	Pool    string        `json:"pool"`
	Account string        `json:"account"`
	Address string        `json:"address"`
	Amount  pastel.Amount `json:"amount_patoshi"`
	TxID    string        `json:"txid"`
}

// Run prints income, forfeits and payouts in the order they came.
func (c *historyCmd) Run(e *env) error {
	ctx, stop := interruptible()
	defer stop()
	from, to, err := days(c.From, c.To)
	if err != nil {
		return err
	}
	r, list, err := c.accounts(ctx, e)
	if err != nil {
		return err
	}
	entries := []entry{}
	for i := range list {
		more, err := r.history(ctx, &list[i])
		if err != nil {
			return err
		}
		entries = append(entries, more...)
	}
	entries = slices.DeleteFunc(entries, func(x entry) bool { return x.Time.Before(from) || !x.Time.Before(to) })
	sort.SliceStable(entries, func(a, b int) bool { return entries[a].Height < entries[b].Height })
	switch {
	case e.json:
		return printJSON(e.out, entries)
	case c.CSV:
		return writeCSV(e, entries)
	}
	t := newTable([]any{"Date (UTC)", "Block", "What", "Pool", "PSL", "Transaction"}, 2, 5)
	sums := map[string]pastel.Amount{}
	for _, x := range entries {
		t.AppendRow([]any{x.Time.UTC().Format("2006-01-02 15:04"), x.Height, x.Kind, short(x.Pool), psl(x.Amount), short(x.TxID)})
		sums[x.Kind] += x.Amount
	}
	_, err = fmt.Fprintf(e.out, "%s\n\nIncome %s PSL, forfeited %s PSL, paid %s PSL. Income is what was settled; a payout pays it, less its network fee.\n",
		t.Render(), sums["income"], sums["forfeit"], sums["payout"])
	return err
}

// days reads a span of days, both included; none is forever.
func days(from, to string) (a, b time.Time, err error) {
	b = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	if from != "" {
		if a, err = time.Parse(time.DateOnly, from); err != nil {
			return a, b, usagef("--from %q: want a day such as 2026-01-31", from)
		}
	}
	if to != "" {
		if b, err = time.Parse(time.DateOnly, to); err != nil {
			return a, b, usagef("--to %q: want a day such as 2026-01-31", to)
		}
		b = b.AddDate(0, 0, 1)
	}
	return a, b, nil
}

// history gathers what came and went.
func (r *remote) history(ctx context.Context, a *api.Account) (list []entry, err error) {
	limit := int64(api.MaxLimit)
	credits, err := listing[api.Credit](func(cursor *string) (*http.Response, error) {
		return r.Credits(ctx, &client.CreditsParams{Pastelid: optional(a.PastelID), Address: optional(a.Address), Cursor: cursor, Limit: &limit})
	})
	if err != nil {
		return nil, err
	}
	for _, x := range credits {
		list = append(list, entry{x.At.Time, x.At.Height, "income", x.Pool, nameOf(a), x.Address, x.Amount, ""})
	}
	pledges, err := listing[api.Pledge](func(cursor *string) (*http.Response, error) {
		return r.Pledges(ctx, &client.PledgesParams{Pastelid: optional(a.PastelID), Address: optional(a.Address), Cursor: cursor, Limit: &limit})
	})
	if err != nil {
		return nil, err
	}
	rewards := map[string]bool{}
	if a.Address != "" {
		rewards[a.Address] = true
	}
	for _, x := range pledges {
		if a.PastelID != "" {
			rewards[x.Reward] = true
		}
		if x.Ended != nil && x.Forfeited > 0 {
			list = append(list, entry{x.Ended.Time, x.Ended.Height, "forfeit", x.Pool, nameOf(a), x.Address, x.Forfeited, ""})
		}
	}
	for address := range rewards {
		payments, err := listing[api.Payment](func(cursor *string) (*http.Response, error) {
			paid := client.PaymentsParamsStatusPaid
			return r.Payments(ctx, address, &client.PaymentsParams{Status: &paid, Cursor: cursor, Limit: &limit})
		})
		if err != nil {
			return nil, err
		}
		for _, x := range payments {
			list = append(list, entry{x.Paid.Time, x.Paid.Height, "payout", x.Pool, nameOf(a), x.Address, x.Amount, x.Payout})
		}
	}
	sort.SliceStable(list, func(i, j int) bool {
		return list[i].Height < list[j].Height || list[i].Height == list[j].Height && list[i].Address < list[j].Address
	})
	return list, nil
}

func writeCSV(e *env, list []entry) error {
	w := csv.NewWriter(e.out)
	rows := [][]string{{"time_utc", "block", "kind", "amount_psl", "pool", "account", "address", "txid"}}
	for _, x := range list {
		rows = append(rows, []string{
			x.Time.UTC().Format(time.RFC3339), fmt.Sprint(x.Height), x.Kind, x.Amount.String(), x.Pool, x.Account, x.Address, x.TxID,
		})
	}
	return w.WriteAll(rows)
}
