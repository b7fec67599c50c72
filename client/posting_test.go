package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/wire"
)

// A posting whose answer is lost is sent again, the same bytes each time, and not without end. A refusal is believed at once.
func TestPostingsAreSentAgain(t *testing.T) {
	t.Parallel()
	const ok = `{"txid":"ab","expires":30}`
	lose := func(http.ResponseWriter) { panic(http.ErrAbortHandler) }
	says := func(status int, text string) func(http.ResponseWriter) {
		return func(w http.ResponseWriter) {
			w.WriteHeader(status)
			_, _ = io.WriteString(w, text)
		}
	}
	for name, x := range map[string]struct {
		answers []func(http.ResponseWriter) // the last one from then on
		sent    int
		refused bool
		ok      bool
	}{
		"an answer":                    {[]func(http.ResponseWriter){says(200, ok)}, 1, false, true},
		"a lost answer":                {[]func(http.ResponseWriter){lose, says(200, ok)}, 2, false, true},
		"a proxy's word":               {[]func(http.ResponseWriter){says(502, "<html>"), says(200, ok)}, 2, false, true},
		"an accident":                  {[]func(http.ResponseWriter){says(500, `{"detail":"oh"}`), says(200, ok)}, 2, false, true},
		"a refusal that may pass":      {[]func(http.ResponseWriter){lose, says(503, `{"detail":"starting"}`), says(200, ok)}, 3, false, true},
		"a refusal after a lost one":   {[]func(http.ResponseWriter){lose, says(409, `{"detail":"one waits"}`)}, 4, false, false},
		"later, after a lost one":      {[]func(http.ResponseWriter){lose, says(503, `{"detail":"later"}`)}, 4, false, false},
		"no answer":                    {[]func(http.ResponseWriter){lose}, 4, false, false},
		"a refusal":                    {[]func(http.ResponseWriter){says(403, `{"detail":"no"}`)}, 1, true, false},
		"one that may pass":            {[]func(http.ResponseWriter){says(503, `{"detail":"later"}`)}, 1, true, false},
		"something else than a daemon": {[]func(http.ResponseWriter){says(200, "<html>")}, 1, false, false},
	} {
		var mu sync.Mutex // a lost answer does not say that the request was seen
		var bodies []string
		c := serve(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			mu.Lock()
			bodies = append(bodies, r.URL.Path+string(body))
			answer := x.answers[min(len(bodies), len(x.answers))-1]
			mu.Unlock()
			answer(w)
		})
		got, err := c.PostTicket(context.Background(), []byte(`{"ticket":{}}`))
		mu.Lock()
		sent := bodies
		mu.Unlock()
		if (err == nil) != x.ok || x.ok && got.TxID != "ab" || client.Refuses(err) != x.refused || len(sent) != x.sent {
			t.Errorf("%s: %+v, %v after %d requests, want %d", name, got, err, len(sent), x.sent)
		}
		for _, body := range sent {
			if want := `/api/v1/tickets{"ticket":"{\"ticket\":{}}"}`; body != want {
				t.Errorf("%s: sent %s, want %s", name, body, want)
			}
		}
	}
}

// When to ask again is in the error. Nobody waits for a daemon that names another day.
func TestPostingsThatArePutOff(t *testing.T) {
	t.Parallel()
	asked := 0
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.Header().Set("Retry-After", "7200")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"detail":"this address has posted enough today"}`)
	})
	_, err := c.Register(context.Background(), wire.Registration{PastelID: "jX"})
	var problem *client.ProblemError
	if !errors.As(err, &problem) || problem.RetryAfter != 2*time.Hour || asked != 1 || !client.Refuses(err) || !strings.Contains(err.Error(), "enough") {
		t.Errorf("%v (%+v) after %d requests", err, problem, asked)
	}
}

// Who gives up is not kept waiting for the next try.
func TestPostingsEndWithTheirContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	asked := 0
	c := serve(t, func(http.ResponseWriter, *http.Request) {
		asked++
		cancel()
		panic(http.ErrAbortHandler)
	})
	if _, err := c.PostTicket(ctx, nil); err == nil || client.Refuses(err) || asked != 1 {
		t.Errorf("%v after %d requests", err, asked)
	}
}
