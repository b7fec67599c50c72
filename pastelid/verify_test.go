package pastelid

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"strings"
	"testing"

	"github.com/cloudflare/circl/sign/ed448"
	"pgregory.net/rapid"
)

func mustSeed(t testing.TB, fill byte) *PrivateKey {
	t.Helper()
	k, err := FromSeed(bytes.Repeat([]byte{fill}, SeedSize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// The vectors of RFC 8032, 7.4 with an empty context.
func TestRFC8032(t *testing.T) {
	var vectors []struct{ Name, Seed, Public, Message, Signature string }
	b, err := os.ReadFile("testdata/rfc8032.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &vectors); err != nil {
		t.Fatal(err)
	}
	unhex := func(s string) []byte {
		b, err := hex.DecodeString(s)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	for _, v := range vectors {
		k, err := FromSeed(unhex(v.Seed))
		if err != nil {
			t.Fatal(err)
		}
		id := k.ID()
		msg, sig := unhex(v.Message), unhex(v.Signature)
		if !bytes.Equal(id[:], unhex(v.Public)) || !bytes.Equal(k.Sign(msg), sig) {
			t.Errorf("%s: wrong key or signature", v.Name)
		}
		if !ValidKey(id) || !Verify(id, msg, sig) || Verify(id, append(msg, 0), sig) {
			t.Errorf("%s: wrong verdict", v.Name)
		}
	}
	if len(vectors) < 8 {
		t.Fatalf("%d vectors", len(vectors))
	}
}

// Signatures made by pasteld.
func TestPasteldSignatures(t *testing.T) {
	v := pasteldVectors(t)
	id, err := Parse(v.PastelID)
	if err != nil {
		t.Fatal(err)
	}
	all := make([]byte, 256)
	for i := range all {
		all[i] = byte(i)
	}
	for name, c := range map[string]struct {
		msg []byte
		sig string
	}{
		"text":    {[]byte(v.Text), v.Signature},
		"default": {[]byte(v.Text), v.Default},
		"bytes":   {all, v.Bytes},
	} {
		if !VerifyBase64(id, c.msg, c.sig) {
			t.Errorf("%s: refused", name)
		}
		if VerifyBase64(id, append(c.msg, ' '), c.sig) {
			t.Errorf("%s: another message accepted", name)
		}
	}
}

type pasteldSample struct {
	PastelID   string
	Passphrase string
	Text       string
	Signature  string `json:"signature_ed448"`
	Default    string `json:"signature_ed448_default"`
	Bytes      string `json:"signature_ed448_of_bytes_00_to_ff"`
}

func pasteldVectors(t testing.TB) (v pasteldSample) {
	t.Helper()
	b, err := os.ReadFile("testdata/pastelid.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &v); err != nil {
		t.Fatal(err)
	}
	return v
}

func TestCurveConstants(t *testing.T) {
	if !base.mul(orderL).equal(identity) || base.encode() == identity.encode() {
		t.Fatal("base point")
	}
	if big.Jacobi(bigD, fieldP) != -1 || big.Jacobi(big.NewInt(39082), fieldP) != -1 {
		t.Fatal("the derivation in point.go wants d and 1 - d not to be squares")
	}
	if !fieldP.ProbablyPrime(20) || !orderL.ProbablyPrime(20) {
		t.Fatal("primes")
	}
}

// ValidKey agrees with [L]P in plain integers, for points of every order and for arbitrary bytes.
func TestValidKeyMatchesDefinition(t *testing.T) {
	check := func(t rapid.TB, id PastelID) {
		t.Helper()
		if got, want := ValidKey(id), validKeySlow(id); got != want {
			t.Fatalf("ValidKey(%x) = %v, want %v", id[:], got, want)
		}
	}
	for _, p := range append([]affine{identity, base}, torsion...) {
		check(t, p.encode())
	}
	rapid.Check(t, func(t *rapid.T) {
		k := new(big.Int).SetBytes(rapid.SliceOfN(rapid.Byte(), 1, 56).Draw(t, "k"))
		p := base.mul(new(big.Int).Mod(k, orderL))
		check(t, p.encode())
		q := p.add(rapid.SampledFrom(torsion).Draw(t, "torsion"))
		check(t, q.encode())
		var id PastelID
		copy(id[:], rapid.SliceOfN(rapid.Byte(), 56, 56).Draw(t, "bytes"))
		check(t, id)
	})
}

// Every violation of the strict rule of protocol section 2, one at a time, and circl's own verdict.
func TestVerifyStrict(t *testing.T) {
	msg := []byte("smartpool/1 operate net=regtest pool=x")
	a, r := big.NewInt(123456789), new(big.Int).Add(bigPow2(300), big.NewInt(7))
	good := base.mul(a).encode()
	goodR := base.mul(r).encode()
	honest := forge(a, r, good, goodR, msg)
	if !Verify(good, msg, honest) {
		t.Fatal("honest signature refused")
	}
	with := func(change func(sig []byte)) []byte {
		sig := bytes.Clone(honest)
		change(sig)
		return sig
	}
	setS := func(s *big.Int) []byte {
		return append(bytes.Clone(honest[:KeySize]), littleEndian(s)...)
	}
	s := fromLittleEndian(honest[KeySize:])
	zero := big.NewInt(0)
	type testCase struct {
		name  string
		id    PastelID
		sig   []byte
		circl bool // does circl alone accept it?
	}
	cases := []testCase{
		{name: "empty", id: good},
		{name: "truncated", id: good, sig: honest[:113]},
		{name: "one byte more", id: good, sig: append(bytes.Clone(honest), 0)},
		{name: "S + L", id: good, sig: setS(new(big.Int).Add(s, orderL))},
		{name: "S = L", id: good, sig: setS(orderL)},
		{name: "S = L with S = 0 meant", id: base.mul(a).encode(), sig: append(bytes.Clone(goodR[:]), littleEndian(orderL)...)},
		{name: "last byte of S", id: good, sig: with(func(b []byte) { b[113] = 1 })},
		{name: "last byte of S, top bit", id: good, sig: with(func(b []byte) { b[113] = 0x80 })},
		{name: "sign of R", id: good, sig: with(func(b []byte) { b[56] ^= 0x80 })},
		{name: "unused bit of R", id: good, sig: with(func(b []byte) { b[56] |= 1 })},
		{name: "R is the identity", id: good, sig: forge(a, zero, good, identity.encode(), msg), circl: true},
		{name: "R is the identity with the sign bit", id: good, sig: forge(a, zero, good, signed(identity.encode()), msg)},
		{name: "R is the identity with y = p + 1", id: good, sig: forge(a, zero, good, yPlusP(identity.encode()), msg)},
		{name: "A is the identity", id: identity.encode(), sig: forge(zero, r, identity.encode(), goodR, msg), circl: true},
		{name: "A is the identity with the sign bit", id: signed(identity.encode()),
			sig: forge(zero, r, signed(identity.encode()), goodR, msg)},
		{name: "A is the identity with y = p + 1", id: yPlusP(identity.encode()),
			sig: forge(zero, r, yPlusP(identity.encode()), goodR, msg)},
		{name: "A and R are the identity", id: identity.encode(),
			sig: forge(zero, zero, identity.encode(), identity.encode(), msg), circl: true},
		{name: "A with an unused bit", id: unusedBit(good), sig: forge(a, r, unusedBit(good), goodR, msg)},
	}
	for _, small := range torsion {
		mixedA, mixedR := base.mul(a).add(small).encode(), base.mul(r).add(small).encode()
		cases = append(cases,
			testCase{"A of small order", small.encode(), forge(zero, r, small.encode(), goodR, msg), true},
			testCase{"A with a small-order part", mixedA, forge(a, r, mixedA, goodR, msg), true},
			testCase{"A and R with a small-order part", mixedA, forge(a, r, mixedA, mixedR, msg), false},
			testCase{"R of small order", good, forge(a, zero, good, small.encode(), msg), false},
			testCase{"R with a small-order part", good, forge(a, r, good, mixedR, msg), false},
			testCase{"A and R of small order", small.encode(), forge(zero, zero, small.encode(), small.encode(), msg), false},
			testCase{"A of small order, R the identity", small.encode(),
				forge(zero, zero, small.encode(), identity.encode(), msg), true},
		)
	}
	for _, c := range cases {
		if Verify(c.id, msg, c.sig) {
			t.Errorf("%s: accepted", c.name)
		}
		if got := ed448.Verify(c.id[:], msg, c.sig, ""); got != c.circl {
			t.Errorf("%s: circl says %v; point.go and verify.go rely on %v", c.name, got, c.circl)
		}
	}
}

// For a mixed-order key the equation holds without cofactor, too, if k is a multiple of four. The signature is still refused, because of
// the key's order.
func TestMixedOrderKeyWithExactEquation(t *testing.T) {
	a, r := big.NewInt(99), big.NewInt(77)
	encA, encR := base.mul(a).add(torsion[1]).encode(), base.mul(r).encode()
	for i := range 64 {
		msg := []byte{byte(i)}
		if k := challenge(encR, encA, msg); k.Bit(0) == 0 && k.Bit(1) == 0 {
			sig := forge(a, r, encA, encR, msg)
			if !VerifyKnown(encA, msg, sig) || Verify(encA, msg, sig) {
				t.Fatal("wrong verdict")
			}
			return
		}
	}
	t.Fatal("no such message found")
}

func signed(id PastelID) PastelID    { id[KeySize-1] |= 0x80; return id }
func unusedBit(id PastelID) PastelID { id[KeySize-1] |= 0x01; return id }

// yPlusP encodes the same point with y + p.
func yPlusP(id PastelID) PastelID {
	var out PastelID
	copy(out[:], littleEndian(new(big.Int).Add(fromLittleEndian(id[:]), fieldP)))
	return out
}

func TestVerifyBase64IsCanonical(t *testing.T) {
	k := mustSeed(t, 1)
	msg := []byte("m")
	sig := k.SignBase64(msg)
	if !VerifyBase64(k.ID(), msg, sig) {
		t.Fatal("refused")
	}
	for name, s := range map[string]string{
		"empty":           "",
		"cut":             sig[:148],
		"line break":      sig[:76] + "\n" + sig[76:],
		"break for digit": sig[:76] + "\r\n" + sig[78:],
		"padding":         sig[:148] + "AA==",
		"more padding":    sig + "====",
		"url alphabet":    strings.Repeat("-", 152),
		"padding inside":  sig[:76] + "AA==" + sig[80:],
		"space":           " " + sig[1:],
		"raw":             base64.RawStdEncoding.EncodeToString(k.Sign(msg)[:113]),
	} {
		if _, ok := DecodeSignature(s); ok {
			t.Errorf("%s: decoded", name)
		}
		if VerifyBase64(k.ID(), msg, s) {
			t.Errorf("%s: accepted", name)
		}
	}
}

func FuzzVerify(f *testing.F) {
	k := mustSeed(f, 2)
	id := k.ID()
	f.Add(id[:], []byte("m"), k.Sign([]byte("m")))
	small := torsion[1].encode()
	f.Add(small[:], []byte("m"), forge(big.NewInt(0), big.NewInt(5), small, base.mul(big.NewInt(5)).encode(), []byte("m")))
	f.Fuzz(func(t *testing.T, key, msg, sig []byte) {
		var id PastelID
		copy(id[:], key)
		valid := ValidKey(id)
		if valid != validKeySlow(id) {
			t.Fatalf("ValidKey(%x) = %v", id[:], valid)
		}
		circl := ed448.Verify(id[:], msg, sig, "")
		want := circl && valid && !bytes.Equal(sig[:KeySize], identityR[:])
		if got := Verify(id, msg, sig); got != want {
			t.Fatalf("Verify = %v, want %v", got, want)
		}
		if valid && VerifyKnown(id, msg, sig) != want {
			t.Fatal("VerifyKnown differs for a valid key")
		}
	})
}

func benchVerify(b *testing.B, verify func(id PastelID, msg, sig []byte) bool) {
	k := mustSeed(b, 3)
	id, msg := k.ID(), bytes.Repeat([]byte("statement "), 40)
	sig := k.Sign(msg)
	b.ReportAllocs()
	for b.Loop() {
		if !verify(id, msg, sig) {
			b.Fatal("refused")
		}
	}
}

func BenchmarkVerify(b *testing.B)      { benchVerify(b, Verify) }
func BenchmarkVerifyKnown(b *testing.B) { benchVerify(b, VerifyKnown) }

// BenchmarkCircl checks only the equation, as the baseline of the others.
func BenchmarkCircl(b *testing.B) {
	benchVerify(b, func(id PastelID, msg, sig []byte) bool { return ed448.Verify(id[:], msg, sig, "") })
}

func BenchmarkValidKey(b *testing.B) {
	id := mustSeed(b, 3).ID()
	for b.Loop() {
		if !ValidKey(id) {
			b.Fatal("refused")
		}
	}
}
