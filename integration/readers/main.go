// Command readers runs an example of several daemons behind a proxy on this machine: PostgreSQL, one smartpoold with a development node that writes,
// three that read, and HAProxy before them. It runs until it is interrupted.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"github.com/pastelnetwork/smartpool/internal/pgtest"
)

func main() {
	if err := run(); err != nil {
		fmt.Fprintln(os.Stderr, "readers:", err)
		os.Exit(1)
	}
}

func run() (err error) {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	folder, err := os.MkdirTemp("", "smartpool-readers-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(folder)) }()
	if err := os.Chmod(folder, 0o711); err != nil { // the user postgres must be able to pass
		return err
	}
	server, err := pgtest.Kept(filepath.Join(folder, "postgres"))
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, server.Close()) }()
	database, err := server.Named("smartpool")
	if err != nil {
		return err
	}
	s, err := open(ctx, folder, database, 5*time.Second, os.Stderr)
	if err != nil {
		return err
	}
	defer s.close()
	fmt.Printf("proxy   %s\nwriter  http://%s\n", s.url, s.writer.api)
	for _, d := range s.reading {
		fmt.Printf("reader  http://%s  process %d\n", d.api, d.cmd.Process.Pid)
	}
	fmt.Println("Interrupt to end all of them.")
	<-ctx.Done()
	return nil
}
