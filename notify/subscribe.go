package notify

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Request asks for a subscription.
type Request struct {
	URL      string        `json:"url"`      // http(s):// is a webhook, anything else a URL of shoutrrr
	Pool     ticket.PoolID `json:"pool"`     // at most one of the three; none means every pool
	PastelID string        `json:"pastelid"` // its own pledges, and the pools they are in
	Operator string        `json:"operator"` // PastelID: the pools it operates
	Kinds    []Kind        `json:"kinds"`    // none means all
	Cushion  int64         `json:"cushion"`  // percent below which a cushion is low; 0 means the default in settings.go
	Overdue  int64         `json:"overdue"`  // blocks after which a payout is overdue; 0 likewise
}

// Receipt is the answer to a new subscription.
type Receipt struct {
	ID     string `json:"id"`
	Secret string `json:"secret,omitempty"` // signs a webhook's messages; it is not shown again
}

// Listed is a subscription without its secrets.
type Listed struct {
	ID       string        `json:"id"`
	Created  time.Time     `json:"created"`
	To       string        `json:"to"` // the URL without its secrets
	Pool     ticket.PoolID `json:"pool,omitempty"`
	PastelID string        `json:"pastelid,omitempty"`
	Operator string        `json:"operator,omitempty"`
	Kinds    []Kind        `json:"kinds"`
	Cushion  int64         `json:"cushion"`
	Overdue  int64         `json:"overdue"`
	Deliveries
}

// Deliveries is what became of the messages to a subscription.
type Deliveries struct {
	Delivered    int64     // messages that arrived
	LastDelivery time.Time // zero if none arrived
	Waiting      int64     // messages
	WaitingSince time.Time // of the oldest; zero if none waits
	LastError    string    // of the last attempt that failed, without anything of the URL
	LastFailure  time.Time // when; zero if none failed
	GivenUp      int64     // messages that the receiver refused, or that waited too long
}

// RequestError says what is wrong with a request. Its text contains nothing of a URL.
type RequestError struct{ Detail string }

func (e *RequestError) Error() string { return e.Detail }

func wrong(format string, args ...any) error { return &RequestError{fmt.Sprintf(format, args...)} }

// Limits of requests.
const (
	maxSubscriptions = 1000
	maxURL           = 2048
)

// validate says what is wrong with a request, and fills in the defaults.
func (r *Request) validate() error {
	r.URL = pastedURL(r.URL)
	if err := checkURL(r.URL); err != nil {
		return err
	}
	scopes := 0
	for _, scope := range []string{string(r.Pool), r.PastelID, r.Operator} {
		if scope != "" {
			scopes++
		}
	}
	if scopes > 1 {
		return wrong("give one of pool, pastelid and operator, or none for every pool")
	}
	for name, id := range map[string]string{"pastelid": r.PastelID, "operator": r.Operator} {
		if _, err := pastelid.Parse(id); id != "" && err != nil {
			return wrong("%s: not a PastelID", name)
		}
	}
	if len(r.Kinds) == 0 {
		r.Kinds = Kinds()
	}
	seen := map[Kind]bool{}
	for _, k := range r.Kinds {
		if !slices.Contains(Kinds(), k) {
			return wrong("kinds: %.40q is not a kind of alert; choose from %s", string(k), joined(Kinds()))
		}
		if seen[k] {
			return wrong("kinds: %s is listed twice", k)
		}
		seen[k] = true
	}
	for i := range settings {
		if err := settings[i].fill(r); err != nil {
			return err
		}
	}
	return nil
}

// pastedURL returns a URL in the form in which it is checked and stored.
func pastedURL(text string) string {
	text = strings.TrimSpace(text)
	if name, rest, found := strings.Cut(text, ":"); found {
		return strings.ToLower(name) + ":" + rest
	}
	return text
}

func joined(kinds []Kind) string {
	list := make([]string, len(kinds))
	for i, k := range kinds {
		list[i] = string(k)
	}
	return strings.Join(list, ", ")
}

// checkURL says what is wrong with a URL, without connecting to anything.
func checkURL(to string) error {
	if to == "" || len(to) > maxURL || strings.ContainsFunc(to, func(r rune) bool { return !visible.Rune(r) }) {
		return wrong("url: give one of at most %d printable characters, such as https://example.org/alerts", maxURL)
	}
	u, err := url.Parse(to)
	if err != nil || u.Scheme == "" || u.Scheme != scheme(to) {
		return wrong("url: malformed; give one such as https://example.org/alerts or discord://token@id")
	}
	if isWebhook(to) {
		if u.Hostname() == "" || u.Fragment != "" {
			return wrong("url: a webhook needs a host and takes no fragment; give one such as https://example.org/alerts")
		}
		if port, err := strconv.ParseUint(u.Port(), 10, 16); u.Port() != "" && (err != nil || port == 0) || strings.HasSuffix(u.Host, ":") {
			return wrong("url: its port is not a number from 1 to 65535")
		}
		return nil
	}
	service, _, _ := strings.Cut(u.Scheme, "+")
	var shoutrrr router.ServiceRouter
	switch services := shoutrrr.ListServices(); {
	case service == "generic": // it reads answers without bound
		return wrong("url: generic is not supported; use an http:// or https:// URL, which is a webhook")
	case service == "logger" || !slices.Contains(services, service):
		return wrong("url: shoutrrr has no service called %.20q; see its list of services", service)
	case service == "matrix":
		return nil // it would log in to find out
	}
	if _, err := shoutrrr.Locate(to); err != nil {
		return wrong("url: not in the form that %s takes; see its page in shoutrrr's documentation", service)
	}
	return nil
}

// Subscribe adds a subscription, which hears what happens from now on. While the ledger is not at the network's tip, what it reads is history
// unless it is dated later. A request that is wrong gets a *RequestError.
func (s *Service) Subscribe(ctx context.Context, r Request) (Receipt, error) {
	if err := r.validate(); err != nil {
		return Receipt{}, err
	}
	sub, begin := s.newSubscription(&r)
	defer begin()
	err := s.cfg.Alerts.Do(ctx, func(x *store.AlertTx) error {
		subs, err := x.Subscriptions()
		if err != nil {
			return err
		}
		if len(subs) >= maxSubscriptions {
			return wrong("there are already %d subscriptions, the maximum; remove some first", maxSubscriptions)
		}
		if r.Pool != "" {
			found, err := x.Pools(store.PoolFilter{ID: r.Pool})
			if err == nil && len(found) == 0 {
				err = wrong("pool: no pool has this id; smartpool pools lists them")
			}
			if err != nil {
				return err
			}
		}
		return s.add(x, &sub, len(subs))
	})
	if err != nil {
		return Receipt{}, err
	}
	return Receipt{ID: sub.ID, Secret: sub.Secret}, nil
}

// newSubscription makes a subscription of a valid request, and returns what to do once it is added.
func (s *Service) newSubscription(r *Request) (sub store.Subscription, added func()) {
	since, fresh := s.tip()
	if !fresh {
		status := s.cfg.Status()
		since = max(since, status.Target, status.Fresh.Node.Headers)
	}
	sub = store.Subscription{
		ID: newID(), Created: s.cfg.Now(), Since: since, Waits: !fresh, URL: r.URL, Pool: r.Pool, PastelID: r.PastelID, Operator: r.Operator,
		Cushion: r.Cushion, Overdue: r.Overdue,
	}
	if isWebhook(r.URL) {
		sub.Secret = newID() + newID()
	}
	for _, k := range r.Kinds {
		sub.Kinds = append(sub.Kinds, string(k))
	}
	return sub, func() {
		if !fresh {
			s.waiting.Store(true)
		}
	}
}

// add stores a subscription beside others.
func (s *Service) add(x *store.AlertTx, sub *store.Subscription, others int) error {
	tip, err := x.Tip()
	if errors.Is(err, chain.ErrNotFound) {
		tip, err = store.Block{Height: -1}, nil
	}
	if err != nil {
		return err
	}
	if others == 0 { // events were not read while nobody had subscribed
		if err := x.SetCursor(store.AlertCursor{Height: tip.Height, Position: store.EndOfBlock, Hash: tip.Hash}); err != nil {
			return err
		}
	}
	sub.Since = max(sub.Since, tip.Height)
	return x.AddSubscription(sub)
}

// List lists all subscriptions, the oldest first, without their secrets.
func (s *Service) List(ctx context.Context) ([]Listed, error) {
	list := []Listed{}
	err := s.cfg.Alerts.View(ctx, func(x *store.AlertTx) error {
		subs, err := x.Subscriptions()
		if err != nil {
			return err
		}
		done, err := x.Deliveries()
		if err != nil {
			return err
		}
		now := s.cfg.Now().UTC()
		lanes, err := x.Waiting(now, now)
		waiting := map[string]store.Waiting{}
		for _, w := range lanes {
			if before, found := waiting[w.Subscription]; found {
				w.Messages += before.Messages
				w.Since = earlier(w.Since, before.Since)
			}
			waiting[w.Subscription] = w
		}
		for i := range subs {
			sub := &subs[i]
			d, w := done[sub.ID], waiting[sub.ID]
			l := Listed{
				ID: sub.ID, Created: sub.Created, To: redacted(sub.URL), Pool: sub.Pool, PastelID: sub.PastelID, Operator: sub.Operator,
				Cushion: sub.Cushion, Overdue: sub.Overdue, Deliveries: Deliveries{
					Delivered: d.Delivered, Waiting: w.Messages, LastError: d.Failure, GivenUp: d.GivenUp,
					// The clock may have been ahead when these were stored.
					LastDelivery: earlier(d.Last, now), LastFailure: earlier(d.Failed, now),
				},
			}
			if w.Messages > 0 {
				l.WaitingSince = earlier(w.Since, now)
			}
			for _, k := range sub.Kinds {
				l.Kinds = append(l.Kinds, Kind(k))
			}
			list = append(list, l)
		}
		return err
	})
	return list, err
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// redacted returns the part of a URL that is no secret: of a webhook its host, of shoutrrr's, which have tokens anywhere, the scheme.
func redacted(to string) string {
	if u, err := url.Parse(to); err == nil && isWebhook(to) {
		return u.Scheme + "://" + u.Host + "/…"
	}
	if isHook(to) {
		return to // a path of the settings
	}
	return scheme(to) + "://…"
}

// errHook says that a subscription is none of the API's.
var errHook = wrong("this is a hook of the daemon's settings, which neither the API nor the command line runs or removes: see --hook")

// Remove ends a subscription and drops what waits to be sent to it. The error is chain.ErrNotFound if there is none.
func (s *Service) Remove(ctx context.Context, id string) error {
	return s.cfg.Alerts.Do(ctx, func(x *store.AlertTx) error {
		subs, err := x.Subscriptions()
		if err != nil {
			return err
		}
		if slices.ContainsFunc(subs, func(sub store.Subscription) bool { return sub.ID == id && isHook(sub.URL) }) {
			return errHook
		}
		found, err := x.RemoveSubscription(id)
		if err == nil && !found {
			err = fmt.Errorf("subscription: %w", chain.ErrNotFound)
		}
		return err
	})
}

// Test sends a test message at once, without the outbox. The error says why the receiver did not take it; it is chain.ErrNotFound if there
// is no such subscription.
func (s *Service) Test(ctx context.Context, id string) error {
	var sub *store.Subscription
	height := pastel.Height(-1)
	err := s.cfg.Alerts.View(ctx, func(x *store.AlertTx) error {
		subs, err := x.Subscriptions()
		if err != nil {
			return err
		}
		i := slices.IndexFunc(subs, func(sub store.Subscription) bool { return sub.ID == id })
		if i < 0 {
			return fmt.Errorf("subscription: %w", chain.ErrNotFound)
		}
		if sub = &subs[i]; isHook(sub.URL) {
			return errHook
		}
		tip, err := x.Tip()
		if errors.Is(err, chain.ErrNotFound) {
			return nil
		}
		height = tip.Height
		return err
	})
	if err != nil {
		return err
	}
	m := Message{
		ID: newID(), Kind: testMessage, Pool: sub.Pool, PastelID: sub.PastelID, Height: height, Time: s.cfg.Now().UTC(),
		Text: "This is a test: alerts of smartpool arrive here.",
	}
	body, err := json.Marshal(m)
	if err != nil {
		return err
	}
	if err = s.send(ctx, sub, &message{m.ID, m.Kind, m.Text, body}, func() {}); err != nil {
		s.cfg.Log.Warn("a test was not delivered", "to", scheme(sub.URL), "subscription", sub.ID, "err", err)
	}
	return err
}
