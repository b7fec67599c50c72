package main

import (
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

type ticketSignCmd struct {
	networkFlags
	outFlags
	passphraseFlags
	Key        string `type:"existingfile" placeholder:"FILE" help:"Key file of a PastelID."`
	AddressKey string `type:"existingfile" placeholder:"FILE" help:"File with the pledged address's private key in wallet import format."`
	Yes        bool   `help:"Do not ask for confirmation."`
	File       string `arg:"" help:"File with the ticket's JSON."`
}

// Run makes the signatures that the keys can make.
func (c *ticketSignCmd) Run(e *terminal.Terminal) error {
	net, err := journey.NetworkNamed(c.Network)
	if err != nil {
		return err
	}
	if c.Key == "" && c.AddressKey == "" {
		return terminal.Usagef("give --key, --address-key or both")
	}
	l, err := journey.LoadTicket(e, c.File, &net.Network)
	if err != nil {
		return err
	}
	if failed := ticket.CheckUnsigned(l.Ticket, &net.Network, net.Limits()); failed != nil {
		return failed
	}
	if err := journey.CheckTime(l.Ticket); err != nil {
		return fmt.Errorf("%w. Nothing was signed", err)
	}
	if c.Key != "" {
		if err := c.signWithID(e, l.Ticket, &net.Network); err != nil {
			return err
		}
	}
	if c.AddressKey != "" {
		if err := c.signWithAddress(e, l.Ticket, &net.Network); err != nil {
			return err
		}
	}
	return c.write(e, l.Ticket, &net.Network)
}

// signWithID makes the signature that the ticket needs from a PastelID.
func (c *ticketSignCmd) signWithID(e *terminal.Terminal, t *ticket.Ticket, net *pastel.Network) error {
	key, err := loadKey(e, &c.passphraseFlags, c.Key)
	if err != nil {
		return err
	}
	s, err := t.SignatureBy(key.ID(), net.Name)
	switch {
	case errors.Is(err, ticket.ErrOperatorFirst):
		return fmt.Errorf("%w; sign with %s first", err, pastel.Short(t.Init.OperatorPastelID))
	case err != nil:
		return fmt.Errorf("%w; use another key file", err)
	}
	if err := e.Confirm(c.Yes, fmt.Sprintf("%s signs:\n  %s", key.ID(), s.Text)); err != nil {
		return err
	}
	t.SetSignature(s.Field, key.SignBase64([]byte(s.Text)))
	return nil
}

func (c *ticketSignCmd) signWithAddress(e *terminal.Terminal, t *ticket.Ticket, net *pastel.Network) error {
	if t.Part == nil {
		return terminal.Usagef("--address-key is for participation tickets")
	}
	wif, err := e.Input(c.AddressKey, journey.MaxInput)
	if err != nil {
		return err
	}
	key, err := pastel.ParseWIF(net, pasted.ID(string(wif)))
	if err != nil {
		return err
	}
	text := t.Part.PledgeStatement(net.Name)
	address := pastel.Address{Kind: pastel.AddressP2PKH, Hash: key.KeyHash()}.Encode(net)
	if err := e.Confirm(c.Yes, fmt.Sprintf("Address %s signs:\n  %s", address, text)); err != nil {
		return err
	}
	t.Part.AddressSignature = key.SignMessage(text)
	return nil
}

type ticketAddCmd struct {
	networkFlags
	outFlags
	Field     string `required:"" enum:"agreement,smart_pool,pledge,address,operator" help:"Which signature: agreement, smart_pool, pledge, address or operator."`
	Signature string `type:"id" required:"" help:"The signature, in base64."`
	File      string `arg:"" help:"File with the ticket's JSON."`
}

// Run adds the signature if it verifies, as far as that can be checked without the chain.
func (c *ticketAddCmd) Run(e *terminal.Terminal) error {
	net, err := journey.NetworkNamed(c.Network)
	if err != nil {
		return err
	}
	l, err := journey.LoadTicket(e, c.File, &net.Network)
	if err != nil {
		return err
	}
	t := l.Ticket
	field := c.Field + "_signature"
	if !t.SetSignature(field, c.Signature) {
		return terminal.Usagef("a %s ticket has no %s signature", t.Kind, c.Field)
	}
	for _, ch := range ticket.Checks(t, &net.Network, net.Limits()) {
		if ch.Name == field && ch.Answer == ticket.AnswerWrong {
			return fmt.Errorf("this is not the signature that the ticket needs (%s); sign exactly the statement that ticket decode shows", ch.Detail)
		}
	}
	return c.write(e, t, &net.Network)
}

type ticketEncodeCmd struct {
	networkFlags
	File string `arg:"" help:"File with the ticket's JSON."`
}

// Run prints the arguments for pasteld.
func (c *ticketEncodeCmd) Run(e *terminal.Terminal) error {
	net, err := journey.NetworkNamed(c.Network)
	if err != nil {
		return err
	}
	l, err := journey.LoadTicket(e, c.File, &net.Network)
	if err != nil {
		return err
	}
	if failed := ticket.CheckUnsigned(l.Ticket, &net.Network, net.Limits()); failed != nil {
		return failed
	}
	for _, s := range l.Ticket.Signatures(net.Name) {
		if s.Signature == "" {
			return fmt.Errorf("%s is missing, so the ticket would be rejected; sign it first", s.Field)
		}
	}
	contract, err := ticket.NewContract(l.Ticket, "", 0)
	if err != nil {
		return err
	}
	if e.JSON {
		return terminal.PrintJSON(e.Out, map[string]any{
			"contract_ticket": contract.ContractTicket, "sub_type": contract.SubType, "secondary_key": "", "fee_psl": net.ContractFee.String(),
		})
	}
	e.Note("To post it with a wallet, for a fee of %s PSL, run:", net.ContractFee)
	_, err = fmt.Fprintf(e.Out, "pastel-cli tickets register contract %s %s\n", contract.ContractTicket, contract.SubType)
	return err
}
