package store

import (
	"database/sql"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Span is what happened to a pool over some blocks, for charts.
type Span struct {
	From     pastel.Height // first block
	Income   pastel.Amount // received by the escrow
	Rewards  int64         // blocks with income
	Forfeits pastel.Amount
	Paid     pastel.Amount // by mined payouts, without change
}

// Spans sums a pool's income and payouts over spans of width blocks. It omits spans in which nothing happened.
func (s *Snapshot) Spans(id ticket.PoolID, width int64) ([]Span, error) {
	q := &query{args: []any{string(id), width}}
	q.text.WriteString(`SELECT height / $2 * $2 AS span, sum(CASE WHEN type = 'reward.received' THEN amount ELSE 0 END),
		sum(CASE WHEN type = 'reward.received' THEN 1 ELSE 0 END), sum(CASE WHEN type = 'reward.forfeited' THEN amount ELSE 0 END),
		sum(CASE WHEN type = 'payout.paid' THEN (SELECT sum(o.amount) FROM payouts p JOIN payout_outputs o ON o.pool = p.pool AND
			o.settled = p.settled WHERE p.pool = events.pool AND p.txid = events.txid AND p.paid = events.height) ELSE 0 END)
		FROM events WHERE pool = $1 AND type IN ('reward.received', 'reward.forfeited', 'payout.paid') GROUP BY span ORDER BY span`)
	return all(s, q, func(rows *sql.Rows) (x Span, err error) {
		return x, rows.Scan(&x.From, &x.Income, &x.Rewards, &x.Forfeits, &x.Paid)
	})
}

// Totals are sums over a pool's life, or part of it.
type Totals struct {
	Income    pastel.Amount // received by escrow
	Rewards   int64         // blocks with income
	Forfeited pastel.Amount
	Paid      pastel.Amount // by mined payouts, without change
	Payouts   int64         // mined payouts
	Cancelled int64         // expired payouts
	Replenish int64         // times the pool fell below its collateral
	Left      int64         // pledges of any role whose owners left
}

// selectTotals sums events by pool; the pool is the first column.
const selectTotals = `SELECT coalesce(pool, ''), sum(CASE WHEN type = 'reward.received' THEN amount ELSE 0 END),
	sum(CASE WHEN type = 'reward.received' THEN 1 ELSE 0 END), sum(CASE WHEN type = 'reward.forfeited' THEN amount ELSE 0 END),
	sum(CASE WHEN type = 'payout.paid' THEN 1 ELSE 0 END), sum(CASE WHEN type = 'payout.cancelled' THEN 1 ELSE 0 END),
	sum(CASE WHEN type = 'pool.replenishing' THEN 1 ELSE 0 END), sum(CASE WHEN type = 'pledge.left' THEN 1 ELSE 0 END) FROM events`

// Totals sums what happened to each pool from one block to another, inclusive. It omits pools to which nothing happened.
func (s *Snapshot) Totals(from, to pastel.Height) (map[ticket.PoolID]Totals, error) {
	type row struct {
		id ticket.PoolID
		Totals
	}
	q := selecting(selectTotals)
	q.and("height >= ? AND height <= ?", int64(from), int64(to))
	q.and("pool IS NOT NULL")
	q.text.WriteString(" GROUP BY pool")
	list, err := all(s, q, func(rows *sql.Rows) (x row, err error) {
		return x, rows.Scan(&x.id, &x.Income, &x.Rewards, &x.Forfeited, &x.Payouts, &x.Cancelled, &x.Replenish, &x.Left)
	})
	if err != nil {
		return nil, err
	}
	sums := map[ticket.PoolID]Totals{}
	for _, x := range list {
		sums[x.id] = x.Totals
	}
	q = selecting("SELECT payouts.pool, sum(amount) FROM payouts JOIN payout_outputs o ON o.pool = payouts.pool AND o.settled = payouts.settled")
	q.and("paid >= ? AND paid <= ?", int64(from), int64(to))
	q.text.WriteString(" GROUP BY payouts.pool")
	list, err = all(s, q, func(rows *sql.Rows) (x row, err error) { return x, rows.Scan(&x.id, &x.Paid) })
	for _, x := range list {
		t := sums[x.id]
		t.Paid = x.Paid
		sums[x.id] = t
	}
	return sums, err
}

// Plus adds the totals of other blocks.
func (t Totals) Plus(u Totals) Totals {
	return Totals{
		t.Income + u.Income, t.Rewards + u.Rewards, t.Forfeited + u.Forfeited, t.Paid + u.Paid, t.Payouts + u.Payouts, t.Cancelled + u.Cancelled,
		t.Replenish + u.Replenish, t.Left + u.Left,
	}
}

// Income sums the rewards that a pool received from a block on.
func (s *Snapshot) Income(id ticket.PoolID, from pastel.Height) (pastel.Amount, error) {
	q := selecting("SELECT coalesce(sum(amount), 0) FROM events")
	q.and("pool = ?", string(id))
	q.and("height >= ?", int64(from))
	q.and("type = ?", string(pool.RewardReceived))
	return s.sum(q)
}

// Credited sums credits.
func (s *Snapshot) Credited(f CreditFilter) (pastel.Amount, error) {
	q := selecting("SELECT coalesce(sum(amount), 0) FROM credits")
	f.conditions(q)
	return s.sum(q)
}

// sum runs a query that returns one amount.
func (s *Snapshot) sum(q *query) (sum pastel.Amount, err error) {
	err = s.conn.QueryRowContext(s.ctx, q.text.String(), q.args...).Scan(&sum)
	return sum, err
}
