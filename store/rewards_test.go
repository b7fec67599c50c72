package store_test

import (
	"slices"
	"testing"

	"github.com/pastelnetwork/smartpool/store"
)

// Where a PastelID is paid includes where it was paid before an amendment: in the recorded chain, a member amends in block 246.
func TestRewardsBeforeAnAmendment(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, url string) {
		o := open(t, url)
		chain := recorded(t, "life")
		o.step(t, -1, chain[:246])
		var before []store.RewardPlace
		var id string
		view(t, reader(t, url), func(s *store.Snapshot) (err error) {
			pledges, err := s.Pledges(store.PledgeFilter{Live: true, At: store.Now}, store.Page{Limit: 100})
			if err != nil {
				return err
			}
			id = pledges[len(pledges)-1].PastelID
			before, err = s.Rewards(id)
			return err
		})
		if len(before) != 1 {
			t.Fatalf("before the amendment %s is paid at %v", id, before)
		}
		o.step(t, 245, chain[246:247])
		view(t, reader(t, url), func(s *store.Snapshot) error {
			after, err := s.Rewards(id)
			if err != nil {
				return err
			}
			pledges, err := s.Pledges(store.PledgeFilter{PastelID: id, Live: true, At: store.Now}, store.Page{Limit: 1})
			now := store.RewardPlace{Pool: pledges[0].Pool, Address: pledges[0].Reward}
			if len(after) != 2 || !slices.Contains(after, before[0]) || !slices.Contains(after, now) || now == before[0] {
				t.Errorf("%s is paid at %v, was at %v, now at %v", id, after, before, now)
			}
			return err
		})
	})
}
