package books

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Limits of an account. An answer shows a part of what exceeds them; paged lists return all of it.
const (
	maxPositions = 2000
	maxPayments  = 100
	maxOperated  = 100
	maxShared    = 10
)

// parseID reads a PastelID of a query.
func parseID(id string) (who pastelid.PastelID, err error) {
	if who, err = pastelid.Parse(id); err != nil {
		err = badRequest("%q is %v; copy all of it, from jX on", id, err)
	}
	return who, err
}

// Member returns the pledges, earnings and payments of a PastelID.
func (b *Books) Member(ctx context.Context, id string) (out wire.Account, err error) {
	who, err := parseID(id)
	if err != nil {
		return out, err
	}
	err = b.view(ctx, func(v *view) error {
		out = newAccount(v)
		out.PastelID = id
		standing, registered, err := v.reputation(who)
		if err != nil {
			return err
		}
		out.Registered, out.Reputation, out.Tarnished = registered, standing.Points, standing.Tarnished
		rows, err := v.accountRows(accountKey{pastelID: id}, func(r *accountRows) error { return v.readMember(r, id) })
		if err != nil {
			return err
		}
		mine := map[paid]bool{}
		for _, x := range rows.rewards { // including those before amendments
			mine[paid{x.Pool, x.Address}] = true
		}
		for i := range rows.operated {
			mine[paid{rows.operated[i].ID, rows.operated[i].FeeAddress.Encode(&b.net.Network)}] = true
		}
		return v.account(&out, rows, func(p paid) bool { return mine[p] })
	})
	return out, err
}

// Address returns the pledges, earnings and payments of an address that is pledged or paid.
func (b *Books) Address(ctx context.Context, address string) (out wire.Account, err error) {
	if _, err := pastel.ParseAddress(&b.net.Network, address); err != nil {
		return out, badRequest("%v: copy all of a transparent address of network %s", err, b.net.Name)
	}
	err = b.view(ctx, func(v *view) error {
		out = newAccount(v)
		out.Address = address
		rows, err := v.accountRows(accountKey{address: address}, func(r *accountRows) error { return v.readAddress(r, address) })
		if err != nil {
			return err
		}
		if len(rows.escrow) > 0 {
			out.EscrowOf = string(rows.escrow[0].ID)
		}
		return v.account(&out, rows, func(p paid) bool { return p.address == address })
	})
	return out, err
}

// readMember reads what the account of a PastelID consists of.
func (v *view) readMember(r *accountRows, id string) (err error) {
	if r.pledges, err = v.newestPledges(store.PledgeFilter{PastelID: id, At: store.Now}); err != nil {
		return err
	}
	if r.rewards, err = v.Rewards(id); err != nil {
		return err
	}
	if err = v.readOperated(r, store.PoolFilter{Operator: id}); err != nil {
		return err
	}
	if r.credited, err = v.Credited(store.CreditFilter{PastelID: id, At: store.Now}); err != nil {
		return err
	}
	if r.shared, err = v.SharedWith(id, maxShared); err != nil {
		return err
	}
	return v.readPaid(r, store.PaymentFilter{PastelID: id})
}

// readAddress reads what the account of an address consists of.
func (v *view) readAddress(r *accountRows, address string) (err error) {
	if r.escrow, err = v.Pools(store.PoolFilter{Escrow: address}); err != nil {
		return err
	}
	for _, f := range []store.PledgeFilter{{Address: address, At: store.Now}, {EverPaid: address, At: store.Now}} {
		list, err := v.newestPledges(f)
		if err != nil {
			return err
		}
		r.pledges = append(r.pledges, list...)
	}
	slices.SortFunc(r.pledges, func(a, b store.Pledge) int { return cmp.Compare(b.Seq, a.Seq) })
	r.pledges = slices.CompactFunc(r.pledges, func(a, b store.Pledge) bool { return a.Seq == b.Seq })
	if err = v.readOperated(r, store.PoolFilter{FeeAddress: address}); err != nil {
		return err
	}
	if r.credited, err = v.Credited(store.CreditFilter{Address: address, At: store.Now}); err != nil {
		return err
	}
	return v.readPaid(r, store.PaymentFilter{Address: address})
}

// readPaid reads what payouts paid an account, and will.
func (v *view) readPaid(r *accountRows, f store.PaymentFilter) (err error) {
	f.Status = store.PayoutPaid
	if r.paid, err = v.PaymentSum(f); err != nil {
		return err
	}
	f.Status = store.PayoutPending
	if r.onTheWay, err = v.PaymentSum(f); err != nil {
		return err
	}
	r.pending, err = v.PaymentsByPayout(f, store.Page{Limit: maxPayments})
	return err
}

func newAccount(v *view) wire.Account {
	return wire.Account{Tip: TipOf(&v.tip), Positions: []wire.Position{}, Claims: []wire.Claim{}, Pending: []wire.Payment{}, Operates: []string{}}
}

// paid is an address that a pool pays.
type paid struct {
	pool    ticket.PoolID
	address string
}

// newestPledges lists all live pledges and the newest ended ones, newest first.
func (v *view) newestPledges(f store.PledgeFilter) ([]store.Pledge, error) {
	latest, err := v.Pledges(f, store.Page{Limit: maxPositions, Desc: true})
	if err != nil || len(latest) < maxPositions {
		return latest, err
	}
	f.Live = true
	live, err := v.Pledges(f, store.Page{Limit: maxPositions, Desc: true})
	ended := slices.DeleteFunc(latest, func(p store.Pledge) bool { return p.Ended < 0 })
	return append(live, ended...), err
}

// readOperated reads the pools that an account operates: their number, and as many as it names, first those that may owe it something, the
// newest of each.
func (v *view) readOperated(r *accountRows, f store.PoolFilter) (err error) {
	if r.operates, err = v.CountPools(f); err != nil || r.operates == 0 {
		return err
	}
	if r.operated, err = v.NewestPools(f, true, maxOperated); err != nil {
		return err
	}
	if room := maxOperated - len(r.operated); room > 0 && int64(len(r.operated)) < r.operates {
		ended, err := v.NewestPools(f, false, room)
		if err != nil {
			return err
		}
		r.operated = append(r.operated, ended...)
	}
	slices.SortFunc(r.operated, func(a, b store.PoolRow) int { return cmp.Compare(a.Num, b.Num) })
	return nil
}

// account fills in the pledges, and the amounts owed and paid where mine reports true.
func (v *view) account(out *wire.Account, rows *accountRows, mine func(paid) bool) error {
	pledges := rows.pledges
	out.Credited, out.Paid, out.OnTheWay, out.SharedWith = rows.credited, rows.paid, rows.onTheWay, rows.shared
	out.Operated = int(rows.operates)
	for i := range rows.operated {
		out.Operates = append(out.Operates, string(rows.operated[i].ID))
	}
	if err := v.datesOfPledges(pledges); err != nil {
		return err
	}
	reputations := map[pastelid.PastelID]int{}
	for i := range pledges {
		pl := &pledges[i]
		if pl.Ended >= 0 {
			out.Past++
			continue
		}
		if out.Address != "" && pl.Address != out.Address && pl.Reward != out.Address { // its pool may still owe the address earlier earnings
			out.Elsewhere++
			continue
		}
		x, err := v.position(pl, reputations)
		if err != nil {
			return err
		}
		out.Offered += x.Offered
		if x.Role == pool.Member.String() {
			out.Counted += x.Counted
		}
		out.Accrued += x.Accrued
		out.Positions = append(out.Positions, x)
	}
	if err := v.owed(out, pledges, rows.operated, mine); err != nil {
		return err
	}
	var err error
	if out.Pending, err = v.wirePayments(rows.pending); err != nil {
		return err
	}
	return v.outlook(out, rows.operated, mine)
}

// owed fills in the claims of an account, and adds what its pools accrued for it as their operator.
func (v *view) owed(out *wire.Account, pledges []store.Pledge, operated []store.PoolRow, mine func(paid) bool) error {
	known := map[ticket.PoolID]bool{}
	var owing, pledged []ticket.PoolID
	for i := range operated {
		p := &operated[i]
		if known[p.ID] = true; p.Status != pool.Closed || p.Claimed > 0 {
			owing = append(owing, p.ID)
		}
	}
	for i := range pledges {
		if id := pledges[i].Pool; !known[id] {
			known[id] = true
			pledged = append(pledged, id)
		}
	}
	more, err := v.WithClaims(pledged)
	if err != nil {
		return err
	}
	for _, id := range append(owing, more...) {
		p, err := v.claimsOf(id)
		if err != nil {
			return err
		}
		for _, c := range p.Claims {
			if to := c.To.Encode(&v.b.net.Network); mine(paid{id, to}) {
				out.Claims = append(out.Claims, wire.Claim{Pool: string(id), Address: to, Amount: c.Amount})
				out.Claimed += c.Amount
			}
		}
		if out.PastelID != "" && p.Operator.String() == out.PastelID {
			out.Accrued += p.Accrued
		}
	}
	slices.SortFunc(out.Claims, func(a, b wire.Claim) int {
		return cmp.Or(cmp.Compare(a.Pool, b.Pool), cmp.Compare(a.Address, b.Address))
	})
	return nil
}

// claimsOf returns a pool at the tip, perhaps without its pledges.
func (v *view) claimsOf(id ticket.PoolID) (*pool.Pool, error) {
	if p := v.pools[id]; p != nil {
		return &p.Pool, nil
	}
	p, err := v.PoolOfClaims(id)
	return &p, err
}

// position returns a live pledge as its owner sees it. It caches looked-up reputations in reputations.
func (v *view) position(pl *store.Pledge, reputations map[pastelid.PastelID]int) (x wire.Position, err error) {
	p, err := v.poolState(pl.Pool)
	if err != nil {
		return x, err
	}
	i, found := indexOf(p.Pledges, uint64(pl.Seq))
	if !found {
		return x, fmt.Errorf("pledge %d of pool %s is live in the table of pledges but missing from the pool's record; %s", pl.Seq, pl.Pool, store.Damaged)
	}
	x = wire.Position{Pool: string(p.ID), Company: p.Company, Status: p.Status.String(), PoolCounted: p.Counted}
	if x.PoolPledge, err = v.participant(p, i); err != nil {
		return x, err
	}
	x.Leaving.Free = pool.Offer{Offered: x.Offered, Counted: x.Counted}.Free(p.Status)
	who := p.Pledges[i].PastelID
	if _, known := reputations[who]; !known {
		standing, _, err := v.reputation(who)
		if err != nil {
			return x, err
		}
		reputations[who] = standing.Points
	}
	x.Leaving.Has = reputations[who]
	loss := p.Loss(&p.Pledges[i], x.Leaving.Has)
	x.Leaving.Forfeits, x.Leaving.Reputation = loss.Forfeits, loss.Points
	if x.Joined, err = v.moment(pl.Joined); err != nil {
		return x, err
	}
	next := map[**wire.Moment]pastel.Height{&x.NextSettlement: p.NextSettlement, &x.Amended: pl.Amended}
	if x.Accrued > 0 && p.NextSettlement >= 0 {
		next[&x.Leaving.Better] = p.NextSettlement + 1
	}
	return x, v.moments(next)
}
