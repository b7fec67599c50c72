package pool

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// TestDecisionsAreDocumented: docs/protocol.md names the tests of its decisions, all of them and no others.
func TestDecisionsAreDocumented(t *testing.T) {
	names := func(pattern string, files ...string) (list []string) {
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile(pattern).FindAllSubmatch(text, -1) {
				list = append(list, string(m[1]))
			}
		}
		slices.Sort(list)
		return slices.Compact(list)
	}
	var tests []string
	for _, dir := range []string{".", "../ticket"} {
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		tests = append(tests, files...)
	}
	have, want := names(`(?m)^func (TestD[A-Z]\w*)\(`, tests...), names("`(TestD[A-Z]\\w*)`", filepath.Join("..", "docs", "protocol.md"))
	for _, name := range have {
		if !slices.Contains(want, name) {
			t.Errorf("docs/protocol.md does not name %s", name)
		}
	}
	for _, name := range want {
		if !slices.Contains(have, name) {
			t.Errorf("docs/protocol.md names %s, which is no test", name)
		}
	}
}

// docs/protocol.md lists every event with the fields that its row has.
func TestEventsAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "docs", "protocol.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## 9. Events\n")
	section, _, _ = strings.Cut(section, "\n## ")
	fields := map[EventType]string{}
	for _, row := range regexp.MustCompile(`(?m)^\| ([a-z_., ]+\.[a-z_., ]+) \|(.*)\|$`).FindAllStringSubmatch(section, -1) {
		names := regexp.MustCompile(`\([^)]*\)`).ReplaceAllString(row[2], "")
		for _, kind := range strings.Split(row[1], ", ") {
			fields[EventType(kind)] = strings.Join(strings.FieldsFunc(names, func(r rune) bool { return r == ',' || r == ' ' }), " ")
		}
	}
	for _, kind := range EventTypes() {
		has := kind.Row().Has
		var want []string
		for _, f := range []struct {
			bit  EventFields
			name string
		}{
			{HasAmount, "amount"}, {HasTxID, "txid"}, {HasReason, "reason"}, {HasOwner | HasReputation, "pastelid"}, {HasOwner, "owner"}, {HasReputation, "points"},
			{HasCoins, "coins"}, {HasOffered, "offered"}, {HasRole, "role"}, {HasForfeited, "forfeited"}, {HasPayout, "outputs change"},
		} {
			if has&f.bit != 0 {
				want = append(want, f.name)
			}
		}
		got, found := fields[kind]
		if !found || got != strings.Join(want, " ") {
			t.Errorf("docs/protocol.md, section 9, has %s with the fields %q, want %q", kind, got, strings.Join(want, " "))
		}
		delete(fields, kind)
	}
	for kind := range fields {
		t.Errorf("docs/protocol.md, section 9, has %s, which is no event", kind)
	}
}

// TestForksAreDocumented: the table in docs/protocol.md, section 1, has the height of every fork on every network.
func TestForksAreDocumented(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile(filepath.Join("..", "docs", "protocol.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(page), "\n## 1. Units, networks, parameters\n")
	section, _, _ = strings.Cut(section, "\n## ")
	rows := map[string]string{}
	for _, row := range regexp.MustCompile(`(?m)^\| (\w+Height|parameter) \| (.*) \|$`).FindAllStringSubmatch(section, -1) {
		rows[row[1]] = row[2]
	}
	if got, want := rows["parameter"], strings.Join(pastel.Networks(), " | "); got != want {
		t.Errorf("docs/protocol.md, section 1, has the networks %s, want %s", got, want)
	}
	delete(rows, "parameter")
	eachFork(func(fork string, of func(*Forks) *Fork) {
		name := fork + "Height"
		if fork == "Pools" {
			name = "StartHeight"
		}
		var heights []string
		for _, network := range pastel.Networks() {
			p := paramsOf(network)
			if f := of(&p.Forks); f.Scheduled() {
				heights = append(heights, pastel.Thousands(int64(f.Height())))
			} else {
				heights = append(heights, "not set")
			}
		}
		if want := strings.Join(heights, " | "); rows[name] != want {
			t.Errorf("docs/protocol.md, section 1, has %q for fork %s: want the row\n| %s | %s |", rows[name], fork, name, want)
		}
		delete(rows, name)
	})
	for name := range rows {
		t.Errorf("docs/protocol.md, section 1, has %s, which is the height of no fork", name)
	}
}
