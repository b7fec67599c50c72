package notify

import (
	"crypto/rand"
	"encoding/json"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Message is the body of a webhook.
type Message struct {
	ID        string          `json:"id"` // the same in every attempt to deliver it
	Kind      Kind            `json:"kind"`
	Pool      ticket.PoolID   `json:"pool,omitempty"`
	PastelID  string          `json:"pastelid,omitempty"` // whose pledge it is about
	Height    pastel.Height   `json:"height"`             // of the event's block, or the last block when it began
	Time      time.Time       `json:"time"`               // of the event's block, or when it began
	Text      string          `json:"text"`               // for people
	Withdrawn bool            `json:"withdrawn"`          // what the message About said turned out untrue
	Resolved  bool            `json:"resolved"`           // what the message About said is over
	About     string          `json:"about,omitempty"`    // id of an earlier message
	Event     json.RawMessage `json:"event,omitempty"`    // the event, in the protocol's form
	Spend     *Spend          `json:"spend,omitempty"`    // of kind pledge.spending
}

// Spend is what an unmined transaction would do to a pledge.
type Spend struct {
	TxID      string        `json:"txid"`
	Pledge    int64         `json:"pledge"`    // join order over all pools
	Outcome   string        `json:"outcome"`   // pledge.left, pledge.reduced or pledge.moved
	Forfeited pastel.Amount `json:"forfeited"` // patoshi
}

// report is what there is to tell of a cause, before it goes to each subscription.
type report struct {
	cause cause
	block *store.Block // nil if it is no event of a block
	Message
}

// alert makes a message to a subscription.
func (s *Service) alert(to *store.Subscription, r *report) (store.Alert, error) {
	a := store.Alert{
		ID: newID(), Subscription: to.ID, Cause: r.cause.key(), Kind: string(r.Kind), Pool: r.Pool, PastelID: r.PastelID,
		Standing: r.block == nil, Created: s.cfg.Now(),
	}
	return a, bind(&a, r)
}

// bind has an alert say what is known of its cause now.
func bind(a *store.Alert, r *report) error {
	m := r.Message
	m.ID = a.ID
	body, err := json.Marshal(m)
	a.Height, a.Text, a.JSON = r.Height, r.Text, string(body)
	if r.block != nil {
		a.Block = &r.block.Hash
	}
	return err
}

// takeBack ends an alert whose cause is over or gone, and says so if the alert may have arrived.
func (s *Service) takeBack(x *store.AlertTx, a *store.Alert, end ending) error {
	state, silent := a.State, false
	switch a.State {
	case store.AlertPending:
		state, silent = store.AlertWithdrawn, true
	case store.AlertFailed:
		silent = true
	case store.AlertSending, store.AlertSent:
		if end.withdrawn {
			state = store.AlertWithdrawn
		}
	case store.AlertWithdrawn:
	}
	if err := x.CloseAlert(a.ID, state); err != nil || silent {
		return err
	}
	next, err := s.follow(a, end)
	if err != nil {
		return err
	}
	return x.AddAlert(&next)
}

// follow makes the message that says how another one ended.
func (s *Service) follow(a *store.Alert, end ending) (store.Alert, error) {
	var m Message
	if err := json.Unmarshal([]byte(a.JSON), &m); err != nil {
		return store.Alert{}, err
	}
	next := *a
	next.ID, next.Text, next.Created = newID(), end.text, s.cfg.Now()
	next.Cause, next.Block, next.Standing = cause{kind: followUp, of: messageSubject(a.ID)}.key(), nil, false
	m.About, m.ID, m.Text, m.Withdrawn, m.Resolved = a.ID, next.ID, end.text, end.withdrawn, !end.withdrawn
	body, err := json.Marshal(m)
	next.JSON = string(body)
	return next, err
}

// newID returns a random id.
func newID() string { return rand.Text() }
