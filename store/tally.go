package store

import (
	"database/sql"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store/db"
	"github.com/pastelnetwork/smartpool/ticket"
)

// A tally keeps the rows that lists and heads of pages show: it takes from them what the pools that a step concerns added before the step,
// and adds what they come to after it. So its cost follows from those pools, not from all.
type tally struct {
	*writer
	nums      map[ticket.PoolID]int32
	sums      map[ticket.PoolID]*Sums // of pools, up to the block being written
	network   NetworkSums
	rows      bulk
	change    figures                 // of the network
	operators map[int32]*operatorDiff // by the id of the PastelID
	roles     []pool.PledgeRole       // of pledges whose role may change
	members   map[int32]bool          // PastelIDs one of whose pledges becomes or ceases to be a member's: whether any was before
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

// tally notes what the pools that a step concerns add to other rows. It comes before anything is written. Names that a step takes back may
// give their ids to others: all that these ids stood for is then taken away here, and what they come to stand for is added after the step.
func (w *writer) tally(c *chain.Change) (*tally, error) {
	t := &tally{
		writer: w, nums: map[ticket.PoolID]int32{}, sums: map[ticket.PoolID]*Sums{}, operators: map[int32]*operatorDiff{},
		members: map[int32]bool{}, rows: newBulk("pool_sums", "pool "+strings.Join(sumColumns, " ")),
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
	return t, t.noteMembers(c)
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
	x := figures{offered: row.Offered, escrowed: pastel.Amount(row.Escrowed), claimed: pastel.Amount(row.Claimed), pending: row.Pending}
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

func (t *tally) operator(id int32) *operatorDiff {
	o := t.operators[id]
	if o == nil {
		o = &operatorDiff{}
		t.operators[id] = o
	}
	return o
}

// last returns a pool's last sums.
func (t *tally) last(num int32) (Sums, error) {
	x, err := t.q.LastSums(t.ctx, num)
	if errors.Is(err, sql.ErrNoRows) {
		return noSums, nil
	}
	return sumsOf(&x), err
}

// ids returns the ids of PastelIDs that have one now.
func (t *tally) ids(people []string) (map[string]int32, error) {
	ids := map[string]int32{}
	return ids, t.find(findNames, people, nil, ids)
}

// become lists who has a pledge that is a member's after a step.
func become(roles []pool.PledgeRole) (people []string) {
	for _, x := range roles {
		if x.Role == pool.Member {
			people = append(people, x.PastelID.String())
		}
	}
	return people
}

// noteMembers finds out who was a member before the step, of those who may be no longer, or are now. A pledge that keeps its role concerns
// nobody, unless its join is taken back, which may give its join order to another.
func (t *tally) noteMembers(c *chain.Change) error {
	type row struct {
		pastelID, joined int32
		role             sql.NullInt64
	}
	orders := make([]int64, len(c.Roles))
	for i, x := range c.Roles {
		orders[i] = int64(x.Seq)
	}
	was := make(map[int64]row, len(c.Roles))
	err := among(t.writer, "SELECT seq, pastelid, joined, role FROM pledges WHERE seq", orders, func(rows *sql.Rows) error {
		var seq int64
		var x row
		err := rows.Scan(&seq, &x.pastelID, &x.joined, &x.role)
		was[seq] = x
		return err
	})
	if err != nil {
		return err
	}
	for _, x := range c.Roles {
		before, found := was[int64(x.Seq)]
		if found && before.joined <= int32(c.Base.Height) && before.role.Int64 == int64(x.Role) {
			continue
		}
		t.roles = append(t.roles, x)
		if before.role.Int64 == int64(pool.Member) {
			t.members[before.pastelID] = true
		}
	}
	ids, err := t.ids(become(t.roles))
	if err != nil {
		return err
	}
	var unknown []int32
	for _, id := range ids {
		if !t.members[id] {
			unknown = append(unknown, id)
		}
	}
	are, err := t.areMembers(unknown)
	for _, id := range unknown {
		t.members[id] = are[id]
	}
	return err
}

// anyMembers looks at no more than one pledge of each, of which somebody may have thousands.
const anyMembers = "SELECT id FROM names WHERE EXISTS (SELECT 1 FROM pledges WHERE pastelid = names.id AND role = 2) AND id"

// areMembers returns which PastelIDs have a pledge that is a member's.
func (t *tally) areMembers(ids []int32) (map[int32]bool, error) {
	are := make(map[int32]bool, len(ids))
	return are, among(t.writer, anyMembers, ids, func(rows *sql.Rows) error {
		var id int32
		err := rows.Scan(&id)
		are[id] = true
		return err
	})
}

// start reads the sums that the pools of a step begin it with. It comes after what the step takes back is gone.
func (t *tally) start(c *chain.Change) error {
	var old []string
	for i := range c.Pools {
		if p := &c.Pools[i]; p.InitHeight > c.Base.Height {
			t.sums[p.ID] = new(noSums)
		} else {
			old = append(old, string(p.ID))
		}
	}
	nums := map[string]int32{}
	if err := t.find(findPools, old, nil, nums); err != nil {
		return err
	}
	for id, num := range nums {
		s, err := t.last(num)
		if err != nil {
			return err
		}
		t.nums[ticket.PoolID(id)], t.sums[ticket.PoolID(id)] = num, &s
	}
	t.network.Height = -1
	x, err := t.q.LastNetworkSums(t.ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return nil
	}
	t.network = NetworkSums{
		Height: pastel.Height(x.Height), Pools: x.Active, Active: x.ActiveBlocks, Earned: pastel.Amount(x.ActiveIncome), Income: pastel.Amount(x.Income),
		Paid: pastel.Amount(x.Paid),
	}
	return err
}

// blocks adds the sums of blocks that are written.
func (t *tally) blocks(list []*pool.Update) error {
	for _, u := range list {
		if err := t.block(u); err != nil {
			return fmt.Errorf("block %d: %w", u.Height, err)
		}
	}
	return t.write(&t.rows)
}

func (t *tally) block(u *pool.Update) error {
	if len(u.Touched) == 0 {
		return nil
	}
	n := t.network.At(u.Height)
	for _, x := range u.Touched {
		s := t.sums[x.Pool]
		if s == nil {
			return fmt.Errorf("the step does not have pool %s, which the block concerns", x.Pool)
		}
		n.add(s, -1)
		*s = s.At(u.Height)
	}
	if err := t.events(u.Events); err != nil {
		return err
	}
	for _, x := range u.Touched {
		s := t.sums[x.Pool]
		s.Status, s.Coins = x.Status, 0
		if x.Status == pool.Active {
			s.Coins = x.Counted
		}
		n.add(s, 1)
		num, err := t.num(x.Pool)
		if err != nil {
			return err
		}
		if err := t.put(&t.rows, append([]any{num}, s.row()...)...); err != nil {
			return err
		}
	}
	t.network = n
	return t.q.InsertNetworkSums(t.ctx, db.InsertNetworkSumsParams{
		Height: int32(n.Height), Active: n.Pools, ActiveBlocks: n.Active, Income: int64(n.Income), Paid: int64(n.Paid), ActiveIncome: int64(n.Earned),
	})
}

// num returns a pool's number. Those of the pools that the step opened are read once it has written them.
func (t *tally) num(id ticket.PoolID) (int32, error) {
	num, found := t.nums[id]
	if !found {
		nums := map[string]int32{}
		if err := t.find(findPools, []string{string(id)}, nil, nums); err != nil {
			return 0, err
		}
		if num, found = nums[string(id)]; !found {
			return 0, fmt.Errorf("pool %s is not in the table of pools; %s", id, Damaged)
		}
		t.nums[id] = num
	}
	return num, nil
}

// events adds a block's events to the sums of their pools.
func (t *tally) events(list []pool.Event) error {
	for i := range list {
		e := &list[i]
		if e.Type.Row().Has&pool.InNoPool != 0 || e.Type == pool.PledgeMoved { // coins that move change nothing of the pool
			continue
		}
		s := t.sums[e.Pool]
		if s == nil {
			return fmt.Errorf("the step does not have pool %s, which %s is about", e.Pool, e.Type)
		}
		err := s.add(e, func() (pastel.Amount, pastel.Height, error) {
			num, err := t.num(e.Pool)
			if err != nil {
				return 0, 0, err
			}
			x, err := t.q.PaidPayout(t.ctx, db.PaidPayoutParams{Pool: num, Txid: e.TxID[:]})
			from, _ := pool.PayoutWindow(pastel.Height(x.Settled), t.net)
			return pastel.Amount(x.Total), from, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// finish writes roles and the rows of operators and of the network. It comes after everything else of the step is written.
func (t *tally) finish(c *chain.Change) error {
	members, err := t.setRoles()
	if err != nil {
		return err
	}
	if err := t.addPools(c.Pools); err != nil {
		return err
	}
	var live int64 // operators of live pools
	for _, id := range slices.Sorted(maps.Keys(t.operators)) {
		more, err := t.putOperator(id, t.operators[id])
		if err != nil {
			return fmt.Errorf("operator %d: %w", id, err)
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
	sums := db.PutNetworkParams{
		Subscribing: row.Subscribing + f.pools[0], Active: row.Active + f.pools[1], Replenishing: row.Replenishing + f.pools[2],
		Dissolved: row.Dissolved + f.pools[3], Expired: row.Expired + f.pools[4], Closed: row.Closed + f.pools[5],
		Counted: row.Counted + f.counted, Offered: row.Offered + f.offered, Escrowed: row.Escrowed + int64(f.escrowed),
		Claimed: row.Claimed + int64(f.claimed), Pending: row.Pending + f.pending, Members: row.Members + members, Operators: row.Operators + live,
	}
	if sums.Subscribing+sums.Active+sums.Replenishing+sums.Dissolved+sums.Expired+sums.Closed == 0 { // as before the first pool
		return t.q.EmptyNetwork(t.ctx)
	}
	return t.q.PutNetwork(t.ctx, sums)
}

// addPools adds what pools come to after the step.
func (t *tally) addPools(pools []pool.Head) error {
	operators := make([]string, len(pools))
	for i := range pools {
		operators[i] = pools[i].Operator.String()
	}
	ids, err := t.ids(operators)
	if err != nil {
		return err
	}
	for i := range pools {
		p := &pools[i]
		id, found := ids[operators[i]]
		if !found {
			return fmt.Errorf("the operator of pool %s is not in the table of names; %s", p.ID, Damaged)
		}
		x := figures{offered: p.Offered, escrowed: p.Escrowed, claimed: p.Claimed, pending: int64(p.Pending), sums: *t.sums[p.ID]}
		x.of(p.Status, p.Activated >= 0, p.Ended >= 0, p.Counted)
		o := t.operator(id)
		o.change.add(&x, 1)
		o.gap = max(o.gap, x.sums.Gap)
		t.change.add(&x, 1)
	}
	return nil
}

// setRoles writes the roles of pledges, and returns by how much the number of members changes.
func (t *tally) setRoles() (members int64, err error) {
	by := make(map[pool.Role][]int64)
	for _, x := range t.roles {
		by[x.Role] = append(by[x.Role], int64(x.Seq))
	}
	for _, role := range slices.Sorted(maps.Keys(by)) { // pledges that are gone come first, as others may have their join orders
		if err := t.setRole(role, by[role]); err != nil {
			return 0, err
		}
	}
	ids, err := t.ids(become(t.roles))
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		if _, noted := t.members[id]; !noted {
			t.members[id] = false // the name is new, and whoever had its id before was no member
		}
	}
	are, err := t.areMembers(slices.Collect(maps.Keys(t.members)))
	for id, was := range t.members {
		members += count(are[id]) - count(was)
	}
	return members, err
}

// setRole writes the role of pledges; 0 for those that have ended or are gone.
func (t *tally) setRole(role pool.Role, orders []int64) error {
	if role == 0 {
		_, err := amend(t.writer, "UPDATE pledges SET role = NULL WHERE seq", orders)
		return err
	}
	n, err := amend(t.writer, fmt.Sprintf("UPDATE pledges SET role = %d WHERE seq", role), orders)
	if err == nil && n != int64(len(orders)) {
		err = fmt.Errorf("%d pledges have a record but no row; %s", int64(len(orders))-n, Damaged)
	}
	return err
}

// count is 1 for what is so.
func count(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// putOperator writes an operator's row, and returns by how much it changes the number of operators of live pools.
func (t *tally) putOperator(id int32, o *operatorDiff) (more int64, err error) {
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

// shelfOf returns a pool's shelf.
func shelfOf(p *pool.Head, params *pool.Params) int64 {
	return shelf(p.Status, p.Live() >= params.MaxPledges)
}

// room returns how many PSL can still count in a live pool.
func room(p *pool.Head) int64 {
	if !p.Status.Live() {
		return 0
	}
	return p.Collateral().Room()
}
