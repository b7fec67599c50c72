// Package history turns what the API lists of an account (income, forfeits, payouts) into one history, and writes it for spreadsheets. The command
// line and the pages share it, so that both say the same.
package history

import (
	"cmp"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"time"

	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// Entry is a line of an account's history.
type Entry struct {
	Time    time.Time     `json:"time"`
	Height  pastel.Height `json:"height"`
	Kind    string        `json:"kind"` // one of the three below
	Pool    string        `json:"pool"`
	Account string        `json:"account"` // PastelID or address
	Address string        `json:"address"` // empty if a payout pays several addresses of the account
	Amount  pastel.Amount `json:"amount_patoshi"`
	TxID    string        `json:"txid"` // of a payout; otherwise empty
}

// What an entry is about.
const (
	Income  = "income"
	Forfeit = "forfeit"
	Payout  = "payout"
)

// OfCredit returns the entry of settled income.
func OfCredit(account string, x *wire.Credit) Entry {
	return Entry{x.At.Time, x.At.Height, Income, x.Pool, account, x.Address, x.Amount, ""}
}

// OfPledge returns the entry of what a pledge forfeited; false if it forfeited nothing.
func OfPledge(account string, x *wire.Pledge) (Entry, bool) {
	if x.Ended == nil || x.Forfeited <= 0 {
		return Entry{}, false
	}
	return Entry{x.Ended.Time, x.Ended.Height, Forfeit, x.Pool, account, x.Address, x.Forfeited, ""}, true
}

// OfPayment returns the entry of a payment; false if it is not paid.
func OfPayment(account string, x *wire.Payment) (Entry, bool) {
	if x.Paid == nil {
		return Entry{}, false
	}
	return Entry{x.Paid.Time, x.Paid.Height, Payout, x.Pool, account, x.Address, x.Amount, x.Payout}, true
}

// Sort puts an account's entries in the order of their blocks, and those of a block in the order of their kinds and addresses. Others keep their order.
func Sort(list []Entry) {
	slices.SortStableFunc(list, func(a, b Entry) int {
		return cmp.Or(cmp.Compare(a.Height, b.Height), cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Address, b.Address))
	})
}

// Writer writes entries as comma-separated values. No field can be taken for a formula.
type Writer struct{ w *csv.Writer }

// NewWriter returns a writer that has written the names of the columns. Like entries, they may reach w only with Flush.
func NewWriter(w io.Writer) *Writer {
	x := &Writer{csv.NewWriter(w)}
	x.w.Write([]string{"time_utc", "block", "kind", "amount_psl", "pool", "account", "address", "txid"}) //nolint:errcheck // Flush returns the error
	return x
}

// Write writes an entry.
func (x *Writer) Write(e *Entry) error {
	return x.w.Write([]string{
		e.Time.UTC().Format(time.RFC3339), strconv.FormatInt(int64(e.Height), 10), visible.Cell(e.Kind), e.Amount.String(), visible.Cell(e.Pool),
		visible.Cell(e.Account), visible.Cell(e.Address), visible.Cell(e.TxID),
	})
}

// Flush writes what Write has kept back and returns the first error of all writing.
func (x *Writer) Flush() error {
	x.w.Flush()
	return x.w.Error()
}
