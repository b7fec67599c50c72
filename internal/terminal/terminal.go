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

	screen *os.File // the screen that shows standard error; nil if none does
	alive  int      // columns of the line that Alive shows
	lines  *bufio.Reader
}

// New returns a terminal on the three standard streams. Progress bars appear on screen, unless it is nil; json says that the answer is for a
// program.
func New(in io.Reader, out, err io.Writer, screen *os.File, json bool) *Terminal {
	return &Terminal{In: in, Out: out, Err: err, JSON: json, screen: screen}
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
