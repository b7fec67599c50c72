package notify

import (
	"context"
	"time"

	"github.com/pastelnetwork/smartpool/store"
)

const (
	sendPatience = 10 * time.Second // for one attempt
	firstPause   = 5 * time.Second  // before the second; it doubles
	longPause    = 15 * time.Minute
	giveUpAfter  = 7 * 24 * time.Hour
	maxSends     = 64 // at once
	maxHanging   = 64 // through shoutrrr, that have not returned
)

// pauseAfter is how long to wait after that many failed attempts.
func pauseAfter(attempts int64) time.Duration {
	const doublings = 8 // enough for longPause
	return min(firstPause<<min(attempts-1, doublings), longPause)
}

// deliver starts sending what is due: only the first message of each subscription, so that they arrive in order, and all
// subscriptions at once, so that none waits for another's receiver. It returns how many it started.
func (s *Service) deliver(ctx context.Context) (begun int, err error) {
	now := s.cfg.Now()
	var due []store.Alert
	var subs []store.Subscription
	err = s.cfg.Alerts.View(ctx, func(x *store.AlertTx) (err error) {
		if due, err = x.DueAlerts(now, maxSends); err == nil && len(due) > 0 {
			subs, err = x.Subscriptions()
		}
		return err
	})
	if err != nil {
		return 0, err
	}
	to := make(map[string]*store.Subscription, len(subs))
	for i := range subs {
		to[subs[i].ID] = &subs[i]
	}
	for i := range due {
		a, sub := &due[i], to[due[i].Subscription]
		if sub == nil || !s.take(sub.ID) {
			continue
		}
		var ours bool
		err := s.cfg.Alerts.Do(ctx, func(x *store.AlertTx) (err error) {
			ours, err = x.ClaimAlert(a.ID, a.Attempts, now.Add(pauseAfter(a.Attempts+1)))
			return err
		})
		if err != nil || !ours {
			s.give(sub.ID)
			s.gave()
			if err != nil {
				return begun, err
			}
			continue
		}
		begun++
		s.sending.Go(func() {
			defer s.gave()
			s.attempt(ctx, sub, a, func() { s.give(sub.ID) })
		})
	}
	return begun, nil
}

// take marks a subscription as being sent to. It reports false if it already is, or if too many attempts are under way.
func (s *Service) take(id string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.busy[id] || s.attempts >= maxSends {
		return false
	}
	s.attempts++
	s.busy[id] = true
	return true
}

// gave records that an attempt is over.
func (s *Service) gave() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempts--
}

// give records that nothing is being sent to a subscription any more, which may be later than the end of the attempt.
func (s *Service) give(id string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.busy, id)
}

// attempt sends a message once and stores the outcome. If the outcome cannot be stored, the message is sent again: delivery is at
// least once.
func (s *Service) attempt(ctx context.Context, sub *store.Subscription, a *store.Alert, done func()) {
	err := s.send(ctx, sub, &message{a.ID, Kind(a.Kind), a.Text, []byte(a.JSON)}, done)
	now := s.cfg.Now()
	attempts := a.Attempts + 1
	next, state := now, store.AlertSent
	log := s.cfg.Log.With("to", scheme(sub.URL), "subscription", sub.ID, "alert", a.ID, "attempts", attempts)
	switch {
	case err == nil:
	case now.Sub(a.Created) >= giveUpAfter:
		state = store.AlertFailed
		log.Error("an alert could not be delivered and is given up", "since", a.Created, "err", err)
	default:
		next, state = now.Add(pauseAfter(attempts)), store.AlertPending
		if mayHaveArrived(err) {
			state = store.AlertSending
		}
		if ctx.Err() == nil { // otherwise the attempt failed because the daemon is stopping
			log.Warn("an alert was not delivered; retrying", "err", err, "in", pauseAfter(attempts))
		}
	}
	storing, cancel := context.WithTimeout(context.WithoutCancel(ctx), s.patience) // even while the daemon stops
	defer cancel()
	err = s.cfg.Alerts.Do(storing, func(x *store.AlertTx) error { return x.AnswerAlert(a.ID, attempts, state, now, next) })
	if err != nil {
		log.Warn("an alert's delivery could not be stored, it may be sent again", "err", err)
		return
	}
	if state == store.AlertSent {
		s.ring()
	}
}
