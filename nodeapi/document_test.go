package nodeapi_test

import (
	"context"
	"encoding/hex"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/nodeapi"
)

// example is a call with its answer in docs/pasteld.md.
var example = regexp.MustCompile("(?m)^> (.*)\n< (.*)$")

// elided matches a block in a call whose middle is left out.
var elided = regexp.MustCompile("[0-9a-f]+…[0-9a-f]+")

// blockLike returns the block of the chain with a given beginning and end, in hex.
func blockLike(t *testing.T, short string) string {
	t.Helper()
	begin, end, _ := strings.Cut(short, "…")
	for _, raw := range life(t) {
		if text := hex.EncodeToString(raw); strings.HasPrefix(text, begin) && strings.HasSuffix(text, end) {
			return text
		}
	}
	t.Fatalf("no block of the chain is %s", short)
	return ""
}

// A server gives the answer of every example in the document.
func TestDocument(t *testing.T) {
	t.Parallel()
	const height = 244 // as in the document
	rules := newLedger(t)
	for _, raw := range life(t)[:height+1] {
		if err := rules.Connect(context.Background(), raw); err != nil {
			t.Fatal(err)
		}
	}
	text, err := os.ReadFile("../docs/pasteld.md")
	if err != nil {
		t.Fatal(err)
	}
	handler := nodeapi.NewHandler(rules, "password")
	examples := example.FindAllStringSubmatch(string(text), -1)
	if len(examples) != 12 {
		t.Fatalf("%d examples, want 12", len(examples))
	}
	for _, e := range examples {
		e[1] = elided.ReplaceAllStringFunc(e[1], func(short string) string { return blockLike(t, short) })
		req := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", strings.NewReader(e[1]))
		req.SetBasicAuth("__cookie__", "password")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, req)
		if length := w.Header().Get("Content-Length"); length != strconv.Itoa(w.Body.Len()) {
			t.Errorf("%s\nanswers %d bytes with the length %q", e[1], w.Body.Len(), length)
		}
		begin, end, short := strings.Cut(e[2], "…") // a long answer is shortened
		got := strings.TrimSpace(w.Body.String())
		if got != e[2] && (!short || !strings.HasPrefix(got, begin) || !strings.HasSuffix(got, end)) {
			t.Errorf("%s\nanswers  %s\ndocument %s", e[1], got, e[2])
		}
	}
}
