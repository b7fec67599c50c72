package notify_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
)

// A ledger that is made anew keeps the subscriptions, and tells nobody what was told before, not even what is long forgotten.
func TestDatabaseMadeAnewKeepsSubscriptions(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	blocks := life(t)
	onEach(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		const start, end = 146, 330
		r.step(-1, blocks[:start])
		to := r.hook(notify.Request{Pool: acme, Kinds: ofEvents})
		r.step(start-1, blocks[start:end])
		r.round()
		r.round()
		if told := to.take(); len(told) < 10 {
			t.Fatalf("%d messages", len(told))
		}
		const months = 90 * 24 * time.Hour
		r.pass(months)
		if err := r.alerts.Do(ctx, func(x *store.AlertTx) error { return x.ForgetAlerts(end-100, r.clock(), r.clock()) }); err != nil {
			t.Fatal(err)
		}
		r.ledger.Close()
		if err := r.store.Rebuild(ctx); err != nil {
			t.Fatal(err)
		}
		var err error
		if r.ledger, err = chain.OpenLedger(ctx, regtest(t), false, r.store); err != nil {
			t.Fatal(err)
		}
		if h := r.ledger.Last().Height; h != -1 {
			t.Fatalf("the ledger begins at block %d", h)
		}
		r.restart()
		const steps = 25
		for h := 0; h < end; h += steps {
			r.step(pastel.Height(h)-1, blocks[h:min(h+steps, end)])
			r.round()
		}
		wantKinds(t, to.take())
		if list, err := r.svc.List(ctx); err != nil || len(list) != 1 {
			t.Errorf("the subscriptions are %v, %v", list, err)
		}
		c, err := r.ledger.Step(ctx, pastel.Height(end)-1, blocks[end:])
		if err != nil {
			t.Fatal(err)
		}
		r.round()
		var want []string
		for _, b := range c.Blocks {
			for _, e := range b.Events {
				if e.Pool == acme && slices.Contains(ofEvents, notify.Kind(e.Type)) {
					want = append(want, string(e.Type))
				}
			}
		}
		if len(want) == 0 {
			t.Fatal("nothing happens in the last blocks")
		}
		wantKinds(t, to.take(), want...)
	})
}
