package main

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
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
	seen := &tally{id: ticket.PoolID(p.ID), settled: map[pastel.TxID]pastel.Amount{}}
	state, err := c.recompute(ctx, e, p.Tip.Height, seen.add)
	if err != nil {
		return err
	}
	tip := state.Tip()
	if tip.Hash.String() != p.Tip.Hash {
		return unknownf("unknown: block %d is %s at the node and %s at the daemon: try again once they agree", tip.Height, tip.Hash, p.Tip.Hash)
	}
	ours, found := state.Pool(ticket.PoolID(p.ID))
	if !found {
		return fmt.Errorf("wrong: raw blocks hold no pool %s", p.ID)
	}
	right := rebuild(state, &ours, seen)
	differ := differences(&p, right)
	if digest := fmt.Sprintf("%x", tip.Digest); digest != p.Tip.Digest {
		differ = append(differ, fmt.Sprintf("ledger digest: the daemon says %s, raw blocks %s", p.Tip.Digest, digest))
	}
	if e.JSON {
		verdict := map[bool]string{true: "ok", false: "wrong"}[len(differ) == 0]
		doc := map[string]any{"verdict": verdict, "pool": p.ID, "height": tip.Height, "compared": compared(right), "differences": differ, "shadow": state.Shadow()}
		if err := terminal.PrintJSON(e.Out, doc); err != nil {
			return err
		}
	}
	if len(differ) > 0 {
		return fmt.Errorf("wrong: the daemon's books of pool %s differ from raw blocks:\n  %s", p.ID, strings.Join(differ, "\n  "))
	}
	if !e.JSON {
		_, err = fmt.Fprintf(e.Out, "%sok: pool %s, recomputed from %d raw blocks, up to block %d. These agree:\n%s\n"+
			"Not compared are estimates and what follows from these: yields, forecast, critical members, dates to come.\nLedger digest %s\n",
			shadowLabel(state), p.ID, tip.Height+1, tip.Height, terminal.Paragraph(strings.Join(compared(right), ", ")), p.Tip.Digest)
	}
	return err
}

// compared names what was compared, with how many there are of what books list.
func compared(p *wire.PoolDetail) (names []string) {
	for _, f := range figures(p) {
		name := f.name
		if f.many {
			name = fmt.Sprintf("%s (%d)", name, len(f.values))
		}
		names = append(names, name)
	}
	return append(names, "ledger digest")
}
