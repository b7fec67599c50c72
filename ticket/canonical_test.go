package ticket

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
	"github.com/gowebpki/jcs"
	"pgregory.net/rapid"

	"github.com/pastelnetwork/smartpool/pastel"
)

// TestCanonicalTexts: RFC 8785, 3.2.2.2.
func TestCanonicalTexts(t *testing.T) {
	for in, want := range map[string]string{
		"": `""`, "plain": `"plain"`, "\x00\x1f\b\f\n\r\t\"\\": `"\u0000\u001f\b\f\n\r\t\"\\"`, "\x7f<>&'/": "\"\x7f<>&'/\"",
		"é\u2028\U0001F600\ufffd": "\"é\u2028\U0001F600\ufffd\"", "\na\n": `"\na\n"`, "\v": `"\u000b"`,
	} {
		if got, err := appendText(nil, in); err != nil || string(got) != want {
			t.Errorf("%q: %s %v, want %s", in, got, err, want)
		}
	}
	for _, in := range []string{"\xff", "a\xc0\x80", "\xed\xa0\x80", "\xf4\x90\x80\x80", "é\xe2\x82"} {
		if got, err := appendText(nil, in); err == nil {
			t.Errorf("%q is %s", in, got)
		}
	}
	rapid.Check(t, func(t *rapid.T) { sameAsJCS(t, rapid.String().Draw(t, "text")) })
}

// TestCanonicalDecimals: every factor and fee in range prints as written but without trailing zeros; others print as the nearest double.
func TestCanonicalDecimals(t *testing.T) {
	check := func(literal, want string) {
		if got, err := appendDecimal(nil, decimal(t, literal)); err != nil || string(got) != want {
			t.Fatalf("%s: %s %v, want %s", literal, got, err, want)
		}
		sameAsJCS(t, decimal(t, literal))
	}
	for n := int64(10_000); n <= 30_000; n++ {
		check(fmt.Sprintf("%d.%04d", n/10_000, n%10_000), NewDecimal(n, 4).String())
	}
	for n := int64(300); n <= 1_500; n++ {
		check(fmt.Sprintf("%d.%02d", n/100, n%100), NewDecimal(n, 2).String())
	}
	check("1.10000000000000000000000000000000001", "1.1")
	check("0."+strings.Repeat("0", 400)+"1", "0")
	check("123456789012345678901234567890", "1.2345678901234568e+29")
	if got, err := appendDecimal(nil, decimal(t, "1"+strings.Repeat("0", 400))); err == nil {
		t.Errorf("a number beyond any double is %s", got)
	}
}

// sameAsJCS compares with two libraries.
func sameAsJCS(t rapid.TB, v any) {
	t.Helper()
	text, isText := v.(string)
	at := any(&text)
	if d, ok := v.(Decimal); ok {
		at = &d
	}
	got, err := appendValue(nil, at, nil)
	if err != nil {
		t.Fatal(err)
	}
	source := []byte(fmt.Sprint(v))
	if isText {
		if source, err = json.Marshal(text); err != nil {
			t.Fatal(err)
		}
	}
	other := jsontext.Value(bytes.Clone(source))
	if err := other.Canonicalize(); err != nil {
		t.Fatal(err)
	}
	if want, err := jcs.Transform(source); err != nil || !bytes.Equal(got, want) || !bytes.Equal(got, other) {
		t.Fatalf("%s is %s, libraries say %s and %s (%v)", source, got, want, other, err)
	}
}

// TestGoldenDigest: canonical JSON typed by hand, hashed by hand.
func TestGoldenDigest(t *testing.T) {
	x := &Init{
		Version: 1, SubscriptionPeriod: 30, RequiredCoins: 1000, Factor: decimal(t, "1.20"), Fee: decimal(t, "5.0"), SupernodePastelID: "jXs",
		Company: "A<é\n", OperatorPastelID: "jXo", OperatorFeeAddress: "tPx", AgreementSignature: "YQ==", SmartPoolSignature: "Yg==",
	}
	const terms = `{"operator":{"company":"A<é\n","operator_fee_address":"tPx","pastelid":"jXo"},` +
		`"operator_fee_percentage":5,"overcollateralization_factor":1.2,"required_coins":1000,"smart_pool_id":"acme",` +
		`"subscription_period":30,"supernode":{"supernode_pastel_id":"jXs"},"type":"smartpool_init","version":1}`
	hash := sha256.Sum256([]byte(terms))
	x.SmartPoolID = x.IDFor("acme")
	if want := PoolID("acme." + hex.EncodeToString(hash[:20])); x.SmartPoolID != want {
		t.Errorf("id is %s, want %s", x.SmartPoolID, want)
	}

	signed := `{"operator":{"agreement_signature":"YQ==","company":"A<é\n","operator_fee_address":"tPx","pastelid":"jXo"},` +
		`"operator_fee_percentage":5,"overcollateralization_factor":1.2,"required_coins":1000,"smart_pool_id":"` + string(x.SmartPoolID) +
		`","subscription_period":30,"supernode":{"supernode_pastel_id":"jXs"},"type":"smartpool_init","version":1}`
	want := fmt.Sprintf("smartpool/1 init net=main pool=%s digest=%x", x.SmartPoolID, sha256.Sum256([]byte(signed)))
	if got := x.SmartPoolStatement("main"); got != want {
		t.Errorf("statement is\n%s, want\n%s", got, want)
	}

	a := &Activate{Version: 1, SmartPoolID: "acme.1", Participants: []Participant{{"jXb", "tPb"}, {"jXa", "tPa"}}, OperatorSignature: "YQ=="}
	const list = `{"participants":[{"address":"tPb","pastel_id":"jXb"},{"address":"tPa","pastel_id":"jXa"}],"smart_pool_id":"acme.1",` +
		`"type":"smartpool_activate","version":1}`
	want = fmt.Sprintf("smartpool/1 activate net=main pool=acme.1 digest=%x", sha256.Sum256([]byte(list)))
	if got := a.OperatorStatement("main"); got != want {
		t.Errorf("statement is\n%s, want\n%s", got, want)
	}
	a.Participants = nil
	const all = `{"participants":[],"smart_pool_id":"acme.1","type":"smartpool_activate","version":1}`
	want = fmt.Sprintf("smartpool/1 activate net=main pool=acme.1 digest=%x", sha256.Sum256([]byte(all)))
	if got := a.OperatorStatement("main"); got != want {
		t.Errorf("statement is\n%s, want\n%s", got, want)
	}
}

// TestGoldenStatements retypes protocol 2, and what real wallets signed on the recorded chain.
func TestGoldenStatements(t *testing.T) {
	const id = PoolID("acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82")
	for got, want := range map[string]string{
		(&Init{Version: 1, SmartPoolID: id}).AgreementStatement("main"): "smartpool/1 operate net=main pool=acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82",
		(&Part{
			Version: 1, SmartPoolID: id, PastelID: "jXa1nnbn9UJASY64eEHczYtFRg2WYE1i9UpYK4UNawGydG9rHHhYEMWnMA84KKDNjt2qeYvA1HyS1NJ2Ar7aoA", PledgedCoins: 500,
			TxID: "cd23c3097042dd58aa31d32c9b4bf42b3e015cfe63dfeac300812152042e867c", RewardAddress: "tPhRa3JEv26x6oryVkF1ynqRAc4ju9Qa9iw",
			TimeStamp: "2026-11-23T05:49:34Z", PledgeSignature: "not covered", AddressSignature: "not covered",
		}).PledgeStatement("regtest"): "smartpool/1 pledge net=regtest pool=acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82 " +
			"pastelid=jXa1nnbn9UJASY64eEHczYtFRg2WYE1i9UpYK4UNawGydG9rHHhYEMWnMA84KKDNjt2qeYvA1HyS1NJ2Ar7aoA coins=500 " +
			"output=cd23c3097042dd58aa31d32c9b4bf42b3e015cfe63dfeac300812152042e867c:0 reward=tPhRa3JEv26x6oryVkF1ynqRAc4ju9Qa9iw " +
			"time=2026-11-23T05:49:34Z",
		// Fields go in as they are; a bad PastelID, id, address or time never reaches a signature check.
		(&Part{Version: 1, SmartPoolID: "p q", PastelID: "a\nb", PledgedCoins: 1, TxID: "", Vout: 4294967296, RewardAddress: "é", TimeStamp: " "}).PledgeStatement("testnet"): "smartpool/1 pledge net=testnet pool=p q pastelid=a\nb coins=1 output=:4294967296 reward=é time= ",
	} {
		if got != want {
			t.Errorf("statement is\n%s, want\n%s", got, want)
		}
	}
	for _, f := range recorded(t, "life").carried(regtest(t)) {
		if f.Ticket == nil || f.height != 123 && f.height != 135 {
			continue
		}
		want := "smartpool/1 init net=regtest pool=" + string(id) + " digest=17596a9471a4486a6e27ce6cbd4fd18db16582550a03596af13f4b2524606c5f"
		got := ""
		switch f.Ticket.Kind {
		case KindInit:
			got = f.Ticket.Init.SmartPoolStatement("regtest")
		case KindActivate:
			got = f.Ticket.Activate.OperatorStatement("regtest")
			want = "smartpool/1 activate net=regtest pool=" + string(id) + " digest=2355e49040840352274274f3fc13d020433bf2ae46efc4f72f3014b8727714e9"
		}
		if got != want {
			t.Errorf("height %d: statement is\n%s, want\n%s", f.height, got, want)
		}
	}
}

// TestNoCanonicalForm: what cannot be JSON neither encodes nor has an id, and does not panic.
func TestNoCanonicalForm(t *testing.T) {
	for name, change := range map[string]func(x *Init){
		"not UTF-8":                func(x *Init) { x.Company = "\xff" },
		"no factor":                func(x *Init) { x.Factor = Decimal{} },
		"factor beyond any double": func(x *Init) { x.Factor = decimal(t, "1"+strings.Repeat("0", 400)) },
	} {
		x := sampleInit(t)
		change(x)
		if text, err := x.Ticket().Encode(); err == nil {
			t.Errorf("%s: %s", name, text)
		}
		if id := x.IDFor("acme"); id != "" {
			t.Errorf("%s: id is %s", name, id)
		}
		if got := x.SmartPoolStatement("main"); !strings.HasSuffix(got, " digest=") {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestParsePoolID(t *testing.T) {
	const hash = "0123456789abcdef0123456789abcdef01234567"
	for s, want := range map[string]string{
		"abc." + hash: "abc", "a-9." + hash: "a-9", "---." + hash: "---", strings.Repeat("z", 32) + "." + hash: strings.Repeat("z", 32),
	} {
		if got, err := ParsePoolID(s); err != nil || got != want {
			t.Errorf("%s: %q %v, want %q", s, got, err, want)
		}
	}
	for _, s := range []string{
		"", ".", "abc", "abc.", "ab." + hash, "." + hash, strings.Repeat("z", 33) + "." + hash, "Abc." + hash, "a_c." + hash, "a c." + hash,
		"äbc." + hash, "abc." + hash[:39], "abc." + hash + "0", "abc." + strings.ToUpper(hash), "abc.x." + hash, "abc.." + hash,
		"abc." + hash[:39] + "g", "abc." + hash + ".", "abc\x00." + hash, " abc." + hash, "abc." + hash + "\n",
	} {
		if label, err := ParsePoolID(s); err == nil {
			t.Errorf("%q has the label %q", s, label)
		}
	}
}

// drawTicket draws any ticket of any form that can be encoded, sensible or not.
func drawTicket(t *rapid.T) *Ticket {
	text := rapid.StringN(-1, -1, maxString)
	form := rapid.SampledFrom(layouts[:]).Draw(t, "form")
	x := blank(form.kind)
	for _, f := range leaves("", form.fields(x)) {
		switch at := f.at.(type) {
		case *Kind:
		case *string:
			*at = text.Draw(t, f.name)
		case *int64:
			*at = rapid.Int64Range(0, maxInteger).Draw(t, f.name)
		case *coins:
			*at = coins(rapid.Int64Range(0, maxCoins).Draw(t, f.name))
		case *Decimal: // with more than 6 places, the canonical form may have an exponent
			*at = NewDecimal(rapid.Int64Range(0, 1_000_000_000).Draw(t, f.name), rapid.IntRange(0, 6).Draw(t, "places"))
		case *list:
			for range rapid.IntRange(0, 5).Draw(t, f.name) {
				var p Participant
				for _, f := range leaves("", at.element(&p)) {
					*f.at.(*alias) = alias(text.Draw(t, f.name))
				}
				*at.at = append(*at.at, p)
			}
		default:
			t.Fatalf("nothing draws a %T, as %s is: teach drawTicket", at, f.name)
		}
	}
	setVersion(x, form.version)
	return x
}

// TestRoundTrip: any ticket survives JSON, envelope and transaction; two libraries agree on its canonical form.
func TestRoundTrip(t *testing.T) {
	net := regtest(t)
	rapid.Check(t, func(t *rapid.T) {
		x := drawTicket(t)
		text, err := x.Encode()
		if err != nil {
			t.Fatal(err)
		}
		other := jsontext.Value(bytes.Clone(text))
		if err := other.Canonicalize(); err != nil || !bytes.Equal(other, text) {
			t.Fatalf("canonical form is %s, another library says %s (%v)", text, other, err)
		}
		c, err := NewContract(x, "key", rapid.Int64().Draw(t, "timestamp"))
		if err != nil {
			t.Fatal(err)
		}
		outs, err := c.Outputs(net.ContractFee, rapid.Bool().Draw(t, "compress"))
		if err != nil {
			t.Fatal(err)
		}
		change := pastel.TxOut{Value: pastel.Amount(rapid.Int64Range(0, 1e9).Draw(t, "change")), Script: pastel.P2PKH(pastel.KeyHash{})}
		tx := pastel.NewTx(rapid.Bool().Draw(t, "sapling"), nil, append(outs, change))
		got := FromTx(tx, net, 1, AnyVersion)
		if got.Rejection != nil {
			t.Fatal(got.Rejection)
		}
		if in, ok := DecodeContract(tx, net.ContractFee); !ok || *in != *c {
			t.Fatalf("transaction carries %+v, want %+v", in, c)
		}
		if again, err := got.Ticket.Encode(); err != nil || !bytes.Equal(again, text) {
			t.Fatalf("%s (%v), want %s", again, err, text)
		}
	})
}
