package main

import (
	"context"
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/internal/history"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
)

type historyCmd struct {
	who
	CSV  bool   `name:"csv" help:"Print income, forfeits and payouts as comma-separated values, for a spreadsheet. For a tax return, use --format."`
	From string `type:"text" placeholder:"YYYY-MM-DD" help:"First day, UTC."`
	To   string `type:"text" placeholder:"YYYY-MM-DD" help:"Last day, UTC."`
	taxFlags
}

// Run prints income, forfeits and payouts, oldest first.
func (c *historyCmd) Run(ctx context.Context, e *terminal.Terminal) error {
	from, to, err := days(c.From, c.To)
	if err != nil {
		return err
	}
	taxes, err := c.taxes(e)
	switch {
	case err != nil:
		return err
	case taxes != nil && (c.CSV || e.JSON):
		return terminal.Usagef("--format prints a file of its own; leave out --csv and --json")
	}
	r, list, err := c.accounts(ctx, e)
	if err != nil {
		return err
	}
	if taxes != nil {
		x, err := r.Earned(ctx, list, taxes.Basis, from, to)
		if err != nil {
			return err
		}
		if taxes.Basis == history.Paid {
			warnOfShared(e, list)
		}
		return c.write(e, taxes, x)
	}
	entries, err := r.History(ctx, list, from, to)
	if err != nil {
		return err
	}
	switch {
	case e.JSON:
		return terminal.PrintJSON(e.Out, entries)
	case c.CSV:
		return writeCSV(e, entries)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(e.Out, nobody("history"))
		return err
	}
	t := terminal.NewTable(e.Width, []any{"Date (UTC)", "Block", "What", "Pool", "PSL", "Transaction"}, 2, 5)
	sums := map[string]pastel.Amount{}
	for _, x := range entries {
		t.AppendRow([]any{terminal.Date(x.Time), x.Height, x.Kind, pastel.Short(x.Pool), terminal.PSL(x.Amount), pastel.Short(x.TxID)})
		sums[x.Kind] += x.Amount
	}
	_, err = fmt.Fprintf(e.Out, "%s\n\nIncome %s PSL, forfeited %s PSL, paid %s PSL. Income is what was settled; payouts pay it in full.\n",
		t.Render(), sums[history.Income], sums[history.Forfeit], sums[history.Payout])
	return err
}

// days parses a range of days, both included. An empty day leaves that side open.
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
		if b.Before(a) {
			return a, b, terminal.Usagef("--to %s is before --from %s", to, from)
		}
		b = b.AddDate(0, 0, 1)
	}
	return a, b, nil
}

func writeCSV(e *terminal.Terminal, list []history.Entry) error {
	w := history.NewWriter(e.Whole())
	for i := range list {
		if err := w.Write(&list[i]); err != nil {
			return err
		}
	}
	return w.Flush()
}
