package notify

import (
	"context"
	"errors"
	"maps"
	"net/http"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Start and Round are what Run does, without its timers; Round waits for what it sends.
func (s *Service) Start(ctx context.Context) error { return s.open(ctx) }

// Round looks once at everything.
func (s *Service) Round(ctx context.Context) error {
	err := s.Begin(ctx)
	s.sending.Wait()
	return err
}

// Begin is a Round that does not wait.
func (s *Service) Begin(ctx context.Context) error {
	if err := s.readBlocks(ctx); err != nil {
		return err
	}
	err := s.viewAll(ctx)
	_, sent := s.deliver(ctx)
	return errors.Join(err, sent)
}

// Wait sets how long an attempt to send may take.
func (s *Service) Wait(patience time.Duration) { s.patience = patience }

// Read turns some events into alerts.
func (s *Service) Read(ctx context.Context) (more bool, err error) { return s.readEvents(ctx) }

// LivePools returns the rows of pools that are kept.
func (s *Service) LivePools() map[ticket.PoolID]*store.PoolRow { return maps.Clone(s.live.rows) }

// Check validates a request.
func (r *Request) Check() error { return r.validate() }

// AmendedText is what is told of an amendment that pays to the same address.
func AmendedText(role pool.Role, counted, offered int64) string {
	o := &occurrence{Event: &store.Event{}, what: pool.Event{Type: pool.PledgeAmended, Coins: counted, Offered: offered, Role: role}}
	return o.words(amendedAdvice(&o.what, &store.Terms{}, &store.Terms{})).text()
}

// GoneSupernodeText is what is told of a pool's Supernode that the node lists with a status.
func GoneSupernodeText(id ticket.PoolID, status string) string {
	sn := supernode{Pool: id, listed: chain.Listed{Status: status}}
	return missing{&supernodes{standing: &standing{}}}.words(&sn).text()
}

// GoneText is how a pool ended.
var GoneText = goneText

// Shown is what is told of a receiver's answer.
var Shown = shown

// Deadlines and limits that tests go by.
const (
	LongPause   = longPause
	GiveUpAfter = giveUpAfter
	MaxFetches  = maxFetches
	MaxHanging  = maxHanging
	MaxWaiting  = maxWaiting
	MaxAnswer   = maxAnswer
	MaxRefusals = maxRefusals
	RowsAtOnce  = rowsAtOnce
)

// OfEvent reports whether alerts of a kind are events of blocks.
func (k Kind) OfEvent() bool { return rowOf(k).event != nil }

// Undoable reports whether a reorganization can make untrue what an alert of a standing kind said. It cannot undo how the daemon was.
func (k Kind) Undoable() bool { return rowOf(k).standing.of != ofDaemon }

// Missing lists what a kind's row leaves out.
func (k Kind) Missing() (list []string) {
	r := rowOf(k)
	if (r.event == nil) == (r.standing == nil) {
		list = append(list, "either an event or a standing rule")
	}
	parts := map[string]bool{}
	if e := r.event; e != nil {
		parts = map[string]bool{"concerns": e.concerns == nil, "subject": e.subject == nil, "advice": e.advice == nil, "undone": e.undone == ""}
	}
	if s := r.standing; s != nil {
		parts = map[string]bool{"a source": s.of == 0, "a judge": s.judge == nil}
	}
	for part, missing := range parts {
		if missing {
			list = append(list, part)
		}
	}
	return list
}

// WithdrawalText is what withdraws a message about an event.
func WithdrawalText(k Kind, text string) string {
	return withdrawal(&store.Alert{Kind: string(k), Text: text}).text
}

// RunHook runs a hook of a service for a message, with so much patience.
func RunHook(ctx context.Context, cfg Config, program, id string, body []byte, patience time.Duration) error {
	s := New(cfg)
	s.hookPatience = patience
	return s.send(ctx, &store.Subscription{URL: hookURL(program)}, &message{id: id, kind: PayoutPaid, body: body}, func() {})
}

// CheckMemberURL checks a receiver that a stranger chose.
var CheckMemberURL = checkMemberURL

// Public reports whether a member's webhook may have an address.
var Public = public

// Abroad returns the client that sends to members' webhooks, and has another one do so if it is not nil.
func (s *Service) Abroad(instead *http.Client) *http.Client {
	if instead != nil {
		s.abroad = instead
	}
	return s.abroad
}
