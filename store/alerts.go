package store

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"strings"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store/db"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Alerts is the part of a ledger's database that the ledger does not use: subscriptions, and messages waiting to be sent. It has its own
// connections besides the writer's, and writes only while the role is its writer's. Alerts is safe for concurrent use.
type Alerts struct {
	reader Reader // provides the network for snapshots
	role   role
	turn   sync.Mutex // one transaction at a time: they are short, and need not learn from the database that they collide
}

// OpenAlerts opens the part of the database that is about alerts. Close it before the store.
func (s *Store) OpenAlerts(ctx context.Context) (*Alerts, error) {
	a := &Alerts{reader: Reader{net: s.net, place: s.place, engine: s.reads}, role: s.role}
	var err error
	if a.reader.pool, err = s.engine.another(); err != nil {
		return nil, s.place.name(ctx, err)
	}
	const connections = 4
	a.reader.pool.SetMaxOpenConns(connections)
	if err := a.reader.View(ctx, func(s *Snapshot) error { return s.checkVersion() }); err != nil {
		return nil, errors.Join(err, a.Close())
	}
	return a, nil
}

// Close closes the connections.
func (a *Alerts) Close() error { return a.reader.Close() }

// View lets f read, as Reader.View does, including alerts. f cannot write.
func (a *Alerts) View(ctx context.Context, f func(*AlertTx) error) error {
	return a.reader.View(ctx, func(s *Snapshot) error { return f(&AlertTx{s, db.New(s.conn)}) })
}

// Do runs f in one transaction. If f returns no error, all of it is stored, otherwise nothing. f must be quick and use only the database:
// the ledger may have to wait for it. Once another writer has taken over, Do returns ErrOvertaken.
func (a *Alerts) Do(ctx context.Context, f func(*AlertTx) error) (err error) {
	a.turn.Lock()
	defer a.turn.Unlock()
	conn, err := a.reader.pool.Conn(ctx)
	if err != nil {
		return a.reader.place.explain(ctx, err)
	}
	defer conn.Close() // returns it to the pool
	if _, err := conn.ExecContext(ctx, a.reader.engine.write); err != nil {
		return a.reader.place.explain(ctx, err)
	}
	stored := false
	defer func() {
		if !stored { // also if f panics
			// If this fails, the connection has failed, and the transaction ends with it.
			conn.ExecContext(context.WithoutCancel(ctx), rollback) //nolint:errcheck // see above
		}
	}()
	if err = a.role.held(ctx, conn, a.reader.engine.holder); err == nil {
		err = f(&AlertTx{&Snapshot{ctx, conn, &a.reader}, db.New(conn)})
	}
	if err == nil {
		_, err = conn.ExecContext(ctx, "COMMIT")
		stored = err == nil
	}
	return a.reader.place.explain(ctx, err)
}

// AlertTx is a transaction on alerts. It also reads the ledger as of one block.
type AlertTx struct {
	*Snapshot
	q *db.Queries
}

// Subscription says who gets alerts, and about what.
type Subscription struct {
	ID       string
	Created  time.Time
	Since    pastel.Height // alerts are only about what happens above this block
	Waits    bool          // it was made while the ledger was not at the network's tip, and begins once it is
	URL      string        // a secret
	Secret   string        // signs a webhook's messages; empty for others
	Pool     ticket.PoolID // at most one of the three is set; if none is, every pool
	PastelID string
	Operator string // PastelID
	Kinds    []string
	Cushion  int64 // percent
	Overdue  int64 // blocks
}

// waits is added to the stored Since of a subscription that waits. No height is as great.
const waits = 1 << 31

// storedSince returns the stored form of Since and Waits.
func (s *Subscription) storedSince() int64 {
	if s.Waits {
		return waits + int64(s.Since)
	}
	return int64(s.Since)
}

// Begin has subscriptions that wait begin after a block.
func (x *AlertTx) Begin(h pastel.Height) error {
	return x.q.LowerSince(x.ctx, db.LowerSinceParams{Since: int64(h), Since_2: math.MaxInt64})
}

// AddSubscription adds a subscription.
func (x *AlertTx) AddSubscription(s *Subscription) error {
	return x.q.InsertSubscription(x.ctx, db.InsertSubscriptionParams{
		ID: s.ID, Created: s.Created.Unix(), Since: s.storedSince(), ToUrl: s.URL, Secret: s.Secret, Pool: text(string(s.Pool)),
		Pastelid: text(s.PastelID), Operator: text(s.Operator), Kinds: strings.Join(s.Kinds, " "), Cushion: s.Cushion, Overdue: s.Overdue,
	})
}

// Subscriptions returns all subscriptions, oldest first.
func (x *AlertTx) Subscriptions() ([]Subscription, error) {
	rows, err := x.q.ListSubscriptions(x.ctx)
	list := make([]Subscription, len(rows))
	for i, r := range rows {
		list[i] = Subscription{
			ID: r.ID, Created: time.Unix(r.Created, 0).UTC(), URL: r.ToUrl, Secret: r.Secret,
			Pool: ticket.PoolID(r.Pool.String), PastelID: r.Pastelid.String, Operator: r.Operator.String, Kinds: strings.Fields(r.Kinds),
			Cushion: r.Cushion, Overdue: r.Overdue,
		}
		if since := r.Since; since >= waits-1 {
			list[i].Since, list[i].Waits = pastel.Height(since-waits), true
		} else {
			list[i].Since = pastel.Height(since)
		}
	}
	return list, err
}

// RemoveSubscription removes a subscription with its alerts; false if there is none.
func (x *AlertTx) RemoveSubscription(id string) (bool, error) {
	if err := errors.Join(x.q.DeleteAlertsOf(x.ctx, id), x.q.DeleteDeliveriesOf(x.ctx, id), x.q.DeleteEndingsOf(x.ctx, id)); err != nil {
		return false, err
	}
	n, err := x.q.DeleteSubscription(x.ctx, id)
	return n > 0, err
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

// Lane is what waits to be sent to a subscription: what is urgent, or the rest.
type Lane struct {
	Subscription string
	Urgent       bool
}

// Waiting counts the messages of a lane that wait to be sent.
type Waiting struct {
	Lane
	Messages int64
	Due      int64     // of them, those whose next attempt is due
	Since    time.Time // when the oldest was made
}

// Waiting returns what waits in each lane, the urgent ones first. An attempt is due when its time has come, and also if that is after
// latest: no attempt is ever set so late, so the clock was wrong then or is now.
func (x *AlertTx) Waiting(now, latest time.Time) ([]Waiting, error) {
	rows, err := x.q.WaitingAlerts(x.ctx, db.WaitingAlertsParams{NextTry: now.Unix(), NextTry_2: latest.Unix()})
	list := make([]Waiting, len(rows))
	for i, r := range rows {
		list[i] = Waiting{Lane{r.Subscription, r.Urgent != 0}, r.Waiting, r.Due, time.Unix(r.Since, 0).UTC()}
	}
	return list, err
}

// NextAlert returns the message of a lane to send next, the oldest; false if none is due. With rotate it prefers those with the fewest
// attempts, so that some that always fail hold up none of the others. now and latest are those of Waiting.
func (x *AlertTx) NextAlert(of Lane, now, latest time.Time, rotate bool) (Alert, bool, error) {
	r, err := x.q.NextAlert(x.ctx, db.NextAlertParams{
		Subscription: of.Subscription, Urgent: flag(of.Urgent), NextTry: now.Unix(), NextTry_2: latest.Unix(), Rotate: flag(rotate),
	})
	if errors.Is(err, sql.ErrNoRows) {
		return Alert{}, false, nil
	}
	if err != nil {
		return Alert{}, false, err
	}
	return alertOf(r), true, nil
}

// ClaimAlert marks a message as being sent, for an attempt after so many others, and sets when to send it again if no answer comes. It
// returns false if the message was withdrawn or claimed by another process.
func (x *AlertTx) ClaimAlert(id string, attempts int64, next time.Time) (bool, error) {
	n, err := x.q.ClaimAlert(x.ctx, db.ClaimAlertParams{ID: id, Attempts: attempts, NextTry: next.Unix()})
	return n > 0, err
}

// Outcome is what became of an attempt to send a message.
type Outcome struct {
	State   AlertState
	At      time.Time
	Next    time.Time // when to try again
	Refused int64     // attempts so far that the receiver refused, including this one
	Failure string    // why it failed, without anything of the URL; empty if nothing is to be noted of the receiver
}

// AnswerAlert records the outcome of the attempt that a message was claimed for, unless the message was withdrawn or claimed again.
// attempts includes that attempt.
func (x *AlertTx) AnswerAlert(a *Alert, attempts int64, o *Outcome) error {
	p := db.AnswerAlertParams{ID: a.ID, Attempts: attempts, State: string(o.State), NextTry: o.Next.Unix(), Refused: o.Refused}
	if o.State == AlertSent {
		p.SentAt = integer(o.At.Unix())
	}
	n, err := x.q.AnswerAlert(x.ctx, p)
	if err != nil || n == 0 {
		return err
	}
	if o.State == AlertSent {
		return x.q.PutDelivered(x.ctx, db.PutDeliveredParams{Subscription: a.Subscription, DeliveredAt: p.SentAt})
	}
	if o.Failure == "" {
		return nil
	}
	return x.q.PutFailed(x.ctx, db.PutFailedParams{
		Subscription: a.Subscription, FailedAt: integer(o.At.Unix()), Failure: o.Failure, GivenUp: flag(o.State == AlertFailed),
	})
}

// HastenAlerts makes due what waits for a receiver that works again, except what it refused.
func (x *AlertTx) HastenAlerts(subscription string, now time.Time) error {
	return x.q.HastenAlerts(x.ctx, db.HastenAlertsParams{Subscription: subscription, NextTry: now.Unix()})
}

// GiveUpAlerts gives up what waits to be sent to a subscription and was made before a time. It returns the number of messages.
func (x *AlertTx) GiveUpAlerts(subscription string, before, now time.Time, failure string) (int64, error) {
	n, err := x.q.GiveUpAlerts(x.ctx, db.GiveUpAlertsParams{Subscription: subscription, Created: before.Unix()})
	if err != nil || n == 0 {
		return 0, err
	}
	return n, x.q.PutFailed(x.ctx, db.PutFailedParams{Subscription: subscription, FailedAt: integer(now.Unix()), Failure: failure, GivenUp: n})
}

// Delivery is what became of the messages to a subscription so far. Times are zero if there is none.
type Delivery struct {
	Delivered int64
	Last      time.Time // delivery
	Failed    time.Time // the last attempt that failed
	Failure   string    // why
	GivenUp   int64     // messages
}

// Deliveries returns what became of the messages to each subscription.
func (s *Snapshot) Deliveries() (map[string]Delivery, error) {
	rows, err := db.New(s.conn).Deliveries(s.ctx)
	of := make(map[string]Delivery, len(rows))
	for _, r := range rows {
		of[r.Subscription] = Delivery{r.Delivered, moment(r.DeliveredAt), moment(r.FailedAt), r.Failure, r.GivenUp}
	}
	return of, err
}

// moment reads an optional time; zero if missing.
func moment(at sql.NullInt64) time.Time {
	if !at.Valid {
		return time.Time{}
	}
	return time.Unix(at.Int64, 0).UTC()
}

func flag(is bool) int64 {
	if is {
		return 1
	}
	return 0
}

// RetryUnanswered makes messages due that never got an answer because the process ended.
func (x *AlertTx) RetryUnanswered(now time.Time) error { return x.q.RetryUnanswered(x.ctx, now.Unix()) }

// ForgetAlerts deletes finished messages of blocks below a height that are older than a time, or that were made after another one, which
// is to come: the clock was wrong.
func (x *AlertTx) ForgetAlerts(below pastel.Height, before, after time.Time) error {
	return x.q.ForgetAlerts(x.ctx, db.ForgetAlertsParams{Height: int64(below), Created: before.Unix(), Created_2: after.Unix()})
}

// Ordinal counts a pool's events of a type up to the given one. The ordinal does not depend on the event's block.
func (x *AlertTx) Ordinal(e *Event) (int64, error) {
	return x.q.CountEventsUpTo(x.ctx, db.CountEventsUpToParams{
		Pool: text(string(e.Pool)), Type: string(e.Type), Height: int64(e.Height), Height_2: e.Position,
	})
}

// OrdinalOfPledge counts a pledge's events of a type up to the given one.
func (s *Snapshot) OrdinalOfPledge(e *Event) (int64, error) {
	return db.New(s.conn).CountPledgeEventsUpTo(s.ctx, db.CountPledgeEventsUpToParams{
		Pastelid: text(e.PastelID), Pledge: integer(e.Pledge), Type: string(e.Type), Height: int64(e.Height), Height_2: e.Position,
	})
}

// Terms are what a pledge's ticket says, except the offer, which events contain.
type Terms struct {
	Ticket pastel.TxID
	Reward string // address
}

// Amendment returns a pledge's terms before and after one of its pledge.amended events.
func (s *Snapshot) Amendment(e *Event) (before, after Terms, err error) {
	n, err := s.OrdinalOfPledge(e)
	if err != nil {
		return before, after, err
	}
	// The first ticket made the pledge, so amendment n goes from ticket n to ticket n+1.
	rows, err := db.New(s.conn).TicketsOfPledge(s.ctx, db.TicketsOfPledgeParams{Pledge: e.Pledge, Limit: 2, Offset: int32(n - 1)})
	if err != nil {
		return before, after, err
	}
	if len(rows) != 2 {
		return before, after, fmt.Errorf("amendment %d of pledge %d has no ticket; %w", n, e.Pledge, ErrUnreadable)
	}
	for i, terms := range []*Terms{&before, &after} {
		*terms = Terms{Reward: rows[i].Reward}
		if terms.Ticket, err = hash32[pastel.TxID](rows[i].Ticket); err != nil {
			return before, after, err
		}
	}
	return before, after, nil
}

// HadPledge reports whether a PastelID had a pledge in a pool at or after a block.
func (x *AlertTx) HadPledge(id ticket.PoolID, pastelID string, h pastel.Height) (bool, error) {
	n, err := x.q.CountPledgesAt(x.ctx, db.CountPledgesAtParams{Pool: string(id), Pastelid: pastelID, Joined: int64(h)})
	return n > 0, err
}

// PledgedIn returns the pools in which a PastelID has live pledges.
func (x *AlertTx) PledgedIn(pastelID string) ([]ticket.PoolID, error) {
	rows, err := x.q.PoolsOfPledger(x.ctx, pastelID)
	list := make([]ticket.PoolID, len(rows))
	for i, id := range rows {
		list[i] = ticket.PoolID(id)
	}
	return list, err
}

// PaysTo returns what a payout pays to a PastelID's reward addresses.
func (x *AlertTx) PaysTo(id ticket.PoolID, settled pastel.Height, pastelID string) (pastel.Amount, error) {
	sum, err := x.q.PaidByPayout(x.ctx, db.PaidByPayoutParams{Pool: string(id), Settled: int64(settled), Pastelid: pastelID})
	return pastel.Amount(sum), err
}

// Supernode is a Supernode backed by a pool.
type Supernode struct {
	Pool       ticket.PoolID
	Activation pastel.TxID
	Escrow     string // where its rewards must go
}

// Supernodes returns the Supernodes of active pools.
func (x *AlertTx) Supernodes() ([]Supernode, error) {
	rows, err := x.q.ActiveSupernodes(x.ctx)
	list := make([]Supernode, len(rows))
	for i, r := range rows {
		list[i] = Supernode{Pool: ticket.PoolID(r.ID), Escrow: r.Escrow}
		if list[i].Activation, err = hash32[pastel.TxID](r.ActivationTx); err != nil {
			return nil, err
		}
	}
	return list, err
}

// Spend is what an unmined transaction would do to a pledge.
type Spend struct {
	TxID      pastel.TxID
	Pool      ticket.PoolID
	PastelID  string
	Pledge    int64          // join order over all pools
	Outcome   pool.EventType // pledge.left; pledge.reduced: it offers only what counts; or pledge.moved: the remaining coins back all of it
	Forfeited pastel.Amount  // if the next block contained the transaction
	Seen      int64          // seconds since 1970
}

// spendOutcomes maps outcomes to their names in the table.
var spendOutcomes = map[pool.EventType]string{pool.PledgeLeft: "left", pool.PledgeReduced: "reduced", pool.PledgeMoved: "moved"}

func spendOutcome(text string) (pool.EventType, error) {
	for outcome, name := range spendOutcomes {
		if name == text {
			return outcome, nil
		}
	}
	return "", fmt.Errorf("%q is not the outcome of a spend", text)
}

// Spends returns what unmined transactions would do to pledges, first seen first. Zero arguments do not filter. MempoolLooked says as of
// when.
func (s *Snapshot) Spends(poolID ticket.PoolID, pastelID string) ([]Spend, error) {
	q := selecting("SELECT txid, pledge, pool, pastelid, outcome, forfeited, seen FROM mempool_spends")
	equal(q, "pool", string(poolID))
	equal(q, "pastelid", pastelID)
	q.text.WriteString(" ORDER BY seen, txid, pledge")
	return all(s, q, func(rows *sql.Rows) (x Spend, err error) {
		var txid []byte
		var outcome string
		if err = rows.Scan(&txid, &x.Pledge, &x.Pool, &x.PastelID, &outcome, &x.Forfeited, &x.Seen); err != nil {
			return x, err
		}
		var errs [2]error
		x.TxID, errs[0] = hash32[pastel.TxID](txid)
		x.Outcome, errs[1] = spendOutcome(outcome)
		return x, errors.Join(errs[:]...)
	})
}

// PutSpend adds a spend, or changes its outcome; the time it was first seen stays.
func (x *AlertTx) PutSpend(s *Spend) error {
	p := db.PutSpendParams{
		Txid: s.TxID[:], Pledge: s.Pledge, Pool: string(s.Pool), Pastelid: s.PastelID, Outcome: spendOutcomes[s.Outcome],
		Forfeited: int64(s.Forfeited), Seen: s.Seen,
	}
	return x.q.PutSpend(x.ctx, p)
}

// DeleteSpend removes a spend.
func (x *AlertTx) DeleteSpend(s *Spend) error {
	return x.q.DeleteSpend(x.ctx, db.DeleteSpendParams{Txid: s.TxID[:], Pledge: s.Pledge})
}

// LastMove returns the last block above a height in which an event of a type happened to a pledge; -1 if there is none.
func (x *AlertTx) LastMove(id ticket.PoolID, pledge int64, what pool.EventType, above pastel.Height) (pastel.Height, error) {
	h, err := x.q.LastMove(x.ctx, db.LastMoveParams{Pool: text(string(id)), Pledge: integer(pledge), Type: string(what), Height: int64(above)})
	return pastel.Height(h), err
}

// MempoolLook says when the daemon that writes the database last began to check the whole mempool.
type MempoolLook struct {
	Height pastel.Height // of the tip then
	At     int64         // seconds since 1970
}

// MempoolLooked returns when the mempool was last checked; false if there is no node to ask.
func (s *Snapshot) MempoolLooked() (MempoolLook, bool, error) {
	list, err := all(s, selecting("SELECT height, at FROM mempool_looked"), func(rows *sql.Rows) (x MempoolLook, err error) {
		err = rows.Scan(&x.Height, &x.At)
		return x, err
	})
	if err != nil || len(list) == 0 {
		return MempoolLook{}, false, err
	}
	return list[0], true, nil
}

// SetMempoolLooked records when the whole mempool was checked.
func (x *AlertTx) SetMempoolLooked(l MempoolLook) error {
	return x.q.PutMempoolLooked(x.ctx, db.PutMempoolLookedParams{Height: int64(l.Height), At: l.At})
}

// ForgetMempool deletes what is known about a mempool that is no longer checked.
func (x *AlertTx) ForgetMempool() error {
	return errors.Join(x.q.DeleteSpends(x.ctx), x.q.DeleteMempoolLooked(x.ctx))
}
