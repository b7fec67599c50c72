package api_test

import (
	"log/slog"
	"testing"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
)

// The stream has every event of its blocks, however little history a daemon keeps: it cannot say what it lacks.
func TestTheStreamHidesNothing(t *testing.T) {
	t.Parallel()
	const last pastel.Height = 299 // from which on answers show history from block 200
	blocks := ledgertest.Recorded(t, "dense")
	ledger, r, s := ledgertest.Open(t, blocks, last-1, "")
	s.KeepHistory(100)
	if _, err := ledger.Step(t.Context(), last-1, blocks[last:last+1]); err != nil {
		t.Fatal(err)
	}
	for more := true; more; {
		var err error
		if more, err = s.Prune(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	feed := api.NewFeed(r, slog.New(slog.DiscardHandler))
	if err := feed.Look(t.Context()); err != nil {
		t.Fatal(err)
	}
	got, from := feed.Events()
	count := func(r *store.Reader) (n int) {
		t.Helper()
		err := r.View(t.Context(), func(s *store.Snapshot) error {
			list, err := s.Events(store.EventFilter{From: from, To: store.Now}, store.Page{Limit: 100_000})
			n = len(list)
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	_, whole, _ := ledgertest.Open(t, blocks, last, "")
	want := count(whole)
	if got != want {
		t.Errorf("the stream has %d events from block %d on, want %d", got, from, want)
	}
	if n := count(r); n == want {
		t.Errorf("answers hide none of %d events", n)
	}
}
