package chain

import (
	"context"
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
)

// ErrNotFound says that a node or a store has no such block or transaction.
var ErrNotFound = errors.New("not found")

// ErrAway says that a node does not answer now: it is away, starting, too busy or too slow. What it was asked may work later as it is.
var ErrAway = errors.New("the node is away")

// Source is a node whose best chain is followed. It may be asked from several goroutines at once, and nothing it says is
// trusted: blocks are hashed, parsed and checked against their parents. ErrAway is among the errors of a node that is away.
type Source interface {
	// Tip returns the last block of the node's best chain.
	Tip(ctx context.Context) (pastel.Height, pastel.BlockHash, error)
	// HashAt returns the block of the best chain at a height; ErrNotFound above the tip.
	HashAt(ctx context.Context, h pastel.Height) (pastel.BlockHash, error)
	// Block returns a block's bytes, also of one that left the best chain; ErrNotFound if the node does not have it.
	Block(ctx context.Context, hash pastel.BlockHash) ([]byte, error)
}

// BlockAt reads the block of a node's best chain at a height, and checks that it is the one that the node names; ErrNotFound above the tip.
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
		err = fmt.Errorf("it is %s", b.Hash())
	}
	if err != nil {
		return nil, fmt.Errorf("the node gave something else for block %d, %s: %w", h, hash, err)
	}
	return b, nil
}

// Header is what a node tells of a block without its transactions.
type Header struct {
	Hash, Prev    pastel.BlockHash
	Height        pastel.Height
	Time          uint32 // seconds since 1970
	Confirmations int    // -1 off the best chain
}

// A sourceError is the node's fault or the network's: it passes, so the follower tries again.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }
