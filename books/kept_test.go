package books_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/wire"
)

// Pools are kept until they take what the cache may take; an answer does not depend on what is kept.
func TestKeptPoolsAreBounded(t *testing.T) {
	ctx := context.Background()
	blocks := ledgertest.Recorded(t, "dense")
	_, r, _ := ledgertest.Open(t, blocks, 337, "")
	free, tight := books.New(r), books.New(r)
	ids := func(b *books.Books) (list []wire.PoolDetail) {
		t.Helper()
		pledges, _, _, err := b.Pledges(ctx, wire.PledgeQuery{AsOf: wire.AsOf{At: wire.Now}, Page: wire.Page{Limit: wire.MaxLimit}})
		if err != nil {
			t.Fatal(err)
		}
		seen := map[string]bool{}
		for _, x := range pledges {
			if seen[x.Pool] {
				continue
			}
			seen[x.Pool] = true
			p, err := b.Pool(ctx, x.Pool)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, p)
		}
		return list
	}
	want := ids(free)
	pools, size := free.KeptPools()
	if pools < 3 || size < pools*400 {
		t.Fatalf("%d pools take %d bytes", pools, size)
	}
	most := size / 2
	tight.KeepAtMost(most)
	if got := ids(tight); !reflect.DeepEqual(got, want) {
		t.Errorf("a smaller cache gives other answers:\n%+v\nwant:\n%+v", got, want)
	}
	if n, bytes := tight.KeptPools(); n >= pools || bytes >= size || n == 0 {
		t.Errorf("%d pools with %d bytes are kept, of %d with %d; at most %d bytes may be", n, bytes, pools, size, most)
	}
}
