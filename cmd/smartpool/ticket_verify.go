package main

import (
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/ticket"
)

type ticketVerifyCmd struct {
	networkFlags
	File string `arg:"" name:"file-or-hex" help:"Ticket's JSON or a raw transaction in hex: file, hex, or - for standard input."`
}

// Run prints every check and returns an error if one fails.
func (c *ticketVerifyCmd) Run(e *terminal.Terminal) error {
	net, err := journey.NetworkNamed(c.Network)
	if err != nil {
		return err
	}
	var kind string
	var checks []ticket.Check
	l, err := journey.LoadTicket(e, c.File, &net.Network)
	var rejected *ticket.Rejection
	switch {
	case errors.As(err, &rejected):
		checks = []ticket.Check{{Name: "form", Answer: ticket.AnswerWrong, Reason: rejected.Reason, Detail: rejected.Detail}}
	case err != nil:
		return err
	default:
		kind = l.Ticket.Kind.String()
		checks = append([]ticket.Check{{Name: "form", Answer: ticket.AnswerOK}}, ticket.Checks(l.Ticket, &net.Network, net.Limits())...)
	}
	if e.JSON {
		err = terminal.PrintJSON(e.Out, map[string]any{"type": kind, "checks": checks})
	} else {
		err = printChecks(e, kind, checks)
	}
	if err != nil {
		return err
	}
	for _, ch := range checks {
		if ch.Answer == ticket.AnswerWrong {
			return ticket.Refusal(ch.Reason)
		}
	}
	return nil
}

func printChecks(e *terminal.Terminal, kind string, checks []ticket.Check) error {
	table := terminal.NewTable(e.Width, []any{kind, "", ""})
	for _, c := range checks {
		table.AppendRow([]any{c.Name, c.Answer, c.Detail})
	}
	_, err := fmt.Fprintln(e.Out, table.Render())
	return err
}
