package client

import (
	"cmp"
	"fmt"
	"reflect"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// Limits of the values in an answer.
const (
	maxText  = 256 << 10 // bytes of a text
	maxID    = 2_000     // bytes of an id, address, cursor or word
	lastYear = 2200      // of a time, estimates included
	maxCount = int64(pastel.MaxMoney)
	maxCoins = int64(pastel.MaxMoney / pastel.PSL)
)

var (
	amountType = reflect.TypeFor[pastel.Amount]()
	heightType = reflect.TypeFor[pastel.Height]()
	timeType   = reflect.TypeFor[time.Time]()
	tipType    = reflect.TypeFor[wire.Tip]()

	supernodeType = reflect.TypeFor[wire.Supernode]()
)

// words are the fields with texts of people or other programs, which may contain anything; commands escape them. The others name or count
// something: ids, addresses, statuses.
var words = map[string]bool{
	"company": true, "companies": true, "text": true, "trouble": true, "last_error": true, "to": true, "hex": true, "unfit": true,
	"listed": true, "payee": true, "machine": true, // of a node's list
}

// named returns what a text cannot be that names something: it would put lines of its own into what a command prints.
func named(s, name string) error {
	switch {
	case len(s) > maxID:
		return fmt.Errorf("%s has %d bytes", name, len(s))
	case strings.ContainsFunc(s, func(r rune) bool { return r < ' ' || r > '~' }):
		return fmt.Errorf("%s is %.100q", name, s)
	}
	return nil
}

// sane returns what is impossible in a decoded answer: an amount below zero or above all coins that there will be, a height below -1, a
// time that no block has, an endless text, an id with characters that no id has, or a last block without a hash. A program that calculates with such values, or prints them, goes wrong later and unseen.
func sane(v reflect.Value, name string) error {
	switch v.Type() {
	case amountType:
		if a := pastel.Amount(v.Int()); a < 0 || a > pastel.MaxMoney {
			return fmt.Errorf("%s is %d patoshi", name, int64(a))
		}
		return nil
	case heightType:
		if h := v.Int(); h < -1 {
			return fmt.Errorf("%s is block %d", name, h)
		}
		return nil
	case timeType:
		at, _ := v.Interface().(time.Time)
		if !at.IsZero() && (at.Unix() < 0 || at.Year() > lastYear) {
			return fmt.Errorf("%s is in the year %d", name, at.Year())
		}
		return nil
	}
	switch v.Kind() {
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return sane(v.Elem(), name)
		}
	case reflect.String:
		if v.Len() > maxText {
			return fmt.Errorf("%s has %d bytes", name, v.Len())
		}
		if !words[name] {
			return named(v.String(), name)
		}
	case reflect.Int, reflect.Int64:
		most := maxCount
		if strings.HasSuffix(name, "coins") {
			most = maxCoins
		}
		if n := v.Int(); n < -most || n > most { // what is missing is negative
			return fmt.Errorf("%s is %d", name, n)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			if err := sane(v.Index(i), name); err != nil {
				return err
			}
		}
	case reflect.Map:
		for i := v.MapRange(); i.Next(); {
			if k := i.Key(); k.Kind() == reflect.String {
				if err := named(k.String(), name); err != nil {
					return err
				}
			}
			if err := sane(i.Value(), name); err != nil {
				return err
			}
		}
	case reflect.Struct:
		if v.Type() == tipType && v.FieldByName("Height").Int() >= 0 && v.FieldByName("Hash").Len() == 0 {
			return fmt.Errorf("%s has no hash", name) // such as {}, which would pass for a list of nothing
		}
		for i := range v.NumField() {
			f := v.Type().Field(i)
			if !f.IsExported() {
				continue
			}
			called, _, _ := strings.Cut(f.Tag.Get("json"), ",")
			if v.Type() == supernodeType && called == "address" {
				called = "machine"
			}
			if err := sane(v.Field(i), cmp.Or(called, f.Name)); err != nil {
				return err
			}
		}
	default:
	}
	return nil
}

// weight returns about how many bytes of memory a value takes, for lists without an end.
func weight(v reflect.Value) (size int) {
	switch v.Kind() {
	case reflect.String:
		return 16 + v.Len()
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			return 8 + weight(v.Elem())
		}
		return 8
	case reflect.Slice:
		size = 24
		for i := range v.Len() {
			size += weight(v.Index(i))
		}
	case reflect.Struct:
		for i := range v.NumField() {
			size += weight(v.Field(i))
		}
	default:
		return int(v.Type().Size())
	}
	return size
}
