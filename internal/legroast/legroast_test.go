package legroast

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// counted returns the secret and seeds read from the bytes 0, 1, 2, and so on.
func counted() (secret [SecretSize]byte, seeds *Seeds) {
	b := byte(0)
	for i := range secret {
		secret[i] = b
		b++
	}
	seeds = new(Seeds)
	for n := range seeds {
		for i := range seeds[n] {
			seeds[n][i] = b
			b++
		}
	}
	return secret, seeds
}

// The hashes are those of the key and signature that pasteld 2.2.10's own class makes from the same bytes.
func TestSameAsPasteld(t *testing.T) {
	t.Parallel()
	secret, seeds := counted()
	key := Public(secret)
	if got := sum(key[:]); got != "961151d703195fc401d0552e3ed826babda2f7b8f3d9c8b33f585e3fa04e72b2" {
		t.Errorf("the key is wrong: %s", got)
	}
	sig := Sign(secret, []byte("text to sign"), seeds)
	if got := sum(sig); got != "93440d6b5d2ce723925e0dc5e043fe51cdab39c37946a8a93a5473ac2e6ed4ef" {
		t.Errorf("the signature is wrong: %s", got)
	}
	if !Verify(key, []byte("text to sign"), sig) {
		t.Error("it does not verify")
	}
}

func sum(b []byte) string {
	h := sha256.Sum256(b)
	return hex.EncodeToString(h[:])
}

// A key and a signature of a real pasteld.
func TestRecorded(t *testing.T) {
	t.Parallel()
	read := func(name string) (params []string, answer map[string]string) {
		t.Helper()
		data, err := os.ReadFile(filepath.Join("..", "..", "chain", "devnode", "testdata", "rpc", name+".json"))
		if err != nil {
			t.Fatal(err)
		}
		var call struct {
			Request string `json:"request_body"`
			Answer  string `json:"response_raw"`
		}
		var request struct{ Params []string }
		var result struct{ Result map[string]string }
		if err := json.Unmarshal(data, &call); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(call.Request), &request); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(call.Answer), &result); err != nil {
			t.Fatal(err)
		}
		return request.Params, result.Result
	}
	_, made := read("104_pastelid_newkey")
	key, err := ParsePublicKey(made["legRoastKey"])
	if err != nil || key.String() != made["legRoastKey"] {
		t.Fatalf("%v: the key reads as %.20s", err, key)
	}
	params, signed := read("108_pastelid_sign_legroast")
	sig, err := base64.StdEncoding.DecodeString(signed["signature"])
	if err != nil || !Verify(key, []byte(params[1]), sig) {
		t.Errorf("the recorded signature of %d bytes does not verify: %v", len(sig), err)
	}
}

// A signature with any change no longer verifies.
func TestTampered(t *testing.T) {
	t.Parallel()
	secret, seeds := counted()
	key, message := Public(secret), []byte("text")
	sig := Sign(secret, message, seeds)
	if Verify(key, []byte("other"), sig) || Verify(key, message, sig[1:]) || Verify(key, message, append(sig, 0)) || Verify(key, message, nil) {
		t.Error("another text or length verifies")
	}
	other := *key
	for i := range other {
		other[i] ^= 0xff
	}
	if Verify(&other, message, sig) {
		t.Error("another key verifies")
	}
	parts := map[string]int{
		"first hash": 0, "share of k": hashSize, "share of c": hashSize + rounds*elementSize, "output": commitSize,
		"second hash": commitSize + outputSize, "alpha": commitSize + outputSize + hashSize,
		"beta": commitSize + outputSize + hashSize + rounds*elementSize, "seed": commitSize + outputSize + openSize, "commitment": SignatureSize - 1,
	}
	for name, at := range parts {
		bad := append([]byte{}, sig...)
		bad[at] ^= 1
		if Verify(key, message, bad) {
			t.Errorf("it verifies with another %s", name)
		}
	}
}

func TestParsePublicKey(t *testing.T) {
	t.Parallel()
	secret, _ := counted()
	text := Public(secret).String()
	if !strings.HasPrefix(text, "E") || len(text) < 5500 {
		t.Errorf("a key reads %.10s… of %d characters", text, len(text))
	}
	for _, wrong := range []string{"", "E", text[1:], text[:len(text)-1] + "1", strings.Repeat("1", len(text))} {
		if _, err := ParsePublicKey(wrong); err == nil {
			t.Errorf("%.20s… is read as a key", wrong)
		}
	}
}

// Compare arithmetic modulo 2^127 - 1 with big integers.
func TestElement(t *testing.T) {
	t.Parallel()
	p := new(big.Int).Sub(new(big.Int).Lsh(big.NewInt(1), 127), big.NewInt(1))
	whole := func(e element) *big.Int {
		return new(big.Int).Add(new(big.Int).Lsh(new(big.Int).SetUint64(e.hi), 64), new(big.Int).SetUint64(e.lo))
	}
	check := func(t rapid.TB, a, b element) {
		t.Helper()
		x, y := whole(a), whole(b)
		for what, c := range map[string]struct {
			got  element
			want *big.Int
		}{
			"sum":      {a.plus(b), new(big.Int).Add(x, y)},
			"product":  {a.times(b), new(big.Int).Mul(x, y)},
			"negative": {a.negative(), new(big.Int).Neg(x)},
			"itself":   {a.reduced(), x},
		} {
			if whole(c.got).Cmp(c.want.Mod(c.want, p)) != 0 {
				t.Fatalf("%s of %v and %v is %v, want %v", what, x, y, whole(c.got), c.want)
			}
		}
		want := byte(0)
		if big.Jacobi(x, p) < 0 {
			want = 1
		}
		if got := a.symbol(); got != want {
			t.Fatalf("the symbol of %v is %d, want %d", x, got, want)
		}
	}
	const all = 1<<64 - 1
	edges := []element{{}, {0, 1}, {0, 3}, {top, all}, {top, all - 1}, {1 << 63, 0}, {1 << 63, 1}, {all, all}, {all, all - 1}, {0, all}, {1, 0}}
	for _, a := range edges {
		for _, b := range edges {
			check(t, a, b)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		draw := func() element { return element{rapid.Uint64().Draw(t, "hi"), rapid.Uint64().Draw(t, "lo")} }
		check(t, draw(), draw())
	})
}

func BenchmarkPublic(b *testing.B) {
	secret, _ := counted()
	for b.Loop() {
		Public(secret)
	}
}
