package store

import (
	"database/sql"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

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
