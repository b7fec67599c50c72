package chain

import (
	"context"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Rules is what an upgraded node asks of the smart pool rules (docs/pasteld.md). Ledger answers in process, a nodeapi.Client
// over HTTP. An error that is not a *RefusedError means that there is no answer: the node must then accept nothing.
type Rules interface {
	// Tip returns the last block that the rules hold; height -1 before the genesis block.
	Tip(ctx context.Context) (pool.Tip, error)
	// Connect applies a block on top of the tip (pasteld: ConnectBlock). *RefusedError means the block breaks a rule.
	Connect(ctx context.Context, block []byte) error
	// Disconnect takes the tip back (pasteld: DisconnectBlock); hash must be the tip's.
	Disconnect(ctx context.Context, hash pastel.BlockHash) error
	// CheckTx asks whether a transaction may enter the mempool, to be mined on top of the tip by a block of this time, in
	// seconds since 1970 (pasteld: AcceptToMemoryPool). *RefusedError says why not.
	CheckTx(ctx context.Context, tx []byte, time uint32) error
	// Payouts returns the payout transactions that the next block may hold, oldest first. They reach blocks through templates alone
	// (pasteld: CreateNewBlock).
	Payouts(ctx context.Context) ([]*pastel.Tx, error)
	// Supernode returns the Supernode whose collateral reference is (activation, ffffffff), or nil if no active pool backs one
	// (pasteld: CMasternode::CheckCollateral, mnb and mnid checks).
	Supernode(ctx context.Context, activation pastel.TxID) (*Supernode, error)
}

// Supernode is a Supernode that an active pool backs (protocol 7).
type Supernode struct {
	Pool     ticket.PoolID
	PastelID pastelid.PastelID // its identity, supernode_pastel_id
	Payee    pastel.Script     // the pool's escrow script
}

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
)

func (e *RefusedError) Error() string { return fmt.Sprintf("%s: %s", e.Reason, e.Detail) }
