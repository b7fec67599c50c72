package main

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

type alertsCmd struct {
	Add    alertsAddCmd    `cmd:"" help:"Subscribe to alerts."`
	List   alertsListCmd   `cmd:"" help:"List subscriptions."`
	Remove alertsRemoveCmd `cmd:"" help:"End a subscription."`
	Test   alertsTestCmd   `cmd:"" help:"Send a test message now."`
}

// tokenFlags prove to the daemon that the user is its owner.
type tokenFlags struct {
	apiFlags
	ownerFlags
}

// ownerFlags hold the daemon's token.
type ownerFlags struct {
	Token     string `type:"text" env:"SMARTPOOL_TOKEN" placeholder:"SECRET" help:"The daemon's token. Prefer the environment variable or --token-file: other users can see flags."`
	TokenFile string `env:"SMARTPOOL_TOKEN_FILE" placeholder:"FILE" help:"File with the token: api.token in the daemon's data folder."`
}

// ProvideDaemon connects to a command's daemon; each request carries the token.
func (f *tokenFlags) ProvideDaemon(ctx context.Context, e *terminal.Terminal) (*journey.Daemon, error) {
	return journey.DialAsOwner(ctx, f.API, f.Token, f.TokenFile, e)
}

// subscriberFlags prove who asks: the daemon's token its owner, or a PastelID's signature a member.
type subscriberFlags struct {
	tokenFlags
	nodeFlags
	identityFlags
	Member bool `help:"Instead of the daemon's token, have a PastelID sign: for members, at daemons that offer it. The PastelID is that of --key or on the node."`
	Yes    bool `help:"Do not ask for confirmation before the PastelID signs."`
}

// ProvideDaemon connects to a command's daemon.
func (f *subscriberFlags) ProvideDaemon(ctx context.Context, e *terminal.Terminal) (*journey.Daemon, error) {
	if f.byMember() {
		return f.dial(ctx, e)
	}
	return f.tokenFlags.ProvideDaemon(ctx, e)
}

func (f *subscriberFlags) byMember() bool { return f.Member || f.File != "" }

// member returns who signs.
func (f *subscriberFlags) member(pastelID string) *journey.Member {
	return &journey.Member{Key: *f.source(), Node: *f.at(), PastelID: pastelID, Yes: f.Yes}
}

type alertsAddCmd struct {
	subscriberFlags
	URL      string   `type:"text" arg:"" help:"Where to send alerts: https://… is a webhook, anything else a shoutrrr URL, such as telegram://token@telegram?chats=@me. The URL is a secret, and other users of this machine can see command lines. Use - to be asked for it, or to read it from standard input."`
	Pool     string   `type:"pool" placeholder:"POOL" help:"Only this pool, by id or label."`
	PastelID string   `type:"id" name:"pastelid" placeholder:"PASTELID" help:"Only this PastelID's pledges and their pools."`
	Operator string   `type:"id" placeholder:"PASTELID" help:"Only this operator's pools."`
	Kinds    []string `type:"text" placeholder:"KIND,..." help:"Kinds of alerts, separated by commas; by default, all. docs/alerts.md lists them."`
	Cushion  int64    `placeholder:"PERCENT" help:"Alert when less than this much of the cushion is left; by default, 50."`
	Overdue  int64    `placeholder:"BLOCKS" help:"Alert when a payout has been due for so many blocks; by default, 20."`
}

// Run subscribes.
func (c *alertsAddCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	if c.URL == "-" {
		var err error
		if c.URL, err = secretLine(e, "-", "URL (hidden): "); err != nil {
			return err
		}
	}
	if c.byMember() {
		if c.Pool != "" || c.Operator != "" {
			return terminal.Usagef("a member's alerts are about the PastelID that signs; omit --pool and --operator")
		}
		got, err := c.member(c.PastelID).Subscribe(ctx, r, wire.MemberSubscribe{URL: c.URL, Kinds: c.Kinds, Cushion: c.Cushion, Overdue: c.Overdue})
		if err != nil {
			return err
		}
		return printReceipt(e, got, "")
	}
	if c.Pool != "" {
		p, err := r.VerifiedPool(ctx, c.Pool)
		if err != nil {
			return err
		}
		c.Pool = p.ID
	}
	got, err := journey.Advised(r.Subscribe(ctx, wire.Subscribe{URL: c.URL, Subscription: wire.Subscription{
		Pool: c.Pool, PastelID: c.PastelID, Operator: c.Operator, Kinds: c.Kinds, Cushion: c.Cushion, Overdue: c.Overdue,
	}}))
	if err != nil {
		return err
	}
	return printReceipt(e, got, " To check that alerts arrive: smartpool alerts test "+terminal.Argument(got.ID))
}

// printReceipt confirms a new subscription.
func printReceipt(e *terminal.Terminal, got wire.Receipt, advice string) error {
	if e.JSON {
		return terminal.PrintJSON(e.Out, got)
	}
	_, err := fmt.Fprintf(e.Out, "Created subscription %s.%s\n", visible.Text(got.ID), advice)
	if got.Secret != "" {
		_, err = fmt.Fprintf(e.Out, "Messages are signed with this secret. Note it now; it is not shown again:\n  %s\n", visible.Text(got.Secret))
	}
	return err
}

type alertsListCmd struct {
	subscriberFlags
	PastelID string `type:"id" name:"pastelid" placeholder:"PASTELID" help:"With --member: the PastelID that signs; by default, that of --key, or the node's only one."`
}

// Run lists subscriptions.
func (c *alertsListCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	ask := func() ([]wire.Subscribed, error) { return journey.Advised(r.Alerts(ctx)) }
	if c.byMember() {
		ask = func() ([]wire.Subscribed, error) { return c.member(c.PastelID).List(ctx, r) }
	}
	list, err := ask()
	if err != nil {
		return err
	}
	if e.JSON {
		return terminal.PrintJSON(e.Out, list)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(e.Out, "No subscriptions yet. To subscribe: smartpool alerts add URL")
		return err
	}
	t := terminal.NewTable(e.Width, []any{"Subscription", "Since (UTC)", "To", "About", "Kinds", "Cushion %", "Overdue blocks"}, 6, 7)
	t.SetColumnConfigs(append(terminal.RightAligned(6, 7), terminal.Wrapped(5)))
	sent := terminal.NewTable(e.Width, []any{"Subscription", "Delivered", "Last (UTC)", "Waiting", "Since (UTC)", "Given up", "Last error"}, 2, 4, 6)
	sent.SetColumnConfigs(append(terminal.RightAligned(2, 4, 6), terminal.Wrapped(7)))
	for i := range list {
		s := &list[i]
		about := "every pool"
		switch {
		case s.Pool != "":
			about = "pool " + pastel.Short(s.Pool)
		case s.PastelID != "":
			about = "PastelID " + pastel.Short(s.PastelID)
		case s.Operator != "":
			about = "operator " + pastel.Short(s.Operator)
		}
		t.AppendRow([]any{s.ID, terminal.Date(s.Created), visible.Text(s.To), about, strings.Join(s.Kinds, ", "), s.Cushion, s.Overdue})
		sent.AppendRow([]any{s.ID, s.Delivered, minute(s.LastDelivery), s.Waiting, minute(s.WaitingSince), s.GivenUp, lastError(s)})
	}
	_, err = fmt.Fprintf(e.Out, "%s\n\nDeliveries\n%s\n", t.Render(), sent.Render())
	return err
}

// minute is a time in a table; a dash if there is none.
func minute(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return terminal.Date(*t)
}

// lastError says what went wrong last, and when.
func lastError(s *wire.Subscribed) string {
	if s.LastError == "" {
		return "-"
	}
	return minute(s.LastFailure) + ": " + visible.Text(s.LastError)
}

type alertsRemoveCmd struct {
	subscriberFlags
	PastelID string `type:"id" name:"pastelid" placeholder:"PASTELID" help:"With --member: the PastelID that signs; by default, that of --key, or the node's only one."`
	ID       string `type:"id" arg:"" help:"The subscription's id, from alerts list."`
}

// Run ends a subscription.
func (c *alertsRemoveCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	remove := func() error { return journey.WithAdvice(r.Unsubscribe(ctx, c.ID)) }
	if c.byMember() {
		remove = func() error { return c.member(c.PastelID).Remove(ctx, r, c.ID) }
	}
	if err := remove(); err != nil {
		return noSubscription(c.ID, err)
	}
	return done(e, "removed", "Ended subscription %s. Its unsent messages are dropped.", c.ID)
}

type alertsTestCmd struct {
	tokenFlags
	ID string `type:"id" arg:"" help:"The subscription's id, from alerts list."`
}

// Run sends a test message.
func (c *alertsTestCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	if err := journey.WithAdvice(r.TestAlert(ctx, c.ID)); err != nil {
		return noSubscription(c.ID, err)
	}
	return done(e, "sent", "Sent a test message to subscription %s; the receiver accepted it.", c.ID)
}

// noSubscription says where to find the ids.
func noSubscription(id string, err error) error {
	if errors.Is(err, client.ErrNotFound) {
		return fmt.Errorf("there is no subscription %s; smartpool alerts list shows all", visible.Text(id))
	}
	return err
}

// done reports to a person or a program what was done to a subscription.
func done(e *terminal.Terminal, outcome, text, id string) error {
	if e.JSON {
		return terminal.PrintJSON(e.Out, map[string]string{"id": id, "outcome": outcome})
	}
	_, err := fmt.Fprintf(e.Out, text+"\n", id)
	return err
}
