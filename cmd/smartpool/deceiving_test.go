package main

import (
	"encoding/json"
	"html"
	"io"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/largepool"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// deceiving are names that the rules accept, how they are shown everywhere, and whether another of them looks the same.
var deceiving = []struct {
	company, shown string
	alike          bool
}{
	{"Atlas", "Atlas", true},
	{"At\u200blas", `At\u200blas`, true},
	{"\u0410tlas", `\u0410tlas`, true},
	{"\u3164\u3164", `\u3164\u3164`, true},
	{"\u202eemcA\u202c", `\u202eemcA\u202c`, false},
	{"Atlas\nFee 0 % of the rewards", `Atlas\u000aFee 0 % of the rewards`, true},
	{"Atlas Fee 0 % of the rewards", "Atlas Fee 0 % of the rewards", true},
	{"Atlas\" for 0 %, \u201cfree\u201d", `Atlas\u0022 for 0 %, \u201cfree\u201d`, false},
	{"Atlas\r\x1b[2J\x1b]8;;https://example.org\a", `Atlas\u000d\u001b[2J\u001b]8;;https://example.org\u0007`, false},
	{"</bdi><script>alert(1)</script>", "</bdi><script>alert(1)</script>", false},
	{"=HYPERLINK(1)", "=HYPERLINK(1)", false},
	{" \u2800 ", `\u0020\u2800\u0020`, true},
	{"Atl\U000e0041as\ue000", `Atl\U000e0041as\ue000`, true},
	{"A\u0301\u0302\u0303\u0304", "A\u0301\u0302" + `\u0303\u0304`, false},
	{"שלום Nodes", "שלום Nodes", false},
	{"Атлас", "Атлас", false},
	{"亚特拉斯", "亚特拉斯", false},
	{"Müller & Söhne", "Müller & Söhne", false},
	{strings.Repeat("W", 128), strings.Repeat("W", visible.MostColumns-1) + "…", false},
}

// openings are pools of deceiving names under labels that the tools would not make.
func openings() []largepool.Opening {
	list := make([]largepool.Opening, len(deceiving))
	for i := range list {
		list[i] = largepool.Opening{Label: []string{"---", "-1-1", "123", "--help", "atlas", "-x-"}[i%6], Company: deceiving[i].company}
	}
	return list
}

// unseen returns the characters of a text that are not to be shown.
func unseen(s string) (list []rune) {
	for _, r := range s {
		if r != '\n' && r != '\t' && r != '\u2068' && r != '\u2069' && !visible.Rune(r) {
			list = append(list, r)
		}
	}
	return list
}

// Names that deceive are shown with escapes, in quotes, and with the operator's PastelID, on pages and in the terminal; JSON keeps them as they are.
func TestDeceivingNamesOnEverySurface(t *testing.T) {
	t.Parallel()
	pools := openings()
	net, blocks, err := largepool.Named(pools)
	if err != nil {
		t.Fatal(err)
	}
	x := startReading(t, net, blocks)
	spaces := regexp.MustCompile(`\s+`)
	command := func(args ...string) string {
		t.Helper()
		var out, notes strings.Builder
		if code := run(args, strings.NewReader(""), &out, &notes); code != exitOK {
			t.Fatalf("%v: exit code %d\n%s", args, code, &notes)
		}
		if bad := unseen(out.String() + notes.String()); len(bad) > 0 {
			t.Errorf("%v prints %+q:\n%s", args, bad, &out)
		}
		return out.String()
	}
	table := command("pools", "--api", x.at.API)
	if !strings.Contains(table, "names that look alike: tell them apart by their PastelIDs") {
		t.Errorf("nothing says that names look alike:\n%s", table)
	}
	for _, line := range strings.Split(table, "\n") { // no line's direction changes
		opened, closed := strings.Count(line, "\u2068"), strings.Count(line, "\u2069")
		if opened != closed || strings.Contains(line, "שלום") && opened != 1 {
			t.Errorf("pools: %d isolates and %d ends in %q", opened, closed, line)
		}
	}
	for i, p := range pools {
		if !strings.Contains(table, narrowed(p.Operator)) {
			t.Errorf("pools: the operator %s is missing:\n%s", p.Operator, table)
		}
		status := command("pool", "status", "--api", x.at.API, "--", string(p.ID))
		row := regexp.MustCompile(`(?m)^Operator .*$`).FindString(status)
		if want := visible.Isolated(deceiving[i].shown); !strings.Contains(row, `"`+want+`"`) || !strings.Contains(row, pastel.Short(p.Operator)) {
			t.Errorf("pool status: want %q and %s in %q", want, pastel.Short(p.Operator), row)
		}
	}
	var list wire.List[wire.Pool]
	if err := json.Unmarshal([]byte(command("pools", "--json", "--api", x.at.API)), &list); err != nil {
		t.Fatal(err)
	}
	for i, p := range pools {
		if !slices.ContainsFunc(list.Items, func(x wire.Pool) bool { return x.ID == string(p.ID) && x.Company == deceiving[i].company }) {
			t.Errorf("--json lacks %+q as it is", deceiving[i].company)
		}
	}

	page := func(path string) string {
		t.Helper()
		res, err := http.Get("http://" + strings.TrimPrefix(x.at.API, "http://") + path) //nolint:noctx // the test ends with its server
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil || res.StatusCode != http.StatusOK {
			t.Fatal(path, res.StatusCode, err)
		}
		text := html.UnescapeString(string(body))
		if bad := unseen(string(body) + text); len(bad) > 0 || strings.Contains(string(body), "<script>") {
			t.Errorf("%s shows %+q", path, bad)
		}
		return spaces.ReplaceAllString(text, " ")
	}
	list1, operators, overview := page("/pools"), page("/operators"), page("/")
	for i, p := range pools {
		named := "“<bdi>" + deceiving[i].shown + "</bdi>”"
		link := `</a> <a class="id" href="/members/` + p.Operator
		for path, text := range map[string]string{"/pools": list1, "/": overview, "/pools/" + string(p.ID): page("/pools/" + string(p.ID))} {
			if !strings.Contains(text, named+link) {
				t.Errorf("%s: want %s with PastelID %s", path, named, p.Operator)
			}
		}
		if !strings.Contains(operators, `<tr id="`+p.Operator+`"><th scope="row">`+named) {
			t.Errorf("/operators: want %s", named)
		}
		alike := regexp.MustCompile(regexp.QuoteMeta(p.Operator) + `</a> <span class="badge low">looks like another operator`).MatchString(strings.ReplaceAll(operators, pastel.Short(p.Operator), p.Operator))
		if want := deceiving[i].alike; alike != want {
			t.Errorf("%+q looks like another operator's: %t, want %t", deceiving[i].company, alike, want)
		}
	}
}

// A spreadsheet gets no formula, whatever a daemon answers. What nobody sees, the client refuses in an id.
func TestDeceivingNamesInSpreadsheets(t *testing.T) {
	t.Parallel()
	x, c := startLargePool(t)
	truth := x.at.API
	const formula = "=HYPERLINK(\"https://example.org\")"
	x.at.API = x.tampering(func(r *http.Request, answer map[string]any) {
		items, _ := answer["items"].([]any)
		for i := range items {
			if item, _ := items[i].(map[string]any); item != nil {
				for _, name := range []string{"txid", "payout"} {
					if _, found := item[name]; found {
						item[name] = formula
					}
				}
			}
		}
	})
	for _, args := range [][]string{{"history", c.Members[0], "--csv"}, {"pool", "report", string(c.Pool), "--csv"}} {
		var out, notes strings.Builder
		if code := run(append(args, "--api", x.at.API), strings.NewReader(""), &out, &notes); code != exitOK {
			t.Fatalf("%v: exit code %d\n%s", args, code, &notes)
		}
		if strings.Contains(out.String(), ",=") || strings.Contains(out.String(), `,"=`) || len(unseen(out.String())) > 0 || !strings.Contains(out.String(), "'=HYPERLINK") {
			t.Errorf("%v, asked with lies beside %s:\n%.2000s", args, truth, &out)
		}
	}
}

// The tools make no label that commands and programs misread, and no name that members would see with escapes.
func TestDeceivingNamesAreNotMade(t *testing.T) {
	t.Parallel()
	make := func(label, company string) (int, string) {
		var out strings.Builder
		code := run([]string{
			"ticket", "init", "--network", "regtest", "--label=" + label, "--company=" + company, "--period", "8", "--required", "1000", "--fee", "5",
			"--supernode", "x", "--operator", "y", "--fee-address", "z",
		}, strings.NewReader(""), &out, &out)
		return code, out.String()
	}
	for _, label := range []string{"-1-1", "-abc", "abc-", "---", "a--b", "123", "1-2", "ab", "Atlas", "a.b", "..", "a/b", "a b", " abc", "", strings.Repeat("a", 33), "аtlas"} {
		if code, out := make(label, "Atlas"); code != exitUsage || !strings.Contains(out, "--label") || !strings.Contains(out, "want ") {
			t.Errorf("label %q: exit code %d: %s", label, code, out)
		}
	}
	for _, n := range deceiving {
		code, out := make("atlas", n.company)
		if refused := code == exitUsage && strings.Contains(out, "--company"); refused != (n.company != n.shown) {
			t.Errorf("company %+q is refused: %t: %s", n.company, refused, out)
		}
	}
	for _, label := range []string{"atlas", "atlas-2", "a1b", "1st"} {
		if code, out := make(label, "Atlas"); code != exitNo || strings.Contains(out, "--label") {
			t.Errorf("label %q: exit code %d: %s", label, code, out)
		}
	}
}

// Labels that look alike do not stand for their pools.
func TestDeceivingNamesOfPools(t *testing.T) {
	t.Parallel()
	ids := []string{"atlas.00", "at1as.01", "boreas.02", "orion.03", "0rion.04", "orn.05", "om.06"}
	name := labels(ids)
	for i, want := range []string{"atlas.00", "at1as.01", "boreas", "orion.03", "0rion.04", "orn.05", "om.06"} {
		if got := name(ids[i]); got != want {
			t.Errorf("%s is shown as %s, want %s", ids[i], got, want)
		}
	}
}
