package ticket

import (
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// goodPart returns a participation ticket of the recorded chain whose signatures hold, and the key hash that it was made with.
func goodPart(t testing.TB) (tx *pastel.Tx, p *Part, owner pastel.KeyHash) {
	t.Helper()
	for _, f := range recorded(t, "life").carried(regtest(t)) {
		if f.Ticket == nil || f.Ticket.Kind != KindPart {
			continue
		}
		statement := f.Ticket.Part.PledgeStatement("regtest")
		id, err := pastelid.Parse(f.Ticket.Part.PastelID)
		if err != nil || !f.Ticket.Part.VerifyPledge(statement, id) {
			continue
		}
		if owner, err = f.Ticket.Part.AddressSigner(statement); err == nil {
			return f.tx, f.Ticket.Part, owner
		}
	}
	t.Fatal("no participation ticket with good signatures")
	return nil, nil, owner
}

// BenchmarkVerifyPart does everything for a participation ticket that needs no state: it finds the ticket in its transaction,
// decodes it and checks both signatures. BenchmarkVerifyPartRaw checks only the two signatures, on bytes at hand.
func BenchmarkVerifyPart(b *testing.B) {
	tx, _, _ := goodPart(b)
	net := regtest(b)
	b.ReportAllocs()
	for b.Loop() {
		p := FromTx(tx, net, 200, 1).Ticket.Part
		id, err := pastelid.Parse(p.PastelID)
		statement := p.PledgeStatement(net.Name)
		if err != nil || !p.VerifyPledge(statement, id) {
			b.Fatal("pledge signature does not hold")
		}
		if _, err := p.AddressSigner(statement); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkVerifyPartRaw(b *testing.B) {
	_, p, _ := goodPart(b)
	statement := []byte(p.PledgeStatement("regtest"))
	id, err := pastelid.Parse(p.PastelID)
	if err != nil {
		b.Fatal(err)
	}
	pledge, _ := pastelid.DecodeSignature(p.PledgeSignature)
	address, err := pastel.DecodeMessageSignature(p.AddressSignature)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if !pastelid.VerifyKnown(id, statement, pledge[:]) {
			b.Fatal("pledge signature does not hold")
		}
		if _, err := pastel.RecoverMessageKeyHash(address, statement); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkDecodePart is what BenchmarkVerifyPart does before the signatures.
func BenchmarkDecodePart(b *testing.B) {
	tx, _, _ := goodPart(b)
	net := regtest(b)
	b.ReportAllocs()
	for b.Loop() {
		p := FromTx(tx, net, 200, 1).Ticket.Part
		if _, err := pastelid.Parse(p.PastelID); err != nil {
			b.Fatal(err)
		}
		p.PledgeStatement(net.Name)
	}
}

// BenchmarkFromTxPlain is an ordinary payment: the common case, which must allocate nothing.
func BenchmarkFromTxPlain(b *testing.B) {
	net := regtest(b)
	tx := pastel.NewTx(true, []pastel.TxIn{{ScriptSig: make([]byte, 107)}}, []pastel.TxOut{
		{Value: 5 * pastel.PSL, Script: pastel.P2PKH(pastel.KeyHash{1})}, {Value: 7, Script: pastel.P2PKH(pastel.KeyHash{2})},
	})
	b.ReportAllocs()
	for b.Loop() {
		if FromTx(tx, net, 200, 1) != (Carried{}) {
			b.Fatal("a payment carries something")
		}
	}
}
