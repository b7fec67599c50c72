package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
)

type guardCmd struct {
	who
	Once   bool          `help:"Check once. The exit code is 1 if a transaction is about to spend pledged coins, 3 if that is unknown."`
	NoLock bool          `help:"Only watch: lock nothing in the wallet."`
	Every  time.Duration `default:"10s" help:"Time between checks."`
}

// Validate refuses to ask without pause.
func (c *guardCmd) Validate() error {
	if c.Every < time.Second {
		return fmt.Errorf("--every %v: want at least 1s", c.Every)
	}
	return nil
}

// Run watches pledges until it is interrupted, and prints a line for each thing that happens.
func (c *guardCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	if err := r.CheckNames(c.ID); err != nil {
		return err
	}
	g := &journey.Guard{IDs: c.ID, Once: c.Once, NoLock: c.NoLock, Every: c.Every, Node: c.at(), Tell: func(x journey.Guarded) {
		e.Alive("")
		if e.JSON {
			//nolint:errcheck,errchkjson // only texts; if the reader is gone, the process ends
			json.NewEncoder(visible.JSONWriter(e.Out)).Encode(x)
			return
		}
		_, _ = fmt.Fprintf(e.Out, "%s UTC  %s\n", terminal.Date(x.Time), x.Text)
	}}
	if !c.Once {
		g.Look = func(x journey.Look) {
			state := "all well"
			if !x.Well {
				state = "NOT all well, see above"
			}
			e.Alive(fmt.Sprintf("%s UTC: block %d, %s: %s", x.Time.UTC().Format("15:04:05"), x.Height, terminal.Counted(x.Pledges, "pledge"), state))
		}
	}
	err := r.Guard(ctx, g)
	e.Alive("")
	return err
}
