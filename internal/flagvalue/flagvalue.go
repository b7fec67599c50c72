// Package flagvalue decodes the values of flags: numbers of settings, durations, and no value from a variable that is empty.
package flagvalue

import (
	"fmt"
	"os"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// Durations makes kong decode durations.
func Durations() kong.Option {
	return kong.TypeMapper(reflect.TypeFor[time.Duration](), kong.MapperFunc(interval))
}

// Numbers makes kong decode the numbers of a program's settings, which are in one form.
func Numbers() (list []kong.Option) {
	for _, kind := range []reflect.Kind{reflect.Int, reflect.Int32, reflect.Int64} {
		list = append(list, kong.KindMapper(kind, kong.MapperFunc(number)))
	}
	return list
}

// OmitEmpty makes kong ignore variables that are set but empty, as scripts and containers set those that nobody chose.
func OmitEmpty(node *kong.Node) {
	for _, f := range node.Flags {
		f.Tag.Envs = slices.DeleteFunc(f.Tag.Envs, func(name string) bool { return strings.TrimSpace(os.Getenv(name)) == "" })
	}
	for _, child := range node.Children {
		OmitEmpty(child)
	}
}

// decimal is the only form in which people write counts and heights: 010 is neither 8 nor 10, and 0x10 is a slip.
var decimal = regexp.MustCompile(`^-?(0|[1-9][0-9]*)$`)

// number decodes a flag of a kind of integer.
func number(ctx *kong.DecodeContext, target reflect.Value) error {
	text, err := popped(ctx, "number")
	if err != nil {
		return err
	}
	n, err := strconv.ParseInt(text, 10, target.Type().Bits())
	if err != nil || !decimal.MatchString(text) {
		return fmt.Errorf("%.40q is not a whole number in decimal, such as 100", text)
	}
	target.SetInt(n)
	return nil
}

// interval decodes a flag that is a duration.
func interval(ctx *kong.DecodeContext, target reflect.Value) error {
	text, err := popped(ctx, "duration")
	if err != nil {
		return err
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%.40q is not a duration with a unit, such as 2s, 500ms or 1m", text)
	}
	target.SetInt(int64(d))
	return nil
}

// popped returns a flag's value without white space around it.
func popped(ctx *kong.DecodeContext, what string) (string, error) {
	var text string
	err := ctx.Scan.PopValueInto(what, &text)
	return strings.TrimSpace(text), err
}
