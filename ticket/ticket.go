package ticket

import (
	"fmt"
	"strconv"
	"strings"
)

// Kind is the kind of a ticket.
type Kind uint8

// The kinds of tickets.
const (
	KindInit     Kind = 1
	KindPart     Kind = 2
	KindActivate Kind = 3
)

// String returns the ticket's type as JSON and contract tickets show it.
func (k Kind) String() string {
	switch k {
	case KindInit:
		return "smartpool_init"
	case KindPart:
		return "smartpool_part"
	case KindActivate:
		return "smartpool_activate"
	default:
		return "unknown"
	}
}

// kindOf is the inverse of Kind.String.
func kindOf(s string) (Kind, bool) {
	for _, k := range []Kind{KindInit, KindPart, KindActivate} {
		if s == k.String() {
			return k, true
		}
	}
	return 0, false
}

// Ticket is one of the three tickets as its JSON states it, checked only for its form. Exactly one of Init, Part and Activate is
// set: that of its kind.
type Ticket struct {
	Kind     Kind
	Init     *Init
	Part     *Part
	Activate *Activate
}

// Version returns the version that the ticket states, or 0 if no part is set.
func (t *Ticket) Version() int64 {
	switch {
	case t.Init != nil:
		return t.Init.Version
	case t.Part != nil:
		return t.Part.Version
	case t.Activate != nil:
		return t.Activate.Version
	default:
		return 0
	}
}

// Init opens a pool and fixes its terms.
type Init struct {
	Version            int64 // of the ticket's form and statements; Kind.Newest for a new ticket
	SmartPoolID        PoolID
	SubscriptionPeriod int64   // blocks
	RequiredCoins      int64   // PSL
	Factor             Decimal // overcollateralization_factor
	Fee                Decimal // operator_fee_percentage
	SupernodePastelID  string
	Company            string
	OperatorPastelID   string
	OperatorFeeAddress string
	AgreementSignature string // base64, by the operator's PastelID
	SmartPoolSignature string // base64, by the Supernode's PastelID
}

// Ticket returns the ticket that x is the part of.
func (x *Init) Ticket() *Ticket { return &Ticket{Kind: KindInit, Init: x} }

// Part pledges coins to a pool.
type Part struct {
	Version          int64 // as in Init
	SmartPoolID      PoolID
	PastelID         string
	PledgedCoins     int64  // PSL
	PledgeSignature  string // base64, by the member's PastelID
	TxID             string
	Vout             int64
	AddressSignature string // base64, by the key of the pledged address
	RewardAddress    string
	TimeStamp        string
}

// Ticket returns the ticket that x is the part of.
func (x *Part) Ticket() *Ticket { return &Ticket{Kind: KindPart, Part: x} }

// Output returns the pledged output as the ticket names it: txid:vout.
func (x *Part) Output() string { return x.TxID + ":" + strconv.FormatInt(x.Vout, 10) }

// Activate starts a pool with the participants that it lists, or with all if it lists none. A decoded list keeps all of its JSON
// alive: clone what outlives the ticket.
type Activate struct {
	Version           int64 // as in Init
	SmartPoolID       PoolID
	Participants      []Participant
	OperatorSignature string // base64, by the operator's PastelID
}

// Ticket returns the ticket that x is the part of.
func (x *Activate) Ticket() *Ticket { return &Ticket{Kind: KindActivate, Activate: x} }

// Participant is a member as an activation names it: a PastelID and its pledged address.
type Participant struct {
	PastelID string
	Address  string
}

// Decimal is a decimal number as it was written, never converted to a float (protocol 2, "Decimals"). The zero value is not a
// number.
type Decimal struct{ literal string }

// ParseDecimal reads digits without a leading zero and with at most one point, which digits follow.
func ParseDecimal(s string) (Decimal, error) {
	whole, frac, point := strings.Cut(s, ".")
	if !plainDigits(whole) || point && !onlyDigits(frac) {
		return Decimal{}, fmt.Errorf("%.40q is not a plain decimal number such as 1.5", s)
	}
	return Decimal{s}, nil
}

// NewDecimal returns units ÷ 10^decimals, without trailing zeros.
func NewDecimal(units int64, decimals int) Decimal {
	s := fmt.Sprintf("%0*d", decimals+1, units)
	whole, frac := s[:len(s)-decimals], strings.TrimRight(s[len(s)-decimals:], "0")
	if frac == "" {
		return Decimal{whole}
	}
	return Decimal{whole + "." + frac}
}

func (d Decimal) String() string { return d.literal }

// Units returns the number times 10^decimals. It reports false if the number has more decimals or does not fit.
func (d Decimal) Units(decimals int) (int64, bool) {
	whole, frac, _ := strings.Cut(d.literal, ".")
	if whole == "" || len(frac) > decimals || len(whole) > 15 {
		return 0, false
	}
	n, err := strconv.ParseInt(whole+frac+strings.Repeat("0", decimals-len(frac)), 10, 64)
	return n, err == nil
}

// plainDigits reports whether s is digits without a leading zero.
func plainDigits(s string) bool { return onlyDigits(s) && (s[0] != '0' || len(s) == 1) }

func onlyDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}
