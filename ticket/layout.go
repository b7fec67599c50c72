package ticket

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

// ticket reads the inner object.
func (d *decoder) ticket(t *Ticket) {
	b := new(body)
	fields := d.ticketFields(b)
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

// ticketFields are the fields of the three kinds.
func (d *decoder) ticketFields(b *body) []field {
	return []field{
		{"type", anyKind, func() { d.text(&b.kind) }},
		{"version", anyKind, func() { d.integer(&b.version) }},
		{"smart_pool_id", anyKind, func() { d.text((*string)(&b.id)) }},

		{"subscription_period", KindInit, func() { d.integer(&b.init.SubscriptionPeriod) }},
		{"required_coins", KindInit, func() { d.integer(&b.init.RequiredCoins) }},
		{"overcollateralization_factor", KindInit, func() { d.decimal(&b.init.Factor) }},
		{"operator_fee_percentage", KindInit, func() { d.decimal(&b.init.Fee) }},
		{"supernode", KindInit, func() { d.supernode(&b.init) }},
		{"operator", KindInit, func() { d.operator(&b.init) }},
		{"smart_pool_signature", KindInit, func() { d.text(&b.init.SmartPoolSignature) }},

		{"participant", KindPart, func() { d.participant(&b.part) }},

		{"participants", KindActivate, func() { d.participants(&b.activate) }},
		{"operator_signature", KindActivate, func() { d.text(&b.activate.OperatorSignature) }},
	}
}

func (d *decoder) supernode(x *Init) {
	d.whole([]field{{"supernode_pastel_id", KindInit, func() { d.text(&x.SupernodePastelID) }}})
}

func (d *decoder) operator(x *Init) {
	d.whole([]field{
		{"company", KindInit, func() { d.text(&x.Company) }},
		{"pastelid", KindInit, func() { d.text(&x.OperatorPastelID) }},
		{"operator_fee_address", KindInit, func() { d.text(&x.OperatorFeeAddress) }},
		{"agreement_signature", KindInit, func() { d.text(&x.AgreementSignature) }},
	})
}

func (d *decoder) participant(x *Part) {
	d.whole([]field{
		{"pastel_id", KindPart, func() { d.text(&x.PastelID) }},
		{"pledged_coins", KindPart, func() { d.coins(&x.PledgedCoins) }},
		{"pledge_signature", KindPart, func() { d.text(&x.PledgeSignature) }},
		{"txid", KindPart, func() { d.text(&x.TxID) }},
		{"vout_ind", KindPart, func() { d.integer(&x.Vout) }},
		{"address_signature", KindPart, func() { d.text(&x.AddressSignature) }},
		{"reward_address", KindPart, func() { d.text(&x.RewardAddress) }},
		{"time_stamp", KindPart, func() { d.text(&x.TimeStamp) }},
	})
}

// coins reads an amount in PSL, at most the supply.
func (d *decoder) coins(v *int64) {
	if d.integer(v); d.err == nil && *v > maxCoins {
		d.fail("%s is %d, more than the supply of %d", d.place(), *v, maxCoins)
	}
}

// participants reads the list of an activation, whose strings alias the JSON.
func (d *decoder) participants(x *Activate) {
	var p Participant
	fields := []field{
		{"pastel_id", KindActivate, func() { p.PastelID = d.quoted() }},
		{"address", KindActivate, func() { p.Address = d.quoted() }},
	}
	d.array(maxParticipants, func() {
		d.whole(fields)
		x.Participants = append(x.Participants, p)
	})
}
