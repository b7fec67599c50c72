package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// The tables that give integers to texts.
const (
	findNames = "SELECT id, text FROM names WHERE text"
	findPools = "SELECT num, id FROM pools WHERE id"
)

// maxKnown limits the texts of each table that a writer keeps in memory.
const maxKnown = 1 << 16

// known are integers that a committed step has given. A writer forgets them all when it takes blocks back, which takes back numbers, and
// whenever a step fails.
type known struct{ names, pools map[string]int32 }

func (k *known) forget() { *k = known{} }

// keep adds what a committed step used.
func (k *known) keep(n *numbers) {
	keep := func(all *map[string]int32, used map[string]int32) {
		if len(*all)+len(used) > maxKnown {
			*all = nil
		}
		if len(used) > maxKnown {
			return
		}
		if *all == nil {
			*all = make(map[string]int32, len(used))
		}
		maps.Copy(*all, used)
	}
	keep(&k.names, n.names)
	keep(&k.pools, n.pools)
}

// numbers are the integers that a step uses.
type numbers struct {
	known
	before             *known
	lastName, lastPool int32 // the greatest; -1 until they are read
	fresh              bulk  // names that the step adds
	addresses          map[pastel.Address]string
	people             map[pastelid.PastelID]string
}

func newNumbers(before *known) *numbers {
	return &numbers{
		known: known{make(map[string]int32), make(map[string]int32)}, before: before, lastName: -1, lastPool: -1,
		fresh:     newBulk("names", "id text height"),
		addresses: make(map[pastel.Address]string), people: make(map[pastelid.PastelID]string),
	}
}

// bare forgets what the step would have to look up again, if it is much.
func (n *numbers) bare() {
	if len(n.addresses)+len(n.people) > maxKnown {
		clear(n.addresses)
		clear(n.people)
	}
	for _, used := range []map[string]int32{n.names, n.pools} {
		if len(used) > maxKnown {
			clear(used)
		}
	}
}

// naming is what blocks name, in their order.
type naming struct {
	texts   []string
	heights []pastel.Height
}

func (n *naming) add(h pastel.Height, texts ...string) {
	for _, text := range texts {
		if text != "" {
			n.texts, n.heights = append(n.texts, text), append(n.heights, h)
		}
	}
}

// name finds or makes the numbers of names.
func (w *writer) name(list *naming) error {
	n := w.numbers
	if err := w.find(findNames, list.texts, n.before.names, n.names); err != nil {
		return err
	}
	for i, text := range list.texts {
		if _, found := n.names[text]; found {
			continue
		}
		if err := w.last(&n.lastName, w.q.LastName); err != nil {
			return err
		}
		n.lastName++
		n.names[text] = n.lastName
		if err := w.put(&n.fresh, n.lastName, text, int32(list.heights[i])); err != nil {
			return err
		}
	}
	return nil
}

// find adds the numbers that the database has for texts to those used.
func (w *writer) find(query string, texts []string, before, used map[string]int32) error {
	var missing []string
	asked := make(map[string]bool)
	for _, text := range texts {
		if _, found := used[text]; found || asked[text] {
			continue
		}
		if id, found := before[text]; found {
			used[text] = id
			continue
		}
		asked[text] = true
		missing = append(missing, text)
	}
	return among(w, query, missing, func(rows *sql.Rows) error {
		var id int32
		var text string
		err := rows.Scan(&id, &text)
		used[text] = id
		return err
	})
}

// last reads a table's greatest number once in a step.
func (w *writer) last(n *int32, read func(context.Context) (int64, error)) error {
	if *n >= 0 {
		return nil
	}
	greatest, err := read(w.ctx)
	*n = int32(greatest)
	return err
}

// pool returns a pool's number; NULL for no pool.
func (n *numbers) pool(id ticket.PoolID) (sql.NullInt32, error) {
	if id == "" {
		return sql.NullInt32{}, nil
	}
	num, found := n.pools[string(id)]
	if !found {
		return sql.NullInt32{}, fmt.Errorf("pool %s is not in the table of pools; %s", id, Damaged)
	}
	return sql.NullInt32{Int32: num, Valid: true}, nil
}

// name returns a name's id; NULL for no name.
func (n *numbers) name(text string) sql.NullInt32 {
	id, found := n.names[text]
	return sql.NullInt32{Int32: id, Valid: found}
}
