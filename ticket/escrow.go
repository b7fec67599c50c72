package ticket

import (
	"crypto/sha256"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Opcodes of the escrow redeem script.
const (
	opNop10 = 0xb9
	opDrop  = 0x75
	op1     = 0x51
)

// escrowTagSize is the number of bytes of a pool id's SHA-256 in its escrow redeem script.
const escrowTagSize = 20

// EscrowRedeemScript returns the redeem script of a pool's escrow address, 24 bytes (protocol 8): a push of the first 20 bytes
// of the id's SHA-256, OP_NOP10, OP_DROP, OP_1. Nobody holds a key for it, and no node relays what spends through it.
func EscrowRedeemScript(id PoolID) []byte {
	hash := sha256.Sum256([]byte(id))
	return append(append([]byte{escrowTagSize}, hash[:escrowTagSize]...), opNop10, opDrop, op1)
}

// EscrowAddress returns the address that receives a pool's rewards. Never show it as a place to send coins to.
func EscrowAddress(id PoolID) pastel.Address {
	return pastel.Address{Kind: pastel.AddressP2SH, Hash: pastel.Hash160(EscrowRedeemScript(id))}
}

// SpendsEscrow reports whether a script signature only pushes and the last push is an escrow redeem script, of any pool (protocol
// 4b).
func SpendsEscrow(scriptSig []byte) bool {
	const size = 1 + escrowTagSize + 3
	if n := len(scriptSig); n <= size || scriptSig[n-1] != op1 || scriptSig[n-2] != opDrop || scriptSig[n-3] != opNop10 ||
		scriptSig[n-size] != escrowTagSize {
		return false // nearly everything but spends of escrow returns here
	}
	last, ok := pastel.LastPush(scriptSig)
	return ok && len(last) == size
}
