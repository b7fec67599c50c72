package ticket

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
)

// object is a JSON object before it is canonical: its values are objects, participants, decimals, integers and texts.
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
		"overcollateralization_factor": x.Factor, "operator_fee_percentage": x.Fee,
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
	return object{
		"type": KindActivate.String(), "version": version, "smart_pool_id": string(x.SmartPoolID),
		"participants": x.Participants, "operator_signature": x.OperatorSignature,
	}
}

// jcs returns the object's canonical form (RFC 8785). What has none is no ticket that Decode returns: text that is not
// UTF-8, a decimal never set, or one beyond what a double holds, which no rule lets through.
func (o object) jcs() ([]byte, error) { return appendCanonical(nil, o) }

func appendCanonical(b []byte, v any) ([]byte, error) {
	switch v := v.(type) {
	case object:
		return appendObject(b, v)
	case []Participant:
		return appendParticipants(b, v)
	case Decimal:
		return appendDecimal(b, v)
	case int64:
		return strconv.AppendInt(b, v, 10), nil // at most 2^53-1, which a double holds
	case string:
		return appendText(b, v)
	default:
		panic(fmt.Sprintf("a ticket holds a %T", v))
	}
}

// appendObject writes members in the order of their names, which are ASCII.
func appendObject(b []byte, o object) (_ []byte, err error) {
	opener := byte('{')
	for _, name := range slices.Sorted(maps.Keys(o)) {
		b = append(append(append(b, opener, '"'), name...), '"', ':')
		if b, err = appendCanonical(b, o[name]); err != nil {
			return nil, err
		}
		opener = ','
	}
	return append(b, '}'), nil
}

// appendParticipants writes a list without an object for each: there may be hundreds.
func appendParticipants(b []byte, list []Participant) (_ []byte, err error) {
	b = append(b, '[')
	for i, p := range list {
		if i > 0 {
			b = append(b, ',')
		}
		if b, err = appendText(append(b, `{"address":`...), p.Address); err != nil {
			return nil, err
		}
		if b, err = appendText(append(b, `,"pastel_id":`...), p.PastelID); err != nil {
			return nil, err
		}
		b = append(b, '}')
	}
	return append(b, ']'), nil
}

var errNoNumber = errors.New("ticket has no canonical form: a number is missing")

// appendDecimal writes a number as RFC 8785 does, which is the library's to know.
func appendDecimal(b []byte, d Decimal) ([]byte, error) {
	if d.literal == "" {
		return nil, errNoNumber
	}
	list, err := jcs.Transform([]byte("[" + d.literal + "]"))
	if err != nil {
		return nil, fmt.Errorf("ticket has no canonical form: %w", err)
	}
	text := bytes.TrimSuffix(bytes.TrimPrefix(list, []byte("[")), []byte("]"))
	return append(b, text...), nil
}

var errNotUTF8 = errors.New("ticket has no canonical form: a text is not UTF-8")

// appendText writes a string in which only what must be is escaped, in the shortest way (RFC 8785, 3.2.2.2).
func appendText(b []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, errNotUTF8
	}
	b = append(b, '"')
	for from := 0; ; {
		at := from
		for at < len(s) && s[at] >= ' ' && s[at] != '"' && s[at] != '\\' {
			at++
		}
		if b = append(b, s[from:at]...); at == len(s) {
			return append(b, '"'), nil
		}
		const short, letters = "\"\\\b\f\n\r\t", `"\bfnrt`
		if i := strings.IndexByte(short, s[at]); i >= 0 {
			b = append(b, '\\', letters[i])
		} else {
			b = fmt.Appendf(b, `\u%04x`, s[at])
		}
		from = at + 1
	}
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
