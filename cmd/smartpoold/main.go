// Command smartpoold follows a Pastel node and keeps the ledger of all smart pools in a database.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"strings"
	"syscall"

	"github.com/alecthomas/kong" // flags, environment and file in one struct

	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/internal/flagvalue"
	"github.com/pastelnetwork/smartpool/internal/secretfile"
	"github.com/pastelnetwork/smartpool/internal/version"
	"github.com/pastelnetwork/smartpool/internal/visible"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // it cannot continue
	exitUsage  = 2 // a setting is wrong
)

func main() {
	secretfile.Umask()
	os.Exit(run(os.Args[1:], os.Stdout, os.Stderr))
}

// cli holds every command and flag.
type cli struct {
	Config string `placeholder:"FILE" env:"SMARTPOOLD_CONFIG" help:"YAML file with settings. Flags override the environment, which overrides the file."`

	Settings daemon.Config `embed:""`

	ShowVersion kong.VersionFlag `name:"version" env:"-" help:"Print the version."`

	Run     runCmd     `cmd:"" default:"1" help:"Run the daemon (the default command)."`
	Rebuild rebuildCmd `cmd:"" help:"Empty the ledger in the database, so that the daemon rebuilds it from the chain; keeps the subscriptions to alerts. Stop the daemon first."`
	Check   checkCmd   `cmd:"" help:"Compute what lists and pages show from the ledger's history again, and print the rows of the database that differ. Reads only; the daemon may run."`
	Backup  backupCmd  `cmd:"" help:"Write a backup of the database to a new file, and check it. The daemon may run."`
	Restore restoreCmd `cmd:"" help:"Replace the database by a backup, which is checked first; what was there is kept in a file. Stop the daemon first."`
	Sample  sampleCmd  `cmd:"" name:"config" help:"Print all settings with their meaning and default, as a YAML file."`
	Version versionCmd `cmd:"" help:"Print the version."`

	Completion completionCmd `cmd:"" help:"Print a script that completes commands and flags in a shell."`
	Manual     manualCmd     `cmd:"" help:"Print this program's page for man, as man -l - shows it."`
}

type (
	runCmd     struct{}
	rebuildCmd struct{}
	backupCmd  struct {
		File string `arg:"" help:"File to write; it must not exist yet."`
	}
	restoreCmd struct {
		File string `arg:"" help:"File that smartpoold backup wrote, from either kind of database."`
	}
	sampleCmd  struct{}
	versionCmd struct{}
)

// errLogged says that the log has the error, in its form.
var errLogged = errors.New("the log says why")

// usageError is a wrong setting.
type usageError struct{ error }

func run(args []string, stdout, stderr io.Writer) int {
	out, errOut := visible.Writer(stdout), visible.Writer(stderr)
	defer errOut.Close()
	defer out.Close()
	exited := -1
	var line cli
	parser, err := newParser(&line, args, out, errOut, func(code int) { exited = code })
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "smartpoold:", err)
		return exitUsage
	}
	ctx, err := parser.Parse(args)
	if exited >= 0 { // --help, --version
		return exited
	}
	if err != nil {
		err = usageError{fmt.Errorf("%s; see smartpoold --help", withoutSecrets(err.Error(), args))}
	} else {
		err = command(ctx.Command(), &line, parser, out, errOut)
	}
	var usage usageError
	switch {
	case err == nil:
		return exitOK
	case errors.Is(err, errLogged):
		return exitFailed
	case errors.As(err, &usage):
		_, _ = fmt.Fprintln(errOut, "smartpoold:", err)
		return exitUsage
	}
	_, _ = fmt.Fprintln(errOut, "smartpoold:", err)
	return exitFailed
}

// withoutSecrets removes arguments that may contain a password from the parser's message about the command line, such as the rest of a
// database's name that was not quoted.
func withoutSecrets(message string, args []string) string {
	for _, arg := range args {
		if secretive.MatchString(arg) {
			message = strings.ReplaceAll(message, arg, "…")
		}
	}
	return message
}

var secretive = regexp.MustCompile(`(?i)passw|secret|@`)

func newParser(line *cli, args []string, out, errOut io.Writer, exit func(int)) (*kong.Kong, error) {
	options := append(options(defaultData()), kong.Writers(out, errOut), kong.Exit(exit))
	parser, err := kong.New(line, options...)
	if err != nil {
		return nil, err
	}
	if path, given := fileFlag(args); given {
		resolver, err := readSettings(path, parser.Model)
		if err != nil {
			return nil, err
		}
		if parser, err = kong.New(line, append(options, kong.Resolvers(resolver))...); err != nil {
			return nil, err
		}
	}
	flagvalue.OmitEmpty(parser.Model.Node)
	return parser, nil
}

// options say what kong needs to know of the command line beside its struct.
func options(data string) []kong.Option {
	return append(flagvalue.Numbers(), flagvalue.Durations(), kong.Name("smartpoold"), kong.DefaultEnvars("SMARTPOOLD"),
		kong.Description("Follows a Pastel node and keeps the ledger of all smart pools in a database."),
		kong.Vars{"data": data, "version": "smartpoold " + version.String()}, kong.ConfigureHelp(kong.HelpOptions{Compact: true}))
}

// readingGC is how large the garbage of a daemon that only reads may become, in percent of what it uses, unless GOGC is set. Go's own 100 %
// would let it take twice what it keeps.
const readingGC = 40

func command(name string, line *cli, parser *kong.Kong, out, errOut io.Writer) error {
	switch name {
	case "config":
		return printSample(out, parser.Model)
	case "version":
		return printVersion(out)
	case "completion <shell>":
		return line.Completion.run(out)
	case "manual":
		return line.Manual.run(out)
	}
	log := newLogger(errOut, line.Settings.LogLevel, line.Settings.LogFormat)
	d, err := daemon.New(line.Settings, log)
	if err != nil {
		return usageError{err}
	}
	slog.SetDefault(log) // so that lines of libraries, which use package log, have the same form
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	switch name {
	case "rebuild":
		err = daemon.Rebuild(ctx, line.Settings, log)
	case "backup <file>":
		err = daemon.Backup(ctx, line.Settings, line.Backup.File, log)
	case "restore <file>":
		err = daemon.Restore(ctx, line.Settings, line.Restore.File, log)
	case "check":
		err = line.Check.run(ctx, line.Settings, out, log)
	default:
		if line.Settings.ReadOnly && os.Getenv("GOGC") == "" {
			debug.SetGCPercent(readingGC)
		}
		err = d.Run(ctx)
	}
	if errors.Is(err, errDiffers) {
		return err
	}
	if err != nil {
		log.Error("smartpoold cannot continue", "err", err)
		return errLogged
	}
	return nil
}

func newLogger(w io.Writer, level, format string) *slog.Logger {
	var l slog.Level
	if err := l.UnmarshalText([]byte(level)); err != nil {
		l = slog.LevelInfo // kong has checked it
	}
	options := &slog.HandlerOptions{Level: l}
	if format == "json" {
		return slog.New(slog.NewJSONHandler(visible.JSONWriter(w), options))
	}
	return slog.New(slog.NewTextHandler(w, options))
}

// defaultData returns a folder in the user's home, as is usual for daemons.
func defaultData() string {
	home, err := os.UserHomeDir()
	if err != nil {
		return "smartpool-data"
	}
	return filepath.Join(home, ".smartpool")
}

func printVersion(out io.Writer) error {
	_, err := fmt.Fprintln(out, "smartpoold", version.String())
	return err
}
