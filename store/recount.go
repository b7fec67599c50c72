package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// A Difference is a row that is not what the rest of the database makes of it.
type Difference struct {
	Row    string `json:"row"`    // the table and the row's key
	Column string `json:"column"` // what differs in it; empty if the row is missing, or there should be none
	Has    string `json:"has"`
	Want   string `json:"want"`
}

func (d Difference) String() string {
	if d.Column == "" {
		return fmt.Sprintf("%s: is %s, want %s", d.Row, d.Has, d.Want)
	}
	return fmt.Sprintf("%s: %s is %s, want %s", d.Row, d.Column, d.Has, d.Want)
}

// Recount computes everything that lists and heads of pages show from events, pledges, payouts and records, and passes to found what
// differs in the rows that keep it. It returns the last block that it read. It calls progress between portions with the number of
// pools checked and that of all, 0 if it is not known yet.
//
// It reads in portions, so that a writer's old pages and rows need not be kept until it ends: a pool, some blocks of the network's sums, and at last
// the rows of operators and of the network. Each is read as of one block, and what is compared with it comes from that block or from below the
// reach of reorganizations.
func (r *Reader) Recount(ctx context.Context, progress func(done, of int64), found func(Difference)) (tip Block, err error) {
	x := &recount{found: found, sums: map[int64]Sums{}, summed: NetworkSums{Height: -1}}
	portion := func(f func() (more bool, err error)) (more bool, err error) {
		err = r.View(ctx, func(s *Snapshot) error {
			x.Snapshot = s
			if tip, err = s.Tip(); err == nil {
				x.tip = tip.Height
				more, err = f()
			}
			return err
		})
		return more, err
	}
	progress(0, 0)
	for more := true; more && err == nil; progress(x.pools, x.of) {
		more, err = portion(x.nextPool)
	}
	for more := true; more && err == nil; {
		more, err = portion(func() (bool, error) { return x.networkSums(x.tip - r.net.MaxReorg) })
	}
	if err == nil {
		_, err = portion(func() (bool, error) { return false, x.together() })
	}
	return tip, err
}

// recountPools and recountRows are how many rows are read at a time.
const (
	recountPools = 100
	recountRows  = 1_000
)

// recount is the state of Recount.
type recount struct {
	*Snapshot // of the current portion
	tip       pastel.Height
	found     func(Difference)
	pools, of int64          // checked, and how many there are
	last      int64          // number of the last one checked
	sums      map[int64]Sums // of pools, up to the block up to which the network's are checked
	summed    NetworkSums    // up to that block
}

// nextPool checks the next pool.
func (r *recount) nextPool() (more bool, err error) {
	if r.of, err = r.count("SELECT count(*) FROM pools"); err != nil {
		return false, err
	}
	q := selecting("SELECT " + poolColumns + " FROM pools p")
	q.page(Page{Limit: 1, After: []any{r.last}}, "p.num")
	rows, err := all(r.Snapshot, q, r.scanPool)
	if err != nil || len(rows) == 0 {
		return false, err
	}
	r.last = rows[0].Num
	if err := r.pool(&rows[0]); err != nil {
		return false, fmt.Errorf("pool %s: %w", rows[0].ID, err)
	}
	return true, nil
}

// differ compares two structs field by field.
func (r *recount) differ(row string, has, want any) {
	h, w := reflect.ValueOf(has), reflect.ValueOf(want)
	for i := range h.NumField() {
		if a, b := h.Field(i).Interface(), w.Field(i).Interface(); !reflect.DeepEqual(a, b) {
			r.found(Difference{row, h.Type().Field(i).Name, fmt.Sprint(a), fmt.Sprint(b)})
		}
	}
}

func (r *recount) pool(row *PoolRow) error {
	r.pools++
	name := "pools " + string(row.ID)
	p, err := r.Pool(row.ID)
	if err != nil {
		return err
	}
	want := PoolRow{Head: headOf(&p), Num: r.pools, Escrow: ticket.EscrowAddress(p.ID)}
	r.differ(name, row.Head, want.Head)
	want.Head = row.Head
	r.differ(name, *row, want)
	if err := r.shelved(name, &p); err != nil {
		return err
	}
	if err := r.roles(row, &p); err != nil {
		return err
	}
	sums, err := r.poolSums(row)
	if err != nil {
		return err
	}
	last := Sums{Status: p.Status}
	if p.Status == pool.Active {
		last.Coins = p.Counted
	}
	r.differ(fmt.Sprintf("pool_sums %d, the last row", row.Num), Sums{Status: sums.Status, Coins: sums.Coins}, last)
	return nil
}

// headOf returns a pool's head.
func headOf(p *pool.Pool) pool.Head {
	h := pool.Head{
		Terms: p.Terms, Status: p.Status, Low: p.Low, Broken: p.Broken, Activated: p.Activated, ActivationTx: p.ActivationTx, Deadline: p.Deadline,
		Ended: p.Ended, Counted: p.Counted, Offered: p.Offered, Escrowed: p.Escrowed, Pending: len(p.Pending),
	}
	for i := range p.Pledges {
		switch p.Pledges[i].Role {
		case pool.Member:
			h.Members++
		case pool.Standby:
			h.Standby++
		case pool.Plain:
			h.Plain++
		}
	}
	for _, c := range p.Claims {
		h.Claimed += c.Amount
	}
	return h
}

// shelved checks what lists find and sort a pool by.
func (r *recount) shelved(name string, p *pool.Pool) error {
	type sorted struct {
		Shelf, Room int64
		Skeleton    string
	}
	want := sorted{Shelf: shelf(p.Status, len(p.Pledges) >= r.r.net.MaxPledges), Skeleton: visible.Skeleton(p.Company)}
	if p.Status.Live() {
		want.Room = p.Collateral().Room()
	}
	q := selecting("SELECT shelf, room, skeleton FROM pools")
	q.and("id = ?", string(p.ID))
	list, err := all(r.Snapshot, q, func(rows *sql.Rows) (x sorted, err error) { return x, rows.Scan(&x.Shelf, &x.Room, &x.Skeleton) })
	for _, has := range list {
		r.differ(name, has, want)
	}
	return err
}

// roles checks the roles of a pool's pledges.
func (r *recount) roles(row *PoolRow, p *pool.Pool) error {
	q := selecting("SELECT seq, role FROM pledges")
	q.and("pool = ?", row.Num)
	q.and("role IS NOT NULL")
	has := map[uint64]pool.Role{}
	_, err := all(r.Snapshot, q, func(rows *sql.Rows) (struct{}, error) {
		var seq uint64
		var role pool.Role
		err := rows.Scan(&seq, &role)
		has[seq] = role
		return struct{}{}, err
	})
	if err != nil {
		return err
	}
	for i := range p.Pledges {
		pl := &p.Pledges[i]
		if has[pl.Seq] != pl.Role {
			r.found(Difference{fmt.Sprintf("pledges %d", pl.Seq), "role", has[pl.Seq].String(), pl.Role.String()})
		}
		delete(has, pl.Seq)
	}
	for _, seq := range slices.Sorted(maps.Keys(has)) {
		r.found(Difference{fmt.Sprintf("pledges %d, of pool %d", seq, row.Num), "role", has[seq].String(), "none"})
	}
	return nil
}

// poolSums checks a pool's sums against its events, and returns the last.
func (r *recount) poolSums(row *PoolRow) (Sums, error) {
	events, payouts := &eventsOf{s: r.Snapshot, pool: row.ID}, map[pastel.TxID]*Payout{}
	if err := r.payoutsOf(row.ID, payouts); err != nil {
		return Sums{}, err
	}
	now := noSums
	coins := counting{known: map[uint64]int64{}}
	name := func(h pastel.Height) string { return fmt.Sprintf("pool_sums %d, block %d", row.Num, h) }
	err := r.sumRows(row.Num, func(has Sums) error {
		want := now.At(has.Height)
		for {
			e, err := events.next(has.Height)
			if err != nil {
				return err
			}
			if e == nil {
				break
			}
			if e.Height < has.Height && e.Type != pool.PledgeMoved {
				r.found(Difference{Row: name(e.Height), Has: "missing", Want: "a row with " + string(e.Type)})
			}
			err = want.add(e, func() (pastel.Amount, pastel.Height, error) {
				po := payouts[e.TxID]
				if po == nil {
					return 0, 0, fmt.Errorf("payout %s has no row; %s", e.TxID, Damaged)
				}
				return po.Total, po.ValidFrom, nil
			})
			if err != nil {
				return err
			}
			coins.add(e)
			if after := e.Type.Row().After; after != 0 {
				want.Status = after
			}
		}
		want.Coins = 0
		if want.Status == pool.Active {
			want.Coins = coins.counted
		}
		r.differ(name(has.Height), has, want)
		now = want
		return nil
	})
	if err != nil {
		return now, err
	}
	for {
		e, err := events.next(r.tip)
		if err != nil || e == nil {
			return now, err
		}
		if e.Type != pool.PledgeMoved { // which concerns nothing of the pool itself
			r.found(Difference{Row: name(e.Height), Has: "missing", Want: "a row with " + string(e.Type)})
		}
	}
}

// sumRows passes a pool's sums to f, oldest first.
func (s *Snapshot) sumRows(num int64, f func(Sums) error) error {
	for page := (Page{Limit: recountRows}); ; {
		q := selecting("SELECT " + strings.Join(sumColumns, ", ") + " FROM pool_sums")
		q.and("pool = ?", num)
		q.page(page, "height")
		list, err := all(s, q, func(rows *sql.Rows) (Sums, error) { return scanSums(rows) })
		if err != nil {
			return err
		}
		for i := range list {
			if err := f(list[i]); err != nil {
				return err
			}
		}
		if len(list) < page.Limit {
			return nil
		}
		page.After = []any{int64(list[len(list)-1].Height)}
	}
}

// payoutsOf reads a pool's payouts, without their transactions.
func (s *Snapshot) payoutsOf(id ticket.PoolID, into map[pastel.TxID]*Payout) error {
	for page := (Page{Limit: recountRows}); ; {
		list, err := s.Payouts(PayoutFilter{Pool: id, At: Now}, page)
		if err != nil {
			return err
		}
		for i := range list {
			into[list[i].TxID] = &list[i]
		}
		if len(list) < page.Limit {
			return nil
		}
		last := &list[len(list)-1]
		page.After = []any{int64(last.Settled), string(last.Pool)}
	}
}

// eventsOf reads a pool's events in order.
type eventsOf struct {
	s    *Snapshot
	pool ticket.PoolID
	list []Event
	done bool
	last []any
}

// next returns the next event up to a block; nil if there is none.
func (x *eventsOf) next(to pastel.Height) (*pool.Event, error) {
	if len(x.list) == 0 && !x.done {
		page := Page{Limit: recountRows, After: x.last}
		list, err := x.s.Events(EventFilter{Pool: x.pool, To: Now, Brief: true}, page)
		if err != nil {
			return nil, err
		}
		x.list, x.done = list, len(list) < page.Limit
		if !x.done {
			end := &list[len(list)-1]
			x.last = []any{int64(end.Height), end.Position}
		}
	}
	if len(x.list) == 0 || x.list[0].Height > to {
		return nil, nil
	}
	row := &x.list[0]
	x.list = x.list[1:]
	e, err := pool.ParseEvent(row.JSON)
	if err != nil {
		return nil, contradicts(err)
	}
	if row.Pledge >= 0 {
		e.Pledge = uint64(row.Pledge)
	}
	return &e, nil
}

// counting follows what a pool's pledges count, in PSL, by its events.
type counting struct {
	counted int64
	known   map[uint64]int64 // what a pledge counts, if an event said so since activation
}

func (c *counting) add(e *pool.Event) {
	switch e.Type {
	case pool.PledgeAccepted:
		c.counted += e.Coins
		c.known[e.Pledge] = e.Coins
	case pool.PledgeAmended:
		if e.Role == pool.Plain { // all of it counts
			c.counted += e.Coins - c.known[e.Pledge]
		}
		c.known[e.Pledge] = e.Coins
	case pool.PoolActivated: // those listed count in full, the others nothing: whoever counts more later was not
		c.counted = e.Coins
		clear(c.known)
	case pool.PledgePromoted:
		c.counted += e.Coins - c.known[e.Pledge]
		c.known[e.Pledge] = e.Coins
	case pool.PledgeReduced:
		c.known[e.Pledge] = e.Coins
	case pool.PledgeLeft:
		c.counted -= e.Coins
		delete(c.known, e.Pledge)
	case pool.PoolExpired, pool.PoolDissolved:
		c.counted = 0
		clear(c.known)
	default:
	}
}

// totals are the records of operators and of the network, computed from the rows of pools.
type totals struct {
	operators map[string]*Operator
	network   Network
}

// add adds a pool.
func (x *totals) add(p *PoolRow, sums *Sums) {
	id := p.Operator.String()
	o := x.operators[id]
	if o == nil {
		o = &Operator{PastelID: id, First: p.Num, Since: p.InitHeight, Pools: statusCounts{}.byStatus()}
		x.operators[id] = o
	}
	var f, all figures
	f.of(p.Status, p.Activated >= 0, p.Ended >= 0, p.Counted)
	f.sums = *sums
	all.sums = o.Sums
	all.add(&f, 1)
	all.sums.Gap = max(all.sums.Gap, sums.Gap)
	o.Sums = all.sums
	o.Pools[p.Status]++
	o.Dissolved, o.Expired, o.Counted = o.Dissolved+f.dissolved, o.Expired+f.expired, o.Counted+f.counted
	n := &x.network
	n.Pools[p.Status]++
	n.Counted, n.Offered, n.Escrowed = n.Counted+f.counted, n.Offered+p.Offered, n.Escrowed+p.Escrowed
	n.Claimed, n.Pending = n.Claimed+p.Claimed, n.Pending+int64(p.Pending)
}

// totals adds up the rows of all pools and their last sums, which are checked already.
func (r *recount) totals() (*totals, error) {
	x := &totals{operators: map[string]*Operator{}, network: Network{Pools: statusCounts{}.byStatus()}}
	for page := (Page{Limit: recountPools}); ; {
		q := selecting("SELECT " + poolColumns + " FROM pools p")
		q.page(page, "p.num")
		rows, err := all(r.Snapshot, q, r.scanPool)
		if err != nil {
			return nil, err
		}
		nums := make([]int64, len(rows))
		for i := range rows {
			nums[i] = rows[i].Num
		}
		sums, err := r.Sums(nums, forever)
		if err != nil {
			return nil, err
		}
		for i := range rows {
			last := sums[rows[i].Num]
			x.add(&rows[i], &last)
		}
		if len(rows) < page.Limit {
			return x, nil
		}
		page.After = []any{rows[len(rows)-1].Num}
	}
}

// together checks the rows of operators and of the network, and the last of the network's sums.
func (r *recount) together() error {
	want, err := r.totals()
	if err != nil {
		return err
	}
	stored, err := r.Operators(OperatorsBySince, Page{Limit: len(want.operators) + 1})
	if err != nil {
		return err
	}
	for i := range stored {
		has := &stored[i]
		name := "operators " + has.PastelID
		o := want.operators[has.PastelID]
		delete(want.operators, has.PastelID)
		if o == nil {
			r.found(Difference{Row: name, Has: "a row", Want: "none"})
			continue
		}
		r.differ(name, has.Sums, o.Sums)
		o.Sums, o.Alike, o.ID = has.Sums, has.Alike, has.ID
		r.differ(name, *has, *o)
	}
	for _, id := range slices.Sorted(maps.Keys(want.operators)) {
		r.found(Difference{Row: "operators " + id, Has: "missing", Want: "a row"})
	}
	has, err := r.Network()
	if err != nil {
		return err
	}
	n := &want.network
	if n.Members, err = r.count("SELECT count(DISTINCT pastelid) FROM pledges WHERE role = 2"); err != nil {
		return err
	}
	n.Operators, err = r.count("SELECT count(DISTINCT operator) FROM pools WHERE status IN ('subscribing', 'active', 'replenishing')")
	if err != nil {
		return err
	}
	r.differ("network", has, *n)
	for more := true; more && err == nil; {
		more, err = r.networkSums(forever)
	}
	return err
}

// count runs a query that returns a number.
func (s *Snapshot) count(text string) (n int64, err error) {
	return n, s.conn.QueryRowContext(s.ctx, text).Scan(&n)
}

// networkSums checks the next rows of the network's sums up to a block against those of its pools, which are checked already.
func (r *recount) networkSums(to pastel.Height) (more bool, err error) {
	if to <= r.summed.Height {
		return false, nil
	}
	q := selecting("SELECT " + networkColumns + " FROM network_sums")
	q.and("height > ? AND height <= ?", int64(r.summed.Height), int64(to))
	q.page(Page{Limit: recountRows}, "height")
	list, err := all(r.Snapshot, q, scanNetworkSums)
	if err != nil {
		return false, err
	}
	if more = len(list) == recountRows; more {
		to = list[len(list)-1].Height
	}
	next := r.pooled(r.summed.Height, to)
	for _, has := range list {
		r.summed = r.summed.At(has.Height)
		for {
			num, s, err := next(has.Height)
			if err != nil {
				return false, err
			}
			if num == 0 {
				break
			}
			was := r.sums[num]
			r.summed.add(&was, -1)
			r.summed.add(&s, 1)
			r.sums[num] = s
		}
		r.differ(fmt.Sprintf("network_sums, block %d", has.Height), has, r.summed)
	}
	if num, s, err := next(to); err != nil || num != 0 {
		r.found(Difference{Row: fmt.Sprintf("network_sums, block %d", s.Height), Has: "missing", Want: "a row"})
		return false, err
	}
	r.summed = r.summed.At(to)
	return more, nil
}

// pooled returns a function that returns the next row of the pools' sums up to a block, in the order of blocks; num 0 if there is none. The rows are
// those above a block and up to another.
func (r *recount) pooled(above, to pastel.Height) func(to pastel.Height) (int64, Sums, error) {
	type row struct {
		num int64
		Sums
	}
	var list []row
	page, done := Page{Limit: recountRows}, false
	return func(upTo pastel.Height) (int64, Sums, error) {
		if len(list) == 0 && !done {
			q := selecting("SELECT pool, " + strings.Join(sumColumns, ", ") + " FROM pool_sums")
			q.and("height > ? AND height <= ?", int64(above), int64(to))
			q.page(page, "height", "pool")
			more, err := all(r.Snapshot, q, func(rows *sql.Rows) (x row, err error) {
				x.Sums, err = scanSums(rows, &x.num)
				return x, err
			})
			if err != nil {
				return 0, Sums{}, err
			}
			if list, done = more, len(more) < page.Limit; !done {
				end := &more[len(more)-1]
				page.After = []any{int64(end.Height), end.num}
			}
		}
		if len(list) == 0 || list[0].Height > upTo {
			return 0, Sums{}, nil
		}
		x := list[0]
		list = list[1:]
		return x.num, x.Sums, nil
	}
}
