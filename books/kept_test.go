package books_test

import (
	"context"
	"reflect"
	"testing"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Pools are kept until they take what the cache may take; an answer does not depend on what is kept.
func TestKeptPoolsAreBounded(t *testing.T) {
	ctx := context.Background()
	blocks := ledgertest.Recorded(t, "dense")
	_, r, _ := ledgertest.Open(t, blocks, 337, "")
	free, tight := books.New(r), books.New(r)
	pledgedPools := func(b *books.Books) (list []wire.PoolDetail) {
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
	want := pledgedPools(free)
	pools, size := free.KeptPools()
	if pools < 3 || size < pools*400 {
		t.Fatalf("%d pools take %d bytes", pools, size)
	}
	most := size / 2
	tight.KeepAtMost(most)
	got := pledgedPools(tight)
	for range 3 { // an estimate may move between the two
		if reflect.DeepEqual(got, want) {
			break
		}
		want, got = pledgedPools(free), pledgedPools(tight)
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("a smaller cache gives other answers:\n%+v\nwant:\n%+v", got, want)
	}
	if n, bytes := tight.KeptPools(); n >= pools || bytes >= size || n == 0 {
		t.Errorf("%d pools with %d bytes are kept, of %d with %d; at most %d bytes may be", n, bytes, pools, size, most)
	}
}

// A pool serves from memory until a block concerns it, also over blocks that are taken back.
func TestPoolsAreKeptUntilABlockConcernsThem(t *testing.T) {
	ctx := context.Background()
	blocks := ledgertest.Recorded(t, "dense")
	ledger, r, _ := ledgertest.Open(t, blocks, 300, "")
	b := books.New(r)
	last := map[string]pastel.BlockHash{}
	pledges := map[string]*wire.PoolPledge{}
	kept, again := 0, 0
	for _, step := range [][2]pastel.Height{{300, 301}, {301, 302}, {302, 303}, {303, 304}, {302, 305}, {305, 306}, {300, 310}, {310, 311}} {
		if _, err := ledger.Step(ctx, step[0], blocks[step[0]+1:step[1]+1]); err != nil {
			t.Fatal(err)
		}
		pools, _, _, err := b.Pools(ctx, wire.PoolQuery{Sorted: wire.Sorted{Limit: wire.MaxLimit}})
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range pools {
			var at pastel.BlockHash
			if err := r.View(ctx, func(s *store.Snapshot) (err error) { at, err = s.LastConcerned(ticket.PoolID(x.ID)); return err }); err != nil {
				t.Fatal(err)
			}
			p, err := b.Pool(ctx, x.ID)
			if err != nil {
				t.Fatal(err)
			}
			if len(p.Participants) == 0 {
				continue
			}
			if was, known := last[x.ID]; known {
				if same := pledges[x.ID] == &p.Participants[0]; same != (was == at) {
					t.Errorf("%s after step %v: concerned by %s and then %s, kept: %t", x.ID, step, was, at, same)
				}
				kept, again = kept+count(was == at), again+count(was != at)
			}
			last[x.ID], pledges[x.ID] = at, &p.Participants[0]
		}
	}
	if kept < 5 || again < 5 {
		t.Errorf("%d kept and %d read again prove little", kept, again)
	}
}

func count(is bool) int {
	if is {
		return 1
	}
	return 0
}

// Questions asked at one block are answered as of one block, though the ledger moves between them.
func TestQuestionsAskedAtOneBlockSeeOne(t *testing.T) {
	ctx := context.Background()
	blocks := ledgertest.Recorded(t, "dense")
	ledger, r, _ := ledgertest.Open(t, blocks, 300, "")
	b := books.New(r)
	err := b.AtOneBlock(ctx, func(open context.Context) error {
		before, err := b.Tip(open)
		if err != nil {
			return err
		}
		if _, err := ledger.Step(ctx, 300, blocks[301:302]); err != nil {
			return err
		}
		after, err := b.Tip(open)
		if err != nil {
			return err
		}
		other, err := b.Tip(ctx)
		if before != after || after.Height != 300 || other.Height != 301 {
			t.Errorf("the tip is %d, then %d, and %d for others", before.Height, after.Height, other.Height)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
