package api_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"testing"

	"github.com/pastelnetwork/smartpool/api"
)

var update = flag.Bool("update", false, "write openapi.json and client/openapi-3.0.json anew")

// The documents that are checked in are those that the server serves. The client's generator knows OpenAPI 3.0 only.
func TestOpenAPIDocumentsAreCurrent(t *testing.T) {
	t.Parallel()
	doc := api.New(api.Config{Books: &api.Books{}, Feed: api.NewFeed(nil, nil)}).OpenAPI()
	full, err := json.Marshal(doc)
	if err != nil {
		t.Fatal(err)
	}
	older, err := doc.Downgrade()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string][]byte{"openapi.json": full, "client/openapi-3.0.json": older} {
		var want bytes.Buffer
		if err := json.Indent(&want, text, "", " "); err != nil {
			t.Fatal(err)
		}
		want.WriteByte('\n')
		if *update {
			if err := os.WriteFile(name, want.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
			continue
		}
		if have, err := os.ReadFile(name); err != nil || !bytes.Equal(have, want.Bytes()) {
			t.Errorf("%s is not what the server serves (%v): run make generate", name, err)
		}
	}
}
