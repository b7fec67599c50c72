package ticket

import (
	"errors"
	"testing"
)

// TestSigning signs an init ticket with its two keys, one after the other, and a pledge, and verifies the signatures.
func TestSigning(t *testing.T) {
	net := regtest(t)
	unsigned := sampleInit(t)
	unsigned.AgreementSignature, unsigned.SmartPoolSignature = "", ""
	opens := unsigned.Ticket()
	if _, err := opens.SignatureBy(key(t, supernodeSeed).ID(), net.Name); !errors.Is(err, ErrOperatorFirst) {
		t.Errorf("the Supernode signs first: %v", err)
	}
	part, _ := samplePart(t)
	part.PledgeSignature = ""
	for _, step := range []struct {
		ticket *Ticket
		by     byte
		field  string
		listed int // signatures listed afterwards
	}{
		{opens, operatorSeed, "agreement_signature", 2},
		{opens, supernodeSeed, "smart_pool_signature", 2},
		{part.Ticket(), memberSeed, "pledge_signature", 2},
		{sampleActivate(t).Ticket(), operatorSeed, "operator_signature", 1},
	} {
		k := key(t, step.by)
		s, err := step.ticket.SignatureBy(k.ID(), net.Name)
		if err != nil || s.Field != step.field {
			t.Fatalf("%s: %q, %v", step.field, s.Field, err)
		}
		if !step.ticket.SetSignature(s.Field, k.SignBase64([]byte(s.Text))) {
			t.Fatalf("%s is no field", s.Field)
		}
		if n := len(step.ticket.Signatures(net.Name)); n != step.listed {
			t.Errorf("%s: %d signatures are listed, want %d", step.field, n, step.listed)
		}
	}
	for _, x := range []*Ticket{opens, part.Ticket()} {
		if wrong := faults(Checks(x, net, regtestLimits)); len(wrong) > 0 {
			t.Errorf("%s is signed, and wrong: %v", x.Kind, wrong)
		}
	}
	if _, err := opens.SignatureBy(key(t, memberSeed).ID(), net.Name); err == nil {
		t.Error("a stranger signs")
	}
	kept := unsigned.SmartPoolSignature
	if opens.SetSignature("agreement_signature", unsigned.AgreementSignature); unsigned.SmartPoolSignature != kept {
		t.Error("the same signature takes the other away")
	}
	if opens.SetSignature("agreement_signature", "other"); unsigned.SmartPoolSignature != "" {
		t.Error("another signature leaves the one that covers it")
	}
	if opens.SetSignature("pledge_signature", "") {
		t.Error("an init ticket has a pledge signature")
	}
}
