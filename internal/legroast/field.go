package legroast

import (
	"encoding/binary"
	"math/bits"
)

// element is a number below 2^128 that represents its remainder modulo p = 2^127 - 1. Methods return numbers below p.
type element struct{ hi, lo uint64 }

const top = 1<<63 - 1 // upper half of p

// elementSize is the size of an element in bytes, little endian.
const elementSize = 16

func readElement(b []byte) element {
	return element{binary.LittleEndian.Uint64(b[8:]), binary.LittleEndian.Uint64(b)}.reduced()
}

func (a element) append(b []byte) []byte {
	return binary.LittleEndian.AppendUint64(binary.LittleEndian.AppendUint64(b, a.lo), a.hi)
}

// reduced folds the highest bit, which is worth 1, and turns p into 0.
func (a element) reduced() element {
	lo, carry := bits.Add64(a.lo, a.hi>>63, 0)
	hi := a.hi&top + carry
	if hi>>63 == 1 { // the sum is 2^127, which is 1
		return element{0, 1}
	}
	if hi == top && lo == 1<<64-1 {
		return element{}
	}
	return element{hi, lo}
}

func (a element) plus(b element) element {
	a, b = a.reduced(), b.reduced()
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	return element{a.hi + b.hi + carry, lo}.reduced()
}

func (a element) negative() element {
	a = a.reduced()
	return element{top - a.hi, 1<<64 - 1 - a.lo}.reduced()
}

func (a element) times(b element) element {
	a, b = a.reduced(), b.reduced()
	h0, l0 := bits.Mul64(a.lo, b.lo)
	h1, l1 := bits.Mul64(a.lo, b.hi)
	h2, l2 := bits.Mul64(a.hi, b.lo)
	h3, l3 := bits.Mul64(a.hi, b.hi)
	r1, c := bits.Add64(h0, l1, 0)
	r2, c2 := bits.Add64(l3, h1, c)
	h3 += c2
	r1, c = bits.Add64(r1, l2, 0)
	r2, c2 = bits.Add64(r2, h2, c)
	h3 += c2
	low, high := element{r1 & top, l0}, element{h3<<1 | r2>>63, r2<<1 | r1>>63}
	return low.plus(high)
}

// powered squares a number several times.
func (a element) powered(squarings int) element {
	for range squarings {
		a = a.times(a)
	}
	return a
}

// symbol returns 1 if a number is not a square modulo p, otherwise 0.
func (a element) symbol() byte {
	// Euler: a^((p-1)/2) is 1, 0 or -1. The exponent is 2^126 - 1, which is all ones. Their number grows step by step: doubled, and plus
	// one.
	a = a.reduced()
	x, ones := a, 1
	for ones < 63 {
		x = x.powered(ones).times(x)
		x = x.times(x).times(a)
		ones = 2*ones + 1
	}
	x = x.powered(ones).times(x)
	if (x == element{0, 1} || x == element{}) {
		return 0
	}
	return 1
}
