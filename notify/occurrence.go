package notify

import (
	"encoding/json"
	"fmt"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// eventRule is a kind that begins with an event of a block: which event, and that people are told of it, the table of pool says. Followers
// of a pool or an operator are told of every event there.
type eventRule struct {
	concerns func(o *occurrence, pastelID string) (concern, error) // what it is to the followers of a PastelID
	subject  func(o *occurrence) (subject, error)                  // what tells it apart, on every branch of the chain
	words    func(o *occurrence) (words, error)
	undone   string // how things are after a reorganization undoes it, in words that go before a full stop
}

// concern is what an event is to a subscription.
type concern struct {
	told  bool
	share pastel.Amount // that a payout pays to its PastelID
}

// occurrence is an event of a block and what is known about it.
type occurrence struct {
	*store.Event
	detail
	of     *store.PoolRow // the event's pool
	at     when
	block  *store.Block
	x      *store.AlertTx
	payout func() (store.Payout, error) // of the events about one
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

func (r *reading) occurrence(e *store.Event, b *store.Block) (*occurrence, error) {
	p, err := r.pool(e.Pool)
	if err != nil {
		return nil, err
	}
	o := &occurrence{Event: e, of: p, at: when{e.Height, time.Unix(b.Time, 0).UTC()}, block: b, x: r.x}
	o.payout = sync.OnceValues(o.findPayout)
	return o, json.Unmarshal(e.JSON, &o.detail)
}

func (o *occurrence) findPayout() (store.Payout, error) {
	id, err := pastel.ParseTxID(o.TxID)
	if err != nil {
		return store.Payout{}, err
	}
	list, err := o.x.Payouts(store.PayoutFilter{TxID: id, At: store.Now}, store.Page{Limit: 1})
	if err == nil && len(list) == 0 {
		err = fmt.Errorf("payout %s: %w", id, chain.ErrNotFound)
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
	w, err := k.event.words(o)
	return &report{cause: cause{k.kind, o.Pool, of}, block: o.block, Message: Message{
		Kind: k.kind, Pool: o.Pool, PastelID: o.PastelID, Height: o.Height, Time: o.at.time, Text: w.text(), Event: o.JSON,
	}}, err
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

// pledge names what a pledge offers, and what of it counts.
func (o *occurrence) pledge() string {
	if o.Coins == 0 || o.Coins == o.Offered {
		return psl(o.Offered)
	}
	return fmt.Sprintf("%s, %s of them counted,", psl(o.Offered), psl(o.Coins))
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
