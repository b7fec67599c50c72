package main

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
)

type ticketDecodeCmd struct {
	networkFlags
	File string `arg:"" name:"file-or-hex" help:"Ticket's JSON or a raw transaction in hex: file, hex, or - for standard input."`
}

// Run shows the ticket.
func (c *ticketDecodeCmd) Run(e *terminal.Terminal) error {
	net, err := journey.NetworkNamed(c.Network)
	if err != nil {
		return err
	}
	l, err := journey.LoadTicket(e, c.File, &net.Network)
	if err != nil {
		return err
	}
	if e.JSON {
		return printTicketJSON(e, l, &net.Network)
	}
	t := terminal.NewTable(e.Width, []any{l.Ticket.Kind, ""})
	for _, row := range l.Rows(&net.Network) {
		t.AppendRow([]any{row[0], row[1]})
	}
	if _, err := fmt.Fprintln(e.Out, t.Render()); err != nil {
		return err
	}
	for _, s := range l.Ticket.Signatures(net.Name) {
		state := "signed"
		if s.Signature == "" {
			state = "not signed yet"
		}
		if _, err := fmt.Fprintf(e.Out, "\n%s, %s, by %s:\n  %s\n", s.Field, state, visible.Text(s.By), visible.Text(s.Text)); err != nil {
			return err
		}
	}
	return nil
}

func printTicketJSON(e *terminal.Terminal, l *journey.TicketFile, net *pastel.Network) error {
	doc, err := l.Document(net)
	if err != nil {
		return err
	}
	return terminal.PrintJSON(e.Out, doc)
}
