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
)

// Passphrase reads the passphrase of something from the first line of a file or, without a file, asks for it, twice for a new one.
func (t *Terminal) Passphrase(file, of string, fresh bool) ([]byte, error) {
	if file != "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, UsageError{Err: err}
		}
		line, _, _ := bytes.Cut(text, []byte("\n"))
		return bytes.TrimSuffix(line, []byte("\r")), nil
	}
	if !t.Interactive() {
		return nil, Usagef("there is no terminal to ask for the passphrase on: use --passphrase-file")
	}
	prompt := "Passphrase of "
	if fresh {
		prompt = "New passphrase for "
	}
	first, err := t.Secret(prompt + of + ": ")
	if err != nil || !fresh {
		return first, err
	}
	again, err := t.Secret("The same again: ")
	if err == nil && !bytes.Equal(first, again) {
		err = errors.New("the two passphrases differ: nothing was written")
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
	if errors.Is(err, ErrInterrupted) { // the read that is left behind keeps what is typed from being shown
		return nil, errors.Join(err, term.Restore(fd, before))
	}
	_, _ = fmt.Fprintln(t.Err)
	return text, err
}

// Confirm shows what will be done and asks, unless yes was said beforehand.
func (t *Terminal) Confirm(yes bool, what string) error {
	_, _ = fmt.Fprintln(t.Err, what)
	if yes {
		return nil
	}
	if !t.Interactive() {
		return Usagef("there is no terminal to confirm this on: add --yes if it is right")
	}
	return t.Agree("Go on?")
}

// Agree asks a person whether something is so; an error if it is not.
func (t *Terminal) Agree(question string) error {
	answer, err := t.line(question + " [y/N] ")
	if errors.Is(err, ErrInterrupted) {
		return err
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return fmt.Errorf("not confirmed: nothing was signed")
	}
	return nil
}

// Interactive reports whether a person can be asked.
func (t *Terminal) Interactive() bool {
	f, ok := t.In.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// Ask asks a person; an empty answer is the usual one.
func (t *Terminal) Ask(question, usual string) (string, error) {
	if usual != "" {
		question += " [" + usual + "]"
	}
	line, err := t.line(question + ": ")
	if errors.Is(err, ErrInterrupted) {
		return "", err
	}
	if err != nil {
		return "", errors.New("the question was not answered: nothing was done")
	}
	return cmp.Or(strings.TrimSpace(line), usual), nil
}

// line asks for a line, and reads what a person types. One reader does all of it, as it reads ahead what is pasted.
func (t *Terminal) line(prompt string) (string, error) {
	if t.lines == nil {
		t.lines = bufio.NewReader(t.In)
	}
	return typed(t, prompt, func() (string, error) { return t.lines.ReadString('\n') })
}
