package pool

import (
	"cmp"
	"slices"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// never stands for the height of something that has not happened.
const never pastel.Height = -1

// Terms holds what a pool's init ticket fixes forever.
type Terms struct {
	ID         ticket.PoolID
	Supernode  pastelid.PastelID
	Operator   pastelid.PastelID
	Company    string
	FeeAddress pastel.Address // the operator's
	Required   int64          // PSL
	Factor     int64          // 0.0001
	Target     int64          // PSL, ceil(Required × Factor)
	Fee        int64          // 0.01 %
	Period     pastel.Height  // subscription_period, blocks
	InitHeight pastel.Height
	InitTx     pastel.TxID
}

// head is the part of a pool that is recorded as a whole: its undo is the value before.
type head struct {
	status       Status
	low          bool          // active with less than half the cushion at the end of the block before
	broken       bool          // shadow run: an unauthorized spend took its escrow
	activated    pastel.Height // or never
	activationTx pastel.TxID
	deadline     pastel.Height // of replenishing, else never
	ended        pastel.Height // when it was dissolved or expired, or never
	lastPaid     pastel.Height // of the last coinbase that paid it, or never
	carry        pastel.Amount // what could not be shared yet
	operator     pastel.Amount // accrued by the operator
}

// participant is the PastelID and the pledged address of a part ticket.
type participant struct {
	who   table.Ref // in State.people
	owner pastel.KeyHash
}

// share is a share in what a pool earns: counted coins and the address that gets the money.
type share struct {
	coins int64 // PSL
	to    pastel.Address
}

type poolState struct {
	terms      Terms
	escrowHash [20]byte
	head       head
	pledges    []*pledge                // live, in join order
	named      map[participant]struct{} // by accepted part tickets, while subscribing
	last       []share                  // the last members in join order, once dissolved
	claims     []claim                  // in order of creation
	escrow     longList[*escrowOutput]  // tracked, in the order in which settlement takes it
	pending    []*payout                // settled but not mined, oldest first

	// Sums of the above, kept for speed.
	offered int64         // PSL, of the pledges
	counted int64         // PSL, of the pledges: M of protocol 3
	tracked pastel.Amount // of escrow

	splits splitLog // which splits the stored records of the pledges do not include

	due pastel.Height // the next height at which the end of a block concerns the pool in any case (State.agenda), or never
}

func newPoolState(t Terms) *poolState {
	return &poolState{
		terms:      t,
		escrowHash: ticket.EscrowAddress(t.ID).Hash,
		head:       head{status: Subscribing, activated: never, deadline: never, ended: never, lastPaid: never},
		due:        never,
	}
}

// settlesAt reports whether a settlement is scheduled at h (protocol 8).
func (p *poolState) settlesAt(h pastel.Height, params *Params) bool {
	switch {
	case p.head.broken:
		return false
	case p.head.status.earning():
		d := h - p.head.activated
		return d > 0 && d%params.SettlementInterval == 0
	case p.head.status.Ended():
		return (h-p.head.ended)%params.SettlementInterval == 0
	default:
		return false
	}
}

// nextSettlement returns the height of the first scheduled settlement after h, or never.
func (p *poolState) nextSettlement(h pastel.Height, params *Params) pastel.Height {
	from := p.head.activated
	if p.head.status.Ended() {
		from = p.head.ended
	}
	next := from + ((h-from)/params.SettlementInterval+1)*params.SettlementInterval
	if from == never || !p.settlesAt(next, params) {
		return never
	}
	return next
}

// closesFrom returns the first height at which an ended pool may be closed (protocol 8).
func (p *poolState) closesFrom(params *Params) pastel.Height {
	return max(p.head.ended, p.head.lastPaid) + params.IdleLimit
}

// nextDue returns the first height after h whose block concerns the pool even if nothing in the block does, or never. For an ended
// pool that owes nothing, that is the settlement that closes it: the settlements before it have nothing to do.
func (p *poolState) nextDue(h pastel.Height, params *Params) pastel.Height {
	if p.head.status.Ended() && len(p.pending) == 0 && !p.owes(params.Dust) {
		h = max(h, p.closesFrom(params)-1)
	}
	due := p.nextSettlement(h, params)
	sooner := func(at pastel.Height) {
		if due == never || at < due {
			due = at
		}
	}
	switch p.head.status {
	case Subscribing:
		sooner(p.terms.ActivateUntil(params) + 1)
	case Replenishing:
		sooner(p.head.deadline + 1)
	default:
	}
	if len(p.pending) > 0 {
		sooner(p.pending[0].validTo(params))
	}
	return due
}

// idle reports whether neither activation nor a coinbase that paid the pool, in blocks before h, lies in the last IdleLimit blocks,
// h included (protocol 7). A pool that is not activated yet is never idle, because leaving it would then cost nothing.
func (p *poolState) idle(h pastel.Height, params *Params) bool {
	since := h - params.IdleLimit
	return p.head.activated != never && p.head.activated <= since && p.head.lastPaid <= since
}

// owes reports whether any claim is worth at least this amount.
func (p *poolState) owes(least pastel.Amount) bool {
	return slices.ContainsFunc(p.claims, func(c claim) bool { return c.amount >= least })
}

// escrowOutput is a tracked output to a pool's escrow script.
type escrowOutput struct {
	out    pastel.OutPoint
	pool   *poolState
	value  pastel.Amount
	height pastel.Height
	tx     int32   // index in its block
	payout *payout // the pending payout that spends it, or nil
}

// compareEscrow orders outputs as settlement takes them: by value descending, then by height, tx index and vout (protocol 8.3).
func compareEscrow(a, b *escrowOutput) int {
	return cmp.Or(cmp.Compare(b.value, a.value), cmp.Compare(a.height, b.height), cmp.Compare(a.tx, b.tx),
		cmp.Compare(a.out.Vout, b.out.Vout), a.out.Compare(b.out))
}

// order compares another output with this one.
func (e *escrowOutput) order(x *escrowOutput) int { return compareEscrow(x, e) }

func (s *State) addEscrow(e *escrowOutput) {
	s.escrow[e.out] = e
	s.money += e.value
	e.pool.tracked += e.value
	e.pool.escrow.insert(e, e.order)
}

func (s *State) removeEscrow(e *escrowOutput) {
	delete(s.escrow, e.out)
	s.money -= e.value
	e.pool.tracked -= e.value
	e.pool.escrow.remove(e.order)
}
