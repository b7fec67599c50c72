package main

import (
	"context"
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
)

type digestCmd struct {
	apiFlags
	Height int32    `default:"-1" help:"Block to compare at; by default, the last that all have."`
	Others []string `type:"text" arg:"" optional:"" name:"url" help:"Other daemons' APIs."`
}

// Run compares ledger digests: daemons with equal ones agree on all of history. For a single daemon it only prints the digest.
func (c *digestCmd) Run(ctx context.Context, e *terminal.Terminal) error {
	lines, err := journey.CompareDigests(ctx, e, append([]string{c.API}, c.Others...), pastel.Height(c.Height))
	if len(lines) > 0 {
		if bad := printDigests(e, lines, err == nil); bad != nil {
			return bad
		}
	}
	return err
}

// printDigests prints the daemons' digests and, for two or more, whether they agree.
func printDigests(e *terminal.Terminal, lines []journey.DigestLine, agree bool) error {
	if e.JSON {
		doc := map[string]any{"daemons": lines}
		if len(lines) > 1 {
			doc["agree"] = agree
		}
		return terminal.PrintJSON(e.Out, doc)
	}
	t := terminal.NewTable(e.Width, []any{"Daemon", "Block", "Ledger digest"}, 2)
	t.SetColumnConfigs(append(terminal.RightAligned(2), terminal.Narrow(1, 38)))
	for _, x := range lines {
		t.AppendRow([]any{x.URL, x.Height, x.Digest})
	}
	verdict := ""
	switch {
	case len(lines) == 1:
		verdict = "Only one daemon, so nothing was compared. Give another one to compare it with.\n"
	case agree:
		verdict = fmt.Sprintf("All %d agree on all of history up to this block.\n", len(lines))
	}
	_, err := fmt.Fprintf(e.Out, "%s\n%s", t.Render(), verdict)
	return err
}
