package store

import (
	"errors"
	"math"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store/db"
	"github.com/pastelnetwork/smartpool/ticket"
)

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
	// Stop is a secret in each message of a subscription that a PastelID's signature made: it ends the subscription. It is empty if the daemon's
	// token made it.
	Stop string
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
	if s.Stop != "" {
		if err := x.q.InsertMemberSubscription(x.ctx, db.InsertMemberSubscriptionParams{ID: s.ID, Stop: s.Stop}); err != nil {
			return err
		}
	}
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
			Cushion: r.Cushion, Overdue: r.Overdue, Stop: r.Stop,
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
	if err := errors.Join(x.q.DeleteAlertsOf(x.ctx, id), x.q.DeleteDeliveriesOf(x.ctx, id), x.q.DeleteEndingsOf(x.ctx, id), x.q.DeleteMemberSubscription(x.ctx, id)); err != nil {
		return false, err
	}
	n, err := x.q.DeleteSubscription(x.ctx, id)
	return n > 0, err
}

// ByMember reports whether a PastelID's signature made the subscription, not the daemon's token.
func (s *Subscription) ByMember() bool { return s.Stop != "" }

// TakeMemberRequest records that a PastelID signed a request at a time. It reports false if it signed one then or later: this one is a replay.
// It forgets requests from before a time; the caller refuses those for their age.
func (x *AlertTx) TakeMemberRequest(pastelID string, at, forget time.Time) (bool, error) {
	n, err := x.q.TakeMemberRequest(x.ctx, db.TakeMemberRequestParams{Pastelid: pastelID, At: at.UnixMilli()})
	if err == nil {
		err = x.q.ForgetMemberRequests(x.ctx, forget.UnixMilli())
	}
	return n > 0, err
}
