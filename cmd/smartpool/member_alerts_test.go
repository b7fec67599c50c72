package main

import (
	"context"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/wire"
)

// takesMembers has the daemon take subscriptions from members.
func takesMembers(c *daemon.Config) { c.MemberAlerts, c.MemberURL = 10, "https://pools.example.org" }

// offersAlerts waits until the daemon says that it takes members' subscriptions.
func (x *dev) offersAlerts() {
	x.t.Helper()
	api, err := client.New(x.at.API)
	if err != nil {
		x.t.Fatal(err)
	}
	for giveUp := time.Now().Add(patience); ; time.Sleep(10 * time.Millisecond) {
		switch status, err := api.Status(context.Background()); {
		case err == nil && status.MemberAlerts != nil:
			return
		case time.Now().After(giveUp):
			x.t.Fatalf("the daemon offers nothing: %v", err)
		}
	}
}

// A member without the daemon's token subscribes, lists and removes with the PastelID's signature, which the command shows beforehand.
func TestMembersSubscribeOnTheCommandLine(t *testing.T) {
	t.Parallel()
	x := &dev{t: t, dir: t.TempDir(), settings: takesMembers}
	x.start()
	x.mine(130)
	id := x.person(0)
	x.mine(2)
	x.offersAlerts()
	pass := x.file("passphrase", passphrase)
	by := []string{"--member", "--pastelid", id, "--passphrase-file", pass}
	const hook = "https://hooks.example.org/t0psecret"

	code, out := x.fed("n\n", append([]string{"alerts", "add", hook}, by...)...)
	for _, want := range []string{"https://hooks.example.org/…", "https://pools.example.org", "smartpool alerts add network regtest daemon", id} {
		if code == exitOK || !strings.Contains(out, want) {
			t.Errorf("%d, lacks %q:\n%s", code, want, out)
		}
	}
	if strings.Contains(out, "t0psecret") {
		t.Errorf("the receiver's secret is shown:\n%s", out)
	}
	by = append(by, "--yes")
	code, out = x.call(append([]string{"alerts", "add", hook}, by...)...)
	if code != exitOK || !strings.Contains(out, "Created subscription") || strings.Contains(out, "alerts test") {
		t.Fatalf("%d:\n%s", code, out)
	}
	code, out = x.call(append([]string{"--json", "alerts", "list"}, by...)...)
	var list []wire.Subscribed
	if err := json.Unmarshal([]byte(out[max(0, strings.Index(out, "[\n")):]), &list); err != nil || code != exitOK || len(list) != 1 || list[0].PastelID != id {
		t.Fatalf("%d, %v:\n%s", code, err, out)
	}
	if code, out = x.call(append([]string{"alerts", "remove", "NOBODY"}, by...)...); code != exitNo || !strings.Contains(out, "there is no subscription NOBODY") {
		t.Errorf("%d:\n%s", code, out)
	}
	if code, out = x.call(append([]string{"alerts", "remove", list[0].ID}, by...)...); code != exitOK {
		t.Errorf("%d:\n%s", code, out)
	}
	for name, c := range map[string]struct {
		line  []string
		words string
	}{
		"inside":        {[]string{"alerts", "add", "https://127.0.0.1/x"}, "not an address of the public internet"},
		"another scope": {[]string{"alerts", "add", hook, "--operator", id}, "omit --pool and --operator"},
		"a mail server": {[]string{"alerts", "add", "smtp://user:pass@127.0.0.1:25/?from=a@b.c&to=d@e.f"}, "sends members' alerts to https://"},
	} {
		if code, out := x.call(append(c.line, by...)...); code == exitOK || !strings.Contains(out, c.words) {
			t.Errorf("%s: %d, want %q in\n%s", name, code, c.words, out)
		}
	}
}

// A daemon that takes no subscriptions of members names the feed instead.
func TestMembersAreToldOfTheFeed(t *testing.T) {
	t.Parallel()
	x := startDev(t)
	x.mine(130)
	id := x.person(0)
	x.mine(2)
	code, out := x.call("alerts", "add", "https://hooks.example.org/x", "--member", "--pastelid", id, "--yes", "--passphrase-file", x.file("passphrase", passphrase))
	if want := "/members/" + id + "/feed.atom"; code == exitOK || !strings.Contains(out, want) {
		t.Errorf("%d, want %q in\n%s", code, want, out)
	}
}
