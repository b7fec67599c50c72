package notify_test

import (
	"context"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// A round reads the pools that blocks concerned since the last one, and no others; what it knows of all is what the database says, also after
// blocks were taken back.
func TestARoundReadsWhatBlocksConcern(t *testing.T) {
	t.Parallel()
	blocks := ledgertest.Recorded(t, "dense")
	onEach(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		r.step(-1, blocks[:150])
		r.hook(notify.Request{Kinds: []notify.Kind{notify.CushionLow}, Cushion: 100})
		seed := rand.Uint64()
		random := rand.New(rand.NewPCG(seed, 0))
		hashes := []pastel.BlockHash{}
		for _, b := range blocks[:150] {
			hashes = append(hashes, b.Hash)
		}
		spared := 0
		before := r.svc.LivePools()
		for branch := range 80 {
			base := pastel.Height(len(hashes) - 1)
			straight := random.IntN(12) > 0
			if !straight {
				base -= pastel.Height(1 + random.IntN(20))
			}
			var next []*pool.Prepared
			hashes = hashes[:base+1]
			for range 1 + random.IntN(3) {
				b := *blocks[len(hashes)]
				b.Prev, b.Hash = hashes[len(hashes)-1], pastel.BlockHash{byte(branch), byte(len(hashes)), 1}
				hashes, next = append(hashes, b.Hash), append(next, &b)
			}
			r.step(base, next)
			tip := len(hashes) - 1
			if err := r.svc.Round(context.Background()); err != nil {
				t.Fatal(err)
			}
			after := r.svc.LivePools()
			concerned := map[string]bool{}
			var now []store.PoolRow
			err := r.alerts.View(context.Background(), func(x *store.AlertTx) (err error) {
				list, err := x.PoolsConcerned(base)
				for i := range list {
					concerned[string(list[i].ID)] = true
				}
				if err == nil {
					now, err = x.Pools(store.PoolFilter{Status: []pool.Status{pool.Subscribing, pool.Active, pool.Replenishing}})
				}
				return err
			})
			if err != nil {
				t.Fatal(err)
			}
			if len(now) != len(after) {
				t.Fatalf("seed %d, block %d: %d pools are kept, and %d live", seed, tip, len(after), len(now))
			}
			for i := range now {
				if kept := after[now[i].ID]; !reflect.DeepEqual(kept, &now[i]) {
					t.Fatalf("seed %d, block %d: pool %s is kept as %+v and is %+v", seed, tip, now[i].ID, kept, now[i])
				}
			}
			if straight {
				for id, p := range before {
					if !concerned[string(id)] && after[id] != nil && p == after[id] {
						spared++
					}
				}
			}
			before = after
		}
		if spared == 0 {
			t.Errorf("seed %d, up to block %d: every pool was read again after every block", seed, len(hashes)-1)
		}
	})
}
