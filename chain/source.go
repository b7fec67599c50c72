package chain

import (
	"context"
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
)

// ErrNotFound says that a node or a store has no such block or transaction.
var ErrNotFound = errors.New("not found")

// ErrAway says that a node does not answer now: it is unreachable, starting, busy or slow. The same request may succeed later.
var ErrAway = errors.New(unreachable)

// unreachable is how a node is away that says nothing of itself.
const unreachable = "node unreachable"

// Away returns, for an error of a node that does not do its work now, in which way it does not, in words that name no host, user or file; ""
// for any other error. Errors tell it by a method Away.
func Away(err error) string {
	var says interface {
		error
		Away() string
	}
	if errors.As(err, &says) && says.Away() != "" {
		return says.Away()
	}
	if errors.Is(err, ErrAway) {
		return unreachable
	}
	return ""
}

// ErrPruned says that a node has deleted a block that it once had, and so cannot be followed from there.
var ErrPruned = errors.New("the node is pruned: it has deleted this block; use a full node, which runs without -prune and has all blocks")

// Reading is what a node says about its best chain, at one moment.
type Reading struct {
	Height      pastel.Height    // of the last block
	Hash        pastel.BlockHash // of the last block
	Headers     pastel.Height    // of the best header that the node knows; -1 if it does not say
	Downloading bool             // the node says that it is still downloading the chain; pasteld 2.2.10 never says so
}

// Node is a node whose best chain is followed.
type Node interface {
	Source
	// Reading returns what the node says about its best chain.
	Reading(ctx context.Context) (Reading, error)
	// Peers returns how many other nodes it is connected to.
	Peers(ctx context.Context) (int, error)
}

// Source is a node that blocks are read from. It must be safe for concurrent use. Nothing it returns is trusted: blocks are hashed,
// parsed and checked against their parents. Errors of an unreachable node wrap ErrAway.
type Source interface {
	// HashAt returns the block of the best chain at a height; ErrNotFound above the tip.
	HashAt(ctx context.Context, h pastel.Height) (pastel.BlockHash, error)
	// Block returns a block's bytes, even if the block left the best chain; ErrNotFound if the node does not have it.
	Block(ctx context.Context, hash pastel.BlockHash) ([]byte, error)
}

// Batcher is a Source that can be asked for several blocks at once.
type Batcher interface {
	// Blocks returns the bytes of the n blocks of the best chain from a height on, or of the first of them, at least one. If it returns an
	// error, or fewer blocks, the next one must be asked for by HashAt and Block, which tell what is wrong.
	Blocks(ctx context.Context, from pastel.Height, n int) ([][]byte, error)
}

// BlockAt reads the block at a height of a node's best chain, and checks its hash; ErrNotFound above the tip.
func BlockAt(ctx context.Context, node Source, h pastel.Height) (*pastel.Block, error) {
	hash, err := node.HashAt(ctx, h)
	if err != nil {
		return nil, fmt.Errorf("block %d: %w", h, err)
	}
	raw, err := node.Block(ctx, hash)
	if err != nil {
		return nil, fmt.Errorf("block %d: %w", h, err)
	}
	b, err := pastel.ParseBlock(raw)
	if err == nil && b.Hash() != hash {
		err = fmt.Errorf("its hash is %s", b.Hash())
	}
	if err != nil {
		return nil, fmt.Errorf("the node returned a wrong block %d for %s: %w", h, hash, err)
	}
	return b, nil
}

// Header is what a node says about a block, without its transactions.
type Header struct {
	Hash, Prev    pastel.BlockHash
	Height        pastel.Height
	Time          uint32 // seconds since 1970
	Confirmations int    // -1 off the best chain
}

// A sourceError is the fault of the node or the network. It may pass, so the follower retries.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }
