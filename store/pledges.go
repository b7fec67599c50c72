package store

import (
	"database/sql"
	"errors"
	"math"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

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
	if f.At != Now { // by the last that had joined: pledges are not found by the block, so that a list of the first ones would read all others
		q.and("seq <= (SELECT pledge FROM events WHERE type = ? AND height <= ? ORDER BY height DESC, position DESC LIMIT 1)", string(pool.PledgeAccepted), at)
	}
	switch {
	case f.At != Now && f.Live:
		q.and("(ended IS NULL OR ended > ?)", int64(f.At))
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
