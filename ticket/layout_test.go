package ticket

import (
	"fmt"
	"regexp"
	"strings"
	"testing"
)

// golden is a form typed by hand: a ticket's JSON in the order of the proposal, its canonical form, and the statements by the
// signature they are for.
type golden struct {
	kind       Kind
	version    int64
	json       string
	canonical  string
	statements map[string]string
}

var goldens = []golden{
	{
		KindInit, 1, initJSON,
		`{"ticket":{"operator":{"agreement_signature":"c2ln","company":"Acme","operator_fee_address":"Pt1","pastelid":"jXb"},` +
			`"operator_fee_percentage":5.25,"overcollateralization_factor":1.5,"required_coins":5000000,` +
			`"smart_pool_id":"acme.0123456789abcdef0123456789abcdef01234567","smart_pool_signature":"c2lnMg==","subscription_period":576,` +
			`"supernode":{"supernode_pastel_id":"jXa"},"type":"smartpool_init","version":1}}`,
		map[string]string{
			"agreement_signature": "smartpool/1 operate net=main pool=acme.0123456789abcdef0123456789abcdef01234567",
			"smart_pool_signature": "smartpool/1 init net=main pool=acme.0123456789abcdef0123456789abcdef01234567 " +
				"digest=209f494d5d9a4a616ee6d9de37a3b1254766cda5c96e7428bb1d6897ea406520",
		},
	},
	{
		KindPart, 1, partJSON,
		`{"ticket":{"participant":{"address_signature":"c2lnMg==","pastel_id":"jXc","pledge_signature":"c2ln","pledged_coins":10000,` +
			`"reward_address":"Pt2","time_stamp":"2026-11-23T05:49:34Z","txid":"ab","vout_ind":0},` +
			`"smart_pool_id":"acme.0123456789abcdef0123456789abcdef01234567","type":"smartpool_part","version":1}}`,
		map[string]string{
			"pledge_signature": "smartpool/1 pledge net=main pool=acme.0123456789abcdef0123456789abcdef01234567 pastelid=jXc coins=10000 " +
				"output=ab:0 reward=Pt2 time=2026-11-23T05:49:34Z",
			"address_signature": "smartpool/1 pledge net=main pool=acme.0123456789abcdef0123456789abcdef01234567 pastelid=jXc coins=10000 " +
				"output=ab:0 reward=Pt2 time=2026-11-23T05:49:34Z",
		},
	},
	{
		KindActivate, 1, activateJSON,
		`{"ticket":{"operator_signature":"c2ln","participants":[{"address":"Pt3","pastel_id":"jXc"},{"address":"Pt4","pastel_id":"jXd"}],` +
			`"smart_pool_id":"acme.0123456789abcdef0123456789abcdef01234567","type":"smartpool_activate","version":1}}`,
		map[string]string{
			"operator_signature": "smartpool/1 activate net=main pool=acme.0123456789abcdef0123456789abcdef01234567 " +
				"digest=12df125d76e4fd496e3a5cfea00cbe4a8da4910d281ece04eb7473006497df0b",
		},
	},
}

// goldenTexts returns the JSON of every form, for tests of decoders and as seeds for fuzzing.
func goldenTexts() (texts []string) {
	for _, g := range goldens {
		texts = append(texts, g.json)
	}
	return texts
}

// statementsOf returns what each signature of a ticket covers.
func statementsOf(x *Ticket) map[string]string {
	const net = "main"
	switch x.Kind {
	case KindInit:
		return map[string]string{"agreement_signature": x.Init.AgreementStatement(net), "smart_pool_signature": x.Init.SmartPoolStatement(net)}
	case KindPart:
		return map[string]string{"pledge_signature": x.Part.PledgeStatement(net), "address_signature": x.Part.PledgeStatement(net)}
	default:
		return map[string]string{"operator_signature": x.Activate.OperatorStatement(net)}
	}
}

// TestGoldenForms: each form has a golden ticket, which reads, writes and is signed as typed.
func TestGoldenForms(t *testing.T) {
	typed := map[string]bool{}
	for _, g := range goldens {
		name := formName(g.kind, g.version)
		typed[name] = true
		x, err := Decode([]byte(g.json))
		if err != nil || x.Kind != g.kind || x.Version() != g.version {
			t.Errorf("golden JSON of %s: %+v (%v)", name, x, err)
			continue
		}
		sameAsSlow(t, []byte(g.json))
		if got := string(encoded(t, x)); got != g.canonical {
			t.Errorf("%s is written\n%s, want\n%s", name, got, g.canonical)
		}
		got := statementsOf(x)
		for field, want := range g.statements {
			if got[field] != want {
				t.Errorf("%s: %s is for\n%s, want\n%s", name, field, got[field], want)
			}
		}
		for field := range got {
			if g.statements[field] == "" {
				t.Errorf("%s has no statement for %s in goldens", name, field)
			}
		}
	}
	for _, form := range layouts {
		if name := formName(form.kind, form.version); !typed[name] {
			t.Errorf("goldens has no %s: type its JSON, canonical form and statements", name)
		}
	}
}

// TestLayoutsInOrder: the versions of a kind count up from 1, and every form begins with the same fields.
func TestLayoutsInOrder(t *testing.T) {
	count := map[Kind]int64{}
	for _, form := range layouts {
		if count[form.kind]++; form.version != count[form.kind] {
			t.Errorf("%s stands at place %d of its kind", formName(form.kind, form.version), count[form.kind])
		}
		fields := form.fields(blank(form.kind))
		if len(fields) > 32 {
			t.Errorf("%s has more fields than the decoder has bits", formName(form.kind, form.version))
		}
		for i, name := range []string{"type", "version", "smart_pool_id"} {
			if fields[i].name != name {
				t.Errorf("%s: field %d is %s, want %s", formName(form.kind, form.version), i, fields[i].name, name)
			}
		}
	}
	for _, k := range []Kind{KindInit, KindPart, KindActivate} {
		if k.Newest() != count[k] || count[k] == 0 {
			t.Errorf("newest %s is %d, want %d", k, k.Newest(), count[k])
		}
	}
}

// TestEverythingIsSigned: any change of a ticket's field changes a statement or, for a pool's terms, the id that every statement names.
// Only signatures are exempt: each from its own statement, the operator's on an init ticket from the id, and both of a pledge from the
// statement that they share.
func TestEverythingIsSigned(t *testing.T) {
	for _, form := range layouts {
		for i, f := range leaves("", form.fields(blank(form.kind))) {
			name := formName(form.kind, form.version) + " " + f.name
			before, after := filled(t, form), filled(t, form)
			if !alter(leaves("", form.fields(after))[i].at) {
				continue // what kind a ticket is, which its statement's verb says
			}
			own := f.name[strings.LastIndexByte(f.name, '.')+1:]
			was, is := statementsOf(before), statementsOf(after)
			for signature := range was {
				covers := signature != own
				switch {
				case form.kind == KindPart && was[own] != "":
					covers = false
				case signature == "agreement_signature":
					covers = own == "version" || own == "smart_pool_id"
				}
				if own == "version" {
					covers = true
				}
				if changed := was[signature] != is[signature]; changed != covers {
					t.Errorf("%s: the statement for %s covers it: %v, want %v", name, signature, changed, covers)
				}
			}
			if form.kind == KindInit {
				term := own != "smart_pool_id" && was[own] == ""
				if changed := before.Init.IDFor("acme") != after.Init.IDFor("acme"); changed != term {
					t.Errorf("%s: the pool's id commits to it: %v, want %v", name, changed, term)
				}
			}
		}
	}
}

// TestFormsAreDocumented: docs/protocol.md lists the fields of each form, in order and with the kinds of their values.
func TestFormsAreDocumented(t *testing.T) {
	doc := string(readFile(t, "..", "docs", "protocol.md"))
	for _, form := range layouts {
		name := fmt.Sprintf("`%s`, version %d", form.kind, form.version)
		_, rest, found := strings.Cut(doc, "\n| "+name+" | value |\n|---|---|\n")
		if !found {
			t.Errorf("docs/protocol.md has no table of fields headed %s", name)
			continue
		}
		table, _, _ := strings.Cut(rest, "\n\n")
		rows := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (text|integer|PSL|decimal|list)\\b.* \\|$").FindAllStringSubmatch(table, -1)
		if lines := strings.Count(table, "\n") + 1; lines != len(rows) {
			t.Errorf("docs/protocol.md: %d of %d rows of the table %s do not have the form | `field` | text, integer, PSL, decimal or list |", lines-len(rows), lines, name)
		}
		var want [][2]string
		for _, f := range everyLeaf("", form.fields(blank(form.kind))) {
			want = append(want, [2]string{f.name, valueName(t, f.at)})
		}
		for i := range max(len(rows), len(want)) {
			switch {
			case i >= len(want):
				t.Errorf("docs/protocol.md: the table %s has a row too many, %s", name, rows[i][1])
			case i >= len(rows) || rows[i][1] != want[i][0] || rows[i][2] != want[i][1]:
				t.Fatalf("docs/protocol.md: row %d of the table %s is not the one of %s, %s", i+1, name, want[i][0], want[i][1])
			}
		}
	}
}

// valueName is the word that documents a value.
func valueName(t testing.TB, at any) string {
	t.Helper()
	switch at.(type) {
	case *Kind, *string, *alias:
		return "text"
	case *int64:
		return "integer"
	case *coins:
		return "PSL"
	case *Decimal:
		return "decimal"
	case *list:
		return "list"
	}
	t.Fatalf("documents have no word for a %T", at)
	return ""
}

func formName(kind Kind, version int64) string { return fmt.Sprintf("%s of version %d", kind, version) }

// blank returns an empty ticket of a kind.
func blank(kind Kind) *Ticket {
	switch kind {
	case KindInit:
		return new(Init).Ticket()
	case KindPart:
		return new(Part).Ticket()
	default:
		return new(Activate).Ticket()
	}
}

func setVersion(x *Ticket, version int64) {
	switch x.Kind {
	case KindInit:
		x.Init.Version = version
	case KindPart:
		x.Part.Version = version
	default:
		x.Activate.Version = version
	}
}

// leaves returns every value of an object. Values of nested objects go by a path, such as operator.company.
func leaves(under string, fields []field) (all []field) {
	for _, f := range fields {
		if within, ok := f.at.([]field); ok {
			all = append(all, leaves(under+f.name+".", within)...)
		} else {
			all = append(all, field{under + f.name, f.at})
		}
	}
	return all
}

// everyLeaf returns leaves with those of a list's elements after the list, such as participants[].address.
func everyLeaf(under string, fields []field) (all []field) {
	for _, f := range leaves(under, fields) {
		all = append(all, f)
		if x, ok := f.at.(*list); ok {
			all = append(all, everyLeaf(f.name+"[].", x.element(new(Participant)))...)
		}
	}
	return all
}

// filled returns a ticket of a form in which every field has a different value.
func filled(t testing.TB, form layout) *Ticket {
	t.Helper()
	x := blank(form.kind)
	for i, f := range leaves("", form.fields(x)) {
		switch at := f.at.(type) {
		case *Kind:
		case *string:
			*at = "text " + f.name
		case *int64:
			*at = int64(100 + i)
		case *coins:
			*at = coins(100 + i)
		case *Decimal:
			*at = NewDecimal(int64(100+i), 0)
		case *list:
			var p Participant
			for _, f := range everyLeaf("", at.element(&p)) {
				*f.at.(*alias) = alias("text " + f.name)
			}
			*at.at = append(*at.at, p)
		default:
			t.Fatalf("nothing fills a %T, as %s is: teach filled", at, f.name)
		}
	}
	setVersion(x, form.version)
	return x
}

// alter changes a value and reports false if it cannot.
func alter(at any) bool {
	switch at := at.(type) {
	case *string:
		*at += "x"
	case *int64:
		*at++
	case *coins:
		*at++
	case *Decimal:
		*at = Decimal{at.literal + "1"}
	case *list:
		*at.at = append(*at.at, Participant{})
	default:
		return false
	}
	return true
}

// TestListElementsAreSigned: an activation's statement covers each field of each element of its list.
func TestListElementsAreSigned(t *testing.T) {
	for _, form := range layouts {
		for _, f := range leaves("", form.fields(blank(form.kind))) {
			within, ok := f.at.(*list)
			if !ok {
				continue
			}
			for i, e := range within.element(new(Participant)) {
				before, after := filled(t, form), filled(t, form)
				*within.element(&after.Activate.Participants[0])[i].at.(*alias) += "x"
				if before.Activate.OperatorStatement("main") == after.Activate.OperatorStatement("main") {
					t.Errorf("%s: no statement covers %s[].%s", formName(form.kind, form.version), f.name, e.name)
				}
			}
		}
	}
}
