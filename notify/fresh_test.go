package notify_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/notify"
)

// A daemon at its node's tip is behind if that tip is old, and says so; it has caught up once the tip is not.
func TestFreshBehind(t *testing.T) {
	t.Parallel()
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, life(t)[:10])
	to := r.hook(notify.Request{Kinds: []notify.Kind{notify.DaemonBehind}})
	const why = "the last block, 9, is of long ago"
	r.status = chain.Status{Target: 9, Stale: why}
	r.round()
	r.pass(10 * time.Minute)
	r.round()
	got := to.take()
	wantKinds(t, got, "daemon.behind")
	if !strings.Contains(got[0].Text, why) {
		t.Error(got[0].Text)
	}
	r.status = chain.Status{Target: 9, Synced: true}
	r.round()
	wantKinds(t, to.take(), "daemon.behind resolved")
}

// A subscription made while the daemon is not at the network's tip hears nothing of before it until the daemon is, on both engines and across
// restarts. What is dated later it hears, as nobody could know it.
func TestFreshSubscriptions(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		blocks := life(t)
		r := newRig(t, url)
		r.step(-1, blocks[:146])
		before := r.hook(notify.Request{Kinds: ofEvents})
		r.status = chain.Status{Target: 145, Stale: "syncing", Fresh: chain.Freshness{Node: chain.Reading{Headers: 154}}}
		early := r.hook(notify.Request{Kinds: ofEvents})
		r.pass(365 * 24 * time.Hour) // past the recorded blocks
		during := r.hook(notify.Request{Kinds: ofEvents})
		r.step(145, blocks[146:164])
		r.round()
		if len(before.take()) == 0 {
			t.Error("who subscribed before hears nothing")
		}
		wantKinds(t, during.take())
		wantKinds(t, early.take(), "payout.settled") // in block 155: the node knew of 154
		r.restart()
		r.step(163, blocks[164:165])
		r.round()
		wantKinds(t, before.take(), "pledge.left", "pool.replenishing")
		wantKinds(t, during.take())
		r.status = chain.Status{Target: 164, Synced: true}
		r.round()
		wantKinds(t, during.take())
		r.step(164, blocks[165:166])
		r.round()
		wantKinds(t, before.take(), "payout.settled")
		wantKinds(t, during.take(), "payout.settled")
	})
}
