package devnode

import (
	"context"
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
)

// mempool holds valid unmined transactions in the order of arrival, so that parents come before children.
type mempool struct {
	list  []*memTx
	byID  map[pastel.TxID]*memTx
	spent map[pastel.OutPoint]pastel.TxID // what they spend, and by which transaction
	back  []*memTx                        // of blocks taken back, to be checked again
}

type memTx struct {
	tx       *pastel.Tx
	fee      pastel.Amount
	time     int64         // of arrival, seconds since 1970
	height   pastel.Height // of the tip at arrival
	verified bool          // its scripts have passed the mempool's rules
}

// minRelayFee is in patoshi per 1000 bytes, the same as pasteld's default.
const minRelayFee = 30

func (m *mempool) reset() {
	m.list, m.byID, m.spent = nil, map[pastel.TxID]*memTx{}, map[pastel.OutPoint]pastel.TxID{}
}

// bringBack remembers the transactions of a block that was taken back. They must pass all checks of the mempool, which keep out payouts and
// whatever spends their outputs.
func (m *mempool) bringBack(b *pastel.Block) {
	var list []*memTx
	for i := range b.Txs[1:] {
		list = append(list, &memTx{tx: &b.Txs[1+i]})
	}
	m.back = append(list, m.back...) // the earlier block comes first
}

// revalidate checks everything again after the chain has moved, and drops what is mined, conflicts or is no longer valid. It does not ask
// the rules again: a ticket they would reject now may be valid on the next block, for example after a reorganization that took back what it
// builds on, and it does no harm.
func (m *mempool) revalidate(n *Node) {
	again := append(m.back, m.list...)
	m.back = nil
	m.reset()
	for _, t := range again {
		if _, mined := n.txs[t.tx.ID()]; !mined && n.checkTx(t) == nil {
			n.enter(t)
		}
	}
}

// enter adds a valid transaction to the mempool.
func (n *Node) enter(t *memTx) {
	m, id := &n.pool, t.tx.ID()
	if t.time == 0 {
		t.time, t.height = n.now().Unix(), n.tree.tip().height
	}
	m.list = append(m.list, t)
	m.byID[id] = t
	for i := range t.tx.Inputs {
		m.spent[t.tx.Inputs[i].PrevOut] = id
	}
}

// TxError says why a transaction is refused, in pasteld's words and with its codes.
type TxError struct {
	Code    int
	Message string
	Details string
}

func (e *TxError) Error() string {
	if e.Details != "" {
		return fmt.Sprintf("%s (%s)", e.Message, e.Details)
	}
	return e.Message
}

// pasteld's codes for sendrawtransaction.
const (
	codeTx         = -25
	codeRejected   = -26
	codeInChain    = -27
	codeUndecoded  = -22
	rejectInvalid  = "16: "
	rejectSpent    = "18: "
	rejectPolicy   = "64: "
	rejectFee      = "66: "
	rejectExpired  = "tx-expiring-soon"
	rejectUnproven = "mandatory-script-verify-flag-failed"
	rejectReserved = "non-mandatory-script-verify-flag"
)

// SubmitTx adds a transaction to the mempool; *TxError says why not. A transaction already there is not an error.
func (n *Node) SubmitTx(ctx context.Context, raw []byte) (pastel.TxID, error) {
	tx, err := pastel.ParseTx(raw)
	if err != nil {
		return pastel.TxID{}, &TxError{Code: codeUndecoded, Message: "TX decode failed"}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.accept(ctx, &memTx{tx: tx})
}

func (n *Node) accept(ctx context.Context, t *memTx) (pastel.TxID, error) {
	id := t.tx.ID()
	if n.pool.byID[id] != nil {
		return id, nil
	}
	if _, mined := n.txs[id]; mined {
		return id, &TxError{Code: codeInChain, Message: "transaction already in block chain"}
	}
	if err := n.checkTx(t); err != nil {
		return id, err
	}
	if n.rules != nil {
		err := n.rules.CheckTx(ctx, t.tx.Bytes(), n.nextTime())
		var refused *chain.RefusedError
		if errors.As(err, &refused) {
			return id, &TxError{codeRejected, rejectInvalid + "smartpool-" + refused.Reason, refused.Detail}
		}
		if err != nil {
			return id, &TxError{codeTx, "the smart pool rules did not answer", err.Error()}
		}
	}
	n.enter(t)
	return id, nil
}

// checkTx makes all checks but the smart pool rules.
func (n *Node) checkTx(t *memTx) error {
	tip := n.tree.tip()
	reject := func(reason string, err error) error { return &TxError{codeRejected, reason, err.Error()} }
	if t.tx.IsCoinbase() {
		return &TxError{Code: codeRejected, Message: rejectInvalid + "coinbase"}
	}
	if err := checkTransparent(t.tx); err != nil {
		return reject(rejectInvalid+"bad-tx-version", err)
	}
	switch err := checkFinal(t.tx, tip.height+1, medianTime(tip)); {
	case errors.Is(err, errNotFinal):
		return reject(rejectPolicy+"non-final", err)
	case err != nil:
		return reject(rejectInvalid+rejectExpired, err)
	}
	for i := range t.tx.Inputs {
		if _, conflict := n.pool.spent[t.tx.Inputs[i].PrevOut]; conflict {
			return &TxError{Code: codeTx}
		}
	}
	view := n.nextCoins()
	scripts := relayScripts
	if t.verified {
		scripts = noScripts
	}
	fee, _, err := n.spend(&view, t.tx, tip.height+1, scripts)
	var input *inputError
	var script *scriptError
	switch {
	case errors.As(err, &input):
		_, mined := n.txs[input.out.TxID]
		if _, waiting := n.pool.byID[input.out.TxID]; mined || waiting {
			return &TxError{codeRejected, rejectSpent + "bad-txns-inputs-spent", "inputs already spent"}
		}
		return &TxError{Code: codeTx, Message: "Missing inputs"}
	case errors.Is(err, errUpgradable):
		return &TxError{Code: codeRejected, Message: fmt.Sprintf("%s%s (%v)", rejectPolicy, rejectReserved, errUpgradable)}
	case errors.As(err, &script):
		return &TxError{Code: codeRejected, Message: fmt.Sprintf("%s%s (%v)", rejectInvalid, rejectUnproven, err)}
	case err != nil:
		return reject(rejectInvalid+"bad-txns", err)
	}
	if least := pastel.Amount(len(t.tx.Bytes()) * minRelayFee / 1000); fee < least {
		return &TxError{codeRejected, rejectFee + "min relay fee not met", fmt.Sprintf("%s PSL, at least %s PSL", fee, least)}
	}
	t.fee, t.verified = fee, true
	return nil
}

// nextCoins returns the coins after the mempool's transactions.
func (n *Node) nextCoins() coinView {
	view := coinView{base: n.coins, now: map[pastel.OutPoint]*coin{}}
	for out := range n.pool.spent {
		view.now[out] = nil
	}
	for _, t := range n.pool.list {
		for v := range t.tx.Outputs {
			out := pastel.OutPoint{TxID: t.tx.ID(), Vout: uint32(v)}
			if _, gone := n.pool.spent[out]; !gone {
				view.now[out] = &coin{TxOut: t.tx.Outputs[v], height: n.tree.tip().height + 1}
			}
		}
	}
	return view
}

// Mempool returns the ids of the unmined transactions, in the order of arrival.
func (n *Node) Mempool() []pastel.TxID {
	n.mu.Lock()
	defer n.mu.Unlock()
	var ids []pastel.TxID
	for _, t := range n.pool.list {
		ids = append(ids, t.tx.ID())
	}
	return ids
}
