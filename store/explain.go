package store

import (
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// advised is an error with what to do about it, on one line: those of PostgreSQL's driver may have more.
type advised struct {
	advice string
	cause  error
}

func (e *advised) Error() string {
	return fmt.Sprintf("%s: %s", e.advice, strings.Join(strings.Fields(e.cause.Error()), " "))
}

func (e *advised) Unwrap() error { return e.cause }

// explain says what to do about errors of an engine that a user can mend.
func explain(err error) error {
	if err == nil {
		return nil
	}
	var file *sqlite.Error
	var server *pgconn.PgError
	var connect *pgconn.ConnectError
	var network net.Error
	var advice string
	switch {
	case errors.As(err, &file):
		if file.Code()&0xff == sqlite3.SQLITE_NOTADB {
			return errForeign
		}
		advice = adviceSQLite(file.Code())
	case errors.As(err, &server):
		advice = advicePostgres(server.Code)
	case errors.As(err, &connect):
		advice = "PostgreSQL does not answer as it should: start it, or mend the database's URL"
	case errors.As(err, &network), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, io.EOF), errors.Is(err, driver.ErrBadConn),
		errors.Is(err, sql.ErrConnDone), pgconn.SafeToRetry(err):
		advice = "the connection to PostgreSQL is lost: open the database again"
	}
	if advice == "" {
		return err
	}
	return &advised{advice, err}
}

func adviceSQLite(code int) string {
	switch code & 0xff { // without the detail that SQLite adds above
	case sqlite3.SQLITE_FULL:
		return "the disk is full: make room and start again, nothing is lost"
	case sqlite3.SQLITE_CORRUPT:
		return "the file is damaged: restore a copy or start with an empty one"
	case sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_PERM:
		return "the file or its folder cannot be written: check owner and permissions"
	case sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED:
		return "another program holds the file: close it and start again"
	}
	return ""
}

// advicePostgres goes by the codes of the PostgreSQL manual, appendix A.
func advicePostgres(code string) string {
	switch code {
	case "28000", "28P01":
		return "PostgreSQL refuses the user or password: mend the database's URL"
	case "3D000":
		return "PostgreSQL has no such database: create it, or mend its URL"
	case "42501":
		return "the user of the database's URL lacks a right: make it the owner of database and schema"
	case "25006":
		return "the server only reads: give the URL of the one that is written to"
	case "53100":
		return "the server's disk is full: make room and start again, nothing is lost"
	case "53300":
		return "the server has no connection left: close some or raise max_connections"
	case "57P01", "57P02", "57P03", "57P05":
		return "PostgreSQL ended the connection: open the database again once it runs"
	case "XX001", "XX002":
		return "the server's files are damaged: restore a copy or start with an empty database"
	}
	return ""
}
