package ticket

import (
	"bytes"
	"encoding/base64"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// key returns an identity that is the same in every run.
func key(t testing.TB, n byte) *pastelid.PrivateKey {
	t.Helper()
	k, err := pastelid.FromSeed(bytes.Repeat([]byte{n}, pastelid.SeedSize))
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func decimal(t testing.TB, s string) Decimal {
	t.Helper()
	d, err := ParseDecimal(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// addr returns a P2PKH address of regtest.
func addr(t testing.TB, n byte) string {
	return pastel.Address{Kind: pastel.AddressP2PKH, Hash: [20]byte{n}}.Encode(regtest(t))
}

// Identities of the sample tickets.
const (
	operatorSeed  = 1
	supernodeSeed = 2
	memberSeed    = 3
)

// sampleInit returns a signed init ticket that regtest accepts.
func sampleInit(t testing.TB) *Init {
	t.Helper()
	x := &Init{
		Version: 1, SubscriptionPeriod: 30, RequiredCoins: 1000, Factor: decimal(t, "1.25"), Fee: decimal(t, "5"),
		SupernodePastelID: key(t, supernodeSeed).ID().String(), Company: "Café <&> \u2028 Nodes", OperatorPastelID: key(t, operatorSeed).ID().String(),
		OperatorFeeAddress: addr(t, 9),
	}
	x.SmartPoolID = x.IDFor("sample-1")
	x.AgreementSignature = key(t, operatorSeed).SignBase64([]byte(x.AgreementStatement("regtest")))
	x.SmartPoolSignature = key(t, supernodeSeed).SignBase64([]byte(x.SmartPoolStatement("regtest")))
	return x
}

// samplePart returns a signed participation ticket and the key hash that owns what it pledges.
func samplePart(t testing.TB) (*Part, pastel.KeyHash) {
	t.Helper()
	wallet, err := pastel.NewPrivateKey()
	if err != nil {
		t.Fatal(err)
	}
	x := &Part{
		Version: 1, SmartPoolID: sampleInit(t).SmartPoolID, PastelID: key(t, memberSeed).ID().String(), PledgedCoins: 500,
		TxID: pastel.TxID{1, 2, 3}.String(), Vout: 7, RewardAddress: addr(t, 8), TimeStamp: "2026-11-23T05:49:34Z",
	}
	statement := x.PledgeStatement("regtest")
	x.PledgeSignature = key(t, memberSeed).SignBase64([]byte(statement))
	x.AddressSignature = wallet.SignMessage(statement)
	return x, wallet.KeyHash()
}

func sampleActivate(t testing.TB) *Activate {
	t.Helper()
	x := &Activate{
		Version:      1,
		SmartPoolID:  sampleInit(t).SmartPoolID,
		Participants: []Participant{{key(t, memberSeed).ID().String(), addr(t, 7)}, {key(t, 4).ID().String(), addr(t, 6)}},
	}
	x.OperatorSignature = key(t, operatorSeed).SignBase64([]byte(x.OperatorStatement("regtest")))
	return x
}

// samples returns one good ticket of each kind.
func samples(t testing.TB) []*Ticket {
	t.Helper()
	part, _ := samplePart(t)
	return []*Ticket{sampleInit(t).Ticket(), part.Ticket(), sampleActivate(t).Ticket()}
}

func encoded(t testing.TB, x *Ticket) []byte {
	t.Helper()
	text, err := x.Encode()
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestKindNames(t *testing.T) {
	for k, want := range map[Kind]string{
		KindInit: "smartpool_init", KindPart: "smartpool_part", KindActivate: "smartpool_activate",
	} {
		if k.String() != want {
			t.Errorf("%d is %q, want %q", k, k, want)
		}
		if got, ok := kindOf(want); !ok || got != k {
			t.Errorf("%q is %v", want, got)
		}
	}
	for _, s := range []string{"", "unknown", "Smartpool_init", "smartpool_init "} {
		if _, ok := kindOf(s); ok {
			t.Errorf("%q is a kind", s)
		}
	}
}

func TestDecimal(t *testing.T) {
	for s, want := range map[string]struct {
		units int64 // with 4 decimals
		ok    bool
	}{
		"0":                                   {0, true},
		"1":                                   {10_000, true},
		"1.2":                                 {12_000, true},
		"1.20":                                {12_000, true},
		"0.0001":                              {1, true},
		"12.3456":                             {123_456, true},
		"1.00000":                             {0, false}, // too many decimals, even if they are zeros
		"1.23456":                             {0, false},
		"922337203685477":                     {9_223_372_036_854_770_000, true},
		"9223372036854775":                    {0, false},
		"99999999999999999999999999999999999": {0, false},
	} {
		d := decimal(t, s)
		if got, ok := d.Units(4); got != want.units || ok != want.ok {
			t.Errorf("%s: %d %v, want %d %v", s, got, ok, want.units, want.ok)
		}
		if d.String() != s {
			t.Errorf("%s prints as %s", s, d)
		}
	}
	for _, s := range []string{"", ".", ".5", "5.", "01", "00", "01.5", "+1", "-1", "-0", "1e3", "1E3", "1.5e1", "1,5", "1.5.", "1..5", " 1", "1 ", "١", "0x1", "1_0", "NaN", "Inf"} {
		if d, err := ParseDecimal(s); err == nil {
			t.Errorf("%q is the decimal %s", s, d)
		}
	}
	for want, d := range map[string]Decimal{
		"1.5": NewDecimal(15_000, 4), "1": NewDecimal(10_000, 4), "0.05": NewDecimal(5, 2), "12.34": NewDecimal(1234, 2), "0": NewDecimal(0, 2),
		"7": NewDecimal(7, 0),
	} {
		if d.String() != want {
			t.Errorf("%s, want %s", d, want)
		}
	}
	if _, ok := (Decimal{}).Units(4); ok {
		t.Error("the zero value is a number")
	}
}

// TestSignatures: every signature of the samples holds, and none holds for another network or pool or with one bit changed.
func TestSignatures(t *testing.T) {
	x := sampleInit(t)
	operator, supernode, member := key(t, operatorSeed).ID(), key(t, supernodeSeed).ID(), key(t, memberSeed).ID()
	a := sampleActivate(t)
	p, owner := samplePart(t)
	for name, holds := range map[string]func(net string, by pastelid.PastelID) bool{
		"agreement":  x.VerifyAgreement,
		"smart_pool": x.VerifySmartPool,
		"operator":   a.VerifyOperator,
		"pledge":     func(net string, by pastelid.PastelID) bool { return p.VerifyPledge(p.PledgeStatement(net), by) },
	} {
		by := map[string]pastelid.PastelID{"agreement": operator, "smart_pool": supernode, "operator": operator, "pledge": member}[name]
		if !holds("regtest", by) {
			t.Errorf("%s signature does not hold", name)
		}
		if holds("testnet", by) {
			t.Errorf("%s signature holds on another network", name)
		}
		if holds("regtest", key(t, 99).ID()) {
			t.Errorf("%s signature is anybody's", name)
		}
	}
	if got, err := p.AddressSigner(p.PledgeStatement("regtest")); err != nil || got != owner {
		t.Errorf("address signature is by %x (%v), want %x", got, err, owner)
	}
	if got, err := p.AddressSigner(p.PledgeStatement("testnet")); err == nil && got == owner {
		t.Error("address signature holds on another network")
	}
}

// TestSignatureEncoding: a signature that is not canonical base64 of the right length does not hold, and nothing panics.
func TestSignatureEncoding(t *testing.T) {
	p, _ := samplePart(t)
	statement := p.PledgeStatement("regtest")
	member := key(t, memberSeed).ID()
	raw, err := base64.StdEncoding.DecodeString(p.PledgeSignature)
	if err != nil {
		t.Fatal(err)
	}
	good, address := p.PledgeSignature, p.AddressSignature
	for _, s := range []string{
		"", "!", good + "=", good[:151], good + "A", good[:76] + "\n" + good[76:], base64.URLEncoding.EncodeToString(bytes.Repeat([]byte{0xff}, 114)),
		base64.StdEncoding.EncodeToString(raw[:113]), base64.StdEncoding.EncodeToString(append(raw, 0)),
	} {
		if p.PledgeSignature = s; p.VerifyPledge(statement, member) {
			t.Errorf("pledge signature %q holds", s)
		}
	}
	for _, s := range []string{"", address + "=", address[:87], address[:40] + "\r" + address[41:], address[:86] + "J="} {
		p.AddressSignature = s
		if s == address {
			continue
		}
		if got, err := p.AddressSigner(statement); err == nil {
			t.Errorf("address signature %q is by %x", s, got)
		}
	}
}
