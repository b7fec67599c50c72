package books

import (
	"cmp"
	"maps"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// blocksPerDay is the number of blocks in a day.
const blocksPerDay = int64(24 * time.Hour / chain.BlockTime)

// prospect is a pool of an account, as far as its outlook depends on it.
type prospect struct {
	*pool.Pool // without pledges if none is the account's
	row        *store.PoolRow
	sums       store.Sums
	in         *income
	counted    int64           // the account's PSL that earn
	waiting    int64           // the account's PSL that wait in line
	pending    []pastel.Height // in which the account's pending payouts settled, oldest first
	holds      bool            // the account has live pledges to it
	operates   bool
}

// outlook fills in what an account may expect of its pools, which are those of its live pledges and those that owe it something or that it operates.
func (v *view) outlook(out *wire.Account, operated []store.PoolRow, mine func(paid) bool) error {
	list, err := v.prospects(out, operated)
	if err != nil {
		return err
	}
	network, err := v.averageIncome()
	if err != nil {
		return err
	}
	x := wire.Outlook{Concerns: []wire.Concern{}}
	for i := range out.Pending {
		p := &out.Pending[i]
		if err := v.sooner(&x, wire.NextPayment{Pool: p.Pool, Payout: p.Payout, Amount: p.Amount}, p.From.Height); err != nil {
			return err
		}
	}
	for i := range list {
		p := &list[i]
		fees := dailyFees(p, network)
		x.Daily, x.DailyFees = x.Daily+daily(p, network)+fees, x.DailyFees+fees
		if err := v.upcoming(&x, p, mine); err != nil {
			return err
		}
		if err := v.concerns(&x, p); err != nil {
			return err
		}
	}
	slices.SortStableFunc(x.Concerns, func(a, b wire.Concern) int {
		return cmp.Compare(slices.Index(concernKinds, a.Kind), slices.Index(concernKinds, b.Kind))
	})
	out.Outlook = x
	return nil
}

// prospects reads the pools that an account's outlook depends on, in the order they opened.
func (v *view) prospects(out *wire.Account, operated []store.PoolRow) ([]prospect, error) {
	pools := map[ticket.PoolID]*prospect{}
	of := func(id ticket.PoolID) *prospect {
		if pools[id] == nil {
			pools[id] = &prospect{}
		}
		return pools[id]
	}
	for i := range out.Positions {
		o := &out.Positions[i]
		p := of(ticket.PoolID(o.Pool))
		p.holds = true
		if o.Status != pool.Subscribing.String() {
			p.counted, p.waiting = p.counted+o.Counted, p.waiting+o.Offered-o.Counted
		}
	}
	for i := range out.Claims {
		of(ticket.PoolID(out.Claims[i].Pool))
	}
	for i := range out.Pending {
		p := of(ticket.PoolID(out.Pending[i].Pool))
		p.pending = append(p.pending, out.Pending[i].Settled.Height)
	}
	for i := range operated {
		if operated[i].Status != pool.Closed {
			of(operated[i].ID)
		}
	}
	if len(pools) == 0 {
		return nil, nil
	}
	rows, err := v.Pools(store.PoolFilter{IDs: slices.Collect(maps.Keys(pools))})
	if err != nil {
		return nil, err
	}
	sums, incomes, err := v.incomes(rows)
	if err != nil {
		return nil, err
	}
	list := make([]prospect, len(rows))
	for i := range rows {
		row, x := &rows[i], &list[i]
		*x = *pools[row.ID]
		x.row, x.sums, x.in = row, sums[row.Num], incomes[row.Num]
		x.operates = out.PastelID != "" && row.Operator.String() == out.PastelID
		if x.holds {
			p, err := v.poolState(row.ID)
			if err != nil {
				return nil, err
			}
			x.Pool = &p.Pool
		} else if x.Pool, err = v.claimsOf(row.ID); err != nil { // nothing that its pledges earn is the account's
			return nil, err
		}
	}
	return list, nil
}

// daily returns what the account's counted coins earn a day on average, 0 if the pool earns nothing now.
func daily(p *prospect, network *income) pastel.Amount {
	if p.Status != pool.Active || p.counted == 0 {
		return 0
	}
	in, _ := expected(&p.row.Head, p.in, network, 0)
	if in.coins == 0 {
		return 0
	}
	amount, _ := in.amount.MulDiv(10_000-p.Fee, 10_000) // a part of amount
	amount, _ = amount.MulDiv(p.counted*blocksPerDay, in.coins)
	return amount
}

// dailyFees returns what the operator's fee brings a day on average.
func dailyFees(p *prospect, network *income) pastel.Amount {
	if !p.operates || p.Status != pool.Active {
		return 0
	}
	in, _ := expected(&p.row.Head, p.in, network, 0)
	if in.blocks == 0 {
		return 0
	}
	fee, _ := in.amount.MulDiv(p.Fee, 10_000) // a part of amount
	fee, _ = fee.MulDiv(blocksPerDay, in.blocks)
	return fee
}

// upcoming takes what a pool will pay the account after its next settlement for the next payment if it comes sooner.
func (v *view) upcoming(x *wire.Outlook, p *prospect, mine func(paid) bool) error {
	if p.NextSettlement < 0 {
		return nil
	}
	var sum pastel.Amount
	least := pool.LeastPayment(p.Status, &v.b.net)
	for to, amount := range owedAfter(p.Pool, v.until(p.Pool, p.in)) {
		if amount >= least && mine(paid{p.ID, to.Encode(&v.b.net.Network)}) {
			sum += amount
		}
	}
	if sum == 0 {
		return nil
	}
	from, _ := pool.PayoutWindow(p.NextSettlement, &v.b.net)
	return v.sooner(x, wire.NextPayment{Pool: string(p.ID), Amount: sum}, from)
}

// sooner takes a payment that can be mined from a block on for the next one if it comes sooner than the one so far.
func (v *view) sooner(x *wire.Outlook, next wire.NextPayment, from pastel.Height) (err error) {
	from = max(from, v.tip.Height+1)
	if x.Next != nil && x.Next.From.Height <= from {
		return nil
	}
	if next.From, err = v.moment(from); err == nil {
		x.Next = &next
	}
	return err
}

// The kinds of concerns, worst first. Programs depend on these words: they never change.
const (
	concernBroken    = "broken"
	concernShort     = "short"
	concernGone      = "gone"
	concernElsewhere = "elsewhere"
	concernUnpaid    = "unpaid"
	concernOverdue   = "overdue"
	concernGathering = "gathering"
	concernLow       = "low"
	concernWaiting   = "waiting"
)

var concernKinds = []string{
	concernBroken, concernShort, concernGone, concernElsewhere, concernUnpaid, concernOverdue, concernGathering, concernLow, concernWaiting,
}

// ConcernKinds lists the kinds of concerns, worst first.
func ConcernKinds() []string { return slices.Clone(concernKinds) }

// concern is a wire.Concern with heights in place of moments, negative if there are none.
type concern struct {
	kind         string
	coins        int64 // PSL
	since, until pastel.Height
}

// concerns lists what is wrong with a pool and with the account's pledges to it.
func (v *view) concerns(x *wire.Outlook, p *prospect) error {
	list := v.overdue(p)
	if p.holds || p.operates {
		list = append(list, v.troubles(p)...)
	}
	for _, c := range list {
		y := wire.Concern{Pool: string(p.row.ID), Kind: c.kind, Coins: c.coins}
		if err := v.moments(map[**wire.Moment]pastel.Height{&y.Since: c.since, &y.Until: c.until}); err != nil {
			return err
		}
		x.Concerns = append(x.Concerns, y)
	}
	return nil
}

// troubles lists what is wrong with a live pool.
func (v *view) troubles(p *prospect) (list []concern) {
	c := p.row.Collateral()
	switch p.row.Status {
	case pool.Subscribing:
		list = append(list, concern{concernGathering, max(0, c.Target-c.Offered), -1, p.row.ActivateUntil(&v.b.net)})
	case pool.Replenishing:
		list = append(list, concern{concernShort, -c.Cushion(), -1, p.row.Deadline})
	case pool.Active:
		list = append(list, v.supernodeTroubles(p)...)
		if p.row.Low {
			list = append(list, concern{concernLow, c.Cushion(), -1, -1})
		}
	default:
	}
	if p.row.Broken {
		list = append(list, concern{concernBroken, 0, -1, -1})
	}
	if p.waiting > 0 {
		list = append(list, concern{concernWaiting, p.waiting, -1, -1})
	}
	return list
}

// supernodeTroubles says whether an active pool's Supernode runs and is paid: it is late after twice the longest wait so far.
func (v *view) supernodeTroubles(p *prospect) (list []concern) {
	switch chain.JudgeSupernode(p.Status, p.ActivationTx, p.Escrow, v.b.listed()) {
	case chain.SupernodeMissing:
		list = append(list, concern{concernGone, 0, -1, -1})
	case chain.SupernodeElsewhere:
		list = append(list, concern{concernElsewhere, 0, -1, -1})
	default:
	}
	net := &v.b.net
	last, usual := max(p.sums.LastPaid, p.row.Activated), pastel.Height(2*p.sums.Gap)
	if usual == 0 {
		usual = net.IdleLimit / 2
	}
	if v.tip.Height-last <= min(max(usual, net.SettlementInterval), net.IdleLimit) {
		return list
	}
	free := last + net.IdleLimit + 1 // leaving costs no reputation from then on (protocol 7)
	if free <= v.tip.Height {
		free = -1
	}
	return append(list, concern{concernUnpaid, 0, last, free})
}

// overdue says whether payments that miners could have taken are late.
func (v *view) overdue(p *prospect) []concern {
	for _, settled := range p.pending {
		if from, to := pool.PayoutWindow(settled, &v.b.net); store.Overdue(from, v.tip.Height) {
			return []concern{{concernOverdue, 0, from, to}}
		}
	}
	return nil
}
