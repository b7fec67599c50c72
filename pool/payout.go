package pool

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// payout is a settled payout transaction that no block contains yet (protocol 8).
type payout struct {
	pool     *poolState
	settled  pastel.Height
	inputs   []*escrowOutput
	payments []Payment     // by which the claims fell
	total    pastel.Amount // of the payments
	change   pastel.Amount
	tx       *pastel.Tx
}

func newPayout(p *poolState, inputs []*escrowOutput, payments []Payment, change pastel.Amount) *payout {
	return &payout{pool: p, inputs: inputs, payments: payments, total: totalOf(payments), change: change}
}

// window returns the first and the last height at which the payout can be mined.
func (po *payout) window(params *Params) (from, to pastel.Height) {
	return PayoutWindow(po.settled, params)
}

// validTo returns the last height at which the payout can be mined. At the end of that block it is cancelled.
func (po *payout) validTo(params *Params) pastel.Height {
	_, to := po.window(params)
	return to
}

func totalOf(payments []Payment) pastel.Amount {
	var sum pastel.Amount
	for _, p := range payments {
		sum += p.Amount
	}
	return sum
}

// buildTx makes the payout's transaction (protocol 8).
func (po *payout) buildTx(params *Params) {
	inputs := make([]pastel.OutPoint, len(po.inputs))
	for i, e := range po.inputs {
		inputs[i] = e.out
	}
	po.tx = PayoutTx(params, po.pool.terms.ID, po.settled, inputs, po.payments, po.change)
}

// PayoutTx returns the transaction of a payout (protocol 8): that which a pool's settlement at a height makes of these inputs, payments and
// change, in patoshi.
func PayoutTx(
	params *Params, id ticket.PoolID, settled pastel.Height, inputs []pastel.OutPoint, payments []Payment, change pastel.Amount,
) *pastel.Tx {
	sig := pushOf(ticket.EscrowRedeemScript(id))
	ins := make([]pastel.TxIn, len(inputs))
	for i, out := range inputs {
		ins[i] = pastel.TxIn{PrevOut: out, ScriptSig: sig, Sequence: payoutSequence}
	}
	if change > 0 {
		payments = append(slices.Clip(payments), Payment{change, ticket.EscrowAddress(id)})
	}
	outs := make([]pastel.TxOut, len(payments))
	scripts := make([]byte, 0, maxScript*len(payments))
	for i, o := range payments {
		start := len(scripts)
		scripts = o.To.AppendScript(scripts)
		outs[i] = pastel.TxOut{Value: o.Amount, Script: scripts[start:len(scripts):len(scripts)]}
	}
	from, to := PayoutWindow(settled, params)
	return pastel.NewTimedTx(params.SaplingActive(from), ins, outs, uint32(from-1), to)
}

// payoutSequence is not final, so that the lock time is in force.
const payoutSequence = 0xfffffffe

// maxScript is the length of the longest script of an address, in bytes.
const maxScript = 25

// pushOf returns a script that pushes b, which has at most 75 bytes.
func pushOf(b []byte) []byte { return append([]byte{byte(len(b))}, b...) }

func (p *poolState) escrowAddress() pastel.Address {
	return pastel.Address{Kind: pastel.AddressP2SH, Hash: p.escrowHash}
}

// addPayout enters a payout and reserves its inputs.
func (s *State) addPayout(po *payout) {
	s.payouts[po.tx.ID()] = po
	i, _ := slices.BinarySearchFunc(po.pool.pending, po.settled, bySettled)
	po.pool.pending = slices.Insert(po.pool.pending, i, po)
	for _, e := range po.inputs {
		e.payout = po
	}
}

// removePayout is the inverse of addPayout.
func (s *State) removePayout(po *payout) {
	delete(s.payouts, po.tx.ID())
	i, _ := slices.BinarySearchFunc(po.pool.pending, po.settled, bySettled)
	po.pool.pending = slices.Delete(po.pool.pending, i, i+1)
	for _, e := range po.inputs {
		e.payout = nil
	}
}

// bySettled orders a pool's payouts. A pool settles at most once a block.
func bySettled(po *payout, h pastel.Height) int { return cmp.Compare(po.settled, h) }

// payoutRecord is a payout with keys of the chain in place of its links.
type payoutRecord struct {
	settled  pastel.Height
	inputs   []pastel.OutPoint
	payments []Payment
	change   pastel.Amount
}

func (x *payoutRecord) code(c *coder) {
	c.height(&x.settled)
	list(c, &x.inputs, 36, c.outPoint)
	list(c, &x.payments, claimSize, func(p *Payment) {
		c.address(&p.To)
		c.amount(&p.Amount)
	})
	c.amount(&x.change)
	if c.reading && c.err == nil && (x.settled < 0 || len(x.inputs) == 0 || len(x.payments) == 0) {
		c.fail(fmt.Errorf("payout has no inputs or no payments"))
	}
}

func (po *payout) record() payoutRecord {
	x := payoutRecord{settled: po.settled, payments: po.payments, change: po.change}
	for _, e := range po.inputs {
		x.inputs = append(x.inputs, e.out)
	}
	return x
}

// restorePayout enters a payout from its record.
func (s *State) restorePayout(p *poolState, x *payoutRecord) error {
	po := newPayout(p, nil, x.payments, x.change)
	po.settled = x.settled
	seen := make(map[*escrowOutput]bool, len(x.inputs))
	for _, out := range x.inputs {
		e := s.escrow[out]
		if e == nil || e.pool != p || e.payout != nil || seen[e] {
			return fmt.Errorf("payout settled at block %d of pool %q: input %s: %w", x.settled, p.terms.ID, out, errMissing)
		}
		seen[e] = true
		po.inputs = append(po.inputs, e)
	}
	if _, found := slices.BinarySearchFunc(p.pending, x.settled, bySettled); found {
		return fmt.Errorf("payout settled at block %d of pool %q: %w", x.settled, p.terms.ID, errMissing)
	}
	po.buildTx(&s.params)
	s.addPayout(po)
	return nil
}
