package ticket

import "fmt"

// A field of an object in a ticket's JSON: its name, and where its value stands. Reading and writing go by the same fields.
type field struct {
	name string
	kind Kind // of the ticket it belongs to, anyKind if to all
	at   any  // *string, *int64, *coins, *Decimal, *list, *alias, []field for an object within; *Ticket when reading
}

type (
	coins int64         // PSL, at most the supply
	list  []Participant // of an activation
	alias string        // keeps the JSON it is read from alive
)

// headFields are the fields that all kinds begin with.
func headFields(kind *string, version *int64, id *PoolID) []field {
	return []field{{"type", anyKind, kind}, {"version", anyKind, version}, {"smart_pool_id", anyKind, (*string)(id)}}
}

func (x *Init) fields() []field {
	return []field{
		{"subscription_period", KindInit, &x.SubscriptionPeriod},
		{"required_coins", KindInit, &x.RequiredCoins},
		{"overcollateralization_factor", KindInit, &x.Factor},
		{"operator_fee_percentage", KindInit, &x.Fee},
		{"supernode", KindInit, []field{{"supernode_pastel_id", KindInit, &x.SupernodePastelID}}},
		{"operator", KindInit, []field{
			{"company", KindInit, &x.Company},
			{"pastelid", KindInit, &x.OperatorPastelID},
			{"operator_fee_address", KindInit, &x.OperatorFeeAddress},
			{agreementSignature, KindInit, &x.AgreementSignature},
		}},
		{smartPoolSignature, KindInit, &x.SmartPoolSignature},
	}
}

func (x *Part) fields() []field {
	return []field{{"participant", KindPart, []field{
		{"pastel_id", KindPart, &x.PastelID},
		{"pledged_coins", KindPart, (*coins)(&x.PledgedCoins)},
		{"pledge_signature", KindPart, &x.PledgeSignature},
		{"txid", KindPart, &x.TxID},
		{"vout_ind", KindPart, &x.Vout},
		{"address_signature", KindPart, &x.AddressSignature},
		{"reward_address", KindPart, &x.RewardAddress},
		{"time_stamp", KindPart, &x.TimeStamp},
	}}}
}

func (x *Activate) fields() []field {
	return []field{
		{"participants", KindActivate, (*list)(&x.Participants)},
		{operatorSignature, KindActivate, &x.OperatorSignature},
	}
}

// fields of an element of the list of an activation. Its strings alias the JSON.
func (x *Participant) fields() []field {
	return []field{{"pastel_id", KindActivate, (*alias)(&x.PastelID)}, {"address", KindActivate, (*alias)(&x.Address)}}
}

// Signatures that statements leave out.
const (
	agreementSignature = "agreement_signature"
	smartPoolSignature = "smart_pool_signature"
	operatorSignature  = "operator_signature"
)

// body collects the fields of a ticket of which it is not known yet what kind it is, because type may stand anywhere. The
// kinds share no name beside the head.
type body struct {
	kind     string
	version  int64
	id       PoolID
	init     Init
	part     Part
	activate Activate
}

func (b *body) fields() []field {
	return append(append(append(headFields(&b.kind, &b.version, &b.id), b.init.fields()...), b.part.fields()...), b.activate.fields()...)
}

// ticket reads the inner object.
func (d *decoder) ticket(t *Ticket) {
	b := new(body)
	fields := b.fields()
	seen := d.object(fields)
	if d.err != nil {
		return
	}
	kind, known := kindOf(b.kind)
	if !known {
		d.fail("type %.40q is no smart pool ticket's", b.kind)
		return
	}
	for i, f := range fields {
		wanted, there := f.kind == anyKind || f.kind == kind, seen>>i&1 == 1
		switch {
		case wanted && !there:
			d.fail("a %s has no field %s", kind, f.name)
		case there && !wanted:
			d.fail("a %s has a field %s, which is a %s's", kind, f.name, f.kind)
		}
	}
	t.Kind, t.Version = kind, b.version
	switch kind {
	case KindInit:
		b.init.SmartPoolID, t.Init = b.id, &b.init
	case KindPart:
		b.part.SmartPoolID, t.Part = b.id, &b.part
	default:
		b.activate.SmartPoolID, t.Activate = b.id, &b.activate
	}
}

// value reads a value to where it stands.
func (d *decoder) value(at any) {
	switch at := at.(type) {
	case *string:
		d.text(at)
	case *int64:
		d.integer(at)
	case *coins:
		if d.integer((*int64)(at)); d.err == nil && int64(*at) > maxCoins {
			d.fail("%s is %d, more than the supply of %d", d.place(), *at, maxCoins)
		}
	case *Decimal:
		d.decimal(at)
	case *alias:
		*at = alias(d.quoted())
	case *list:
		d.participants(at)
	case []field:
		d.whole(at)
	case *Ticket:
		d.ticket(at)
	default:
		panic(fmt.Sprintf("a ticket holds a %T", at))
	}
}

func (d *decoder) participants(x *list) {
	var p Participant
	fields := p.fields()
	d.array(MaxPledges, func() {
		d.whole(fields)
		*x = append(*x, p)
	})
}
