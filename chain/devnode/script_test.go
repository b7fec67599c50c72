package devnode

import (
	"bytes"
	"encoding/hex"
	"errors"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/txscript"
	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// signer makes signatures for one input.
type signer struct {
	key *secp256k1.PrivateKey
}

func newSigner(seed byte) signer {
	return signer{secp256k1.PrivKeyFromBytes(bytes.Repeat([]byte{seed}, 32))}
}

func (s signer) public() []byte { return s.key.PubKey().SerializeCompressed() }

func (s signer) sign(tx *pastel.Tx, i int, script []byte, value pastel.Amount, hashType byte) []byte {
	sum := newSigHasher(tx).sum(i, script, value, hashType)
	return append(ecdsa.Sign(s.key, sum[:]).Serialize(), hashType)
}

func script(t testing.TB, build func(*txscript.ScriptBuilder)) []byte {
	t.Helper()
	b := txscript.NewScriptBuilder()
	build(b)
	s, err := b.Script()
	if err != nil {
		t.Fatal(err)
	}
	return s
}

const testValue = 5 * pastel.PSL

func unsigned(outs ...pastel.TxOut) *pastel.Tx {
	ins := []pastel.TxIn{
		{PrevOut: pastel.OutPoint{Vout: 1}, Sequence: 0xffffffff}, {PrevOut: pastel.OutPoint{Vout: 2}, Sequence: 0xfffffffe},
	}
	return pastel.NewTx(true, ins, outs)
}

// spends reports whether the scripts of a transaction's first input succeed.
func spends(tx *pastel.Tx, sig, out []byte) error {
	ins := slices.Clone(tx.Inputs)
	ins[0].ScriptSig = sig
	signed := pastel.NewTx(true, ins, tx.Outputs).WithExpiry(pastel.Height(tx.ExpiryHeight)).WithLockTime(tx.LockTime)
	c := scriptCheck{hasher: newSigHasher(signed), input: 0, spent: &pastel.TxOut{Value: testValue, Script: out}}
	return c.run(blockScripts)
}

// What a hash type covers cannot be changed any more; the rest can.
func TestHashTypes(t *testing.T) {
	t.Parallel()
	s := newSigner(7)
	out := pastel.P2PKH(pastel.Hash160(s.public()))
	a, b := pastel.TxOut{Value: 1, Script: out}, pastel.TxOut{Value: 2, Script: out}
	tx := unsigned(a, b)
	moreInputs := func(tx *pastel.Tx) *pastel.Tx { return pastel.NewTx(true, tx.Inputs[:1], tx.Outputs) }
	sequence := func(tx *pastel.Tx) *pastel.Tx {
		ins := slices.Clone(tx.Inputs)
		ins[1].Sequence = 5
		return pastel.NewTx(true, ins, tx.Outputs)
	}
	output := func(i int) func(tx *pastel.Tx) *pastel.Tx {
		return func(tx *pastel.Tx) *pastel.Tx {
			outs := slices.Clone(tx.Outputs)
			outs[i].Value += 7
			return pastel.NewTx(true, tx.Inputs, outs)
		}
	}
	expiry := func(tx *pastel.Tx) *pastel.Tx { return tx.WithExpiry(77) }
	lockTime := func(tx *pastel.Tx) *pastel.Tx { return tx.WithLockTime(77) }
	changes := []func(*pastel.Tx) *pastel.Tx{moreInputs, sequence, output(0), output(1), expiry, lockTime}
	for hashType, allowed := range map[byte]string{ // one digit per change: 1 if the signature stays valid
		sigHashAll: "000000", sigHashNone: "011100", sigHashSingle: "010100",
		sigHashAll | sigHashAnyoneCanPay: "110000", sigHashNone | sigHashAnyoneCanPay: "111100", sigHashSingle | sigHashAnyoneCanPay: "110100",
	} {
		sig := script(t, func(b *txscript.ScriptBuilder) {
			b.AddData(s.sign(tx, 0, out, testValue, hashType)).AddData(s.public())
		})
		if err := spends(tx, sig, out); err != nil {
			t.Errorf("hash type %02x: %v", hashType, err)
		}
		for i, change := range changes {
			if err := spends(change(tx), sig, out); (err == nil) != (allowed[i] == '1') {
				t.Errorf("hash type %02x, change %d: %v", hashType, i, err)
			}
		}
	}
	wrongValue := script(t, func(b *txscript.ScriptBuilder) {
		b.AddData(s.sign(tx, 0, out, testValue+1, sigHashAll)).AddData(s.public())
	})
	if spends(tx, wrongValue, out) == nil {
		t.Error("a signature of another value is taken")
	}
	noType := script(t, func(b *txscript.ScriptBuilder) { b.AddData(s.sign(tx, 0, out, testValue, 0)).AddData(s.public()) })
	if spends(tx, noType, out) == nil {
		t.Error("hash type 0 is taken")
	}
}

// The substitutes given to the script engine must be worthless in a real transaction.
func TestScripts(t *testing.T) {
	t.Parallel()
	a, b, c := newSigner(1), newSigner(2), newSigner(3)
	tx := unsigned(pastel.TxOut{Value: 1, Script: []byte{0x51}})
	sig := func(s signer, script []byte) []byte { return s.sign(tx, 0, script, testValue, sigHashAll) }
	push := func(parts ...[]byte) []byte {
		return script(t, func(b *txscript.ScriptBuilder) {
			for _, p := range parts {
				b.AddData(p)
			}
		})
	}
	twoOfThree, err := pastel.MultisigScript(2, [][]byte{a.public(), b.public(), c.public()})
	if err != nil {
		t.Fatal(err)
	}
	p2sh := pastel.P2SH(pastel.Hash160(twoOfThree))
	pay := pastel.P2PKH(pastel.Hash160(a.public()))
	branch := script(t, func(s *txscript.ScriptBuilder) { // IF a CHECKSIG ELSE b CHECKSIGVERIFY 1 ENDIF
		s.AddOp(txscript.OP_IF).AddData(a.public()).AddOp(txscript.OP_CHECKSIG).AddOp(txscript.OP_ELSE).
			AddData(b.public()).AddOp(txscript.OP_CHECKSIGVERIFY).AddOp(txscript.OP_1).AddOp(txscript.OP_ENDIF)
	})
	not := script(t, func(s *txscript.ScriptBuilder) {
		s.AddData(a.public()).AddOp(txscript.OP_CHECKSIG).AddOp(txscript.OP_NOT)
	})
	for name, x := range map[string]struct {
		sig, out []byte
		good     bool
	}{
		"own key":                  {push(sig(a, pay), a.public()), pay, true},
		"other's signature":        {push(sig(b, pay), a.public()), pay, false},
		"other's key":              {push(sig(b, pay), b.public()), pay, false},
		"substitute":               {push(trueSignature, substituteKey), pay, false},
		"substitute for its key":   {push(trueSignature, substituteKey), pastel.P2PKH(pastel.Hash160(substituteKey)), false},
		"nothing":                  {nil, pay, false},
		"one item":                 {push(a.public()), pay, false},
		"two of three":             {push(nil, sig(a, twoOfThree), sig(c, twoOfThree)), twoOfThree, true},
		"two of three, wrong turn": {push(nil, sig(c, twoOfThree), sig(a, twoOfThree)), twoOfThree, false},
		"one twice":                {push(nil, sig(a, twoOfThree), sig(a, twoOfThree)), twoOfThree, false},
		"one of three":             {push(nil, sig(a, twoOfThree)), twoOfThree, false},
		"substitutes of three":     {push(nil, trueSignature, trueSignature), twoOfThree, false},
		"P2SH":                     {push(nil, sig(a, twoOfThree), sig(b, twoOfThree), twoOfThree), p2sh, true},
		"P2SH, signed the address": {push(nil, sig(a, p2sh), sig(b, p2sh), twoOfThree), p2sh, false},
		"P2SH, other script":       {push(nil, sig(a, pay), sig(b, pay), pay), p2sh, false},
		"first branch":             {push(sig(a, branch), []byte{1}), branch, true},
		"second branch":            {push(sig(b, branch), nil), branch, true},
		"first with b's":           {push(sig(b, branch), []byte{1}), branch, false},
		"second with a's":          {push(sig(a, branch), nil), branch, false},
		"not signed":               {push(nil), not, true},
		"not not signed":           {push(sig(a, not)), not, false},
		"code separator":           {push(sig(a, pay)), slices.Concat([]byte{txscript.OP_CODESEPARATOR}, []byte{0x51}), false},
		"return":                   {nil, []byte{txscript.OP_RETURN}, false},
		"true":                     {nil, []byte{txscript.OP_1}, true},
	} {
		if err := spends(tx, x.sig, x.out); (err == nil) != x.good {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A mempool refuses scripts that run a reserved opcode; a block may contain them.
func TestReservedOpcodes(t *testing.T) {
	t.Parallel()
	tx := unsigned(pastel.TxOut{Value: 1, Script: []byte{txscript.OP_1}})
	tx = pastel.NewTx(true, tx.Inputs[:1], tx.Outputs)
	escrow := ticket.EscrowRedeemScript("acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82")
	for name, x := range map[string]struct {
		sig, out     []byte
		block, relay bool
	}{
		"escrow":                {append([]byte{byte(len(escrow))}, escrow...), pastel.P2SH(pastel.Hash160(escrow)), true, false},
		"NOP1":                  {nil, []byte{txscript.OP_NOP1, txscript.OP_1}, true, false},
		"NOP10":                 {nil, []byte{txscript.OP_NOP10, txscript.OP_1}, true, false},
		"NOP":                   {nil, []byte{txscript.OP_NOP, txscript.OP_1}, true, true},
		"NOP10, and then false": {nil, []byte{txscript.OP_NOP10, txscript.OP_0}, false, false},
		"NOP10 in a branch that is not taken": {
			nil, []byte{txscript.OP_0, txscript.OP_IF, txscript.OP_NOP10, txscript.OP_ENDIF, txscript.OP_1}, true, true,
		},
		"CHECKLOCKTIMEVERIFY of 0": {
			nil, []byte{txscript.OP_0, txscript.OP_CHECKLOCKTIMEVERIFY, txscript.OP_DROP, txscript.OP_1}, true, true,
		},
	} {
		ins := slices.Clone(tx.Inputs)
		ins[0].ScriptSig, ins[0].Sequence = x.sig, 0xfffffffe
		spend := pastel.NewTx(true, ins, tx.Outputs)
		spent := []pastel.TxOut{{Value: testValue, Script: x.out}}
		if err := verifyScripts(spend, spent, blockScripts); (err == nil) != x.block {
			t.Errorf("%s in a block: %v", name, err)
		}
		err := verifyScripts(spend, spent, relayScripts)
		if (err == nil) != x.relay || errors.Is(err, errUpgradable) != (x.block && !x.relay) {
			t.Errorf("%s in the mempool: %v", name, err)
		}
	}
}

// Any flipped bit in a real transaction's signatures is detected.
func TestRecordedSignature(t *testing.T) {
	t.Parallel()
	read := func(name string) *pastel.Tx {
		text, err := os.ReadFile("../../testdata/vectors/" + name)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := hex.DecodeString(strings.TrimSpace(string(text)))
		if err != nil {
			t.Fatal(err)
		}
		tx, err := pastel.ParseTx(raw)
		if err != nil {
			t.Fatal(err)
		}
		return tx
	}
	tx, parent := read("tx_rawbuilt_signed.hex"), read("tx_payment.hex")
	if len(tx.Inputs) != 1 || tx.Inputs[0].PrevOut.TxID != parent.ID() {
		t.Fatalf("%s does not spend %s", tx.ID(), parent.ID())
	}
	spent := []pastel.TxOut{parent.Outputs[tx.Inputs[0].PrevOut.Vout]}
	if err := verifyScripts(tx, spent, relayScripts); err != nil {
		t.Fatal(err)
	}
	for i := range tx.Inputs[0].ScriptSig {
		ins := slices.Clone(tx.Inputs)
		ins[0].ScriptSig = slices.Clone(ins[0].ScriptSig)
		ins[0].ScriptSig[i] ^= 4
		bad := pastel.NewTx(true, ins, tx.Outputs).WithExpiry(pastel.Height(tx.ExpiryHeight)).WithLockTime(tx.LockTime)
		if verifyScripts(bad, spent, blockScripts) == nil {
			t.Errorf("byte %d of the script is changed, and nobody notices", i)
		}
	}
}

// FuzzScripts requires that nothing panics, and that no script succeeds with the substitutes of checks that were not made.
func FuzzScripts(f *testing.F) {
	f.Add([]byte{0x51}, []byte{0x51})
	f.Add([]byte{0, 0x51}, []byte{0x51, 0xae})
	f.Add([]byte{1, 1}, []byte{0x63, 0xac, 0x68})
	tx := unsigned(pastel.TxOut{Value: 1, Script: []byte{0x51}})
	f.Fuzz(func(_ *testing.T, sig, out []byte) {
		_ = spends(tx, sig, out)
	})
}
