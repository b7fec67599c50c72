package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/danielgtaylor/huma/v2"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/books"
)

var update = flag.Bool("update", false, "rewrite openapi.json and the operations in docs/api.md")

// The checked-in document is the one that the server serves.
func TestOpenAPIDocumentIsCurrent(t *testing.T) {
	t.Parallel()
	doc := api.New(api.Config{Books: &books.Books{}, Feed: api.NewFeed(nil, nil)}).OpenAPI()
	full, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	const name = "openapi.json"
	var want bytes.Buffer
	if err := json.Indent(&want, full, "", " "); err != nil {
		t.Fatal(err)
	}
	want.WriteByte('\n')
	if *update {
		if err := os.WriteFile(name, want.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if have, err := os.ReadFile(name); err != nil || !bytes.Equal(have, want.Bytes()) {
		t.Errorf("%s differs from what the server serves (%v): run go test ./api -run 'TestOpenAPIDocument|TestDocument' -update", name, err)
	}
}

// docs/api.md lists the operations.
func TestDocumentListsTheOperations(t *testing.T) {
	t.Parallel()
	doc := api.New(api.Config{Books: &books.Books{}, Feed: api.NewFeed(nil, nil)}).OpenAPI()
	var table strings.Builder
	table.WriteString("| operation | what |\n|---|---|\n")
	for _, path := range slices.Sorted(maps.Keys(doc.Paths)) {
		item := doc.Paths[path]
		for _, x := range []struct {
			method string
			*huma.Operation
		}{{"GET", item.Get}, {"POST", item.Post}, {"DELETE", item.Delete}, {"PUT", item.Put}, {"PATCH", item.Patch}} {
			if x.Operation != nil {
				fmt.Fprintf(&table, "| `%s %s` | %s |\n", x.method, strings.TrimPrefix(path, "/api/v1"), x.Summary)
			}
		}
	}
	const file, begin, end = "../docs/api.md", "<!-- operations -->\n", "<!-- end -->\n"
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	before, rest, found := strings.Cut(string(text), begin)
	is, after, ends := strings.Cut(rest, end)
	switch {
	case !found || !ends:
		t.Fatalf("%s has no place for the operations", file)
	case *update:
		if err := os.WriteFile(file, []byte(before+begin+table.String()+end+after), 0o644); err != nil {
			t.Fatal(err)
		}
	case is != table.String():
		t.Errorf("the operations in %s differ from the API's: run go test ./api -run 'TestOpenAPIDocument|TestDocument' -update", file)
	}
}
