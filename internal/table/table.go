// Package table is a hash table for millions of small, long-lived records without pointers.
//
// A Go map of two million 70-byte records holds up to twice their size in slack, depending on where its last growth
// fell. Here records are packed in chunks that never move, and the index costs 8 bytes per slot. A Ref names a record
// while it lives, so other structures can point to it with 4 bytes.
//
// Nothing here depends on iteration order: only Each iterates, in unspecified order.
package table

import "hash/maphash"

// Ref names a live record of a table. Zero names none.
type Ref uint32

const (
	chunkBits = 10
	chunkSize = 1 << chunkBits
	minSlots  = 16
)

type entry[K comparable, V any] struct {
	key K
	val V
}

// Table maps keys to values. The zero value is not usable; see New. It is not safe for concurrent writers.
type Table[K comparable, V any] struct {
	seed   maphash.Seed
	slots  []uint64 // upper half: hash of the key, lower half: Ref; 0 is free
	chunks []*[chunkSize]entry[K, V]
	next   Ref   // first Ref never used
	free   []Ref // returned by Delete; last in, first out
	n      int
}

// New returns an empty table.
func New[K comparable, V any]() *Table[K, V] {
	return &Table[K, V]{seed: maphash.MakeSeed(), slots: make([]uint64, minSlots), next: 1}
}

// Len returns the number of records.
func (t *Table[K, V]) Len() int { return t.n }

func (t *Table[K, V]) hash(k K) uint32 { return uint32(maphash.Comparable(t.seed, k)) }

func (t *Table[K, V]) entry(r Ref) *entry[K, V] {
	return &t.chunks[r>>chunkBits][r&(chunkSize-1)]
}

// probe returns the slot that holds k, or the free slot where it belongs.
func (t *Table[K, V]) probe(k K, h uint32) (slot uint32, r Ref) {
	mask := uint32(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := t.slots[i]
		if s == 0 {
			return i, 0
		}
		if uint32(s>>32) == h && t.entry(Ref(s)).key == k {
			return i, Ref(s)
		}
	}
}

// Find returns the record of k; 0 if there is none.
func (t *Table[K, V]) Find(k K) Ref {
	_, r := t.probe(k, t.hash(k))
	return r
}

// At returns the value of a live record. The pointer is valid until the record is deleted.
func (t *Table[K, V]) At(r Ref) *V { return &t.entry(r).val }

// Key returns the key of a live record.
func (t *Table[K, V]) Key(r Ref) K { return t.entry(r).key }

// Insert adds a record and returns it. If k exists, Insert returns its record unchanged, and false.
func (t *Table[K, V]) Insert(k K, v V) (Ref, bool) {
	if t.n >= len(t.slots)/8*7 {
		t.grow()
	}
	h := t.hash(k)
	slot, r := t.probe(k, h)
	if r != 0 {
		return r, false
	}
	if n := len(t.free); n > 0 {
		r, t.free = t.free[n-1], t.free[:n-1]
	} else {
		r = t.next
		t.next++
		if int(r>>chunkBits) >= len(t.chunks) {
			t.chunks = append(t.chunks, new([chunkSize]entry[K, V]))
		}
	}
	*t.entry(r) = entry[K, V]{key: k, val: v}
	t.slots[slot] = uint64(h)<<32 | uint64(r)
	t.n++
	return r, true
}

func (t *Table[K, V]) grow() {
	old := t.slots
	t.slots = make([]uint64, 2*len(old))
	mask := uint32(len(t.slots) - 1)
	for _, s := range old {
		if s == 0 {
			continue
		}
		i := uint32(s>>32) & mask
		for t.slots[i] != 0 {
			i = (i + 1) & mask
		}
		t.slots[i] = s
	}
}

// Delete removes the record of k and reports whether there was one.
func (t *Table[K, V]) Delete(k K) bool {
	i, r := t.probe(k, t.hash(k))
	if r == 0 {
		return false
	}
	*t.entry(r) = entry[K, V]{}
	t.free = append(t.free, r)
	t.n--
	// Move later records of the same run up, so that a search never meets a hole before its record.
	mask := uint32(len(t.slots) - 1)
	for j := (i + 1) & mask; t.slots[j] != 0; j = (j + 1) & mask {
		home := uint32(t.slots[j]>>32) & mask
		if (j-home)&mask >= (j-i)&mask {
			t.slots[i] = t.slots[j]
			i = j
		}
	}
	t.slots[i] = 0
	return true
}

// Each calls f for every record, in unspecified order. f must not change the table.
func (t *Table[K, V]) Each(f func(Ref, K, *V)) {
	for _, s := range t.slots {
		if s != 0 {
			e := t.entry(Ref(s))
			f(Ref(s), e.key, &e.val)
		}
	}
}
