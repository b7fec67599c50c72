package chain_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
)

// batcher is a node that also answers batches, in a way of its own.
type batcher struct {
	*node
	answer func(b *batcher, ctx context.Context, from pastel.Height, blocks [][]byte) ([][]byte, error)

	mu      sync.Mutex
	batches []batch // in order of their requests
}

// batch is what was asked for at once, and the size of what came, in bytes.
type batch struct {
	from      pastel.Height
	n, length int
}

// Blocks implements chain.Batcher.
func (b *batcher) Blocks(ctx context.Context, from pastel.Height, n int) ([][]byte, error) {
	best := b.line()
	var list [][]byte
	length := 0
	for h := from; h < min(from+pastel.Height(n), best.tip()+1); h++ {
		list = append(list, slices.Clone(best[h].Bytes()))
		length += len(list[len(list)-1])
	}
	b.mu.Lock()
	b.batches = append(b.batches, batch{from, n, length})
	b.mu.Unlock()
	if b.answer != nil {
		return b.answer(b, ctx, from, list)
	}
	return list, nil
}

func (n *node) line() line {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.best
}

func (b *batcher) asked() []batch {
	b.mu.Lock()
	defer b.mu.Unlock()
	return slices.Clone(b.batches)
}

// batchAnswers are ways of answering a batch; only the first three are a node's own.
var batchAnswers = map[string]func(b *batcher, ctx context.Context, from pastel.Height, blocks [][]byte) ([][]byte, error){
	"whole": nil,
	"short": func(_ *batcher, _ context.Context, _ pastel.Height, blocks [][]byte) ([][]byte, error) {
		return blocks[:(len(blocks)+1)/2], nil
	},
	"refused": func(*batcher, context.Context, pastel.Height, [][]byte) ([][]byte, error) {
		return nil, errors.New("no batches here")
	},
	"a gap": func(_ *batcher, _ context.Context, _ pastel.Height, blocks [][]byte) ([][]byte, error) {
		return slices.Delete(blocks, len(blocks)/2, len(blocks)/2+1), nil
	},
	"a block twice": func(_ *batcher, _ context.Context, _ pastel.Height, blocks [][]byte) ([][]byte, error) {
		return slices.Insert(blocks, len(blocks)/2, blocks[len(blocks)/2]), nil
	},
	"two swapped": func(_ *batcher, _ context.Context, _ pastel.Height, blocks [][]byte) ([][]byte, error) {
		if len(blocks) > 2 {
			blocks[0], blocks[1] = blocks[1], blocks[0]
		}
		return blocks, nil
	},
	"too many": func(b *batcher, ctx context.Context, from pastel.Height, blocks [][]byte) ([][]byte, error) {
		if after := from + pastel.Height(len(blocks)); after <= b.line().tip() {
			blocks = append(blocks, b.line()[after].Bytes())
		}
		return blocks, nil
	},
	"backwards": func(_ *batcher, _ context.Context, _ pastel.Height, blocks [][]byte) ([][]byte, error) {
		slices.Reverse(blocks)
		return blocks, nil
	},
	"from elsewhere": func(b *batcher, _ context.Context, _ pastel.Height, blocks [][]byte) ([][]byte, error) {
		for i := range blocks {
			blocks[i] = b.line()[i].Bytes()
		}
		return blocks, nil
	},
	"damaged": func(_ *batcher, _ context.Context, from pastel.Height, blocks [][]byte) ([][]byte, error) {
		last := blocks[len(blocks)-1]
		last[int(from)%len(last)] ^= 1
		return blocks, nil
	},
	"another tip": func(_ *batcher, _ context.Context, from pastel.Height, blocks [][]byte) ([][]byte, error) {
		last, err := pastel.ParseBlock(blocks[len(blocks)-1])
		if err != nil {
			return nil, err
		}
		last.Header.Time++ // links to its parent, but no child links to it
		blocks[len(blocks)-1] = pastel.NewBlock(last.Header, last.Txs).Bytes()
		return blocks, nil
	},
	"empty": func(_ *batcher, _ context.Context, _ pastel.Height, blocks [][]byte) ([][]byte, error) {
		return make([][]byte, len(blocks)), nil
	},
	"nothing": func(*batcher, context.Context, pastel.Height, [][]byte) ([][]byte, error) { return nil, nil },
}

// TestOddNodeBatches: however a node answers batches, the ledger gets each block of the node's best chain once and in order, and reports no
// fault, because single blocks are right.
func TestOddNodeBatches(t *testing.T) {
	t.Parallel()
	c := life()
	_, want := c.replay()
	for name, answer := range batchAnswers {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNode(c)
			b := &batcher{node: n, answer: answer}
			f := followWith(t, n, &chain.Memory{}, chain.FollowerConfig{Node: b, Poll: poll})
			f.await(t)
			f.stopped(t)
			mustMatch(t, f, c)
			sameUpdates(t, f.updates(), want)
			if len(f.steps) > 1 {
				t.Errorf("it took %d steps", len(f.steps))
			}
			_, single := n.calls()
			if whole := name == "whole" || name == "too many"; whole == (single > 1) { // the last block may be alone
				t.Errorf("%d of %d blocks were read alone, in %d batches", single, len(c), len(b.asked()))
			}
		})
	}
}

// TestBatchReorganizes: batches are read while the chain grows and reorganizes and calls fail.
func TestBatchReorganizes(t *testing.T) {
	t.Parallel()
	c := life()
	other := c.branch(250, 60, 5, 7)
	n := newNode(c.to(120))
	calls := 0
	b := &batcher{node: n, answer: func(b *batcher, _ context.Context, from pastel.Height, blocks [][]byte) ([][]byte, error) {
		b.mu.Lock()
		defer b.mu.Unlock()
		calls++
		for i := range blocks { // every third batch is from the branch, whether or not it is the best chain
			if h := int(from) + i; calls%3 == 0 && h < len(other) {
				blocks[i] = other[h].Bytes()
			}
		}
		return blocks, nil
	}}
	f := followWith(t, n, &chain.Memory{}, chain.FollowerConfig{Node: b, Poll: poll})
	f.await(t)
	for i, next := range []line{c.to(160), c.to(300), other, c} {
		n.ail(uint64(i), 6, allFaults()...)
		n.become(next)
		for range 20 {
			f.settle(t)
		}
		n.heal()
		f.await(t)
		mustMatch(t, f, next)
	}
	f.stopped(t)
	if calls < 3 {
		t.Errorf("%d batches", calls)
	}
}

// TestBatchSteps: steps are as long as without batches.
func TestBatchSteps(t *testing.T) {
	t.Parallel()
	c := line(nil).grow(1, 2510)
	n := newNode(c)
	f := followWith(t, n, &chain.Memory{}, chain.FollowerConfig{Node: &batcher{node: n}, Poll: poll})
	f.await(t)
	f.stopped(t)
	mustMatch(t, f, c)
	var sizes []int
	for _, s := range f.steps {
		sizes = append(sizes, len(s.Blocks))
	}
	if !slices.Equal(sizes, []int{1000, 1000, 510}) {
		t.Errorf("steps of %d blocks", sizes)
	}
}

// TestBatchRefused: a node that answers no batches is asked for few.
func TestBatchRefused(t *testing.T) {
	t.Parallel()
	c := line(nil).grow(1, 900)
	n := newNode(c)
	b := &batcher{node: n, answer: batchAnswers["refused"]}
	f := followWith(t, n, &chain.Memory{}, chain.FollowerConfig{Node: b, Poll: poll})
	f.await(t)
	f.stopped(t)
	mustMatch(t, f, c)
	if asked := b.asked(); len(asked) == 0 || len(asked) > 30 {
		t.Errorf("%d batches for %d blocks", len(asked), len(c))
	}
}

// TestBatchShrinks: where blocks are large, batches are small, and they grow again.
func TestBatchShrinks(t *testing.T) {
	t.Parallel()
	const most, small, large = 50, 600, 800
	c := line(nil).grow(1, small)
	filler := pastel.NewTx(true, []pastel.TxIn{{ScriptSig: make([]byte, 80<<10)}}, []pastel.TxOut{{Value: 1}})
	for range large {
		c = append(c, c.next(0, nil, *filler))
	}
	c = c.grow(1, small)
	n := newNode(c)
	b := &batcher{node: n}
	f := followWith(t, n, &chain.Memory{}, chain.FollowerConfig{Node: b, Poll: poll, Fetchers: 1})
	f.await(t)
	f.stopped(t)
	mustMatch(t, f, c)
	before, middle, after := 0, 0, 0
	for _, x := range b.asked() {
		switch at := int(x.from); {
		case at+x.n <= small:
			before = max(before, x.n)
		case at >= small+large:
			after = max(after, x.n)
		case at >= small+large*3/4 && x.length > 2<<20:
			t.Errorf("a batch of %d blocks of %d bytes together", x.n, x.length)
		case at >= small+large*3/4:
			middle = max(middle, x.n)
		}
	}
	if before != most || middle < 10 || after != most {
		t.Errorf("batches of up to %d small blocks, then %d large ones, then %d small ones", before, middle, after)
	}
}

// TestBatchFirst: the first batch is small, and no other is asked for before it tells how large blocks are.
func TestBatchFirst(t *testing.T) {
	t.Parallel()
	filler := pastel.NewTx(true, []pastel.TxIn{{ScriptSig: make([]byte, 1<<20)}}, []pastel.TxOut{{Value: 1}})
	large := line(nil)
	for range 30 {
		large = append(large, large.next(0, nil, *filler))
	}
	for name, x := range map[string]struct {
		chain line
		then  []int // blocks of the next batches
	}{"small": {line(nil).grow(1, 60), []int{8, 8}}, "large": {large, nil}} {
		n := newNode(x.chain)
		b := &batcher{node: n}
		f := followWith(t, n, &chain.Memory{}, chain.FollowerConfig{Node: b, Poll: poll, Fetchers: 2})
		f.await(t)
		f.stopped(t)
		mustMatch(t, f, x.chain)
		asked := b.asked()
		if asked[0].n != 4 || len(asked) < 1+len(x.then) {
			t.Fatalf("%s: batches %v", name, asked)
		}
		for i, want := range x.then {
			if got := asked[1+i].n; got < want {
				t.Errorf("%s: batch %d is of %d blocks, want at least %d, as the first one was small", name, 1+i, got, want)
			}
		}
		for _, later := range asked[1:] {
			if later.length > 4<<20 {
				t.Errorf("%s: a batch of %d blocks, %d bytes", name, later.n, later.length)
			}
		}
	}
}

// TestBatchSingle: a block that arrives alone is read alone.
func TestBatchSingle(t *testing.T) {
	t.Parallel()
	c := life()
	n := newNode(c.to(0))
	b := &batcher{node: n}
	f := followWith(t, n, &chain.Memory{}, chain.FollowerConfig{Node: b, Poll: poll})
	f.await(t)
	for h := pastel.Height(1); h < 20; h++ {
		n.become(c.to(h))
		f.await(t)
	}
	f.stopped(t)
	if asked := b.asked(); len(asked) > 0 {
		t.Errorf("%d batches", len(asked))
	}
}
