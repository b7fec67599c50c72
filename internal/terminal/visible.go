package terminal

import (
	"io"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform" // runes split between writes are put together again
)

// Visible keeps texts that strangers put into tickets and answers from controlling a terminal: the only control characters to pass are line
// feeds and tabs, and nothing reverses the direction of writing. Close writes what remains.
func Visible(w io.Writer) io.WriteCloser {
	return transform.NewWriter(w, runes.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}))
}
