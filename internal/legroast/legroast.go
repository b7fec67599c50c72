// Package legroast signs and verifies with LegRoast (Beullens and Delpech de Saint Guilhem, 2020), the post-quantum signatures that pasteld
// makes besides Ed448: Legendre symbols modulo 2^127 - 1, 37 rounds of 64 parties, and SHAKE128. The caller provides the randomness.
// Development nodes need the package; the rules do not.
package legroast

import (
	"crypto/sha3"
	"encoding/binary"
	"errors"
	"sync"

	"github.com/mr-tron/base58"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Sizes, in bytes.
const (
	SecretSize    = 16
	PublicKeySize = symbols / 8
	SignatureSize = commitSize + outputSize + openSize + rounds*(depth*seedSize+hashSize)
)

// Parameters of pasteld's variant, its "Legendre, middle".
const (
	rounds   = 37
	perRound = 12 // symbols proved by a round
	depth    = 6  // of a round's seed tree
	parties  = 1 << depth
	symbols  = 1 << 15 // in a public key

	seedSize   = 16
	hashSize   = 32
	commitSize = hashSize + 2*rounds*elementSize
	outputSize = rounds * perRound * elementSize
	openSize   = hashSize + 2*rounds*elementSize
)

// A PublicKey holds the symbols of the secret number plus each of 32,768 fixed numbers: eight to a byte, the first in the lowest bit.
type PublicKey [PublicKeySize]byte

// prefix is the version prefix of a public key in base 58.
var prefix = []byte{0x51, 0xde}

// String returns the key as pasteld writes it: 5,600 characters of base 58 with a checksum.
func (k *PublicKey) String() string { return pastel.Base58CheckEncode(prefix, k[:]) }

// maxText limits the text of a key, in characters.
const maxText = 5700

// ParsePublicKey reads what String returns, and nothing else.
func ParsePublicKey(text string) (*PublicKey, error) {
	if len(text) <= maxText {
		if b, err := base58.Decode(text); err == nil && len(b) >= len(prefix)+PublicKeySize {
			if key := (*PublicKey)(b[len(prefix):][:PublicKeySize]); key.String() == text {
				return key, nil
			}
		}
	}
	return nil, errors.New("this is not a LegRoast key")
}

// expand is SHAKE128.
func expand(data []byte, size int) []byte { return sha3.SumSHAKE128(data, size) }

func hash(parts ...[]byte) []byte {
	h := sha3.NewSHAKE128()
	for _, p := range parts {
		h.Write(p)
	}
	out := make([]byte, hashSize)
	h.Read(out)
	return out
}

// fixed returns the fixed number of a symbol in public keys.
func fixed(symbol uint32) element {
	return readElement(expand(binary.LittleEndian.AppendUint32(nil, symbol), elementSize))
}

// number returns the number that a secret encodes.
func number(secret [SecretSize]byte) element { return readElement(expand(secret[:], elementSize)) }

// allFixed returns all fixed numbers, which many keys need.
var allFixed = sync.OnceValue(func() *[symbols]element {
	all := new([symbols]element)
	for i := range all {
		all[i] = fixed(uint32(i))
	}
	return all
})

// Public returns a secret's public key. It takes some tens of milliseconds.
func Public(secret [SecretSize]byte) *PublicKey {
	k := number(secret)
	pub := new(PublicKey)
	for i, f := range allFixed() {
		pub[i/8] |= f.plus(k).symbol() << (i % 8)
	}
	return pub
}

func (k *PublicKey) symbol(i uint32) byte { return k[i/8] >> (i % 8) & 1 }
