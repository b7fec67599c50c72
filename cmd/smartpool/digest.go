package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"

	"github.com/pastelnetwork/smartpool/audit"
	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

type digestCmd struct {
	apiFlags
	Height int32    `default:"-1" help:"Block to compare; the last that all have if left out."`
	Others []string `arg:"" optional:"" name:"url" help:"Other daemons' APIs."`
}

// digestLine is what a daemon says.
type digestLine struct {
	URL    string        `json:"url"`
	Height pastel.Height `json:"height"`
	Hash   string        `json:"hash"`
	Digest string        `json:"digest"`
}

// Run compares ledger digests: daemons with equal ones agree on all of history. Of one daemon it prints the digest and says no more.
func (c *digestCmd) Run(ctx context.Context, e *terminal.Terminal) error {
	all, err := c.daemons(ctx, e)
	if err != nil {
		return err
	}
	h := pastel.Height(c.Height)
	if h < 0 {
		h = slices.MinFunc(all, func(a, b *journey.Daemon) int { return cmp.Compare(a.State.Tip.Height, b.State.Tip.Height) }).State.Tip.Height
	}
	var lines []digestLine
	agree := true
	for _, r := range all {
		b, err := block(ctx, r, h)
		if err != nil {
			return err
		}
		lines = append(lines, digestLine{r.URL, h, b.Hash, b.Digest})
		agree = agree && b.Digest == lines[0].Digest
	}
	if err := tellDigests(e, lines, agree); err != nil || agree {
		return err
	}
	ask := make([]func(context.Context, pastel.Height) (pool.Digest, error), len(all))
	for i, r := range all {
		ask[i] = func(ctx context.Context, h pastel.Height) (pool.Digest, error) {
			b, err := block(ctx, r, h)
			if err != nil {
				return pool.Digest{}, err
			}
			return audit.DigestAt(&b, h)
		}
	}
	first, err := audit.FirstDifference(ctx, h, ask...)
	if err != nil {
		return err
	}
	return fmt.Errorf("wrong: the daemons disagree from block %d on; smartpool verify pool tells which one is right", first)
}

// daemons asks each that is named how it is, once.
func (c *digestCmd) daemons(ctx context.Context, e *terminal.Terminal) (all []*journey.Daemon, err error) {
	quiet := &terminal.Terminal{In: e.In, Out: io.Discard, Err: e.Err, JSON: true}
	for _, url := range append([]string{c.API}, c.Others...) {
		r, err := (&apiFlags{url}).dial(ctx, quiet)
		if err != nil {
			return nil, unknownf("%s: %w", url, err)
		}
		if !slices.ContainsFunc(all, func(x *journey.Daemon) bool { return x.URL == r.URL }) {
			all = append(all, r)
		}
	}
	return all, nil
}

// block asks a daemon for the digest after a block.
func block(ctx context.Context, r *journey.Daemon, h pastel.Height) (wire.Block, error) {
	b, err := journey.Advised(r.Block(ctx, h))
	_, bad := audit.DigestAt(&b, h)
	switch {
	case errors.Is(err, client.ErrNotFound) && h > r.State.Tip.Height:
		return b, unknownf("%s ends at block %d: block %d is not there yet", r.URL, r.State.Tip.Height, h)
	case err != nil:
		return b, unknownf("%s: block %d: %w", r.URL, h, err)
	case bad != nil:
		return b, unknownf("%s: block %d: the answer is no digest of it: is that a smartpoold?", r.URL, h)
	}
	return b, nil
}

// tellDigests prints what the daemons say; only of two or more it can be said whether they agree.
func tellDigests(e *terminal.Terminal, lines []digestLine, agree bool) error {
	if e.JSON {
		doc := map[string]any{"daemons": lines}
		if len(lines) > 1 {
			doc["agree"] = agree
		}
		return terminal.PrintJSON(e.Out, doc)
	}
	t := terminal.NewTable([]any{"Daemon", "Block", "Ledger digest"}, 2)
	t.SetColumnConfigs(append(terminal.RightAligned(2), terminal.Narrow(1, 38)))
	for _, x := range lines {
		t.AppendRow([]any{x.URL, x.Height, x.Digest})
	}
	verdict := ""
	switch {
	case len(lines) == 1:
		verdict = "One daemon alone: nothing was compared. Name another one to compare it with.\n"
	case agree:
		verdict = fmt.Sprintf("All %d agree on all of history up to this block.\n", len(lines))
	}
	_, err := fmt.Fprintf(e.Out, "%s\n%s", t.Render(), verdict)
	return err
}
