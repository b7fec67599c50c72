package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// A refusal is short, however many fields of a request are unknown, and however long they are.
func TestRefusalsAreShort(t *testing.T) {
	t.Parallel()
	x := start(t, 100, "", nil)
	many := map[string]any{"ticket": "{}"}
	for i := range 1_000 {
		many[fmt.Sprint("x", i)] = i
	}
	all, err := json.Marshal(many)
	if err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("ä", 50_000)
	for name, c := range map[string]struct {
		body  string
		words string
	}{
		"many fields":     {string(all), "unexpected property"},
		"a long field":    {`{"ticket":"{}","` + long + `":1}`, "unexpected property"},
		"a list":          {`[` + strings.TrimSuffix(strings.Repeat("1,", 50_000), ",") + `]`, "expected object"},
		"a list as text":  {`{"ticket":[` + strings.TrimSuffix(strings.Repeat("1,", 50_000), ",") + `]}`, "expected string"},
		"no JSON":         {long, "invalid character"},
		"a field of JSON": {`{"ticket":"{}","x":1}`, "body.x"},
	} {
		for _, path := range []string{"tickets", "tickets/check", "registrations"} {
			status, answer := x.ask(t, http.MethodPost, "/api/v1/"+path, "", c.body)
			if status/100 != 4 || len(answer) > 10_000 || !strings.Contains(string(answer), c.words) && path != "registrations" {
				t.Errorf("%s: %s answers %d with %d bytes, want %q: %.300s", name, path, status, len(answer), c.words, answer)
			}
		}
	}
}

// Pages of other sites can have a browser send a body without a type, or with one that forms have. Neither is taken.
func TestBodiesOfOtherSites(t *testing.T) {
	t.Parallel()
	x := start(t, 100, "", nil)
	for _, path := range []string{"tickets", "tickets/check", "registrations"} {
		for _, kind := range []string{"", "text/plain", "text/plain;charset=application/json", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"} {
			req, err := http.NewRequest(http.MethodPost, x.URL+"/api/v1/"+path, strings.NewReader(`{"ticket":"{}"}`))
			if err != nil {
				t.Fatal(err)
			}
			req.Header.Set("Content-Type", kind)
			if kind == "" {
				req.Header.Del("Content-Type")
			}
			res, err := x.Client().Do(req)
			if err != nil {
				t.Fatal(err)
			}
			res.Body.Close()
			if res.StatusCode != http.StatusUnsupportedMediaType {
				t.Errorf("%s with type %q: %s", path, kind, res.Status)
			}
		}
	}
}
