package pastel

import (
	"encoding/binary"
	"errors"
	"slices"
)

// Transaction formats, by the first four bytes and the version group after them (pasteld, primitives/transaction.h).
const (
	overwintered    = 1 << 31
	overwinterGroup = 0x03c48270 // version 3
	saplingGroup    = 0x892f2085 // version 4
	spendSize       = 384        // of a shielded spend, in bytes
	shieldedSize    = 948        // of a shielded output
	integerSize     = 4          // in the list that pasteld discards
	bindingSigSize  = 64
	minInputSize    = 41
	minOutputSize   = 9
	minTxSize       = 10
	finalSequence   = 0xffffffff
)

// TxIn is an input. ScriptSig aliases the bytes that it was parsed from.
type TxIn struct {
	PrevOut   OutPoint
	ScriptSig []byte
	Sequence  uint32
}

// TxOut is an output. Script aliases the bytes that it was parsed from.
type TxOut struct {
	Value  Amount
	Script []byte
}

// Tx is a transaction: of version 3 (Overwinter) or 4 (Sapling) with the top bit set, or of any version without it. Callers must
// not change it, because its bytes and id are fixed when it is parsed or made.
//
// Layout, integers little endian, counts CompactSize:
//
//	4      version, top bit set in Overwinter and Sapling
//	4      version group (Overwinter and Sapling)
//	count  inputs: 32 txid, 4 vout, count script, 4 sequence
//	count  outputs: 8 value, count script
//	4      lock time
//	4      expiry height (Overwinter and Sapling)
//	8      value balance (Sapling)
//	count  shielded spends of 384 bytes (Sapling)
//	count  shielded outputs of 948 bytes (Sapling)
//	count  integers of 4 bytes, where Zcash has joinsplits (version 2 and later)
//	64     binding signature (Sapling with shielded parts)
//
// pasteld reads those integers and discards them: what it hashes, stores and sends has an empty list, and so do Bytes and ID.
type Tx struct {
	Version      uint32 // without the top bit
	LockTime     uint32
	ExpiryHeight uint32 // Overwinter and Sapling
	Inputs       []TxIn
	Outputs      []TxOut

	raw []byte
	id  TxID
}

// ID returns the transaction's id, the double SHA-256 of its bytes.
func (t *Tx) ID() TxID { return t.id }

// Bytes returns the bytes that ID hashes, which the caller must not change.
func (t *Tx) Bytes() []byte { return t.raw }

// IsCoinbase reports whether the transaction makes new coins.
func (t *Tx) IsCoinbase() bool { return len(t.Inputs) == 1 && t.Inputs[0].PrevOut.isNull() }

// ParseTx reads one transaction, which must be all of b; its slices alias b. Each output's value, and the sum of them, is
// within 0..MaxMoney.
func ParseTx(b []byte) (*Tx, error) {
	r := &txReader{reader: reader{b: b, tx: -1}}
	t := new(Tx)
	r.readTx(t)
	if err := r.finish(); err != nil {
		return nil, err
	}
	return t, nil
}

// txReader reads transactions and keeps their inputs and outputs in shared arrays, which saves two allocations for each of a
// block's small transactions.
type txReader struct {
	reader
	ins    []TxIn
	outs   []TxOut
	listed bool // a transaction had a list of integers, which its bytes now lack
}

var (
	errVersion  = errors.New("unknown version")
	errNoInput  = errors.New("the transaction has no inputs")
	errOverflow = errors.New("outputs are worth more than the money supply")
)

func (r *txReader) readTx(t *Tx) {
	start := r.pos
	header := r.uint32("version")
	t.Version = header &^ overwintered
	sapling := false
	if header&overwintered != 0 {
		group := r.uint32("version group")
		sapling = t.Version == 4 && group == saplingGroup
		if !sapling && (t.Version != 3 || group != overwinterGroup) {
			r.fail("version", errVersion)
		}
	}
	r.readInputs(t)
	r.readOutputs(t)
	t.LockTime = r.uint32("lock time")
	if header&overwintered != 0 {
		t.ExpiryHeight = r.uint32("expiry height")
	}
	shielded := 0
	if sapling {
		r.uint64("value balance")
		spends := r.count("shielded spends", spendSize)
		r.bytes("shielded spends", spends*spendSize)
		outputs := r.count("shielded outputs", shieldedSize)
		r.bytes("shielded outputs", outputs*shieldedSize)
		shielded = spends + outputs
	}
	list := r.pos
	if t.Version >= 2 {
		n := r.count("integers", integerSize)
		r.bytes("integers", n*integerSize)
	}
	afterList := r.pos
	if shielded > 0 {
		r.bytes("binding signature", bindingSigSize)
	} else if len(t.Inputs) == 0 {
		r.fail("inputs", errNoInput)
	}
	if r.err != nil {
		return
	}
	t.raw = r.b[start:r.pos:r.pos]
	if afterList > list+1 {
		t.raw = slices.Concat(r.b[start:list], []byte{0}, r.b[afterList:r.pos])
		r.listed = true
	}
	t.id = DoubleSHA256(t.raw)
}

func (r *txReader) readInputs(t *Tx) {
	n := r.count("inputs", minInputSize)
	if n > cap(r.ins)-len(r.ins) {
		r.ins = make([]TxIn, 0, max(n, r.arenaSize(minInputSize)))
	}
	first := len(r.ins)
	r.ins = r.ins[:first+n]
	t.Inputs = r.ins[first : first+n : first+n]
	for i := range t.Inputs {
		in := &t.Inputs[i]
		r.hash("input's transaction id", (*[32]byte)(&in.PrevOut.TxID))
		in.PrevOut.Vout = r.uint32("input's index")
		in.ScriptSig = r.bytes("input's script", r.count("input's script", 1))
		in.Sequence = r.uint32("input's sequence")
		if r.err != nil {
			return
		}
	}
}

func (r *txReader) readOutputs(t *Tx) {
	n := r.count("outputs", minOutputSize)
	if n > cap(r.outs)-len(r.outs) {
		r.outs = make([]TxOut, 0, max(n, r.arenaSize(minOutputSize+25)))
	}
	first := len(r.outs)
	r.outs = r.outs[:first+n]
	t.Outputs = r.outs[first : first+n : first+n]
	var sum uint64
	for i := range t.Outputs {
		out := &t.Outputs[i]
		value := r.uint64("output's value")
		out.Script = r.bytes("output's script", r.count("output's script", 1))
		if sum += value; value > uint64(MaxMoney) || sum > uint64(MaxMoney) {
			r.fail("output's value", errOverflow)
		}
		if r.err != nil {
			return
		}
		out.Value = Amount(value)
	}
}

// arenaSize guesses how many more elements of this size the input holds. It assumes that they take a third of the remaining
// bytes, so that a block needs few arrays and wastes little.
func (r *txReader) arenaSize(size int) int {
	return min(max((len(r.b)-r.pos)/(3*size), 1), 4096)
}

// NewTx makes a transaction with lock time 0: if sapling, of version 4 with expiry 0 and empty shielded parts, else of version 1.
func NewTx(sapling bool, ins []TxIn, outs []TxOut) *Tx { return NewTimedTx(sapling, ins, outs, 0, 0) }

// NewTimedTx is NewTx with a lock time and, in version 4, an expiry height; version 1 has none.
func NewTimedTx(sapling bool, ins []TxIn, outs []TxOut, lockTime uint32, expiry Height) *Tx {
	t := &Tx{Version: 1, LockTime: lockTime, Inputs: ins, Outputs: outs}
	size := 8 + 4 + 8 + 3 + 18
	for i := range ins {
		size += minInputSize + 8 + len(ins[i].ScriptSig)
	}
	for i := range outs {
		size += minOutputSize + 8 + len(outs[i].Script)
	}
	b := make([]byte, 0, size)
	if sapling {
		t.Version = 4
		b = binary.LittleEndian.AppendUint32(b, 4|overwintered)
		b = binary.LittleEndian.AppendUint32(b, saplingGroup)
	} else {
		b = binary.LittleEndian.AppendUint32(b, 1)
	}
	b = AppendCompactSize(b, uint64(len(ins)))
	for i := range ins {
		b = append(b, ins[i].PrevOut.TxID[:]...)
		b = binary.LittleEndian.AppendUint32(b, ins[i].PrevOut.Vout)
		b = AppendCompactSize(b, uint64(len(ins[i].ScriptSig)))
		b = append(b, ins[i].ScriptSig...)
		b = binary.LittleEndian.AppendUint32(b, ins[i].Sequence)
	}
	b = AppendCompactSize(b, uint64(len(outs)))
	for i := range outs {
		b = binary.LittleEndian.AppendUint64(b, uint64(outs[i].Value))
		b = AppendCompactSize(b, uint64(len(outs[i].Script)))
		b = append(b, outs[i].Script...)
	}
	b = binary.LittleEndian.AppendUint32(b, lockTime)
	if sapling {
		t.ExpiryHeight = uint32(expiry)
		b = binary.LittleEndian.AppendUint32(b, t.ExpiryHeight)
		b = append(b, make([]byte, 8+3)...) // value balance, three empty lists
	}
	t.raw, t.id = b, DoubleSHA256(b)
	return t
}

// WithExpiry returns a copy of a version 4 transaction of NewTx that blocks above h refuse.
func (t *Tx) WithExpiry(h Height) *Tx { return t.with(t.LockTime, uint32(h)) }

// WithLockTime returns a copy of a version 4 transaction of NewTx with a lock time: a height or a time in seconds since 1970, up
// to which blocks refuse it.
func (t *Tx) WithLockTime(lockTime uint32) *Tx { return t.with(lockTime, t.ExpiryHeight) }

func (t *Tx) with(lockTime, expiry uint32) *Tx {
	c := *t
	c.raw = slices.Clone(t.raw)
	c.LockTime, c.ExpiryHeight = lockTime, expiry
	tail := c.raw[len(c.raw)-19:] // lock time, expiry, value balance, three empty lists
	binary.LittleEndian.PutUint32(tail, lockTime)
	binary.LittleEndian.PutUint32(tail[4:], expiry)
	c.id = DoubleSHA256(c.raw)
	return &c
}
