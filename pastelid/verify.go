package pastelid

import (
	"encoding/base64"

	"github.com/cloudflare/circl/sign/ed448"
)

// identityR is the encoding of the identity, which a signature's R must not be.
var identityR = [KeySize]byte{1}

// Verify reports whether sig, 114 raw bytes, is id's Ed448 signature of msg with an empty context under the strict rule of
// protocol section 2: S < L, the key A and R are canonical encodings of points of order exactly L, and
// [S]B = R + [k]A without cofactor.
func Verify(id PastelID, msg, sig []byte) bool {
	return VerifyKnown(id, msg, sig) && hasPrimeOrder(&id)
}

// VerifyKnown is Verify for an id that is known to satisfy ValidKey, as every registered id does, and checks only the
// equation. For any other id its answer means nothing, because circl drops the small-order part of a key.
//
// circl (v1.6.5, sign/ed448 and ecc/goldilocks) itself requires 114 bytes, S < L with the last byte zero and a canonical key
// on the curve, and compares R byte for byte with the encoding of [S]B - [k]A. It computes that through an isogeny of degree
// four, whose image is the subgroup of order L. So any R that it accepts is canonical and in that subgroup, and only the
// identity is left to refuse.
func VerifyKnown(id PastelID, msg, sig []byte) bool {
	return len(sig) == SignatureSize &&
		[KeySize]byte(sig[:KeySize]) != identityR &&
		ed448.Verify(id[:], msg, sig, "")
}

// VerifyBase64 is Verify for a signature in standard, padded, canonical base64: 152 characters, with exactly one text for
// each signature (protocol section 2).
func VerifyBase64(id PastelID, msg []byte, sig string) bool {
	raw, ok := DecodeSignature(sig)
	return ok && Verify(id, msg, raw[:])
}

// DecodeSignature reads a signature in standard, padded, canonical base64. It reports false for any other text, line
// breaks included.
func DecodeSignature(s string) (sig [SignatureSize]byte, ok bool) {
	// The length is a multiple of three, so the text has neither padding nor spare bits: it is canonical if it has the right
	// length and no line breaks, which the decoder would skip.
	if len(s) != base64.StdEncoding.EncodedLen(SignatureSize) {
		return sig, false
	}
	n, err := base64.StdEncoding.Decode(sig[:], []byte(s))
	return sig, err == nil && n == SignatureSize
}
