package notify_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
)

// only is the one subscription there is.
func (r *rig) only() notify.Listed {
	r.t.Helper()
	list, err := r.svc.List(context.Background())
	if err != nil || len(list) != 1 {
		r.t.Fatalf("%d subscriptions, %v", len(list), err)
	}
	return list[0]
}

// rounds lets the service work for a while.
func (r *rig) rounds(of, every time.Duration) {
	r.t.Helper()
	for ; of > 0; of -= every {
		for range 3 {
			if err := r.svc.Round(context.Background()); err != nil {
				r.t.Fatal(err)
			}
		}
		r.pass(every)
	}
	r.round()
}

// refuses answers one kind with a status and takes all others.
func refuses(kind notify.Kind, status int) func(http.ResponseWriter, notify.Kind) int {
	return func(_ http.ResponseWriter, k notify.Kind) int {
		if k == kind {
			return status
		}
		return 0
	}
}

// A message that the receiver refuses for good is tried a few times, recorded and given up; all others arrive meanwhile.
func TestOneBadItemRefused(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	onEach(t, func(t *testing.T, url string) {
		for _, status := range []int{400, 401, 404, 410, 413, 422} {
			if status != 400 && store.IsPostgres(url) {
				continue
			}
			r := newRig(t, strings.Replace(url, "ledger.db", fmt.Sprintf("%d.db", status), 1))
			r.step(-1, blocks[:150])
			to := r.hook(notify.Request{Pool: acme, Kinds: ofEvents})
			to.judge = refuses(notify.PayoutSettled, status)
			r.step(149, blocks[150:163]) // in block 155 it settles
			r.round()
			if got := kinds(to.take()); slices.Contains(got, "payout.settled") || !slices.Contains(got, "pledge.promoted") {
				t.Errorf("%d: got %q", status, got)
			}
			l := r.only()
			if want := fmt.Sprintf("the receiver answered %d", status); l.Waiting != 1 || l.LastError != want || l.GivenUp != 0 ||
				l.WaitingSince.IsZero() || l.LastDelivery.IsZero() || !l.LastFailure.Equal(r.clock()) {
				t.Errorf("%d: %+v", status, l)
			}
			r.step(162, blocks[163:165])
			r.round()
			wantKinds(t, to.take(), "pledge.left", "pool.replenishing")
			before := to.asked()
			r.rounds(5*time.Minute, time.Second)
			if tries := to.asked() - before; tries != notify.MaxRefusals-1 {
				t.Errorf("%d: it was tried %d times more", status, tries)
			}
			if l = r.only(); l.Waiting != 0 || l.GivenUp != 1 || !l.WaitingSince.IsZero() || l.Delivered != 4 {
				t.Errorf("%d: %+v", status, l)
			}
			if o := r.svc.Outbox(); o != (notify.Outbox{Subscriptions: 1, GivenUp: 1}) {
				t.Errorf("%d: %+v", status, o)
			}
			if c := &r.counts; c.Delivered.Load() != 4 || c.Refused.Load() != notify.MaxRefusals || c.Failed.Load() != 0 || c.GivenUp.Load() != 1 {
				t.Errorf("%d: %d delivered, %d refused, %d failed, %d given up", status, c.Delivered.Load(), c.Refused.Load(), c.Failed.Load(), c.GivenUp.Load())
			}
		}
	})
}

// What is no refusal of the message is retried for days: 408, 425, 429, every 5xx and redirects.
func TestOneBadItemRetried(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	for _, status := range []int{301, 408, 425, 429, 500, 501, 503, 599} {
		r := newRig(t, filepath.Join(t.TempDir(), "ledger.db"))
		r.step(-1, blocks[:164])
		to := r.hook(notify.Request{Pool: acme, Kinds: leaves[:1]})
		to.answer(status)
		r.step(163, blocks[164:165])
		r.rounds(6*time.Hour, 15*time.Minute)
		to.answer(0)
		r.rounds(notify.LongPause, notify.LongPause)
		wantKinds(t, to.take(), "pledge.left")
		if l := r.only(); l.GivenUp != 0 || l.Waiting != 0 || l.Delivered != 1 {
			t.Errorf("%d: %+v", status, l)
		}
	}
}

// A message at which the receiver always fails holds up neither the urgent ones nor the rest.
func TestOneBadItemFails(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	for _, kind := range []notify.Kind{notify.PayoutSettled, notify.Left} {
		r := newRig(t, filepath.Join(t.TempDir(), "ledger.db"))
		r.step(-1, blocks[:150])
		to := r.hook(notify.Request{Pool: acme, Kinds: ofEvents})
		to.judge = refuses(kind, http.StatusInternalServerError)
		want := map[string]bool{}
		r.step(149, blocks[150:200])
		for _, e := range wantedEvents(t, blocks[:200], 150) {
			if k := notify.Kind(e.Type); k != kind {
				want[string(k)] = true
			}
		}
		got := map[string]bool{}
		r.rounds(time.Hour, 5*time.Second)
		for _, k := range kinds(to.take()) {
			got[k] = true
		}
		for k := range want {
			if !got[k] {
				t.Errorf("%s keeps %s from arriving", kind, k)
			}
		}
		if got[string(kind)] || len(want) < 4 {
			t.Errorf("got %v, want %v", got, want)
		}
		// What comes later does not wait for the long pauses of what fails, if it is urgent.
		r.rounds(2*time.Hour, time.Minute)
		to.take()
		r.step(199, blocks[200:279])
		r.rounds(2*time.Minute, time.Second)
		if !slices.Contains(kinds(to.take()), "pool.dissolved") {
			t.Errorf("%s: what is urgent waits", kind)
		}
	}
}

// What is urgent goes before everything that waits, and the first to be tried once a receiver is back.
func TestOneBadItemUrgentFirst(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, filepath.Join(t.TempDir(), "ledger.db"))
	r.step(-1, blocks[:146])
	to := r.hook(notify.Request{Pool: acme, Kinds: []notify.Kind{notify.PayoutSettled, notify.PayoutPaid, notify.Dissolved, notify.Replenishing}})
	to.answer(http.StatusServiceUnavailable)
	for h := 146; h < 300; h += 22 {
		r.step(pastel.Height(h-1), blocks[h:min(h+22, 300)])
		r.rounds(time.Hour, 5*time.Minute)
	}
	to.answer(0)
	r.rounds(notify.LongPause, 10*time.Second)
	got := kinds(to.take())
	last := slices.Index(got, "pool.dissolved")
	if first := slices.IndexFunc(got, func(k string) bool { return strings.HasPrefix(k, "payout") }); last < 0 || first < last-1 {
		t.Errorf("got %q", got)
	}
	paid := slices.DeleteFunc(got, func(k string) bool { return !strings.HasPrefix(k, "payout") })
	if len(paid) < 10 {
		t.Errorf("of the payouts came %q", paid)
	}
}

// A receiver may ask to be left alone, but not for ever.
func TestOneBadItemRetryAfter(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	for _, c := range []struct {
		header string
		least  time.Duration
	}{
		{"120", 2 * time.Minute}, {"4294967295", notify.LongPause}, {"99999999999999999999", 5 * time.Second}, {"-5", 5 * time.Second},
		{"Fri, 31 Dec 9999 23:59:59 GMT", notify.LongPause}, {"Mon, 01 Jan 1990 00:00:00 GMT", 5 * time.Second}, {"soon", 5 * time.Second},
	} {
		r := newRig(t, filepath.Join(t.TempDir(), "ledger.db"))
		r.step(-1, blocks[:150])
		to := r.hook(notify.Request{Pool: acme, Kinds: []notify.Kind{notify.PayoutSettled}})
		to.judge = func(w http.ResponseWriter, _ notify.Kind) int {
			w.Header().Set("Retry-After", c.header)
			return http.StatusTooManyRequests
		}
		r.step(149, blocks[150:160])
		r.round()
		r.pass(c.least - time.Second)
		r.round()
		if to.asked() != 1 {
			t.Errorf("%q: tried after %d attempts", c.header, to.asked())
		}
		r.pass(time.Second)
		r.round()
		if to.asked() != 2 {
			t.Errorf("%q: not tried after %v", c.header, c.least)
		}
	}
}

// However many receivers are dead, slow, or without an end, the others get their messages at once.
func TestOneBadItemAmongReceivers(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, filepath.Join(t.TempDir(), "ledger.db"))
	r.step(-1, blocks[:164])
	endless := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusInternalServerError)
		for {
			if _, err := w.Write(make([]byte, 1<<16)); err != nil {
				return
			}
		}
	}))
	t.Cleanup(endless.Close)
	var loop *httptest.Server
	loop = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) { http.Redirect(w, q, loop.URL, http.StatusFound) }))
	t.Cleanup(loop.Close)
	mute, err := net.Listen("tcp", "127.0.0.1:0") // takes connections and says nothing
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { mute.Close() })
	for range 100 {
		r.subscribe(notify.Request{URL: "http://" + mute.Addr().String() + "/", Kinds: leaves})
	}
	for _, url := range []string{"http://nowhere.invalid/", endless.URL, loop.URL, "http://127.0.0.1:1/", "http://[::1]:1/x"} {
		for range 20 {
			r.subscribe(notify.Request{URL: url, Kinds: leaves})
		}
	}
	good := r.hook(notify.Request{Kinds: leaves})
	r.step(163, blocks[164:165])
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.svc.Run(ctx)
	}()
	var got []notify.Message
	until(t, "the good one's messages", func() bool {
		got = append(got, good.take()...)
		return len(got) >= len(leaves)
	})
	wantKinds(t, got, "pledge.left", "pool.replenishing")
	stop()
	<-done
}

// A database restored from a backup tells what it tells again under the same ids, so that receivers know it.
func TestOneBadItemRestoredDatabase(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	file := filepath.Join(t.TempDir(), "ledger.db")
	r := newRig(t, file)
	r.step(-1, blocks[:154])
	to := r.hook(notify.Request{Pool: acme, Overdue: 1})
	r.round()
	to.take()
	old := filepath.Join(t.TempDir(), "backup.db")
	db, err := sql.Open("sqlite", "file:"+file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("VACUUM INTO ?", old); err != nil {
		t.Fatal(err)
	}
	ids := func(r *rig, steps int) map[string]string {
		for h := 154; h < 170; h += steps {
			r.step(pastel.Height(h-1), blocks[h:min(h+steps, 170)])
			r.round()
		}
		of := map[string]string{}
		for i, m := range to.take() {
			if of[m.ID] != "" {
				t.Errorf("message %d has the id of %s: %s", i, of[m.ID], m.Text)
			}
			of[m.ID] = fmt.Sprint(m.Kind, m.Resolved)
		}
		return of
	}
	before := ids(r, 1)
	again := newRig(t, old)
	again.pass(24 * time.Hour)
	after := ids(again, 1)
	if len(before) < 6 || len(before) != len(after) {
		t.Errorf("%d messages, and %d the second time", len(before), len(after))
	}
	for id, what := range after {
		if before[id] != what {
			t.Errorf("%s came under another id", what)
		}
	}
}

// The same cause has one id on every branch, and another when it comes about again after its end was told.
func TestOneBadItemIDs(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, filepath.Join(t.TempDir(), "ledger.db"))
	r.step(-1, blocks[:164])
	to := r.hook(notify.Request{Pool: acme, Kinds: leaves[:1]})
	r.step(163, blocks[164:165])
	r.round()
	one := to.take()
	r.step(162, branch(blocks, 162, 4, 99)) // without it
	r.round()
	gone := to.take()
	r.step(162, blocks[163:168]) // with it
	r.round()
	two := to.take()
	if len(one) != 1 || len(gone) != 1 || len(two) != 1 || gone[0].About != one[0].ID || !gone[0].Withdrawn {
		t.Fatalf("%q, %q, %q", kinds(one), kinds(gone), kinds(two))
	}
	if one[0].ID == gone[0].ID || one[0].ID == two[0].ID || gone[0].ID == two[0].ID {
		t.Errorf("ids %s, %s, %s", one[0].ID, gone[0].ID, two[0].ID)
	}
	other := newRig(t, filepath.Join(t.TempDir(), "ledger.db"))
	other.step(-1, blocks[:164])
	else2 := other.hook(notify.Request{Pool: acme, Kinds: leaves[:1]})
	other.step(163, blocks[164:165])
	other.round()
	if m := else2.take(); len(m) != 1 || m[0].ID == one[0].ID {
		t.Errorf("another subscription has the same id: %q", kinds(m))
	}
}

// A row of the database that cannot be read is reported and left out; what comes after it is told.
func TestOneBadItemInTheDatabase(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	for what, damage := range map[string]string{
		"an event":               `UPDATE events SET json = '{' WHERE height = 151 AND type = 'pledge.left'`,
		"an event's type":        `UPDATE events SET json = replace(json, 'payout.settled', 'payout.settle') WHERE type = 'payout.settled'`,
		"an event's pool":        `UPDATE events SET pool = 99 WHERE height = 155`,
		"a message's text":       `UPDATE alerts SET json = 'nonsense'`,
		"a message's block":      `UPDATE alerts SET block = x'00' WHERE block IS NOT NULL`,
		"a standing message":     `UPDATE alerts SET cause = 'odd', pool = 'none' WHERE standing = 1`,
		"a spend that is waited": `INSERT INTO mempool_spends VALUES (x'00', 3, 'p', 'm', 'dreamt', 0, 0)`,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			file := filepath.Join(t.TempDir(), "ledger.db")
			r := newRig(t, file)
			r.step(-1, blocks[:150])
			to := r.hook(notify.Request{Pool: acme})
			to.answer(http.StatusServiceUnavailable)
			r.step(149, blocks[150:151])
			r.round()
			r.step(150, blocks[151:160])
			db, err := sql.Open("sqlite", "file:"+file)
			if err != nil {
				t.Fatal(err)
			}
			defer db.Close()
			if _, err := db.Exec(damage); err != nil {
				t.Fatal(err)
			}
			if err := r.svc.Round(context.Background()); err != nil && !errors.Is(err, store.ErrUnreadable) {
				t.Fatal(err)
			}
			r.step(159, blocks[160:170])
			for range 20 {
				r.svc.Round(context.Background())
			}
			to.answer(0)
			for range 200 {
				r.svc.Round(context.Background())
				r.pass(time.Minute)
			}
			var got []string
			for _, m := range to.take() {
				got = append(got, fmt.Sprint(m.Height, " ", m.Kind))
			}
			for _, want := range []string{"164 pledge.left", "164 pool.replenishing", "169 pool.restored"} {
				if !slices.Contains(got, want) {
					t.Errorf("%s is not among %q\n%s", want, got, r.logs.String())
				}
			}
		})
	}
}
