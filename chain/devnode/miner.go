package devnode

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/btcsuite/btcd/txscript"

	"github.com/pastelnetwork/smartpool/pastel"
)

const (
	minerExpiry = 20         // blocks until a coinbase expires, as in pasteld
	easyBits    = 0x200f0f0f // regtest's easiest target; the work is never checked
)

// emptySapling is the root of the note commitment tree of a chain without shielded coins.
var emptySapling = [32]byte{
	0xfb, 0xc2, 0xf4, 0x30, 0x0c, 0x01, 0xf0, 0xb7, 0x82, 0x0d, 0x00, 0xe3, 0x34, 0x7c, 0x8d, 0xa4,
	0xee, 0x61, 0x46, 0x74, 0x37, 0x6c, 0xbc, 0x45, 0x35, 0x9d, 0xaa, 0x54, 0xf9, 0xb5, 0x49, 0x3e,
}

// Generate mines blocks with due payouts and the mempool's transactions. Each pays the wallet, and the Supernode voted for. It returns the
// blocks mined, even with an error.
func (n *Node) Generate(ctx context.Context, count int) ([]pastel.BlockHash, error) {
	var hashes []pastel.BlockHash
	for range count {
		hash, err := n.mineNext(ctx)
		if err != nil {
			return hashes, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

func (n *Node) mineNext(ctx context.Context) (pastel.BlockHash, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	t, err := n.template(ctx)
	if err != nil {
		return pastel.BlockHash{}, fmt.Errorf("make a block: %w", err)
	}
	if err := n.acceptBlock(ctx, t.block); err != nil {
		return pastel.BlockHash{}, fmt.Errorf("the new block: %w", err)
	}
	return t.block.Hash(), nil
}

// template is the next block to mine.
type template struct {
	block    *pastel.Block
	payments []payment // of all transactions but the coinbase
	fees     pastel.Amount
}

// payment is what a transaction adds to a block besides its bytes.
type payment struct {
	fee    pastel.Amount
	sigOps int
}

// template makes the next block.
func (n *Node) template(ctx context.Context) (*template, error) {
	if err := n.activate(ctx); err != nil { // a block may be waiting for the rules
		return nil, err
	}
	tip := n.tree.tip()
	h := tip.height + 1
	c, err := n.choose(ctx, h)
	if err != nil {
		return nil, err
	}
	fees, txs := c.fees, c.txs
	miner, err := n.wallet.minerScript()
	if err != nil {
		return nil, err
	}
	outs := []pastel.TxOut{{Value: blockSubsidy + fees, Script: miner}}
	if v, voted := n.votes[h]; voted {
		share := (blockSubsidy + fees) / payeeShare
		outs[0].Value -= share
		outs = append(outs, pastel.TxOut{Value: share, Script: v.payee})
	}
	script, err := txscript.NewScriptBuilder().AddInt64(int64(h)).AddOps([]byte{1, 1}).Script()
	if err != nil {
		return nil, err
	}
	in := pastel.TxIn{PrevOut: pastel.OutPoint{Vout: 0xffffffff}, ScriptSig: script, Sequence: 0xffffffff}
	txs[0] = *pastel.NewTx(true, []pastel.TxIn{in}, outs).WithExpiry(h + minerExpiry)
	header := pastel.BlockHeader{
		Version: 5, Prev: tip.block.Hash(), SaplingRoot: emptySapling, Time: n.nextTime(), Bits: easyBits, Solution: make([]byte, 36),
	}
	if _, err := rand.Read(header.Nonce[:]); err != nil { // blocks on the same parent must differ
		return nil, err
	}
	return &template{pastel.NewBlock(header, txs), c.payments, fees}, nil
}

// nextTime returns the time for a block on top of the tip.
func (n *Node) nextTime() uint32 {
	return max(uint32(n.now().Unix()), medianTime(n.tree.tip())+1)
}

// choice is a selection of transactions for the next block.
type choice struct {
	node         *Node
	height       pastel.Height
	view         coinView // after all of them
	txs          []pastel.Tx
	payments     []payment
	size, sigOps int
	fees         pastel.Amount
}

// choose selects the next block's transactions, with room for the coinbase: due payouts, oldest first, then the mempool's. Payouts come
// only from the rules, because no mempool accepts them (protocol 8).
func (n *Node) choose(ctx context.Context, h pastel.Height) (*choice, error) {
	c := &choice{
		node: n, height: h, view: coinView{base: n.coins, now: map[pastel.OutPoint]*coin{}},
		txs: make([]pastel.Tx, 1), size: 2000, sigOps: 100, // header and coinbase
	}
	if n.rules != nil {
		payouts, tip, err := n.rules.Payouts(ctx)
		if err != nil {
			return nil, fmt.Errorf("ask the rules for payouts: %w", err)
		}
		if tip != n.tree.tip().block.Hash() {
			return nil, fmt.Errorf("ask the rules for payouts: they are at block %s, but this node is not", tip)
		}
		for _, po := range payouts {
			c.add(po, blockScripts)
		}
	}
	for _, t := range n.pool.list {
		c.add(t.tx, noScripts)
	}
	return c, nil
}

// add adds a transaction if there is room and it is valid after the others. It excludes conflicting transactions, and those whose parents
// had no room.
func (c *choice) add(tx *pastel.Tx, scripts scriptRules) {
	checks := sigOps(tx)
	size := len(tx.Bytes())
	if c.size+size > maxBlockSize || c.sigOps+checks > maxBlockSigOps || checkTransparent(tx) != nil ||
		checkFinal(tx, c.height, medianTime(c.node.tree.tip())) != nil {
		return
	}
	fee, _, err := c.node.spend(&c.view, tx, c.height, scripts)
	if err != nil {
		return
	}
	for v := range tx.Outputs {
		c.view.now[pastel.OutPoint{TxID: tx.ID(), Vout: uint32(v)}] = &coin{TxOut: tx.Outputs[v], height: c.height}
	}
	c.size, c.sigOps, c.fees = c.size+size, c.sigOps+checks, c.fees+fee
	c.txs, c.payments = append(c.txs, *tx), append(c.payments, payment{fee, checks})
}

// sigOps counts the signature checks in a transaction's outputs.
func sigOps(tx *pastel.Tx) int {
	checks := 0
	for i := range tx.Outputs {
		checks += txscript.GetSigOpCount(tx.Outputs[i].Script)
	}
	return checks
}
