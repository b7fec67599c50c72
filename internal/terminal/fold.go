package terminal

import (
	"io"
	"regexp"
	"strings"

	"github.com/jedib0t/go-pretty/v6/text"
)

// Fold breaks long lines between words, for a terminal of so many columns. Lines to paste stay whole, and so does a word that is longer than a line,
// such as an id: a terminal that wraps them by itself copies them whole.
func Fold(w io.Writer, width int) io.Writer { return folding{w, width} }

type folding struct {
	io.Writer
	width int
}

// toPaste matches lines that people copy: commands and statements, which stand indented, and JSON.
var toPaste = regexp.MustCompile(`^(\s+(→ )?(smartpool|smartpoold|pastel-cli|chmod)[ /]|\s*[\[\]{}]|\s*"[A-Za-z0-9_]+":)`)

// Write folds each line. A line must come in one piece.
func (f folding) Write(p []byte) (int, error) {
	lines := strings.Split(string(p), "\n")
	for i, line := range lines {
		if text.StringWidthWithoutEscSequences(line) > f.width && !toPaste.MatchString(line) {
			lines[i] = fold(line, f.width)
		}
	}
	if _, err := io.WriteString(f.Writer, strings.Join(lines, "\n")); err != nil {
		return 0, err
	}
	return len(p), nil
}

// columnGap matches what stands between the columns of a line: its first word and what follows.
var columnGap = regexp.MustCompile(`^(\s*\S+(?: \S+)* {2,}→? ?)\S`)

// fold breaks a line. What follows stands below its beginning or, in a line of two columns, below the second one if that leaves room.
func fold(line string, width int) string {
	indent := line[:len(line)-len(strings.TrimLeft(line, " "))]
	if m := columnGap.FindStringSubmatch(line); m != nil && text.StringWidthWithoutEscSequences(m[1]) <= width/2 {
		return hanging(m[1], line[len(m[1]):], width)
	}
	return hanging(indent, line[len(indent):], width)
}

// hanging breaks a text into lines between words, each below the end of its head. A longer word stands alone on a line.
func hanging(head, s string, width int) string {
	indent := text.StringWidthWithoutEscSequences(head)
	var lines []string
	for paragraph := range strings.SplitSeq(s, "\n") {
		line, columns := "", 0
		for i, word := range words(paragraph) {
			n := text.StringWidthWithoutEscSequences(word)
			switch {
			case i == 0:
				line, columns = word, n
			case indent+columns+1+n <= width:
				line, columns = line+" "+word, columns+1+n
			default:
				lines = append(lines, strings.TrimRight(line, " "))
				line, columns = word, n
			}
		}
		lines = append(lines, strings.TrimRight(line, " "))
	}
	return strings.TrimRight(head+strings.Join(lines, "\n"+strings.Repeat(" ", indent)), " ")
}

// words splits a text at its spaces, but not within the marks of a stranger's name: each line must keep its direction of writing to itself.
func words(s string) (list []string) {
	begin, inside := 0, false
	for i, r := range s {
		switch {
		case r == '\u2068':
			inside = true
		case r == '\u2069':
			inside = false
		case r == ' ' && !inside:
			list = append(list, s[begin:i])
			begin = i + 1
		}
	}
	return append(list, s[begin:])
}
