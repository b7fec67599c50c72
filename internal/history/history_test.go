package history_test

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/pastelnetwork/smartpool/internal/history"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// pages serves a list in pages of a size.
func pages[T any](items []T, size int) func(wire.Page) ([]T, string, error) {
	return func(p wire.Page) ([]T, string, error) {
		from := 0
		if p.Cursor != "" {
			from, _ = strconv.Atoi(p.Cursor)
		}
		to := min(from+size, len(items))
		if to == len(items) {
			return items[from:], "", nil
		}
		return items[from:to], strconv.Itoa(to), nil
	}
}

func moment(h int) wire.Moment { return wire.Moment{Height: pastel.Height(h)} }

// Merging pages gives what sorting whole lists gives, whatever the pages' size.
func TestMergeIsSort(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var credits []wire.Credit
		var pledges []wire.Pledge
		var payments []wire.Payment
		h := 0
		for i := range rapid.IntRange(0, 30).Draw(t, "credits") {
			h += rapid.IntRange(0, 2).Draw(t, "blocks")
			credits = append(credits, wire.Credit{At: moment(h), Address: rapid.SampledFrom([]string{"a", "b"}).Draw(t, "to"), Amount: pastel.Amount(i)})
		}
		h = 0
		for i := range rapid.IntRange(0, 30).Draw(t, "payments") {
			h += rapid.IntRange(0, 2).Draw(t, "blocks")
			mined := moment(h + rapid.IntRange(1, 6).Draw(t, "wait"))
			payments = append(payments, wire.Payment{Settled: moment(h), Paid: &mined, Amount: pastel.Amount(i)})
		}
		for i := range rapid.IntRange(0, 10).Draw(t, "pledges") {
			p := wire.Pledge{Forfeited: pastel.Amount(rapid.IntRange(0, 1).Draw(t, "forfeits") * i)}
			if rapid.Bool().Draw(t, "ended") {
				at := moment(rapid.IntRange(0, 60).Draw(t, "at"))
				p.Ended = &at
			}
			pledges = append(pledges, p)
		}
		var want, got []history.Entry
		for i := range credits {
			want = append(want, history.OfCredit("me", &credits[i]))
		}
		for i := range pledges {
			if e, forfeits := history.OfPledge("me", &pledges[i]); forfeits {
				want = append(want, e)
			}
		}
		for i := range payments {
			e, _ := history.OfPayment("me", &payments[i])
			want = append(want, e)
		}
		history.Sort(want)
		size := rapid.IntRange(1, 7).Draw(t, "size")
		err := history.Merge("me", history.Lists{Credits: pages(credits, size), Pledges: pages(pledges, size), Payments: pages(payments, size)},
			func(e *history.Entry) error {
				got = append(got, *e)
				return nil
			})
		if err != nil || !slices.Equal(got, want) {
			t.Fatalf("%v: merged\n%v\nwant\n%v", err, got, want)
		}
	})
}

// Too many forfeits, and a list that repeats itself, end the history before anything of it is emitted.
func TestMergeIsBounded(t *testing.T) {
	at := moment(1)
	pledges := make([]wire.Pledge, 10_001)
	for i := range pledges {
		pledges[i] = wire.Pledge{Ended: &at, Forfeited: 1}
	}
	lists := history.Lists{Credits: pages([]wire.Credit{{}}, 1), Pledges: pages(pledges, 1000), Payments: pages([]wire.Payment{}, 1)}
	emitted := 0
	emit := func(*history.Entry) error { emitted++; return nil }
	if err := history.Merge("me", lists, emit); !errors.Is(err, history.ErrForfeits) || emitted > 0 {
		t.Errorf("%v after %d entries", err, emitted)
	}
	lists.Pledges = pages(pledges[1:], 1000)
	if err := history.Merge("me", lists, emit); err != nil || emitted != 10_001 {
		t.Errorf("%v after %d entries", err, emitted)
	}
	lists.Pledges = func(wire.Page) ([]wire.Pledge, string, error) { return nil, "1", nil }
	if err := history.Merge("me", lists, emit); err == nil {
		t.Error("a list that repeats itself is read forever, or taken for whole")
	}
}

// No field is a formula, whatever a daemon puts into it.
func TestFieldsAreNoFormulas(t *testing.T) {
	for _, text := range []string{"=1+1", "+1", "-1", "@x", "＝1", "\t=1"} {
		var b strings.Builder
		w := history.NewWriter(&b)
		if err := w.Write(&history.Entry{Kind: text, Pool: text, Account: text, Address: text, TxID: text, Amount: -1}); err != nil {
			t.Fatal(err)
		}
		if err := w.Flush(); err != nil {
			t.Fatal(err)
		}
		row := strings.Split(strings.Split(b.String(), "\n")[1], ",")
		if len(row) != 8 || row[3] != "-0.00001" {
			t.Fatalf("%q", row)
		}
		for i, field := range row {
			if i != 3 && strings.ContainsAny(strings.Trim(field, `"`)[:1], "=+-@＝\t") {
				t.Errorf("%q becomes %s", text, fmt.Sprintf("%q", field))
			}
		}
	}
}
