package api_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/poster"
)

// Each kind of refusal has a status of its own kind.
func TestRefusalsToPostHaveAStatus(t *testing.T) {
	t.Parallel()
	for _, k := range poster.Kinds() {
		if s := api.PostingStatus[k]; s < http.StatusBadRequest {
			t.Errorf("%s: status %d", k, s)
		}
	}
	if len(api.PostingStatus) != len(poster.Kinds()) {
		t.Errorf("%d statuses for %d kinds", len(api.PostingStatus), len(poster.Kinds()))
	}
}

// A daemon that posts nothing says so, and one whose service has not started asks for patience. Neither offers to post.
func TestNothingIsPosted(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*api.Config)
		status int
	}{
		"it posts nothing": {nil, http.StatusForbidden},
		"it only reads":    {func(c *api.Config) { c.ReadOnly, c.Poster = true, none }, http.StatusForbidden},
		"it is starting":   {func(c *api.Config) { c.Poster = none }, http.StatusServiceUnavailable},
	} {
		x := start(t, 100, "", c.change)
		for path, body := range map[string]string{"tickets": `{"ticket":"{}"}`, "registrations": `{"pastelid":"jX","address":"t","time":0,"signature":""}`} {
			if status, answer := x.ask(t, http.MethodPost, "/api/v1/"+path, "", body); status != c.status {
				t.Errorf("%s: %s answers %d %s, want %d", name, path, status, answer, c.status)
			}
		}
		if _, answer := x.get(t, "/api/v1/status"); strings.Contains(string(answer), `"posting"`) {
			t.Errorf("%s: %s", name, answer)
		}
	}
}

// none is a daemon's service before it has started.
func none() *poster.Service { return nil }
