package ticket

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// TestDBothSignaturesCoverOneStatement: each covers the whole pledge, so neither is good for anything else.
func TestDBothSignaturesCoverOneStatement(t *testing.T) {
	for name, change := range map[string]func(x *Part){
		"pool":        func(x *Part) { x.SmartPoolID = x.SmartPoolID[:len(x.SmartPoolID)-1] + "x" },
		"no pool":     func(x *Part) { x.SmartPoolID = "" },
		"pastelid":    func(x *Part) { x.PastelID = key(t, 4).ID().String() },
		"more coins":  func(x *Part) { x.PledgedCoins++ },
		"less coins":  func(x *Part) { x.PledgedCoins-- },
		"output":      func(x *Part) { x.TxID = pastel.TxID{9}.String() },
		"upper case":  func(x *Part) { x.TxID = x.TxID[:62] + "A" + x.TxID[63:] },
		"vout":        func(x *Part) { x.Vout++ },
		"vout + 2^32": func(x *Part) { x.Vout += 1 << 32 },
		"reward":      func(x *Part) { x.RewardAddress = addr(t, 1) },
		"time":        func(x *Part) { x.TimeStamp = "2026-11-23T05:49:35Z" },
		"space":       func(x *Part) { x.TimeStamp += " " },
		"line break":  func(x *Part) { x.TimeStamp += "\n" },
	} {
		x, owner := samplePart(t)
		member := key(t, memberSeed).ID()
		change(x)
		statement := x.PledgeStatement("regtest")
		if x.VerifyPledge(statement, member) {
			t.Errorf("%s: pledge signature still holds", name)
		}
		if got, err := x.AddressSigner(statement); err == nil && got == owner {
			t.Errorf("%s: address signature still holds", name)
		}
	}
}

// TestPledgeSignaturesCoverNoSignature: neither signature changes what the other covers, so they can be made in any order.
func TestPledgeSignaturesCoverNoSignature(t *testing.T) {
	x, owner := samplePart(t)
	want := x.PledgeStatement("regtest")
	pledge := x.PledgeSignature
	x.PledgeSignature = ""
	if got, err := x.AddressSigner(x.PledgeStatement("regtest")); err != nil || got != owner {
		t.Errorf("address signature is by %x (%v), want %x", got, err, owner)
	}
	x.PledgeSignature, x.AddressSignature = pledge, ""
	if x.PledgeStatement("regtest") != want || !x.VerifyPledge(want, key(t, memberSeed).ID()) {
		t.Error("pledge signature depends on the address signature")
	}
}

// TestInitReplay: the operator's signature covers the id, which covers every term; the Supernode's covers the whole ticket.
func TestInitReplay(t *testing.T) {
	operator, supernode := key(t, operatorSeed).ID(), key(t, supernodeSeed).ID()
	for name, change := range map[string]func(x *Init){
		"period":    func(x *Init) { x.SubscriptionPeriod++ },
		"required":  func(x *Init) { x.RequiredCoins++ },
		"factor":    func(x *Init) { x.Factor = decimal(t, "1.2501") },
		"fee":       func(x *Init) { x.Fee = decimal(t, "5.01") },
		"supernode": func(x *Init) { x.SupernodePastelID = x.OperatorPastelID },
		"company":   func(x *Init) { x.Company += " " },
		"operator":  func(x *Init) { x.OperatorPastelID = x.SupernodePastelID },
		"address":   func(x *Init) { x.OperatorFeeAddress = addr(t, 1) },
		"label":     func(*Init) {},
	} {
		x := sampleInit(t)
		change(x)
		// The change alone breaks the Supernode's signature.
		if name != "label" && x.VerifySmartPool("regtest", supernode) {
			t.Errorf("%s: smart_pool signature still holds", name)
		}
		// With an id that fits the new terms, it breaks the operator's too.
		x.SmartPoolID = x.IDFor("sample-2")
		if x.VerifyAgreement("regtest", operator) {
			t.Errorf("%s: agreement signature still holds", name)
		}
		if x.VerifySmartPool("regtest", supernode) {
			t.Errorf("%s: smart_pool signature still holds with a new id", name)
		}
	}
	x := sampleInit(t)
	x.AgreementSignature = x.SmartPoolSignature
	if x.VerifyAgreement("regtest", operator) {
		t.Error("the Supernode's signature is the operator's")
	}
	if x.VerifySmartPool("regtest", supernode) {
		t.Error("smart_pool signature does not cover the agreement signature")
	}
	// A number spelled differently makes the same ticket.
	x = sampleInit(t)
	x.Factor, x.Fee = decimal(t, "1.2500"), decimal(t, "5.00")
	if !x.VerifyAgreement("regtest", operator) || !x.VerifySmartPool("regtest", supernode) {
		t.Error("a signature depends on trailing zeros")
	}
}

// TestActivateReplay: the operator's signature covers the list and its order.
func TestActivateReplay(t *testing.T) {
	operator := key(t, operatorSeed).ID()
	for name, change := range map[string]func(x *Activate){
		"pool":         func(x *Activate) { x.SmartPoolID += "0" },
		"one less":     func(x *Activate) { x.Participants = x.Participants[:1] },
		"none":         func(x *Activate) { x.Participants = nil },
		"one twice":    func(x *Activate) { x.Participants = append(x.Participants, x.Participants[0]) },
		"other order":  func(x *Activate) { slices.Reverse(x.Participants) },
		"address":      func(x *Activate) { x.Participants[1].Address = addr(t, 1) },
		"pastelid":     func(x *Activate) { x.Participants[0].PastelID = key(t, 5).ID().String() },
		"swapped":      func(x *Activate) { p := &x.Participants[0]; p.PastelID, p.Address = p.Address, p.PastelID },
		"no signature": func(x *Activate) { x.OperatorSignature = "" },
	} {
		x := sampleActivate(t)
		change(x)
		if x.VerifyOperator("regtest", operator) {
			t.Errorf("%s: operator's signature still holds", name)
		}
	}
	// An empty list and a nil list make the same ticket.
	x := sampleActivate(t)
	x.Participants = nil
	x.OperatorSignature = key(t, operatorSeed).SignBase64([]byte(x.OperatorStatement("regtest")))
	x.Participants = []Participant{}
	if !x.VerifyOperator("regtest", operator) {
		t.Error("an empty list is not the absent one")
	}
}

// TestUnknownVersion: a ticket of a version that does not exist, such as 0, can be neither written nor signed.
func TestUnknownVersion(t *testing.T) {
	for _, x := range samples(t) {
		for _, version := range []int64{-1, 0, x.Kind.Newest() + 1} {
			setVersion(x, version)
			if text, err := x.Encode(); err == nil {
				t.Errorf("a %s of version %d is %s", x.Kind, version, text)
			}
			if got := x.digest(); got != "" {
				t.Errorf("the digest of a %s of version %d is %s", x.Kind, version, got)
			}
		}
	}
}

// TestRegistrationText retypes protocol 2, "Registrations".
func TestRegistrationText(t *testing.T) {
	x := &Registration{
		PastelID: "jX", Address: "tP", LegRoastKey: "5K", Timestamp: -12, MNSignature: []byte{0xff, 0},
		Collateral: pastel.OutPoint{TxID: pastel.TxID{0xab, 31: 0x01}, Vout: 4_294_967_294},
	}
	hash := "01" + strings.Repeat("00", 30) + "ab"
	if got, want := string(x.SignedText()), "jX5KtP"+hash+"-4294967294-12\xff\x00"; got != want {
		t.Errorf("signed text is %q, want %q", got, want)
	}
	x.Collateral.Vout = 0xffffffff
	if got, want := string(x.SignedText()), "jX5KtP"+hash+"-0-12\xff\x00"; got != want {
		t.Errorf("signed text is %q, want %q", got, want)
	}
}

// TestReasonConstants: every Reason constant in the source is in the list, so that none lacks an explanation.
func TestReasonConstants(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "reason.go", nil, parser.SkipObjectResolution)
	if err != nil {
		t.Fatal(err)
	}
	var constants []Reason
	ast.Inspect(file, func(n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		if typ, ok := v.Type.(*ast.Ident); !ok || typ.Name != "Reason" {
			return true
		}
		for _, value := range v.Values {
			s, err := strconv.Unquote(value.(*ast.BasicLit).Value)
			if err != nil {
				t.Fatal(err)
			}
			constants = append(constants, Reason(s))
		}
		return true
	})
	if !slices.Equal(constants, Reasons()) {
		t.Errorf("constants are\n%v, the list is\n%v", constants, Reasons())
	}
}
