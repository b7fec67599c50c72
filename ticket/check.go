package ticket

import (
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
)

// maxCoins is the supply in PSL.
const maxCoins = int64(pastel.MaxMoney / pastel.PSL)

// Decimals of the two decimal terms, which set the units that the rest of the program counts them in.
const (
	FactorDecimals = 4 // 0.0001
	FeeDecimals    = 2 // 0.01 %
)

// Limits bound the numbers in init and participation tickets, both ends included; pool.Params sets them.
type Limits struct {
	MinRequired          int64         // PSL
	MinFactor, MaxFactor int64         // 0.0001
	MinFee, MaxFee       int64         // 0.01 %
	MinPeriod, MaxPeriod pastel.Height // blocks
	MinPledge            int64         // PSL
}

// Terms are an init ticket's numbers in the units of the rules.
type Terms struct {
	Required int64         // PSL
	Factor   int64         // 0.0001
	Target   int64         // PSL, ceil(Required × Factor)
	Fee      int64         // 0.01 %
	Period   pastel.Height // blocks
}

// Terms checks the ticket's numbers and id in the order of protocol 6, up to bad_id, and returns the terms. The reason is that
// of the first failure, or "".
func (x *Init) Terms(l Limits) (Terms, Reason) {
	t := Terms{Required: x.RequiredCoins}
	if t.Required < l.MinRequired {
		return t, ReasonRequiredTooLow
	}
	var ok bool
	if t.Factor, ok = x.Factor.Units(FactorDecimals); !ok || t.Factor < l.MinFactor || t.Factor > l.MaxFactor {
		return t, ReasonFactorOutOfRange
	}
	if t.Target, ok = Target(t.Required, t.Factor); !ok {
		return t, ReasonRequiredTooHigh
	}
	if t.Fee, ok = x.Fee.Units(FeeDecimals); !ok || t.Fee < l.MinFee || t.Fee > l.MaxFee {
		return t, ReasonFeeOutOfRange
	}
	if x.SubscriptionPeriod < int64(l.MinPeriod) || x.SubscriptionPeriod > int64(l.MaxPeriod) {
		return t, ReasonPeriodOutOfRange
	}
	t.Period = pastel.Height(x.SubscriptionPeriod)
	label, err := ParsePoolID(string(x.SmartPoolID))
	if err != nil || x.IDFor(label) != x.SmartPoolID {
		return t, ReasonBadID
	}
	return t, ""
}

// Target returns ceil(required × factor) in PSL, where factor is in 0.0001. It reports false if that exceeds the supply.
func Target(required, factor int64) (int64, bool) {
	const unit = 10_000
	// MulDiv forms the product in 128 bits; the remainder is formed in 64 bits from the two remainders, which are small.
	floor, ok := pastel.Amount(required).MulDiv(factor, unit)
	if !ok || int64(floor) > maxCoins {
		return 0, false
	}
	target := int64(floor)
	if required%unit*(factor%unit)%unit != 0 {
		target++
	}
	return target, target <= maxCoins
}

// CompanyOK reports whether a company's name has 1 to 128 bytes.
func CompanyOK(name string) bool { return len(name) >= 1 && len(name) <= 128 }

const timeStampLayout = "2006-01-02T15:04:05Z"

// ParseTimeStamp reads YYYY-MM-DDTHH:MM:SSZ in ASCII digits, a real UTC time with seconds 00 to 59, and returns seconds since
// 1970.
func ParseTimeStamp(s string) (int64, error) {
	t, err := time.Parse(timeStampLayout, s)
	// The library accepts a few other spellings; only the right one prints as itself.
	if err != nil || t.Format(timeStampLayout) != s {
		return 0, fmt.Errorf("%.40q is not a UTC time such as 2026-01-31T23:59:59Z", s)
	}
	return t.Unix(), nil
}

// FormatTimeStamp prints seconds since 1970 as ParseTimeStamp reads them.
func FormatTimeStamp(unix int64) string { return time.Unix(unix, 0).UTC().Format(timeStampLayout) }
