package history

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"time"

	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
)

// When something counts as earned. A file has one basis: on both, everything would be in it twice.
const (
	Paid    = "paid"    // its payout was mined; the coins can be spent from then on
	Settled = "settled" // it became a claim, which cannot be forfeited
)

// KindOf returns the kind of the entries that count on a basis.
func KindOf(basis string) string {
	if basis == Settled {
		return Income
	}
	return Payout
}

var (
	symbolText = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9:;.-]{0,19}$`)
	labelText  = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9 _-]{0,39}$`)
)

// Taxes says how files for tax returns name and value what was earned.
type Taxes struct {
	Basis  string
	Symbol string  // of PSL
	Label  string  // of each row
	Prices *Prices // nil for none
}

// Check returns an error about a symbol or label that programs would not read.
func (x *Taxes) Check() error {
	if !symbolText.MatchString(x.Symbol) {
		return fmt.Errorf("currency %s: want the coin's symbol, such as PSL", visible.Name(x.Symbol))
	}
	if !labelText.MatchString(x.Label) {
		return fmt.Errorf("label %s: want a word or two, such as reward, mining or income", visible.Name(x.Label))
	}
	return nil
}

// WriteCSV writes a row for each entry, which must all be of the basis. Nothing is written if a day has no price. No field can be taken for a formula.
func (x *Taxes) WriteCSV(w io.Writer, list []Entry) error {
	rows := [][]string{{
		"time_utc", "block", "basis", "amount", "currency", "label", "price", "worth", "worth_currency", "pool", "account", "address", "txid",
	}}
	if err := x.fit(list); err != nil {
		return err
	}
	for i := range list {
		e := &list[i]
		price, worth, currency := x.valued(e.Time, e.Amount)
		rows = append(rows, []string{
			e.Time.UTC().Format(time.RFC3339), strconv.FormatInt(int64(e.Height), 10), x.Basis, e.Amount.String(), visible.Cell(x.Symbol), visible.Cell(x.Label),
			price, worth, currency, visible.Cell(e.Pool), visible.Cell(e.Account), visible.Cell(e.Address), visible.Cell(e.TxID),
		})
	}
	return csv.NewWriter(w).WriteAll(rows)
}

// WriteKoinly writes Koinly's simple form, with its columns for the worth if there are prices. Koinly takes rows of the same minute, amount and transaction for one
// that was read twice, and drops them: what was earned in one minute, and by one transaction if there is one, is one row. Nothing is written if a day has no price.
func (x *Taxes) WriteKoinly(w io.Writer, list []Entry) error {
	head := []string{"Koinly Date", "Amount", "Currency", "Label", "TxHash"}
	if x.Prices != nil {
		head = append(head, "Net Worth Amount", "Net Worth Currency")
	}
	if err := x.fit(list); err != nil {
		return err
	}
	type same struct{ minute, txid string }
	place := map[same]int{}
	var sums []Entry
	for i := range list {
		e := &list[i]
		key := same{minute(e.Time), e.TxID}
		at, found := place[key]
		if !found {
			place[key] = len(sums)
			sums = append(sums, *e)
			continue
		}
		sum, ok := sums[at].Amount.Add(e.Amount)
		if !ok {
			return errors.New("the daemon names amounts that no chain has; ask another daemon")
		}
		sums[at].Amount = sum
	}
	rows := [][]string{head}
	for i := range sums {
		e := &sums[i]
		row := []string{minute(e.Time), e.Amount.String(), visible.Cell(x.Symbol), visible.Cell(x.Label), visible.Cell(e.TxID)}
		if x.Prices != nil {
			_, worth, currency := x.valued(e.Time, e.Amount)
			row = append(row, worth, currency)
		}
		rows = append(rows, row)
	}
	return csv.NewWriter(w).WriteAll(rows)
}

// minute prints a time as Koinly reads it.
func minute(t time.Time) string { return t.UTC().Format("2006-01-02 15:04 UTC") }

// fit returns an error if an entry is not of the basis, or a day has no price.
func (x *Taxes) fit(list []Entry) error {
	for i := range list {
		if list[i].Kind != KindOf(x.Basis) {
			return fmt.Errorf("an entry of block %d is a %s, which does not count on the basis %s", list[i].Height, list[i].Kind, x.Basis)
		}
	}
	if x.Prices == nil {
		return nil
	}
	return x.Prices.lack(list)
}

// valued returns the price of a day and what an amount was worth; empty without prices.
func (x *Taxes) valued(t time.Time, amount pastel.Amount) (price, worth, currency string) {
	if x.Prices == nil {
		return "", "", ""
	}
	price, worth = x.Prices.at(t, amount)
	return price, worth, x.Prices.currency
}
