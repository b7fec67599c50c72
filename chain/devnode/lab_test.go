package devnode_test

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// Names in an answer differ from chain to chain; what remains is its form. Numbers keep their width, because columns have one.
var labNames = []struct {
	shown string
	re    *regexp.Regexp
}{
	{"OUT", regexp.MustCompile(`\b[0-9a-f]{64}-\d+`)},
	{"HASH", regexp.MustCompile(`\b[0-9a-f]{64}\b`)},
	{"ADDRESS", regexp.MustCompile(`\bt[A-Za-z][1-9A-HJ-NP-Za-km-z]{33}\b`)},
	{"KEY", regexp.MustCompile(`^[59c][1-9A-HJ-NP-Za-km-z]{50,51}$`)},
	{"HOST", regexp.MustCompile(`\b127\.0\.0\.1:\d+`)},
	{"COUNT", regexp.MustCompile(`(: ?)\d+`)},
}

var column = regexp.MustCompile(` +\d+`)

func labText(s string) string {
	for _, n := range labNames {
		s = n.re.ReplaceAllString(s, n.shown)
	}
	return column.ReplaceAllStringFunc(s, func(number string) string { return fmt.Sprintf(" <%d>", len(number)) })
}

// labForm returns the form of a part of an answer.
func labForm(v any) string {
	switch v := v.(type) {
	case map[string]any:
		fields := map[string]bool{}
		for name, value := range v {
			if regexp.MustCompile(`^-?\d+$`).MatchString(name) {
				name = "HEIGHT"
			}
			fields[labText(name)+":"+labForm(value)] = true
		}
		return "{" + strings.Join(slices.Sorted(maps.Keys(fields)), ", ") + "}"
	case []any:
		return fmt.Sprint(len(v))
	case string:
		return labText(v)
	}
	return fmt.Sprintf("%T", v)
}

// labForms returns the forms of an answer to a call. For a list they are those of its entries, because each answer holds others.
func labForms(method, kind, answer string) (forms []string) {
	var a struct {
		Result any
		Error  *struct {
			Code    int
			Message string
		}
	}
	if json.Unmarshal([]byte(answer), &a) != nil {
		return []string{"no JSON"}
	}
	if a.Error != nil {
		return []string{fmt.Sprintf("error %d: %s", a.Error.Code, labText(a.Error.Message))}
	}
	entries, listed := a.Result.(map[string]any)
	if kind == "extra" { // the Supernode's own texts
		for _, entry := range entries {
			names := slices.Sorted(maps.Keys(entry.(map[string]any)))
			forms = append(forms, strings.Join(names, " "))
		}
		return forms
	}
	if listed && (method == "list" || method == "winners") {
		for name, entry := range entries {
			forms = append(forms, labForm(map[string]any{name: entry}))
		}
		return append(forms, fmt.Sprintf("%d entries", map[bool]int{true: len(entries)}[method == "winners"]))
	}
	return []string{labForm(a.Result)}
}

// labCall is the key of a call's forms.
func labCall(body string) (method, kind string, ours bool) {
	var call struct {
		Method string
		Params []any
	}
	if json.Unmarshal([]byte(body), &call) != nil || call.Method != "masternode" || len(call.Params) == 0 {
		return "", "", false
	}
	method = fmt.Sprint(call.Params[0])
	if len(call.Params) > 1 && (method == "list" || method == "count") {
		kind = fmt.Sprint(call.Params[1])
	}
	if method == "activate" { // another test checks the alias and the result
		kind = fmt.Sprint(call.Params[1:])
	}
	return method, kind, true
}

// The lab's nodes had a regular and a pool's Supernode that were started, voted for, paid and gone. The development node's answers about
// its own must have forms that occurred there.
func TestAnswersHaveTheLabsForms(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	seen := map[string]map[string]bool{}
	f, err := os.Open("testdata/lab/rpc.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	lines.Buffer(nil, 16<<20)
	for lines.Scan() {
		var c recordedCall
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		method, kind, ok := labCall(*c.Request)
		if !ok {
			continue
		}
		key := method + " " + kind
		if seen[key] == nil {
			seen[key] = map[string]bool{}
		}
		for _, form := range labForms(method, kind, c.Answer) {
			seen[key][form] = true
		}
	}
	if err := lines.Err(); err != nil || len(seen) < 10 {
		t.Fatalf("%d kinds of calls are recorded: %v", len(seen), err)
	}

	p := play(t)
	asked := 0
	ask := func(when string, params ...any) {
		t.Helper()
		body, err := json.Marshal(map[string]any{"method": "masternode", "params": params, "id": 1})
		p.must(err)
		answer := p.raw(string(body))
		method, kind, _ := labCall(string(body))
		for _, form := range labForms(method, kind, answer) {
			asked++
			if !seen[method+" "+kind][form] {
				t.Errorf("%s: masternode %v has the form %q, the lab's nodes had %q", when, params, form, slices.Sorted(maps.Keys(seen[method+" "+kind])))
			}
		}
	}
	askAll := func(when string) {
		t.Helper()
		for _, call := range [][]any{
			{"list"}, {"list", "full"}, {"list", "extra"}, {"count"}, {"count", "all"}, {"winners"}, {"genkey"}, {"activate"}, {"activate", "nobody"},
		} {
			ask(when, call...)
		}
	}
	p.activate()
	ask("before", "winner")
	_, active := p.tip()
	p.mine(1)
	p.must(p.Launch(ctx))
	p.mine(ahead)
	askAll("voted for")
	p.mine(3)
	askAll("paid")
	p.must(p.node.Invalidate(ctx, active))
	p.mine(1)
	askAll("gone")
	ask("gone", "winner")
	if asked < 50 {
		t.Errorf("only %d answers were compared", asked)
	}
}

// raw posts a request and returns the unchanged answer.
func (p *played) raw(body string) string {
	p.t.Helper()
	cookie, err := os.ReadFile(p.server.CookieFile)
	p.must(err)
	req, err := http.NewRequest(http.MethodPost, p.server.URL, strings.NewReader(body))
	p.must(err)
	user, password, _ := strings.Cut(string(cookie), ":")
	req.SetBasicAuth(user, password)
	answer, err := http.DefaultClient.Do(req)
	p.must(err)
	defer answer.Body.Close()
	text, err := io.ReadAll(answer.Body)
	p.must(err)
	return string(text)
}
