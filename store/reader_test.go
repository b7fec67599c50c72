package store_test

import (
	"bytes"
	"context"
	"database/sql/driver"
	"errors"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"modernc.org/sqlite"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

func reader(t testing.TB, url string) *store.Reader {
	t.Helper()
	r, err := store.OpenReader(context.Background(), url, regtest(t), false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func view(t testing.TB, r *store.Reader, f func(s *store.Snapshot) error) {
	t.Helper()
	if err := r.View(context.Background(), f); err != nil {
		t.Fatal(err)
	}
}

// endsAt checks of which block a new snapshot is.
func endsAt(t testing.TB, r *store.Reader, height pastel.Height) {
	t.Helper()
	view(t, r, func(s *store.Snapshot) error {
		tip, err := s.Tip()
		if err == nil && tip.Height != height {
			t.Errorf("a snapshot is of block %d, want %d", tip.Height, height)
		}
		return err
	})
}

// paged reads a list in pages of 3 and returns all of it.
func paged[T any](t testing.TB, desc bool, list func(store.Page) ([]T, error), key func(T) []any) (whole []T) {
	t.Helper()
	p := store.Page{Limit: 3, Desc: desc}
	for {
		part, err := list(p)
		if err != nil {
			t.Fatal(err)
		}
		whole = append(whole, part...)
		if len(part) < p.Limit {
			return whole
		}
		p.After = key(part[len(part)-1])
	}
}

func blockKey(b store.Block) []any   { return []any{int64(b.Height)} }
func eventKey(e store.Event) []any   { return []any{int64(e.Height), e.Position} }
func creditKey(c store.Credit) []any { return []any{int64(c.Height), c.Position} }
func pledgeKey(p store.Pledge) []any { return []any{p.Seq} }
func payoutKey(p store.Payout) []any { return []any{int64(p.Settled), string(p.Pool)} }

// Block by block, a reader beside the writer sees what the rules said.
func TestReadersSeeWhatTheEngineSaid(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		l := open(t, url)
		blocks := recorded(t, "life")
		var events []pool.Event
		statuses := map[pastel.Height]map[string]string{} // height, pool: status
		live := map[pastel.Height]int{}
		for h, b := range blocks {
			c, err := l.Step(context.Background(), pastel.Height(h)-1, []*pool.Prepared{b})
			if err != nil {
				t.Fatal(err)
			}
			events = append(events, c.Blocks[0].Events...)
			l.View(func(s *pool.State) {
				at := map[string]string{}
				for _, id := range s.Pools() {
					p, _ := s.Pool(id)
					at[string(id)] = p.Status.String()
					live[pastel.Height(h)] += len(p.Pledges)
				}
				statuses[pastel.Height(h)] = at
			})
		}
		r := reader(t, url)
		state, err := r.State(context.Background())
		if err != nil || !bytes.Equal(state.Encode(), l.bytes()) {
			t.Fatalf("the whole state differs: %v", err)
		}
		view(t, r, func(s *store.Snapshot) error {
			checkPools(t, s, state)
			checkLists(t, s, state.Pools()[0], events, len(blocks))
			for h, want := range statuses {
				list, err := s.PoolsAt(h, store.Page{Limit: 1000})
				if err != nil || len(list) != len(want) {
					t.Fatalf("block %d: %d pools, want %d: %v", h, len(list), len(want), err)
				}
				for _, p := range list {
					if p.Status.String() != want[string(p.ID)] {
						t.Errorf("block %d: pool is %s, was %s", h, p.Status, want[string(p.ID)])
					}
				}
				pledges, err := s.Pledges(store.PledgeFilter{Live: true, At: h}, store.Page{Limit: 1000})
				if err != nil || len(pledges) != live[h] {
					t.Errorf("block %d: %d pledges live, want %d: %v", h, len(pledges), live[h], err)
				}
			}
			return nil
		})
	})
}

func checkPools(t *testing.T, s *store.Snapshot, state *pool.State) {
	t.Helper()
	for _, id := range state.Pools() {
		want, _ := state.Pool(id)
		if got, err := s.Pool(id); err != nil || !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, %v\nwant %+v", got, err, want)
		}
		list, err := s.Pools(store.PoolFilter{ID: id, Status: []pool.Status{want.Status}})
		if err != nil || len(list) != 1 || list[0].Terms != want.Terms || list[0].Escrow != want.Escrow || list[0].Ended != want.Ended {
			t.Errorf("%+v, %v\nwant %+v", list, err, want)
		}
	}
	for _, id := range state.Registered() {
		points, tarnished, _ := state.Reputation(id)
		if st, err := s.Standing(id, state.Tip().Height); err != nil || st != (pool.Standing{Points: points, Tarnished: tarnished}) {
			t.Errorf("%s: %+v, %v", id, st, err)
		}
	}
	for _, absent := range []func() error{
		func() error { _, err := s.Pool("none.0123"); return err },
		func() error { _, err := s.Block(1 << 20); return err },
		func() error { _, err := s.Standing([57]byte{1}, 1); return err },
	} {
		if err := absent(); !errors.Is(err, chain.ErrNotFound) {
			t.Errorf("want ErrNotFound: %v", err)
		}
	}
}

// checkTypes compares events of several types, one of them named twice, with those of all.
func checkTypes(t *testing.T, s *store.Snapshot, all []store.Event) {
	t.Helper()
	f := store.EventFilter{Types: []string{"ticket.rejected", "payout.paid", "ticket.rejected"}, From: all[0].Height + 1, To: all[len(all)-1].Height - 1}
	var want []store.Event
	for _, e := range all {
		if (e.Type == pool.TicketRejected || e.Type == pool.PayoutPaid) && e.Height >= f.From && e.Height <= f.To {
			want = append(want, e)
		}
	}
	for _, down := range []bool{false, true} {
		got := paged(t, down, func(p store.Page) ([]store.Event, error) { return s.Events(f, p) }, eventKey)
		if down {
			slices.Reverse(got)
		}
		if len(want) == 0 || !reflect.DeepEqual(got, want) {
			t.Errorf("%d events of two types, want %d", len(got), len(want))
		}
	}
}

func checkLists(t *testing.T, s *store.Snapshot, id ticket.PoolID, events []pool.Event, blocks int) {
	t.Helper()
	all := store.EventFilter{To: store.Now}
	got := paged(t, false, func(p store.Page) ([]store.Event, error) { return s.Events(all, p) }, eventKey)
	if len(got) != len(events) {
		t.Fatalf("%d events, want %d", len(got), len(events))
	}
	income, settled, paid := pastel.Amount(0), 0, 0
	for i, e := range got {
		want, _ := events[i].MarshalJSON()
		if !bytes.Equal(e.JSON, want) || e.Height != events[i].Height || e.Type != events[i].Type {
			t.Fatalf("event %d is %s, want %s", i, e.JSON, want)
		}
		if e.Paid != events[i].Paid() {
			t.Errorf("event %d pays %d, want %d", i, e.Paid, events[i].Paid())
		}
		switch e.Type {
		case pool.RewardReceived:
			income += events[i].Amount
		case pool.PayoutSettled:
			settled++
		case pool.PayoutPaid:
			paid++
		default:
		}
	}
	all.Brief = true
	for i, e := range paged(t, false, func(p store.Page) ([]store.Event, error) { return s.Events(all, p) }, eventKey) {
		bare := events[i]
		bare.Outputs = nil
		if want, _ := bare.MarshalJSON(); !bytes.Equal(e.JSON, want) || e.Paid != got[i].Paid {
			t.Errorf("event %d is in brief %s with %d paid, want %s with %d", i, e.JSON, e.Paid, want, got[i].Paid)
		}
	}
	all.Brief = false
	down := paged(t, true, func(p store.Page) ([]store.Event, error) { return s.Events(all, p) }, eventKey)
	for i := range down {
		if !reflect.DeepEqual(down[i], got[len(got)-1-i]) {
			t.Fatalf("event %d from the end is %+v", i, down[i])
		}
	}
	checkTypes(t, s, got)
	if list := paged(t, true, s.Blocks, blockKey); len(list) != blocks {
		t.Errorf("%d blocks, want %d", len(list), blocks)
	}
	payouts := paged(t, false, func(p store.Page) ([]store.Payout, error) { return s.Payouts(store.PayoutFilter{At: store.Now}, p) }, payoutKey)
	done, err := s.Payouts(store.PayoutFilter{At: store.Now, Status: store.PayoutPaid}, store.Page{Limit: 1000})
	if err != nil || len(payouts) != settled || len(done) != paid {
		t.Errorf("%d payouts, %d paid, want %d and %d: %v", len(payouts), len(done), settled, paid, err)
	}
	var out pastel.Amount
	for _, p := range done {
		list, err := s.Outputs(p.Pool, p.Settled)
		if err != nil || len(list) != p.Outputs {
			t.Errorf("payout %s has %d outputs, want %d: %v", p.TxID, len(list), p.Outputs, err)
		}
		for _, o := range list {
			out += o.Amount
		}
		before, err := s.Payouts(store.PayoutFilter{TxID: p.TxID, At: p.Paid - 1, Status: store.PayoutPending}, store.Page{Limit: 2})
		if err != nil || len(before) != 1 || before[0].Paid != -1 {
			t.Errorf("payout %s before it was paid: %+v, %v", p.TxID, before, err)
		}
	}
	rows, err := s.Pools(store.PoolFilter{ID: id})
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d rows of pool %s: %v", len(rows), id, err)
	}
	num := rows[0].Num
	tip := pastel.Height(blocks - 1)
	sums, err := s.Sums([]int64{num}, tip)
	if x := sums[num]; err != nil || x.Income != income || x.Paid != out || int(x.Mined) != paid {
		t.Errorf("%+v, want income %s, paid %s in %d payouts: %v", x, income, out, paid, err)
	}
	third := tip / 3
	then, err := s.Sums([]int64{num}, third)
	var early pastel.Amount
	for i := range events {
		if events[i].Type == pool.RewardReceived && events[i].Height <= third {
			early += events[i].Amount
		}
	}
	if err != nil || then[num].Income != early || early == 0 || early == income {
		t.Errorf("income up to block %d is %s, want %s: %v", third, then[num].Income, early, err)
	}
	spans, err := s.Spans(num, 0, tip, 16)
	var sum store.Span
	for _, x := range spans {
		sum.Income += x.Income
		sum.Paid += x.Paid
	}
	if err != nil || sum.Income != income || sum.Paid != out || len(spans) < 5 {
		t.Errorf("%d spans with %+v: %v", len(spans), sum, err)
	}
	if later, err := s.Spans(num, spans[2].From, tip, 16); err != nil || !slices.Equal(later, spans[2:]) {
		t.Errorf("the spans from block %d on are %+v, want %+v: %v", spans[2].From, later, spans[2:], err)
	}
	credits := paged(t, false, func(p store.Page) ([]store.Credit, error) { return s.Credits(store.CreditFilter{At: store.Now}, p) }, creditKey)
	pledges := paged(t, true, func(p store.Page) ([]store.Pledge, error) { return s.Pledges(store.PledgeFilter{At: store.Now}, p) }, pledgeKey)
	if len(credits) == 0 || len(pledges) == 0 {
		t.Errorf("%d credits, %d pledges", len(credits), len(pledges))
	}
}

// A reader neither delays the writer nor sees a step that is made while it reads.
func TestASnapshotStaysAsItIs(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		l := open(t, url)
		blocks := recorded(t, "life")
		l.step(t, -1, blocks[:50])
		r := reader(t, url)
		view(t, r, func(s *store.Snapshot) error {
			if _, err := s.Tip(); err != nil {
				return err
			}
			l.step(t, 49, blocks[50:100])
			tip, err := s.Tip()
			if err == nil && tip.Height != 49 {
				t.Errorf("the snapshot moved to block %d", tip.Height)
			}
			return err
		})
		endsAt(t, r, 99)
	})
}

func TestReadersRefuseWhatIsNoLedger(t *testing.T) {
	t.Parallel()
	for _, d := range databases {
		_, err := store.OpenReader(context.Background(), d.open(t), regtest(t), false)
		isSentence(t, err, "start the daemon")
	}
	_, err := store.OpenReader(context.Background(), "postgres://%zz", regtest(t), false)
	isSentence(t, err, "malformed")
}

// late makes connections on which, once it is armed, the context of the next transaction ends just as that begins, as SQLite's driver may have it.
type late struct {
	driver.Connector
	armed bool
}

// Connect implements driver.Connector.
func (l *late) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := l.Connector.Connect(ctx)
	return &lateConn{c, l}, err
}

type lateConn struct {
	driver.Conn
	of *late
}

// ExecContext implements driver.ExecerContext.
func (c *lateConn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	result, err := c.Conn.(driver.ExecerContext).ExecContext(ctx, query, args)
	if c.of.armed && strings.HasPrefix(query, "BEGIN") {
		c.of.armed = false
		return nil, context.Canceled
	}
	return result, err
}

// QueryContext implements driver.QueryerContext.
func (c *lateConn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	return c.Conn.(driver.QueryerContext).QueryContext(ctx, query, args)
}

// A transaction that begins just as its context ends stays on no connection: the next one there could not begin, and one that writes would lock the
// file for ever.
func TestTransactionsOfEndedContextsEnd(t *testing.T) {
	t.Parallel()
	url := sqliteFile(t)
	blocks := recorded(t, "life")[:4]
	l := open(t, url)
	l.step(t, -1, blocks[:3])
	r, told := reader(t, url), alerts(t, l)
	connector, err := sqlite.NewConnector(url)
	if err != nil {
		t.Fatal(err)
	}
	slow := &late{Connector: connector}
	silent := func(string, []driver.NamedValue) {}
	if err := errors.Join(r.Record(slow, silent), told.Record(slow, silent)); err != nil {
		t.Fatal(err)
	}
	for what, ask := range map[string]func() error{
		"reading": func() error { return r.View(t.Context(), func(*store.Snapshot) error { return nil }) },
		"writing": func() error { return told.Do(t.Context(), func(*store.AlertTx) error { return nil }) },
	} {
		slow.armed = true
		if err := ask(); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", what, err)
		}
		if err := ask(); err != nil {
			t.Errorf("%s again: %v", what, err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	if _, err := l.Step(ctx, 2, blocks[3:]); err != nil {
		t.Error(err)
	}
}
