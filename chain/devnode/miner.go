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

// Generate mines blocks of what waits in the mempool and of payouts that are due, each paying the wallet and the Supernode whose
// turn it is. It returns those that were mined, also with an error.
func (n *Node) Generate(ctx context.Context, count int) ([]pastel.BlockHash, error) {
	var hashes []pastel.BlockHash
	for range count {
		hash, err := n.generate(ctx)
		if err != nil {
			return hashes, err
		}
		hashes = append(hashes, hash)
	}
	return hashes, nil
}

func (n *Node) generate(ctx context.Context) (pastel.BlockHash, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err := n.activate(ctx); err != nil { // a block may wait for the rules
		return pastel.BlockHash{}, err
	}
	b, err := n.template(ctx)
	if err != nil {
		return pastel.BlockHash{}, fmt.Errorf("make a block: %w", err)
	}
	if err := n.acceptBlock(ctx, b); err != nil {
		return pastel.BlockHash{}, fmt.Errorf("block that was just made: %w", err)
	}
	return b.Hash(), nil
}

// template makes the next block.
func (n *Node) template(ctx context.Context) (*pastel.Block, error) {
	tip := n.tree.tip()
	h := tip.height + 1
	txs, fees, err := n.choose(ctx, h)
	if err != nil {
		return nil, err
	}
	miner, err := n.wallet.minerScript()
	if err != nil {
		return nil, err
	}
	outs := []pastel.TxOut{{Value: blockSubsidy + fees, Script: miner}}
	payee, err := n.nextPayee(ctx)
	if err != nil {
		return nil, err
	}
	if payee != nil {
		share := (blockSubsidy + fees) / 5
		outs[0].Value -= share
		outs = append(outs, pastel.TxOut{Value: share, Script: payee})
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
	return pastel.NewBlock(header, txs), nil
}

// nextTime is the time of a block on top of the tip.
func (n *Node) nextTime() uint32 {
	return max(uint32(n.now().Unix()), medianTime(n.tree.tip())+1)
}

// choose returns the next block's transactions behind room for the coinbase, and their fees.
func (n *Node) choose(ctx context.Context, h pastel.Height) (txs []pastel.Tx, fees pastel.Amount, err error) {
	txs = make([]pastel.Tx, 1)
	view := coinView{base: n.coins, now: map[pastel.OutPoint]*coin{}}
	size, sigOps := 2000, 100 // header and coinbase
	add := func(tx *pastel.Tx, verified bool) {
		checks := 0
		for i := range tx.Outputs {
			checks += txscript.GetSigOpCount(tx.Outputs[i].Script)
		}
		if size+len(tx.Bytes()) > maxBlockSize || sigOps+checks > maxBlockSigOps || checkFinal(tx, h, medianTime(n.tree.tip())) != nil {
			return
		}
		fee, _, err := n.spend(&view, tx, h, verified)
		if err != nil {
			return // its parent found no room
		}
		for v := range tx.Outputs {
			view.now[pastel.OutPoint{TxID: tx.ID(), Vout: uint32(v)}] = &coin{TxOut: tx.Outputs[v], height: h}
		}
		size, sigOps, fees = size+len(tx.Bytes()), sigOps+checks, fees+fee
		txs = append(txs, *tx)
	}
	for _, t := range n.pool.list {
		add(t.tx, true)
	}
	if n.rules == nil {
		return txs, fees, nil
	}
	payouts, err := n.rules.Payouts(ctx)
	if err != nil {
		return nil, 0, fmt.Errorf("ask the rules for payouts: %w", err)
	}
	for _, po := range payouts {
		if n.pool.byID[po.ID()] == nil {
			add(po, false)
		}
	}
	return txs, fees, nil
}
