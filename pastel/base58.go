package pastel

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"

	"github.com/mr-tron/base58"
)

// maxBase58 bounds the length of the text that Base58CheckDecode decodes: the cost grows with its square.
const maxBase58 = 512

var errChecksum = errors.New("checksum does not match; compare it letter by letter with the original")

// Base58CheckEncode prints in Base58 the version, the payload and the first four bytes of their double SHA-256.
func Base58CheckEncode(version, payload []byte) string {
	b := append(append(make([]byte, 0, len(version)+len(payload)+4), version...), payload...)
	sum := DoubleSHA256(b)
	return base58.Encode(append(b, sum[:4]...))
}

// Base58CheckDecode returns the version and payload that Base58CheckEncode printed, and refuses every other text.
func Base58CheckDecode(s string) ([]byte, error) {
	if len(s) > maxBase58 {
		return nil, fmt.Errorf("Base58 text of %d characters is longer than %d", len(s), maxBase58)
	}
	b, ok := decodeBase58(s)
	if !ok || len(b) < 4 {
		return nil, fmt.Errorf("%.100q is not Base58", s)
	}
	payload, sum := b[:len(b)-4], b[len(b)-4:]
	if want := DoubleSHA256(payload); !bytes.Equal(sum, want[:4]) {
		return nil, fmt.Errorf("%.100q: %w", s, errChecksum)
	}
	return payload, nil
}

const base58Alphabet = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"

// base58Digits holds the value of each character, 0xff for one outside the alphabet.
var base58Digits = func() (digits [256]byte) {
	for c := range digits {
		digits[c] = 0xff
	}
	for i := range len(base58Alphabet) {
		digits[base58Alphabet[i]] = byte(i)
	}
	return digits
}()

// base58Group is the number of digits decoded at once: 58^10 is below 2^59.
const base58Group = 10

// decodeBase58 reads a number of at most maxBase58 digits: a zero byte for each leading 1, then the big-endian bytes of the rest.
// Different texts give different bytes. It has to be fast, because an activation lists up to 500 identities and addresses; so it works
// on groups of digits and 64-bit limbs.
func decodeBase58(s string) ([]byte, bool) {
	zeros := 0
	for zeros < len(s) && s[zeros] == '1' {
		zeros++
	}
	var room [maxBase58/base58Group + 1]uint64
	limbs := room[:0] // little endian, the last not zero
	for rest := s[zeros:]; rest != ""; {
		n := (len(rest)-1)%base58Group + 1
		group, scale := uint64(0), uint64(1)
		for i := range n {
			digit := base58Digits[rest[i]]
			if digit == 0xff {
				return nil, false
			}
			group, scale = group*58+uint64(digit), scale*58
		}
		rest = rest[n:]
		for i, limb := range limbs {
			high, low := bits.Mul64(limb, scale)
			low, carry := bits.Add64(low, group, 0)
			limbs[i], group = low, high+carry
		}
		if group != 0 {
			limbs = append(limbs, group)
		}
	}
	b := make([]byte, zeros, zeros+8*len(limbs))
	for i := len(limbs) - 1; i >= 0; i-- {
		b = binary.BigEndian.AppendUint64(b, limbs[i])
	}
	if len(limbs) == 0 {
		return b, true
	}
	skip := bits.LeadingZeros64(limbs[len(limbs)-1]) / 8
	return append(b[:zeros], b[zeros+skip:]...), true
}
