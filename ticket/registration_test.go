package ticket

import (
	"bytes"
	"crypto/sha3"
	"encoding/hex"
	"encoding/json"
	"math/big"
	"slices"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// answer reads the result of a recorded call.
func answer(t testing.TB, result any, parts ...string) {
	t.Helper()
	var call struct {
		Raw string `json:"response_raw"`
	}
	if err := json.Unmarshal(readFile(t, parts...), &call); err != nil {
		t.Fatal(err)
	}
	var a struct{ Result json.RawMessage }
	if err := json.Unmarshal([]byte(call.Raw), &a); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(a.Result, result); err != nil {
		t.Fatal(err)
	}
}

// masternodeTx returns a Supernode's registration that a real node made.
func masternodeTx(t testing.TB) *pastel.Tx {
	t.Helper()
	var tx struct{ Hex string }
	answer(t, &tx, "vectors", "masternodes", "044_mnid_ticket_rawtx.json")
	raw, err := hex.DecodeString(tx.Hex)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := pastel.ParseTx(raw)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

// TestMasternodeRegistration compares with the node's own answer.
func TestMasternodeRegistration(t *testing.T) {
	tx := masternodeTx(t)
	net := regtest(t)
	type said struct {
		TxID   string
		Ticket struct {
			Address, Outpoint, PastelID, Signature, TimeStamp string
			Key                                               string `json:"pq_key"`
		}
	}
	var list []said
	answer(t, &list, "vectors", "masternodes", "041_tickets_list_id_mn.json")
	i := slices.IndexFunc(list, func(s said) bool { return s.TxID == tx.ID().String() })
	if i < 0 {
		t.Fatal("the list lacks the transaction")
	}
	want := list[i].Ticket
	r, ok := DecodeRegistration(tx, net.RegistrationFee(203))
	if !ok {
		t.Fatal("no registration")
	}
	outpoint := r.Collateral.TxID.String() + "-" + string(rune('0'+r.Collateral.Vout))
	at := FormatTimeStamp(r.Timestamp)
	if r.PastelID != want.PastelID || r.Address != want.Address || outpoint != want.Outpoint || r.LegRoastKey != want.Key ||
		hex.EncodeToString(r.Signature) != want.Signature {
		t.Errorf("%+v, want %+v", r, want)
	}
	if id, ok := r.Verify(); !ok || id.String() != want.PastelID || len(r.MNSignature) == 0 {
		t.Errorf("%s registered at %s: %v", id, at, ok)
	}
	again, err := r.Outputs(10 * pastel.PSL)
	if err != nil {
		t.Fatal(err)
	}
	if got, ok := DecodeRegistration(pastel.NewTx(true, nil, append(again, change(1))), 10*pastel.PSL); !ok || !sameRegistration(got, r) {
		t.Errorf("encoded again it says %+v", got)
	}
}

func sameRegistration(a, b *Registration) bool {
	return bytes.Equal(a.encode(), b.encode())
}

// TestRegistrationChanged: any change of what is signed breaks the signature; a change of anything else does not.
func TestRegistrationChanged(t *testing.T) {
	k := key(t, 5)
	for name, c := range map[string]struct {
		change func(r *Registration)
		ok     bool
	}{
		"nothing":                  {func(*Registration) {}, true},
		"txid":                     {func(r *Registration) { r.TxID = "x" }, true},
		"block":                    {func(r *Registration) { r.Block = 9 }, true},
		"index 0 for ffffffff":     {func(r *Registration) { r.Collateral.Vout = 0 }, true}, // both print as 0
		"index 1":                  {func(r *Registration) { r.Collateral.Vout = 1 }, false},
		"outpoint":                 {func(r *Registration) { r.Collateral.TxID[31] = 1 }, false},
		"another PastelID":         {func(r *Registration) { r.PastelID = key(t, 6).ID().String() }, false},
		"no PastelID":              {func(r *Registration) { r.PastelID = "jX" }, false},
		"address":                  {func(r *Registration) { r.Address = addr(t, 2) }, false},
		"timestamp":                {func(r *Registration) { r.Timestamp++ }, false},
		"negative timestamp":       {func(r *Registration) { r.Timestamp = -r.Timestamp }, false},
		"LegRoast key":             {func(r *Registration) { r.LegRoastKey = "x" }, false},
		"masternode signature":     {func(r *Registration) { r.MNSignature = []byte{1} }, false},
		"signature bit":            {func(r *Registration) { r.Signature[40] ^= 4 }, false},
		"signature short":          {func(r *Registration) { r.Signature = r.Signature[:113] }, false},
		"signature long":           {func(r *Registration) { r.Signature = append(r.Signature, 0) }, false},
		"no signature":             {func(r *Registration) { r.Signature = nil }, false},
		"moved between two fields": {func(r *Registration) { r.LegRoastKey, r.Address = r.Address[:3], r.Address[3:] }, true}, // the statement has no borders
	} {
		r := NewRegistration(k, "", addr(t, 1), 1_795_412_957)
		c.change(r)
		outs, err := r.Outputs(10 * pastel.PSL)
		if err != nil {
			t.Fatal(err)
		}
		got := FromTx(pastel.NewTx(false, nil, append(outs, change(1))), regtest(t), 1, 1)
		if got.Registration == nil || !sameRegistration(got.Registration, r) {
			t.Fatalf("%s: %+v", name, got)
		}
		if id, ok := got.Registration.Verify(); ok != c.ok || ok && id != k.ID() {
			t.Errorf("%s: %v, want %v", name, ok, c.ok)
		}
	}
}

// scalar returns the secret number of the key whose seed repeats this byte (RFC 8032, 5.2.5).
func scalar(seed byte) *big.Int {
	h := sha3.SumSHAKE256(bytes.Repeat([]byte{seed}, pastelid.SeedSize), 114)[:57]
	h[0] &= 0xfc
	h[55] |= 0x80
	h[56] = 0
	slices.Reverse(h)
	return new(big.Int).SetBytes(h)
}

// mixed adds the point of order two, which turns x and y into -x and -y.
func mixed(id pastelid.PastelID) pastelid.PastelID {
	p := new(big.Int).Lsh(big.NewInt(1), 448)
	p.Sub(p, new(big.Int).Lsh(big.NewInt(1), 224)).Sub(p, big.NewInt(1))
	y := bytes.Clone(id[:56])
	slices.Reverse(y)
	p.Sub(p, new(big.Int).SetBytes(y)).FillBytes(y)
	slices.Reverse(y)
	return pastelid.PastelID(append(y, id[56]^0x80))
}

// TestRegistrationKeyOrder: a key or R without prime order registers nothing, even if a library says that the signature is the key's.
func TestRegistrationKeyOrder(t *testing.T) {
	order, _ := new(big.Int).SetString("3fffffffffffffffffffffffffffffffffffffffffffffffffffffff7cca23e9c44edb49aed63690216cc2728dc58f552378c292ab5844f3", 16)
	const secret, nonce = 5, 6
	identity := pastelid.PastelID{1}
	for name, c := range map[string]struct {
		key, r pastelid.PastelID
		known  bool // VerifyKnown's answer, which takes the key for good
		want   bool
	}{
		"good":             {key(t, secret).ID(), key(t, nonce).ID(), true, true},
		"key of two parts": {mixed(key(t, secret).ID()), key(t, nonce).ID(), true, false},
		"R of two parts":   {key(t, secret).ID(), mixed(key(t, nonce).ID()), false, false},
		"both":             {mixed(key(t, secret).ID()), mixed(key(t, nonce).ID()), false, false},
		"key is identity":  {identity, key(t, nonce).ID(), false, false},
		"R is identity":    {key(t, secret).ID(), identity, false, false},
	} {
		x := &Registration{PastelID: c.key.String(), Address: addr(t, 1), Collateral: pastel.OutPoint{Vout: 0xffffffff}}
		k := sha3.SumSHAKE256(slices.Concat([]byte("SigEd448\x00\x00"), c.r[:], c.key[:], x.SignedText()), 114)
		slices.Reverse(k)
		sum := new(big.Int).SetBytes(k)
		sum.Mul(sum, scalar(secret)).Add(sum, scalar(nonce)).Mod(sum, order)
		half := sum.FillBytes(make([]byte, 57))
		slices.Reverse(half)
		x.Signature = append(bytes.Clone(c.r[:]), half...)
		if id, ok := x.Verify(); ok != c.want || ok && id != c.key {
			t.Errorf("%s: %v, want %v", name, ok, c.want)
		}
		if c.known && !pastelid.VerifyKnown(c.key, x.SignedText(), x.Signature) {
			t.Errorf("%s: the signature is not what it should be", name)
		}
	}
}

// TestRegistrationFee: 10 PSL up to height 10,000, then 1,000 PSL (protocol 1).
func TestRegistrationFee(t *testing.T) {
	net := regtest(t)
	for _, c := range []struct {
		fee    pastel.Amount
		height pastel.Height
		want   bool
	}{
		{10, 1, true}, {10, 10_000, true}, {10, 10_001, false}, {1_000, 10_000, false}, {1_000, 10_001, true}, {1_000, 2_000_000, true},
	} {
		outs, err := NewRegistration(key(t, 5), "", addr(t, 1), 1).Outputs(c.fee * pastel.PSL)
		if err != nil {
			t.Fatal(err)
		}
		got := FromTx(pastel.NewTx(true, nil, append(outs, change(0))), net, c.height, 1)
		if (got.Registration != nil) != c.want {
			t.Errorf("%d PSL at %d: %v, want %v", c.fee, c.height, got.Registration != nil, c.want)
		}
	}
}

// TestRegistrationLayout: only one proper prefix of a registration is a registration: the one without version and LegRoast key.
func TestRegistrationLayout(t *testing.T) {
	r := NewRegistration(key(t, 5), "", addr(t, 1), 1)
	r.LegRoastKey = "key"
	body := r.encode()
	for n := range len(body) + 1 {
		got, ok := decodeRegistration(body[:n])
		if want := n == len(body) || n == len(body)-2-4; ok != want {
			t.Errorf("the first %d of %d bytes: %v, want %v", n, len(body), ok, want)
		} else if ok && (got.LegRoastKey != "") != (n == len(body)) {
			t.Errorf("the first %d of %d bytes: key %q", n, len(body), got.LegRoastKey)
		}
	}
	if got, ok := decodeRegistration(append(body, 1, 2)); !ok || !sameRegistration(got, r) {
		t.Errorf("bytes after the last field: %v", ok)
	}
	// The body aliases a transaction's bytes, which belong to someone else.
	got, _ := decodeRegistration(body)
	clear(body)
	if !sameRegistration(got, r) {
		t.Error("the registration aliases the bytes it was read from")
	}
}

// FuzzRegistration: whatever decodes encodes to the same, and only a real PastelID verifies.
func FuzzRegistration(f *testing.F) {
	r := NewRegistration(key(f, 5), "", addr(f, 1), 1_795_412_957)
	f.Add(r.encode())
	f.Add(contentOf(masternodeTx(f))[1:])
	for _, x := range recorded(f, "life").carried(regtest(f)) {
		if x.Registration != nil {
			f.Add(x.Registration.encode())
		}
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, ok := decodeRegistration(body)
		if !ok {
			return
		}
		if again, ok := decodeRegistration(r.encode()); !ok || !sameRegistration(again, r) {
			t.Fatalf("%+v encodes to %+v", r, again)
		}
		if id, ok := r.Verify(); ok && (id.String() != r.PastelID || !pastelid.ValidKey(id)) {
			t.Fatalf("%q verifies as %s", r.PastelID, id)
		}
	})
}

// A registration signed elsewhere is the one that the key's owner would have made, and no other signature makes it valid.
func TestRegistrationSignedElsewhere(t *testing.T) {
	t.Parallel()
	owner := key(t, 7)
	id := owner.ID().String()
	const address, at = "tPmyAddressOfRegtest", 1_700_000_000
	want := NewRegistration(owner, "", address, at)
	text := SignedRegistration(id, address, at, nil).SignedText()
	got := SignedRegistration(id, address, at, owner.Sign(text))
	if !bytes.Equal(got.encode(), want.encode()) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if _, valid := got.Verify(); !valid {
		t.Error("its own signature does not verify")
	}
	for name, forged := range map[string]*Registration{
		"another address": SignedRegistration(id, "tPother", at, got.Signature),
		"another time":    SignedRegistration(id, address, at+1, got.Signature),
		"another key":     SignedRegistration(id, address, at, key(t, 8).Sign(text)),
		"none":            SignedRegistration(id, address, at, nil),
	} {
		if _, valid := forged.Verify(); valid {
			t.Errorf("%s: the signature verifies", name)
		}
	}
}
