package pastelid

import (
	"crypto/sha3"
	"math/big"
	"slices"
)

// A slow, obvious Ed448 with plain integers (RFC 8032, 5.2), to compare with and to forge signatures that no signer makes.

var (
	fieldP = bigSub(bigSub(bigPow2(448), bigPow2(224)), big.NewInt(1))
	orderL = bigSub(bigPow2(446), bigInt("13818066809895115352007386748515426880336692474882178609894547503885"))
	bigD   = new(big.Int).Mod(big.NewInt(-39081), fieldP)
	base   = affine{
		bigInt("224580040295924300187604334099896036246789641632564134246125461686950415467406032909029192869357953282578032075146446173674602635247710"),
		bigInt("298819210078481492676017930443930673437544040154080242095928241372331506189835876003536878655418784733982303233503462500531545062832660"),
	}
	identity = affine{big.NewInt(0), big.NewInt(1)}
	// torsion are the points of orders 2, 4 and 4.
	torsion = []affine{
		{big.NewInt(0), bigSub(fieldP, big.NewInt(1))},
		{big.NewInt(1), big.NewInt(0)},
		{bigSub(fieldP, big.NewInt(1)), big.NewInt(0)},
	}
)

type affine struct{ x, y *big.Int }

func bigInt(s string) *big.Int {
	n, ok := new(big.Int).SetString(s, 10)
	if !ok {
		panic(s)
	}
	return n
}
func bigPow2(n uint) *big.Int        { return new(big.Int).Lsh(big.NewInt(1), n) }
func bigSub(a, b *big.Int) *big.Int  { return new(big.Int).Sub(a, b) }
func mulP(a, b *big.Int) *big.Int    { return new(big.Int).Mod(new(big.Int).Mul(a, b), fieldP) }
func addP(a, b *big.Int) *big.Int    { return new(big.Int).Mod(new(big.Int).Add(a, b), fieldP) }
func divP(a, b *big.Int) *big.Int    { return mulP(a, new(big.Int).ModInverse(b, fieldP)) }
func (p affine) equal(q affine) bool { return p.x.Cmp(q.x) == 0 && p.y.Cmp(q.y) == 0 }

func (p affine) add(q affine) affine {
	one := big.NewInt(1)
	t := mulP(bigD, mulP(mulP(p.x, q.x), mulP(p.y, q.y)))
	x := addP(mulP(p.x, q.y), mulP(q.x, p.y))
	y := addP(mulP(p.y, q.y), new(big.Int).Neg(mulP(p.x, q.x)))
	return affine{divP(x, addP(one, t)), divP(y, addP(one, new(big.Int).Neg(t)))}
}

func (p affine) mul(k *big.Int) affine {
	sum := identity
	for i := k.BitLen() - 1; i >= 0; i-- {
		sum = sum.add(sum)
		if k.Bit(i) == 1 {
			sum = sum.add(p)
		}
	}
	return sum
}

func (p affine) encode() (id PastelID) {
	copy(id[:], littleEndian(p.y))
	id[KeySize-1] = byte(p.x.Bit(0)) << 7
	return id
}

// littleEndian returns the lowest 57 bytes of n.
func littleEndian(n *big.Int) []byte {
	b := make([]byte, 64)
	n.FillBytes(b)
	slices.Reverse(b)
	return b[:KeySize]
}

func fromLittleEndian(b []byte) *big.Int {
	c := slices.Clone(b)
	slices.Reverse(c)
	return new(big.Int).SetBytes(c)
}

// decode reads a canonical encoding.
func decode(id PastelID) (affine, bool) {
	sign := uint(id[KeySize-1] >> 7)
	id[KeySize-1] &= 0x7f
	y := fromLittleEndian(id[:])
	if y.Cmp(fieldP) >= 0 {
		return affine{}, false
	}
	one := big.NewInt(1)
	y2 := mulP(y, y)
	x := new(big.Int).ModSqrt(divP(addP(y2, big.NewInt(-1)), addP(mulP(bigD, y2), new(big.Int).Neg(one))), fieldP)
	if x == nil || x.Sign() == 0 && sign == 1 {
		return affine{}, false
	}
	if x.Bit(0) != sign {
		x = bigSub(fieldP, x)
	}
	return affine{x, y}, true
}

// validKeySlow is ValidKey by its definition.
func validKeySlow(id PastelID) bool {
	p, ok := decode(id)
	return ok && !p.equal(identity) && p.mul(orderL).equal(identity)
}

// challenge is k of RFC 8032, 5.2.6.
func challenge(r, a PastelID, msg []byte) *big.Int {
	h := sha3.NewSHAKE256()
	h.Write([]byte("SigEd448\x00\x00"))
	h.Write(r[:])
	h.Write(a[:])
	h.Write(msg)
	out := make([]byte, 114)
	h.Read(out)
	return new(big.Int).Mod(fromLittleEndian(out), orderL)
}

// forge signs with the secret scalar a, the nonce r and any encodings of A and R.
func forge(a, r *big.Int, encA, encR PastelID, msg []byte) []byte {
	s := new(big.Int).Mul(challenge(encR, encA, msg), a)
	s.Mod(s.Add(s, r), orderL)
	return append(slices.Clone(encR[:]), littleEndian(s)...)
}
