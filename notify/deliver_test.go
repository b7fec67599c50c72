package notify_test

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/store"
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
		// One message after 0, 5, 15, 35, 75, 155, 315, 635, 1275 (pause 900), 2175, 3075 seconds; each of the four takes its turn.
		if to.tries < 11 || to.tries > 4*11 {
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
	to.answer(http.StatusBadGateway)
	r.step(163, blocks[164:165])
	for range notify.GiveUpAfter / notify.LongPause {
		r.round()
		r.pass(notify.LongPause)
	}
	if strings.Contains(r.logs.String(), "given up") {
		t.Error("it was given up too early")
	}
	r.round()
	r.pass(notify.LongPause)
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
	until(t, "the fast one's messages", func() bool {
		if err := r.svc.Begin(context.Background()); err != nil {
			t.Fatal(err)
		}
		got = append(got, fast.take()...)
		return len(got) >= len(leaves)
	})
	if slow.left() > 0 {
		t.Error("it waited until the other one was given up")
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
			until(t, "the message", func() bool { return to.asked() > 0 })
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
	to.secret, to.clock = receipt.Secret, r.clock
	if err := r.svc.Test(ctx, receipt.ID); err != nil {
		t.Fatal(err)
	}
	wantKinds(t, to.take(), "test")
	to.answer(http.StatusTeapot)
	if err := r.svc.Test(ctx, receipt.ID); err == nil || err.Error() != "the receiver answered 418" {
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
		var m struct{ Text string }
		if err != nil || json.Unmarshal(body, &m) != nil {
			t.Errorf("%s: %v", body, err)
		}
		if w.WriteHeader(status); status == http.StatusOK {
			got = append(got, m.Text)
		}
	}))
	t.Cleanup(to.Close)
	address := mattermost(to.URL)
	receipt := r.subscribe(notify.Request{URL: address, Kinds: leaves})
	if receipt.Secret != "" {
		t.Error("a secret that nothing is signed with")
	}
	err := r.svc.Test(context.Background(), receipt.ID)
	if err == nil || strings.Contains(err.Error(), "t0psecret") || strings.Contains(err.Error(), "403") {
		t.Errorf("got %v", err)
	}
	r.step(163, blocks[164:165])
	r.round()
	mu.Lock()
	status = http.StatusOK
	mu.Unlock()
	r.pass(notify.LongPause)
	r.round()
	if len(got) != 2 || !strings.Contains(got[0], "left the pool") || !strings.Contains(got[1], "fell short of collateral") {
		t.Errorf("got %q", got)
	}
	if log := r.logs.String(); strings.Contains(log, "t0psecret") || !strings.Contains(log, "403") {
		t.Errorf("a secret is in the log, or not what is wrong:\n%s", log)
	}
}

// mattermost is a URL of shoutrrr that goes to a server.
func mattermost(to string) string {
	return "mattermost://" + strings.TrimPrefix(to, "http://") + "/t0psecret?disabletls=yes"
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
	until(t, "the last payout", func() bool {
		got = append(got, to.take()...)
		return slices.ContainsFunc(got, func(m notify.Message) bool { return m.Height == 295 && m.Kind == notify.PayoutPaid })
	})
	stop()
	<-done
}

// What a service did not take may have arrived at some of its receivers: if it is withdrawn they are told.
func TestServiceThatTookAPart(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:164])
	var mu sync.Mutex
	var got []string
	status := http.StatusBadGateway
	to := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		body, _ := io.ReadAll(q.Body)
		got = append(got, string(body))
		w.WriteHeader(status)
	}))
	t.Cleanup(to.Close)
	r.subscribe(notify.Request{URL: mattermost(to.URL), Kinds: leaves[:1]})
	r.step(163, blocks[164:165])
	if err := r.svc.Round(context.Background()); err != nil {
		t.Fatal(err)
	}
	status = http.StatusOK
	r.step(162, branch(blocks, 162, 3, 99))
	r.pass(notify.LongPause)
	r.round()
	if len(got) != 2 || !strings.Contains(got[1], "Withdrawn") {
		t.Errorf("got %q", got)
	}
}

// Services that hang are left to it, so many and no more, and webhooks go on. Those of members hold up none of the daemon's owner.
func TestHangingServices(t *testing.T) {
	t.Parallel()
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.members = notify.Members{Most: 10, URL: "https://pools.example.org"}
	r.restart()
	asked, release := make(chan struct{}, 1), make(chan struct{})
	to := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
		asked <- struct{}{}
		<-release
	}))
	t.Cleanup(to.Close)
	t.Cleanup(func() { close(release) })
	id := r.subscribe(notify.Request{URL: mattermost(to.URL)}).ID
	const member = "MEMBER"
	if err := r.alerts.Do(t.Context(), func(x *store.AlertTx) error {
		return x.AddSubscription(&store.Subscription{ID: member, URL: mattermost(to.URL), Stop: "STOP"})
	}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	defer all.Wait()
	for _, id := range []string{member, id} {
		for range notify.MaxHanging {
			ctx, stop := context.WithCancel(context.Background())
			all.Go(func() {
				if err := r.svc.Test(ctx, id); err == nil || !strings.Contains(err.Error(), "in time") {
					t.Errorf("%s: got %v", id, err)
				}
			})
			<-asked
			stop()
		}
		if err := r.svc.Test(context.Background(), id); err == nil || !strings.Contains(err.Error(), "too many services") {
			t.Errorf("%s: got %v", id, err)
		}
	}
	hook := newReceiver(t)
	receipt := r.subscribe(notify.Request{URL: hook.URL})
	hook.secret = receipt.Secret
	if err := r.svc.Test(context.Background(), receipt.ID); err != nil {
		t.Error(err)
	}
}

// The clients that shoutrrr's services take read no answer without end.
func TestAnswersEnd(t *testing.T) {
	t.Parallel()
	to := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		for chunk := make([]byte, 1<<16); ; {
			if _, err := w.Write(chunk); err != nil {
				return
			}
		}
	}))
	t.Cleanup(to.Close)
	for _, client := range []*http.Client{http.DefaultClient, {}} {
		res, err := client.Get(to.URL)
		if err != nil {
			t.Fatal(err)
		}
		n, err := io.Copy(io.Discard, res.Body)
		res.Body.Close()
		if n != notify.MaxAnswer || err != nil {
			t.Errorf("%d bytes were read, %v", n, err)
		}
	}
	if clientTimeout == 0 {
		t.Error("it waits for ever")
	}
}

// Who tests is told what is wrong with TLS, in words.
func TestTLS(t *testing.T) {
	t.Parallel()
	r := newRig(t, t.TempDir()+"/ledger.db")
	signed := httptest.NewUnstartedServer(http.NotFoundHandler())
	signed.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	signed.StartTLS()
	t.Cleanup(signed.Close)
	plain := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(plain.Close)
	for to, want := range map[string]string{
		signed.URL: "certificate", strings.Replace(plain.URL, "http:", "https:", 1): "does not speak TLS", "https://nowhere.invalid/": "cannot be reached",
	} {
		if err := r.svc.Test(context.Background(), r.subscribe(notify.Request{URL: to}).ID); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", to, err, want)
		}
	}
	if log := r.logs.String(); !strings.Contains(log, "err=") {
		t.Errorf("the log does not say why:\n%s", log)
	}
}

// For a while there may be two services on a database, as one lost it and does not know: each message is claimed once.
func TestTwoServices(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	onEach(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		r.step(-1, blocks[:146])
		to := r.hook(notify.Request{Pool: acme, Kinds: ofEvents})
		one := r.svc
		alerts := r.alerts
		r.alerts = nil // restart leaves it open
		r.restart()
		t.Cleanup(func() { alerts.Close() })
		r.step(145, blocks[146:])
		var both sync.WaitGroup
		for _, s := range []*notify.Service{one, r.svc} {
			both.Go(func() {
				for range 60 {
					s.Round(context.Background()) // that one of them collides with the other is no matter
				}
			})
		}
		both.Wait()
		r.pass(notify.LongPause)
		r.round()
		seen := map[string]bool{}
		got := to.take()
		for _, m := range got {
			if seen[m.ID] || seen[string(m.Event)] {
				t.Errorf("%s came twice", m.Text)
			}
			seen[m.ID], seen[string(m.Event)] = true, true
		}
		if len(got) < 10 { // in any order: what one service is sending keeps the other from nothing else
			t.Errorf("%d messages: %q", len(got), kinds(got))
		}
	})
}

// A node that does not answer keeps nothing waiting that is to be told, not even of blocks that come while it is asked.
func TestDeliveryDoesNotWaitForTheNode(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:164])
	to := r.hook(notify.Request{Kinds: leaves})
	to.answer(http.StatusInternalServerError)
	r.node.hold = make(chan struct{})
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.svc.Run(ctx)
	}()
	defer func() {
		stop()
		close(r.node.hold)
		<-done
	}()
	<-r.node.hold // it is asked, and does not answer
	r.step(163, blocks[164:165])
	until(t, "a try", func() bool { return strings.Contains(r.logs.String(), "was not delivered") })
	to.answer(0)
	r.pass(time.Hour)
	var got []notify.Message
	until(t, "both messages", func() bool {
		got = append(got, to.take()...)
		return len(got) >= len(leaves)
	})
	slices.SortFunc(got, func(a, b notify.Message) int { return strings.Compare(string(a.Kind), string(b.Kind)) })
	wantKinds(t, got, "pledge.left", "pool.replenishing")
}
