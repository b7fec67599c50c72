package notify_test

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/notify"
)

// leaves takes a ledger at block 163 to where two alerts are due to who subscribed to these kinds.
var leaves = []notify.Kind{notify.Left, notify.Replenishing}

// A receiver that is down for an hour gets everything once it is back, once and in order; the pauses grow up to 15 minutes.
func TestReceiverDown(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	onEach(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		r.step(-1, blocks[:164])
		to := r.hook(notify.Request{Pool: acme, Kinds: leaves})
		to.answer(http.StatusInternalServerError)
		r.step(163, blocks[164:])
		for range 3600 / 5 {
			if err := r.svc.Round(context.Background()); err != nil {
				t.Fatal(err)
			}
			r.pass(5 * time.Second)
			if len(to.take()) > 0 {
				t.Fatal("it is down")
			}
		}
		// After 0, 5, 15, 35, 75, 155, 315, 635, 1275 (pause 900), 2175, 3075 seconds.
		if to.tries != 11 {
			t.Errorf("%d attempts in an hour", to.tries)
		}
		to.answer(0)
		r.restart() // that a process ended in between does not matter
		r.pass(notify.LongPause)
		r.round()
		wantKinds(t, to.take(), "pledge.left", "pool.replenishing", "pledge.left", "pool.replenishing")
		r.pass(notify.LongPause)
		r.round()
		wantKinds(t, to.take())
		for _, secret := range []string{"t0psecret", "hunter2", to.secret, to.Listener.Addr().String()} {
			if strings.Contains(r.logs.String(), secret) {
				t.Errorf("%q is in the log:\n%s", secret, r.logs.String())
			}
		}
		if !strings.Contains(r.logs.String(), "to=http ") {
			t.Errorf("the log does not tell:\n%s", r.logs.String())
		}
	})
}

func TestGivesUpAfterDays(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:164])
	to := r.hook(notify.Request{Pool: acme, Kinds: leaves})
	to.answer(http.StatusNotFound)
	r.step(163, blocks[164:165])
	r.round()
	r.pass(notify.GiveUpAfter)
	r.round()
	if !strings.Contains(r.logs.String(), "given up") {
		t.Error("the log does not tell")
	}
	to.answer(0)
	r.pass(notify.GiveUpAfter)
	r.round()
	wantKinds(t, to.take())
}

// One that hangs keeps nobody waiting, and what it was sent is sent again.
func TestSlowReceiver(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:164])
	slow, fast := r.hook(notify.Request{Kinds: leaves}), r.hook(notify.Request{Kinds: leaves})
	slow.hold = make(chan struct{})
	r.step(163, blocks[164:165])
	var got []notify.Message
	for began := time.Now(); len(got) < 2; {
		if err := r.svc.Begin(context.Background()); err != nil {
			t.Fatal(err)
		}
		got = append(got, fast.take()...)
		if time.Since(began) > notify.SendPatience/2 {
			t.Fatal("it waits for another")
		}
	}
	wantKinds(t, got, "pledge.left", "pool.replenishing")
	close(slow.hold)
	r.round()
	wantKinds(t, slow.take(), "pledge.left", "pool.replenishing")
}

// What was sent when a process ended, without an answer, is sent again by the next. If its cause is gone by then it may have
// arrived: the receiver is told.
func TestUnanswered(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	for _, gone := range []bool{false, true} {
		onEach(t, func(t *testing.T, url string) {
			r := newRig(t, url)
			r.step(-1, blocks[:164])
			to := r.hook(notify.Request{Kinds: leaves[:1]})
			to.hold = make(chan struct{})
			r.step(163, blocks[164:165])
			ctx, kill := context.WithCancel(context.Background())
			if err := r.svc.Begin(ctx); err != nil {
				t.Fatal(err)
			}
			for tries := 0; tries == 0; time.Sleep(time.Millisecond) {
				to.mu.Lock()
				tries = to.tries
				to.mu.Unlock()
			}
			kill()
			r.svc.Round(ctx) // only to wait for what is under way
			to.mu.Lock()
			to.hold = nil
			to.mu.Unlock()
			want := "pledge.left"
			if gone {
				r.step(162, branch(blocks, 162, 3, 99))
				want = "pledge.left withdrawn"
			}
			r.restart()
			r.round()
			wantKinds(t, to.take(), want)
		})
	}
}

// A redirect is no success, and nothing goes where it points.
func TestRedirectsAreNotFollowed(t *testing.T) {
	t.Parallel()
	var elsewhere int
	other := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { elsewhere++ }))
	t.Cleanup(other.Close)
	r := newRig(t, t.TempDir()+"/ledger.db")
	to := httptest.NewServer(http.RedirectHandler(other.URL, http.StatusTemporaryRedirect))
	t.Cleanup(to.Close)
	err := r.svc.Test(context.Background(), r.subscribe(notify.Request{URL: to.URL}).ID)
	if err == nil || !strings.Contains(err.Error(), "307") || elsewhere != 0 {
		t.Errorf("%v, %d requests elsewhere", err, elsewhere)
	}
}

// Test says what the receiver made of it, without the URL's secrets.
func TestTest(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := newRig(t, t.TempDir()+"/ledger.db")
	to := newReceiver(t)
	receipt := r.subscribe(notify.Request{URL: to.URL + "/t0psecret"})
	to.secret = receipt.Secret
	if err := r.svc.Test(ctx, receipt.ID); err != nil {
		t.Fatal(err)
	}
	wantKinds(t, to.take(), "test")
	to.answer(http.StatusTeapot)
	if err := r.svc.Test(ctx, receipt.ID); err == nil || err.Error() != "the receiver answered 418: no use" {
		t.Errorf("got %v", err)
	}
	to.Close()
	if err := r.svc.Test(ctx, receipt.ID); err == nil || err.Error() != "the receiver cannot be reached" {
		t.Errorf("got %v", err)
	}
	if err := r.svc.Test(ctx, "nobody"); err == nil {
		t.Error("a subscription that is not there was tested")
	}
	if err := r.svc.Remove(ctx, "nobody"); err == nil {
		t.Error("a subscription that is not there was removed")
	}
}

// Services other than webhooks are sent to by shoutrrr, whose errors may hold the URL.
func TestShoutrrr(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:164])
	var mu sync.Mutex
	var got []string
	status := http.StatusForbidden
	to := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, err := io.ReadAll(q.Body)
		var m struct{ Message string }
		if err != nil || json.Unmarshal(body, &m) != nil {
			t.Errorf("%s: %v", body, err)
		}
		if w.WriteHeader(status); status == http.StatusOK {
			got = append(got, m.Message)
		}
	}))
	t.Cleanup(to.Close)
	address := "generic://" + strings.TrimPrefix(to.URL, "http://") + "/t0psecret?disabletls=yes&template=json&@Key=hunter2"
	receipt := r.subscribe(notify.Request{URL: address, Kinds: leaves})
	if receipt.Secret != "" {
		t.Error("a secret that nothing is signed with")
	}
	err := r.svc.Test(context.Background(), receipt.ID)
	if err == nil || strings.Contains(err.Error(), "t0psecret") || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("got %v", err)
	}
	r.step(163, blocks[164:165])
	r.round()
	mu.Lock()
	status = http.StatusOK
	mu.Unlock()
	r.pass(notify.LongPause)
	r.round()
	if len(got) != 2 || !strings.HasPrefix(got[0], "The pledge of 500 PSL") || !strings.HasPrefix(got[1], "Pool acme") {
		t.Errorf("got %q", got)
	}
	if strings.Contains(r.logs.String(), "t0psecret") {
		t.Errorf("a secret is in the log:\n%s", r.logs.String())
	}
}

// Run sends by itself, as many as there are without waiting for its next round, and ends with its context.
func TestRun(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:146])
	to := r.hook(notify.Request{Kinds: ofEvents})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.svc.Run(ctx)
	}()
	r.step(145, blocks[146:])
	var got []notify.Message
	for !slices.ContainsFunc(got, func(m notify.Message) bool { return m.Height == 295 && m.Kind == notify.PayoutPaid }) {
		got = append(got, to.take()...)
		time.Sleep(time.Millisecond)
	}
	stop()
	<-done
}
