package pool

import (
	"slices"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// A block searches once for what a backing's pledges can give up at no cost, but a raise or an activation in between adds more.
func TestGivingUpAfterChangesWithinABlock(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		change string
		want   []EventType
		last   int // who finally gives up
	}{
		{"raise", []EventType{PledgeLeft, ReputationChanged, PledgeAmended, PledgeReduced, PledgeMoved, PledgeMoved}, 1},
		{"activation", []EventType{PledgeLeft, ReputationChanged, PoolActivated, PledgeLeft, PledgeMoved}, 1},
		{"none", []EventType{PledgeLeft, ReputationChanged, PledgeLeft, ReputationChanged, PledgeMoved}, 3},
	} {
		m := newSim(t, simNetwork())
		id := openPool(t, m, 10000)
		m.join(id, 2, 1000)
		first := m.join(id, 1, 300)
		others := make([]pastel.OutPoint, 2)
		for i := range others { // two more people on the first one's key
			tx := m.tx(nil, pay(simOwner(1), 300*pastel.PSL))
			others[i] = pastel.OutPoint{TxID: m.block.Txs[tx].ID()}
			m.part(id, 3+i, 300, others[i], simOwner(1), simReward(3))
		}
		if x.change != "activation" {
			m.activate(id)
		}
		m.mine(t)
		m.tx(others[1:]) // nobody can give up anything, the last one goes
		back := pay(simOwner(1), 200*pastel.PSL)
		switch x.change {
		case "raise":
			m.raise(id, 1, 500, 250)
		case "activation":
			m.activate(id, m.participant(simID(2), simOwner(2)), m.participant(simID(3), simOwner(1)))
		}
		m.tx([]pastel.OutPoint{first}, back)
		u := m.mine(t)
		var got []EventType
		last := ""
		for _, e := range u.Events {
			got = append(got, e.Type)
			if e.Type == PledgeReduced || e.Type == PledgeLeft {
				last = e.PastelID
			}
		}
		if !slices.Equal(got, x.want) || last != simID(x.last).String() {
			t.Errorf("%s: %v, at last %s, want %v", x.change, got, last, x.want)
		}
		if err := m.s.Check(); err != nil {
			t.Error(err)
		}
	}
}
