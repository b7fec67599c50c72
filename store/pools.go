package store

import (
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// PoolRow is a pool in a list.
type PoolRow struct {
	pool.Head
	Num    int64 // rank by the height of opening, then by id, from 1
	Escrow pastel.Address
}

// Company names may contain zero bytes, which PostgreSQL's texts may not. On both engines, U+FFFE, which is no character, stands for them; what
// follows it tells it from one in the name.
var (
	storable = strings.NewReplacer("\x00", "\ufffe0", "\ufffe", "\ufffe1")
	original = strings.NewReplacer("\ufffe0", "\x00", "\ufffe1", "\ufffe")
)

// company reads such a name.
type company string

// Scan implements sql.Scanner.
func (c *company) Scan(stored any) error {
	var text sql.NullString
	err := text.Scan(stored)
	*c = company(original.Replace(text.String))
	return err
}

// PoolFilter selects pools; zero fields do not filter.
type PoolFilter struct {
	ID         ticket.PoolID
	IDs        []ticket.PoolID
	Status     []pool.Status
	Operator   string // PastelID
	FeeAddress string
	Escrow     string
}

var poolColumns = "p.num, p.id, p.status, p.company, " + nameOf("p.operator") + ", " + nameOf("p.supernode") + ", " + nameOf("p.fee_address") + ", " +
	nameOf("p.escrow") + `, p.required, p.target, p.factor, p.fee, p.period,
	p.opened, p.opened_tx, p.activated, p.activation_tx, p.deadline, p.ended, p.counted, p.offered, p.low, p.broken, p.members, p.standby, p.plain,
	p.escrowed, p.claimed, p.pending`

// Pools returns pools in the order they opened; within a block, by id. The filter should leave few.
func (s *Snapshot) Pools(f PoolFilter) ([]PoolRow, error) {
	q := selecting("SELECT " + poolColumns + " FROM pools p")
	f.restrict(q)
	q.text.WriteString(" ORDER BY p.num")
	return all(s, q, s.scanPool)
}

func (f *PoolFilter) restrict(q *query) {
	equal(q, "id", string(f.ID))
	in(q, "id", f.IDs)
	equalName(q, "operator", f.Operator)
	equalName(q, "fee_address", f.FeeAddress)
	equalName(q, "escrow", f.Escrow)
	names := make([]string, len(f.Status))
	for i, x := range f.Status {
		names[i] = x.String()
	}
	in(q, "status", names)
}

// NewestPools returns the newest of the pools that may owe something to accounts, or of the others; the newest first. A closed pool owes
// nothing but what claims it has.
func (s *Snapshot) NewestPools(f PoolFilter, owe bool, most int) ([]PoolRow, error) {
	q := selecting("SELECT " + poolColumns + " FROM pools p")
	f.restrict(q)
	q.and(map[bool]string{true: "(p.status <> ? OR claimed > 0)", false: "(p.status = ? AND claimed = 0)"}[owe], pool.Closed.String())
	q.order(Page{Limit: most, Desc: true}, []string{"p.num"})
	return all(s, q, s.scanPool)
}

// PoolsConcerned returns the pools that the blocks above a height concerned, in no order, as they are now: no others have changed since, unless
// blocks were taken back.
func (s *Snapshot) PoolsConcerned(above pastel.Height) ([]PoolRow, error) {
	q := selecting("SELECT " + poolColumns + " FROM pools p")
	q.and("p.num IN (SELECT pool FROM pool_sums WHERE height > ?)", int64(above))
	return all(s, q, s.scanPool)
}

// PoolsFrom returns pools whose ids begin with a text, in the order of their ids.
func (s *Snapshot) PoolsFrom(start string, most int) ([]PoolRow, error) {
	q := selecting("SELECT " + poolColumns + " FROM pools p")
	q.and("p.id >= ?", start)
	q.and("p.id < ?", start+"\x7f") // after every id that begins so
	q.order(Page{Limit: most}, []string{"p.id"})
	return all(s, q, s.scanPool)
}

// PoolName is what people know a pool by.
type PoolName struct {
	ID       ticket.PoolID
	Company  string
	Operator string // PastelID
}

// NewestNames returns the names of the newest pools, newest first.
func (s *Snapshot) NewestNames(most int) ([]PoolName, error) {
	q := selecting("SELECT p.id, p.company, " + nameOf("p.operator") + " FROM pools p")
	q.order(Page{Limit: most, Desc: true}, []string{"p.num"})
	return all(s, q, func(rows *sql.Rows) (x PoolName, err error) {
		return x, rows.Scan(&x.ID, (*company)(&x.Company), &x.Operator)
	})
}

// CountPools counts the pools that a filter leaves.
func (s *Snapshot) CountPools(f PoolFilter) (int64, error) {
	q := selecting("SELECT count(*) FROM pools")
	f.restrict(q)
	n, err := all(s, q, func(rows *sql.Rows) (n int64, err error) { return n, rows.Scan(&n) })
	if err != nil {
		return 0, err
	}
	return n[0], nil
}

// WithClaims returns those of some pools that have claims.
func (s *Snapshot) WithClaims(pools []ticket.PoolID) ([]ticket.PoolID, error) {
	if len(pools) == 0 {
		return nil, nil
	}
	q := selecting("SELECT id FROM pools")
	in(q, "id", pools)
	q.and("claimed > 0")
	return all(s, q, func(rows *sql.Rows) (id ticket.PoolID, err error) { return id, rows.Scan(&id) })
}

// PoolOrder is what a list of pools is sorted by; pools that are equal in it are sorted by Num.
type PoolOrder string

// The orders.
const (
	ByOpened  PoolOrder = "num"
	ByCounted PoolOrder = "counted" // PSL
	ByMembers PoolOrder = "members" // pledges that earn
	ByRoom    PoolOrder = "room"    // PSL that can still count
	ByFee     PoolOrder = "fee"
)

// PoolList selects a list of pools.
type PoolList struct {
	Status   []pool.Status // none for all
	Operator string        // PastelID; empty for all
	OpenAt   pastel.Height // only pools that accept new pledges at this height; 0 for all
	Order    PoolOrder
}

// ListPools returns a page of a list of pools; its key is the order and Num, or Num alone in the order they opened. Each status has an index
// in each order, so that a page costs the same however many pools there are. An operator's pools are read, and sorted unless the list is in the
// order they opened.
func (s *Snapshot) ListPools(f PoolList, p Page) ([]PoolRow, error) {
	key := []string{string(f.Order), "num"}
	if f.Order == ByOpened {
		key = key[1:]
	}
	shelves := f.shelves()
	if len(shelves) == 0 { // ended pools that accept pledges
		return []PoolRow{}, nil
	}
	q := selecting("SELECT " + poolColumns + " FROM (")
	if f.Operator != "" {
		q.text.WriteString(f.selected())
		equalName(q, "operator", f.Operator)
		f.onShelves(q, shelves)
		q.page(p, key...)
	} else {
		for i, on := range shelves {
			if i > 0 {
				q.text.WriteString(" UNION ALL ")
			}
			q.text.WriteString("SELECT * FROM (" + f.selected())
			q.where = false
			q.and("shelf = ?", on.shelf)
			f.acceptsOn(q, on.status)
			q.page(p, key...)
			q.text.WriteString(") AS s" + strconv.Itoa(i))
		}
	}
	q.text.WriteString(") AS page JOIN pools p ON p.num = n")
	q.order(p, []string{"k", "n"})
	return all(s, q, s.scanPool)
}

// selected selects a pool's number and what it is sorted by.
func (f *PoolList) selected() string {
	return "SELECT num AS n, " + string(f.Order) + " AS k FROM pools"
}

// acceptsOn restricts pools of a status to those that accept pledges, if only these are wanted.
func (f *PoolList) acceptsOn(q *query, status pool.Status) {
	switch {
	case f.OpenAt > 0 && status == pool.Subscribing:
		q.and("opened + period >= ?", int64(f.OpenAt))
	case f.OpenAt > 0 && status == pool.Replenishing:
		q.and("deadline >= ?", int64(f.OpenAt))
	}
}

// onShelves restricts an operator's pools to some shelves, if not all are wanted. The sum keeps planners from looking for an operator's few
// pools among all of a status.
func (f *PoolList) onShelves(q *query, shelves []shelved) {
	if f.OpenAt == 0 && len(f.Status) == 0 {
		return
	}
	q.and("(FALSE")
	for _, on := range shelves {
		q.text.WriteString(" OR (")
		q.add("shelf + 0 = ?", on.shelf)
		f.acceptsOn(q, on.status)
		q.text.WriteString(")")
	}
	q.text.WriteString(")")
}

// A shelved status is one under which a list finds pools.
type shelved struct {
	status pool.Status
	shelf  int64
}

// shelves lists where a list finds its pools, each once. A pool is full with as many pledges as it may have; it then takes no new one.
func (f *PoolList) shelves() (list []shelved) {
	for _, s := range pool.Statuses() {
		if len(f.Status) > 0 && !slices.Contains(f.Status, s) {
			continue
		}
		if f.OpenAt == 0 || s.Live() {
			list = append(list, shelved{s, shelf(s, false)})
		}
		if f.OpenAt == 0 && s.Live() {
			list = append(list, shelved{s, shelf(s, true)})
		}
	}
	return list
}

// PoolsAt returns a page of the pools that existed after a block, with their statuses and dates then; everything else that can change is as
// it is at the tip. The page's key is Num.
func (s *Snapshot) PoolsAt(h pastel.Height, p Page) ([]PoolRow, error) {
	// The page is cut off before sums are joined to it: PostgreSQL's planner might join all of them first.
	q := &query{args: []any{int64(h)}}
	q.text.WriteString("SELECT s.status, " + poolColumns + " FROM (SELECT * FROM pools")
	q.and("num <= (SELECT num FROM pools WHERE opened <= $1 ORDER BY opened DESC, num DESC LIMIT 1)")
	q.page(p, "num")
	q.text.WriteString(`) AS p JOIN pool_sums s ON s.pool = p.num AND s.height =
		(SELECT height FROM pool_sums x WHERE x.pool = p.num AND x.height <= $1 ORDER BY height DESC LIMIT 1) ORDER BY p.num`)
	if p.Desc {
		q.text.WriteString(" DESC")
	}
	return all(s, q, func(rows *sql.Rows) (x PoolRow, err error) {
		var then pool.Status
		x, err = s.scanPoolAfter(rows, &then)
		x.Status = then
		for _, at := range []*pastel.Height{&x.Activated, &x.Ended} {
			if *at > h {
				*at = -1
			}
		}
		return x, err
	})
}

func (s *Snapshot) scanPool(rows *sql.Rows) (PoolRow, error) { return s.scanPoolAfter(rows) }

// scanPoolAfter scans a row of other columns and then those of a pool.
func (s *Snapshot) scanPoolAfter(rows *sql.Rows, before ...any) (p PoolRow, err error) {
	var status, operator, supernode, fee, escrow string
	var opened, activation []byte
	var activated, deadline, ended sql.NullInt64
	err = rows.Scan(append(before, &p.Num, &p.ID, &status, (*company)(&p.Company), &operator, &supernode, &fee, &escrow, &p.Required, &p.Target, &p.Factor,
		&p.Fee, &p.Period, &p.InitHeight, &opened, &activated, &activation, &deadline, &ended, &p.Counted, &p.Offered, &p.Low, &p.Broken, &p.Members,
		&p.Standby, &p.Plain, &p.Escrowed, &p.Claimed, &p.Pending)...)
	if err != nil {
		return p, err
	}
	p.Activated, p.Deadline, p.Ended = height(activated), height(deadline), height(ended)
	var errs [7]error
	p.Operator, errs[0] = pastelid.Parse(operator)
	p.Supernode, errs[1] = pastelid.Parse(supernode)
	p.FeeAddress, errs[2] = pastel.ParseAddress(&s.r.net.Network, fee)
	p.Escrow, errs[3] = pastel.ParseAddress(&s.r.net.Network, escrow)
	p.InitTx, errs[4] = hash32[pastel.TxID](opened)
	if activation != nil {
		p.ActivationTx, errs[5] = hash32[pastel.TxID](activation)
	}
	var known bool
	if p.Status, known = statusOf(status); !known {
		errs[6] = fmt.Errorf("%q is no status of a pool", status)
	}
	return p, errors.Join(errs[:]...)
}

// Operator is someone who opened a pool, with the sums over all their pools.
type Operator struct {
	ID        int64 // of the PastelID, in this database
	PastelID  string
	First     int64         // the first pool's Num
	Since     pastel.Height // it opened
	Pools     map[pool.Status]int64
	Dissolved int64 // pools, closed ones included, as in the next
	Expired   int64
	Counted   int64 // PSL of members
	Sums            // of the pools; Gap is the longest of any
	Alike     bool  // another operator uses a name that looks the same
}

// OperatorOrder is what a list of operators is sorted by; those equal in it are sorted by First.
type OperatorOrder string

// The orders.
const (
	OperatorsByCounted OperatorOrder = "counted"    // PSL
	OperatorsBySince   OperatorOrder = "first_pool" // when the first pool opened
	OperatorsByRewards OperatorOrder = "rewards"    // blocks that paid
)

// Operators returns a page of the operators; its key is the order and First, or First alone in the order they began.
func (s *Snapshot) Operators(order OperatorOrder, p Page) ([]Operator, error) {
	q := selectOperators()
	key := []string{string(order), "first_pool"}
	if order == OperatorsBySince {
		key = key[1:]
	}
	q.page(p, key...)
	return s.readOperators(q)
}

// Operator returns an operator's record; chain.ErrNotFound if there is none.
func (s *Snapshot) Operator(id string) (Operator, error) {
	q := selectOperators()
	q.and("o.operator"+isName, id)
	list, err := s.readOperators(q)
	if err == nil && len(list) == 0 {
		err = notFound("operator %s", id)
	}
	if err != nil {
		return Operator{}, err
	}
	return list[0], nil
}

// operatorColumns ends with whether a name looks like another operator's. It counts such pools instead of asking whether there are any,
// for which PostgreSQL would read all pools.
var operatorColumns = "o.operator, " + nameOf("o.operator") + `, o.first_pool,
	coalesce((SELECT opened FROM pools WHERE num = o.first_pool), -1), o.subscribing, o.active, o.replenishing, o.dissolved, o.expired, o.closed,
	o.ended_short, o.ended_unused, o.counted, o.income, o.rewards, o.gap, o.lost, o.paid, o.mined, o.prompt, o.cancelled, o.shortages, o.leavers,
	(SELECT count(*) FROM pools p WHERE p.operator = o.operator AND (
		EXISTS (SELECT 1 FROM pools x WHERE x.skeleton = p.skeleton AND x.operator < p.operator) OR
		EXISTS (SELECT 1 FROM pools x WHERE x.skeleton = p.skeleton AND x.operator > p.operator))) > 0`

func selectOperators() *query { return selecting("SELECT " + operatorColumns + " FROM operators o") }

func (s *Snapshot) readOperators(q *query) ([]Operator, error) {
	return all(s, q, func(rows *sql.Rows) (x Operator, err error) {
		var by statusCounts
		places := append([]any{&x.ID, &x.PastelID, &x.First, &x.Since}, by.places()...)
		err = rows.Scan(append(places, &x.Dissolved, &x.Expired, &x.Counted, &x.Income, &x.Rewards, &x.Gap, &x.Lost, &x.Paid, &x.Mined, &x.OnTime,
			&x.Cancelled, &x.Shortages, &x.Left, &x.Alike)...)
		x.Pools = by.byStatus()
		return x, err
	})
}

// OperatorPool is a pool in its operator's record.
type OperatorPool struct {
	Operator int64 // Operator.ID
	ID       ticket.PoolID
	Company  string
	Fee      int64 // 0.01 %
}

// PoolsOfOperators returns the newest pools of some operators, by ID, at most so many of each, in the order they opened.
func (s *Snapshot) PoolsOfOperators(operators []int64, most int) ([]OperatorPool, error) {
	if len(operators) == 0 || most < 1 {
		return nil, nil
	}
	q := selecting(`SELECT p.operator, p.id, p.company, p.fee FROM operators o JOIN pools p ON p.operator = o.operator AND p.num >=
		coalesce((SELECT num FROM pools x WHERE x.operator = o.operator ORDER BY num DESC LIMIT 1 OFFSET ` + strconv.Itoa(most-1) + "), o.first_pool)")
	in(q, "o.operator", operators)
	q.text.WriteString(" ORDER BY p.num")
	return all(s, q, func(rows *sql.Rows) (x OperatorPool, err error) {
		return x, rows.Scan(&x.Operator, &x.ID, (*company)(&x.Company), &x.Fee)
	})
}
