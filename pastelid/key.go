package pastelid

import (
	"crypto/rand"
	"encoding/base64"
	"fmt"

	"github.com/cloudflare/circl/sign/ed448"
)

// SeedSize is the length of a key's seed in bytes. RFC 8032, 5.2.5 calls the seed the private key.
const SeedSize = 57

// PrivateKey is the secret half of a PastelID. It comes from Generate, FromSeed or a key file; the zero value is not usable.
// It prints as its PastelID, so that logging one by mistake reveals nothing.
type PrivateKey struct {
	key ed448.PrivateKey
	id  PastelID
}

// Generate makes a new identity from the system's randomness and fails only if that does.
func Generate() (*PrivateKey, error) {
	var seed [SeedSize]byte
	if _, err := rand.Read(seed[:]); err != nil {
		return nil, fmt.Errorf("read randomness: %w", err)
	}
	defer clear(seed[:])
	return FromSeed(seed[:])
}

// FromSeed derives an identity from a seed of SeedSize bytes, which it copies. Any other length is an error.
func FromSeed(seed []byte) (*PrivateKey, error) {
	if len(seed) != SeedSize {
		return nil, fmt.Errorf("seed has %d bytes, want %d", len(seed), SeedSize)
	}
	k := &PrivateKey{key: ed448.NewKeyFromSeed(seed)}
	copy(k.id[:], k.key[SeedSize:])
	return k, nil
}

// ID returns the public half.
func (k *PrivateKey) ID() PastelID { return k.id }

// Sign returns the Ed448 signature of msg with an empty context, SignatureSize bytes. It is deterministic.
func (k *PrivateKey) Sign(msg []byte) []byte {
	return ed448.Sign(k.key, msg, "")
}

// SignBase64 is Sign in the form that tickets carry: standard, padded base64, 152 characters.
func (k *PrivateKey) SignBase64(msg []byte) string {
	return base64.StdEncoding.EncodeToString(k.Sign(msg))
}

// String returns the PastelID, never the secret.
func (k PrivateKey) String() string { return k.id.String() }

// GoString keeps %#v from printing the secret.
func (k PrivateKey) GoString() string { return "pastelid.PrivateKey(" + k.id.String() + ")" }
