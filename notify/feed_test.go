package notify_test

import (
	"context"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/store"
)

// whole reads a database through the alerts' connections.
type whole struct{ alerts *store.Alerts }

func (w whole) Snapshot(ctx context.Context, f func(*store.Snapshot) error) error {
	return w.alerts.View(ctx, func(x *store.AlertTx) error { return f(x.Snapshot) })
}

func (r *rig) feed(of notify.Scope) []notify.Entry {
	r.t.Helper()
	list, err := notify.Feed(r.t.Context(), whole{r.alerts}, of)
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

// kindsOfEvents are the kinds that blocks bring.
var kindsOfEvents = []notify.Kind{
	notify.Replenishing, notify.Restored, notify.Dissolved, notify.Expired, notify.Closed, notify.Amended, notify.Promoted, notify.Reduced, notify.Left,
	notify.PayoutSettled, notify.PayoutPaid,
}

// A feed says to everybody what alerts say to a subscription of the same scope, word for word.
func TestFeedsSayWhatAlertsSay(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		r.now = time.Unix(0, 0) // dates that lie ahead are estimated from the block, as in a feed
		blocks := life(t)
		r.step(-1, blocks[:2])
		hooks := map[notify.Scope]*receiver{}
		for _, of := range []notify.Scope{{PastelID: first}, {PastelID: second}, {PastelID: third}} {
			hooks[of] = r.hook(notify.Request{PastelID: of.PastelID, Kinds: kindsOfEvents})
		}
		r.step(1, blocks[2:])
		r.round()
		for of, hook := range hooks {
			var told, fed []string
			for _, m := range hook.take() {
				told = append(told, m.Text)
			}
			for _, e := range r.feed(of) {
				fed = append(fed, e.Text)
			}
			slices.Sort(told)
			slices.Sort(fed)
			if len(fed) == 0 || len(fed) < 50 && !slices.Equal(told, fed) {
				t.Errorf("%v: alerts say\n%s\nand the feed\n%s", of, strings.Join(told, "\n"), strings.Join(fed, "\n"))
			}
		}
	})
}

// What happens again on the other branch of a reorganization keeps its id in a feed; what does not disappears, and nothing comes twice.
func TestFeedsKeepIDsAcrossReorganizations(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		const base, delay = 240, 3
		r := newRig(t, url)
		blocks := life(t)
		r.step(-1, blocks[:248])
		ids := func() map[string]notify.Entry {
			m := map[string]notify.Entry{}
			list := r.feed(notify.Scope{Pool: acme})
			for _, e := range list {
				m[e.ID] = e
			}
			if len(m) != len(list) {
				t.Errorf("%d entries have %d ids", len(list), len(m))
			}
			return m
		}
		before := ids()
		r.step(base, branch(blocks, base, 8, delay)) // to 248: what was in 246 is in 249
		between := ids()
		var gone []string
		for id, e := range before {
			if _, found := between[id]; !found {
				gone = append(gone, id)
				if e.Height <= base {
					t.Errorf("%s of block %d is gone", id, e.Height)
				}
			}
		}
		if len(gone) == 0 {
			t.Fatal("the reorganization undid nothing")
		}
		r.step(base, branch(blocks, base, 12, delay))
		after := ids()
		for _, id := range gone {
			e, found := after[id]
			if !found || e.Height != before[id].Height+delay {
				t.Errorf("%s was in block %d, and is now in %d: %t", id, before[id].Height, e.Height, found)
			}
		}
		t.Log(slices.Sorted(maps.Keys(after)))
	})
}
