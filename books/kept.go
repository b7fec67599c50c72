package books

import (
	"cmp"
	ranks "container/list"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// once is a value that the first of many readers computes.
type once[T any] struct {
	mu    sync.Mutex
	value atomic.Pointer[T]
}

// get returns the value and computes it first if necessary. After an error, which may be temporary, the next reader tries again.
func (o *once[T]) get(compute func() (T, error)) (T, error) {
	if v := o.value.Load(); v != nil {
		return *v, nil
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	if v := o.value.Load(); v != nil {
		return *v, nil
	}
	v, err := compute()
	if err == nil {
		o.value.Store(&v)
	}
	return v, err
}

// known returns the value; nil before it is computed.
func (o *once[T]) known() *T { return o.value.Load() }

// keptPool is a pool as a block left it that concerned it. It serves until another block does.
type keptPool struct {
	last  pastel.BlockHash // the block
	state once[pool.Pool]
	shown once[[]wire.PoolPledge] // its pledges in their wire form; nobody may change them
}

// keptPools caches pools across blocks: those of the answers found last. It holds the last two that were read of each, because some may still
// read the ledger as of the block before. It is safe for concurrent use.
type keptPools struct {
	most int // bytes

	mu    sync.Mutex
	byID  map[ticket.PoolID]*keptEntry
	order ranks.List // of byID, used most recently first
	size  int        // bytes
}

type keptEntry struct {
	id    ticket.PoolID
	pools [2]*keptPool // read last and before that; nil before
	told  *keptPool    // the last one whose pledges were put into their wire form; nil before
	size  int
	place *ranks.Element
}

// Bounds of the cached pools: strangers choose the ids.
const (
	maxPools  = 10_000
	poolCache = 16 << 20 // bytes
	entrySize = 1 << 10  // what an entry takes beside pledges and claims
	textSize  = 250      // the texts of a pledge
)

// of returns a pool as a block left it, perhaps not yet read.
func (k *keptPools) of(id ticket.PoolID, last pastel.BlockHash) *keptPool {
	k.mu.Lock()
	defer k.mu.Unlock()
	e := k.byID[id]
	if e == nil {
		e = &keptEntry{id: id}
		k.byID[id], e.place = e, k.order.PushFront(e)
		k.weigh(e)
	}
	k.order.MoveToFront(e.place)
	for _, p := range e.pools {
		if p != nil && p.last == last {
			return p
		}
	}
	p := &keptPool{last: last}
	e.pools = [2]*keptPool{p, e.pools[0]}
	return p
}

// grown notes that a pool has been read, or its pledges put into their wire form.
func (k *keptPools) grown(id ticket.PoolID, p *keptPool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	e := k.byID[id]
	if e == nil {
		return
	}
	if p.shown.known() != nil {
		e.told = p
	}
	k.weigh(e)
}

// told returns the last one of a pool whose pledges were put into their wire form; nil if there is none.
func (k *keptPools) told(id ticket.PoolID) *keptPool {
	k.mu.Lock()
	defer k.mu.Unlock()
	if e := k.byID[id]; e != nil {
		return e.told
	}
	return nil
}

// weigh counts what an entry takes now, and drops what has not been used the longest if that is too much. The caller holds the lock.
func (k *keptPools) weigh(e *keptEntry) {
	size := entrySize
	for i, p := range []*keptPool{e.pools[0], e.pools[1], e.told} {
		if p == nil || i == 2 && (p == e.pools[0] || p == e.pools[1]) {
			continue
		}
		if state := p.state.known(); state != nil {
			size += sizeOf[pool.Pool](1) + sizeOf[pool.Pledge](len(state.Pledges)) + sizeOf[pool.Claim](len(state.Claims))
		}
		if shown := p.shown.known(); shown != nil {
			size += (sizeOf[wire.PoolPledge](1) + textSize) * len(*shown)
		}
	}
	k.size += size - e.size
	e.size = size
	for len(k.byID) > maxPools || k.size > k.most && len(k.byID) > 1 {
		out := k.order.Back().Value.(*keptEntry)
		k.order.Remove(out.place)
		delete(k.byID, out.id)
		k.size -= out.size
	}
}

// poolNow is a pool at the tip. Its lists are shared with other readers.
type poolNow struct {
	pool.Pool
	kept *keptPool
}

// poolState returns a pool at the tip, without what is in escrow and pending.
func (v *view) poolState(id ticket.PoolID) (*poolNow, error) {
	if p := v.pools[id]; p != nil {
		return p, nil
	}
	last, err := v.lastConcerned(id)
	if err != nil {
		return nil, err
	}
	kept := v.b.pools.of(id, last)
	read := false
	state, err := kept.state.get(func() (pool.Pool, error) {
		read = true
		return v.PoolOfMembers(id)
	})
	if err != nil {
		return nil, err
	}
	if read {
		v.b.pools.grown(id, kept)
	}
	p := &poolNow{state.At(v.tip.Height, &v.b.net), kept}
	v.pools[id] = p
	return p, nil
}

// participants returns a pool's live pledges in their wire form, which the caller must not change. Encoding hundreds of ids takes long: texts are
// taken from an earlier block's where they are the same.
func (v *view) participants(p *poolNow) ([]wire.PoolPledge, error) {
	made := false
	list, err := p.kept.shown.get(func() ([]wire.PoolPledge, error) {
		made = true
		since := make([]pastel.Height, len(p.Pledges))
		for i := range p.Pledges {
			since[i] = p.Pledges[i].Since
		}
		if err := v.dates(since); err != nil {
			return nil, err
		}
		told := v.b.pools.told(p.ID)
		list := make([]wire.PoolPledge, len(p.Pledges))
		for i := range p.Pledges {
			texts := told.texts(&p.Pledges[i])
			if texts == nil {
				texts = v.texts(&p.Pledges[i])
			}
			var err error
			if list[i], err = v.pledge(&p.Pool, &p.Pledges[i], texts); err != nil {
				return nil, err
			}
		}
		return list, nil
	})
	if made && err == nil {
		v.b.pools.grown(p.ID, p.kept)
	}
	return list, err
}

// texts returns a pledge in its wire form if its ids are the same; nil if they are not or it is not there.
func (k *keptPool) texts(pl *pool.Pledge) *wire.PoolPledge {
	if k == nil {
		return nil
	}
	state, shown := k.state.known(), k.shown.known()
	if state == nil || shown == nil {
		return nil
	}
	i, found := indexOf(state.Pledges, pl.Seq)
	if !found {
		return nil
	}
	if was := &state.Pledges[i]; was.PastelID != pl.PastelID || was.Owner != pl.Owner || was.Reward != pl.Reward {
		return nil
	}
	return &(*shown)[i]
}

// texts encodes a pledge's ids.
func (v *view) texts(pl *pool.Pledge) *wire.PoolPledge {
	net := &v.b.net.Network
	return &wire.PoolPledge{
		PastelID: pl.PastelID.String(), Address: pastel.Address{Kind: pastel.AddressP2PKH, Hash: pl.Owner}.Encode(net), Reward: pl.Reward.Encode(net),
	}
}

// participant returns one pledge as participants does.
func (v *view) participant(p *poolNow, i int) (wire.PoolPledge, error) {
	if shown := p.kept.shown.known(); shown != nil {
		return (*shown)[i], nil
	}
	return v.pledge(&p.Pool, &p.Pledges[i], v.texts(&p.Pledges[i]))
}

// indexOf finds a pledge in a list in join order.
func indexOf(list []pool.Pledge, seq uint64) (int, bool) {
	return slices.BinarySearchFunc(list, seq, func(a pool.Pledge, seq uint64) int { return cmp.Compare(a.Seq, seq) })
}

// sizeOf returns what some values take, in bytes, without what they point to.
func sizeOf[T any](n int) int { return n * int(reflect.TypeFor[T]().Size()) }
