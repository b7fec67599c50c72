package notify

import (
	"context"
	"time"

	"github.com/pastelnetwork/smartpool/store"
)

const (
	sendPatience = 10 * time.Second // for one attempt
	firstPause   = 5 * time.Second  // before the second; it doubles
	longPause    = 15 * time.Minute // no pause is longer, whatever the receiver asks for
	urgentPause  = time.Minute      // likewise, between attempts of different urgent messages
	maxRefusals  = 5                // a message that is refused so often is given up

	// A message is given up when it is so old, but only if its receiver has failed so often and for so long by a clock that nobody sets.
	giveUpAfter  = 7 * 24 * time.Hour
	giveUpTries  = 10
	giveUpStreak = time.Hour

	// A message is given up after so many attempts, whatever its age: it may have been made while the clock was wrong.
	maxAttempts = 1500
)

// pauseAfter is how long to wait after that many failed attempts.
func pauseAfter(attempts int64) time.Duration {
	const doublings = 8 // enough for longPause
	return min(firstPause<<min(max(attempts, 1)-1, doublings), longPause)
}

// dispatch is a message to send.
type dispatch struct {
	sub   *store.Subscription
	alert store.Alert
	lane  store.Lane
}

// deliver starts sending what is due: of each subscription one message that is urgent, and one of the others when no urgent one can be
// sent. It returns how many it started.
func (s *Service) deliver(ctx context.Context) (begun int, err error) {
	now := s.cfg.Now()
	var todo []dispatch
	err = s.cfg.Alerts.View(ctx, func(x *store.AlertTx) (err error) {
		todo, err = s.choose(x, now)
		return err
	})
	for i := range todo {
		d := &todo[i]
		if err != nil {
			s.traffic.release(d.lane)
			continue
		}
		var ours bool
		err = s.cfg.Alerts.Do(ctx, func(x *store.AlertTx) (err error) {
			ours, err = x.ClaimAlert(d.alert.ID, d.alert.Attempts, now.Add(pauseAfter(d.alert.Attempts+1)))
			return err
		})
		if err != nil || !ours {
			s.traffic.release(d.lane)
			continue
		}
		begun++
		s.sending.Go(func() {
			s.attempt(ctx, d)
			s.ring()
		})
	}
	return begun, err
}

// choose picks what to send now and reserves its lanes. It also notes what waits, for Outbox.
func (s *Service) choose(x *store.AlertTx, now time.Time) (todo []dispatch, err error) {
	latest := now.Add(longPause)
	waiting, err := x.Waiting(now, latest)
	if err != nil {
		return nil, err
	}
	list, err := x.Subscriptions()
	if err != nil {
		return nil, err
	}
	done, err := x.Deliveries()
	if err != nil {
		return nil, err
	}
	s.note(list, waiting, done, now)
	subs := make(map[string]*store.Subscription, len(list))
	for i := range list {
		subs[list[i].ID] = &list[i]
	}
	s.traffic.keep(subs)
	s.traffic.fair(waiting)
	for _, w := range waiting {
		sub := subs[w.Subscription]
		if sub == nil || w.Due == 0 {
			continue
		}
		if !s.traffic.reserve(w.Lane, hostOf(sub), s.cfg.Elapsed()) {
			continue
		}
		a, found, err := x.NextAlert(w.Lane, now, latest, s.traffic.fails(w.Subscription))
		if found && sub.ByMember() && s.limits.sent.Wait(sub.PastelID, now) > 0 { // it waits: a stranger costs no more in a day
			found = false
		}
		if err != nil || !found {
			s.traffic.release(w.Lane)
			if err != nil {
				return todo, err
			}
			continue
		}
		todo = append(todo, dispatch{sub, a, w.Lane})
	}
	return todo, nil
}

// attempt sends a message once and stores the outcome. If the outcome cannot be stored, the message is sent again: delivery is at
// least once.
func (s *Service) attempt(ctx context.Context, d *dispatch) {
	a := &d.alert
	err := s.send(ctx, d.sub, &message{a.ID, Kind(a.Kind), a.Text, []byte(a.JSON)}, func() { s.traffic.silent(d.lane) })
	defer s.traffic.over(d.lane)
	now := s.cfg.Now()
	attempts := a.Attempts + 1
	o, again := s.judgeAttempt(ctx, d, attempts, now, err)
	log := s.cfg.Log.With("to", scheme(d.sub.URL), "subscription", d.sub.ID, "alert", a.ID, "kind", a.Kind, "attempts", attempts)
	switch {
	case err == nil:
	case o.State == store.AlertFailed:
		log.Error("an alert could not be delivered and is given up", "since", a.Created, "err", err)
	case ctx.Err() == nil: // otherwise the attempt failed because the daemon is stopping
		log.Warn("an alert was not delivered; retrying", "err", err, "in", o.Next.Sub(now))
	}
	old, stored := s.record(ctx, d, attempts, now, o, again)
	if stored != nil {
		log.Warn("an alert's delivery could not be stored, it may be sent again", "err", stored)
		return
	}
	if old > 0 {
		log.Error("more alerts that waited as long are given up", "count", old)
	}
	s.cfg.Counts.add(d, o, old)
}

// record stores the outcome of an attempt, for which it has patience: a message whose outcome is not stored is sent again. It returns how many
// other messages are given up for their age.
func (s *Service) record(ctx context.Context, d *dispatch, attempts int64, now time.Time, o *store.Outcome, again bool) (old int64, err error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.patience) // even while the daemon stops
	defer cancel()
	for pause := 20 * time.Millisecond; ; pause *= 2 {
		err = s.cfg.Alerts.Do(ctx, func(x *store.AlertTx) (err error) {
			old = 0
			err = x.AnswerAlert(&d.alert, attempts, o)
			if err == nil && o.State == store.AlertFailed && !refused(o) {
				old, err = x.GiveUpAlerts(d.sub.ID, now.Add(-giveUpAfter), now, o.Failure)
			}
			if err == nil && o.State == store.AlertFailed && d.sub.ByMember() {
				err = s.dropSilent(x, d.sub, now)
			}
			if err == nil && again {
				err = x.HastenAlerts(d.sub.ID, now)
			}
			return err
		})
		// What passes is above all another transaction that interfered.
		if err == nil || !store.Temporary(err) || !wait(ctx, pause, nil) {
			return old, err
		}
	}
}

// judgeAttempt says what becomes of a message after an attempt, and whether the receiver works again.
func (s *Service) judgeAttempt(ctx context.Context, d *dispatch, attempts int64, now time.Time, err error) (o *store.Outcome, again bool) {
	a := &d.alert
	o = &store.Outcome{State: store.AlertPending, At: now, Refused: a.Refused}
	if err == nil {
		o.State, o.Next = store.AlertSent, now
		return o, s.traffic.answered(d.lane.Subscription)
	}
	pause := pauseAfter(attempts)
	if mayHaveArrived(err) {
		o.State = store.AlertSending
	}
	if ctx.Err() != nil {
		o.Next = now.Add(pause)
		return o, false
	}
	o.Failure = err.Error()
	if isRefusal(err) {
		again = s.traffic.answered(d.lane.Subscription)
		o.Refused++
		pause = pauseAfter(o.Refused)
	} else {
		pause = max(pause, retryAfter(err))
		s.traffic.failed(d.lane, attempts == 1, retryAfter(err), s.cfg.Elapsed())
	}
	o.Next = now.Add(pause)
	tooOld := now.Sub(a.Created) >= giveUpAfter && s.traffic.dead(d.lane.Subscription, s.cfg.Elapsed())
	if refused(o) || tooOld || attempts >= maxAttempts {
		o.State = store.AlertFailed
	}
	return o, again
}

// refused reports whether the receiver refused a message often enough to believe it.
func refused(o *store.Outcome) bool { return o.Refused >= maxRefusals }

// note keeps what Outbox and the metrics say.
func (s *Service) note(subs []store.Subscription, waiting []store.Waiting, done map[string]store.Delivery, now time.Time) {
	b := Outbox{Subscriptions: len(subs)}
	members := map[string]bool{}
	for i := range subs {
		members[subs[i].ID] = subs[i].ByMember()
	}
	for _, w := range waiting {
		if members[w.Subscription] {
			continue
		}
		b.Waiting += w.Messages
		b.Oldest = max(b.Oldest, now.Sub(w.Since))
	}
	for id, d := range done {
		if !members[id] {
			b.GivenUp += d.GivenUp
		}
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.outbox = b
}

// Outbox is what waits to be sent. Messages to members are left out: strangers choose their receivers, whose failures call nobody.
type Outbox struct {
	Subscriptions int
	Waiting       int64         // messages
	Oldest        time.Duration // how long the oldest has been waiting
	GivenUp       int64         // messages to subscriptions that still exist
}

// Outbox returns what waited when the service last looked for something to send.
func (s *Service) Outbox() Outbox {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.outbox
}
