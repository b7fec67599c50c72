package pasteld

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
)

// says compares an error's text; NODE stands for the node's address.
func says(t *testing.T, c *Client, err error, want string) {
	t.Helper()
	if err == nil || err.Error() != strings.ReplaceAll(want, "NODE", c.url) {
		t.Errorf("got  %v\nwant %s", err, want)
	}
}

// Errors in the answer as a whole, for any call.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	const ok = `{"result":7,"error":null,"id":ID}`
	notRPC := "the answer is not JSON-RPC; check that this is the address of a Pastel node"
	other := "the answer belongs to another call; check what lies between this program and the node"
	for _, test := range []struct {
		status    int
		body      string
		want      string
		temporary bool
	}{
		{200, "", notRPC, false},
		{200, "<html><body>Welcome</body></html>", notRPC, false},
		{200, `{"result":7,"error":nu`, notRPC, false},
		{200, ok + "x", notRPC, false},
		{200, ok + ok, notRPC, false},
		{200, "[" + ok + "]", notRPC, false},
		{200, `"ID"`, notRPC, false},
		{200, `{"result":7,"error":"no","id":ID}`, notRPC, false},
		{200, `{"result":null,"error":{"code":"-5","message":"m"},"id":ID}`, notRPC, false},
		{200, `{"result":null,"error":{"code":-5,"message":5},"id":ID}`, notRPC, false},
		{200, strings.Repeat("[", 20000), notRPC, false},
		{200, `{"result":7,"error":null,"id":99}`, other, false},
		{200, `{"result":7,"error":null,"id":"ID"}`, other, false},
		{200, `{"result":7,"error":null,"id":null}`, other, false},
		{200, `{"result":7,"error":null}`, other, false},
		{500, `{"result":null,"error":{"code":-5,"message":"m"},"id":99}`,
			"the node failed without giving a reason (HTTP 500); see its debug.log", true},
		{200, `{"error":null,"id":ID}`, "the answer has neither result nor error; check whether this is a Pastel node", false},
		{200, `{"result":null,"error":{"message":"m"},"id":ID}`,
			"the node refused without a code; check whether this is a Pastel node", false},
		{200, `{"result":7,"error":{"code":-1,"message":"m"},"id":ID}`, "the node refused with code -1: m", false},
		{500, `{"result":null,"error":{"code":-32700,"message":"Parse error"},"id":null}`,
			"the node refused with code -32700: Parse error", false},
		{500, `{"result":null,"error":{"code":-28,"message":"Loading block index..."},"id":ID}`,
			"the node refused with code -28: Loading block index...; wait until it has started", true},
		{500, `{"result":null,"error":{"code":-25,"message":""},"id":ID}`,
			"the node refused with code -25; an input is missing, or another transaction spends it", false},
		{404, `{"result":null,"error":{"code":-32601,"message":"Method not found"},"id":ID}`,
			"the node refused with code -32601: Method not found; use pasteld 2.2.10 or newer, with its wallet enabled", false},
		{500, `{"result":null,"error":{"code":-1,"message":"a\u001b[2J\n\tpass-word\u0000b"},"id":ID}`,
			`the node refused with code -1: a\u001b[2J ***\u0000b`, false},
		{500, `{"result":null,"error":{"code":-1,"message":"` + strings.Repeat("m", 1000) + `"},"id":ID}`,
			"the node refused with code -1: " + strings.Repeat("m", 399) + "…", false},
		{500, "", "the node failed without giving a reason (HTTP 500); see its debug.log", true},
		{500, ok, "the node failed without giving a reason (HTTP 500); see its debug.log", true},
		{502, "<html>", "the node failed without giving a reason (HTTP 502); see its debug.log", true},
		{503, "Work queue depth exceeded", "the node is too busy (HTTP 503); wait, or raise its rpcworkqueue", true},
		{404, "", "this is not the RPC of a Pastel node (HTTP 404); correct the address", false},
		{405, "JSONRPC server handles only POST requests", "this is not the RPC of a Pastel node (HTTP 405); correct the address", false},
		{204, "", "this is not the RPC of a Pastel node (HTTP 204); correct the address", false},
		{401, "", "the node refused the login (HTTP 401); check the node's rpcuser and rpcpassword, or use its cookie file", false},
		{403, "", "the node refused this machine (HTTP 403); add its address to the node's rpcallowip", false},
		{200, strings.Repeat(" ", 8<<20) + ok, "the answer is longer than 8 MiB; check whether this is a Pastel node", false},
	} {
		t.Run(fmt.Sprintf("%d %.60s", test.status, test.body), func(t *testing.T) {
			t.Parallel()
			c := always(t, test.status, test.body)
			var n int
			err := c.Call(t.Context(), "x", &n)
			says(t, c, err, "x at NODE: "+test.want)
			equal(t, Temporary(err), test.temporary)
		})
	}
}

// Errors in a result.
func TestHostileResults(t *testing.T) {
	t.Parallel()
	z64 := strings.Repeat("0", 64)
	coin := `{"txid":"` + z64 + `","vout":0,"address":"` + addressB + `","scriptPubKey":"51","amount":1.5,` +
		`"confirmations":3,"spendable":true}`
	swap := func(s, old, with string) string {
		if !strings.Contains(s, old) {
			t.Fatalf("no %s in %s", old, s)
		}
		return strings.ReplaceAll(s, old, with)
	}
	out := `{"value":1.5,"confirmations":1,"scriptPubKey":{"hex":"51"},"coinbase":false}`
	header := `{"hash":"` + z64 + `","previousblockhash":"` + z64 + `","height":3,"time":9,"confirmations":-1}`
	tip := `{"blocks":3,"bestblockhash":"` + z64 + `"}`

	type ask = func(c *Client, ctx context.Context) error
	for _, test := range []struct {
		name string
		ask  ask
		good string // a valid result, if there is one
		bad  []string
	}{
		{"Tip", func(c *Client, ctx context.Context) error { _, _, err := c.Tip(ctx); return err }, tip, []string{
			"null", "7", "[]", "{}", swap(tip, "3", "-1"), swap(tip, "3", "3.0"), swap(tip, "3", "3e0"), swap(tip, "3", `"3"`),
			swap(tip, "3", "2147483648"), swap(tip, z64, "00"), swap(tip, `"blocks":3,`, ""), swap(tip, "3", "null"),
		}},
		{"HashAt", func(c *Client, ctx context.Context) error { _, err := c.HashAt(ctx, 1); return err }, `"` + z64 + `"`, []string{
			"null", `""`, `"` + z64[1:] + `"`, `"` + z64 + `0"`, "0", `["` + z64 + `"]`, `"` + z64[1:] + `G"`,
		}},
		{"Block", func(c *Client, ctx context.Context) error { _, err := c.Block(ctx, pastel.BlockHash{}); return err }, `"00ff"`,
			[]string{"null", `""`, `"0"`, `"0g"`, `"FF"`, `" ff"`, `"0x00"`, "{}", "11", `"\u0030\u0030"`}},
		{"Header", func(c *Client, ctx context.Context) error { _, err := c.Header(ctx, pastel.BlockHash{}); return err }, header,
			[]string{"null", "{}", swap(header, `"previousblockhash":"`+z64+`",`, ""), swap(header, `"height":3`, `"height":0`),
				swap(header, `"height":3`, `"height":-3`), swap(header, `"time":9`, `"time":-9`), swap(header, `,"confirmations":-1`, ""),
				swap(header, `"hash":"0`, `"hash":"1`)}},
		{"Mempool", func(c *Client, ctx context.Context) error { _, err := c.Mempool(ctx); return err }, `["` + z64 + `"]`,
			[]string{"null", "{}", "[null]", "[0]", `["zz"]`}},
		{"RawTx", func(c *Client, ctx context.Context) error { _, err := c.RawTx(ctx, pastel.TxID{}); return err }, "",
			[]string{"null", `""`, `"00"`}},
		{"SendRaw", func(c *Client, ctx context.Context) error { _, err := c.SendRaw(ctx, []byte{1}); return err }, "",
			[]string{"null", `""`, `"` + z64 + `"`, "true"}},
		{"TxOut", func(c *Client, ctx context.Context) error { _, err := c.TxOut(ctx, pastel.OutPoint{}); return err }, out, []string{
			"{}", "[]", swap(out, "1.5", "1.500000"), swap(out, "1.5", "1e3"), swap(out, "1.5", "-1"), swap(out, "1.5", `"1.5"`),
			swap(out, "1.5", "21000000000.00001"), swap(out, `,"coinbase":false`, ""), swap(out, `"hex":"51"`, ""),
			swap(out, `{"hex":"51"}`, "null"),
		}},
		{"Unspent", func(c *Client, ctx context.Context) error { _, err := c.Unspent(ctx, 1); return err },
			"[" + coin + "," + swap(coin, `"address":"`+addressB+`",`, "") + "]", []string{
				"null", "{}", "[null]", "[7]", "[{}]", "[{},null]", "[" + swap(coin, `"vout":0`, `"vout":-1`) + "]",
				"[" + swap(coin, `"vout":0`, `"vout":4294967296`) + "]", "[" + swap(coin, addressB, "Ptmaintextaddress") + "]",
				"[" + swap(coin, "1.5", "1.123456") + "]", "[" + swap(coin, "true", "1") + "]", "[" + swap(coin, `"51"`, `"5"`) + "]",
			}},
		{"Balance", func(c *Client, ctx context.Context) error { _, err := c.Balance(ctx); return err }, "62500.00000",
			[]string{"null", `"1"`, "1.000001", "1e5", "-1", "{}", "21000000001"}},
		{"NewAddress", func(c *Client, ctx context.Context) error { _, err := c.NewAddress(ctx); return err }, `"` + addressB + `"`,
			[]string{"null", `""`, "7", `"PtVdWD4zm9FVqf1Yzcm4gPKGmCJbEXaGJyj"`}},
		{"SendTo", func(c *Client, ctx context.Context) error {
			_, err := c.SendTo(ctx, pastel.Address{Kind: 1}, 1)
			return err
		},
			`"` + z64 + `"`, []string{"null", `""`, "true"}},
		{"SignMessage", func(c *Client, ctx context.Context) error {
			_, err := c.SignMessage(ctx, pastel.Address{Kind: 1}, "")
			return err
		},
			"", []string{"null", `""`, `"AAAA"`}},
		{"VerifyMessage", func(c *Client, ctx context.Context) error {
			_, err := c.VerifyMessage(ctx, pastel.Address{Kind: 1}, "", "")
			return err
		}, "true", []string{"null", "1", `"true"`}},
		{"SignRaw", func(c *Client, ctx context.Context) error { _, _, err := c.SignRaw(ctx, nil); return err },
			`{"hex":"00","complete":false}`, []string{"null", `{"hex":"00"}`, `{"complete":true}`, `{"hex":"","complete":true}`}},
		{"NewPastelID", func(c *Client, ctx context.Context) error { _, err := c.NewPastelID(ctx, "p"); return err },
			`{"pastelid":"` + identity + `"}`, []string{"null", "{}", `{"pastelid":""}`, `"` + identity + `"`}},
		{"PastelIDs", func(c *Client, ctx context.Context) error { _, err := c.PastelIDs(ctx); return err }, "[]",
			[]string{"null", "[{}]", `[{"PastelID":"x"}]`}},
		{"SignWith", func(c *Client, ctx context.Context) error { _, err := c.SignWith(ctx, identity, "p", "t"); return err }, "",
			[]string{"null", "{}", `{"signature":"AAAA"}`, `"AAAA"`}},
		{"RegisterID", func(c *Client, ctx context.Context) error {
			_, err := c.RegisterID(ctx, "", "", pastel.Address{})
			return err
		},
			`{"txid":"` + z64 + `"}`, []string{"null", "{}", `{"txid":"x"}`, `{"txid":null}`}},
		{"MasternodeGenKey", func(c *Client, ctx context.Context) error { _, err := c.MasternodeGenKey(ctx); return err }, "",
			[]string{"null", `"nokey"`, "{}"}},
		{"Masternodes", func(c *Client, ctx context.Context) error { _, err := c.Masternodes(ctx); return err }, "{}", []string{
			"null", "[]", `{"x":"y"}`, `{"` + z64 + `-0":"ENABLED"}`, `{"` + z64 + `-0":null}`, `{"` + z64 + `-0":7}`,
			`{"` + z64 + `-4294967296":"ENABLED 1 ` + addressB + ` 1 1 1 1 h:1"}`, `{"` + z64 + `-0":"ENABLED 1 ` + addressB + ` 1 1 1"}`,
		}},
		{"Generate", func(c *Client, ctx context.Context) error { _, err := c.Generate(ctx, 1); return err }, `["` + z64 + `"]`,
			[]string{"null", "[]", "[7]", `["` + z64 + `","` + z64 + `"]`}},
		{"About", func(c *Client, ctx context.Context) error { _, err := c.About(ctx); return err }, `{"version":2021002,"timeoffset":"no"}`,
			[]string{"null", "{}", `{"version":"2"}`, `{"timeoffset":1}`}},
		{"Encryption", func(c *Client, ctx context.Context) error { _, err := c.Encryption(ctx); return err }, `{"unlocked_until":0}`,
			[]string{"null", "[]", `{"unlocked_until":"0"}`, `{"unlocked_until":0.5}`}},
		{"Registration", func(c *Client, ctx context.Context) error { _, _, err := c.Registration(ctx, identity); return err }, `"Key is not found"`,
			[]string{"7", "{}", "[]", `{"height":-1}`, `{"height":"3"}`, `{"height":2147483648}`}},
		{"Pruned", func(c *Client, ctx context.Context) error { _, err := c.Pruned(ctx); return err }, `{"pruned":false}`,
			[]string{"null", "{}", `{"pruned":null}`, `{"pruned":0}`}},
		{"ListSynced", func(c *Client, ctx context.Context) error { _, err := c.ListSynced(ctx); return err }, `{"IsMasternodeListSynced":true}`,
			[]string{"null", "{}", `{"IsMasternodeListSynced":1}`, "true"}},
		{"ExtConfig", func(c *Client, ctx context.Context) error {
			_, _, err := c.ExtConfig(ctx, pastel.OutPoint{})
			return err
		}, "{}",
			[]string{"null", "[]", "7", `{"` + z64 + `-0":7}`}},
		{"Activate", func(c *Client, ctx context.Context) error { return c.ActivateMasternode(ctx, "", "") },
			`{"result":"successful"}`, []string{"null", "{}", `"successful"`, `{"result":"failed"}`}},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			if test.good != "" {
				if err := test.ask(always(t, 200, result(test.good)), t.Context()); err != nil {
					t.Errorf("%s: %v", test.good, err)
				}
			}
			for _, bad := range test.bad {
				if err := test.ask(always(t, 200, result(bad)), t.Context()); err == nil || Temporary(err) {
					t.Errorf("%s: %v", bad, err)
				}
			}
		})
	}
}

func TestRedirectIsNotFollowed(t *testing.T) {
	t.Parallel()
	thief := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { t.Error("the login went elsewhere") }))
	t.Cleanup(thief.Close)
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, thief.URL, http.StatusTemporaryRedirect)
	})
	says(t, c, c.Call(t.Context(), "x", nil),
		"x at NODE: the address redirects elsewhere (HTTP 307); use the node's own address")
}

func TestBrokenOffAnswer(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Length", "1000")
		w.Write([]byte(`{"result":`))
	})
	err := c.Call(t.Context(), "x", nil)
	says(t, c, err, "x at NODE: the connection broke during the answer (unexpected EOF); check whether the node is still running")
	equal(t, Temporary(err), true)
}

func TestNodeAway(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(nil)
	server.Close()
	c := dialless(t, Config{URL: server.URL})
	err := c.Call(t.Context(), "x", nil)
	says(t, c, err, "x at NODE: the node does not answer (connect: connection refused); start it or correct its address")
	equal(t, Temporary(err), true)
}

func TestTimeout(t *testing.T) {
	t.Parallel()
	silent := make(chan struct{})
	server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { <-silent }))
	t.Cleanup(server.Close)
	t.Cleanup(func() { close(silent) })
	c := dialless(t, Config{URL: server.URL, Timeout: 20 * time.Millisecond})
	err := c.Call(t.Context(), "x", nil)
	says(t, c, err, "x at NODE: no answer within 20ms; check whether the node is busy, or allow more time")
	equal(t, Temporary(err), true)
}

func TestCallerGivesUp(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	c := serve(t, func(_ http.ResponseWriter, r *http.Request) {
		read(t, r)
		cancel()
		<-r.Context().Done()
	})
	err := c.Call(ctx, "x", nil)
	if !errors.Is(err, context.Canceled) || Temporary(err) {
		t.Error(err)
	}
}

func TestConnectionsAreReused(t *testing.T) {
	t.Parallel()
	var opened atomic.Int32
	server := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, `{"result":1,"error":null,"id":%s}`, read(t, r).ID)
	}))
	server.Config.ConnState = func(_ net.Conn, s http.ConnState) {
		if s == http.StateNew {
			opened.Add(1)
		}
	}
	server.Start()
	t.Cleanup(server.Close)
	c := dialless(t, Config{URL: server.URL})
	for range 20 {
		if err := c.Call(t.Context(), "x", nil); err != nil {
			t.Fatal(err)
		}
	}
	equal(t, opened.Load(), int32(1))
}

func TestConcurrentCalls(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		got := read(t, r)
		fmt.Fprintf(w, `{"result":%v,"error":null,"id":%s}`, got.Params[0], got.ID)
	})
	var wg sync.WaitGroup
	for i := range 32 {
		wg.Go(func() {
			var n int
			if err := c.Call(t.Context(), "x", &n, i); err != nil || n != i {
				t.Errorf("%d: %d, %v", i, n, err)
			}
		})
	}
	wg.Wait()
}

// A node that restarts writes a new cookie.
func TestCookieRotation(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), ".cookie")
	var current atomic.Value
	var refused atomic.Int32
	current.Store("first")
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if user, password, _ := r.BasicAuth(); user != "__cookie__" || password != current.Load() {
			refused.Add(1)
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		fmt.Fprintf(w, `{"result":1,"error":null,"id":%s}`, read(t, r).ID)
	}))
	t.Cleanup(server.Close)
	c := dialless(t, Config{URL: server.URL, CookieFile: file})

	err := c.Call(t.Context(), "x", nil)
	says(t, c, err, "x at NODE: the cookie file "+file+" does not exist; start the node or correct the path")
	equal(t, Temporary(err), true)

	write := func(s string) {
		t.Helper()
		if err := os.WriteFile(file, []byte(s), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	for _, bad := range []string{"nocolon", ":p", "u:", strings.Repeat("u:", 4096), "u:p\nx"} {
		write(bad)
		says(t, c, c.Call(t.Context(), "x", nil),
			"x at NODE: the cookie file "+file+" does not contain user:password; use the one that the node writes")
	}
	write("")
	err = c.Call(t.Context(), "x", nil)
	says(t, c, err, "x at NODE: the cookie file "+file+" is empty; wait until the node has started")
	equal(t, Temporary(err), true)
	for i, password := range []string{"first", "second"} {
		write("__cookie__:" + password + "\n")
		current.Store(password)
		for range 3 {
			if err := c.Call(t.Context(), "x", nil); err != nil {
				t.Fatal(err)
			}
		}
		equal(t, refused.Load(), int32(i)) // the first call after each new cookie
	}
	current.Store("third")
	says(t, c, c.Call(t.Context(), "x", nil),
		"x at NODE: the node refused the login (HTTP 401); check that "+file+" is the cookie file of this node")
	equal(t, refused.Load(), int32(2)) // no second attempt with the same one
	write("__cookie__:wrong")
	if err := c.Call(t.Context(), "x", nil); !Temporary(err) { // a node that has just started may write another one
		t.Error(err)
	}
	equal(t, refused.Load(), int32(4)) // one more with the file's contents, and that is all
}

func TestSecretsStayOutOfErrors(t *testing.T) {
	t.Parallel()
	c := serve(t, func(w http.ResponseWriter, r *http.Request) {
		user, password, _ := r.BasicAuth()
		got := read(t, r)
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(w, `{"result":null,"error":{"code":-1,"message":%q},"id":%s}`,
			fmt.Sprint(user, " ", password, " ", got.Params), got.ID)
	})
	_, newErr := c.NewPastelID(t.Context(), "s3cret")
	_, signErr := c.SignWith(t.Context(), identity, "s3cret", "text")
	_, registerErr := c.RegisterID(t.Context(), identity, "s3cret", pastel.Address{Kind: 1})
	for _, err := range []error{newErr, signErr, registerErr} {
		if err == nil || strings.Contains(err.Error(), "s3cret") || strings.Contains(err.Error(), "pass-word") {
			t.Error(err)
		}
	}
}

func TestConfig(t *testing.T) {
	t.Parallel()
	regtest := network(t, "regtest")
	good := Config{URL: "http://127.0.0.1:19932/", Network: regtest}
	if _, err := New(good); err != nil {
		t.Error(err)
	}
	for name, spoil := range map[string]func(c *Config){
		"no address":        func(c *Config) { c.URL = "" },
		"no scheme":         func(c *Config) { c.URL = "127.0.0.1:19932" },
		"other scheme":      func(c *Config) { c.URL = "ftp://127.0.0.1" },
		"no host":           func(c *Config) { c.URL = "http://:19932" },
		"no port number":    func(c *Config) { c.URL = "http://u:hidden@host:port" },
		"path":              func(c *Config) { c.URL = "http://127.0.0.1:19932/wallet" },
		"query":             func(c *Config) { c.URL = "http://127.0.0.1:19932?hidden" },
		"credentials":       func(c *Config) { c.URL = "http://u:hidden@127.0.0.1:19932" },
		"two logins":        func(c *Config) { c.User, c.Password, c.CookieFile = "u", "hidden", ".cookie" },
		"colon in the user": func(c *Config) { c.User, c.Password = "a:b", "hidden" },
		"no network":        func(c *Config) { c.Network = pastel.Network{} },
		"negative timeout":  func(c *Config) { c.Timeout = -1 },
	} {
		cfg := good
		spoil(&cfg)
		if _, err := New(cfg); err == nil || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%s: %v", name, err)
		}
		if _, err := Dial(t.Context(), cfg); err == nil {
			t.Errorf("%s: dialled", name)
		}
	}
}

func TestCheck(t *testing.T) {
	t.Parallel()
	c := replay(t, "rpc/012", "rpc/014")
	if err := c.Check(t.Context()); err != nil {
		t.Error(err)
	}
	if _, err := Dial(t.Context(), Config{URL: c.url, Network: c.net}); err != nil {
		t.Error(err)
	}
	_, err := Dial(t.Context(), Config{URL: c.url, Network: network(t, "main")})
	says(t, c, err, "getblockchaininfo at NODE: the node is on regtest, not on main; connect to another node or select its network")
	c = always(t, 200, result(`{"chain":"signet","valuePools":[{"chainValuePat":0}]}`))
	says(t, c, c.Check(t.Context()), "getblockchaininfo at NODE: the node is on an unknown network, not on regtest; "+
		"connect to another node or select its network")

	const foreign = "getblockchaininfo at NODE: this is a node of another coin; use the address of a Pastel node"
	for _, answer := range []string{
		"{}", `{"chain":"regtest"}`, `{"chain":"regtest","valuePools":[]}`, `{"chain":"regtest","valuePools":[{"chainValueZat":0}]}`,
	} {
		c := always(t, 200, result(answer))
		says(t, c, c.Check(t.Context()), foreign)
	}
	for version, want := range map[string]string{
		"2020999": "getnetworkinfo at NODE: the node's version is 2.2.9; update it to pasteld 2.2.10 or newer",
		"null":    `getnetworkinfo at NODE: the result lacks "version"; check whether this is a Pastel node`,
	} {
		c := always(t, 200, result(`{"chain":"regtest","valuePools":[{"chainValuePat":0}],"version":`+version+`}`))
		says(t, c, c.Check(t.Context()), want)
	}
}
