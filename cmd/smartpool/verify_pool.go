package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/audit"
	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
)

type verifyPoolCmd struct {
	apiFlags
	auditFlags
	Pool string `arg:"" help:"Pool id, or its label."`
}

// Run compares a daemon's books of a pool with what the rules make of raw blocks.
func (c *verifyPoolCmd) Run(ctx context.Context, e *terminal.Terminal) error {
	r, err := c.dial(ctx, e)
	if err != nil {
		return unknownError{err}
	}
	p, err := r.UnverifiedPool(ctx, c.Pool)
	if errors.Is(err, journey.ErrAnotherPool) {
		return fmt.Errorf("wrong: %w", err)
	}
	if err != nil {
		return unknownError{err}
	}
	c.Network = r.Net.Name
	if c.ShadowFrom < 0 && r.State.Shadow {
		c.ShadowFrom = r.State.Start
	}
	state, err := c.state()
	if err != nil {
		return err
	}
	recount := audit.NewRecount(state)
	if err := c.recompute(ctx, e, state, p.Tip.Height, recount.Watch); err != nil {
		return err
	}
	found, err := recount.Compare(&p)
	switch {
	case errors.Is(err, audit.ErrOtherBlock):
		return unknownf("unknown: %w. Try again once node and daemon agree", err)
	case err != nil:
		return fmt.Errorf("wrong: %w: %s", err, p.ID)
	}
	tip, right := state.Tip(), len(found.Differences) == 0
	if e.JSON {
		verdict := map[bool]string{true: "ok", false: "wrong"}[right]
		doc := map[string]any{"verdict": verdict, "pool": p.ID, "height": tip.Height, "compared": found.Compared, "differences": found.Differences, "shadow": state.Shadow()}
		if err := terminal.PrintJSON(e.Out, doc); err != nil {
			return err
		}
	}
	if !right {
		list := make([]string, len(found.Differences))
		for i, d := range found.Differences {
			list[i] = d.String()
		}
		return fmt.Errorf("wrong: the daemon's books of pool %s differ from raw blocks:\n  %s", p.ID, strings.Join(list, "\n  "))
	}
	if !e.JSON {
		_, err = fmt.Fprintf(e.Out, "%sok: pool %s, recomputed from %d raw blocks, up to block %d. These agree:\n%s\n"+
			"Not compared are estimates and what follows from these: yields, forecast, critical members, dates to come.\nLedger digest %s\n",
			shadowLabel(state), p.ID, tip.Height+1, tip.Height, terminal.Paragraph(strings.Join(found.Compared, ", ")), p.Tip.Digest)
	}
	return err
}
