package devnode

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
)

// unspent is an output that the wallet can spend.
type unspent struct {
	out           pastel.OutPoint
	coin          coin
	confirmations pastel.Height
}

// unspentCoins returns what the wallet can spend after the mempool's transactions, in the order of outpoints: outputs with at least so many
// confirmations, without immature coinbases. Locked coins are included only on request.
func (n *Node) unspentCoins(least pastel.Height, locked bool) []unspent {
	var list []unspent
	tip := n.tree.tip().height
	view := n.nextCoins()
	add := func(out pastel.OutPoint, c coin) {
		u := unspent{out, c, tip - c.height + 1}
		immature := c.coinbase && tip+1-c.height < n.net.CoinbaseMaturity
		if n.wallet.owner(c.Script) == nil || immature || u.confirmations < least || !locked && n.wallet.locked[out] {
			return
		}
		list = append(list, u)
	}
	for out, c := range n.coins {
		if _, changed := view.now[out]; !changed {
			add(out, c)
		}
	}
	for out, c := range view.now {
		if c != nil {
			add(out, *c)
		}
	}
	slices.SortFunc(list, func(a, b unspent) int { return a.out.Compare(b.out) })
	return list
}

var errFunds = errors.New("Insufficient funds") //nolint:staticcheck // pasteld's words

// txExpiry is how many blocks the wallet's transactions can wait to be mined, as in pasteld.
const txExpiry = 20

// spendable returns what the wallet may spend, only from an address if one is given.
func (n *Node) spendable(from *pastel.Address) []unspent {
	coins := n.unspentCoins(0, false)
	if from == nil {
		return coins
	}
	script := from.Script()
	return slices.DeleteFunc(coins, func(u unspent) bool { return string(u.coin.Script) != string(script) })
}

// pay makes a transaction with these outputs and change, signs it and adds it to the mempool. It spends only coins of from, if given. The
// fee is 1 patoshi per byte.
func (n *Node) pay(ctx context.Context, outs []pastel.TxOut, from *pastel.Address) (*pastel.Tx, error) {
	var want pastel.Amount
	for _, o := range outs {
		want += o.Value
	}
	coins := n.spendable(from)
	// Use confirmed coins first, and as few as possible.
	slices.SortStableFunc(coins, func(a, b unspent) int {
		return cmp.Or(cmp.Compare(min(b.confirmations, 1), min(a.confirmations, 1)), cmp.Compare(b.coin.Value, a.coin.Value))
	})
	var have pastel.Amount
	for i, u := range coins {
		have += u.coin.Value
		tx, err := n.signed(coins[:i+1], outs, have-want)
		if err != nil {
			return nil, err
		}
		if tx != nil {
			_, err := n.accept(ctx, &memTx{tx: tx})
			return tx, err
		}
	}
	return nil, errFunds
}

// signed makes a transaction that spends coins and pays outs. The rest, less the fee, returns to the first coin's address in the last
// output, as tickets require (protocol 2). It returns nil if nothing would be left for that output.
func (n *Node) signed(coins []unspent, outs []pastel.TxOut, rest pastel.Amount) (*pastel.Tx, error) {
	if rest <= 0 {
		return nil, nil
	}
	build := func(change pastel.Amount) (*pastel.Tx, error) {
		all := append(slices.Clone(outs), pastel.TxOut{Value: change, Script: coins[0].coin.Script})
		ins := make([]pastel.TxIn, len(coins))
		for i := range coins {
			ins[i] = pastel.TxIn{PrevOut: coins[i].out, Sequence: 0xffffffff}
		}
		tx := pastel.NewTx(true, ins, all).WithExpiry(n.tree.tip().height + 1 + txExpiry)
		tx, complete, err := n.sign(tx, false)
		if err == nil && !complete {
			err = errors.New("the wallet cannot sign for its own coins")
		}
		return tx, err
	}
	tx, err := build(rest)
	if err != nil {
		return nil, err
	}
	fee := pastel.Amount(len(tx.Bytes()) + 2*len(coins)) // the size of signatures varies by a byte or two
	if rest <= fee {
		return nil, nil
	}
	return build(rest - fee)
}

// sign adds the wallet's signatures to a transaction. complete reports whether all its scripts then succeed; check runs them, including
// those signed by others.
func (n *Node) sign(tx *pastel.Tx, check bool) (signed *pastel.Tx, complete bool, err error) {
	if err := checkTransparent(tx); err != nil {
		return nil, false, err
	}
	hasher := newSigHasher(tx)
	ins := slices.Clone(tx.Inputs)
	spent := make([]pastel.TxOut, len(ins))
	view := n.nextCoins()
	complete = true
	for i := range ins {
		c, found := n.coins[ins[i].PrevOut] // includes coins that the mempool spends
		if w := view.get(ins[i].PrevOut); w != nil {
			c, found = *w, true
		}
		if !found {
			complete = false
			continue
		}
		spent[i] = c.TxOut
		key := n.wallet.owner(c.Script)
		if key == nil {
			complete = complete && check
			continue
		}
		if ins[i].ScriptSig, err = signInput(hasher, i, &spent[i], key.secret); err != nil {
			return nil, false, fmt.Errorf("sign input %d: %w", i, err)
		}
	}
	signed = pastel.NewTx(true, ins, tx.Outputs).WithExpiry(pastel.Height(tx.ExpiryHeight)).WithLockTime(tx.LockTime)
	if complete && check {
		complete = verifyScripts(signed, spent, relayScripts) == nil
	}
	return signed, complete, nil
}
