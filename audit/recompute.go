package audit

import (
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// prepared is a block that was read and prepared, or why not.
type prepared struct {
	block *pool.Prepared
	err   error
}

// A ReadError says that the next block could not be read: its source is away, wrong or at its end too early.
type ReadError struct{ err error }

func (e *ReadError) Error() string { return e.err.Error() }

// Unwrap returns what the source said.
func (e *ReadError) Unwrap() error { return e.err }

// Recompute applies blocks to a state without any, and shows each block's update to every watcher. It uses all cores. On an error the
// state is that of the last block before:
//   - *pool.BlockError: the block breaks the rules;
//   - *pool.OrderError: the blocks are of no one chain; a node's are not if it reorganized meanwhile;
//   - *pool.InvariantError: the rules are at fault;
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
