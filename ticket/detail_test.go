package ticket

import (
	"strings"
	"testing"
	"unicode"
)

// TestDetailIsPlain: a rejection may quote a ticket that anyone could have posted. Its text stays one short line, without control
// characters that could rewrite a terminal.
func TestDetailIsPlain(t *testing.T) {
	long := strings.Repeat("x", 200_000)
	for name, e := range map[string]edit{
		"long unknown field":          {"", initJSON, `"version"`, `"` + long + `"`},
		"long field below":            {"", initJSON, `"company"`, `"` + long + `"`},
		"long field twice":            {"", initJSON, `"version":1`, `"` + long + `":1,"` + long + `":1`},
		"long field without a value":  {"", initJSON, `"version":1`, `"` + long + `"`},
		"long field of a wrong value": {"", initJSON, `"version":1`, `"` + long + `":!`},
		"long type":                   {"", initJSON, `smartpool_init`, strings.Repeat("x", 512)},
		"long number":                 {"", initJSON, `"version":1`, `"version":` + strings.Repeat("9", 200_000)},
		"long decimal":                {"", initJSON, `1.5`, strings.Repeat("9", 200_000) + "e1"},
		"escape sequence":             {"", initJSON, `"version"`, `"\u001b[2J\u001b[31maccepted"`},
		"escape sequence twice":       {"", initJSON, `"version":1`, `"\u001b[2J":1,"\u001b[2J":1`},
		"line break":                  {"", initJSON, `"version"`, `"x\naccepted: yes"`},
		"carriage return":             {"", initJSON, `"version"`, `"x\raccepted"`},
		"text direction":              {"", initJSON, `"version"`, "\"x\u202eyes\""},
		"line separator":              {"", initJSON, `"version"`, "\"x\u2028yes\""},
		"C1 control":                  {"", initJSON, `"version"`, "\"x\u009b2Jyes\""},
		"two bytes a letter":          {"", initJSON, `"version"`, `"` + strings.Repeat("é", 100_000) + `"`},
		"not UTF-8":                   {"", initJSON, `"version"`, "\"x\xff\""},
		"escape sequence in type":     {"", initJSON, `smartpool_init`, `\u001b[2J`},
	} {
		_, rejection := decode(e.text(t), anyKind, AnyVersion)
		if rejection == nil {
			t.Errorf("%s: decodes", name)
			continue
		}
		if len(rejection.Detail) > 400 {
			t.Errorf("%s: detail has %d bytes: %.100q", name, len(rejection.Detail), rejection.Detail)
		}
		if i := strings.IndexFunc(rejection.Detail, func(r rune) bool { return !unicode.IsPrint(r) }); i >= 0 {
			t.Errorf("%s: detail is not plain text: %.200q", name, rejection.Detail)
		}
	}
	// The names themselves stay readable.
	_, rejection := decode(edit{"", initJSON, `"version"`, `"vérsion"`}.text(t), anyKind, AnyVersion)
	if want := "field /ticket/vérsion is unknown"; rejection == nil || rejection.Detail != want {
		t.Errorf("detail is %v, want %s", rejection, want)
	}
}
