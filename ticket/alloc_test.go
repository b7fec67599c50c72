package ticket

import (
	"testing"

	"github.com/cloudflare/circl/sign/ed448"
	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
)

// TestFromTxAllocations: nearly all transactions are ordinary payments, and reading one allocates nothing.
func TestFromTxAllocations(t *testing.T) {
	net := regtest(t)
	var none pastel.KeyHash
	multisig, err := pastel.MultisigScript(1, [][]byte{make([]byte, 33)})
	if err != nil {
		t.Fatal(err)
	}
	for name, outs := range map[string][]pastel.TxOut{
		"no output":           nil,
		"payment with change": {{Value: 5 * pastel.PSL, Script: pastel.P2PKH(none)}, {Value: 7, Script: pastel.P2PKH(none)}},
		"to a script":         {{Value: 5 * pastel.PSL, Script: pastel.P2SH(none)}},
		"empty script":        {{Value: 5 * pastel.PSL}},
		"one multisig key":    {{Value: 5 * pastel.PSL, Script: multisig}},
		"200 outputs":         make([]pastel.TxOut, 200),
		"contract ticket fee": {{Value: net.ContractFee, Script: pastel.P2PKH(none)}, {Value: 7, Script: pastel.P2PKH(none)}},
	} {
		tx := pastel.NewTx(true, []pastel.TxIn{{ScriptSig: make([]byte, 107)}}, outs)
		if n := testing.AllocsPerRun(100, func() {
			if FromTx(tx, net, 200, 1) != (Carried{}) {
				t.Fatal("it carries something")
			}
		}); n != 0 {
			t.Errorf("%s: %v allocations, want none", name, n)
		}
	}
}

// BenchmarkEd448 is the library alone, on what BenchmarkVerifyPart verifies. With the next one it is the floor of that.
func BenchmarkEd448(b *testing.B) {
	_, p, _ := goodPart(b)
	statement := []byte(p.PledgeStatement("regtest"))
	id, err := pastelid.Parse(p.PastelID)
	if err != nil {
		b.Fatal(err)
	}
	sig, ok := pastelid.DecodeSignature(p.PledgeSignature)
	if !ok {
		b.Fatal("no signature")
	}
	b.ReportAllocs()
	for b.Loop() {
		if !ed448.Verify(id[:], statement, sig[:], "") {
			b.Fatal("pledge signature does not hold")
		}
	}
}

// BenchmarkSecp256k1 is the recovery of a key alone.
func BenchmarkSecp256k1(b *testing.B) {
	hash := pastel.DoubleSHA256([]byte("message"))
	sig := ecdsa.SignCompact(secp256k1.PrivKeyFromBytes(hash[:]), hash[:], true)
	b.ReportAllocs()
	for b.Loop() {
		if _, _, err := ecdsa.RecoverCompact(sig, hash[:]); err != nil {
			b.Fatal(err)
		}
	}
}
