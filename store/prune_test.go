package store_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// keptBlocks is how many blocks of history these tests keep.
const keptBlocks = 130

// prunes deletes all that is too old, and returns how many transactions that took.
func (o opened) prunes(t testing.TB) (portions int) {
	t.Helper()
	for more := true; more; portions++ {
		var err error
		if more, err = o.store.Prune(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	return portions
}

// eventsOf reads all events that a filter selects, and the first block of which all are there.
func eventsOf(t testing.TB, r *store.Reader, f store.EventFilter) (list []store.Event, from pastel.Height) {
	t.Helper()
	f.To = store.Now
	view(t, r, func(s *store.Snapshot) (err error) {
		if from, err = s.HistoryFrom(); err != nil {
			return err
		}
		list, err = s.Events(f, store.Page{Limit: 100_000})
		return err
	})
	return list, from
}

func isPruned(e *store.Event) bool { return slices.Contains(store.Pruned(), e.Type) }

// Nothing of money, and nothing that alerts or sums need, is ever pruned.
func TestNothingThatTaxesNeedIsPruned(t *testing.T) {
	t.Parallel()
	for _, kind := range store.Pruned() {
		row := kind.Row()
		if row.Has&(pool.HasAmount|pool.HasPayout|pool.HasForfeited|pool.HasCoins) != 0 || row.Alerted || row.ByTicket || row.After != 0 || !row.Minor {
			t.Errorf("%s is pruned: %+v", kind, row)
		}
	}
}

// What a database shows of a history that goes back and forth depends on its last block alone, whether or not old events have been deleted yet,
// and no reorganization needs what is gone. All else stays, and the sums are right.
func TestPrunedHistoryFollowsFromTheLastBlock(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"life", "dense"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, url string) {
				seed := rand.Uint64()
				w := &wandering{Rand: rand.New(rand.NewPCG(seed, 0)), name: name, blocks: recorded(t, name)}
				file := sqliteFile(t)
				l, whole := open(t, url), open(t, file)
				l.store.KeepHistory(keptBlocks)
				r, all := reader(t, url), reader(t, file)
				gone := 0
				for step := range 60 {
					base, blocks := w.next()
					l.step(t, base, blocks)
					whole.step(t, base, blocks)
					if len(w.from) == 0 {
						continue
					}
					when := fmt.Sprintf("seed %d, step %d, block %d", seed, step, l.Last().Height)
					for range w.IntN(3) { // often too few to keep up
						if _, err := l.store.Prune(context.Background()); err != nil {
							t.Fatal(err)
						}
					}
					got, from := eventsOf(t, r, store.EventFilter{})
					want, _ := eventsOf(t, all, store.EventFilter{})
					if tip := l.Last().Height; from != max(0, tip+1-keptBlocks)/100*100 {
						t.Fatalf("%s: history is complete from block %d", when, from)
					}
					before := len(want)
					want = slices.DeleteFunc(want, func(e store.Event) bool { return isPruned(&e) && e.Height < from })
					gone = max(gone, before-len(want))
					if !slices.EqualFunc(got, want, func(a, b store.Event) bool { return fmt.Sprint(a) == fmt.Sprint(b) }) {
						t.Fatalf("%s: %d events are shown, want %d", when, len(got), len(want))
					}
					if step%10 == 0 {
						recount(t, r, when)
					}
				}
				l.prunes(t)
				l.close(t)
				l = open(t, url) // checks the last digests
				if l.Last() != whole.Last() {
					t.Errorf("seed %d: loaded, the ledger is at %+v, want %+v", seed, l.Last(), whole.Last())
				}
				if gone == 0 && name == "dense" && len(w.from) > 350 {
					t.Errorf("seed %d: nothing was pruned", seed)
				}
			})
		})
	}
}

// Each way to ask for events hides those that are too old, and a cursor at one that has been deleted continues where it was.
func TestCursorsOutlivePruning(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		blocks := recorded(t, "dense")
		l := open(t, url)
		l.step(t, -1, blocks[:len(blocks)-1])
		r := reader(t, url)
		every, from := eventsOf(t, r, store.EventFilter{})
		if from != 0 {
			t.Fatalf("history is complete from block %d", from)
		}
		l.store.KeepHistory(keptBlocks)
		l.step(t, l.Last().Height, blocks[len(blocks)-1:])
		l.prunes(t)
		_, from = eventsOf(t, r, store.EventFilter{})
		at := slices.IndexFunc(every, func(e store.Event) bool { return isPruned(&e) })
		if at < 0 || every[at].Height >= from {
			t.Fatalf("no event before block %d is pruned", from)
		}
		kinds := make([]string, len(store.Pruned()))
		for i, kind := range store.Pruned() {
			kinds[i] = string(kind)
		}
		for name, f := range map[string]store.EventFilter{
			"all": {To: store.Now}, "of one type": {To: store.Now, Types: kinds[3:]}, "of types": {To: store.Now, Types: kinds},
			"of mixed types": {To: store.Now, Types: append([]string{string(pool.PledgeLeft)}, kinds...)},
			"of a pool":      {To: store.Now, Pool: every[0].Pool}, "of a pool and types": {To: store.Now, Pool: every[0].Pool, Types: kinds[:2]},
			"of a PastelID": {To: store.Now, PastelID: every[at].PastelID},
		} {
			want := slices.DeleteFunc(slices.Clone(every[at+1:]), func(e store.Event) bool {
				return e.Height < from && isPruned(&e) || len(f.Types) > 0 && !slices.Contains(f.Types, string(e.Type)) ||
					f.Pool != "" && f.Pool != e.Pool || f.PastelID != "" && f.PastelID != e.PastelID
			})
			view(t, r, func(s *store.Snapshot) error {
				list, err := s.Events(f, store.Page{Limit: len(every), After: []any{int64(every[at].Height), every[at].Position}})
				list = slices.DeleteFunc(list, func(e store.Event) bool { return e.Height == l.Last().Height })
				if !slices.EqualFunc(list, want, func(a, b store.Event) bool { return a.Height == b.Height && a.Position == b.Position }) {
					t.Errorf("%s: %d events after the cursor, want %d", name, len(list), len(want))
				}
				return err
			})
		}
	})
}

// A setting that becomes smaller deletes more. One that becomes larger, or ends, shows again what is not deleted yet, and says from where on.
func TestAnotherKeepHistory(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		blocks := recorded(t, "dense")
		end := len(blocks)
		from := func() pastel.Height {
			_, from := eventsOf(t, reader(t, url), store.EventFilter{})
			return from
		}
		tip := pastel.Height(end - 10)
		left := func() (n int) {
			for _, row := range rows(t, raw(t, url), "SELECT type, height FROM events") {
				if slices.Contains(store.Pruned(), pool.EventType(row[0].(string))) && row[1].(int64) <= int64(end-10) {
					n++
				}
			}
			return n
		}
		l := open(t, url)
		l.step(t, -1, blocks[:tip+1])
		all := left()
		for i, x := range []struct{ keep, from, deleted pastel.Height }{
			{0, 0, 0}, {1_000, 0, 0}, {250, (tip - 250) / 100 * 100, (tip-250)/100*100 - 100}, {120, (tip - 120) / 100 * 100, (tip-120)/100*100 - 100},
			{300, (tip-120)/100*100 - 100, (tip-120)/100*100 - 100}, {0, (tip-120)/100*100 - 100, (tip-120)/100*100 - 100},
		} {
			l.close(t)
			l = open(t, url)
			l.store.KeepHistory(x.keep)
			tip++
			l.step(t, tip-1, blocks[tip:tip+1])
			portions := l.prunes(t)
			if got := from(); got != x.from {
				t.Errorf("%d: with %d blocks kept at block %d, history is complete from block %d, want %d", i, x.keep, tip, got, x.from)
			}
			var kept int64
			for _, row := range rows(t, raw(t, url), "SELECT kept_from FROM history") {
				kept = row[0].(int64)
			}
			if kept != int64(max(x.deleted, 0)) {
				t.Errorf("%d: deleted up to block %d, want %d", i, kept, x.deleted)
			}
			now := left()
			if want := (all-now)/store.PruneAtOnce + 1; portions != want {
				t.Errorf("%d: %d events were deleted in %d portions, want %d", i, all-now, portions, want)
			}
			all = now
		}
	})
}

// A writer that starts with a smaller setting deletes nothing that answers still show: only a step hides it.
func TestNothingShownIsDeleted(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		blocks := recorded(t, "dense")
		last := len(blocks) - 1
		l := open(t, url)
		l.step(t, -1, blocks[:last])
		r := reader(t, url)
		want, _ := eventsOf(t, r, store.EventFilter{})
		l.close(t)
		l = open(t, url)
		l.store.KeepHistory(keptBlocks)
		l.prunes(t)
		if got, from := eventsOf(t, r, store.EventFilter{}); from != 0 || len(got) != len(want) {
			t.Errorf("before a step: %d events from block %d on, want all %d", len(got), from, len(want))
		}
		l.step(t, l.Last().Height, blocks[last:])
		l.prunes(t)
		if kept := rows(t, raw(t, url), "SELECT kept_from FROM history")[0][0]; kept == int64(0) {
			t.Error("after a step: nothing was deleted")
		}
	})
}

// A writer that is killed between portions, or in one, leaves what the next one finishes.
func TestPruningSurvivesKills(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, killed)
	file := sqliteFile(t)
	l := open(t, file)
	l.store.KeepHistory(keptBlocks)
	for i, b := range blocks {
		l.step(t, b.Height-1, blocks[i:i+1])
	}
	l.prunes(t)
	l.close(t)
	want := content(t, file)
	if !strings.Contains(want, "history | 1 | ") || strings.Contains(want, "history | 1 | 0 | 0") {
		t.Fatal("nothing was pruned")
	}
	onEach(t, func(t *testing.T, url string) {
		for told, kills := -1, 0; told < len(blocks)-1; kills++ {
			c := newChild(t, url, pruning+"=1")
			for range 1 + kills*7%83 {
				if told = c.height(t); told == len(blocks)-1 {
					break
				}
			}
			c.kill()
			reopen(t, url).close(t)
		}
		l := open(t, url)
		l.store.KeepHistory(keptBlocks)
		l.prunes(t)
		l.close(t)
		compare(t, url, want)
	})
}
