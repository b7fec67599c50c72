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
)

// Passphrase reads a passphrase from the first line of a file or, without a file, asks for it, twice if it is fresh. of says what it is for.
func (t *Terminal) Passphrase(file, of string, fresh bool) ([]byte, error) {
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, UsageError{Err: err}
		}
		line, _, _ := bytes.Cut(pasted.File(text), []byte("\n"))
		return bytes.TrimSuffix(line, []byte("\r")), nil
	}
	if !t.Interactive() {
		return nil, Usagef("there is no terminal to ask for the passphrase; use --passphrase-file")
	}
	prompt := "Passphrase of "
	if fresh {
		prompt = "New passphrase for "
	}
	first, err := t.Secret(prompt + of + ": ")
	if err != nil || !fresh {
		return first, err
	}
	again, err := t.Secret("Repeat the passphrase: ")
	if err == nil && !bytes.Equal(first, again) {
		err = errors.New("the two passphrases differ. Nothing was written")
	}
	return first, err
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

// Agree asks a yes-or-no question, and returns an error unless the answer is yes.
func (t *Terminal) Agree(question string) error {
	answer, err := t.line(question + " [y/N] ")
	if errors.Is(err, ErrInterrupted) {
		return err
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return fmt.Errorf("not confirmed. Nothing was signed")
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
