package pastel

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// BlockHeader is a block's header. It has Zcash's fields; from version 5 on it also has the mining Supernode's PastelID and
// signature, both empty if an ordinary miner found the block.
//
// Layout, integers little endian, counts CompactSize:
//
//	4      version, signed, 4 or more
//	32     hash of the parent
//	32     Merkle root
//	32     Sapling note commitment root
//	4      time
//	4      bits
//	count  PastelID, as text (from version 5 on)
//	count  signature of the parent's Merkle root (from version 5 on)
//	32     nonce
//	count  Equihash solution
type BlockHeader struct {
	Version     int32
	Prev        BlockHash
	MerkleRoot  [32]byte
	SaplingRoot [32]byte
	Time        uint32 // seconds since 1970
	Bits        uint32
	PastelID    []byte // from version 5 on
	Signature   []byte // from version 5 on
	Nonce       [32]byte
	Solution    []byte
}

// Block is a block with its hash. Its slices alias the bytes that it was parsed from.
type Block struct {
	Header BlockHeader
	Txs    []Tx

	raw  []byte
	hash BlockHash
}

// Hash returns the block's hash, the double SHA-256 of its header.
func (b *Block) Hash() BlockHash { return b.hash }

// Bytes returns the block's bytes, which the caller must not change.
func (b *Block) Bytes() []byte { return b.raw }

// Header versions: pasteld refuses any below minHeaderVersion and reads all above it.
const (
	minHeaderVersion    = 4
	signedHeaderVersion = 5 // the first with PastelID and signature
)

var (
	errHeaderVersion = errors.New("version is less than 4")
	errNoCoinbase    = errors.New("the first transaction is not a coinbase")
	errCoinbase      = errors.New("a coinbase is not the first transaction")
	errMerkle        = errors.New("the transactions do not match the header's Merkle root")
	errMutated       = errors.New("the last transactions are repeated")
)

// ParseBlock reads a block, which must be all of raw: a header of version 4 or more, and transactions that match its Merkle
// root. The first of them, and only the first, is a coinbase. ParseBlock refuses nothing that a valid block may contain: a
// follower that is stricter than its node stops where the chain continues. Only the remaining bytes bound a field or list.
// ParseBlock does not check proof of work; the node does.
func ParseBlock(raw []byte) (*Block, error) {
	r := &txReader{reader: reader{b: raw, tx: -1}}
	b := &Block{raw: raw}
	b.Header.read(&r.reader)
	if r.err == nil {
		b.hash = DoubleSHA256(raw[:r.pos])
	}
	b.Txs = make([]Tx, r.count("transactions", minTxSize))
	for i := range b.Txs {
		r.tx = i
		r.readTx(&b.Txs[i])
		if r.err == nil && b.Txs[i].IsCoinbase() != (i == 0) {
			r.fail("inputs", map[bool]error{true: errNoCoinbase, false: errCoinbase}[i == 0])
		}
		if r.err != nil {
			return nil, r.err
		}
	}
	r.tx = -1
	if err := r.finish(); err != nil {
		return nil, err
	}
	if r.listed {
		b.raw = b.encode()
	}
	if len(b.Txs) == 0 {
		return nil, &ParseError{r.pos, -1, "transactions", errNoCoinbase}
	}
	root, mutated := merkleRoot(b.Txs)
	if root != b.Header.MerkleRoot {
		return nil, fmt.Errorf("block %s: %w", b.hash, errMerkle)
	}
	if mutated {
		return nil, fmt.Errorf("block %s: %w", b.hash, errMutated)
	}
	return b, nil
}

// NewBlock makes a block of transactions, the coinbase first. It fills in the Merkle root and the hash; the caller chooses the
// rest of the header.
func NewBlock(h BlockHeader, txs []Tx) *Block {
	b := &Block{Header: h, Txs: txs}
	b.Header.MerkleRoot, _ = merkleRoot(txs)
	b.hash = DoubleSHA256(b.HeaderBytes())
	b.raw = b.encode()
	return b
}

func (b *Block) encode() []byte {
	raw := AppendCompactSize(b.HeaderBytes(), uint64(len(b.Txs)))
	for i := range b.Txs {
		raw = append(raw, b.Txs[i].raw...)
	}
	return raw
}

// HeaderBytes returns the bytes of the block's header, whose double SHA-256 is the block's hash.
func (b *Block) HeaderBytes() []byte { return b.Header.appendTo(nil) }

func (h *BlockHeader) appendTo(b []byte) []byte {
	b = binary.LittleEndian.AppendUint32(b, uint32(h.Version))
	b = append(b, h.Prev[:]...)
	b = append(b, h.MerkleRoot[:]...)
	b = append(b, h.SaplingRoot[:]...)
	b = binary.LittleEndian.AppendUint32(b, h.Time)
	b = binary.LittleEndian.AppendUint32(b, h.Bits)
	if h.Version >= signedHeaderVersion {
		b = append(AppendCompactSize(b, uint64(len(h.PastelID))), h.PastelID...)
		b = append(AppendCompactSize(b, uint64(len(h.Signature))), h.Signature...)
	}
	b = append(b, h.Nonce[:]...)
	return append(AppendCompactSize(b, uint64(len(h.Solution))), h.Solution...)
}

func (h *BlockHeader) read(r *reader) {
	h.Version = int32(r.uint32("version"))
	if h.Version < minHeaderVersion {
		r.fail("version", errHeaderVersion)
	}
	r.hash("parent", (*[32]byte)(&h.Prev))
	r.hash("Merkle root", &h.MerkleRoot)
	r.hash("Sapling root", &h.SaplingRoot)
	h.Time = r.uint32("time")
	h.Bits = r.uint32("bits")
	if h.Version >= signedHeaderVersion {
		h.PastelID = r.counted("PastelID")
		h.Signature = r.counted("signature")
	}
	r.hash("nonce", &h.Nonce)
	h.Solution = r.counted("solution") // no limit: pasteld does not check a new block's solution everywhere
}

// merkleRoot returns the Merkle root of the transactions' ids. A level with an odd number of nodes pairs the last one with
// itself. If the last two nodes of a level are equal, the result is mutated: a shorter list of transactions has the same root
// (CVE-2012-2459).
func merkleRoot(txs []Tx) (root [32]byte, mutated bool) {
	level := make([][32]byte, len(txs), len(txs)+1)
	for i := range txs {
		level[i] = txs[i].id
	}
	var pair [64]byte
	for len(level) > 1 {
		if n := len(level); n%2 == 1 {
			level = append(level, level[n-1])
		} else {
			mutated = mutated || level[n-2] == level[n-1]
		}
		for i := 0; i < len(level); i += 2 {
			copy(pair[:], level[i][:])
			copy(pair[32:], level[i+1][:])
			level[i/2] = DoubleSHA256(pair[:])
		}
		level = level[:len(level)/2]
	}
	return level[0], mutated
}
