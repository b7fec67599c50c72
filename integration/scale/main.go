// Scale measures a daemon on a database at the network's limit, or at a part of it: it makes the database and keeps it, starts a daemon that
// reads it, sends blocks, and prints what answers cost.
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"

	"github.com/alecthomas/kong"
)

type options struct {
	Size     string `default:"tenth" enum:"tiny,tenth,full" help:"How much of the network's limit: ${enum}."`
	Folder   string `placeholder:"FOLDER" help:"Where databases are kept. Default: smartpool-scale in the user's cache."`
	Postgres string `placeholder:"URL" help:"Keep the tables in this PostgreSQL database instead of SQLite."`
	Daemon   string `placeholder:"FILE" help:"smartpoold to measure. Default: built from the sources."`
}

func main() {
	var o options
	kong.Parse(&o, kong.Description("Measure what answers cost at the network's limit."))
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, &o); err != nil {
		fmt.Fprintln(os.Stderr, "scale:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o *options) error {
	if o.Folder == "" {
		cache, err := os.UserCacheDir()
		if err != nil {
			return fmt.Errorf("%w; name a folder with --folder", err)
		}
		o.Folder = filepath.Join(cache, "smartpool-scale")
	}
	s := sizes[slices.IndexFunc(sizes, func(s size) bool { return s.name == o.Size })]
	db, err := open(ctx, o, s)
	if err != nil {
		return err
	}
	defer db.close()
	d, err := start(ctx, o, db)
	if err != nil {
		return err
	}
	defer d.stop()
	rows, err := measure(ctx, d, db)
	if err != nil {
		return err
	}
	fmt.Println(strings.Join(rows, "\n"))
	return nil
}
