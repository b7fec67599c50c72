package chain_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
)

// node is a Node over blocks in memory. Its best chain may change at any time, and it may misbehave.
type node struct {
	mu     sync.Mutex
	best   line
	blocks map[pastel.BlockHash]*pastel.Block // of all chains it ever had
	looks  int                                // calls of Reading
	asked  int                                // calls of Block
	peers  int

	headers     pastel.Height // that it knows of, if above its tip
	downloading bool

	rng    *rand.Rand
	faults []fault // ways in which calls fail at random while rng is set
	rate   int     // one in rate calls fails
}

func newNode(best line) *node {
	n := &node{blocks: map[pastel.BlockHash]*pastel.Block{}}
	n.become(best)
	return n
}

// become changes the best chain.
func (n *node) become(best line) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, b := range best {
		n.blocks[b.Hash()] = b
	}
	n.best = best
}

// ail makes one in rate calls fail, in one of these ways.
func (n *node) ail(seed uint64, rate int, faults ...fault) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rng, n.rate, n.faults = rand.New(rand.NewPCG(seed, 1)), rate, faults
}

func (n *node) heal() {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.rng = nil
}

// calls returns how often callers asked for the tip and for blocks.
func (n *node) calls() (looks, blocks int) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.looks, n.asked
}

func (n *node) tipHash() pastel.BlockHash {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.best[n.best.tip()].Hash()
}

// fault is a way to fail.
type fault string

const (
	faultError     fault = "error"
	faultTimeout   fault = "timeout"
	faultMissing   fault = "missing"
	faultGarbage   fault = "garbage"
	faultTruncated fault = "truncated"
	faultOther     fault = "another block"
	faultForgery   fault = "lie" // a false tip, or the hash of another block
)

func allFaults() []fault {
	return []fault{faultError, faultTimeout, faultMissing, faultGarbage, faultTruncated, faultOther, faultForgery}
}

var errAway = errors.New("connection refused")

// befall waits, or returns a call's error or fault.
func (n *node) befall(ctx context.Context) (f fault, pick int, err error) {
	n.mu.Lock()
	if n.rng != nil && n.rng.IntN(n.rate) == 0 {
		f, pick = n.faults[n.rng.IntN(len(n.faults))], n.rng.IntN(1<<20)
	}
	n.mu.Unlock()
	switch f {
	case faultError:
		return f, pick, errAway
	case faultMissing:
		return f, pick, chain.ErrNotFound
	case faultTimeout:
		ctx, cancel := context.WithTimeout(ctx, time.Millisecond)
		defer cancel()
		<-ctx.Done()
		return f, pick, ctx.Err()
	default:
		return f, pick, ctx.Err()
	}
}

// Reading implements chain.Node.
func (n *node) Reading(ctx context.Context) (chain.Reading, error) {
	n.mu.Lock()
	n.looks++
	n.mu.Unlock()
	f, pick, err := n.befall(ctx)
	if err != nil {
		return chain.Reading{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	h := n.best.tip()
	if h < 0 {
		return chain.Reading{Height: -1, Headers: -1}, nil
	}
	hash := n.best[h].Hash()
	if f == faultForgery {
		forged := []pastel.Height{-7, -1, 0, h / 2, h - 1, h + 1, h + 5, 1 << 30}
		return chain.Reading{Height: forged[pick%len(forged)], Hash: pastel.BlockHash{byte(pick)}, Headers: -1}, nil
	}
	return chain.Reading{Height: h, Hash: hash, Headers: max(n.headers, h), Downloading: n.downloading}, nil
}

// Peers implements chain.Node.
func (n *node) Peers(context.Context) (int, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.peers, nil
}

// HashAt implements chain.Node.
func (n *node) HashAt(ctx context.Context, h pastel.Height) (pastel.BlockHash, error) {
	f, pick, err := n.befall(ctx)
	if err != nil {
		return pastel.BlockHash{}, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if h < 0 || h > n.best.tip() {
		return pastel.BlockHash{}, fmt.Errorf("block %d: %w", h, chain.ErrNotFound)
	}
	// A node that forges the genesis block, or a hundred blocks in a row, is on another chain.
	if f == faultForgery && h > 0 && h > n.best.tip()/2 {
		return n.best[pick%len(n.best)].Hash(), nil
	}
	return n.best[h].Hash(), nil
}

// Block implements chain.Node.
func (n *node) Block(ctx context.Context, hash pastel.BlockHash) ([]byte, error) {
	f, pick, err := n.befall(ctx)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked++
	b := n.blocks[hash]
	if b == nil {
		return nil, fmt.Errorf("block %s: %w", hash, chain.ErrNotFound)
	}
	raw := b.Bytes()
	switch f {
	case faultGarbage:
		raw = append([]byte(nil), raw...)
		raw[pick%len(raw)] ^= 1 << (pick % 8)
	case faultTruncated:
		raw = raw[:pick%len(raw)]
	case faultOther:
		raw = n.best[pick%len(n.best)].Bytes()
	default:
	}
	return raw, nil
}
