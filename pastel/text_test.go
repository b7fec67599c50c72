package pastel

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/mr-tron/base58"
	"pgregory.net/rapid"
)

func TestParseAmount(t *testing.T) {
	for text, want := range map[string]Amount{
		"0": 0, "1": PSL, "62.5": 6_250_000, "1187.5": 118_750_000, "0.00001": 1, "21000000000": MaxMoney, "007": 7 * PSL, "1.50000": 150_000,
	} {
		if got, err := ParseAmount(text); err != nil || got != want {
			t.Errorf("%q is %d, %v, want %d", text, got, err, want)
		}
	}
	for _, text := range []string{
		"", ".", "1.", ".5", "-1", "+1", "1e3", "1.000001", "21000000000.00001", "99999999999", "999999999999999999999", " 1", "1,5", "0x1", "١",
	} {
		if got, err := ParseAmount(text); err == nil {
			t.Errorf("%q is taken as %d", text, got)
		}
	}
}

func TestAmountArithmetic(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := Amount(rapid.Int64().Draw(t, "a")), Amount(rapid.Int64().Draw(t, "b"))
		num, den := rapid.Int64().Draw(t, "num"), rapid.Int64().Draw(t, "den")
		check := func(what string, got Amount, ok bool, want *big.Int) {
			if ok != want.IsInt64() || ok && int64(got) != want.Int64() {
				t.Fatalf("%s is %d, %t, want %s", what, got, ok, want)
			}
		}
		x, y := big.NewInt(int64(a)), big.NewInt(int64(b))
		sum, ok := a.Add(b)
		check("sum", sum, ok, new(big.Int).Add(x, y))
		diff, ok := a.Sub(b)
		check("difference", diff, ok, new(big.Int).Sub(x, y))
		part, ok := a.MulDiv(num, den)
		if a < 0 || num < 0 || den <= 0 {
			if ok {
				t.Fatal("MulDiv took a negative number")
			}
			return
		}
		check("part", part, ok, x.Mul(x, big.NewInt(num)).Div(x, big.NewInt(den)))
	})
}

func TestAmountString(t *testing.T) {
	for a, want := range map[Amount]string{0: "0", 1: "0.00001", -1: "-0.00001", 6_250_000: "62.5", -1 << 63: "-92233720368547.75808"} {
		if got := a.String(); got != want {
			t.Errorf("%d prints as %s, want %s", int64(a), got, want)
		}
	}
}

// TestNetworks retypes the chains' part of the table in protocol 1, so that it notices a changed constant.
func TestNetworks(t *testing.T) {
	for _, tt := range []struct {
		name        string
		p2pkh, p2sh [2]byte
		sapling     Height
		collateral  Amount // PSL
	}{
		{"main", [2]byte{0x0c, 0xe3}, [2]byte{0x1a, 0xf6}, 20, 5_000_000},
		{"testnet", [2]byte{0x1c, 0xef}, [2]byte{0x1d, 0x37}, 20, 1_000_000},
		{"devnet", [2]byte{0x64, 0x1c}, [2]byte{0x64, 0x09}, 20, 1_000_000},
		{"regtest", [2]byte{0x1c, 0xef}, [2]byte{0x1d, 0x37}, 1, 1_000},
	} {
		n, err := NetworkByName(tt.name)
		if err != nil {
			t.Fatal(err)
		}
		if n.PubKeyHashVersion != tt.p2pkh || n.ScriptHashVersion != tt.p2sh || n.SaplingHeight != tt.sapling || n.Collateral != tt.collateral*100_000 {
			t.Errorf("%s differs: %+v", tt.name, n)
		}
		if n.CoinbaseMaturity != 100 || n.MaxReorg != 100 || n.ContractFee != 1_000_000 ||
			n.RegistrationFee(10_000) != 1_000_000 || n.RegistrationFee(10_001) != 100_000_000 {
			t.Errorf("%s differs in what all share: %+v", tt.name, n)
		}
		if err := n.Validate(); err != nil {
			t.Error(err)
		}
	}
	if _, err := NetworkByName("moon"); err == nil || !strings.Contains(err.Error(), "regtest") {
		t.Errorf("unknown network: %v", err)
	}
}

// TestNetworkRefused has one fault a case.
func TestNetworkRefused(t *testing.T) {
	for what, change := range map[string]func(*Network){
		"CoinbaseMaturity is 0":     func(n *Network) { n.CoinbaseMaturity = 0 },
		"MaxReorg is 0":             func(n *Network) { n.MaxReorg = 0 },
		"SaplingHeight is -2":       func(n *Network) { n.SaplingHeight = Never - 1 },
		"SaplingHeight is 16777217": func(n *Network) { n.SaplingHeight = 1<<24 + 1 },
		"must be whole PSL":         func(n *Network) { n.Collateral++ },
		"the collateral or a fee":   func(n *Network) { n.ContractFee = 0 },
	} {
		n := *regtest(t)
		change(&n)
		if err := n.Validate(); err == nil || !strings.Contains(err.Error(), what) {
			t.Errorf("%s: %v", what, err)
		}
	}
}

func regtest(t testing.TB) *Network {
	t.Helper()
	n, err := NetworkByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	return &n
}

func TestAddresses(t *testing.T) {
	n := regtest(t)
	const good = "tPdMYm3ZV3Kxig2XdePX1kdZU6PL77TTyRr"
	a, err := ParseAddress(n, good)
	if err != nil || a.Kind != AddressP2PKH || a.Encode(n) != good {
		t.Fatalf("%+v, %v", a, err)
	}
	if back, ok := AddressFromScript(a.Script()); !ok || back != a {
		t.Fatalf("%s is of %+v", a.Script(), back)
	}
	p2sh := Address{AddressP2SH, a.Hash}
	if back, err := ParseAddress(n, p2sh.Encode(n)); err != nil || back != p2sh {
		t.Fatalf("%+v, %v", back, err)
	}
	main, err := NetworkByName("main")
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{
		"", good[1:], good + "r", strings.Replace(good, "M", "N", 1), " " + good, "1" + good, strings.Repeat("1", 600), good[:20] + "0" + good[21:],
		a.Encode(&main), Base58CheckEncode(n.PubKeyHashVersion[:], a.Hash[:19]),
	} {
		if _, err := ParseAddress(n, bad); err == nil {
			t.Errorf("%q is taken", bad)
		}
	}
}

// TestAddressLengths: every address of every network has one of the two lengths that ParseAddress accepts.
func TestAddressLengths(t *testing.T) {
	for _, name := range Networks() {
		n, err := NetworkByName(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, kind := range []AddressKind{AddressP2PKH, AddressP2SH} {
			for _, hash := range [][20]byte{{}, [20]byte(bytes.Repeat([]byte{0xff}, 20)), {19: 1}, {0: 1}} {
				a := Address{kind, hash}
				if back, err := ParseAddress(&n, a.Encode(&n)); err != nil || back != a {
					t.Errorf("%s of %s: %+v, %v", a.Encode(&n), name, back, err)
				}
			}
		}
	}
}

// TestBase58 compares with another library and with numbers computed digit by digit.
func TestBase58(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := rapid.SliceOfN(rapid.Byte(), 0, 120).Draw(t, "bytes")
		want = append(make([]byte, rapid.IntRange(0, 20).Draw(t, "zeros")), want...)
		if got, ok := decodeBase58(base58.Encode(want)); !ok || !bytes.Equal(got, want) {
			t.Fatalf("%x comes back as %x", want, got)
		}
	})
	for _, s := range []string{"0", "O", "I", "l", "1 ", "é", "\x00", "111_", strings.Repeat("z", 40) + "0", "0" + strings.Repeat("z", 40)} {
		if b, ok := decodeBase58(s); ok {
			t.Errorf("%q is %x", s, b)
		}
	}
	for _, n := range []int{1, 9, 10, 11, 100, maxBase58} {
		value := new(big.Int)
		for range n {
			value.Mul(value, big.NewInt(58)).Add(value, big.NewInt(57))
		}
		if got, ok := decodeBase58(strings.Repeat("z", n)); !ok || !bytes.Equal(got, value.Bytes()) {
			t.Errorf("%d digits are %x, want %x", n, got, value.Bytes())
		}
	}
}

func FuzzBase58(f *testing.F) {
	f.Add("tPdMYm3ZV3Kxig2XdePX1kdZU6PL77TTyRr")
	f.Add("111")
	f.Add(strings.Repeat("z", maxBase58))
	f.Fuzz(func(t *testing.T, s string) {
		if len(s) > maxBase58 {
			return
		}
		got, ok := decodeBase58(s)
		if want, err := base58.Decode(s); ok != (err == nil || s == "") || ok && !bytes.Equal(got, want) {
			t.Fatalf("%q is %x, %t, another library says %x, %v", s, got, ok, want, err)
		}
		if ok && base58.Encode(got) != s {
			t.Fatalf("%q prints as %q", s, base58.Encode(got))
		}
	})
}

func TestMultisig(t *testing.T) {
	key := bytes.Repeat([]byte{7}, 33)
	long := bytes.Repeat([]byte{8}, 65)
	script, err := MultisigScript(1, [][]byte{key, long})
	if err != nil {
		t.Fatal(err)
	}
	m, keys, ok := ParseMultisig(script, nil)
	if !ok || m != 1 || len(keys) != 2 || !bytes.Equal(keys[1], long) {
		t.Fatalf("%d of %d, %t", m, len(keys), ok)
	}
	// The same keys by the other push opcodes count too.
	other := Script{op1, opPushData1, 33}
	other = append(append(other, key...), opPushData2, 33, 0)
	other = append(append(other, key...), opPushData4, 33, 0, 0, 0)
	other = append(append(other, key...), op1+2, opCheckMultisig)
	if m, keys, ok := ParseMultisig(other, nil); !ok || m != 1 || len(keys) != 3 {
		t.Fatalf("%d of %d, %t", m, len(keys), ok)
	}
	change := func(at int, b byte) []byte {
		bad := bytes.Clone(script)
		bad[at] = b
		return bad
	}
	for name, bad := range map[string][]byte{
		"OP_0 as m": change(0, 0), "m over n": change(0, op1+2), "n too large": change(len(script)-2, op1+2),
		"n too small": change(len(script)-2, op1), "n is OP_0": change(len(script)-2, 0), "another opcode": change(len(script)-1, opCheckSig),
		"key of 32 bytes": change(1, 32), "cut": script[:len(script)-3], "empty": nil, "no keys": {op1, op1, opCheckMultisig},
		"push beyond the end": {op1, opPushData4, 0xff, 0xff, 0xff, 0xff, op1, opCheckMultisig},
	} {
		before := [][]byte{key}
		if _, keys, ok := ParseMultisig(bad, before); ok || len(keys) != 1 {
			t.Errorf("%s is taken", name)
		}
	}
	for _, keys := range [][][]byte{nil, {key[:32]}, slices.Repeat([][]byte{key}, 17)} {
		if _, err := MultisigScript(1, keys); err == nil {
			t.Errorf("a script with %d keys is built", len(keys))
		}
	}
}

// TestSignMessage verifies signatures that pasteld made, and ours of the same messages.
func TestSignMessage(t *testing.T) {
	var v struct {
		Signatures []struct {
			Address, Message, Signature string
			WIF                         string `json:"privkey_wif"`
		}
	}
	text, err := os.ReadFile("../testdata/vectors/signmessage.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, &v); err != nil || len(v.Signatures) == 0 {
		t.Fatal(err)
	}
	n := regtest(t)
	for _, s := range v.Signatures {
		addr, err := ParseAddress(n, s.Address)
		if err != nil {
			t.Fatal(err)
		}
		sig, err := DecodeMessageSignature(s.Signature)
		if err != nil {
			t.Fatal(err)
		}
		if err := VerifyMessage(addr, sig, []byte(s.Message)); err != nil {
			t.Errorf("%.20q: %v", s.Message, err)
		}
		if VerifyMessage(addr, sig, []byte(s.Message+" ")) == nil || VerifyMessage(Address{AddressP2SH, addr.Hash}, sig, []byte(s.Message)) == nil {
			t.Errorf("%.20q: another text or address passes", s.Message)
		}
		key, err := ParseWIF(n, s.WIF)
		if err != nil || key.WIF(n) != s.WIF || key.KeyHash() != addr.Hash {
			t.Fatalf("private key: %v", err)
		}
		own, err := DecodeMessageSignature(key.SignMessage(s.Message))
		if err != nil || VerifyMessage(addr, own, []byte(s.Message)) != nil {
			t.Errorf("%.20q: own signature fails", s.Message)
		}
	}
}

// TestMessageSignatureRange: values outside 1..n-1 and headers that pasteld does not make are refused; a high s is not.
func TestMessageSignatureRange(t *testing.T) {
	key, err := PrivateKeyFromBytes([32]byte{31: 9})
	if err != nil {
		t.Fatal(err)
	}
	sig, err := DecodeMessageSignature(key.SignMessage("text"))
	if err != nil {
		t.Fatal(err)
	}
	order, _ := new(big.Int).SetString("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141", 16)
	set := func(from, to int, v *big.Int) []byte {
		b := bytes.Clone(sig)
		v.FillBytes(b[from:to])
		return b
	}
	for name, bad := range map[string][]byte{
		"r is 0": set(1, 33, new(big.Int)), "s is 0": set(33, 65, new(big.Int)), "r is n": set(1, 33, order), "s is n": set(33, 65, order),
		"header 26": append([]byte{26}, sig[1:]...), "header 35": append([]byte{35}, sig[1:]...), "short": sig[:64], "long": append(bytes.Clone(sig), 0),
	} {
		if _, err := RecoverMessageKeyHash(bad, []byte("text")); err == nil {
			t.Errorf("%s is taken", name)
		}
	}
	high := set(33, 65, new(big.Int).Sub(order, new(big.Int).SetBytes(sig[33:])))
	high[0] = ((high[0] - 27) ^ 1) + 27 // the other nonce point, by its parity
	if got, err := RecoverMessageKeyHash(high, []byte("text")); err != nil || got != key.KeyHash() {
		t.Errorf("high s: %x, %v", got, err)
	}
	for _, text := range []string{"", "AAAA", key.SignMessage("text")[1:], strings.Replace(key.SignMessage("text"), "=", "\n", 1), key.SignMessage("text") + "\n"} {
		if _, err := DecodeMessageSignature(text); err == nil {
			t.Errorf("%q is taken", text)
		}
	}
}

func FuzzParseAddress(f *testing.F) {
	n := regtest(f)
	f.Add("tPdMYm3ZV3Kxig2XdePX1kdZU6PL77TTyRr")
	f.Add("ttTWAYMEui3GirRdLKjzA4iRBDSFW4fDg5r")
	f.Fuzz(func(t *testing.T, s string) {
		if a, err := ParseAddress(n, s); err == nil && a.Encode(n) != s {
			t.Fatalf("%q prints as %q", s, a.Encode(n))
		}
	})
}

func FuzzParseAmount(f *testing.F) {
	for _, s := range []string{"62.5", "0.00001", "21000000000", "1.", "-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		a, err := ParseAmount(s)
		if err != nil {
			return
		}
		if again, err := ParseAmount(a.String()); err != nil || again != a || a < 0 || a > MaxMoney {
			t.Fatalf("%q is %d, prints as %q", s, a, a)
		}
	})
}

func FuzzParseScript(f *testing.F) {
	tx, err := ParseTx(vector(f, "tx_contract_ticket_binary.hex"))
	if err != nil {
		f.Fatal(err)
	}
	for _, out := range tx.Outputs {
		f.Add(out.Script)
	}
	f.Add([]byte(P2SH([20]byte{1})))
	f.Fuzz(func(t *testing.T, s []byte) {
		if a, ok := AddressFromScript(s); ok && !bytes.Equal(a.Script(), s) {
			t.Fatal("script of its address differs")
		}
		m, keys, ok := ParseMultisig(s, nil)
		if !ok {
			return
		}
		script, err := MultisigScript(m, keys)
		if err != nil {
			t.Fatal(err)
		}
		if _, again, ok := ParseMultisig(script, nil); !ok || len(again) != len(keys) {
			t.Fatal("keys make another script")
		}
	})
}

func TestParseOutPoint(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("0123456789abcdef", 4)
	for s, ok := range map[string]bool{
		id + ":0": true, id + ":4294967295": true, id + ":4294967296": false, id + ":-1": false, id + ":+1": false, id + ":01": false, id + ":": false,
		id: false, id + ":1:1": false, id[1:] + ":1": false, strings.ToUpper(id) + ":1": false, id + ": 1": false, "": false, ":": false,
	} {
		o, err := ParseOutPoint(s)
		if (err == nil) != ok || ok && o.String() != s || !ok && o != (OutPoint{}) {
			t.Errorf("%q: %v, %v", s, o, err)
		}
	}
}

func FuzzParseOutPoint(f *testing.F) {
	f.Add(strings.Repeat("0123456789abcdef", 4) + ":7")
	f.Fuzz(func(t *testing.T, s string) {
		if o, err := ParseOutPoint(s); err == nil && o.String() != s {
			t.Errorf("%q prints as %q", s, o)
		}
	})
}

// The public key is compressed, whatever the form of the private key's text (secp256k1: the key 1 is the generator).
func TestPublicKey(t *testing.T) {
	t.Parallel()
	n, err := NetworkByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	one := make([]byte, 32)
	one[31] = 1
	for _, b := range [][]byte{one, append(one[:32:32], 1)} {
		key, err := ParseWIF(&n, Base58CheckEncode([]byte{n.WIFVersion}, b))
		if err != nil {
			t.Fatal(err)
		}
		if got := hex.EncodeToString(key.PublicKey()); got != "0279be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798" {
			t.Errorf("the public key of a text of %d bytes is %s", len(b), got)
		}
	}
}
