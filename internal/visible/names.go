package visible

import (
	"strings"
	"unicode"

	"golang.org/x/text/unicode/bidi"
	"golang.org/x/text/width"

	"github.com/pastelnetwork/smartpool/pastel"
)

// MostColumns is how wide a name is shown at most, in columns of a terminal.
const MostColumns = 64

// Short returns Text(s), cut to so many columns of a terminal. A text that is cut ends in an ellipsis.
func Short(s string, columns int) string { return cut(Text(s), columns) }

// Name returns a name in quotes that it cannot leave, at most MostColumns wide between them. Writing from right to left stays inside.
func Name(s string) string { return `"` + Isolated(Unquoted(s)) + `"` }

// Unquoted returns a name as Name does, for one who adds quotes and isolates its direction.
func Unquoted(s string) string { return cut(text(s, quotes), MostColumns) }

// Operator returns an operator's name together with the PastelID that identifies the operator, which the name does not.
func Operator(company, pastelID string) string {
	return Name(company) + " (" + pastel.Short(Text(pastelID)) + ")"
}

func quotes(r rune) bool {
	return strings.ContainsRune("\"“”„‟″〃＂ʺˮ〝〞〟❝❞", r)
}

// cut shortens what text returned.
func cut(s string, columns int) string {
	used, keep := 0, 0 // columns; bytes that fit, with an ellipsis
	for at, r := range s {
		if used < columns {
			keep = at
		}
		if used += columnsOf(r); used > columns {
			return strings.TrimRight(s[:keep], " ") + "…"
		}
	}
	return s
}

func columnsOf(r rune) int {
	switch k := width.LookupRune(r).Kind(); {
	case unicode.Is(unicode.Mn, r):
		return 0
	case k == width.EastAsianWide, k == width.EastAsianFullwidth:
		return 2
	}
	return 1
}

// The marks between which a text does not change the direction of what stands around it.
const (
	firstStrongIsolate    = '\u2068'
	popDirectionalIsolate = '\u2069'
)

// Isolated puts a text that has letters written from right to left between marks that keep it from reordering its neighbours. On pages,
// <bdi> does that.
func Isolated(s string) string {
	if !strings.ContainsFunc(s, rightToLeft) {
		return s
	}
	return string(firstStrongIsolate) + s + string(popDirectionalIsolate)
}

func rightToLeft(r rune) bool {
	p, _ := bidi.LookupRune(r)
	switch p.Class() {
	case bidi.R, bidi.AL, bidi.AN:
		return true
	default:
		return false
	}
}

// Plain returns Short(s, columns) for a chat or mail, where characters may also be markup, mention people, or make a link: those are
// escaped, too.
func Plain(s string, columns int) string {
	s = text(s, func(r rune) bool { return strings.ContainsRune("<>*`~|[]@", r) })
	return cut(strings.ReplaceAll(s, "//", `\u002f\u002f`), columns)
}

// Cell returns Text(s) for a field of a spreadsheet that holds text. It puts an apostrophe before what a spreadsheet would take for a formula.
func Cell(s string) string {
	s = Isolated(Text(s))
	if strings.TrimLeft(s, "=+-@＝＋－＠") != s {
		return "'" + s
	}
	return s
}
