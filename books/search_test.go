package books_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/internal/largepool"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/pastel"
)

// Names are found by their start, or nearly so; what is right comes alone, and of many the newest.
func TestNamesAreFound(t *testing.T) {
	pools := []largepool.Opening{
		{Label: "harbour", Company: "Harbour Light GmbH"}, {Label: "harvest-moon", Company: "Moonfield"}, {Label: "acme", Company: "Acme Nodes"},
		{Label: "acme", Company: "Асme Nodes"}, {Label: "zebra", Company: "Ünlü Café"},
	}
	_, blocks, err := largepool.Named(pools)
	if err != nil {
		t.Fatal(err)
	}
	_, reader, _ := ledgertest.Open(t, blocks, pastel.Height(len(blocks)-1), "")
	x := books.New(reader)
	for text, want := range map[string]string{
		"harbour":       "harbour; Harbour Light GmbH",
		"HARB":          "harbour; Harbour Light GmbH",
		"harbor":        "nearly harbour; Harbour Light GmbH",
		"hrabour light": "nearly ; Harbour Light GmbH",
		"arbour":        "nearly harbour; Harbour Light GmbH",
		"harvestmoon":   "nearly harvest-moon; ",
		"acme":          "acme acme; Acme Nodes Асme Nodes",
		"acne":          "nearly acme acme; Acme Nodes Асme Nodes",
		"amce":          "nearly acme acme; Acme Nodes Асme Nodes",
		"moonfeild":     "nearly ; Moonfield",
		"unlu":          "nearly ; Ünlü Café",
		"ünlü cafe":     "; Ünlü Café",
		"zz":            "; ", "ze": "zebra; ", "": "; ", "xyzzy": "; ",
	} {
		got, err := x.NamedLike(t.Context(), text, 3)
		if err != nil {
			t.Fatal(err)
		}
		var labels, companies []string
		for i := range got.Pools {
			label, _, _ := strings.Cut(got.Pools[i].ID, ".")
			labels = append(labels, label)
		}
		for _, o := range got.Operators {
			companies = append(companies, o.Company)
		}
		slices.Sort(companies)
		words := strings.Join(labels, " ") + "; " + strings.Join(companies, " ")
		if got.Nearly {
			words = "nearly " + words
		}
		if words != want {
			t.Errorf("%q: %q, want %q", text, words, want)
		}
	}
	if one, err := x.NamedLike(t.Context(), "acme", 1); err != nil || len(one.Pools) != 1 || len(one.Operators) != 1 {
		t.Errorf("%+v, %v: want at most one of each", one, err)
	}
}

// Counting wrong letters near the start of a name agrees with counting them the obvious way.
func TestWrongLetters(t *testing.T) {
	word := rapid.StringOfN(rapid.SampledFrom([]rune("abc")), 0, 8, -1)
	rapid.Check(t, func(t *rapid.T) {
		text, name, most := word.Draw(t, "text"), word.Draw(t, "name"), rapid.IntRange(0, 2).Draw(t, "most")
		want := most + 1
		for n := range len(name) + 1 {
			want = min(want, edits(text, name[:n]))
		}
		if got := books.WrongLetters(text, name, most); got != want {
			t.Fatalf("%q in %q, at most %d: %d, want %d", text, name, most, got, want)
		}
	})
}

// edits counts what makes one text another: put in, left out, replaced, or swapped with the next.
func edits(a, b string) int {
	switch {
	case a == "":
		return len(b)
	case b == "":
		return len(a)
	}
	i, j := len(a)-1, len(b)-1
	replaced := edits(a[:i], b[:j])
	if a[i] != b[j] {
		replaced++
	}
	least := min(replaced, edits(a[:i], b)+1, edits(a, b[:j])+1)
	if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
		least = min(least, edits(a[:i-1], b[:j-1])+1)
	}
	return least
}

// A long text costs no more than its first letters.
func TestLongTextsAreCut(t *testing.T) {
	x := open(t, 260, "")
	if got, err := x.NamedLike(t.Context(), strings.Repeat("acme", 1000), 5); err != nil || len(got.Pools)+len(got.Operators) > 0 {
		t.Errorf("%s, %v", fmt.Sprint(got), err)
	}
}
