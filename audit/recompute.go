package audit

import (
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// prepared is a prepared block, or the error of reading it.
type prepared struct {
	block *pool.Prepared
	err   error
}

// A ReadError says that the next block could not be read: its source is unreachable, ends too early or returned something else.
type ReadError struct{ err error }

func (e *ReadError) Error() string { return e.err.Error() }

// Unwrap returns the source's error.
func (e *ReadError) Unwrap() error { return e.err }

// Recompute applies blocks to an empty state and passes each block's update to every watcher, in order. It prepares blocks on all cores. If it fails, the
// state is as of the last good block, and the error is one of these:
//   - *pool.BlockError: the block breaks the rules;
//   - *pool.OrderError: a block does not follow the one before; a node that reorganizes meanwhile gives such blocks;
//   - *pool.InvariantError: a bug in the rules;
//   - *ReadError: a block could not be read, which says nothing about the chain.
func Recompute(state *pool.State, blocks Blocks, watch ...func(*pool.Update)) error {
	net := state.Params()
	stop := make(chan struct{})
	defer close(stop)
	for b := range ahead(stop, func(yield func(func() prepared) bool) {
		h := pastel.Height(0)
		for read := range blocks {
			at := h
			if h++; !yield(func() prepared {
				b, err := read()
				if err != nil {
					return prepared{err: err}
				}
				return prepared{block: pool.Prepare(&net, at, b)}
			}) {
				return
			}
		}
	}) {
		if b.err != nil {
			return &ReadError{b.err}
		}
		u, err := state.Apply(b.block)
		if err != nil {
			return err
		}
		for _, w := range watch {
			w(u)
		}
	}
	return nil
}
