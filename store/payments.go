package store

import (
	"database/sql"

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
	Amount    pastel.Amount // the network fee taken off
}

// PaymentFilter says whose payments are wanted, as they are at the tip.
type PaymentFilter struct {
	PastelID string // to the reward addresses of its pledges, and the fee addresses of the pools it operates; if empty:
	Address  string
	Status   string // pending, paid or cancelled; empty for all
}

func (f *PaymentFilter) conditions(q *query) {
	if f.PastelID != "" {
		q.and("o.address IN (SELECT reward FROM pledges WHERE pastelid = ? UNION SELECT fee_address FROM pools WHERE operator = ?)",
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
