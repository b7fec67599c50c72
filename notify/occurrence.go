package notify

import (
	"fmt"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// eventRule is a kind that begins with an event of a block. The table of events in pool says which events people hear about, and what
// happened in words. Followers of a pool or an operator hear about every event there.
type eventRule struct {
	concerns func(o *occurrence, pastelID string) (concern, error) // what it is to the followers of a PastelID
	subject  func(o *occurrence) (subject, error)                  // what tells it apart, on every branch of the chain
	advice   func(o *occurrence) (advice, error)
	undone   string // how things are after a reorganization undoes it, in words that go before a full stop
}

// advice is what an event means and what to do, each in sentences of its own.
type advice struct{ means, do string }

// concern is what an event is to a subscription.
type concern struct {
	told  bool
	share pastel.Amount // that a payout pays to its PastelID
}

// occurrence is an event of a block and what is known about it.
type occurrence struct {
	*store.Event
	what   pool.Event
	of     *store.PoolRow // the event's pool
	at     when
	block  *store.Block
	x      *store.Snapshot
	payout func() (store.Payout, error) // of the events about one
}

func (r *reading) occurrence(e *store.Event, b *store.Block) (*occurrence, error) {
	p, err := r.pool(e.Pool)
	if err != nil {
		return nil, err
	}
	return newOccurrence(r.x.Snapshot, e, b, p, r.s.cfg.Now())
}

// newOccurrence reads an event of a pool, as it is told at a time.
func newOccurrence(x *store.Snapshot, e *store.Event, b *store.Block, of *store.PoolRow, now time.Time) (*occurrence, error) {
	what, err := pool.ParseEvent(e.JSON)
	if err != nil {
		return nil, fmt.Errorf("%w; %w", err, store.ErrUnreadable)
	}
	o := &occurrence{Event: e, what: what, of: of, at: when{e.Height, time.Unix(b.Time, 0).UTC(), now}, block: b, x: x}
	o.payout = sync.OnceValues(o.findPayout)
	return o, nil
}

func (o *occurrence) findPayout() (store.Payout, error) {
	list, err := o.x.Payouts(store.PayoutFilter{TxID: o.what.TxID, At: store.Now}, store.Page{Limit: 1})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("payout %s: %w", o.what.TxID, chain.ErrNotFound)
	}
	if err != nil {
		return store.Payout{}, err
	}
	return list[0], nil
}

// report is what a kind tells of it.
func (o *occurrence) report(k *row) (*report, error) {
	of, err := k.event.subject(o)
	if err != nil {
		return nil, err
	}
	a, err := k.event.advice(o)
	return &report{cause: cause{k.kind, o.Pool, of}, block: o.block, Message: Message{
		Kind: k.kind, Pool: o.Pool, PastelID: o.PastelID, Height: o.Height, Time: o.at.time, Text: o.words(a).text(), Event: o.JSON,
	}}, err
}

// words puts what happened before an advice. Addresses are left to the advice, which does not abbreviate them.
func (o *occurrence) words(a advice) words {
	where := fmt.Sprintf("Pool %s, %s", o.Pool, o.at)
	if o.PastelID != "" {
		where = fmt.Sprintf("Pool %s, PastelID %s, %s", o.Pool, o.PastelID, o.at)
	}
	return say(where+": "+o.what.Words(pool.Payees{}), a.means, a.do)
}

// concern is what the event is to a subscription to its kind.
func (o *occurrence) concern(rule *eventRule, sub *store.Subscription) (concern, error) {
	switch {
	case sub.Pool != "":
		return concern{told: o.Pool == sub.Pool}, nil
	case sub.Operator != "":
		return concern{told: o.of.Operator.String() == sub.Operator}, nil
	case sub.PastelID == "":
		return concern{told: true}, nil
	}
	return rule.concerns(o, sub.PastelID)
}

// Whom events concern.

// itself is who made the pledge.
func itself(o *occurrence, pastelID string) (concern, error) {
	return concern{told: o.PastelID == pastelID}, nil
}

// pledged is who has a pledge in the pool in the event's block.
func pledged(o *occurrence, pastelID string) (concern, error) {
	had, err := o.x.HadPledge(o.Pool, pastelID, o.Height)
	return concern{told: had}, err
}

// lastPledged is who had a pledge in the pool when it ended.
func lastPledged(o *occurrence, pastelID string) (concern, error) {
	had, err := o.x.HadPledge(o.Pool, pastelID, o.of.Ended)
	return concern{told: had}, err
}

// payee is whom the payout pays.
func payee(o *occurrence, pastelID string) (concern, error) {
	po, err := o.payout()
	if err != nil {
		return concern{}, err
	}
	sum, err := o.x.PaysTo(o.Pool, po.Settled, pastelID)
	return concern{sum > 0, sum}, err
}

// What tells events of a kind apart on every branch: the third time that a pool replenishes is the third time on any of them, a pledge
// leaves once, and a payout has its txid.

func timeOfPool(o *occurrence) (subject, error) {
	n, err := o.x.Ordinal(o.Event)
	return occasion(n), err
}

func onceOfPledge(o *occurrence) (subject, error) {
	return pledgeSubject{o.PastelID, o.Pledge}, nil
}

func timeOfPledge(o *occurrence) (subject, error) {
	n, err := o.x.OrdinalOfPledge(o.Event)
	return pledgeOccasion{pledgeSubject{o.PastelID, o.Pledge}, n}, err
}

func ofPayout(o *occurrence) (subject, error) {
	po, err := o.payout()
	return transaction(po.TxID), err
}

// withdrawal says what a reorganization made of an event's alert.
func withdrawal(a *store.Alert) ending {
	if k := rowOf(Kind(a.Kind)); k != nil && k.event != nil {
		return undone(a, k.event.undone)
	}
	return undone(a, "this did not happen")
}

// ofEvent is the kind of an event that people are told of.
func ofEvent(t pool.EventType) *row { return rowOf(Kind(t)) }
