package terminal

import (
	"bufio"
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"

	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/internal/secretfile"
)

// LeastPassphrase is the length of a new passphrase, in bytes. A key file may be copied, and then anyone can guess without limit.
const LeastPassphrase = 8

// Tries is how often a person may type a passphrase.
const Tries = 3

const maxPassphrase = 4 << 10 // bytes of a file

// Passphrase reads a passphrase from the first line of a file or, without a file, asks for it, twice if it is fresh. of says what it is for.
// A fresh one that is too short or repeated wrongly is asked for again.
func (t *Terminal) Passphrase(file, of string, fresh bool) ([]byte, error) {
	if file != "" {
		line, err := firstLine(file)
		if err == nil && fresh && len(line) < LeastPassphrase {
			err = Usagef("the passphrase in %s is shorter than %d characters; choose a longer one", file, LeastPassphrase)
		}
		return line, err
	}
	if !t.Interactive() {
		return nil, Usagef("there is no terminal to ask for the passphrase; use --passphrase-file")
	}
	if !fresh {
		return t.Secret("Passphrase of " + of + ": ")
	}
	for try := 1; ; try++ {
		pass, err := t.newPassphrase(of)
		var again *retryError
		if !errors.As(err, &again) {
			return pass, err
		}
		if try == Tries {
			return nil, fmt.Errorf("%w. Nothing was written", err)
		}
		t.Note("%s. Try again.", err)
	}
}

// retryError says why a person must type a passphrase again.
type retryError struct{ text string }

func (e *retryError) Error() string { return e.text }

func (t *Terminal) newPassphrase(of string) ([]byte, error) {
	first, err := t.Secret("New passphrase for " + of + ": ")
	if err != nil {
		return nil, err
	}
	if len(first) < LeastPassphrase {
		return nil, &retryError{fmt.Sprintf("The passphrase is shorter than %d characters", LeastPassphrase)}
	}
	again, err := t.Secret("Repeat the passphrase: ")
	if err == nil && !bytes.Equal(first, again) {
		err = &retryError{"The two passphrases differ"}
	}
	return first, err
}

// firstLine returns the first line of a file that only its owner can read, or of a pipe, through which a program may hand a secret over.
func firstLine(file string) ([]byte, error) {
	text, err := secretfile.ReadOrReceive(file, maxPassphrase)
	if err != nil {
		return nil, UsageError{Err: err}
	}
	line, _, _ := bytes.Cut(pasted.File(text), []byte("\n"))
	return bytes.TrimSuffix(line, []byte("\r")), nil
}

// Secret asks a person for a line that the screen does not show. There must be a terminal.
func (t *Terminal) Secret(prompt string) ([]byte, error) {
	screen, ok := t.In.(*os.File)
	if !ok {
		return nil, errNoTerminal
	}
	fd := int(screen.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, err
	}
	text, err := typed(t, prompt, func() ([]byte, error) { return term.ReadPassword(fd) })
	if errors.Is(err, ErrInterrupted) { // the abandoned read still hides what is typed
		return nil, errors.Join(err, term.Restore(fd, before))
	}
	_, _ = fmt.Fprintln(t.Err)
	return text, err
}

// Confirm shows what will be done and asks for consent, unless yes gives it beforehand. Without consent it returns an error.
func (t *Terminal) Confirm(yes bool, what string) error {
	_, _ = fmt.Fprintln(t.Err, what)
	if yes {
		return nil
	}
	if !t.Interactive() {
		return Usagef("there is no terminal to confirm this; if it is right, add --yes")
	}
	return t.Agree("Continue?")
}

// ErrNotConfirmed says that a person did not agree.
var ErrNotConfirmed = errors.New("not confirmed. Nothing was signed")

// Agree asks a yes-or-no question, and returns an error unless the answer is yes.
func (t *Terminal) Agree(question string) error {
	answer, err := t.line(question + " [y/N] ")
	if errors.Is(err, ErrInterrupted) {
		return err
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return ErrNotConfirmed
	}
	return nil
}

// Interactive reports whether a person can answer questions.
func (t *Terminal) Interactive() bool {
	f, ok := t.In.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Ask asks a question. An empty answer means the usual one.
func (t *Terminal) Ask(question, usual string) (string, error) {
	if usual != "" {
		question += " [" + usual + "]"
	}
	line, err := t.line(question + ": ")
	if errors.Is(err, ErrInterrupted) {
		return "", err
	}
	if err != nil {
		return "", errors.New("the question was not answered. Nothing was done")
	}
	return cmp.Or(strings.TrimSpace(line), usual), nil
}

// line shows a prompt and reads a line. All lines come through one reader, because it reads ahead in pasted text.
func (t *Terminal) line(prompt string) (string, error) {
	if t.lines == nil {
		t.lines = bufio.NewReader(t.In)
	}
	return typed(t, prompt, func() (string, error) { return t.lines.ReadString('\n') })
}
