package pasteld

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
)

// decode decodes a result, which must be a single JSON value.
func decode(raw json.RawMessage, result any) error {
	if v := reflect.ValueOf(result); string(raw) == "null" && v.Kind() == reflect.Pointer {
		_, verbatim := result.(*json.RawMessage)
		if kind := v.Elem().Kind(); !verbatim && kind != reflect.Pointer && kind != reflect.Interface {
			return errors.New("the result is null instead of a value; check whether this node supports the call")
		}
	}
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(result); err != nil {
		return fmt.Errorf("the result does not have this call's form (%s); check whether this is a Pastel node",
			oneLine(err.Error(), nil))
	}
	return nil
}

// complete requires every pointer that is not marked omitempty, in a decoded struct or a list of them.
func complete(v reflect.Value) error {
	switch v.Kind() {
	case reflect.Pointer:
		if !v.IsNil() {
			return complete(v.Elem())
		}
	case reflect.Slice:
		if v.Type().Elem().Kind() != reflect.Struct {
			return nil
		}
		for i := range v.Len() {
			if err := complete(v.Index(i)); err != nil {
				return err
			}
		}
	case reflect.Struct:
		for i := range v.NumField() {
			name, options, _ := strings.Cut(v.Type().Field(i).Tag.Get("json"), ",")
			if f := v.Field(i); f.Kind() == reflect.Pointer && f.IsNil() && options != "omitempty" {
				return fmt.Errorf("the result lacks %q; check whether this is a Pastel node", name)
			}
			if err := complete(v.Field(i)); err != nil {
				return err
			}
		}
	default: // other values check themselves when decoded
	}
	return nil
}

// Values in the node's notation. Errors do not show invalid values: of an answer, only the node's own messages enter errors.
type (
	txID      pastel.TxID
	blockHash pastel.BlockHash
	amount    pastel.Amount
	hexBytes  []byte // of a block or transaction
	script    []byte
)

func (id *txID) UnmarshalJSON(b []byte) error {
	v, err := pastel.ParseTxID(quoted(b))
	if err != nil {
		return errors.New("not a transaction id of 64 hex digits")
	}
	*id = txID(v)
	return nil
}

func (h *blockHash) UnmarshalJSON(b []byte) error {
	v, err := pastel.ParseBlockHash(quoted(b))
	if err != nil {
		return errors.New("not a block hash of 64 hex digits")
	}
	*h = blockHash(v)
	return nil
}

// UnmarshalJSON reads a number of PSL digit by digit; a float would round it.
func (a *amount) UnmarshalJSON(b []byte) error {
	v, err := pastel.ParseAmount(string(b))
	if err != nil {
		return errors.New("not an amount in PSL with at most 5 decimals")
	}
	*a = amount(v)
	return nil
}

// UnmarshalJSON reads lower-case hex of at least one byte.
func (h *hexBytes) UnmarshalJSON(b []byte) error {
	v, err := unhex(b)
	if err == nil && len(v) == 0 {
		err = errors.New("not bytes in hex")
	}
	*h = v
	return err
}

// UnmarshalJSON reads lower-case hex; a script may be empty.
func (s *script) UnmarshalJSON(b []byte) error {
	v, err := unhex(b)
	*s = v
	return err
}

func unhex(b []byte) ([]byte, error) {
	if len(b) < 2 || b[0] != '"' || bytes.ContainsAny(b, "ABCDEF") {
		return nil, errors.New("not lower-case hex")
	}
	b = b[1 : len(b)-1]
	v := make([]byte, hex.DecodedLen(len(b)))
	if _, err := hex.Decode(v, b); err != nil {
		return nil, errors.New("not lower-case hex")
	}
	return v, nil
}

// quoted returns the text between the quotes. It keeps escapes, which no valid value has.
func quoted(b []byte) string {
	if len(b) < 2 || b[0] != '"' {
		return ""
	}
	return string(b[1 : len(b)-1])
}
