package store

import (
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// IsPostgres reports whether a database that Check accepts is a PostgreSQL URL; else it is the path of an SQLite file.
func IsPostgres(database string) bool {
	return strings.HasPrefix(database, "postgres://") || strings.HasPrefix(database, "postgresql://")
}

// What is wrong with the name of a database. It may contain a password, so no error repeats it.
var (
	errNoDatabase = errors.New("no database: name an SQLite file or a postgres:// URL")
	errScheme     = errors.New("the database is neither a path nor a postgres:// URL: an SQLite file is named by its path alone, without a scheme; " +
		"begin a path that contains a colon with ./ or /")
	errUpperCase = errors.New("write postgres:// at the start of the database's URL in lower case")
	errKeyValue  = errors.New("the database is given as key=value pairs: write it as a URL, postgres://user:password@host:port/name")
	errLogin     = errors.New("the database looks like a URL without its scheme: write postgres://user:password@host:port/name, or the path of an SQLite file")
	errParameter = errors.New("the path of an SQLite file has no parameters: leave out the ? and what follows")
	errMemory    = errors.New("a database in memory would forget the alerts: name a file")
	errFolder    = errors.New("the database's path names a folder: name a file in it")
	errHome      = errors.New("the database's path begins with ~, which only a shell expands: write the whole path")
	errControl   = errors.New("the database's name contains a line break or another control character: remove it")
	errURL       = errors.New("the postgres:// URL of the database is malformed: use the form postgres://user:password@host:port/name, and check its " +
		"parameters and the PG… variables of the environment")
	errEncode = errors.New("the database's URL has more than one @, or a # or @ behind its host: if it belongs to the password, write it as in URLs, " +
		"@ as %40, # as %23, / as %2F, ? as %3F, % as %25")
)

var (
	scheme   = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]+:|://`)                                                    // a single letter is a drive
	keyValue = regexp.MustCompile(`(?i)(^|[\s;])(host|hostaddr|port|dbname|user|password|passfile|service|sslmode|` + // libpq
		`server|data source|database|initial catalog|username|user id|uid|pwd)\s*=`) // other drivers
	login    = regexp.MustCompile(`[^/\\]:[^/\\]*@`)
	upper    = regexp.MustCompile(`(?i)^postgres(ql)?://`)
	controls = regexp.MustCompile(`[\x00-\x1f\x7f]`)
)

// Check returns what is wrong with the name of a database. It opens and creates nothing, and its errors contain no part of the name.
func Check(database string) error {
	switch {
	case database == "":
		return errNoDatabase
	case controls.MatchString(database):
		return errControl
	case IsPostgres(database):
		_, err := postgresConfig(database)
		return err
	case upper.MatchString(database):
		return errUpperCase
	case keyValue.MatchString(database):
		return errKeyValue
	case database == ":memory:":
		return errMemory
	case scheme.MatchString(database):
		return errScheme
	case login.MatchString(database):
		return errLogin
	case strings.Contains(database, "?") && strings.Contains(database, "="):
		return errParameter
	case strings.HasPrefix(database, "~"):
		return errHome
	case strings.HasSuffix(database, "/") || strings.HasSuffix(database, string(filepath.Separator)):
		return errFolder
	}
	return nil
}

// ownSettings are those that would change the bytes that the server takes and returns, or that the daemon chooses by itself.
var ownSettings = []string{
	"bytea_output", "client_encoding", "default_query_exec_mode", "default_transaction_isolation", "default_transaction_read_only",
	"description_cache_capacity", "idle_in_transaction_session_timeout", "lock_timeout", "options", "standard_conforming_strings",
	"statement_cache_capacity", "statement_timeout", "synchronous_commit",
}

// postgresConfig reads a PostgreSQL URL together with the environment and the files that it names.
func postgresConfig(database string) (*pgx.ConnConfig, error) {
	_, rest, _ := strings.Cut(database, "://")
	behind := strings.IndexAny(rest, "/?#")
	if behind < 0 {
		behind = len(rest)
	}
	// The driver ends the password at the first @, and would look up and log the rest of it as a host.
	if strings.Count(rest[:behind], "@") > 1 || strings.ContainsAny(rest[behind:], "@#") {
		return nil, errEncode
	}
	server, err := pgconn.ParseConfig(database)
	if err != nil {
		return nil, postgresConfigError(err)
	}
	const schema, name, zone = "search_path", "application_name", "timezone"
	for _, setting := range slices.Sorted(maps.Keys(server.RuntimeParams)) {
		switch {
		case setting == schema || setting == name || strings.EqualFold(setting, zone):
		case slices.Contains(ownSettings, setting):
			return nil, fmt.Errorf("the database's URL, a service file or a PG… variable sets %s: remove it, for the daemon chooses it by itself; "+
				"ALTER ROLE … SET suits the server's settings", setting)
		default:
			return nil, errors.New("the database's URL has an unknown parameter: use those of libpq's connection strings, and search_path")
		}
	}
	cfg, err := pgx.ParseConfig(database)
	if err != nil {
		return nil, postgresConfigError(err)
	}
	maps.DeleteFunc(cfg.RuntimeParams, func(setting, _ string) bool { return strings.EqualFold(setting, zone) }) // no time of ours has one
	cfg.RuntimeParams["client_encoding"] = "UTF8"
	cfg.RuntimeParams["standard_conforming_strings"] = "on"
	cfg.DialFunc = endInSilence(cfg.DialFunc)
	return cfg, nil
}

// postgresConfigError says which file cannot be read; the driver's errors may repeat the URL.
func postgresConfigError(err error) error {
	var file *fs.PathError
	if errors.As(err, &file) {
		return fmt.Errorf("the database's URL or the environment names a file that cannot be read: %w", file)
	}
	return errURL
}
