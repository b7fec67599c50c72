package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/version"
)

type doctorCmd struct {
	who
	ownerFlags
	remoteFlags
	Against []string `type:"text" placeholder:"URL,..." help:"Other daemons, whose ledger must be the same."`
	Data    string   `placeholder:"FOLDER" help:"The daemon's folder on this machine (smartpoold --data): its token, its files and their disk. By default, with the daemon at its usual address, the usual one."`
	Metrics string   `type:"text" placeholder:"ADDRESS" help:"The daemon's --metrics. By default, with the daemon at its usual address, 127.0.0.1:9733."`
}

// usualAPI is where a daemon answers that nobody configured. Its folder and its metrics are then where they usually are.
const usualAPI = "http://127.0.0.1:9734"

// doctor returns what to examine.
func (c *doctorCmd) doctor() *journey.Doctor {
	c.Remote.instead(&c.API)
	d := &journey.Doctor{
		API: c.API, Against: c.Against, Node: c.at(), IDs: c.ID, Token: c.Token, TokenFile: c.TokenFile, Data: c.Data, Metrics: c.Metrics,
		Version: version.String(), Now: time.Now,
	}
	if c.Remote.chosen {
		d.Node = nil
	}
	if c.API != usualAPI {
		return d
	}
	if d.Metrics == "" {
		d.Metrics = "127.0.0.1:9733"
	}
	if home, err := os.UserHomeDir(); err == nil && d.Data == "" {
		usual := filepath.Join(home, ".smartpool")
		if info, err := os.Stat(usual); err == nil && info.IsDir() {
			d.Data = usual
		}
	}
	return d
}

// Run examines everything and prints what it found.
func (c *doctorCmd) Run(ctx context.Context, e *terminal.Terminal) error {
	d := c.doctor()
	bar := e.Progress("Examining", int64(len(journey.Checks())))
	d.Tell = func(int, int) { bar.Add(1) }
	list := d.Examine(ctx)
	bar.Done()
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if e.JSON {
		if err := terminal.PrintJSON(e.Out, list); err != nil {
			return err
		}
	} else if _, err := fmt.Fprint(e.Out, diagnosis(e, list)); err != nil {
		return err
	}
	return journey.Verdict(list)
}

// diagnosis shows findings to a person.
func diagnosis(e *terminal.Terminal, list []journey.Finding) string {
	var b strings.Builder
	count := map[journey.Result]int{}
	for _, f := range list {
		count[f.Result]++
		head := string(f.Result)
		if f.Result == journey.ResultFailed {
			head = "FAIL"
		}
		fmt.Fprintln(&b, e.Hanging(fmt.Sprintf("%-8s ", head), f.Check+": "+f.Seen))
		if f.Do == "" {
			continue
		}
		if strings.HasSuffix(f.Do, ".") {
			fmt.Fprintln(&b, e.Hanging(strings.Repeat(" ", 9)+"→ ", f.Do))
		} else { // to be pasted
			fmt.Fprintf(&b, "%9s→ %s\n", "", f.Do)
		}
	}
	fmt.Fprintf(&b, "\n%s\n", e.Hanging("", summary(count)))
	return b.String()
}

// summary counts what was found.
func summary(count map[journey.Result]int) string {
	var parts []string
	for _, x := range []struct {
		result journey.Result
		words  string
	}{{journey.ResultOK, "ok"}, {journey.ResultFailed, "failed"}, {journey.ResultUnknown, "unknown"}, {journey.ResultWarning, "to look at"}, {journey.ResultSkipped, "skipped"}} {
		if n := count[x.result]; n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", n, x.words))
		}
	}
	return strings.Join(parts, ", ") + "."
}
