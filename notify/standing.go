package notify

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// judgeEvery is how often what stands is judged at least; a new tip is judged at once.
const judgeEvery = time.Minute

// standingRule is a kind that begins when a condition holds and ends when it no longer does.
type standingRule struct {
	of    source
	judge func(*standing) (judgement, error) // at one tip; called if somebody subscribed to the kind
}

// judgement is what a rule finds at one tip.
type judgement interface {
	// stands returns what a subscription to the kind is to be told.
	stands(*store.Subscription) ([]*report, error)
	// over says how an alert of a subscription ended that is not among those that stand. A rule must tell an end from a reorganization, as
	// the receiver acts on the one and forgets the other. It answers
	//   - over if the alert was true and no longer is: what it warned of went away, the pool ended, or the subscription has nothing to do
	//     with the pool any more (gone and unconcerned say so);
	//   - withdrawn if the alert is untrue on the branch that the ledger now follows, or what waited to be mined went away. Nothing else
	//     explains, for example, that the pool does not exist, has not been activated, or was activated by another transaction;
	//   - undone, which is withdrawn with the earlier text, if the new branch leaves nothing to say in its place;
	//   - stays if it is not known.
	over(*store.Subscription, *store.Alert) (ending, error)
}

// source is what a rule looks at. While its source is not available, a rule's alerts stay as they are.
type source int

// The sources, in the order of the messages about them.
const (
	ofDaemon  source = 1 + iota // the daemon itself
	ofLedger                    // the ledger, at its node's tip
	ofMempool                   // what waits to be mined after the ledger's tip
	ofList                      // the node's list of Supernodes
)

// judged is what the last judgement was based on.
type judged struct {
	tip    pastel.BlockHash
	read   bool // the events are, up to the tip
	synced bool
	behind bool
	halted bool
	looked pastel.BlockHash // the tip that the mempool was looked at
	spends int              // changes of mempool_spends
	at     time.Duration    // since the process started
}

// judge looks at what stands at the tip and is no event. What begins is told once, and so is its end.
func (s *Service) judge(ctx context.Context) error {
	t := &standing{s: s, now: s.cfg.Now(), status: chain.Status{Synced: true, Target: -1}}
	if s.cfg.Status != nil {
		t.status = s.cfg.Status()
	}
	t.behind, t.halted = s.isBehind(t.status, t.now), isHalted(t.status)
	is := judged{
		synced: t.status.Synced, behind: t.behind, halted: t.halted, looked: s.mempool.tip, spends: s.mempool.changes, at: s.judged.at,
	}
	some, err := t.view(ctx, func() error { return nil })
	if err != nil || !some {
		return err
	}
	if is.tip, is.read = t.tip.Hash, t.read; is == s.judged && s.cfg.Elapsed()-is.at < judgeEvery {
		return s.unknown
	}
	if node := s.node(); node != nil && t.status.Synced {
		var err error
		t.list, err = node.Supernodes(ctx)
		if s.unknown = nil; err != nil {
			t.list, s.unknown = nil, fmt.Errorf("ask the node for its Supernodes: %w", err)
		}
	}
	some, err = t.view(ctx, t.all)
	if err != nil || !some || t.tip.Hash != is.tip || t.read != is.read {
		return errors.Join(err, s.unknown)
	}
	written, err := t.write(ctx)
	if err == nil && written {
		is.at = s.cfg.Elapsed()
		s.judged = is
	}
	return errors.Join(err, s.unknown)
}

// Halt tells subscribers that the daemon ends because it cannot go on, and tries once to deliver what waits, until the context ends. Call
// it after Run.
func (s *Service) Halt(ctx context.Context, cause error) error {
	t := &standing{s: s, now: s.cfg.Now(), halted: true, ends: cause}
	some, err := t.view(ctx, func() error { return t.each(ofDaemon) })
	if err != nil || !some {
		return err
	}
	if _, err := t.write(ctx); err != nil {
		return err
	}
	for ctx.Err() == nil {
		begun, err := s.deliver(ctx)
		s.sending.Wait()
		if err != nil || begun == 0 {
			return err
		}
	}
	return nil
}

// standing is what stands at the tip. It is judged in a read-only transaction, so that the ledger goes on, and then written.
type standing struct {
	s       *Service
	x       *store.AlertTx
	status  chain.Status
	behind  bool  // the daemon is
	halted  bool  // the daemon is
	ends    error // why the daemon ends; nil if it does not
	now     time.Time
	subs    []store.Subscription
	tip     store.Block
	read    bool // the events are, up to the tip
	at      when
	pools   map[ticket.PoolID]*store.PoolRow // that have not ended
	in      map[string][]ticket.PoolID       // by id of a subscription to a PastelID: where that has pledges
	list    *chain.Listing                   // nil if the node gave none
	changes []change
}

// change is an alert that begins or ends.
type change struct {
	sub    *store.Subscription
	begins *report // nil if it ends
	ends   store.Alert
	end    ending
}

// view runs f on one state of the database. It reports false if nobody has subscribed or there is no block yet.
func (t *standing) view(ctx context.Context, f func() error) (some bool, err error) {
	err = t.s.cfg.Alerts.View(ctx, func(x *store.AlertTx) (err error) {
		t.x = x
		if t.subs, err = x.Subscriptions(); err != nil || len(t.subs) == 0 {
			return err
		}
		t.tip, err = x.Tip()
		if errors.Is(err, chain.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		read, err := x.Cursor()
		if err != nil {
			return err
		}
		some, t.at = true, when{t.tip.Height, time.Unix(t.tip.Time, 0), t.now}
		t.read = read == store.AlertCursor{Height: t.tip.Height, Position: store.EndOfBlock, Hash: t.tip.Hash}
		return f()
	})
	return some, err
}

// write stores the changes, in transactions that keep the ledger waiting only briefly. It reports false if the tip has moved.
func (t *standing) write(ctx context.Context) (bool, error) {
	same := true
	for some := range slices.Chunk(t.changes, rowsAtOnce) {
		err := t.s.cfg.Alerts.Do(ctx, func(x *store.AlertTx) error {
			tip, err := x.Tip()
			if same = err == nil && tip.Hash == t.tip.Hash; !same {
				return err
			}
			there, err := t.s.subscribed(x)
			if err != nil {
				return err
			}
			for i := range some {
				if c := &some[i]; there[c.sub.ID] {
					if err := t.s.change(x, c); err != nil {
						return err
					}
				}
			}
			return nil
		})
		if err != nil || !same {
			return false, err
		}
	}
	return true, nil
}

// change begins or ends an alert, unless that was done before.
func (s *Service) change(x *store.AlertTx, c *change) error {
	key := c.ends.Cause
	if c.begins != nil {
		key = c.begins.cause.key()
	}
	a, found, err := x.AlertOf(c.sub.ID, key)
	switch {
	case err != nil || found == (c.begins != nil):
		return err
	case found:
		return s.takeBack(x, &a, c.end)
	}
	if a, err = s.alert(x, c.sub, c.begins); err != nil {
		return err
	}
	return x.AddAlert(&a)
}

// all judges the rules whose sources are available.
func (t *standing) all() error {
	if t.s.cfg.Status != nil {
		if err := t.each(ofDaemon); err != nil {
			return err
		}
	}
	if !t.status.Synced {
		return nil
	}
	if err := t.findPools(); err != nil {
		return err
	}
	if err := t.each(ofLedger); err != nil {
		return err
	}
	// Until events are read up to the tip at which the mempool was examined, what was mined cannot be told from what disappeared.
	if t.read && t.s.mempool.tip == t.tip.Hash {
		if err := t.each(ofMempool); err != nil {
			return err
		}
	}
	if t.list == nil {
		return nil
	}
	return t.each(ofList)
}

// each judges the rules of a source.
func (t *standing) each(of source) error {
	for _, k := range rows {
		if k.standing != nil && k.standing.of == of {
			if err := t.s.stepOver("alerts of kind "+string(k.kind), func() error { return t.reconcile(k) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// reconcile finds what begins and what ends of a kind.
func (t *standing) reconcile(k *row) error {
	subs := map[string]*store.Subscription{}
	for i := range t.subs {
		if sub := &t.subs[i]; slices.Contains(sub.Kinds, string(k.kind)) {
			subs[sub.ID] = sub
		}
	}
	if len(subs) == 0 {
		return nil
	}
	j, err := k.standing.judge(t)
	if err != nil {
		return err
	}
	type told struct{ subscription, key string }
	is, unjudged := map[told]bool{}, map[string]bool{}
	var begins []change
	for i := range t.subs {
		sub := subs[t.subs[i].ID]
		if sub == nil {
			continue
		}
		var list []*report
		unjudged[sub.ID] = true
		err := t.s.stepOver(fmt.Sprintf("alerts of kind %s to subscription %s", k.kind, sub.ID), func() (err error) {
			list, err = j.stands(sub)
			unjudged[sub.ID] = err != nil
			return err
		})
		if err != nil {
			return err
		}
		for _, r := range list {
			is[told{sub.ID, r.cause.key()}] = true
			begins = append(begins, change{sub: sub, begins: r})
		}
	}
	stand, err := t.x.StandingAlerts(string(k.kind))
	if err != nil {
		return err
	}
	known := map[told]bool{}
	for i := range stand {
		a := &stand[i]
		sub, key := subs[a.Subscription], told{a.Subscription, a.Cause}
		if known[key] = true; sub == nil || is[key] || unjudged[sub.ID] {
			continue
		}
		var end ending
		err := t.s.stepOver("the end of alert "+a.ID, func() (err error) {
			end, err = j.over(sub, a)
			return err
		})
		if err != nil {
			return err
		}
		if end != stays {
			t.changes = append(t.changes, change{sub: sub, ends: *a, end: end})
		}
	}
	for _, c := range begins {
		if !known[told{c.sub.ID, c.begins.cause.key()}] {
			t.changes = append(t.changes, c)
		}
	}
	return nil
}

// report makes what there is to tell of a cause that stands now.
func (t *standing) report(c cause, w words) *report {
	return &report{cause: c, Message: Message{Kind: c.kind, Pool: c.pool, Height: t.at.height, Time: t.now.UTC(), Text: w.text()}}
}

// livePools are the pools that have not ended. They are kept from tip to tip, because a block concerns few of them.
type livePools struct {
	at   store.Block
	rows map[ticket.PoolID]*store.PoolRow // nil if none are kept
}

// findPools finds the pools that have not ended, and in which of them the PastelIDs of subscriptions have pledges.
func (t *standing) findPools() error {
	live := &t.s.live
	if err := live.move(t.x, &t.tip); err != nil {
		live.rows = nil
		return err
	}
	t.pools = live.rows
	t.in = map[string][]ticket.PoolID{}
	for i := range t.subs {
		if sub := &t.subs[i]; sub.PastelID != "" {
			var err error
			if t.in[sub.ID], err = t.x.PledgedIn(sub.PastelID); err != nil {
				return err
			}
		}
	}
	return nil
}

// move brings the pools to a tip: it reads those that blocks concerned since, or all if a block was taken back.
func (l *livePools) move(x *store.AlertTx, tip *store.Block) error {
	follows := false
	if l.rows != nil {
		before, err := x.Block(l.at.Height)
		if err != nil && !errors.Is(err, chain.ErrNotFound) {
			return err
		}
		follows = err == nil && before.Hash == l.at.Hash
	}
	var rows []store.PoolRow
	var err error
	if follows {
		rows, err = x.PoolsConcerned(l.at.Height)
	} else {
		rows, err = x.Pools(store.PoolFilter{Status: []pool.Status{pool.Subscribing, pool.Active, pool.Replenishing}})
		l.rows = map[ticket.PoolID]*store.PoolRow{}
	}
	for i := range rows {
		if p := &rows[i]; p.Status.Live() {
			l.rows[p.ID] = p
		} else {
			delete(l.rows, p.ID)
		}
	}
	l.at = *tip
	return err
}

// concerns reports whether a pool that has not ended is in a subscription's scope.
func (t *standing) concerns(sub *store.Subscription, id ticket.PoolID) bool {
	p := t.pools[id]
	switch {
	case p == nil:
		return false
	case sub.Pool != "":
		return sub.Pool == id
	case sub.Operator != "":
		return p.Operator.String() == sub.Operator
	case sub.PastelID != "":
		return slices.Contains(t.in[sub.ID], id)
	}
	return true
}

// gone says what became of a pool that is not among those that have not ended.
func (t *standing) gone(id ticket.PoolID) (ending, error) {
	list, err := t.x.Pools(store.PoolFilter{ID: id})
	if err != nil {
		return ending{}, err
	}
	if len(list) == 0 {
		return withdrawn("the chain was reorganized, and there is no pool %s at %s.", id, t.at), nil
	}
	return over("%s", goneText(&list[0])), nil
}

// inactive withdraws what was said of an active pool that is subscribing: no pool goes back to that but by a reorganization.
func (t *standing) inactive(p *store.PoolRow) ending {
	return withdrawn("the chain was reorganized, and pool %s is not active at %s.", p.ID, t.at)
}

// unconcerned says that a subscription no longer has anything to do with a pool.
func (t *standing) unconcerned(sub *store.Subscription, id ticket.PoolID) ending {
	return over("PastelID %s has no pledge in pool %s any more at %s: you hear nothing further about this.", sub.PastelID, id, t.at)
}
