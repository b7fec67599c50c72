package client_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/wire"
)

// serve starts a server with one handler and returns its client.
func serve(t *testing.T, h http.HandlerFunc) *client.Client {
	t.Helper()
	s := httptest.NewServer(h)
	t.Cleanup(s.Close)
	c, err := client.New(s.URL + "/")
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// Every nonzero field of a query becomes a parameter of the request under its name; zero fields do not.
func TestQueriesAreParameters(t *testing.T) {
	t.Parallel()
	var got string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Method + " " + r.URL.Path + " " + r.URL.RawQuery
		_, _ = io.WriteString(w, `{"tip":{"height":-1}}`)
	})
	q := wire.PledgeQuery{Live: true}
	q.Pool, q.PastelID, q.Address, q.At, q.Limit, q.Order = "acme.00", "jX", "tP", 7, 3, wire.Newest
	events := wire.EventQuery{Type: []string{"pool.created", "pledge.left"}, From: 1, To: 2}
	ctx := context.Background()
	for want, ask := range map[string]func() error{
		"GET /api/v1/pledges address=tP&at=7&limit=3&live=true&order=newest&pastelid=jX&pool=acme.00": func() error { _, err := c.Pledges(ctx, q); return err },
		"GET /api/v1/pledges ": func() error { _, err := c.Pledges(ctx, wire.PledgeQuery{}); return err },
		"GET /api/v1/events from=1&to=2&type=pool.created%2Cpledge.left": func() error { _, err := c.Events(ctx, events); return err },
		"GET /api/v1/pools/a%2Fb/income blocks=5":                        func() error { _, err := c.PoolIncome(ctx, "a/b", wire.SeriesQuery{Blocks: 5}); return err },
		"GET /api/v1/blocks/12/pools ":                                   func() error { _, err := c.PastPools(ctx, 12, wire.Page{}); return err },
		"GET /api/v1/accounts/tP/coins limit=1000&pool=acme.00": func() error {
			_, err := c.AllCoins(ctx, "tP", wire.CoinQuery{OfPool: wire.OfPool{Pool: "acme.00"}})
			return err
		},
		"POST /api/v1/tickets/check ":  func() error { _, err := c.CheckTicket(ctx, []byte("{}")); return err },
		"POST /api/v1/tickets ":        func() error { _, err := c.PostTicket(ctx, []byte("{}")); return err },
		"POST /api/v1/registrations ":  func() error { _, err := c.Register(ctx, wire.Registration{}); return err },
		"DELETE /api/v1/alerts/x%3Fy ": func() error { return c.Unsubscribe(ctx, "x?y") },
	} {
		if err := ask(); err != nil {
			t.Error(err)
		}
		if decoded := strings.NewReplacer("%2F", "/", "%3F", "?").Replace(want); got != decoded {
			t.Errorf("asked %s\nwant  %s", got, decoded)
		}
	}
}

// Every field of every query names a parameter and has a type that can be sent.
func TestEveryQueryFieldCanBeSent(t *testing.T) {
	t.Parallel()
	var look func(q reflect.Type)
	look = func(q reflect.Type) {
		for i := range q.NumField() {
			f := q.Field(i)
			switch {
			case f.Anonymous:
				look(f.Type)
			case f.Tag.Get("query") == "":
				t.Errorf("%s.%s has no name", q, f.Name)
			case f.Type.Kind() == reflect.Slice && f.Type.Elem().Kind() != reflect.String:
				t.Errorf("%s.%s is a list of %s", q, f.Name, f.Type.Elem())
			}
		}
	}
	c := reflect.TypeOf(&client.Client{})
	queries := 0
	for i := range c.NumMethod() {
		m := c.Method(i).Type
		for j := 2; j < m.NumIn(); j++ {
			if in := m.In(j); strings.HasSuffix(in.Name(), "Query") {
				queries++
				look(in)
			}
		}
	}
	if queries < 8 {
		t.Errorf("only %d queries were checked", queries)
	}
}

// Errors that a daemon reports differ from answers that no daemon sends.
func TestErrors(t *testing.T) {
	t.Parallel()
	var status int
	var body string
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
	var problem *client.ProblemError
	var odd *client.AnswerError
	for _, x := range []struct {
		status         int
		body           string
		found, passes  bool
		problem, isOdd bool
		text           string
	}{
		{404, `{"detail":"no pool"}`, false, false, true, false, "no pool"},
		{422, `{"detail":"bad","errors":[{"message":"too long","location":"query.pool"}]}`, true, false, true, false, "bad; pool: too long"},
		{503, `{"detail":"later"}`, true, true, true, false, "later"},
		{502, `<html>`, true, true, false, true, "answered 502"},
		{200, `<html>`, true, false, false, true, "unreadable"},
		{200, `{"items":7}`, true, false, false, true, "unreadable"},
		{200, strings.Repeat(" ", 64<<20+1), true, false, false, true, "more than 64 MiB"},
		{302, ``, true, false, false, true, "answered 302"},
	} {
		status, body = x.status, x.body
		_, err := c.Pools(context.Background(), wire.PoolQuery{})
		if err == nil {
			t.Errorf("%d %.40s: no error", x.status, x.body)
			continue
		}
		if errors.Is(err, client.ErrNotFound) == x.found || client.Passes(err) != x.passes || errors.As(err, &problem) != x.problem ||
			errors.As(err, &odd) != x.isOdd || !strings.Contains(err.Error(), x.text) {
			t.Errorf("%d %.40s: %T %v", x.status, x.body, err, err)
		}
	}
}

// A missing daemon and an incomplete answer are temporary errors.
func TestUnreachable(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "100")
		_, _ = io.WriteString(w, "{")
	})
	if _, err := c.Status(context.Background()); !client.Passes(err) {
		t.Errorf("an answer that broke off: %v", err)
	}
	s := httptest.NewServer(http.NotFoundHandler())
	s.Close()
	c, err := client.New(s.URL)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := c.Status(context.Background()); !client.Passes(err) {
		t.Errorf("no daemon: %v", err)
	}
}

// A caller who gives up does not blame the daemon, whether it has answered in part or put the request off.
func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func(w http.ResponseWriter, r *http.Request){
		"no answer": func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() },
		"put off":   func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTooManyRequests) },
	} {
		ctx, cancel := context.WithCancel(t.Context())
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body) // so that the server notices who gives up
			cancel()
			answer(w, r)
		})
		_, err := c.Status(ctx)
		var unreachable *client.UnreachableError
		if !errors.Is(err, context.Canceled) || errors.As(err, &unreachable) || client.Passes(err) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// The client sends the token to its daemon only, never to an address that the daemon redirects to.
func TestTokenFollowsNoRedirect(t *testing.T) {
	t.Parallel()
	seen := 0
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { seen++ }))
	t.Cleanup(thief.Close)
	var sent string
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		sent = r.Header.Get("Authorization")
		http.Redirect(w, r, thief.URL, http.StatusTemporaryRedirect)
	})
	c.Token = "secret"
	if _, err := c.Alerts(context.Background()); err == nil || seen != 0 {
		t.Errorf("redirected: %v, %d requests arrived", err, seen)
	}
	if sent != "Bearer secret" {
		t.Errorf("the daemon was sent %q", sent)
	}
}

// All reads until there is no next page, and stops at a list that never ends.
func TestAllEnds(t *testing.T) {
	t.Parallel()
	pages := func(next func(n int) string, items int) func(string) (wire.List[int], error) {
		n := 0
		return func(string) (wire.List[int], error) {
			n++
			return wire.List[int]{Items: make([]int, items), Next: next(n)}, nil
		}
	}
	three := func(n int) string { return map[bool]string{true: fmt.Sprint(n)}[n < 3] }
	if list, err := client.All(100, pages(three, 2)); err != nil || len(list) != 6 {
		t.Errorf("%d items, %v", len(list), err)
	}
	endless := func(n int) string { return fmt.Sprint(n) }
	if _, err := client.All(100, pages(endless, 7)); err == nil {
		t.Error("an endless list")
	}
	if _, err := client.All(100, pages(endless, 0)); err == nil {
		t.Error("an endless list of nothing")
	}
	if _, err := client.All(100, pages(func(int) string { return "same" }, 1)); err == nil {
		t.Error("a list that repeats itself")
	}
}

// New refuses what cannot be the URL of a daemon.
func TestNew(t *testing.T) {
	t.Parallel()
	for _, bad := range []string{"", "127.0.0.1:9734", "ftp://x", "http://", "http://x/?a=b", "http://x/#y", "http://\x7f"} {
		if _, err := client.New(bad); err == nil {
			t.Errorf("%q is accepted", bad)
		}
	}
}

// Whatever a daemon answers, the client returns nothing that takes much more memory than bytes, puts lines of its own into what is printed, or
// passes for an answer about nothing.
func TestLyingDaemonAnswers(t *testing.T) {
	t.Parallel()
	const tip = `{"tip":{"height":1,"hash":"00"},"items":`
	status, body := 200, ""
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		_, _ = io.WriteString(w, body)
	})
	var fields strings.Builder
	for i := range 100_000 {
		fmt.Fprintf(&fields, `"%d":1,`, i)
	}
	for name, x := range map[string]struct {
		status int
		body   string
		says   string
	}{
		"short items":     {200, tip + `[` + strings.Repeat(`{},`, 1_000_000) + `{}]}`, "more than 500000 items"},
		"items of null":   {200, tip + `[` + strings.Repeat(`null,`, 1_000_000) + `null]}`, "more than 500000 items"},
		"a long map":      {200, tip + `[{"id":"a","x":{` + fields.String() + `"b":1}}]}`, "more than 1000 fields"},
		"a line":          {200, tip + `[{"status":"active\nsmartpool rpc stop"}]}`, `status is "active\n`},
		"a letter":        {200, tip + `[{"id":"аtlas.00"}]}`, "id is"},
		"a long id":       {200, tip + `[{"operator":"` + strings.Repeat("j", 100_000) + `"}]}`, "operator has 100000 bytes"},
		"nothing":         {204, ``, "204"},
		"an empty object": {200, `{}`, "tip has no hash"},
		"null":            {200, `null`, "tip has no hash"},
	} {
		status, body = x.status, x.body
		var odd *client.AnswerError
		if _, err := c.Pools(context.Background(), wire.PoolQuery{}); !errors.As(err, &odd) || !strings.Contains(err.Error(), x.says) {
			t.Errorf("%s: %v, want %q", name, err, x.says)
		}
	}
	status, body = 200, tip+`[{"id":"a.00","company":"Zoë\n\u200b"}]}`
	if list, err := c.Pools(context.Background(), wire.PoolQuery{}); err != nil || len(list.Items) != 1 {
		t.Errorf("a name that deceives: %v, %v; commands escape it", list, err)
	}
}
