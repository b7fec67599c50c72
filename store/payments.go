package store

import (
	"database/sql"
	"strconv"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Payment is what a payout pays to somebody.
type Payment struct {
	Pool      ticket.PoolID
	TxID      pastel.TxID
	Settled   pastel.Height
	ValidFrom pastel.Height
	Paid      pastel.Height // -1 until then
	Cancelled pastel.Height // -1 until then
	Address   string        // that is paid; of several, any of them
	Addresses int
	Amount    pastel.Amount
}

// PaymentFilter says whose payments are wanted, as they are at the tip.
type PaymentFilter struct {
	PastelID string // by pools it pledged to, to its reward addresses there, and by those it operates, to their fee addresses; if empty:
	Address  string
	Status   string // pending, paid or cancelled; empty for all
}

func (f *PaymentFilter) conditions(q *query) {
	if f.PastelID != "" {
		// The first condition finds the rows by an index; the second leaves out what other pools pay to the same address.
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

// Payments lists what payouts pay to each address, oldest first; the page's key is the height the payout settled at, the pool and the
// address.
func (s *Snapshot) Payments(f PaymentFilter, p Page) ([]Payment, error) {
	q := selecting("SELECT o.pool, o.settled, p.txid, p.valid_from, p.paid, p.cancelled, o.address, 1, o.amount" + fromPayments)
	f.conditions(q)
	q.page(p, "o.settled", "o.pool", "o.address")
	return all(s, q, scanPayment)
}

// PaymentsByPayout lists the sums that payouts pay, oldest first; the page's key is the height the payout settled at and the pool.
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

// Paid sums what mined payouts paid.
func (s *Snapshot) Paid(f PaymentFilter) (pastel.Amount, error) {
	f.Status = PayoutPaid
	q := selecting("SELECT coalesce(sum(o.amount), 0)" + fromPayments)
	f.conditions(q)
	return s.sum(q)
}

// RewardPlace is where a pool pays, or paid, a pledge's rewards.
type RewardPlace struct {
	Pool    ticket.PoolID
	Address string
}

// Rewards lists where pools pay the pledges of a PastelID, and where they did before amendments.
func (s *Snapshot) Rewards(id string) ([]RewardPlace, error) {
	q := selecting("SELECT DISTINCT pool, reward FROM pledge_tickets")
	q.and("pastelid = ?", id)
	q.text.WriteString(" ORDER BY pool, reward")
	return all(s, q, func(rows *sql.Rows) (x RewardPlace, err error) { return x, rows.Scan(&x.Pool, &x.Address) })
}

// SharedWith lists other PastelIDs that are paid by a pool to an address that it also pays a PastelID's rewards to, as pledge or as
// operator: what goes there cannot be told apart.
func (s *Snapshot) SharedWith(id string, most int) ([]string, error) {
	q := &query{args: []any{id}}
	q.text.WriteString(`SELECT b.pastelid FROM pledge_tickets a JOIN pledge_tickets b ON b.reward = a.reward AND b.pool = a.pool
			WHERE a.pastelid = $1 AND b.pastelid <> $1
		UNION SELECT operator FROM pledge_tickets a JOIN pools ON id = a.pool AND fee_address = a.reward WHERE a.pastelid = $1 AND operator <> $1
		UNION SELECT b.pastelid FROM pools JOIN pledge_tickets b ON b.pool = id AND b.reward = fee_address
			WHERE operator = $1 AND b.pastelid <> $1 ORDER BY 1 LIMIT ` + strconv.Itoa(most))
	return all(s, q, func(rows *sql.Rows) (other string, err error) { return other, rows.Scan(&other) })
}
