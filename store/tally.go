package store

import (
	"cmp"
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store/db"
	"github.com/pastelnetwork/smartpool/ticket"
)

// A tally keeps the rows that lists and heads of pages show: it takes from them what the pools that a step concerns added before the step,
// and adds what they come to after it. So its cost follows from those pools, not from all.
type tally struct {
	*writer
	nums      map[ticket.PoolID]int64
	sums      map[ticket.PoolID]*Sums // of pools, up to the block being written
	network   NetworkSums
	change    figures                  // of the network
	operators map[string]*operatorDiff // by PastelID
	members   map[string]bool          // PastelIDs one of whose pledges becomes or ceases to be a member's: whether any was
	roles     []pool.PledgeRole        // that differ
}

// figures are what pools add to rows of their operator and of the network; of Sums, what can be added.
type figures struct {
	pools              statusCounts
	dissolved, expired int64 // closed ones included
	counted, offered   int64 // PSL
	escrowed, claimed  pastel.Amount
	pending            int64
	sums               Sums
}

// add adds the figures of a pool, or takes them away if sign is -1.
func (f *figures) add(x *figures, sign int64) {
	amount := pastel.Amount(sign)
	for i := range f.pools {
		f.pools[i] += sign * x.pools[i]
	}
	f.dissolved += sign * x.dissolved
	f.expired += sign * x.expired
	f.counted += sign * x.counted
	f.offered += sign * x.offered
	f.escrowed += amount * x.escrowed
	f.claimed += amount * x.claimed
	f.pending += sign * x.pending
	s, t := &f.sums, &x.sums
	s.Income += amount * t.Income
	s.Rewards += sign * t.Rewards
	s.Lost += amount * t.Lost
	s.Paid += amount * t.Paid
	s.Mined += sign * t.Mined
	s.OnTime += sign * t.OnTime
	s.Cancelled += sign * t.Cancelled
	s.Shortages += sign * t.Shortages
	s.Left += sign * t.Left
}

// of sets what follows from a pool's status and coins.
func (f *figures) of(status pool.Status, activated, ended bool, counted int64) {
	f.pools[slices.Index(pool.Statuses(), status)] = 1
	if status != pool.Subscribing { // its plain pledges back nothing yet
		f.counted = counted
	}
	switch {
	case ended && activated:
		f.dissolved = 1
	case ended:
		f.expired = 1
	}
}

// operatorDiff is how a step changes an operator's row.
type operatorDiff struct {
	change      figures
	gap, before int64 // the longest of the pools concerned, after and before the step
}

// tally notes what the pools that a step concerns add to other rows. It comes before anything is written.
func (w *writer) tally(c *chain.Change) (*tally, error) {
	t := &tally{
		writer: w, nums: map[ticket.PoolID]int64{}, sums: map[ticket.PoolID]*Sums{}, operators: map[string]*operatorDiff{}, members: map[string]bool{},
	}
	for i := range c.Pools {
		if err := t.takeAway(c.Pools[i].ID); err != nil {
			return nil, err
		}
	}
	for _, id := range c.Gone {
		if err := t.takeAway(id); err != nil {
			return nil, err
		}
	}
	return t, t.noteRoles(c.Roles)
}

// takeAway takes away what a pool added so far.
func (t *tally) takeAway(id ticket.PoolID) error {
	row, err := t.q.PoolFigures(t.ctx, string(id))
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	if err != nil {
		return err
	}
	status, found := statusOf(row.Status)
	if !found {
		return fmt.Errorf("pool %s is %q; %s", id, row.Status, Damaged)
	}
	x := figures{
		offered: row.Offered, escrowed: pastel.Amount(row.Escrowed), claimed: pastel.Amount(row.Claimed), pending: row.Pending,
	}
	x.of(status, row.Activated.Valid, row.Ended.Valid, row.Counted)
	if x.sums, err = t.last(row.Num); err != nil {
		return err
	}
	o := t.operator(row.Operator)
	o.change.add(&x, -1)
	o.before = max(o.before, x.sums.Gap)
	t.change.add(&x, -1)
	return nil
}

func statusOf(name string) (pool.Status, bool) {
	for _, s := range pool.Statuses() {
		if s.String() == name {
			return s, true
		}
	}
	return 0, false
}

func (t *tally) operator(id string) *operatorDiff {
	o := t.operators[id]
	if o == nil {
		o = &operatorDiff{}
		t.operators[id] = o
	}
	return o
}

// last returns a pool's last sums.
func (t *tally) last(num int64) (Sums, error) {
	x, err := t.q.LastSums(t.ctx, num)
	if errors.Is(err, sql.ErrNoRows) {
		return noSums, nil
	}
	return sumsOf(&x), err
}

// noteRoles finds the pledges whose roles differ, and who was a member before.
func (t *tally) noteRoles(roles []pool.PledgeRole) error {
	for _, x := range roles {
		was, err := t.q.PledgeRole(t.ctx, int64(x.Seq))
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		if was.Role.Valid && was.Role.Int64 == int64(pool.Member) {
			if err := t.noteMember(was.Pastelid); err != nil {
				return err
			}
		}
		if x.Role == pool.Member {
			if err := t.noteMember(x.PastelID.String()); err != nil {
				return err
			}
		}
	}
	t.roles = slices.Clone(roles)
	slices.SortStableFunc(t.roles, func(a, b pool.PledgeRole) int { return cmp.Compare(a.Role, b.Role) }) // a join order that is taken again comes last
	return nil
}

func (t *tally) noteMember(id string) error {
	if _, noted := t.members[id]; noted {
		return nil
	}
	is, err := t.q.IsMember(t.ctx, id)
	t.members[id] = is
	return err
}

// number gives the pools of a step their numbers, and reads the sums that they begin the step with. It comes after what the step takes back
// is gone.
func (t *tally) number(pools []pool.Head) error {
	var fresh []*pool.Head
	for i := range pools {
		p := &pools[i]
		num, err := t.q.PoolNum(t.ctx, string(p.ID))
		if errors.Is(err, sql.ErrNoRows) {
			fresh = append(fresh, p)
			t.sums[p.ID] = new(noSums)
			continue
		}
		if err != nil {
			return err
		}
		s, err := t.last(num)
		if err != nil {
			return err
		}
		t.nums[p.ID], t.sums[p.ID] = num, &s
	}
	n, err := t.q.CountPools(t.ctx)
	if err != nil {
		return err
	}
	slices.SortFunc(fresh, func(a, b *pool.Head) int {
		return cmp.Or(cmp.Compare(a.InitHeight, b.InitHeight), cmp.Compare(a.ID, b.ID))
	})
	for _, p := range fresh {
		n++
		t.nums[p.ID] = n
	}
	t.network.Height = -1
	x, err := t.q.LastNetworkSums(t.ctx)
	if err == nil {
		t.network = NetworkSums{pastel.Height(x.Height), x.Active, x.ActiveBlocks, pastel.Amount(x.Income), pastel.Amount(x.Paid)}
	}
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return err
}

// block adds a block's sums.
func (t *tally) block(u *pool.Update) error {
	if len(u.Touched) == 0 {
		return nil
	}
	t.network = t.network.At(u.Height)
	for _, x := range u.Touched {
		s := t.sums[x.Pool]
		if s == nil {
			return fmt.Errorf("the step does not have pool %s, which block %d concerns", x.Pool, u.Height)
		}
		t.network.Income -= s.Income
		t.network.Paid -= s.Paid
		if s.Status == pool.Active {
			t.network.Pools--
		}
		*s = s.At(u.Height)
	}
	for i := range u.Events {
		e := &u.Events[i]
		if e.Type.Row().Has&pool.InNoPool != 0 || e.Type == pool.PledgeMoved { // coins that move change nothing of the pool
			continue
		}
		s := t.sums[e.Pool]
		if s == nil {
			return fmt.Errorf("the step does not have pool %s, which %s is about", e.Pool, e.Type)
		}
		err := s.add(e, func() (pastel.Amount, pastel.Height, error) {
			x, err := t.q.PaidPayout(t.ctx, db.PaidPayoutParams{Pool: string(e.Pool), Txid: e.TxID[:]})
			return pastel.Amount(x.Total), pastel.Height(x.ValidFrom), err
		})
		if err != nil {
			return err
		}
	}
	for _, x := range u.Touched {
		s := t.sums[x.Pool]
		s.Status, s.Coins = x.Status, 0
		if x.Status == pool.Active {
			s.Coins = x.Counted
			t.network.Pools++
		}
		t.network.Income += s.Income
		t.network.Paid += s.Paid
		if err := t.q.InsertSums(t.ctx, s.row(t.nums[x.Pool])); err != nil {
			return fmt.Errorf("sums of pool %s: %w", x.Pool, err)
		}
	}
	n := &t.network
	return t.q.InsertNetworkSums(t.ctx, db.InsertNetworkSumsParams{
		Height: int64(n.Height), Active: n.Pools, ActiveBlocks: n.Active, Income: int64(n.Income), Paid: int64(n.Paid),
	})
}

// pool adds what a pool comes to after the step.
func (t *tally) pool(p *pool.Head) {
	x := figures{offered: p.Offered, escrowed: p.Escrowed, claimed: p.Claimed, pending: int64(p.Pending), sums: *t.sums[p.ID]}
	x.of(p.Status, p.Activated >= 0, p.Ended >= 0, p.Counted)
	o := t.operator(p.Operator.String())
	o.change.add(&x, 1)
	o.gap = max(o.gap, x.sums.Gap)
	t.change.add(&x, 1)
}

// finish writes the rows of operators and of the network. It comes after everything else of the step is written.
func (t *tally) finish() error {
	members, err := t.setRoles()
	if err != nil {
		return err
	}
	var live int64 // operators of live pools
	for _, id := range slices.Sorted(maps.Keys(t.operators)) {
		more, err := t.putOperator(id, t.operators[id])
		if err != nil {
			return fmt.Errorf("operator %s: %w", id, err)
		}
		live += more
	}
	if len(t.operators) == 0 && members == 0 {
		return nil
	}
	row, err := t.q.Network(t.ctx)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return err
	}
	f := &t.change
	return t.q.PutNetwork(t.ctx, db.PutNetworkParams{
		Subscribing: row.Subscribing + f.pools[0], Active: row.Active + f.pools[1], Replenishing: row.Replenishing + f.pools[2],
		Dissolved: row.Dissolved + f.pools[3], Expired: row.Expired + f.pools[4], Closed: row.Closed + f.pools[5],
		Counted: row.Counted + f.counted, Offered: row.Offered + f.offered, Escrowed: row.Escrowed + int64(f.escrowed),
		Claimed: row.Claimed + int64(f.claimed), Pending: row.Pending + f.pending, Members: row.Members + members, Operators: row.Operators + live,
	})
}

// setRoles writes the roles that differ, and returns by how much the number of members changes.
func (t *tally) setRoles() (members int64, err error) {
	for _, x := range t.roles {
		role := sql.NullInt64{Int64: int64(x.Role), Valid: x.Role != 0}
		n, err := t.q.SetRole(t.ctx, db.SetRoleParams{Seq: int64(x.Seq), Role: role})
		if err == nil && n != 1 && role.Valid {
			err = fmt.Errorf("pledge %d has a record but no row; %s", x.Seq, Damaged)
		}
		if err != nil {
			return 0, err
		}
	}
	for _, id := range slices.Sorted(maps.Keys(t.members)) {
		is, err := t.q.IsMember(t.ctx, id)
		if err != nil {
			return 0, err
		}
		members += count(is) - count(t.members[id])
	}
	return members, nil
}

// count is 1 for what is so.
func count(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// putOperator writes an operator's row, and returns by how much it changes the number of operators of live pools.
func (t *tally) putOperator(id string, o *operatorDiff) (more int64, err error) {
	row, err := t.q.OperatorRow(t.ctx, id)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, err
	}
	was := row.Subscribing + row.Active + row.Replenishing
	first, err := t.q.FirstPool(t.ctx, id)
	if errors.Is(err, sql.ErrNoRows) { // blocks that opened all its pools are taken back
		return -count(was > 0), t.q.DeleteOperator(t.ctx, id)
	}
	if err != nil {
		return 0, err
	}
	gap := max(row.Gap, o.gap)
	if row.Gap == o.before && o.gap < o.before { // the longest may be taken back
		if gap, err = t.q.LongestGap(t.ctx, id); err != nil {
			return 0, err
		}
	}
	f, s := &o.change, &o.change.sums
	x := db.PutOperatorParams{
		Operator: id, FirstPool: first, Subscribing: row.Subscribing + f.pools[0], Active: row.Active + f.pools[1],
		Replenishing: row.Replenishing + f.pools[2], Dissolved: row.Dissolved + f.pools[3], Expired: row.Expired + f.pools[4],
		Closed: row.Closed + f.pools[5], EndedShort: row.EndedShort + f.dissolved, EndedUnused: row.EndedUnused + f.expired,
		Counted: row.Counted + f.counted, Income: row.Income + int64(s.Income), Rewards: row.Rewards + s.Rewards, Gap: gap,
		Lost: row.Lost + int64(s.Lost), Paid: row.Paid + int64(s.Paid), Mined: row.Mined + s.Mined, Prompt: row.Prompt + s.OnTime,
		Cancelled: row.Cancelled + s.Cancelled, Shortages: row.Shortages + s.Shortages, Leavers: row.Leavers + s.Left,
	}
	return count(x.Subscribing+x.Active+x.Replenishing > 0) - count(was > 0), t.q.PutOperator(t.ctx, x)
}

// shelf groups pools for lists: by status, and those of a live status that have as many pledges as they may apart.
func shelf(status pool.Status, full bool) int64 { return 2*int64(status) + count(full) }

// listed fills in what lists show of a pool.
func (t *tally) listed(x *db.PutPoolParams, p *pool.Head) {
	x.Num = t.nums[p.ID]
	x.Shelf = shelf(p.Status, p.Live() >= t.net.MaxPledges)
	x.Low, x.Broken = count(p.Low), count(p.Broken)
	x.Members, x.Standby, x.Plain = int64(p.Members), int64(p.Standby), int64(p.Plain)
	if p.Status.Live() {
		x.Room = p.Collateral().Room()
	}
	x.Escrowed, x.Claimed, x.Pending = int64(p.Escrowed), int64(p.Claimed), int64(p.Pending)
	x.Skeleton = visible.Skeleton(p.Company)
}
