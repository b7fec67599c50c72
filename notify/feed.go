package notify

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Limits of a feed: strangers choose whom it is about.
const (
	feedEntries = 50
	feedPools   = 20  // of a PastelID, those of its latest pledges
	feedJudged  = 400 // events, of which some may turn out not to concern the PastelID
)

// Scope is whom a feed is about: one of the two.
type Scope struct {
	Pool     ticket.PoolID
	PastelID string
}

// Entry is an event of a block, in the words of its alert.
type Entry struct {
	ID       string // of its cause: the same on every branch and in every daemon; letters, digits, and - . / :
	Kind     Kind
	Pool     ticket.PoolID
	PastelID string // whose pledge it is about; may be empty
	Height   pastel.Height
	Time     time.Time // of the block
	Title    string    // what happened
	Text     string    // what an alert says
}

// Snapshots lets a function read the ledger as of one block.
type Snapshots interface {
	Snapshot(ctx context.Context, f func(*store.Snapshot) error) error
}

// Feed returns the newest entries of a scope, newest first. They follow from the ledger's last block alone, so that every daemon has the same:
// dates in them are as they were estimated in the event's block.
func Feed(ctx context.Context, from Snapshots, of Scope) (list []Entry, err error) {
	err = from.Snapshot(ctx, func(x *store.Snapshot) (err error) {
		f := feed{x: x, of: store.Subscription{Pool: of.Pool, PastelID: of.PastelID}, pools: map[ticket.PoolID]*store.PoolRow{}}
		list, err = f.entries()
		return err
	})
	return list, err
}

// feed reads entries for someone who follows them without a subscription.
type feed struct {
	x     *store.Snapshot
	of    store.Subscription
	pools map[ticket.PoolID]*store.PoolRow // seen so far
}

func (f *feed) entries() (list []Entry, err error) {
	events, err := f.events()
	if err != nil {
		return nil, err
	}
	for i := range events {
		e, told, err := f.entry(&events[i])
		switch {
		case errors.Is(err, store.ErrUnreadable), errors.Is(err, chain.ErrNotFound): // it hides none of the others
			continue
		case err != nil:
			return nil, err
		case told:
			list = append(list, e)
		}
		if len(list) == feedEntries {
			break
		}
	}
	return list, nil
}

// events returns the events that may concern the scope, newest first.
func (f *feed) events() (list []store.Event, err error) {
	if f.of.Pool != "" {
		return f.read(store.EventFilter{Pool: f.of.Pool, Types: eventTypes()})
	}
	ofPledges := func(row pool.EventRow) bool { return row.Alerted && row.Has&pool.HasOwner != 0 }
	ofPools := func(row pool.EventRow) bool { return row.Alerted && row.Has&pool.HasOwner == 0 }
	if list, err = f.read(store.EventFilter{PastelID: f.of.PastelID, Types: typeNames(ofPledges)}); err != nil {
		return nil, err
	}
	pools, err := f.x.LastPools(f.of.PastelID, feedPools)
	if err != nil {
		return nil, err
	}
	for _, id := range pools {
		more, err := f.read(store.EventFilter{Pool: id, Types: typeNames(ofPools)})
		if err != nil {
			return nil, err
		}
		list = append(list, more...)
	}
	slices.SortFunc(list, func(a, b store.Event) int {
		return cmp.Or(cmp.Compare(b.Height, a.Height), cmp.Compare(b.Position, a.Position))
	})
	return list[:min(len(list), feedJudged)], nil
}

// read returns the newest events that a filter selects.
func (f *feed) read(filter store.EventFilter) ([]store.Event, error) {
	filter.To, filter.Brief = store.Now, true
	return f.x.Events(filter, store.Page{Limit: feedEntries, Desc: true})
}

// entry says what an event is to the scope, and whether it concerns it.
func (f *feed) entry(e *store.Event) (out Entry, told bool, err error) {
	k := ofEvent(e.Type)
	if k == nil || k.event == nil {
		return out, false, nil
	}
	of := f.pools[e.Pool]
	if of == nil {
		found, err := f.x.Pools(store.PoolFilter{ID: e.Pool})
		if err != nil || len(found) == 0 {
			return out, false, err
		}
		of = &found[0]
		f.pools[e.Pool] = of
	}
	b := &store.Block{Height: e.Height, Time: e.Time}
	o, err := newOccurrence(f.x, e, b, of, time.Unix(e.Time, 0).UTC())
	if err != nil {
		return out, false, err
	}
	if e.Paid > 0 { // all that the words need of the outputs
		o.what.Outputs = []pool.Payment{{Amount: e.Paid}}
	}
	c, err := o.concern(k.event, &f.of)
	if err != nil || !c.told {
		return out, false, err
	}
	r, err := o.report(k)
	if err != nil {
		return out, false, err
	}
	return Entry{
		ID: strings.ReplaceAll(r.cause.key(), " ", "/"), Kind: k.kind, Pool: e.Pool, PastelID: e.PastelID, Height: e.Height, Time: o.at.time,
		Title: o.what.Words(pool.Payees{}), Text: r.Text + shareText(c.share),
	}, true, nil
}
