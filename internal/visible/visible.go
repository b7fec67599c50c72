// Package visible decides how texts of strangers are shown: operators' names, what a node says, what somebody typed. Pages, the terminal,
// alerts, spreadsheets and logs all ask it, so that what cannot be seen, or cannot be told from something else, shows as an escape such as
// \u200b wherever it appears. JSON keeps every text as it is, with escapes of its own. The package does no I/O of its own and knows nothing
// about pools.
package visible

import (
	"fmt"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// unseen are the characters that unicode.IsPrint takes for graphic but that leave no mark: fillers, blanks and joiners.
var unseen = []*unicode.RangeTable{
	unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector, unicode.Me, {
		R16: []unicode.Range16{
			{0x2800, 0x2800, 1}, // blank Braille pattern
			{0xfff9, 0xfffc, 1}, // annotations, and where an object would be
		},
		R32: []unicode.Range32{
			{0x13441, 0x13442, 1}, // blank hieroglyphs
			{0x16fe4, 0x16fe4, 1}, // Khitan filler
			{0x1d159, 0x1d159, 1}, // null notehead
		},
	},
}

// Rune reports whether a character may be shown as it is: it leaves a mark, is assigned, and is the ordinary space if it is a space.
// Controls, marks of direction, joiners, fillers, tags and private characters may not.
func Rune(r rune) bool { return unicode.IsPrint(r) && (r < utf8.RuneSelf || !unicode.In(r, unseen...)) }

// Text returns a text on one line with everything escaped that cannot be seen, moves what stands beside it, or passes for something else:
// characters that Rune refuses, bytes that are not UTF-8, space at either end and repeated space, heaped marks, letters of another alphabet
// inside a word, and words that only look Latin. What is left is readable in any one alphabet. Text(Text(s)) is Text(s).
func Text(s string) string { return text(s, nil) }

// text escapes the characters in also, too.
func text(s string, also func(rune) bool) string {
	if plain(s) && (also == nil || !strings.ContainsFunc(s, also)) {
		return s
	}
	units := parse(s)
	hideLookalikes(units)
	hideMarks(units)
	var b strings.Builder
	for i := range units {
		u := &units[i]
		switch {
		case u.hidden || u.r == ' ' && (i == 0 || i == len(units)-1 || units[i-1].r == ' '), also != nil && also(u.r):
			b.WriteString(u.escape())
		default:
			b.WriteRune(u.r)
		}
	}
	return b.String()
}

// plain reports whether a text needs no escapes because it is ordinary ASCII.
func plain(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return s == strings.TrimSpace(s) && !strings.Contains(s, "  ")
}

// unit is a character of a text, or a byte of it that is not UTF-8.
type unit struct {
	r      rune   // the byte, if bad
	of     string // alphabet, as alphabet returns it
	bad    bool
	hidden bool // it is shown as an escape
}

// parse reads a text. It takes an escape for the character that it names, so that escaping twice changes nothing.
func parse(s string) []unit {
	list := make([]unit, 0, len(s))
	for s != "" {
		if u, n := escaped(s); n > 0 {
			list = append(list, u)
			s = s[n:]
			continue
		}
		r, n := utf8.DecodeRuneInString(s)
		if r == utf8.RuneError && n == 1 {
			list = append(list, unit{r: rune(s[0]), bad: true, hidden: true})
		} else {
			list = append(list, unit{r: r, hidden: !Rune(r)})
		}
		s = s[n:]
	}
	return list
}

// escaped reads an escape at the start of a text, and returns its length in bytes, or 0 if there is none as escape writes it.
func escaped(s string) (unit, int) {
	if len(s) < len(`\x00`) || s[0] != '\\' {
		return unit{}, 0
	}
	n := map[byte]int{'x': len(`\x00`), 'u': len(`\u0000`), 'U': len(`\U00000000`)}[s[1]]
	if n == 0 || n > len(s) {
		return unit{}, 0
	}
	r, err := strconv.ParseInt(s[2:n], 16, 32)
	u := unit{r: rune(r), bad: s[1] == 'x', hidden: true}
	if err != nil || u.escape() != s[:n] {
		return unit{}, 0
	}
	return u, n
}

// escape returns a character as Go's string literals escape it.
func (u *unit) escape() string {
	switch {
	case u.bad:
		return fmt.Sprintf(`\x%02x`, u.r)
	case u.r > 0xffff:
		return fmt.Sprintf(`\U%08x`, u.r)
	}
	return fmt.Sprintf(`\u%04x`, u.r)
}

// hideMarks hides combining marks without a letter to stand on, those that are heaped upon one, and a dot upon a letter that has one: i̇ looks
// like i. Burmese needs four marks on a letter, decomposed Vietnamese two.
func hideMarks(units []unit) {
	const most, mostEuropean, dotAbove = 4, 2, '\u0307'
	allowed := 0
	for i := range units {
		u := &units[i]
		switch {
		case !unicode.Is(unicode.M, u.r):
			allowed = 0
			if !u.hidden && unicode.IsLetter(u.r) {
				allowed = most
				if unicode.In(u.r, unicode.Latin, unicode.Greek, unicode.Cyrillic) {
					allowed = mostEuropean
				}
			}
		case u.hidden || allowed == 0 || units[i-1].r == u.r, u.r == dotAbove && unicode.Is(unicode.Soft_Dotted, units[i-1].r):
			u.hidden, allowed = true, 0
		default:
			allowed--
		}
	}
}
