package ticket

import (
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastelid"
)

// Signature is a signature that a ticket needs.
type Signature struct {
	Field     string `json:"field"`     // of the ticket, such as pledge_signature
	By        string `json:"by"`        // who makes it, for people; may quote the ticket
	Text      string `json:"text"`      // the statement that it covers
	Signature string `json:"signature"` // base64; empty while it is missing
}

// Signatures lists the signatures that a ticket needs, in the order of signing; net is the network's name. An init ticket's second
// signature covers the first, so the list has it only once the first is there.
func (t *Ticket) Signatures(net string) []Signature {
	switch {
	case t.Init != nil:
		x := t.Init
		list := []Signature{{
			agreementSignature, "the operator's PastelID " + x.OperatorPastelID, x.AgreementStatement(net), x.AgreementSignature,
		}}
		if x.AgreementSignature != "" {
			list = append(list, Signature{
				smartPoolSignature, "the Supernode's PastelID " + x.SupernodePastelID, x.SmartPoolStatement(net), x.SmartPoolSignature,
			})
		}
		return list
	case t.Part != nil:
		x := t.Part
		text := x.PledgeStatement(net)
		return []Signature{
			{pledgeSignature, "the member's PastelID " + x.PastelID, text, x.PledgeSignature},
			{addressSignature, "the wallet that holds the pledged output (signmessage)", text, x.AddressSignature},
		}
	default:
		x := t.Activate
		return []Signature{{operatorSignature, "the operator's PastelID", x.OperatorStatement(net), x.OperatorSignature}}
	}
}

// ErrOperatorFirst means that the Supernode's PastelID has to wait: its signature of an init ticket covers the operator's.
var ErrOperatorFirst = errors.New("the Supernode's signature covers the operator's; let the operator sign first")

// SignatureBy returns the signature that a ticket needs from a PastelID; net is the network's name. For an activation it accepts any PastelID, because only the
// chain knows the operator. It returns ErrOperatorFirst if the PastelID has to wait for the operator, or an error that says that the
// ticket does not name the PastelID.
func (t *Ticket) SignatureBy(id pastelid.PastelID, net string) (Signature, error) {
	me, field := id.String(), ""
	switch {
	case t.Part != nil && t.Part.PastelID == me:
		field = pledgeSignature
	case t.Activate != nil:
		field = operatorSignature
	case t.Init != nil && t.Init.OperatorPastelID == me && (t.Init.AgreementSignature == "" || t.Init.SupernodePastelID != me):
		field = agreementSignature
	case t.Init != nil && t.Init.SupernodePastelID == me && t.Init.AgreementSignature == "":
		return Signature{}, ErrOperatorFirst
	case t.Init != nil && t.Init.SupernodePastelID == me:
		field = smartPoolSignature
	}
	for _, s := range t.Signatures(net) {
		if s.Field == field {
			return s, nil
		}
	}
	return Signature{}, fmt.Errorf("the ticket does not name PastelID %s", me)
}

// SetSignature sets a field to a signature in base64. It reports false if the ticket has no such field. A changed operator's signature
// of an init ticket removes the Supernode's, which covers it.
func (t *Ticket) SetSignature(field, signature string) bool {
	var into *string
	switch {
	case t.Init != nil && field == agreementSignature:
		into = &t.Init.AgreementSignature
		if *into != signature {
			t.Init.SmartPoolSignature = ""
		}
	case t.Init != nil && field == smartPoolSignature:
		into = &t.Init.SmartPoolSignature
	case t.Part != nil && field == pledgeSignature:
		into = &t.Part.PledgeSignature
	case t.Part != nil && field == addressSignature:
		into = &t.Part.AddressSignature
	case t.Activate != nil && field == operatorSignature:
		into = &t.Activate.OperatorSignature
	default:
		return false
	}
	*into = signature
	return true
}
