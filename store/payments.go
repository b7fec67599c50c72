package store

import (
	"database/sql"
	"strconv"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Payment is what a payout pays to an address.
type Payment struct {
	Pool      ticket.PoolID
	TxID      pastel.TxID
	Settled   pastel.Height
	ValidFrom pastel.Height
	Paid      pastel.Height // -1 before
	Cancelled pastel.Height // -1 before
	Address   string        // that is paid; any one if there are several
	Addresses int
	Amount    pastel.Amount
}

// PaymentFilter selects payments as they are at the tip.
type PaymentFilter struct {
	PastelID string // payments to its reward addresses, by pools it pledged to, and to its fee addresses, by pools it operates; if empty:
	Address  string
	Status   string // pending, paid or cancelled; empty for all
}

func (f *PaymentFilter) conditions(q *query) {
	if f.PastelID != "" {
		// The first condition uses an index; the second excludes what other pools pay to the same address.
		q.and("o.address IN (SELECT reward FROM pledge_tickets WHERE pastelid = ? UNION SELECT fee_address FROM pools WHERE operator = ?)",
			f.PastelID, f.PastelID)
		q.and("(o.pool, o.address) IN (SELECT pool, reward FROM pledge_tickets WHERE pastelid = ? UNION SELECT id, fee_address FROM pools WHERE operator = ?)",
			f.PastelID, f.PastelID)
	} else {
		q.and("o.address = ?", f.Address)
	}
	switch f.Status {
	case PayoutPending:
		q.and("p.paid IS NULL AND p.cancelled IS NULL")
	case PayoutPaid:
		q.and("p.paid IS NOT NULL")
	case PayoutCancelled:
		q.and("p.cancelled IS NOT NULL")
	}
}

const fromPayments = " FROM payout_outputs o JOIN payouts p ON p.pool = o.pool AND p.settled = o.settled"

// Payments returns what payouts pay to each address, oldest first. The page's key is the height of settlement, the pool and the address.
func (s *Snapshot) Payments(f PaymentFilter, p Page) ([]Payment, error) {
	q := selecting("SELECT o.pool, o.settled, p.txid, p.valid_from, p.paid, p.cancelled, o.address, 1, o.amount" + fromPayments)
	f.conditions(q)
	q.page(p, "o.settled", "o.pool", "o.address")
	return all(s, q, scanPayment)
}

// PaymentsByPayout returns the sums that payouts pay, oldest first. The page's key is the height of settlement and the pool.
func (s *Snapshot) PaymentsByPayout(f PaymentFilter, p Page) ([]Payment, error) {
	q := selecting("SELECT p.pool, p.settled, p.txid, p.valid_from, p.paid, p.cancelled, min(o.address), count(*), sum(o.amount)" + fromPayments)
	f.conditions(q)
	q.grouped(p, "p.settled", "p.pool")
	return all(s, q, scanPayment)
}

func scanPayment(rows *sql.Rows) (x Payment, err error) {
	var txid []byte
	var paid, cancelled sql.NullInt64
	if err = rows.Scan(&x.Pool, &x.Settled, &txid, &x.ValidFrom, &paid, &cancelled, &x.Address, &x.Addresses, &x.Amount); err != nil {
		return x, err
	}
	x.Paid, x.Cancelled = height(paid), height(cancelled)
	x.TxID, err = hash32[pastel.TxID](txid)
	return x, err
}

// Paid returns the sum that mined payouts paid.
func (s *Snapshot) Paid(f PaymentFilter) (pastel.Amount, error) {
	f.Status = PayoutPaid
	q := selecting("SELECT coalesce(sum(o.amount), 0)" + fromPayments)
	f.conditions(q)
	return s.sum(q)
}

// RewardPlace is where a pool pays a pledge's rewards, now or in the past.
type RewardPlace struct {
	Pool    ticket.PoolID
	Address string
}

// Rewards returns where pools pay a PastelID's pledges, now and before amendments.
func (s *Snapshot) Rewards(id string) ([]RewardPlace, error) {
	q := selecting("SELECT DISTINCT pool, reward FROM pledge_tickets")
	q.and("pastelid = ?", id)
	q.text.WriteString(" ORDER BY pool, reward")
	return all(s, q, func(rows *sql.Rows) (x RewardPlace, err error) { return x, rows.Scan(&x.Pool, &x.Address) })
}

// SharedWith returns other PastelIDs that a pool pays at the same address as a PastelID, as pledger or as operator. Payments to such an
// address cannot be told apart.
func (s *Snapshot) SharedWith(id string, most int) ([]string, error) {
	q := &query{args: []any{id}}
	q.text.WriteString(`SELECT b.pastelid FROM pledge_tickets a JOIN pledge_tickets b ON b.reward = a.reward AND b.pool = a.pool
			WHERE a.pastelid = $1 AND b.pastelid <> $1
		UNION SELECT operator FROM pledge_tickets a JOIN pools ON id = a.pool AND fee_address = a.reward WHERE a.pastelid = $1 AND operator <> $1
		UNION SELECT b.pastelid FROM pools JOIN pledge_tickets b ON b.pool = id AND b.reward = fee_address
			WHERE operator = $1 AND b.pastelid <> $1 ORDER BY 1 LIMIT ` + strconv.Itoa(most))
	return all(s, q, func(rows *sql.Rows) (other string, err error) { return other, rows.Scan(&other) })
}
