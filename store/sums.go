package store

import (
	"database/sql"
	"math"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store/db"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Prompt is the number of blocks within which a payout that can be mined is mined if miners are upgraded; it then counts as mined on time.
const Prompt pastel.Height = 20

// Overdue reports whether a payout that could be mined from a block on, and is not mined yet after the ledger's last block, can no longer be mined on
// time.
func Overdue(from, tip pastel.Height) bool { return tip >= from+Prompt }

// Sums are what a pool has come to from its opening up to a block, inclusive. The sums of some blocks are the difference of two.
type Sums struct {
	Height    pastel.Height // the last block that concerned the pool, -1 if none did; after At, the block asked for
	Status    pool.Status   // after the block; 0 before the pool opened
	Coins     int64         // PSL that count from the next block on: what an active pool's members count; 0 in any other status
	CoinSum   int64         // Coins, added up over blocks
	Active    int64         // blocks in which the pool was active
	Earned    pastel.Amount // received by escrow in those blocks
	Income    pastel.Amount // received by escrow
	Rewards   int64         // blocks with income
	LastPaid  pastel.Height // the last of them, -1 if there was none
	Gap       int64         // blocks from one of them to the next, the most so far
	Forfeits  pastel.Amount // shared out again
	Lost      pastel.Amount // by pledges whose owners left
	Paid      pastel.Amount // by mined payouts, without change
	Mined     int64         // payouts
	OnTime    int64         // of those, mined within Prompt blocks
	Cancelled int64         // expired payouts
	Shortages int64         // times that the pool fell below its collateral
	Left      int64         // pledges of any role whose owners left
}

// noSums are a pool's before it opens.
var noSums = Sums{Height: -1, LastPaid: -1}

// At returns the sums up to a later block, before which nothing concerned the pool. 21e9 PSL over a hundred million blocks fit.
func (s Sums) At(h pastel.Height) Sums {
	blocks := int64(h - s.Height)
	s.CoinSum += s.Coins * blocks
	if s.Coins > 0 {
		s.Active += blocks
	}
	s.Height = h
	return s
}

func sumsOf(x *db.LastSumsRow) Sums {
	return Sums{
		Height: pastel.Height(x.Height), Status: pool.Status(x.Status), Coins: x.Coins, CoinSum: x.CoinBlocks, Active: x.ActiveBlocks,
		Income: pastel.Amount(x.Income), Rewards: x.Rewards, LastPaid: pastel.Height(x.LastPaid), Gap: x.Gap, Forfeits: pastel.Amount(x.Forfeits),
		Lost: pastel.Amount(x.Lost), Paid: pastel.Amount(x.Paid), Mined: x.Mined, OnTime: x.Prompt, Cancelled: x.Cancelled, Shortages: x.Shortages,
		Left: x.Leavers, Earned: pastel.Amount(x.ActiveIncome),
	}
}

// row returns the values of sumColumns.
func (s *Sums) row() []any {
	return []any{
		int32(s.Height), int64(s.Status), s.Coins, s.CoinSum, s.Active, int64(s.Income), s.Rewards, int64(s.LastPaid), s.Gap, int64(s.Forfeits),
		int64(s.Lost), int64(s.Paid), s.Mined, s.OnTime, s.Cancelled, s.Shortages, s.Left, int64(s.Earned),
	}
}

// add adds an event of a pool, of which Coins still says what counted before the event's block. mined returns what a mined payout pays, and the
// first block that could mine it.
func (s *Sums) add(e *pool.Event, mined func() (pastel.Amount, pastel.Height, error)) error {
	switch e.Type {
	case pool.RewardReceived:
		if s.LastPaid >= 0 {
			s.Gap = max(s.Gap, int64(e.Height-s.LastPaid))
		}
		if s.Coins > 0 {
			s.Earned += e.Amount
		}
		s.Income, s.Rewards, s.LastPaid = s.Income+e.Amount, s.Rewards+1, e.Height
	case pool.RewardForfeited:
		s.Forfeits += e.Amount
	case pool.PledgeLeft:
		s.Lost, s.Left = s.Lost+e.Forfeited, s.Left+1
	case pool.PayoutPaid:
		total, from, err := mined()
		if err != nil {
			return err
		}
		s.Paid, s.Mined = s.Paid+total, s.Mined+1
		if !Overdue(from, e.Height-1) {
			s.OnTime++
		}
	case pool.PayoutCancelled:
		s.Cancelled++
	case pool.PoolReplenishing:
		s.Shortages++
	default:
	}
	return nil
}

// sumColumns are a pool's sums, in the order of row and scanSums.
var sumColumns = strings.Fields(`height status coins coin_blocks active_blocks income rewards last_paid gap forfeits lost paid mined prompt cancelled
	shortages leavers active_income`)

func scanSums(rows *sql.Rows, before ...any) (s Sums, err error) {
	return s, rows.Scan(append(before, &s.Height, &s.Status, &s.Coins, &s.CoinSum, &s.Active, &s.Income, &s.Rewards, &s.LastPaid, &s.Gap, &s.Forfeits,
		&s.Lost, &s.Paid, &s.Mined, &s.OnTime, &s.Cancelled, &s.Shortages, &s.Left, &s.Earned)...)
}

// Sums returns the sums of pools, each up to its last block that does not come after h; pools that opened later are left out.
func (s *Snapshot) Sums(pools []int64, h pastel.Height) (map[int64]Sums, error) {
	sums := make(map[int64]Sums, len(pools))
	if len(pools) == 0 {
		return sums, nil
	}
	q := &query{args: []any{int64(h)}}
	q.text.WriteString("SELECT num, s." + strings.Join(sumColumns, ", s.") + ` FROM pools JOIN pool_sums s ON s.pool = num AND s.height =
		(SELECT height FROM pool_sums x WHERE x.pool = num AND x.height <= $1 ORDER BY height DESC LIMIT 1)`)
	in(q, "num", pools)
	_, err := all(s, q, func(rows *sql.Rows) (struct{}, error) {
		var num int64
		x, err := scanSums(rows, &num)
		sums[num] = x
		return struct{}{}, err
	})
	return sums, err
}

// PoolSums returns a pool's row and its sums up to its last block; chain.ErrNotFound if there is no such pool.
func (s *Snapshot) PoolSums(id ticket.PoolID) (PoolRow, Sums, error) {
	rows, err := s.Pools(PoolFilter{ID: id})
	if err == nil && len(rows) == 0 {
		err = notFound("pool %s", id)
	}
	if err != nil {
		return PoolRow{}, Sums{}, err
	}
	sums, err := s.Sums([]int64{rows[0].Num}, forever)
	return rows[0], sums[rows[0].Num], err
}

// forever is above every block.
const forever pastel.Height = math.MaxInt32

// NetworkSums are what all pools together have come to up to a block.
type NetworkSums struct {
	Height pastel.Height // as in Sums
	Pools  int64         // active from the next block on
	Active int64         // Pools, added up over blocks
	Earned pastel.Amount // income of pools in blocks in which they were active
	Income pastel.Amount
	Paid   pastel.Amount // by mined payouts, without change
}

// add adds the sums of a pool, or takes them away if sign is -1.
func (s *NetworkSums) add(x *Sums, sign int64) {
	s.Pools += sign * count(x.Status == pool.Active)
	s.Earned += pastel.Amount(sign) * x.Earned
	s.Income += pastel.Amount(sign) * x.Income
	s.Paid += pastel.Amount(sign) * x.Paid
}

// At is Sums.At.
func (s NetworkSums) At(h pastel.Height) NetworkSums {
	s.Active += s.Pools * int64(h-s.Height)
	s.Height = h
	return s
}

const networkColumns = "height, active, active_blocks, income, paid, active_income"

func scanNetworkSums(rows *sql.Rows) (x NetworkSums, err error) {
	return x, rows.Scan(&x.Height, &x.Pools, &x.Active, &x.Income, &x.Paid, &x.Earned)
}

// NetworkSums returns the network's sums up to its last block with any that does not come after h.
func (s *Snapshot) NetworkSums(h pastel.Height) (x NetworkSums, err error) {
	q := selecting("SELECT " + networkColumns + " FROM network_sums")
	q.and("height <= ?", int64(h))
	q.page(Page{Limit: 1, Desc: true}, "height")
	list, err := all(s, q, scanNetworkSums)
	if err != nil || len(list) == 0 {
		return NetworkSums{Height: -1}, err
	}
	return list[0], nil
}

// Span is what happened to a pool over some blocks, for charts.
type Span struct {
	From     pastel.Height // first block
	Income   pastel.Amount // received by the escrow
	Rewards  int64         // blocks with income
	Forfeits pastel.Amount
	Paid     pastel.Amount // by mined payouts, without change
}

// Spans sums a pool's income and payouts over spans of width blocks, from the one with the block from to the one with the block to. It omits
// spans in which nothing happened.
func (s *Snapshot) Spans(num int64, from, to pastel.Height, width int64) ([]Span, error) {
	first := int64(from) / width * width
	q := &query{args: []any{num, first - width, width, int64(to)}}
	// A span's end is looked up in the index of the sums, however many rows it has.
	q.text.WriteString(`WITH RECURSIVE ends (height) AS (SELECT CAST($2 AS BIGINT) UNION ALL SELECT height + $3 FROM ends WHERE height + $3 <= $4)
		SELECT ends.height, s.income, s.rewards, s.forfeits, s.paid FROM ends JOIN pool_sums s ON s.pool = $1 AND s.height =
			(SELECT height FROM pool_sums x WHERE x.pool = $1 AND x.height < ends.height + $3 ORDER BY height DESC LIMIT 1)
		ORDER BY ends.height`)
	upTo, err := all(s, q, func(rows *sql.Rows) (x Span, err error) {
		return x, rows.Scan(&x.From, &x.Income, &x.Rewards, &x.Forfeits, &x.Paid)
	})
	spans := []Span{}
	var before Span
	for _, x := range upTo {
		d := Span{x.From, x.Income - before.Income, x.Rewards - before.Rewards, x.Forfeits - before.Forfeits, x.Paid - before.Paid}
		if int64(x.From) >= first && d != (Span{From: x.From}) {
			spans = append(spans, d)
		}
		before = x
	}
	return spans, err
}

// Network counts the pools of the network.
type Network struct {
	Pools     map[pool.Status]int64
	Counted   int64 // PSL of members
	Offered   int64 // PSL of live pledges
	Escrowed  pastel.Amount
	Claimed   pastel.Amount // settled, in no payout
	Pending   int64         // payouts
	Members   int64         // PastelIDs that are a member of any pool
	Operators int64         // of live pools
}

// Network returns the network's row.
func (s *Snapshot) Network() (Network, error) {
	q := selecting(`SELECT subscribing, active, replenishing, dissolved, expired, closed, counted, offered, escrowed, claimed, pending, members,
		operators FROM network`)
	list, err := all(s, q, func(rows *sql.Rows) (x Network, err error) {
		var by statusCounts
		err = rows.Scan(append(by.places(), &x.Counted, &x.Offered, &x.Escrowed, &x.Claimed, &x.Pending, &x.Members, &x.Operators)...)
		x.Pools = by.byStatus()
		return x, err
	})
	if err != nil || len(list) == 0 {
		return Network{Pools: statusCounts{}.byStatus()}, err
	}
	return list[0], nil
}

// statusCounts are numbers of pools, in the order of pool.Statuses.
type statusCounts [6]int64

func (c *statusCounts) places() []any {
	list := make([]any, len(c))
	for i := range c {
		list[i] = &c[i]
	}
	return list
}

func (c statusCounts) byStatus() map[pool.Status]int64 {
	counts := map[pool.Status]int64{}
	for i, s := range pool.Statuses() {
		counts[s] = c[i]
	}
	return counts
}

// Credited sums credits.
func (s *Snapshot) Credited(f CreditFilter) (pastel.Amount, error) {
	q := selecting("SELECT coalesce(sum(c.credited), 0)")
	f.from(q, &s.r.engine)
	f.conditions(q)
	return s.sum(q)
}

// sum runs a query that returns one amount.
func (s *Snapshot) sum(q *query) (sum pastel.Amount, err error) {
	err = s.conn.QueryRowContext(s.ctx, q.text.String(), q.args...).Scan(&sum)
	return sum, err
}
