package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/journey"

	"github.com/pastelnetwork/smartpool/internal/terminal"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// coldFlags are for keys on a machine that is never online: the ticket goes there as a file, and comes back signed.
type coldFlags struct {
	Cold             string `placeholder:"FILE" help:"Sign nothing: write the ticket to this file and print what a cold machine signs."`
	Ticket           string `placeholder:"FILE" help:"Post a ticket that --cold wrote, signed since."`
	PledgeSignature  string `placeholder:"BASE64" help:"With --ticket: the PastelID's signature, if it is not in the file."`
	AddressSignature string `placeholder:"BASE64" help:"With --ticket: the address's signature (signmessage), if it is not in the file."`
}

// unsigned ends a command by writing its ticket, and tells how it is signed and posted.
func (f *coldFlags) unsigned(e *terminal.Terminal, net *pastel.Network, command, terms, address string, t *ticket.Ticket) error {
	text, err := journey.Encoded(t)
	if err != nil {
		return err
	}
	if err := replaceFile(f.Cold, append(text, '\n')); err != nil {
		return err
	}
	x := t.Part
	statement := x.PledgeStatement(net.Name)
	if e.JSON {
		return terminal.PrintJSON(e.Out, map[string]string{"file": f.Cold, "statement": statement, "pastelid": x.PastelID, "address": address})
	}
	_, err = fmt.Fprintf(e.Out, `%s
Wrote %s. Nothing is signed or posted yet. On the cold machine, within 24 hours:

  1. The wallet that holds %s signs this line (signmessage):
     %s
  2. PastelID %s signs the same line:
     smartpool ticket sign %s --network %s --key KEYFILE --out %s

Then, here:
     smartpool %s %s --ticket %s --address-signature SIGNATURE
`, terms, f.Cold, address, statement, x.PastelID, f.Cold, net.Name, f.Cold, command, x.SmartPoolID, f.Cold)
	return err
}

// signed reads a ticket that was signed elsewhere, with all its signatures, and who signed for the pledged address.
func (f *coldFlags) signed(e *terminal.Terminal, net *pastel.Network, p *wire.PoolDetail) (t *ticket.Ticket, address string, err error) {
	l, err := load(e, f.Ticket, net)
	if err != nil {
		return nil, "", err
	}
	x := l.ticket.Part
	if x == nil || string(x.SmartPoolID) != p.ID {
		return nil, "", fmt.Errorf("%s holds no participation ticket of pool %s: give the file that --cold wrote", f.Ticket, p.ID)
	}
	x.PledgeSignature, x.AddressSignature = cmp.Or(f.PledgeSignature, x.PledgeSignature), cmp.Or(f.AddressSignature, x.AddressSignature)
	for _, s := range l.ticket.Signatures(net.Name) {
		if s.Signature == "" {
			return nil, "", fmt.Errorf("%s is missing: %s signs this line:\n  %s", s.Field, s.By, s.Text)
		}
	}
	for _, ch := range ticket.Checks(l.ticket, net) {
		if ch.Answer == ticket.AnswerWrong {
			return nil, "", fmt.Errorf("%s: %s; sign exactly the statement that ticket decode shows", ch.Name, ch.Detail)
		}
	}
	signer, err := x.AddressSigner(x.PledgeStatement(net.Name))
	return l.ticket, pastel.Address{Kind: pastel.AddressP2PKH, Hash: signer}.Encode(net), err
}

// coldID is the PastelID that signs elsewhere: of a key file, or the one that is named; empty if neither is given.
func (f *identityFlags) coldID(e *terminal.Terminal, id string) (string, error) {
	if f.File == "" {
		return id, nil
	}
	key, err := f.source().Load(e)
	if err != nil {
		return "", err
	}
	return key.ID().String(), nil
}

// owns checks that an output is at an address, whose key is to sign.
func owns(ctx context.Context, r *journey.Daemon, out pastel.OutPoint, address string) error {
	coin, err := journey.Advised(r.Output(ctx, out.String()))
	if err == nil && coin.Address != address {
		err = fmt.Errorf("output %s is at address %s, not at %s: correct --address or --output", out, coin.Address, address)
	}
	return err
}
