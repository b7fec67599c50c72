package terminal

import (
	"io"
	"unicode"

	"golang.org/x/text/runes"
	"golang.org/x/text/transform" // runes split between writes are put together again
)

// Visible keeps what strangers put into tickets and answers from steering a terminal: of control characters only line feeds and tabs
// pass, and nothing turns the direction of writing. Close writes what is left.
func Visible(w io.Writer) io.WriteCloser {
	return transform.NewWriter(w, runes.Map(func(r rune) rune {
		if r == '\n' || r == '\t' || unicode.IsPrint(r) {
			return r
		}
		return '\uFFFD'
	}))
}
