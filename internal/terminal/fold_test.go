package terminal

import (
	"strings"
	"testing"

	"github.com/jedib0t/go-pretty/v6/text"
	"pgregory.net/rapid"
)

// What people copy stays whole; sentences break between words, below where they began.
func TestFold(t *testing.T) {
	t.Parallel()
	id := strings.Repeat("a", 50)
	for in, want := range map[string]string{
		"a short line\n":                                         "a short line\n",
		"no promise, and no line feed? ":                         "no promise, and no line feed? ",
		"the first words of a line that is too long for it\n":    "the first words of a line that\nis too long for it\n",
		"  indented words of a line that is too long\n":          "  indented words of a line that\n  is too long\n",
		"Fee       5 % of the rewards, to somebody\n":            "Fee       5 % of the rewards, to\n          somebody\n",
		"the pool " + id + " is active\n":                        "the pool\n" + id + "\nis active\n",
		"  smartpool guard " + id + " --once\n":                  "  smartpool guard " + id + " --once\n",
		"  smartpool/1 pledge net=regtest pool=" + id + "\n":     "  smartpool/1 pledge net=regtest pool=" + id + "\n",
		" \"statement\": \"smartpool/1 pledge net=regtest x\"\n": " \"statement\": \"smartpool/1 pledge net=regtest x\"\n",
		"smartpool join POOL shows all terms before you sign\n":  "smartpool join POOL shows all\nterms before you sign\n",
		"the operator \u2068שלום עולם טוב\u2069 of a pool\n":     "the operator \u2068שלום עולם טוב\u2069 of\na pool\n",
	} {
		var b strings.Builder
		if n, err := Fold(&b, 32).Write([]byte(in)); b.String() != want || n != len(in) || err != nil {
			t.Errorf("%q: %q, want %q (%d bytes, %v)", in, b.String(), want, n, err)
		}
	}
}

// Folding changes nothing but spaces, and leaves no line too long that has two words.
func TestFoldKeepsEveryWord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		line := strings.Join(rapid.SliceOfN(rapid.StringMatching(`[a-zß漢→.]{1,70}`), 1, 30).Draw(t, "words"), " ")
		width := rapid.IntRange(leastWidth, 100).Draw(t, "width")
		var b strings.Builder
		if _, err := Fold(&b, width).Write([]byte(line)); err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(strings.Fields(b.String()), " "); got != line {
			t.Fatalf("%q became %q", line, got)
		}
		for folded := range strings.SplitSeq(b.String(), "\n") {
			if text.StringWidthWithoutEscSequences(folded) > width && strings.Contains(strings.TrimSpace(folded), " ") {
				t.Fatalf("%q is wider than %d", folded, width)
			}
		}
	})
}

// A table that is too wide becomes records, with each cell whole.
func TestTableBecomesRecords(t *testing.T) {
	t.Parallel()
	for width, want := range map[int]string{
		0:  "Pool    Coins PSL  Address",
		40: "Pool       atlas\nCoins PSL  1187.50000\nAddress    " + strings.Repeat("t", 34) + "\n\nPool       borea\nCoins PSL  -",
		80: "Pool    Coins PSL  Address",
	} {
		x := NewTable(width, []any{"Pool", "Coins PSL", "Address"}, 2)
		x.AppendRow([]any{"atlas", "1187.50000", strings.Repeat("t", 34)})
		x.AppendRow([]any{"borea", "-", ""})
		if got := x.Render(); !strings.HasPrefix(strings.TrimLeft(got, " "), want) {
			t.Errorf("%d columns:\n%s\nwant\n%s", width, got, want)
		}
	}
	x := NewTable(40, []any{"part", "", ""})
	x.AppendRow([]any{"pledge_signature", "needs the chain", "the member's PastelID must sign"})
	if got, want := x.Render(), "pledge_signature\n  needs the chain\n  the member's PastelID must sign"; got != want {
		t.Errorf("a table of names:\n%s\nwant\n%s", got, want)
	}
}
