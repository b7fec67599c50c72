package main

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/wire"
)

// A URL is a secret, so it need not appear on the command line.
func TestAlertURLFromStandardInput(t *testing.T) {
	t.Parallel()
	var asked struct{ URL string }
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v1/status", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(wire.Status{Network: "regtest", Ready: true})
	})
	mux.HandleFunc("/api/v1/alerts", func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(&asked); err != nil {
			t.Error(err)
		}
		json.NewEncoder(w).Encode(wire.Receipt{ID: "A"})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	for in, want := range map[string]int{"https://example.org/t0psecret\n": exitOK, "https://example.org/t0psecret": exitOK, "\n": exitUsage} {
		var out bytes.Buffer
		asked.URL = ""
		code := run([]string{"alerts", "add", "-", "--token", "x", "--api", server.URL}, strings.NewReader(in), &out, &out)
		if code != want || code == exitOK && asked.URL != "https://example.org/t0psecret" || strings.Contains(out.String(), "t0psecret") {
			t.Errorf("%q: exit code %d, URL %q:\n%s", in, code, asked.URL, &out)
		}
	}
}
