package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// madeUp begins a cursor that tampering makes up.
const madeUp = "more"

// tampering is a daemon whose answers differ from the true one's where the test changes them.
func (x *dev) tampering(change func(r *http.Request, answer map[string]any)) string {
	x.t.Helper()
	to, err := url.Parse(x.at.API)
	if err != nil {
		x.t.Fatal(err)
	}
	proxy := &httputil.ReverseProxy{Rewrite: func(r *httputil.ProxyRequest) {
		r.SetURL(to)
		r.Out.Header.Set("Accept-Encoding", "identity")
		if q := r.Out.URL.Query(); strings.HasPrefix(q.Get("cursor"), madeUp) {
			q.Del("cursor")
			r.Out.URL.RawQuery = q.Encode()
		}
	}}
	proxy.ModifyResponse = func(res *http.Response) error {
		text, err := io.ReadAll(res.Body)
		if err != nil {
			return err
		}
		var answer map[string]any
		numbers := json.NewDecoder(bytes.NewReader(text))
		numbers.UseNumber()
		if numbers.Decode(&answer) == nil {
			change(res.Request, answer)
			if text, err = json.Marshal(answer); err != nil {
				return err
			}
		}
		res.Body = io.NopCloser(bytes.NewReader(text))
		res.ContentLength = int64(len(text))
		res.Header.Del("Content-Length")
		return nil
	}
	server := httptest.NewServer(proxy)
	x.t.Cleanup(server.Close)
	return server.URL
}

// tamper changes fields of an answer, which must be there.
func (x *dev) tamper(answer, fields map[string]any) {
	for name, value := range fields {
		if _, found := answer[name]; !found {
			x.t.Errorf("the answer has no field %q to tamper with", name)
		}
		answer[name] = value
	}
}

// refused runs a line that must fail with a text, before anything is signed, posted or locked. It mines what is posted all the same, so that
// the line ends.
func (x *dev) refused(what string, code int, says string, line ...string) {
	x.t.Helper()
	ctx := context.Background()
	look := func() (free int, tip pastel.Height) {
		list, err := x.node.Unspent(ctx, 0)
		if err == nil {
			tip, _, err = x.node.Tip(ctx)
		}
		if err != nil {
			x.t.Fatal(err)
		}
		return len(list), tip
	}
	free, tip := look()
	var got int
	var out string
	x.whileMining(func() { got, out = x.call(line...) })
	if got != code || !strings.Contains(out, says) {
		x.t.Errorf("%s: exit code %d, want %d and %q:\n%s", what, got, code, says, out)
	}
	if still, now := look(); still != free || now != tip {
		x.t.Errorf("%s: something was posted or locked: block %d, before %d; the wallet can spend %d outputs, before %d", what, now, tip, still, free)
	}
}

// send makes an output of some PSL, and returns it.
func (x *dev) send(coins pastel.Amount) pastel.OutPoint {
	x.t.Helper()
	ctx := context.Background()
	to, err := x.node.NewAddress(ctx)
	if err == nil {
		_, err = x.node.SendTo(ctx, to, coins*pastel.PSL)
	}
	if err != nil {
		x.t.Fatal(err)
	}
	list, err := x.node.Unspent(ctx, 0, to)
	if err != nil || len(list) != 1 {
		x.t.Fatal(err, list)
	}
	return list[0].OutPoint
}

// addressOf returns the address of an unlocked output of the wallet.
func (x *dev) addressOf(out pastel.OutPoint) string {
	x.t.Helper()
	list, err := x.node.Unspent(context.Background(), 0)
	if err != nil {
		x.t.Fatal(err)
	}
	for i := range list {
		if list[i].OutPoint == out {
			net, _ := pastel.NetworkByName("regtest")
			return list[i].Address.Encode(&net)
		}
	}
	x.t.Fatalf("the wallet has no output %s", out)
	return ""
}

func (x *dev) file(name, text string) string {
	x.t.Helper()
	path := filepath.Join(x.dir, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		x.t.Fatal(err)
	}
	return path
}

// A command that cannot work says so, and what to do next, before anything is signed.
func TestJourneysRefuse(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	x := startDev(t)
	secret, wrongSecret := x.file("secret", passphrase), x.file("wrong", "guessed")
	x.mine(105)
	operator, supernode, alice := x.person(0), x.person(0), x.person(520)
	x.mine(1)
	stranger, err := x.node.NewPastelID(ctx, passphrase)
	if err != nil {
		t.Fatal(err)
	}
	create := []string{
		"pool", "create", "--label", "atlas", "--company", "Atlas", "--fee", "5", "--factor", "1.2", "--period", "12", "--operator", operator,
		"--supernode", supernode, "--passphrase-file", secret, "--yes",
	}
	instead := func(of []string, flag, value string) []string {
		line := append([]string{}, of...)
		line[slices.Index(line, flag)+1] = value
		return line
	}
	but := func(flag, value string) []string { return instead(create, flag, value) }
	x.refused("a fee of 20 %", exitUsage, "want 3 to 15", but("--fee", "20")...)
	x.refused("a fee in words", exitUsage, "--fee", but("--fee", "five")...)
	x.refused("a factor of 9", exitUsage, "want 1 to 3", but("--factor", "9")...)
	x.refused("a short period", exitUsage, "5 to 51840 blocks", but("--period", "1")...)
	x.refused("a label in capitals", exitUsage, "3 to 32 of a-z", but("--label", "ATLAS")...)
	x.refused("an operator of another wallet", exitNo, "give its key file", but("--operator", strings.Replace(operator, "j", "k", 1))...)
	x.refused("an operator that is not registered", exitNo, "--operator: PastelID", but("--operator", stranger)...)
	x.refused("no label and no terminal", exitUsage, "--label is missing", "pool", "create")
	x.refused("nobody to confirm", exitUsage, "add --yes", create[:len(create)-1]...)
	x.refused("a wrong passphrase", exitNo, "check the passphrase", but("--passphrase-file", wrongSecret)...)
	x.whileMining(func() {
		if code, out := x.call(create...); code != exitOK {
			t.Fatal(out)
		}
	})
	x.refused("a Supernode of another pool", exitNo, "each pool needs one of its own", create...)

	join := []string{"join", "atlas", "--pastelid", alice, "--coins", "500", "--passphrase-file", secret, "--yes"}
	with := func(more ...string) []string { return append(append([]string{}, join...), more...) }
	coins := func(n, output string) []string { return append(instead(join, "--coins", n), "--output", output) }
	small, exact := x.send(15), x.send(1000)
	x.mine(1)
	x.refused("an output that is too small", exitNo, "of at least 500 PSL", coins("500", small.String())...)
	x.refused("an output of the collateral", exitNo, "back a Supernode alone", coins("500", exact.String())...)
	x.refused("no output at all", exitUsage, "txid:vout", coins("500", "mine")...)
	x.refused("another's output", exitNo, "has no unlocked output", coins("500", strings.Repeat("ab", 32)+":0")...)
	x.refused("too few coins", exitNo, "at least 10 PSL", coins("9", small.String())...)
	x.refused("a Supernode's address without a port", exitUsage, "want IP:PORT", "supernode", "launch", "atlas", "--host", "192.0.2.7", "--yes")
	x.refused("a Supernode's port that is none", exitUsage, "want IP:PORT", "supernode", "launch", "atlas", "--host", "192.0.2.7:99999", "--yes")
	x.refused("a pool that nobody is in", exitNo, "no live pledge in a pool nowhere", "leave", alice, "--pool", "nowhere")
	x.refused("a shadow run where the rules hold", exitUsage, "enforces the rules from block 0 on", "verify", "payout", strings.Repeat("0", 64), "--shadow-from", "5")
	x.refused("too many coins", exitNo, "lower --coins", "join", "atlas", "--pastelid", alice, "--coins", "99999999")
	x.refused("no such pool", exitNo, "smartpool pools --all lists all pools", "join", "nowhere", "--pastelid", alice)
	x.refused("no such pool id", exitNo, "smartpool pools --all lists all pools", "join", "nowhere."+strings.Repeat("ab", 20), "--pastelid", alice)
	x.refused("two PastelIDs and no choice", exitUsage, "choose one with --pastelid", "join", "atlas", "--coins", "500")
	x.refused("a PastelID that is not registered", exitNo, "not registered", "join", "atlas", "--pastelid", stranger, "--coins", "500")
	x.refused("a wrong passphrase", exitNo, "check the passphrase", instead(join, "--passphrase-file", wrongSecret)...)
	x.refused("no terminal for the passphrase", exitUsage, "--passphrase-file", "join", "atlas", "--pastelid", alice, "--coins", "500", "--yes")
	other, _ := pastel.NetworkByName("main")
	x.refused("a reward address of another network", exitUsage, "it is one of network main", with("--reward", (pastel.Address{}).Encode(&other))...)
	young, err := x.node.NewAddress(ctx)
	if err != nil {
		t.Fatal(err)
	}
	x.refused("a cold pledge without an output", exitUsage, "--output", "join", "atlas", "--cold", filepath.Join(x.dir, "t"), "--coins", "20", "--pastelid", alice)
	net, _ := pastel.NetworkByName("regtest")
	cold := func(address string) []string {
		return []string{"join", "atlas", "--cold", filepath.Join(x.dir, "t.json"), "--coins", "12", "--pastelid", alice, "--output", small.String(), "--address", address}
	}
	x.refused("a cold pledge with an address that does not hold the output", exitNo, "is at address", cold(young.Encode(&net))...)
	x.refused("a cold pledge", exitOK, "Nothing is signed", cold(x.addressOf(small))...)
	x.refused("its signature is missing", exitNo, "is missing", "join", "atlas", "--ticket", filepath.Join(x.dir, "t.json"), "--yes")
	x.refused("its signature is wrong", exitNo, "sign exactly the statement", "join", "atlas", "--ticket", filepath.Join(x.dir, "t.json"), "--yes",
		"--pledge-signature", strings.Repeat("A", 152), "--address-signature", strings.Repeat("A", 87)+"=")
	x.refused("a file that is no ticket", exitNo, "ticket", "join", "atlas", "--ticket", x.file("no.json", "{}"), "--yes")
	x.refused("a file that is not there", exitUsage, "no such file", "join", "atlas", "--ticket", filepath.Join(x.dir, "none"), "--yes")

	// An output that no block holds yet: its block comes only after this.
	fresh := x.send(700)
	if got, out := x.call(coins("600", fresh.String())...); got != exitNo || !strings.Contains(out, "try again after 1 more block") {
		t.Errorf("an unconfirmed output: exit code %d\n%s", got, out)
	}
	x.mine(1)

	x.refused("too early to activate", exitNo, "wait for more pledges", "pool", "activate", "atlas", "--passphrase-file", secret, "--yes")
	x.refused("too early to launch", exitNo, "only an active pool", "supernode", "launch", "atlas", "--host", "127.0.0.1:1", "--yes")
	x.refused("nobody is told without the token", exitUsage, "api.token", "alerts", "list")
	x.refused("a wrong token", exitNo, "api.token", "alerts", "list", "--token", "0123456789abcdef")
	x.refused("a token in a file that is not there", exitUsage, "no such file", "alerts", "list", "--token-file", filepath.Join(x.dir, "none"))
	x.refused("another file for the token", exitUsage, "is the right file", "alerts", "list", "--token-file", x.file("other", "two words"))
	token := filepath.Join(x.dir, "api.token")
	x.refused("no such subscription", exitNo, "alerts list shows all", "alerts", "test", strings.Repeat("A", 26), "--token-file", token)
	x.refused("a kind that is none", exitNo, "kinds", "alerts", "add", "https://example.org", "--kinds", "everything", "--token-file", token)
	x.refused("a URL that is none", exitNo, "url", "alerts", "add", "somewhere", "--token-file", token)

	// A deceiving daemon simulates what the true one cannot reach in a short test.
	deceived := func(what, says string, change func(r *http.Request, answer map[string]any)) {
		t.Helper()
		api := x.at.API
		x.at.API = x.tampering(change)
		x.refused(what, exitNo, says, join...)
		x.at.API = api
	}
	on := func(path string, set map[string]any) func(*http.Request, map[string]any) {
		return func(r *http.Request, answer map[string]any) {
			if strings.Contains(r.URL.Path, path) {
				x.tamper(answer, set)
			}
		}
	}
	deceived("a reputation that is too low", "has reputation 49, but a pledge requires 50", on("/members/", map[string]any{"reputation": 49}))
	full := make([]any, 500)
	for i := range full {
		full[i] = map[string]any{}
	}
	deceived("a pool that is full", "full, with 500 pledges", on("/pools/", map[string]any{"least_pledge_coins": 0, "status": "active", "pledges": full}))
	for field, forged := range map[string]any{
		"fee_percent": "3", "factor": "1.1", "required_coins": 1001, "target_coins": 1201, "period_blocks": 13, "company": "Atlas Ltd", "operator": supernode,
		"supernode": operator, "fee_address": young.Encode(&net), "escrow": young.Encode(&net),
	} {
		terms := on("/pools/", map[string]any{field: forged})
		deceived("a daemon that makes up the pool's "+field, "the daemon's terms do not match the pool's id; do not sign, and ask another daemon", terms)
		api := x.at.API
		x.at.API = x.tampering(terms)
		x.refused("the same, cold", exitNo, "do not sign", cold(x.addressOf(small))...)
		x.refused("the same, of a ticket that is signed", exitNo, "do not sign", "join", "atlas", "--ticket", filepath.Join(x.dir, "t.json"), "--yes")
		x.at.API = api
	}
	deceived("a daemon that answers with another pool", "another pool than the requested one",
		on("/pools/", map[string]any{"id": "atlas." + strings.Repeat("ab", 20)}))
	deceived("a daemon of another network", "do not sign", on("/status", map[string]any{"network": "main"}))
	deceived("a daemon of a network that is not known", "run the daemon's release", on("/status", map[string]any{"network": "moon"}))
	deceived("a daemon that says nonsense", "unreadable", on("/status", map[string]any{"network": 7}))
	truth := x.at.API
	x.at.API = x.tampering(func(r *http.Request, answer map[string]any) {
		if strings.HasSuffix(r.URL.Path, "/status") {
			answer["ready"], answer["trouble"] = false, "\x1b[2J"
		}
	})
	if _, out := x.call("pools"); !strings.Contains(out, `\u001b[2J`) || strings.Contains(out, "\x1b") {
		t.Errorf("a daemon that steers the terminal: %q", out)
	}
	x.at.API = truth
	asked := 0
	deceived("a daemon that changes its mind once all is signed", "Nothing was posted", func(r *http.Request, answer map[string]any) {
		if strings.HasSuffix(r.URL.Path, "/tickets/check") {
			if asked++; asked > 1 {
				answer["accepted"], answer["reason"], answer["text"] = false, "output_not_found", "it is spent"
			}
		}
	})

	x.mine(14)
	x.refused("a window that is over", exitNo, "its subscription ended at block", join...)
}

// Errors name daemons and nodes that are down or are something else, and say what to do.
func TestNobodyThere(t *testing.T) {
	t.Parallel()
	x := startDev(t)
	x.mine(1)
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "<html>") }))
	t.Cleanup(web.Close)
	missing := httptest.NewServer(http.NotFoundHandler())
	t.Cleanup(missing.Close)
	ends := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { panic(http.ErrAbortHandler) }))
	t.Cleanup(ends.Close)
	const nobody = "http://127.0.0.1:1"
	for _, c := range []struct {
		code int
		says string
		line []string
	}{
		{exitUnknown, "start smartpoold", []string{"pools", "--api", nobody}},
		{exitUnknown, "start smartpoold", []string{"pools", "--api", ends.URL}},
		{exitNo, "run the daemon's release", []string{"pools", "--api", web.URL}},
		{exitNo, "check that this is a smartpoold", []string{"pools", "--api", missing.URL}},
		{exitUsage, "is not the URL of a daemon", []string{"pools", "--api", "127.0.0.1:9734"}},
		{exitUsage, "unencrypted", []string{"alerts", "list", "--token", "x", "--api", "http://192.0.2.1"}},
		{exitUnknown, "--node", []string{"my", "--api", x.at.API, "--node", nobody, "--node-cookie", x.at.DevCookie}},
		{exitUnknown, "--no-lock", []string{"guard", "--once", "--api", x.at.API, "--node", nobody, "--node-cookie", x.at.DevCookie}},
		{exitUnknown, "--node", []string{"verify", "payout", strings.Repeat("0", 64), "--network", "regtest", "--node", nobody, "--node-cookie", x.at.DevCookie}},
		{exitUnknown, "start smartpoold", []string{"verify", "pool", "atlas", "--api", nobody}},
		{exitUnknown, "start smartpoold", []string{"digest", nobody, "--api", x.at.API}},
		{exitUsage, "want a day", []string{"history", "--from", "yesterday", "--api", x.at.API}},
		{exitUsage, "not a transaction id", []string{"verify", "payout", "latest"}},
		{exitNo, "not a PastelID: it has 8 characters, want 86", []string{"my", "jXnobody", "--api", x.at.API}},
		{exitNo, "give an address, such as one of getnewaddress", []string{"my", "tNobody", "--api", x.at.API}},
	} {
		var out bytes.Buffer
		if code := run(c.line, strings.NewReader(""), &out, &out); code != c.code || !strings.Contains(out.String(), c.says) {
			t.Errorf("%v: exit code %d, want %d and %q:\n%s", c.line, code, c.code, c.says, &out)
		}
	}
}

// verify and digest detect tampering, and call nothing ok without a check.
func TestAuditFindsTampering(t *testing.T) {
	t.Parallel()
	x := startDev(t)
	secret := x.file("secret", passphrase)
	x.mine(105)
	operator, supernode, alice := x.person(0), x.person(0), x.person(1300)
	x.mine(1)
	x.whileMining(func() {
		for _, line := range [][]string{
			{"pool", "create", "--label", "atlas", "--company", "Atlas", "--fee", "5", "--factor", "1.2", "--period", "12", "--operator", operator, "--supernode", supernode,
				"--passphrase-file", secret, "--yes"},
			{"join", "atlas", "--pastelid", alice, "--coins", "1200", "--passphrase-file", secret, "--yes"},
			{"pool", "activate", "atlas", "--passphrase-file", secret, "--yes"},
			{"supernode", "launch", "atlas", "--host", "127.0.0.1:19933", "--passphrase-file", secret, "--yes"},
		} {
			if code, out := x.call(line...); code != exitOK {
				t.Fatal(out)
			}
		}
	})
	x.mine(12)
	tip := func() wire.Tip {
		var p wire.PoolDetail
		_, out := x.call("--json", "pool", "status", "atlas")
		if err := json.Unmarshal([]byte(out), &p); err != nil {
			t.Fatal(out)
		}
		return p.Tip
	}()
	says := func(code int, want string, line ...string) {
		t.Helper()
		if got, out := x.call(line...); got != code || !strings.Contains(out, want) {
			t.Errorf("%v: exit code %d, want %d and %q:\n%s", line, got, code, want, out)
		}
	}
	says(exitOK, "ok: pool", "verify", "pool", "atlas")
	second := x.another()
	x.caughtUp(second)
	says(exitOK, "agree on all of history", "digest", second)
	says(exitOK, "nothing was compared", "digest", x.at.API+"/")
	if _, out := x.call("--json", "digest", x.at.API); strings.Contains(out, "agree") {
		t.Errorf("one daemon agrees with itself: %s", out)
	}
	says(exitUnknown, fmt.Sprintf("is at block %d and does not have block 100000 yet", tip.Height), "digest", second, "--height", "100000")
	truth := x.at.API
	lying := func(change func(r *http.Request, answer map[string]any)) { // the true daemon's answers, not those of the liar before
		x.at.API = truth
		x.at.API = x.tampering(change)
	}
	x.tamperingIsFound()
	for name, forged := range map[string]any{"fee_percent": "3", "paid": 1, "escrow": "tPx", "pledges": []any{}, "opened": map[string]any{"height": 1}} {
		lying(func(r *http.Request, answer map[string]any) {
			if strings.HasPrefix(r.URL.Path, "/api/v1/pools/") {
				x.tamper(answer, map[string]any{name: forged})
			}
		})
		if got, out := x.call("verify", "pool", "atlas"); got != exitNo || !strings.Contains(out, "wrong: the daemon's books") {
			t.Errorf("tampering with %s: exit code %d\n%s", name, got, out)
		}
	}
	lying(func(r *http.Request, answer map[string]any) {
		if strings.HasPrefix(r.URL.Path, "/api/v1/pools/") {
			answer["id"] = "atlas." + strings.Repeat("ab", 20)
		}
	})
	says(exitNo, "wrong: the daemon answered about another pool", "verify", "pool", "atlas")
	lying(func(r *http.Request, answer map[string]any) {
		if strings.HasPrefix(r.URL.Path, "/api/v1/blocks/") {
			answer["digest"] = "ab"
		}
	})
	says(exitUnknown, "the answer is not its digest", "digest", truth)
	tamperTip := func(field string, forged any) {
		lying(func(r *http.Request, answer map[string]any) {
			if at, ok := answer["tip"].(map[string]any); ok && strings.HasPrefix(r.URL.Path, "/api/v1/pools/") {
				at[field] = forged
			}
		})
	}
	tamperTip("digest", strings.Repeat("00", 32))
	says(exitNo, "ledger digest", "verify", "pool", "atlas")
	tamperTip("hash", strings.Repeat("00", 32))
	says(exitUnknown, "unknown", "verify", "pool", "atlas")
	tamperTip("height", tip.Height+1)
	says(exitUnknown, "wait until the node has it", "verify", "pool", "atlas")
	lying(func(r *http.Request, answer map[string]any) { // it went astray in block 100
		if h, err := strconv.Atoi(strings.TrimPrefix(r.URL.Path, "/api/v1/blocks/")); err == nil && h >= 100 {
			answer["digest"] = strings.Repeat("00", 32)
		}
	})
	says(exitNo, "disagree from block 100 on", "digest", truth)
}

// Programs get JSON from every command, and nothing else.
func TestEveryCommandSpeaksJSON(t *testing.T) {
	t.Parallel()
	x := startDev(t)
	secret := x.file("secret", passphrase)
	token := filepath.Join(x.dir, "api.token")
	x.mine(105)
	operator, supernode, alice := x.person(0), x.person(0), x.person(1300)
	cold := x.send(50)
	x.mine(1)
	address := x.addressOf(cold)
	create := []string{
		"pool", "create", "--label", "atlas", "--company", "Atlas", "--fee", "5", "--factor", "1.2", "--period", "12", "--operator", operator, "--supernode", supernode,
		"--passphrase-file", secret, "--yes",
	}
	var spoken [][]string
	speaks := func(line ...string) (docs []json.RawMessage) {
		t.Helper()
		spoken = append(spoken, line)
		args := append([]string{"--json"}, line...)
		var out, notes bytes.Buffer
		code := run(x.located(args), strings.NewReader(""), &out, &notes)
		if code != exitOK {
			t.Fatalf("%v: exit code %d\n%s", line, code, &notes)
		}
		for d := json.NewDecoder(&out); ; {
			var doc json.RawMessage
			err := d.Decode(&doc)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				t.Fatalf("%v with --json prints what is no JSON: %v", line, err)
			}
			docs = append(docs, doc)
		}
		if len(docs) == 0 {
			t.Errorf("%v says nothing", line)
		}
		return docs
	}
	var dry struct {
		Ticket struct {
			Type     string         `json:"type"`
			ID       string         `json:"smart_pool_id"`
			Fee      json.Number    `json:"operator_fee_percentage"`
			Operator map[string]any `json:"operator"`
		} `json:"ticket"`
	}
	if err := json.Unmarshal(speaks(append(create, "--dry-run")...)[0], &dry); err != nil {
		t.Fatal(err)
	}
	if x := dry.Ticket; x.Type != "smartpool_init" || x.Fee != "5" || x.ID != "" || x.Operator["company"] != "Atlas" || x.Operator["operator_fee_address"] != nil {
		t.Errorf("the dry run shows %+v, want the ticket's own fields without the address not chosen yet and the id that depends on it", x)
	}
	x.whileMining(func() {
		speaks(create...)
		speaks("join", "atlas", "--pastelid", alice, "--coins", "1200", "--passphrase-file", secret, "--yes")
		speaks("join", "atlas", "--cold", filepath.Join(x.dir, "t.json"), "--coins", "20", "--pastelid", alice, "--output", cold.String(), "--address", address)
		speaks("pool", "activate", "atlas", "--dry-run")
		speaks("pool", "activate", "atlas", "--passphrase-file", secret, "--yes")
		speaks("supernode", "launch", "atlas", "--host", "127.0.0.1:19933", "--passphrase-file", secret, "--yes")
		speaks("amend", "atlas", "--coins", "1250", "--reward", address, "--pastelid", alice, "--passphrase-file", secret, "--yes")
	})
	x.mine(60)
	for _, line := range [][]string{
		{"pools", "--all", "--coins", "100"}, {"my", alice}, {"my"}, {"leave", alice}, {"history", alice}, {"guard", "--once"}, {"doctor", alice}, {"pool", "status", "atlas"},
		{"pool", "report", "atlas"}, {"payouts", "--all"}, {"verify", "pool", "atlas"}, {"digest"}, {"rpc", "getblockcount"},
		{"alerts", "list", "--token-file", token}, {"version"}, {"completion", "bash"}, {"manual"},
	} {
		speaks(line...)
		if code, out := x.call(line...); code != exitOK || strings.TrimSpace(out) == "" {
			t.Errorf("%v: exit code %d, and for people it says %q", line, code, out)
		}
	}
	var added wire.Receipt
	if err := json.Unmarshal(speaks("alerts", "add", "https://hooks.example.org", "--token-file", token)[0], &added); err != nil || added.ID == "" {
		t.Fatal(err, added)
	}
	called := hook(t)
	if err := json.Unmarshal(speaks("alerts", "add", called, "--token-file", token)[0], &added); err != nil {
		t.Fatal(err)
	}
	speaks("alerts", "test", added.ID, "--token-file", token)
	speaks("alerts", "remove", added.ID, "--token-file", token)
	speaks("verify", "payout", x.field("0.txid", "payouts", "--all"))
	offline(x, secret, speaks)
	everyCommand(t, spoken)
}

// FuzzAnswers has a daemon send anything: nothing here may panic.
func FuzzAnswers(f *testing.F) {
	f.Add([]byte(`{"pledges":[{"pool":"a"}],"payments":[{}]}`))
	f.Fuzz(func(t *testing.T, body []byte) {
		var a wire.Account
		if json.Unmarshal(body, &a) == nil {
			printAccount(&strings.Builder{}, &a, false, 0)
		}
	})
}
