package main

import (
	"encoding/binary"
	"slices"

	blake2b "github.com/minio/blake2b-simd" // a maintained BLAKE2b with personalization

	"github.com/pastelnetwork/smartpool/pastel"
)

// Regtest's Equihash: rows of 48 bits. 32 rows with indices of 9 bits must cancel out, one byte in each of 5 rounds.
const (
	equihashN    = 48
	equihashK    = 5
	rowBytes     = equihashN / 8
	rowsPerHash  = 512 / equihashN
	initialRows  = 1 << (equihashN/(equihashK+1) + 1)
	indexBits    = equihashN/(equihashK+1) + 1
	solutionSize = (1 << equihashK) * indexBits / 8
)

// row is the exclusive or of the rows with certain indices.
type row struct {
	bits    [rowBytes]byte
	indices []int
}

// solve finds solutions for a header's bytes up to and including the nonce.
func solve(header []byte) ([][]byte, error) {
	rows, err := firstRows(header)
	if err != nil {
		return nil, err
	}
	for round := range equihashK {
		rows = collide(rows, round)
	}
	var solutions [][]byte
	for _, r := range rows {
		if r.bits == [rowBytes]byte{} {
			solutions = append(solutions, packed(r.indices))
		}
	}
	return solutions, nil
}

func firstRows(header []byte) ([]row, error) {
	person := append([]byte("ZcashPoW"), 0, 0, 0, 0, 0, 0, 0, 0)
	binary.LittleEndian.PutUint32(person[8:], equihashN)
	binary.LittleEndian.PutUint32(person[12:], equihashK)
	var rows []row
	for block := uint32(0); len(rows) < initialRows; block++ {
		h, err := blake2b.New(&blake2b.Config{Size: rowsPerHash * rowBytes, Person: person})
		if err != nil {
			return nil, err
		}
		h.Write(header)
		h.Write(binary.LittleEndian.AppendUint32(nil, block))
		sum := h.Sum(nil)
		for i := 0; i < rowsPerHash && len(rows) < initialRows; i++ {
			r := row{indices: []int{len(rows)}}
			copy(r.bits[:], sum[i*rowBytes:])
			rows = append(rows, r)
		}
	}
	return rows, nil
}

// collide combines rows that agree in a byte and share no index. The lower first index comes first.
func collide(rows []row, round int) []row {
	buckets := map[byte][]row{}
	for _, r := range rows {
		b := r.bits[round]
		buckets[b] = append(buckets[b], r)
	}
	var joined []row
	for _, bucket := range buckets {
		for i, a := range bucket {
			for _, b := range bucket[i+1:] {
				if slices.ContainsFunc(a.indices, func(x int) bool { return slices.Contains(b.indices, x) }) {
					continue
				}
				joined = append(joined, join(a, b))
			}
		}
	}
	return joined
}

func join(a, b row) row {
	if a.indices[0] > b.indices[0] {
		a, b = b, a
	}
	r := row{indices: slices.Concat(a.indices, b.indices)}
	for i := range r.bits {
		r.bits[i] = a.bits[i] ^ b.bits[i]
	}
	return r
}

// packed writes indices one after the other, each with its most significant bit first.
func packed(indices []int) []byte {
	out := make([]byte, solutionSize)
	at := 0
	for _, index := range indices {
		for bit := indexBits - 1; bit >= 0; bit-- {
			if index>>bit&1 == 1 {
				out[at/8] |= 1 << (7 - at%8)
			}
			at++
		}
	}
	return out
}

// seal finds the work for a block: a nonce and a solution whose hash is within the target.
func seal(header pastel.BlockHeader, txs []pastel.Tx) (*pastel.Block, error) {
	for nonce := uint32(0); ; nonce++ {
		binary.LittleEndian.PutUint32(header.Nonce[:], nonce)
		header.Solution = make([]byte, solutionSize)
		b := pastel.NewBlock(header, txs)
		text := b.HeaderBytes()
		solutions, err := solve(text[:len(text)-solutionSize-1])
		if err != nil {
			return nil, err
		}
		for _, s := range solutions {
			header.Solution = s
			if b := pastel.NewBlock(header, txs); within(b.Hash(), header.Bits) {
				return b, nil
			}
		}
	}
}

// within reports whether a hash is at most the target, given in compact form like regtest's: 3 bytes, then zeros.
func within(hash pastel.BlockHash, bits uint32) bool {
	var target [32]byte // most significant byte first
	size := int(bits >> 24)
	for i := range 3 {
		if at := 32 - size + i; at >= 0 && at < 32 {
			target[at] = byte(bits >> (16 - 8*i))
		}
	}
	slices.Reverse(hash[:])
	return slices.Compare(hash[:], target[:]) <= 0
}
