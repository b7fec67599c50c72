package ticket

import (
	"fmt"
	"math"
)

// layout is the form of one kind of ticket in one version. Reading, writing, digests and documents all use it.
type layout struct {
	kind    Kind
	version int64
	fields  func(t *Ticket) []field // of the object of a ticket of this kind
}

// layouts holds every form, the versions of a kind in ascending order. A new version is a new row here and begins to count at a
// fork (package pool, ticketVersion); the tests name whatever else has to know its fields.
var layouts = [...]layout{
	{KindInit, 1, init1},
	{KindPart, 1, part1},
	{KindActivate, 1, activate1},
}

// AnyVersion stands for the newest version of every kind, so that tickets of all versions are read.
const AnyVersion int64 = math.MaxInt64

// layoutOf returns the form of a kind in a version up to newest. For any other version it returns the kind's first form and false:
// version 1 decides whether a ticket of an unknown version is malformed, and newer versions do not change that.
func layoutOf(kind Kind, version, newest int64) (form *layout, known bool) {
	for i := range layouts {
		switch x := &layouts[i]; {
		case x.kind != kind:
		case x.version == version && version <= newest:
			return x, true
		case form == nil:
			form = x
		}
	}
	return form, false
}

// Newest returns the newest version of a kind of ticket, which new tickets use.
func (k Kind) Newest() (version int64) {
	for _, x := range layouts {
		if x.kind == k {
			version = x.version
		}
	}
	return version
}

// field is a field of an object in a ticket's JSON: its name, and a pointer to its value.
type field struct {
	name string
	at   any // *Kind, *string, *int64, *coins, *Decimal, *alias, *list, []field for a nested object; *Ticket when reading
}

type (
	coins int64  // PSL, at most the supply
	alias string // aliases the JSON and keeps it alive
	list  struct {
		at      *[]Participant
		element func(*Participant) []field
	}
)

func init1(t *Ticket) []field {
	x := t.Init
	return []field{
		{"type", &t.Kind},
		{"version", &x.Version},
		{"smart_pool_id", (*string)(&x.SmartPoolID)},
		{"subscription_period", &x.SubscriptionPeriod},
		{"required_coins", &x.RequiredCoins},
		{"overcollateralization_factor", &x.Factor},
		{"operator_fee_percentage", &x.Fee},
		{"supernode", []field{{"supernode_pastel_id", &x.SupernodePastelID}}},
		{"operator", []field{
			{"company", &x.Company},
			{"pastelid", &x.OperatorPastelID},
			{"operator_fee_address", &x.OperatorFeeAddress},
			{agreementSignature, &x.AgreementSignature},
		}},
		{smartPoolSignature, &x.SmartPoolSignature},
	}
}

func part1(t *Ticket) []field {
	x := t.Part
	return []field{
		{"type", &t.Kind},
		{"version", &x.Version},
		{"smart_pool_id", (*string)(&x.SmartPoolID)},
		{"participant", []field{
			{"pastel_id", &x.PastelID},
			{"pledged_coins", (*coins)(&x.PledgedCoins)},
			{pledgeSignature, &x.PledgeSignature},
			{"txid", &x.TxID},
			{"vout_ind", &x.Vout},
			{addressSignature, &x.AddressSignature},
			{"reward_address", &x.RewardAddress},
			{"time_stamp", &x.TimeStamp},
		}},
	}
}

func activate1(t *Ticket) []field {
	x := t.Activate
	return []field{
		{"type", &t.Kind},
		{"version", &x.Version},
		{"smart_pool_id", (*string)(&x.SmartPoolID)},
		{"participants", &list{&x.Participants, participant1}},
		{operatorSignature, &x.OperatorSignature},
	}
}

// participant1 lists the fields of an element of an activation's list. Its strings alias the JSON.
func participant1(x *Participant) []field {
	return []field{{"pastel_id", (*alias)(&x.PastelID)}, {"address", (*alias)(&x.Address)}}
}

// The fields of signatures.
const (
	agreementSignature = "agreement_signature"
	smartPoolSignature = "smart_pool_signature"
	pledgeSignature    = "pledge_signature"
	addressSignature   = "address_signature"
	operatorSignature  = "operator_signature"
)

// ticket reads the inner object with the fields of the kind and version that it states.
func (d *decoder) ticket(t *Ticket) {
	kind, version := d.announced()
	if d.err != nil {
		return
	}
	switch kind {
	case KindInit:
		t.Init = new(Init)
	case KindPart:
		t.Part = new(Part)
	case KindActivate:
		t.Activate = new(Activate)
	default:
		d.fail("%s has no field type", d.place())
		return
	}
	form, _ := layoutOf(kind, version, d.newest)
	d.whole(form.fields(t))
}

// announced looks ahead for the kind and version of the next object. They may be anywhere in it; in canonical form they come last.
// It fails only for what makes the ticket malformed. What it skips is read afterwards.
func (d *decoder) announced() (kind Kind, version int64) {
	start := d.pos
	version = -1
	d.begin('{', "an object")
	for first := true; (kind == anyKind || version < 0) && d.more('}', first); first = false {
		name := d.name()
		if d.err != nil {
			return kind, version
		}
		switch name {
		case "type":
			d.kind(&kind)
		case "version":
			d.integer(&version)
		default:
			d.skip()
		}
		if d.err != nil {
			return kind, version
		}
		d.deep--
	}
	if d.err == nil {
		d.pos = start
	}
	return kind, version
}

// value reads a value into what at points to.
func (d *decoder) value(at any) {
	switch at := at.(type) {
	case *Kind:
		d.kind(at)
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

func (d *decoder) kind(at *Kind) {
	s := d.quoted()
	if d.err != nil {
		return
	}
	k, known := kindOf(s)
	if !known {
		d.fail("type %.40q is not that of a smart pool ticket", s)
		return
	}
	*at = k
}

func (d *decoder) participants(x *list) {
	var p Participant
	fields := x.element(&p)
	d.array(MaxPledges, func() {
		d.whole(fields)
		*x.at = append(*x.at, p)
	})
}
