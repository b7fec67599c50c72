// Package terminal talks to the person at a terminal, or to a program in their place: it prints answers, tables and progress, asks
// questions, and reads confirmations and secrets. It knows Pastel's amounts and nothing about pools.
package terminal

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
)

// Terminal is where a command reads and writes.
type Terminal struct {
	In       io.Reader
	Out, Err io.Writer
	JSON     bool // the answer is for a program
	Width    int  // columns of the terminal that shows the answer; 0 if none does

	screen *os.File  // the screen that shows standard error; nil if none does
	whole  io.Writer // Out as it was before lines were folded; nil if they are not
	alive  int       // columns of the line that Alive shows
	lines  *bufio.Reader
}

// New returns a terminal on the three standard streams. Progress bars appear on screen, unless it is nil; json says that the answer is for a
// program.
func New(in io.Reader, out, err io.Writer, screen *os.File, json bool) *Terminal {
	return &Terminal{In: in, Out: out, Err: err, JSON: json, screen: screen}
}

// Columns returns how many columns the terminal that shows the answer has; 0 if none does.
func (t *Terminal) Columns() int { return t.Width }

// On says that a terminal of so many columns shows the answer, unless they are 0. Its lines are then folded.
func (t *Terminal) On(width int) *Terminal {
	t.Width = width
	if width > 0 && !t.JSON {
		t.whole, t.Out, t.Err = t.Out, Fold(t.Out, width), Fold(t.Err, width)
	}
	return t
}

// Whole returns where an answer goes that is a file rather than a text: its lines are not folded.
func (t *Terminal) Whole() io.Writer {
	if t.whole != nil {
		return t.whole
	}
	return t.Out
}

// Note tells a person something besides the answer. Programs do not see it.
func (t *Terminal) Note(format string, args ...any) {
	if !t.JSON {
		t.Warn(format, args...)
	}
}

// Warn says what may go wrong, to programs as well.
func (t *Terminal) Warn(format string, args ...any) {
	t.Alive("")
	_, _ = fmt.Fprintf(t.Err, format+"\n", args...)
}

// UsageError is a mistake in how a command was called.
type UsageError struct{ Err error }

// Error returns what is wrong.
func (e UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the mistake itself.
func (e UsageError) Unwrap() error { return e.Err }

// Usagef formats a UsageError.
func Usagef(format string, args ...any) error { return UsageError{Err: fmt.Errorf(format, args...)} }

var errNoTerminal = errors.New("there is no terminal")
