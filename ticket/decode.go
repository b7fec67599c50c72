package ticket

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits of a ticket's JSON (protocol 2).
const (
	maxJSON    = 262_144
	maxString  = 512
	maxInteger = 1<<53 - 1
)

// Decode reads a ticket's JSON. The error is a *Rejection whose reason is ReasonMalformed, or ReasonBadVersion for a ticket
// that is well formed otherwise.
func Decode(text []byte) (*Ticket, error) {
	t, rejection := decode(text)
	if rejection != nil {
		return nil, rejection
	}
	return t, nil
}

func decode(text []byte) (*Ticket, *Rejection) {
	if len(text) > maxJSON {
		return nil, malformed("it has %d bytes, more than %d", len(text), maxJSON)
	}
	// The library refuses duplicate names, invalid UTF-8 and lone surrogates unless told otherwise.
	d := &decoder{dec: jsontext.NewDecoder(bytes.NewReader(text))}
	t := new(Ticket)
	d.object(fields{"ticket": func() { d.ticket(t) }})
	if d.err == nil {
		if _, err := d.dec.ReadToken(); !errors.Is(err, io.EOF) {
			d.fail("data goes on after the end")
		}
	}
	if d.err != nil {
		return nil, d.err
	}
	if t.Version != Version {
		return nil, &Rejection{ReasonBadVersion, fmt.Sprintf("version is %d, want %d", t.Version, Version)}
	}
	return t, nil
}

func malformed(format string, args ...any) *Rejection {
	return &Rejection{ReasonMalformed, fmt.Sprintf(format, args...)}
}

// decoder walks over JSON; the first error sticks.
type decoder struct {
	dec *jsontext.Decoder
	err *Rejection
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = malformed(format, args...)
	}
}

// fields maps the names of an object to what reads their values.
type fields map[string]func()

// object reads an object that has exactly these fields.
func (d *decoder) object(want fields) {
	d.token('{', "an object")
	seen := 0
	for d.err == nil && d.dec.PeekKind() != '}' {
		tok, err := d.dec.ReadToken()
		if err != nil {
			d.fail("%v", err)
			return
		}
		name := tok.String()
		read, known := want[name]
		if !known {
			d.fail("field %.40q is unknown or stands elsewhere", name)
			return
		}
		seen++
		read()
		if d.err != nil {
			return
		}
	}
	d.token('}', "the end of an object")
	if seen != len(want) {
		d.fail("a field is missing, want %v", sortedNames(want))
	}
}

func sortedNames(f fields) []string {
	var names []string
	for name := range f {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

func (d *decoder) token(kind jsontext.Kind, what string) {
	if d.err != nil {
		return
	}
	tok, err := d.dec.ReadToken()
	if err != nil {
		d.fail("%v", err)
	} else if tok.Kind() != kind {
		d.fail("%s is %s, want %s", d.dec.StackPointer(), tok.Kind(), what)
	}
}

func (d *decoder) text(v *string) {
	if d.err != nil {
		return
	}
	tok, err := d.dec.ReadToken()
	if err != nil {
		d.fail("%v", err)
		return
	}
	if tok.Kind() != '"' {
		d.fail("%s is %s, want a string", d.dec.StackPointer(), tok.Kind())
		return
	}
	if *v = tok.String(); len(*v) > maxString {
		d.fail("%s has %d bytes, more than %d", d.dec.StackPointer(), len(*v), maxString)
	}
}

// number reads a number's literal.
func (d *decoder) number() string {
	if d.err != nil {
		return ""
	}
	if d.dec.PeekKind() != '0' {
		d.fail("%s is not a number", d.dec.StackPointer())
		return ""
	}
	literal, err := d.dec.ReadValue()
	if err != nil {
		d.fail("%v", err)
	}
	return string(literal)
}

func (d *decoder) integer(v *int64) {
	s := d.number()
	n, err := strconv.ParseInt(s, 10, 64)
	if d.err == nil && (!plainDigits(s) || err != nil || n > maxInteger) {
		d.fail("%s is %.40s, want a plain integer of at most 2^53-1", d.dec.StackPointer(), s)
	}
	*v = n
}

func (d *decoder) decimal(v *Decimal) {
	s := d.number()
	if d.err != nil {
		return
	}
	var err error
	if *v, err = ParseDecimal(s); err != nil {
		d.fail("%s: %v", d.dec.StackPointer(), err)
	}
}

// ticket reads the inner object: which fields it has depends on its type, wherever that stands.
func (d *decoder) ticket(t *Ticket) {
	start, err := d.dec.ReadValue()
	if err != nil {
		d.fail("%v", err)
		return
	}
	if t.Kind, err = peekKind(start); err != nil {
		d.fail("%v", err)
		return
	}
	outer := d.dec
	d.dec = jsontext.NewDecoder(bytes.NewReader(start))
	switch t.Kind {
	case KindInit:
		t.Init = new(Init)
		d.init(t, t.Init)
	case KindPart:
		t.Part = new(Part)
		d.part(t, t.Part)
	case KindActivate:
		t.Activate = new(Activate)
		d.activate(t, t.Activate)
	}
	d.dec = outer
}

// peekKind finds the type of a ticket object, whose syntax is known to be right.
func peekKind(object []byte) (Kind, error) {
	dec := jsontext.NewDecoder(bytes.NewReader(object))
	if tok, err := dec.ReadToken(); err != nil || tok.Kind() != '{' {
		return 0, fmt.Errorf("ticket is not an object")
	}
	for dec.PeekKind() == '"' {
		name, err := dec.ReadToken()
		if err != nil {
			return 0, err
		}
		if name.String() != "type" {
			if err := dec.SkipValue(); err != nil {
				return 0, err
			}
			continue
		}
		value, err := dec.ReadToken()
		if err != nil {
			return 0, err
		}
		if k, ok := kindOf(value.String()); ok && value.Kind() == '"' {
			return k, nil
		}
		return 0, fmt.Errorf("type %.40q is not a smart pool ticket's", value.String())
	}
	return 0, fmt.Errorf("type is missing")
}

// head returns the fields that all tickets have.
func (d *decoder) head(t *Ticket, id *PoolID) fields {
	var kind string
	return fields{
		"type":          func() { d.text(&kind) },
		"version":       func() { d.integer(&t.Version) },
		"smart_pool_id": func() { d.text((*string)(id)) },
	}
}

func (d *decoder) init(t *Ticket, x *Init) {
	f := d.head(t, &x.SmartPoolID)
	f["subscription_period"] = func() { d.integer(&x.SubscriptionPeriod) }
	f["required_coins"] = func() { d.integer(&x.RequiredCoins) }
	f["overcollateralization_factor"] = func() { d.decimal(&x.Factor) }
	f["operator_fee_percentage"] = func() { d.decimal(&x.Fee) }
	f["supernode"] = func() { d.object(fields{"supernode_pastel_id": func() { d.text(&x.SupernodePastelID) }}) }
	f["operator"] = func() {
		d.object(fields{
			"company":              func() { d.text(&x.Company) },
			"pastelid":             func() { d.text(&x.OperatorPastelID) },
			"operator_fee_address": func() { d.text(&x.OperatorFeeAddress) },
			"agreement_signature":  func() { d.text(&x.AgreementSignature) },
		})
	}
	f["smart_pool_signature"] = func() { d.text(&x.SmartPoolSignature) }
	d.object(f)
}

func (d *decoder) part(t *Ticket, x *Part) {
	f := d.head(t, &x.SmartPoolID)
	f["participant"] = func() {
		d.object(fields{
			"pastel_id":         func() { d.text(&x.PastelID) },
			"pledged_coins":     func() { d.integer(&x.PledgedCoins) },
			"pledge_signature":  func() { d.text(&x.PledgeSignature) },
			"txid":              func() { d.text(&x.TxID) },
			"vout_ind":          func() { d.integer(&x.Vout) },
			"address_signature": func() { d.text(&x.AddressSignature) },
			"reward_address":    func() { d.text(&x.RewardAddress) },
			"time_stamp":        func() { d.text(&x.TimeStamp) },
		})
		if x.PledgedCoins > maxCoins {
			d.fail("pledged_coins is %d, more than the supply", x.PledgedCoins)
		}
	}
	d.object(f)
}

func (d *decoder) activate(t *Ticket, x *Activate) {
	f := d.head(t, &x.SmartPoolID)
	f["participants"] = func() {
		d.token('[', "an array")
		for d.err == nil && d.dec.PeekKind() != ']' {
			var p Participant
			d.object(fields{
				"pastel_id": func() { d.text(&p.PastelID) },
				"address":   func() { d.text(&p.Address) },
			})
			x.Participants = append(x.Participants, p)
		}
		d.token(']', "the end of an array")
	}
	f["operator_signature"] = func() { d.text(&x.OperatorSignature) }
	d.object(f)
}
