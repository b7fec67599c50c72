package pastel

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// ParseError says what is wrong with parsed bytes, and where.
type ParseError struct {
	Offset int    // in bytes, from the start of the input
	Tx     int    // index of the transaction in its block, or -1
	Field  string // the field that was being read
	Err    error
}

func (e *ParseError) Error() string {
	if e.Tx >= 0 {
		return fmt.Sprintf("transaction %d, %s at byte %d: %v", e.Tx, e.Field, e.Offset, e.Err)
	}
	return fmt.Sprintf("%s at byte %d: %v", e.Field, e.Offset, e.Err)
}

func (e *ParseError) Unwrap() error { return e.Err }

var (
	errShort    = errors.New("data ends early")
	errTrailing = errors.New("data continues after the end")
	errCompact  = errors.New("CompactSize is not minimal")
)

// reader reads fields from bytes. The first error sticks, and every later read returns zero.
type reader struct {
	b   []byte
	pos int
	tx  int
	err *ParseError
}

func (r *reader) fail(field string, err error) {
	if r.err == nil {
		r.err = &ParseError{r.pos, r.tx, field, err}
		r.b = r.b[:r.pos] // nothing more can be read
	}
}

// bytes returns the next n bytes, which alias the input.
func (r *reader) bytes(field string, n int) []byte {
	if n < 0 || n > len(r.b)-r.pos {
		r.fail(field, errShort)
		return nil
	}
	r.pos += n
	return r.b[r.pos-n : r.pos : r.pos]
}

func (r *reader) uint32(field string) uint32 {
	if len(r.b)-r.pos < 4 {
		r.fail(field, errShort)
		return 0
	}
	r.pos += 4
	return binary.LittleEndian.Uint32(r.b[r.pos-4:])
}

func (r *reader) uint64(field string) uint64 {
	if len(r.b)-r.pos < 8 {
		r.fail(field, errShort)
		return 0
	}
	r.pos += 8
	return binary.LittleEndian.Uint64(r.b[r.pos-8:])
}

func (r *reader) hash(field string, h *[32]byte) {
	if len(r.b)-r.pos < 32 {
		r.fail(field, errShort)
		return
	}
	*h = [32]byte(r.b[r.pos:])
	r.pos += 32
}

// count reads a CompactSize that counts elements of at least size bytes each; the remaining bytes bound it.
func (r *reader) count(field string, size int) int {
	if r.pos >= len(r.b) {
		r.fail(field, errShort)
		return 0
	}
	n := uint64(r.b[r.pos])
	if n < 0xfd {
		r.pos++
	} else {
		n = r.longCount(field, n)
	}
	if n > uint64(len(r.b)-r.pos)/uint64(size) {
		r.fail(field, errShort)
		return 0
	}
	return int(n)
}

// counted reads a CompactSize and that many bytes, which alias the input.
func (r *reader) counted(field string) []byte { return r.bytes(field, r.count(field, 1)) }

func (r *reader) longCount(field string, first uint64) uint64 {
	width := 1 << (first - 0xfc) // 2, 4 or 8 bytes
	if len(r.b)-r.pos <= width {
		r.fail(field, errShort)
		return 0
	}
	var wide [8]byte
	copy(wide[:], r.b[r.pos+1:r.pos+1+width])
	n := binary.LittleEndian.Uint64(wide[:])
	if n < 0xfd || width > 2 && n>>(4*width) == 0 {
		r.fail(field, errCompact)
		return 0
	}
	r.pos += 1 + width
	return n
}

// finish returns the first error, or an error if input is left over.
func (r *reader) finish() error {
	if r.err == nil && r.pos != len(r.b) {
		r.fail("end", errTrailing)
	}
	if r.err != nil {
		return r.err
	}
	return nil
}

// AppendCompactSize appends Bitcoin's variable-length integer in its minimal form.
func AppendCompactSize(b []byte, n uint64) []byte {
	switch {
	case n < 0xfd:
		return append(b, byte(n))
	case n <= 0xffff:
		return binary.LittleEndian.AppendUint16(append(b, 0xfd), uint16(n))
	case n <= 0xffffffff:
		return binary.LittleEndian.AppendUint32(append(b, 0xfe), uint32(n))
	default:
		return binary.LittleEndian.AppendUint64(append(b, 0xff), n)
	}
}
