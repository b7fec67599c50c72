package ticket

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// The proposal's forms, filled in; tests change one thing in them.
const (
	initJSON = `{"ticket":{"type":"smartpool_init","version":1,"smart_pool_id":"acme.0123456789abcdef0123456789abcdef01234567",` +
		`"subscription_period":576,"required_coins":5000000,"overcollateralization_factor":1.5,"operator_fee_percentage":5.25,` +
		`"supernode":{"supernode_pastel_id":"jXa"},"operator":{"company":"Acme","pastelid":"jXb","operator_fee_address":"Pt1",` +
		`"agreement_signature":"c2ln"},"smart_pool_signature":"c2lnMg=="}}`
	partJSON = `{"ticket":{"type":"smartpool_part","version":1,"smart_pool_id":"acme.0123456789abcdef0123456789abcdef01234567",` +
		`"participant":{"pastel_id":"jXc","pledged_coins":10000,"pledge_signature":"c2ln","txid":"ab","vout_ind":0,` +
		`"address_signature":"c2lnMg==","reward_address":"Pt2","time_stamp":"2026-11-23T05:49:34Z"}}}`
	activateJSON = `{"ticket":{"type":"smartpool_activate","version":1,"smart_pool_id":"acme.0123456789abcdef0123456789abcdef01234567",` +
		`"participants":[{"pastel_id":"jXc","address":"Pt3"},{"pastel_id":"jXd","address":"Pt4"}],"operator_signature":"c2ln"}}`
)

func TestDecodeFields(t *testing.T) {
	const id = PoolID("acme.0123456789abcdef0123456789abcdef01234567")
	for text, want := range map[string]*Ticket{
		initJSON: {Kind: KindInit, Init: &Init{
			Version: 1, SmartPoolID: id, SubscriptionPeriod: 576, RequiredCoins: 5_000_000, Factor: decimal(t, "1.5"), Fee: decimal(t, "5.25"),
			SupernodePastelID: "jXa", Company: "Acme", OperatorPastelID: "jXb", OperatorFeeAddress: "Pt1", AgreementSignature: "c2ln",
			SmartPoolSignature: "c2lnMg==",
		}},
		partJSON: {Kind: KindPart, Part: &Part{
			Version: 1, SmartPoolID: id, PastelID: "jXc", PledgedCoins: 10_000, PledgeSignature: "c2ln", TxID: "ab", Vout: 0,
			AddressSignature: "c2lnMg==", RewardAddress: "Pt2", TimeStamp: "2026-11-23T05:49:34Z",
		}},
		activateJSON: {Kind: KindActivate, Activate: &Activate{
			Version: 1, SmartPoolID: id, Participants: []Participant{{"jXc", "Pt3"}, {"jXd", "Pt4"}}, OperatorSignature: "c2ln",
		}},
	} {
		got, err := Decode([]byte(text))
		if err != nil {
			t.Fatal(err)
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%+v, want %+v", got, want)
		}
	}
}

// edit is a ticket with one thing changed.
type edit struct{ name, base, old, new string }

func (e edit) text(t testing.TB) []byte {
	t.Helper()
	if !strings.Contains(e.base, e.old) {
		t.Fatalf("%s: %q is not in the ticket", e.name, e.old)
	}
	return []byte(strings.Replace(e.base, e.old, e.new, 1))
}

func reasonOf(t testing.TB, err error) Reason {
	t.Helper()
	var r *Rejection
	switch {
	case err == nil:
		return ""
	case !errors.As(err, &r):
		t.Fatalf("error %v is no Rejection", err)
	case r.Detail == "" || len(r.Detail) > 400:
		t.Errorf("detail has %d bytes: %.500q", len(r.Detail), r.Detail)
	}
	return r.Reason
}

// TestDecodeAccepts lists unusual tickets that are well formed.
func TestDecodeAccepts(t *testing.T) {
	for _, e := range []edit{
		{"white space", initJSON, `{"ticket":`, " \t\r\n{ \"ticket\" :\n"},
		{"white space at the end", initJSON, `"}}`, "\"} } \r\n\t "},
		{"type last", partJSON, `"type":"smartpool_part",`, ``},
		{"escaped name", initJSON, `"type"`, `"\u0074ype"`},
		{"escaped value", initJSON, `"smartpool_init"`, `"smartpool\u005finit"`},
		{"escapes", initJSON, `"Acme"`, `"\"\\\/\b\f\n\r\t\u0000\u001f"`},
		{"surrogate pair", initJSON, `"Acme"`, `"\ud83d\ude00\uD83D\uDE00"`},
		{"raw UTF-8", initJSON, `"Acme"`, "\"é\u2028😀\uffff\ufeff\""},
		{"empty strings", activateJSON, `"jXc","address":"Pt3"`, `"","address":""`},
		{"no participants", activateJSON, `{"pastel_id":"jXc","address":"Pt3"},{"pastel_id":"jXd","address":"Pt4"}`, ``},
		{"greatest integer", initJSON, `5000000`, `9007199254740991`},
		{"zero", initJSON, `576`, `0`},
		{"supply", partJSON, `10000`, `21000000000`},
		{"integer as decimal", initJSON, `1.5`, `2`},
		{"trailing zeros", initJSON, `1.5`, `1.5000000000000000000000000`},
		{"decimal out of every range", initJSON, `5.25`, strings.Repeat("9", 500)},
		{"512 bytes", initJSON, `Acme`, strings.Repeat("x", 512)},
		{"512 bytes, escaped", initJSON, `Acme`, strings.Repeat(`\u0041`, 512)},
		{"512 bytes, two each", initJSON, `Acme`, strings.Repeat("é", 256)},
		{"largest JSON", initJSON, `{"ticket"`, strings.Repeat(" ", 131_072-len(initJSON)) + `{"ticket"`},
	} {
		text := e.text(t)
		if e.name == "type last" {
			text = bytes.Replace(text, []byte(`}}}`), []byte(`},"type":"smartpool_part"}}`), 1)
		}
		if _, err := Decode(text); err != nil {
			t.Errorf("%s: %v", e.name, err)
		}
		sameAsSlow(t, text)
	}
}

// TestDecodeRefuses has one fault a case.
func TestDecodeRefuses(t *testing.T) {
	for _, e := range []edit{
		{"nothing", initJSON, initJSON, ``},
		{"white space", initJSON, initJSON, ` `},
		{"null", initJSON, initJSON, `null`},
		{"an array", initJSON, initJSON, `[` + initJSON + `]`},
		{"a string", initJSON, initJSON, `"ticket"`},
		{"no ticket", initJSON, initJSON, `{}`},
		{"ticket is null", initJSON, initJSON, `{"ticket":null}`},
		{"ticket is empty", initJSON, initJSON, `{"ticket":{}}`},
		{"ticket is an array", initJSON, initJSON, `{"ticket":[]}`},
		{"two tickets", initJSON, `}}`, `}},"ticket":{}}`},
		{"a field beside", initJSON, `{"ticket"`, `{"note":1,"ticket"`},
		{"name in another case", initJSON, `"ticket"`, `"Ticket"`},
		{"inner name in another case", initJSON, `"type"`, `"Type"`},
		{"folded name", initJSON, `"smart_pool_id"`, `"ſmart_pool_id"`},
		{"trailing object", initJSON, `"}}`, `"}}{}`},
		{"trailing comma", initJSON, `"}}`, `"}},`},
		{"trailing letter", initJSON, `"}}`, `"}}x`},
		{"trailing NUL", initJSON, `"}}`, "\"}}\x00"},
		{"byte order mark", initJSON, `{"ticket"`, "\ufeff" + `{"ticket"`},
		{"comment", initJSON, `"version"`, `/**/"version"`},
		{"comma before the end", initJSON, `"}}`, `",}}`},
		{"missing comma", initJSON, `,"version"`, ` "version"`},
		{"single quotes", initJSON, `"Acme"`, `'Acme'`},
		{"cut off", initJSON, `"}}`, `"}`},
		{"cut off in a string", initJSON, `"}}`, ``},
		{"closed by the other bracket", activateJSON, `}],`, `}},`},
		{"type of nothing", initJSON, `smartpool_init`, `smartpool`},
		{"type in another case", initJSON, `smartpool_init`, `smartpool_Init`},
		{"fields of another type", initJSON, `smartpool_init`, `smartpool_part`},
		{"a field of another type", initJSON, `"version":1`, `"version":1,"operator_signature":""`},
		{"duplicate, escaped", initJSON, `"version":1`, `"version":1,"\u0076ersion":1`},
		{"control character", initJSON, `Acme`, "Ac\nme"},
		{"DEL is fine but this is not", initJSON, `Acme`, "Ac\x1fme"},
		{"unknown escape", initJSON, `Acme`, `\x41`},
		{"short escape", initJSON, `Acme`, `\u41`},
		{"lone high surrogate", initJSON, `Acme`, `\ud83d`},
		{"lone low surrogate", initJSON, `Acme`, `\ude00`},
		{"surrogates swapped", initJSON, `Acme`, `\ude00\ud83d`},
		{"two high surrogates", initJSON, `Acme`, `\ud83d\ud83d\ude00`},
		{"high surrogate, then a letter", initJSON, `Acme`, `\ud83dA`},
		{"high surrogate, then raw", initJSON, `Acme`, `\ud83d\u0041`},
		{"invalid UTF-8", initJSON, `Acme`, "\xff"},
		{"overlong UTF-8", initJSON, `Acme`, "\xc0\x80"},
		{"surrogate in UTF-8", initJSON, `Acme`, "\xed\xa0\x80"},
		{"beyond Unicode", initJSON, `Acme`, "\xf4\x90\x80\x80"},
		{"cut UTF-8", initJSON, `Acme`, "\xe2\x82"},
		{"invalid UTF-8 in a name", initJSON, `"type"`, "\"type\xff\""},
		{"513 bytes", initJSON, `Acme`, strings.Repeat("x", 513)},
		{"513 bytes, escaped", initJSON, `Acme`, strings.Repeat(`\u0041`, 513)},
		{"514 bytes, two each", initJSON, `Acme`, strings.Repeat("é", 257)},
		{"513 bytes in a list", activateJSON, `jXd`, strings.Repeat("x", 513)},
		{"513 bytes in the id", initJSON, `acme.`, strings.Repeat("x", 513)},
		{"JSON too large", initJSON, `{"ticket"`, strings.Repeat(" ", 131_073-len(initJSON)) + `{"ticket"`},
		{"integer too large", initJSON, `5000000`, `9007199254740992`},
		{"integer beyond int64", initJSON, `5000000`, `99999999999999999999`},
		{"integer with a point", initJSON, `5000000`, `5000000.0`},
		{"integer with an exponent", initJSON, `5000000`, `5e6`},
		{"negative", initJSON, `5000000`, `-5000000`},
		{"minus zero", partJSON, `"vout_ind":0`, `"vout_ind":-0`},
		{"plus", partJSON, `"vout_ind":0`, `"vout_ind":+0`},
		{"leading zero", partJSON, `"vout_ind":0`, `"vout_ind":00`},
		{"hexadecimal", partJSON, `"vout_ind":0`, `"vout_ind":0x0`},
		{"integer in quotes", partJSON, `"vout_ind":0`, `"vout_ind":"0"`},
		{"NaN", partJSON, `"vout_ind":0`, `"vout_ind":NaN`},
		{"above the supply", partJSON, `10000`, `21000000001`},
		{"version with a point", initJSON, `"version":1`, `"version":1.0`},
		{"version in quotes", initJSON, `"version":1`, `"version":"1"`},
		{"decimal without digits after the point", initJSON, `1.5`, `1.`},
		{"decimal without digits before the point", initJSON, `1.5`, `.5`},
		{"decimal with an exponent", initJSON, `1.5`, `15e-1`},
		{"decimal with both", initJSON, `1.5`, `1.5e0`},
		{"decimal with a sign", initJSON, `1.5`, `-1.5`},
		{"decimal with a leading zero", initJSON, `1.5`, `01.5`},
		{"decimal in quotes", initJSON, `1.5`, `"1.5"`},
		{"fee with an exponent", initJSON, `5.25`, `525E-2`},
		{"deep arrays", initJSON, `576`, strings.Repeat("[", 50_000)},
		{"deep objects", initJSON, `576`, strings.Repeat(`{"a":`, 40_000)},
		{"malformed before version", initJSON, `"version":1`, `"version":2,"x":1`},
	} {
		if got := reasonOf(t, second(Decode(e.text(t)))); got != ReasonMalformed {
			t.Errorf("%s: %q, want %q", e.name, got, ReasonMalformed)
		}
		sameAsSlow(t, e.text(t))
	}
}

func second(_ *Ticket, err error) error { return err }

// TestDecodeVersion: a ticket of an unknown version is bad_version if version 1 could read it, else malformed.
func TestDecodeVersion(t *testing.T) {
	for _, v := range []string{"0", "2", "10", "9007199254740991"} {
		for _, base := range []string{initJSON, partJSON, activateJSON} {
			e := edit{"version " + v, base, `"version":1`, `"version":` + v}
			if n, err := strconv.ParseInt(v, 10, 64); err != nil || known(t, base, n) {
				continue
			}
			if got := reasonOf(t, second(Decode(e.text(t)))); got != ReasonBadVersion {
				t.Errorf("version %s: %q, want %q", v, got, ReasonBadVersion)
			}
			e.new += `,"news":1`
			if got := reasonOf(t, second(Decode(e.text(t)))); got != ReasonMalformed {
				t.Errorf("version %s with another field: %q, want %q", v, got, ReasonMalformed)
			}
		}
	}
}

// TestVersionThatDoesNotCountYet: a version that begins to count at a later height is as if it did not exist.
func TestVersionThatDoesNotCountYet(t *testing.T) {
	for _, g := range goldens {
		for newest, want := range map[int64]Reason{g.version - 1: ReasonBadVersion, g.version: "", AnyVersion: ""} {
			_, rejection := decode([]byte(g.json), anyKind, newest)
			if want != "" && g.version > 1 {
				old := edit{"", g.json, fmt.Sprintf(`"version":%d`, g.version), `"version":9007199254740991`}.text(t)
				_, unknown := decode(old, anyKind, AnyVersion)
				want = unknown.Reason
			}
			if (rejection == nil) != (want == "") || rejection != nil && rejection.Reason != want {
				t.Errorf("%s, with versions up to %d: %v, want %q", formName(g.kind, g.version), newest, rejection, want)
			}
		}
	}
}

// known reports whether the kind of a ticket's JSON has a version.
func known(t testing.TB, base string, version int64) bool {
	t.Helper()
	x, err := Decode([]byte(base))
	if err != nil {
		t.Fatal(err)
	}
	_, known := layoutOf(x.Kind, version, AnyVersion)
	return known
}

// TestHeadAnywhere: type and version decide how the rest is read, and may be anywhere in the object, in any spelling.
func TestHeadAnywhere(t *testing.T) {
	for _, base := range goldenTexts() {
		var doc struct {
			Ticket map[string]json.RawMessage `json:"ticket"`
		}
		if err := json.Unmarshal([]byte(base), &doc); err != nil {
			t.Fatal(err)
		}
		want, err := Decode([]byte(base))
		if err != nil {
			t.Fatal(err)
		}
		rest := slices.Sorted(maps.Keys(doc.Ticket))
		rest = slices.DeleteFunc(rest, func(name string) bool { return name == "type" || name == "version" })
		for at := range len(rest) + 1 {
			for to := range len(rest) + 1 {
				names := slices.Insert(slices.Clone(rest), at, "type")
				names = slices.Insert(names, to, "version")
				var members []string
				for _, name := range names {
					members = append(members, fmt.Sprintf("%q : %s", name, doc.Ticket[name]))
				}
				text := []byte("{\"ticket\":{" + strings.Join(members, " ,\n") + "}}")
				text = bytes.Replace(text, []byte(`"version"`), []byte(`"\u0076ersion"`), 1)
				if got, err := Decode(text); err != nil || !reflect.DeepEqual(got, want) {
					t.Errorf("%s is %+v (%v), want %+v", text, got, err, want)
				}
				sameAsSlow(t, text)
			}
		}
	}
}

// TestHeadWithin: a type or version deeper in the object, in a text or after a bracket of the other kind is not the ticket's own.
func TestHeadWithin(t *testing.T) {
	for _, e := range []edit{
		{"an object before", partJSON, `{"type":"smartpool_part",`, `{"x":{"type":"smartpool_init","version":7},"type":"smartpool_part",`},
		{"an array before", partJSON, `{"type":"smartpool_part",`, `{"x":["type","smartpool_init"],"type":"smartpool_part",`},
		{"a text before", activateJSON, `{"type":"smartpool_activate","version":1,`, `{"smart_pool_id":"\"type\":\\","type":"smartpool_activate","version":1,`},
		{"a bracket too many", partJSON, `{"type":"smartpool_part",`, `{"x":[}],"type":"smartpool_part",`},
		{"no value", partJSON, `{"type":"smartpool_part",`, `{"participant":,"type":"smartpool_part",`},
		{"two types", partJSON, `{"type":"smartpool_part",`, `{"type":"smartpool_init","type":"smartpool_part",`},
		{"two types around", partJSON, `}}}`, `},"type":"smartpool_part"}}`},
		{"two versions", partJSON, `}}}`, `},"version":1}}`},
		{"two versions before", partJSON, `{"type":"smartpool_part",`, `{"version":1,"version":2,"type":"smartpool_part",`},
		{"ends in an escape", partJSON, `"smartpool_part","version":1,"smart_pool_id":"acme.0123456789abcdef0123456789abcdef01234567"`, `"smartpool_part","smart_pool_id":"\`},
	} {
		if got := reasonOf(t, second(Decode(e.text(t)))); got != ReasonMalformed {
			t.Errorf("%s: %q, want %q", e.name, got, ReasonMalformed)
		}
		sameAsSlow(t, e.text(t))
	}
}

// TestDecodeEveryField takes each value of each ticket, at every level, and omits it, doubles it, renames it and gives it every other
// JSON type: all of that is malformed.
func TestDecodeEveryField(t *testing.T) {
	for _, base := range goldenTexts() {
		var whole any
		dec := json.NewDecoder(strings.NewReader(base))
		dec.UseNumber()
		if err := dec.Decode(&whole); err != nil {
			t.Fatal(err)
		}
		var same bytes.Buffer
		writeJSON(&same, whole, nil, nil)
		for _, path := range paths(whole, nil) {
			for name, write := range map[string]func(b *bytes.Buffer, name string, v any) bool{
				"left out": func(*bytes.Buffer, string, any) bool { return false },
				"doubled": func(b *bytes.Buffer, name string, v any) bool {
					fmt.Fprintf(b, "%q:", name)
					writeJSON(b, v, nil, nil)
					fmt.Fprintf(b, ",%q:", name)
					writeJSON(b, v, nil, nil)
					return true
				},
				"renamed": func(b *bytes.Buffer, name string, v any) bool {
					fmt.Fprintf(b, "%q:", name+" ")
					writeJSON(b, v, nil, nil)
					return true
				},
				"null":   replaced("null", nil),
				"true":   replaced("true", nil),
				"object": replaced("{}", nil),
				"array":  replaced("[]", []any{}),
				"string": replaced(`"x"`, ""),
				"number": replaced("3", json.Number("0")),
			} {
				var b bytes.Buffer
				writeJSON(&b, whole, path, write)
				if bytes.Equal(b.Bytes(), same.Bytes()) {
					continue // the type it had
				}
				sameAsSlow(t, b.Bytes())
				if got := reasonOf(t, second(Decode(b.Bytes()))); got != ReasonMalformed {
					t.Errorf("%s %s: %q, want %q\n%s", strings.Join(path, "."), name, got, ReasonMalformed, b.String())
				}
			}
		}
	}
}

// replaced writes another value, unless the field has values of that type.
func replaced(value string, likeOld any) func(b *bytes.Buffer, name string, v any) bool {
	return func(b *bytes.Buffer, name string, v any) bool {
		fmt.Fprintf(b, "%q:", name)
		if reflect.TypeOf(v) == reflect.TypeOf(likeOld) {
			writeJSON(b, v, nil, nil)
		} else {
			b.WriteString(value)
		}
		return true
	}
}

// paths lists every field below v; an element of a list goes by its index.
func paths(v any, at []string) (list [][]string) {
	switch v := v.(type) {
	case map[string]any:
		for _, name := range slices.Sorted(maps.Keys(v)) {
			p := append(slices.Clone(at), name)
			list = append(append(list, p), paths(v[name], p)...)
		}
	case []any:
		for i := range v {
			list = append(list, paths(v[i], append(slices.Clone(at), fmt.Sprint(i)))...)
		}
	}
	return list
}

// writeJSON prints v. The function write writes the field at path and reports false if it wrote nothing.
func writeJSON(b *bytes.Buffer, v any, path []string, write func(b *bytes.Buffer, name string, v any) bool) {
	below := func(name string) []string {
		if len(path) > 1 && path[0] == name {
			return path[1:]
		}
		return nil
	}
	switch v := v.(type) {
	case map[string]any:
		b.WriteByte('{')
		first := true
		for _, name := range slices.Sorted(maps.Keys(v)) {
			var item bytes.Buffer
			if len(path) == 1 && path[0] == name {
				if !write(&item, name, v[name]) {
					continue
				}
			} else {
				fmt.Fprintf(&item, "%q:", name)
				writeJSON(&item, v[name], below(name), write)
			}
			if !first {
				b.WriteByte(',')
			}
			first = false
			b.Write(item.Bytes())
		}
		b.WriteByte('}')
	case []any:
		b.WriteByte('[')
		for i := range v {
			if i > 0 {
				b.WriteByte(',')
			}
			writeJSON(b, v[i], below(fmt.Sprint(i)), write)
		}
		b.WriteByte(']')
	default:
		text, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		b.Write(text)
	}
}

// TestDecodeDamaged: with one byte changed, removed or inserted, every ticket decodes as a plain decoder decodes it.
func TestDecodeDamaged(t *testing.T) {
	for _, base := range goldenTexts() {
		for at := range len(base) {
			sameAsSlow(t, []byte(base[:at]))
			sameAsSlow(t, []byte(base[:at]+base[at+1:]))
			for _, c := range []string{" ", "\n", "\x00", "\"", "\\", "{", "}", "[", "]", ",", ":", "0", "9", "-", ".", "e", "n", "x", "\x7f", "\xff", "é", `\u0061`, `\ud800`} {
				sameAsSlow(t, []byte(base[:at]+c+base[at:]))
				sameAsSlow(t, []byte(base[:at]+c+base[at+1:]))
			}
		}
	}
}

// TestParticipantsLimit: an activation lists at most MaxPledges (protocol 2).
func TestParticipantsLimit(t *testing.T) {
	for n, want := range map[int]Reason{0: "", 1: "", 499: "", 500: "", 501: ReasonMalformed, 700: ReasonMalformed} {
		text := listed(t, n)
		got, err := Decode(text)
		if r := reasonOf(t, err); r != want || err == nil && len(got.Activate.Participants) != n {
			t.Errorf("%d participants: %v, want %q", n, err, want)
		}
		sameAsSlow(t, text)
	}
}

// FuzzDecodeTicket: a ticket decodes as a plain decoder decodes it, and encodes to something that decodes to the same ticket.
func FuzzDecodeTicket(f *testing.F) {
	for _, x := range samples(f) {
		f.Add(encoded(f, x))
	}
	for _, text := range append(goldenTexts(), `{"ticket":{"type":"smartpool_init","type":"smartpool_part"}}`) {
		f.Add([]byte(text))
	}
	for _, name := range []string{"life", "dense", "odd"} {
		seen := map[Kind]int{}
		for _, x := range recorded(f, name).carried(regtest(f)) {
			if x.Ticket == nil || seen[x.Ticket.Kind] > 2 {
				continue
			}
			seen[x.Ticket.Kind]++
			f.Add(encoded(f, x.Ticket))
		}
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		sameAsSlow(t, text)
		x, err := Decode(text)
		if err != nil {
			return
		}
		canonical, err := x.Encode()
		var again *Ticket
		if err == nil {
			again, err = Decode(canonical)
		}
		if err != nil {
			// A decimal may exceed what a double holds, or its canonical form may have an exponent. The rules reject such a
			// number before they hash anything.
			if x.Init == nil {
				t.Fatalf("%q: %v", text, err)
			}
			low := *x.Init
			low.RequiredCoins = 1000
			if _, reason := low.Terms(regtestLimits); reason != ReasonFactorOutOfRange && reason != ReasonFeeOutOfRange {
				t.Fatalf("%q: %v", text, err)
			}
			return
		}
		if twice := encoded(t, again); !bytes.Equal(twice, canonical) {
			t.Fatalf("%s encodes to %s", canonical, twice)
		}
	})
}
