package pastelid

import (
	"encoding/base64"

	"github.com/cloudflare/circl/sign/ed448"
)

// identityR is the encoding of the identity, which a signature's R must not be.
var identityR = [KeySize]byte{1}

// Verify tells whether sig, 114 raw bytes, is id's Ed448 signature of msg with an empty context, by the strict rule of
// protocol section 2: S < L, both the key A and R canonical encodings of points of order exactly L, and
// [S]B = R + [k]A without cofactor.
func Verify(id PastelID, msg, sig []byte) bool {
	return VerifyKnown(id, msg, sig) && hasPrimeOrder(&id)
}

// VerifyKnown is Verify for an id that is known to satisfy ValidKey, as every registered id does: it spends nothing
// beyond the equation. With any other id its answer means nothing, because circl drops the small-order part of a key.
//
// What circl (v1.6.5, sign/ed448 and ecc/goldilocks) does by itself: it wants 114 bytes, S < L with the last byte zero,
// a canonical key on the curve, and compares R byte for byte with the encoding of [S]B - [k]A. It computes that through
// an isogeny of degree four, whose image is the subgroup of order L. So an accepted R is canonical and in that subgroup
// whatever the signature says, and being the identity is all that is left to refuse.
func VerifyKnown(id PastelID, msg, sig []byte) bool {
	return len(sig) == SignatureSize &&
		[KeySize]byte(sig[:KeySize]) != identityR &&
		ed448.Verify(id[:], msg, sig, "")
}

// VerifyBase64 is Verify for a signature in standard, padded, canonical base64: 152 characters and no other text for
// the same bytes (protocol section 2).
func VerifyBase64(id PastelID, msg []byte, sig string) bool {
	raw, ok := DecodeSignature(sig)
	return ok && Verify(id, msg, raw[:])
}

// DecodeSignature reads a signature in standard, padded, canonical base64. It reports false for any other text, line
// breaks included.
func DecodeSignature(s string) (sig [SignatureSize]byte, ok bool) {
	// A length that is a multiple of three has no padding and no spare bits, so the length and the absence of line
	// breaks, which the decoder would skip, make the text canonical.
	if len(s) != base64.StdEncoding.EncodedLen(SignatureSize) {
		return sig, false
	}
	n, err := base64.StdEncoding.Decode(sig[:], []byte(s))
	return sig, err == nil && n == SignatureSize
}
