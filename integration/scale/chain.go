package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/largepool"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// size is how much of the network's limit a database holds.
type size struct {
	name    string
	pools   int
	earning int // blocks with income
}

// The limit is what the supply of coins allows: 4,150 pools of 500 pledges of 10,000 PSL.
var sizes = []size{
	{"tiny", 2, 1200},
	{"tenth", 415, 17_280}, // 30 days
	{"full", 4150, 576},    // a day
}

// spare is how many blocks are kept beside the database, to be sent to it: no more than a reorganization takes back.
const spare = 100

// params returns main's terms, with the rules active from the first block on.
func params() (pool.Params, error) {
	p, err := pool.ParamsByName("main")
	p.Forks.Pools = pool.ForkAt(0)
	return p, err
}

// batch bounds one stored step while a chain grows.
const batch = 500 // blocks

// grow fills an empty ledger with a chain, except for its last blocks, which it writes to rest.
func grow(ctx context.Context, s size, ledger *chain.Ledger, rest io.Writer, progress func(h, of pastel.Height)) ([]*largepool.Grown, error) {
	p := ledger.Params()
	const wave = 3
	// Every wave takes its confirmations, five blocks of pledges, and two of pools.
	starting := (s.pools + wave - 1) / wave * (int(p.PledgeConfirmations) + 5 + 2)
	total := pastel.Height(1 + starting + s.earning + spare)
	plan := largepool.Plan{
		Params: p, Pools: s.pools, Coins: 10_000, Required: 5_000_000, Factor: "1", Period: int64(p.MaxSubscription),
		Earning: s.earning + spare, Wave: wave,
		Began: time.Now().Add(-time.Duration(total-spare) * 150 * time.Second).Truncate(time.Second),
	}
	blocks := make(chan grown, batch)
	work, ctx := errgroup.WithContext(ctx)
	var pools []*largepool.Grown
	work.Go(func() (err error) {
		defer close(blocks)
		pools, err = largepool.Grow(plan, func(whole *pastel.Block, b *pool.Prepared) error {
			select {
			case blocks <- grown{whole.Bytes(), b}:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		return err
	})
	work.Go(func() error { return stored(ctx, ledger, blocks, total, rest, progress) })
	err := work.Wait()
	return pools, err
}

// grown is a block as bytes and prepared.
type grown struct {
	raw []byte
	*pool.Prepared
}

// stored gives blocks to a ledger step by step, and the last ones to rest.
func stored(ctx context.Context, ledger *chain.Ledger, blocks <-chan grown, total pastel.Height, rest io.Writer, progress func(h, of pastel.Height)) error {
	var step []*pool.Prepared
	size := 0
	next := func() error {
		if len(step) == 0 {
			return nil
		}
		if _, err := ledger.Step(ctx, ledger.Last().Height, step); err != nil {
			return err
		}
		progress(ledger.Last().Height, total)
		step, size = nil, 0
		return nil
	}
	for b := range blocks {
		if b.Height >= total-spare {
			if err := write(rest, b.raw); err != nil {
				return err
			}
			continue
		}
		step, size = append(step, b.Prepared), size+len(b.raw)
		if len(step) == batch || size > 16<<20 {
			if err := next(); err != nil {
				return err
			}
		}
	}
	return next()
}

// write writes a block behind its length.
func write(w io.Writer, raw []byte) error {
	_, err := w.Write(append(binary.LittleEndian.AppendUint32(nil, uint32(len(raw))), raw...))
	return err
}

// readBlocks reads the blocks that write wrote, the first of which has height from.
func readBlocks(file string, p *pool.Params, from pastel.Height) ([]*pool.Prepared, error) {
	all, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var list []*pool.Prepared
	for len(all) > 4 {
		size := int(binary.LittleEndian.Uint32(all))
		if size > len(all)-4 {
			return nil, fmt.Errorf("%s ends within a block", file)
		}
		b, err := pastel.ParseBlock(all[4 : 4+size])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		list, all = append(list, pool.Prepare(p, from+pastel.Height(len(list)), b)), all[4+size:]
	}
	return list, nil
}
