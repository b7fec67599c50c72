package main

import (
	"context"
	"encoding/binary"
	"fmt"
	"io"
	"os"

	"golang.org/x/sync/errgroup"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/largepool"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// Bounds of one stored step while a chain grows, as in a first sync.
const (
	stepBlocks = 500
	stepBytes  = 16 << 20
)

// mine fills an empty ledger with a chain, except for its spare blocks, which it writes to rest. It calls stored after each step.
func mine(ctx context.Context, s size, ledger *chain.Ledger, rest io.Writer, stored func(c *chain.Change, of pastel.Height) error) ([]*largepool.Grown, error) {
	plan, total := s.plan(ledger.Params())
	blocks := make(chan grown, stepBlocks)
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
	work.Go(func() error {
		return keep(ctx, ledger, blocks, total-spare, rest, func(c *chain.Change) error { return stored(c, total-spare) })
	})
	return pools, work.Wait()
}

// grown is a block as bytes and prepared.
type grown struct {
	raw []byte
	*pool.Prepared
}

// keep gives the blocks below a height to a ledger, step by step, and writes the others to rest.
func keep(ctx context.Context, ledger *chain.Ledger, blocks <-chan grown, below pastel.Height, rest io.Writer, stored func(*chain.Change) error) error {
	var step []*pool.Prepared
	size := 0
	next := func() error {
		if len(step) == 0 {
			return nil
		}
		c, err := ledger.Step(ctx, ledger.Last().Height, step)
		if err != nil {
			return err
		}
		step, size = nil, 0
		return stored(c)
	}
	for b := range blocks {
		if b.Height >= below {
			if err := write(rest, b.raw); err != nil {
				return err
			}
			continue
		}
		step, size = append(step, b.Prepared), size+len(b.raw)
		if len(step) == stepBlocks || size > stepBytes {
			if err := next(); err != nil {
				return err
			}
		}
	}
	return next()
}

// write writes a block behind its length, 4 bytes in little-endian order.
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
	for len(all) > 0 {
		size := 0
		if len(all) >= 4 {
			size = int(binary.LittleEndian.Uint32(all))
		}
		if size == 0 || size > len(all)-4 {
			return nil, fmt.Errorf("%s ends within a block: remove its folder", file)
		}
		b, err := pastel.ParseBlock(all[4 : 4+size])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", file, err)
		}
		list, all = append(list, pool.Prepare(p, from+pastel.Height(len(list)), b)), all[4+size:]
	}
	return list, nil
}
