package pastel

import (
	"strconv"
	"strings"
)

// Thousands prints a number for people, with commas between groups of three digits.
func Thousands(n int64) string {
	s := strconv.FormatInt(n, 10)
	first := 0
	if n < 0 {
		first = 1
	}
	for i := len(s) - 3; i > first; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// Rounded prints an amount from 0 on as people read it at a glance: whole PSL from 100 PSL on, and three significant digits below that.
func (a Amount) Rounded() string {
	unit := Amount(1)
	for a/unit >= 1000 && unit < PSL {
		unit *= 10
	}
	return (a + unit/2 - (a+unit/2)%unit).Grouped()
}

// Grouped prints the amount in PSL as String does, with commas between groups of three digits.
func (a Amount) Grouped() string {
	_, fraction, found := strings.Cut(a.String(), ".")
	if found {
		fraction = "." + fraction
	}
	whole := Thousands(int64(a / PSL))
	if a < 0 && a > -PSL {
		whole = "-" + whole
	}
	return whole + fraction
}

// Short abbreviates an id, for people only, to its beginning and end. Programs get the whole id.
func Short(id string) string {
	const head, tail = 10, 6
	if len(id) <= head+tail+1 {
		return id
	}
	return id[:head] + "…" + id[len(id)-tail:]
}
