package history

import (
	"bytes"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"math/big"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
)

// MostPrices bounds a file of prices, in bytes. A day takes about 25.
const MostPrices = 1 << 20

// Decimals of a price, and of an amount times a price.
const (
	priceDecimals = 12
	worthDecimals = priceDecimals + 5
)

var (
	priceText    = regexp.MustCompile(`^[0-9]{1,12}(\.[0-9]{1,12})?$`)
	currencyText = regexp.MustCompile(`^[A-Z0-9]{2,10}$`)
)

// Prices are what 1 PSL was worth on each of some days, in one currency. Days are those of UTC.
type Prices struct {
	currency string
	days     map[string]quote // by date, such as 2026-01-31
}

// quote is the price of a day.
type quote struct {
	price *big.Int // in units of 10^-priceDecimals
	line  int      // of the file
}

// ParsePrices reads comma-separated lines of date, price and currency. The currency is named by each line, or by the caller for those that name none. A first
// line that begins with «date» names the columns. The error lists what is wrong with which line.
func ParsePrices(text []byte, currency string) (*Prices, error) {
	if len(text) > MostPrices {
		return nil, fmt.Errorf("the prices are larger than %d bytes; leave out the days that you do not need", MostPrices)
	}
	if currency != "" && !currencyText.MatchString(currency) {
		return nil, fmt.Errorf("currency %s: want capitals such as EUR", visible.Name(currency))
	}
	x := &Prices{currency, map[string]quote{}}
	var found problems
	r := csv.NewReader(bytes.NewReader(text))
	r.FieldsPerRecord, r.TrimLeadingSpace, r.ReuseRecord = -1, true, true
	for first := true; ; first = false {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var odd *csv.ParseError
		if errors.As(err, &odd) { // where the next line begins is unknown
			found.add(odd.StartLine, odd.Err)
			break
		}
		if err != nil {
			return nil, err
		}
		line, _ := r.FieldPos(0)
		for i := range row {
			row[i] = strings.TrimSpace(row[i])
		}
		if first && strings.EqualFold(row[0], "date") {
			found.add(line, columns(row))
			continue
		}
		found.add(line, x.add(row, line))
	}
	if err := found.err(); err != nil {
		return nil, err
	}
	if len(x.days) == 0 {
		return nil, errors.New("there are no prices: give a line for each day, such as 2026-01-31,0.0004,EUR")
	}
	return x, nil
}

// columns checks a line that names the columns.
func columns(row []string) error {
	want := []string{"date", "price", "currency"}
	if len(row) < 2 || len(row) > len(want) || !slices.EqualFunc(row, want[:len(row)], strings.EqualFold) {
		return errors.New("the columns are date, price and, if you like, currency")
	}
	return nil
}

// add reads a day's line.
func (x *Prices) add(row []string, line int) error {
	if len(row) < 2 || len(row) > 3 {
		return errors.New("want two or three values with commas between them, such as 2026-01-31,0.0004,EUR")
	}
	if _, err := time.Parse(time.DateOnly, row[0]); err != nil {
		return fmt.Errorf("date %s: want a day such as 2026-01-31", visible.Name(row[0]))
	}
	if !priceText.MatchString(row[1]) {
		return fmt.Errorf("price %s: want a number such as 0.0004, with at most %d digits before and after the point", visible.Name(row[1]), priceDecimals)
	}
	if before, twice := x.days[row[0]]; twice {
		return fmt.Errorf("%s has a price already, on line %d", row[0], before.line)
	}
	currency := x.currency
	if len(row) == 3 && row[2] != "" {
		currency = row[2]
	}
	switch {
	case currency == "":
		return errors.New("it names no currency: add one to the line, or give --price-currency")
	case !currencyText.MatchString(currency):
		return fmt.Errorf("currency %s: want capitals such as EUR", visible.Name(currency))
	case x.currency != "" && currency != x.currency:
		return fmt.Errorf("its currency is %s, and other prices are in %s: a file has one", currency, x.currency)
	}
	whole, fraction, _ := strings.Cut(row[1], ".")
	price, _ := new(big.Int).SetString(whole+fraction+strings.Repeat("0", priceDecimals-len(fraction)), 10)
	x.currency, x.days[row[0]] = currency, quote{price, line}
	return nil
}

// lack returns an error that names the entries' days that have no price. Another day's price never stands in: it would look like the right one.
func (x *Prices) lack(list []Entry) error {
	const most = 5
	var days []string
	for i := range list {
		if day := list[i].Time.UTC().Format(time.DateOnly); x.days[day].price == nil && !slices.Contains(days, day) {
			if days = append(days, day); len(days) > most {
				break
			}
		}
	}
	if len(days) == 0 {
		return nil
	}
	more := ""
	if len(days) > most {
		more = " and later days"
	}
	return fmt.Errorf("no price for %s%s: add a line for each, such as %s,0.0004,%s", strings.Join(days[:min(most, len(days))], ", "), more, days[0], x.currency)
}

// at returns the price of a day and what an amount was worth, exactly.
func (x *Prices) at(t time.Time, amount pastel.Amount) (price, worth string) {
	p := x.days[t.UTC().Format(time.DateOnly)].price
	return decimal(p, priceDecimals), decimal(new(big.Int).Mul(p, big.NewInt(int64(amount))), worthDecimals)
}

// decimal prints a number in units of 10^-places without trailing zeros.
func decimal(n *big.Int, places int) string {
	text := new(big.Int).Abs(n).String()
	if len(text) <= places {
		text = strings.Repeat("0", places+1-len(text)) + text
	}
	whole, fraction := text[:len(text)-places], strings.TrimRight(text[len(text)-places:], "0")
	if n.Sign() < 0 {
		whole = "-" + whole
	}
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

// problems are what is wrong with the lines of a file.
type problems struct {
	list []error
	more int
}

func (p *problems) add(line int, err error) {
	const most = 10
	switch {
	case err == nil:
	case len(p.list) == most:
		p.more++
	default:
		p.list = append(p.list, fmt.Errorf("line %d: %w", line, err))
	}
}

func (p *problems) err() error {
	if p.more > 0 {
		return errors.Join(append(p.list, fmt.Errorf("and %d more lines", p.more))...)
	}
	return errors.Join(p.list...)
}
