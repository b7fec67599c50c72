package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

type alertsCmd struct {
	Add    alertsAddCmd    `cmd:"" help:"Have somebody told of what happens from now on."`
	List   alertsListCmd   `cmd:"" help:"Who is told what."`
	Remove alertsRemoveCmd `cmd:"" help:"End a subscription."`
	Test   alertsTestCmd   `cmd:"" help:"Send a test message now."`
}

// tokenFlags prove to the daemon that its owner asks.
type tokenFlags struct {
	apiFlags
	Token     string `env:"SMARTPOOL_TOKEN" placeholder:"SECRET" help:"The daemon's token. Better given by environment, or by its file."`
	TokenFile string `env:"SMARTPOOL_TOKEN_FILE" placeholder:"FILE" help:"File that holds it: api.token in the daemon's data folder."`
}

// ProvideDaemon gives a command the daemon it asks; the token goes with each request.
func (f *tokenFlags) ProvideDaemon(ctx context.Context, e *terminal.Terminal) (*journey.Daemon, error) {
	return journey.DialAsOwner(ctx, f.API, f.Token, f.TokenFile, e)
}

type alertsAddCmd struct {
	tokenFlags
	URL      string   `arg:"" help:"Where to: https://… is a webhook, anything else a URL of shoutrrr, such as telegram://token@telegram?chats=@me. It is a secret, which others on this machine can see in a command line: - asks for it, or reads it from standard input."`
	Pool     string   `help:"Only what is of this pool: id or label."`
	PastelID string   `name:"pastelid" help:"Only this PastelID's pledges, and the pools they are in."`
	Operator string   `placeholder:"PASTELID" help:"Only this operator's pools."`
	Kinds    []string `help:"What about, separated by commas; all kinds if left out. docs/alerts.md lists them."`
	Cushion  int64    `placeholder:"PERCENT" help:"A cushion is low below this; 50 if left out."`
	Overdue  int64    `placeholder:"BLOCKS" help:"A payout is overdue after so many blocks; 20 if left out."`
}

// Run subscribes.
func (c *alertsAddCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	if c.URL == "-" {
		var err error
		if c.URL, err = secretURL(e); err != nil {
			return err
		}
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
	if e.JSON {
		return terminal.PrintJSON(e.Out, got)
	}
	_, _ = fmt.Fprintf(e.Out, "Subscription %s is made. See whether it arrives: smartpool alerts test %s\n", got.ID, got.ID)
	if got.Secret != "" {
		_, err = fmt.Fprintf(e.Out, "Messages are signed with this secret, which is not shown again:\n  %s\n", got.Secret)
	}
	return err
}

// secretURL asks for a URL, or reads it where there is no terminal.
func secretURL(e *terminal.Terminal) (string, error) {
	const most = 4 << 10 // more than any has
	read := func() ([]byte, error) { return io.ReadAll(io.LimitReader(e.In, most)) }
	if e.Interactive() {
		read = func() ([]byte, error) { return e.Secret("URL, which is not shown: ") }
	}
	text, err := read()
	if err != nil {
		return "", err
	}
	to := strings.TrimSpace(string(text))
	if to == "" {
		return "", terminal.Usagef("there is no URL on standard input")
	}
	return to, nil
}

type alertsListCmd struct{ tokenFlags }

// Run lists subscriptions.
func (c *alertsListCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	list, err := journey.Advised(r.Alerts(ctx))
	if err != nil {
		return err
	}
	if e.JSON {
		return terminal.PrintJSON(e.Out, list)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(e.Out, "Nobody is told anything yet: smartpool alerts add URL subscribes.")
		return err
	}
	t := terminal.NewTable([]any{"Subscription", "Since (UTC)", "To", "About", "Kinds", "Cushion %", "Overdue blocks"}, 6, 7)
	t.SetColumnConfigs(append(terminal.RightAligned(6, 7), terminal.Wrapped(5)))
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
		t.AppendRow([]any{s.ID, s.Created.UTC().Format("2006-01-02 15:04"), s.To, about, strings.Join(s.Kinds, ", "), s.Cushion, s.Overdue})
	}
	_, err = fmt.Fprintln(e.Out, t.Render())
	return err
}

type alertsRemoveCmd struct {
	tokenFlags
	ID string `arg:"" help:"Subscription, as alerts list shows it."`
}

// Run ends a subscription.
func (c *alertsRemoveCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	if err := journey.WithAdvice(r.Unsubscribe(ctx, c.ID)); err != nil {
		return noSubscription(c.ID, err)
	}
	return done(e, "removed", "Subscription %s is ended; what waited to be sent to it is dropped.", c.ID)
}

type alertsTestCmd struct {
	tokenFlags
	ID string `arg:"" help:"Subscription, as alerts list shows it."`
}

// Run sends a test message.
func (c *alertsTestCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	if err := journey.WithAdvice(r.TestAlert(ctx, c.ID)); err != nil {
		return noSubscription(c.ID, err)
	}
	return done(e, "sent", "A test message was sent to subscription %s and taken.", c.ID)
}

// noSubscription says where the ids are.
func noSubscription(id string, err error) error {
	if errors.Is(err, client.ErrNotFound) {
		return fmt.Errorf("there is no subscription %s: smartpool alerts list shows them", terminal.Printable(id))
	}
	return err
}

// done tells a person, or a program, that something was done to a subscription.
func done(e *terminal.Terminal, outcome, text, id string) error {
	if e.JSON {
		return terminal.PrintJSON(e.Out, map[string]string{"id": id, "outcome": outcome})
	}
	_, err := fmt.Fprintf(e.Out, text+"\n", id)
	return err
}
