package ticket

import (
	"bytes"
	"encoding/base64"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Carried is what a transaction carries for the rules: a registration or a contract ticket of one of the three kinds, which is
// well formed (Ticket) or not (Rejection). At most one field is set; the zero value means that the transaction carries nothing.
type Carried struct {
	Registration *Registration
	Ticket       *Ticket
	Rejection    *Rejection
}

// FromTx reads what a transaction, other than a coinbase, carries in a block of height h, where newest is the newest version of
// tickets that counts. It allocates nothing for an ordinary payment. Anyone can fill a block with hostile tickets, so it makes the
// cheap checks first: outputs, fee, hash, sub_type, lengths. Their order does not matter, because what fails any of them is not a
// ticket at all.
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

// decodeBase64 reads a contract_ticket in standard, padded and canonical base64. It does not decode one that is too long for a
// ticket.
func decodeBase64(b []byte) ([]byte, *Rejection) {
	if len(b) > strictBase64.EncodedLen(MaxJSON) {
		return nil, malformed("contract_ticket has %d bytes, which is too long for a ticket of at most %d", len(b), MaxJSON)
	}
	text := make([]byte, strictBase64.DecodedLen(len(b)))
	n, err := strictBase64.Decode(text, b)
	if err != nil || bytes.IndexByte(b, '\n') >= 0 || bytes.IndexByte(b, '\r') >= 0 { // the decoder skips line breaks
		return nil, malformed("contract_ticket is not canonical base64")
	}
	return text[:n], nil
}

// NewContract wraps a ticket for posting; timestamp is in seconds since 1970. The key must be new on the chain. NewContract
// sets no secondary key, because others could squat a visible one (protocol 2).
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
