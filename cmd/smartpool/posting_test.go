package main

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
)

// between is a server that forwards requests, unless intercept answers them.
func between(t testing.TB, to string, intercept func(w http.ResponseWriter, r *http.Request, body string, pass http.Handler) bool) string {
	t.Helper()
	at, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	pass := httputil.NewSingleHostReverseProxy(at)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		if !intercept(w, r, string(body), pass) {
			pass.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// startAtlas returns a daemon with a pool whose target is 1200 PSL, a file with everyone's passphrase, and the operator's PastelID.
func startAtlas(t *testing.T) (x *dev, secret, operator string) {
	t.Helper()
	x = startDev(t)
	secret, operator = x.atlas()
	return x, secret, operator
}

// atlas opens the pool of startAtlas on a new chain.
func (x *dev) atlas() (secret, operator string) {
	x.t.Helper()
	secret = x.file("secret", passphrase)
	x.mine(105)
	operator, supernode := x.person(0), x.person(0)
	x.mine(1)
	x.does("pool", "create", "--label", "atlas", "--company", "Atlas", "--fee", "5", "--factor", "1.2", "--period", "40", "--operator", operator,
		"--supernode", supernode, "--passphrase-file", secret, "--yes")
	return secret, operator
}

// does runs a line that must succeed, and mines blocks meanwhile.
func (x *dev) does(line ...string) string {
	x.t.Helper()
	var code int
	var out string
	x.whileMining(func() { code, out = x.call(line...) })
	if code != exitOK {
		x.t.Fatalf("%v: exit code %d\n%s", line, code, out)
	}
	return out
}

// unlock removes every lock, as a restart of the wallet does.
func (x *dev) unlock() {
	x.t.Helper()
	if err := x.node.LockUnspent(context.Background(), true, nil); err != nil {
		x.t.Fatal(err)
	}
}

// A wallet that restarts forgets its locks. Even so, pledged coins pay for no ticket, although the development node's wallet would spend the
// largest output first.
func TestPledgedCoinsPayNothing(t *testing.T) {
	t.Parallel()
	x, secret, operator := startAtlas(t)
	alice, bruno, chen := x.person(0), x.person(0), x.person(0)
	x.send(520)
	large := x.send(30_000)
	x.mine(1)
	ids := []string{"--passphrase-file", secret, "--yes"}
	x.does(append([]string{"join", "atlas", "--pastelid", alice, "--coins", "400", "--output", large.String()}, ids...)...)
	still := func(when string, pledged ...pastel.OutPoint) {
		t.Helper()
		for _, out := range pledged {
			if o, err := x.node.TxOut(context.Background(), out); err != nil || o == nil {
				t.Errorf("%s: pledged output %s is spent (%v)", when, out, err)
			}
		}
	}
	x.unlock()
	x.does(append([]string{"join", "atlas", "--pastelid", bruno, "--coins", "400"}, ids...)...)
	still("after a second pledge", large)

	cold := x.send(29_000)
	x.mine(1)
	address := x.addressOf(cold)
	file := filepath.Join(x.dir, "pledge.json")
	x.does("join", "atlas", "--cold", file, "--coins", "400", "--pastelid", chen, "--output", cold.String(), "--address", address)
	l, err := journey.LoadTicket(&terminal.Terminal{}, file, &pastel.Network{})
	if err != nil {
		t.Fatal(err)
	}
	statement := l.Ticket.Part.PledgeStatement("regtest")
	net, _ := pastel.NetworkByName("regtest")
	at, err := pastel.ParseAddress(&net, address)
	if err != nil {
		t.Fatal(err)
	}
	byAddress, err := x.node.SignMessage(context.Background(), at, statement)
	if err != nil {
		t.Fatal(err)
	}
	byID, err := x.node.SignWith(context.Background(), chen, passphrase, statement)
	if err != nil {
		t.Fatal(err)
	}
	x.unlock()
	x.does("join", "atlas", "--ticket", file, "--address-signature", byAddress, "--pledge-signature", byID, "--yes")
	still("after a ticket that was signed elsewhere", large, cold)

	x.unlock()
	x.does(append([]string{"pool", "create", "--label", "second", "--company", "Second", "--fee", "5", "--operator", operator, "--supernode", bruno}, ids...)...)
	still("after another pool was opened", large, cold)

	x.unlock()
	x.does(append([]string{"pool", "activate", "atlas"}, ids...)...)
	still("after the activation", large, cold)
	if out := x.does("pools", "--all", "--coins", "100"); !strings.Contains(out, "standby") {
		t.Errorf("a pledge would wait, and the list does not say so:\n%s", out)
	}
	x.send(130)
	x.mine(1)
	if code, out := x.call("join", "atlas", "--pastelid", operator, "--coins", "100"); code != exitUsage || !strings.Contains(out, "none while on standby") {
		t.Errorf("a pledge would wait: exit code %d\n%s", code, out)
	}
	for _, id := range []string{alice, bruno, chen} {
		if coins := x.field("0.positions.0.offered_coins", "my", id); coins != "400" {
			t.Errorf("%s has %s PSL in the pool, want 400", pastel.Short(id), coins)
		}
	}
}

// A posted ticket stays posted, whatever the daemon says afterwards.
func TestPostedIsSaid(t *testing.T) {
	t.Parallel()
	x, secret, _ := startAtlas(t)
	alice, bruno := x.person(420), x.person(430)
	x.mine(1)
	truth := x.at.API
	join := func(id string) []string {
		return []string{"--json", "join", "atlas", "--pastelid", id, "--coins", "400", "--passphrase-file", secret, "--yes"}
	}

	x.at.API = x.tampering(func(r *http.Request, answer map[string]any) {
		if strings.HasSuffix(r.URL.Path, "/events") {
			answer["items"] = 7
		}
	})
	var code int
	var out, notes strings.Builder
	x.whileMining(func() { code = run(x.located(join(alice)), strings.NewReader(""), &out, &notes) })
	var doc struct{ TxID, Outcome string }
	err := json.Unmarshal([]byte(out.String()), &doc)
	if code != exitNo || err != nil || doc.Outcome != "posted" || !strings.Contains(notes.String(), "ticket "+doc.TxID+" is posted; do not post it again") {
		t.Errorf("exit code %d: %s%s", code, &out, &notes)
	}

	var failures atomic.Int32
	x.at.API = between(t, truth, func(w http.ResponseWriter, r *http.Request, _ string, _ http.Handler) bool {
		if !strings.HasSuffix(r.URL.Path, "/events") || failures.Add(1) > 2 {
			return false
		}
		if failures.Load() == 1 {
			panic(http.ErrAbortHandler)
		}
		http.Error(w, "busy", http.StatusServiceUnavailable)
		return true
	})
	if out := x.does(join(bruno)...); !strings.Contains(out, "Accepted in block") {
		t.Errorf("a daemon that was away for a while: %s", out)
	}
}

// If the answer to a posting is lost, it may have worked, so the output stays locked. A refusal is certain, and unlocks it.
func TestUnclearPosting(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	x, secret, _ := startAtlas(t)
	alice := x.person(420)
	x.mine(1)
	join := []string{"join", "atlas", "--pastelid", alice, "--coins", "400", "--passphrase-file", secret, "--yes"}
	node := x.at.DevRPC
	posts := func(body string) bool { return strings.Contains(body, `"sendrawtransaction"`) }
	free := func() int {
		list, err := x.node.Unspent(ctx, 0)
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}

	x.at.DevRPC = between(t, node, func(w http.ResponseWriter, _ *http.Request, body string, _ http.Handler) bool {
		if !posts(body) {
			return false
		}
		var call struct{ ID json.RawMessage }
		_ = json.Unmarshal([]byte(body), &call)
		w.WriteHeader(http.StatusInternalServerError)
		_, _ = io.WriteString(w, `{"result":null,"error":{"code":-4,"message":"no"},"id":`+string(call.ID)+`}`)
		return true
	})
	before := free()
	if code, out := x.call(join...); code != exitNo || !strings.Contains(out, "the node refused it") || free() != before {
		t.Errorf("a refusal: exit code %d, %d outputs are free, before %d\n%s", code, free(), before, out)
	}

	x.at.DevRPC = between(t, node, func(_ http.ResponseWriter, r *http.Request, body string, pass http.Handler) bool {
		if posts(body) {
			pass.ServeHTTP(httptest.NewRecorder(), r)
			panic(http.ErrAbortHandler)
		}
		return false
	})
	code, out := x.call(join...)
	if code != exitUnknown || !strings.Contains(out, "may have been posted all the same") || strings.Contains(out, "the node refused") {
		t.Errorf("an answer that was lost: exit code %d\n%s", code, out)
	}
	list, err := x.node.Unspent(ctx, 0)
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range list {
		if u.Value == 420*pastel.PSL {
			t.Error("the output is free, though the ticket is posted")
		}
	}
	x.mine(1)
	if coins := x.field("0.positions.0.offered_coins", "my", alice); coins != "400" {
		t.Errorf("%s PSL are pledged, want 400", coins)
	}
}

// A PastelID whose key no node holds registers with its key file, and pledges.
func TestRegisterKeyFile(t *testing.T) {
	t.Parallel()
	x, secret, _ := startAtlas(t)
	key := filepath.Join(x.dir, "key")
	_, made, _ := call("", "id", "new", key, "--passphrase-file", secret)
	id := strings.TrimSpace(made)
	x.send(410)
	x.mine(1)
	join := []string{"join", "atlas", "--key", key, "--coins", "400", "--passphrase-file", secret, "--yes"}
	if out := x.does("id", "register", key, "--passphrase-file", secret, "--yes"); !strings.Contains(out, "Registered: PastelID "+id) {
		t.Error(out)
	}
	x.does(join...)
	if coins := x.field("0.positions.0.offered_coins", "my", id); coins != "400" {
		t.Errorf("%s PSL are pledged, want 400", coins)
	}
}
