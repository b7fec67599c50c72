package documents

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Every row of docs/trust.md that says who tries what names tests that exist. The section on joining without a node says of each of those who could.
func TestHostileTable(t *testing.T) {
	text, err := os.ReadFile(filepath.Join("..", "..", "docs", "trust.md"))
	if err != nil {
		t.Fatal(err)
	}
	tests := declaredTests(t)
	named := regexp.MustCompile("`(Test\\w+)`")
	who := map[string][]string{} // by section
	section, inTable := "", false
	for line := range strings.Lines(string(text)) {
		if title, found := strings.CutPrefix(line, "## "); found {
			section = strings.TrimSpace(title)
		}
		cells := strings.Split(strings.Trim(line, "| \n"), " | ")
		switch {
		case !strings.HasPrefix(line, "|"):
			inTable = false
		case cells[len(cells)-1] == "test":
			inTable = true
		case inTable && !strings.HasPrefix(line, "|---"):
			who[section] = append(who[section], cells[0])
			names := named.FindAllStringSubmatch(cells[len(cells)-1], -1)
			if len(names) == 0 {
				t.Errorf("no test shows: %s", line)
			}
			for _, m := range names {
				if !tests[m[1]] {
					t.Errorf("there is no %s, which is to show: %s", m[1], line)
				}
			}
		}
	}
	want := []string{
		"a page whose server is hostile", "a script on an honest page", "another site's page", "a link that somebody sends you", "the daemon that posts",
		"a daemon that lies", "who reads the ticket on its way", "a member, at the daemon's expense", "anybody",
	}
	if got := slices.Compact(who["Without a node"]); !slices.Equal(got, want) {
		t.Errorf("joining without a node, the table tells of\n%q, want\n%q", got, want)
	}
	if len(who["Keys in a browser"]) == 0 {
		t.Error("the table of keys in a browser names no tests")
	}
}
