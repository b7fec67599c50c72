package main

import (
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/internal/largepool"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// size is what a database holds.
type size struct {
	name    string
	pools   int
	pledges int // of each pool
	earning int // blocks with income, after the last pool has started
}

// The limit is what the supply of coins allows: 4,150 pools of 500 pledges of 10,000 PSL. A tiny database settles within its spare blocks, so
// that everything is measured.
var sizes = []size{
	{"tiny", 2, largepool.Pledges, 1_140},
	{"hundredth", 41, largepool.Pledges, 5_760},  // 10 days
	{"tenth", 415, largepool.Pledges, 17_280},    // 30 days
	{"full", limitPools, largepool.Pledges, 576}, // a day
}

const limitPools = 4_150

// sizeNames lists the names of sizes, for the command line.
func sizeNames() string {
	names := make([]string, len(sizes))
	for i, s := range sizes {
		names[i] = s.name
	}
	return strings.Join(names, ",")
}

// params returns main's terms, with the rules active from the first block on.
func params() (pool.Params, error) {
	p, err := pool.ParamsByName("main")
	p.Forks.Pools = pool.ForkAt(0)
	return p, err
}

// spare is how many blocks are kept beside a database, to be sent to it: fewer than a reorganization may take back.
const spare = 99

// wave is how many pools start together, in blocks that stay below 2 MB.
const wave = 3

// blockTime is the interval between blocks, seconds.
const blockTime = 150

// plan returns the chain that fills a database of this size, and its number of blocks. Its tip, without the spare blocks, is of now.
func (s size) plan(p pool.Params) (largepool.Plan, pastel.Height) {
	const (
		inBlock = 100 // pledges of a pool
		beside  = 2   // blocks in which pools open and activate
	)
	waves := (s.pools + wave - 1) / wave
	total := 1 + waves*(int(p.PledgeConfirmations)+(s.pledges+inBlock-1)/inBlock+beside) + s.earning + spare
	coins := int64(p.Collateral/pastel.PSL) / int64(s.pledges)
	return largepool.Plan{
		Params: p, Pools: s.pools, Pledges: s.pledges, Coins: coins, Required: coins * int64(s.pledges), Factor: "1", Period: int64(p.MaxSubscription),
		Earning: s.earning + spare, Wave: wave,
		Began: time.Now().Add(-time.Duration(total-spare) * blockTime * time.Second).Truncate(time.Second),
	}, pastel.Height(total)
}
