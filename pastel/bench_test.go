package pastel

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"github.com/btcsuite/btcd/wire"
)

// ordinaryTxs is the number of payments in the benchmarks' block. Each has two signed inputs and two outputs.
const ordinaryTxs = 2000

// payment returns a transaction such as wallets make; the first is a coinbase.
func payment(i int) *Tx {
	sig := bytes.Repeat([]byte{0x47}, 107) // a signature and a compressed key
	ins := []TxIn{{ScriptSig: sig, Sequence: finalSequence}, {ScriptSig: sig, Sequence: finalSequence}}
	if i == 0 {
		ins = []TxIn{{PrevOut: OutPoint{Vout: 0xffffffff}, ScriptSig: sig[:4], Sequence: finalSequence}}
	} else {
		binary.LittleEndian.PutUint32(ins[0].PrevOut.TxID[:], uint32(i))
		binary.LittleEndian.PutUint32(ins[1].PrevOut.TxID[4:], uint32(i))
	}
	outs := []TxOut{{Value: Amount(i), Script: P2PKH(KeyHash{byte(i)})}, {Value: Amount(i + 1), Script: P2PKH(KeyHash{byte(i), 1})}}
	return NewTx(true, ins, outs)
}

func ordinaryBlock() []byte {
	txs := make([]Tx, ordinaryTxs)
	for i := range txs {
		txs[i] = *payment(i)
	}
	return NewBlock(BlockHeader{Version: 4, Solution: make([]byte, 1344)}, txs).Bytes()
}

// BenchmarkParseBlock parses a block with all transaction ids and checks its Merkle root.
func BenchmarkParseBlock(b *testing.B) {
	raw := ordinaryBlock()
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseBlock(raw); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseTxs parses the same transactions with their ids, without a block around them.
func BenchmarkParseTxs(b *testing.B) {
	var raw []byte
	for i := range ordinaryTxs {
		raw = append(raw, payment(i).Bytes()...)
	}
	b.SetBytes(int64(len(raw)))
	b.ReportAllocs()
	for b.Loop() {
		r := &txReader{reader: reader{b: raw, tx: -1}}
		txs := make([]Tx, ordinaryTxs)
		for i := range txs {
			r.readTx(&txs[i])
		}
		if err := r.finish(); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseBlockBtcd is the same work by btcd, on the same payments in Bitcoin's format.
func BenchmarkParseBlockBtcd(b *testing.B) {
	block := wire.NewMsgBlock(&wire.BlockHeader{})
	for i := range ordinaryTxs {
		from := payment(i)
		tx := wire.NewMsgTx(1)
		for _, in := range from.Inputs {
			out := wire.OutPoint{Hash: [32]byte(in.PrevOut.TxID), Index: in.PrevOut.Vout}
			tx.AddTxIn(wire.NewTxIn(&out, in.ScriptSig, nil))
		}
		for _, out := range from.Outputs {
			tx.AddTxOut(wire.NewTxOut(int64(out.Value), out.Script))
		}
		if err := block.AddTransaction(tx); err != nil {
			b.Fatal(err)
		}
	}
	var raw bytes.Buffer
	if err := block.Serialize(&raw); err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(raw.Len()))
	b.ReportAllocs()
	for b.Loop() {
		var got wire.MsgBlock
		if err := got.Deserialize(bytes.NewReader(raw.Bytes())); err != nil {
			b.Fatal(err)
		}
		for _, tx := range got.Transactions {
			_ = tx.TxHash()
		}
	}
}

func BenchmarkRecoverMessageKeyHash(b *testing.B) {
	key, err := PrivateKeyFromBytes([32]byte{1})
	if err != nil {
		b.Fatal(err)
	}
	sig, err := DecodeMessageSignature(key.SignMessage("text"))
	if err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		if _, err := RecoverMessageKeyHash(sig, []byte("text")); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkParseAddress does what happens for each participant of an activation that names a subscribing pool.
func BenchmarkParseAddress(b *testing.B) {
	n := regtest(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := ParseAddress(n, "tPdMYm3ZV3Kxig2XdePX1kdZU6PL77TTyRr"); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkLongBase58 decodes the longest text that Base58CheckDecode accepts.
func BenchmarkLongBase58(b *testing.B) {
	s := strings.Repeat("z", maxBase58)
	for b.Loop() {
		if _, err := Base58CheckDecode(s); err == nil {
			b.Fatal("its checksum matches")
		}
	}
}
