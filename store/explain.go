package store

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"path/filepath"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// place names the database an error comes from: its engine, and a name without passwords.
type place string

func sqlitePlace(path string) place { return place("SQLite file " + filepath.Base(path)) }

func postgresPlace(cfg *pgx.ConnConfig) place {
	return place(fmt.Sprintf("PostgreSQL database %s on %s", cfg.Database, cfg.Host))
}

// explain adds to an engine's error which database it comes from, what it means and what to do. Other errors stay as they are. ctx is that
// of the failed operation: after it ends, drivers may report a bad connection.
func (p place) explain(ctx context.Context, err error) error {
	var done *explained
	trouble := diagnose(err)
	if trouble == nil || errors.As(err, &done) {
		return err
	}
	if over := ctx.Err(); over != nil && !errors.Is(err, over) {
		err = fmt.Errorf("%w: %w", over, err)
		trouble = diagnose(err)
	}
	return &explained{p, trouble.advice, err}
}

// name is explain for errors of every kind: it names the database in each.
func (p place) name(ctx context.Context, err error) error {
	var done *explained
	if err = p.explain(ctx, err); err == nil || errors.As(err, &done) {
		return err
	}
	return fmt.Errorf("%s: %w", p, err)
}

// explained is an engine's error with its database and advice, on one line; errors of PostgreSQL's driver may have several.
type explained struct {
	place  place
	advice string // may be empty
	cause  error
}

func (e *explained) Error() string {
	text := string(e.place) + ": "
	if e.advice != "" {
		text += e.advice + ": "
	}
	return text + strings.Join(strings.Fields(e.cause.Error()), " ")
}

func (e *explained) Unwrap() error { return e.cause }

// remedy says what makes an error go away.
type remedy int

const (
	remedyNone remedy = iota // the error stays: damage, or a bug of ours
	remedyMend               // the operator must fix something around the database
	remedyWait               // it may pass by itself
)

// trouble is what is known about an engine's error.
type trouble struct {
	remedy remedy
	advice string
}

const (
	adviceSlow = "it took too long: check whether the disk or the server is overloaded"
	adviceLost = "the connection is lost: check that the server runs and is reachable"
	adviceFull = "the disk is full: free some space; nothing is lost"
)

// diagnose returns what is known about an engine's error; nil for other errors.
func diagnose(err error) *trouble {
	var file *sqlite.Error
	var server *pgconn.PgError
	var connect *pgconn.ConnectError
	var dial *net.OpError
	var name *net.DNSError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrLocked), errors.Is(err, errOwnLock):
		return &trouble{remedyWait, ""}
	case errors.As(err, &server): // a server that refuses a connection says why
		return postgresTrouble(server.Code)
	case errors.As(err, &connect):
		return &trouble{remedyWait, "the server does not answer: start it, or correct the database's URL"}
	case errors.Is(err, context.DeadlineExceeded):
		return &trouble{remedyWait, adviceSlow}
	case errors.Is(err, context.Canceled):
		return &trouble{remedyWait, ""}
	case errors.As(err, &file):
		return sqliteTrouble(file.Code())
	case errors.As(err, &dial), errors.As(err, &name), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF),
		errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), pgconn.SafeToRetry(err), pgconn.Timeout(err):
		return &trouble{remedyWait, adviceLost}
	}
	return nil
}

func sqliteTrouble(code int) *trouble {
	switch code & 0xff { // without the extended code in the higher bits
	case sqlite3.SQLITE_FULL:
		return &trouble{remedyWait, adviceFull}
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return &trouble{remedyWait, "another program holds the file: close it"}
	case sqlite3.SQLITE_IOERR:
		return &trouble{remedyWait, "the disk failed: check that it is mounted and healthy"}
	case sqlite3.SQLITE_NOMEM:
		return &trouble{remedyWait, "out of memory: close other programs"}
	case sqlite3.SQLITE_INTERRUPT:
		return &trouble{remedyWait, adviceSlow}
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return &trouble{remedyMend, "the file or its folder is not writable: check owner and permissions"}
	case sqlite3.SQLITE_CORRUPT:
		return &trouble{remedyNone, "the file is damaged: restore a backup or start with an empty one"}
	case sqlite3.SQLITE_NOTADB:
		return &trouble{remedyNone, "the file belongs to another program: choose another path"}
	}
	return &trouble{remedyNone, ""}
}

// postgresTrouble diagnoses by the codes of the PostgreSQL manual, appendix A.
func postgresTrouble(code string) *trouble {
	switch code {
	case "28000", "28P01":
		return &trouble{remedyMend, "the server refused the user or password: correct the database's URL"}
	case "3D000":
		return &trouble{remedyMend, "the server has no such database: create it, or correct the URL"}
	case "42501":
		return &trouble{remedyMend, "the user in the database's URL lacks a privilege: make it the owner of the database and schema"}
	case "25006":
		return &trouble{remedyMend, "the server is read-only: use the URL of the primary server"}
	case "53100":
		return &trouble{remedyWait, adviceFull}
	case "53300":
		return &trouble{remedyWait, "the server has no connections left: close some, or raise max_connections"}
	case "57014", "25P03", "55P03":
		return &trouble{remedyWait, "the server cancelled a statement: check whether it is overloaded, or its timeouts too short"}
	case "57P01", "57P02", "57P03", "57P05":
		return &trouble{remedyWait, "the server closed the connection: check that it is running"}
	case "XX001", "XX002":
		return &trouble{remedyNone, "the server's files are damaged: restore a backup or start with an empty database"}
	}
	switch code[:min(2, len(code))] {
	case "08": // connection exceptions
		return &trouble{remedyWait, adviceLost}
	case "40": // serialization failures and deadlocks
		return &trouble{remedyWait, "another transaction interfered"}
	case "53", "57", "58": // resources, the operator, the system around the server
		return &trouble{remedyWait, "the server or its machine failed: see the server's log"}
	}
	return &trouble{remedyNone, ""}
}

// Temporary reports whether an error may pass without changes to the database: the disk is full or busy, the server is unreachable or
// restarting, another process holds the lock. Open the database again later.
func Temporary(err error) bool {
	trouble := diagnose(err)
	return trouble != nil && trouble.remedy == remedyWait
}

// Passes implements chain.Store. It reports whether an error passes by itself, or once the operator fixes something around the database.
// ErrLocked does not pass: while another process writes, storing the step is not ours to do.
func (s *Store) Passes(err error) bool {
	trouble := diagnose(err)
	return trouble != nil && !errors.Is(err, ErrLocked) && trouble.remedy != remedyNone
}

// lockTimeOut reports whether a transaction waited too long for another one.
func lockTimeOut(err error) bool {
	const lockNotAvailable = "55P03"
	var server *pgconn.PgError
	return errors.As(err, &server) && server.Code == lockNotAvailable
}
