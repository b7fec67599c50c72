package store_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// asked is what queries about pledges filter by.
type asked struct {
	people, rewards []string
	pools           []ticket.PoolID
}

// answers holds the results of all queries that contain an offer or a reward address.
func (a *asked) answers(t testing.TB, l opened, r *store.Reader) string {
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
			paid, err := s.PaymentSum(store.PaymentFilter{PastelID: id, Status: store.PayoutPaid})
			say("paid to "+id, paid, err)
			others, err := s.SharedWith(id, 100)
			say("shared with "+id, others, err)
		}
		for _, address := range a.rewards {
			list, err := s.Pledges(store.PledgeFilter{EverPaid: address, At: store.Now}, all)
			say("pledges paid at "+address, list, err)
		}
		for _, id := range a.pools {
			p, err := s.Pools(store.PoolFilter{ID: id})
			say("pool "+string(id), p, err)
		}
		return nil
	})
	a.alerts(t, l, say)
	return text.String()
}

// alerts returns what subscribers to payouts receive about the last payout of each pool.
func (a *asked) alerts(t testing.TB, l opened, say func(string, any, error)) {
	t.Helper()
	list, err := l.store.OpenAlerts(context.Background())
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

// pledgesAt returns pledges as they were after a block, without later ones.
func pledgesAt(t testing.TB, r *store.Reader, h pastel.Height) (text string) {
	t.Helper()
	view(t, r, func(s *store.Snapshot) error {
		list, err := s.Pledges(store.PledgeFilter{At: h, Live: true}, store.Page{Limit: 10_000})
		text = fmt.Sprintf("%+v", list)
		return err
	})
	return text
}

// TestAnAmendmentIsTakenBack: a reorganization across an amendment restores offer and reward address in every query, and answers about
// earlier blocks stay the same.
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
			without := a.answers(t, l, r)
			before[h-1] = pledgesAt(t, r, store.Now)
			old := offers(t, r)
			l.step(t, h-1, blocks[h:h+1])
			with := a.answers(t, l, r)
			for seq, now := range offers(t, r) {
				if was, found := old[seq]; found && now.Offered > was.Offered {
					raised++
				}
				if was, found := old[seq]; found && now.Reward != was.Reward {
					moved++
				}
			}
			l.step(t, h-1, nil)
			if got := a.answers(t, l, r); got != without {
				t.Fatalf("taken back, block %d: %s", h, difference(got, without))
			}
			l.step(t, h-1, blocks[h:h+1])
			if got := a.answers(t, l, r); got != with {
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

// offers returns live pledges by join order.
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

// TestOffersAfterReductions: a pledge's offer falls when coins on standby are spent. It matches the pool's state, now and at every earlier
// block.
func TestOffersAfterReductions(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		blocks := recorded(t, "dense")
		o := open(t, url)
		r := reader(t, url)
		pledges := func(s *store.Snapshot, h pastel.Height) map[int64]int64 {
			list, err := s.Pledges(store.PledgeFilter{At: h, Live: true}, store.Page{Limit: 10_000})
			if err != nil {
				t.Fatal(err)
			}
			offers := map[int64]int64{}
			for i := range list {
				offers[list[i].Seq] = list[i].Offered
			}
			return offers
		}
		then := map[pastel.Height]map[int64]int64{}
		const every = 10 // so that the step's base is a block that was checked
		for h := pastel.Height(-1); int(h)+1+every < len(blocks); h += every {
			o.step(t, h, blocks[h+1:h+1+every])
			view(t, r, func(s *store.Snapshot) error {
				want := map[int64]int64{}
				pools, err := s.Pools(store.PoolFilter{})
				if err != nil {
					return err
				}
				for i := range pools {
					p, err := s.Pool(pools[i].ID)
					if err != nil {
						return err
					}
					for j := range p.Pledges {
						want[int64(p.Pledges[j].Seq)] = p.Pledges[j].Offered
					}
				}
				if got := pledges(s, store.Now); !maps.Equal(got, want) {
					t.Errorf("block %d: pledges offer %v, their pools have %v", h+every, got, want)
				}
				then[h+every] = want
				return nil
			})
		}
		view(t, r, func(s *store.Snapshot) error {
			reduced, err := s.Events(store.EventFilter{Types: []string{string(pool.PledgeReduced)}, To: store.Now}, store.Page{Limit: 1000})
			if err == nil && len(reduced) < 5 {
				t.Errorf("only %d pledges were reduced", len(reduced))
			}
			for h, want := range then {
				if got := pledges(s, h); !maps.Equal(got, want) {
					t.Errorf("as of block %d pledges offer %v, they offered %v", h, got, want)
				}
			}
			return err
		})
	})
}

// TestRewardOfTheTicketInForce: a pledge is found by the reward address of its current ticket, at the tip and at earlier blocks. By a
// former address it is found among those ever paid there, and not before that.
func TestRewardOfTheTicketInForce(t *testing.T) {
	t.Parallel()
	const amendment pastel.Height = 246 // in the recorded chain, a member changes her reward address
	onEach(t, func(t *testing.T, url string) {
		o := open(t, url)
		o.step(t, -1, recorded(t, "life")[:amendment+4])
		view(t, reader(t, url), func(s *store.Snapshot) error {
			find := func(f store.PledgeFilter) []int64 {
				list, err := s.Pledges(f, store.Page{Limit: 1000})
				if err != nil {
					t.Fatal(err)
				}
				seqs := []int64{}
				for i := range list {
					seqs = append(seqs, list[i].Seq)
				}
				return seqs
			}
			seq := int64(-1)
			of := func(h pastel.Height) store.Pledge {
				list, err := s.Pledges(store.PledgeFilter{At: h}, store.Page{Limit: 1000})
				if err != nil {
					t.Fatal(err)
				}
				i := slices.IndexFunc(list, func(x store.Pledge) bool { return x.Amended == amendment || x.Seq == seq })
				seq = list[i].Seq
				return list[i]
			}
			fresh := of(amendment)
			old := of(amendment - 1)
			if old.Seq != fresh.Seq || old.Reward == fresh.Reward {
				t.Fatalf("the amendment makes %+v of %+v", fresh, old)
			}
			for _, x := range []struct {
				filter store.PledgeFilter
				found  bool
			}{
				{store.PledgeFilter{Reward: old.Reward, At: amendment - 1}, true},
				{store.PledgeFilter{Reward: fresh.Reward, At: amendment - 1}, false},
				{store.PledgeFilter{Reward: old.Reward, At: amendment}, false},
				{store.PledgeFilter{Reward: fresh.Reward, At: amendment}, true},
				{store.PledgeFilter{Reward: old.Reward, At: store.Now}, false},
				{store.PledgeFilter{Reward: fresh.Reward, At: store.Now}, true},
				{store.PledgeFilter{EverPaid: old.Reward, At: amendment - 1}, true},
				{store.PledgeFilter{EverPaid: fresh.Reward, At: amendment - 1}, false},
				{store.PledgeFilter{EverPaid: old.Reward, At: store.Now}, true},
				{store.PledgeFilter{EverPaid: fresh.Reward, At: store.Now}, true},
			} {
				if got := find(x.filter); slices.Contains(got, old.Seq) != x.found {
					t.Errorf("%+v finds pledges %v, want pledge %d among them: %t", x.filter, got, old.Seq, x.found)
				}
			}
			return nil
		})
	})
}
