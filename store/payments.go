package store

import (
	"database/sql"
	"strconv"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
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

// Where pools pay somebody, by numbers: what pools pay to the same address for others is left out.
const (
	placesOfPastelID = `(SELECT l.pool, t.reward AS address FROM pledges l JOIN pledge_tickets t ON t.pledge = l.seq WHERE l.pastelid` + isName + `
		UNION SELECT num, fee_address FROM pools WHERE operator` + isName + `) AS places`
	placesOfAddress = `(SELECT l.pool, t.reward AS address FROM pledge_tickets t JOIN pledges l ON l.seq = t.pledge WHERE t.reward` + isName + `
		UNION SELECT num, fee_address FROM pools WHERE fee_address` + isName + `) AS places`
	atPlaces = "c.pool = places.pool AND c.address = places.address"
)

// from adds the payments that f selects, as c, with their payouts p.
func (f *PaymentFilter) from(q *query, e *engine) {
	places, who := placesOfAddress, f.Address
	if f.PastelID != "" {
		places, who = placesOfPastelID, f.PastelID
	}
	q.add(" FROM "+places+" CROSS JOIN "+e.claims+` JOIN payouts p ON p.pool = c.pool AND p.settled = c.height
		JOIN pools ON pools.num = c.pool JOIN names ON names.id = c.address`, who, who)
	q.and(atPlaces + " AND c.output IS NOT NULL")
	statusNow(q, f.Status)
}

// Payments returns what payouts pay to each address, oldest first. The page's key is the height of settlement, the pool and the address.
func (s *Snapshot) Payments(f PaymentFilter, p Page) ([]Payment, error) {
	q := selecting("SELECT pools.id, c.height, p.txid, p.paid, p.cancelled, names.text, 1, c.paid")
	f.from(q, &s.r.engine)
	q.page(p, "c.height", "pools.id", "names.text")
	return all(s, q, s.scanPayment)
}

// PaymentsByPayout returns the sums that payouts pay, oldest first. The page's key is the height of settlement and the pool.
func (s *Snapshot) PaymentsByPayout(f PaymentFilter, p Page) ([]Payment, error) {
	q := selecting("SELECT pools.id, p.settled, p.txid, p.paid, p.cancelled, min(names.text), count(*), sum(c.paid)")
	f.from(q, &s.r.engine)
	q.grouped(p, "p.pool, p.settled, pools.num", "p.settled", "pools.id")
	return all(s, q, s.scanPayment)
}

func (s *Snapshot) scanPayment(rows *sql.Rows) (x Payment, err error) {
	var txid []byte
	var paid, cancelled sql.NullInt64
	if err = rows.Scan(&x.Pool, &x.Settled, &txid, &paid, &cancelled, &x.Address, &x.Addresses, &x.Amount); err != nil {
		return x, err
	}
	x.ValidFrom, _ = pool.PayoutWindow(x.Settled, &s.r.net)
	x.Paid, x.Cancelled = height(paid), height(cancelled)
	x.TxID, err = hash32[pastel.TxID](txid)
	return x, err
}

// PaymentSum returns the sum of payments.
func (s *Snapshot) PaymentSum(f PaymentFilter) (pastel.Amount, error) {
	q := selecting("SELECT coalesce(sum(c.paid), 0)")
	f.from(q, &s.r.engine)
	return s.sum(q)
}

// RewardPlace is where a pool pays a pledge's rewards, now or in the past.
type RewardPlace struct {
	Pool    ticket.PoolID
	Address string
}

// Rewards returns where pools pay a PastelID's pledges, now and before amendments.
func (s *Snapshot) Rewards(id string) ([]RewardPlace, error) {
	q := selecting(`SELECT DISTINCT pools.id, names.text FROM pledges l JOIN pledge_tickets t ON t.pledge = l.seq
		JOIN pools ON pools.num = l.pool JOIN names ON names.id = t.reward`)
	q.and("l.pastelid"+isName, id)
	q.add(" ORDER BY pools.id, names.text")
	return all(s, q, func(rows *sql.Rows) (x RewardPlace, err error) { return x, rows.Scan(&x.Pool, &x.Address) })
}

// SharedWith returns other PastelIDs that a pool pays at the same address as a PastelID, as pledger or as operator. Payments to such an
// address cannot be told apart.
func (s *Snapshot) SharedWith(id string, most int) ([]string, error) {
	q := selecting("SELECT text FROM names")
	q.and("id IN (SELECT l.pastelid FROM "+placesOfPastelID+` JOIN pledge_tickets t ON t.reward = places.address
			JOIN pledges l ON l.seq = t.pledge AND l.pool = places.pool
		UNION SELECT operator FROM `+placesOfPastelID+` JOIN pools ON num = places.pool AND fee_address = places.address)`, id, id, id, id)
	q.and("text <> ?", id)
	q.add(" ORDER BY text LIMIT " + strconv.Itoa(most))
	return all(s, q, func(rows *sql.Rows) (other string, err error) { return other, rows.Scan(&other) })
}
