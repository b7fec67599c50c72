package main

import (
	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/secretfile"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

type ticketCmd struct {
	Init     ticketInitCmd     `cmd:"" help:"Build an init ticket, which opens a pool (operator)."`
	Part     ticketPartCmd     `cmd:"" help:"Build a participation ticket, which pledges coins (member)."`
	Activate ticketActivateCmd `cmd:"" help:"Build an activation ticket, which activates a pool (operator)."`
	Sign     ticketSignCmd     `cmd:"" help:"Sign a ticket with key files on this machine."`
	Add      ticketAddCmd      `cmd:"" help:"Add a signature made elsewhere."`
	Decode   ticketDecodeCmd   `cmd:"" help:"Show what a ticket says and what to sign."`
	Verify   ticketVerifyCmd   `cmd:"" help:"Check everything that can be checked without the chain."`
	Encode   ticketEncodeCmd   `cmd:"" help:"Print the pastel-cli command that posts a ticket."`
}

// outFlags say where a built ticket goes.
type outFlags struct {
	Out string `short:"o" placeholder:"FILE" help:"File to write the ticket to; by default, it is printed."`
}

// write writes the ticket, replacing a file atomically, and shows the statements that still need a signature.
func (f *outFlags) write(e *terminal.Terminal, t *ticket.Ticket, net *pastel.Network) error {
	text, err := t.Encode()
	if err != nil {
		return err
	}
	if _, err := ticket.Decode(text); err != nil { // others must be able to
		return journey.Explained(err)
	}
	if f.Out != "" {
		if err := secretfile.Write(f.Out, append(text, '\n')); err != nil {
			return err
		}
	}
	switch {
	case e.JSON:
		return printTicketJSON(e, &journey.TicketFile{Ticket: t}, net)
	case f.Out == "":
		if _, err := e.Out.Write(append(text, '\n')); err != nil {
			return err
		}
	default:
		e.Note("Wrote %s.", f.Out)
	}
	missing := 0
	for _, s := range t.Signatures(net.Name) {
		if s.Signature == "" {
			missing++
			e.Note("%s is missing: %s must sign this line:\n  %s", s.Field, s.By, s.Text)
		}
	}
	if missing == 0 {
		e.Note("All signatures are present. Next: ticket verify, then ticket encode.")
	}
	return nil
}
