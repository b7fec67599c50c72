package store

import (
	"database/sql"
	"encoding/binary"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Payout is a settled payout.
type Payout struct {
	Pool      ticket.PoolID
	TxID      pastel.TxID
	Settled   pastel.Height
	ValidFrom pastel.Height
	ValidTo   pastel.Height
	Change    pastel.Amount
	Paid      pastel.Height // -1 before
	Cancelled pastel.Height // -1 before
	Tx        []byte        // the transaction; nil unless the filter names TxID
	Total     pastel.Amount // paid out, without change
	Outputs   int
}

// PayoutFilter selects payouts; zero fields do not filter.
type PayoutFilter struct {
	TxID    pastel.TxID
	Pool    ticket.PoolID
	Address string        // an address it pays
	Status  string        // pending, paid or cancelled at At
	At      pastel.Height // as they were after this block, without later ones; Now
}

// EachPending calls a function with each payout that is not mined yet, the oldest first, until it says that it needs no more.
func (s *Snapshot) EachPending(more func(*Payout) bool) error {
	const atOnce = 1000
	for page := (Page{Limit: atOnce}); ; {
		list, err := s.Payouts(PayoutFilter{Status: PayoutPending, At: Now}, page)
		if err != nil {
			return err
		}
		for i := range list {
			if !more(&list[i]) {
				return nil
			}
		}
		if len(list) < atOnce {
			return nil
		}
		last := &list[len(list)-1]
		page.After = []any{int64(last.Settled), string(last.Pool)}
	}
}

// Payouts returns payouts, oldest first; within a block, by pool. The page's key is the height of settlement and the pool.
func (s *Snapshot) Payouts(f PayoutFilter, p Page) ([]Payout, error) {
	q := selecting(`SELECT pools.id, p.settled, p.txid, p.change, p.paid, p.cancelled, p.total, p.outputs, p.inputs
		FROM payouts p JOIN pools ON pools.num = p.pool`)
	if f.TxID != (pastel.TxID{}) {
		q.and("p.txid = ?", f.TxID[:])
	}
	equalPool(q, "p.pool", f.Pool)
	if f.Address != "" {
		q.and("(p.pool, p.settled) IN (SELECT c.pool, c.height FROM "+placesOfAddress+" CROSS JOIN "+s.r.engine.claims+" WHERE "+atPlaces+
			" AND c.output IS NOT NULL)", f.Address, f.Address)
	}
	f.status(q, s.r.net.CoinbaseMaturity+s.r.net.PayoutExpiry)
	q.page(p, "p.settled", "pools.id")
	var inputs [][]byte
	list, err := all(s, q, func(rows *sql.Rows) (x Payout, err error) {
		var txid, in []byte
		var paid, cancelled sql.NullInt64
		if err = rows.Scan(&x.Pool, &x.Settled, &txid, &x.Change, &paid, &cancelled, &x.Total, &x.Outputs, &in); err != nil {
			return x, err
		}
		inputs = append(inputs, in)
		x.ValidFrom, x.ValidTo = pool.PayoutWindow(x.Settled, &s.r.net)
		x.Paid, x.Cancelled = f.seen(height(paid)), f.seen(height(cancelled))
		x.TxID, err = hash32[pastel.TxID](txid)
		return x, err
	})
	if err != nil || f.TxID == (pastel.TxID{}) {
		return list, err
	}
	for i := range list {
		if err := s.makeTx(&list[i], inputs[i]); err != nil {
			return nil, err
		}
	}
	return list, nil
}

// statusNow selects payouts p by what they are at the tip.
func statusNow(q *query, status string) {
	switch status {
	case PayoutPending:
		q.and("p.paid IS NULL AND p.cancelled IS NULL")
	case PayoutPaid:
		q.and("p.paid IS NOT NULL")
	case PayoutCancelled:
		q.and("p.cancelled IS NOT NULL")
	}
}

// status selects payouts by what they are at the filter's height. A payout is pending for no longer than a number of blocks.
func (f *PayoutFilter) status(q *query, longest pastel.Height) {
	if f.At == Now {
		statusNow(q, f.Status)
		return
	}
	at := int32(f.At)
	q.and("p.settled <= ?", at)
	switch f.Status {
	case PayoutPending:
		q.and("p.settled >= ? AND (p.paid IS NULL OR p.paid > ?) AND (p.cancelled IS NULL OR p.cancelled > ?)", at-int32(longest), at, at)
	case PayoutPaid:
		q.and("p.paid <= ?", at)
	case PayoutCancelled:
		q.and("p.cancelled <= ?", at)
	}
}

// seen hides what happened after the filter's height.
func (f *PayoutFilter) seen(h pastel.Height) pastel.Height {
	if f.At != Now && h > f.At {
		return -1
	}
	return h
}

// makeTx makes a payout's transaction, which follows from its inputs and outputs.
func (s *Snapshot) makeTx(x *Payout, inputs []byte) error {
	outputs, err := s.Outputs(x.Pool, x.Settled)
	if err != nil {
		return err
	}
	const size = 32 + 4
	var ins []pastel.OutPoint
	for ; len(inputs) >= size; inputs = inputs[size:] {
		ins = append(ins, pastel.OutPoint{TxID: pastel.TxID(inputs[:32]), Vout: binary.LittleEndian.Uint32(inputs[32:])})
	}
	tx := pool.PayoutTx(&s.r.net, x.Pool, x.Settled, ins, outputs, x.Change)
	if tx.ID() != x.TxID {
		return fmt.Errorf("the inputs and outputs of payout %s do not give its transaction; %w", x.TxID, ErrUnreadable)
	}
	x.Tx = tx.Bytes()
	return nil
}

// Statuses of a payout.
const (
	PayoutPending   = "pending"
	PayoutPaid      = "paid"
	PayoutCancelled = "cancelled"
)

// Outputs returns a payout's payments, in the order of its transaction, without change.
func (s *Snapshot) Outputs(id ticket.PoolID, settled pastel.Height) ([]pool.Payment, error) {
	q := &query{}
	q.add(`SELECT names.text, outputs.paid FROM (
			SELECT c.output, c.address, c.paid FROM earnings e
			JOIN claims c ON c.height = e.height AND c.position >= e.first AND c.position <= e.last AND c.pool = e.pool
			WHERE e.pool`+isPool+` AND e.height = ? AND c.output IS NOT NULL
		UNION ALL SELECT c.output, c.address, c.paid FROM payouts p
			JOIN claims c ON c.height = p.settled AND c.position >= p.first_paid AND c.position < p.first_paid + p.outputs AND c.pool = p.pool
			WHERE p.pool`+isPool+` AND p.settled = ? AND c.output IS NOT NULL
		) AS outputs JOIN names ON names.id = outputs.address ORDER BY outputs.output`, string(id), int32(settled), string(id), int32(settled))
	return all(s, q, func(rows *sql.Rows) (x pool.Payment, err error) {
		var address string
		if err = rows.Scan(&address, &x.Amount); err != nil {
			return x, err
		}
		x.To, err = pastel.ParseAddress(&s.r.net.Network, address)
		return x, err
	})
}
