package notify

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/json"
	"fmt"
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
func (s *Service) alert(x *store.AlertTx, to *store.Subscription, r *report) (store.Alert, error) {
	key := r.cause.key()
	ended, err := x.Endings(to.ID, key)
	if err != nil {
		return store.Alert{}, err
	}
	a := store.Alert{
		ID: idOf(to.ID, key, ended), Subscription: to.ID, Cause: key, Thread: key, Kind: string(r.Kind), Urgent: r.Kind.Urgent(), Pool: r.Pool,
		PastelID: r.PastelID, Standing: r.block == nil, Created: s.cfg.Now(),
	}
	return a, bind(&a, r)
}

// idOf is the id of a message to a subscription about a cause, after so many others about it ended. Nothing else enters it, no clock and no
// chance: whoever finds the same cause again, on another branch or from an older copy of the database, gives the message the same id.
func idOf(subscription, cause string, ended int64) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "smartpool alert\n%s\n%s\n%d", subscription, cause, ended))
	const most = 26 // characters, 130 bits
	return base32.StdEncoding.EncodeToString(sum[:])[:most]
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
	state := a.State
	switch {
	case state == store.AlertPending:
		return x.DropAlert(a.ID)
	case end.withdrawn && state != store.AlertFailed:
		state = store.AlertWithdrawn
	}
	if err := x.EndAlert(a, state); err != nil || a.State == store.AlertFailed {
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
	if err := json.Unmarshal([]byte(a.JSON), &m); err != nil { // then the columns say what it was about
		m = Message{Kind: Kind(a.Kind), Pool: a.Pool, PastelID: a.PastelID, Height: a.Height, Time: a.Created}
	}
	next := *a
	next.Cause, next.Block, next.Standing = cause{kind: followUp, of: messageSubject(a.ID)}.key(), nil, false
	next.ID, next.Text, next.Created = idOf(a.Subscription, next.Cause, 0), end.text, s.cfg.Now()
	m.About, m.ID, m.Text, m.Withdrawn, m.Resolved = a.ID, next.ID, end.text, end.withdrawn, !end.withdrawn
	body, err := json.Marshal(m)
	next.JSON = string(body)
	return next, err
}

// newID returns a random id.
func newID() string { return rand.Text() }
