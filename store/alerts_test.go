package store_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

func alerts(t testing.TB, l opened) *store.Alerts {
	t.Helper()
	a, err := l.store.OpenAlerts(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { a.Close() })
	return a
}

// A transaction is stored whole or not at all, while a writer continues.
func TestAlertTransactions(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		ctx := context.Background()
		l := open(t, url)
		blocks := recorded(t, "life")
		l.step(t, -1, blocks[:10])
		a := alerts(t, l)
		spend := store.Spend{TxID: pastel.TxID{1}, Pool: "p", PastelID: "m", Pledge: 3, Outcome: pool.PledgeMoved, Forfeited: 7, Seen: 9}
		cursor := store.AlertCursor{Height: 9, Position: 2, Hash: blocks[9].Hash}
		no := errors.New("no")
		for _, want := range []error{no, nil} {
			err := a.Do(ctx, func(x *store.AlertTx) error {
				return errors.Join(x.PutSpend(&spend), x.SetCursor(cursor), want)
			})
			if !errors.Is(err, want) {
				t.Fatalf("got %v, want %v", err, want)
			}
			l.step(t, l.Last().Height, blocks[l.Last().Height+1:l.Last().Height+3])
			view(t, reader(t, url), func(s *store.Snapshot) error {
				list, err := s.Spends("", "", store.Everything)
				if want != nil && len(list) != 0 || want == nil && (len(list) != 1 || list[0] != spend) {
					t.Errorf("%+v", list)
				}
				return err
			})
		}
		// The time it was first seen stays; its outcome may change.
		spend.Outcome, spend.Forfeited, spend.Seen = pool.PledgeLeft, 8, 10
		other := store.Spend{TxID: pastel.TxID{2}, Pool: "q", PastelID: "m", Pledge: 3, Outcome: pool.PledgeLeft, Seen: 11}
		if err := a.Do(ctx, func(x *store.AlertTx) error { return errors.Join(x.PutSpend(&other), x.PutSpend(&spend)) }); err != nil {
			t.Fatal(err)
		}
		spend.Seen = 9
		err := a.View(ctx, func(x *store.AlertTx) error {
			for _, c := range []struct {
				pool   ticket.PoolID
				member string
				want   []store.Spend
			}{
				{"", "", []store.Spend{spend, other}}, {"p", "", []store.Spend{spend}}, {"q", "m", []store.Spend{other}}, {"q", "n", []store.Spend{}},
			} {
				list, err := x.Spends(c.pool, c.member, store.Everything)
				if err != nil || !slices.Equal(list, c.want) {
					t.Errorf("%s, %s: %+v, %v", c.pool, c.member, list, err)
				}
			}
			if got, err := x.Cursor(); err != nil || got != cursor {
				t.Errorf("%+v, %v", got, err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// Of each lane the message with the fewest attempts is due, the oldest first; of each thread, none before those ahead of it.
func TestAlertsAreDueInOrder(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		a := alerts(t, open(t, url))
		now := time.Unix(1000, 0)
		rotate := false
		due := func(at time.Time) (ids string) {
			t.Helper()
			err := a.View(context.Background(), func(x *store.AlertTx) error {
				latest := at.Add(time.Hour)
				lanes, err := x.Waiting(at, latest)
				for _, w := range lanes {
					d, found, failed := x.NextAlert(w.Lane, at, latest, rotate)
					if found && w.Due == 0 {
						t.Errorf("%+v has nothing due and %s", w, d.ID)
					}
					ids += d.ID
					err = errors.Join(err, failed)
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			return ids
		}
		do := func(f func(x *store.AlertTx) error) {
			t.Helper()
			if err := a.Do(context.Background(), f); err != nil {
				t.Fatal(err)
			}
		}
		add := func(id, to, thread string, urgent bool) {
			t.Helper()
			do(func(x *store.AlertTx) error {
				return x.AddAlert(&store.Alert{
					ID: id, Subscription: to, Cause: id, Thread: thread, Urgent: urgent, Kind: "k", JSON: "{}", Created: now, Standing: true,
				})
			})
		}
		answer := func(id string, attempts int64, state store.AlertState) func(x *store.AlertTx) error {
			return func(x *store.AlertTx) error {
				return x.AnswerAlert(&store.Alert{ID: id, Subscription: "one"}, attempts, &store.Outcome{State: state, At: now, Next: now, Failure: "no"})
			}
		}
		add("a", "one", "t", false)
		add("b", "one", "t", false)
		add("c", "two", "t", false)
		if got := due(now); got != "ac" {
			t.Errorf("due: %s", got)
		}
		do(func(x *store.AlertTx) error {
			ours, err := x.ClaimAlert("a", 0, now.Add(time.Minute))
			if !ours {
				t.Error("it was not claimed")
			}
			return err
		})
		// A second process cannot claim the same message, and results of earlier attempts no longer count.
		do(func(x *store.AlertTx) error {
			ours, err := x.ClaimAlert("a", 0, now)
			if ours {
				t.Error("it was claimed twice")
			}
			return errors.Join(err, answer("a", 0, store.AlertSent)(x))
		})
		if got := due(now); got != "c" {
			t.Errorf("due: %s", got)
		}
		if got := due(now.Add(time.Minute)); got != "ac" {
			t.Errorf("due a minute later: %s", got)
		}
		if got := due(now.Add(-2 * time.Hour)); got != "ac" {
			t.Errorf("due once the clock is set back: %s", got)
		}
		add("d", "one", "u", false)
		add("e", "one", "v", true)
		do(answer("a", 1, store.AlertPending))
		if got := due(now); got != "eac" {
			t.Errorf("due after a failure: %s", got)
		}
		rotate = true
		if got := due(now); got != "edc" {
			t.Errorf("due after a failure, others first: %s", got)
		}
		rotate = false
		do(func(x *store.AlertTx) error {
			ours, err := x.ClaimAlert("a", 1, now)
			if !ours {
				t.Error("it was not claimed again")
			}
			return errors.Join(err, answer("a", 2, store.AlertSent)(x), x.EndAlert(&store.Alert{ID: "c", Subscription: "two", Cause: "c"},
				store.AlertWithdrawn), x.DropAlert("d"), x.DropAlert("e"))
		})
		if got := due(now); got != "b" {
			t.Errorf("due: %s", got)
		}
		view(t, reader(t, url), func(s *store.Snapshot) error {
			of, err := s.Deliveries()
			if d := of["one"]; d.Delivered != 1 || !d.Last.Equal(now) || d.Failure != "no" || !d.Failed.Equal(now) || d.GivenUp != 0 {
				t.Errorf("%+v", of)
			}
			return err
		})
		do(func(x *store.AlertTx) error {
			ours, err := x.ClaimAlert("c", 0, now)
			if ours {
				t.Error("a withdrawn one was claimed")
			}
			return err
		})
		if err := a.Do(context.Background(), func(x *store.AlertTx) error {
			return x.AddAlert(&store.Alert{ID: "f", Subscription: "one", Cause: "b", Created: now})
		}); err == nil {
			t.Error("a cause was told twice")
		}
	})
}

// The fork is the last block that both the cursor passed and the ledger has. Subscriptions made above it get alerts of the other branch.
func TestAlertsFindTheFork(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		ctx := context.Background()
		l := open(t, url)
		blocks := recorded(t, "life")
		l.step(t, -1, blocks[:20])
		a := alerts(t, l)
		cursor := store.AlertCursor{Height: 19, Position: store.EndOfBlock, Hash: blocks[19].Hash}
		err := a.Do(ctx, func(x *store.AlertTx) error {
			for id, since := range map[string]pastel.Height{"below": 12, "between": 16, "ahead": 90} {
				if err := x.AddSubscription(&store.Subscription{ID: id, Since: since}); err != nil {
					return err
				}
			}
			return x.SetCursor(cursor)
		})
		if err != nil {
			t.Fatal(err)
		}
		for _, last := range []pastel.Height{19, 14} {
			l.step(t, last, nil)
			err = a.Do(ctx, func(x *store.AlertTx) error {
				fork, known, err := x.Fork(cursor)
				if fork != last || !known {
					t.Errorf("the fork is %d, %v; want %d", fork, known, last)
				}
				return errors.Join(err, x.GoBack(fork, cursor.Height))
			})
			if err != nil {
				t.Fatal(err)
			}
		}
		err = a.View(ctx, func(x *store.AlertTx) error {
			subs, err := x.Subscriptions()
			for _, s := range subs {
				if want := map[string]pastel.Height{"below": 12, "between": 14, "ahead": 90}[s.ID]; s.Since != want {
					t.Errorf("%s: since %d, want %d", s.ID, s.Since, want)
				}
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// The time of the last mempool check is known as long as the mempool is checked.
func TestMempoolLooked(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		a := alerts(t, open(t, url))
		look := store.MempoolLook{Height: 3, At: 1000}
		for _, step := range []struct {
			do   func(x *store.AlertTx) error
			want store.MempoolLook
		}{
			{func(*store.AlertTx) error { return nil }, store.MempoolLook{}},
			{func(x *store.AlertTx) error { return x.SetMempoolLooked(look) }, look},
			{(*store.AlertTx).ForgetMempool, store.MempoolLook{}},
		} {
			if err := a.Do(context.Background(), step.do); err != nil {
				t.Fatal(err)
			}
			view(t, reader(t, url), func(s *store.Snapshot) error {
				got, known, err := s.MempoolLooked()
				if got != step.want || known != (got.At > 0) {
					t.Errorf("got %+v, %v", got, known)
				}
				return err
			})
		}
	})
}
