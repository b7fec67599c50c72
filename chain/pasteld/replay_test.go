package pasteld

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
)

// recorded is a call of a real node, as stored in testdata.
type recorded struct {
	Request string `json:"request_body"`
	Status  int    `json:"http_status"`
	Answer  string `json:"response_raw"`
}

type call struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params []any           `json:"params"`
}

func load(tb testing.TB, name string) recorded {
	tb.Helper()
	matches, err := filepath.Glob(filepath.Join("testdata", name+"_*.json"))
	if err != nil || len(matches) != 1 {
		tb.Fatalf("%d recordings %s, %v", len(matches), name, err)
	}
	b, err := os.ReadFile(matches[0])
	if err != nil {
		tb.Fatal(err)
	}
	var r recorded
	if err := json.Unmarshal(b, &r); err != nil {
		tb.Fatal(err)
	}
	return r
}

// answer returns the recorded answer for a call with this id.
func (r recorded) answer(id json.RawMessage) []byte {
	var asked call
	if json.Unmarshal([]byte(r.Request), &asked) != nil || len(asked.ID) == 0 {
		return []byte(r.Answer)
	}
	return bytes.Replace([]byte(r.Answer), append([]byte(`"id":`), asked.ID...), append([]byte(`"id":`), id...), 1)
}

// serve creates a client for a test server; the handler checks authentication.
func serve(t *testing.T, h http.HandlerFunc) *Client {
	t.Helper()
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	return dialless(t, Config{URL: server.URL, User: "user", Password: "pass-word"})
}

// patience is the time limit of calls in tests about other things; it does not measure speed.
const patience = 5 * time.Minute

func dialless(tb testing.TB, cfg Config) *Client {
	tb.Helper()
	cfg.Network = network(tb, "regtest")
	if cfg.Timeout == 0 {
		cfg.Timeout = patience
	}
	c, err := New(cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(c.http.CloseIdleConnections)
	return c
}

func network(tb testing.TB, name string) pastel.Network {
	tb.Helper()
	n, err := pastel.NetworkByName(name)
	if err != nil {
		tb.Fatal(err)
	}
	return n
}

func read(t *testing.T, r *http.Request) (c call) {
	b, err := io.ReadAll(r.Body)
	if err == nil {
		err = json.Unmarshal(b, &c)
	}
	if err != nil {
		t.Errorf("request: %v", err)
	}
	return c
}

// replay answers the recorded requests as a real node did, and no others.
func replay(t *testing.T, names ...string) *Client {
	t.Helper()
	var all []recorded
	for _, name := range names {
		all = append(all, load(t, name))
	}
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		got := read(t, r)
		for _, rec := range all {
			var want call
			if err := json.Unmarshal([]byte(rec.Request), &want); err != nil {
				t.Error(err)
			}
			if want.Method == got.Method && reflect.DeepEqual(want.Params, got.Params) {
				w.WriteHeader(rec.Status)
				w.Write(rec.answer(got.ID))
				return
			}
		}
		t.Errorf("nobody recorded %s %v", got.Method, got.Params)
	})
}

// always gives every call the same status and body; ID in it stands for the call's id.
func always(t *testing.T, status int, body string) *Client {
	t.Helper()
	return serve(t, func(w http.ResponseWriter, r *http.Request) {
		id := read(t, r).ID
		w.WriteHeader(status)
		w.Write(bytes.ReplaceAll([]byte(body), []byte("ID"), id))
	})
}

func result(s string) string { return `{"result":` + s + `,"error":null,"id":ID}` }

func must[T any](t *testing.T) func(v T, err error) T {
	return func(v T, err error) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func equal(t *testing.T, got, want any) {
	t.Helper()
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
}
