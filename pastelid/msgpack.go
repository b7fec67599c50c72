package pastelid

import (
	"encoding/binary"
	"errors"
	"fmt"
)

// packReader reads the few forms of MessagePack that pasteld's containers use; what it returns aliases the input. The first
// error sticks, and every later read returns zero, so that a caller checks once, with finish.
type packReader struct {
	b   []byte
	err error
}

// finish returns the first error, or one if bytes are left over or the version is unknown.
func (r *packReader) finish(version uint64) error {
	switch {
	case r.err != nil:
		return r.err
	case len(r.b) != 0:
		return fmt.Errorf("%d bytes too many", len(r.b))
	case version != containerVersion:
		return fmt.Errorf("unknown version %d", version)
	}
	return nil
}

func (r *packReader) fail(err error) {
	if r.err == nil {
		r.err = err
		r.b = nil
	}
}

// take returns the next n bytes.
func (r *packReader) take(n uint64) []byte {
	if r.err == nil && n > uint64(len(r.b)) {
		r.fail(errors.New("truncated"))
	}
	if r.err != nil {
		return nil
	}
	out := r.b[:n]
	r.b = r.b[n:]
	return out
}

func (r *packReader) byte() byte {
	if b := r.take(1); len(b) == 1 {
		return b[0]
	}
	return 0
}

// number reads a big-endian unsigned integer of size bytes.
func (r *packReader) number(size int) uint64 {
	var wide [8]byte
	copy(wide[8-size:], r.take(uint64(size)))
	return binary.BigEndian.Uint64(wide[:])
}

// uint reads a non-negative integer of any width. nlohmann's encoder, which pasteld uses, writes those as unsigned.
func (r *packReader) uint() uint64 {
	switch c := r.byte(); {
	case c < 0x80:
		return uint64(c)
	case c >= 0xcc && c <= 0xcf: // 8, 16, 32, 64 bits
		return r.number(1 << (c - 0xcc))
	default:
		r.fail(fmt.Errorf("expected an integer, found type %#02x", c))
		return 0
	}
}

func (r *packReader) str() string {
	switch c := r.byte(); {
	case c&0xe0 == 0xa0:
		return string(r.take(uint64(c & 0x1f)))
	case c >= 0xd9 && c <= 0xdb: // 8, 16, 32 bits of length
		return string(r.take(r.number(1 << (c - 0xd9))))
	default:
		r.fail(fmt.Errorf("expected text, found type %#02x", c))
		return ""
	}
}

func (r *packReader) bin() []byte {
	c := r.byte()
	if c < 0xc4 || c > 0xc6 { // 8, 16, 32 bits of length
		r.fail(fmt.Errorf("expected bytes, found type %#02x", c))
		return nil
	}
	return r.take(r.number(1 << (c - 0xc4)))
}

// list reads an array of at most limit elements, calling element for each.
func (r *packReader) list(limit uint64, element func()) {
	var n uint64
	switch c := r.byte(); {
	case c&0xf0 == 0x90:
		n = uint64(c & 0x0f)
	case c == 0xdc:
		n = r.number(2)
	case c == 0xc0: // null, which the encoder writes for a list that nothing was added to
	default:
		r.fail(fmt.Errorf("expected a list, found type %#02x", c))
	}
	if n > limit {
		r.fail(fmt.Errorf("a list has %d items, more than %d", n, limit))
	}
	for ; n > 0 && r.err == nil; n-- {
		element()
	}
}

// fields reads a map that has each of the named fields exactly once, in any order, and no others.
func (r *packReader) fields(read map[string]func()) {
	if c := r.byte(); c != 0x80|byte(len(read)) {
		r.fail(fmt.Errorf("expected a map of %d fields, found type %#02x", len(read), c))
	}
	seen := make(map[string]bool, len(read))
	for range read {
		name := r.str()
		f := read[name]
		if f == nil || seen[name] {
			r.fail(fmt.Errorf("unknown or repeated field %q", name))
		}
		if r.err != nil {
			return
		}
		seen[name] = true
		f()
	}
}
