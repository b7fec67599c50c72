package api_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/wire"
)

// Clients can subscribe to every kind of alert and to nothing else.
func TestSubscriptionsTakeEveryKind(t *testing.T) {
	t.Parallel()
	field, _ := reflect.TypeFor[wire.Subscription]().FieldByName("Kinds")
	var want []string
	for _, k := range notify.Kinds() {
		want = append(want, string(k))
	}
	if got := strings.Split(field.Tag.Get("enum"), ","); !slices.Equal(got, want) {
		t.Errorf("the API accepts %q, the kinds are %q", got, want)
	}
}

// The API's schema gives each setting with the limits and the default of notify's table, and takes no other number.
func TestSubscriptionsTakeEverySetting(t *testing.T) {
	t.Parallel()
	of := reflect.TypeFor[wire.Subscription]()
	settings := notify.Settings()
	for i := range of.NumField() {
		f := of.Field(i)
		if f.Type.Kind() != reflect.Int64 {
			continue
		}
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		j := slices.IndexFunc(settings, func(s notify.Setting) bool { return s.Name == name })
		if j < 0 {
			t.Errorf("wire.Subscription.%s: notify/settings.go lists no %q, or it stands here twice", f.Name, name)
			continue
		}
		s := settings[j]
		settings = slices.Delete(settings, j, j+1)
		if least, most := f.Tag.Get("minimum"), f.Tag.Get("maximum"); least != "0" || most != fmt.Sprint(s.Most) {
			t.Errorf("wire.Subscription.%s is from %s to %s; want from 0, which means the default, to %d", f.Name, least, most, s.Most)
		}
		if want := fmt.Sprintf("; 0 means %d.", s.Default); !strings.HasSuffix(f.Tag.Get("doc"), want) {
			t.Errorf("the doc of wire.Subscription.%s does not end in %q: %s", f.Name, want, f.Tag.Get("doc"))
		}
	}
	for _, s := range settings {
		t.Errorf("wire.Subscription has no field %q", s.Name)
	}
}

// What a client subscribes to is what it is shown, field by field.
func TestSubscriptionsAreListedAsMade(t *testing.T) {
	t.Parallel()
	x := start(t, 140, "", nil)
	p := read[wire.List[wire.Pool]](t, x, "/api/v1/pools").Items[0]
	made := func(q wire.Subscription) wire.Subscription {
		t.Helper()
		body, err := json.Marshal(wire.Subscribe{URL: "https://example.org/alerts", Subscription: q})
		if err != nil {
			t.Fatal(err)
		}
		var receipt wire.Receipt
		status, answer := x.ask(t, http.MethodPost, "/api/v1/alerts", token, string(body))
		if err := json.Unmarshal(answer, &receipt); err != nil || status != http.StatusOK {
			t.Fatalf("%s: %d %s", body, status, answer)
		}
		list := read[[]wire.Subscribed](t, x, "/api/v1/alerts")
		i := slices.IndexFunc(list, func(s wire.Subscribed) bool { return s.ID == receipt.ID })
		if i < 0 {
			t.Fatalf("%s is not listed: %+v", receipt.ID, list)
		}
		return list[i].Subscription
	}
	scopes := map[string]string{"Pool": p.ID, "PastelID": p.Operator, "Operator": p.Operator} // at most one at a time
	of := reflect.TypeFor[wire.Subscription]()
	for scope := range scopes {
		var q wire.Subscription
		for i := range of.NumField() {
			f, value := of.Field(i), reflect.ValueOf(&q).Elem().Field(i)
			if _, isScope := scopes[f.Name]; isScope {
				if f.Name == scope {
					value.SetString(scopes[scope])
				}
				continue
			}
			switch f.Type.Kind() {
			case reflect.Int64: // no setting's default is next to its maximum
				most, err := strconv.ParseInt(f.Tag.Get("maximum"), 10, 64)
				if err != nil {
					t.Fatal(err)
				}
				value.SetInt(most - 1)
			case reflect.Slice:
				value.Set(reflect.ValueOf(strings.Split(f.Tag.Get("enum"), ",")[1:3]))
			default:
				t.Errorf("this test gives wire.Subscription.%s no value", f.Name)
			}
		}
		if got := made(q); !reflect.DeepEqual(got, q) {
			t.Errorf("listed is\n     %+v\nmade %+v", got, q)
		}
	}
	all := made(wire.Subscription{})
	for _, s := range notify.Settings() {
		got := reflect.ValueOf(all).FieldByNameFunc(func(name string) bool { return strings.EqualFold(name, s.Name) })
		if !got.IsValid() || got.Int() != s.Default {
			t.Errorf("%s of a subscription that leaves it out: %v, want %d", s.Name, got, s.Default)
		}
	}
}

// Alerts reveal nothing and do nothing without the token, on a daemon that only reads, or before the service runs.
func TestAlertsNeedTheToken(t *testing.T) {
	t.Parallel()
	writes := start(t, 100, "", nil)
	reads := start(t, 100, "", func(c *api.Config) { c.ReadOnly = true })
	starts := start(t, 100, "", func(c *api.Config) { c.Alerts = func() *notify.Service { return nil } })
	open := start(t, 100, "", func(c *api.Config) { c.Token = "" })
	for _, op := range []struct{ method, path, body string }{
		{http.MethodGet, "/api/v1/alerts", ""},
		{http.MethodPost, "/api/v1/alerts", `{"url":"https://example.org/alerts"}`},
		{http.MethodDelete, "/api/v1/alerts/00", ""},
		{http.MethodPost, "/api/v1/alerts/00/test", ""},
	} {
		for _, c := range []struct {
			what  string
			site  *site
			token string
			want  int
			says  string
		}{
			{"no token", writes, "", http.StatusUnauthorized, "api.token"},
			{"a wrong token", writes, token[1:], http.StatusUnauthorized, "api.token"},
			{"a daemon without a token", open, token, http.StatusUnauthorized, "api.token"},
			{"a reader", reads, token, http.StatusConflict, "the daemon that writes"},
			{"a daemon that starts", starts, token, http.StatusServiceUnavailable, "try again"},
		} {
			status, body := c.site.ask(t, op.method, op.path, c.token, op.body)
			if status != c.want || !strings.Contains(string(body), c.says) {
				t.Errorf("%s %s, %s: %d %s", op.method, op.path, c.what, status, body)
			}
		}
	}
	asked, err := http.NewRequest(http.MethodGet, writes.URL+"/api/v1/alerts", nil)
	if err != nil {
		t.Fatal(err)
	}
	asked.Header.Set("Authorization", "bearer "+token)
	taken, err := writes.Client().Do(asked)
	if err != nil {
		t.Fatal(err)
	}
	taken.Body.Close()
	if taken.StatusCode != http.StatusOK {
		t.Errorf("the scheme in lower case: %d", taken.StatusCode)
	}
	res, err := writes.Client().Get(writes.URL + "/api/v1/alerts")
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if got := res.Header.Get("WWW-Authenticate"); got != "Bearer" {
		t.Errorf("WWW-Authenticate: %q", got)
	}
}

func TestSubscriptions(t *testing.T) {
	t.Parallel()
	x := start(t, 140, "", nil)
	down := false
	var got []string
	receiver := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if down {
			http.Error(w, "secret-path is closed", http.StatusServiceUnavailable)
			return
		}
		got = append(got, r.Header.Get(notify.HeaderSignature))
	}))
	t.Cleanup(receiver.Close)
	pool := read[wire.List[wire.Pool]](t, x, "/api/v1/pools").Items[0].ID

	body := fmt.Sprintf(`{"url":"%s/secret-path","pool":"%s","kinds":["cushion.low"],"cushion":20}`, receiver.URL, pool)
	status, answer := x.ask(t, http.MethodPost, "/api/v1/alerts", token, body)
	var receipt wire.Receipt
	if err := json.Unmarshal(answer, &receipt); err != nil || status != http.StatusOK || receipt.ID == "" || len(receipt.Secret) < 32 {
		t.Fatalf("subscribe: %d %s", status, answer)
	}
	list := read[[]wire.Subscribed](t, x, "/api/v1/alerts")
	if len(list) != 1 || list[0].ID != receipt.ID || list[0].Pool != pool || list[0].Cushion != 20 || strings.Contains(list[0].To, "secret-path") {
		t.Fatalf("the list: %+v", list)
	}
	if status, answer := x.ask(t, http.MethodPost, "/api/v1/alerts/"+receipt.ID+"/test", token, ""); status != http.StatusNoContent || len(got) != 1 {
		t.Errorf("test: %d %s, %d arrived", status, answer, len(got))
	}
	down = true
	status, answer = x.ask(t, http.MethodPost, "/api/v1/alerts/"+receipt.ID+"/test", token, "")
	if status != http.StatusBadGateway || !strings.Contains(string(answer), "answered 503") || strings.Contains(string(answer), "secret-path") {
		t.Errorf("test of a receiver that is down: %d %s", status, answer)
	}
	for range 2 {
		want := http.StatusNoContent
		if len(read[[]wire.Subscribed](t, x, "/api/v1/alerts")) == 0 {
			want = http.StatusNotFound
		}
		if status, answer := x.ask(t, http.MethodDelete, "/api/v1/alerts/"+receipt.ID, token, ""); status != want {
			t.Errorf("remove: %d %s, want %d", status, answer, want)
		}
	}
}

// Every invalid request gets a 4xx with a reason that reveals nothing of the URL.
func TestSubscriptionsThatAreRefused(t *testing.T) {
	t.Parallel()
	x := start(t, 140, "", nil)
	for body, says := range map[string]string{
		`{}`:                                       "url",
		`{"url":""}`:                               "url",
		`{"url":"hunter2"}`:                        "malformed",
		`{"url":"hunter2://x"}`:                    "no service",
		`{"url":"https://"}`:                       "host",
		`{"url":"logger://hunter3"}`:               "no service",
		`{"url":"https://a.example/hunter3#x"}`:    "fragment",
		`{"url":"https://a.example","pool":"x"}`:   "pool",
		`{"url":"https://a.example","kinds":"x"}`:  "array",
		`{"url":"https://a.example","kinds":[""]}`: "kinds",
		`{"url":"https://a.example","kinds":["cushion.low","cushion.low"]}`: "kinds",
		`{"url":"https://a.example","pastelid":"jX"}`:                       "pastelid",
		`{"url":"https://a.example","cushion":101}`:                         "cushion",
		`{"url":"https://a.example","overdue":-1}`:                          "overdue",
		`{"url":"https://a.example","overdue":1.5}`:                         "overdue",
		`{"url":"https://a.example","nonsense":1}`:                          "nonsense",
		`{"url":"` + strings.Repeat("a", 5000) + `"}`:                       "url",
		`{"url":"https://a.example/hunter3","nonsense":1}`:                  "nonsense",
		`{"url":"https://a.example/hunter3"`:                                "JSON",
		`[]`:                                                                "object",
		`{`:                                                                 "JSON",
	} {
		status, answer := x.ask(t, http.MethodPost, "/api/v1/alerts", token, body)
		if status < 400 || status >= 500 || !strings.Contains(string(answer), says) || strings.Contains(string(answer), "hunter3") {
			t.Errorf("%.80s: %d %s, want %q in it", body, status, answer, says)
		}
	}
	for _, value := range hostile {
		for _, op := range []struct{ method, suffix string }{{http.MethodDelete, ""}, {http.MethodPost, "/test"}} {
			status, answer := x.ask(t, op.method, "/api/v1/alerts/"+url.PathEscape(value)+op.suffix, token, "")
			if status < 300 || status >= 500 {
				t.Errorf("%s %q%s: %d %s", op.method, value, op.suffix, status, answer)
			}
		}
	}
	if list := read[[]wire.Subscribed](t, x, "/api/v1/alerts"); len(list) != 0 {
		t.Errorf("there are subscriptions: %+v", list)
	}
}
