package store

import (
	"bytes"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Now means the tip, as a height in a filter.
const Now pastel.Height = -1

// Block is a block of the ledger.
type Block struct {
	Height pastel.Height
	Hash   pastel.BlockHash
	Time   int64 // seconds since 1970
	Digest pool.Digest
}

func scanBlock(rows *sql.Rows) (b Block, err error) {
	var hash, digest []byte
	if err = rows.Scan(&b.Height, &hash, &b.Time, &digest); err != nil {
		return b, err
	}
	if b.Hash, err = hash32[pastel.BlockHash](hash); err != nil {
		return b, err
	}
	b.Digest, err = hash32[pool.Digest](digest)
	return b, err
}

const selectBlocks = "SELECT height, hash, time, digest FROM blocks"

// Tip returns the last block; chain.ErrNotFound if there is none.
func (s *Snapshot) Tip() (Block, error) {
	list, err := s.Blocks(Page{Limit: 1, Desc: true})
	if err == nil && len(list) == 0 {
		err = notFound("a block")
	}
	if err != nil {
		return Block{}, err
	}
	return list[0], nil
}

// Block returns the block at a height; chain.ErrNotFound if there is none.
func (s *Snapshot) Block(h pastel.Height) (Block, error) {
	q := selecting(selectBlocks)
	q.and("height = ?", int64(h))
	list, err := all(s, q, scanBlock)
	if err == nil && len(list) == 0 {
		err = notFound("block %d", h)
	}
	if err != nil {
		return Block{}, err
	}
	return list[0], nil
}

// Blocks returns blocks; the page's key is the height.
func (s *Snapshot) Blocks(p Page) ([]Block, error) {
	q := selecting(selectBlocks)
	q.page(p, "height")
	return all(s, q, scanBlock)
}

// Event is an event with its place in the chain.
type Event struct {
	Height   pastel.Height
	Position int64
	Time     int64 // of its block
	Type     pool.EventType
	Pool     ticket.PoolID
	PastelID string
	Pledge   int64 // join order, for events about a pledge; otherwise -1
	JSON     []byte
}

// EventFilter selects events. Zero fields do not filter, except the heights: From 0 and To Now select all.
type EventFilter struct {
	Pool     ticket.PoolID
	PastelID string
	Types    []string
	From, To pastel.Height
}

// Events returns events; the page's key is height and position.
func (s *Snapshot) Events(f EventFilter, p Page) ([]Event, error) {
	q := selecting(`SELECT events.height, position, time, type, coalesce(pool, ''), coalesce(pastelid, ''), coalesce(pledge, -1), json
		FROM events JOIN blocks ON blocks.height = events.height`)
	equal(q, "pool", string(f.Pool))
	equal(q, "pastelid", f.PastelID)
	in(q, "type", f.Types)
	if f.From > 0 {
		q.and("events.height >= ?", int64(f.From))
	}
	if f.To != Now {
		q.and("events.height <= ?", int64(f.To))
	}
	q.page(p, "events.height", "position")
	return all(s, q, func(rows *sql.Rows) (e Event, err error) {
		err = rows.Scan(&e.Height, &e.Position, &e.Time, &e.Type, &e.Pool, &e.PastelID, &e.Pledge, &e.JSON)
		return e, err
	})
}

// PoolRow is a pool in a list.
type PoolRow struct {
	pool.Terms
	Status    string // at the height asked for
	Escrow    pastel.Address
	Activated pastel.Height // -1 before
	Deadline  pastel.Height // while replenishing, otherwise -1
	Ended     pastel.Height // -1 before
	Counted   int64         // PSL counted of live pledges, at the tip
	Offered   int64         // PSL offered by live pledges, at the tip
}

// PoolFilter selects pools; zero fields do not filter.
type PoolFilter struct {
	ID         ticket.PoolID
	Status     []string
	Operator   string // PastelID
	FeeAddress string
	Escrow     string
	At         pastel.Height // as they were after this block; Now
}

// turns are the events that change a pool's status.
var turns = func() (list []pool.EventType) {
	for _, t := range pool.EventTypes() {
		if t.Row().After != 0 {
			list = append(list, t)
		}
	}
	return list
}()

const selectPools = `SELECT id, status, company, operator, supernode, fee_address, escrow, required, target, factor, fee, period, opened,
	opened_tx, activated, deadline, ended, counted, offered FROM pools`

// Pools returns pools in the order they opened; within a block, by id. Only the list at the tip has deadlines.
func (s *Snapshot) Pools(f PoolFilter) ([]PoolRow, error) {
	q := selecting(selectPools)
	equal(q, "id", string(f.ID))
	equal(q, "operator", f.Operator)
	equal(q, "fee_address", f.FeeAddress)
	equal(q, "escrow", f.Escrow)
	if f.At == Now {
		in(q, "status", f.Status)
	} else {
		q.and("opened <= ?", int64(f.At))
	}
	q.text.WriteString(" ORDER BY opened, id")
	rows, err := all(s, q, s.scanPool)
	if err != nil || f.At == Now {
		return rows, err
	}
	return s.poolsAt(rows, f)
}

// poolsAt sets the pools' statuses to those at f.At, and drops pools of other statuses than f selects.
func (s *Snapshot) poolsAt(rows []PoolRow, f PoolFilter) ([]PoolRow, error) {
	list := []PoolRow{}
	for _, p := range rows {
		q := selecting("SELECT type FROM events")
		q.and("pool = ?", string(p.ID))
		q.and("height <= ?", int64(f.At))
		in(q, "type", turns)
		q.page(Page{Limit: 1, Desc: true}, "height", "position")
		last, err := all(s, q, func(rows *sql.Rows) (t pool.EventType, err error) { return t, rows.Scan(&t) })
		if err != nil {
			return nil, err
		}
		if len(last) == 0 {
			return nil, fmt.Errorf("pool %s has no events; %s", p.ID, Damaged)
		}
		p.Status = last[0].Row().After.String()
		for _, h := range []*pastel.Height{&p.Activated, &p.Ended} {
			if *h > f.At {
				*h = -1
			}
		}
		if len(f.Status) == 0 || slices.Contains(f.Status, p.Status) {
			list = append(list, p)
		}
	}
	return list, nil
}

func (s *Snapshot) scanPool(rows *sql.Rows) (p PoolRow, err error) {
	var operator, supernode, fee, escrow string
	var opened []byte
	var activated, deadline, ended sql.NullInt64
	err = rows.Scan(&p.ID, &p.Status, &p.Company, &operator, &supernode, &fee, &escrow, &p.Required, &p.Target, &p.Factor, &p.Fee, &p.Period,
		&p.InitHeight, &opened, &activated, &deadline, &ended, &p.Counted, &p.Offered)
	if err != nil {
		return p, err
	}
	p.Activated, p.Deadline, p.Ended = height(activated), height(deadline), height(ended)
	var errs [5]error
	p.Operator, errs[0] = pastelid.Parse(operator)
	p.Supernode, errs[1] = pastelid.Parse(supernode)
	p.FeeAddress, errs[2] = pastel.ParseAddress(&s.r.net.Network, fee)
	p.Escrow, errs[3] = pastel.ParseAddress(&s.r.net.Network, escrow)
	p.InitTx, errs[4] = hash32[pastel.TxID](opened)
	return p, errors.Join(errs[:]...)
}

// Pool returns everything known about a pool at the tip; chain.ErrNotFound if there is none.
func (s *Snapshot) Pool(id ticket.PoolID) (pool.Pool, error) {
	var list []pool.Record
	keep := func(r pool.Record) error {
		list = append(list, pool.Record{Kind: r.Kind, Key: bytes.Clone(r.Key), Value: bytes.Clone(r.Value)})
		return nil
	}
	if err := s.records("WHERE kind = $1", []any{int16(pool.RecordTip)}, keep); err != nil {
		return pool.Pool{}, err
	}
	first := []byte(id)
	for _, kind := range pool.RecordKindsOfPool() {
		// Pool ids use one alphabet and end in 40 hex digits, so none is a prefix of another. Records of a kind with one record per pool
		// have the id as key.
		err := s.records("WHERE kind = $1 AND key >= $2 AND key < $3 ORDER BY key", []any{int16(kind), first, beyond(first)}, keep)
		if err != nil {
			return pool.Pool{}, err
		}
		if kind == pool.RecordPool && len(list) < 2 {
			return pool.Pool{}, notFound("pool %s", id)
		}
	}
	p, err := pool.ReadPool(s.r.net, s.r.shadow, id, list)
	if err != nil {
		return pool.Pool{}, contradicts(err)
	}
	return p, nil
}

// beyond returns the first key after all keys with a prefix, which must not end in ff.
func beyond(prefix []byte) []byte {
	end := bytes.Clone(prefix)
	end[len(end)-1]++
	return end
}

// Standing returns a PastelID's reputation at the tip; chain.ErrNotFound if it is not registered.
func (s *Snapshot) Standing(id pastelid.PastelID, tip pastel.Height) (st pool.Standing, err error) {
	found := false
	err = s.records("WHERE kind = $1 AND key = $2", []any{int16(pool.RecordPerson), id[:]}, func(r pool.Record) error {
		found = true
		st, err = pool.ReadStanding(&s.r.net, tip, r)
		return err
	})
	if err == nil && !found {
		err = notFound("PastelID %s", id)
	}
	return st, err
}

// Coin returns an unspent output that can back pledges; chain.ErrNotFound if there is none.
func (s *Snapshot) Coin(out pastel.OutPoint) (x pool.Coin, err error) {
	found := false
	err = s.records("WHERE kind = $1 AND key = $2", []any{int16(pool.RecordCoin), pool.CoinKey(out)}, func(r pool.Record) error {
		found = true
		x, err = pool.ReadCoin(r)
		return err
	})
	if err == nil && !found {
		err = notFound("output %s", out)
	}
	return x, err
}

// Pledge is an accepted pledge, live or ended.
type Pledge struct {
	Seq       int64 // join order over all pools
	Pool      ticket.PoolID
	PastelID  string
	Address   string          // the pledged address
	Reward    string          // the reward address
	Offered   int64           // PSL: what the current ticket names, or what remains after coins of a standby pledge were spent
	Ticket    pastel.TxID     // the current ticket: the one that made the pledge, or the last one that amended it
	Output    pastel.OutPoint // the output named by the current ticket
	Joined    pastel.Height
	Amended   pastel.Height // last; -1 if never
	Ended     pastel.Height // left or released; -1 while live
	Outcome   pool.EventType
	Forfeited pastel.Amount
}

// PledgeFilter selects pledges; zero fields do not filter.
type PledgeFilter struct {
	Pool     ticket.PoolID
	PastelID string
	Address  string        // the pledged address
	Reward   string        // the reward address at At
	EverPaid string        // a reward address at any time up to At
	Live     bool          // only those live at At
	At       pastel.Height // as they were after this block, without later ones; Now
}

// Pledges returns pledges in join order, which is the page's key.
func (s *Snapshot) Pledges(f PledgeFilter, p Page) ([]Pledge, error) {
	at := int64(f.At)
	if f.At == Now {
		at = 1 << 40
	}
	q := &query{args: []any{at}}
	// Positions of tickets and events are separate, so only events tell whether a pledge was last amended or reduced.
	q.text.WriteString(`SELECT seq, p.pool, p.pastelid, address, t.reward, coalesce((SELECT CASE e.type WHEN 'pledge.reduced' THEN e.coins END
			FROM events e WHERE e.pledge = seq AND e.type IN ('pledge.amended', 'pledge.reduced') AND e.height <= $1
			ORDER BY e.height DESC, e.position DESC LIMIT 1), t.offered), t.ticket, t.output_txid, t.output_vout, joined,
		CASE WHEN EXISTS (SELECT 1 FROM pledge_tickets e WHERE e.pledge = seq AND (e.height, e.position) < (t.height, t.position))
			THEN t.height END, ended, coalesce(outcome, ''), coalesce(forfeited, 0)
		FROM pledges p JOIN pledge_tickets t ON t.pledge = seq AND (t.height, t.position) =
			(SELECT height, position FROM pledge_tickets WHERE pledge = seq AND height <= $1 ORDER BY height DESC, position DESC LIMIT 1)`)
	equal(q, "p.pool", string(f.Pool))
	equal(q, "p.pastelid", f.PastelID)
	equal(q, "address", f.Address)
	if f.Reward != "" { // the list of those ever paid is short: it comes first
		q.and("seq IN (SELECT pledge FROM pledge_tickets WHERE reward = ?) AND t.reward = ?", f.Reward, f.Reward)
	}
	if f.EverPaid != "" {
		q.and("seq IN (SELECT pledge FROM pledge_tickets WHERE reward = ? AND height <= ?)", f.EverPaid, at)
	}
	switch {
	case f.At != Now && f.Live:
		q.and("joined <= ? AND (ended IS NULL OR ended > ?)", int64(f.At), int64(f.At))
	case f.At != Now:
		q.and("joined <= ?", int64(f.At))
	case f.Live:
		q.and("ended IS NULL")
	}
	q.page(p, "seq")
	return all(s, q, func(rows *sql.Rows) (x Pledge, err error) {
		var ticketID, output []byte
		var amended, ended sql.NullInt64
		err = rows.Scan(&x.Seq, &x.Pool, &x.PastelID, &x.Address, &x.Reward, &x.Offered, &ticketID, &output, &x.Output.Vout, &x.Joined,
			&amended, &ended, &x.Outcome, &x.Forfeited)
		if err != nil {
			return x, err
		}
		x.Amended = height(amended)
		if x.Ended = height(ended); f.At != Now && x.Ended > f.At {
			x.Ended, x.Outcome, x.Forfeited = -1, "", 0
		}
		var errs [2]error
		x.Ticket, errs[0] = hash32[pastel.TxID](ticketID)
		x.Output.TxID, errs[1] = hash32[pastel.TxID](output)
		return x, errors.Join(errs[:]...)
	})
}

// Credit is an amount that became final for a PastelID.
type Credit struct {
	Height   pastel.Height
	Position int64
	Time     int64
	Pool     ticket.PoolID
	PastelID string // empty for the last members of a dissolved pool
	Address  string
	Amount   pastel.Amount
}

// CreditFilter selects credits; zero fields do not filter.
type CreditFilter struct {
	Pool     ticket.PoolID
	PastelID string
	Address  string
	At       pastel.Height // none after this block; Now
}

func (f *CreditFilter) conditions(q *query) {
	equal(q, "pool", string(f.Pool))
	equal(q, "pastelid", f.PastelID)
	equal(q, "address", f.Address)
	if f.At != Now {
		q.and("credits.height <= ?", int64(f.At))
	}
}

// Credits returns credits; the page's key is height and position.
func (s *Snapshot) Credits(f CreditFilter, p Page) ([]Credit, error) {
	q := selecting(`SELECT credits.height, position, time, pool, coalesce(pastelid, ''), address, amount FROM credits
		JOIN blocks ON blocks.height = credits.height`)
	f.conditions(q)
	q.page(p, "credits.height", "position")
	return all(s, q, func(rows *sql.Rows) (c Credit, err error) {
		return c, rows.Scan(&c.Height, &c.Position, &c.Time, &c.Pool, &c.PastelID, &c.Address, &c.Amount)
	})
}

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

// Payouts returns payouts, oldest first; within a block, by pool. The page's key is the height of settlement and the pool.
func (s *Snapshot) Payouts(f PayoutFilter, p Page) ([]Payout, error) {
	tx := "NULL" // the transaction may be large
	if f.TxID != (pastel.TxID{}) {
		tx = "tx"
	}
	q := selecting(`SELECT pool, settled, txid, valid_from, valid_to, change, ` + tx + `, paid, cancelled,
		(SELECT coalesce(sum(amount), 0) FROM payout_outputs o WHERE o.pool = payouts.pool AND o.settled = payouts.settled),
		(SELECT count(*) FROM payout_outputs o WHERE o.pool = payouts.pool AND o.settled = payouts.settled) FROM payouts`)
	if f.TxID != (pastel.TxID{}) {
		q.and("txid = ?", f.TxID[:])
	}
	equal(q, "pool", string(f.Pool))
	if f.Address != "" {
		q.and("(pool, settled) IN (SELECT pool, settled FROM payout_outputs WHERE address = ?)", f.Address)
	}
	at := int64(f.At)
	if f.At == Now {
		at = 1 << 40
	}
	q.and("settled <= ?", at)
	switch f.Status {
	case PayoutPending:
		q.and("(paid IS NULL OR paid > ?) AND (cancelled IS NULL OR cancelled > ?)", at, at)
	case PayoutPaid:
		q.and("paid <= ?", at)
	case PayoutCancelled:
		q.and("cancelled <= ?", at)
	}
	q.page(p, "settled", "pool")
	return all(s, q, func(rows *sql.Rows) (x Payout, err error) {
		var txid []byte
		var paid, cancelled sql.NullInt64
		err = rows.Scan(&x.Pool, &x.Settled, &txid, &x.ValidFrom, &x.ValidTo, &x.Change, &x.Tx, &paid, &cancelled, &x.Total, &x.Outputs)
		if err != nil {
			return x, err
		}
		x.Paid, x.Cancelled = height(paid), height(cancelled)
		if f.At != Now {
			if x.Paid > f.At {
				x.Paid = -1
			}
			if x.Cancelled > f.At {
				x.Cancelled = -1
			}
		}
		x.TxID, err = hash32[pastel.TxID](txid)
		return x, err
	})
}

// Statuses of a payout.
const (
	PayoutPending   = "pending"
	PayoutPaid      = "paid"
	PayoutCancelled = "cancelled"
)

// Outputs returns a payout's payments, in the order of its transaction, without change.
func (s *Snapshot) Outputs(id ticket.PoolID, settled pastel.Height) ([]pool.Payment, error) {
	q := selecting("SELECT address, amount FROM payout_outputs")
	q.and("pool = ?", string(id))
	q.and("settled = ?", int64(settled))
	q.text.WriteString(" ORDER BY position")
	return all(s, q, func(rows *sql.Rows) (x pool.Payment, err error) {
		var address string
		if err = rows.Scan(&address, &x.Amount); err != nil {
			return x, err
		}
		x.To, err = pastel.ParseAddress(&s.r.net.Network, address)
		return x, err
	})
}
