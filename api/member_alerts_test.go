package api_test

import (
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/wire"
)

const hostileStop = "ABCDEFGHIJKLMNOPQRSTUVWXYZ23"

// What strangers send to subscribe is bounded, and no refusal repeats the receiver's URL, which is a secret. A daemon without the setting, and one
// that only reads, take nothing.
func TestMembersRequestsAreBounded(t *testing.T) {
	t.Parallel()
	x := start(t, 250, "", nil)
	member := read[wire.List[wire.Pledge]](t, x, "/api/v1/pledges?limit=1").Items[0].PastelID
	path := "/api/v1/members/" + member + "/alerts"
	const proof = `"time":1772366400000,"signature":"AAAA"`
	for name, c := range map[string]struct {
		path, body string
		code       int
		words      string
	}{
		"no body":            {path, "", http.StatusBadRequest, ""},
		"a long body":        {path, `{"url":"https://t0psecret/` + strings.Repeat("a", 5000) + `",` + proof + `}`, http.StatusRequestEntityTooLarge, ""},
		"a long URL":         {path, `{"url":"https://t0psecret/` + strings.Repeat("a", 500) + `",` + proof + `}`, http.StatusUnprocessableEntity, "length"},
		"an unknown field":   {path, `{"url":"https://t0psecret/","stop":"A",` + proof + `}`, http.StatusUnprocessableEntity, "unexpected"},
		"no proof":           {path, `{"url":"https://t0psecret/"}`, http.StatusUnprocessableEntity, "signature"},
		"another time":       {path, `{"url":"https://t0psecret/","time":1,"signature":"AAAA"}`, http.StatusForbidden, "set your clock"},
		"a time without end": {path, `{"url":"https://t0psecret/","time":9007199254740991,"signature":"AAAA"}`, http.StatusForbidden, "set your clock"},
		"no PastelID":        {"/api/v1/members/0OIl/alerts", `{"url":"https://t0psecret/",` + proof + `}`, http.StatusUnprocessableEntity, "pattern"},
		"half a PastelID":    {"/api/v1/members/jX/alerts", `{"url":"https://t0psecret/",` + proof + `}`, http.StatusUnprocessableEntity, "not a PastelID"},
		"a secret of none":   {"/api/v1/alerts/stop", `{"stop":"` + hostileStop + `"}`, http.StatusNotFound, "no such subscription"},
		"no secret":          {"/api/v1/alerts/stop", `{"stop":""}`, http.StatusUnprocessableEntity, "length"},
		"an id of no shape":  {path + "/remove", `{"id":"a b",` + proof + `}`, http.StatusUnprocessableEntity, "pattern"},
	} {
		code, answer := x.ask(t, http.MethodPost, c.path, "", c.body)
		if code != c.code || !strings.Contains(string(answer), c.words) || strings.Contains(string(answer), "t0psecret") {
			t.Errorf("%s: %d, want %d %q: %s", name, code, c.code, c.words, answer)
		}
	}
	now := strconv.FormatInt(time.Now().UnixMilli(), 10)
	if code, answer := x.ask(t, http.MethodPost, path, "", `{"url":"https://t0psecret/","time":`+now+`,"signature":"AAAA"}`); code != http.StatusForbidden || !strings.Contains(string(answer), "not by this PastelID") {
		t.Errorf("another signature: %d: %s", code, answer)
	}
	off := start(t, 250, "", nil)
	off.alerts = notify.New(notify.Config{Ledger: off.ledger, Log: slog.New(slog.DiscardHandler)})
	reads := start(t, 250, "", func(c *api.Config) { c.ReadOnly = true })
	for name, x := range map[string]*site{"without the setting": off, "reading": reads} {
		if code, answer := x.ask(t, http.MethodPost, path, "", `{"url":"https://t0psecret/",`+proof+`}`); code != http.StatusForbidden || !strings.Contains(string(answer), "takes no subscriptions from members") {
			t.Errorf("%s: %d: %s", name, code, answer)
		}
	}
}

// The link in a message is not called dead while the daemon starts: whoever follows it then shall try again. One without the setting has none.
func TestStoppingWhileTheDaemonStarts(t *testing.T) {
	t.Parallel()
	var service *notify.Service
	var cfg api.Config
	x := start(t, 250, "", func(c *api.Config) {
		c.Alerts = func() *notify.Service { return service }
		cfg = *c
	})
	s := api.New(cfg)
	if err := s.StopAlerts(t.Context(), hostileStop); err == nil || errors.Is(err, books.ErrNotFound) {
		t.Errorf("while it starts: %v", err)
	}
	service = notify.New(notify.Config{Ledger: x.ledger, Log: slog.New(slog.DiscardHandler)})
	if err := s.StopAlerts(t.Context(), hostileStop); !errors.Is(err, books.ErrNotFound) {
		t.Errorf("without the setting: %v", err)
	}
}
