package terminal

import (
	"regexp"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/visible"
)

// plain matches what a shell takes as it stands.
var plain = regexp.MustCompile(`^[A-Za-z0-9_./:@%+=,-]+$`)

// Argument writes a value into a command line that people paste: in quotes if a shell would read anything else in it. A control character
// becomes an escape, which no file name or id has.
func Argument(s string) string {
	if plain.MatchString(s) {
		return s
	}
	if strings.ContainsFunc(s, func(r rune) bool { return !visible.Rune(r) }) {
		s = visible.Text(s)
	}
	return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'"
}

// Said puts another program's words on one line of what can be seen, and shortens them.
func Said(s string) string {
	const most = 600 // columns
	return visible.Short(strings.Join(strings.Fields(s), " "), most)
}
