package ticket

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"

	"github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
	"github.com/gowebpki/jcs"
)

// object is a ticket as JSON, before it is canonical.
type object map[string]any

func (t *Ticket) object() object {
	switch t.Kind {
	case KindInit:
		return t.Init.object(t.Version)
	case KindPart:
		return t.Part.object(t.Version)
	default:
		return t.Activate.object(t.Version)
	}
}

func (x *Init) object(version int64) object {
	return object{
		"type": KindInit.String(), "version": version, "smart_pool_id": string(x.SmartPoolID),
		"subscription_period": x.SubscriptionPeriod, "required_coins": x.RequiredCoins,
		"overcollateralization_factor": jsontext.Value(x.Factor.literal), "operator_fee_percentage": jsontext.Value(x.Fee.literal),
		"supernode": object{"supernode_pastel_id": x.SupernodePastelID},
		"operator": object{
			"company": x.Company, "pastelid": x.OperatorPastelID, "operator_fee_address": x.OperatorFeeAddress,
			"agreement_signature": x.AgreementSignature,
		},
		"smart_pool_signature": x.SmartPoolSignature,
	}
}

func (x *Part) object(version int64) object {
	return object{
		"type": KindPart.String(), "version": version, "smart_pool_id": string(x.SmartPoolID),
		"participant": object{
			"pastel_id": x.PastelID, "pledged_coins": x.PledgedCoins, "pledge_signature": x.PledgeSignature,
			"txid": x.TxID, "vout_ind": x.Vout, "address_signature": x.AddressSignature,
			"reward_address": x.RewardAddress, "time_stamp": x.TimeStamp,
		},
	}
}

func (x *Activate) object(version int64) object {
	list := []object{}
	for _, p := range x.Participants {
		list = append(list, object{"pastel_id": p.PastelID, "address": p.Address})
	}
	return object{
		"type": KindActivate.String(), "version": version, "smart_pool_id": string(x.SmartPoolID),
		"participants": list, "operator_signature": x.OperatorSignature,
	}
}

// jcs returns the object's canonical form (RFC 8785). What has none is no ticket that Decode returns: text that is not
// UTF-8, a decimal never set, or one beyond what a double holds, which no rule lets through.
func (o object) jcs() ([]byte, error) {
	text, err := json.Marshal(o)
	if err != nil {
		return nil, fmt.Errorf("ticket has no JSON: %w", err)
	}
	if text, err = jcs.Transform(text); err != nil {
		return nil, fmt.Errorf("ticket has no canonical form: %w", err)
	}
	return text, nil
}

// digest is SHA-256 of the canonical form in lowercase hex; empty if there is none.
func (o object) digest() string {
	text, err := o.jcs()
	if err != nil {
		return ""
	}
	hash := sha256.Sum256(text)
	return hex.EncodeToString(hash[:])
}

// Encode returns the ticket's JSON in canonical form, which Decode reads back. Decimals lose trailing zeros, which changes
// neither their value nor any id or digest; one below 0.000001 or from 10^21 on, out of range anyhow, gets an exponent,
// which Decode refuses. The error is for what no ticket may hold, such as text that is not UTF-8.
func (t *Ticket) Encode() ([]byte, error) { return object{"ticket": t.object()}.jcs() }

// Limits of a pool's label, in bytes.
const (
	minLabel = 3
	maxLabel = 32
	idBytes  = 20
)

// PoolID is a smart_pool_id: a label, a point, and 40 hex digits that commit to every term of the pool.
type PoolID string

// ParsePoolID checks the form of an id and returns its label.
func ParsePoolID(s string) (label string, err error) {
	label, hash, found := strings.Cut(s, ".")
	if !found || len(hash) != 2*idBytes || !labelOK(label) || !only(hash, "0123456789abcdef") {
		return "", fmt.Errorf("%.120q is not a pool id: want a label, a point and %d hex digits", s, 2*idBytes)
	}
	return label, nil
}

// labelOK reports whether a label is 3 to 32 of a-z, 0-9 and '-'.
func labelOK(s string) bool {
	return len(s) >= minLabel && len(s) <= maxLabel && only(s, "abcdefghijklmnopqrstuvwxyz0123456789-")
}

// IDFor returns the id that the terms have under a label, whether or not that is a good one (protocol 2,
// "smart_pool_id"); empty if the ticket has no canonical form.
func (x *Init) IDFor(label string) PoolID {
	o := x.object(Version)
	o["smart_pool_id"] = label
	delete(o, "smart_pool_signature")
	operator := o["operator"].(object)
	delete(operator, "agreement_signature")
	hash := o.digest()
	if hash == "" {
		return ""
	}
	return PoolID(label + "." + hash[:2*idBytes])
}

// only reports whether s has no byte outside of the alphabet.
func only(s, alphabet string) bool { return strings.Trim(s, alphabet) == "" }
