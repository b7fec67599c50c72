package books_test

import (
	"slices"
	"testing"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// At every block of a pool's life, an account's outlook agrees with what the rest of the read model says.
func TestOutlooksFollowTheLedger(t *testing.T) {
	t.Parallel()
	x := open(t, 127, "")
	acme := x.first(t).ID
	net := x.Params()
	seen := map[string]int{}
	settled := 0
	for h := pastel.Height(128); h <= 418; h++ {
		x.move(t, h-1, h)
		p := x.pool(t, acme)
		ids := []string{p.Operator}
		for _, pl := range p.Participants {
			if !slices.Contains(ids, pl.PastelID) {
				ids = append(ids, pl.PastelID)
			}
		}
		for _, id := range ids {
			a := x.member(t, id)
			var onTheWay pastel.Amount
			for _, y := range a.Pending {
				onTheWay += y.Amount
			}
			if a.OnTheWay != onTheWay {
				t.Errorf("block %d: %s is on the way, want %s", h, a.OnTheWay, onTheWay)
			}
			next := a.Outlook.Next
			switch {
			case len(a.Pending) > 0:
				first := a.Pending[0]
				if next == nil || next.Payout != first.Payout || next.Amount != first.Amount || next.From.Height != max(first.From.Height, h+1) {
					t.Errorf("block %d: next is %+v, want %+v", h, next, first)
				}
				settled++
			case next != nil && (next.Payout != "" || next.Amount < net.Dust || next.From.Height <= h+net.CoinbaseMaturity):
				t.Errorf("block %d: next is %+v", h, next)
			}
			live := len(a.Positions) > 0 || slices.Contains(a.Operates, acme)
			for _, c := range a.Outlook.Concerns {
				seen[c.Kind]++
			}
			expect := func(kind string, is bool, until *wire.Moment) {
				i := slices.IndexFunc(a.Outlook.Concerns, func(c wire.Concern) bool { return c.Kind == kind && c.Pool == acme })
				if i >= 0 != (is && live) {
					t.Errorf("block %d, pool %s: concerns %+v, want %s: %t", h, p.Status, a.Outlook.Concerns, kind, is)
				} else if i >= 0 && until != nil && (a.Outlook.Concerns[i].Until == nil || *a.Outlook.Concerns[i].Until != *until) {
					t.Errorf("block %d: %+v, want until %+v", h, a.Outlook.Concerns[i], until)
				}
			}
			expect("gathering", p.Status == "subscribing", p.ActivateUntil)
			expect("short", p.Status == "replenishing", p.Deadline)
			expect("low", p.Low, nil)
			if earns := p.Status == "active" && (a.Counted > 0 || id == p.Operator) && p.Yield != nil; earns != (a.Outlook.Daily > 0) {
				t.Errorf("block %d, pool %s: %d PSL earn %s a day", h, p.Status, a.Counted, a.Outlook.Daily)
			}
		}
	}
	if seen["gathering"] == 0 || seen["short"] == 0 || seen["waiting"] == 0 || settled == 0 {
		t.Errorf("concerns seen: %v; %d times something was settled", seen, settled)
	}
}

// Daily earnings are the window's income, after the fee, by what counts.
func TestDailyEarnings(t *testing.T) {
	t.Parallel()
	x := open(t, 150, "")
	p := x.first(t)
	// Activated in block 135 with 1200 PSL at 5 %; blocks 136 to 150 brought 18,125.02253 PSL. A day has 576 blocks.
	const income, shared = 1_812_502_253, 1_721_877_140
	for _, pl := range p.Participants {
		got := x.member(t, pl.PastelID).Outlook
		if want := pastel.Amount(shared*576) * pastel.Amount(pl.Counted) / (1200 * 15); got.Daily != want || got.DailyFees != 0 {
			t.Errorf("%d PSL earn %+v a day, want %s", pl.Counted, got, want)
		}
	}
	got := x.member(t, p.Operator).Outlook
	if want := pastel.Amount((income - shared - 1) * 576 / 15); got.DailyFees != want || got.Daily != want {
		t.Errorf("the operator earns %+v a day, want %s", got, want)
	}
}

// A Supernode that the node does not list, or that has not been paid for longer than usual, is a concern, and the worse one comes first.
func TestSupernodesAreConcerns(t *testing.T) {
	t.Parallel()
	x := open(t, 145, "")
	p := x.first(t)
	var list *chain.Listing
	x.AskNode(func() *chain.Listing { return list })
	kinds := func() (kinds []string) {
		for _, c := range x.member(t, p.Operator).Outlook.Concerns {
			kinds = append(kinds, c.Kind)
		}
		return kinds
	}
	if got := kinds(); len(got) != 0 {
		t.Errorf("concerns about a pool that is well: %v", got)
	}
	list = &chain.Listing{Whole: true}
	if got := kinds(); !slices.Equal(got, []string{"gone"}) {
		t.Errorf("without a Supernode: %v", got)
	}
	// Paid every 6 blocks at least, and for the last time in block 194.
	list = nil
	for h := pastel.Height(195); h <= 207; h++ {
		x.move(t, x.ledger.Last().Height, h)
		if late := slices.Contains(kinds(), "unpaid"); late != (h == 207) {
			t.Errorf("block %d: %v", h, kinds())
		}
	}
	list = &chain.Listing{Whole: true}
	a := x.member(t, p.Operator).Outlook.Concerns
	if !slices.Equal(kinds(), []string{"gone", "unpaid"}) || a[1].Since.Height != 194 || a[1].Until.Height != 194+x.Params().IdleLimit+1 {
		t.Errorf("%+v", a)
	}
}
