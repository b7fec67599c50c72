package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
)

// session is what a server says of a new session.
type session struct {
	pooled bool // a pooler stands before the server: the next transaction may get another session
}

var (
	errStatementPool = errors.New("the pooler before the server allows no transactions (pool_mode=statement): use transaction or session mode, " +
		"or the server's own address")
	errStandby     = errors.New("the server is a standby and takes no writes: use the URL of the primary server, or --read-only")
	errReadOnly    = errors.New("default_transaction_read_only is on for this user or database: switch it off with ALTER ROLE or ALTER DATABASE, or use --read-only")
	errNotDurable  = errors.New("synchronous_commit is off for this user or database, so a crash of the server would lose blocks and alerts: switch it on")
	errNoSchema    = errors.New("there is no schema for the tables: create the one named by search_path")
	errOtherSchema = errors.New("the server or a pooler before it ignores the URL's search_path: set it with ALTER ROLE … SET search_path instead")
)

// meet opens a session of a database, checks that its settings leave bytes and transactions as they are, and chooses the driver's mode.
func meet(ctx context.Context, cfg *pgx.ConnConfig, writes bool) (s session, err error) {
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return s, err
	}
	defer func() { err = errors.Join(err, conn.Close(context.WithoutCancel(ctx))) }()
	var pid uint32
	var encoding, client, strict, durable, readOnly, path string
	var standby bool
	const settings = `SELECT pg_backend_pid(), current_setting('server_encoding'), current_setting('client_encoding'),
		current_setting('standard_conforming_strings'), current_setting('synchronous_commit'), current_setting('default_transaction_read_only'),
		current_setting('search_path'), pg_is_in_recovery()`
	if err := conn.QueryRow(ctx, settings, pgx.QueryExecModeExec).
		Scan(&pid, &encoding, &client, &strict, &durable, &readOnly, &path, &standby); err != nil {
		return s, err
	}
	const on, off = "on", "off"
	want, set := cfg.RuntimeParams["search_path"]
	switch {
	case encoding != "UTF8":
		return s, fmt.Errorf("its encoding is %s: create the database with ENCODING 'UTF8'", encoding)
	case client != "UTF8" || strict != on:
		return s, fmt.Errorf("the session has client_encoding %s and standard_conforming_strings %s instead of UTF8 and on: check the settings of the "+
			"user, the database and the pooler", client, strict)
	case set && squeeze(path) != squeeze(want):
		return s, errOtherSchema
	case writes && standby:
		return s, errStandby
	case writes && readOnly == on:
		return s, errReadOnly
	case writes && durable == off:
		return s, errNotDurable
	}
	// The server's own greeting names the process that serves the session; a pooler's names something else. The driver must not prepare
	// statements in a session that is not its own.
	if s.pooled = pid != conn.PgConn().PID(); s.pooled {
		cfg.DefaultQueryExecMode = pgx.QueryExecModeCacheDescribe
		if _, err := conn.Exec(ctx, "BEGIN"); err != nil {
			return s, fmt.Errorf("%w (%w)", errStatementPool, err)
		}
		if _, err := conn.Exec(ctx, rollback); err != nil { // a pooler ends sessions that are left in a transaction
			return s, err
		}
	}
	return s, nil
}

// squeeze removes spaces.
func squeeze(list string) string { return strings.ReplaceAll(list, " ", "") }
