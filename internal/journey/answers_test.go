package journey

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"
)

// A file of answers is read only if all of it is what a command writes.
func TestAnswersAreBounded(t *testing.T) {
	t.Parallel()
	many := func(n int, each string) string {
		var list []string
		for i := range n {
			list = append(list, fmt.Sprintf(each, i))
		}
		return strings.Join(list, ",")
	}
	for name, x := range map[string]struct {
		text string
		ok   bool
	}{
		"empty":               {`{"version":1,"network":"regtest"}`, true},
		"answers":             {`{"version":1,"network":"regtest","unfinished":{"join":{"since":"2026-01-31T12:00:00Z","answers":{"--coins":"500"}}},"usual":{"--key":"/k"}}`, true},
		"a company in Greek":  {`{"version":1,"network":"regtest","usual":{"--company":"Άτλας"}}`, true},
		"another version":     {`{"version":2,"network":"regtest"}`, false},
		"no version":          {`{"network":"regtest"}`, false},
		"another network":     {`{"version":1,"network":"main"}`, false},
		"an unknown field":    {`{"version":1,"network":"regtest","secret":"x"}`, false},
		"something behind":    {`{"version":1,"network":"regtest"} {}`, false},
		"no flag":             {`{"version":1,"network":"regtest","usual":{"fee":"5"}}`, false},
		"no command":          {`{"version":1,"network":"regtest","unfinished":{"Join ../x":{}}}`, false},
		"an empty answer":     {`{"version":1,"network":"regtest","usual":{"--fee":""}}`, false},
		"a line break":        {`{"version":1,"network":"regtest","usual":{"--fee":"5\n"}}`, false},
		"a mark of direction": {`{"version":1,"network":"regtest","usual":{"--company":"a\u202eb"}}`, false},
		"a long answer":       {`{"version":1,"network":"regtest","usual":{"--fee":"` + strings.Repeat("5", longestAnswer+1) + `"}}`, false},
		"many answers":        {`{"version":1,"network":"regtest","usual":{` + many(mostAnswers+1, `"--f%d":"5"`) + `}}`, false},
		"many commands":       {`{"version":1,"network":"regtest","unfinished":{` + many(mostCommands+1, `"a%d":{}`) + `}}`, false},
		"an array":            {`[]`, false},
		"nothing":             {``, false},
	} {
		if _, err := parseAnswers([]byte(x.text), "regtest"); (err == nil) != x.ok || err != nil && !errors.Is(err, errGarbled) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// FuzzAnswersFile reads what it accepts, written again, as the same.
func FuzzAnswersFile(f *testing.F) {
	f.Add(`{"version":1,"network":"regtest","unfinished":{"join":{"since":"2026-01-31T12:00:00Z","answers":{"--coins":"500"}}},"usual":{"--key":"/k"}}`)
	f.Fuzz(func(t *testing.T, text string) {
		x, err := parseAnswers([]byte(text), "regtest")
		if err != nil {
			return
		}
		again, err := json.Marshal(x)
		if err != nil {
			return // a year that JSON has no form for
		}
		y, err := parseAnswers(again, "regtest")
		if err != nil || len(x.Usual)+len(y.Usual) > 0 && !reflect.DeepEqual(x.Usual, y.Usual) {
			t.Errorf("%s: %v", again, err)
		}
		for _, u := range x.Unfinished {
			for _, answer := range u.Answers {
				if len(answer) > longestAnswer || strings.ContainsAny(answer, "\n\r\x1b") {
					t.Errorf("%q is an answer", answer)
				}
			}
		}
	})
}

// ? explains every question, in at most three lines that fit a narrow terminal.
func TestEveryQuestionIsExplained(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	asked := map[string]bool{}
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, found := range regexp.MustCompile(`(?:flag: |\{)"(--[a-z0-9-]+)", (?:text: )?"`).FindAllSubmatch(text, -1) {
			asked[string(found[1])] = true
		}
		for _, found := range regexp.MustCompile(`flag: "(--[a-z0-9-]+)"`).FindAllSubmatch(text, -1) {
			asked[string(found[1])] = true
		}
	}
	if len(asked) < 15 {
		t.Fatalf("found only %d questions", len(asked))
	}
	for flag := range asked {
		if explanations[flag] == "" {
			t.Errorf("%s is not explained", flag)
		}
	}
	for flag, text := range explanations {
		if !asked[flag] {
			t.Errorf("%s is explained, and no question asks for it", flag)
		}
		lines := strings.Split(text, "\n")
		if len(lines) > 3 {
			t.Errorf("%s is explained in %d lines", flag, len(lines))
		}
		for _, line := range lines {
			if n := utf8.RuneCountInString(line); n > 60 {
				t.Errorf("%s: %q has %d columns", flag, line, n)
			}
		}
	}
}
