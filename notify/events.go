package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Limits of one transaction that turns events into alerts: while it lasts a ledger in SQLite waits.
const (
	blocksAtOnce = 1000
	rowsAtOnce   = 2000 // events times subscriptions, or messages
)

// keepAlerts is for how long messages are kept that are done with.
const keepAlerts = 30 * 24 * time.Hour

// readEvents turns some events into alerts, in one transaction with the cursor that says so. It reports whether there are more.
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

// reading is what some events have to tell. It is found out beside the ledger, and then written.
type reading struct {
	s     *Service
	x     *store.AlertTx
	subs  []store.Subscription
	pools map[ticket.PoolID]*store.PoolRow // seen so far

	from, to store.AlertCursor
	forked   bool          // the block of from is gone
	fork     pastel.Height // where events are read from again
	lowered  pastel.Height // subscriptions above the fork, up to this height, are told what is on the branch instead
	rebinds  bool          // some messages look for their blocks
	news     []news
}

// news is something to tell a subscription.
type news struct {
	sub   *store.Subscription
	cause *cause
	old   bool // from before the subscription: only a message that is there goes along with it
}

// plan goes on from the cursor; false if there is nobody to tell, or all is read.
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
		if e := &list[i]; e.Height != block.Height {
			b, err := r.x.Block(e.Height)
			if err != nil {
				return false, err
			}
			block = &b
		}
		if err := r.event(&list[i], block); err != nil {
			return false, err
		}
	}
	end, err := r.x.Block(r.to.Height)
	r.to.Hash = end.Hash
	return true, err
}

// goBack returns where to go on: the cursor, or the fork if its block is not in the ledger any more.
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
	if known { // else who subscribed before the fork would be told of what was before, too
		r.lowered = r.from.Height
		for i := range r.subs {
			if sub := &r.subs[i]; sub.Since > fork && sub.Since <= r.lowered {
				sub.Since = fork
			}
		}
	}
	return store.AlertCursor{Height: fork, Position: store.EndOfBlock}, nil
}

// write puts what was found into the outbox, unless the ledger or the cursor moved meanwhile. It reports whether there is more.
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
		if more {
			r.to.Position-- // the end is not reached before all of it is withdrawn
		} else if err := r.x.ForgetAlerts(tip.Height-2*r.s.net.MaxReorg, r.s.cfg.Now().Add(-keepAlerts)); err != nil {
			return false, err
		}
	}
	return more, r.x.SetCursor(r.to)
}

// subscribed tells which subscriptions there are.
func (s *Service) subscribed(x *store.AlertTx) (map[string]bool, error) {
	subs, err := x.Subscriptions()
	ids := make(map[string]bool, len(subs))
	for i := range subs {
		ids[subs[i].ID] = true
	}
	return ids, err
}

// withdrawLost takes back what did not happen on the branch that the ledger follows now, some at once. A branch that is shorter still
// grows to where it was, or the node would not have chosen it.
func (r *reading) withdrawLost(tip pastel.Height) (more bool, err error) {
	lost, err := r.x.LostAlerts(tip)
	if err != nil {
		return false, err
	}
	for i := range lost[:min(len(lost), rowsAtOnce)] {
		a := &lost[i]
		text := "Withdrawn: the chain was reorganized, and this did not happen after all: " + a.Text
		if err := r.s.takeBack(r.x, a, text, true); err != nil {
			return false, err
		}
	}
	return len(lost) > rowsAtOnce, nil
}

// takeBack ends an alert whose cause is gone or over. Who may have been told of it is told so, unless there is no text to say.
func (s *Service) takeBack(x *store.AlertTx, a *store.Alert, text string, withdrawn bool) error {
	state := a.State
	switch a.State {
	case store.AlertPending:
		state, text = store.AlertWithdrawn, ""
	case store.AlertFailed:
		text = ""
	case store.AlertSending:
		if withdrawn {
			state = store.AlertWithdrawn
		}
	case store.AlertSent:
		if withdrawn {
			state = store.AlertWithdrawn
		}
	case store.AlertWithdrawn:
	}
	if err := x.CloseAlert(a.ID, state); err != nil || text == "" {
		return err
	}
	next, err := s.followUp(a, text, withdrawn)
	if err != nil {
		return err
	}
	return x.AddAlert(&next)
}

// event finds out whom to tell of an event.
func (r *reading) event(e *store.Event, b *store.Block) error {
	var c *cause // made for the first who wants to know
	payout := sync.OnceValues(func() (store.Payout, error) { return r.payout(e) })
	for i := range r.subs {
		sub := &r.subs[i]
		old := e.Height <= sub.Since
		if old && !r.rebinds || !slices.Contains(sub.Kinds, string(ofEvent(e.Type))) {
			continue
		}
		concerned, share, err := r.concerns(e, sub, payout)
		if err != nil {
			return err
		}
		if !concerned {
			continue
		}
		if c == nil {
			if c, err = r.cause(e, b, payout); err != nil {
				return err
			}
		}
		told := *c
		told.Text += shareText(share)
		r.news = append(r.news, news{sub, &told, old})
	}
	return nil
}

// tell puts a message into the outbox, or finds the one that is there.
func (r *reading) tell(n *news) error {
	c := n.cause
	a, found, err := r.x.AlertOf(n.sub.ID, c.key)
	if err != nil {
		return err
	}
	if !found {
		if n.old {
			return nil
		}
		if a, err = r.s.alert(n.sub, c); err != nil {
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
	if a.State != store.AlertPending { // what was told stays what was told
		a.Text, a.JSON = told.Text, told.JSON
	}
	return r.x.BindAlert(&a)
}

// pool returns a pool.
func (r *reading) pool(id ticket.PoolID) (*store.PoolRow, error) {
	if p := r.pools[id]; p != nil {
		return p, nil
	}
	list, err := r.x.Pools(store.PoolFilter{ID: id, At: store.Now})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("pool %s: %w", id, chain.ErrNotFound)
	}
	if err != nil {
		return nil, err
	}
	r.pools[id] = &list[0]
	return &list[0], nil
}

// concerns reports whether an event is in a subscription's scope, and what a payout pays to its PastelID.
func (r *reading) concerns(e *store.Event, sub *store.Subscription, payout func() (store.Payout, error)) (bool, pastel.Amount, error) {
	switch {
	case sub.Pool != "":
		return e.Pool == sub.Pool, 0, nil
	case sub.Operator != "":
		p, err := r.pool(e.Pool)
		return err == nil && p.Operator.String() == sub.Operator, 0, err
	case sub.PastelID == "":
		return true, 0, nil
	}
	switch e.Type {
	case pool.PledgeAmended, pool.PledgePromoted, pool.PledgeReduced, pool.PledgeLeft:
		return e.PastelID == sub.PastelID, 0, nil
	case pool.PoolClosed: // long after its last pledges were released
		p, err := r.pool(e.Pool)
		if err != nil {
			return false, 0, err
		}
		had, err := r.x.HadPledge(e.Pool, sub.PastelID, p.Ended)
		return had, 0, err
	case pool.PayoutSettled, pool.PayoutPaid:
		po, err := payout()
		if err != nil {
			return false, 0, err
		}
		sum, err := r.x.PaysTo(e.Pool, po.Settled, sub.PastelID)
		return sum > 0, sum, err
	default:
		had, err := r.x.HadPledge(e.Pool, sub.PastelID, e.Height)
		return had, 0, err
	}
}

// detail is what alerts read in an event's JSON.
type detail struct {
	Coins     int64         `json:"coins"`
	Offered   int64         `json:"offered"`
	Amount    pastel.Amount `json:"amount"`
	Role      string        `json:"role"`
	Forfeited pastel.Amount `json:"forfeited"`
	TxID      string        `json:"txid"`
}

func (r *reading) payout(e *store.Event) (store.Payout, error) {
	var d detail
	if err := json.Unmarshal(e.JSON, &d); err != nil {
		return store.Payout{}, err
	}
	id, err := pastel.ParseTxID(d.TxID)
	if err != nil {
		return store.Payout{}, err
	}
	list, err := r.x.Payouts(store.PayoutFilter{TxID: id, At: store.Now}, store.Page{Limit: 1})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("payout %s: %w", id, chain.ErrNotFound)
	}
	if err != nil {
		return store.Payout{}, err
	}
	return list[0], nil
}

// cause says what an event is to people. Its key does not depend on the block: a payout and an amendment have their txid, a pledge
// leaves once, and the third time that a pool replenishes is the third time on any branch.
func (r *reading) cause(e *store.Event, b *store.Block, payout func() (store.Payout, error)) (*cause, error) {
	p, err := r.pool(e.Pool)
	if err != nil {
		return nil, err
	}
	var d detail
	if err := json.Unmarshal(e.JSON, &d); err != nil {
		return nil, err
	}
	c := &cause{block: b, Message: Message{
		Kind: ofEvent(e.Type), Pool: e.Pool, PastelID: e.PastelID, Height: e.Height, Time: time.Unix(b.Time, 0).UTC(), Event: e.JSON,
	}}
	var which string
	at := when{e.Height, c.Time}
	switch e.Type {
	case pool.PledgeLeft:
		which = fmt.Sprintf("%s %d", e.PastelID, e.Pledge)
		c.Text = leftText(p, e, &d, at)
	case pool.PledgeAmended:
		before, after, err := r.x.Amendment(e)
		if err != nil {
			return nil, err
		}
		which = after.Ticket.String()
		c.Text = amendedText(p, e, &d, &before, &after, at)
	case pool.PledgePromoted, pool.PledgeReduced:
		n, err := r.x.OrdinalOfPledge(e)
		if err != nil {
			return nil, err
		}
		which = fmt.Sprintf("%s %d %d", e.PastelID, e.Pledge, n)
		c.Text = countText(p, e, &d, at)
	case pool.PayoutSettled, pool.PayoutPaid:
		po, err := payout()
		if err != nil {
			return nil, err
		}
		which = d.TxID
		c.Text = payoutText(e.Type, &po, at)
	default:
		n, err := r.x.Ordinal(e)
		if err != nil {
			return nil, err
		}
		which = fmt.Sprint(n)
		c.Text = poolText(e.Type, p, &d, at)
	}
	c.key = fmt.Sprintf("%s %s %s", c.Kind, e.Pool, which)
	return c, nil
}
