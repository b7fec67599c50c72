package books

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// blocksPerYear is the number of blocks in a year.
const blocksPerYear = int64(365 * 24 * time.Hour / chain.BlockTime)

// ErrNotFound says that the ledger has no such entry.
var ErrNotFound = chain.ErrNotFound

// A BadRequest is an invalid question. Its text says what is wrong and what to ask instead.
type BadRequest struct{ Text string }

func (e *BadRequest) Error() string { return e.Text }

func badRequest(format string, args ...any) error { return &BadRequest{fmt.Sprintf(format, args...)} }

// Books answers from a ledger's database. It is safe for concurrent use.
type Books struct {
	reader *store.Reader
	net    pool.Params
	listed func() *chain.Listing

	most int // bytes of cached pools

	mu   sync.Mutex
	kept *kept
}

// kept caches values that many answers need, until the ledger moves.
type kept struct {
	tip     pastel.BlockHash
	pools   map[ticket.PoolID]*once[*pool.Pool]
	size    int // of the pools, bytes
	network once[*income]
}

// once is a value that the first of many readers computes.
type once[T any] struct {
	mu    sync.Mutex
	done  bool
	value T
}

// get returns the value and computes it first if necessary. After an error, which may be temporary, the next reader tries again.
func (o *once[T]) get(compute func() (T, error)) (T, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if !o.done {
		v, err := compute()
		if err != nil {
			return v, err
		}
		o.value, o.done = v, true
	}
	return o.value, nil
}

// New returns the read model of a database.
func New(r *store.Reader) *Books {
	return &Books{reader: r, net: r.Params(), most: poolCache, kept: &kept{}, listed: func() *chain.Listing { return nil }}
}

// AskNode lets the read model report the state of Supernodes. listing returns a node's recent list, nil if there is none. Call AskNode
// before any question.
func (b *Books) AskNode(listing func() *chain.Listing) { b.listed = listing }

// Params returns the network's parameters.
func (b *Books) Params() pool.Params { return b.net }

// Shadow reports whether the ledger is a shadow run: its network does not enforce the rules.
func (b *Books) Shadow() bool { return b.reader.Shadow() }

// view is what one question sees: the database as of one block.
type view struct {
	*store.Snapshot
	b   *Books
	tip store.Block
	now time.Time                   // what estimates count from
	at  map[pastel.Height]time.Time // times of blocks looked up so far
}

type notingKey struct{}

// Noting returns a context in which every view calls note with its block. A question may open several views, concurrently or in sequence,
// and the ledger may move between them.
func Noting(ctx context.Context, note func(tip pastel.BlockHash)) context.Context {
	return context.WithValue(ctx, notingKey{}, note)
}

// ErrEmpty is the answer while the ledger has no block. It is also an ErrNotFound.
var ErrEmpty = fmt.Errorf("the ledger holds no blocks yet, wait until the daemon has synced: %w", ErrNotFound)

func (b *Books) view(ctx context.Context, f func(v *view) error) error {
	return b.reader.View(ctx, func(s *store.Snapshot) error {
		tip, err := s.Tip()
		if errors.Is(err, chain.ErrNotFound) {
			return ErrEmpty
		}
		if err != nil {
			return err
		}
		if note, ok := ctx.Value(notingKey{}).(func(pastel.BlockHash)); ok {
			note(tip.Hash)
		}
		return f(&view{s, b, tip, time.Now(), map[pastel.Height]time.Time{tip.Height: unix(tip.Time)}})
	})
}

func unix(seconds int64) time.Time { return time.Unix(seconds, 0).UTC() }

// TipOf returns a block as answers name it.
func TipOf(b *store.Block) wire.Tip {
	return wire.Tip{Height: b.Height, Hash: b.Hash.String(), Time: unix(b.Time), Digest: hexDigest(b.Digest)}
}

// moment returns a height with its time, estimated for a future block.
func (v *view) moment(h pastel.Height) (wire.Moment, error) {
	if h > v.tip.Height {
		return wire.Moment{Height: h, Time: chain.Estimate(unix(v.tip.Time), h-v.tip.Height, v.now), Estimated: true}, nil
	}
	t, known := v.at[h]
	if !known {
		b, err := v.Block(h)
		if err != nil {
			return wire.Moment{}, err
		}
		t = unix(b.Time)
		v.at[h] = t
	}
	return wire.Moment{Height: h, Time: t}, nil
}

// dates looks up the times of several blocks at once, for later calls of moment. It skips negative and future heights.
func (v *view) dates(heights []pastel.Height) error {
	var unknown []pastel.Height
	for _, h := range heights {
		if _, known := v.at[h]; !known && h >= 0 && h <= v.tip.Height {
			unknown = append(unknown, h)
		}
	}
	slices.Sort(unknown)
	times, err := v.Times(slices.Compact(unknown))
	for h, t := range times {
		v.at[h] = unix(t)
	}
	return err
}

// moments sets each place to the moment of its height and skips negative heights.
func (v *view) moments(places map[**wire.Moment]pastel.Height) error {
	for place, h := range places {
		if h < 0 {
			continue
		}
		m, err := v.moment(h)
		if err != nil {
			return err
		}
		*place = &m
	}
	return nil
}

// poolState returns a pool at the tip.
func (v *view) poolState(id ticket.PoolID) (*pool.Pool, error) {
	return v.b.keep(v.tip.Hash, id).get(func() (*pool.Pool, error) {
		p, err := v.Pool(id)
		if err == nil {
			v.b.weigh(v.tip.Hash, &p)
		}
		return &p, err
	})
}

// weigh counts a pool that is kept.
func (b *Books) weigh(tip pastel.BlockHash, p *pool.Pool) {
	size := sizeOf[pool.Pool](1) + sizeOf[pool.Pledge](len(p.Pledges)) + sizeOf[pool.Claim](len(p.Claims))
	for i := range p.Pending {
		x := &p.Pending[i]
		size += sizeOf[pool.Payment](len(x.Outputs)) + len(x.Tx.Bytes()) + sizeOf[pastel.TxIn](len(x.Tx.Inputs)) + sizeOf[pastel.TxOut](len(x.Tx.Outputs))
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.kept.tip == tip {
		b.kept.size += size
	}
}

// sizeOf returns what some values take, in bytes, without what they point to.
func sizeOf[T any](n int) int { return n * int(reflect.TypeFor[T]().Size()) }

// Bounds of the cached pools: strangers choose the ids.
const (
	maxPools  = 10_000
	poolCache = 16 << 20 // bytes, plus the pools that are being read when it is full
)

// since returns the cache of a block. The caller holds the lock.
func (b *Books) since(tip pastel.BlockHash) *kept {
	if b.kept.tip != tip || len(b.kept.pools) >= maxPools || b.kept.size >= b.most {
		b.kept = &kept{tip: tip, pools: map[ticket.PoolID]*once[*pool.Pool]{}}
	}
	return b.kept
}

func (b *Books) keep(tip pastel.BlockHash, id ticket.PoolID) *once[*pool.Pool] {
	b.mu.Lock()
	defer b.mu.Unlock()
	k := b.since(tip)
	o := k.pools[id]
	if o == nil {
		o = &once[*pool.Pool]{}
		k.pools[id] = o
	}
	return o
}

// keepNetwork returns the cache of the network as a whole.
func (b *Books) keepNetwork(tip pastel.BlockHash) *kept {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.since(tip)
}

// reputation returns the standing of a PastelID and whether it is registered.
func (v *view) reputation(id pastelid.PastelID) (st pool.Standing, registered bool, err error) {
	st, err = v.Standing(id, v.tip.Height)
	if errors.Is(err, chain.ErrNotFound) {
		return pool.Standing{}, false, nil
	}
	return st, err == nil, err
}

// Tip returns the last block.
func (b *Books) Tip(ctx context.Context) (tip wire.Tip, err error) {
	err = b.view(ctx, func(v *view) error {
		tip = TipOf(&v.tip)
		return nil
	})
	return tip, err
}

// Parameters returns the rules that people need for decisions.
func (b *Books) Parameters() wire.Parameters {
	n := &b.net
	return wire.Parameters{
		Collateral: int64(n.Collateral / pastel.PSL), MinPledge: int64(n.MinPledge / pastel.PSL), PledgeConfirmations: n.PledgeConfirmations,
		CoinbaseMaturity: n.CoinbaseMaturity, SettlementInterval: n.SettlementInterval, RecoveryInterval: n.RecoveryInterval,
		ActivationGrace: n.ActivationGrace, PayoutExpiry: n.PayoutExpiry, MaxPledges: n.MaxPledges, TicketFee: n.ContractFee,
		LeastReputation: pool.LeastReputation, MinPayout: n.MinPayout, Dust: n.Dust,
	}
}

// Block returns a block.
func (b *Books) Block(ctx context.Context, h pastel.Height) (out wire.Block, err error) {
	err = b.view(ctx, func(v *view) error {
		x, err := v.Block(h)
		if err != nil {
			return err
		}
		out = wire.Block{Tip: TipOf(&x), Confirmations: v.tip.Height - h + 1}
		return nil
	})
	return out, err
}

func hexDigest(d pool.Digest) string { return hex.EncodeToString(d[:]) }
