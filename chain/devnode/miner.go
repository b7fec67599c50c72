package devnode

import (
	"context"
	"crypto/rand"
	"fmt"

	"github.com/btcsuite/btcd/txscript"

	"github.com/pastelnetwork/smartpool/pastel"
)

const (
	minerExpiry = 20         // blocks after which a coinbase expires, as pasteld sets it
	easyBits    = 0x200f0f0f // regtest's easiest target; nobody checks the work
)

// emptySapling is the note commitment root of a chain without shielded coins.
var emptySapling = [32]byte{
	0xfb, 0xc2, 0xf4, 0x30, 0x0c, 0x01, 0xf0, 0xb7, 0x82, 0x0d, 0x00, 0xe3, 0x34, 0x7c, 0x8d, 0xa4,
	0xee, 0x61, 0x46, 0x74, 0x37, 0x6c, 0xbc, 0x45, 0x35, 0x9d, 0xaa, 0x54, 0xf9, 0xb5, 0x49, 0x3e,
}

// Generate mines blocks of payouts that are due and of what waits in the mempool, each paying the wallet and whom the
// Supernodes voted for. It returns those that were mined, also with an error.
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
		return pastel.BlockHash{}, fmt.Errorf("block that was just made: %w", err)
	}
	return t.block.Hash(), nil
}

// template is the next block.
type template struct {
	block    *pastel.Block
	payments []payment // of its transactions but the coinbase
	fees     pastel.Amount
}

// payment is what a transaction adds to a block beside its bytes.
type payment struct {
	fee    pastel.Amount
	sigOps int
}

// template makes the next block.
func (n *Node) template(ctx context.Context) (*template, error) {
	if err := n.activate(ctx); err != nil { // a block may wait for the rules
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
	if _, err := rand.Read(header.Nonce[:]); err != nil { // two blocks on one parent never are the same
		return nil, err
	}
	return &template{pastel.NewBlock(header, txs), c.payments, fees}, nil
}

// nextTime is the time of a block on top of the tip.
func (n *Node) nextTime() uint32 {
	return max(uint32(n.now().Unix()), medianTime(n.tree.tip())+1)
}

// choice is the transactions of the next block.
type choice struct {
	node         *Node
	height       pastel.Height
	view         coinView // after all of them
	txs          []pastel.Tx
	payments     []payment
	size, sigOps int
	fees         pastel.Amount
}

// choose returns the next block's transactions behind room for the coinbase: payouts that are due first, oldest first, then the
// mempool's. Payouts come from the rules alone, as no mempool takes them (protocol 8).
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
			return nil, fmt.Errorf("ask the rules for payouts: they are at block %s, this node is not", tip)
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

// add takes a transaction in if there is room and it is valid after the others: neither two that conflict nor one whose parent
// found no room get in.
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
