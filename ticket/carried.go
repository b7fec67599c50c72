package ticket

import (
	"bytes"
	"encoding/base64"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Carried is what a transaction carries for the rules: a registration, or a contract ticket of one of the three kinds, well
// formed (Ticket) or not (Rejection). The zero value is nothing; else exactly one is set.
type Carried struct {
	Registration *Registration
	Ticket       *Ticket
	Rejection    *Rejection
}

// FromTx reads what a transaction that is no coinbase carries in a block of height h, where tickets count up to the version newest. It allocates nothing for an ordinary
// payment. Anyone can fill a block with hostile tickets, so what is cheap is looked at first: outputs, fee, hash, sub_type,
// lengths; that changes nothing, because what fails any of these is no ticket at all.
func FromTx(tx *pastel.Tx, net *pastel.Network, h pastel.Height, newest int64) Carried {
	if keyBytes(tx) <= envelopeHead {
		return Carried{}
	}
	fee := paid(tx)
	registers, posts := fee == net.RegistrationFee(h), fee == net.ContractFee
	if !registers && !posts {
		return Carried{}
	}
	id, content, ok := payload(tx)
	switch {
	case !ok:
	case id == idPastelID && registers:
		if x, ok := decodeRegistration(bodyOf(content)); ok {
			return Carried{Registration: x}
		}
	case id == idContract && posts:
		if c, ok := viewContract(bodyOf(content)); ok {
			return c.carried(newest)
		}
	}
	return Carried{}
}

// carried decodes the smart pool ticket in a contract ticket, if its sub_type names one.
func (c contractView) carried(newest int64) Carried {
	kind, ours := kindOf(string(c.subType))
	if !ours {
		return Carried{}
	}
	text, rejection := decodeBase64(c.ticket)
	if rejection != nil {
		return Carried{Rejection: rejection}
	}
	t, rejection := decode(text, kind, newest)
	return Carried{Ticket: t, Rejection: rejection}
}

var strictBase64 = base64.StdEncoding.Strict()

// decodeBase64 reads a contract_ticket: standard, padded and canonical. One that is too long for a ticket is left as it is.
func decodeBase64(b []byte) ([]byte, *Rejection) {
	if len(b) > strictBase64.EncodedLen(MaxJSON) {
		return nil, malformed("contract_ticket has %d bytes, too many for a ticket of %d", len(b), MaxJSON)
	}
	text := make([]byte, strictBase64.DecodedLen(len(b)))
	n, err := strictBase64.Decode(text, b)
	if err != nil || bytes.IndexByte(b, '\n') >= 0 || bytes.IndexByte(b, '\r') >= 0 { // the decoder skips line breaks
		return nil, malformed("contract_ticket is not canonical base64")
	}
	return text[:n], nil
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
