// Package largepool makes chains for tests and benchmarks of what people look at: pools of 500 pledges, and pools of any names. Tickets,
// signatures and formats are real, there is no proof of work, and the bytes are always the same.
package largepool

import (
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Sizes of a pool. One PastelID holds all pledges beyond one for each of the others.
const (
	Pledges = 500 // the maximum for a pool
	OfOne   = 100 // pledges of the PastelID with the most
	People  = Pledges - OfOne + 1
)

// Chain is the chain of Make, with its pool and its members.
type Chain struct {
	pool.Params
	Blocks  []*pool.Prepared // from height 0
	Pool    ticket.PoolID
	Members []string // PastelIDs; the first has OfOne pledges, the last two share a reward address
}

// Make returns a chain of one pool. It is made only once; do not change it.
var Make = sync.OnceValues(func() (*Chain, error) {
	plan, err := small()
	if err != nil {
		return nil, err
	}
	c := &Chain{Params: plan.Params}
	pools, err := Grow(plan, func(_ *pastel.Block, b *pool.Prepared) error {
		c.Blocks = append(c.Blocks, b)
		return nil
	})
	if err != nil {
		return nil, err
	}
	c.Pool, c.Members = pools[0].ID, pools[0].Members
	return c, nil
})

// small is the plan of one pool on a test network.
func small() (Plan, error) {
	params, err := pool.ParamsByName("regtest")
	return Plan{
		Params: params, Pools: 1, Coins: 20, Required: 9000, Factor: "1.1", Period: 20,
		Began:   time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
		Earning: 254, // enough for payouts to be mined, and for earnings since the last settlement
	}, err
}

const (
	fee    = "5" // %
	reward = 1250 * pastel.PSL
)
