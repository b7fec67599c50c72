package chain

import (
	"fmt"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// PoolIndex is the output index in the collateral reference of a pool's Supernode; the txid is the activation's (protocol 7).
const PoolIndex = 0xffffffff

// Listing is a node's list of all Supernodes.
type Listing struct {
	At     time.Time
	Whole  bool // the node has synced the network's list; a node just started may lack any Supernode
	Listed map[pastel.OutPoint]Listed
	Unread map[pastel.TxID]bool // transactions of collaterals of which an entry cannot be read, or two contradict each other
	Odd    int                  // entries that are not listed
	Hidden bool                 // one of them does not even say whose it is: any Supernode that is not listed may be meant
}

// Listed is a Supernode in a node's list.
type Listed struct {
	Status  string         // the node's word, such as ENABLED
	Payee   pastel.Address // zero if it has none
	Address string         // IP:port
}

// SupernodeState is the state of a pool's Supernode, by the rules and a node's list.
type SupernodeState string

// States of a pool's Supernode. Programs depend on these words: they never change.
const (
	SupernodeRunning   SupernodeState = "running"   // listed, and pays to the pool's escrow
	SupernodePausing   SupernodeState = "paused"    // the pool is replenishing: nodes neither vote for the Supernode nor pay it
	SupernodeMissing   SupernodeState = "gone"      // the pool is active, but the list has no working Supernode for it: launch it
	SupernodeElsewhere SupernodeState = "elsewhere" // listed with a payee other than the pool's escrow
	SupernodeEnded     SupernodeState = "ended"     // the pool has ended: the machine may be shut down
	SupernodeUnknown   SupernodeState = "unknown"   // no recent list, or the node itself does not know, or says it in a way that cannot be read
)

// SupernodeStates lists all states.
func SupernodeStates() []SupernodeState {
	return []SupernodeState{SupernodeRunning, SupernodePausing, SupernodeMissing, SupernodeElsewhere, SupernodeEnded, SupernodeUnknown}
}

// works lists the statuses of Supernodes that pasteld votes for, or will vote for once it hears from their machine.
var works = []string{"ENABLED", "PRE_ENABLED"}

// fails lists the statuses of Supernodes that it does not vote for. What any other status means is not known.
var fails = []string{"EXPIRED", "OUTPOINT_SPENT", "UPDATE_REQUIRED", "WATCHDOG_EXPIRED", "NEW_START_REQUIRED", "POSE_BAN"}

// Working returns how many Supernodes the list has that are voted for, or will be once their machine is heard of.
func (l *Listing) Working() (n int) {
	for _, sn := range l.Listed {
		if slices.Contains(works, sn.Status) {
			n++
		}
	}
	return n
}

// Explain says what a state means for a pool and what to do. listed is the status that the node lists, made fit to be shown, and payee whom
// its payments go to; both may be empty.
func (s SupernodeState) Explain(pool, listed, payee string) string {
	switch s {
	case SupernodeRunning:
		return "The node lists it, with the pool's escrow as payee."
	case SupernodePausing:
		return "The pool is short of collateral. Leave the machine running: the Supernode resumes by itself once enough is pledged."
	case SupernodeMissing:
		how := "The node does not list it"
		if listed != "" {
			how = "The node lists it as " + listed
		}
		return fmt.Sprintf("%s, so it earns nothing. The operator must make sure that its machine runs, then launch it, even if it ran before: smartpool supernode launch %s",
			how, pool)
	case SupernodeElsewhere:
		return fmt.Sprintf("Its payments go to %s instead of the pool's escrow, so members earn nothing. The operator must launch it on an upgraded node.", payee)
	case SupernodeEnded:
		return "The pool has ended and no longer backs a Supernode. The operator may shut its machine down."
	default:
		return "The daemon cannot tell: it follows no node, or the node is away, behind or has no readable list."
	}
}

// JudgeSupernode returns the state of the Supernode of a pool that was activated. list is nil if there is no recent list.
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
	case list.Unread[activation], !listed && (!list.Whole || list.Hidden):
		return SupernodeUnknown
	case !listed || slices.Contains(fails, sn.Status):
		return SupernodeMissing
	case !slices.Contains(works, sn.Status):
		return SupernodeUnknown
	case sn.Payee == (pastel.Address{}): // the node's rules gave no answer
		return SupernodeUnknown
	case sn.Payee != escrow:
		return SupernodeElsewhere
	}
	return SupernodeRunning
}
