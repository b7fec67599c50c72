package main

import (
	"context"
	"encoding/csv"
	"fmt"
	"strconv"
	"time"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

type poolReportCmd struct {
	apiFlags
	Pool string `arg:"" help:"Pool id, or its label."`
	From string `placeholder:"YYYY-MM-DD" help:"First day, UTC."`
	To   string `placeholder:"YYYY-MM-DD" help:"Last day, UTC."`
	CSV  bool   `name:"csv" help:"Print every event with money or coins in it, for a spreadsheet."`
}

// reported are the events of pools with money or coins in them.
func reported() (list []string) {
	const money = pool.HasAmount | pool.HasCoins | pool.HasPayout | pool.HasTxID
	for _, kind := range pool.EventTypesWhere(func(row pool.EventRow) bool { return row.Has&pool.InNoPool == 0 && row.Has&money != 0 }) {
		list = append(list, string(kind))
	}
	return list
}

// Run sums up what came in and what went out.
func (c *poolReportCmd) Run(ctx context.Context, e *terminal.Terminal) error {
	from, to, err := days(c.From, c.To)
	if err != nil {
		return err
	}
	r, err := c.dial(ctx, e)
	if err != nil {
		return err
	}
	p, err := r.VerifiedPool(ctx, c.Pool)
	if err != nil {
		return err
	}
	of := wire.OfPool{Pool: p.ID}
	happened := wire.EventQuery{OfPool: of, Type: reported()}
	events, err := journey.Listing(&happened.Page, func() (wire.List[wire.Event], error) { return r.Events(ctx, happened) })
	if err != nil {
		return err
	}
	earned := wire.CreditQuery{OfPool: of, OfAddress: wire.OfAddress{Address: p.FeeAddress}}
	fees, err := journey.Listing(&earned.Page, func() (wire.List[wire.Credit], error) { return r.Credits(ctx, earned) })
	if err != nil {
		return err
	}
	within := func(t time.Time) bool { return !t.Before(from) && t.Before(to) }
	out := csv.NewWriter(e.Out)
	rows := [][]string{{"time_utc", "block", "event", "amount_psl", "counted_psl", "offered_psl", "pastelid", "txid"}}
	sums := map[string]pastel.Amount{}
	counts := map[string]int{}
	for _, x := range events {
		if !within(x.Time) {
			continue
		}
		counts[x.Type]++
		sums[x.Type] += x.Amount + x.Forfeited
		rows = append(rows, []string{
			x.Time.UTC().Format(time.RFC3339), fmt.Sprint(x.Height), x.Type, (x.Amount + x.Forfeited).String(), orNone(x.Coins), orNone(x.Offered), x.PastelID, x.TxID,
		})
	}
	var fee pastel.Amount
	for _, x := range fees {
		if within(x.At.Time) {
			fee += x.Amount
		}
	}
	switch {
	case e.JSON:
		return terminal.PrintJSON(e.Out, map[string]any{"pool": p.ID, "sums_patoshi": sums, "counts": counts, "operator_fee_patoshi": fee})
	case c.CSV:
		return out.WriteAll(rows)
	}
	_, err = fmt.Fprintf(e.Out, "Pool %s\nRewards received  %14s PSL in %d\nFee to %s  %s PSL settled\nPayouts settled   %14s PSL in %d, %d mined, %d cancelled\nJoined %d, amended %d, promoted %d, reduced %d, left %d, who forfeited %s PSL\n",
		p.ID, terminal.PSL(sums["reward.received"]), counts["reward.received"], p.FeeAddress, fee, terminal.PSL(sums["payout.settled"]), counts["payout.settled"],
		counts["payout.paid"], counts["payout.cancelled"], counts["pledge.accepted"], counts["pledge.amended"],
		counts["pledge.promoted"], counts["pledge.reduced"], counts["pledge.left"], sums["pledge.left"])
	if err == nil && counts["pool.closed"] > 0 {
		_, err = fmt.Fprintf(e.Out, "Closed; %s PSL stay in escrow for ever\n", sums["pool.closed"])
	}
	return err
}

// orNone prints a number of PSL for a spreadsheet; events that have none leave the field empty.
func orNone(n int64) string {
	if n == 0 {
		return ""
	}
	return strconv.FormatInt(n, 10)
}
