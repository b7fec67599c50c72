package pool

import (
	"cmp"
	"slices"

	"github.com/pastelnetwork/smartpool/internal/table"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// never stands for a height that has not come.
const never pastel.Height = -1

// Terms are what a pool's init ticket fixed for good.
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

// head is the part of a pool that changes as one: its undo is the value before.
type head struct {
	status       Status
	low          bool          // active and short of half the cushion at the end of the block before
	broken       bool          // shadow run: an unauthorized spend took its escrow
	activated    pastel.Height // never until then
	activationTx pastel.TxID
	deadline     pastel.Height // of replenishing, else never
	ended        pastel.Height // dissolved or expired, else never
	lastPaid     pastel.Height // of the last coinbase that paid it; never until then
	carry        pastel.Amount // what could not be shared yet
	operator     pastel.Amount // accrued by the operator
}

// participant is a PastelID and a pledged address that a part ticket joined.
type participant struct {
	who   table.Ref // in State.people
	owner pastel.KeyHash
}

// share is a part in what a pool earns: counted coins, and where the money goes.
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
	last       []share                  // once dissolved: the last members, in join order
	claims     []claim                  // in order of creation
	escrow     longList[*escrowOutput]  // tracked, in the order settlement takes them
	pending    []*payout                // settled and not mined, oldest first

	// Sums over the above, kept so that nothing has to add them up.
	offered int64         // PSL, of the pledges
	counted int64         // PSL, of the pledges: M of protocol 3
	tracked pastel.Amount // of escrow

	due pastel.Height // the next height at which the end of a block concerns the pool untouched (State.agenda), or never
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

// nextSettlement is the first scheduled height after h, or never.
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

// closesFrom is the first height at which the pool may be closed, once it has ended (protocol 8).
func (p *poolState) closesFrom(params *Params) pastel.Height {
	return max(p.head.ended, p.head.lastPaid) + params.IdleLimit
}

// nextDue is the first height after h whose block concerns the pool although nothing in it does, or never. A pool that ended and
// owes nothing has its next settlement with something to do when it is closed.
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

// idle reports whether neither activation nor a coinbase that paid the pool, in blocks before h, lies in the last IdleLimit
// blocks, h included (protocol 7). A pool that is not activated yet is never idle: leaving it would else cost nothing.
func (p *poolState) idle(h pastel.Height, params *Params) bool {
	since := h - params.IdleLimit
	return p.head.activated != never && p.head.activated <= since && p.head.lastPaid <= since
}

// owes reports whether a claim is worth at least least.
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
	payout *payout // pending and spending it, or nil
}

// compareEscrow orders as settlement takes: value descending, then (height, tx index, vout) (protocol 8.3).
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
