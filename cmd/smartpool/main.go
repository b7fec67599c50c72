// Command smartpool is the command line for operators, members and auditors of smart pools. It contains no rules of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/flagvalue"
	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/manual"
	"github.com/pastelnetwork/smartpool/internal/secretfile"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/version"
	"github.com/pastelnetwork/smartpool/internal/visible"
)

// Exit codes.
const (
	exitOK    = 0
	exitNo    = 1 // the answer is no, or the input is bad
	exitUsage = 2 // the command line is wrong

	// exitUnknown means that there is no answer: a check could not be made, or the daemon or the node did not respond. Never take it for ok.
	exitUnknown = 3

	exitAbsent      = 4   // the ledger has no such pool, payout, output or subscription
	exitInterrupted = 130 // Ctrl-C or SIGTERM ended it, as shells say it
)

// exits says when a command ends with which code, for documents.
var exits = []manual.Exit{
	{Code: exitOK, When: "when it did what it was asked"},
	{Code: exitNo, When: "when the answer is no, or the input is bad"},
	{Code: exitUsage, When: "when the command line is wrong"},
	{Code: exitUnknown, When: "when there is no answer, which never means yes: a check could not be made, or the daemon or the node did not respond"},
	{Code: exitAbsent, When: "when the ledger has no such pool, payout, output or subscription"},
	{Code: exitInterrupted, When: "after Ctrl-C"},
}

func main() {
	secretfile.Umask()
	os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr))
}

// cli declares every command and flag, for parsing and for help.
type cli struct {
	JSON        bool             `help:"Print JSON for programs."`
	ShowVersion kong.VersionFlag `name:"version" help:"Print the version."`

	Pools   poolsCmd   `cmd:"" help:"Compare pools (member)."`
	Join    joinCmd    `cmd:"" help:"Pledge coins to a pool: from the wallet, with a cold machine, or without a node (member)."`
	Amend   amendCmd   `cmd:"" help:"Raise a pledge or change its reward address (member)."`
	My      myCmd      `cmd:"" help:"Show your pledges, earnings and payouts (member)."`
	Leave   leaveCmd   `cmd:"" help:"Show what leaving would cost, and when it costs less (member)."`
	History historyCmd `cmd:"" help:"List income, forfeits and payouts, or print a file for a tax return (member)."`
	Guard   guardCmd   `cmd:"" help:"Keep pledged coins locked, and warn if a transaction spends them (member)."`

	Pool      poolCmd      `cmd:"" help:"Open, watch and activate a pool (operator); smartpool pools lists all."`
	Supernode supernodeCmd `cmd:"" help:"Start a pool's Supernode (operator)."`
	Payouts   payoutsCmd   `cmd:"" help:"List payouts that wait to be mined (operator)."`

	Alerts alertsCmd `cmd:"" help:"Subscribe to alerts about pools and pledges."`

	Doctor doctorCmd `cmd:"" help:"Look for what is wrong with node, wallet, registration, coins, daemon and clock, and say what to do."`

	Verify verifyCmd `cmd:"" help:"Recompute payouts and pools from raw blocks (auditor)."`
	Digest digestCmd `cmd:"" help:"Compare the ledger digests of daemons (auditor)."`

	Demo    demoCmd    `cmd:"" help:"Play a pool's whole life on a development node, and check every patoshi."`
	Replay  replayCmd  `cmd:"" help:"Read a chain of raw blocks and report every pool's life."`
	Ticket  ticketCmd  `cmd:"" help:"Build, sign, check and read tickets, even on a machine that is never online."`
	ID      idCmd      `cmd:"" name:"id" help:"Create and use PastelIDs."`
	RPC     rpcCmd     `cmd:"" name:"rpc" help:"Call the node's RPC, as pastel-cli does; on a development node, rpc generate 10 mines."`
	Version versionCmd `cmd:"" help:"Print the version."`

	Completion completionCmd `cmd:"" help:"Print a script that completes commands and flags in a shell."`
	Manual     manualCmd     `cmd:"" help:"Print this program's page for man, as man -l - shows it."`
}

// run executes one command line and returns the exit code.
func run(args []string, in io.Reader, stdout, stderr io.Writer) int {
	out, errOut := visible.Writer(stdout), visible.Writer(stderr)
	defer errOut.Close()
	defer out.Close()
	exited := -1
	stop := func() {}
	defer func() { stop() }()
	interruption := func() (ctx context.Context, _ error) { // for commands that request it; Ctrl-C kills the others
		ctx, stop = terminal.Interruptible()
		return ctx, nil
	}
	width := terminal.WidthOf(stdout)
	wide := func(w io.Writer) io.Writer { return terminal.Fold(w, width) } // of what is not the answer
	if width == 0 {
		wide = func(w io.Writer) io.Writer { return w }
	}
	var line cli
	parser, err := kong.New(&line, append(options(), kong.Writers(wide(out), wide(errOut)),
		kong.Exit(func(code int) { exited = code }),
		kong.BindSingletonProvider(interruption),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: width}))...)
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "smartpool:", err)
		return exitUsage
	}
	flagvalue.OmitEmpty(parser.Model.Node)
	ctx, err := parser.Parse(guarded(args))
	if exited >= 0 { // the user asked for help or the version
		return exited
	}
	if err == nil {
		err = ctx.Run(terminal.New(in, out, errOut, terminal.ScreenOf(stderr), line.JSON).On(width))
	} else {
		err = terminal.UsageError{Err: nested(parser.Model, args, err)}
	}
	if err == nil {
		return exitOK
	}
	code := exitCode(err)
	if code == exitUsage {
		err = helpful(err, misused(ctx, err))
	}
	if errors.Is(err, context.Canceled) {
		err = errors.New("interrupted")
	}
	_, _ = fmt.Fprintln(wide(errOut), "smartpool:", err)
	return code
}

// options say what kong needs to know of the command line beside its struct.
func options() []kong.Option {
	return append(cleaners(), flagvalue.Durations(), kong.Name("smartpool"), kong.Vars{"version": "smartpool " + version.String()},
		kong.Description("Smart pools on Pastel: pooled Supernode collateral without custody."))
}

// misused returns the command that a mistake was made in: on the command line, or as the command itself found.
func misused(ctx *kong.Context, err error) string {
	var mistake *kong.ParseError
	if errors.As(err, &mistake) {
		ctx = mistake.Context
	}
	if ctx != nil {
		if command := ctx.Selected(); command != nil {
			return command.FullPath()
		}
	}
	return "smartpool"
}

// helpful names the help of a command that was misused.
func helpful(err error, command string) error {
	if strings.HasSuffix(err.Error(), "?") { // did you mean …?
		return fmt.Errorf("%w (see %s --help)", err, command)
	}
	return fmt.Errorf("%w; see %s --help", err, command)
}

// nested adds to a mistake at the start of a command line the command that was meant: one that is part of another.
func nested(app *kong.Application, args []string, err error) error {
	var mistake *kong.ParseError
	if len(args) == 0 || !errors.As(err, &mistake) || mistake.Context == nil || mistake.Context.Selected() != nil {
		return err
	}
	for _, leaf := range app.Leaves(true) {
		if leaf.Name == args[0] {
			return fmt.Errorf("%w, did you mean %q?", err, leaf.FullPath())
		}
	}
	return err
}

// exitCode returns the exit code of an error.
func exitCode(err error) int {
	var usage terminal.UsageError
	var unknown *journey.UnknownError
	switch {
	case errors.Is(err, context.Canceled), errors.Is(err, terminal.ErrInterrupted):
		return exitInterrupted
	case errors.As(err, &unknown):
		return exitUnknown
	case errors.As(err, &usage):
		return exitUsage
	case errors.Is(err, client.ErrNotFound):
		return exitAbsent
	case client.Passes(err), pasteld.Temporary(err):
		return exitUnknown
	default:
		return exitNo
	}
}

type versionCmd struct{}

// Run prints the version.
func (c *versionCmd) Run(e *terminal.Terminal) error {
	if e.JSON {
		return terminal.PrintJSON(e.Out, map[string]string{"version": version.String()})
	}
	_, err := fmt.Fprintln(e.Out, "smartpool", version.String())
	return err
}
