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

// escrowTagSize is how many bytes of SHA-256 of a pool's id its escrow redeem script holds.
const escrowTagSize = 20

// EscrowRedeemScript returns the script behind a pool's escrow address, 24 bytes (protocol 8): a push of the first 20 bytes of
// SHA-256 of the id, OP_NOP10, OP_DROP, OP_1. Nobody holds a key for it, and no node relays what spends through it.
func EscrowRedeemScript(id PoolID) []byte {
	hash := sha256.Sum256([]byte(id))
	return append(append([]byte{escrowTagSize}, hash[:escrowTagSize]...), opNop10, opDrop, op1)
}

// EscrowAddress returns the address that a pool's rewards are paid to. Never show it as a place to send coins to.
func EscrowAddress(id PoolID) pastel.Address {
	return pastel.Address{Kind: pastel.AddressP2SH, Hash: pastel.Hash160(EscrowRedeemScript(id))}
}

// SpendsEscrow reports whether a script signature ends in a push of an escrow redeem script, of whatever pool (protocol 4b): it
// only pushes, and the last push is one of bytes.
func SpendsEscrow(scriptSig []byte) bool {
	const size = 1 + escrowTagSize + 3
	if n := len(scriptSig); n <= size || scriptSig[n-1] != op1 || scriptSig[n-2] != opDrop || scriptSig[n-3] != opNop10 ||
		scriptSig[n-size] != escrowTagSize {
		return false // all but spends of escrow leave here
	}
	last, ok := pastel.LastPush(scriptSig)
	return ok && len(last) == size
}
