package store_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// asked is whom and what queries about pledges name.
type asked struct {
	people, rewards []string
	pools           []ticket.PoolID
}

// answers is what all queries say that know an offer or a reward address.
func (a *asked) answers(t testing.TB, url string, r *store.Reader) string {
	t.Helper()
	all := store.Page{Limit: 10_000}
	var text strings.Builder
	say := func(what string, answer any, err error) {
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		fmt.Fprintf(&text, "%s: %+v\n", what, answer)
	}
	view(t, r, func(s *store.Snapshot) error {
		list, err := s.Pledges(store.PledgeFilter{At: store.Now}, all)
		for i := range list {
			say("pledge", list[i], err)
		}
		for _, id := range a.people {
			payments, err := s.Payments(store.PaymentFilter{PastelID: id}, all)
			say("payments of "+id, payments, err)
			sums, err := s.PaymentsByPayout(store.PaymentFilter{PastelID: id}, all)
			say("payouts to "+id, sums, err)
			paid, err := s.Paid(store.PaymentFilter{PastelID: id})
			say("paid to "+id, paid, err)
			others, err := s.SharedWith(id, 100)
			say("shared with "+id, others, err)
		}
		for _, address := range a.rewards {
			list, err := s.Pledges(store.PledgeFilter{Reward: address, At: store.Now}, all)
			say("pledges paid at "+address, list, err)
		}
		for _, id := range a.pools {
			p, err := s.Pools(store.PoolFilter{ID: id, At: store.Now})
			say("pool "+string(id), p, err)
		}
		return nil
	})
	a.alerts(t, url, say)
	return text.String()
}

// alerts is what those who are told of payouts get of the last one of each pool.
func (a *asked) alerts(t testing.TB, url string, say func(string, any, error)) {
	t.Helper()
	list, err := store.OpenAlerts(context.Background(), url, regtest(t))
	if err != nil {
		t.Fatal(err)
	}
	defer list.Close()
	err = list.View(context.Background(), func(x *store.AlertTx) error {
		for _, id := range a.pools {
			payouts, err := x.Payouts(store.PayoutFilter{Pool: id, At: store.Now}, store.Page{Limit: 1, Desc: true})
			if err != nil {
				return err
			}
			for _, po := range payouts {
				for _, who := range a.people {
					sum, err := x.PaysTo(id, po.Settled, who)
					say("payout to "+who, sum, err)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// pledgesAt lists pledges as they were after a block; none that came later.
func pledgesAt(t testing.TB, r *store.Reader, h pastel.Height) (text string) {
	t.Helper()
	view(t, r, func(s *store.Snapshot) error {
		list, err := s.Pledges(store.PledgeFilter{At: h, Live: true}, store.Page{Limit: 10_000})
		text = fmt.Sprintf("%+v", list)
		return err
	})
	return text
}

// TestAnAmendmentIsTakenBack: a reorganization across an amendment restores offer and reward address in every query, and what was asked
// of a block stays the answer.
func TestAnAmendmentIsTakenBack(t *testing.T) {
	t.Parallel()
	blocks := recorded(t, "dense")
	state, err := pool.New(regtest(t), false)
	if err != nil {
		t.Fatal(err)
	}
	var a asked
	var amended []pastel.Height
	for _, b := range blocks {
		u, err := state.Apply(b)
		if err != nil {
			t.Fatal(err)
		}
		for i := range u.Accepted {
			x := &u.Accepted[i]
			a.people, a.rewards = append(a.people, x.PastelID.String()), append(a.rewards, encode(t, x.Reward))
			if x.Amends {
				amended = append(amended, u.Height)
				a.pools = append(a.pools, x.Pool)
			}
		}
	}
	for _, list := range []*[]string{&a.people, &a.rewards} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	slices.Sort(a.pools)
	a.pools, amended = slices.Compact(a.pools), slices.Compact(amended)
	if len(amended) < 5 {
		t.Fatalf("amendments in blocks %v", amended)
	}
	onEach(t, func(t *testing.T, url string) {
		l := open(t, url)
		r := reader(t, url)
		before := map[pastel.Height]string{}
		raised, moved := 0, 0
		for _, h := range amended {
			l.step(t, l.Last().Height, blocks[l.Last().Height+1:h])
			without := a.answers(t, url, r)
			before[h-1] = pledgesAt(t, r, store.Now)
			old := offers(t, r)
			l.step(t, h-1, blocks[h:h+1])
			with := a.answers(t, url, r)
			for seq, now := range offers(t, r) {
				if was, found := old[seq]; found && now.Offered > was.Offered {
					raised++
				}
				if was, found := old[seq]; found && now.Reward != was.Reward {
					moved++
				}
			}
			l.step(t, h-1, nil)
			if got := a.answers(t, url, r); got != without {
				t.Fatalf("taken back, block %d: %s", h, difference(got, without))
			}
			l.step(t, h-1, blocks[h:h+1])
			if got := a.answers(t, url, r); got != with {
				t.Fatalf("applied again, block %d: %s", h, difference(got, with))
			}
		}
		if raised == 0 || moved == 0 {
			t.Errorf("%d offers were raised, %d reward addresses changed: want some of both", raised, moved)
		}
		for h, want := range before {
			if got := pledgesAt(t, r, h); got != want {
				t.Errorf("pledges as of block %d are\n%s\nthey were\n%s", h, got, want)
			}
		}
	})
}

// offers are the pledges that live, by join order.
func offers(t testing.TB, r *store.Reader) map[int64]store.Pledge {
	t.Helper()
	live := map[int64]store.Pledge{}
	view(t, r, func(s *store.Snapshot) error {
		list, err := s.Pledges(store.PledgeFilter{At: store.Now, Live: true}, store.Page{Limit: 10_000})
		for i := range list {
			live[list[i].Seq] = list[i]
		}
		return err
	})
	return live
}
