package ticket

import (
	"encoding/base64"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Carried is what a transaction carries for the rules: a registration, or a contract ticket of one of the three kinds,
// well formed (Ticket) or not (Rejection). The zero value is nothing.
type Carried struct {
	Registration *Registration
	Contract     *Contract
	Ticket       *Ticket
	Rejection    *Rejection
}

// FromTx reads what a transaction that is no coinbase carries in a block of height h. It allocates nothing for an ordinary
// payment.
func FromTx(tx *pastel.Tx, net *pastel.Network, h pastel.Height) Carried {
	id, content, ok := payload(tx)
	switch {
	case !ok:
	case id == idPastelID && feePaid(tx, net.RegistrationFee(h)):
		if x, ok := decodeRegistration(bodyOf(content)); ok {
			return Carried{Registration: x}
		}
	case id == idContract && feePaid(tx, net.ContractFee):
		if c, ok := decodeContract(bodyOf(content)); ok {
			return fromContract(c)
		}
	}
	return Carried{}
}

func fromContract(c *Contract) Carried {
	kind, ours := kindOf(c.SubType)
	if !ours {
		return Carried{}
	}
	t, rejection := c.ticket(kind)
	return Carried{Contract: c, Ticket: t, Rejection: rejection}
}

// ticket decodes the smart pool ticket in a contract ticket, whose sub_type says it is of this kind.
func (c *Contract) ticket(kind Kind) (*Ticket, *Rejection) {
	text, err := base64.StdEncoding.Strict().DecodeString(c.ContractTicket)
	if err != nil || strings.ContainsAny(c.ContractTicket, "\r\n") { // the decoder skips line breaks
		return nil, malformed("contract_ticket is not canonical base64")
	}
	return decode(text, kind)
}

// NewContract wraps a ticket for posting. The key must be new on the chain; no secondary key is set, because a visible one
// could be squatted (protocol 2).
func NewContract(t *Ticket, key string, timestamp int64) (*Contract, error) {
	text, err := t.Encode()
	if err != nil {
		return nil, err
	}
	return &Contract{
		Version: 1, ContractTicket: base64.StdEncoding.EncodeToString(text), Key: key,
		SubType: t.Kind.String(), Timestamp: timestamp,
	}, nil
}
