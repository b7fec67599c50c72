package pool

import (
	"bytes"
	"cmp"
	"container/heap"

	"github.com/pastelnetwork/smartpool/internal/table"
)

// statementLife is how long after its time_stamp the state remembers a statement, in seconds by State.clock. An older one is bad_time
// anyway.
const statementLife = 24 * 60 * 60

// statement is an accepted pledge statement.
type statement struct {
	hash [32]byte // SHA-256
	time int64    // time_stamp, seconds since 1970
}

const statementSize = 32 + 8

func (x *statement) code(c *coder) {
	c.raw(x.hash[:])
	c.i64(&x.time)
}

// statements are the accepted pledge statements that could be replayed (protocol 3).
type statements struct {
	times *table.Table[[32]byte, int64] // by hash

	// oldest orders the statements for forgetting: the oldest on top, equally old ones by hash. A statement that undo removed stays in
	// it until it comes to the top or until sweep; only times says which statements exist.
	oldest statementHeap
}

func newStatements() statements { return statements{times: table.New[[32]byte, int64]()} }

func (l *statements) has(hash [32]byte) bool { return l.times.Find(hash) != 0 }

// add reports false if the statement exists.
func (l *statements) add(x statement) bool {
	if _, added := l.times.Insert(x.hash, x.time); !added {
		return false
	}
	heap.Push(&l.oldest, x)
	return true
}

// remove reports false if the statement does not exist.
func (l *statements) remove(hash [32]byte) bool {
	if !l.times.Delete(hash) {
		return false
	}
	if len(l.oldest) > 2*l.times.Len()+staleStatements {
		l.sweep()
	}
	return true
}

// staleStatements is the number of removed statements that oldest may always hold.
const staleStatements = 1000

// sweep removes stale statements from oldest. Without it Simulate, which undoes every transaction, would fill oldest for a day.
func (l *statements) sweep() {
	l.oldest = l.oldest[:0]
	l.times.Each(func(_ table.Ref, hash [32]byte, time *int64) { l.oldest = append(l.oldest, statement{hash, *time}) })
	heap.Init(&l.oldest)
}

// forget removes the statements whose time is before a time and returns them, oldest first.
func (l *statements) forget(before int64) (gone []statement) {
	for len(l.oldest) > 0 && l.oldest[0].time < before {
		x := heap.Pop(&l.oldest).(statement)
		if l.remove(x.hash) {
			gone = append(gone, x)
		}
	}
	return gone
}

type statementHeap []statement

func (h statementHeap) Len() int { return len(h) }
func (h statementHeap) Less(i, j int) bool {
	return cmp.Or(cmp.Compare(h[i].time, h[j].time), bytes.Compare(h[i].hash[:], h[j].hash[:])) < 0
}
func (h statementHeap) Swap(i, j int) { h[i], h[j] = h[j], h[i] }
func (h *statementHeap) Push(x any)   { *h = append(*h, x.(statement)) }
func (h *statementHeap) Pop() any {
	last := len(*h) - 1
	x := (*h)[last]
	*h = (*h)[:last]
	return x
}
