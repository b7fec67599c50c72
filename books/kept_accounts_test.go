package books_test

import (
	"context"
	"database/sql"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"reflect"
	"slices"
	"testing"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/wire"
)

// accountAnswers are all answers about an account that use kept rows.
type accountAnswers struct {
	Account  wire.Account
	Credits  []wire.Credit
	Payments [2][]wire.Payment
	Errors   []error
}

func ask(b *books.Books, pastelid, address string) (x accountAnswers) {
	ctx := context.Background()
	latest := wire.Page{Limit: 5, Order: wire.Newest}
	var errs [4]error
	if pastelid != "" {
		x.Account, errs[0] = b.Member(ctx, pastelid)
	} else {
		x.Account, errs[0] = b.Address(ctx, address)
	}
	id, at := wire.OfID{PastelID: pastelid}, wire.OfAddress{Address: address}
	x.Credits, _, _, errs[1] = b.Credits(ctx, wire.CreditQuery{OfID: id, OfAddress: at, AsOf: wire.AsOf{At: wire.Now}, Page: latest})
	for i, status := range []string{"", store.PayoutPaid} {
		x.Payments[i], _, _, errs[2+i] = b.Payments(ctx, wire.PaymentQuery{OfID: id, OfAddress: at, Status: status, Page: latest})
	}
	x.Errors = errs[:]
	return x
}

// On random ways along a chain, forth and back, answers from what was kept are those of a read model that keeps nothing.
func TestKeptAccountsAreTheLedgers(t *testing.T) {
	t.Parallel()
	for _, chain := range []string{"life", "dense"} {
		t.Run(chain, func(t *testing.T) {
			t.Parallel()
			const first pastel.Height = 100
			x := openOn(t, chain, first, "")
			end := pastel.Height(len(x.blocks) - 1)
			known := openOn(t, chain, end, "")
			names, operator := map[string]bool{}, "" // which are addresses
			for _, p := range known.pledges(t, wire.PledgeQuery{}) {
				names[p.PastelID], names[p.Address], names[p.Reward] = false, true, true
			}
			for _, p := range known.pools(t, wire.PoolQuery{}) {
				detail := known.pool(t, p.ID)
				names[p.Operator], names[detail.FeeAddress], names[detail.Escrow], operator = false, true, true, p.Operator
			}
			random := rand.New(rand.NewPCG(1, 2))
			survived, dropped := 0, 0
			compare := func(base, to pastel.Height) {
				before, _ := x.KeptAccounts()
				x.member(t, operator)
				after, _ := x.KeptAccounts()
				survived, dropped = survived+after-1, dropped+max(0, before-after)
				for _, name := range slices.Sorted(maps.Keys(names)) {
					id, at := name, ""
					if names[name] {
						id, at = "", name
					}
					var got, want accountAnswers
					for range 3 { // an estimate may move between the two
						if got, want = ask(x.Books, id, at), ask(books.New(x.reader), id, at); reflect.DeepEqual(got, want) {
							break
						}
					}
					if !reflect.DeepEqual(got, want) {
						t.Fatalf("from %d to %d, %s:\n%+v\nwant:\n%+v", base, to, name, got, want)
					}
				}
			}
			at := first
			for range 90 {
				base := at
				if random.IntN(4) == 0 {
					base = max(first, base-pastel.Height(random.IntN(8)))
				}
				to := min(end, base+1+pastel.Height(random.IntN(2)*random.IntN(12)))
				if base == end {
					break
				}
				x.move(t, base, to)
				at = to
				compare(base, to)
			}
			if survived < 100 || dropped < 100 {
				t.Errorf("%d answers from what was kept and %d read again prove little", survived, dropped)
			}
		})
	}
}

// A ledger that was rebuilt, and begins above the block that the cache is as of, is answered from.
func TestKeptAccountsOutliveARebuiltLedger(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "ledger.db")
	x := openOn(t, "dense", 300, file)
	member := x.pledges(t, wire.PledgeQuery{})[0].PastelID
	if _, err := x.Member(t.Context(), member); err != nil {
		t.Fatal(err)
	}
	x.move(t, 300, 301)
	db, err := sql.Open("sqlite", file)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := db.Exec("DELETE FROM blocks WHERE height = 300"); err != nil {
		t.Fatal(err)
	}
	if _, err := x.Member(t.Context(), member); err != nil {
		t.Error(err)
	}
}

// Accounts are kept until they take what the cache may take.
func TestKeptAccountsAreBounded(t *testing.T) {
	t.Parallel()
	x := openOn(t, "dense", 337, "")
	asked := map[string]bool{}
	for _, p := range x.pledges(t, wire.PledgeQuery{}) {
		ask(x.Books, p.PastelID, "")
		asked[p.PastelID] = true
	}
	n, size := x.KeptAccounts()
	if n != len(asked) || size < n*1000 {
		t.Fatalf("%d accounts take %d bytes, of %d", n, size, len(asked))
	}
	tight := books.New(x.reader)
	tight.KeepAccountsIn(size / 2)
	for id := range asked {
		ask(tight, id, "")
		if n, now := tight.KeptAccounts(); now > size/2 || n == 0 {
			t.Fatalf("%d accounts take %d bytes", n, now)
		}
	}
}
