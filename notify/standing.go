package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

const (
	judgeEvery  = time.Minute      // at least; a new tip is judged at once
	behindAfter = 10 * time.Minute // a daemon that has not caught up for so long is behind
)

// judged is what was judged last.
type judged struct {
	tip    pastel.BlockHash
	read   bool // the events are, up to the tip
	synced bool
	behind bool
	halted bool
	looked pastel.BlockHash // the tip that the mempool was looked at
	spends int              // changes of mempool_spends
	at     time.Time
}

// judge looks at what stands at the tip and is no event: what begins is told once, and so is its end.
func (s *Service) judge(ctx context.Context) error {
	t := &standing{s: s, now: s.cfg.Now(), status: chain.Status{Synced: true, Target: -1}}
	if s.cfg.Status != nil {
		t.status = s.cfg.Status()
	}
	behind := s.cfg.Behind
	switch {
	case t.status.Synced:
		*behind = time.Time{}
	case behind.IsZero():
		*behind = t.now
	}
	rule := (*pool.BlockError)(nil)
	halted := errors.As(t.status.Err, &rule)
	is := judged{
		synced: t.status.Synced, behind: !halted && !behind.IsZero() && t.now.Sub(*behind) >= behindAfter, halted: halted,
		looked: s.mempool.tip, spends: s.mempool.changes, at: s.judged.at,
	}
	some, err := t.look(ctx, func() error { return nil })
	if err != nil || !some {
		return err
	}
	if is.tip, is.read = t.tip.Hash, t.read; is == s.judged && t.now.Sub(is.at) < judgeEvery {
		return s.unknown
	}
	var list *chain.Listing
	if node := s.node(); node != nil && t.status.Synced {
		var err error
		list, err = node.Supernodes(ctx)
		if s.unknown = nil; err != nil {
			list, s.unknown = nil, fmt.Errorf("ask the node for its Supernodes: %w", err)
		}
	}
	some, err = t.look(ctx, func() error {
		if s.cfg.Status != nil {
			if err := t.daemon(is.behind, is.halted, haltedText(t.at)); err != nil {
				return err
			}
		}
		if !t.status.Synced {
			return nil
		}
		return t.chain(list)
	})
	if err != nil || !some || t.tip.Hash != is.tip || t.read != is.read {
		return errors.Join(err, s.unknown)
	}
	written, err := t.write(ctx)
	if err == nil && written {
		is.at = t.now
		s.judged = is
	}
	return errors.Join(err, s.unknown)
}

// Halt tells that the daemon ends, as it cannot go on, and gives what waits one chance to arrive before the context ends. It is called
// after Run.
func (s *Service) Halt(ctx context.Context, cause error) error {
	t := &standing{s: s, now: s.cfg.Now()}
	some, err := t.look(ctx, func() error { return t.daemon(false, true, endedText(t.at, cause)) })
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

// standing is what stands at the tip. It is judged beside the ledger, and then written.
type standing struct {
	s       *Service
	x       *store.AlertTx
	status  chain.Status
	now     time.Time
	subs    []store.Subscription
	tip     store.Block
	read    bool // the events are, up to the tip
	at      when
	pools   map[ticket.PoolID]*store.PoolRow // that live
	in      map[string][]ticket.PoolID       // by subscription to a PastelID: where it has pledges
	changes []change
}

// change is a message that begins or ends.
type change struct {
	sub    *store.Subscription
	begins *cause // nil if it ends
	ends   store.Alert
	over   ending
}

// ending says how something ended, in a text for those who were told of it; the zero value that it did not, or that it is not known.
type ending struct {
	text      string
	withdrawn bool
}

// look has f see one state of the database; false if there is nobody to tell, or no block yet.
func (t *standing) look(ctx context.Context, f func() error) (some bool, err error) {
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
		some, t.at = true, when{t.tip.Height, time.Unix(t.tip.Time, 0)}
		t.read = read == store.AlertCursor{Height: t.tip.Height, Position: store.EndOfBlock, Hash: t.tip.Hash}
		return f()
	})
	return some, err
}

// write stores what was found, in transactions that keep the ledger waiting only shortly; false if the tip is another by now.
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

// change begins or ends a message, unless that was done.
func (s *Service) change(x *store.AlertTx, c *change) error {
	key := c.ends.Cause
	if c.begins != nil {
		key = c.begins.key
	}
	a, found, err := x.AlertOf(c.sub.ID, key)
	switch {
	case err != nil || found == (c.begins != nil):
		return err
	case found:
		return s.takeBack(x, &a, c.over.text, c.over.withdrawn)
	}
	if a, err = s.alert(c.sub, c.begins); err != nil {
		return err
	}
	return x.AddAlert(&a)
}

// causes are what a kind has to tell each subscription now.
type causes map[string][]*cause

func (t *standing) cause(kind Kind, id ticket.PoolID, key, text string) *cause {
	return &cause{key: strings.TrimSpace(fmt.Sprintf("%s %s %s", kind, id, key)), Message: Message{
		Kind: kind, Pool: id, Height: t.at.height, Time: t.now.UTC(), Text: text,
	}}
}

// reconcile finds what began, and what is not so any more: over says how it ended.
func (t *standing) reconcile(kind Kind, is causes, over func(*store.Subscription, *store.Alert) (ending, error)) error {
	told, err := t.x.StandingAlerts(string(kind))
	if err != nil {
		return err
	}
	subs := make(map[string]*store.Subscription, len(t.subs))
	for i := range t.subs {
		subs[t.subs[i].ID] = &t.subs[i]
	}
	known := map[[2]string]bool{}
	for i := range told {
		a := &told[i]
		sub := subs[a.Subscription]
		if sub == nil {
			continue
		}
		known[[2]string{a.Subscription, a.Cause}] = true
		if slices.ContainsFunc(is[a.Subscription], func(c *cause) bool { return c.key == a.Cause }) {
			continue
		}
		end, err := over(sub, a)
		if err != nil {
			return err
		}
		if end.text != "" {
			t.changes = append(t.changes, change{sub: sub, ends: *a, over: end})
		}
	}
	for i := range t.subs {
		sub := &t.subs[i]
		for _, c := range is[sub.ID] {
			if !known[[2]string{sub.ID, c.key}] {
				t.changes = append(t.changes, change{sub: sub, begins: c})
			}
		}
	}
	return nil
}

// each calls f for the subscriptions to a kind.
func (t *standing) each(kind Kind, f func(*store.Subscription) error) error {
	for i := range t.subs {
		if sub := &t.subs[i]; slices.Contains(sub.Kinds, string(kind)) {
			if err := f(sub); err != nil {
				return err
			}
		}
	}
	return nil
}

// daemon judges the daemon itself. Nothing of it is over before the ledger is at the node's tip: a process that starts, or a node that
// does not answer, knows of no end.
func (t *standing) daemon(behind, halted bool, why string) error {
	synced := t.status.Synced
	judge := func(kind Kind, so bool, text string, over func() string) error {
		is := causes{}
		err := t.each(kind, func(sub *store.Subscription) error {
			if so {
				is[sub.ID] = []*cause{t.cause(kind, "", "", text)}
			}
			return nil
		})
		if err != nil {
			return err
		}
		return t.reconcile(kind, is, func(*store.Subscription, *store.Alert) (ending, error) { return ending{text: over()}, nil })
	}
	stands, err := t.x.StandingAlerts(string(DaemonHalted))
	if err != nil {
		return err
	}
	behind = behind && len(stands) == 0 // a halted one is behind, too, whatever its node says meanwhile
	err = judge(DaemonBehind, behind, behindText(t.at, t.status.Target, *t.s.cfg.Behind), func() string {
		switch {
		case halted:
			return fmt.Sprintf("The daemon is not only behind its node, it halted at %s: its node's chain is none that it can follow.", t.at)
		case synced:
			return fmt.Sprintf("The daemon has caught up with its node at %s.", t.at)
		}
		return ""
	})
	if err != nil {
		return err
	}
	return judge(DaemonHalted, halted, why, func() string {
		if synced {
			return fmt.Sprintf("The daemon goes on: it is at its node's tip, %s.", t.at)
		}
		return ""
	})
}

// chain judges pools, payouts, spends and Supernodes. Without a list of them, Supernodes stay as they were judged before.
func (t *standing) chain(list *chain.Listing) error {
	rows, err := t.x.Pools(store.PoolFilter{At: store.Now, Status: []string{
		pool.Subscribing.String(), pool.Active.String(), pool.Replenishing.String(),
	}})
	if err != nil {
		return err
	}
	t.pools = map[ticket.PoolID]*store.PoolRow{}
	for i := range rows {
		t.pools[rows[i].ID] = &rows[i]
	}
	t.in = map[string][]ticket.PoolID{}
	for i := range t.subs {
		if sub := &t.subs[i]; sub.PastelID != "" {
			if t.in[sub.ID], err = t.x.PledgedIn(sub.PastelID); err != nil {
				return err
			}
		}
	}
	for _, judge := range []func() error{t.cushions, t.overdue, t.spends} {
		if err := judge(); err != nil {
			return err
		}
	}
	if list == nil {
		return nil
	}
	return t.supernodes(list)
}

// concerns reports whether a live pool is in a subscription's scope.
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

func (t *standing) cushions() error {
	is := causes{}
	err := t.each(CushionLow, func(sub *store.Subscription) error {
		for id, p := range t.pools {
			earns := p.Status == pool.Active.String() || p.Status == pool.Replenishing.String()
			if earns && t.concerns(sub, id) && low(p, sub) {
				is[sub.ID] = append(is[sub.ID], t.cause(CushionLow, id, "", cushionText(p, sub.Cushion, t.at)))
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return t.reconcile(CushionLow, is, func(sub *store.Subscription, a *store.Alert) (ending, error) {
		p := t.pools[a.Pool]
		switch {
		case p == nil:
			return t.gone(a.Pool)
		case p.Status == pool.Subscribing.String():
			return ending{fmt.Sprintf("Withdrawn: the chain was reorganized, and pool %s is not active at %s.", p.ID, t.at), true}, nil
		case low(p, sub):
			return t.unconcerned(sub, p.ID), nil
		}
		return ending{text: fmt.Sprintf("Pool %s has its cushion again at %s: %s count, it needs %s, and %s.", p.ID, t.at, psl(p.Counted),
			psl(p.Required), waiting(p))}, nil
	})
}

// low reports whether a pool's cushion is.
func low(p *store.PoolRow, sub *store.Subscription) bool {
	return (p.Counted-p.Required)*100 < sub.Cushion*(p.Target-p.Required)
}

// gone says what became of a pool that does not live.
func (t *standing) gone(id ticket.PoolID) (ending, error) {
	list, err := t.x.Pools(store.PoolFilter{ID: id, At: store.Now})
	if err != nil {
		return ending{}, err
	}
	if len(list) == 0 {
		return ending{fmt.Sprintf("Withdrawn: the chain was reorganized, and there is no pool %s at %s.", id, t.at), true}, nil
	}
	return ending{text: goneText(&list[0])}, nil
}

// unconcerned says that a subscription has nothing to do with a pool any more.
func (t *standing) unconcerned(sub *store.Subscription, id ticket.PoolID) ending {
	return ending{text: fmt.Sprintf("PastelID %s has no pledge in pool %s any more at %s: nothing further is told of this.", sub.PastelID, id, t.at)}
}

func (t *standing) overdue() error {
	const atOnce = 1000
	is := causes{}
	for page := (store.Page{Limit: atOnce}); ; {
		list, err := t.x.Payouts(store.PayoutFilter{Status: store.PayoutPending, At: store.Now}, page)
		if err != nil {
			return err
		}
		for i := range list {
			if err := t.overduePayout(&list[i], is); err != nil {
				return err
			}
		}
		if len(list) < atOnce {
			break
		}
		last := &list[len(list)-1]
		page.After = []any{int64(last.Settled), string(last.Pool)}
	}
	return t.reconcile(PayoutOverdue, is, func(_ *store.Subscription, a *store.Alert) (ending, error) {
		txid, err := pastel.ParseTxID(a.Cause[strings.LastIndex(a.Cause, " ")+1:])
		if err != nil {
			return ending{}, err
		}
		list, err := t.x.Payouts(store.PayoutFilter{TxID: txid, At: store.Now}, store.Page{Limit: 1})
		switch {
		case err != nil:
			return ending{}, err
		case len(list) == 1 && list[0].Paid >= 0:
			return ending{text: fmt.Sprintf("Payout %s of pool %s was mined in block %d.", txid, a.Pool, list[0].Paid)}, nil
		case len(list) == 1 && list[0].Cancelled >= 0:
			return ending{text: fmt.Sprintf("Payout %s of pool %s was cancelled in block %d; what it would have paid is settled anew.", txid, a.Pool,
				list[0].Cancelled)}, nil
		}
		return ending{fmt.Sprintf("Withdrawn: the chain was reorganized, and payout %s of pool %s is not overdue.", txid, a.Pool), true}, nil
	})
}

func (t *standing) overduePayout(po *store.Payout, is causes) error {
	return t.each(PayoutOverdue, func(sub *store.Subscription) error {
		if int64(t.at.height) < int64(po.ValidFrom)+sub.Overdue {
			return nil
		}
		concerned, text := sub.Pool == "" && sub.Operator == "" || sub.Pool == po.Pool, overdueText(po, t.at)
		if sub.Operator != "" { // whose pool may have ended
			rows, err := t.x.Pools(store.PoolFilter{ID: po.Pool, Operator: sub.Operator, At: store.Now})
			if err != nil {
				return err
			}
			concerned = len(rows) == 1
		}
		if sub.PastelID != "" {
			sum, err := t.x.PaysTo(po.Pool, po.Settled, sub.PastelID)
			if err != nil {
				return err
			}
			concerned = sum > 0
			text += shareText(sum)
		}
		if concerned {
			is[sub.ID] = append(is[sub.ID], t.cause(PayoutOverdue, po.Pool, po.TxID.String(), text))
		}
		return nil
	})
}

// spends judges them only when they are of the block that the events are read up to: else what is mined is not told from what is gone.
func (t *standing) spends() error {
	if !t.read || t.s.mempool.tip != t.tip.Hash {
		return nil
	}
	list, err := t.x.Spends("", "")
	if err != nil {
		return err
	}
	is := causes{}
	err = t.each(Spending, func(sub *store.Subscription) error {
		for i := range list {
			x := &list[i]
			if sub.PastelID != "" && sub.PastelID != x.PastelID || sub.PastelID == "" && !t.concerns(sub, x.Pool) {
				continue
			}
			c := t.cause(Spending, x.Pool, fmt.Sprintf("%d %s %s", x.Pledge, x.TxID, x.Outcome), spendingText(x, t.at))
			c.PastelID = x.PastelID
			c.Spend = &Spend{x.TxID.String(), x.Pledge, string(x.Outcome), x.Forfeited}
			is[sub.ID] = append(is[sub.ID], c)
		}
		return nil
	})
	if err != nil {
		return err
	}
	return t.reconcile(Spending, is, func(_ *store.Subscription, a *store.Alert) (ending, error) {
		var m Message
		if err := json.Unmarshal([]byte(a.JSON), &m); err != nil {
			return ending{}, err
		}
		if m.Spend == nil {
			return ending{}, fmt.Errorf("alert %s tells of no spend", a.ID)
		}
		what := fmt.Sprintf("the pledge of %s in pool %s", a.PastelID, a.Pool)
		for _, o := range []struct {
			event pool.EventType
			text  string
		}{{pool.PledgeLeft, "left"}, {pool.PledgeReduced, "was reduced and stays"}, {pool.PledgeMoved, "moved and stays"}} {
			h, err := t.x.LastMove(a.Pool, m.Spend.Pledge, o.event, a.Height)
			if err != nil {
				return ending{}, err
			}
			if h >= 0 {
				return ending{text: fmt.Sprintf("Transaction %s is not waiting any more: %s %s in block %d.", m.Spend.TxID, what, o.text, h)}, nil
			}
		}
		return ending{fmt.Sprintf("Withdrawn: transaction %s does not wait to be mined any more or does something else now; it had not reached %s at %s.",
			m.Spend.TxID, what, t.at), true}, nil
	})
}

// launchGrace is how many blocks a pool has for its launch before anybody is told that its Supernode is gone.
const launchGrace = 24

// supernodes judges the Supernodes of active pools by the node's list. One of which the list tells nothing stays as it was judged before.
func (t *standing) supernodes(list *chain.Listing) error {
	sns, err := t.x.Supernodes()
	if err != nil {
		return err
	}
	gone, elsewhere := causes{}, causes{}
	active := map[ticket.PoolID]*store.Supernode{}
	states := map[ticket.PoolID]chain.SupernodeState{}
	for i := range sns {
		sn, p := &sns[i], t.pools[sns[i].Pool]
		if p == nil {
			continue
		}
		active[sn.Pool], states[sn.Pool] = sn, chain.JudgeSupernode(pool.Active, sn.Activation, p.Escrow, list)
		listed := list.Listed[pastel.OutPoint{TxID: sn.Activation, Vout: chain.PoolIndex}]
		switch state := states[sn.Pool]; {
		case state == chain.SupernodeElsewhere:
			err = t.tell(elsewhere, SupernodePayee, sn, payeeText(sn, listed.Payee.Encode(&t.s.net), t.at))
		case state == chain.SupernodeMissing && t.at.height >= p.Activated+launchGrace:
			err = t.tell(gone, SupernodeGone, sn, missingText(sn, listed.Status, t.at))
		}
		if err != nil {
			return err
		}
	}
	over := func(again map[chain.SupernodeState]string) func(*store.Subscription, *store.Alert) (ending, error) {
		return func(sub *store.Subscription, a *store.Alert) (ending, error) {
			sn := active[a.Pool]
			switch {
			case t.pools[a.Pool] == nil:
				return t.gone(a.Pool)
			case sn == nil:
				return ending{text: fmt.Sprintf("Pool %s is not active at %s: it backs no Supernode that could be paid.", a.Pool, t.at)}, nil
			case !strings.HasSuffix(a.Cause, sn.Activation.String()):
				return ending{fmt.Sprintf("Withdrawn: the chain was reorganized, and pool %s has another activation at %s.", a.Pool, t.at), true}, nil
			case !t.concerns(sub, a.Pool):
				return t.unconcerned(sub, a.Pool), nil
			case again[states[a.Pool]] == "":
				return ending{}, nil
			}
			return ending{text: fmt.Sprintf(again[states[a.Pool]], a.Pool, t.at)}, nil
		}
	}
	err = t.reconcile(SupernodePayee, elsewhere, over(map[chain.SupernodeState]string{
		chain.SupernodeRunning: "The Supernode of pool %s is paid to the pool's escrow again at %s.",
		chain.SupernodeMissing: "The node lists no working Supernode of pool %s any more at %s: nobody is paid for it.",
	}))
	if err != nil {
		return err
	}
	return t.reconcile(SupernodeGone, gone, over(map[chain.SupernodeState]string{
		chain.SupernodeRunning:   "The Supernode of pool %s is listed at %s, and paid to the pool's escrow.",
		chain.SupernodeElsewhere: "The Supernode of pool %s is listed at %s, but not paid to the pool's escrow.",
	}))
}

// tell adds what a kind has to tell of a Supernode to all whom it concerns.
func (t *standing) tell(is causes, kind Kind, sn *store.Supernode, text string) error {
	return t.each(kind, func(sub *store.Subscription) error {
		if t.concerns(sub, sn.Pool) {
			is[sub.ID] = append(is[sub.ID], t.cause(kind, sn.Pool, sn.Activation.String(), text))
		}
		return nil
	})
}
