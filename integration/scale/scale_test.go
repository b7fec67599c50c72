package main

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/store"
)

func TestMain(m *testing.M) {
	if os.Getenv(attacking) != "" { // by underLoad
		os.Exit(run())
	}
	os.Exit(m.Run())
}

// settledWithin is a number of blocks in which the pools of a tiny database settle.
const settledWithin = 20

// A tiny database is made, measured and printed with every figure, and kept for the next run, on either engine.
func TestMeasure(t *testing.T) {
	t.Parallel()
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			c := measureCommand{place: place{t.TempDir(), "sqlite"}, Size: "tiny", Blocks: settledWithin}
			if engine == "sqlite" {
				c.LoadBlocks = 1
			} else {
				c.Database = pgtest.Open(t)
			}
			r := measured(t, &c)
			for _, a := range r.Answers {
				if a.Answers != settledWithin || a.Failed != 0 || a.First <= 0 || a.Bytes == 0 || a.P50 > a.P99 {
					t.Errorf("%s (%s): %+v", a.Name, a.Path, a)
				}
			}
			for _, l := range r.Load {
				if l.Trouble != "" || l.After.Answers < loadRate/2 || l.Quiet.Answers == 0 || l.After.Failed+l.Quiet.Failed > 0 || l.Announced.Answers != 1 {
					t.Errorf("%+v", l)
				}
			}
			if len(r.Load) != 2*c.LoadBlocks || r.Claim <= 0 || r.Settled < 1000 || r.Memory.Resident < 1<<20 || r.Growth.Settlements != 2 || r.Growth.Year <= 0 {
				t.Errorf("%+v", r)
			}
			var table strings.Builder
			if err := r.print(&table); err != nil || strings.Contains(table.String(), "fail") || !strings.Contains(table.String(), "| a pool's page |") {
				t.Error(err, table.String())
			}
			if _, err := json.Marshal(r); err != nil {
				t.Error(err)
			}
			c.Blocks, c.LoadBlocks = 1, 0
			if again := measured(t, &c); again.Opened == 0 || again.Made != r.Made || again.Blocks != r.Blocks {
				t.Errorf("the kept database was not used: %+v", again)
			}
		})
	}
}

func measured(t *testing.T, c *measureCommand) *report {
	t.Helper()
	r, err := c.measure(t.Context(), io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// Interrupting the making of a database leaves nothing, and what a killed run left is rebuilt.
func TestNothingHalfMade(t *testing.T) {
	t.Parallel()
	p := place{t.TempDir(), "sqlite"}
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := open(ctx, &p, sizes[0], writer(func() { cancel() })); !errors.Is(err, context.Canceled) {
		t.Fatalf("%v", err)
	}
	folder := filepath.Join(p.Folder, "tiny-sqlite")
	if _, err := os.Stat(folder); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the folder of an interrupted run: %v", err)
	}
	if err := os.Mkdir(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, sqliteFile), []byte("half"), 0o600); err != nil {
		t.Fatal(err)
	}
	db, err := open(t.Context(), &p, sizes[0], io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.ledger.Step(t.Context(), db.facts.Tip.Height-10, nil); err != nil {
		t.Fatal(err)
	}
	tip, made := db.facts.Tip, db.facts.Made
	db.close()
	if db, err = open(t.Context(), &p, sizes[0], io.Discard); err != nil { // as after a release that empties the tables
		t.Fatal(err)
	}
	if db.facts.Tip == tip || db.facts.Made == made || db.ledger.Last().Height != tip.Height {
		t.Errorf("a database without its chain was not made again: %+v", db.facts.Tip)
	}
	db.close()
}

// A PostgreSQL database is copied from the SQLite one that is kept beside it, and then kept, too.
func TestCopied(t *testing.T) {
	t.Parallel()
	p := place{t.TempDir(), "sqlite"}
	made, err := open(t.Context(), &p, sizes[0], io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	tip := made.facts.Tip
	made.close()
	p.Database = pgtest.Open(t)
	for _, told := range []string{"copying the database in", "using the database in"} {
		var progress strings.Builder
		db, err := open(t.Context(), &p, sizes[0], &progress)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasPrefix(progress.String(), told) || db.ledger.Last() != tip || len(db.blocks) != spare {
			t.Errorf("%q, at %+v with %d blocks, want %+v", progress.String(), db.ledger.Last(), len(db.blocks), tip)
		}
		checkSums(t, db)
		if _, err := db.next(t.Context()); err != nil {
			t.Error(err)
		}
		if err := db.rewind(t.Context()); err != nil {
			t.Error(err)
		}
		db.close()
	}
}

func checkSums(t *testing.T, db *database) {
	t.Helper()
	p := db.ledger.Params()
	r, err := store.OpenReader(t.Context(), db.url, p, true)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, err = r.Recount(t.Context(), func(int64, int64) {}, func(d store.Difference) { t.Errorf("%+v", d) })
	if err != nil {
		t.Error(err)
	}
}

// writer calls a function whenever something is written.
type writer func()

func (w writer) Write(p []byte) (int, error) { w(); return len(p), nil }

func TestQuantiles(t *testing.T) {
	t.Parallel()
	times := make([]time.Duration, 0, 1000)
	for i := 1000; i > 0; i-- {
		times = append(times, time.Duration(i))
	}
	if got, want := summarize(times, 3), (latencies{1000, 3, 500, 990, 999, 1000}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	if got, want := summarize([]time.Duration{7}, 0), (latencies{1, 0, 7, 7, 7, 7}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

// Requests count as right after a block from when it is stored, before the daemon announces it, so that no work on the new block is hidden.
func TestWindows(t *testing.T) {
	t.Parallel()
	at := func(ms int) time.Time { return time.Unix(0, 0).Add(time.Duration(ms) * time.Millisecond) }
	spans := []span{{at(1000), at(1500)}}
	l := summarizeLoad("API", spans, []hit{{at(900), 1, false}, {at(1100), 2, false}, {at(2400), 3, false}, {at(2450), 0, true}, {at(2600), 4, false}})
	if l.After.Answers != 2 || l.After.Longest != 3 || l.After.Failed != 1 || l.Quiet.Answers != 2 || l.Announced.Longest != 500*time.Millisecond {
		t.Errorf("%+v", l)
	}
}

func TestResultsOfBenchmarks(t *testing.T) {
	t.Parallel()
	got := results([]byte("goos: linux\nBenchmarkA/x-2  \t 100\t 12.5 ns/op\t 3 MB/s\nBenchmarkB 1 2 ns/op\nPASS\nok x 1s\n"))
	if len(got) != 2 || got[0].Name != "A/x" || len(got[0].Values) != 2 || got[0].Values[1] != (value{"MB/s", 3}) || got[1].Name != "B" {
		t.Errorf("%+v", got)
	}
}
