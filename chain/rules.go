package chain

import (
	"context"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Rules is what an upgraded node asks of the smart pool rules (docs/pasteld.md). Ledger answers in process, nodeapi.Client over HTTP. An
// error other than *RefusedError means that there is no answer; the node must then accept nothing.
type Rules interface {
	// Tip returns the position of the rules; height -1 before the genesis block.
	Tip(ctx context.Context) (Position, error)
	// Connect applies a block on top of the tip (pasteld: ConnectBlock). *RefusedError means that the block breaks a rule.
	Connect(ctx context.Context, block []byte) error
	// Disconnect takes back the tip, whose hash must be given (pasteld: DisconnectBlock).
	Disconnect(ctx context.Context, hash pastel.BlockHash) error
	// CheckTx checks whether a transaction may enter the mempool, to be mined on top of the tip in a block of this time, in seconds since
	// 1970 (pasteld: AcceptToMemoryPool). *RefusedError says why not.
	CheckTx(ctx context.Context, tx []byte, time uint32) error
	// Payouts returns the payout transactions that the block after tip may contain, oldest first. They enter blocks only through templates
	// (pasteld: CreateNewBlock).
	Payouts(ctx context.Context) (payouts []*pastel.Tx, tip pastel.BlockHash, err error)
	// Supernode returns the Supernode whose collateral reference is (activation, ffffffff), as of tip; nil if the reference is not an
	// accepted activation ticket (pasteld: CMasternode::CheckCollateral, payment votes, mnb and mnid checks).
	Supernode(ctx context.Context, activation pastel.TxID) (sn *Supernode, tip pastel.BlockHash, err error)
	// CheckLaunch checks by a launch statement whether a machine may run a pool's Supernode. It does not check whether the Supernode is
	// active. *RefusedError says why not (pasteld: mnb checks).
	CheckLaunch(ctx context.Context, launch *ticket.Launch) (tip pastel.BlockHash, err error)
}

// Position is where the rules are: their last block, and a locator of the chain below it.
type Position struct {
	pool.Tip
	// Locator lists blocks at growing distances below the tip, including the block MaxReorg below it; the genesis block is last. It shows a
	// node whether the rules can follow its chain before they take anything back.
	Locator []Point
}

// Point identifies a block by height and hash.
type Point struct {
	Height pastel.Height
	Hash   pastel.BlockHash
}

// Fork returns the highest listed block on a node's chain; false if none is.
func (p *Position) Fork(holds func(Point) bool) (Point, bool) {
	if tip := (Point{p.Height, p.Hash}); tip.Height >= 0 && holds(tip) {
		return tip, true
	}
	i := slices.IndexFunc(p.Locator, holds)
	if i < 0 {
		return Point{}, false
	}
	return p.Locator[i], true
}

// Supernode is a Supernode backed by a pool; it is paused or gone along with its pool (protocol 7).
type Supernode struct {
	Pool      ticket.PoolID
	PastelID  pastelid.PastelID // its identity, supernode_pastel_id
	Payee     pastel.Script     // the pool's escrow script
	Activated pastel.Height     // the block of the activation ticket
	Status    SupernodeStatus
}

// SupernodeStatus says how nodes treat a pool's Supernode.
type SupernodeStatus string

// Statuses of a pool's Supernode.
const (
	SupernodeActive SupernodeStatus = "active" // the pool is active: nodes vote for the Supernode and pay it
	SupernodePaused SupernodeStatus = "paused" // the pool is replenishing: nodes keep the Supernode, but neither vote for it nor pay it
	SupernodeGone   SupernodeStatus = "gone"   // the pool has ended
)

// A RefusedError says that the rules refuse a block or a transaction. Reason is stable, for programs: a ticket's reject reason (protocol 6)
// or one of the constants below.
type RefusedError struct {
	Reason string
	Detail string
}

// Reasons in addition to those of tickets.
const (
	RefusedEscrow = "escrow_spend" // it spends escrow and is not a currently valid payout (protocol 4b)
	RefusedBlock  = "bad_block"    // it does not parse or does not follow the tip

	RefusedActivation = "unknown_activation"              // no accepted activation ticket has this id
	RefusedKey        = "bad_key"                         // the machine's key is not in the form that launches sign
	RefusedTime       = string(ticket.ReasonBadTime)      // the launch time is invalid
	RefusedSignature  = string(ticket.ReasonBadSignature) // the Supernode's PastelID did not sign this launch
)

func (e *RefusedError) Error() string { return fmt.Sprintf("%s: %s", e.Reason, e.Detail) }
