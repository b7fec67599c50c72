package books

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
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

	pools keptPools
	rows  *keptRows
	views atomic.Int64 // orders the beginnings of views, and their first reads

	looked atomic.Pointer[map[string][]rune] // how the names last searched look; nobody changes it

	mu      sync.Mutex
	network *network
}

// network caches what lists need of the network as a whole, until the ledger moves.
type network struct {
	tip    pastel.BlockHash
	income once[*income]
	names  once[[]knownName]
}

// New returns the read model of a database.
func New(r *store.Reader) *Books {
	return &Books{
		reader: r, net: r.Params(), listed: func() *chain.Listing { return nil }, network: &network{},
		pools: keptPools{most: poolCache, byID: map[ticket.PoolID]*keptEntry{}}, rows: newKeptRows(rowCache),
	}
}

// AskNode lets the read model report the state of Supernodes. listing returns a node's recent list, nil if there is none. Call AskNode
// before any question.
func (b *Books) AskNode(listing func() *chain.Listing) { b.listed = listing }

// Params returns the network's parameters.
func (b *Books) Params() pool.Params { return b.net }

// Shadow reports whether the ledger is a shadow run: its network does not enforce the rules.
func (b *Books) Shadow() bool { return b.reader.Shadow() }

// Database returns what the ledger is stored in.
func (b *Books) Database() wire.Database {
	engine, schema := b.reader.Kind()
	return wire.Database{Engine: engine, Schema: schema}
}

// view is what one question sees: the database as of one block.
type view struct {
	*store.Snapshot
	b   *Books
	tip store.Block

	began, seen int64 // places in Books.views, before the database was asked and after it answered

	now time.Time                   // what estimates count from
	at  map[pastel.Height]time.Time // times of blocks looked up so far

	pools map[ticket.PoolID]*poolNow // looked up so far
}

type notingKey struct{}

// Noting returns a context in which every view calls note with its block. A question may open several views, concurrently or in sequence,
// and the ledger may move between them.
func Noting(ctx context.Context, note func(tip pastel.BlockHash)) context.Context {
	return context.WithValue(ctx, notingKey{}, note)
}

// ErrEmpty is the answer while the ledger has no block. It is also an ErrNotFound.
var ErrEmpty = fmt.Errorf("the ledger holds no blocks yet, wait until the daemon has synced: %w", ErrNotFound)

type openViewKey struct{}

// AtOneBlock lets f ask several questions with the context that it gets, one after the other, which are then answered as of one block.
func (b *Books) AtOneBlock(ctx context.Context, f func(ctx context.Context) error) error {
	return b.view(ctx, func(v *view) error { return f(context.WithValue(ctx, openViewKey{}, v)) })
}

// Snapshot lets f read the database itself as of one block, which is that of AtOneBlock within it. f must not keep the snapshot.
func (b *Books) Snapshot(ctx context.Context, f func(*store.Snapshot) error) error {
	return b.view(ctx, func(v *view) error { return f(v.Snapshot) })
}

func (b *Books) view(ctx context.Context, f func(v *view) error) error {
	if v, open := ctx.Value(openViewKey{}).(*view); open {
		return f(v)
	}
	began := b.views.Add(1)
	return b.reader.View(ctx, func(s *store.Snapshot) error {
		tip, err := s.Tip()
		seen := b.views.Add(1)
		if errors.Is(err, chain.ErrNotFound) {
			return ErrEmpty
		}
		if err != nil {
			return err
		}
		if note, ok := ctx.Value(notingKey{}).(func(pastel.BlockHash)); ok {
			note(tip.Hash)
		}
		return f(&view{
			Snapshot: s, b: b, tip: tip, began: began, seen: seen, now: time.Now(),
			at: map[pastel.Height]time.Time{tip.Height: unix(tip.Time)}, pools: map[ticket.PoolID]*poolNow{},
		})
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
	if err := v.dates([]pastel.Height{h}); err != nil {
		return wire.Moment{}, err
	}
	t, known := v.at[h]
	if !known {
		return wire.Moment{}, fmt.Errorf("block %d: %w", h, ErrNotFound)
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
	known, unknown, err := v.keptTimes(slices.Compact(unknown))
	if err != nil {
		return err
	}
	for h, t := range known {
		v.at[h] = unix(t)
	}
	if len(unknown) == 0 {
		return nil
	}
	times, err := v.Times(unknown)
	for h, t := range times {
		v.at[h] = unix(t)
	}
	v.keepTimes(times)
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

// networkAt returns the cache of the network as of a block.
func (b *Books) networkAt(tip pastel.BlockHash) *network {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.network.tip != tip {
		b.network = &network{tip: tip}
	}
	return b.network
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

// Moment returns a height with its time, estimated for a block to come.
func (b *Books) Moment(ctx context.Context, h pastel.Height) (m wire.Moment, err error) {
	err = b.view(ctx, func(v *view) error {
		m, err = v.moment(h)
		return err
	})
	return m, err
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
