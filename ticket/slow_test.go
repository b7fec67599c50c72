package ticket

import (
	"bytes"
	"errors"
	"io"
	"math/big"
	"reflect"
	"regexp"
	"testing"

	"github.com/go-json-experiment/json/jsontext"
)

// literal is a JSON number, true, false or null as written.
type literal string

// tree reads JSON with a library that refuses bad JSON: duplicate names in any object, invalid UTF-8, lone surrogates, leading zeros,
// anything after the end.
func tree(text []byte) (any, error) {
	d := jsontext.NewDecoder(bytes.NewReader(text))
	whole, err := branch(d)
	if err != nil {
		return nil, err
	}
	if _, err := d.ReadToken(); !errors.Is(err, io.EOF) {
		return nil, errors.New("data after the end")
	}
	return whole, nil
}

func branch(d *jsontext.Decoder) (any, error) {
	switch kind := d.PeekKind(); kind {
	case '{', '[':
		object, list := map[string]any{}, []any{}
		if _, err := d.ReadToken(); err != nil {
			return nil, err
		}
		for d.PeekKind() != '}' && d.PeekKind() != ']' {
			v, err := branch(d)
			if err != nil {
				return nil, err
			}
			name, isName := v.(string)
			if kind == '[' {
				list = append(list, v)
			} else if !isName {
				return nil, errors.New("name is no string")
			} else if object[name], err = branch(d); err != nil {
				return nil, err
			}
		}
		if _, err := d.ReadToken(); err != nil {
			return nil, err
		}
		if kind == '[' {
			return list, nil
		}
		return object, nil
	case '"':
		tok, err := d.ReadToken()
		return tok.String(), err
	default:
		v, err := d.ReadValue()
		return literal(v), err
	}
}

// shaped reads protocol 2 off a tree: fields exactly as in the proposal.
type shaped struct{ bad bool }

func (s *shaped) object(v any, names ...string) []any {
	m, ok := v.(map[string]any)
	if !ok || len(m) != len(names) {
		s.bad = true
	}
	values := make([]any, len(names))
	for i, name := range names {
		if values[i], ok = m[name]; !ok {
			s.bad = true
		}
	}
	return values
}

func (s *shaped) text(v any) string {
	x, ok := v.(string)
	s.bad = s.bad || !ok || len(x) > 512
	return x
}

var (
	integerForm = regexp.MustCompile(`^(0|[1-9][0-9]*)$`)
	decimalForm = regexp.MustCompile(`^(0|[1-9][0-9]*)(\.[0-9]+)?$`)
)

func (s *shaped) integer(v any, most int64) int64 {
	x, ok := v.(literal)
	n, isInt := new(big.Int).SetString(string(x), 10)
	if !ok || !integerForm.MatchString(string(x)) || !isInt || n.Cmp(big.NewInt(most)) > 0 {
		s.bad = true
		return 0
	}
	return n.Int64()
}

func (s *shaped) decimal(v any) Decimal {
	x, ok := v.(literal)
	s.bad = s.bad || !ok || !decimalForm.MatchString(string(x))
	return Decimal{string(x)}
}

func (s *shaped) ticket(v any) *Ticket {
	const greatest = 1<<53 - 1
	inner, _ := s.object(v, "ticket")[0].(map[string]any)
	switch kind, _ := inner["type"].(string); kind {
	case "smartpool_init":
		f := s.object(inner, "type", "version", "smart_pool_id", "subscription_period", "required_coins", "overcollateralization_factor",
			"operator_fee_percentage", "supernode", "operator", "smart_pool_signature")
		node := s.object(f[7], "supernode_pastel_id")
		who := s.object(f[8], "company", "pastelid", "operator_fee_address", "agreement_signature")
		return &Ticket{KindInit, &Init{
			s.integer(f[1], greatest), PoolID(s.text(f[2])), s.integer(f[3], greatest), s.integer(f[4], greatest), s.decimal(f[5]), s.decimal(f[6]), s.text(node[0]),
			s.text(who[0]), s.text(who[1]), s.text(who[2]), s.text(who[3]), s.text(f[9]),
		}, nil, nil}
	case "smartpool_part":
		f := s.object(inner, "type", "version", "smart_pool_id", "participant")
		p := s.object(f[3], "pastel_id", "pledged_coins", "pledge_signature", "txid", "vout_ind", "address_signature", "reward_address", "time_stamp")
		return &Ticket{KindPart, nil, &Part{
			s.integer(f[1], greatest), PoolID(s.text(f[2])), s.text(p[0]), s.integer(p[1], 21_000_000_000), s.text(p[2]), s.text(p[3]), s.integer(p[4], greatest),
			s.text(p[5]), s.text(p[6]), s.text(p[7]),
		}, nil}
	case "smartpool_activate":
		f := s.object(inner, "type", "version", "smart_pool_id", "participants", "operator_signature")
		list, ok := f[3].([]any)
		s.bad = s.bad || !ok || len(list) > listLimit
		x := &Activate{Version: s.integer(f[1], greatest), SmartPoolID: PoolID(s.text(f[2])), OperatorSignature: s.text(f[4])}
		for _, v := range list {
			p := s.object(v, "pastel_id", "address")
			x.Participants = append(x.Participants, Participant{s.text(p[0]), s.text(p[1])})
		}
		return &Ticket{KindActivate, nil, nil, x}
	}
	s.bad = true
	return nil
}

// slowDecode is a plain implementation of Decode.
func slowDecode(text []byte) (*Ticket, Reason) {
	whole, err := tree(text)
	if err != nil || len(text) > jsonLimit {
		return nil, ReasonMalformed
	}
	var s shaped
	t := s.ticket(whole)
	switch {
	case s.bad:
		return nil, ReasonMalformed
	case t.Version() != 1:
		return nil, ReasonBadVersion
	}
	return t, ""
}

// sameAsSlow compares Decode with slowDecode.
func sameAsSlow(t testing.TB, text []byte) {
	t.Helper()
	got, err := Decode(text)
	want, reason := slowDecode(text)
	if r := reasonOf(t, err); r != reason || err == nil && !reflect.DeepEqual(got, want) {
		t.Fatalf("Decode and the plain decoder here, which has to know each version too, read %.2000q as %+v (%v) and %+v (%q)", text, got, err, want, reason)
	}
}
