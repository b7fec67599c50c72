package notify_test

import (
	"context"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
)

// years are how far a clock may be off.
var years = []time.Duration{-50 * 365 * 24 * time.Hour, -24 * time.Hour, -10 * time.Minute, 10 * time.Minute, 24 * time.Hour, 73 * 365 * 24 * time.Hour}

// However the clock is set between attempts, also while no process runs, the next attempt comes within the longest pause.
func TestWallClockSetBetweenAttempts(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	for _, restarts := range []bool{false, true} {
		for _, off := range years {
			r := newRig(t, filepath.Join(t.TempDir(), "ledger.db"))
			r.step(-1, blocks[:164])
			r.set(off) // the clock is wrong when the alert is made and first tried
			to := r.hook(notify.Request{Pool: acme, Kinds: leaves})
			to.answer(http.StatusServiceUnavailable)
			r.step(163, blocks[164:165])
			r.rounds(2*time.Minute, 5*time.Second)
			r.set(-off) // and is right later
			if restarts {
				r.restart()
			}
			to.answer(0)
			r.rounds(notify.LongPause, time.Minute)
			wantKinds(t, to.take(), "pledge.left", "pool.replenishing")
			if l := r.only(); l.GivenUp != 0 || l.Waiting != 0 {
				t.Errorf("off by %v: %+v", off, l)
			}
			if t.Failed() {
				t.Fatalf("the clock was off by %v, a restart: %t", off, restarts)
			}
		}
	}
}

// A clock that jumps gives nothing up that was not tried, again and again, for an hour at least.
func TestWallClockGivesNothingUp(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	for _, off := range years {
		r := newRig(t, filepath.Join(t.TempDir(), "ledger.db"))
		r.step(-1, blocks[:164])
		to := r.hook(notify.Request{Pool: acme, Kinds: ofEvents})
		to.answer(http.StatusServiceUnavailable)
		r.step(163, blocks[164:170])
		r.round()
		r.set(off)
		for range 3 { // each process knows only of its own attempts
			r.rounds(50*time.Minute, time.Minute)
			r.restart()
		}
		if l := r.only(); l.GivenUp != 0 || l.Waiting < 4 {
			t.Errorf("off by %v: %+v", off, l)
		}
		to.answer(0)
		r.rounds(notify.LongPause, time.Minute)
		if got := to.take(); len(got) < 4 {
			t.Errorf("off by %v: got %q", off, kinds(got))
		}
	}
}

// What was stored while the clock was ahead is not shown as something to come.
func TestWallClockAhead(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, filepath.Join(t.TempDir(), "ledger.db"))
	r.step(-1, blocks[:150])
	const off = 73 * 365 * 24 * time.Hour
	r.set(off)
	to := r.hook(notify.Request{Pool: acme, Kinds: ofEvents})
	to.judge = refuses(notify.PayoutSettled, http.StatusServiceUnavailable)
	r.step(149, blocks[150:160])
	r.rounds(time.Minute, time.Second)
	r.set(-off)
	r.round()
	l, now := r.only(), r.clock()
	if l.Waiting != 1 || l.WaitingSince.After(now) || l.LastDelivery.After(now) || l.LastFailure.After(now) || l.LastDelivery.IsZero() {
		t.Errorf("%+v", l)
	}
	if o := r.svc.Outbox(); o.Waiting != 1 || o.Oldest != 0 {
		t.Errorf("%+v", o)
	}
}

// A receiver that refuses messages because this machine's clock is wrong gets them once the clock is right.
func TestWallClockOfTheReceiver(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, filepath.Join(t.TempDir(), "ledger.db"))
	r.step(-1, blocks[:164])
	to := r.hook(notify.Request{Pool: acme, Kinds: leaves})
	right := r.clock()
	to.clock = func() time.Time { return right.Add(r.elapsed()) }
	to.judge = func(http.ResponseWriter, notify.Kind) int {
		if r.clock().Sub(to.clock()).Abs() > 5*time.Minute {
			return http.StatusUnauthorized
		}
		return 0
	}
	for _, off := range []time.Duration{3 * time.Hour, -3 * time.Hour} {
		r.set(off)
		if off > 0 {
			r.step(163, blocks[164:165])
		}
		r.rounds(2*time.Hour, time.Minute)
		l := r.only()
		if want := map[bool]string{true: "3h0m0s ahead of", false: "3h0m0s behind"}[off > 0]; l.GivenUp != 0 || l.Waiting != 2 || !strings.Contains(l.LastError, want) {
			t.Errorf("off by %v: %+v", off, l)
		}
		r.set(-off)
	}
	r.rounds(notify.LongPause, time.Minute)
	if got := kinds(to.take()); len(got) != 2 || !slices.Contains(got, "pledge.left") || !slices.Contains(got, "pool.replenishing") {
		t.Errorf("got %q", got)
	}
}

// What stands is judged every minute, however the clock is set.
func TestWallClockSetBack(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, filepath.Join(t.TempDir(), "ledger.db"))
	r.step(-1, blocks[:160])
	to := r.hook(notify.Request{Pool: acme, Kinds: []notify.Kind{notify.SupernodeGone}})
	p := r.pool()
	sn := pastel.OutPoint{TxID: p.ActivationTx, Vout: chain.PoolIndex}
	r.node.listed = map[pastel.OutPoint]chain.Listed{sn: {Status: "ENABLED", Payee: p.Escrow}}
	r.round()
	r.node.listed = nil
	r.set(-365 * 24 * time.Hour)
	r.round()
	wantKinds(t, to.take())
	r.pass(time.Minute)
	r.round()
	wantKinds(t, to.take(), "supernode.gone")
}

// A daemon that starts and was behind when it ended is behind still, since a time that has been.
func TestWallClockOfADaemonBehind(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	for _, off := range years {
		r := newRig(t, filepath.Join(t.TempDir(), "ledger.db"))
		r.behind = new(time.Time)
		r.step(-1, blocks[:10])
		r.set(off)
		r.restart()
		to := r.hook(notify.Request{Kinds: []notify.Kind{notify.DaemonBehind}})
		r.status = chain.Status{Target: 90}
		r.rounds(12*time.Minute, time.Minute)
		wantKinds(t, to.take(), "daemon.behind")
		r.set(-off)
		*r.behind = time.Time{}
		r.restart()
		if since := *r.behind; since.After(r.clock()) || since.IsZero() {
			t.Errorf("off by %v: behind since %v at %v", off, since, r.clock())
		}
		late := r.hook(notify.Request{Kinds: []notify.Kind{notify.DaemonBehind}})
		r.rounds(2*time.Minute, time.Minute)
		wantKinds(t, late.take(), "daemon.behind")
		wantKinds(t, to.take())
	}
}

// What is finished is forgotten also if it was made while the clock was ahead, and not if it was made just now.
func TestWallClockForgets(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	r := newRig(t, filepath.Join(t.TempDir(), "ledger.db"))
	now := r.clock()
	for id, made := range map[string]time.Time{"old": now.Add(-48 * time.Hour), "new": now, "ahead": now.Add(48 * time.Hour)} {
		err := r.alerts.Do(ctx, func(x *store.AlertTx) error {
			a := store.Alert{ID: id, Subscription: "s", Cause: id, Kind: "k", JSON: "{}", Created: made, Height: 3}
			if err := x.AddAlert(&a); err != nil {
				return err
			}
			return x.EndAlert(&a, store.AlertWithdrawn)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	err := r.alerts.Do(ctx, func(x *store.AlertTx) error {
		if err := x.ForgetAlerts(4, now.Add(-24*time.Hour), now.Add(24*time.Hour)); err != nil {
			return err
		}
		for id, want := range map[string]bool{"old": false, "new": true, "ahead": false} {
			if _, found, err := x.AlertOf("s", id+" "+id); found != want || err != nil {
				t.Errorf("%s is there: %t, %v", id, found, err)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
