package store_test

import (
	"context"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
)

func postings(t testing.TB, l opened) *store.Postings {
	t.Helper()
	p, err := l.store.OpenPostings(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.Close() })
	return p
}

// posted returns the nth ticket, posted so many seconds after a moment.
func posted(n byte, seconds int64, cost pastel.Amount) store.Posted {
	return store.Posted{
		TxID: pastel.TxID{n}, Hash: [32]byte{n, 1}, Raw: []byte{n, 2}, Cost: cost, Pool: "pool", PastelID: "member", Output: "out", Owner: "address",
		Height: 7, Time: time.Unix(1_700_000_000+seconds, 0).UTC(), Expires: 27 + pastel.Height(n),
	}
}

// Posted tickets are listed as they were added, also after the daemon restarted, until they are removed or forgotten.
func TestPostedTickets(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		ctx := context.Background()
		l := open(t, url)
		l.step(t, -1, recorded(t, "life")[:10])
		p := postings(t, l)
		first, second, third := posted(1, 0, 5), posted(2, 0, 5), posted(3, 9, 1)
		third.Registers, third.Pool, third.Output = true, "", ""
		for _, x := range []*store.Posted{&third, &second, &first} {
			if err := p.Add(ctx, x, 10, time.Time{}); err != nil {
				t.Fatal(err)
			}
		}
		if err := p.Add(ctx, &first, 100, time.Time{}); err == nil {
			t.Error("a transaction was added twice")
		}
		listed := func(want ...store.Posted) {
			t.Helper()
			p := postings(t, l)
			defer p.Close()
			if got, err := p.List(ctx); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("got %+v, %v; want %+v", got, err, want)
			}
		}
		listed(first, second, third)
		if err := p.Remove(ctx, second.TxID); err != nil {
			t.Fatal(err)
		}
		listed(first, third)
		for _, kept := range []error{
			p.Forget(ctx, first.Time.Add(-time.Second), 1_000), // posted later
			p.Forget(ctx, first.Time, first.Expires),           // a block can still hold it
		} {
			if kept != nil {
				t.Fatal(kept)
			}
		}
		listed(first, third)
		if err := p.Forget(ctx, first.Time, first.Expires+1); err != nil {
			t.Fatal(err)
		}
		listed(third)
	})
}

// The budget counts what pledges cost since a moment, to the patoshi, and nothing else.
func TestPostedWithinBudget(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		ctx := context.Background()
		l := open(t, url)
		l.step(t, -1, recorded(t, "life")[:10])
		p := postings(t, l)
		const budget = 100
		since := posted(0, 0, 0).Time
		old, registration := posted(1, 0, 60), posted(2, 5, 1_000)
		registration.Registers = true
		for _, x := range []struct {
			ticket store.Posted
			want   error
		}{
			{old, nil}, {registration, nil}, {posted(3, 1, 101), store.ErrBudget}, {posted(4, 1, 100), nil}, {posted(5, 2, 1), store.ErrBudget},
		} {
			if err := p.Add(ctx, &x.ticket, budget, since); !errors.Is(err, x.want) {
				t.Errorf("ticket %v: %v, want %v", x.ticket.TxID, err, x.want)
			}
		}
		if list, err := p.List(ctx); err != nil || len(list) != 3 {
			t.Errorf("%d tickets, %v; want 3", len(list), err)
		}
	})
}

// A daemon that was overtaken posts nothing.
func TestPostingsOfAnOvertakenWriter(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		l := open(t, url)
		l.step(t, -1, recorded(t, "life")[:10])
		p := postings(t, l)
		d := raw(t, url)
		if _, err := d.Exec("UPDATE writer SET epoch = epoch + 1, holder = 'another'"); err != nil {
			t.Fatal(err)
		}
		x := posted(1, 0, 1)
		if err := p.Add(context.Background(), &x, 10, time.Time{}); !errors.Is(err, store.ErrOvertaken) {
			t.Errorf("got %v", err)
		}
	})
}

// What is stored while the tickets are closed is stored once they are closed, or not at all.
func TestPostingsClosedMeanwhile(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		ctx := context.Background()
		l := open(t, url)
		l.step(t, -1, recorded(t, "life")[:10])
		for n := byte(1); n < 100; n++ {
			p, begun, added := postings(t, l), make(chan struct{}), make(chan error, 1)
			go func() {
				close(begun)
				x := posted(n, int64(n), 1)
				added <- p.Add(ctx, &x, 1_000, time.Time{})
			}()
			<-begun
			if err := p.Close(); err != nil {
				t.Fatal(err)
			}
			after := postings(t, l)
			list, err := after.List(ctx)
			if err = errors.Join(err, after.Close()); err != nil { // other tests need its connection
				t.Fatal(err)
			}
			if stored := len(list) > 0 && list[len(list)-1].TxID[0] == n; stored != (<-added == nil) {
				t.Fatalf("ticket %d: it is in the list: %v", n, stored)
			}
		}
	})
}
