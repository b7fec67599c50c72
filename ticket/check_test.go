package ticket

import (
	"math/big"
	"regexp"
	"strconv"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pastelnetwork/smartpool/pastel"
)

// TestTerms has one fault a case, and two where the order of protocol 6 decides.
func TestTerms(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(x *Init)
		want   Reason
	}{
		{"good", func(*Init) {}, ""},
		{"least collateral", func(x *Init) { x.RequiredCoins = 1000 }, ""},
		{"below the collateral", func(x *Init) { x.RequiredCoins = 999 }, ReasonRequiredTooLow},
		{"no coins", func(x *Init) { x.RequiredCoins = 0 }, ReasonRequiredTooLow},
		{"factor 1", func(x *Init) { x.Factor = decimal(t, "1") }, ""},
		{"factor 1.0000", func(x *Init) { x.Factor = decimal(t, "1.0000") }, ""},
		{"factor 3", func(x *Init) { x.Factor = decimal(t, "3.0") }, ""},
		{"factor below 1", func(x *Init) { x.Factor = decimal(t, "0.9999") }, ReasonFactorOutOfRange},
		{"factor above 3", func(x *Init) { x.Factor = decimal(t, "3.0001") }, ReasonFactorOutOfRange},
		{"factor with 5 decimals", func(x *Init) { x.Factor = decimal(t, "1.20000") }, ReasonFactorOutOfRange},
		{"factor beyond any integer", func(x *Init) { x.Factor = decimal(t, "99999999999999999999999") }, ReasonFactorOutOfRange},
		{"target is the supply", func(x *Init) { x.RequiredCoins, x.Factor = 7_000_000_000, decimal(t, "3") }, ""},
		{"target above the supply", func(x *Init) { x.RequiredCoins, x.Factor = 7_000_000_001, decimal(t, "3") }, ReasonRequiredTooHigh},
		{"target rounds above the supply", func(x *Init) { x.RequiredCoins, x.Factor = 20_999_999_999, decimal(t, "1.0001") }, ReasonRequiredTooHigh},
		{"required beyond the supply", func(x *Init) { x.RequiredCoins, x.Factor = maxInteger, decimal(t, "1") }, ReasonRequiredTooHigh},
		{"fee 3", func(x *Init) { x.Fee = decimal(t, "3.00") }, ""},
		{"fee 15", func(x *Init) { x.Fee = decimal(t, "15") }, ""},
		{"fee below 3", func(x *Init) { x.Fee = decimal(t, "2.99") }, ReasonFeeOutOfRange},
		{"fee above 15", func(x *Init) { x.Fee = decimal(t, "15.01") }, ReasonFeeOutOfRange},
		{"fee with 3 decimals", func(x *Init) { x.Fee = decimal(t, "5.000") }, ReasonFeeOutOfRange},
		{"shortest period", func(x *Init) { x.SubscriptionPeriod = 5 }, ""},
		{"longest period", func(x *Init) { x.SubscriptionPeriod = 51_840 }, ""},
		{"period too short", func(x *Init) { x.SubscriptionPeriod = 4 }, ReasonPeriodOutOfRange},
		{"period too long", func(x *Init) { x.SubscriptionPeriod = 51_841 }, ReasonPeriodOutOfRange},
		{"period beyond a height", func(x *Init) { x.SubscriptionPeriod = 1<<32 + 30 }, ReasonPeriodOutOfRange},
		{"factor before period", func(x *Init) { x.Factor, x.SubscriptionPeriod = decimal(t, "9"), 0 }, ReasonFactorOutOfRange},
		{"required before factor", func(x *Init) { x.RequiredCoins, x.Factor = 1, decimal(t, "9") }, ReasonRequiredTooLow},
	} {
		x := sampleInit(t)
		c.change(x)
		x.SmartPoolID = x.IDFor("sample-1")
		if _, got := x.Terms(regtestLimits); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestTermsValues(t *testing.T) {
	got, reason := sampleInit(t).Terms(regtestLimits)
	if want := (Terms{Required: 1000, Factor: 12_500, Target: 1250, Fee: 500, Period: 30}); got != want || reason != "" {
		t.Errorf("%+v %q, want %+v", got, reason, want)
	}
}

// TestDSelfCertifyingID: any other id, and any change of a term, is bad_id.
func TestDSelfCertifyingID(t *testing.T) {
	good := sampleInit(t)
	id := string(good.SmartPoolID)
	for _, other := range []string{
		"", "sample-1", id[:len(id)-1], id + "0", "Sample-1" + id[8:], "sample-2" + id[8:], id[:8] + "x" + id[9:], "sa" + id[8:],
		"sample-1." + id, "sample-1.ABCDEF" + id[15:], "sample_1" + id[8:], "sample-1.0000000000000000000000000000000000000000",
	} {
		x := *good
		x.SmartPoolID = PoolID(other)
		if _, got := x.Terms(regtestLimits); got != ReasonBadID {
			t.Errorf("%q: %q, want %q", other, got, ReasonBadID)
		}
	}
	for name, change := range map[string]func(x *Init){
		"period":    func(x *Init) { x.SubscriptionPeriod++ },
		"required":  func(x *Init) { x.RequiredCoins++ },
		"factor":    func(x *Init) { x.Factor = decimal(t, "1.26") },
		"fee":       func(x *Init) { x.Fee = decimal(t, "5.01") },
		"supernode": func(x *Init) { x.SupernodePastelID = x.OperatorPastelID },
		"company":   func(x *Init) { x.Company += "." },
		"operator":  func(x *Init) { x.OperatorPastelID = x.SupernodePastelID },
		"address":   func(x *Init) { x.OperatorFeeAddress = addr(t, 1) },
	} {
		x := *good
		change(&x)
		if _, got := x.Terms(regtestLimits); got != ReasonBadID {
			t.Errorf("another %s: %q, want %q", name, got, ReasonBadID)
		}
	}
	// Signatures are not terms, and a decimal is its value, not its spelling.
	x := *good
	x.AgreementSignature, x.SmartPoolSignature, x.Factor, x.Fee = "", "", decimal(t, "1.250"), decimal(t, "5.0")
	if _, got := x.Terms(regtestLimits); got != "" {
		t.Errorf("same terms: %q", got)
	}
}

func TestTarget(t *testing.T) {
	for _, c := range []struct {
		required, factor, want int64
		ok                     bool
	}{
		{5_000_000, 12_000, 6_000_000, true},
		{1, 10_000, 1, true},
		{1, 10_001, 2, true},
		{3, 15_000, 5, true},
		{9_999, 10_001, 10_000, true},
		{10_000, 10_001, 10_001, true},
		{21_000_000_000, 10_000, 21_000_000_000, true},
		{20_999_999_999, 10_000, 20_999_999_999, true},
		{21_000_000_000, 10_001, 0, false},
		{maxInteger, 30_000, 0, false},
		{-1, 10_000, 0, false},
		{1, -1, 0, false},
	} {
		if got, ok := Target(c.required, c.factor); ok != c.ok || ok && got != c.want {
			t.Errorf("%d × %d: %d %v, want %d %v", c.required, c.factor, got, ok, c.want, c.ok)
		}
	}
	rapid.Check(t, func(t *rapid.T) {
		required, factor := rapid.Int64Range(0, maxInteger).Draw(t, "required"), rapid.Int64Range(0, 30_000).Draw(t, "factor")
		want := new(big.Int).Mul(big.NewInt(required), big.NewInt(factor))
		want.Add(want, big.NewInt(9_999)).Div(want, big.NewInt(10_000))
		got, ok := Target(required, factor)
		if fits := want.Cmp(big.NewInt(maxCoins)) <= 0; ok != fits || ok && got != want.Int64() {
			t.Fatalf("%d × %d: %d %v, want %s", required, factor, got, ok, want)
		}
	})
}

func TestCompany(t *testing.T) {
	for n, want := range map[int]bool{0: false, 1: true, 128: true, 129: false} {
		if CompanyOK(string(make([]byte, n))) != want {
			t.Errorf("%d bytes: want %v", n, want)
		}
	}
}

func TestParseTimeStamp(t *testing.T) {
	for s, want := range map[string]int64{
		"1970-01-01T00:00:00Z": 0,
		"2026-11-23T05:49:34Z": 1_795_412_974,
		"2000-02-29T23:59:59Z": 951_868_799,
		"1969-12-31T23:59:59Z": -1,
		"0000-01-01T00:00:00Z": -62_167_219_200,
		"9999-12-31T23:59:59Z": 253_402_300_799,
	} {
		if got, err := ParseTimeStamp(s); err != nil || got != want {
			t.Errorf("%s: %d %v, want %d", s, got, err, want)
		}
		if FormatTimeStamp(want) != s {
			t.Errorf("%d prints as %s, want %s", want, FormatTimeStamp(want), s)
		}
	}
	for _, s := range []string{
		"", "2026-11-23", "2026-11-23T05:49:34", "2026-11-23t05:49:34Z", "2026-11-23T05:49:34z", "2026-11-23 05:49:34Z",
		"2026-11-23T05:49:60Z", "2026-11-23T05:60:34Z", "2026-11-23T24:00:00Z", "2026-02-29T00:00:00Z", "1900-02-29T00:00:00Z",
		"2026-00-01T00:00:00Z", "2026-13-01T00:00:00Z", "2026-01-00T00:00:00Z", "2026-04-31T00:00:00Z", "26-11-23T05:49:34Z",
		"2026-11-23T05:49:34.0Z", "2026-11-23T05:49:34,5Z", "2026-11-23T05:49:34+00:00", "2026-11-23T05:49:34ZZ", " 2026-11-23T05:49:34Z",
		"2026-11-23T5:49:34Z", "2026-1-23T05:49:34Z", "+2026-11-23T05:49:34Z", "-026-11-23T05:49:34Z", "12026-11-23T05:49:34Z",
		"２026-11-23T05:49:34Z", "2026-11-23T05:49:3٤Z", "2016-12-31T23:59:60Z", "2026-11-23T05:49:34Z\x00", "2026-11-23T05:49:34Z\n",
	} {
		if got, err := ParseTimeStamp(s); err == nil {
			t.Errorf("%q is the time %d", s, got)
		}
	}
}

var timeStampForm = regexp.MustCompile(`^([0-9]{4})-([0-9]{2})-([0-9]{2})T([0-9]{2}):([0-9]{2}):([0-9]{2})Z$`)

// slowTimeStamp reads a time stamp by counting days.
func slowTimeStamp(s string) (int64, bool) {
	m := timeStampForm.FindStringSubmatch(s)
	if m == nil {
		return 0, false
	}
	var v [6]int
	for i := range v {
		v[i], _ = strconv.Atoi(m[i+1])
	}
	leap := func(y int) bool { return y%4 == 0 && (y%100 != 0 || y%400 == 0) }
	days := []int{31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31}
	if leap(v[0]) {
		days[1]++
	}
	if v[1] < 1 || v[1] > 12 || v[2] < 1 || v[2] > days[v[1]-1] || v[3] > 23 || v[4] > 59 || v[5] > 59 {
		return 0, false
	}
	n := int64(-719_528) // days from year 0 to 1970
	for y := range v[0] {
		n += 365
		if leap(y) {
			n++
		}
	}
	for _, d := range days[:v[1]-1] {
		n += int64(d)
	}
	n += int64(v[2] - 1)
	return n*86_400 + int64(v[3]*3600+v[4]*60+v[5]), true
}

func FuzzTimeStamp(f *testing.F) {
	for _, s := range []string{"2026-11-23T05:49:34Z", "2000-02-29T23:59:59Z", "2100-02-29T00:00:00Z", "2026-11-23T05:49:34.5Z", "0000-12-31T00:00:60Z"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := ParseTimeStamp(s)
		if want, ok := slowTimeStamp(s); ok != (err == nil) || got != want {
			t.Fatalf("%q: %d %v, want %d %v", s, got, err, want, ok)
		}
		if err == nil && FormatTimeStamp(got) != s {
			t.Fatalf("%q prints as %s", s, FormatTimeStamp(got))
		}
	})
}

func TestTimeStampsOfACentury(t *testing.T) {
	for u := time.Date(1970, 1, 1, 11, 13, 17, 0, time.UTC); u.Year() < 2110; u = u.AddDate(0, 0, 1) {
		s := u.Format("2006-01-02T15:04:05Z")
		if want, ok := slowTimeStamp(s); !ok || want != u.Unix() {
			t.Fatalf("%s: the slow reader is wrong", s)
		}
		if got, err := ParseTimeStamp(s); err != nil || got != u.Unix() {
			t.Fatalf("%s: %d %v", s, got, err)
		}
	}
}

// TestProposalExample: 5 million PSL and 1.5 make 7.5 million, and 5 % of 1250 PSL are 62.5 (proposal).
func TestProposalExample(t *testing.T) {
	if got, ok := Target(5_000_000, decimalUnits(t, "1.5", FactorDecimals)); !ok || got != 7_500_000 {
		t.Errorf("target is %d, want 7500000", got)
	}
	fee, ok := (1250 * pastel.PSL).MulDiv(decimalUnits(t, "5", FeeDecimals), 10_000)
	if !ok || fee.String() != "62.5" {
		t.Errorf("operator gets %s, want 62.5", fee)
	}
}

func decimalUnits(t *testing.T, s string, decimals int) int64 {
	t.Helper()
	n, ok := decimal(t, s).Units(decimals)
	if !ok {
		t.Fatal(s)
	}
	return n
}
