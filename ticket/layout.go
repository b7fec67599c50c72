package ticket

// Numbers of fields that the objects in a ticket have; of the ticket itself, beside the head that all kinds share.
const (
	headFields        = 3
	initFields        = 7
	partFields        = 1
	activateFields    = 2
	supernodeFields   = 1
	operatorFields    = 4
	participantFields = 8
	listedFields      = 2
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
	seen     [KindActivate + 1]int // fields by kind, the head under anyKind
}

// ticket reads the inner object.
func (d *decoder) ticket(t *Ticket) {
	b := new(body)
	fields := d.members(func(name []byte) bool {
		kind, known := d.field(name, b)
		b.seen[kind]++
		return known
	})
	if d.err != nil {
		return
	}
	kind, known := kindOf(b.kind)
	if !known {
		d.fail("type %.40q is no smart pool ticket's", b.kind)
		return
	}
	t.Kind, t.Version = kind, b.version
	want := 0
	switch kind {
	case KindInit:
		b.init.SmartPoolID, t.Init, want = b.id, &b.init, initFields
	case KindPart:
		b.part.SmartPoolID, t.Part, want = b.id, &b.part, partFields
	default:
		b.activate.SmartPoolID, t.Activate, want = b.id, &b.activate, activateFields
	}
	if b.seen[anyKind] != headFields || b.seen[kind] != want || fields != headFields+want {
		d.fail("a %s has %d fields of its own, 3 more, and no others; this has %d, %d and %d others", kind, want,
			b.seen[kind], b.seen[anyKind], fields-b.seen[kind]-b.seen[anyKind])
	}
}

// field reads the value of a field of the ticket and returns the kind of ticket that has such a field.
func (d *decoder) field(name []byte, b *body) (k Kind, known bool) {
	switch string(name) {
	case "type":
		d.text(&b.kind)
		return anyKind, true
	case "version":
		d.integer(&b.version)
		return anyKind, true
	case "smart_pool_id":
		d.text((*string)(&b.id))
		return anyKind, true

	case "subscription_period":
		d.integer(&b.init.SubscriptionPeriod)
		return KindInit, true
	case "required_coins":
		d.integer(&b.init.RequiredCoins)
		return KindInit, true
	case "overcollateralization_factor":
		d.decimal(&b.init.Factor)
		return KindInit, true
	case "operator_fee_percentage":
		d.decimal(&b.init.Fee)
		return KindInit, true
	case "supernode":
		d.supernode(&b.init)
		return KindInit, true
	case "operator":
		d.operator(&b.init)
		return KindInit, true
	case "smart_pool_signature":
		d.text(&b.init.SmartPoolSignature)
		return KindInit, true

	case "participant":
		d.participant(&b.part)
		return KindPart, true

	case "participants":
		d.participants(&b.activate)
		return KindActivate, true
	case "operator_signature":
		d.text(&b.activate.OperatorSignature)
		return KindActivate, true
	}
	return anyKind, false
}

func (d *decoder) supernode(x *Init) {
	d.object(supernodeFields, func(name []byte) bool {
		if string(name) != "supernode_pastel_id" {
			return false
		}
		d.text(&x.SupernodePastelID)
		return true
	})
}

func (d *decoder) operator(x *Init) {
	d.object(operatorFields, func(name []byte) bool {
		switch string(name) {
		case "company":
			d.text(&x.Company)
		case "pastelid":
			d.text(&x.OperatorPastelID)
		case "operator_fee_address":
			d.text(&x.OperatorFeeAddress)
		case "agreement_signature":
			d.text(&x.AgreementSignature)
		default:
			return false
		}
		return true
	})
}

func (d *decoder) participant(x *Part) {
	d.object(participantFields, func(name []byte) bool {
		switch string(name) {
		case "pastel_id":
			d.text(&x.PastelID)
		case "pledged_coins":
			d.integer(&x.PledgedCoins)
		case "pledge_signature":
			d.text(&x.PledgeSignature)
		case "txid":
			d.text(&x.TxID)
		case "vout_ind":
			d.integer(&x.Vout)
		case "address_signature":
			d.text(&x.AddressSignature)
		case "reward_address":
			d.text(&x.RewardAddress)
		case "time_stamp":
			d.text(&x.TimeStamp)
		default:
			return false
		}
		return true
	})
	if x.PledgedCoins > maxCoins {
		d.fail("pledged_coins is %d, more than the supply of %d", x.PledgedCoins, maxCoins)
	}
}

func (d *decoder) participants(x *Activate) {
	d.begin('[', "an array")
	for d.err == nil && d.dec.PeekKind() != ']' {
		var p Participant
		d.object(listedFields, func(name []byte) bool {
			switch string(name) {
			case "pastel_id":
				d.text(&p.PastelID)
			case "address":
				d.text(&p.Address)
			default:
				return false
			}
			return true
		})
		x.Participants = append(x.Participants, p)
	}
	d.end("an array")
}
