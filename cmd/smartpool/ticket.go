package main

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/pastelnetwork/smartpool/internal/journey"

	"github.com/pastelnetwork/smartpool/internal/terminal"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

type ticketCmd struct {
	Init     ticketInitCmd     `cmd:"" help:"Build an init ticket, which opens a pool (operator)."`
	Part     ticketPartCmd     `cmd:"" help:"Build a participation ticket, which pledges coins (member)."`
	Activate ticketActivateCmd `cmd:"" help:"Build an activation ticket, which launches a pool (operator)."`
	Sign     ticketSignCmd     `cmd:"" help:"Sign a ticket with key files on this machine."`
	Add      ticketAddCmd      `cmd:"" help:"Add a signature that was made elsewhere."`
	Decode   ticketDecodeCmd   `cmd:"" help:"Show what a ticket says and what is to be signed."`
	Verify   ticketVerifyCmd   `cmd:"" help:"Check all that can be checked without the chain."`
	Encode   ticketEncodeCmd   `cmd:"" help:"Print what posts a ticket: a command for pasteld's wallet."`
}

// maxInput bounds a ticket or transaction read from a file: the hex of a full transaction.
const maxInput = 4 << 20

var errNoTicket = errors.New("transaction carries no smart pool ticket that pays the fee of this network")

// loaded is a ticket with the transaction it came in, if any.
type loaded struct {
	ticket *ticket.Ticket
	tx     *pastel.Tx
	in     *ticket.Contract
}

// load reads a ticket from JSON or from a raw transaction in hex.
func load(e *terminal.Terminal, what string, net *pastel.Network) (*loaded, error) {
	text, err := e.Input(what, maxInput)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte("{")) {
		t, err := ticket.Decode(unwrap(text))
		if err != nil {
			return nil, journey.Explained(err)
		}
		return &loaded{ticket: t}, nil
	}
	raw, err := hex.DecodeString(string(text))
	if err != nil {
		return nil, fmt.Errorf("input is neither a ticket's JSON nor a raw transaction in hex: %w", err)
	}
	tx, err := pastel.ParseTx(raw)
	if err != nil {
		return nil, fmt.Errorf("transaction: %w", err)
	}
	found := ticket.FromTx(tx, net, 0, ticket.AnyVersion)
	contract, isContract := ticket.DecodeContract(tx, net.ContractFee)
	switch {
	case found.Rejection != nil:
		return nil, journey.Explained(found.Rejection)
	case found.Registration != nil:
		return nil, fmt.Errorf("the transaction registers PastelID %s: that is no ticket of a smart pool", terminal.Printable(found.Registration.PastelID))
	case found.Ticket == nil && isContract:
		return nil, fmt.Errorf("the transaction's contract ticket has sub_type %q: that is none of smart pools", contract.SubType)
	case found.Ticket == nil:
		return nil, errNoTicket
	}
	return &loaded{found.Ticket, tx, contract}, nil
}

// unwrap takes the ticket out of what --json prints, so that commands can be chained.
func unwrap(text []byte) []byte {
	var doc ticketJSON
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(&doc); err != nil || doc.Statements == nil || in.More() {
		return text
	}
	return slices.Concat([]byte(`{"ticket":`), doc.Ticket, []byte("}"))
}

// outFlags say where a built ticket goes.
type outFlags struct {
	Out string `short:"o" placeholder:"FILE" help:"File to write the ticket to; else it is printed."`
}

// write writes the ticket, replacing a file in one step, and shows the statements that still need a signature.
func (f *outFlags) write(e *terminal.Terminal, t *ticket.Ticket, net *pastel.Network) error {
	text, err := t.Encode()
	if err != nil {
		return err
	}
	if _, err := ticket.Decode(text); err != nil { // as whoever receives it will
		return journey.Explained(err)
	}
	if f.Out != "" {
		if err := replaceFile(f.Out, append(text, '\n')); err != nil {
			return err
		}
	}
	switch {
	case e.JSON:
		return printTicketJSON(e.Out, &loaded{ticket: t}, net)
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
			e.Note("%s is still to be made by %s, over this line:\n  %s", s.Field, s.By, s.Text)
		}
	}
	if missing == 0 {
		e.Note("All signatures are there: see ticket verify and ticket encode.")
	}
	return nil
}

func replaceFile(name string, text []byte) error {
	tmp, err := os.CreateTemp(filepath.Dir(name), ".ticket-*")
	if err != nil {
		return err
	}
	_, err = tmp.Write(text)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), name)
	}
	if err != nil {
		_ = os.Remove(tmp.Name())
	}
	return err
}
