package pgtest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/jackc/pgx/v5"
)

// Kept starts a server with PostgreSQL's own settings on a cluster that stays in a folder after the process has ended; it creates both if they
// are missing. A superuser runs it as the user postgres, who must be able to pass through the folders above.
func Kept(folder string) (*Server, error) {
	bin, err := binaries()
	if err != nil {
		return nil, err
	}
	who, err := account()
	if err != nil {
		return nil, err
	}
	folder, err = filepath.Abs(folder)
	if err != nil {
		return nil, err
	}
	s := &Server{bin: bin, folder: folder, who: who}
	secret, err := os.ReadFile(filepath.Join(folder, "password"))
	switch {
	case errors.Is(err, os.ErrNotExist):
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return nil, err
		}
		if who != nil {
			if err := os.Chown(folder, int(who.Uid), int(who.Gid)); err != nil {
				return nil, err
			}
		}
		err = s.create()
	case err == nil:
		s.password = string(secret)
	}
	if err != nil {
		return nil, err
	}
	return s, s.launchAnywhere()
}

// Named returns the URL of a database, which it creates if it is missing. The name must be a plain word.
func (s *Server) Named(name string) (string, error) {
	ctx := context.Background()
	c, err := pgx.Connect(ctx, s.url("postgres"))
	if err != nil {
		return "", err
	}
	var there bool
	err = c.QueryRow(ctx, "SELECT EXISTS (SELECT 1 FROM pg_database WHERE datname = $1)", name).Scan(&there)
	if err == nil && !there {
		_, err = c.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	}
	return s.url(name), errors.Join(err, c.Close(ctx))
}

// Close ends the server, after it has written everything to disk.
func (s *Server) Close() error {
	if s.process == nil {
		return nil
	}
	if err := s.process.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("end PostgreSQL: %w", err)
	}
	<-s.process.done
	s.process = nil
	return nil
}
