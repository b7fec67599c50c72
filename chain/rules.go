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

// Rules is what an upgraded node asks of the smart pool rules (docs/pasteld.md). Ledger answers in process, a nodeapi.Client
// over HTTP. An error that is not a *RefusedError means that there is no answer: the node must then accept nothing.
type Rules interface {
	// Tip returns where the rules are; height -1 before the genesis block.
	Tip(ctx context.Context) (Position, error)
	// Connect applies a block on top of the tip (pasteld: ConnectBlock). *RefusedError means the block breaks a rule.
	Connect(ctx context.Context, block []byte) error
	// Disconnect takes the tip back (pasteld: DisconnectBlock); hash must be the tip's.
	Disconnect(ctx context.Context, hash pastel.BlockHash) error
	// CheckTx asks whether a transaction may enter the mempool, to be mined on top of the tip by a block of this time, in
	// seconds since 1970 (pasteld: AcceptToMemoryPool). *RefusedError says why not.
	CheckTx(ctx context.Context, tx []byte, time uint32) error
	// Payouts returns the payout transactions that the block after tip may hold, oldest first. They reach blocks through templates
	// alone (pasteld: CreateNewBlock).
	Payouts(ctx context.Context) (payouts []*pastel.Tx, tip pastel.BlockHash, err error)
	// Supernode returns what the rules know at tip of the Supernode whose collateral reference is (activation, ffffffff); nil if that
	// is no accepted activation ticket (pasteld: CMasternode::CheckCollateral, payment votes, mnb and mnid checks).
	Supernode(ctx context.Context, activation pastel.TxID) (sn *Supernode, tip pastel.BlockHash, err error)
	// CheckLaunch asks whether a machine may run a pool's Supernode, by the statement it shows; whether the Supernode is active is
	// another question. *RefusedError says why not (pasteld: mnb checks).
	CheckLaunch(ctx context.Context, launch *ticket.Launch) (tip pastel.BlockHash, err error)
}

// Position is where the rules are: their last block, and a locator of the chain below it.
type Position struct {
	pool.Tip
	// Locator lists blocks at growing distances below the tip, the genesis block last, and the block MaxReorg below it among them. It
	// tells a node whether the rules can follow it before they take anything back.
	Locator []Point
}

// Point is a block by its place.
type Point struct {
	Height pastel.Height
	Hash   pastel.BlockHash
}

// Fork returns the highest of the listed blocks that a node holds on its chain; false if it holds none.
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

// Supernode is a Supernode that a pool backs, paused or gone as the pool is (protocol 7).
type Supernode struct {
	Pool      ticket.PoolID
	PastelID  pastelid.PastelID // its identity, supernode_pastel_id
	Payee     pastel.Script     // the pool's escrow script
	Activated pastel.Height     // the block of the activation ticket
	Status    SupernodeStatus
}

// SupernodeStatus says what a node makes of a pool's Supernode.
type SupernodeStatus string

// The statuses of a pool's Supernode.
const (
	SupernodeActive SupernodeStatus = "active" // the pool is active: it is voted for and paid
	SupernodePaused SupernodeStatus = "paused" // the pool is replenishing: it is kept, but neither voted for nor paid
	SupernodeGone   SupernodeStatus = "gone"   // the pool ended
)

// A RefusedError says that the rules do not allow a block or a transaction. Reason is stable, for programs: a ticket's
// reject reason (protocol 6) or one of the constants below.
type RefusedError struct {
	Reason string
	Detail string
}

// Reasons beside those of tickets.
const (
	RefusedEscrow = "escrow_spend" // it spends escrow and is not a payout that is valid now (protocol 4b)
	RefusedBlock  = "bad_block"    // it does not parse or does not follow the tip

	RefusedActivation = "unknown_activation"              // no accepted activation ticket has this id
	RefusedKey        = "bad_key"                         // the machine's key is not of the form that is signed
	RefusedTime       = string(ticket.ReasonBadTime)      // the time of a launch is none
	RefusedSignature  = string(ticket.ReasonBadSignature) // the Supernode's PastelID did not sign this launch
)

func (e *RefusedError) Error() string { return fmt.Sprintf("%s: %s", e.Reason, e.Detail) }
