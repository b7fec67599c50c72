package chain

import (
	"context"
	"fmt"
	"sync"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// Limits of one stored step while many blocks are missing; the first one reached ends the step.
const (
	stepBlocks = 1000
	stepBytes  = 16 << 20 // of raw blocks
)

// fetched are blocks that follow each other and are ready to be applied, and what keeps the next one from coming.
type fetched struct {
	blocks []*pool.Prepared
	size   int // bytes
	err    error
}

// fetching delivers blocks of the node's best chain in order.
type fetching struct {
	ranges  <-chan chan fetched // in order, each with blocks in order, and closed after them
	current chan fetched
	held    fetched // came with the last step's blocks, beyond its limit
}

// fetch fetches and prepares the blocks from and to, several requests concurrently. The first batch is small and alone: nobody knows yet how
// large blocks are.
func (f *Follower) fetch(ctx context.Context, from, to pastel.Height) *fetching {
	ranges := make(chan chan fetched, f.cfg.Fetchers)
	reader := &rangeReader{node: f.cfg.Node, params: f.cfg.Ledger.Params(), pace: newPace()}
	reader.batches, _ = f.cfg.Node.(Batcher)
	go func() {
		defer close(ranges)
		for h := from; h <= to; {
			n := 1
			if reader.batches != nil {
				n = min(reader.pace.next(), int(to-h)+1)
			}
			part := make(chan fetched, 1)
			select {
			case ranges <- part:
			case <-ctx.Done():
				return
			}
			read := make(chan struct{})
			go func(h pastel.Height) {
				defer close(read)
				defer close(part)
				reader.read(ctx, h, n, part)
			}(h)
			if h == from && n > 1 {
				<-read // it ends with the context
			}
			h += pastel.Height(n)
		}
	}()
	return &fetching{ranges: ranges}
}

// step collects the blocks of one step. If it returns an error, list holds the blocks before it.
func (q *fetching) step(ctx context.Context) (list []*pool.Prepared, err error) {
	for size := 0; len(list) < stepBlocks && size < stepBytes; {
		got, open := q.next(ctx)
		if !open {
			return list, ctx.Err()
		}
		if room := stepBlocks - len(list); len(got.blocks) > room {
			got, q.held = got.cut(room)
		}
		list = append(list, got.blocks...)
		size += got.size
		if got.err != nil {
			return list, got.err
		}
	}
	return list, nil
}

// cut divides what was fetched after n blocks, and its size in the same proportion.
func (x fetched) cut(n int) (first, rest fetched) {
	size := x.size * n / len(x.blocks)
	return fetched{blocks: x.blocks[:n], size: size}, fetched{x.blocks[n:], x.size - size, x.err}
}

// next waits for the next blocks; false after the last, or if the context ends first.
func (q *fetching) next(ctx context.Context) (got fetched, open bool) {
	if len(q.held.blocks) > 0 {
		got, q.held = q.held, fetched{}
		return got, true
	}
	for {
		if q.current == nil {
			select {
			case q.current, open = <-q.ranges:
				if !open {
					return fetched{}, false
				}
			case <-ctx.Done():
				return fetched{}, false
			}
		}
		select {
		case got, open = <-q.current:
			if open {
				return got, true
			}
			q.current = nil
		case <-ctx.Done():
			return fetched{}, false
		}
	}
}

// rangeReader reads ranges of blocks, concurrently. Of what a batch contains it takes only blocks that the node's own hashes and the links
// between the blocks confirm; all others are read one by one, which also tells what is wrong with them.
type rangeReader struct {
	node    Node
	batches Batcher // nil if the node reads only single blocks
	params  pool.Params
	pace    *pace
}

// read delivers n blocks from height h on, up to the first that cannot be had.
func (r *rangeReader) read(ctx context.Context, h pastel.Height, n int, to chan<- fetched) {
	deliver := func(got fetched) bool {
		select {
		case to <- got:
			return got.err == nil
		case <-ctx.Done():
			return false
		}
	}
	end := h + pastel.Height(n)
	if n > 1 {
		got := r.batch(ctx, h, n)
		r.pace.saw(n, len(got.blocks), got.size)
		if len(got.blocks) > 0 && !deliver(got) {
			return
		}
		h += pastel.Height(len(got.blocks))
	}
	for ; h < end; h++ {
		got := r.single(ctx, h)
		if got.err == nil && r.batches != nil {
			r.pace.saw(1, 1, got.size)
		}
		if !deliver(got) {
			return
		}
	}
}

// batch reads n blocks at once, and returns those that it can vouch for.
func (r *rangeReader) batch(ctx context.Context, from pastel.Height, n int) fetched {
	raws, err := r.batches.Blocks(ctx, from, n)
	if err != nil {
		return fetched{}
	}
	raws = raws[:min(n, len(raws))]
	blocks := make([]*pastel.Block, 0, len(raws))
	for i, raw := range raws {
		b, err := pastel.ParseBlock(raw)
		if err != nil || i > 0 && b.Header.Prev != blocks[i-1].Hash() {
			break
		}
		blocks = append(blocks, b)
	}
	if len(blocks) == 0 {
		return fetched{}
	}
	// The last hash confirms those before it: each block names its parent.
	last := len(blocks) - 1
	hash, err := r.node.HashAt(ctx, from+pastel.Height(last))
	if err != nil || hash != blocks[last].Hash() {
		return fetched{}
	}
	got := fetched{blocks: make([]*pool.Prepared, len(blocks))}
	for i, b := range blocks {
		got.blocks[i] = pool.Prepare(&r.params, from+pastel.Height(i), b)
		got.size += len(raws[i])
	}
	return got
}

// single reads one block by its hash.
func (r *rangeReader) single(ctx context.Context, h pastel.Height) fetched {
	fail := func(err error) fetched { return fetched{err: &sourceError{fmt.Errorf("fetch block %d: %w", h, err)}} }
	hash, err := r.node.HashAt(ctx, h)
	if err != nil {
		return fail(err)
	}
	raw, err := r.node.Block(ctx, hash)
	if err != nil {
		return fail(err)
	}
	b, err := pastel.ParseBlock(raw)
	if err != nil {
		return fail(err)
	}
	if b.Hash() != hash {
		return fail(fmt.Errorf("the node returned block %s instead of %s", b.Hash(), hash))
	}
	return fetched{blocks: []*pool.Prepared{pool.Prepare(&r.params, h, b)}, size: len(raw)}
}

// Limits of a batch. A node has each answer in memory as a whole, several times over.
const (
	firstInBatch = 4       // blocks, before the size of any is known
	mostInBatch  = 50      // blocks
	batchBytes   = 2 << 20 // of raw blocks, as far as the sizes of the last ones tell
	refusedFor   = 1000    // blocks that are read one by one from a node that answers no batches, before it is asked for another
)

// pace chooses how many blocks to ask for at once. It is safe for concurrent use.
type pace struct {
	mu     sync.Mutex
	blocks int
	alone  int // blocks to read one by one before batches are tried again
}

func newPace() *pace { return &pace{blocks: firstInBatch} }

// next returns the number of blocks for the next request, at least 1.
func (p *pace) next() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.blocks
}

// saw learns from a request: how many blocks it asked for, and how many of how many bytes together were usable.
func (p *pace) saw(asked, got, bytes int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if got < asked {
		if p.blocks = max(1, asked/2); p.blocks == 1 {
			p.alone = refusedFor
		}
		return
	}
	if p.alone > 0 {
		if p.alone -= got; p.alone > 0 {
			return
		}
	}
	p.blocks = max(1, min(2*asked, mostInBatch, batchBytes*got/max(1, bytes)))
}
