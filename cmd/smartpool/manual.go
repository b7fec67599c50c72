package main

import (
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/pastelnetwork/smartpool/internal/manual"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/version"
)

// commandLine returns the command line as kong knows it, whatever the environment of this process sets.
func commandLine() (*kong.Application, error) {
	parser, err := kong.New(new(cli), options()...)
	if err != nil {
		return nil, err
	}
	return parser.Model, nil
}

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"The shell: bash, zsh or fish."`
}

// Run prints the script.
func (c *completionCmd) Run(e *terminal.Terminal) error {
	model, err := commandLine()
	if err != nil {
		return err
	}
	script, err := manual.Completion(model, c.Shell)
	if err != nil {
		return err
	}
	return printed(e, "script", script)
}

type manualCmd struct {
	Date string `type:"text" placeholder:"YYYY-MM-DD" help:"The page's date; by default, today."`
}

// Run prints the page.
func (c *manualCmd) Run(e *terminal.Terminal) error {
	model, err := commandLine()
	if err != nil {
		return err
	}
	date, err := manual.Date(c.Date)
	if err != nil {
		return terminal.Usagef("--date: %w", err)
	}
	page := manual.Page{
		Section: 1, Date: date, Version: version.String(), Exits: exits,
		About: []string{
			"smartpool guides members, operators and auditors of smart pools through what they do. It asks before it signs, sends or replaces anything, " +
				"and trusts the daemon with nothing that is signed.",
			"A command asks a daemon (smartpoold) about pools, and a node about its wallet. A variable of the environment holds unless " +
				"its flag is given; one that is empty counts as not set.",
		},
		See: [][2]string{{"smartpoold", "8"}, {"/usr/share/doc/smartpool/docs/README.md", ""}},
	}
	return printed(e, "page", page.Write(model))
}

// printed prints a text, or JSON that holds it.
func printed(e *terminal.Terminal, name, text string) error {
	if e.JSON {
		return terminal.PrintJSON(e.Out, map[string]string{name: text})
	}
	_, err := fmt.Fprint(e.Whole(), text)
	return err
}
