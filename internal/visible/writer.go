package visible

import (
	"bytes"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"

	"golang.org/x/text/transform" // characters split between writes are put together again
)

// Writer escapes the characters that Rune refuses in everything that is written to w, so that a text that nobody passed through Text
// controls no terminal. Line feeds and tabs pass, and so do the marks of Isolated around writing from right to left. Close writes what remains.
func Writer(w io.Writer) io.WriteCloser { return transform.NewWriter(w, &stream{}) }

// longestIsolate is how many bytes of a line are searched for the end of isolated text.
const longestIsolate = 1024

type stream struct{ isolated bool }

// Reset starts a new stream.
func (s *stream) Reset() { s.isolated = false }

// Transform escapes.
func (s *stream) Transform(dst, src []byte, atEOF bool) (nDst, nSrc int, err error) {
	for nSrc < len(src) {
		rest := src[nSrc:]
		if n := leadingASCII(rest); n > 0 { // nearly all of a page
			n = copy(dst[nDst:], rest[:n])
			if n == 0 {
				return nDst, nSrc, transform.ErrShortDst
			}
			nDst, nSrc = nDst+n, nSrc+n
			continue
		}
		if !atEOF && !utf8.FullRune(rest) {
			return nDst, nSrc, transform.ErrShortSrc
		}
		r, n := utf8.DecodeRune(rest)
		out := rest[:n]
		next := s.isolated
		switch {
		case r == utf8.RuneError && n == 1:
			u := unit{r: rune(rest[0]), bad: true}
			out = []byte(u.escape())
		case r == firstStrongIsolate && !s.isolated:
			ends, known := isolates(rest[n:])
			if !known && !atEOF {
				return nDst, nSrc, transform.ErrShortSrc
			}
			if next = ends; !ends {
				out = escapeOf(r)
			}
		case r == popDirectionalIsolate && s.isolated:
			next = false
		case r != '\n' && r != '\t' && !Rune(r):
			out = escapeOf(r)
		}
		if nDst+len(out) > len(dst) {
			return nDst, nSrc, transform.ErrShortDst
		}
		s.isolated = next
		nDst += copy(dst[nDst:], out)
		nSrc += n
	}
	return nDst, nSrc, nil
}

// leadingASCII returns how many bytes at the start of a text are ASCII characters that pass.
func leadingASCII(text []byte) (n int) {
	for n < len(text) && (text[n] >= ' ' && text[n] <= '~' || text[n] == '\n' || text[n] == '\t') {
		n++
	}
	return n
}

func escapeOf(r rune) []byte { return []byte((&unit{r: r}).escape()) }

// isolates reports whether what follows a mark is text that needs it and ends with the other one on the same line, and whether that is known yet.
func isolates(rest []byte) (yes, known bool) {
	at := bytes.IndexAny(rest, string(popDirectionalIsolate)+"\n")
	if at < 0 {
		return false, len(rest) > longestIsolate
	}
	return rest[at] != '\n' && bytes.ContainsFunc(rest[:at], rightToLeft), true
}

// JSON returns a JSON text that says the same, with the characters escaped in its strings that Rune refuses. The text must be UTF-8.
func JSON(text []byte) []byte {
	var out []byte
	for _, r := range string(text) {
		switch {
		case r == '\n' || Rune(r):
			out = utf8.AppendRune(out, r)
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			out = fmt.Appendf(out, `\u%04x\u%04x`, high, low)
		default:
			out = fmt.Appendf(out, `\u%04x`, r)
		}
	}
	return out
}

// JSONWriter passes everything that is written through JSON. Each write must hold whole characters, as those of log/slog do.
func JSONWriter(w io.Writer) io.Writer { return jsonWriter{w} }

type jsonWriter struct{ io.Writer }

// Write writes escaped JSON, and counts the bytes of p.
func (w jsonWriter) Write(p []byte) (int, error) {
	if _, err := w.Writer.Write(JSON(p)); err != nil {
		return 0, err
	}
	return len(p), nil
}
