package pool

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
)

// A BlockError says that a block breaks a rule of the protocol. The state is unchanged.
type BlockError struct {
	Height pastel.Height
	Block  pastel.BlockHash
	TxID   pastel.TxID // the offending transaction; zero if the whole block is at fault
	Detail string
}

func (e *BlockError) Error() string {
	if e.TxID == (pastel.TxID{}) {
		return fmt.Sprintf("block %d (%s): %s", e.Height, e.Block, e.Detail)
	}
	return fmt.Sprintf("block %d (%s): transaction %s: %s", e.Height, e.Block, e.TxID, e.Detail)
}

// An OrderError says that a block does not continue the state's chain. The state is unchanged; the caller must first revert to the
// common ancestor.
type OrderError struct {
	Tip    Tip
	Height pastel.Height
	Prev   pastel.BlockHash
}

func (e *OrderError) Error() string {
	if e.Tip.Height < 0 {
		return fmt.Sprintf("block %d (parent %s) cannot be the first: a state starts with block 0, which has no parent",
			e.Height, e.Prev)
	}
	return fmt.Sprintf("block %d (parent %s) does not follow block %d (%s)", e.Height, e.Prev, e.Tip.Height, e.Tip.Hash)
}

// An InvariantError says that the rules contradict themselves: a bug in this package and never the input's fault. Do not use the state
// any more unless the failing call says otherwise.
type InvariantError struct {
	Height pastel.Height
	Detail string
}

func (e *InvariantError) Error() string {
	return fmt.Sprintf("internal error at block %d: %s; please report this with the block", e.Height, e.Detail)
}

// OtherLedgerError says that a state is of another network, or of a run with another start. It may be perfectly sound.
type OtherLedgerError struct {
	Network, Want string // names of networks
	text          string
}

func (e *OtherLedgerError) Error() string { return e.text }
