package notify

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/time/rate"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/tally"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/store"
)

// Members says whom the daemon lets subscribe with a PastelID's signature in place of its token.
type Members struct {
	Most int    // subscriptions in all
	URL  string // by which members reach the daemon: they sign it, so that no other daemon can use their requests here
}

// Limits of members' requests and subscriptions.
const (
	PerPastelID = 3 // subscriptions

	requestAge    = 10 * time.Minute // how far a request's time and the daemon's may differ
	clientEvery   = 30 * time.Second // between requests of an address, in the long run
	clientBurst   = 10
	allEvery      = time.Second // between requests of everybody, and likewise between those to stop
	allBurst      = 30
	mostClients   = 10_000      // addresses remembered; further ones share one limit
	messagesADay  = 200         // attempts to send, to all receivers of a PastelID
	messagesBurst = 50          // of these, at once
	memberSilence = giveUpAfter // a receiver that took nothing for so long after a message that was given up is dropped
)

// Signed is a request that a PastelID signed.
type Signed struct {
	PastelID  string
	Time      time.Time // that the text names
	Text      string    // that the signature is of
	Signature string    // base64
}

// RefusedError says why a member's request is not carried out, other than for what it asks.
type RefusedError struct {
	Detail string
	After  time.Duration // it may be carried out then; 0 if not
}

func (e *RefusedError) Error() string { return e.Detail }

// Members returns whom the daemon lets subscribe; false if it requires the token.
func (s *Service) Members() (Members, bool) { return s.cfg.Members, s.cfg.Members.Most > 0 }

// meetMembers ends members' subscriptions if the daemon takes none any more: nobody who gets their messages could stop them.
func (s *Service) meetMembers(x *store.AlertTx) error {
	if _, on := s.Members(); on {
		return nil
	}
	subs, err := x.Subscriptions()
	if err != nil {
		return err
	}
	ended := 0
	for i := range subs {
		if !subs[i].ByMember() {
			continue
		}
		if _, err := x.RemoveSubscription(subs[i].ID); err != nil {
			return err
		}
		ended++
	}
	if ended > 0 {
		s.cfg.Log.Warn("members cannot subscribe any more: their subscriptions end", "subscriptions", ended)
	}
	return nil
}

// limits bound how often members' requests are looked at, and messages sent to their receivers.
type limits struct {
	clients *tally.Rate[netip.Addr]
	all     *rate.Limiter       // requests that a PastelID signed, or nobody
	stop    *rate.Limiter       // requests to stop messages, which a flood of the others must not hold up
	sent    *tally.Rate[string] // attempts to send, by PastelID, as it can replace its subscriptions at any time
}

func newLimits() limits {
	everybody := func() *rate.Limiter { return rate.NewLimiter(rate.Every(allEvery), allBurst) }
	return limits{
		clients: tally.NewRate[netip.Addr](clientEvery, clientBurst, mostClients), all: everybody(), stop: everybody(),
		sent: tally.NewRate[string](24*time.Hour/messagesADay, messagesBurst, 2*maxSubscriptions),
	}
}

// allow reports whether an address may ask for something now, which counts, also among what all ask for.
func (l *limits) allow(who netip.Addr, all *rate.Limiter, now time.Time) bool {
	return l.clients.Wait(who, now) == 0 && all.AllowN(now, 1)
}

// verify checks what needs no database: rates, before the signature, which costs the most. It returns who signed.
func (s *Service) verify(who netip.Addr, q *Signed) (id pastelid.PastelID, err error) {
	if _, on := s.Members(); !on {
		return id, &RefusedError{Detail: "this daemon takes no subscriptions from members: follow the feed of your PastelID, or use a daemon of your own"}
	}
	if id, err = pastelid.Parse(q.PastelID); err != nil {
		return id, wrong("pastelid: not a PastelID")
	}
	now := s.cfg.Now()
	if !s.limits.allow(who, s.limits.all, now) {
		return id, &RefusedError{Detail: "too many requests: wait a minute", After: time.Minute}
	}
	if off := now.Sub(q.Time); off.Abs() > requestAge {
		return id, &RefusedError{Detail: fmt.Sprintf("the request is dated %s, and it is %s here: sign another one, after you have set your clock",
			q.Time.UTC().Format(time.RFC3339), now.UTC().Format(time.RFC3339))}
	}
	if !pastelid.VerifyBase64(id, []byte(q.Text), q.Signature) {
		return id, &RefusedError{Detail: "the signature is not by this PastelID, or is of another text: " +
			"sign the text for this network, this daemon's URL as its status gives it, and these very fields"}
	}
	return id, nil
}

// take runs f in a transaction if the PastelID is registered and signed nothing as late before. A request that is refused was not made.
func (s *Service) take(ctx context.Context, id pastelid.PastelID, q *Signed, f func(*store.AlertTx, []store.Subscription) error) error {
	return s.cfg.Alerts.Do(ctx, func(x *store.AlertTx) error {
		tip, err := x.Tip()
		if errors.Is(err, chain.ErrNotFound) {
			return &RefusedError{Detail: "the ledger holds no block yet: try again in some minutes", After: time.Minute}
		}
		if err != nil {
			return err
		}
		switch _, err := x.Standing(id, tip.Height); {
		case errors.Is(err, chain.ErrNotFound):
			return &RefusedError{Detail: "this PastelID is not registered on the chain: register it, and subscribe once a block holds the registration"}
		case err != nil:
			return err
		}
		fresh, err := x.TakeMemberRequest(q.PastelID, q.Time, s.cfg.Now().Add(-2*requestAge))
		if err != nil {
			return err
		}
		if !fresh {
			return &RefusedError{Detail: "this request was made before, or one that is dated later: sign another one"}
		}
		subs, err := x.Subscriptions()
		if err != nil {
			return err
		}
		return f(x, subs)
	})
}

// SubscribeMember adds a subscription to a PastelID that signed for it, in place of one to the same receiver.
func (s *Service) SubscribeMember(ctx context.Context, who netip.Addr, q Signed, r Request) (Receipt, error) {
	id, err := s.verify(who, &q)
	if err != nil {
		return Receipt{}, err
	}
	r.Pool, r.Operator, r.PastelID = "", "", q.PastelID
	// First of all, as anybody may ask: the other checks have any of shoutrrr's services read the URL.
	if err := checkMemberURL(pastedURL(r.URL), s.cfg.Members.URL); err != nil {
		return Receipt{}, err
	}
	if err := r.validate(); err != nil {
		return Receipt{}, err
	}
	sub, begin := s.newSubscription(&r)
	defer begin()
	sub.Stop = newID() + newID()
	err = s.take(ctx, id, &q, func(x *store.AlertTx, subs []store.Subscription) error {
		all, own := 0, 0
		for i := range subs {
			old := &subs[i]
			if !old.ByMember() {
				continue
			}
			if old.PastelID == r.PastelID && old.URL == r.URL {
				if _, err := x.RemoveSubscription(old.ID); err != nil {
					return err
				}
				continue
			}
			all++
			if old.PastelID == r.PastelID {
				own++
			}
		}
		switch {
		case own >= PerPastelID:
			return wrong("this PastelID has %d subscriptions here, the maximum: remove one first", own)
		case all >= s.cfg.Members.Most:
			return &RefusedError{Detail: "this daemon has as many subscriptions of members as it takes: follow the feed of your PastelID"}
		}
		return s.add(x, &sub, len(subs))
	})
	return Receipt{ID: sub.ID, Secret: sub.Secret}, err
}

// ListMember lists the subscriptions that a PastelID signed for.
func (s *Service) ListMember(ctx context.Context, who netip.Addr, q Signed) (list []Listed, err error) {
	id, err := s.verify(who, &q)
	if err != nil {
		return nil, err
	}
	mine := map[string]bool{}
	err = s.take(ctx, id, &q, func(_ *store.AlertTx, subs []store.Subscription) error {
		for i := range subs {
			mine[subs[i].ID] = subs[i].ByMember() && subs[i].PastelID == q.PastelID
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	all, err := s.List(ctx)
	list = []Listed{}
	for i := range all {
		if mine[all[i].ID] {
			list = append(list, all[i])
		}
	}
	return list, err
}

// RemoveMember ends a subscription that a PastelID signed for. The error is chain.ErrNotFound if it has no such one.
func (s *Service) RemoveMember(ctx context.Context, who netip.Addr, q Signed, subscription string) error {
	id, err := s.verify(who, &q)
	if err != nil {
		return err
	}
	return s.take(ctx, id, &q, func(x *store.AlertTx, subs []store.Subscription) error {
		for i := range subs {
			if sub := &subs[i]; sub.ID == subscription && sub.ByMember() && sub.PastelID == q.PastelID {
				_, err := x.RemoveSubscription(subscription)
				return err
			}
		}
		return fmt.Errorf("subscription: %w", chain.ErrNotFound)
	})
}

// Stop ends the subscription whose messages have a secret, for whoever gets them. The error is chain.ErrNotFound if there is none.
func (s *Service) Stop(ctx context.Context, who netip.Addr, secret string) error {
	if !s.limits.allow(who, s.limits.stop, s.cfg.Now()) {
		return &RefusedError{Detail: "too many requests: wait a minute", After: time.Minute}
	}
	return s.cfg.Alerts.Do(ctx, func(x *store.AlertTx) error {
		subs, err := x.Subscriptions()
		if err != nil {
			return err
		}
		for i := range subs {
			if sub := &subs[i]; sub.ByMember() && sameSecret(sub.Stop, secret) {
				_, err := x.RemoveSubscription(sub.ID)
				return err
			}
		}
		return fmt.Errorf("subscription: %w", chain.ErrNotFound)
	})
}

// stopURL is where whoever gets a subscription's messages ends it; empty if only the daemon's owner can.
func (s *Service) stopURL(sub *store.Subscription) string {
	if !sub.ByMember() {
		return ""
	}
	return s.cfg.Members.URL + "/stop/" + sub.Stop
}

// dropSilent removes a member's subscription when a message to it was given up, if its receiver has taken nothing for so long: neither that message
// nor one made since the first that was given up. One that was told nothing for weeks and fails for a minute is not silent.
func (s *Service) dropSilent(x *store.AlertTx, sub *store.Subscription, now time.Time) error {
	first, found, err := x.FirstGivenUp(sub.ID)
	if err != nil || !found || now.Sub(first) < memberSilence {
		return err
	}
	s.cfg.Log.Warn("a member's receiver took nothing for days: its subscription is dropped", "subscription", sub.ID, "to", scheme(sub.URL))
	_, err = x.RemoveSubscription(sub.ID)
	return err
}

// sameSecret compares secrets without telling by its time how much of them agrees.
func sameSecret(a, b string) bool {
	x, y := sha256.Sum256([]byte(a)), sha256.Sum256([]byte(b))
	return subtle.ConstantTimeCompare(x[:], y[:]) == 1
}
