package store

import (
	"database/sql"
	"errors"
	"time"

	"github.com/pastelnetwork/smartpool/store/db"
)

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

// FirstGivenUp returns when the oldest message was made that was given up after the last one that arrived; false if none is kept.
func (x *AlertTx) FirstGivenUp(subscription string) (time.Time, bool, error) {
	at, err := x.q.FirstGivenUp(x.ctx, subscription)
	return time.Unix(at, 0).UTC(), at > 0, err
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
