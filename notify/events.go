package notify

import (
	"context"
	"encoding/json"
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

// Limits of one transaction that turns events into alerts.
const (
	blocksAtOnce = 1000
	eventsAtOnce = 200
)

// keepAlerts is for how long messages are kept that are done with.
const keepAlerts = 30 * 24 * time.Hour

// readEvents turns some events into alerts, in one transaction with the cursor that says so. It reports whether there are more.
func (s *Service) readEvents(ctx context.Context) (more bool, err error) {
	var idle bool
	err = s.cfg.Alerts.View(ctx, func(x *store.AlertTx) error {
		idle, err = nothingNew(x)
		return err
	})
	if err != nil || idle {
		return false, err
	}
	err = s.cfg.Alerts.Do(ctx, func(x *store.AlertTx) error {
		r := &reading{s: s, x: x, pools: map[ticket.PoolID]*store.PoolRow{}}
		more, err = r.step()
		return err
	})
	return more, err
}

// nothingNew reports whether there is nobody to tell, or all is read.
func nothingNew(x *store.AlertTx) (bool, error) {
	subs, err := x.Subscriptions()
	if err != nil || len(subs) == 0 {
		return true, err
	}
	tip, err := x.Tip()
	if errors.Is(err, chain.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, err
	}
	c, err := x.Cursor()
	return c == store.AlertCursor{Height: tip.Height, Position: store.EndOfBlock, Hash: tip.Hash}, err
}

// reading is a transaction that turns events into alerts.
type reading struct {
	s     *Service
	x     *store.AlertTx
	subs  []store.Subscription
	pools map[ticket.PoolID]*store.PoolRow // seen so far
}

// step goes on from the cursor, and reports whether it ended before the tip.
func (r *reading) step() (more bool, err error) {
	if r.subs, err = r.x.Subscriptions(); err != nil {
		return false, err
	}
	tip, err := r.x.Tip()
	if err != nil {
		return false, err
	}
	c, err := r.goBack(&tip)
	if err != nil {
		return false, err
	}
	to := min(tip.Height, c.Height+blocksAtOnce)
	list, err := r.x.Events(store.EventFilter{Types: eventTypes(), From: max(c.Height, 0), To: to},
		store.Page{After: []any{int64(c.Height), c.Position}, Limit: eventsAtOnce})
	if err != nil {
		return false, err
	}
	c = store.AlertCursor{Height: to, Position: store.EndOfBlock}
	if len(list) == eventsAtOnce {
		last := &list[len(list)-1]
		c.Height, c.Position = last.Height, last.Position
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
	end, err := r.x.Block(c.Height)
	if err != nil {
		return false, err
	}
	c.Hash = end.Hash
	more = c.Height != tip.Height || c.Position != store.EndOfBlock
	if !more {
		if err := r.withdrawLost(tip.Height); err != nil {
			return false, err
		}
		if err := r.x.ForgetAlerts(tip.Height-2*r.s.net.MaxReorg, r.s.cfg.Now().Add(-keepAlerts)); err != nil {
			return false, err
		}
	}
	return more, r.x.SetCursor(c)
}

// goBack returns the cursor, before the fork if its block is not in the ledger any more. Where the fork is, is not known, only that
// it is no deeper than the rules allow: events before it are read once more, and are known by their causes.
func (r *reading) goBack(tip *store.Block) (store.AlertCursor, error) {
	c, err := r.x.Cursor()
	if err != nil || c.Height < 0 {
		return c, err
	}
	b, err := r.x.Block(c.Height)
	if err == nil && b.Hash == c.Hash {
		return c, nil
	}
	if err != nil && !errors.Is(err, chain.ErrNotFound) {
		return c, err
	}
	c = store.AlertCursor{Height: max(-1, min(c.Height-r.s.net.MaxReorg, tip.Height)), Position: store.EndOfBlock}
	return c, r.x.LoseAlerts(c.Height)
}

// withdrawLost takes back what did not happen on the branch that the ledger follows now. A branch that is shorter still grows to
// where it was, or the node would not have chosen it.
func (r *reading) withdrawLost(tip pastel.Height) error {
	lost, err := r.x.LostAlerts(tip)
	if err != nil {
		return err
	}
	for i := range lost {
		a := &lost[i]
		text := "Withdrawn: the chain was reorganized, and this did not happen after all: " + a.Text
		if err := r.s.takeBack(r.x, a, text, true); err != nil {
			return err
		}
	}
	return nil
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

// event tells of an event whoever wants to know.
func (r *reading) event(e *store.Event, b *store.Block) error {
	var c *cause // made for the first who does
	for i := range r.subs {
		sub := &r.subs[i]
		if e.Height <= sub.Since || !slices.Contains(sub.Kinds, string(ofEvent[e.Type])) {
			continue
		}
		concerned, err := r.concerns(e, sub)
		if err != nil {
			return err
		}
		if !concerned {
			continue
		}
		if c == nil {
			if c, err = r.cause(e, b); err != nil {
				return err
			}
		}
		if err := r.tell(sub, c); err != nil {
			return err
		}
	}
	return nil
}

// tell puts a message into the outbox, or finds the one that is there.
func (r *reading) tell(sub *store.Subscription, c *cause) error {
	a, found, err := r.x.AlertOf(sub.ID, c.key)
	if err != nil {
		return err
	}
	if !found {
		if a, err = r.s.alert(sub, c); err != nil {
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

// concerns reports whether an event is in a subscription's scope.
func (r *reading) concerns(e *store.Event, sub *store.Subscription) (bool, error) {
	switch {
	case sub.Pool != "":
		return e.Pool == sub.Pool, nil
	case sub.Operator != "":
		p, err := r.pool(e.Pool)
		return err == nil && p.Operator.String() == sub.Operator, err
	case sub.PastelID == "":
		return true, nil
	}
	switch e.Type {
	case pool.PledgeLeft:
		return e.PastelID == sub.PastelID, nil
	case pool.PayoutSettled, pool.PayoutPaid:
		po, err := r.payout(e)
		if err != nil {
			return false, err
		}
		sum, err := r.x.PaysTo(e.Pool, po.Settled, sub.PastelID)
		return sum > 0, err
	default:
		return r.x.HadPledge(e.Pool, sub.PastelID, e.Height)
	}
}

// detail is what alerts read in an event's JSON.
type detail struct {
	Coins     int64         `json:"coins"`
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

// cause says what an event is to people. Its key does not depend on the block: a payout has its txid, a pledge leaves once, and the
// third time that a pool replenishes is the third time on any branch.
func (r *reading) cause(e *store.Event, b *store.Block) (*cause, error) {
	p, err := r.pool(e.Pool)
	if err != nil {
		return nil, err
	}
	var d detail
	if err := json.Unmarshal(e.JSON, &d); err != nil {
		return nil, err
	}
	c := &cause{block: b, Message: Message{
		Kind: ofEvent[e.Type], Pool: e.Pool, PastelID: e.PastelID, Height: e.Height, Time: time.Unix(b.Time, 0).UTC(), Event: e.JSON,
	}}
	var which string
	at := when{e.Height, c.Time}
	switch e.Type {
	case pool.PledgeLeft:
		which = fmt.Sprintf("%s %d", e.PastelID, e.Pledge)
		c.Text = leftText(p, e, &d, at)
	case pool.PayoutSettled, pool.PayoutPaid:
		po, err := r.payout(e)
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
		c.Text = poolText(e.Type, p, d.Coins, at)
	}
	c.key = fmt.Sprintf("%s %s %s", c.Kind, e.Pool, which)
	return c, nil
}
