package daemon

import (
	"context"
	"errors"

	"github.com/pastelnetwork/smartpool/store"
)

// Difference is a row that is not what the history gives.
type Difference = store.Difference

// Checked is what a check of a database found.
type Checked struct {
	Block       store.Block  // the last one read
	Pools       int64        // checked
	Differences []Difference // the first ones, at most mostDifferences
	More        int64        // how many there are besides
}

// mostDifferences bounds what a check keeps: a pool whose first row is wrong has as many wrong ones as blocks.
const mostDifferences = 1_000

// CheckSums computes what lists and heads of pages show from the ledger's history again, and compares it with the rows that keep it. It only
// reads, in portions, and may run beside a daemon. It calls progress between them.
func CheckSums(ctx context.Context, cfg Config, progress func(done, of int64)) (c Checked, err error) {
	if err := cfg.Check(); err != nil {
		return c, err
	}
	net, err := cfg.network()
	if err != nil {
		return c, err
	}
	r, err := store.OpenReader(ctx, cfg.database(), net, cfg.shadow())
	if err != nil {
		return c, err
	}
	defer func() { err = errors.Join(err, r.Close()) }()
	c.Differences = []Difference{}
	c.Block, err = r.Recount(ctx, func(done, of int64) {
		c.Pools = done
		progress(done, of)
	}, func(d Difference) {
		if len(c.Differences) < mostDifferences {
			c.Differences = append(c.Differences, d)
		} else {
			c.More++
		}
	})
	return c, err
}
