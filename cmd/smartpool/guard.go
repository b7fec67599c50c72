package main

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
)

type guardCmd struct {
	who
	Once   bool          `help:"Look once; the exit code is 1 if a pledge is about to be spent, 3 if that is not known."`
	NoLock bool          `help:"Only watch: lock nothing in the wallet."`
	Every  time.Duration `default:"10s" help:"How often to look."`
}

// Validate refuses to do nothing but ask.
func (c *guardCmd) Validate() error {
	if c.Every < time.Second {
		return fmt.Errorf("--every %v: want a second at least", c.Every)
	}
	return nil
}

// Run watches pledges until it is interrupted, and prints a line for what happens.
func (c *guardCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	return r.Guard(ctx, &journey.Guard{IDs: c.ID, Once: c.Once, NoLock: c.NoLock, Every: c.Every, Node: c.at(), Tell: func(x journey.Guarded) {
		if e.JSON {
			//nolint:errcheck,errchkjson // texts alone; a reader that is gone ends the process
			json.NewEncoder(e.Out).Encode(x)
			return
		}
		_, _ = fmt.Fprintf(e.Out, "%s UTC  %s\n", x.Time.Format("2006-01-02 15:04"), x.Text)
	}})
}
