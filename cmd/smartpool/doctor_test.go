package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/pastel"
)

// examined runs doctor and returns what it found.
func (x *dev) examined(line ...string) (code int, list []journey.Finding) {
	x.t.Helper()
	code, out := x.call(append([]string{"--json", "doctor"}, line...)...)
	if err := json.NewDecoder(strings.NewReader(out)).Decode(&list); err != nil {
		x.t.Fatalf("doctor: exit code %d, %v:\n%s", code, err, out)
	}
	for _, f := range list {
		command := strings.HasPrefix(f.Do, "smartpool ") || strings.HasPrefix(f.Do, "chmod ")
		if !slices.Contains(journey.Checks(), f.Check) || f.Seen == "" || f.Do != "" && !command && !strings.HasSuffix(f.Do, ".") {
			x.t.Errorf("what to do is neither a command nor a sentence: %+v", f)
		}
	}
	return code, list
}

// finds fails unless doctor finds something, with an exit code.
func (x *dev) finds(fault string, code int, want journey.Finding, line ...string) {
	x.t.Helper()
	got, list := x.examined(line...)
	is := func(f journey.Finding) bool {
		return f.Check == want.Check && f.Result == want.Result && strings.Contains(f.Seen, want.Seen) && strings.Contains(f.Do, want.Do)
	}
	if got != code || !slices.ContainsFunc(list, is) {
		x.t.Errorf("%s: exit code %d, want %d and %+v among\n%s", fault, got, code, want, shownFindings(list))
	}
}

func shownFindings(list []journey.Finding) string {
	var b strings.Builder
	for _, f := range list {
		fmt.Fprintf(&b, "  %+v\n", f)
	}
	return b.String()
}

// refusedPort is an address where nobody listens.
func refusedPort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// walletAnswers is a node whose wallet says something about itself.
func (x *dev) walletAnswers(method, result string) string {
	return x.refusing(x.t.(*testing.T), method, 1000, func(w http.ResponseWriter, id json.RawMessage) {
		fmt.Fprintf(w, `{"result":%s,"error":null,"id":%s}`, result, id)
	})
}

// Each fault is made, on a node and a daemon that are otherwise well, and doctor names it and what to do.
func TestDoctor(t *testing.T) {
	t.Parallel()
	x, alice, bruno, _ := atlasWithAlice(t)
	token := filepath.Join(x.dir, "api.token")
	honest := x.at
	all := []string{alice, bruno, "--data", x.dir}

	code, list := x.examined(all...)
	for _, f := range list {
		if f.Result == journey.ResultFailed || f.Result == journey.ResultUnknown || f.Result == journey.ResultWarning && f.Check != "pools" && f.Check != "database" {
			t.Errorf("all is well, but %+v", f)
		}
	}
	if code != exitOK {
		t.Errorf("all is well: exit code %d", code)
	}
	x.finds("no fault: the registration's block", exitOK, journey.Finding{Check: "registration", Result: "ok", Seen: "registered since block 1"}, all...)
	x.finds("no fault: the token", exitOK, journey.Finding{Check: "token", Result: "ok"}, all...)
	x.finds("no fault: another daemon", exitOK, journey.Finding{Check: "digest", Result: "ok", Seen: "2 daemons agree"}, alice, "--against", x.another())

	for _, tt := range []struct {
		fault string
		make  func()
		code  int
		want  journey.Finding
		line  []string
	}{
		{"the node is stopped", func() { x.at.DevRPC = "http://" + refusedPort(t) }, exitNo,
			journey.Finding{Check: "node", Result: "fail", Seen: "does not answer", Do: "Start pasteld"}, all},
		{"the node refuses the login", func() { x.at.DevCookie = x.file("cookie", "__cookie__:wrong") }, exitNo,
			journey.Finding{Check: "node", Result: "fail", Seen: "refused the login", Do: "--node-cookie"}, all},
		{"the daemon is stopped", func() { x.at.API = "http://" + refusedPort(t) }, exitNo,
			journey.Finding{Check: "daemon", Result: "fail", Seen: "no response from the daemon", Do: "Start smartpoold"}, all},
		{"the daemon is stopped: the node is examined all the same", func() { x.at.API = "http://" + refusedPort(t) }, exitNo,
			journey.Finding{Check: "node", Result: "ok", Seen: "pasteld 2.2.10"}, all},
		{"the daemon is stopped: nobody listens", func() { x.at.API = "http://" + refusedPort(t) }, exitNo,
			journey.Finding{Check: "ports", Result: "fail", Seen: "nobody listens"}, all},
		{"something else uses the daemon's port", func() { x.at.API = x.at.DevRPC }, exitNo,
			journey.Finding{Check: "ports", Result: "fail", Seen: "no smartpoold"}, all},
		{"the wallet is locked", func() { x.at.DevRPC = x.walletAnswers("getwalletinfo", `{"unlocked_until":0}`) }, exitOK,
			journey.Finding{Check: "wallet", Result: "warn", Seen: "locked", Do: "walletpassphrase"}, all},
		{"the wallet is empty", func() { x.at.DevRPC = x.walletAnswers("listunspent", `[]`) }, exitOK,
			journey.Finding{Check: "wallet", Result: "warn", Seen: "0 PSL can pay for tickets", Do: "getnewaddress"}, all},
		{"the wallet is off", func() {
			x.at.DevRPC = x.refusing(t, "listunspent", 1000, refusal(-32601, "Method not found (disabled)"))
		}, exitUnknown,
			journey.Finding{Check: "wallet", Result: "unknown", Seen: "with its wallet enabled"}, all},
		{"the wallet forgot its locks", x.unlock, exitNo,
			journey.Finding{Check: "wallet", Result: "fail", Seen: "could spend 2 pledged outputs, 950 PSL", Do: "smartpool guard"}, all},
		{"the PastelID is not registered", func() {}, exitNo,
			journey.Finding{Check: "registration", Result: "fail", Seen: "is not registered", Do: "smartpool id register"}, []string{x.unregistered()}},
		{"the token is another daemon's", func() {}, exitNo,
			journey.Finding{Check: "token", Result: "fail", Seen: "refuses this token"}, []string{alice, "--token-file", x.file("other.token", strings.Repeat("ab", 32))}},
		{"everybody can read the token", func() {
			if err := os.Chmod(token, 0o644); err != nil {
				t.Fatal(err)
			}
		}, exitNo, journey.Finding{Check: "token", Result: "fail", Seen: "mode 0644", Do: "chmod 600 " + token}, all},
		{"there is no token", func() {}, exitNo,
			journey.Finding{Check: "token", Result: "fail", Seen: "no such file"}, []string{alice, "--data", t.TempDir()}},
		{"everybody can read the ledger", func() {
			if err := os.Chmod(filepath.Join(x.dir, "regtest.db"), 0o644); err != nil {
				t.Fatal(err)
			}
		}, exitNo, journey.Finding{Check: "database", Result: "fail", Seen: "mode 0644", Do: "chmod 600"}, all},
		{"the metrics' port is closed", func() {}, exitOK,
			journey.Finding{Check: "ports", Result: "warn", Seen: "no answer"}, []string{alice, "--metrics", refusedPort(t)}},
		{"something else uses the metrics' port", func() {}, exitNo,
			journey.Finding{Check: "ports", Result: "fail", Seen: "no smartpoold"}, []string{alice, "--metrics", strings.TrimPrefix(x.at.API, "http://")}},
		{"the daemon is behind", func() {
			x.at.API = x.tampering(on("/api/v1/status", func(a map[string]any) { a["ready"], a["trouble"] = false, "syncing" }))
		}, exitNo, journey.Finding{Check: "daemon", Result: "fail", Seen: "not up to date", Do: "Wait until"}, all},
		{"the daemon is of another release", func() {
			x.at.API = x.tampering(on("/api/v1/status", func(a map[string]any) { x.tamper(a, map[string]any{"version": "v0.0.1"}) }))
		}, exitOK, journey.Finding{Check: "daemon", Result: "warn", Seen: "v0.0.1", Do: "same release"}, all},
		{"alerts are lost", func() {
			x.at.API = x.tampering(on("/api/v1/status", func(a map[string]any) {
				a["alerts"] = map[string]any{"subscriptions": 1, "waiting": 0, "oldest_waiting": 0, "given_up": 2}
			}))
		}, exitOK, journey.Finding{Check: "alerts", Result: "warn", Seen: "2 messages are lost"}, all},
		{"alerts wait", func() {
			x.at.API = x.tampering(on("/api/v1/status", func(a map[string]any) {
				a["alerts"] = map[string]any{"subscriptions": 1, "waiting": 3, "oldest_waiting": 3600, "given_up": 0}
			}))
		}, exitOK, journey.Finding{Check: "alerts", Result: "warn", Seen: "the oldest of them for 1h0m0s"}, all},
		{"the node's clock is wrong", func() {
			x.at.DevRPC = x.walletAnswers("getnetworkinfo", `{"version":2021002,"timeoffset":3700}`)
		}, exitOK, journey.Finding{Check: "clock", Result: "warn", Seen: "1h1m40s behind that of its peers"}, all},
		{"the node still downloads the chain", func() {
			x.at.DevRPC = altered(t, x.at.DevRPC, `"headers":1`, `"headers":91`)
		}, exitNo, journey.Finding{Check: "node", Result: "fail", Seen: "knows of blocks up to", Do: "getblockchaininfo"}, all},
	} {
		x.at = honest
		for _, file := range []string{token, filepath.Join(x.dir, "regtest.db")} {
			if err := os.Chmod(file, 0o600); err != nil {
				t.Fatal(err)
			}
		}
		tt.make()
		x.finds(tt.fault, tt.code, tt.want, tt.line...)
		if tt.fault == "the wallet forgot its locks" {
			x.does("guard", alice, bruno, "--once")
		}
	}
	x.at = honest
	x.spent(alice, bruno)
}

// unregistered makes a PastelID that is not registered.
func (x *dev) unregistered() string {
	x.t.Helper()
	_, id := x.keyFile("stranger")
	return id
}

// spent spends a member's pledged coins, and has doctor see it in the mempool and afterwards.
func (x *dev) spent(alice, bruno string) {
	x.t.Helper()
	ctx := context.Background()
	x.unlock()
	coin := x.outputOf(520)
	to, _ := x.newAddress()
	raw, err := x.node.CreateRaw(ctx, []pastel.OutPoint{coin}, []pasteld.Output{{Address: to, Value: 519 * pastel.PSL}})
	if err == nil {
		raw, _, err = x.node.SignRaw(ctx, raw)
	}
	if err == nil {
		_, err = x.node.SendRaw(ctx, raw)
	}
	if err != nil {
		x.t.Fatal(err)
	}
	want := journey.Finding{Check: "coins", Result: "fail", Seen: "output " + coin.String() + " is spent, or about to be", Do: "someone may have its key"}
	x.finds("a coin is about to be spent", exitNo, want, alice)
	if code, out := x.call("guard", bruno, "--once"); code != exitOK { // locks the other one again
		x.t.Error(out)
	}
	x.mine(1)
	want = journey.Finding{Check: "coins", Result: "warn", Seen: "its coins were spent, and it forfeited", Do: "someone may have its key"}
	x.finds("a coin was spent", exitOK, want, alice)
	fresh := x.person(0)
	x.finds("the registration waits for a block", exitOK, journey.Finding{Check: "registration", Result: "warn", Seen: "waits for a block"}, fresh)
}

// Coins that this machine pledged to a pool that has ended are free. That is no failure for ever after.
func TestDoctorAfterAPoolEnded(t *testing.T) {
	t.Parallel()
	x, alice, _, _ := atlasWithAlice(t)
	x.mine(60) // the pool is not activated in time
	x.unlock()
	want := journey.Finding{Check: "wallet", Result: "warn", Seen: "it can spend 2 outputs that this machine pledged, but whose pools have ended", Do: "remove them from"}
	x.finds("a pool has ended", exitOK, want, alice)
}

// What strangers say is bounded and shows as escapes, and a liar does not keep doctor from seeing the rest.
func TestDoctorAmongLiars(t *testing.T) {
	t.Parallel()
	x, alice, _, _ := atlasWithAlice(t)
	honest := x.at
	x.at.API = x.tampering(on("/api/v1/status", func(a map[string]any) {
		a["ready"], a["trouble"] = false, "\x1b[2J"+strings.Repeat("long ", 10_000)
	}))
	code, out := x.call("doctor", alice)
	if code != exitNo || strings.ContainsRune(out, 0x1b) || !strings.Contains(out, `\x1b[2J`) && !strings.Contains(out, `\u001b[2J`) || len(out) > 8_000 {
		t.Errorf("a daemon that draws on the screen: exit code %d, %d bytes\n%.3000s", code, len(out), out)
	}
	x.at = honest
	x.unlock()
	x.at.API = x.tampering(hides)
	x.finds("a daemon hides pledges", exitNo, journey.Finding{Check: "wallet", Result: "fail", Seen: "that this machine pledged", Do: "Ask another daemon"}, alice)
	x.at = honest
	x.at.API = x.tampering(on("/api/v1/members/"+alice, func(a map[string]any) { x.tamper(a, map[string]any{"registered": false}) }))
	x.finds("a daemon denies a registration", exitNo, journey.Finding{Check: "registration", Result: "fail", Seen: "the daemon denies it"}, alice)
	x.at = honest
	other := x.tampering(func(r *http.Request, a map[string]any) {
		if strings.HasPrefix(r.URL.Path, "/api/v1/blocks/") {
			a["digest"] = strings.Repeat("0", 64)
		}
	})
	x.finds("another daemon tells another history", exitNo, journey.Finding{Check: "digest", Result: "fail", Seen: "disagree from block"}, alice, "--against", other)
	x.at.DevRPC = x.walletAnswers("tickets", `"Key is not found"`)
	x.finds("a node hides a registration", exitNo, journey.Finding{Check: "registration", Result: "fail", Seen: "the node does not know it"}, alice)
	x.at = honest
	for what, answer := range map[string]string{
		"null": "null", "a list": "[]", "a text that draws": `"\u001b[2J"`, "an endless text": `"` + strings.Repeat("x", 1<<20) + `"`,
	} {
		for _, method := range []string{"getblockchaininfo", "getnetworkinfo", "listunspent", "gettxout", "getwalletinfo", "getrawmempool"} {
			x.at.DevRPC = honest.DevRPC
			x.at.DevRPC = x.walletAnswers(method, answer)
			code, out := x.call("doctor", alice)
			harmless := method == "gettxout" || method == "getrawmempool" || method == "listunspent" && answer == "[]" // such an answer says something
			if code != exitNo && code != exitUnknown && !harmless || len(out) > 10_000 || strings.ContainsRune(out, 0x1b) {
				t.Errorf("a node that answers %s to %s: exit code %d, %d bytes\n%.3000s", what, method, code, len(out), out)
			}
			if !strings.Contains(out, "daemon: up to date") {
				t.Errorf("a node that answers %s to %s hides the daemon's state:\n%.3000s", what, method, out)
			}
		}
	}
}

// A pool's Supernode is tried at the address that the node lists.
func TestDoctorTriesTheSupernode(t *testing.T) {
	t.Parallel()
	l := startLaunching(t)
	operator := l.field("operator", "pool", "status", "atlas")
	l.finds("the Supernode was not launched", exitNo, journey.Finding{Check: "ports", Result: "fail", Seen: "is not in the node's list", Do: "smartpool supernode launch atlas"}, operator)
	machine := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(machine.Close)
	host := strings.TrimPrefix(machine.URL, "http://")
	l.does(l.line("--host", host)...)
	l.finds("the Supernode runs", exitOK, journey.Finding{Check: "ports", Result: "ok", Seen: "accepts connections at " + host}, operator)
	machine.Close()
	l.finds("the Supernode's port is closed", exitOK, journey.Finding{Check: "ports", Result: "warn", Seen: "does not accept connections at " + host}, operator)
	escrow := l.field("escrow", "pool", "status", "atlas")
	_, other := l.newAddress()
	l.at.DevRPC = altered(t, l.at.DevRPC, " "+escrow+" ", " "+other+" ")
	l.finds("the node is a stock node", exitNo, journey.Finding{Check: "ports", Result: "fail", Seen: "not the pool's escrow", Do: "upgraded node"}, operator)
}

// Without a node, what only a node knows is skipped, and doctor says so.
func TestDoctorWithoutANode(t *testing.T) {
	t.Parallel()
	x, alice, _, _ := atlasWithAlice(t)
	x.finds("no node", exitOK, journey.Finding{Check: "wallet", Result: "skipped", Seen: "no node"}, alice, "--remote")
	x.finds("no node: the daemon's word", exitOK, journey.Finding{Check: "registration", Result: "ok", Seen: "says the daemon"}, alice, "--remote", x.at.API)
	x.finds("no node and nobody named", exitOK, journey.Finding{Check: "coins", Result: "skipped", Do: "smartpool doctor PASTELID"}, "--remote")
}
