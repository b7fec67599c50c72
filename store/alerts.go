package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store/db"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Alerts is the part of a ledger's database that the ledger does not use: subscriptions, and messages waiting to be sent. It has its own
// connections besides the writer's, and writes only while the role is its writer's. Alerts is safe for concurrent use.
type Alerts struct{ beside }

// OpenAlerts opens the part of the database that is about alerts. Close it before the store.
func (s *Store) OpenAlerts(ctx context.Context) (*Alerts, error) {
	const connections = 4
	a := &Alerts{}
	if err := s.openBeside(ctx, &a.beside, connections); err != nil {
		return nil, err
	}
	return a, nil
}

// View lets f read, as Reader.View does, including alerts. f cannot write.
func (a *Alerts) View(ctx context.Context, f func(*AlertTx) error) error {
	return a.reader.View(ctx, func(s *Snapshot) error { return f(&AlertTx{s, db.New(s.conn)}) })
}

// Do runs f in one transaction. If f returns no error, all of it is stored, otherwise nothing. f must be quick and use only the database:
// the ledger may have to wait for it. Once another writer has taken over, Do returns ErrOvertaken.
func (a *Alerts) Do(ctx context.Context, f func(*AlertTx) error) (err error) {
	return a.do(ctx, func(s *Snapshot) error { return f(&AlertTx{s, db.New(s.conn)}) })
}

// AlertTx is a transaction on alerts. It also reads the ledger as of one block.
type AlertTx struct {
	*Snapshot
	q *db.Queries
}

// AlertCursor is how far events have become alerts.
type AlertCursor struct {
	Height   pastel.Height // -1 before the first block
	Position int64         // of the last event read in the block; EndOfBlock if all are read
	Hash     pastel.BlockHash
}

// EndOfBlock is a position after every event of a block.
const EndOfBlock = 1 << 62

// Cursor returns how far events have become alerts.
func (x *AlertTx) Cursor() (AlertCursor, error) {
	r, err := x.q.AlertCursor(x.ctx)
	if errors.Is(err, sql.ErrNoRows) {
		return AlertCursor{Height: -1, Position: EndOfBlock}, nil
	}
	if err != nil {
		return AlertCursor{}, err
	}
	hash, err := hash32[pastel.BlockHash](r.Hash)
	return AlertCursor{pastel.Height(r.Height), r.Position, hash}, err
}

// SetCursor moves the cursor. It also stores the hashes of the last blocks passed, for Fork.
func (x *AlertTx) SetCursor(c AlertCursor) error {
	rows, err := x.hashesDown(c.Height)
	if err != nil {
		return err
	}
	var trail []byte
	for _, r := range rows {
		trail = append(trail, r.Hash...)
	}
	return x.q.PutAlertCursor(x.ctx, db.PutAlertCursorParams{Height: int64(c.Height), Position: c.Position, Hash: c.Hash[:], Trail: trail})
}

// Fork returns the height of the last block passed by a cursor that is still in the ledger. For a cursor set by an older release it returns
// false, since the block is unknown, and the fork point of the deepest possible reorganization.
func (x *AlertTx) Fork(c AlertCursor) (pastel.Height, bool, error) {
	trail, err := x.q.AlertTrail(x.ctx)
	if err != nil {
		return 0, false, err
	}
	rows, err := x.hashesDown(c.Height)
	if err != nil {
		return 0, false, err
	}
	for _, r := range rows {
		at := (int64(c.Height) - r.Height) * int64(len(c.Hash))
		if at+int64(len(r.Hash)) <= int64(len(trail)) && bytes.Equal(r.Hash, trail[at:at+int64(len(r.Hash))]) {
			return pastel.Height(r.Height), true, nil
		}
	}
	return max(-1, c.Height-x.r.net.MaxReorg), false, nil
}

// hashesDown returns the blocks from a height down, as many as a reorganization may take back and one more.
func (x *AlertTx) hashesDown(h pastel.Height) ([]db.HashesDownFromRow, error) {
	return x.q.HashesDownFrom(x.ctx, db.HashesDownFromParams{Height: int64(h), Limit: int32(x.r.net.MaxReorg) + 1})
}

// GoBack records that the ledger forked off after a block. Events are then read again from the fork up to a height. Subscriptions
// and standing alerts from in between then begin at the fork, so that they cover the other branch.
func (x *AlertTx) GoBack(fork, from pastel.Height) error {
	if err := x.q.LowerSince(x.ctx, db.LowerSinceParams{Since: int64(fork), Since_2: int64(from)}); err != nil {
		return err
	}
	return x.q.LowerStanding(x.ctx, int64(fork))
}

// AlertState is the state of a message.
type AlertState string

// States of a message.
const (
	AlertPending   AlertState = "pending"   // waiting to be sent
	AlertSending   AlertState = "sending"   // sent but not yet answered; it may have arrived
	AlertSent      AlertState = "sent"      // it arrived
	AlertWithdrawn AlertState = "withdrawn" // its cause is gone; if the message may have arrived, another one says so
	AlertFailed    AlertState = "failed"    // refused, or not delivered for days; given up
)

// Alert is a message for a subscription.
type Alert struct {
	ID           string
	Subscription string
	Cause        string // what the alert is about, the same on every branch of the chain
	Thread       string // messages of one thread are sent in order: what they end or withdraw, they do not overtake
	Kind         string
	Urgent       bool // goes before those that are not
	Pool         ticket.PoolID
	PastelID     string
	Height       pastel.Height     // of the cause; for standing alerts, the tip when it began
	Block        *pastel.BlockHash // of the cause; nil if the cause is not an event
	Lost         bool              // its block is gone, and the new branch has not been read to its end
	Standing     bool              // about something that is not an event and has not ended
	Text         string
	JSON         string
	State        AlertState
	Created      time.Time
	Attempts     int64
	Refused      int64 // attempts that the receiver refused
}

// alertOf reads a message. One whose block cannot be read has none, until it is bound to a block again: it is no reason to send nobody
// anything.
func alertOf(r db.Alert) Alert {
	a := Alert{
		ID: r.ID, Subscription: r.Subscription, Cause: r.Cause, Thread: r.Thread, Kind: r.Kind, Urgent: r.Urgent != 0,
		Pool: ticket.PoolID(r.Pool.String), PastelID: r.Pastelid.String, Height: pastel.Height(r.Height), Lost: r.Lost != 0,
		Standing: r.Standing != 0, Text: r.Text, JSON: r.Json, State: AlertState(r.State), Created: time.Unix(r.Created, 0).UTC(),
		Attempts: r.Attempts, Refused: r.Refused,
	}
	if hash, err := hash32[pastel.BlockHash](r.Block); err == nil {
		a.Block = &hash
	}
	return a
}

func alertsOf(rows []db.Alert, err error) ([]Alert, error) {
	list := make([]Alert, len(rows))
	for i, r := range rows {
		list[i] = alertOf(r)
	}
	return list, err
}

// AddAlert adds a message to the outbox, after those already there. A subscription has one message per cause.
func (x *AlertTx) AddAlert(a *Alert) error {
	p := db.InsertAlertParams{
		ID: a.ID, Subscription: a.Subscription, Cause: a.Cause, Kind: a.Kind, Pool: text(string(a.Pool)), Pastelid: text(a.PastelID),
		Height: int64(a.Height), Text: a.Text, Json: a.JSON, Created: a.Created.Unix(), Thread: a.Thread, Urgent: flag(a.Urgent),
		Standing: flag(a.Standing),
	}
	if a.Block != nil {
		p.Block = a.Block[:]
	}
	return x.q.InsertAlert(x.ctx, p)
}

// AlertOf returns a subscription's message about a cause; false if there is none.
func (x *AlertTx) AlertOf(subscription, cause string) (Alert, bool, error) {
	r, err := x.q.AlertOfCause(x.ctx, db.AlertOfCauseParams{Subscription: subscription, Cause: cause})
	if errors.Is(err, sql.ErrNoRows) {
		return Alert{}, false, nil
	}
	if err != nil {
		return Alert{}, false, err
	}
	return alertOf(r), true, nil
}

// LoseAlerts marks messages above a height whose block is no longer in the ledger. They are not sent until BindAlert binds them again.
func (x *AlertTx) LoseAlerts(above pastel.Height) error { return x.q.LoseAlerts(x.ctx, int64(above)) }

// LostAlerts returns the lost messages up to a height.
func (x *AlertTx) LostAlerts(upTo pastel.Height) ([]Alert, error) {
	return alertsOf(x.q.LostAlerts(x.ctx, int64(upTo)))
}

// BindAlert stores the height, block, text and JSON of a message whose cause is now in another block.
func (x *AlertTx) BindAlert(a *Alert) error {
	return x.q.BindAlert(x.ctx, db.BindAlertParams{ID: a.ID, Height: int64(a.Height), Block: a.Block[:], Text: a.Text, Json: a.JSON})
}

// StandingAlerts returns the messages of a kind whose causes have not ended.
func (x *AlertTx) StandingAlerts(kind string) ([]Alert, error) {
	return alertsOf(x.q.StandingAlerts(x.ctx, kind))
}

// EndAlert records that the cause of a message which may have gone out has ended or is gone. If the same cause occurs again, it counts as new.
func (x *AlertTx) EndAlert(a *Alert, state AlertState) error {
	return errors.Join(
		x.q.CountEnding(x.ctx, db.CountEndingParams{Subscription: a.Subscription, Cause: a.Cause}),
		x.q.CloseAlert(x.ctx, db.CloseAlertParams{ID: a.ID, State: string(state)}))
}

// Endings returns how many messages to a subscription about a cause have ended after they may have gone out.
func (x *AlertTx) Endings(subscription, cause string) (int64, error) {
	n, err := x.q.Endings(x.ctx, db.EndingsParams{Subscription: subscription, Cause: cause})
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return n, err
}

// DropAlert deletes a message that never went out.
func (x *AlertTx) DropAlert(id string) error { return x.q.DropAlert(x.ctx, id) }

// ForgetAlerts deletes finished messages of blocks below a height that are older than a time, or that were made after another one, which
// is to come: the clock was wrong.
func (x *AlertTx) ForgetAlerts(below pastel.Height, before, after time.Time) error {
	return x.q.ForgetAlerts(x.ctx, db.ForgetAlertsParams{Height: int64(below), Created: before.Unix(), Created_2: after.Unix()})
}
