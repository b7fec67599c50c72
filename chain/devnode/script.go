package devnode

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"github.com/btcsuite/btcd/txscript" // runs scripts, except for signature checks; see scriptCheck
	"github.com/btcsuite/btcd/wire"
	"github.com/decred/dcrd/dcrec/secp256k1/v4"
	"github.com/decred/dcrd/dcrec/secp256k1/v4/ecdsa"

	"github.com/pastelnetwork/smartpool/pastel"
)

// scriptRules are the rules for running scripts.
type scriptRules txscript.ScriptFlags

const (
	noScripts    scriptRules = 0 // the scripts ran before
	blockScripts             = scriptRules(txscript.ScriptBip16 | txscript.ScriptVerifyCheckLockTimeVerify)
	// relayScripts refuse what a later release of pasteld may give a meaning. This keeps spends of escrow out of mempools (protocol 8).
	relayScripts = blockScripts | scriptRules(txscript.ScriptDiscourageUpgradableNops)
)

// errUpgradable says, in pasteld's words, that a script is valid in a block but refused by mempools.
var errUpgradable = errors.New("NOPx reserved for soft-fork upgrades")

// verifyScripts runs the scripts of all inputs; spent are the outputs they spend, in order.
func verifyScripts(tx *pastel.Tx, spent []pastel.TxOut, rules scriptRules) error {
	hasher := newSigHasher(tx)
	for i := range tx.Inputs {
		c := scriptCheck{hasher: hasher, input: i, spent: &spent[i]} //nolint:gosec // one for each input
		err := c.run(rules)
		if err != nil && rules != blockScripts && c.run(blockScripts) == nil {
			err = errUpgradable
		}
		if err != nil {
			return fmt.Errorf("input %d: %w", i, err)
		}
	}
	return nil
}

// scriptCheck runs the scripts of one input in btcd's engine, which would compute Bitcoin's signature hashes. So scriptCheck decides every
// signature check itself, and gives the engine arguments that lead its own check to the same result.
type scriptCheck struct {
	hasher *sigHasher
	input  int
	spent  *pastel.TxOut
	vm     *txscript.Engine
}

func (c *scriptCheck) run(rules scriptRules) error {
	in := &c.hasher.tx.Inputs[c.input]
	// Without outputs, the hash for a SIGHASH_SINGLE signature is a constant, which the substitutes below rely on.
	frame := wire.NewMsgTx(2)
	frame.LockTime = c.hasher.tx.LockTime
	frame.AddTxIn(&wire.TxIn{SignatureScript: in.ScriptSig, Sequence: in.Sequence})
	vm, err := txscript.NewEngine(c.spent.Script, frame, 0, txscript.ScriptFlags(rules), nil, nil, int64(c.spent.Value), nil)
	if err != nil {
		return err
	}
	c.vm = vm
	for done := false; !done; {
		if done, err = c.step(); err != nil {
			return err
		}
	}
	return vm.CheckErrorCondition(true)
}

func (c *scriptCheck) step() (done bool, err error) {
	at, err := c.vm.DisasmPC() // "01:0004: OP_CHECKSIG"
	if err != nil {
		return true, err
	}
	fields := strings.Fields(at)
	var before, substitute [][]byte
	switch op := fields[1]; op {
	case "OP_CODESEPARATOR":
		return true, errors.New("OP_CODESEPARATOR is not run by the development node")
	case "OP_CHECKSIG", "OP_CHECKSIGVERIFY", "OP_CHECKMULTISIG", "OP_CHECKMULTISIGVERIFY":
		before = c.vm.GetStack()
		script, err := c.script(strings.Split(fields[0], ":")[0])
		if err != nil {
			return true, err
		}
		if strings.HasPrefix(op, "OP_CHECKSIG") {
			substitute = c.checkSig(before, script)
		} else {
			substitute = c.checkMultisig(before, script)
		}
		if substitute == nil {
			break // too few arguments; the engine reports that
		}
		c.vm.SetStack(substitute)
	}
	done, err = c.vm.Step()
	if substitute != nil && err == nil && len(c.vm.GetStack()) == len(substitute) && !done {
		c.vm.SetStack(before) // nothing is checked in a branch that is not taken
	}
	return done, err
}

// script returns the running script: "00" is the input's, "01" the output's, "02" the one revealed by a P2SH input.
func (c *scriptCheck) script(index string) ([]byte, error) {
	switch index {
	case "00":
		return c.hasher.tx.Inputs[c.input].ScriptSig, nil
	case "01":
		return c.spent.Script, nil
	}
	pushes, err := txscript.PushedData(c.hasher.tx.Inputs[c.input].ScriptSig)
	if err != nil || len(pushes) == 0 {
		return nil, errors.New("the input does not reveal the script of its P2SH output")
	}
	return pushes[len(pushes)-1], nil
}

// checkSig decides ... signature key CHECKSIG.
func (c *scriptCheck) checkSig(stack [][]byte, script []byte) [][]byte {
	n := len(stack)
	if n < 2 {
		return nil
	}
	rest := stack[: n-2 : n-2]
	if c.verify(stack[n-2], stack[n-1], script) {
		return append(rest, trueSignature, substituteKey)
	}
	return append(rest, nil, substituteKey)
}

// checkMultisig decides ... dummy signatures m keys n CHECKMULTISIG.
func (c *scriptCheck) checkMultisig(stack [][]byte, script []byte) [][]byte {
	keys, rest, ok := popCounted(stack, 20)
	if !ok {
		return nil
	}
	sigs, rest, ok := popCounted(rest, len(keys))
	if !ok || len(rest) < 1 {
		return nil
	}
	rest = rest[: len(rest)-1 : len(rest)-1] // the dummy
	for len(sigs) > 0 && len(keys) >= len(sigs) {
		if c.verify(sigs[0], keys[0], script) {
			sigs = sigs[1:]
		}
		keys = keys[1:]
	}
	one := []byte{1}
	if len(sigs) == 0 {
		return append(rest, nil, trueSignature, one, substituteKey, one)
	}
	return append(rest, nil, nil, one, substituteKey, one)
}

// popCounted pops a small count, and as many items below it, from a stack.
func popCounted(stack [][]byte, most int) (items, rest [][]byte, ok bool) {
	n := len(stack)
	if n == 0 || len(stack[n-1]) > 1 {
		return nil, nil, false
	}
	count := 0
	if len(stack[n-1]) == 1 {
		count = int(stack[n-1][0])
	}
	if count > most || count > n-1 {
		return nil, nil, false
	}
	return stack[n-1-count : n-1], stack[:n-1-count], true
}

// verify checks a strictly encoded signature, which ends with its hash type.
func (c *scriptCheck) verify(sig, key, script []byte) bool {
	if len(sig) == 0 {
		return false
	}
	hashType := sig[len(sig)-1]
	if base := hashType &^ sigHashAnyoneCanPay; base < sigHashAll || base > sigHashSingle {
		return false
	}
	parsed, err := ecdsa.ParseDERSignature(sig[:len(sig)-1])
	if err != nil {
		return false
	}
	public, err := secp256k1.ParsePubKey(key)
	if err != nil {
		return false
	}
	hash := c.hasher.sum(c.input, script, c.spent.Value, hashType)
	return parsed.Verify(hash[:], public)
}

// substituteKey and trueSignature make btcd's own check succeed: a signature of the constant hash by a meaningless key.
var substituteKey, trueSignature = func() (key, sig []byte) {
	secret := secp256k1.PrivKeyFromBytes(bytes.Repeat([]byte{1}, 32))
	hash := [32]byte{1}
	sig = append(ecdsa.Sign(secret, hash[:]).Serialize(), sigHashSingle)
	return secret.PubKey().SerializeCompressed(), sig
}()

// signInput returns the script that spends a P2PKH output with a key.
func signInput(h *sigHasher, i int, spent *pastel.TxOut, key *secp256k1.PrivateKey) ([]byte, error) {
	sum := h.sum(i, spent.Script, spent.Value, sigHashAll)
	sig := append(ecdsa.Sign(key, sum[:]).Serialize(), sigHashAll)
	return txscript.NewScriptBuilder().AddData(sig).AddData(key.PubKey().SerializeCompressed()).Script()
}
