// Command scale measures what answers cost at the network's limit, or at a part of it. It makes a database and keeps it, starts a daemon that
// reads it, sends blocks, asks for answers right after each, and prints the figures as a table. It also grows databases in one direction at a
// time, to show which costs grow with what.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"syscall"

	"github.com/alecthomas/kong"
)

// cli holds every flag.
type cli struct {
	Measure measureCommand `cmd:"" default:"withargs" help:"Print the figures of a database at the limit or at a part of it (the default command)."`
	Growth  growthCommand  `cmd:"" help:"Print how the cost of each answer grows with pools, members and history."`
	Attack  attackCommand  `cmd:"" hidden:"" help:"Ask for the paths on standard input at a steady rate, and print how long each took."`
}

func main() { os.Exit(run()) }

// run returns the exit code.
func run() int {
	var c cli
	command := kong.Parse(&c, kong.Name("scale"), kong.Description("Measure what answers cost at the network's limit."),
		kong.Vars{"sizes": sizeNames()})
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	command.BindTo(ctx, (*context.Context)(nil))
	if err := command.Run(); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		return 1
	}
	return 0
}

// place says where databases are kept.
type place struct {
	Folder   string `placeholder:"FOLDER" help:"Where databases are kept. Default: smartpool-scale in the user's cache, /var/cache for root."`
	Database string `default:"sqlite" placeholder:"WHERE" help:"sqlite, postgres for a server of its own that keeps its files in the folder, or a PostgreSQL URL of an empty database."`
}

// folder returns the folder of databases. PostgreSQL refuses to run as root, and no other user can reach root's own cache.
func (p *place) folder() (string, error) {
	if p.Folder != "" {
		return filepath.Abs(p.Folder)
	}
	if os.Geteuid() == 0 {
		return "/var/cache/smartpool-scale", nil
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("%w; name a folder with --folder", err)
	}
	return filepath.Join(cache, "smartpool-scale"), nil
}
