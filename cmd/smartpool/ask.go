package main

import (
	"bufio"
	"bytes"
	"fmt"
	"os"
	"strings"

	"golang.org/x/term"
)

// passphraseFlags say where a key file's passphrase comes from: never from the command line, which others can see.
type passphraseFlags struct {
	PassphraseFile string `type:"existingfile" help:"File with the passphrase on its first line; else it is asked for."`
}

// passphrase reads or asks for a passphrase, twice for a new one.
func (f *passphraseFlags) passphrase(e *env, fresh bool) ([]byte, error) {
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
	first, err := e.secret(screen, "Passphrase: ")
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
	_, _ = fmt.Fprint(e.err, prompt)
	text, err := term.ReadPassword(int(screen.Fd()))
	_, _ = fmt.Fprintln(e.err)
	return text, err
}

// confirm shows what will be done and asks, unless yes was said beforehand.
func (e *env) confirm(yes bool, what string) error {
	_, _ = fmt.Fprintln(e.err, what)
	if yes {
		return nil
	}
	if f, ok := e.in.(*os.File); !ok || !term.IsTerminal(int(f.Fd())) {
		return usagef("there is no terminal to confirm this on: add --yes if it is right")
	}
	_, _ = fmt.Fprint(e.err, "Go on? [y/N] ")
	answer, _ := bufio.NewReader(e.in).ReadString('\n')
	if a := strings.ToLower(strings.TrimSpace(answer)); a != "y" && a != "yes" {
		return fmt.Errorf("not confirmed: nothing was signed")
	}
	return nil
}
