package main

import (
	"bytes"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"time"

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
	Encode   ticketEncodeCmd   `cmd:"" help:"Print what posts a ticket: the values for pasteld's tickets register contract."`
}

// maxInput bounds a ticket or transaction read from a file: the hex of a full transaction.
const maxInput = 4 << 20

// readInput reads a file, standard input, or the argument itself if it is hex and no such file exists.
func (e *env) readInput(what string) ([]byte, error) {
	if what == "-" {
		return readBounded(e.in)
	}
	f, err := os.Open(what)
	if err != nil {
		if _, bad := hex.DecodeString(what); bad == nil && what != "" {
			return []byte(what), nil
		}
		return nil, usageError{err}
	}
	defer func() { _ = f.Close() }()
	return readBounded(f)
}

func readBounded(r io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(r, maxInput+1))
	if err == nil && len(text) > maxInput {
		err = fmt.Errorf("input is larger than %d bytes: that is no ticket", maxInput)
	}
	return bytes.TrimSpace(text), err
}

var errNoTicket = errors.New("transaction carries no smart pool ticket that pays the fee of this network")

// loaded is a ticket with the transaction it came in, if any.
type loaded struct {
	ticket *ticket.Ticket
	tx     *pastel.Tx
	in     *ticket.Contract
}

// load reads a ticket from JSON or from a raw transaction in hex.
func (e *env) load(what string, net *pastel.Network) (*loaded, error) {
	text, err := e.readInput(what)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte("{")) {
		t, err := ticket.Decode(text)
		if err != nil {
			return nil, err
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
	found := ticket.FromTx(tx, net, 0)
	switch {
	case found.Rejection != nil:
		return nil, found.Rejection
	case found.Ticket == nil:
		return nil, errNoTicket
	}
	return &loaded{found.Ticket, tx, found.Contract}, nil
}

// outFlags say where a built ticket goes.
type outFlags struct {
	Out string `short:"o" help:"File to write the ticket to; else it is printed."`
}

// write writes the ticket, replacing a file in one step, and shows the statements that still need a signature.
func (f *outFlags) write(e *env, t *ticket.Ticket, net *pastel.Network) error {
	text, err := t.Encode()
	if err != nil {
		return err
	}
	text = append(text, '\n')
	if f.Out == "" {
		if _, err := e.out.Write(text); err != nil {
			return err
		}
	} else if err := replaceFile(f.Out, text); err != nil {
		return err
	}
	for _, s := range statements(t, net) {
		if s.signature == "" {
			_, _ = fmt.Fprintf(e.err, "To be signed by %s (%s):\n  %s\n", s.by, s.field, s.text)
		}
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

// statement is a signature that a ticket needs.
type statement struct {
	field     string
	by        string
	text      string
	signature string
}

// statements lists what is signed on a ticket, in the order of signing: the Supernode's covers the operator's.
func statements(t *ticket.Ticket, net *pastel.Network) []statement {
	switch {
	case t.Init != nil:
		x := t.Init
		list := []statement{{
			"agreement_signature", "the operator's PastelID " + x.OperatorPastelID, x.AgreementStatement(net.Name), x.AgreementSignature,
		}}
		if x.AgreementSignature != "" {
			list = append(list, statement{
				"smart_pool_signature", "the Supernode's PastelID " + x.SupernodePastelID, x.SmartPoolStatement(net.Name), x.SmartPoolSignature,
			})
		}
		return list
	case t.Part != nil:
		x := t.Part
		text := x.PledgeStatement(net.Name)
		return []statement{
			{"pledge_signature", "the member's PastelID " + x.PastelID, text, x.PledgeSignature},
			{"address_signature", "the wallet that holds the pledged output (signmessage)", text, x.AddressSignature},
		}
	default:
		x := t.Activate
		return []statement{{"operator_signature", "the operator's PastelID", x.OperatorStatement(net.Name), x.OperatorSignature}}
	}
}

// refuse is the error for a ticket that the rules would reject.
func refuse(r ticket.Reason) error {
	return fmt.Errorf("the ticket would be rejected as %s: %s", r, ticket.Explain(r))
}

type ticketInitCmd struct {
	networkFlags
	outFlags
	Label      string `required:"" help:"Name of the pool, 3 to 32 of a-z, 0-9 and -."`
	Period     int64  `required:"" help:"Subscription period in blocks."`
	Required   int64  `required:"" help:"Collateral in PSL."`
	Factor     string `default:"1.2" help:"Overcollateralization: 1.2 wants 20 %% more than required."`
	Fee        string `required:"" help:"Operator's fee in percent."`
	Supernode  string `required:"" help:"Supernode's PastelID."`
	Operator   string `required:"" help:"Operator's PastelID."`
	Company    string `required:"" help:"Operator's name."`
	FeeAddress string `required:"" help:"Address the fee is paid to."`
}

// Run builds the ticket.
func (c *ticketInitCmd) Run(e *env) error {
	net, err := c.network()
	if err != nil {
		return err
	}
	x := &ticket.Init{
		SmartPoolID: ticket.PoolID(c.Label), SubscriptionPeriod: c.Period, RequiredCoins: c.Required, SupernodePastelID: c.Supernode,
		Company: c.Company, OperatorPastelID: c.Operator, OperatorFeeAddress: c.FeeAddress,
	}
	if x.Factor, err = ticket.ParseDecimal(c.Factor); err != nil {
		return usagef("--factor: %w", err)
	}
	if x.Fee, err = ticket.ParseDecimal(c.Fee); err != nil {
		return usagef("--fee: %w", err)
	}
	x.SmartPoolID = x.IDFor(c.Label)
	if failed := firstFailure(checkInit(x, &net)); failed != nil {
		return failed
	}
	return c.write(e, &ticket.Ticket{Kind: ticket.KindInit, Version: ticket.Version, Init: x}, &net)
}

type ticketPartCmd struct {
	networkFlags
	outFlags
	Pool     string `required:"" help:"Pool id, of the form label.hash."`
	PastelID string `required:"" name:"pastelid" help:"Member's PastelID."`
	Coins    int64  `required:"" help:"Coins to pledge, in whole PSL."`
	Output   string `required:"" help:"Output in the member's wallet that backs the pledge, txid:vout."`
	Reward   string `required:"" help:"Address that rewards are paid to."`
	Time     string `help:"Time stamp, as 2026-01-31T23:59:59Z; now if left out. It must be near the time of the block."`
}

// Run builds the ticket.
func (c *ticketPartCmd) Run(e *env) error {
	net, err := c.network()
	if err != nil {
		return err
	}
	txid, vout, _ := strings.Cut(c.Output, ":")
	x := &ticket.Part{
		SmartPoolID: ticket.PoolID(c.Pool), PastelID: c.PastelID, PledgedCoins: c.Coins, TxID: txid, RewardAddress: c.Reward, TimeStamp: c.Time,
	}
	if _, err := fmt.Sscanf(vout, "%d", &x.Vout); err != nil || fmt.Sprint(x.Vout) != vout {
		return usagef("--output %q: want txid:vout", c.Output)
	}
	if x.TimeStamp == "" {
		x.TimeStamp = ticket.FormatTimeStamp(time.Now().Unix())
	}
	if failed := firstFailure(checkPart(x, &net)); failed != nil {
		return failed
	}
	return c.write(e, &ticket.Ticket{Kind: ticket.KindPart, Version: ticket.Version, Part: x}, &net)
}

type ticketActivateCmd struct {
	networkFlags
	outFlags
	Pool        string   `required:"" help:"Pool id, of the form label.hash."`
	Participant []string `placeholder:"PASTELID,ADDRESS" sep:"none" help:"Member, by PastelID and pledged address; repeat for each. Without any, every pledge is activated that is there when the ticket is mined."`
}

// Run builds the ticket.
func (c *ticketActivateCmd) Run(e *env) error {
	net, err := c.network()
	if err != nil {
		return err
	}
	x := &ticket.Activate{SmartPoolID: ticket.PoolID(c.Pool)}
	for _, p := range c.Participant {
		id, addr, ok := strings.Cut(p, ",")
		if !ok {
			return usagef("--participant %q: want PASTELID,ADDRESS", p)
		}
		x.Participants = append(x.Participants, ticket.Participant{PastelID: id, Address: addr})
	}
	if failed := firstFailure(checkActivate(x, &net)); failed != nil {
		return failed
	}
	if len(x.Participants) == 0 {
		_, _ = fmt.Fprintln(e.err, "The list is empty: whoever has a live pledge in the block that mines this becomes a member.")
	}
	return c.write(e, &ticket.Ticket{Kind: ticket.KindActivate, Version: ticket.Version, Activate: x}, &net)
}

type ticketSignCmd struct {
	networkFlags
	outFlags
	passphraseFlags
	Key        string `type:"existingfile" help:"Key file of a PastelID."`
	AddressKey string `type:"existingfile" help:"File with the pledged address's private key in wallet import format."`
	Yes        bool   `help:"Do not ask."`
	File       string `arg:"" help:"Ticket's JSON."`
}

// Run signs what the keys are for.
func (c *ticketSignCmd) Run(e *env) error {
	net, err := c.network()
	if err != nil {
		return err
	}
	if c.Key == "" && c.AddressKey == "" {
		return usagef("give --key, --address-key or both")
	}
	l, err := e.load(c.File, &net)
	if err != nil {
		return err
	}
	if failed := firstFailure(checkTicket(l.ticket, &net)); failed != nil {
		return failed
	}
	if c.Key != "" {
		if err := c.signWithID(e, l.ticket, &net); err != nil {
			return err
		}
	}
	if c.AddressKey != "" {
		if err := c.signWithAddress(e, l.ticket, &net); err != nil {
			return err
		}
	}
	return c.write(e, l.ticket, &net)
}

// signWithID finds the signature that a PastelID owes to the ticket.
func (c *ticketSignCmd) signWithID(e *env, t *ticket.Ticket, net *pastel.Network) error {
	key, err := loadKey(e, &c.passphraseFlags, c.Key)
	if err != nil {
		return err
	}
	me := key.ID().String()
	var text string
	var into *string
	switch {
	case t.Part != nil && t.Part.PastelID == me:
		text, into = t.Part.PledgeStatement(net.Name), &t.Part.PledgeSignature
	case t.Activate != nil:
		text, into = t.Activate.OperatorStatement(net.Name), &t.Activate.OperatorSignature
	case t.Init != nil && t.Init.OperatorPastelID == me && (t.Init.AgreementSignature == "" || t.Init.SupernodePastelID != me):
		text, into = t.Init.AgreementStatement(net.Name), &t.Init.AgreementSignature
		t.Init.SmartPoolSignature = "" // it covers the one that changes
	case t.Init != nil && t.Init.SupernodePastelID == me:
		if t.Init.AgreementSignature == "" {
			return fmt.Errorf("the Supernode signs after the operator: sign with %s first", short(t.Init.OperatorPastelID))
		}
		text, into = t.Init.SmartPoolStatement(net.Name), &t.Init.SmartPoolSignature
	default:
		return fmt.Errorf("the ticket does not name %s: this is the wrong key file", me)
	}
	if err := e.confirm(c.Yes, fmt.Sprintf("%s signs:\n  %s", me, text)); err != nil {
		return err
	}
	*into = key.SignBase64([]byte(text))
	return nil
}

func (c *ticketSignCmd) signWithAddress(e *env, t *ticket.Ticket, net *pastel.Network) error {
	if t.Part == nil {
		return usagef("--address-key is for participation tickets")
	}
	wif, err := e.readInput(c.AddressKey)
	if err != nil {
		return err
	}
	key, err := pastel.ParseWIF(net, string(wif))
	if err != nil {
		return err
	}
	text := t.Part.PledgeStatement(net.Name)
	address := pastel.Address{Kind: pastel.AddressP2PKH, Hash: key.KeyHash()}.Encode(net)
	if err := e.confirm(c.Yes, fmt.Sprintf("Address %s signs:\n  %s", address, text)); err != nil {
		return err
	}
	t.Part.AddressSignature = key.SignMessage(text)
	return nil
}

type ticketAddCmd struct {
	networkFlags
	outFlags
	Field     string `required:"" enum:"agreement,smart_pool,pledge,address,operator" help:"Which: agreement, smart_pool, pledge, address or operator."`
	Signature string `required:"" help:"The signature, in base64."`
	File      string `arg:"" help:"Ticket's JSON."`
}

// Run adds the signature if it is right, as far as can be known without the chain.
func (c *ticketAddCmd) Run(e *env) error {
	net, err := c.network()
	if err != nil {
		return err
	}
	l, err := e.load(c.File, &net)
	if err != nil {
		return err
	}
	t := l.ticket
	into := map[string]*string{}
	switch {
	case t.Init != nil:
		into["agreement"], into["smart_pool"] = &t.Init.AgreementSignature, &t.Init.SmartPoolSignature
	case t.Part != nil:
		into["pledge"], into["address"] = &t.Part.PledgeSignature, &t.Part.AddressSignature
	default:
		into["operator"] = &t.Activate.OperatorSignature
	}
	if into[c.Field] == nil {
		return usagef("a %s ticket has no %s signature", t.Kind, c.Field)
	}
	*into[c.Field] = c.Signature
	for _, ch := range checkTicket(t, &net) {
		if ch.name == c.Field+"_signature" && ch.answer == wrong {
			return fmt.Errorf("this is not the signature that the ticket needs (%s): sign exactly the statement that ticket decode shows", ch.detail)
		}
	}
	return c.write(e, t, &net)
}

type ticketEncodeCmd struct {
	networkFlags
	File string `arg:"" help:"Ticket's JSON."`
}

// Run prints the arguments for pasteld.
func (c *ticketEncodeCmd) Run(e *env) error {
	net, err := c.network()
	if err != nil {
		return err
	}
	l, err := e.load(c.File, &net)
	if err != nil {
		return err
	}
	if failed := firstFailure(checkTicket(l.ticket, &net)); failed != nil {
		return failed
	}
	for _, s := range statements(l.ticket, &net) {
		if s.signature == "" {
			return fmt.Errorf("%s is missing: the ticket would be rejected, sign it first", s.field)
		}
	}
	contract, err := ticket.NewContract(l.ticket, "", 0)
	if err != nil {
		return err
	}
	return printJSON(e.out, map[string]any{
		"contract_ticket": contract.ContractTicket, "sub_type": contract.SubType, "secondary_key": "", "fee_psl": net.ContractFee.String(),
	})
}
