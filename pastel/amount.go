package pastel

import (
	"fmt"
	"math"
	"math/bits"
	"strconv"
	"strings"
)

// Amount is a sum of money in patoshi.
type Amount int64

// PSL is 1 PSL in patoshi (protocol 1).
const PSL Amount = 100_000

// MaxMoney is the supply in patoshi: no output and no sum of outputs is worth more.
const MaxMoney = 21_000_000_000 * PSL

const pslDecimals = 5

// ParseAmount reads a decimal number of PSL, such as 62.5, without rounding: digits, at most one point followed by one to
// five digits, no sign, no exponent, at most MaxMoney.
func ParseAmount(s string) (Amount, error) {
	whole, frac, point := strings.Cut(s, ".")
	if point && (frac == "" || len(frac) > pslDecimals) {
		return 0, fmt.Errorf("amount %q: want one to %d digits after the point", s, pslDecimals)
	}
	if whole == "" || len(whole) > 11 || !digits(whole) || !digits(frac) {
		return 0, fmt.Errorf("amount %q: want a number of PSL such as 1250 or 62.5", s)
	}
	n, err := strconv.ParseInt(whole+frac+strings.Repeat("0", pslDecimals-len(frac)), 10, 64)
	if err != nil || Amount(n) > MaxMoney {
		return 0, fmt.Errorf("amount %q is more than the supply of %s PSL", s, MaxMoney)
	}
	return Amount(n), nil
}

func digits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return true
}

// String prints the amount in PSL, exactly and without trailing zeros.
func (a Amount) String() string {
	u, sign := uint64(a), ""
	if a < 0 {
		u, sign = -u, "-"
	}
	whole, frac := u/uint64(PSL), u%uint64(PSL)
	s := sign + strconv.FormatUint(whole, 10)
	if frac == 0 {
		return s
	}
	return s + "." + strings.TrimRight(fmt.Sprintf("%0*d", pslDecimals, frac), "0")
}

// Add returns a + b and whether the sum fits.
func (a Amount) Add(b Amount) (Amount, bool) {
	sum := a + b
	return sum, (sum > a) == (b > 0)
}

// Sub returns a - b and whether the difference fits.
func (a Amount) Sub(b Amount) (Amount, bool) {
	diff := a - b
	return diff, (diff < a) == (b > 0)
}

// MulDiv returns floor(a × num ÷ den), computed in 128 bits. It reports false if an operand is negative, den is 0 or the
// result does not fit.
func (a Amount) MulDiv(num, den int64) (Amount, bool) {
	if a < 0 || num < 0 || den <= 0 {
		return 0, false
	}
	hi, lo := bits.Mul64(uint64(a), uint64(num))
	if hi >= uint64(den) {
		return 0, false
	}
	q, _ := bits.Div64(hi, lo, uint64(den))
	return Amount(q), q <= math.MaxInt64
}
