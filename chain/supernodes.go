package chain

import (
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// PoolIndex is the output index of a pool's Supernode, whose transaction is its activation (protocol 7).
const PoolIndex = 0xffffffff

// Listing is what a node tells of all Supernodes.
type Listing struct {
	At     time.Time
	Whole  bool // the node has the network's list; one that was just started may lack any Supernode
	Listed map[pastel.OutPoint]Listed
}

// Listed is a Supernode in a node's list.
type Listed struct {
	Status  string         // the node's word, such as ENABLED
	Payee   pastel.Address // zero if it has none
	Address string         // IP:port
}

// SupernodeState is how a pool's Supernode is doing, by the rules and by a node's list.
type SupernodeState string

// How a pool's Supernode may be doing. Programs go by these words: they never change.
const (
	SupernodeRunning   SupernodeState = "running"   // listed, and paid to the pool's escrow
	SupernodePausing   SupernodeState = "paused"    // the pool is replenishing: neither voted for nor paid
	SupernodeMissing   SupernodeState = "gone"      // the pool is active, and the list has no Supernode of it that works: it has to be launched
	SupernodeElsewhere SupernodeState = "elsewhere" // listed with another payee than the pool's escrow
	SupernodeEnded     SupernodeState = "ended"     // the pool ended: its machine may be shut down
	SupernodeUnknown   SupernodeState = "unknown"   // no node was asked lately, or it does not know itself
)

// SupernodeStates lists them all.
func SupernodeStates() []SupernodeState {
	return []SupernodeState{SupernodeRunning, SupernodePausing, SupernodeMissing, SupernodeElsewhere, SupernodeEnded, SupernodeUnknown}
}

// works are the statuses of Supernodes that pasteld votes for, or will once it has heard of their machine.
var works = []string{"ENABLED", "PRE_ENABLED"}

// JudgeSupernode tells how the Supernode of a pool that was activated is doing. list is nil if no node was asked lately.
func JudgeSupernode(status pool.Status, activation pastel.TxID, escrow pastel.Address, list *Listing) SupernodeState {
	switch supernodeStatus(status) {
	case SupernodeGone:
		return SupernodeEnded
	case SupernodePaused:
		return SupernodePausing
	case SupernodeActive:
	}
	if list == nil {
		return SupernodeUnknown
	}
	sn, listed := list.Listed[pastel.OutPoint{TxID: activation, Vout: PoolIndex}]
	switch {
	case !listed && !list.Whole:
		return SupernodeUnknown
	case !listed || !slices.Contains(works, sn.Status):
		return SupernodeMissing
	case sn.Payee == (pastel.Address{}): // the node's rules gave no answer
		return SupernodeUnknown
	case sn.Payee != escrow:
		return SupernodeElsewhere
	}
	return SupernodeRunning
}
