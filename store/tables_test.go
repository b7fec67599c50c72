package store_test

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/store"
)

// tablesOf lists the tables of a database, sorted.
func tablesOf(t testing.TB, d *sql.DB, url string) []string {
	t.Helper()
	query := "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"
	if store.IsPostgres(url) {
		query = "SELECT tablename FROM pg_tables WHERE schemaname = current_schema()"
	}
	var names []string
	for _, row := range rows(t, d, query) {
		names = append(names, row[0].(string))
	}
	slices.Sort(names)
	return names
}

// rows reads all rows of a query.
func rows(t testing.TB, d *sql.DB, query string, args ...any) (list [][]any) {
	t.Helper()
	r, err := d.Query(query, args...)
	if err != nil {
		t.Fatalf("%s: %v", query, err)
	}
	defer r.Close()
	columns, err := r.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for r.Next() {
		row, to := make([]any, len(columns)), make([]any, len(columns))
		for i := range row {
			to[i] = &row[i]
		}
		if err := r.Scan(to...); err != nil {
			t.Fatal(err)
		}
		list = append(list, row)
	}
	if err := r.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

// dump returns every row of every table that is about the chain or alerts, as text that is the same on both engines.
func dump(t testing.TB, url string) string {
	t.Helper()
	d := raw(t, url)
	defer d.Close()
	return dumpOf(t, url, slices.DeleteFunc(tablesOf(t, d, url), func(table string) bool {
		return table == "smartpool_version" || table == "writer"
	}))
}

// content is dump with the state in place of its records: how much a record leaves to compute when it is read depends on the steps.
func content(t testing.TB, url string) string {
	t.Helper()
	d := raw(t, url)
	defer d.Close()
	tables := slices.DeleteFunc(tablesOf(t, d, url), func(table string) bool {
		return table == "smartpool_version" || table == "writer" || table == "records"
	})
	r, err := store.OpenReader(t.Context(), url, regtest(t), false)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	state, err := r.State(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprintf("%s\nstate | %x", dumpOf(t, url, tables), state.Encode())
}

// dumpOf is dump for some tables.
func dumpOf(t testing.TB, url string, tables []string) string {
	t.Helper()
	d := raw(t, url)
	defer d.Close()
	var lines []string
	for _, table := range tables {
		for _, row := range rows(t, d, "SELECT * FROM "+table) {
			line := table
			for _, v := range row {
				if b, ok := v.([]byte); ok {
					v = fmt.Sprintf("%x", b)
				}
				line += fmt.Sprintf(" | %v", v)
			}
			lines = append(lines, line)
		}
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}
