package journey

import (
	"cmp"
	"context"
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/secretfile"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Cold names the files for signing on a machine that is never online: the ticket goes there, and comes back signed.
type Cold struct {
	Draft            string // file to write the unsigned ticket to
	Ticket           string // file with a ticket written that way, now signed
	PledgeSignature  string // the PastelID's, base64, if it is not in the file
	AddressSignature string // the address's, base64, if it is not in the file
}

// Draft describes a ticket written for a cold machine, and what to sign there.
type Draft struct {
	Address   string `json:"address"` // the pledged one
	File      string `json:"file"`
	PastelID  string `json:"pastelid"`
	Statement string `json:"statement"` // what the address and the PastelID sign

	terms, command, pool, network, posts string
}

// unread refuses signatures that come without the ticket that they are for.
func (f *Cold) unread() error {
	if f.PledgeSignature != "" || f.AddressSignature != "" {
		return terminal.Usagef("a signature given in advance is for a ticket that --cold wrote; name its file with --ticket")
	}
	return nil
}

// unsigned writes a ticket for signing elsewhere; posts are the flags that say how it is posted then, if not with a wallet.
func (f *Cold) unsigned(net *pastel.Network, command, terms, posts, address string, t *ticket.Ticket) (*Draft, error) {
	text, err := encoded(t)
	if err != nil {
		return nil, err
	}
	if err := secretfile.Write(f.Draft, append(text, '\n')); err != nil {
		return nil, err
	}
	x := t.Part
	return &Draft{address, f.Draft, x.PastelID, x.PledgeStatement(net.Name), terms, command, string(x.SmartPoolID), net.Name, posts}, nil
}

// String says what the ticket means, and how to sign and post it.
func (d *Draft) String() string {
	file := terminal.Argument(d.File)
	return fmt.Sprintf(`%s
Wrote %s. Nothing is signed or posted yet. On the cold machine, within 24 hours:

  1. The wallet that holds %s signs this line (signmessage):
     %s
  2. PastelID %s signs the same line:
     smartpool ticket sign %s --network %s --key KEYFILE --out %s

Then, here:
     smartpool %s %s --ticket %s%s --address-signature SIGNATURE
`, d.terms, d.File, d.Address, d.Statement, d.PastelID, file, d.network, file, d.command, d.pool, file, d.posts)
}

// signed reads a ticket signed elsewhere, with all its signatures, and the address that signed.
func (f *Cold) signed(r *Daemon, p *wire.PoolDetail) (t *ticket.Ticket, address string, err error) {
	net := &r.Net
	l, err := LoadTicket(r.Person, f.Ticket, net)
	if err != nil {
		return nil, "", err
	}
	x := l.Ticket.Part
	if x == nil || string(x.SmartPoolID) != p.ID {
		return nil, "", fmt.Errorf("%s contains no participation ticket of pool %s; give the file that --cold wrote", f.Ticket, p.ID)
	}
	x.PledgeSignature, x.AddressSignature = cmp.Or(f.PledgeSignature, x.PledgeSignature), cmp.Or(f.AddressSignature, x.AddressSignature)
	for _, s := range l.Ticket.Signatures(net.Name) {
		if s.Signature == "" {
			return nil, "", fmt.Errorf("%s is missing; %s must sign this line:\n  %s", s.Field, s.By, s.Text)
		}
	}
	for _, ch := range ticket.Checks(l.Ticket, net, r.Params.Limits()) {
		if ch.Answer == ticket.AnswerWrong {
			return nil, "", fmt.Errorf("%s: %s; sign exactly the statement that ticket decode shows", ch.Name, ch.Detail)
		}
	}
	if err := CheckTime(l.Ticket); err != nil {
		return nil, "", err
	}
	signer, err := x.AddressSigner(x.PledgeStatement(net.Name))
	return l.Ticket, pastel.Address{Kind: pastel.AddressP2PKH, Hash: signer}.Encode(net), err
}

// coldID returns the PastelID that signs elsewhere: that of the key file, or the given one; empty without either.
func coldID(k *KeySource, p Person, id string) (string, error) {
	if k.File == "" {
		return id, nil
	}
	key, err := k.Load(p)
	if err != nil {
		return "", err
	}
	return key.ID().String(), nil
}

// owns checks that an output is at the address that signs.
func (r *Daemon) owns(ctx context.Context, out pastel.OutPoint, address string) error {
	coin, err := Advised(r.Output(ctx, out.String()))
	if err == nil && coin.Address != address {
		err = fmt.Errorf("output %s is at address %s, not at %s; correct --address or --output", out, coin.Address, address)
	}
	return err
}
