// Command lab proves the rules on real nodes. Given a stock pasteld and one that asks smartpoold, it starts a network of them on loopback,
// plays scenarios, and reports what it observed. No part of pasteld belongs to this project; build both elsewhere, see integration/pasteld.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // a scenario failed, or the network did not start
	exitUsage  = 2 // the command line is wrong
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// cli holds every flag.
type cli struct {
	Stock    string   `placeholder:"FILE" help:"A stock pasteld."`
	Upgraded string   `placeholder:"FILE" help:"A pasteld of the same version with the calls of integration/pasteld."`
	Only     []string `placeholder:"NAME" help:"Play only these scenarios (comma-separated)."`
	List     bool     `help:"List the scenarios without playing any."`
	JSON     string   `name:"json" placeholder:"FILE" help:"Also write the report as JSON."`
	Record   string   `placeholder:"FOLDER" help:"Record the nodes' calls and answers, and the chain, for tests of the development node."`
	Keep     string   `placeholder:"FOLDER" help:"Keep the nodes' files in this folder instead of a temporary one."`
}

// usageError is a mistake on the command line.
type usageError struct{ error }

func usagef(format string, args ...any) error { return usageError{fmt.Errorf(format, args...)} }

func run(args []string, out, errOut io.Writer) int {
	exited := -1
	var line cli
	parser, err := kong.New(&line, kong.Name("lab"), kong.Writers(out, errOut), kong.Exit(func(code int) { exited = code }),
		kong.Description("Plays the rules of smart pools on real nodes and reports what the nodes did."))
	if err == nil {
		_, err = parser.Parse(args)
	}
	if exited >= 0 { // --help
		return exited
	}
	if err != nil {
		err = usageError{fmt.Errorf("%w; see --help", err)}
	} else {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		err = line.run(ctx, out)
	}
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &usage):
		_, _ = fmt.Fprintln(errOut, "lab:", err)
		return exitUsage
	}
	_, _ = fmt.Fprintln(errOut, "lab:", err)
	return exitFailed
}

func (c *cli) run(ctx context.Context, out io.Writer) error {
	if c.List {
		for _, s := range scenarios {
			_, _ = fmt.Fprintf(out, "%-20s %s\n", s.name, s.shows)
		}
		return nil
	}
	chosen, err := choose(c.Only)
	if err != nil {
		return err
	}
	if err := c.binaries(); err != nil {
		return err
	}
	dir := c.Keep
	if dir == "" {
		if dir, err = os.MkdirTemp("", "smartpool-lab-"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	} else if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	r, err := c.play(ctx, dir, chosen, out)
	if err != nil {
		return err
	}
	r.print(out)
	if c.JSON != "" {
		if err := r.save(c.JSON); err != nil {
			return err
		}
	}
	if n := r.count(failed); n > 0 {
		return fmt.Errorf("%d of %d scenarios failed", n, len(r.Outcomes))
	}
	return nil
}

// binaries checks that both nodes are executable.
func (c *cli) binaries() error {
	if c.Stock == "" || c.Upgraded == "" {
		return usagef("two nodes are needed: --stock FILE, a stock pasteld, and --upgraded FILE, one of the same version " +
			"with the calls listed in integration/pasteld/README.md; build both outside this project")
	}
	for _, path := range []string{c.Stock, c.Upgraded} {
		if s, err := os.Stat(path); err != nil {
			return usageError{err}
		} else if s.IsDir() || s.Mode()&0o111 == 0 {
			return usagef("%s is not a program; name the file of a pasteld", path)
		}
	}
	return nil
}

// choose returns scenarios by name, or all of them without names.
func choose(names []string) ([]scenario, error) {
	if len(names) == 0 {
		return scenarios, nil
	}
	var chosen []scenario
	for _, name := range names {
		i := slices.IndexFunc(scenarios, func(s scenario) bool { return s.name == name })
		if i < 0 {
			var all []string
			for _, s := range scenarios {
				all = append(all, s.name)
			}
			return nil, usagef("unknown scenario %q; choose from %s", name, strings.Join(all, ", "))
		}
		chosen = append(chosen, scenarios[i])
	}
	return chosen, nil
}
