package pastelid

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/cloudflare/circl/sign/ed448"
)

// SeedSize is the length in bytes of the secret a key is derived from, which RFC 8032, 5.2.5 calls the private key.
const SeedSize = 57

// PrivateKey is the secret half of a PastelID. The zero value is not usable; take one from Generate, FromSeed or a key
// file. It prints as its PastelID, so that logging one by mistake reveals nothing.
type PrivateKey struct {
	key ed448.PrivateKey
	id  PastelID
}

// Generate makes a new identity from the system's randomness. It fails only when that does.
func Generate() (*PrivateKey, error) {
	var seed [SeedSize]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return nil, fmt.Errorf("read randomness: %w", err)
	}
	defer clear(seed[:])
	return FromSeed(seed[:])
}

// FromSeed derives the identity of a seed of SeedSize bytes, which is copied. Another length is an error.
func FromSeed(seed []byte) (*PrivateKey, error) {
	if len(seed) != SeedSize {
		return nil, fmt.Errorf("seed has %d bytes instead of %d", len(seed), SeedSize)
	}
	k := &PrivateKey{key: ed448.NewKeyFromSeed(seed)}
	copy(k.id[:], k.key[SeedSize:])
	return k, nil
}

// ID gives the public half.
func (k *PrivateKey) ID() PastelID { return k.id }

// Sign gives the Ed448 signature of msg with an empty context, SignatureSize bytes. It is deterministic.
func (k *PrivateKey) Sign(msg []byte) []byte {
	return ed448.Sign(k.key, msg, "")
}

// SignBase64 is Sign in the form tickets carry: standard, padded base64, 152 characters.
func (k *PrivateKey) SignBase64(msg []byte) string {
	return base64.StdEncoding.EncodeToString(k.Sign(msg))
}

// String gives the PastelID, never the secret.
func (k PrivateKey) String() string { return k.id.String() }

// GoString keeps %#v from printing the secret.
func (k PrivateKey) GoString() string { return "pastelid.PrivateKey(" + k.id.String() + ")" }
