package pasteld

import (
	"encoding/base64"
	"encoding/json"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A secret is blacked out as it stands whole. What is shorter than longSecret is no secret in the middle of a word, and what is shorter than
// wordSecret none that stands as a word of its own: there it must be quoted, or follow a mark as it does in a line of pastel.conf or a URL.
const (
	longSecret = 8 // characters; a longer one is nothing else wherever it is found
	wordSecret = 4
)

const blackedOut = "***"

// redact blacks secrets out of a text: as they are, and as URLs and JSON write them.
func redact(text string, secrets []string) string {
	var forms []string
	for _, s := range secrets {
		forms = append(forms, s, url.QueryEscape(s), url.PathEscape(s), jsonEscaped(s))
	}
	forms = slices.DeleteFunc(forms, func(s string) bool { return s == "" })
	slices.SortFunc(forms, func(a, b string) int { return len(b) - len(a) }) // a short one may be part of a long one
	for _, s := range slices.Compact(forms) {
		text = blackOut(text, s)
	}
	return text
}

func jsonEscaped(s string) string {
	quoted, err := json.Marshal(s)
	if err != nil || len(quoted) < 2 {
		return ""
	}
	return string(quoted[1 : len(quoted)-1])
}

// blackOut blacks a secret out where it stands whole.
func blackOut(text, secret string) string {
	var b strings.Builder
	done := 0
	for from := 0; ; {
		at := strings.Index(text[from:], secret)
		if at < 0 {
			return b.String() + text[done:]
		}
		at += from
		end := at + len(secret)
		if !whole(text[:at], text[end:], utf8.RuneCountInString(secret)) {
			_, size := utf8.DecodeRuneInString(text[at:])
			from = at + size
			continue
		}
		b.WriteString(text[done:at] + blackedOut)
		done, from = end, end
	}
}

// whole reports whether a secret of so many characters stands whole between what is before and after it.
func whole(before, after string, length int) bool {
	if length >= longSecret {
		return true
	}
	prev, _ := utf8.DecodeLastRuneInString(before)
	next, _ := utf8.DecodeRuneInString(after)
	inWord := func(r rune) bool { return unicode.IsLetter(r) || unicode.IsDigit(r) || r == '_' }
	switch {
	case before != "" && inWord(prev) || after != "" && inWord(next):
		return false
	case length >= wordSecret, before == "" && after == "":
		return true
	}
	return strings.ContainsRune(`"'=`+"`", prev) || prev == ':' && next == '@'
}

// basic is what HTTP basic authentication makes of a login.
func (l login) basic() string {
	return base64.StdEncoding.EncodeToString([]byte(l.user + ":" + l.password))
}
