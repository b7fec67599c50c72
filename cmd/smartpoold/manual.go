package main

import (
	"fmt"
	"io"

	"github.com/alecthomas/kong"

	"github.com/pastelnetwork/smartpool/internal/manual"
	"github.com/pastelnetwork/smartpool/internal/version"
)

// exits says when the daemon ends with which code, for documents.
var exits = []manual.Exit{
	{Code: exitOK, When: "when it was asked to end, or did what the command says"},
	{Code: exitFailed, When: "when it cannot continue; the log says why"},
	{Code: exitUsage, When: "when a setting is wrong: starting it again does not help"},
}

// commandLine returns the command line as kong knows it, whatever the environment of this process sets, and whoever runs it.
func commandLine() (*kong.Application, error) {
	parser, err := kong.New(new(cli), options("~/.smartpool")...)
	if err != nil {
		return nil, err
	}
	return parser.Model, nil
}

type completionCmd struct {
	Shell string `arg:"" enum:"bash,zsh,fish" help:"The shell: bash, zsh or fish."`
}

func (c *completionCmd) run(out io.Writer) error {
	model, err := commandLine()
	if err != nil {
		return err
	}
	script, err := manual.Completion(model, c.Shell)
	if err == nil {
		_, err = io.WriteString(out, script)
	}
	return err
}

type manualCmd struct {
	Date string `placeholder:"YYYY-MM-DD" env:"-" help:"The page's date; by default, today."`
}

func (c *manualCmd) run(out io.Writer) error {
	model, err := commandLine()
	if err != nil {
		return err
	}
	date, err := manual.Date(c.Date)
	if err != nil {
		return usageError{fmt.Errorf("--date: %w", err)}
	}
	page := manual.Page{
		Section: 8, Date: date, Version: version.String(), Exits: exits,
		About: []string{
			"smartpoold follows a Pastel node, applies the rules of smart pools to its blocks, and keeps the ledger in SQLite or PostgreSQL. From there, it serves " +
				"a dashboard, an HTTP API with an event stream, and alerts. Without a command, it runs.",
			"Every option is a setting, by the same name, of the file that --config names. Options override the environment, which overrides the file; " +
				"a variable that is empty counts as not set. smartpoold config prints all settings as a file to start from.",
		},
		Further: []manual.Chapter{{Title: "Files of the service", Terms: [][2]string{
			{"/etc/smartpool/smartpoold.yaml", "Settings of the service of Debian's package. Only root can read them."},
			{"/var/lib/smartpool", "Its data: the ledger and the token for alerts (api.token)."},
		}}},
		See: [][2]string{{"smartpool", "1"}, {"/usr/share/doc/smartpool/docs/operating.md", ""}, {"/usr/share/doc/smartpool/docs/installing.md", ""}},
	}
	_, err = io.WriteString(out, page.Write(model))
	return err
}
