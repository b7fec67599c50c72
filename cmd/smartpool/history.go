package main

import (
	"errors"
	"fmt"
	"io"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// history is what a replay saw.
type history struct {
	state   *pool.State
	times   []uint32 // by height
	events  []pool.Event
	settled []pool.Payout
	last    map[ticket.PoolID]pool.Pool // as it was when its pledges last changed and some were left

	rewards map[uint64]pastel.Address // of pledges, by join order: where they go
	moved   map[int]moved             // by index in events: the amendments after which they go elsewhere
}

// moved is where the rewards of a pledge went before, and go now.
type moved struct{ from, to pastel.Address }

func newHistory(s *pool.State) *history {
	return &history{
		state: s, last: map[ticket.PoolID]pool.Pool{}, rewards: map[uint64]pastel.Address{}, moved: map[int]moved{},
	}
}

var errNoBlocks = errors.New("there are no blocks in the input: want one raw block in hex a line")

// read applies all blocks, or up to the parent of the first that is wrong.
func (l *history) read(in io.Reader, net *pool.Params) error {
	stop := make(chan struct{})
	defer close(stop)
	for r := range readBlocks(in, net, stop) {
		if r.err != nil {
			return r.err
		}
		u, err := l.state.Apply(r.block)
		if err != nil {
			return fmt.Errorf("line %d: %w", r.block.Height+1, err)
		}
		l.times = append(l.times, r.block.Time)
		l.keepRewards(u)
		l.events = append(l.events, u.Events...)
		l.settled = append(l.settled, u.Settled...)
		l.keepPledges(u.Events)
	}
	if len(l.times) == 0 {
		return errNoBlocks
	}
	return nil
}

// keepRewards remembers where the pledges that a block made or amended are paid. Each amendment has its event, in the same order.
func (l *history) keepRewards(u *pool.Update) {
	at := 0
	for i := range u.Accepted {
		a := &u.Accepted[i]
		if was := l.rewards[a.Seq]; a.Amends {
			for u.Events[at].Type != pool.PledgeAmended {
				at++
			}
			if was != a.Reward {
				l.moved[len(l.events)+at] = moved{was, a.Reward}
			}
			at++
		}
		l.rewards[a.Seq] = a.Reward
	}
}

// keepPledges remembers who is in the pools whose counted coins a block's events name, as they may have changed: once a pool is over,
// nobody is.
func (l *history) keepPledges(events []pool.Event) {
	seen := map[ticket.PoolID]bool{}
	for i := range events {
		e := &events[i]
		if e.Type.Row().Has&pool.HasCoins == 0 || seen[e.Pool] {
			continue
		}
		seen[e.Pool] = true
		if p, ok := l.state.Pool(e.Pool); ok && (p.Status.Live() || len(p.Pledges) > 0) {
			l.last[e.Pool] = p
		}
	}
}
