package pastel

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
	"strings"

	"golang.org/x/crypto/ripemd160" //nolint:staticcheck,gosec // the hash that Pastel's addresses are made of
)

// TxID is a transaction's id: the double SHA-256 of its bytes, in the byte order of the hash function.
type TxID [32]byte

// BlockHash is the double SHA-256 of a block header, in the byte order of the hash function.
type BlockHash [32]byte

// KeyHash is the HASH160 of a public key, as a P2PKH script holds it.
type KeyHash [20]byte

// Height is a block's height; the genesis block has 0.
type Height int32

// String prints the id as Pastel shows it, 64 hex digits with the last byte first.
func (id TxID) String() string { return reversedHex(id) }

// String prints the hash as Pastel shows it, 64 hex digits with the last byte first.
func (h BlockHash) String() string { return reversedHex(h) }

// ParseTxID reads what TxID.String prints: exactly 64 lowercase hex digits.
func ParseTxID(s string) (TxID, error) {
	b, err := parseReversed(s)
	if err != nil {
		return TxID{}, fmt.Errorf("transaction id %w", err)
	}
	return b, nil
}

// ParseBlockHash reads what BlockHash.String prints: exactly 64 lowercase hex digits.
func ParseBlockHash(s string) (BlockHash, error) {
	b, err := parseReversed(s)
	if err != nil {
		return BlockHash{}, fmt.Errorf("block hash %w", err)
	}
	return b, nil
}

func reversedHex(b [32]byte) string {
	for i := range 16 {
		b[i], b[31-i] = b[31-i], b[i]
	}
	return hex.EncodeToString(b[:])
}

func parseReversed(s string) (b [32]byte, err error) {
	if len(s) != 64 {
		return b, fmt.Errorf("%.80q: want 64 hex digits, got %d characters", s, len(s))
	}
	for i := range b {
		hi, lo := nibble(s[62-2*i]), nibble(s[63-2*i])
		if hi|lo > 0xf {
			return b, fmt.Errorf("%q: want lowercase hex digits", s)
		}
		b[i] = hi<<4 | lo
	}
	return b, nil
}

// nibble is the value of a lowercase hex digit, or 0xff.
func nibble(c byte) byte {
	switch {
	case '0' <= c && c <= '9':
		return c - '0'
	case 'a' <= c && c <= 'f':
		return c - 'a' + 10
	default:
		return 0xff
	}
}

// OutPoint names an output of a transaction.
type OutPoint struct {
	TxID TxID
	Vout uint32
}

// ParseOutPoint reads "txid:vout" exactly as String prints it and refuses every other spelling.
func ParseOutPoint(s string) (o OutPoint, err error) {
	id, vout, found := strings.Cut(s, ":")
	if !found {
		return o, fmt.Errorf("%.80q: want txid:vout", s)
	}
	if o.TxID, err = ParseTxID(id); err != nil {
		return OutPoint{}, err
	}
	n, err := strconv.ParseUint(vout, 10, 32)
	if o.Vout = uint32(n); err != nil || o.String() != s {
		return OutPoint{}, fmt.Errorf("%.80q: want txid:vout, where vout is a number up to %d", s, uint32(math.MaxUint32))
	}
	return o, nil
}

// String prints "txid:vout".
func (o OutPoint) String() string {
	return o.TxID.String() + ":" + strconv.FormatUint(uint64(o.Vout), 10)
}

// Compare orders outpoints by the bytes of the id as hashed, then by index.
func (o OutPoint) Compare(p OutPoint) int {
	return cmp.Or(bytes.Compare(o.TxID[:], p.TxID[:]), cmp.Compare(o.Vout, p.Vout))
}

// isNull reports whether o is the null outpoint that a coinbase's only input spends.
func (o OutPoint) isNull() bool { return o.Vout == 0xffffffff && o.TxID == TxID{} }

// DoubleSHA256 returns SHA-256(SHA-256(b)).
func DoubleSHA256(b []byte) [32]byte {
	h := sha256.Sum256(b)
	return sha256.Sum256(h[:])
}

// Hash160 returns RIPEMD-160(SHA-256(b)).
func Hash160(b []byte) (h [20]byte) {
	first := sha256.Sum256(b)
	r := ripemd160.New() //nolint:gosec // as above
	r.Write(first[:])
	r.Sum(h[:0])
	return h
}
