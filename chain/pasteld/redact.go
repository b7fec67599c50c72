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

// redact blacks out a secret where it stands whole. A secret shorter than longSecret stays if it is part of a word, and one shorter than
// wordSecret even if it is a word. A secret that short must be quoted, or follow a mark as it does in a line of pastel.conf or a URL.
const (
	longSecret = 8 // characters; one at least this long is a secret wherever it occurs
	wordSecret = 4
)

const blackedOut = "***"

// redact blacks out secrets in a text: as they are, and as URLs and JSON write them.
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

// blackOut blacks out a secret where it stands whole.
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

// whole reports whether a secret of this length stands whole between the text before and after it.
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

// basic encodes a login for HTTP basic authentication.
func (l login) basic() string {
	return base64.StdEncoding.EncodeToString([]byte(l.user + ":" + l.password))
}
