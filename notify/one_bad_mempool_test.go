package notify_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/pastelnetwork/smartpool/notify"
)

// An entry of the mempool's list that cannot be read keeps nobody from hearing of the others; but nobody says that all was looked at.
func TestOneBadItemInTheMempool(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, filepath.Join(t.TempDir(), "ledger.db"))
	r.step(-1, blocks[:164])
	to := r.hook(notify.Request{PastelID: first, Kinds: []notify.Kind{notify.Spending}})
	r.node.odd = 1
	r.waits(blocks[164])
	if err := r.svc.Round(context.Background()); err != nil {
		t.Fatal(err)
	}
	r.round()
	wantKinds(t, to.take(), "pledge.spending")
	if look, known := r.looked(); known {
		t.Errorf("all was looked at: %+v", look)
	}
	r.node.odd = 0
	r.round()
	if _, known := r.looked(); !known {
		t.Error("it is not known that all was looked at")
	}
}
