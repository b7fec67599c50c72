package pool

import (
	"crypto/sha256"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Prepared is a block with everything done that needs no state. It keeps the block's bytes alive until it is applied.
type Prepared struct {
	Height pastel.Height
	Hash   pastel.BlockHash
	Prev   pastel.BlockHash
	Time   uint32 // of the header, seconds since 1970
	Txs    []pastel.Tx

	carried []carried // what the transactions carry, in block order
}

// carried is a registration or a ticket in a transaction of a block.
type carried struct {
	index int // of the transaction in the block

	registers  bool
	registrant pastelid.PastelID

	reason   ticket.Reason // why the ticket is not well formed; empty if one of the following is set
	init     *initFacts
	part     *partFacts
	activate *activateFacts
}

// initFacts is what an init ticket tells without any state. Errors stand for checks whose turn comes later.
type initFacts struct {
	pool       Terms
	terms      ticket.Reason // of the numbers and the id
	pastelIDs  error
	feeAddress error
	signed     bool // both signatures hold
}

// partFacts is what a participation ticket tells without any state.
type partFacts struct {
	pool          ticket.PoolID
	coins         int64
	who           pastelid.PastelID
	pastelID      error
	output        pastel.OutPoint
	outputOK      bool
	reward        pastel.Address
	rewardAddress error
	time          int64 // seconds since 1970
	timeStamp     error
	statement     [32]byte        // SHA-256 of the pledge statement
	signedByID    bool            // pledge_signature holds
	signer        *pastel.KeyHash // whose key made address_signature, nil if none did
}

// activateFacts is what an activation ticket tells without any state. Its signature is the operator's, whom only the state
// knows.
type activateFacts struct {
	pool         ticket.PoolID
	all          bool // an empty list means every live pledge
	participants []pair
	duplicates   bool
	signedBy     func(operator pastelid.PastelID) bool
}

// pair is a PastelID and the key hash of a pledged address; not ok if either is not well formed.
type pair struct {
	who   pastelid.PastelID
	owner pastel.KeyHash
	ok    bool
}
