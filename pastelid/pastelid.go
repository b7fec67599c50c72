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
	// TextSize is the length of every printed PastelID in characters: the two prefix bytes leave no leading zero,
	// and all 63-byte values with that prefix take as many base 58 digits.
	TextSize = 86
)

// textPrefix are the version bytes of the Base58Check form; with them every PastelID starts with "jX".
var textPrefix = [2]byte{0xa1, 0xde}

// ErrFormat is wrapped by every error of Parse.
var ErrFormat = errors.New("not a PastelID")

// PastelID is a raw Ed448 public key: y little endian, then a byte whose top bit is the sign of x (RFC 8032, 5.2.2).
// Any 57 bytes are a PastelID in form; ValidKey tells whether they are a usable key. The value works as a map key.
type PastelID [KeySize]byte

// Parse reads the text form: Base58Check of the bytes a1 de and the 57-byte public key (protocol section 2).
// Exactly one text parses to each PastelID, the one String prints. Only the format is checked, not the key (see
// ValidKey). Errors wrap ErrFormat.
func Parse(s string) (PastelID, error) {
	var id PastelID
	if len(s) != TextSize {
		return id, fmt.Errorf("%w: %d characters instead of %d", ErrFormat, len(s), TextSize)
	}
	b, err := pastel.Base58CheckDecode(s)
	if err != nil {
		return id, fmt.Errorf("%w: %w", ErrFormat, err)
	}
	if len(b) != len(textPrefix)+KeySize || !bytes.HasPrefix(b, textPrefix[:]) {
		return id, fmt.Errorf("%w: wrong version bytes or length", ErrFormat)
	}
	copy(id[:], b[len(textPrefix):])
	return id, nil
}

// String gives the text form, TextSize characters that Parse reads back.
func (id PastelID) String() string {
	return pastel.Base58CheckEncode(textPrefix[:], id[:])
}
