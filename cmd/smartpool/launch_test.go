package main

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/pastel"
)

// launching is an active pool whose Supernode is not launched yet.
type launching struct {
	*dev
	secret, conf, supernode string
	activation              pastel.OutPoint
}

func startLaunching(t *testing.T) *launching {
	t.Helper()
	x, secret, _ := startAtlas(t)
	alice := x.person(1300)
	x.mine(1)
	x.does("join", "atlas", "--pastelid", alice, "--coins", "1200", "--passphrase-file", secret, "--yes")
	x.does("pool", "activate", "atlas", "--passphrase-file", secret, "--yes")
	l := &launching{
		dev: x, secret: secret, conf: filepath.Join(filepath.Dir(x.at.DevCookie), "masternode.conf"),
		supernode: x.field("supernode", "pool", "status", "atlas"),
	}
	id, err := pastel.ParseTxID(x.field("activation_txid", "pool", "status", "atlas"))
	if err != nil {
		t.Fatal(err)
	}
	l.activation = pastel.OutPoint{TxID: id, Vout: chain.PoolIndex}
	return l
}

// line is a launch with some flags.
func (l *launching) line(flags ...string) []string {
	return append([]string{"supernode", "launch", "atlas", "--passphrase-file", l.secret, "--yes"}, flags...)
}

// text returns masternode.conf, empty if there is none.
func (l *launching) text() string {
	l.t.Helper()
	text, err := os.ReadFile(l.conf)
	if err != nil && !os.IsNotExist(err) {
		l.t.Fatal(err)
	}
	return string(text)
}

func (l *launching) write(text string) {
	l.t.Helper()
	if err := os.WriteFile(l.conf, []byte(text), 0o644); err != nil {
		l.t.Fatal(err)
	}
}

// no runs a launch that must fail and change neither the file nor the node's list.
func (l *launching) no(what string, code int, says string, line ...string) {
	l.t.Helper()
	before, listed := l.text(), l.listed()
	l.refused(what, code, says, line...)
	if l.text() != before {
		l.t.Errorf("%s: masternode.conf was changed to\n%s", what, l.text())
	}
	if l.listed() != listed {
		l.t.Errorf("%s: the node lists %s", what, l.listed())
	}
}

// listed returns the node's list of Supernodes.
func (l *launching) listed() string {
	l.t.Helper()
	var list json.RawMessage
	if err := l.node.Call(context.Background(), "masternode", &list, "list", "extra"); err != nil {
		l.t.Fatal(err)
	}
	return string(list)
}

// tells waits until pool status shows the Supernode in a state, with a text.
func (l *launching) tells(state, says string) {
	l.t.Helper()
	for deadline := time.Now().Add(patience); ; time.Sleep(20 * time.Millisecond) {
		_, out := l.call("pool", "status", "atlas")
		if strings.Contains(out, "Supernode   "+state) && strings.Contains(out, says) {
			break
		}
		if time.Now().After(deadline) {
			l.t.Fatalf("pool status never says that the Supernode is %s, %q:\n%s", state, says, out)
		}
	}
	if got := l.field("supernode_state.state", "pool", "status", "atlas"); got != state {
		l.t.Errorf("as JSON the state is %s, want %s", got, state)
	}
}

// A launch writes the entry beside others; the node announces, lists and pays the Supernode. A second run changes nothing.
func TestLaunch(t *testing.T) {
	t.Parallel()
	l := startLaunching(t)
	l.write(`{"Other": {"outIndex": "1", "txid": "` + strings.Repeat("cd", 32) + `", "mnAddress":"127.0.0.1:1", "more": 1.50}}`)
	l.tells("gone", "The node does not list it")
	if got := l.field("supernode_state.text", "pool", "status", "atlas"); !strings.HasSuffix(got, "smartpool supernode launch "+l.field("id", "pool", "status", "atlas")) {
		t.Errorf("the command to type is not the end of %q", got)
	}
	out := l.does(l.line("--host", "127.0.0.1:19933", "--ext-address", "127.0.0.1:4444")...)
	for _, want := range []string{"ENABLED. Waiting for its first payment.", "Paid: the pool has received 1250 PSL", "pastelkeys/" + l.supernode, "masternodeprivkey="} {
		if !strings.Contains(out, want) {
			t.Errorf("%q is missing in\n%s", want, out)
		}
	}
	text := l.text()
	shape := regexp.MustCompile(`(?s)^\{\n    "Other": \{\n        "outIndex": "1",\n.*"more": 1\.50\n    \},\n    "atlas": \{\n        "mnAddress": "127\.0\.0\.1:19933",\n` +
		`        "mnPrivKey": "[59c][^"]{50,51}",\n        "txid": "` + l.activation.TxID.String() + `",\n        "outIndex": "4294967295",\n        "extAddress": "127\.0\.0\.1:4444",\n` +
		`        "extCfg": \{\n            "smartpool": \{\n                "signature": "[^"]{152}",\n                "time": "[^"]{20}"\n            \}\n        \}\n    \}\n\}\n$`)
	if !shape.MatchString(text) {
		t.Errorf("masternode.conf is\n%s", text)
	}
	if info, err := os.Stat(l.conf); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("masternode.conf may be read by %v (%v)", info.Mode(), err)
	}
	if list := l.listed(); !strings.Contains(list, l.supernode) || !strings.Contains(list, `"extAddress":"127.0.0.1:4444"`) {
		t.Errorf("the node lists %s", list)
	}

	l.tells("running", "ENABLED at 127.0.0.1:19933): The node lists it")

	listed := l.listed()
	for _, line := range [][]string{l.line(), l.line("--host", "127.0.0.1:19933"), l.line("--alias", "ATLAS")} {
		out := l.does(line...)
		if !strings.Contains(out, "Nothing to do") || l.text() != text || l.listed() != listed {
			t.Errorf("%v, run again:\n%s\n%s", line, out, l.text())
		}
	}
	if got := l.field("outcome", l.line()...); got != "running" {
		t.Errorf("run again as JSON: %s", got)
	}
}

// The command changes an entry that the node has read; the node takes the change once it restarts.
func TestLaunchMoves(t *testing.T) {
	t.Parallel()
	l := startLaunching(t)
	if out := l.does(l.line("--host", "127.0.0.1:19933", "--no-wait")...); strings.Contains(out, "Waiting") {
		t.Errorf("nothing is waited for:\n%s", out)
	}
	key, err := l.node.MasternodeGenKey(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	before, listed := l.text(), l.listed()
	move := l.line("--host", "127.0.0.1:19934", "--masternode-key-file", l.file("machine-key", key))
	code, out := l.call(move...)
	for _, says := range []string{"the node already lists the pool's Supernode, as ENABLED at 127.0.0.1:19933", "This launch replaces it", "restart the node, then run this command again"} {
		if code != exitNo || !strings.Contains(out, says) {
			t.Errorf("an entry that the node knows: exit code %d, want %q in\n%s", code, says, out)
		}
	}
	moved := l.text()
	if moved == before || !strings.Contains(moved, key) || !strings.Contains(moved, "127.0.0.1:19934") {
		t.Errorf("masternode.conf is\n%s", moved)
	}
	// Until then the node announces the old entry, and the command says so.
	l.no("a node that was not restarted", exitNo, "restart the node, then run this command again", move...)
	if l.listed() != listed || l.text() != moved {
		t.Errorf("the node lists %s, and masternode.conf is\n%s", l.listed(), l.text())
	}
	l.restart()
	out = l.does(l.line("--no-wait")...)
	if !strings.Contains(out, "already has the entry atlas with its launch. The node announces it again.") || l.text() != moved {
		t.Errorf("after a restart:\n%s", out)
	}
	l.mine(devnode.VoteAhead + 1)
	if out := l.does(l.line()...); !strings.Contains(out, "Nothing to do") {
		t.Errorf("once it is paid:\n%s", out)
	}
	l.tells("running", "ENABLED at 127.0.0.1:19934)")
}

// The PastelID's key may be on another machine.
func TestLaunchCold(t *testing.T) {
	t.Parallel()
	l := startLaunching(t)
	file := filepath.Join(l.dir, "launch.json")
	cold := []string{"supernode", "launch", "atlas", "--host", "127.0.0.1:19933", "--cold"}
	l.no("--cold as masternode.conf, where there is none", exitUsage, "is the node's masternode.conf", append(cold, l.conf)...)
	statement := l.field("statement", append(cold, file)...)
	draft := mustRead(t, file)
	l.no("--cold over an earlier draft", exitUsage, "continue with --signed", append(cold, file)...)
	if mustRead(t, file) != draft {
		t.Error("the earlier draft was written over, and its key is lost")
	}
	if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 || l.text() != "" {
		t.Fatalf("the file: %v, masternode.conf: %q", err, l.text())
	}
	signed := []string{"supernode", "launch", "atlas", "--yes", "--no-wait", "--signed", file}
	sign := func(text string) string {
		sig, err := l.node.SignWith(context.Background(), l.supernode, passphrase, text)
		if err != nil {
			t.Fatal(err)
		}
		return sig
	}
	l.no("no signature", exitUsage, "give the signature with --signature", signed...)
	l.no("a signature of another line", exitNo, "did not sign this launch", append(signed, "--signature", sign(statement+" "))...)
	key, err := l.node.MasternodeGenKey(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	l.no("another key", exitNo, "must sign exactly this line", append(signed, "--signature", sign(statement), "--masternode-key-file", l.file("machine-key", key))...)
	l.no("a file without entries", exitNo, "give the file that --cold wrote", "supernode", "launch", "atlas", "--yes", "--signed", l.file("none.json", "{}"))
	l.no("a file of another activation", exitNo, "to another pool or activation", "supernode", "launch", "atlas", "--yes", "--signed",
		l.file("other.json", strings.ReplaceAll(mustRead(t, file), l.activation.TxID.String(), strings.Repeat("ab", 32))))
	l.no("a file without a launch", exitNo, "has no launch", "supernode", "launch", "atlas", "--yes", "--signed",
		l.file("bare.json", strings.ReplaceAll(mustRead(t, file), `"smartpool"`, `"other"`)))
	l.no("a file with a key of another network", exitNo, "draft.json has no key of network regtest", "supernode", "launch", "atlas", "--yes", "--signature", "x", "--signed",
		l.file("draft.json", regexp.MustCompile(`"mnPrivKey": "[^"]*"`).ReplaceAllString(draft, `"mnPrivKey": "x"`)))
	l.no("--signature alone", exitUsage, "--signature belongs to --signed", l.line("--signature", "x")...)
	l.no("both", exitUsage, "not both", append(signed, "--cold", file)...)

	l.does(append(signed, "--signature", sign(statement))...)
	text := l.text()
	out := l.does(append(signed, "--signature", sign(statement))...)
	if l.text() != text {
		t.Errorf("run again:\n%s", out)
	}
	l.no("a launch that is there", exitNo, "run this without --cold", "supernode", "launch", "atlas", "--cold", file)
	l.no("--cold over masternode.conf", exitUsage, "choose another file", "supernode", "launch", "atlas", "--host", "127.0.0.1:19935", "--cold", l.conf)
}

func mustRead(t testing.TB, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// A wrong launch fails with advice, and changes nothing.
func TestLaunchRefused(t *testing.T) {
	t.Parallel()
	l := startLaunching(t)
	hosted := l.line("--host", "127.0.0.1:19933")
	l.no("no host", exitUsage, "give the address of the Supernode's machine", l.line()...)
	l.no("a host's name", exitUsage, "nodes do not resolve names", l.line("--host", "node.example.org:19933")...)
	l.no("the port of main", exitUsage, "port 9933 on main", l.line("--host", "127.0.0.1:9933")...)
	l.no("an alias with a quote", exitUsage, "--alias", append(hosted, "--alias", `a"b`)...)
	l.no("a key of another network", exitUsage, "--masternode-key-file", append(hosted, "--masternode-key-file", l.file("other-key", "5KYZdUEo39z3FPrtuX2QbbwGnNP5zTd7yyr2SC1j299sBCnWjss"))...)
	l.no("no terminal", exitUsage, "add --yes", "supernode", "launch", "atlas", "--host", "127.0.0.1:19933", "--passphrase-file", l.secret)
	l.no("a wrong passphrase", exitNo, "did not sign", "supernode", "launch", "atlas", "--host", "127.0.0.1:19933", "--yes", "--passphrase-file", l.file("wrong", "wrong"))
	l.no("a pool that is not active", exitNo, "no pool has the label", "supernode", "launch", "other", "--host", "127.0.0.1:19933")

	l.write("{")
	l.no("masternode.conf that is not JSON", exitNo, "it is not JSON", hosted...)
	l.write("[]")
	l.no("masternode.conf that is a list", exitNo, "it is not a JSON object", hosted...)
	l.write(`{"Atlas":{"mnAddress":"127.0.0.1:1","mnPrivKey":"x","txid":"` + strings.Repeat("ab", 32) + `","outIndex":"1"}}`)
	l.no("an alias of another Supernode", exitNo, "uses the alias \"Atlas\" for another Supernode", hosted...)
	l.write(`{"Atlas":7}`)
	l.no("an alias without a collateral", exitNo, "has an entry \"Atlas\" without a collateral", hosted...)
	l.write(`{"mine":{"mnAddress":"127.0.0.1:19933","mnPrivKey":"x","txid":"` + l.activation.TxID.String() + `","outIndex":"4294967295"}}`)
	l.no("a second alias", exitNo, `omit --alias`, append(hosted, "--alias", "another")...)
	l.no("a key that is none", exitNo, "mnPrivKey of \"mine\"", hosted...)
	if err := os.Remove(l.conf); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(l.dir, "folder"), 0o700); err != nil {
		t.Fatal(err)
	}
	l.no("masternode.conf in no folder", exitNo, "cannot write", append(hosted, "--masternode-conf", filepath.Join(l.dir, "nowhere", "masternode.conf"))...)
	l.no("masternode.conf that is a folder", exitNo, "masternode.conf", append(hosted, "--masternode-conf", filepath.Join(l.dir, "folder"))...)

	// The node reads another file than the one the command wrote.
	elsewhere := filepath.Join(l.dir, "masternode.conf")
	l.no("a file that the node does not read", exitNo, "finds no such alias", append(hosted, "--masternode-conf", elsewhere)...)

	// The command does not take over a Supernode that runs with an unknown key.
	l.does(append(hosted, "--no-wait")...)
	l.no("a Supernode that runs with another key", exitNo, "already lists the pool's Supernode, as ENABLED at 127.0.0.1:19933",
		append(hosted, "--masternode-conf", filepath.Join(l.dir, "fresh.conf"))...)
}

// With a node or a daemon that cannot launch the pool's Supernode, the command fails before it changes anything.
func TestLaunchWithWrongNode(t *testing.T) {
	t.Parallel()
	l := startLaunching(t)
	line := l.line("--host", "127.0.0.1:19933", "--masternode-conf", l.conf)
	at := l.at
	through := func(what, says string, change func(*dev)) {
		t.Helper()
		l.at = at
		change(l.dev)
		l.no(what, exitNo, says, line...)
		l.at = at
	}
	node := func(old, fresh string) func(*dev) {
		return func(x *dev) { x.at.DevRPC = altered(t, at.DevRPC, old, fresh) }
	}
	through("a node of another network", "the node is on main, not on regtest", node(`"chain":"regtest"`, `"chain":"main"`))
	through("a node of an old version", "update it to pasteld", node(`"version":`, `"version":1,"was":`))
	through("a pruned node", "is pruned, but a Supernode's wallet needs all blocks", node(`"pruned":false`, `"pruned":true`))
	for fresh, says := range map[string]string{
		strings.Repeat("ab", 32): "cannot return the pool's activation", l.field("init_txid", "pool", "status", "atlas"): "does not activate pool atlas",
	} {
		const name = `"activation_txid":"`
		through("a daemon that lies about the activation", says, func(x *dev) {
			x.at.API = altered(t, at.API, name+l.activation.TxID.String(), name+fresh)
		})
	}
	other := startDev(t)
	elsewhere := func(x *dev) { x.at.DevRPC, x.at.DevCookie = other.at.DevRPC, other.at.DevCookie }
	through("a node that is behind", "wait until the node catches up", elsewhere)
	height, _, err := l.node.Tip(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	other.mine(int(height) + 1)
	through("a node on another chain", "they are on different chains", elsewhere)
	l.at.DevRPC = "http://127.0.0.1:1"
	l.no("no node", exitUnknown, "give the node with --node", line...)
	l.at = at
	before, listed := l.text(), l.listed()
	l.at.API = "http://127.0.0.1:1"
	if code, out := l.call(line...); code != exitUnknown || !strings.Contains(out, "start smartpoold") || l.text() != before || l.listed() != listed {
		t.Errorf("no daemon: exit code %d\n%s", code, out)
	}
	through("an old daemon", "too old to know about launches", func(x *dev) {
		gone := httputil.NewSingleHostReverseProxy(parsed(t, at.API))
		s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, "/supernode") {
				r.URL.Path = "/api/v1/nothing"
			}
			gone.ServeHTTP(w, r)
		}))
		t.Cleanup(s.Close)
		x.at.API = s.URL
	})
}

// The command does not wait for a Supernode that cannot be paid as things stand.
func TestLaunchThatFails(t *testing.T) {
	t.Parallel()
	l := startLaunching(t)
	at := l.at
	escrow := l.field("escrow", "pool", "status", "atlas")
	_, other := l.newAddress()
	for _, x := range []struct{ what, old, fresh, says string }{
		{"a machine that is silent", " ENABLED ", " EXPIRED ", "lists the Supernode as EXPIRED; check that its machine runs"},
		{"a node that knows no pools", " " + escrow + " ", " " + other + " ", "lists the Supernode with payee " + other + ", not the pool's escrow"},
	} {
		l.at.DevRPC = altered(t, at.DevRPC, x.old, x.fresh)
		if code, out := l.call(l.line("--host", "127.0.0.1:19933")...); code != exitNo || !strings.Contains(out, x.says) {
			t.Errorf("%s: exit code %d, want %q:\n%s", x.what, code, x.says, out)
		}
		l.at = at
	}
}

// altered returns a node whose answers differ from another's by one text.
func altered(t *testing.T, url, old, fresh string) string {
	t.Helper()
	proxy := httputil.NewSingleHostReverseProxy(parsed(t, url))
	proxy.ModifyResponse = func(r *http.Response) error {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		text = bytes.Replace(text, []byte(old), []byte(fresh), 1)
		r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(text)), int64(len(text))
		r.Header.Set("Content-Length", strconv.Itoa(len(text)))
		return nil
	}
	s := httptest.NewServer(proxy)
	t.Cleanup(s.Close)
	return s.URL
}

func parsed(t *testing.T, text string) *url.URL {
	t.Helper()
	u, err := url.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
