package api_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"
)

// contract is an OpenAPI document, as far as it says what programs rely on.
type contract struct {
	Paths map[string]map[string]struct {
		OperationID string `json:"operationId"`
		Parameters  []parameter
		RequestBody *content `json:"requestBody"`
		Responses   map[string]*content
	}
	Components struct{ Schemas map[string]*schema }
}

type parameter struct {
	Name, In string
	Required bool
	Explode  bool
	Schema   *schema
}

// among returns the parameter of the same name in a list, nil if there is none.
func (p *parameter) among(list []parameter) *parameter {
	for i := range list {
		if list[i].Name == p.Name && list[i].In == p.In {
			return &list[i]
		}
	}
	return nil
}

type content struct {
	Required bool
	Content  map[string]struct{ Schema *schema }
}

type schema struct {
	Ref        string `json:"$ref"`
	Type       any
	Format     string
	Enum       []string
	Items      *schema
	Properties map[string]*schema
	Required   []string
	Additional any `json:"additionalProperties"`

	Minimum, Maximum, MinLength, MaxLength, MinItems, MaxItems *float64
	Pattern                                                    string
}

// growth lists what a document no longer promises of an earlier one.
type growth struct {
	was, is *contract
	broken  []string
	seen    map[string]bool
}

func (g *growth) breaks(format string, args ...any) {
	g.broken = append(g.broken, fmt.Sprintf(format, args...))
}

// compare compares all operations.
func (g *growth) compare() []string {
	for path, was := range g.was.Paths {
		for method, was := range was {
			at := strings.ToUpper(method) + " " + path
			is, found := g.is.Paths[path][method]
			if !found || was.OperationID != is.OperationID {
				g.breaks("%s is gone", at)
				continue
			}
			for _, p := range was.Parameters {
				q := p.among(is.Parameters)
				switch {
				case q == nil:
					g.breaks("%s: parameter %s is gone", at, p.Name)
					continue
				case q.Required && !p.Required || q.Explode != p.Explode:
					g.breaks("%s: parameter %s is given in another way", at, p.Name)
				}
				g.schema(at+" "+p.Name, p.Schema, q.Schema, true)
			}
			for _, q := range is.Parameters {
				if q.Required && q.among(was.Parameters) == nil {
					g.breaks("%s: parameter %s is required", at, q.Name)
				}
			}
			g.content(at+" body", was.RequestBody, is.RequestBody, true)
			for status, was := range was.Responses {
				g.content(at+" "+status, was, is.Responses[status], false)
			}
		}
	}
	slices.Sort(g.broken)
	return slices.Compact(g.broken)
}

func (g *growth) content(at string, was, is *content, sent bool) {
	switch {
	case was == nil && (is == nil || !is.Required):
		return
	case was == nil || is == nil || sent && is.Required && !was.Required:
		g.breaks("%s: is required now, or gone", at)
		return
	}
	for kind, c := range was.Content {
		if d, found := is.Content[kind]; found {
			g.schema(at, c.Schema, d.Schema, sent)
		} else {
			g.breaks("%s: no %s", at, kind)
		}
	}
}

// schema compares what is sent to the daemon, of which it must take as much, or what it answers, which must hold as much.
func (g *growth) schema(at string, was, is *schema, sent bool) {
	if was == nil || is == nil {
		if was != is {
			g.breaks("%s has no schema", at)
		}
		return
	}
	if was.Ref != "" {
		once := fmt.Sprint(was.Ref, is.Ref, sent)
		if g.seen[once] {
			return
		}
		g.seen[once] = true
		at = strings.TrimPrefix(was.Ref, "#/components/schemas/")
	}
	was, is = g.was.resolve(was), g.is.resolve(is)
	if was == nil || is == nil {
		g.breaks("%s refers to nothing", at)
		return
	}
	if fmt.Sprint(was.Type) != fmt.Sprint(is.Type) || was.Format != is.Format {
		g.breaks("%s is %v %s instead of %v %s", at, is.Type, is.Format, was.Type, was.Format)
	}
	for name, p := range was.Properties {
		q, found := is.Properties[name]
		if !found {
			g.breaks("%s.%s is gone", at, name)
			continue
		}
		g.schema(at+"."+name, p, q, sent)
		if !sent && slices.Contains(was.Required, name) && !slices.Contains(is.Required, name) {
			g.breaks("%s.%s may be left out", at, name)
		}
	}
	if was.Items != nil {
		g.schema(at+"[]", was.Items, is.Items, sent)
	}
	for _, name := range is.Required {
		if sent && !slices.Contains(was.Required, name) {
			g.breaks("%s.%s is required", at, name)
		}
	}
	if values, found := is.Additional.(bool); sent && found && !values && was.Additional != false {
		g.breaks("%s takes no other fields", at)
	}
	for _, value := range was.Enum {
		if !slices.Contains(is.Enum, value) && (sent || len(is.Enum) > 0) {
			g.breaks("%s is never %q", at, value)
		}
	}
	if sent {
		g.bounds(at, was, is)
	}
}

// bounds finds what is refused that was taken.
func (g *growth) bounds(at string, was, is *schema) {
	for name, b := range map[string][2]*float64{
		"minimum": {was.Minimum, is.Minimum}, "minLength": {was.MinLength, is.MinLength}, "minItems": {was.MinItems, is.MinItems},
	} {
		if b[1] != nil && (b[0] == nil || *b[1] > *b[0]) {
			g.breaks("%s: %s is higher", at, name)
		}
	}
	for name, b := range map[string][2]*float64{
		"maximum": {was.Maximum, is.Maximum}, "maxLength": {was.MaxLength, is.MaxLength}, "maxItems": {was.MaxItems, is.MaxItems},
	} {
		if b[1] != nil && (b[0] == nil || *b[1] < *b[0]) {
			g.breaks("%s: %s is lower", at, name)
		}
	}
	if is.Pattern != "" && is.Pattern != was.Pattern {
		g.breaks("%s has another pattern", at)
	}
	if len(was.Enum) == 0 && len(is.Enum) > 0 {
		g.breaks("%s takes only some values", at)
	}
}

func (d *contract) resolve(s *schema) *schema {
	for range 10 {
		if s == nil || s.Ref == "" {
			return s
		}
		s = d.Components.Schemas[strings.TrimPrefix(s.Ref, "#/components/schemas/")]
	}
	return nil
}

func readContract(t *testing.T, text []byte) *contract {
	t.Helper()
	var d contract
	if err := json.Unmarshal(text, &d); err != nil || len(d.Paths) == 0 {
		t.Fatal("no document: ", err)
	}
	return &d
}

// What programs of the last release rely on is still there (docs/stability.md).
func TestAPIOnlyGrows(t *testing.T) {
	t.Parallel()
	released, err := os.ReadFile("testdata/released.json")
	if err != nil {
		t.Fatal(err)
	}
	now, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	g := growth{was: readContract(t, released), is: readContract(t, now), seen: map[string]bool{}}
	for _, line := range g.compare() {
		t.Error(line)
	}
}

// The comparison notices each kind of break, and lets the API grow.
func TestBreaksOfTheAPIAreFound(t *testing.T) {
	t.Parallel()
	text, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ name, was, is, want string }{
		{"an operation is gone", `"/api/v1/statistics": {`, `"/api/v1/sums": {`, "GET /api/v1/statistics is gone"},
		{"a field is gone", `"escrowed": {`, `"escrow": {`, "Statistics.escrowed is gone"},
		{"numbers are smaller", `"format": "int64"`, `"format": "int32"`, "Statistics.escrowed is integer int32 instead of integer int64"},
		{"a field of answers may be left out", `"required": [
     "confirmations",`, `"required": [`, "Block.confirmations may be left out"},
		{"a value is gone", `"closed"`, `"ended"`, `GET /api/v1/pools status[] is never "closed"`},
		{"a parameter is gone", `"name": "operator"`, `"name": "by"`, "GET /api/v1/pools: parameter operator is gone"},
		{"a list is shorter", `"maximum": 1000,`, `"maximum": 500,`, "GET /api/v1/pools limit: maximum is lower"},
		{"an optional field is added", `"components": {
  "schemas": {`, `"components": {
  "schemas": {"New": {"type": "object"},`, ""},
	} {
		changed := strings.ReplaceAll(string(text), c.was, c.is)
		if changed == string(text) {
			t.Errorf("%s: the document has no %s", c.name, c.was)
			continue
		}
		g := growth{was: readContract(t, text), is: readContract(t, []byte(changed)), seen: map[string]bool{}}
		if broken := g.compare(); c.want == "" && len(broken) > 0 || c.want != "" && !slices.Contains(broken, c.want) {
			t.Errorf("%s: %q instead of %q", c.name, broken, c.want)
		}
	}
	if names := slices.Sorted(maps.Keys(readContract(t, text).Components.Schemas)); len(names) < 50 {
		t.Errorf("only %d schemas are read", len(names))
	}
}
