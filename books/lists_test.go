package books_test

import (
	"cmp"
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// gathered returns all pages of a list.
func gathered[T any](t *testing.T, page func(cursor string) ([]T, wire.Tip, string, error)) (all []T) {
	t.Helper()
	for cursor := ""; ; {
		list, _, next, err := page(cursor)
		if err != nil {
			t.Fatal(err)
		}
		if all = append(all, list...); next == "" {
			return all
		}
		cursor = next
	}
}

// However a list of pools is sorted, filtered and cut into pages, every pool is in it once, in order.
func TestListsOfPools(t *testing.T) {
	t.Parallel()
	for name, db := range map[string]string{"sqlite": "", "postgres": pgtest.Open(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := openOn(t, "dense", 330, db)
			every := x.pools(t, wire.PoolQuery{Coins: 100})
			if len(every) < 8 {
				t.Fatalf("only %d pools", len(every))
			}
			rank := map[string]int{}
			for i, p := range every {
				rank[p.ID] = i
			}
			live := func(p *wire.Pool) bool { return p.Ended == nil }
			keys := map[string]func(p *wire.Pool) int64{
				"": func(*wire.Pool) int64 { return 0 }, wire.SortOpened: func(*wire.Pool) int64 { return 0 },
				wire.SortCounted: func(p *wire.Pool) int64 { return p.Counted }, wire.SortMembers: func(p *wire.Pool) int64 { return int64(p.Members) },
				wire.SortRoom: func(p *wire.Pool) int64 {
					if !live(p) {
						return 0
					}
					return max(0, p.Target-p.Counted)
				},
				wire.SortFee: func(p *wire.Pool) int64 { return fee(t, p.Fee) },
			}
			filters := map[string]struct {
				q    wire.PoolQuery
				want func(*wire.Pool) bool
			}{
				"all":      {wire.PoolQuery{}, func(*wire.Pool) bool { return true }},
				"open":     {wire.PoolQuery{Open: true}, func(p *wire.Pool) bool { return p.LeastPledge > 0 }},
				"ended":    {wire.PoolQuery{Status: []string{"dissolved", "expired", "closed"}}, func(p *wire.Pool) bool { return !live(p) }},
				"twice":    {wire.PoolQuery{Status: []string{"expired", "dissolved", "expired"}}, func(p *wire.Pool) bool { return p.Status == "expired" || p.Status == "dissolved" }},
				"none":     {wire.PoolQuery{Open: true, Status: []string{"dissolved", "expired", "closed"}}, func(*wire.Pool) bool { return false }},
				"operator": {wire.PoolQuery{Operator: every[0].Operator}, func(p *wire.Pool) bool { return p.Operator == every[0].Operator }},
			}
			for sort, key := range keys {
				for which, f := range filters {
					for _, order := range []string{wire.Ascending, wire.Descending} {
						q := f.q
						q.Sort, q.Order, q.Limit, q.Coins = sort, order, 2, 100
						got := gathered(t, func(cursor string) ([]wire.Pool, wire.Tip, string, error) {
							q.Cursor = cursor
							return x.Pools(t.Context(), q)
						})
						want := slices.DeleteFunc(slices.Clone(every), func(p wire.Pool) bool { return !f.want(&p) })
						slices.SortFunc(want, func(a, b wire.Pool) int {
							n := cmp.Or(cmp.Compare(key(&a), key(&b)), cmp.Compare(rank[a.ID], rank[b.ID]))
							if order == wire.Descending {
								return -n
							}
							return n
						})
						if !slices.EqualFunc(got, want, func(a, b wire.Pool) bool { return a.ID == b.ID && a.CountsWith == b.CountsWith }) {
							t.Errorf("%s by %q, %s: %v, want %v", which, sort, order, ids(got), ids(want))
						}
					}
				}
			}
			x.checkPast(t)
			x.checkOperators(t, every)
		})
	}
}

func ids(list []wire.Pool) (labels []string) {
	for _, p := range list {
		labels = append(labels, p.ID[:8])
	}
	return labels
}

// fee reads a fee in 0.01 %.
func fee(t *testing.T, text string) (hundredths int64) {
	t.Helper()
	for _, r := range text {
		if r != '.' {
			hundredths = 10*hundredths + int64(r-'0')
		}
	}
	if !slices.Contains([]byte(text), '.') {
		hundredths *= 100
	} else if text[len(text)-2] == '.' {
		hundredths *= 10
	}
	return hundredths
}

// checkPast compares pages of past pools with a whole list.
func (x *library) checkPast(t *testing.T) {
	t.Helper()
	for _, at := range []pastel.Height{150, 250, 330} {
		whole, _, _, err := x.PastPools(t.Context(), at, wire.Page{})
		if err != nil {
			t.Fatal(err)
		}
		for _, order := range []string{wire.Oldest, wire.Newest} {
			got := gathered(t, func(cursor string) ([]wire.PoolTerms, wire.Tip, string, error) {
				return x.PastPools(t.Context(), at, wire.Page{Cursor: cursor, Limit: 2, Order: order})
			})
			want := slices.Clone(whole)
			if order == wire.Newest {
				slices.Reverse(want)
			}
			same := slices.EqualFunc(got, want, func(a, b wire.PoolTerms) bool { return a.ID == b.ID && a.Status == b.Status })
			if !same || len(got) == 0 {
				t.Errorf("block %d, %s: %d pools, want %d", at, order, len(got), len(want))
			}
		}
	}
}

// checkOperators compares pages of operators with what their pools come to.
func (x *library) checkOperators(t *testing.T, pools []wire.Pool) {
	t.Helper()
	of := map[string]int{}
	for _, p := range pools {
		of[p.Operator]++
	}
	for _, sort := range []string{"", wire.SortCounted, wire.SortSince, wire.SortRewards} {
		q := wire.OperatorQuery{Sort: sort, Sorted: wire.Sorted{Limit: 1}}
		got := gathered(t, func(cursor string) ([]wire.Operator, wire.Tip, string, error) {
			q.Cursor = cursor
			return x.Operators(t.Context(), q)
		})
		if len(got) != len(of) {
			t.Errorf("by %q: %d operators, want %d", sort, len(got), len(of))
		}
		for i, o := range got {
			if len(o.IDs) != of[o.PastelID] {
				t.Errorf("%s has %d pools, want %d", o.PastelID, len(o.IDs), of[o.PastelID])
			}
			if one := x.operator(t, o.PastelID); one.Counted != o.Counted || one.Rewards != o.Rewards || one.LongestGap != o.LongestGap {
				t.Errorf("%+v alone, %+v in the list", one, o)
			}
			if i == 0 {
				continue
			}
			was := got[i-1]
			before := map[string]bool{
				"": o.Counted > was.Counted, wire.SortCounted: o.Counted > was.Counted, wire.SortSince: o.Since.Height < was.Since.Height,
				wire.SortRewards: o.Rewards > was.Rewards,
			}
			if before[sort] {
				t.Errorf("by %q: %+v comes after %+v", sort, o, was)
			}
		}
	}
}

// What no list is sorted by, and cursors of other lists, are refused.
func TestListsRefuse(t *testing.T) {
	t.Parallel()
	x := open(t, 150, "")
	for _, q := range []wire.PoolQuery{
		{Sort: "height"}, {Sorted: wire.Sorted{Order: "up"}}, {Sorted: wire.Sorted{Limit: 1_001}}, {Status: []string{"asleep"}},
		{Sort: wire.SortFee, Sorted: wire.Sorted{Cursor: "WzFd"}}, {Sorted: wire.Sorted{Cursor: "WyJhIl0"}},
	} {
		_, _, _, err := x.Pools(t.Context(), q)
		if bad := (*books.BadRequest)(nil); !errors.As(err, &bad) {
			t.Errorf("%+v: %v", q, err)
		}
	}
}

// Pages of what waits in the mempool have each spend once, in the order in which it was seen.
func TestPagesOfSpends(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ledger.db")
	x := open(t, 150, file)
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	for i := range 7 {
		_, err := db.Exec("INSERT INTO mempool_spends (txid, pledge, pool, pastelid, outcome, forfeited, seen) VALUES ($1, $2, 'acme', 'jX', 'left', 0, $3)",
			slices.Repeat([]byte{byte(200 - i/2)}, 32), i, 1_000+i/4)
		if err != nil {
			t.Fatal(err)
		}
	}
	whole, err := x.Spends(t.Context(), wire.SpendQuery{}, nil)
	if err != nil || len(whole.Items) != 7 || whole.Next != "" {
		t.Fatalf("%+v, %v", whole, err)
	}
	q := wire.SpendQuery{Page: wire.Page{Limit: 2}}
	got := gathered(t, func(cursor string) ([]wire.Spend, wire.Tip, string, error) {
		q.Cursor = cursor
		page, err := x.Spends(t.Context(), q, nil)
		return page.Items, page.Tip, page.Next, err
	})
	if !slices.Equal(got, whole.Items) {
		t.Errorf("%+v, want %+v", got, whole.Items)
	}
	q.Cursor = "WzEsIngiLDJd" // [1,"x",2]
	if _, err := x.Spends(t.Context(), q, nil); err == nil || !strings.Contains(err.Error(), "cursor") {
		t.Errorf("a cursor whose transaction is none: %v", err)
	}
}
