package ticket

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/gowebpki/jcs"
)

// fields returns the fields of the ticket's object, or nil if its kind has no such version.
func (t *Ticket) fields() []field {
	form, known := layoutOf(t.Kind, t.Version(), AnyVersion)
	if !known {
		return nil
	}
	return form.fields(t)
}

var errNoVersion = errors.New("the ticket has no canonical form: its kind has no such version")

// canonical appends the canonical form (RFC 8785) of the ticket's object without the named fields, whatever their depth. It fails
// for an unknown version, text that is not UTF-8, an unset decimal, or a decimal that no double holds. Decode returns none of these
// but the last, which the rules always reject.
func (t *Ticket) canonical(b []byte, without ...string) ([]byte, error) {
	fields := t.fields()
	if fields == nil {
		return nil, errNoVersion
	}
	return appendObject(b, fields, without)
}

// appendObject writes members in the order of their names, which are ASCII.
func appendObject(b []byte, fields []field, without []string) (_ []byte, err error) {
	if !slices.IsSortedFunc(fields, byName) {
		fields = slices.SortedFunc(slices.Values(fields), byName)
	}
	b = append(b, '{')
	first := true
	for _, f := range fields {
		if slices.Contains(without, f.name) {
			continue
		}
		if !first {
			b = append(b, ',')
		}
		first = false
		b = append(append(append(b, '"'), f.name...), '"', ':')
		if b, err = appendValue(b, f.at, without); err != nil {
			return nil, err
		}
	}
	return append(b, '}'), nil
}

func byName(x, y field) int { return strings.Compare(x.name, y.name) }

func appendValue(b []byte, at any, without []string) ([]byte, error) {
	switch at := at.(type) {
	case *Kind:
		return appendText(b, at.String())
	case *string:
		return appendText(b, *at)
	case *alias:
		return appendText(b, string(*at))
	case *int64:
		return strconv.AppendInt(b, *at, 10), nil // at most 2^53-1, so a double holds it
	case *coins:
		return strconv.AppendInt(b, int64(*at), 10), nil
	case *Decimal:
		return appendDecimal(b, *at)
	case *list:
		return appendParticipants(b, at)
	case []field:
		return appendObject(b, at, without)
	default:
		panic(fmt.Sprintf("a ticket holds a %T", at))
	}
}

// appendParticipants writes a list. All elements share one set of fields, because there may be hundreds.
func appendParticipants(b []byte, x *list) (_ []byte, err error) {
	var p Participant
	fields := x.element(&p)
	slices.SortFunc(fields, byName)
	b = append(b, '[')
	for i := range *x.at {
		if i > 0 {
			b = append(b, ',')
		}
		p = (*x.at)[i]
		if b, err = appendObject(b, fields, nil); err != nil {
			return nil, err
		}
	}
	return append(b, ']'), nil
}

var errNoNumber = errors.New("the ticket has no canonical form: a number is missing")

// appendDecimal writes a number in RFC 8785's form, which the library decides.
func appendDecimal(b []byte, d Decimal) ([]byte, error) {
	if d.literal == "" {
		return nil, errNoNumber
	}
	list, err := jcs.Transform([]byte("[" + d.literal + "]"))
	if err != nil {
		return nil, fmt.Errorf("the ticket has no canonical form: %w", err)
	}
	text := bytes.TrimSuffix(bytes.TrimPrefix(list, []byte("[")), []byte("]"))
	return append(b, text...), nil
}

var errNotUTF8 = errors.New("the ticket has no canonical form: a text is not UTF-8")

// appendText writes a string with as few and as short escapes as possible (RFC 8785, 3.2.2.2).
func appendText(b []byte, s string) ([]byte, error) {
	if !utf8.ValidString(s) {
		return nil, errNotUTF8
	}
	b = append(b, '"')
	for from := 0; ; {
		at := from
		for at < len(s) && s[at] >= ' ' && s[at] != '"' && s[at] != '\\' {
			at++
		}
		if b = append(b, s[from:at]...); at == len(s) {
			return append(b, '"'), nil
		}
		const short, letters = "\"\\\b\f\n\r\t", `"\bfnrt`
		if i := strings.IndexByte(short, s[at]); i >= 0 {
			b = append(b, '\\', letters[i])
		} else {
			b = fmt.Appendf(b, `\u%04x`, s[at])
		}
		from = at + 1
	}
}

// digest returns the SHA-256 of the canonical form in lowercase hex, or "" if the ticket has no canonical form.
func (t *Ticket) digest(without ...string) string {
	text, err := t.canonical(nil, without...)
	if err != nil {
		return ""
	}
	hash := sha256.Sum256(text)
	return hex.EncodeToString(hash[:])
}

// Encode returns the ticket's JSON in canonical form, which Decode reads back. Decimals lose trailing zeros, which changes
// neither their value nor any id or digest. A decimal below 0.000001 or from 10^21 on, which is out of range anyway, gets an
// exponent, which Decode refuses. Encode returns an error for what no ticket may hold, such as text that is not UTF-8 or an
// unknown version.
func (t *Ticket) Encode() ([]byte, error) {
	b, err := t.canonical([]byte(`{"ticket":`))
	if err != nil {
		return nil, err
	}
	return append(b, '}'), nil
}

// Limits of a pool's label, in bytes.
const (
	minLabel = 3
	maxLabel = 32
	idBytes  = 20
)

// PoolID is a smart_pool_id: a label, a point, and 40 hex digits that commit to every term of the pool (protocol 2).
type PoolID string

// Label returns the part before the first point, even if the id does not have the right form.
func (id PoolID) Label() string {
	label, _, _ := strings.Cut(string(id), ".")
	return label
}

// ParsePoolID checks the form of an id and returns its label. It does not check the hash; Init.Terms does.
func ParsePoolID(s string) (label string, err error) {
	label, hash, found := strings.Cut(s, ".")
	if !found || len(hash) != 2*idBytes || !labelOK(label) || !only(hash, "0123456789abcdef") {
		return "", fmt.Errorf("%.120q is not a pool id: want a label, a point and %d lowercase hex digits", s, 2*idBytes)
	}
	return label, nil
}

// labelOK reports whether a label has 3 to 32 characters of a-z, 0-9 and '-'.
func labelOK(s string) bool {
	return len(s) >= minLabel && len(s) <= maxLabel && only(s, "abcdefghijklmnopqrstuvwxyz0123456789-")
}

// IDFor returns the id of the ticket's terms under a label (protocol 2, "smart_pool_id"), or "" if the ticket has no canonical
// form. It does not check the label.
func (x *Init) IDFor(label string) PoolID {
	y := *x
	y.SmartPoolID = PoolID(label)
	hash := y.Ticket().digest(agreementSignature, smartPoolSignature)
	if hash == "" {
		return ""
	}
	return PoolID(label + "." + hash[:2*idBytes])
}

// only reports whether every byte of s is in the alphabet.
func only(s, alphabet string) bool { return strings.Trim(s, alphabet) == "" }
