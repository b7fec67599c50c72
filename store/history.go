package store

import (
	"bytes"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"math"
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
	Paid     pastel.Amount // by a settled payout, without change
}

// EventFilter selects events and what is read of them. Zero fields do not filter, except the heights: From 0 and To Now select all.
type EventFilter struct {
	Pool     ticket.PoolID
	PastelID string
	Types    []string
	From, To pastel.Height
	Brief    bool // leaves the outputs of settled payouts out of JSON
	Hidden   bool // selects also what KeepHistory hides and Prune has not deleted
}

// Events returns events; the page's key is height and position.
func (s *Snapshot) Events(f EventFilter, p Page) ([]Event, error) {
	key := []string{"events.height", "position"}
	q := selecting("SELECT events.height, events.position, " + timeOf("events.height") + ", type, coalesce(" + poolOf("pool") + ", ''), coalesce(" +
		nameOf("pastelid") + ", ''), coalesce(pledge, -1), json, " + paidBy + " FROM ")
	if f.Pool == "" && f.PastelID == "" && len(f.Types) > 1 {
		f.eachType(q, p, key)
		key[1] = "events.position"
	} else {
		q.text.WriteString("events")
		equalPool(q, "pool", f.Pool)
		equalName(q, "pastelid", f.PastelID)
		in(q, "type", f.Types)
		if !f.Hidden {
			shown(q, f.Types)
		}
		f.between(q)
		q.after(p, key)
	}
	q.order(p, key)
	list, err := all(s, q, func(rows *sql.Rows) (e Event, err error) {
		err = rows.Scan(&e.Height, &e.Position, &e.Time, &e.Type, &e.Pool, &e.PastelID, &e.Pledge, &e.JSON, &e.Paid)
		return e, err
	})
	for i := range list {
		if err == nil && !f.Brief {
			err = s.complete(&list[i])
		}
	}
	return list, err
}

// paidBy finds what an event's payout pays.
const paidBy = `CASE WHEN type = 'payout.settled'
	THEN coalesce((SELECT total FROM payouts WHERE payouts.pool = events.pool AND payouts.settled = events.height), 0) ELSE 0 END`

// between adds the conditions on heights.
func (f *EventFilter) between(q *query) {
	if f.From > 0 {
		q.and("events.height >= ?", int32(f.From))
	}
	if f.To != Now {
		q.and("events.height <= ?", int32(f.To))
	}
}

// eachType finds a page of each type by its index, and joins the events to them. Asked for all types at once, the engines would sort every event
// of these types that there is.
func (f *EventFilter) eachType(q *query, p Page, key []string) {
	for i, t := range f.Types {
		q.text.WriteString(map[bool]string{true: "(", false: " UNION "}[i == 0] + "SELECT height, position FROM (SELECT height, position FROM events")
		q.where = false
		q.and("type = ?", t)
		if !f.Hidden {
			shown(q, []string{t})
		}
		f.between(q)
		q.page(p, key...)
		q.text.WriteString(") AS one")
	}
	q.text.WriteString(") AS found JOIN events ON events.height = found.height AND events.position = found.position")
}

// complete adds to an event's JSON what is stored elsewhere. JSON that cannot be read stays as it is: it is no reason to show nobody the
// other events.
func (s *Snapshot) complete(e *Event) error {
	var failed error
	text, err := whole(string(e.Type), e.JSON, func() (list []pool.Payment, err error) {
		list, failed = s.Outputs(e.Pool, e.Height)
		return list, failed
	})
	if err == nil {
		e.JSON = text
	}
	return failed
}

// Pool returns everything known about a pool at the tip; chain.ErrNotFound if there is none.
func (s *Snapshot) Pool(id ticket.PoolID) (pool.Pool, error) {
	return s.readPool(id, pool.RecordKindsOfPool())
}

// PoolOfMembers returns a pool as Pool does, but without Escrowed and Pending, for which it would read every output in escrow and make every
// pending payout.
func (s *Snapshot) PoolOfMembers(id ticket.PoolID) (pool.Pool, error) {
	return s.readPool(id, slices.DeleteFunc(pool.RecordKindsOfPool(), func(k pool.RecordKind) bool {
		return k == pool.RecordEscrow || k == pool.RecordPayout
	}))
}

// PoolOfClaims returns a pool as Pool does, but without its pledges, Escrowed and Pending: its claims, and what its operator accrued.
func (s *Snapshot) PoolOfClaims(id ticket.PoolID) (pool.Pool, error) {
	return s.readPool(id, []pool.RecordKind{pool.RecordPool, pool.RecordClaims})
}

// LastConcerned returns the last block that concerned a pool; chain.ErrNotFound if there is no such pool. A pool of which that is the same
// block is the same, reorganizations or not, but for what follows from the tip's height.
func (s *Snapshot) LastConcerned(id ticket.PoolID) (pastel.BlockHash, error) {
	q := selecting(`SELECT hash FROM pools p JOIN blocks b
		ON b.height = (SELECT height FROM pool_sums WHERE pool = p.num ORDER BY height DESC LIMIT 1)`)
	q.and("p.id = ?", string(id))
	list, err := all(s, q, func(rows *sql.Rows) (pastel.BlockHash, error) {
		var hash []byte
		if err := rows.Scan(&hash); err != nil {
			return pastel.BlockHash{}, err
		}
		return hash32[pastel.BlockHash](hash)
	})
	if err == nil && len(list) == 0 {
		err = notFound("pool %s", id)
	}
	if err != nil {
		return pastel.BlockHash{}, err
	}
	return list[0], nil
}

// Concerned returns what the blocks above one height, up to another, concerned: pools as LastConcerned does, and the PastelIDs and addresses
// that their events, the pledges which they accept or amend, and newly opened pools name. The pledges and earnings of a PastelID or an address change
// only in blocks that name it, or that concern a pool which it pledged to, operates, or is paid by.
func (s *Snapshot) Concerned(above, upTo pastel.Height) (pools []ticket.PoolID, names []string, err error) {
	q := selecting("SELECT id FROM pools")
	q.and("num IN (SELECT pool FROM pool_sums WHERE height > ? AND height <= ?)", int32(above), int32(upTo))
	pools, err = all(s, q, func(rows *sql.Rows) (id ticket.PoolID, err error) { return id, rows.Scan(&id) })
	if err != nil {
		return nil, nil, err
	}
	text := func(rows *sql.Rows) (name string, err error) { return name, rows.Scan(&name) }
	q = &query{args: []any{int32(above), int32(upTo)}}
	q.text.WriteString(`SELECT text FROM names WHERE id IN (
		SELECT pastelid FROM events WHERE pastelid IS NOT NULL AND height > $1 AND height <= $2
		UNION SELECT operator FROM pools WHERE opened > $1 AND opened <= $2
		UNION SELECT fee_address FROM pools WHERE opened > $1 AND opened <= $2
		UNION SELECT escrow FROM pools WHERE opened > $1 AND opened <= $2)`)
	if names, err = all(s, q, text); err != nil {
		return nil, nil, err
	}
	q = selecting("SELECT DISTINCT pledge FROM events")
	q.and("pledge IS NOT NULL AND height > ? AND height <= ?", int32(above), int32(upTo))
	in(q, "type", []string{string(pool.PledgeAccepted), string(pool.PledgeAmended)})
	pledges, err := all(s, q, func(rows *sql.Rows) (seq int64, err error) { return seq, rows.Scan(&seq) })
	if err != nil {
		return nil, nil, err
	}
	const atOnce = 256
	for part := range slices.Chunk(pledges, atOnce) {
		for _, x := range []struct{ column, table, key string }{{"address", "pledges", "seq"}, {"reward", "pledge_tickets", "pledge"}} {
			q := selecting("SELECT " + nameOf(x.column) + " FROM " + x.table)
			in(q, x.key, part)
			more, err := all(s, q, text)
			if err != nil {
				return nil, nil, err
			}
			names = append(names, more...)
		}
	}
	return pools, names, nil
}

func (s *Snapshot) readPool(id ticket.PoolID, kinds []pool.RecordKind) (pool.Pool, error) {
	var list []pool.Record
	keep := func(r pool.Record) error {
		list = append(list, pool.Record{Kind: r.Kind, Key: bytes.Clone(r.Key), Value: bytes.Clone(r.Value)})
		return nil
	}
	if err := s.records("WHERE kind = $1", []any{int16(pool.RecordTip)}, keep); err != nil {
		return pool.Pool{}, err
	}
	first := []byte(id)
	for _, kind := range kinds {
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

// Times returns the times of the blocks at some heights, seconds since 1970, without those that the ledger does not have.
func (s *Snapshot) Times(heights []pastel.Height) (map[pastel.Height]int64, error) {
	times := make(map[pastel.Height]int64, len(heights))
	if len(heights) == 0 {
		return times, nil
	}
	asked := slices.Clone(heights)
	for len(asked)&(len(asked)-1) != 0 { // statements of few lengths, which stay prepared
		asked = append(asked, heights[0])
	}
	q := selecting("SELECT height, time FROM blocks")
	in(q, "height", asked)
	_, err := all(s, q, func(rows *sql.Rows) (struct{}, error) {
		var h pastel.Height
		var t int64
		err := rows.Scan(&h, &t)
		times[h] = t
		return struct{}{}, err
	})
	return times, err
}

// Standings returns the reputations of PastelIDs at the tip, without those that are not registered.
func (s *Snapshot) Standings(ids []pastelid.PastelID, tip pastel.Height) (map[pastelid.PastelID]pool.Standing, error) {
	standings := make(map[pastelid.PastelID]pool.Standing, len(ids))
	if len(ids) == 0 {
		return standings, nil
	}
	keys := make([][]byte, len(ids))
	for i := range ids {
		keys[i] = ids[i][:]
	}
	q := &query{}
	q.and("kind = ?", int16(pool.RecordPerson))
	in(q, "key", keys)
	err := s.records(q.text.String(), q.args, func(r pool.Record) (err error) {
		standings[pastelid.PastelID(r.Key)], err = pool.ReadStanding(&s.r.net, tip, r)
		return err
	})
	return standings, err
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
	at := int32(f.At)
	if f.At == Now {
		at = math.MaxInt32
	}
	q := &query{args: []any{at}}
	// Positions of tickets and events are separate, so only events tell whether a pledge was last amended or reduced. The sum keeps planners
	// from reading the tickets of all pledges, which are in the order of the answer.
	q.text.WriteString("SELECT seq, " + poolOf("p.pool") + ", " + nameOf("p.pastelid") + ", " + nameOf("p.address") + ", " + nameOf("t.reward") + `, coalesce((SELECT CASE e.type WHEN 'pledge.reduced' THEN e.coins END
			FROM events e WHERE e.pledge = seq AND e.type IN ('pledge.amended', 'pledge.reduced') AND e.height <= $1
			ORDER BY e.height DESC, e.position DESC LIMIT 1), t.offered), t.ticket, t.output_txid, t.output_vout, joined,
		CASE WHEN EXISTS (SELECT 1 FROM pledge_tickets e WHERE e.pledge = seq AND (e.height, e.position) < (t.height, t.position))
			THEN t.height END, ended, coalesce(outcome, ''), coalesce(forfeited, 0)
		FROM pledges p JOIN pledge_tickets t ON t.pledge = seq + 0 AND (t.height, t.position) =
			(SELECT height, position FROM pledge_tickets WHERE pledge = seq AND height <= $1 ORDER BY height DESC, position DESC LIMIT 1)`)
	equalPool(q, "p.pool", f.Pool)
	equalName(q, "p.pastelid", f.PastelID)
	equalName(q, "p.address", f.Address)
	if f.Reward != "" { // the list of those ever paid is short: it comes first
		q.and("seq IN (SELECT pledge FROM pledge_tickets WHERE reward"+isName+") AND t.reward"+isName, f.Reward, f.Reward)
	}
	if f.EverPaid != "" {
		q.and("seq IN (SELECT pledge FROM pledge_tickets WHERE reward"+isName+" AND height <= ?)", f.EverPaid, at)
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

// from adds the credits that f selects, as c. Those of a PastelID or an address are found by where pools pay it.
func (f *CreditFilter) from(q *query, e *engine) {
	switch {
	case f.PastelID != "":
		q.add(" FROM "+placesOfPastelID+" CROSS JOIN "+e.claims, f.PastelID, f.PastelID)
	case f.Address != "":
		q.add(" FROM "+placesOfAddress+" CROSS JOIN "+e.claims, f.Address, f.Address)
	case f.Pool != "":
		q.add(" FROM earnings e JOIN claims c ON c.height = e.height AND c.position >= e.first AND c.position <= e.last AND c.pool = e.pool")
	default:
		q.add(" FROM claims c")
	}
}

func (f *CreditFilter) conditions(q *query) {
	q.and("c.credited IS NOT NULL")
	switch {
	case f.PastelID != "" || f.Address != "":
		q.and(atPlaces)
		equalPool(q, "places.pool", f.Pool)
		equalName(q, "c.pastelid", f.PastelID)
		equalName(q, "c.address", f.Address)
	case f.Pool != "":
		equalPool(q, "e.pool", f.Pool)
	}
	if f.At != Now {
		q.and("c.height <= ?", int32(f.At))
	}
}

// key is the key of pages. The height of a pool's credits is named as that of its earnings, in whose order they are read.
func (f *CreditFilter) key() []string {
	if f.Pool != "" && f.PastelID == "" && f.Address == "" {
		return []string{"e.height", "c.position"}
	}
	return []string{"c.height", "c.position"}
}

// Credits returns credits; the page's key is height and position.
func (s *Snapshot) Credits(f CreditFilter, p Page) ([]Credit, error) {
	q := selecting("SELECT c.height, c.position, " + timeOf("c.height") + ", " + poolOf("c.pool") + ", coalesce(" +
		nameOf("c.pastelid") + ", ''), " + nameOf("c.address") + ", c.credited")
	f.from(q, &s.r.engine)
	f.conditions(q)
	q.page(p, f.key()...)
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
