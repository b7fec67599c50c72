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

	"github.com/pastelnetwork/smartpool/pool"
)

// place names the database an error comes from.
type place struct {
	what  string // its engine, and a name without passwords
	file  bool   // SQLite
	reads bool   // it is only read
}

func sqlitePlace(path string) place {
	return place{what: "SQLite file " + filepath.Base(path), file: true}
}

func postgresPlace(cfg *pgx.ConnConfig) place {
	return place{what: fmt.Sprintf("PostgreSQL database %s on %s", cfg.Database, cfg.Host)}
}

// opening is the place while it is opened.
func (p place) opening() place {
	p.what = "open " + p.what
	return p
}

// Damaged says what it may mean that a ledger's tables contradict themselves, and what to do. No advice costs people their subscriptions.
const Damaged = "the database is that of another network, or was changed by another program, or is damaged: check --network and --database, " +
	"then run smartpoold rebuild, which reads the ledger again from the chain and keeps the subscriptions to alerts"

// contradicts says what it may mean that a ledger's records do not fit. A sound ledger that is another's is not called damaged, and nobody is
// told to rebuild it as a ledger of the wrong network.
func contradicts(err error) error {
	var other *pool.OtherLedgerError
	switch {
	case !errors.As(err, &other):
		return fmt.Errorf("%w; %s", err, Damaged)
	case other.Network != other.Want:
		return fmt.Errorf("%w; the database is that of another network: correct --network or --database", err)
	}
	return fmt.Errorf("%w; the database is that of a run from another height: correct --shadow-from or --database, or run smartpoold rebuild, "+
		"which reads the ledger again from the chain and keeps the subscriptions to alerts", err)
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
	return &explained{p, p.advice(trouble), err}
}

// name is explain for errors of every kind: it names the database in each.
func (p place) name(ctx context.Context, err error) error {
	var done *explained
	if err = p.explain(ctx, err); err == nil || errors.As(err, &done) {
		return err
	}
	return fmt.Errorf("%s: %w", p.what, err)
}

// explained is an engine's error with its database and advice, on one line; errors of PostgreSQL's driver may have several.
type explained struct {
	place  place
	advice string // may be empty
	cause  error
}

func (e *explained) Error() string {
	text := e.place.what + ": "
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
	file   string // advice for an SQLite file, if it is another
	reader string // advice for those who only read, if it is another
}

// advice returns what to do at this place.
func (p place) advice(t *trouble) string {
	switch {
	case p.file && t.file != "":
		return t.file
	case p.reads && t.reader != "":
		return t.reader
	}
	return t.advice
}

const adviceFull = "the disk is full: free some space; nothing is lost"

var (
	troubleSlow = trouble{
		remedy: remedyWait,
		advice: "it took too long: check whether the server is overloaded, or another session holds a table",
		file:   "it took too long: check whether the disk is overloaded, or another program holds the file",
	}
	troubleLost = trouble{
		remedy: remedyWait,
		advice: "the connection is lost: check that the server runs and is reachable",
		file:   "the file's connection broke off: check the disk",
	}
	troubleUnreachable = trouble{remedy: remedyWait, advice: "the server does not answer: start it, or correct the database's URL"}
	troubleGreeting    = trouble{remedy: remedyWait, advice: "the server answers, but no session began: correct the database's URL, or see the server's log"}
)

// internalError is PostgreSQL's code of what has no code of its own. A server gives it to whoever connects when it cannot write its first files.
const internalError = "XX000"

// diagnose returns what is known about an engine's error; nil for other errors.
func diagnose(err error) *trouble {
	var file *sqlite.Error
	var server *pgconn.PgError
	var connect *pgconn.ConnectError
	switch {
	case err == nil:
		return nil
	case errors.Is(err, ErrLocked), errors.Is(err, errOwnLock), errors.Is(err, errStandby): // a standby may become the primary
		return &trouble{remedy: remedyWait}
	case errors.As(err, &connect) && errors.As(err, &server) && server.Code == internalError: // such as a full disk
		return &troubleGreeting
	case errors.As(err, &server): // a server that refuses a connection says why
		return postgresTrouble(server.Code)
	case errors.As(err, &connect) && (unreachable(err) || pgconn.Timeout(err) || errors.Is(err, context.DeadlineExceeded)):
		return &troubleUnreachable
	case errors.As(err, &connect):
		return &troubleGreeting
	case errors.Is(err, context.DeadlineExceeded):
		return &troubleSlow
	case errors.Is(err, context.Canceled):
		return &trouble{remedy: remedyWait}
	case errors.As(err, &file):
		return sqliteTrouble(file.Code())
	case unreachable(err), errors.Is(err, driver.ErrBadConn), errors.Is(err, sql.ErrConnDone), pgconn.SafeToRetry(err), pgconn.Timeout(err):
		return &troubleLost
	}
	return nil
}

// unreachable reports whether the network or the other side broke off.
func unreachable(err error) bool {
	var dial *net.OpError
	var name *net.DNSError
	return errors.As(err, &dial) || errors.As(err, &name) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, io.EOF)
}

func sqliteTrouble(code int) *trouble {
	switch code & 0xff { // without the extended code in the higher bits
	case sqlite3.SQLITE_FULL:
		return &trouble{remedy: remedyWait, advice: adviceFull}
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_PROTOCOL:
		return &trouble{remedy: remedyWait, advice: "another program holds the file: close it"}
	case sqlite3.SQLITE_IOERR:
		return &trouble{remedy: remedyWait, advice: "the disk failed: check that it is mounted, healthy and local"}
	case sqlite3.SQLITE_NOMEM:
		return &trouble{remedy: remedyWait, advice: "out of memory: close other programs"}
	case sqlite3.SQLITE_INTERRUPT:
		return &troubleSlow
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return &trouble{
			remedy: remedyMend,
			advice: "the file or its folder is not writable: check owner and permissions, and whether the disk is mounted read-only",
			reader: "the file cannot be read: check owner and permissions of the file and its folder",
		}
	case sqlite3.SQLITE_CORRUPT:
		return &trouble{remedy: remedyNone, advice: "the file is damaged: check the disk and restore a backup; keep the file, which holds the " +
			"subscriptions to alerts, until they are saved (docs/operating.md)"}
	case sqlite3.SQLITE_NOTADB:
		return &trouble{remedy: remedyNone, advice: "the file belongs to another program, or its beginning is damaged: choose another path, or restore a backup"}
	}
	return &trouble{remedy: remedyNone}
}

// postgresTrouble diagnoses by the codes of the PostgreSQL manual, appendix A.
func postgresTrouble(code string) *trouble {
	switch code {
	case "28000", "28P01":
		return &trouble{remedy: remedyMend, advice: "the server refused the user or password: correct the database's URL"}
	case "3D000":
		return &trouble{remedy: remedyMend, advice: "the server has no such database: create it, or correct the URL"}
	case "42501":
		return &trouble{
			remedy: remedyMend,
			advice: "the user in the database's URL lacks a privilege: make it the owner of the database and schema",
			reader: "the user in the database's URL may not read: grant it SELECT (docs/operating.md)",
		}
	case "25006":
		return &trouble{remedy: remedyMend, advice: "the server is read-only: use the URL of the primary server"}
	case "26000", "42P05":
		return &trouble{remedy: remedyMend, advice: "a pooler came between the daemon and the server: start the daemon again"}
	case "08P01": // poolers give it to everything
		return &trouble{remedy: remedyWait, advice: "the server, or a pooler before it, broke off: its words say why"}
	case "53100":
		return &trouble{remedy: remedyWait, advice: adviceFull}
	case "53300":
		return &trouble{remedy: remedyWait, advice: "the server has no connections left: close some, or raise max_connections"}
	case "57014", "25P03", "55P03":
		return &trouble{remedy: remedyWait, advice: "the server cancelled a statement: check whether it is overloaded, or its timeouts too short"}
	case "57P04":
		return &trouble{remedy: remedyMend, advice: "the database was dropped: create it, or correct the URL"}
	case "57P01", "57P02", "57P03", "57P05":
		return &trouble{remedy: remedyWait, advice: "the server closed the connection: check that it is running"}
	case "XX001", "XX002":
		return &trouble{remedy: remedyNone, advice: "the server found damage in its files: check the disk; try REINDEX; then restore a backup"}
	}
	switch code[:min(2, len(code))] {
	case "08": // connection exceptions
		return &troubleLost
	case "40": // serialization failures and deadlocks
		return &trouble{remedy: remedyWait, advice: "another transaction interfered"}
	case "53", "57", "58": // resources, the operator, the system around the server
		return &trouble{remedy: remedyWait, advice: "the server or its machine failed: see the server's log"}
	}
	return &trouble{remedy: remedyNone, advice: ""}
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

// noTable reports whether a table is missing.
func noTable(err error) bool {
	const undefined = "42P01"
	var server *pgconn.PgError
	var file *sqlite.Error
	return errors.As(err, &server) && server.Code == undefined ||
		errors.As(err, &file) && strings.HasPrefix(file.Error(), "SQL logic error: no such table")
}
