package books

import (
	ranks "container/list"
	"errors"
	"maps"
	"slices"
	"sync"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// keptRows caches what was read of accounts, and dates, across blocks: until a block concerns one of an account's pools, or names the account. It
// is right as of its tip, to which the first view of a later block brings it; views of earlier blocks pass it by. It is safe for concurrent use.
type keptRows struct {
	most int // bytes

	mu       sync.Mutex
	tip      store.Block // height -1 before the first view
	seen     int64       // of the view that brought it there
	accounts map[accountKey]*keptAccount
	order    ranks.List // of accounts, used most recently first
	size     int        // bytes
	times    map[pastel.Height]int64
	last     map[ticket.PoolID]pastel.BlockHash // that concerned the pool
}

// Bounds of the cached rows: strangers choose the accounts.
const (
	rowCache    = 8 << 20 // bytes
	maxTimes    = 50_000
	maxUnread   = 1_000 // blocks; after more of them, everything is read again
	accountSize = 1 << 10
	rowText     = 400 // the texts of a row
)

// accountKey names an account: one of the two is empty.
type accountKey struct{ pastelID, address string }

// name returns what events call the account.
func (k accountKey) name() string { return k.pastelID + k.address }

// keptAccount is what was read of an account.
type keptAccount struct {
	key   accountKey
	rows  once[accountRows]
	place *ranks.Element
	size  int

	mu       sync.Mutex
	credits  map[firstPage]*once[[]store.Credit]
	payments map[firstPage]*once[[]store.Payment]
}

// accountRows are the rows that an account consists of.
type accountRows struct {
	pledges  []store.Pledge // as newestPledges returns them
	rewards  []store.RewardPlace
	operates int64           // pools
	operated []store.PoolRow // as readOperated leaves them
	escrow   []store.PoolRow // pools whose escrow the address is
	credited pastel.Amount
	shared   []string
	paid     pastel.Amount
	onTheWay pastel.Amount
	pending  []store.Payment
}

// firstPage is the first page of one of an account's lists.
type firstPage struct {
	status string
	limit  int
	desc   bool
}

// maxLists is how many first pages of an account's lists are kept.
const maxLists = 4

func newKeptRows(most int) *keptRows {
	k := &keptRows{most: most}
	k.clear()
	return k
}

// clear forgets everything. The caller holds the lock, or is alone.
func (k *keptRows) clear() {
	k.tip, k.accounts, k.size = store.Block{Height: -1}, map[accountKey]*keptAccount{}, 0
	k.order.Init()
	k.times, k.last = map[pastel.Height]int64{}, map[ticket.PoolID]pastel.BlockHash{}
}

// follow brings the cache to a view's block and reports whether it is right for the view. It is not for a view that began before another one saw
// the cache's block, and does not contain it. The caller holds the lock.
func (k *keptRows) follow(v *view) (bool, error) {
	same := k.tip.Height >= 0 && v.tip.Height-k.tip.Height <= maxUnread
	switch {
	case same && k.tip.Hash == v.tip.Hash:
		return true, nil
	case v.tip.Height > k.tip.Height && same:
		at, err := v.Block(k.tip.Height)
		if err != nil && !errors.Is(err, ErrNotFound) { // a rebuilt ledger may begin above it
			return false, err
		}
		same = err == nil && at.Hash == k.tip.Hash
	default:
		same = false
	}
	switch {
	case same:
		pools, names, err := v.Concerned(k.tip.Height, v.tip.Height)
		if err != nil {
			return false, err
		}
		k.forget(pools, names)
	case v.began < k.seen:
		return false, nil
	default: // another branch, or much later
		k.clear()
	}
	k.tip, k.seen = v.tip, v.seen
	return true, nil
}

// forget drops what pools or names that a block concerned are about.
func (k *keptRows) forget(pools []ticket.PoolID, names []string) {
	concerned, named := map[ticket.PoolID]bool{}, map[string]bool{}
	for _, id := range pools {
		concerned[id] = true
		delete(k.last, id)
	}
	for _, name := range names {
		named[name] = true
	}
	for key, x := range k.accounts {
		rows := x.rows.known()
		if rows == nil || named[key.name()] || rows.any(func(id ticket.PoolID) bool { return concerned[id] }) {
			k.drop(x)
		}
	}
}

// any reports whether a pool that the rows are about is one of those wanted.
func (r *accountRows) any(wanted func(ticket.PoolID) bool) bool {
	return slices.ContainsFunc(r.pledges, func(x store.Pledge) bool { return wanted(x.Pool) }) ||
		slices.ContainsFunc(r.rewards, func(x store.RewardPlace) bool { return wanted(x.Pool) }) ||
		slices.ContainsFunc(r.operated, func(x store.PoolRow) bool { return wanted(x.ID) })
}

func (k *keptRows) drop(x *keptAccount) {
	delete(k.accounts, x.key)
	k.order.Remove(x.place)
	k.size -= x.size
}

// keptAccount returns what is kept of an account, perhaps nothing yet. For a view that the cache is not right for, nothing that is read is kept.
func (v *view) keptAccount(key accountKey) (*keptAccount, error) {
	k := v.b.rows
	k.mu.Lock()
	defer k.mu.Unlock()
	right, err := k.follow(v)
	if err != nil || !right {
		return &keptAccount{key: key}, err
	}
	x := k.accounts[key]
	if x == nil {
		x = &keptAccount{key: key}
		x.place = k.order.PushFront(x)
		k.accounts[key] = x
		k.weigh(x, accountSize)
		return x, nil
	}
	k.order.MoveToFront(x.place)
	return x, nil
}

// accountRows returns an account's rows, which nobody may change, and has find read them if they are not kept.
func (v *view) accountRows(key accountKey, find func(*accountRows) error) (*accountRows, error) {
	x, err := v.keptAccount(key)
	if err != nil {
		return nil, err
	}
	read := false
	rows, err := x.rows.get(func() (rows accountRows, err error) {
		read = true
		err = find(&rows)
		return rows, err
	})
	if read && err == nil {
		v.b.rows.grown(x, &rows)
	}
	return &rows, err
}

// grown notes that an account's rows have been read. Rows of which some were left out are not kept: not all of their pools are known.
func (k *keptRows) grown(x *keptAccount, rows *accountRows) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.accounts[x.key] != x {
		return
	}
	if len(rows.pledges) >= maxPositions || rows.operates > int64(len(rows.operated)) {
		k.drop(x)
		return
	}
	more := (sizeOf[store.Pledge](1)+rowText)*len(rows.pledges) + (sizeOf[store.Payment](1)+rowText)*len(rows.pending) +
		(sizeOf[store.PoolRow](1)+rowText)*(len(rows.operated)+len(rows.escrow)) + rowText*(len(rows.rewards)+len(rows.shared))
	k.weigh(x, more)
}

// weigh adds to what an account takes, and drops what has not been used the longest if that is too much.
func (k *keptRows) weigh(x *keptAccount, more int) {
	x.size += more
	k.size += more
	for k.size > k.most {
		k.drop(k.order.Back().Value.(*keptAccount))
	}
}

// keptList returns the first page of one of an account's lists, from what is kept if the account's own rows are.
func keptList[T any](
	v *view, key accountKey, p store.Page, status string, of func(*keptAccount) *map[firstPage]*once[[]T], read func() ([]T, error),
) ([]T, error) {
	if key.name() == "" || len(p.After) > 0 {
		return read()
	}
	x, err := v.keptAccount(key)
	if err != nil {
		return nil, err
	}
	if x.rows.known() == nil {
		return read()
	}
	x.mu.Lock()
	lists, at := of(x), firstPage{status, p.Limit, p.Desc}
	if *lists == nil {
		*lists = map[firstPage]*once[[]T]{}
	}
	list := (*lists)[at]
	if list == nil && len(*lists) < maxLists {
		list = &once[[]T]{}
		(*lists)[at] = list
	}
	x.mu.Unlock()
	if list == nil {
		return read()
	}
	made := false
	rows, err := list.get(func() ([]T, error) {
		made = true
		return read()
	})
	if made && err == nil {
		v.b.rows.mu.Lock()
		defer v.b.rows.mu.Unlock()
		if v.b.rows.accounts[key] == x {
			v.b.rows.weigh(x, (sizeOf[T](1)+rowText)*len(rows))
		}
	}
	return rows, err
}

// keptTimes returns the known times of heights, and the heights whose times are unknown.
func (v *view) keptTimes(heights []pastel.Height) (known map[pastel.Height]int64, unknown []pastel.Height, err error) {
	k := v.b.rows
	k.mu.Lock()
	defer k.mu.Unlock()
	right, err := k.follow(v)
	if err != nil || !right {
		return nil, heights, err
	}
	known = map[pastel.Height]int64{}
	for _, h := range heights {
		if t, found := k.times[h]; found {
			known[h] = t
		} else {
			unknown = append(unknown, h)
		}
	}
	return known, unknown, nil
}

// keepTimes keeps times of blocks that a view has read.
func (v *view) keepTimes(times map[pastel.Height]int64) {
	k := v.b.rows
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.tip.Hash != v.tip.Hash {
		return
	}
	if len(k.times)+len(times) > maxTimes {
		clear(k.times)
	}
	maps.Copy(k.times, times)
}

// lastConcerned returns the last block that concerned a pool.
func (v *view) lastConcerned(id ticket.PoolID) (pastel.BlockHash, error) {
	k := v.b.rows
	k.mu.Lock()
	right, err := k.follow(v)
	last, known := k.last[id]
	k.mu.Unlock()
	if err != nil || right && known {
		return last, err
	}
	if last, err = v.LastConcerned(id); err != nil || !right {
		return last, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.tip.Hash == v.tip.Hash {
		if len(k.last) >= maxPools {
			clear(k.last)
		}
		k.last[id] = last
	}
	return last, nil
}
