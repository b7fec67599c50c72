package pastelid

import (
	fp "github.com/cloudflare/circl/math/fp448"
)

// This file answers one question circl leaves open: is an encoded point of exactly the prime order L?
//
// The curve is x² + y² = 1 + d·x²·y² with d = -39081 over p = 2^448 - 2^224 - 1; its group is cyclic of order 4L.
// A point other than the identity has order L iff it can be halved twice. With D = 1 - d·y²:
//
//   - P can be halved iff 1 - d·x² = (1 - d)/D is a square. Let w be a root, of either sign.
//   - One of the halves of P has y'² = 1 - (1-y)·w/(1+w), up to the sign of w. The other half differs by the point of
//     order two, which can be halved itself, so both can be halved or neither.
//   - That half can itself be halved iff (1 - d)/(1 - d·y'²) is a square. On the curve 1 - d·y'² and 1 - y'² differ by
//     the square x'², and 1 - d is not a square, so this asks that (1-y)·w·(1+w) is not a square. The two signs of w
//     give the same answer, because (1-w)(1+w) = d·x² and d is not a square.
//
// So two field exponentiations decide, at a fraction of the cost of the scalar multiplication [L]P that they replace. The
// tests compare with [L]P in plain integers. Only y matters: the sign of x changes no order.

// -d = 39081 and 1 - d = 39082, little endian.
var (
	curveMinusD = fp.Elt{0xa9, 0x98}
	oneMinusD   = fp.Elt{0xaa, 0x98}
)

// ValidKey reports whether id is the canonical encoding of a point of order exactly L: on the curve, y < p, no sign bit
// where x is 0, unused bits zero, not the identity, and without a small-order part (protocol section 2). Keys of Generate
// and of pasteld always are. ValidKey costs about a fifth of a signature check; callers who keep ids that passed it can use
// VerifyKnown.
func ValidKey(id PastelID) bool {
	return isCurvePoint(&id) && hasPrimeOrder(&id)
}

// isCurvePoint reports whether b canonically encodes a point of the curve (RFC 8032, 5.2.3).
func isCurvePoint(b *PastelID) bool {
	if b[KeySize-1]&0x7f != 0 {
		return false
	}
	y := yOf(b)
	if p := fp.P(); !lessThan(&y, &p) {
		return false
	}
	num, den := curveTerms(&y)
	if fp.IsZero(&num) { // x is 0
		return b[KeySize-1] == 0
	}
	var x fp.Elt
	return fp.InvSqrt(&x, &num, &den)
}

// hasPrimeOrder reports whether the point that b encodes has order exactly L. It requires isCurvePoint.
func hasPrimeOrder(b *PastelID) bool {
	y := yOf(b)
	num, den := curveTerms(&y)
	if fp.IsZero(&num) { // y is 1 or -1: the identity, or the point of order two
		return false
	}
	var w fp.Elt
	if !fp.InvSqrt(&w, &oneMinusD, &den) {
		return false
	}
	one := fp.One()
	var t, u fp.Elt
	fp.Sub(&t, &one, &y)
	fp.Mul(&t, &t, &w)
	fp.Add(&u, &one, &w)
	fp.Mul(&t, &t, &u)
	return !fp.InvSqrt(&u, &t, &one)
}

// curveTerms returns 1 - y² and 1 - d·y², whose quotient is x².
func curveTerms(y *fp.Elt) (num, den fp.Elt) {
	one := fp.One()
	var y2 fp.Elt
	fp.Sqr(&y2, y)
	fp.Sub(&num, &one, &y2)
	fp.Mul(&den, &y2, &curveMinusD)
	fp.Add(&den, &den, &one)
	return num, den
}

func yOf(b *PastelID) fp.Elt {
	return fp.Elt(b[:fp.Size])
}

// lessThan compares two little-endian numbers.
func lessThan(a, b *fp.Elt) bool {
	for i := fp.Size - 1; i >= 0; i-- {
		if a[i] != b[i] {
			return a[i] < b[i]
		}
	}
	return false
}
