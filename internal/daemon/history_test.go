package daemon_test

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/wire"
)

// A daemon that keeps some blocks of history deletes what is older, and its answers and pages say from which block on they are complete.
func TestOldHistoryIsDeleted(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	_, updates := replayed(t, blocks)
	const keep = 100
	tip := len(blocks) - 1
	shown := (tip + 1 - keep) / 100 * 100
	old, hidden := 0, 0
	for _, u := range updates {
		for i := range u.Events {
			for _, kind := range store.Pruned() {
				switch e := &u.Events[i]; {
				case e.Type == kind && int(e.Height) < shown-100:
					old++
					fallthrough
				case e.Type == kind && int(e.Height) < shown:
					hidden++
				}
			}
		}
	}
	if old == 0 {
		t.Fatal("this history has nothing to delete")
	}
	for engine, fresh := range databases {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			database := fresh(t)
			n := newNode(t)
			n.submit(blocks)
			cfg := n.settings(t.TempDir(), database)
			cfg.KeepHistory, cfg.API, cfg.APIStreams = keep, "127.0.0.1:0", 10
			d := start(t, cfg)
			defer d.end()
			d.synced(n)
			reaches(t, d.api(), tip)
			emptied(t, openSQL(t, database), shown-100)
			events := 0
			for cursor := ""; ; {
				var list wire.List[wire.Event]
				status, body := get(t, d.api()+"/api/v1/events?limit=1000&cursor="+cursor)
				if err := json.Unmarshal([]byte(body), &list); err != nil || status != http.StatusOK {
					t.Fatal(status, err, body)
				}
				if int(list.From) != shown {
					t.Fatalf("the list is complete from block %d, want %d", list.From, shown)
				}
				if events += len(list.Items); list.Next == "" {
					break
				}
				cursor = list.Next
			}
			want := -hidden
			for _, u := range updates {
				want += len(u.Events)
			}
			if events != want {
				t.Errorf("%d events are listed, want %d", events, want)
			}
			if _, page := get(t, d.api()+"/tickets"); !strings.Contains(page, fmt.Sprintf("from block %d on", shown)) {
				t.Errorf("the page of tickets does not say what it lacks: %s", page)
			}
		})
	}
}

// emptied waits until a database has none of the events that are pruned before a block.
func emptied(t *testing.T, db *sql.DB, before int) {
	t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		count := 0
		for _, kind := range store.Pruned() {
			var rows int
			err := db.QueryRow(fmt.Sprintf("SELECT count(*) FROM events WHERE type = '%s' AND height < %d", kind, before)).Scan(&rows)
			if count += rows; err != nil {
				t.Fatal(err)
			}
		}
		if count == 0 {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("%d old events are left", count)
		}
	}
}
