package main

import (
	"encoding/json"
	"fmt"
	"io"

	"github.com/pastelnetwork/smartpool/internal/terminal"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

type ticketDecodeCmd struct {
	networkFlags
	File string `arg:"" name:"file-or-hex" help:"Ticket's JSON or a raw transaction in hex: file, hex, or - for standard input."`
}

// Run shows the ticket.
func (c *ticketDecodeCmd) Run(e *terminal.Terminal) error {
	net, err := c.network()
	if err != nil {
		return err
	}
	l, err := load(e, c.File, &net)
	if err != nil {
		return err
	}
	if e.JSON {
		return printTicketJSON(e.Out, l, &net)
	}
	t := terminal.NewTable([]any{l.ticket.Kind, ""})
	for _, row := range readable(l, &net) {
		t.AppendRow([]any{row[0], row[1]})
	}
	if _, err := fmt.Fprintln(e.Out, t.Render()); err != nil {
		return err
	}
	for _, s := range l.ticket.Signatures(net.Name) {
		state := "signed"
		if s.Signature == "" {
			state = "not signed yet"
		}
		if _, err := fmt.Fprintf(e.Out, "\n%s, %s, by %s:\n  %s\n", s.Field, state, terminal.Printable(s.By), terminal.Printable(s.Text)); err != nil {
			return err
		}
	}
	return nil
}

// readable is a ticket as rows of name and value.
func readable(l *loaded, net *pastel.Network) (rows [][2]string) {
	add := func(name, format string, args ...any) {
		rows = append(rows, [2]string{name, fmt.Sprintf(format, args...)})
	}
	if l.in != nil {
		add("transaction", "%s", l.tx.ID())
		add("contract ticket", "%s, key %s", terminal.Printable(l.in.SubType), terminal.Printable(l.in.Key))
		add("posted at", "%s", ticket.FormatTimeStamp(l.in.Timestamp))
	}
	switch x := l.ticket; {
	case x.Init != nil:
		in := x.Init
		add("pool", "%s", terminal.Printable(string(in.SmartPoolID)))
		add("", "%s", certified(in))
		add("operator", "%s", terminal.Printable(in.Company))
		add("operator's PastelID", "%s", terminal.Printable(in.OperatorPastelID))
		add("operator's fee", "%s %% to %s", in.Fee, terminal.Printable(in.OperatorFeeAddress))
		add("Supernode's PastelID", "%s", terminal.Printable(in.SupernodePastelID))
		add("collateral", "%d PSL, times %s to activate", in.RequiredCoins, in.Factor)
		add("subscription", "%d blocks", in.SubscriptionPeriod)
		add("escrow", "%s (do not send coins here)", ticket.EscrowAddress(in.SmartPoolID).Encode(net))
	case x.Part != nil:
		add("pool", "%s", terminal.Printable(string(x.Part.SmartPoolID)))
		add("member's PastelID", "%s", terminal.Printable(x.Part.PastelID))
		add("pledge", "%d PSL", x.Part.PledgedCoins)
		add("backed by output", "%s:%d", terminal.Printable(x.Part.TxID), x.Part.Vout)
		add("rewards to", "%s", terminal.Printable(x.Part.RewardAddress))
		add("signed at", "%s", terminal.Printable(x.Part.TimeStamp))
	default:
		add("pool", "%s", terminal.Printable(string(x.Activate.SmartPoolID)))
		if len(x.Activate.Participants) == 0 {
			add("participants", "every live pledge")
		}
		for _, p := range x.Activate.Participants {
			add("participant", "%s %s", terminal.Printable(p.PastelID), terminal.Printable(p.Address))
		}
	}
	return rows
}

// certified tells whether a pool's id is the hash of its terms.
func certified(x *ticket.Init) string {
	if selfCertifying(x) {
		return "(the id is the hash of these terms)"
	}
	return "(WRONG: the id is not the hash of these terms)"
}

func selfCertifying(x *ticket.Init) bool {
	label, err := ticket.ParsePoolID(string(x.SmartPoolID))
	return err == nil && x.IDFor(label) == x.SmartPoolID
}

// envelopeJSON is the contract ticket that a ticket came in.
type envelopeJSON struct {
	TxID         string `json:"txid"`
	Version      int16  `json:"version"`
	Key          string `json:"key"`
	SecondaryKey string `json:"secondary_key"`
	SubType      string `json:"sub_type"`
	Timestamp    int64  `json:"timestamp"`
}

// ticketJSON is a ticket with what else there is to know about it.
type ticketJSON struct {
	Envelope       *envelopeJSON      `json:"envelope,omitempty"`
	Ticket         json.RawMessage    `json:"ticket"`
	SelfCertifying *bool              `json:"self_certifying,omitempty"` // of init tickets
	EscrowAddress  string             `json:"escrow_address,omitempty"`  // of init tickets; no place to send coins to
	Statements     []ticket.Signature `json:"statements"`
}

func printTicketJSON(w io.Writer, l *loaded, net *pastel.Network) error {
	text, err := l.ticket.Encode()
	if err != nil {
		return err
	}
	var wire struct {
		Ticket json.RawMessage `json:"ticket"`
	}
	if err := json.Unmarshal(text, &wire); err != nil {
		return err
	}
	doc := ticketJSON{Ticket: wire.Ticket, Statements: l.ticket.Signatures(net.Name)}
	if l.in != nil {
		doc.Envelope = &envelopeJSON{
			l.tx.ID().String(), l.in.Version, l.in.Key, l.in.SecondaryKey, l.in.SubType, l.in.Timestamp,
		}
	}
	if x := l.ticket.Init; x != nil {
		ok := selfCertifying(x)
		doc.SelfCertifying, doc.EscrowAddress = &ok, ticket.EscrowAddress(x.SmartPoolID).Encode(net)
	}
	return terminal.PrintJSON(w, doc)
}
