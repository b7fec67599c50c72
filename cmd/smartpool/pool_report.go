package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"time"

	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
)

type poolReportCmd struct {
	apiFlags
	Pool string `type:"pool" arg:"" help:"The pool's id or label."`
	From string `type:"text" placeholder:"YYYY-MM-DD" help:"First day, UTC."`
	To   string `type:"text" placeholder:"YYYY-MM-DD" help:"Last day, UTC."`
	CSV  bool   `name:"csv" help:"Print every event that involves money or coins, for a spreadsheet."`
}

// Run sums up a pool's income and payouts.
func (c *poolReportCmd) Run(ctx context.Context, e *terminal.Terminal) error {
	from, to, err := days(c.From, c.To)
	if err != nil {
		return err
	}
	r, err := c.dial(ctx, e)
	if err != nil {
		return err
	}
	x, err := r.Report(ctx, c.Pool, from, to)
	if err != nil {
		return err
	}
	p, sums, counts := &x.Pool, x.Sums, x.Counts
	switch {
	case e.JSON:
		return terminal.PrintJSON(e.Out, map[string]any{"pool": p.ID, "sums_patoshi": sums, "counts": counts, "operator_fee_patoshi": x.Fee, "members_patoshi": x.Members})
	case c.CSV:
		rows := [][]string{{"time_utc", "block", "event", "amount_psl", "counted_psl", "offered_psl", "pastelid", "txid"}}
		for _, x := range x.Events {
			rows = append(rows, []string{
				x.Time.UTC().Format(time.RFC3339), fmt.Sprint(x.Height), visible.Cell(x.Type), (x.Amount + x.Forfeited).String(), orNone(x.Coins), orNone(x.Offered),
				visible.Cell(x.PastelID), visible.Cell(x.TxID),
			})
		}
		return csv.NewWriter(e.Out).WriteAll(rows)
	}
	_, err = fmt.Fprintf(e.Out, "Pool %s\n"+
		"Rewards received   %14s PSL in %d\n"+
		"Members' part      %14s PSL settled\nOperator's fee     %14s PSL settled, to %s\n"+
		"Payouts settled    %14s PSL in %d\nPayouts mined      %14s PSL in %d\nPayouts cancelled  %14s PSL in %d\n"+
		"Pledges: %d joined, %d amended, %d promoted, %d reduced, %d left and forfeited %s PSL\n",
		p.ID, terminal.PSL(sums["reward.received"]), counts["reward.received"], terminal.PSL(x.Members), terminal.PSL(x.Fee), p.FeeAddress,
		terminal.PSL(sums["payout.settled"]), counts["payout.settled"], terminal.PSL(sums["payout.paid"]), counts["payout.paid"],
		terminal.PSL(sums["payout.cancelled"]), counts["payout.cancelled"],
		counts["pledge.accepted"], counts["pledge.amended"], counts["pledge.promoted"], counts["pledge.reduced"], counts["pledge.left"],
		terminal.PSL(sums["pledge.left"]))
	if err == nil && counts["pool.closed"] > 0 {
		_, err = fmt.Fprintf(e.Out, "Closed; %s PSL stay in escrow forever\n", sums["pool.closed"])
	}
	return err
}

// orNone formats a number of PSL for a spreadsheet: an empty field for none.
func orNone(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
