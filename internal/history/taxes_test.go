package history_test

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/pastelnetwork/smartpool/internal/history"
	"github.com/pastelnetwork/smartpool/pastel"
)

// Koinly drops a row that is like another one. No two are, and the rows come to what the entries do.
func TestKoinlyRowsDiffer(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var list []history.Entry
		var want pastel.Amount
		at := time.Date(2026, 1, 31, 23, 50, 0, 0, time.UTC)
		basis := rapid.SampledFrom([]string{history.Paid, history.Settled}).Draw(t, "basis")
		for range rapid.IntRange(0, 30).Draw(t, "entries") {
			at = at.Add(time.Duration(rapid.IntRange(-20, 90).Draw(t, "seconds")) * time.Second) // the times of blocks may go back
			e := history.Entry{Time: at, Kind: history.KindOf(basis), Amount: pastel.Amount(rapid.IntRange(1, 3).Draw(t, "amount"))}
			if basis == history.Paid {
				e.TxID = rapid.SampledFrom([]string{"aa", "bb"}).Draw(t, "txid")
			}
			list, want = append(list, e), want+e.Amount
		}
		x := &history.Taxes{Basis: basis, Symbol: "PSL", Label: "reward"}
		var b bytes.Buffer
		if err := x.WriteKoinly(&b, list); err != nil {
			t.Fatal(err)
		}
		rows, err := csv.NewReader(&b).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		var sum pastel.Amount
		seen := map[string]bool{}
		for _, row := range rows[1:] {
			amount, err := pastel.ParseAmount(row[1])
			if err != nil {
				t.Fatal(err)
			}
			sum += amount
			if key := strings.Join(row, ","); seen[key] {
				t.Errorf("%q is there twice", key)
			} else {
				seen[key] = true
			}
		}
		if sum != want {
			t.Errorf("the rows come to %s PSL, the entries to %s", sum, want)
		}
	})
}

// A file has one basis, and forfeits are income on none.
func TestTaxesHaveOneBasis(t *testing.T) {
	for basis, kinds := range map[string][]string{
		history.Paid: {history.Income, history.Forfeit}, history.Settled: {history.Payout, history.Forfeit},
	} {
		x := &history.Taxes{Basis: basis, Symbol: "PSL", Label: "reward"}
		for _, kind := range kinds {
			var b bytes.Buffer
			list := []history.Entry{{Kind: history.KindOf(basis), Amount: 1}, {Kind: kind, Amount: 1}}
			if x.WriteCSV(&b, list) == nil || x.WriteKoinly(&b, list) == nil || b.Len() > 0 {
				t.Errorf("on the basis %s, a file has a %s", basis, kind)
			}
			if err := x.WriteCSV(&b, list[:1]); err != nil {
				t.Error(err)
			}
		}
	}
}

// Amounts that no chain has do not come to less than nothing.
func TestTaxesDoNotOverflow(t *testing.T) {
	x := &history.Taxes{Basis: history.Paid, Symbol: "PSL", Label: "reward"}
	e := history.Entry{Kind: history.Payout, Amount: 1<<63 - 1}
	if err := x.WriteKoinly(&bytes.Buffer{}, []history.Entry{e, e}); err == nil {
		t.Error("the sum is written")
	}
}

// Symbols and labels are words; no field is a formula, whatever a daemon puts into it.
func TestTaxesAreNoFormulas(t *testing.T) {
	for _, text := range []string{"=1+1", "+1", "-1", "@x", "＝1", "\t=1", "", "a,b", "a\nb", strings.Repeat("a", 50)} {
		if (&history.Taxes{Symbol: text, Label: "reward"}).Check() == nil || (&history.Taxes{Symbol: "PSL", Label: text}).Check() == nil {
			t.Errorf("%q is taken", text)
		}
	}
	for _, x := range []history.Taxes{{Symbol: "ID:12345", Label: "loan interest"}, {Symbol: "PSL", Label: "reward"}} {
		if err := x.Check(); err != nil {
			t.Error(err)
		}
	}
	x := &history.Taxes{Basis: history.Paid, Symbol: "PSL", Label: "reward"}
	for _, text := range []string{"=1+1", "+1", "-1", "@x", "＝1", "\t=1"} {
		list := []history.Entry{{Kind: history.Payout, Pool: text, Account: text, Address: text, TxID: text, Amount: 1}}
		for i, write := range []func() ([][]string, error){
			func() ([][]string, error) { return written(func(b *bytes.Buffer) error { return x.WriteCSV(b, list) }) },
			func() ([][]string, error) {
				return written(func(b *bytes.Buffer) error { return x.WriteKoinly(b, list) })
			},
		} {
			rows, err := write()
			if err != nil || len(rows) != 2 {
				t.Fatalf("%v, %v", rows, err)
			}
			for k, field := range rows[1] {
				if field != "" && strings.ContainsAny(field[:1], "=+-@\t") || strings.HasPrefix(field, "＝") {
					t.Errorf("%q becomes %s in column %s of file %d", text, strconv.Quote(field), rows[0][k], i)
				}
			}
		}
	}
}

// written reads back what is written.
func written(write func(*bytes.Buffer) error) ([][]string, error) {
	var b bytes.Buffer
	if err := write(&b); err != nil {
		return nil, err
	}
	return csv.NewReader(&b).ReadAll()
}
