package pool_test

import (
	"bytes"
	"encoding/binary"
	"testing"

	"github.com/btcsuite/btcd/blockchain"
	"github.com/btcsuite/btcd/btcutil"
	"github.com/btcsuite/btcd/chaincfg"
	"github.com/btcsuite/btcd/wire"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// payments is a chain of blocks of 2,000 payments with two signed inputs and two outputs each. Every output is large enough to back a pledge,
// and the next block spends it. Both formats hold the same transactions; scripts and signatures are as long as real ones, and nobody checks them.
type payments struct {
	params pool.Params
	ours   [][]byte // Pastel's format
	btcds  [][]byte // Bitcoin's format, see translate
}

func newPayments(tb testing.TB, blocks int) *payments {
	tb.Helper()
	const inBlock = 2_000
	params, err := pool.ParamsByName("regtest")
	if err != nil {
		tb.Fatal(err)
	}
	p := &payments{params: params}
	pay := func(k int) pastel.TxOut {
		var owner pastel.KeyHash
		binary.LittleEndian.PutUint32(owner[:], uint32(k))
		return pastel.TxOut{Value: params.MinPledge, Script: pastel.P2PKH(owner)}
	}
	coinbase := func(h int, outs ...pastel.TxOut) pastel.Tx {
		in := pastel.TxIn{PrevOut: pastel.OutPoint{Vout: 0xffffffff}, Sequence: 0xffffffff, ScriptSig: binary.LittleEndian.AppendUint32([]byte{4}, uint32(h))}
		return *pastel.NewTx(true, []pastel.TxIn{in}, outs)
	}
	first := pastel.NewTx(true, []pastel.TxIn{{PrevOut: pastel.OutPoint{TxID: pastel.TxID{1}}, Sequence: 0xffffffff}}, nil)
	for k := range 2 * inBlock {
		first.Outputs = append(first.Outputs, pay(k))
	}
	first = pastel.NewTx(true, first.Inputs, first.Outputs)
	spend := make([]pastel.OutPoint, 2*inBlock)
	for k := range spend {
		spend[k] = pastel.OutPoint{TxID: first.ID(), Vout: uint32(k)}
	}
	prev := p.add(0, pastel.BlockHash{}, []pastel.Tx{coinbase(0, pay(0)), *first})
	sig := bytes.Repeat([]byte{0x47}, 107)
	for h := 1; h < blocks; h++ {
		txs := []pastel.Tx{coinbase(h, pay(h))}
		for i := range inBlock {
			ins := []pastel.TxIn{
				{PrevOut: spend[2*i], ScriptSig: sig, Sequence: 0xffffffff}, {PrevOut: spend[2*i+1], ScriptSig: sig, Sequence: 0xffffffff},
			}
			tx := pastel.NewTx(true, ins, []pastel.TxOut{pay(i), pay(i + 1)})
			spend[2*i], spend[2*i+1] = pastel.OutPoint{TxID: tx.ID()}, pastel.OutPoint{TxID: tx.ID(), Vout: 1}
			txs = append(txs, *tx)
		}
		prev = p.add(h, prev, txs)
	}
	return p
}

// add adds a block and returns its hash.
func (p *payments) add(h int, prev pastel.BlockHash, txs []pastel.Tx) pastel.BlockHash {
	block := pastel.NewBlock(pastel.BlockHeader{Version: 4, Prev: prev, Time: uint32(1_700_000_000 + 150*h), Solution: make([]byte, 1344)}, txs)
	p.ours = append(p.ours, block.Bytes())
	return block.Hash()
}

// translate makes the blocks in Bitcoin's format. Transactions have other ids there, because Pastel's hold more fields: inputs follow them.
func (p *payments) translate(tb testing.TB) {
	tb.Helper()
	ids := map[pastel.TxID]wire.OutPoint{}
	for _, raw := range p.ours {
		b, err := pastel.ParseBlock(raw)
		if err != nil {
			tb.Fatal(err)
		}
		block := wire.NewMsgBlock(&wire.BlockHeader{})
		for i := range b.Txs {
			tx := wire.NewMsgTx(1)
			for _, in := range b.Txs[i].Inputs {
				from := wire.OutPoint{Hash: [32]byte(in.PrevOut.TxID), Index: in.PrevOut.Vout}
				if known, found := ids[in.PrevOut.TxID]; found {
					from.Hash = known.Hash
				}
				tx.AddTxIn(wire.NewTxIn(&from, in.ScriptSig, nil))
			}
			for _, out := range b.Txs[i].Outputs {
				tx.AddTxOut(wire.NewTxOut(int64(out.Value), out.Script))
			}
			ids[b.Txs[i].ID()] = wire.OutPoint{Hash: tx.TxHash()}
			if err := block.AddTransaction(tx); err != nil {
				tb.Fatal(err)
			}
		}
		block.Header.MerkleRoot = blockchain.CalcMerkleRoot(btcutil.NewBlock(block).Transactions(), false)
		var out bytes.Buffer
		if err := block.Serialize(&out); err != nil {
			tb.Fatal(err)
		}
		p.btcds = append(p.btcds, out.Bytes())
	}
}

// parseBtcd does what pastel.ParseBlock does: all transactions, their ids, and the Merkle root.
func parseBtcd(raw []byte) (*btcutil.Block, error) {
	var msg wire.MsgBlock
	if err := msg.Deserialize(bytes.NewReader(raw)); err != nil {
		return nil, err
	}
	block := btcutil.NewBlock(&msg)
	if blockchain.CalcMerkleRoot(block.Transactions(), false) != msg.Header.MerkleRoot {
		return nil, blockchain.RuleError{ErrorCode: blockchain.ErrBadMerkleRoot}
	}
	return block, nil
}

// connectBtcd spends and adds outputs in memory and returns what undoes it, in the order of blockchain's connectTransaction, which is not
// exported. It removes spent outputs, as the commit after a block does. checked also compares values and maturity, as before connecting in
// checkConnectBlock; scripts are not run.
func connectBtcd(view *blockchain.UtxoViewpoint, block *btcutil.Block, height int32, checked bool) ([]blockchain.SpentTxOut, error) {
	var undo []blockchain.SpentTxOut
	for i, tx := range block.Transactions() {
		if i > 0 && height > 0 {
			if checked {
				if _, err := blockchain.CheckTransactionInputs(tx, height, view, &chaincfg.MainNetParams); err != nil {
					return nil, err
				}
			}
			for _, in := range tx.MsgTx().TxIn {
				entry := view.LookupEntry(in.PreviousOutPoint)
				if entry == nil {
					return nil, blockchain.AssertError("an input is missing")
				}
				undo = append(undo, blockchain.SpentTxOut{
					Amount: entry.Amount(), PkScript: entry.PkScript(), Height: entry.BlockHeight(), IsCoinBase: entry.IsCoinBase(),
				})
				view.RemoveEntry(in.PreviousOutPoint)
			}
		}
		view.AddTxOuts(tx, height)
	}
	return undo, nil
}

// connect parses all blocks and, unless only parsing is wanted, connects them. It returns how many outputs are left.
func (p *payments) connect(tb testing.TB, who string) int {
	tb.Helper()
	outputs := 0
	state, err := pool.New(p.params, false)
	if err != nil {
		tb.Fatal(err)
	}
	view := blockchain.NewUtxoViewpoint()
	for h := range p.ours {
		switch who {
		case "parse/smartpool":
			if _, err := pastel.ParseBlock(p.ours[h]); err != nil {
				tb.Fatal(err)
			}
		case "connect/smartpool":
			block, err := pastel.ParseBlock(p.ours[h])
			if err != nil {
				tb.Fatal(err)
			}
			if _, err := state.Apply(pool.Prepare(&p.params, pastel.Height(h), block)); err != nil {
				tb.Fatal(err)
			}
			outputs = state.Coins()
		default:
			block, err := parseBtcd(p.btcds[h])
			if err != nil {
				tb.Fatal(err)
			}
			if who == "parse/btcd" {
				continue
			}
			if _, err := connectBtcd(view, block, int32(h), who == "connect/btcd-values"); err != nil {
				tb.Fatal(err)
			}
			outputs = len(view.Entries())
		}
	}
	return outputs
}

// Both sides connect the same payments: the same number of outputs is left.
func TestPaymentsConnectOnBothSides(t *testing.T) {
	t.Parallel()
	const blocks = 3
	p := newPayments(t, blocks)
	p.translate(t)
	// What the first block makes, every later block replaces; each block adds a coinbase.
	for _, who := range []string{"connect/smartpool", "connect/btcd", "connect/btcd-values"} {
		if got, want := p.connect(t, who), 4_000+blocks; got != want {
			t.Errorf("%s: %d outputs are left, want %d", who, got, want)
		}
	}
	if _, err := connectBtcd(blockchain.NewUtxoViewpoint(), mustParseBtcd(t, p.btcds[1]), 1, false); err == nil {
		t.Error("btcd connected payments whose inputs do not exist")
	}
}

func mustParseBtcd(t *testing.T, raw []byte) *btcutil.Block {
	t.Helper()
	b, err := parseBtcd(raw)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// BenchmarkConnectBlocks parses 50 blocks of 2,000 payments, and parses and connects them, beside btcd on the same payments. Ours keeps
// what can back a pledge, looks for tickets, chains the ledger digest and makes an undo record; btcd's keeps every output and what
// undoes the block, and with values compares the sums of inputs and outputs.
func BenchmarkConnectBlocks(b *testing.B) {
	const blocks = 50
	p := newPayments(b, blocks)
	p.translate(b)
	for _, who := range []string{"parse/smartpool", "parse/btcd", "connect/smartpool", "connect/btcd", "connect/btcd-values"} {
		b.Run(who, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				p.connect(b, who)
			}
			b.ReportMetric(float64(blocks*b.N)/b.Elapsed().Seconds(), "blocks/s")
		})
	}
}
