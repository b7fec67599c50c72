package main

import (
	"context"
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/wire"
)

// who says which accounts a command is about.
type who struct {
	apiFlags
	nodeFlags
	ID []string `type:"ids" arg:"" optional:"" name:"pastelid-or-address" env:"SMARTPOOL_ACCOUNTS" help:"PastelIDs or addresses; by default, the node's PastelIDs."`
}

// accounts asks the daemon about each account.
func (w *who) accounts(ctx context.Context, e *terminal.Terminal) (*journey.Daemon, []wire.Account, error) {
	r, err := w.dial(ctx, e)
	if err != nil {
		return nil, nil, err
	}
	if err := r.CheckNames(w.ID); err != nil {
		return nil, nil, err
	}
	list, err := r.Accounts(ctx, w.ID, w.at())
	return r, list, err
}

// nobody says that none of the node's PastelIDs ever pledged, and how to have a command tell of those that the node does not know.
func nobody(command string) string {
	return "None of the node's PastelIDs has pledged. Is yours in a key file? Name it: smartpool " + command + " PASTELID."
}

type leaveCmd struct {
	who
	Pool string `type:"pool" placeholder:"POOL" help:"Only this pool, by id or label."`
}

// Run says what leaving costs.
func (c *leaveCmd) Run(ctx context.Context, e *terminal.Terminal) error {
	r, list, err := c.accounts(ctx, e)
	if err != nil {
		return err
	}
	l, err := r.Leave(list, c.Pool)
	if err != nil {
		return err
	}
	if e.JSON {
		return terminal.PrintJSON(e.Out, l.Accounts)
	}
	if len(list) == 0 {
		_, err := fmt.Fprintln(e.Out, nobody("leave"))
		return err
	}
	text, err := l.Text(ctx)
	if err == nil {
		_, err = fmt.Fprint(e.Out, terminal.Trimmed(text))
	}
	return err
}
