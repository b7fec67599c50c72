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
	Height    pastel.Height   `json:"height"`             // of the block, or the last block when it began
	Time      time.Time       `json:"time"`               // of the block, or when it began
	Text      string          `json:"text"`               // for people
	Withdrawn bool            `json:"withdrawn"`          // what the message About said is not so any more
	Resolved  bool            `json:"resolved"`           // what the message About said is over
	About     string          `json:"about,omitempty"`    // id of a message before
	Event     json.RawMessage `json:"event,omitempty"`    // of the block, in the protocol's form
	Spend     *Spend          `json:"spend,omitempty"`    // of kind pledge.spending
}

// Spend is what a transaction that is not mined yet would do to a pledge.
type Spend struct {
	TxID      string        `json:"txid"`
	Pledge    int64         `json:"pledge"`    // join order over all pools
	Outcome   string        `json:"outcome"`   // pledge.left, pledge.reduced or pledge.moved
	Forfeited pastel.Amount `json:"forfeited"` // patoshi
}

// cause is what is told, before it is known whom.
type cause struct {
	key   string       // the same on every branch of the chain
	block *store.Block // nil for what is no event of a block
	Message
}

// alert is a message to a subscription about a cause.
func (s *Service) alert(to *store.Subscription, c *cause) (store.Alert, error) {
	a := store.Alert{
		ID: newID(), Subscription: to.ID, Cause: c.key, Kind: string(c.Kind), Pool: c.Pool, PastelID: c.PastelID,
		Standing: c.block == nil, Created: s.cfg.Now(),
	}
	return a, bind(&a, c)
}

// bind has an alert tell of its cause as it is now.
func bind(a *store.Alert, c *cause) error {
	m := c.Message
	m.ID = a.ID
	body, err := json.Marshal(m)
	a.Height, a.Text, a.JSON = c.Height, c.Text, string(body)
	if c.block != nil {
		a.Block = &c.block.Hash
	}
	return err
}

// followUp is a message that takes back or ends what another one said.
func (s *Service) followUp(a *store.Alert, text string, withdrawn bool) (store.Alert, error) {
	var m Message
	if err := json.Unmarshal([]byte(a.JSON), &m); err != nil {
		return store.Alert{}, err
	}
	next := *a
	next.ID, next.Text, next.Created = newID(), text, s.cfg.Now()
	next.Cause, next.Block, next.Standing = "about "+a.ID, nil, false
	m.About, m.ID, m.Text, m.Withdrawn, m.Resolved = a.ID, next.ID, text, withdrawn, !withdrawn
	body, err := json.Marshal(m)
	next.JSON = string(body)
	return next, err
}

// newID is a random name.
func newID() string { return rand.Text() }
