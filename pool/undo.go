package pool

import (
	"bytes"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Undo takes a block back. It works for exactly the state that Apply left and can be stored with the block.
type Undo struct {
	block   pastel.BlockHash
	before  Tip
	clock   int64 // before
	changes []change
}

// Block returns the hash of the block that the record takes back.
func (u *Undo) Block() pastel.BlockHash { return u.block }

// Len returns the number of changes that the record takes back, a measure of its size that costs nothing.
func (u *Undo) Len() int { return len(u.changes) }

// Revert takes the last block back and restores the state, byte for byte, as it was before Apply. If u is not the record of the last
// block, Revert returns an error and leaves the state unchanged. If a matching record contradicts the state, the state is damaged:
// Revert returns an *InvariantError, and so does every later call.
func (s *State) Revert(u *Undo) error {
	if s.failed != nil {
		return s.failed
	}
	if u.block != s.tip.Hash || u.before.Height != s.tip.Height-1 {
		return fmt.Errorf("undo record of block %d (%s) does not belong to the tip, block %d (%s)",
			u.before.Height+1, u.block, s.tip.Height, s.tip.Hash)
	}
	tip := s.tip
	s.tip = u.before
	if err := s.undo(u.changes, u.clock); err != nil {
		s.tip = tip
		return err
	}
	return nil
}

// undo takes changes back. The caller has already restored the tip before them.
func (s *State) undo(changes []change, clock int64) error {
	s.clock = clock
	for i := len(changes) - 1; i >= 0; i-- {
		if changes[i] == nil { // of a coin that the failed block made and spent
			continue
		}
		if err := changes[i].undo(s); err != nil {
			s.failed = &InvariantError{s.tip.Height, fmt.Sprintf("undoing the next block failed: %v", err)}
			return s.failed
		}
	}
	return nil
}

// undoVersion is the first byte of an encoded undo record.
const undoVersion = 2

// Encode returns the record's bytes: version, block hash, tip and clock before, changes (kind and content), and the SHA-256 of all that.
func (u *Undo) Encode() []byte {
	c := &coder{b: []byte{undoVersion}}
	u.code(c)
	return withChecksum(c.b)
}

func withChecksum(b []byte) []byte {
	sum := sha256.Sum256(b)
	return append(slices.Clip(b), sum[:]...)
}

var errChecksum = errors.New("checksum does not match: the record is damaged")

// DecodeUndo reads what Encode returned and refuses everything else.
func DecodeUndo(b []byte) (*Undo, error) {
	if len(b) < 1+sha256.Size {
		return nil, fmt.Errorf("undo record: %w", errShort)
	}
	body, sum := b[:len(b)-sha256.Size], b[len(b)-sha256.Size:]
	if want := sha256.Sum256(body); !bytes.Equal(sum, want[:]) {
		return nil, fmt.Errorf("undo record: %w", errChecksum)
	}
	if body[0] != undoVersion {
		return nil, fmt.Errorf("undo record: version %d is unknown to this program; upgrade it", body[0])
	}
	u := &Undo{}
	c := &coder{b: body[1:], reading: true}
	u.code(c)
	if err := c.finish(); err != nil {
		return nil, fmt.Errorf("undo record: %w", err)
	}
	return u, nil
}

func (u *Undo) code(c *coder) {
	c.raw(u.block[:])
	u.before.code(c)
	c.i64(&u.clock)
	list(c, &u.changes, 1, func(x *change) {
		var kind uint8
		if !c.reading {
			kind = uint8((*x).kind())
		}
		c.u8(&kind)
		if c.reading {
			if *x = newChange(changeKind(kind)); *x == nil {
				c.fail(fmt.Errorf("change of unknown kind %d", kind))
				return
			}
		}
		(*x).code(c)
	})
}

func (t *Tip) code(c *coder) {
	c.height(&t.Height)
	c.raw(t.Hash[:])
	c.raw(t.Digest[:])
}
