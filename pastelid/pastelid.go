package pastelid

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
)

const (
	// KeySize is the length of a raw Ed448 public key in bytes (RFC 8032, 5.2.5).
	KeySize = 57
	// SignatureSize is the length of a raw Ed448 signature in bytes: R then S, 57 bytes each (RFC 8032, 5.2.6).
	SignatureSize = 114
	// TextSize is the length of every printed PastelID in characters. All 63-byte values that start with the two prefix
	// bytes, the first of them not zero, have this many base 58 digits.
	TextSize = 86
)

// textPrefix holds the version bytes of the Base58Check form, which make every PastelID start with "jX".
var textPrefix = [2]byte{0xa1, 0xde}

// ErrFormat is the error that every error of Parse wraps.
var ErrFormat = errors.New("not a PastelID")

// PastelID is a raw Ed448 public key: y in little endian, then a byte whose top bit is the sign of x (RFC 8032, 5.2.2).
// Any 57 bytes have the form of a PastelID; ValidKey reports whether they are a usable key.
type PastelID [KeySize]byte

// Parse reads the text form: Base58Check of the bytes a1 de and the 57-byte public key (protocol section 2).
// Exactly one text parses to each PastelID: the one that String prints. Parse checks the format, but not the key; ValidKey
// does. Errors wrap ErrFormat.
func Parse(s string) (PastelID, error) {
	var id PastelID
	if len(s) != TextSize {
		return id, fmt.Errorf("%w: it has %d characters, want %d", ErrFormat, len(s), TextSize)
	}
	b, err := pastel.Base58CheckDecode(s)
	if err != nil {
		return id, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if len(b) != len(textPrefix)+KeySize || !bytes.HasPrefix(b, textPrefix[:]) {
		return id, fmt.Errorf("%w: the version bytes or the length are wrong", ErrFormat)
	}
	copy(id[:], b[len(textPrefix):])
	return id, nil
}

// String returns the text form, TextSize characters that Parse reads back.
func (id PastelID) String() string {
	return pastel.Base58CheckEncode(textPrefix[:], id[:])
}
