package store_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"testing"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// damages makes one bad database after another from a good one, and repairs it each time.
type damages struct {
	l     opened
	db    *sql.DB
	good  []byte // the state
	tried map[pool.RecordKind]int
}

// TestDamageIsNoticed changes what Load reads, row by row, at heights of a chain with records of all kinds. Load must return the right
// state, or an error.
func TestDamageIsNoticed(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		blocks := recorded(t, "dense")
		d := &damages{l: open(t, url), db: raw(t, url), tried: make(map[pool.RecordKind]int)}
		for _, stop := range []pastel.Height{0, 136, 180, 655} {
			d.l.step(t, d.l.Last().Height, blocks[d.l.Last().Height+1:stop+1])
			d.good = d.l.bytes()
			for _, kind := range pool.RecordKinds() {
				d.records(t, kind)
			}
			d.chain(t)
			d.refuse(t, "nothing", false)
		}
		for _, kind := range pool.RecordKinds() {
			if d.tried[kind] == 0 {
				t.Errorf("the chain has no %s record at these heights", kind)
			}
		}
	})
}

// refuse loads the state; damage must give an error in one sentence.
func (d *damages) refuse(t *testing.T, what string, damaged bool) {
	t.Helper()
	state, err := d.l.store.Load(context.Background(), regtest(t), false)
	switch {
	case damaged && err == nil:
		t.Errorf("block %d: %s is not noticed", d.l.Last().Height, what)
	case damaged:
		isSentence(t, err, "damaged", "smartpoold rebuild", "keeps the subscriptions")
	case err != nil:
		t.Fatalf("block %d: %s: %v", d.l.Last().Height, what, err)
	case string(state.Encode()) != string(d.good):
		t.Fatalf("block %d: %s: the state is another", d.l.Last().Height, what)
	}
}

// try damages the database, has it refused, and repairs it.
func (d *damages) try(t *testing.T, what, damage string, args []any, mend string, back []any) {
	t.Helper()
	exec(t, d.db, damage, args...)
	d.refuse(t, what, true)
	exec(t, d.db, mend, back...)
}

const (
	putRecord    = "UPDATE records SET value = $3 WHERE kind = $1 AND key = $2"
	deleteRecord = "DELETE FROM records WHERE kind = $1 AND key = $2"
	insertRecord = "INSERT INTO records (kind, key, value) VALUES ($1, $2, $3)"
)

// records damages records of a kind: the first, a middle one and the last.
func (d *damages) records(t *testing.T, kind pool.RecordKind) {
	list := rows(t, d.db, "SELECT key, value FROM records WHERE kind = $1 ORDER BY key", int(kind))
	for _, i := range some(len(list)) {
		d.tried[kind]++
		key, value := append([]byte{}, list[i][0].([]byte)...), list[i][1].([]byte) // SQLite's driver turns an empty key into nil
		mend := []any{int(kind), key, value}
		what := fmt.Sprintf("%s record %d of %d", kind, i, len(list))
		flipped := append([]byte{}, value...)
		flipped[i*13%len(value)] ^= 0x10
		d.try(t, what+", changed", putRecord, []any{int(kind), key, flipped}, putRecord, mend)
		d.try(t, what+", shortened", putRecord, []any{int(kind), key, value[:len(value)-1]}, putRecord, mend)
		d.try(t, what+", emptied", putRecord, []any{int(kind), key, []byte{}}, putRecord, mend)
		d.try(t, what+", deleted", deleteRecord, mend[:2], insertRecord, mend)
		d.try(t, what+", under another key", "UPDATE records SET key = $3 WHERE kind = $1 AND key = $2",
			[]any{int(kind), key, append([]byte{0}, key...)}, "UPDATE records SET key = $3 WHERE kind = $1 AND key = $2",
			[]any{int(kind), append([]byte{0}, key...), key})
		other := 1 + int(kind)%(len(pool.RecordKinds()))
		d.try(t, what+", of another kind", insertRecord, []any{other, append([]byte{0}, key...), value},
			deleteRecord, []any{other, append([]byte{0}, key...)})
		if i > 0 {
			exec(t, d.db, putRecord, int(kind), list[0][0], value)
			exec(t, d.db, putRecord, int(kind), key, list[0][1])
			d.refuse(t, what+", swapped", true)
			exec(t, d.db, putRecord, int(kind), list[0][0], list[0][1])
			exec(t, d.db, putRecord, mend...)
		}
	}
}

// some returns the first, the middle and the last of n.
func some(n int) []int {
	switch n {
	case 0:
		return nil
	case 1:
		return []int{0}
	case 2:
		return []int{0, 1}
	}
	return []int{0, n / 2, n - 1}
}

// chain damages blocks and events.
func (d *damages) chain(t *testing.T) {
	tip := d.l.Last().Height
	for _, h := range []pastel.Height{tip, max(0, tip-1), max(0, tip-50), max(0, tip-98)} {
		for _, column := range []string{"hash", "digest", "undo"} {
			set := fmt.Sprintf("UPDATE blocks SET %s = $2 WHERE height = $1", column)
			good := rows(t, d.db, fmt.Sprintf("SELECT %s FROM blocks WHERE height = $1", column), int64(h))[0][0].([]byte)
			mend := []any{int64(h), good}
			what := fmt.Sprintf("block %d's %s", h, column)
			flipped := append([]byte{}, good...)
			flipped[int(h)%len(good)] ^= 0x80
			d.try(t, what+", changed", set, []any{int64(h), flipped}, set, mend)
			d.try(t, what+", shortened", set, []any{int64(h), good[1:]}, set, mend)
			if h > 0 {
				other := rows(t, d.db, fmt.Sprintf("SELECT %s FROM blocks WHERE height = $1", column), int64(h-1))[0][0].([]byte)
				if string(other) != string(good) {
					d.try(t, what+", taken from the block before", set, []any{int64(h), other}, set, mend)
				}
			}
		}
		b := rows(t, d.db, "SELECT height, hash, time, digest, undo FROM blocks WHERE height = $1", int64(h))[0]
		d.try(t, fmt.Sprintf("block %d, deleted", h), "DELETE FROM blocks WHERE height = $1", b[:1],
			"INSERT INTO blocks (height, hash, time, digest, undo) VALUES ($1, $2, $3, $4, $5)", b)
		d.try(t, fmt.Sprintf("block %d, at a height too many", h), "UPDATE blocks SET height = $2 WHERE height = $1",
			[]any{int64(h), int64(tip + 1)}, "UPDATE blocks SET height = $1 WHERE height = $2", []any{int64(h), int64(tip + 1)})
	}
	d.events(t, tip)
}

func (d *damages) events(t *testing.T, tip pastel.Height) {
	list := rows(t, d.db, "SELECT height, position, json, type FROM events WHERE height > $1 AND type <> 'ticket.rejected' ORDER BY 1, 2",
		int64(max(-1, tip-50)))
	for _, i := range some(len(list)) {
		e := list[i]
		what := fmt.Sprintf("event %d of block %d", e[1], e[0])
		const put, move = "UPDATE events SET json = $3 WHERE height = $1 AND position = $2",
			"UPDATE events SET height = $3 WHERE height = $1 AND position = $2"
		d.try(t, what+", changed", put, []any{e[0], e[1], e[2].(string) + " "}, put, []any{e[0], e[1], e[2]})
		d.try(t, what+", moved above the tip", move, []any{e[0], e[1], int64(tip + 1)}, move, []any{int64(tip + 1), e[1], e[0]})
		d.try(t, what+", of another type", "UPDATE events SET type = 'ticket.rejected' WHERE height = $1 AND position = $2",
			[]any{e[0], e[1]}, "UPDATE events SET type = $3 WHERE height = $1 AND position = $2", []any{e[0], e[1], e[3]})
	}
	d.try(t, "an event above the tip", "INSERT INTO events (height, position, type, json) VALUES ($1, 0, 'pool.created', '{}')",
		[]any{int64(tip + 1)}, "DELETE FROM events WHERE height = $1", []any{int64(tip + 1)})
}

// TestAMissingUndoRecordIsNoDamage: blocks taken back and applied again may have left older ones without undo records.
func TestAMissingUndoRecordIsNoDamage(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		l := open(t, url)
		l.step(t, -1, recorded(t, "life"))
		l.step(t, l.Last().Height-60, nil)
		want := l.bytes()
		l.close(t)
		l = open(t, url)
		if string(l.bytes()) != string(want) {
			t.Error("the state is another")
		}
		_, err := l.Step(context.Background(), l.Last().Height-60, nil)
		isSentence(t, err, "undo record of block")
		if !errors.Is(err, chain.ErrNotFound) {
			t.Errorf("%v is not ErrNotFound", err)
		}
	})
}
