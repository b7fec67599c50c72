package main

import (
	"fmt"
	"reflect"
	"regexp"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/pastelnetwork/smartpool/internal/pasted"
)

// cleaners clean what people paste into flags and arguments, by the type in a field's tag. Fields without one are taken as they are.
func cleaners() []kong.Option {
	as := func(clean func(string) string) func(string) (string, error) {
		return func(s string) (string, error) { return clean(s), nil }
	}
	return []kong.Option{
		kong.NamedMapper("id", cleaner(as(pasted.ID))), // PastelIDs, addresses, keys and signatures
		kong.NamedMapper("ids", cleaner(as(pasted.ID), ',')),
		kong.NamedMapper("hex", cleaner(as(pasted.Hex))),
		kong.NamedMapper("pool", cleaner(as(pasted.Pool))),
		kong.NamedMapper("participant", cleaner(as(pasted.Participant))),
		kong.NamedMapper("decimal", cleaner(pasted.Decimal)),
		kong.NamedMapper("text", cleaner(as(pasted.Text))), // URLs, addresses of machines, days
		kong.NamedMapper("exact", cleaner(as(func(s string) string { return s }))),
		kong.KindMapper(reflect.String, cleaner(as(func(s string) string { return s }))),
		kong.KindMapper(reflect.Int64, kong.MapperFunc(integer)),
		kong.KindMapper(reflect.Int32, kong.MapperFunc(integer)),
	}
}

// cleaner decodes texts, or lists of them. A separator splits arguments, too.
func cleaner(clean func(string) (string, error), separator ...rune) kong.MapperFunc {
	one := func(t kong.Token, sep rune) (list []string, err error) {
		for _, s := range kong.SplitEscaped(strings.TrimPrefix(t.String(), guard), sep) {
			if s, err = clean(strings.TrimPrefix(s, guard)); err != nil {
				return nil, err
			}
			if s != "" || sep == -1 {
				list = append(list, s)
			}
		}
		return list, nil
	}
	return func(ctx *kong.DecodeContext, target reflect.Value) error {
		if target.Kind() == reflect.Slice {
			sep := ctx.Value.Tag.Sep
			tokens := []kong.Token{}
			if ctx.Value.Flag != nil {
				t, err := ctx.Scan.PopValue("text")
				if err != nil {
					return err
				}
				tokens = append(tokens, t)
			} else {
				if sep = -1; len(separator) > 0 {
					sep = separator[0]
				}
				tokens = ctx.Scan.PopWhile(func(t kong.Token) bool { return t.IsValue() })
			}
			for _, t := range tokens {
				list, err := one(t, sep)
				if err != nil {
					return err
				}
				target.Set(reflect.AppendSlice(target, reflect.ValueOf(list)))
			}
			return nil
		}
		t, err := ctx.Scan.PopValue("string")
		if err != nil {
			return err
		}
		list, err := one(t, -1)
		if err != nil {
			return err
		}
		if target.Kind() == reflect.Pointer {
			target.Set(reflect.ValueOf(&list[0]))
		} else {
			target.SetString(list[0])
		}
		return nil
	}
}

// integer decodes whole numbers, which people write with a unit or with separators.
func integer(ctx *kong.DecodeContext, target reflect.Value) error {
	t, err := ctx.Scan.PopValue("number")
	if err != nil {
		return err
	}
	n, err := pasted.Integer(strings.TrimPrefix(t.String(), guard))
	switch {
	case err != nil:
		return err
	case target.OverflowInt(n):
		return fmt.Errorf("%d is too large a number", n)
	}
	target.SetInt(n)
	return nil
}

// guard stands before a value that begins with a hyphen, so that it is not read as a flag. It leaves no mark, and cleaners remove it.
const guard = "\u2060"

// hyphened matches values that begin with a hyphen: the id of a pool, its label if it begins with a digit, and negative numbers.
var hyphened = regexp.MustCompile(`^-([a-z0-9-]{2,31}\.[0-9a-f]{40}|[0-9][a-z0-9-]*)$`)

// guarded marks the values among arguments that would be read as flags. What follows -- is never read so.
func guarded(args []string) []string {
	all := make([]string, len(args))
	for i, s := range args {
		if s == "--" {
			copy(all[i:], args[i:])
			break
		}
		if all[i] = s; hyphened.MatchString(pasted.ID(s)) {
			all[i] = guard + s
		}
	}
	return all
}
