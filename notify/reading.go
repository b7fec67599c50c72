package notify

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Limits of one transaction that turns events into alerts. While it runs, a ledger in SQLite waits.
const (
	blocksAtOnce = 1000
	rowsAtOnce   = 2000 // events times subscriptions, or messages
)

// keepAlerts is how long finished messages are kept.
const keepAlerts = 30 * 24 * time.Hour

// tip returns the height of the ledger's last block, and whether that is the network's.
func (s *Service) tip() (pastel.Height, bool) {
	last := s.cfg.Ledger.Last().Height
	return last, s.cfg.Status == nil || s.cfg.Status().Synced
}

// startWaiting has subscriptions begin that wait for the ledger to be at the network's tip. It was, at a height, before events were read.
func (s *Service) startWaiting(ctx context.Context, at pastel.Height) error {
	s.waiting.Store(false) // before the database is asked: whoever subscribes meanwhile says so again
	begun := false
	err := s.cfg.Alerts.View(ctx, func(x *store.AlertTx) error {
		subs, err := x.Subscriptions()
		begun = !slices.ContainsFunc(subs, func(sub store.Subscription) bool { return sub.Waits })
		return err
	})
	if err == nil && !begun {
		err = s.cfg.Alerts.Do(ctx, func(x *store.AlertTx) error {
			read, err := x.Cursor()
			if err != nil || read.Height < at || read.Position != store.EndOfBlock { // the rest may be history
				return err
			}
			begun = true
			return x.Begin(read.Height)
		})
	}
	if err != nil || !begun {
		s.waiting.Store(true)
	}
	return err
}

// readEvents turns a batch of events into alerts and moves the cursor in the same transaction. It reports whether there are more.
func (s *Service) readEvents(ctx context.Context) (more bool, err error) {
	r := &reading{s: s, pools: map[ticket.PoolID]*store.PoolRow{}}
	var some bool
	err = s.cfg.Alerts.View(ctx, func(x *store.AlertTx) (err error) {
		r.x = x
		some, err = r.plan()
		return err
	})
	if err != nil || !some {
		return false, err
	}
	err = s.cfg.Alerts.Do(ctx, func(x *store.AlertTx) (err error) {
		r.x = x
		more, err = r.write()
		return err
	})
	return more, err
}

// reading is what a batch of events has to tell. It is planned in a read-only transaction, so that the ledger goes on, and then written.
type reading struct {
	s     *Service
	x     *store.AlertTx
	subs  []store.Subscription
	pools map[ticket.PoolID]*store.PoolRow // seen so far

	from, to store.AlertCursor
	forked   bool          // the block of from is gone
	fork     pastel.Height // events are read again after this block
	lowered  pastel.Height // subscriptions made above the fork, up to this height, hear what happens on the new branch
	rebinds  bool          // some messages have lost their blocks and may find them in this batch
	news     []news
}

// news is something to tell a subscription.
type news struct {
	sub    *store.Subscription
	report *report
	old    bool // from before the subscription: it may rebind a message but not make one
}

// plan reads on from the cursor. It reports false if nobody has subscribed, everything is read, or the ledger has yet to come back to the
// cursor.
func (r *reading) plan() (some bool, err error) {
	if r.subs, err = r.x.Subscriptions(); err != nil || len(r.subs) == 0 {
		return false, err
	}
	tip, err := r.x.Tip()
	if errors.Is(err, chain.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if r.from, err = r.x.Cursor(); err != nil || r.from == (store.AlertCursor{Height: tip.Height, Position: store.EndOfBlock, Hash: tip.Hash}) {
		return false, err
	}
	if tip.Height < r.from.Height-r.s.net.MaxReorg {
		return false, nil // no reorganization is that deep: the ledger is being rebuilt, and what it comes by was told
	}
	start, err := r.goBack()
	if err != nil {
		return false, err
	}
	lost, err := r.x.LostAlerts(math.MaxInt32)
	if err != nil {
		return false, err
	}
	r.rebinds = r.forked || len(lost) > 0
	r.to = store.AlertCursor{Height: min(tip.Height, start.Height+blocksAtOnce), Position: store.EndOfBlock}
	atOnce := max(1, rowsAtOnce/len(r.subs))
	list, err := r.x.Events(store.EventFilter{Types: eventTypes(), From: max(start.Height, 0), To: r.to.Height},
		store.Page{After: []any{int64(start.Height), start.Position}, Limit: atOnce})
	if err != nil {
		return false, err
	}
	if len(list) == atOnce {
		last := &list[len(list)-1]
		r.to.Height, r.to.Position = last.Height, last.Position
	}
	block := &store.Block{Height: -1}
	for i := range list {
		e := &list[i]
		err := r.s.stepOver(fmt.Sprintf("event %s, number %d of block %d", e.Type, e.Position, e.Height), func() error {
			if e.Height != block.Height {
				b, err := r.x.Block(e.Height)
				if err != nil {
					return err
				}
				block = &b
			}
			return r.event(e, block)
		})
		if err != nil {
			return false, err
		}
	}
	end, err := r.x.Block(r.to.Height)
	r.to.Hash = end.Hash
	return true, err
}

// goBack returns where to read on: at the cursor, or at the fork if the cursor's block is no longer in the ledger.
func (r *reading) goBack() (store.AlertCursor, error) {
	if r.from.Height < 0 {
		return r.from, nil
	}
	b, err := r.x.Block(r.from.Height)
	if err == nil && b.Hash == r.from.Hash {
		return r.from, nil
	}
	if err != nil && !errors.Is(err, chain.ErrNotFound) {
		return r.from, err
	}
	fork, known, err := r.x.Fork(r.from)
	if err != nil {
		return r.from, err
	}
	r.forked, r.fork, r.lowered = true, fork, fork
	if known { // otherwise those who subscribed before the fork would also hear what happened before they did
		r.lowered = r.from.Height
		for i := range r.subs {
			if sub := &r.subs[i]; !sub.Waits && sub.Since > fork && sub.Since <= r.lowered {
				sub.Since = fork
			}
		}
	}
	return store.AlertCursor{Height: fork, Position: store.EndOfBlock}, nil
}

// write puts the plan into the outbox unless the ledger or the cursor has moved since. It reports whether there is more.
func (r *reading) write() (more bool, err error) {
	end, err := r.x.Block(r.to.Height)
	if errors.Is(err, chain.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	from, err := r.x.Cursor()
	if err != nil || from != r.from || end.Hash != r.to.Hash {
		return true, err
	}
	if r.forked {
		if err := errors.Join(r.x.GoBack(r.fork, r.lowered), r.x.LoseAlerts(r.fork)); err != nil {
			return false, err
		}
	}
	there, err := r.s.subscribed(r.x)
	if err != nil {
		return false, err
	}
	for i := range r.news {
		if n := &r.news[i]; there[n.sub.ID] {
			if err := r.tell(n); err != nil {
				return false, err
			}
		}
	}
	tip, err := r.x.Tip()
	if err != nil {
		return false, err
	}
	if more = r.to.Height != tip.Height || r.to.Position != store.EndOfBlock; !more {
		if more, err = r.withdrawLost(tip.Height); err != nil {
			return false, err
		}
		now := r.s.cfg.Now()
		if more {
			r.to.Position-- // the block is not finished before everything is withdrawn
		} else if err := r.x.ForgetAlerts(tip.Height-2*r.s.net.MaxReorg, now.Add(-keepAlerts), now.Add(keepAlerts)); err != nil {
			return false, err
		}
	}
	return more, r.x.SetCursor(r.to)
}

// subscribed returns the ids of all subscriptions.
func (s *Service) subscribed(x *store.AlertTx) (map[string]bool, error) {
	subs, err := x.Subscriptions()
	ids := make(map[string]bool, len(subs))
	for i := range subs {
		ids[subs[i].ID] = true
	}
	return ids, err
}

// withdrawLost withdraws a batch of alerts about what did not happen on the branch that the ledger now follows. Those above its tip
// wait: a node chooses a branch that is about to grow past the old one.
func (r *reading) withdrawLost(tip pastel.Height) (more bool, err error) {
	lost, err := r.x.LostAlerts(tip)
	if err != nil {
		return false, err
	}
	for i := range lost[:min(len(lost), rowsAtOnce)] {
		if err := r.s.takeBack(r.x, &lost[i], withdrawal(&lost[i])); err != nil {
			return false, err
		}
	}
	return len(lost) > rowsAtOnce, nil
}

// event finds out which subscriptions an event concerns.
func (r *reading) event(e *store.Event, b *store.Block) error {
	k := ofEvent(e.Type)
	if k == nil || k.event == nil {
		return fmt.Errorf("event %s is alerted and has no kind", e.Type)
	}
	var o *occurrence // made for the first who asks for its kind
	var told *report  // made for the first whom it concerns
	for i := range r.subs {
		sub := &r.subs[i]
		old := e.Height <= sub.Since || sub.Waits && b.Time < sub.Created.Unix()
		if old && !r.rebinds || !slices.Contains(sub.Kinds, string(k.kind)) {
			continue
		}
		var err error
		if o == nil {
			if o, err = r.occurrence(e, b); err != nil {
				return err
			}
		}
		c, err := o.concern(k.event, sub)
		if err != nil {
			return err
		}
		if !c.told {
			continue
		}
		if told == nil {
			if told, err = o.report(k); err != nil {
				return err
			}
		}
		one := *told
		one.Text += shareText(c.share)
		r.news = append(r.news, news{sub, &one, old})
	}
	return nil
}

// tell puts a message into the outbox, or binds the one that is there to its new block.
func (r *reading) tell(n *news) error {
	c := n.report
	a, found, err := r.x.AlertOf(n.sub.ID, c.cause.key())
	if err != nil {
		return err
	}
	if !found {
		if n.old {
			return nil
		}
		if a, err = r.s.alert(r.x, n.sub, c); err != nil {
			return err
		}
		return r.x.AddAlert(&a)
	}
	if !a.Lost && a.Block != nil && *a.Block == c.block.Hash {
		return nil
	}
	told := a
	if err := bind(&a, c); err != nil {
		return err
	}
	if a.State != store.AlertPending { // a message that was sent keeps its text
		a.Text, a.JSON = told.Text, told.JSON
	}
	return r.x.BindAlert(&a)
}

// pool returns a pool.
func (r *reading) pool(id ticket.PoolID) (*store.PoolRow, error) {
	if p := r.pools[id]; p != nil {
		return p, nil
	}
	list, err := r.x.Pools(store.PoolFilter{ID: id})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("pool %s: %w", id, chain.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	r.pools[id] = &list[0]
	return &list[0], nil
}
