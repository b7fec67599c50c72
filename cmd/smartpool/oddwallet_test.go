package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// crowded is a node whose wallet has many more outputs, each at an address of its own, and odd ones.
func (x *dev) crowded(t *testing.T, n int, value string) string {
	t.Helper()
	net, err := pastel.NetworkByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	var more bytes.Buffer
	for i := range n {
		at := pastel.Address{Kind: pastel.AddressP2PKH, Hash: [20]byte{1, byte(i), byte(i >> 8), byte(i >> 16)}}
		fmt.Fprintf(&more, `,{"txid":"%064x","vout":0,"generated":false,"address":"%s","account":"","scriptPubKey":"%x","amount":%s,"amountPat":1,"confirmations":9,"spendable":false}`,
			i+1, at.Encode(&net), []byte(at.Script()), value)
	}
	more.WriteString(`,{},null,{"txid":"x","vout":-1},{"address":"PtVdWD4zm9FVqf1Yzcm4gPKGmCJbEXaGJyj"}`)
	return between(t, x.at.DevRPC, func(w http.ResponseWriter, r *http.Request, body string, pass http.Handler) bool {
		if !strings.Contains(body, `"listunspent"`) || strings.Contains(body, `["t`) { // of some addresses
			return false
		}
		var call struct{ ID json.RawMessage }
		_ = json.Unmarshal([]byte(body), &call)
		honest := httptest.NewRecorder()
		pass.ServeHTTP(honest, r)
		var answer struct{ Result []json.RawMessage }
		if err := json.Unmarshal(honest.Body.Bytes(), &answer); err != nil {
			t.Error(err)
		}
		var list [][]byte
		for _, raw := range answer.Result {
			list = append(list, raw)
		}
		fmt.Fprintf(w, `{"result":[%s%s],"error":null,"id":%s}`, bytes.Join(list, []byte(",")), more.Bytes(), call.ID)
		return true
	})
}

// Commands work with a wallet of 30,000 outputs, of which some are watched only and some are odd.
func TestOddWalletPays(t *testing.T) {
	t.Parallel()
	x, alice, _, secret := atlasWithAlice(t)
	carol := x.person(600)
	key, _ := x.keyFile("key")
	x.mine(1)
	for _, value := range []string{"0.10000", "50000.00000"} { // those of the second kind could back pledges
		honest := x.at.DevRPC
		x.at.DevRPC = x.crowded(t, 30_000, value)
		if value == "0.10000" {
			x.does("id", "register", key, "--passphrase-file", secret, "--yes")
		} else {
			x.unlock()
			x.does("join", "atlas", "--pastelid", carol, "--coins", "500", "--passphrase-file", secret, "--yes")
		}
		if code, out := x.call("guard", alice, "--once"); code != exitOK {
			t.Errorf("guard: exit code %d\n%s", code, out)
		}
		x.at.DevRPC = honest
	}
	if coins := x.field("0.positions.0.offered_coins", "my", carol); coins != "500" {
		t.Errorf("%s PSL are pledged, want 500", coins)
	}
}

// refusing is a node that refuses a call so many times.
func (x *dev) refusing(t *testing.T, method string, times int32, answer func(w http.ResponseWriter, id json.RawMessage)) string {
	t.Helper()
	var left atomic.Int32
	left.Store(times)
	return between(t, x.at.DevRPC, func(w http.ResponseWriter, _ *http.Request, body string, _ http.Handler) bool {
		if !strings.Contains(body, `"`+method+`"`) || left.Add(-1) < 0 {
			return false
		}
		var call struct{ ID json.RawMessage }
		_ = json.Unmarshal([]byte(body), &call)
		answer(w, call.ID)
		return true
	})
}

func refusal(code int, message string) func(http.ResponseWriter, json.RawMessage) {
	return func(w http.ResponseWriter, id json.RawMessage) {
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(w, `{"result":null,"error":{"code":%d,"message":%q},"id":%s}`, code, message, id)
	}
}

func status(code int) func(http.ResponseWriter, json.RawMessage) {
	return func(w http.ResponseWriter, _ json.RawMessage) { http.Error(w, "", code) }
}

// A node or daemon that cannot answer for a moment is asked again. A wallet that is off, locked or out of keys is named in words.
func TestOddWalletRefuses(t *testing.T) {
	t.Parallel()
	x, alice, _, secret := atlasWithAlice(t)
	key, _ := x.keyFile("key")
	honest := x.at.DevRPC
	for name, answer := range map[string]func(http.ResponseWriter, json.RawMessage){
		"starting": refusal(-28, "Loading block index..."), "busy": status(503), "too many": status(429), "another cookie": status(401),
	} {
		x.at.DevRPC = honest
		x.at.DevRPC = x.refusing(t, "getblockchaininfo", 1, answer)
		if code, out := x.call("guard", alice, "--once"); code != exitOK {
			t.Errorf("%s: exit code %d\n%s", name, code, out)
		}
	}
	x.at.DevRPC = honest
	x.at.DevRPC = x.refusing(t, "getblockchaininfo", 6, refusal(-28, "Loading block index..."))
	if code, out := x.call("guard", alice, "--once"); code != exitOK || !strings.Contains(out, "cannot answer yet") {
		t.Errorf("a node that takes longer to start: exit code %d\n%s", code, out)
	}
	register := []string{"id", "register", key, "--passphrase-file", secret, "--yes"}
	for _, tt := range []struct {
		method  string
		code    int
		message string
		says    string
	}{
		{"getnewaddress", -32601, "Method not found (disabled)", "with its wallet enabled"},
		{"listunspent", -32601, "Method not found (disabled)", "with its wallet enabled"},
		{"getnewaddress", -12, "Error: Keypool ran out, please call keypoolrefill first", "walletpassphrase"},
		{"signrawtransaction", -13, "Error: Please enter the wallet passphrase with walletpassphrase first.", "unlock its wallet"},
		{"getnewaddress", -13, "Error: Please enter the wallet passphrase with walletpassphrase first.", "unlock its wallet"},
	} {
		x.at.DevRPC = honest
		x.at.DevRPC = x.refusing(t, tt.method, 1<<30, refusal(tt.code, tt.message))
		if code, out := x.call(register...); code != exitNo || !strings.Contains(out, tt.says) {
			t.Errorf("%s, %d: exit code %d, want %q\n%s", tt.method, tt.code, code, tt.says, out)
		}
	}
	x.at.DevRPC = honest
	if waiting, err := x.node.Mempool(context.Background()); err != nil || len(waiting) > 0 {
		t.Errorf("%v is posted (%v)", waiting, err)
	}
	var turned atomic.Int32
	truth := x.at.API
	x.at.API = between(t, truth, func(w http.ResponseWriter, _ *http.Request, _ string, _ http.Handler) bool {
		if turned.Add(1) > 2 {
			return false
		}
		w.WriteHeader(http.StatusServiceUnavailable)
		_, _ = io.WriteString(w, `{"detail":"the ledger is being loaded"}`)
		return true
	})
	if code, out := x.call("my", alice); code != exitOK || !strings.Contains(out, "cannot answer yet") || !strings.Contains(out, "being loaded") {
		t.Errorf("a daemon that is starting: exit code %d\n%s", code, out)
	}
	turned.Store(0)
	x.at.API = between(t, truth, func(w http.ResponseWriter, _ *http.Request, _ string, _ http.Handler) bool {
		if turned.Add(1)%4 != 1 {
			return false
		}
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(http.StatusTooManyRequests)
		_, _ = io.WriteString(w, `{"detail":"too many requests"}`)
		return true
	})
	if code, out := x.call("my", alice); code != exitOK {
		t.Errorf("a daemon that is asked too often: exit code %d\n%s", code, out)
	}
}

// A fee is paid by the smallest coin that suffices. What is not confirmed, watched only or a Supernode's collateral pays nothing.
func TestOddWalletPaysWithTheSmallest(t *testing.T) {
	t.Parallel()
	x := startDev(t)
	secret := x.file("secret", passphrase)
	x.mine(105)
	x.send(40)
	small := x.send(12)
	collateral := x.send(1000)
	x.mine(1)
	for i, want := range []string{small.String() + ", 12 PSL of ", ", 40 PSL of "} {
		key, _ := x.keyFile(filepath.Base(fmt.Sprint("key", i)))
		if out := x.does("id", "register", key, "--passphrase-file", secret, "--yes"); !strings.Contains(out, "Paid from "+want) && !strings.Contains(out, want) {
			t.Errorf("registration %d is not paid from %s:\n%s", i, want, out)
		}
	}
	key, _ := x.keyFile("last")
	if out := x.does("id", "register", key, "--passphrase-file", secret, "--yes"); strings.Contains(out, collateral.String()) {
		t.Errorf("a Supernode's collateral pays:\n%s", out)
	}
}
