package store

import (
	"database/sql"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

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
