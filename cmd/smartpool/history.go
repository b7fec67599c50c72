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
}

func newHistory(s *pool.State) *history {
	return &history{state: s, last: map[ticket.PoolID]pool.Pool{}}
}

var errNoBlocks = errors.New("there are no blocks in the input: want one raw block in hex a line")

// read applies all blocks, or up to the parent of the first that is wrong.
func (l *history) read(in io.Reader, net *pastel.Network) error {
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
		l.events = append(l.events, u.Events...)
		l.settled = append(l.settled, u.Settled...)
		l.keepPledges(u.Events)
	}
	if len(l.times) == 0 {
		return errNoBlocks
	}
	return nil
}

// keepPledges remembers who is in the pools that a block's events changed: once a pool is over, nobody is.
func (l *history) keepPledges(events []pool.Event) {
	seen := map[ticket.PoolID]bool{}
	for i := range events {
		e := &events[i]
		switch e.Type {
		case pool.PledgeAccepted, pool.PledgeAmended, pool.PledgePromoted, pool.PledgeReduced, pool.PledgeLeft, pool.PoolActivated:
		default:
			continue
		}
		if seen[e.Pool] {
			continue
		}
		seen[e.Pool] = true
		if p, ok := l.state.Pool(e.Pool); ok && (p.Status.Live() || len(p.Pledges) > 0) {
			l.last[e.Pool] = p
		}
	}
}
