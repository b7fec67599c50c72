package main

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

// passphraseFlags say where a key file's passphrase comes from: never from the command line, which others can see.
type passphraseFlags struct {
	PassphraseFile string `type:"existingfile" help:"File with the passphrase on its first line; else it is asked for."`
}

// passphrase reads or asks for the passphrase of something, twice for a new one.
func (f *passphraseFlags) passphrase(e *env, of string, fresh bool) ([]byte, error) {
	if f.PassphraseFile != "" {
		text, err := os.ReadFile(f.PassphraseFile)
		if err != nil {
			return nil, usageError{err}
		}
		line, _, _ := bytes.Cut(text, []byte("\n"))
		return bytes.TrimSuffix(line, []byte("\r")), nil
	}
	screen, ok := e.in.(*os.File)
	if !ok || !term.IsTerminal(int(screen.Fd())) {
		return nil, usagef("there is no terminal to ask for the passphrase on: use --passphrase-file")
	}
	prompt := "Passphrase of "
	if fresh {
		prompt = "New passphrase for "
	}
	first, err := e.secret(screen, prompt+of+": ")
	if err != nil || !fresh {
		return first, err
	}
	again, err := e.secret(screen, "The same again: ")
	if err == nil && !bytes.Equal(first, again) {
		err = fmt.Errorf("the two passphrases differ: nothing was written")
	}
	return first, err
}

func (e *env) secret(screen *os.File, prompt string) ([]byte, error) {
	fd := int(screen.Fd())
	before, err := term.GetState(fd)
	if err != nil {
		return nil, err
	}
	text, err := typed(e, prompt, func() ([]byte, error) { return term.ReadPassword(fd) })
	if errors.Is(err, errInterrupted) { // the read that is left behind keeps what is typed from being shown
		return nil, errors.Join(err, term.Restore(fd, before))
	}
	_, _ = fmt.Fprintln(e.err)
	return text, err
}

// confirm shows what will be done and asks, unless yes was said beforehand.
func (e *env) confirm(yes bool, what string) error {
	_, _ = fmt.Fprintln(e.err, what)
	if yes {
		return nil
	}
	if !e.terminal() {
		return usagef("there is no terminal to confirm this on: add --yes if it is right")
	}
	return e.agree("Go on?")
}

// agree asks a person whether something is so; an error if it is not.
func (e *env) agree(question string) error {
	answer, err := e.line(question + " [y/N] ")
	if errors.Is(err, errInterrupted) {
		return err
	}
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return fmt.Errorf("not confirmed: nothing was signed")
	}
	return nil
}

// terminal reports whether a person can be asked.
func (e *env) terminal() bool {
	f, ok := e.in.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// ask asks a person; an empty answer is the usual one.
func (e *env) ask(question, usual string) (string, error) {
	if usual != "" {
		question += " [" + usual + "]"
	}
	line, err := e.line(question + ": ")
	if errors.Is(err, errInterrupted) {
		return "", err
	}
	if err != nil {
		return "", errors.New("the question was not answered: nothing was done")
	}
	return cmp.Or(strings.TrimSpace(line), usual), nil
}

// line asks for a line, and reads what a person types. One reader does all of it, as it reads ahead what is pasted.
func (e *env) line(prompt string) (string, error) {
	if e.lines == nil {
		e.lines = bufio.NewReader(e.in)
	}
	return typed(e, prompt, func() (string, error) { return e.lines.ReadString('\n') })
}
