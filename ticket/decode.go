package ticket

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// MaxJSON is the maximum size of a ticket's JSON in bytes (protocol 2).
const MaxJSON = 131_072

// MaxPledges is the maximum number of participants in an activation's list and of live pledges in a pool, on every network
// (protocol 1).
const MaxPledges = 500

// Limits of the JSON's values. A string's length is in bytes of UTF-8, after its escapes are decoded.
const (
	maxString  = 512
	maxInteger = 1<<53 - 1
)

// anyKind lets decode accept a ticket of any kind.
const anyKind Kind = 0

// Decode reads a ticket's JSON, the object {"ticket": {...}}. Its error is a *Rejection with ReasonMalformed, or with
// ReasonBadVersion for a ticket that is well formed but has a version that its kind does not have.
func Decode(text []byte) (*Ticket, error) {
	t, rejection := decode(text, anyKind, AnyVersion)
	if rejection != nil {
		return nil, rejection
	}
	return t, nil
}

// decode reads a ticket of the kind that its envelope announced and of a version up to newest.
func decode(text []byte, want Kind, newest int64) (*Ticket, *Rejection) {
	if len(text) > MaxJSON {
		return nil, malformed("it has %d bytes, more than %d", len(text), MaxJSON)
	}
	d := &decoder{json: string(text), newest: newest}
	t := new(Ticket)
	d.whole([]field{{"ticket", t}})
	if d.space(); d.err == nil && d.pos != len(d.json) {
		d.fail("data continues after the end")
	}
	switch {
	case d.err != nil:
		return nil, d.err
	case want != anyKind && t.Kind != want:
		return nil, malformed("it is a %s in a contract ticket of sub_type %s", t.Kind, want)
	}
	if _, known := layoutOf(t.Kind, t.Version(), newest); !known {
		return nil, &Rejection{ReasonBadVersion, fmt.Sprintf("version is %d, want %d", t.Version(), min(newest, t.Kind.Newest()))}
	}
	return t, nil
}

func malformed(format string, args ...any) *Rejection {
	return &Rejection{ReasonMalformed, fmt.Sprintf(format, args...)}
}

// decoder reads JSON (RFC 8259) by a ticket's fields and stops at the first fault. It knows at every point what a ticket may hold,
// so it never reads any other value. A block may hold hundreds of hostile tickets, so it allocates only what it keeps.
type decoder struct {
	json   string
	newest int64 // version
	pos    int
	path   [maxDepth]step // to the current value
	deep   int
	buf    []byte // of a string with escapes
	err    *Rejection
}

// maxDepth is the depth of a ticket's nesting: ticket, participants, one of them, its field.
const maxDepth = 4

// step is one step of the path to a value: a name, or the index of an element.
type step struct {
	name  string
	index int // -1 with a name
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = malformed(format, args...)
		d.pos = len(d.json) // read no more
	}
}

// maxPlace is the maximum length of a place that is shown, in bytes.
const maxPlace = 80

// place names the value that was read last, for people. Anyone can post a ticket, so its names are shortened and made printable:
// an escape sequence would otherwise reach a terminal.
func (d *decoder) place() string {
	if d.deep == 0 {
		return "the JSON"
	}
	var p strings.Builder
	for _, s := range d.path[:d.deep] {
		p.WriteByte('/')
		if p.WriteString(s.name); s.index >= 0 {
			p.WriteString(strconv.Itoa(s.index))
		}
	}
	return plain(p.String())
}

// plain shortens a text from a ticket and makes it printable.
func plain(s string) string {
	short := fmt.Sprintf("%.*s", maxPlace, s)
	if len(short) < len(s) {
		short += "..."
	}
	return strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, short)
}

// space skips JSON's white space and returns the byte after it, 0 at the end.
func (d *decoder) space() byte {
	for ; d.pos < len(d.json); d.pos++ {
		switch c := d.json[d.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// whole reads an object that has each of the fields once and no others.
func (d *decoder) whole(fields []field) {
	var seen uint32 // a bit for each of the fields
	d.begin('{', "an object")
	for first := true; d.more('}', first); first = false {
		name := d.name()
		if d.err != nil {
			return
		}
		i := 0
		for i < len(fields) && fields[i].name != name {
			i++
		}
		switch {
		case i == len(fields):
			d.fail("field %s is unknown", d.place())
			return
		case seen>>i&1 == 1:
			d.fail("field %s occurs twice", d.place())
			return
		}
		seen |= 1 << i
		d.value(fields[i].at)
		if d.err != nil {
			return
		}
		d.deep--
	}
	if d.err == nil && seen != 1<<len(fields)-1 {
		d.missing(fields, seen)
	}
}

// missing fails for the first field that is missing.
func (d *decoder) missing(fields []field, seen uint32) {
	for i, f := range fields {
		if seen>>i&1 == 0 {
			d.fail("%s has no field %s", d.place(), f.name)
			return
		}
	}
}

// name reads a member's name and the colon after it, and steps into its value.
func (d *decoder) name() string {
	name := d.quoted()
	if d.err != nil {
		return ""
	}
	d.path[d.deep] = step{name, -1}
	d.deep++
	if d.space() != ':' {
		d.fail("no colon follows the name %s", d.place())
		return ""
	}
	d.pos++
	return name
}

// skip skips a member's value, up to the comma or bracket after it, without checking the value.
func (d *decoder) skip() {
	for deep := 0; d.pos < len(d.json); d.pos++ {
		switch d.json[d.pos] {
		case '"':
			for d.pos++; d.pos < len(d.json) && d.json[d.pos] != '"'; d.pos++ {
				if d.json[d.pos] == '\\' {
					d.pos++
				}
			}
		case '{', '[':
			deep++
		case '}', ']':
			if deep == 0 {
				return
			}
			deep--
		case ',':
			if deep == 0 {
				return
			}
		}
	}
	d.pos = len(d.json)
}

// array reads an array of at most this many elements.
func (d *decoder) array(most int, read func()) {
	d.begin('[', "an array")
	for n := 0; d.more(']', n == 0); n++ {
		if n == most {
			d.fail("%s has more than %d elements", d.place(), most)
			return
		}
		d.path[d.deep] = step{"", n}
		d.deep++
		read()
		if d.err != nil {
			return
		}
		d.deep--
	}
}

// begin reads the opening bracket of an object or array.
func (d *decoder) begin(bracket byte, what string) {
	if d.space() != bracket {
		d.wrong(what)
		return
	}
	d.pos++
}

// more reads up to the next element of an object or array. It reports false if none follows: after a failure or the closing
// bracket.
func (d *decoder) more(bracket byte, first bool) bool {
	c := d.space()
	switch {
	case d.err != nil:
		return false
	case c == bracket:
		d.pos++
		return false
	case first:
	case c == ',':
		d.pos++
	default:
		d.fail("%s has an element that no comma or %c follows", d.place(), bracket)
		return false
	}
	return true
}

// wrong fails because a value does not have the wanted type.
func (d *decoder) wrong(want string) {
	c := d.space()
	got := "no value"
	switch {
	case c == 0 && d.pos == len(d.json):
		got = "cut off"
	case c == '{':
		got = "an object"
	case c == '[':
		got = "an array"
	case c == '"':
		got = "a string"
	case c == '-' || '0' <= c && c <= '9':
		got = "a number"
	case c == 't' || c == 'f' || c == 'n':
		got = "a literal"
	}
	d.fail("%s is %s, want %s", d.place(), got, want)
}

// quoted reads a string of at most maxString bytes. Without escapes it aliases the JSON.
func (d *decoder) quoted() string {
	if d.space() != '"' {
		d.wrong("a string")
		return ""
	}
	d.pos++
	s := d.run()
	if d.err != nil || d.json[d.pos] == '"' {
		d.pos++
		return d.checked(s)
	}
	d.buf = append(d.buf[:0], s...)
	for d.err == nil && strings.HasPrefix(d.json[d.pos:], `\`) {
		r, ok := d.escape()
		if !ok {
			d.fail("%s has an escape that JSON does not allow", d.place())
			return ""
		}
		d.buf = utf8.AppendRune(d.buf, r)
		if !strings.HasPrefix(d.json[d.pos:], `\`) {
			d.buf = append(d.buf, d.run()...)
		}
		if len(d.buf) > maxString {
			break // no need to read the rest
		}
	}
	d.pos++
	return d.checked(string(d.buf))
}

// run reads a string up to its end or an escape and leaves pos there. It reads little further than the longest allowed string.
func (d *decoder) run() string {
	start := d.pos
	for i := start; i < len(d.json) && i <= start+maxString+1; i++ {
		switch c := d.json[i]; {
		case c == '"' || c == '\\':
			d.pos = i
			return d.json[start:i]
		case c < ' ':
			d.fail("%s has a control character", d.place())
			return ""
		}
	}
	if len(d.json)-start > maxString {
		d.tooLong()
	} else {
		d.fail("a string in %s does not end", d.place())
	}
	return ""
}

// checked checks a whole string and returns it.
func (d *decoder) checked(s string) string {
	switch {
	case d.err != nil:
		return ""
	case len(s) > maxString:
		d.tooLong()
		return ""
	case !utf8.ValidString(s):
		d.fail("%s is not UTF-8", d.place())
		return ""
	}
	return s
}

func (d *decoder) tooLong() { d.fail("a string in %s has more than %d bytes", d.place(), maxString) }

// escape reads an escape. Surrogates must come in pairs.
func (d *decoder) escape() (rune, bool) {
	rest := d.json[d.pos:]
	if len(rest) < 2 {
		return 0, false
	}
	if rest[1] == 'u' {
		r, ok := hex4(rest[2:])
		d.pos += 6
		if !ok || r < 0xd800 || r > 0xdfff {
			return r, ok
		}
		if r > 0xdbff || !strings.HasPrefix(rest[6:], `\u`) {
			return 0, false
		}
		low, ok := hex4(rest[8:])
		d.pos += 6
		return 0x10000 + (r-0xd800)<<10 + low - 0xdc00, ok && 0xdc00 <= low && low <= 0xdfff
	}
	d.pos += 2
	switch c := rest[1]; c {
	case '"', '\\', '/':
		return rune(c), true
	case 'b':
		return '\b', true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	}
	return 0, false
}

// hex4 reads four hex digits.
func hex4(s string) (rune, bool) {
	if len(s) < 4 {
		return 0, false
	}
	n, err := strconv.ParseUint(s[:4], 16, 16)
	return rune(n), err == nil
}

// text reads a string and copies it, so that a ticket does not keep its JSON alive.
func (d *decoder) text(v *string) { *v = strings.Clone(d.quoted()) }

// number reads a number's literal, which aliases the JSON. It returns "" after a failure.
func (d *decoder) number() string {
	if c := d.space(); c < '0' || c > '9' {
		d.wrong("a number without a sign")
		return ""
	}
	start := d.pos
	for d.pos < len(d.json) && ofNumber(d.json[d.pos]) {
		d.pos++
	}
	return d.json[start:d.pos]
}

// ofNumber reports whether a byte can be part of a number's literal.
func ofNumber(c byte) bool {
	return '0' <= c && c <= '9' || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-'
}

// maxDigits is the length of maxInteger.
const maxDigits = 16

func (d *decoder) integer(v *int64) {
	s := d.number()
	if d.err != nil {
		return
	}
	if len(s) <= maxDigits && plainDigits(s) {
		if n, err := strconv.ParseInt(s, 10, 64); err == nil && n <= maxInteger {
			*v = n
			return
		}
	}
	d.fail("%s is %.40s, want plain digits of at most 2^53-1", d.place(), s)
}

func (d *decoder) decimal(v *Decimal) {
	s := d.number()
	if d.err != nil {
		return
	}
	x, err := ParseDecimal(s)
	if err != nil {
		d.fail("%s: %v", d.place(), err)
		return
	}
	*v = Decimal{strings.Clone(x.literal)}
}
