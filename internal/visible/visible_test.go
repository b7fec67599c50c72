package visible_test

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode"
	"unicode/utf8"

	"github.com/pastelnetwork/smartpool/internal/visible"
)

// What deceives shows as escapes.
func TestDeceivingNamesShowAsEscapes(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"At\u200blas":                     `At\u200blas`,
		"\u3164\u3164":                    `\u3164\u3164`,
		"\u202eemcA\u202c":                `\u202eemcA\u202c`,
		"Atlas\nFee 0 % of the rewards":   `Atlas\u000aFee 0 % of the rewards`,
		"Atlas\r\tx\x00\x1b[2J\x7f":       `Atlas\u000d\u0009x\u0000\u001b[2J\u007f`,
		"a\u0085b\u009bc":                 `a\u0085b\u009bc`,
		"\u2066a\u2069\u200e\u200f\u061c": `\u2066a\u2069\u200e\u200f\u061c`,
		"a\u2060b\ufeffc\u00add\u034fe":   `a\u2060b\ufeffc\u00add\u034fe`,
		"a\ufe0fb\U000e0100":              `a\ufe0fb\U000e0100`,
		"\u115f\u1160\uffa0\u2800\u180e":  `\u115f\u1160\uffa0\u2800\u180e`,
		"a\u00a0b\u2003c\u3000d\u1680":    `a\u00a0b\u2003c\u3000d\u1680`,
		"a\u2028b\u2029c":                 `a\u2028b\u2029c`,
		"Atlas\U000e0041":                 `Atlas\U000e0041`,
		"\ue000\U0010fffd\u0378":          `\ue000\U0010fffd\u0378`,
		"a\xffb\xed\xa0\x80":              `a\xffb\xed\xa0\x80`,
		" Atlas  Ops ":                    `\u0020Atlas \u0020Ops\u0020`,
		" ":                               `\u0020`,
		"\u0301Atlas":                     `\u0301Atlas`,
		"Z\u0301\u0302\u0303\u0304a":      "Z\u0301\u0302" + `\u0303\u0304a`,
		"Z\u0301\u0301":                   "Z\u0301" + `\u0301`,
		"Atlas 5\u20e3":                   `Atlas 5\u20e3`,
		"\u0410tlas":                      `\u0410tlas`, // Cyrillic
		"At\u0142as":                      "At\u0142as", // Polish
		"Atl\u03b1s":                      `Atl\u03b1s`, // Greek
		"\u0410\u0441\u0435":              `\u0410\u0441\u0435`,
		"\u0410\u0441\u0435 Nodes":        `\u0410\u0441\u0435 Nodes`,
		"Ac\u0435\u200b Nodes":            `Ac\u0435\u200b Nodes`,
		"\uff21tlas":                      `\uff21tlas`,
		"\U0001d400tlas":                  `\U0001d400tlas`,
		"Atl\u0251s":                      `Atl\u0251s`,
		"\u13aacme":                       `\u13aacme`,
		"\ufffc":                          `\ufffc`,
		"Atlas Mi\u0307ning":              `Atlas Mi\u0307ning`,
		"Fee \u09ea %":                    `Fee \u09ea %`, // a Bengali 4 that looks like 8
		"1\u09660":                        `1\u09660`,     // a Devanagari 0
		"At\u2010las":                     `At\u2010las`,
		"At\u2011las \u2212 1":            `At\u2011las \u2212 1`,
		"atlas\u2024org\u2044x\u2215y":    `atlas\u2024org\u2044x\u2215y`,
	} {
		if got := visible.Text(name); got != want {
			t.Errorf("%+q shows as %s, want %s", name, got, want)
		}
	}
}

// Names of one alphabet stay as they are.
func TestDeceivingNamesSparesHonestOnes(t *testing.T) {
	t.Parallel()
	for _, name := range []string{
		"Atlas Operations", "O'Brien & Söhne GmbH", "Müller", "Łódź Węzły", "Société Générale d’Électricité", "Işık", "Nº 1", "Việt Nam", "Атлас",
		"ООО «Ромашка»", "Мы с вами", "Щит и меч", "Пастель Nodes", "Άτλας Κόμβοι", "亚特拉斯", "株式会社アトラス", "아틀라스", "KK アトラスnodes", "شركة أطلس", "אטלס",
		"एटलस नोड्स", "แอตลาส", "မြို့", "Ատլաս", "🚀 Nodes", "100 % fair", "a-b_c.d", "C:\\nodes", "e\u0301",
		"Pool – Nord", "L’Étoile · 2", "পুল ৪", "رقم ٤", "תל־אביב", "3 × 5 ± 1 €", "Atlas™ ©", "• one …", "中文-節點",
	} {
		if got := visible.Text(name); got != name {
			t.Errorf("%q shows as %s", name, got)
		}
	}
}

// A name stands in quotes that it cannot leave, keeps its direction to itself, and has a bound; the operator's PastelID stands with it.
func TestDeceivingNamesStandInQuotes(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"Atlas":                             `"Atlas"`,
		"":                                  `""`,
		`A" for 0 %, also "B`:               `"A\u0022 for 0 %, also \u0022B"`,
		"A” (jX1) “B":                       `"A\u201d (jX1) \u201cB"`,
		"אטלס":                              "\"\u2068אטלס\u2069\"",
		strings.Repeat("a", 128):            `"` + strings.Repeat("a", visible.MostColumns-1) + `…"`,
		strings.Repeat("a", 64):             `"` + strings.Repeat("a", 64) + `"`,
		strings.Repeat("亚", 40):             `"` + strings.Repeat("亚", 31) + `…"`,
		strings.Repeat("\n", 128):           `"` + strings.Repeat(`\u000a`, 10) + `\u0…"`,
		strings.Repeat("a ", 64):            `"` + strings.Repeat("a ", 31) + `a…"`,
		"a" + strings.Repeat("\u0301", 100): "\"a\u0301" + strings.Repeat(`\u0301`, 10) + `\u…"`,
	} {
		if got := visible.Name(name); got != want {
			t.Errorf("%+q: got %s, want %s", name, got, want)
		}
	}
	if got, want := visible.Operator("Atlas", "jXabcdefghijklmnopqrstuvwxyz"), `"Atlas" (jXabcdefgh…uvwxyz)`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Names that look the same have one skeleton, others do not.
func TestDeceivingNamesHaveOneSkeleton(t *testing.T) {
	t.Parallel()
	want := visible.Skeleton("Atlas Ops")
	for _, alike := range []string{"\u0410tlas Ops", "AtIas 0ps", "Atlas\u200b Ops", "atlas ops", "AtlasOps", "At1as  Ops", "\uff21tlas Ops", "Atl\u0430s Ops"} {
		if got := visible.Skeleton(alike); got != want {
			t.Errorf("%+q: %+q, want %+q", alike, got, want)
		}
	}
	for _, other := range []string{"Atlas", "Atlas Opt", "Атлас"} {
		if visible.Skeleton(other) == want {
			t.Errorf("%q counts as Atlas Ops", other)
		}
	}
}

// A chat sees no markup, mention or link, and a spreadsheet no formula.
func TestDeceivingNamesAreNeitherMarkupNorFormulas(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]string{
		"@everyone":                    `\u0040everyone`,
		"<b>**x**</b> `y`":             `\u003cb\u003e\u002a\u002ax\u002a\u002a\u003c/b\u003e \u0060y\u0060`,
		"[a](https://example.org)":     `\u005ba\u005d(https:\u002f\u002fexample.org)`,
		"NEW_START_REQUIRED":           "NEW_START_REQUIRED",
		"x\r\nBcc: y\u0040example.org": `x\u000d\u000aBcc: y\u0040example.org`,
	} {
		if got := visible.Plain(name, 100); got != want {
			t.Errorf("chat: %+q: got %s, want %s", name, got, want)
		}
	}
	for name, want := range map[string]string{
		`=HYPERLINK("http://x")`: `'=HYPERLINK("http://x")`, "+1": "'+1", "-1-1.ab": "'-1-1.ab", "@SUM(A1)": "'@SUM(A1)", "\uff1d1": "'\uff1d1",
		"\t=1": `\u0009=1`, "\r=1": `\u000d=1`, " =1": `\u0020=1`, "atlas": "atlas", "a=b": "a=b", "": "",
	} {
		if got := visible.Cell(name); got != want {
			t.Errorf("spreadsheet: %+q: got %s, want %s", name, got, want)
		}
	}
}

// A text that nobody escaped controls no terminal, however its bytes arrive.
func TestDeceivingNamesControlNoTerminal(t *testing.T) {
	t.Parallel()
	const in = "a\x1b[2J\u202eb\r\tc\n€ \u3164 \u2068x\u2069 \u2068אטלס\u2069 \u2068אט\n\U000e0041\xff │ 5 × 3 – «x»\n"
	const want = "a\\u001b[2J\\u202eb\\u000d\tc\n€ \\u3164 \\u2068x\\u2069 \u2068אטלס\u2069 \\u2068אט\n\\U000e0041\\xff │ 5 × 3 – «x»\n"
	var b bytes.Buffer
	w := visible.Writer(&b)
	if _, err := io.Copy(w, iotest.OneByteReader(strings.NewReader(in))); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if b.String() != want {
		t.Errorf("got  %q\nwant %q", b.String(), want)
	}
}

// JSON with escapes says what the text says.
func TestDeceivingNamesInJSONAreTheSame(t *testing.T) {
	t.Parallel()
	in := []string{"a\u202eb", "\U000e0041\u3164", "Атлас אטלס", "x\ny"}
	text, err := json.MarshalIndent(in, "", " ")
	if err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if n, err := visible.JSONWriter(&b).Write(text); n != len(text) || err != nil {
		t.Fatal(n, err)
	}
	if strings.ContainsFunc(b.String(), func(r rune) bool { return r != '\n' && !visible.Rune(r) }) {
		t.Errorf("not all can be seen: %+q", &b)
	}
	var out []string
	if err := json.Unmarshal(b.Bytes(), &out); err != nil || strings.Join(out, "|") != strings.Join(in, "|") {
		t.Errorf("%q, %v; want %q", out, err, in)
	}
}

// Whatever a name is: what is shown can be seen, escaping again changes nothing, and the bound holds.
func FuzzDeceivingNames(f *testing.F) {
	for _, s := range []string{
		"Atlas", "At\u200blas", "\u0410tlas  \u0301", `\u0430\u0020 \x41`, "a\xff\\xff", "\u05d0\u0300\u0300", "Z\u0351\u0352\u0353\u0354\u0355", "\u0410\u200b\u0435", "丨a٥",
	} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		shown := visible.Text(s)
		if !utf8.ValidString(shown) || strings.ContainsFunc(shown, func(r rune) bool { return !visible.Rune(r) }) {
			t.Errorf("%+q shows as %+q", s, shown)
		}
		if again := visible.Text(shown); again != shown {
			t.Errorf("%+q shows as %+q, and that as %+q", s, shown, again)
		}
		if strings.TrimSpace(shown) != shown || strings.Contains(shown, "  ") {
			t.Errorf("%+q shows as %q, with space that nobody sees", s, shown)
		}
		name := visible.Unquoted(s)
		columns := 0
		for _, r := range name {
			if !unicode.Is(unicode.Mn, r) {
				columns++
			}
		}
		if columns > visible.MostColumns || strings.ContainsAny(name, "\"\n\r\t\x1b“”") {
			t.Errorf("%+q has the name %+q", s, name)
		}
		if cell := visible.Cell(s); cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") {
			t.Errorf("%+q has the cell %q", s, cell)
		}
		if strings.ContainsAny(visible.Plain(s, visible.MostColumns), "<>*`~|[]@\n\r") {
			t.Errorf("%+q has the chat text %q", s, visible.Plain(s, visible.MostColumns))
		}
	})
}
