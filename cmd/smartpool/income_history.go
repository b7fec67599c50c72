package main

import (
	"cmp"
	"context"
	"encoding/csv"
	"fmt"
	"slices"
	"sort"
	"time"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

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
func (c *historyCmd) Run(ctx context.Context, e *terminal.Terminal) error {
	from, to, err := days(c.From, c.To)
	if err != nil {
		return err
	}
	r, list, err := c.accounts(ctx, e)
	if err != nil {
		return err
	}
	entries := []entry{}
	paid := map[entry]bool{}
	for i := range list {
		more, err := earnings(ctx, r, &list[i])
		if err != nil {
			return err
		}
		for _, x := range more {
			payment := entry{TxID: x.TxID, Address: x.Address}
			if x.Kind == "payout" && paid[payment] { // to an address that two of the accounts share
				continue
			}
			paid[payment] = true
			entries = append(entries, x)
		}
	}
	entries = slices.DeleteFunc(entries, func(x entry) bool { return x.Time.Before(from) || !x.Time.Before(to) })
	sort.SliceStable(entries, func(a, b int) bool { return entries[a].Height < entries[b].Height })
	switch {
	case e.JSON:
		return terminal.PrintJSON(e.Out, entries)
	case c.CSV:
		return writeCSV(e, entries)
	}
	t := terminal.NewTable([]any{"Date (UTC)", "Block", "What", "Pool", "PSL", "Transaction"}, 2, 5)
	sums := map[string]pastel.Amount{}
	for _, x := range entries {
		t.AppendRow([]any{x.Time.UTC().Format("2006-01-02 15:04"), x.Height, x.Kind, pastel.Short(x.Pool), terminal.PSL(x.Amount), pastel.Short(x.TxID)})
		sums[x.Kind] += x.Amount
	}
	_, err = fmt.Fprintf(e.Out, "%s\n\nIncome %s PSL, forfeited %s PSL, paid %s PSL. Income is what was settled; a payout pays it in full.\n",
		t.Render(), sums["income"], sums["forfeit"], sums["payout"])
	return err
}

// days reads a span of days, both included; none is forever.
func days(from, to string) (a, b time.Time, err error) {
	b = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)
	if from != "" {
		if a, err = time.Parse(time.DateOnly, from); err != nil {
			return a, b, terminal.Usagef("--from %q: want a day such as 2026-01-31", from)
		}
	}
	if to != "" {
		if b, err = time.Parse(time.DateOnly, to); err != nil {
			return a, b, terminal.Usagef("--to %q: want a day such as 2026-01-31", to)
		}
		b = b.AddDate(0, 0, 1)
	}
	return a, b, nil
}

// earnings gathers what came and went.
func earnings(ctx context.Context, r *journey.Daemon, a *wire.Account) (list []entry, err error) {
	id, address := wire.OfID{PastelID: a.PastelID}, wire.OfAddress{Address: a.Address}
	came := wire.CreditQuery{OfID: id, OfAddress: address}
	credits, err := journey.Listing(&came.Page, func() (wire.List[wire.Credit], error) { return r.Credits(ctx, came) })
	if err != nil {
		return nil, err
	}
	for _, x := range credits {
		list = append(list, entry{x.At.Time, x.At.Height, "income", x.Pool, nameOf(a), x.Address, x.Amount, ""})
	}
	had := wire.PledgeQuery{OfID: id, OfAddress: address}
	pledges, err := journey.Listing(&had.Page, func() (wire.List[wire.Pledge], error) { return r.Pledges(ctx, had) })
	if err != nil {
		return nil, err
	}
	for _, x := range pledges {
		if x.Ended != nil && x.Forfeited > 0 {
			list = append(list, entry{x.Ended.Time, x.Ended.Height, "forfeit", x.Pool, nameOf(a), x.Address, x.Forfeited, ""})
		}
	}
	paid := wire.PaymentQuery{OfID: id, OfAddress: address, Status: "paid"}
	payments, err := journey.Listing(&paid.Page, func() (wire.List[wire.Payment], error) { return r.Payments(ctx, paid) })
	if err != nil {
		return nil, err
	}
	for _, x := range payments {
		list = append(list, entry{x.Paid.Time, x.Paid.Height, "payout", x.Pool, nameOf(a), x.Address, x.Amount, x.Payout})
	}
	slices.SortStableFunc(list, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.Height, b.Height), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Address, b.Address))
	})
	return list, nil
}

func writeCSV(e *terminal.Terminal, list []entry) error {
	w := csv.NewWriter(e.Out)
	rows := [][]string{{"time_utc", "block", "kind", "amount_psl", "pool", "account", "address", "txid"}}
	for _, x := range list {
		rows = append(rows, []string{
			x.Time.UTC().Format(time.RFC3339), fmt.Sprint(x.Height), x.Kind, x.Amount.String(), x.Pool, x.Account, x.Address, x.TxID,
		})
	}
	return w.WriteAll(rows)
}
