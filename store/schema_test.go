package store_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
)

// meaning is what a column type of either engine holds.
var meaning = map[string]string{
	"INTEGER": "integer", "bigint": "integer", "integer": "integer", "smallint": "integer", "BLOB": "bytes", "bytea": "bytes", "TEXT": "text", "text": "text",
}

// schema describes the ledger's tables: columns with type, nullability and place in the primary key, then indexes.
func schema(t testing.TB, url string) []string {
	t.Helper()
	columns := `SELECT name, type, "notnull" = 1 OR pk > 0, pk FROM pragma_table_info($1)`
	indexes := `SELECT i.name, i."unique" = 1, group_concat(c.name, ', ' ORDER BY c.seqno)
		FROM pragma_index_list($1) AS i, pragma_index_info(i.name) AS c WHERE i.origin = 'c' GROUP BY 1, 2`
	if store.IsPostgres(url) {
		columns = `SELECT a.attname, format_type(a.atttypid, NULL), a.attnotnull, coalesce(array_position(i.indkey::int[], a.attnum::int) + 1, 0)
			FROM pg_attribute AS a LEFT JOIN pg_index AS i ON i.indrelid = a.attrelid AND i.indisprimary
			WHERE a.attrelid = $1::text::regclass AND a.attnum > 0 ORDER BY a.attnum`
		indexes = `SELECT n.relname, i.indisunique, string_agg(a.attname, ', ' ORDER BY array_position(i.indkey::int[], a.attnum::int))
			FROM pg_index AS i JOIN pg_class AS n ON n.oid = i.indexrelid
			JOIN pg_attribute AS a ON a.attrelid = i.indrelid AND a.attnum = ANY (i.indkey)
			WHERE i.indrelid = $1::text::regclass AND NOT i.indisprimary GROUP BY 1, 2`
	}
	d := raw(t, url)
	var lines []string
	for _, table := range tablesOf(t, d, url) {
		if table == "smartpool_version" {
			continue
		}
		for _, c := range rows(t, d, columns, table) {
			kind, known := meaning[fmt.Sprint(c[1])]
			if !known {
				t.Errorf("%s.%s is of a type this test does not know: %v", table, c[0], c[1])
			}
			lines = append(lines, fmt.Sprintf("%s.%s %s, not null %t, key %v", table, c[0], kind, isTrue(c[2]), c[3]))
		}
		for _, i := range rows(t, d, indexes, table) {
			lines = append(lines, fmt.Sprintf("%s index %s (%s), unique %t", table, i[0], i[2], isTrue(i[1])))
		}
	}
	slices.Sort(lines)
	return lines
}

// isTrue reads a boolean of either engine.
func isTrue(v any) bool { return v == true || v == int64(1) }

func TestTheSchemaMeansTheSameOnBothEngines(t *testing.T) {
	t.Parallel()
	file, server := sqliteFile(t), pgtest.Open(t)
	open(t, file)
	open(t, server)
	one, two := schema(t, file), schema(t, server)
	if !slices.Equal(one, two) {
		t.Errorf("SQLite has\n%s\nPostgreSQL has\n%s", strings.Join(without(one, two), "\n"), strings.Join(without(two, one), "\n"))
	}
	for _, want := range []string{
		"records.kind integer, not null true, key 1", "records.key bytes, not null true, key 2",
		"events index events_by_pool (pool, height, position), unique false",
		"blocks.undo bytes, not null false, key 0",
	} {
		if !slices.Contains(one, want) {
			t.Errorf("%q is not in the schema", want)
		}
	}
}

func without(list, other []string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(line string) bool { return slices.Contains(other, line) })
}

// TestTablesAreTheSameHoweverTheLedgerGotThere compares all tables of both engines after a chain in single steps, in one step, and with
// blocks taken back and applied again.
func TestTablesAreTheSameHoweverTheLedgerGotThere(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"life", "dense", "odd"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			blocks := recorded(t, name)
			end := len(blocks)
			single := func(l opened) {
				for i, b := range blocks {
					l.step(t, b.Height-1, blocks[i:i+1])
				}
			}
			once := func(l opened) {
				l.step(t, -1, blocks[:end-99])
				l.step(t, l.Last().Height, blocks[end-99:])
			}
			backAndForth := func(l opened) {
				const far, back = 97, 41
				for l.Last().Height < blocks[end-1].Height {
					tip := int(l.Last().Height)
					base := max(-1, tip-back)
					l.step(t, pastel.Height(base), blocks[base+1:min(end, tip+1+far)])
				}
			}
			ways := map[string]func(opened){"single": single, "once": once, "back and forth": backAndForth}
			if name != "life" {
				delete(ways, "single") // to save time: the other ways do more
			}
			var want string
			for _, d := range databases {
				for how, fill := range ways {
					url := d.open(t)
					l := open(t, url)
					fill(l)
					got := content(t, url)
					if want == "" {
						want = got
					}
					if got != want {
						t.Errorf("%s, %s: %s", d.name, how, difference(got, want))
					}
				}
			}
		})
	}
}

// difference returns the first lines of each text that the other lacks.
func difference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	more, less := without(g, w), without(w, g)
	const show = 5
	return fmt.Sprintf("%d lines more:\n%s\n%d lines less:\n%s", len(more), strings.Join(more[:min(show, len(more))], "\n"),
		len(less), strings.Join(less[:min(show, len(less))], "\n"))
}
