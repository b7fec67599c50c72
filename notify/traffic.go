package notify

import (
	"cmp"
	"net/url"
	"slices"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/store"
)

// Attempts at once.
const (
	maxSends    = 64 // in all
	maxAiling   = 32 // of them, to receivers whose last attempt failed, so that they leave room for the others
	maxSameHost = 8  // of them, to one host
	maxHanging  = 64 // through shoutrrr, that have not returned; as many more for members, who can make them hang
)

// traffic says who may be sent something now, so that no receiver holds up another, and no message those behind it. It goes by a clock
// that nobody sets, the time since the process started, and begins afresh with each process.
type traffic struct {
	mu      sync.Mutex
	lanes   map[store.Lane]*sending // that something is being sent in
	rests   map[store.Lane]*rest
	streaks map[string]*streak // by subscription
	last    map[store.Lane]int // the turn in which something was last sent
	turn    int
}

// sending is an attempt under way. A lane is free again once its attempt is over and nothing of it runs any more; services may hang.
type sending struct {
	host   string
	ails   bool // the receiver's last attempt failed
	over   bool // its outcome is stored
	silent bool // nothing of it runs any more
}

// rest is how long a lane rests after different messages failed in a row.
type rest struct {
	failed int64         // messages whose first attempts failed since the last success
	until  time.Duration // since the process started
}

// streak is how a receiver has failed without a break.
type streak struct {
	since time.Duration // of the first attempt that failed
	tries int
}

func newTraffic() *traffic {
	return &traffic{
		lanes: map[store.Lane]*sending{}, rests: map[store.Lane]*rest{}, streaks: map[string]*streak{}, last: map[store.Lane]int{},
	}
}

// hostOf returns what attempts at once are counted by: a webhook's host, or the name of a service. Members have places of their own.
func hostOf(sub *store.Subscription) string {
	host := scheme(sub.URL)
	if u, err := url.Parse(sub.URL); err == nil && isWebhook(sub.URL) {
		host = u.Host
	}
	if sub.ByMember() {
		host += " of members"
	}
	return host
}

// reserve marks a lane as being sent in. It reports false if it has to wait: for an attempt under way, for its rest, for an urgent message
// to the same receiver, or for a free place.
func (t *traffic) reserve(l store.Lane, host string, now time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.lanes[l] != nil {
		return false
	}
	if first := t.lanes[store.Lane{Subscription: l.Subscription, Urgent: true}]; first != nil && !first.over {
		return false
	}
	if r := t.rests[l]; r != nil && now < r.until {
		return false
	}
	ails := t.streaks[l.Subscription] != nil
	all, ailing, same := 0, 0, 0
	for _, x := range t.lanes {
		if x.over {
			continue
		}
		all++
		if x.ails {
			ailing++
		}
		if x.host == host {
			same++
		}
	}
	if all >= maxSends || ails && ailing >= maxAiling || same >= maxSameHost {
		return false
	}
	t.lanes[l] = &sending{host: host, ails: ails}
	t.turn++
	t.last[l] = t.turn
	return true
}

// over records that an attempt is over, and its outcome stored.
func (t *traffic) over(l store.Lane) { t.end(l, func(x *sending) { x.over = true }) }

// silent records that nothing of an attempt runs any more, which may be later than its end.
func (t *traffic) silent(l store.Lane) { t.end(l, func(x *sending) { x.silent = true }) }

// release frees a lane in which nothing was sent.
func (t *traffic) release(l store.Lane) { t.end(l, func(x *sending) { x.over, x.silent = true, true }) }

func (t *traffic) end(l store.Lane, how func(*sending)) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if x := t.lanes[l]; x != nil {
		if how(x); x.over && x.silent {
			delete(t.lanes, l)
		}
	}
}

// answered records that a receiver works, whether or not it took the message. It reports whether the receiver works again after it failed
// so often that the messages to it pause.
func (t *traffic) answered(subscription string) (again bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	const often = 3 // in a row: a message that alone makes it fail pauses
	if s := t.streaks[subscription]; s != nil {
		again = s.tries >= often
	}
	delete(t.streaks, subscription)
	for _, urgent := range []bool{true, false} {
		delete(t.rests, store.Lane{Subscription: subscription, Urgent: urgent})
	}
	return again
}

// failed records that a receiver did not work, in the first attempt of a message or a later one, and how long it asked to be left alone. The
// same message failing again does not make others wait longer: it may be what fails.
func (t *traffic) failed(l store.Lane, first bool, asked, now time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.streaks[l.Subscription]
	if s == nil {
		s = &streak{since: now}
		t.streaks[l.Subscription] = s
	}
	s.tries++
	r := t.rests[l]
	if r == nil {
		r = &rest{}
		t.rests[l] = r
	}
	if first || r.failed == 0 {
		r.failed++
	}
	pause := max(pauseAfter(r.failed), asked)
	if l.Urgent {
		pause = min(pause, urgentPause)
	}
	r.until = now + pause
}

// fails reports whether a receiver has failed more than once in a row: it may be one message that fails, so others get their turn first.
func (t *traffic) fails(subscription string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.streaks[subscription]
	return s != nil && s.tries > 1
}

// dead reports whether a receiver has failed so often and for so long that messages to it may be given up for their age.
func (t *traffic) dead(subscription string, now time.Duration) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	s := t.streaks[subscription]
	return s != nil && s.tries >= giveUpTries && now-s.since >= giveUpStreak
}

// keep forgets subscriptions that ended.
func (t *traffic) keep(subs map[string]*store.Subscription) {
	t.mu.Lock()
	defer t.mu.Unlock()
	for id := range t.streaks {
		if subs[id] == nil {
			delete(t.streaks, id)
		}
	}
	for l := range t.rests {
		if subs[l.Subscription] == nil {
			delete(t.rests, l)
		}
	}
	for l := range t.last {
		if subs[l.Subscription] == nil {
			delete(t.last, l)
		}
	}
}

// fair puts the urgent lanes first, and of lanes alike the one that was sent to least recently.
func (t *traffic) fair(list []store.Waiting) {
	t.mu.Lock()
	defer t.mu.Unlock()
	slices.SortStableFunc(list, func(a, b store.Waiting) int {
		switch {
		case a.Urgent == b.Urgent:
			return cmp.Compare(t.last[a.Lane], t.last[b.Lane])
		case a.Urgent:
			return -1
		}
		return 1
	})
}
