package web

import (
	"cmp"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
)

// The parts of an OpenAPI document that the reference shows.
type (
	document struct {
		Info       struct{ Description string }
		Paths      map[string]map[string]operation // by path, then by method
		Components struct{ Schemas map[string]schema }
	}
	operation struct {
		Method, Path string // the document's keys
		Summary      string
		Description  string
		Parameters   []parameter
		RequestBody  *struct{ Content map[string]media }
		Responses    map[string]struct{ Content map[string]media }
	}
	parameter struct {
		Name, In, Description string
		Required              bool
		Schema                schema
	}
	media  struct{ Schema schema }
	schema struct {
		Name        string // the document's key
		Ref         string `json:"$ref"`
		Type        string
		Format      string
		Description string
		Enum        []any
		Items       *schema
		Properties  map[string]schema
		Required    []string
	}
)

// Kind names a schema's type; that of a list says of what.
func (s schema) Kind() string {
	switch {
	case s.Ref != "":
		return s.To()
	case s.Type == "array" && s.Items != nil:
		return "list of " + s.Items.Kind()
	}
	return cmp.Or(s.Format, s.Type)
}

// To returns the name of the schema that this one, or each item of it, refers to; empty if it is none.
func (s schema) To() string {
	if s.Items != nil {
		return s.Items.To()
	}
	return strings.TrimPrefix(s.Ref, "#/components/schemas/")
}

// Takes and Answers return what a request's body and a successful answer are; nil if they are empty.
func (o operation) Takes() *schema {
	if o.RequestBody == nil {
		return nil
	}
	return schemaOf(o.RequestBody.Content)
}

func (o operation) Answers() *schema {
	for status, r := range o.Responses {
		if strings.HasPrefix(status, "2") {
			return schemaOf(r.Content)
		}
	}
	return nil
}

// schemaOf returns the schema of a body, which has one form.
func schemaOf(content map[string]media) *schema {
	for _, m := range content {
		return &m.Schema
	}
	return nil
}

// reference is the API's reference, in the order of its page.
type reference struct {
	About      string
	Operations []operation
	Types      []schema
}

// newReference reads an OpenAPI document.
func newReference(text []byte) (*reference, error) {
	var d document
	if err := json.Unmarshal(text, &d); err != nil {
		return nil, err
	}
	r := &reference{About: d.Info.Description}
	for path, methods := range d.Paths {
		for method, o := range methods {
			o.Method, o.Path = strings.ToUpper(method), path
			r.Operations = append(r.Operations, o)
		}
	}
	slices.SortFunc(r.Operations, func(a, b operation) int { return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(a.Method, b.Method)) })
	for name, s := range d.Components.Schemas {
		s.Name = name
		r.Types = append(r.Types, s)
	}
	slices.SortFunc(r.Types, func(a, b schema) int { return cmp.Compare(a.Name, b.Name) })
	return r, nil
}

// reference shows the API's operations and types, from its own document.
func (s *Site) reference(*http.Request) (*page, error) {
	r, err := s.api()
	return ok("reference.html", "API", "/reference", r), err
}
