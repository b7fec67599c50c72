package journey

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// MaxInput bounds a ticket or transaction read from a file: the hex of a full transaction.
const MaxInput = 4 << 20

var errNoTicket = errors.New("transaction carries no smart pool ticket that pays the fee of this network")

// TicketFile is a ticket read from a file, with its transaction, if any.
type TicketFile struct {
	Ticket   *ticket.Ticket
	Tx       *pastel.Tx
	Contract *ticket.Contract
}

// LoadTicket reads a ticket from JSON or from a raw transaction in hex.
func LoadTicket(p Person, what string, net *pastel.Network) (*TicketFile, error) {
	text, err := p.Input(what, MaxInput)
	if err != nil {
		return nil, err
	}
	if bytes.HasPrefix(text, []byte("{")) {
		t, err := ticket.Decode(unwrap(text))
		if err != nil {
			return nil, Explained(err)
		}
		return &TicketFile{Ticket: t}, nil
	}
	raw, err := hex.DecodeString(pasted.Hex(string(text)))
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
		return nil, Explained(found.Rejection)
	case found.Registration != nil:
		return nil, fmt.Errorf("the transaction registers PastelID %s; that is not a smart pool ticket", visible.Text(found.Registration.PastelID))
	case found.Ticket == nil && isContract:
		return nil, fmt.Errorf("the transaction's contract ticket has sub_type %q, which is not one of smart pools", contract.SubType)
	case found.Ticket == nil:
		return nil, errNoTicket
	}
	return &TicketFile{found.Ticket, tx, contract}, nil
}

// unwrap extracts the ticket from the output of --json, so that commands can be chained.
func unwrap(text []byte) []byte {
	var doc ticketJSON
	in := json.NewDecoder(bytes.NewReader(text))
	in.DisallowUnknownFields()
	if err := in.Decode(&doc); err != nil || doc.Statements == nil || in.More() {
		return text
	}
	return slices.Concat([]byte(`{"ticket":`), doc.Ticket, []byte("}"))
}

// Rows returns the ticket as rows of name and value.
func (l *TicketFile) Rows(net *pastel.Network) (rows [][2]string) {
	add := func(name, format string, args ...any) {
		rows = append(rows, [2]string{name, fmt.Sprintf(format, args...)})
	}
	if l.Contract != nil {
		add("transaction", "%s", l.Tx.ID())
		add("contract ticket", "%s, key %s", visible.Text(l.Contract.SubType), visible.Text(l.Contract.Key))
		add("posted at", "%s", ticket.FormatTimeStamp(l.Contract.Timestamp))
	}
	switch x := l.Ticket; {
	case x.Init != nil:
		in := x.Init
		add("pool", "%s", visible.Text(string(in.SmartPoolID)))
		add("", "%s", idLine(in))
		add("operator", "%s", visible.Operator(in.Company, in.OperatorPastelID))
		add("operator's PastelID", "%s", visible.Text(in.OperatorPastelID))
		add("operator's fee", "%s %% to %s", in.Fee, visible.Text(in.OperatorFeeAddress))
		add("Supernode's PastelID", "%s", visible.Text(in.SupernodePastelID))
		add("collateral", "%d PSL, times %s to activate", in.RequiredCoins, in.Factor)
		add("subscription", "%d blocks", in.SubscriptionPeriod)
		add("escrow", "%s (do not send coins here)", ticket.EscrowAddress(in.SmartPoolID).Encode(net))
	case x.Part != nil:
		add("pool", "%s", visible.Text(string(x.Part.SmartPoolID)))
		add("member's PastelID", "%s", visible.Text(x.Part.PastelID))
		add("pledge", "%d PSL", x.Part.PledgedCoins)
		add("backed by output", "%s:%d", visible.Text(x.Part.TxID), x.Part.Vout)
		add("rewards to", "%s", visible.Text(x.Part.RewardAddress))
		add("signed at", "%s", visible.Text(x.Part.TimeStamp))
	default:
		add("pool", "%s", visible.Text(string(x.Activate.SmartPoolID)))
		if len(x.Activate.Participants) == 0 {
			add("participants", "every live pledge")
		}
		for _, p := range x.Activate.Participants {
			add("participant", "%s %s", visible.Text(p.PastelID), visible.Text(p.Address))
		}
	}
	return rows
}

// idLine says whether a pool's id is the hash of its terms.
func idLine(x *ticket.Init) string {
	if selfCertifying(x) {
		return "(the id is the hash of these terms)"
	}
	return "(WRONG: the id is not the hash of these terms)"
}

func selfCertifying(x *ticket.Init) bool {
	label, err := ticket.ParsePoolID(string(x.SmartPoolID))
	return err == nil && x.IDFor(label) == x.SmartPoolID
}

// envelopeJSON is the contract ticket around a ticket.
type envelopeJSON struct {
	TxID         string `json:"txid"`
	Version      int16  `json:"version"`
	Key          string `json:"key"`
	SecondaryKey string `json:"secondary_key"`
	SubType      string `json:"sub_type"`
	Timestamp    int64  `json:"timestamp"`
}

// ticketJSON is a ticket with everything else known about it.
type ticketJSON struct {
	Envelope       *envelopeJSON      `json:"envelope,omitempty"`
	Ticket         json.RawMessage    `json:"ticket"`
	SelfCertifying *bool              `json:"self_certifying,omitempty"` // of init tickets
	EscrowAddress  string             `json:"escrow_address,omitempty"`  // of init tickets; never send coins there
	Statements     []ticket.Signature `json:"statements"`
}

// Document returns the ticket as JSON for programs.
func (l *TicketFile) Document(net *pastel.Network) (*ticketJSON, error) {
	text, err := l.Ticket.Encode()
	if err != nil {
		return nil, err
	}
	var wire struct {
		Ticket json.RawMessage `json:"ticket"`
	}
	if err := json.Unmarshal(text, &wire); err != nil {
		return nil, err
	}
	doc := ticketJSON{Ticket: wire.Ticket, Statements: l.Ticket.Signatures(net.Name)}
	if l.Contract != nil {
		doc.Envelope = &envelopeJSON{
			l.Tx.ID().String(), l.Contract.Version, l.Contract.Key, l.Contract.SecondaryKey, l.Contract.SubType, l.Contract.Timestamp,
		}
	}
	if x := l.Ticket.Init; x != nil {
		ok := selfCertifying(x)
		doc.SelfCertifying, doc.EscrowAddress = &ok, ticket.EscrowAddress(x.SmartPoolID).Encode(net)
	}
	return &doc, nil
}
