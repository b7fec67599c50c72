// Command smartpool is the command line for operators, members and auditors of smart pools. It has no rules of its own.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"

	"github.com/alecthomas/kong"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
)

// Exit codes.
const (
	exitOK    = 0
	exitNo    = 1 // the answer is no, or the input is bad
	exitUsage = 2 // the command line is wrong

	// exitUnknown is of a check that could not be made: never to be taken for ok.
	exitUnknown = 3
)

func main() { os.Exit(run(os.Args[1:], os.Stdin, os.Stdout, os.Stderr)) }

// cli is every command and flag; help and parsing come from it.
type cli struct {
	JSON bool `help:"Print JSON, for programs."`

	Pools   poolsCmd   `cmd:"" help:"Compare pools (member)."`
	Join    joinCmd    `cmd:"" help:"Pledge coins: with the wallet, or with a cold machine (member)."`
	Amend   amendCmd   `cmd:"" help:"Raise a pledge, or be paid elsewhere: with the wallet, or with a cold machine (member)."`
	My      myCmd      `cmd:"" help:"What I have in pools: pledges, earnings, payouts (member)."`
	Leave   leaveCmd   `cmd:"" help:"What leaving would cost, and when it costs less (member)."`
	History historyCmd `cmd:"" help:"Income, forfeits and payouts with dates (member)."`
	Guard   guardCmd   `cmd:"" help:"Lock pledged coins in the wallet, and warn when a transaction spends them (member)."`

	Pool      poolCmd      `cmd:"" help:"Open, watch and activate a pool (operator)."`
	Supernode supernodeCmd `cmd:"" help:"Start a pool's Supernode (operator)."`
	Payouts   payoutsCmd   `cmd:"" help:"Payouts: settled, due, mined (operator)."`

	Alerts alertsCmd `cmd:"" help:"Have people told of what happens to pools and pledges."`

	Verify verifyCmd `cmd:"" help:"Recompute payouts and pools from raw blocks (auditor)."`
	Digest digestCmd `cmd:"" help:"Compare daemons by their ledger digests (auditor)."`

	Demo    demoCmd    `cmd:"" help:"Play the whole life of a pool on a development node, and check every patoshi."`
	Replay  replayCmd  `cmd:"" help:"Read a chain of raw blocks and tell every pool's life."`
	Ticket  ticketCmd  `cmd:"" help:"Build, sign, check and read tickets; works on a machine that is never online."`
	ID      idCmd      `cmd:"" name:"id" help:"Make and use PastelIDs."`
	RPC     rpcCmd     `cmd:"" name:"rpc" help:"Make a call of the node's RPC, as pastel-cli does; mines on a development node: rpc generate 10."`
	Version versionCmd `cmd:"" help:"Print the version."`
}

// run executes one command line and returns the exit code.
func run(args []string, in io.Reader, stdout, stderr io.Writer) int {
	out, errOut := terminal.Visible(stdout), terminal.Visible(stderr)
	defer errOut.Close()
	defer out.Close()
	exited := -1
	stop := func() {}
	defer func() { stop() }()
	interruption := func() (ctx context.Context, _ error) { // for the commands that ask for it: Ctrl-C kills the others
		ctx, stop = terminal.Interruptible()
		return ctx, nil
	}
	var line cli
	parser, err := kong.New(&line, kong.Name("smartpool"), kong.Writers(out, errOut),
		kong.Description("Smart pools of the Pastel network: pooled Supernode collateral without custody."),
		kong.Exit(func(code int) { exited = code }),
		kong.BindSingletonProvider(interruption),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "smartpool:", err)
		return exitUsage
	}
	ctx, err := parser.Parse(args)
	if exited >= 0 { // help was asked for
		return exited
	}
	if err == nil {
		err = ctx.Run(terminal.New(in, out, errOut, terminal.ScreenOf(stderr), line.JSON))
	} else {
		err = terminal.Usagef("%w; see smartpool --help", err)
	}
	var usage terminal.UsageError
	var unknown *journey.UnknownError
	switch {
	case err == nil:
		return exitOK
	case errors.As(err, &unknown):
		_, _ = fmt.Fprintln(errOut, "smartpool:", err)
		return exitUnknown
	case errors.As(err, &usage):
		_, _ = fmt.Fprintln(errOut, "smartpool:", err)
		return exitUsage
	default:
		_, _ = fmt.Fprintln(errOut, "smartpool:", err)
		return exitNo
	}
}

type versionCmd struct{}

// Run prints the module's version as the Go tool recorded it.
func (c *versionCmd) Run(e *terminal.Terminal) error {
	v := "(devel)"
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		v = info.Main.Version
	}
	if e.JSON {
		return terminal.PrintJSON(e.Out, map[string]string{"version": v})
	}
	_, err := fmt.Fprintln(e.Out, "smartpool", v)
	return err
}
