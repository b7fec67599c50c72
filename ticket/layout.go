package ticket

// Numbers of fields of the objects in a ticket.
const (
	headFields        = 3 // type, version, smart_pool_id
	initFields        = 7 // beside the head
	partFields        = 1
	activateFields    = 2
	supernodeFields   = 1
	operatorFields    = 4
	participantFields = 8
	listedFields      = 2
)

// ticket reads the inner object in one pass: type may stand anywhere, and the three kinds share no field name beside the
// head, so every field is read where it belongs and counted for its kind.
func (d *decoder) ticket(t *Ticket) {
	var (
		name    string
		id      PoolID
		init    Init
		part    Part
		act     Activate
		ofInit  int
		ofPart  int
		ofAct   int
		counted = func(n *int, read bool) bool {
			if read {
				*n++
			}
			return read
		}
	)
	fields := 0
	d.anyObject(func(field []byte) bool {
		fields++
		switch string(field) {
		case "type":
			d.text(&name)
		case "version":
			d.integer(&t.Version)
		case "smart_pool_id":
			d.text((*string)(&id))
		default:
			return counted(&ofInit, d.initField(field, &init)) || counted(&ofPart, d.partField(field, &part)) ||
				counted(&ofAct, d.activateField(field, &act))
		}
		return true
	})
	if d.err != nil {
		return
	}
	var ok bool
	if t.Kind, ok = kindOf(name); !ok {
		d.fail("type %.40q is missing or no smart pool ticket's", name)
		return
	}
	var own, want int
	switch t.Kind {
	case KindInit:
		init.SmartPoolID, t.Init = id, &init
		own, want = ofInit, initFields
	case KindPart:
		part.SmartPoolID, t.Part = id, &part
		own, want = ofPart, partFields
	default:
		act.SmartPoolID, t.Activate = id, &act
		own, want = ofAct, activateFields
	}
	if own != want || fields != headFields+want {
		d.fail("a %s has %d of the %d fields of one, and %d in all", t.Kind, headFields+own, headFields+want, fields)
	}
}
