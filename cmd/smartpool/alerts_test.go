package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/alecthomas/kong"

	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/wire"
)

// subscribing is the address of an API that keeps what it is asked to subscribe to, and lists that.
func subscribing(t *testing.T, asked *wire.Subscribe) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v1/status", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(wire.Status{Network: "regtest", Ready: true, Tip: wire.Tip{Hash: "00"}})
	})
	mux.HandleFunc("POST /api/v1/alerts", func(w http.ResponseWriter, r *http.Request) {
		if err := json.NewDecoder(r.Body).Decode(asked); err != nil {
			t.Error(err)
		}
		json.NewEncoder(w).Encode(wire.Receipt{ID: "A"})
	})
	mux.HandleFunc("GET /api/v1/alerts", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode([]wire.Subscribed{{ID: "A", Created: time.Unix(0, 0), To: "https://example.org/…", Subscription: asked.Subscription}})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

// Each field of a subscription has a flag. A setting's flag names its default, and the list shows its value.
func TestAlertFlags(t *testing.T) {
	t.Parallel()
	commands, names := leaves()
	flags := map[string]*kong.Flag{}
	for _, f := range commands[slices.Index(names, "alerts add")].Flags {
		flags[f.Name] = f
	}
	for _, s := range notify.Settings() {
		f := flags[s.Name]
		if want := fmt.Sprintf("; by default, %d.", s.Default); f == nil || !strings.HasSuffix(f.Help, want) {
			t.Errorf("the help of --%s does not end in %q: %+v", s.Name, want, f)
		}
	}
	var asked, want wire.Subscribe
	server := subscribing(t, &asked)
	of := reflect.TypeFor[wire.Subscription]()
	line := []string{"alerts", "add", "https://example.org", "--token", "x", "--api", server}
	want.URL = line[2]
	var numbers []string
	for i := range of.NumField() {
		f, value := of.Field(i), reflect.ValueOf(&want.Subscription).Elem().Field(i)
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		if flags[name] == nil {
			t.Errorf("alerts add has no flag --%s for wire.Subscription.%s", name, f.Name)
			continue
		}
		text := fmt.Sprint(71 + i)
		switch f.Type.Kind() {
		case reflect.Int64:
			value.SetInt(int64(71 + i))
			numbers = append(numbers, text)
		case reflect.String:
			if f.Name == "Pool" { // it is verified first, which the guides show
				continue
			}
			value.SetString(text)
		case reflect.Slice:
			value.Set(reflect.ValueOf([]string{text}))
		default:
			t.Errorf("this test gives wire.Subscription.%s no value", f.Name)
		}
		line = append(line, "--"+name, text)
	}
	var out bytes.Buffer
	if code := run(line, strings.NewReader(""), &out, &out); code != exitOK || !reflect.DeepEqual(asked, want) {
		t.Errorf("exit code %d, asked for\n     %+v\nwant %+v\n%s", code, asked, want, &out)
	}
	out.Reset()
	if code := run([]string{"alerts", "list", "--token", "x", "--api", server}, strings.NewReader(""), &out, &out); code != exitOK {
		t.Errorf("exit code %d\n%s", code, &out)
	}
	for _, n := range numbers {
		if !strings.Contains(out.String(), " "+n+" ") {
			t.Errorf("alerts list does not show the setting of %s:\n%s", n, &out)
		}
	}
}

// A URL is a secret, so it need not appear on the command line.
func TestAlertURLFromStandardInput(t *testing.T) {
	t.Parallel()
	var asked wire.Subscribe
	server := subscribing(t, &asked)
	for in, want := range map[string]int{"https://example.org/t0psecret\n": exitOK, "https://example.org/t0psecret": exitOK, "\n": exitUsage} {
		var out bytes.Buffer
		asked.URL = ""
		code := run([]string{"alerts", "add", "-", "--token", "x", "--api", server}, strings.NewReader(in), &out, &out)
		if code != want || code == exitOK && asked.URL != "https://example.org/t0psecret" || strings.Contains(out.String(), "t0psecret") {
			t.Errorf("%q: exit code %d, URL %q:\n%s", in, code, asked.URL, &out)
		}
	}
}

// The list shows of each subscription what arrived, what waits and what failed.
func TestOneBadItemIsListed(t *testing.T) {
	t.Parallel()
	at := func(minute int) *time.Time {
		when := time.Date(2026, 3, 1, 12, minute, 0, 0, time.UTC)
		return &when
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/v1/status", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode(wire.Status{Network: "regtest", Ready: true, Tip: wire.Tip{Hash: "00"}})
	})
	mux.HandleFunc("GET /api/v1/alerts", func(w http.ResponseWriter, _ *http.Request) {
		json.NewEncoder(w).Encode([]wire.Subscribed{
			{
				ID: "PICKY", To: "https://example.org/…", Delivered: 41, LastDelivery: at(1), Waiting: 7, WaitingSince: at(2),
				LastError: "the receiver answered 400\x1b[2J", LastFailure: at(3), GivenUp: 3,
			},
			{ID: "FRESH", To: "https://example.com/…"},
		})
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	code, out, _ := call("", "alerts", "list", "--token", "x", "--api", server.URL)
	if code != 0 || strings.Contains(out, "\x1b[2J") {
		t.Fatalf("exit code %d:\n%s", code, out)
	}
	for _, want := range []string{
		`PICKY +41 +2026-03-01 12:01 +7 +2026-03-01 12:02 +3 +2026-03-01 12:03: the receiver answered 400`, `FRESH +0 +- +0 +- +0 +- `,
	} {
		if !regexp.MustCompile(want).MatchString(out) {
			t.Errorf("%s does not match:\n%s", want, out)
		}
	}
}
