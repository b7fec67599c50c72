package devnode

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
)

// entry is a block of the tree.
type entry struct {
	block    *pastel.Block
	parent   *entry // nil for the genesis block
	height   pastel.Height
	arrival  int           // breaks ties between blocks of one height: the first to arrive is best
	verified bool          // its scripts have passed
	invalid  bool          // it breaks a rule or was invalidated manually; its descendants are invalid, too
	reason   string        // why it is invalid
	spent    []spentOutput // what its transactions spent, in order; only while on the best chain
}

type spentOutput struct {
	out  pastel.OutPoint
	coin coin
}

// tree holds every accepted block, and the best chain among them.
type tree struct {
	entries map[pastel.BlockHash]*entry
	order   []*entry // by arrival
	best    []*entry // by height

	next *entry // the latest arrival, if it is on top of the tip
	scan bool   // anything else may have changed which block is best
}

func (t *tree) tip() *entry {
	if len(t.best) == 0 {
		return nil
	}
	return t.best[len(t.best)-1]
}

// at returns the block at a height of the best chain; nil if there is none.
func (t *tree) at(h pastel.Height) *entry {
	if h < 0 || int(h) >= len(t.best) {
		return nil
	}
	return t.best[h]
}

// contains reports whether a block is on the best chain.
func (t *tree) contains(e *entry) bool { return t.at(e.height) == e }

func (t *tree) add(b *pastel.Block, parent *entry) *entry {
	if t.entries == nil {
		t.entries = map[pastel.BlockHash]*entry{}
	}
	e := &entry{block: b, parent: parent, arrival: len(t.order)}
	if parent != nil {
		e.height = parent.height + 1
	}
	t.entries[b.Hash()] = e
	t.order = append(t.order, e)
	if parent == t.tip() && !t.scan {
		t.next = e
	} else {
		t.scan = true
	}
	return e
}

// valid reports whether the block and its ancestors are not known to be invalid.
func (e *entry) valid() bool {
	for ; e != nil; e = e.parent {
		if e.invalid {
			return false
		}
	}
	return true
}

// candidate returns the block that the best chain should end with: the highest valid block, and the current tip among equals. It searches
// the whole tree only if more has happened than a block on top of the tip.
func (t *tree) candidate() *entry {
	best := t.tip()
	if !t.scan {
		if t.next != nil {
			return t.next
		}
		return best
	}
	for best != nil && !best.valid() {
		best = best.parent
	}
	invalid := map[*entry]bool{} // parents come before their children
	for _, e := range t.order {
		if e.invalid || invalid[e.parent] {
			invalid[e] = true
		} else if best == nil || e.height > best.height {
			best = e
		}
	}
	return best
}

// settled records that the best chain ends with the candidate.
func (t *tree) settled() { t.next, t.scan = nil, false }

// path returns the blocks from the best chain, exclusive, to e, in order. fork is the height where they leave the best chain.
func (t *tree) path(e *entry) (fork pastel.Height, up []*entry) {
	for e != nil && !t.contains(e) {
		up = append(up, e)
		e = e.parent
	}
	slices.Reverse(up)
	if e == nil {
		return -1, up
	}
	return e.height, up
}

// tips returns the last blocks of all branches, the highest first.
func (t *tree) tips() []*entry {
	inner := map[*entry]bool{}
	for _, e := range t.order {
		inner[e.parent] = true
	}
	var tips []*entry
	for _, e := range t.order {
		// The best chain's tip may have invalid blocks on top.
		if !inner[e] || e == t.tip() {
			tips = append(tips, e)
		}
	}
	slices.SortFunc(tips, func(a, b *entry) int {
		return cmp.Or(cmp.Compare(b.height, a.height), cmp.Compare(a.arrival, b.arrival))
	})
	return tips
}

// BlockError says why the node refuses a block. Reason is pasteld's where it has one.
type BlockError struct {
	Reason string
	err    error
}

func (e *BlockError) Error() string {
	if e.err == nil {
		return e.Reason
	}
	return fmt.Sprintf("%s: %v", e.Reason, e.err)
}

// Unwrap returns the rules' error, if the rules refused the block.
func (e *BlockError) Unwrap() error { return e.err }

func badBlock(reason, detail string, args ...any) error {
	return &BlockError{reason, fmt.Errorf(detail, args...)}
}

// ErrDuplicate says that the node already has the block.
var ErrDuplicate = errors.New("duplicate")

// ErrDeepReorg says that the node refuses to take back so many blocks.
var ErrDeepReorg = errors.New("reorganization is deeper than 99 blocks")
