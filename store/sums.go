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
	q := &query{}
	q.add(`SELECT span, sum(income), sum(rewards), sum(forfeits), sum(paid) FROM (
		SELECT height / ? AS span, CASE WHEN type = 'reward.received' THEN amount ELSE 0 END AS income,
			CASE WHEN type = 'reward.received' THEN 1 ELSE 0 END AS rewards, CASE WHEN type = 'reward.forfeited' THEN amount ELSE 0 END AS forfeits,
			0 AS paid FROM events WHERE pool`+isPool+` AND type IN ('reward.received', 'reward.forfeited')
		UNION ALL SELECT paid / ?, 0, 0, 0, total FROM payouts WHERE pool`+isPool+` AND paid IS NOT NULL) AS what GROUP BY span ORDER BY span`,
		int32(width), string(id), int32(width), string(id))
	return all(s, q, func(rows *sql.Rows) (x Span, err error) {
		err = rows.Scan(&x.From, &x.Income, &x.Rewards, &x.Forfeits, &x.Paid)
		x.From *= pastel.Height(width)
		return x, err
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
const selectTotals = `SELECT pools.id, sum(CASE WHEN type = 'reward.received' THEN amount ELSE 0 END),
	sum(CASE WHEN type = 'reward.received' THEN 1 ELSE 0 END), sum(CASE WHEN type = 'reward.forfeited' THEN amount ELSE 0 END),
	sum(CASE WHEN type = 'payout.paid' THEN 1 ELSE 0 END), sum(CASE WHEN type = 'payout.cancelled' THEN 1 ELSE 0 END),
	sum(CASE WHEN type = 'pool.replenishing' THEN 1 ELSE 0 END), sum(CASE WHEN type = 'pledge.left' THEN 1 ELSE 0 END)
	FROM events JOIN pools ON num = pool`

// Totals sums what happened to each pool from one block to another, inclusive. It omits pools to which nothing happened.
func (s *Snapshot) Totals(from, to pastel.Height) (map[ticket.PoolID]Totals, error) {
	type row struct {
		id ticket.PoolID
		Totals
	}
	q := selecting(selectTotals)
	q.and("height >= ? AND height <= ?", int32(from), int32(to))
	q.add(" GROUP BY pools.id")
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
	q = selecting("SELECT pools.id, sum(total) FROM payouts JOIN pools ON num = pool")
	q.and("paid >= ? AND paid <= ?", int32(from), int32(to))
	q.add(" GROUP BY pools.id")
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
	equalPool(q, "pool", id)
	q.and("height >= ?", int32(from))
	q.and("type = ?", string(pool.RewardReceived))
	return s.sum(q)
}

// Credited sums credits.
func (s *Snapshot) Credited(f CreditFilter) (pastel.Amount, error) {
	q := selecting("SELECT coalesce(sum(c.credited), 0)")
	f.from(q)
	f.conditions(q)
	return s.sum(q)
}

// sum runs a query that returns one amount.
func (s *Snapshot) sum(q *query) (sum pastel.Amount, err error) {
	err = s.conn.QueryRowContext(s.ctx, q.text.String(), q.args...).Scan(&sum)
	return sum, err
}
