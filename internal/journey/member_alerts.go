package journey

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// Member subscribes to alerts with a PastelID's signature, at a daemon whose token others have.
type Member struct {
	Key      KeySource
	Node     Node
	PastelID string // empty: that of the key file, or the node's only one
	Yes      bool   // do not ask
}

// FeedURL returns where a PastelID's feed is.
func (r *Daemon) FeedURL(pastelID string) string {
	return r.URL + "/members/" + url.PathEscape(pastelID) + "/feed.atom"
}

// offer returns what the daemon lets members do. It must be the daemon that it says it is: its URL is signed.
func (r *Daemon) offer(pastelID string) (*wire.MemberAlerts, error) {
	o := r.State.MemberAlerts
	if o == nil {
		return nil, fmt.Errorf("the daemon at %s takes no subscriptions from members; follow the feed %s, or ask another daemon", r.URL, r.FeedURL(pastelID))
	}
	if strings.ContainsFunc(o.URL, func(c rune) bool { return c <= ' ' || c > '~' }) || len(o.URL) > 500 {
		return nil, fmt.Errorf("the daemon at %s names itself by what is no URL; ask another daemon", r.URL)
	}
	at, err := url.Parse(r.URL)
	if err != nil || o.URL != r.URL && !loopback(at.Hostname()) {
		return nil, terminal.Usagef("the daemon at %s says that members reach it at %s, which the PastelID would sign; if that is right, give this URL with --api", r.URL, terminal.Said(o.URL))
	}
	return o, nil
}

// identity opens the PastelID.
func (c *Member) identity(ctx context.Context, r *Daemon) (*Identity, error) {
	var wallet *pasteld.Client
	if c.Key.File == "" {
		var err error
		if wallet, err = r.wallet(ctx, &c.Node); err != nil {
			return nil, err
		}
	}
	return c.Key.Identity(ctx, r.Person, wallet, c.PastelID)
}

// proof signs a statement after the person has seen it.
func (c *Member) proof(ctx context.Context, r *Daemon, me *Identity, p *wire.Proof, what string, statement func() string) (err error) {
	p.Time = time.Now().UnixMilli()
	line := statement()
	if err := r.Person.Confirm(c.Yes, fmt.Sprintf("%s\nThe PastelID signs this line, and nothing else:\n  %s\n", what, line)); err != nil {
		return err
	}
	p.Signature, err = me.Sign(ctx, line)
	return err
}

// Subscribe subscribes a receiver.
func (c *Member) Subscribe(ctx context.Context, r *Daemon, x wire.MemberSubscribe) (out wire.Receipt, err error) {
	me, o, err := c.open(ctx, r)
	if err != nil {
		return out, err
	}
	kinds := "all kinds of alerts"
	if len(x.Kinds) > 0 {
		kinds = strings.Join(x.Kinds, ", ")
	}
	what := fmt.Sprintf("Subscribe %s at %s (network %s)\nAbout     PastelID %s: its pledges, payouts and pools\nKinds     %s\n"+
		"The daemon's operator can read the receiver's URL.", receiverName(x.URL), o.URL, r.Net.Name, me.ID, kinds)
	err = c.proof(ctx, r, me, &x.Proof, what, func() string { return x.Statement(r.Net.Name, o.URL, me.ID) })
	if err != nil {
		return out, err
	}
	return Advised(r.SubscribeMember(ctx, me.ID, x))
}

// List lists the PastelID's subscriptions.
func (c *Member) List(ctx context.Context, r *Daemon) ([]wire.Subscribed, error) {
	me, o, err := c.open(ctx, r)
	if err != nil {
		return nil, err
	}
	var x wire.MemberList
	what := fmt.Sprintf("List the subscriptions of PastelID %s at %s.", me.ID, o.URL)
	if err := c.proof(ctx, r, me, &x.Proof, what, func() string { return x.Statement(r.Net.Name, o.URL, me.ID) }); err != nil {
		return nil, err
	}
	return Advised(r.MemberAlerts(ctx, me.ID, x))
}

// Remove ends a subscription of the PastelID.
func (c *Member) Remove(ctx context.Context, r *Daemon, id string) error {
	me, o, err := c.open(ctx, r)
	if err != nil {
		return err
	}
	x := wire.MemberUnsubscribe{ID: id}
	what := fmt.Sprintf("End subscription %s of PastelID %s at %s.", id, pastel.Short(me.ID), o.URL)
	if err := c.proof(ctx, r, me, &x.Proof, what, func() string { return x.Statement(r.Net.Name, o.URL, me.ID) }); err != nil {
		return err
	}
	return WithAdvice(r.UnsubscribeMember(ctx, me.ID, x))
}

// open opens the PastelID at a daemon that takes its requests.
func (c *Member) open(ctx context.Context, r *Daemon) (*Identity, *wire.MemberAlerts, error) {
	if _, err := r.offer(c.PastelID); err != nil && r.State.MemberAlerts != nil {
		return nil, nil, err
	}
	me, err := c.identity(ctx, r)
	if err != nil {
		return nil, nil, err
	}
	o, err := r.offer(me.ID)
	return me, o, err
}

// receiverName is the part of a receiver's URL that is no secret.
func receiverName(to string) string {
	u, err := url.Parse(to)
	switch {
	case err != nil:
		return "a receiver"
	case u.Scheme == "https":
		return "https://" + u.Host + "/…"
	}
	return u.Scheme + "://…"
}
