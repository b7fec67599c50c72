package pool

import (
	"encoding/binary"
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// A coder writes values to bytes or reads them back, so that one function defines a format in both directions. Integers have fixed
// sizes and are little endian; counts and lengths are uint32. After the first error, later calls do nothing.
type coder struct {
	b       []byte
	reading bool
	err     error
}

var errShort = errors.New("data ends early")

func (c *coder) fail(err error) {
	if c.err == nil {
		c.err = err
	}
}

// raw codes a slice of fixed length in place.
func (c *coder) raw(v []byte) {
	switch {
	case c.err != nil:
	case !c.reading:
		c.b = append(c.b, v...)
	case len(c.b) < len(v):
		c.fail(errShort)
	default:
		copy(v, c.b)
		c.b = c.b[len(v):]
	}
}

// set stores a value that was read. A writer stores nothing, so that several writers can encode one state at the same time.
func set[T any](c *coder, v *T, x T) {
	if c.reading {
		*v = x
	}
}

func (c *coder) u8(v *uint8) {
	b := [1]byte{*v}
	c.raw(b[:])
	set(c, v, b[0])
}

func (c *coder) u32(v *uint32) {
	var b [4]byte
	binary.LittleEndian.PutUint32(b[:], *v)
	c.raw(b[:])
	set(c, v, binary.LittleEndian.Uint32(b[:]))
}

func (c *coder) u64(v *uint64) {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], *v)
	c.raw(b[:])
	set(c, v, binary.LittleEndian.Uint64(b[:]))
}

// u32be and u64be read integers from a record's key. They are big endian, so that the order of the keys' bytes is that of the numbers.
func (c *coder) u32be(v *uint32) {
	var b [4]byte
	c.raw(b[:])
	*v = binary.BigEndian.Uint32(b[:])
}

func (c *coder) u64be(v *uint64) {
	var b [8]byte
	c.raw(b[:])
	*v = binary.BigEndian.Uint64(b[:])
}

// poolIDBefore reads a pool id, which takes all bytes but the last ones.
func (c *coder) poolIDBefore(last int) (ticket.PoolID, error) {
	n := len(c.b) - last
	if n <= 0 {
		return "", errShort
	}
	id := ticket.PoolID(c.b[:n])
	c.b = c.b[n:]
	return id, nil
}

func (c *coder) i64(v *int64) {
	u := uint64(*v)
	c.u64(&u)
	set(c, v, int64(u))
}

// bounded codes an integer. A reader refuses it outside least..most.
func (c *coder) bounded(what string, v *int64, least, most int64) {
	c.i64(v)
	if c.reading && c.err == nil && (*v < least || *v > most) {
		c.fail(fmt.Errorf("%s %d is out of range %d..%d", what, *v, least, most))
	}
}

// amount codes 0..MaxMoney patoshi.
func (c *coder) amount(v *pastel.Amount) {
	n := int64(*v)
	c.bounded("amount", &n, 0, int64(pastel.MaxMoney))
	set(c, v, pastel.Amount(n))
}

// psl codes an amount of whole PSL.
func (c *coder) psl(v *int64) { c.bounded("coins", v, 0, maxPSL) }

// height codes a height, or never.
func (c *coder) height(v *pastel.Height) {
	u := uint32(*v)
	c.u32(&u)
	set(c, v, pastel.Height(u))
	if c.reading && c.err == nil && (*v < never || *v > maxHeight) {
		c.fail(fmt.Errorf("height %d is out of range %d..%d", *v, never, maxHeight))
	}
}

func (c *coder) flag(v *bool) {
	var b uint8
	if *v {
		b = 1
	}
	c.u8(&b)
	if b > 1 {
		c.fail(fmt.Errorf("flag is %d, want 0 or 1", b))
	}
	set(c, v, b == 1)
}

// count codes a number of elements that take at least size bytes each, which bounds what a reader allocates.
func (c *coder) count(n, size int) int {
	u := uint32(n)
	c.u32(&u)
	if c.err != nil {
		return 0
	}
	if c.reading && int64(u)*int64(size) > int64(len(c.b)) {
		c.fail(errShort)
		return 0
	}
	return int(u)
}

func (c *coder) text(v *string) {
	b := make([]byte, c.count(len(*v), 1))
	copy(b, *v)
	c.raw(b)
	set(c, v, string(b))
}

func (c *coder) poolID(v *ticket.PoolID)       { c.text((*string)(v)) }
func (c *coder) pastelID(v *pastelid.PastelID) { c.raw(v[:]) }

func (c *coder) outPoint(v *pastel.OutPoint) {
	c.raw(v.TxID[:])
	c.u32(&v.Vout)
}

func (c *coder) address(v *pastel.Address) {
	kind := uint8(v.Kind)
	c.u8(&kind)
	set(c, &v.Kind, pastel.AddressKind(kind))
	if c.reading && c.err == nil && v.Kind != pastel.AddressP2PKH && v.Kind != pastel.AddressP2SH {
		c.fail(fmt.Errorf("unknown address kind %d", kind))
	}
	c.raw(v.Hash[:])
}

// list codes a slice element by element; size is the minimum size of an element in bytes.
func list[T any](c *coder, v *[]T, size int, element func(*T)) {
	n := c.count(len(*v), size)
	if c.reading {
		*v = nil
		if n > 0 {
			*v = make([]T, n)
		}
	}
	for i := range *v {
		if c.err != nil {
			return
		}
		element(&(*v)[i])
	}
}

// finish returns the first error, or one if bytes are left over.
func (c *coder) finish() error {
	if c.err == nil && len(c.b) > 0 {
		c.fail(fmt.Errorf("%d bytes are left over", len(c.b)))
	}
	return c.err
}
