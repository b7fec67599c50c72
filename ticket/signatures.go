package ticket

import (
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastelid"
)

// Signature is one that a ticket needs.
type Signature struct {
	Field     string `json:"field"`     // of the ticket, such as pledge_signature
	By        string `json:"by"`        // who makes it, for people; quotes the ticket
	Text      string `json:"text"`      // the statement it is over
	Signature string `json:"signature"` // base64; empty as long as it is missing
}

// Signatures lists the signatures that a ticket needs, in the order of signing; net is the network's name. The second signature of an init ticket covers
// the first and is listed once the first is there.
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

// ErrOperatorFirst says that the Supernode's PastelID signs an init ticket after the operator's, whose signature it covers.
var ErrOperatorFirst = errors.New("the Supernode signs after the operator")

// SignatureBy returns the signature that a PastelID is to make on a ticket; net is the network's name. Any PastelID may sign an activation, as only the
// chain knows the operator. The error is ErrOperatorFirst if the PastelID has to wait, or says that the ticket does not name it.
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

// SetSignature sets a signature, in base64, by its field, and reports whether the ticket has that field. A new agreement signature clears
// the Supernode's, which covers it.
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
