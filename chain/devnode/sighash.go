package devnode

import (
	"encoding/binary"
	"errors"
	"hash"

	blake2b "github.com/minio/blake2b-simd" // a maintained BLAKE2b with personalization, which ZIP 243 requires

	"github.com/pastelnetwork/smartpool/pastel"
)

// Hash types of signatures.
const (
	sigHashAll          = 1
	sigHashNone         = 2
	sigHashSingle       = 3
	sigHashAnyoneCanPay = 0x80
)

const (
	overwintered  = 1 << 31
	saplingGroup  = 0x892f2085
	saplingBranch = 0x76b809bb
)

// checkTransparent refuses all transactions except those of version 4 without shielded parts, the only kind this node supports.
func checkTransparent(tx *pastel.Tx) error {
	size := 4 + 4 + 4 + 4 + 8 + 3 // version, group, lock time, expiry, value balance, three empty lists
	size += compactSize(len(tx.Inputs)) + compactSize(len(tx.Outputs))
	for i := range tx.Inputs {
		size += 36 + compactSize(len(tx.Inputs[i].ScriptSig)) + len(tx.Inputs[i].ScriptSig) + 4
	}
	for i := range tx.Outputs {
		size += 8 + compactSize(len(tx.Outputs[i].Script)) + len(tx.Outputs[i].Script)
	}
	raw := tx.Bytes()
	if tx.Version != 4 {
		return errors.New("this network only mines transactions of version 4")
	}
	if len(raw) != size || [8]byte(raw[size-11:]) != [8]byte{} {
		return errors.New("the development node does not support shielded coins")
	}
	return nil
}

func compactSize(n int) int { return len(pastel.AppendCompactSize(nil, uint64(n))) }

// sigHasher computes the signature hashes of a transparent version 4 transaction (ZIP 243, Pastel's Sapling branch).
type sigHasher struct {
	tx                           *pastel.Tx
	prevouts, sequences, outputs [32]byte
}

func newSigHasher(tx *pastel.Tx) *sigHasher {
	s := &sigHasher{tx: tx}
	h := personal("ZcashPrevoutHash")
	for i := range tx.Inputs {
		h.Write(appendOutPoint(nil, tx.Inputs[i].PrevOut))
	}
	h.Sum(s.prevouts[:0])
	h = personal("ZcashSequencHash")
	for i := range tx.Inputs {
		h.Write(binary.LittleEndian.AppendUint32(nil, tx.Inputs[i].Sequence))
	}
	h.Sum(s.sequences[:0])
	h = personal("ZcashOutputsHash")
	for i := range tx.Outputs {
		h.Write(appendOutput(nil, &tx.Outputs[i]))
	}
	h.Sum(s.outputs[:0])
	return s
}

// sum returns the hash that input i signs with a hash type. script is the code that checks the signature, and value is what the input
// spends.
func (s *sigHasher) sum(i int, script []byte, value pastel.Amount, hashType byte) (sum [32]byte) {
	var prevouts, sequences, outputs [32]byte
	base := hashType & 0x1f
	if hashType&sigHashAnyoneCanPay == 0 {
		prevouts = s.prevouts
		if base != sigHashSingle && base != sigHashNone {
			sequences = s.sequences
		}
	}
	switch {
	case base != sigHashSingle && base != sigHashNone:
		outputs = s.outputs
	case base == sigHashSingle && i < len(s.tx.Outputs):
		h := personal("ZcashOutputsHash")
		h.Write(appendOutput(nil, &s.tx.Outputs[i]))
		h.Sum(outputs[:0])
	}
	le := binary.LittleEndian
	var none [32]byte
	b := le.AppendUint32(nil, 4|overwintered)
	b = le.AppendUint32(b, saplingGroup)
	b = append(append(append(b, prevouts[:]...), sequences[:]...), outputs[:]...)
	b = append(append(append(b, none[:]...), none[:]...), none[:]...) // join splits, shielded spends and outputs
	b = le.AppendUint32(b, s.tx.LockTime)
	b = le.AppendUint32(b, s.tx.ExpiryHeight)
	b = le.AppendUint64(b, 0) // value balance
	b = le.AppendUint32(b, uint32(hashType))
	b = appendOutPoint(b, s.tx.Inputs[i].PrevOut)
	b = append(pastel.AppendCompactSize(b, uint64(len(script))), script...)
	b = le.AppendUint64(b, uint64(value))
	b = le.AppendUint32(b, s.tx.Inputs[i].Sequence)
	h := personal("ZcashSigHash" + string(le.AppendUint32(nil, saplingBranch)))
	h.Write(b)
	h.Sum(sum[:0])
	return sum
}

// personal returns BLAKE2b-256 with a personalization of 16 bytes.
func personal(person string) hash.Hash {
	h, err := blake2b.New(&blake2b.Config{Size: 32, Person: []byte(person)})
	if err != nil {
		panic(err) // the configuration is constant
	}
	return h
}

func appendOutPoint(b []byte, o pastel.OutPoint) []byte {
	return binary.LittleEndian.AppendUint32(append(b, o.TxID[:]...), o.Vout)
}

func appendOutput(b []byte, o *pastel.TxOut) []byte {
	b = binary.LittleEndian.AppendUint64(b, uint64(o.Value))
	return append(pastel.AppendCompactSize(b, uint64(len(o.Script))), o.Script...)
}
