package history_test

import (
	"bytes"
	"math/big"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pastelnetwork/smartpool/internal/history"
	"github.com/pastelnetwork/smartpool/pastel"
)

// Each thing that is wrong with a file of prices is named together with its line.
func TestPricesNameTheirLines(t *testing.T) {
	for _, tt := range []struct{ text, currency, want string }{
		{"2026-01-31,0.0004,EUR", "", ""},
		{"Date,Price,Currency\n2026-01-31,0.0004,EUR\n\n2026-02-01, 1 , EUR\n", "", ""},
		{"date,price\n2026-01-31,0.0004\n", "EUR", ""},
		{"2026-01-31,0.0004,EUR\n2026-02-01,0\n", "EUR", ""},
		{"", "EUR", "there are no prices"},
		{"date,price\n", "EUR", "there are no prices"},
		{"date,worth\n2026-01-31,1\n", "EUR", "line 1: the columns are"},
		{"2026-01-31,0.0004\n", "", "line 1: it names no currency"},
		{"2026-01-31;0.0004;EUR\n", "", "line 1: want two or three values"},
		{"2026-01-31,0,0004,EUR\n", "", "line 1: want two or three values"},
		{"2026-01-31,1,EUR\n31.01.2026,1,EUR\n", "", `line 2: date "31.01.2026"`},
		{"2026-02-29,1,EUR\n", "", `line 1: date "2026-02-29"`},
		{"2026-01-31,-1,EUR\n", "", `line 1: price "-1"`},
		{"2026-01-31,1e3,EUR\n", "", `line 1: price "1e3"`},
		{"2026-01-31,.5,EUR\n", "", `line 1: price ".5"`},
		{"2026-01-31,1234567890123,EUR\n", "", "line 1: price"},
		{"2026-01-31,0.1234567890123,EUR\n", "", "line 1: price"},
		{"2026-01-31,=1+1,EUR\n", "", `line 1: price "=1+1"`},
		{"2026-01-31,1,EUR\n\n2026-01-31,1,EUR\n", "", "line 3: 2026-01-31 has a price already, on line 1"},
		{"2026-01-31,1,EUR\n2026-02-01,1,USD\n", "", "line 2: its currency is USD, and other prices are in EUR"},
		{"2026-01-31,1,USD\n", "EUR", "line 1: its currency is USD"},
		{"2026-01-31,1,euro\n", "", `line 1: currency "euro"`},
		{"2026-01-31,1,EUR\n", "euro", `currency "euro"`},
		{"2026-01-31,1,EUR\n\"2026-02-01,1,EUR\n", "", "line 2:"},
		{"x,1,EUR\ny,1,EUR\n", "", "line 1: date \"x\": want a day such as 2026-01-31\nline 2: date \"y\""},
		{strings.Repeat("x,1,EUR\n", 25), "", "and 15 more lines"},
		{strings.Repeat(" ", history.MostPrices+1), "", "larger than 1048576 bytes"},
	} {
		_, err := history.ParsePrices([]byte(tt.text), tt.currency)
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%.60q: %v", tt.text, err)
		case tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)):
			t.Errorf("%.60q, %q: %v, want %q", tt.text, tt.currency, err, tt.want)
		}
	}
}

// earned is an entry of what was paid on a day.
func earned(day string, amount pastel.Amount) history.Entry {
	at, _ := time.Parse(time.DateOnly, day)
	return history.Entry{Time: at, Kind: history.Payout, Amount: amount, TxID: "ab"}
}

// A day without a price is an error that names it, and nothing is written: no other day's price stands in.
func TestDaysWithoutPriceAreNamed(t *testing.T) {
	prices, err := history.ParsePrices([]byte("2026-01-01,1,EUR\n2026-01-03,1,EUR\n"), "")
	if err != nil {
		t.Fatal(err)
	}
	x := &history.Taxes{Basis: history.Paid, Symbol: "PSL", Label: "reward", Prices: prices}
	list := []history.Entry{earned("2026-01-01", 1), earned("2026-01-02", 1), earned("2026-01-02", 2), earned("2026-01-03", 1)}
	for _, day := range []string{"04", "05", "06", "07", "08", "09"} {
		list = append(list, earned("2026-01-"+day, 1))
	}
	var b bytes.Buffer
	for name, write := range map[string]error{"csv": x.WriteCSV(&b, list), "koinly": x.WriteKoinly(&b, list)} {
		want := "no price for 2026-01-02, 2026-01-04, 2026-01-05, 2026-01-06, 2026-01-07 and later days: add a line for each, such as 2026-01-02,0.0004,EUR"
		if write == nil || write.Error() != want || b.Len() > 0 {
			t.Errorf("%s: %v after %d bytes", name, write, b.Len())
		}
	}
	if err := x.WriteCSV(&b, list[:2]); err == nil || !strings.Contains(err.Error(), "no price for 2026-01-02: add") {
		t.Error(err)
	}
	late := []history.Entry{earned("2026-01-03", 1)}
	late[0].Time = late[0].Time.Add(24*time.Hour - time.Second).In(time.FixedZone("", 12*3600)) // a day of UTC, wherever people are
	if err := x.WriteCSV(&b, late); err != nil {
		t.Error(err)
	}
}

// What an amount was worth is its price times the amount, to the last digit.
func TestWorthIsExact(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		price := rapid.StringMatching(`[0-9]{1,12}(\.[0-9]{1,12})?`).Draw(t, "price")
		amount := pastel.Amount(rapid.Int64Range(1, int64(pastel.MaxMoney)).Draw(t, "amount"))
		prices, err := history.ParsePrices([]byte("2026-01-31,"+price+",EUR"), "")
		if err != nil {
			t.Fatal(err)
		}
		x := &history.Taxes{Basis: history.Paid, Symbol: "PSL", Label: "reward", Prices: prices}
		var b bytes.Buffer
		if err := x.WriteCSV(&b, []history.Entry{earned("2026-01-31", amount)}); err != nil {
			t.Fatal(err)
		}
		row := strings.Split(strings.Split(b.String(), "\n")[1], ",")
		want, _ := new(big.Rat).SetString(price)
		if got, ok := new(big.Rat).SetString(row[6]); !ok || got.Cmp(want) != 0 {
			t.Errorf("price %s became %s", price, row[6])
		}
		want.Mul(want, big.NewRat(int64(amount), int64(pastel.PSL)))
		if got, ok := new(big.Rat).SetString(row[7]); !ok || got.Cmp(want) != 0 || row[8] != "EUR" {
			t.Errorf("%s at %s is worth %s %s", amount, price, row[7], row[8])
		}
	})
}

// FuzzPrices has a file of prices hold anything: nothing panics, and what is accepted has a price that programs read.
func FuzzPrices(f *testing.F) {
	f.Add([]byte("date,price,currency\n2026-01-31,0.0004,EUR\n"), "")
	f.Add([]byte("2026-01-31,1\n\n2026-01-31,\"1\"\n"), "EUR")
	f.Add([]byte("2026-01-31,1,EUR\r\n2026-02-01,1,USD\""), "")
	f.Fuzz(func(t *testing.T, text []byte, currency string) {
		prices, err := history.ParsePrices(text, currency)
		if err != nil {
			if len(err.Error()) > 5000 {
				t.Errorf("an error of %d bytes", len(err.Error()))
			}
			return
		}
		x := &history.Taxes{Basis: history.Paid, Symbol: "PSL", Label: "reward", Prices: prices}
		var b bytes.Buffer
		if err := x.WriteCSV(&b, []history.Entry{earned("2026-01-31", 250_000)}); err != nil {
			if !strings.Contains(err.Error(), "no price for 2026-01-31") {
				t.Error(err)
			}
			return
		}
		row := strings.Split(strings.Split(b.String(), "\n")[1], ",")
		price, ok := new(big.Rat).SetString(row[6])
		worth, fine := new(big.Rat).SetString(row[7])
		if !ok || !fine || worth.Cmp(price.Mul(price, big.NewRat(5, 2))) != 0 {
			t.Errorf("%q", row)
		}
	})
}
