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
	broken       bool          // shadow run: its escrow was robbed
	activated    pastel.Height // never until then
	activationTx pastel.TxID
	deadline     pastel.Height // of replenishing, else never
	ended        pastel.Height // dissolved or expired, else never
	lastIncome   pastel.Height // never until then
	carry        pastel.Amount // remainder of splits, or income before activation
	operator     pastel.Amount // accrued by the operator
}

// participant is a PastelID and a pledged address that a part ticket joined.
type participant struct {
	who   table.Ref // in State.people
	owner pastel.KeyHash
}

// share is a part in what a pool earns: a member's coins, and where the money goes.
type share struct {
	coins int64 // PSL
	to    pastel.Address
}

type poolState struct {
	terms      Terms
	escrowHash [20]byte
	head       head
	pledges    []*pledge       // live, in join order
	named      []participant   // by accepted part tickets, while subscribing
	heirs      []share         // once dissolved: the last members, in join order
	claims     []claim         // in order of creation
	escrow     []*escrowOutput // tracked, in the order settlement takes them
	pending    []*payout       // settled and not mined, oldest first
}

func newPoolState(t Terms) *poolState {
	return &poolState{
		terms:      t,
		escrowHash: ticket.EscrowAddress(t.ID).Hash,
		head:       head{status: Subscribing, activated: never, deadline: never, ended: never, lastIncome: never},
	}
}

// memberCoins is M of protocol 3, in PSL.
func (p *poolState) memberCoins() int64 {
	var m int64
	for _, pl := range p.pledges {
		if pl.role == Member {
			m += pl.coins
		}
	}
	return m
}

// pledgedCoins is the sum of all live pledges, in PSL.
func (p *poolState) pledgedCoins() int64 {
	var sum int64
	for _, pl := range p.pledges {
		sum += pl.coins
	}
	return sum
}

// windowEnd is the last height at which an activation ticket can be accepted.
func (p *poolState) windowEnd(net *pastel.Network) pastel.Height {
	return p.terms.InitHeight + p.terms.Period + net.ActivationGrace
}

// settlesAt reports whether a settlement is scheduled at h (protocol 8): for pools that ended only while they owe.
func (p *poolState) settlesAt(h pastel.Height, net *pastel.Network) bool {
	switch {
	case p.head.status.earning():
		d := h - p.head.activated
		return d > 0 && d%net.SettlementInterval == 0
	case p.head.ended != never:
		return (h-p.head.ended)%net.SettlementInterval == 0 && p.owes(net.Dust)
	default:
		return false
	}
}

// lastScheduled is the height of the last scheduled settlement before h; activation counts as one (protocol 5).
func (p *poolState) lastScheduled(h pastel.Height, net *pastel.Network) pastel.Height {
	return p.head.activated + max(0, h-1-p.head.activated)/net.SettlementInterval*net.SettlementInterval
}

// dueAt reports whether the end of block h concerns the pool although nothing in the block does.
func (p *poolState) dueAt(h pastel.Height, net *pastel.Network) bool {
	switch p.head.status {
	case Subscribing:
		return h > p.windowEnd(net)
	case Replenishing:
		return h > p.head.deadline || p.settlesAt(h, net)
	default:
		return p.settlesAt(h, net)
	}
}

// owes reports whether a claim is worth at least least.
func (p *poolState) owes(least pastel.Amount) bool {
	return slices.ContainsFunc(p.claims, func(c claim) bool { return c.amount >= least })
}

// pledge is one member's promise (protocol 3).
type pledge struct {
	seq     uint64 // join order over all pools
	pool    *poolState
	next    *pledge   // the next joined in the same backing
	who     table.Ref // in State.people
	backing table.Ref // in State.backings
	coins   int64     // PSL
	accrued pastel.Amount
	since   pastel.Height // member since; never for others
	role    Role
	reward  pastel.Address
}

func bySeq(p *pledge, seq uint64) int { return cmp.Compare(p.seq, seq) }

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

func (s *State) addEscrow(e *escrowOutput) {
	s.escrow[e.out] = e
	s.money += e.value
	i, _ := slices.BinarySearchFunc(e.pool.escrow, e, compareEscrow)
	e.pool.escrow = slices.Insert(e.pool.escrow, i, e)
}

func (s *State) removeEscrow(e *escrowOutput) {
	delete(s.escrow, e.out)
	s.money -= e.value
	i, _ := slices.BinarySearchFunc(e.pool.escrow, e, compareEscrow)
	e.pool.escrow = slices.Delete(e.pool.escrow, i, i+1)
}

func (p *poolState) insertPledge(pl *pledge) {
	i, _ := slices.BinarySearchFunc(p.pledges, pl.seq, bySeq)
	p.pledges = slices.Insert(p.pledges, i, pl)
}

func (p *poolState) deletePledge(pl *pledge) {
	i, _ := slices.BinarySearchFunc(p.pledges, pl.seq, bySeq)
	p.pledges = slices.Delete(p.pledges, i, i+1)
}

// pledgeAt returns the live pledge of this seq, or nil.
func (p *poolState) pledgeAt(seq uint64) *pledge {
	if i, found := slices.BinarySearchFunc(p.pledges, seq, bySeq); found {
		return p.pledges[i]
	}
	return nil
}
