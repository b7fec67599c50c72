package audit

import (
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// History keeps everything that happens in the blocks that it watches. Lives sorts it by pool, Document returns it as JSON. It holds every event in
// memory. It is not safe for concurrent use.
type History struct {
	state   *pool.State
	times   []uint32 // by height
	events  []pool.Event
	settled []pool.Payout
	last    map[ticket.PoolID]pool.Pool // as it was when its pledges last changed and some remained

	rewards map[uint64]pastel.Address // reward addresses of pledges, by join order
	moved   map[int]pool.Payees       // by index in events: amendments that change the reward address
}

// NewHistory returns a History for a state. It must watch every block applied to the state, from block 0 on.
func NewHistory(state *pool.State) *History {
	return &History{
		state: state, last: map[ticket.PoolID]pool.Pool{}, rewards: map[uint64]pastel.Address{}, moved: map[int]pool.Payees{},
	}
}

// Watch records a block's update.
func (h *History) Watch(u *pool.Update) {
	h.times = append(h.times, u.Time)
	h.keepRewards(u)
	h.events = append(h.events, u.Events...)
	h.settled = append(h.settled, u.Settled...)
	h.keepPledges(u.Events)
}

// Time returns the time of a block, in seconds since 1970; false for one that was not watched.
func (h *History) Time(at pastel.Height) (unix uint32, found bool) {
	if at < 0 || int(at) >= len(h.times) {
		return 0, false
	}
	return h.times[at], true
}

// Rejections lists the rejected tickets, in the order of the chain.
func (h *History) Rejections() (list []*pool.Event) {
	for i := range h.events {
		if e := &h.events[i]; e.Type == pool.TicketRejected {
			list = append(list, e)
		}
	}
	return list
}

// keepRewards remembers the reward addresses of the pledges that a block added or amended. Each amendment has its event, in the same order.
func (h *History) keepRewards(u *pool.Update) {
	net := h.state.Params().Network
	at := 0
	for i := range u.Accepted {
		a := &u.Accepted[i]
		if was := h.rewards[a.Seq]; a.Amends {
			for u.Events[at].Type != pool.PledgeAmended {
				at++
			}
			if was != a.Reward {
				h.moved[len(h.events)+at] = pool.Payees{Before: was.Encode(&net), After: a.Reward.Encode(&net)}
			}
			at++
		}
		h.rewards[a.Seq] = a.Reward
	}
}

// keepPledges remembers the pledges of each pool whose counted coins a block's events name, because they may have changed: a pool that has
// ended has none.
func (h *History) keepPledges(events []pool.Event) {
	seen := map[ticket.PoolID]bool{}
	for i := range events {
		e := &events[i]
		if e.Type.Row().Has&pool.HasCoins == 0 || seen[e.Pool] {
			continue
		}
		seen[e.Pool] = true
		if p, ok := h.state.Pool(e.Pool); ok && (p.Status.Live() || len(p.Pledges) > 0) {
			h.last[e.Pool] = p
		}
	}
}
