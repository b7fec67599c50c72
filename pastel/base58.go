package pastel

import (
	"bytes"
	"errors"
	"fmt"

	"github.com/mr-tron/base58"
)

// maxBase58 bounds the text that Base58CheckDecode looks at: its cost grows with the square of the length.
const maxBase58 = 512

var errChecksum = errors.New("checksum does not match; compare it letter by letter with the original")

// Base58CheckEncode prints version and payload with the first four bytes of their double SHA-256, in Base58.
func Base58CheckEncode(version, payload []byte) string {
	b := append(append(make([]byte, 0, len(version)+len(payload)+4), version...), payload...)
	sum := DoubleSHA256(b)
	return base58.Encode(append(b, sum[:4]...))
}

// Base58CheckDecode returns version and payload of what Base58CheckEncode printed. Every other text is refused.
func Base58CheckDecode(s string) ([]byte, error) {
	if len(s) > maxBase58 {
		return nil, fmt.Errorf("Base58 text of %d characters is longer than %d", len(s), maxBase58)
	}
	b, err := base58.Decode(s)
	if err != nil || len(b) < 4 || base58.Encode(b) != s {
		return nil, fmt.Errorf("%.100q is not Base58", s)
	}
	payload, sum := b[:len(b)-4], b[len(b)-4:]
	if want := DoubleSHA256(payload); !bytes.Equal(sum, want[:4]) {
		return nil, fmt.Errorf("%.100q: %w", s, errChecksum)
	}
	return payload, nil
}
