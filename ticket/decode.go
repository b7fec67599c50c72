package ticket

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-json-experiment/json/jsontext"
)

// Limits of a ticket's JSON (protocol 2). A string is measured in bytes of UTF-8 after its escapes are undone.
const (
	maxJSON    = 262_144
	maxString  = 512
	maxInteger = 1<<53 - 1
)

// maxPlace is how much of a place in the JSON is shown, in characters.
const maxPlace = 80

// anyKind lets decode take a ticket of whatever kind.
const anyKind Kind = 0

// Decode reads a ticket's JSON, the object {"ticket": {...}}. The error is a *Rejection whose reason is ReasonMalformed,
// or ReasonBadVersion for a ticket that is well formed but of another version than 1.
func Decode(text []byte) (*Ticket, error) {
	t, rejection := decode(text, anyKind)
	if rejection != nil {
		return nil, rejection
	}
	return t, nil
}

// decode reads a ticket of the kind that its envelope announced.
func decode(text []byte, want Kind) (*Ticket, *Rejection) {
	if len(text) > maxJSON {
		return nil, malformed("it has %d bytes, more than %d", len(text), maxJSON)
	}
	d := &decoder{dec: jsontext.NewDecoder(bytes.NewBuffer(text)), buf: make([]byte, 0, maxString)}
	t := new(Ticket)
	d.object(1, func(name []byte) bool {
		if string(name) != "ticket" {
			return false
		}
		d.ticket(t)
		return true
	})
	if d.err == nil {
		if _, err := d.dec.ReadToken(); !errors.Is(err, io.EOF) {
			d.fail("data goes on after the end")
		}
	}
	switch {
	case d.err != nil:
		return nil, d.err
	case want != anyKind && t.Kind != want:
		return nil, malformed("it is a %s in a contract ticket of sub_type %s", t.Kind, want)
	case t.Version != Version:
		return nil, &Rejection{ReasonBadVersion, fmt.Sprintf("version is %d, want %d", t.Version, Version)}
	}
	return t, nil
}

func malformed(format string, args ...any) *Rejection {
	return &Rejection{ReasonMalformed, fmt.Sprintf(format, args...)}
}

// decoder walks over JSON; the first error sticks. The library by itself refuses what JSON may not have: duplicate names
// in any object, invalid UTF-8, lone surrogates, leading zeros, nesting beyond a limit.
type decoder struct {
	dec *jsontext.Decoder
	buf []byte // of the string read last
	err *Rejection
}

func (d *decoder) fail(format string, args ...any) {
	if d.err == nil {
		d.err = malformed(format, args...)
	}
}

// object reads an object of so many fields. Because names are unique, their number tells whether one is missing.
func (d *decoder) object(want int, read func(name []byte) bool) {
	if seen := d.members(read); d.err == nil && seen != want {
		d.fail("%s has %d fields, want %d", d.place(), seen, want)
	}
}

// members reads an object and returns how many fields it has. read consumes the value of the field it is given the name
// of, which is gone once it reads another string; it is false if it knows no such field.
func (d *decoder) members(read func(name []byte) bool) (n int) {
	d.begin('{', "an object")
	for ; d.err == nil && d.dec.PeekKind() == '"'; n++ {
		name := d.quoted()
		if d.err == nil && !read(name) {
			d.fail("field %s is unknown", d.place())
		}
	}
	d.end("an object")
	return n
}

// place names the value read last for a person. Anyone can post a ticket, so that what is shown of its names is short, and
// printable: an escape sequence would reach a terminal.
func (d *decoder) place() string {
	p := string(d.dec.StackPointer())
	if p == "" {
		return "the JSON"
	}
	short := fmt.Sprintf("%.*s", maxPlace, p)
	if len(short) < len(p) {
		short += "..."
	}
	return strings.Map(func(r rune) rune {
		if strconv.IsPrint(r) {
			return r
		}
		return utf8.RuneError
	}, short)
}

// begin reads the opening bracket of an object or array.
func (d *decoder) begin(kind jsontext.Kind, what string) {
	if d.err != nil {
		return
	}
	if tok, err := d.dec.ReadToken(); err != nil {
		d.fail("%v", err)
	} else if tok.Kind() != kind {
		d.fail("%s is %s, want %s", d.place(), tok.Kind(), what)
	}
}

// end reads a closing bracket: the library sees to it that it is the right one.
func (d *decoder) end(what string) {
	if d.err != nil {
		return
	}
	if _, err := d.dec.ReadToken(); err != nil {
		d.fail("%s does not end: %v", what, err)
	}
}

// quoted reads a string, which is valid until the next one is read.
func (d *decoder) quoted() []byte {
	if d.err != nil {
		return nil
	}
	raw, err := d.dec.ReadValue()
	if err != nil {
		d.fail("%v", err)
		return nil
	}
	if raw.Kind() != '"' {
		d.fail("%s is %s, want a string", d.place(), raw.Kind())
		return nil
	}
	if d.buf, err = jsontext.AppendUnquote(d.buf[:0], raw); err != nil {
		d.fail("%s: %v", d.place(), err)
	}
	return d.buf
}

func (d *decoder) text(v *string) {
	b := d.quoted()
	if len(b) > maxString {
		d.fail("%s has %d bytes, more than %d", d.place(), len(b), maxString)
	}
	if d.err == nil {
		*v = string(b)
	}
}

// number reads a number's literal; empty after a failure.
func (d *decoder) number() string {
	if d.err != nil {
		return ""
	}
	literal, err := d.dec.ReadValue()
	switch {
	case err != nil:
		d.fail("%v", err)
	case literal.Kind() != '0':
		d.fail("%s is %s, want a number", d.place(), literal.Kind())
	default:
		return string(literal)
	}
	return ""
}

func (d *decoder) integer(v *int64) {
	s := d.number()
	if d.err != nil {
		return
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if !plainDigits(s) || err != nil || n > maxInteger {
		d.fail("%s is %.40s, want plain digits of at most 2^53-1", d.place(), s)
	}
	*v = n
}

func (d *decoder) decimal(v *Decimal) {
	s := d.number()
	if d.err != nil {
		return
	}
	var err error
	if *v, err = ParseDecimal(s); err != nil {
		d.fail("%s: %v", d.place(), err)
	}
}
