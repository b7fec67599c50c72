package notify

import "slices"

// Setting is a number in a subscription that some kinds of alerts go by. Its name is that of its JSON field, its flag and its column.
type Setting struct {
	Name    string
	Unit    string // of the numbers below
	Default int64  // what 0 stands for
	Least   int64
	Most    int64

	in func(*Request) *int64
}

// settings is the one place that lists the settings, in the order of docs/alerts.md. The database has no defaults of its own: what it
// stores has been validated.
var settings = [...]Setting{
	{"cushion", "percent", 50, 1, 100, func(r *Request) *int64 { return &r.Cushion }},
	// At most PayoutExpiry, after which no payout is pending.
	{"overdue", "blocks", 20, 1, 5760, func(r *Request) *int64 { return &r.Overdue }},
}

// Settings lists every setting, in the order of docs/alerts.md.
func Settings() []Setting { return slices.Clone(settings[:]) }

// fill puts a setting's default into a request that leaves it out, and says what is wrong with a value outside its limits.
func (s *Setting) fill(r *Request) error {
	value := s.in(r)
	if *value == 0 {
		*value = s.Default
	}
	if *value < s.Least || *value > s.Most {
		return wrong("%s: %d is not between %d and %d %s", s.Name, *value, s.Least, s.Most, s.Unit)
	}
	return nil
}
