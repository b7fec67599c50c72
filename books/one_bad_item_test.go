package books_test

import (
	"database/sql"
	"path/filepath"
	"testing"

	"github.com/pastelnetwork/smartpool/wire"
)

// Rows that cannot be read hide none of the others of their page: their events say so and keep their places.
func TestOneBadItemInAListOfEvents(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ledger.db")
	x := open(t, 300, file)
	list := func() []wire.Event {
		t.Helper()
		list, _, _, err := x.Events(t.Context(), wire.EventQuery{To: -1, Page: wire.Page{Limit: wire.MaxLimit}})
		return answered(t, list, err)
	}
	want := list()
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { db.Close() })
	spoiled := 0
	for i, spoil := range map[int]string{
		len(want) / 3: "UPDATE events SET json = '{' WHERE height = $1 AND position = $2",
		len(want) / 2: `UPDATE events SET json = '{"type":"no.such"}' WHERE height = $1 AND position = $2`,
		amended(want): "DELETE FROM pledge_tickets WHERE height = $1 AND $2 >= 0",
	} {
		if _, err := db.ExecContext(t.Context(), spoil, want[i].Height, want[i].Position); err != nil {
			t.Fatal(err)
		}
		want[i].Unreadable = true
		spoiled++
	}
	got := list()
	if len(got) != len(want) || spoiled != 3 {
		t.Fatalf("%d events of %d", len(got), len(want))
	}
	for i := range want {
		g, w := got[i], want[i]
		if w.Unreadable {
			if !g.Unreadable || g.Height != w.Height || g.Position != w.Position || g.Type != w.Type || g.Time != w.Time || g.Text == w.Text {
				t.Errorf("a row that cannot be read: %+v", g)
			}
		} else if g.Text != w.Text || g.Unreadable {
			t.Errorf("%+v, want %+v", g, w)
		}
	}
}

// amended returns the place of the amendment.
func amended(list []wire.Event) int {
	for i := range list {
		if list[i].Height == amendment && list[i].Type == "pledge.amended" {
			return i
		}
	}
	return -1
}
