package visible

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/mtibben/confusables" // Unicode's table of characters that look alike, which no package of golang.org/x/text has
	"golang.org/x/text/unicode/norm"
)

// Skeleton returns the same text for texts that look the same, for comparison only (Unicode Technical Standard 39). It ignores case, space
// and everything that cannot be seen.
func Skeleton(s string) string {
	seen := func(r rune) rune {
		if !Rune(r) || r == ' ' {
			return -1
		}
		return r
	}
	return strings.ToLower(confusables.Skeleton(strings.Map(seen, norm.NFKC.String(s))))
}

// hideLookalikes hides letters that pass for others: forms of Latin letters that have a form of their own, such as 𝐀 and Ａ, letters of
// another alphabet in a word, and words all of whose letters look Latin, unless the text is evidently in their alphabet. In a text without
// another alphabet it also hides what passes for the digits, signs and punctuation of ASCII.
func hideLookalikes(units []unit) {
	var latin, other bool
	own := map[string]bool{} // alphabets that the text has a letter of which looks like no Latin one
	for i := range units {
		u := &units[i]
		if u.bad {
			continue
		}
		u.of, u.hidden = alphabet(u.r), u.hidden || imitatesLatin(u.r)
		switch {
		case u.of == latinName:
			latin = true
			continue
		case u.of != "" && !own[u.of] && !looksASCII(u.r):
			own[u.of] = true
		}
		other = other || u.of != ""
	}
	for i := range units {
		if u := &units[i]; !other && !u.bad && imitatesSign(u.r) {
			u.hidden = true
		}
	}
	for start := 0; start < len(units); {
		end := start
		for end < len(units) && inWord(units[end]) {
			end++
		}
		if word := units[start:end]; len(word) > 0 {
			hideStrangers(word)
			if s := latinLooking(word); s != "" && (latin || !own[s]) {
				hideAlphabet(word, func(of string) bool { return of == s })
			}
		}
		start = end + 1
	}
}

func inWord(u unit) bool { return !u.bad && unicode.In(u.r, unicode.L, unicode.M, unicode.N) }

// hideStrangers hides the letters and digits of a word that are not of its alphabet. Chinese, Japanese and Korean share words with each
// other and with Latin.
func hideStrangers(word []unit) {
	home, most := "", 0
	count := map[string]int{}
	for _, u := range word {
		if u.of == "" {
			continue
		}
		count[u.of]++
		if n := count[u.of]; n > most {
			home, most = u.of, n
		}
	}
	if count[latinName] > 0 {
		home = latinName
	}
	if len(count) > 1 {
		hideAlphabet(word, func(s string) bool { return s != home && !eastAsian[s] })
	}
	for i := range word { // 0 and l of other alphabets
		u := &word[i]
		if home == latinName && u.r >= utf8.RuneSelf && u.of != latinName && looksASCII(u.r) {
			u.hidden = true
		}
	}
}

// latinLooking returns the alphabet of a word that has one, not the Latin, and whose letters all look Latin; otherwise "".
func latinLooking(word []unit) (of string) {
	for _, u := range word {
		switch {
		case u.of == "":
			if unicode.Is(unicode.M, u.r) {
				return ""
			}
		case u.of == latinName || of != "" && u.of != of || !looksASCII(u.r):
			return ""
		default:
			of = u.of
		}
	}
	return of
}

func hideAlphabet(word []unit, which func(string) bool) {
	for i := range word {
		if u := &word[i]; u.of != "" && which(u.of) {
			u.hidden = true
		}
	}
}

const latinName = "Latin"

var eastAsian = map[string]bool{"Han": true, "Hiragana": true, "Katakana": true, "Hangul": true, "Bopomofo": true}

// alphabet names the script of a letter; it is "" for other characters and for letters of no script.
func alphabet(r rune) string {
	switch {
	case !unicode.IsLetter(r), unicode.In(r, unicode.Common, unicode.Inherited):
		return ""
	case unicode.Is(unicode.Latin, r):
		return latinName
	}
	for name, table := range unicode.Scripts {
		if unicode.Is(table, r) {
			return name
		}
	}
	return ""
}

// imitatesLatin reports whether a character is a form of ASCII letters or digits, or a rare letter that looks like one. It spares the
// letters of European languages, and the raised letters of «Nº».
func imitatesLatin(r rune) bool {
	const feminine, masculine, lastEuropean = 'ª', 'º', 'ž'
	if r <= lastEuropean || !unicode.In(r, unicode.L, unicode.Nd, unicode.Nl) || r == feminine || r == masculine {
		return false
	}
	form := !unicode.Is(unicode.Lm, r) && ascii(norm.NFKC.String(string(r)))
	return form || unicode.Is(unicode.Latin, r) && looksASCII(r)
}

// imitatesSign reports whether a character is a digit of another alphabet, or looks like a sign of ASCII and is none that printed text in
// Latin letters has: for ‐ and ⁄, keyboards have - and /.
func imitatesSign(r rune) bool {
	const printed = "‘’‚‛‹›“”„–´¸ˆ˜×"
	switch {
	case r < utf8.RuneSelf:
		return false
	case unicode.Is(unicode.Nd, r):
		return true
	}
	s := confusables.Skeleton(string(r))
	return unicode.In(r, unicode.P, unicode.S) && len(s) == 1 && !strings.ContainsRune(printed, r) // … is not .
}

// looksASCII reports whether a character looks like ASCII ones.
func looksASCII(r rune) bool { return ascii(confusables.Skeleton(string(r))) }

func ascii(s string) bool {
	return !strings.ContainsFunc(s, func(r rune) bool { return r >= utf8.RuneSelf })
}
