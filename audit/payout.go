package audit

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// PayoutTrace finds one payout in the blocks that it watches. It is not safe for concurrent use.
type PayoutTrace struct {
	id     pastel.TxID
	payout Payout
	found  bool
}

// Payout is a payout computed from raw blocks, with its outcome.
type Payout struct {
	pool.Payout
	Paid      pastel.Height // the block that holds it; -1 if none does yet
	Cancelled pastel.Height // the block at whose end it was cancelled, because no block held it; -1 if it was not
}

// TracePayout returns a PayoutTrace of the payout with a transaction id.
func TracePayout(id pastel.TxID) *PayoutTrace { return &PayoutTrace{id: id} }

// Watch looks for the payout in a block's update.
func (t *PayoutTrace) Watch(u *pool.Update) {
	for i := range u.Settled {
		if u.Settled[i].Tx.ID() == t.id {
			t.payout, t.found = Payout{u.Settled[i], -1, -1}, true
		}
	}
	for i := range u.Events {
		if x := &u.Events[i]; x.TxID == t.id {
			switch x.Type {
			case pool.PayoutPaid:
				t.payout.Paid = u.Height
			case pool.PayoutCancelled:
				t.payout.Cancelled = u.Height
			default:
			}
		}
	}
}

// Payout returns the payout as of the last block watched; false if no settlement made it.
func (t *PayoutTrace) Payout() (Payout, bool) { return t.payout, t.found }

// Outcome says in words what happened to the payout.
func (p *Payout) Outcome() string {
	switch {
	case p.Paid >= 0:
		return fmt.Sprintf("mined in block %d", p.Paid)
	case p.Cancelled >= 0:
		return fmt.Sprintf("cancelled in block %d, because no block had included it; later payouts pay the same claims", p.Cancelled)
	}
	return fmt.Sprintf("can be mined from block %d to %d", p.ValidFrom, p.ValidTo)
}
