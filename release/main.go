// Command release makes what is published for a version: archives for each platform, Debian packages, checksums and the script that
// installs from them. The same commit and version give the same bytes on every machine.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/alecthomas/kong"
)

// Exit codes.
const (
	exitOK     = 0
	exitFailed = 1 // something could not be made
	exitUsage  = 2 // the command line is wrong
)

func main() { os.Exit(run(os.Args[1:], os.Stdout, os.Stderr)) }

// platforms are those that archives are made for, as GOOS/GOARCH.
var platforms = []string{"linux/amd64", "linux/arm64", "darwin/amd64", "darwin/arm64", "windows/amd64"}

// cli holds every flag.
type cli struct {
	Version  string   `arg:"" help:"Version, such as v0.1.0 or v0.2.0-rc.1."`
	Source   string   `default:"." placeholder:"FOLDER" help:"The module's folder."`
	Out      string   `default:"bin/release" placeholder:"FOLDER" help:"Folder for the release, which gets a folder of the version's name; an earlier one is replaced."`
	Platform []string `placeholder:"OS/ARCH" help:"Only these platforms (comma-separated)."`
}

func run(args []string, out, errOut io.Writer) int {
	exited := -1
	var line cli
	parser, err := kong.New(&line, kong.Name("release"), kong.Writers(out, errOut), kong.Exit(func(code int) { exited = code }),
		kong.Description("Makes a release: archives, Debian packages, checksums and the script that installs."))
	if err == nil {
		_, err = parser.Parse(args)
	}
	if exited >= 0 { // --help
		return exited
	}
	code := exitUsage
	if err == nil {
		err = line.check()
	}
	if err == nil {
		ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
		defer stop()
		code, err = exitFailed, line.run(ctx, out)
	}
	if err != nil {
		_, _ = fmt.Fprintln(errOut, "release:", err)
		return code
	}
	return exitOK
}

// versions are those of Semantic Versioning, without metadata of a build, which Debian would compare.
var versions = regexp.MustCompile(`^v(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z]+(\.[0-9A-Za-z]+)*)?$`)

func (c *cli) check() error {
	if !versions.MatchString(c.Version) {
		return fmt.Errorf("%q is no version; name one such as v0.1.0: make release VERSION=v0.1.0", c.Version)
	}
	if len(c.Platform) == 0 {
		c.Platform = platforms
	}
	for _, p := range c.Platform {
		if !slices.Contains(platforms, p) {
			return fmt.Errorf("--platform %q: use some of %s", p, strings.Join(platforms, ", "))
		}
	}
	return nil
}

func (c *cli) run(ctx context.Context, out io.Writer) error {
	at, err := moment(ctx, c.Source)
	if err != nil {
		return err
	}
	source, err := filepath.Abs(c.Source)
	if err != nil {
		return err
	}
	folder, err := filepath.Abs(filepath.Join(c.Out, c.Version))
	if err != nil {
		return err
	}
	r := &release{version: c.Version, source: source, folder: folder, at: at, platforms: c.Platform, out: out}
	return r.make(ctx)
}

// moment returns the time that everything in the release is dated: SOURCE_DATE_EPOCH if it is set, else that of the commit, of which nothing
// may be changed.
func moment(ctx context.Context, source string) (time.Time, error) {
	text := os.Getenv("SOURCE_DATE_EPOCH")
	if text == "" {
		changed, err := command(ctx, source, nil, "git", "status", "--porcelain")
		if err != nil {
			return time.Time{}, fmt.Errorf("%w; outside a git repository, set SOURCE_DATE_EPOCH to the release's time in Unix seconds", err)
		}
		if changed != "" {
			return time.Time{}, errors.New("files are changed or new; commit them first, because a release is made from a commit")
		}
		if text, err = command(ctx, source, nil, "git", "log", "-1", "--format=%ct"); err != nil {
			return time.Time{}, err
		}
	}
	seconds, err := strconv.ParseInt(strings.TrimSpace(text), 10, 64)
	if err != nil || seconds < 315532800 { // zip knows no times before 1980
		return time.Time{}, fmt.Errorf("SOURCE_DATE_EPOCH: %q is no time in Unix seconds after 1980", text)
	}
	return time.Unix(seconds, 0).UTC(), nil
}

// command runs a program in a folder, with further variables of the environment, and returns what it prints.
func command(ctx context.Context, folder string, env []string, name string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, name, args...)
	cmd.Dir = folder
	cmd.Env = append(os.Environ(), env...)
	var printed, complaint strings.Builder
	cmd.Stdout, cmd.Stderr = &printed, &complaint
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, strings.TrimSpace(complaint.String()))
	}
	return printed.String(), nil
}
