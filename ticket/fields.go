package ticket

import "encoding/binary"

// fieldReader reads the fields of pasteld's ticket bodies. After a failure every read returns zero or nothing.
type fieldReader struct {
	b      []byte
	failed bool
}

// fixed returns the next n bytes, or nil after a failure.
func (r *fieldReader) fixed(n uint64) []byte {
	if n > uint64(len(r.b)) {
		r.failed, r.b = true, nil
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

// uint reads a little-endian integer of n bytes.
func (r *fieldReader) uint(n uint64) uint64 {
	var wide [8]byte
	copy(wide[:], r.fixed(n))
	return binary.LittleEndian.Uint64(wide[:])
}

// bytes reads a CompactSize, which must be minimal, and that many bytes.
func (r *fieldReader) bytes() []byte {
	n := r.uint(1)
	if n >= 0xfd {
		width := uint64(1) << (n - 0xfc)
		n = r.uint(width)
		if n < 0xfd || width > 2 && n>>(4*width) == 0 {
			r.failed, r.b = true, nil
		}
	}
	return r.fixed(n)
}

func (r *fieldReader) text() string { return string(r.bytes()) }
