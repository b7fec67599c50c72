package daemon_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/nodeapi"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
)

// oddNode stands between daemon and node, and changes what the node says of its chain. It takes no batches.
type oddNode struct {
	n     *node
	proxy *httputil.ReverseProxy
	URL   string

	mu      sync.Mutex
	top     pastel.Height  // the chain ends here; -1 for the node's tip
	info    map[string]any // fields of getblockchaininfo
	answer  http.HandlerFunc
	refused chan struct{} // receives a value for each answer from answer
}

func newOddNode(t testing.TB, n *node) *oddNode {
	t.Helper()
	to, err := url.Parse(n.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	o := &oddNode{n: n, proxy: httputil.NewSingleHostReverseProxy(to), top: -1, refused: make(chan struct{}, 1000)}
	server := httptest.NewServer(o)
	t.Cleanup(server.Close)
	o.URL = server.URL
	return o
}

// shows sets where the chain ends, and fields of getblockchaininfo.
func (o *oddNode) shows(top pastel.Height, info map[string]any) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.top, o.info = top, info
}

// answers makes f answer every call; nil: the node does.
func (o *oddNode) answers(f http.HandlerFunc) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.answer = f
}

func (o *oddNode) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	o.mu.Lock()
	top, info, answer := o.top, o.info, o.answer
	o.mu.Unlock()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if answer != nil {
		answer(w, r)
		o.refused <- struct{}{}
		return
	}
	if bytes.HasPrefix(body, []byte("[")) {
		refuses(-32700, "Parse error")(w, r)
		return
	}
	var call struct {
		Method string `json:"method"`
		Params []any  `json:"params"`
	}
	if err := json.Unmarshal(body, &call); err != nil {
		panic(err)
	}
	if call.Method == "getblockhash" && top >= 0 && call.Params[0].(float64) > float64(top) {
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(w, `{"result":null,"error":{"code":-8,"message":"Block height out of range"},"id":%s}`, idOf(body))
		return
	}
	if call.Method != "getblockchaininfo" {
		o.proxy.ServeHTTP(w, r)
		return
	}
	recorded := httptest.NewRecorder()
	o.proxy.ServeHTTP(recorded, r)
	var said map[string]any
	if json.Unmarshal(recorded.Body.Bytes(), &said) != nil || said["result"] == nil {
		w.WriteHeader(recorded.Code)
		w.Write(recorded.Body.Bytes())
		return
	}
	result := said["result"].(map[string]any)
	if top >= 0 {
		hash, _ := o.n.HashAt(top)
		result["blocks"], result["bestblockhash"] = top, hash.String()
	}
	for field, v := range info {
		result[field] = v
		if v == nil {
			delete(result, field)
		}
	}
	json.NewEncoder(w).Encode(said)
}

// idOf returns a call's id; null for a batch.
func idOf(body []byte) json.RawMessage {
	if bytes.HasPrefix(body, []byte("[")) {
		return json.RawMessage("null")
	}
	var call struct {
		ID json.RawMessage `json:"id"`
	}
	if err := json.Unmarshal(body, &call); err != nil {
		panic(err)
	}
	return call.ID
}

// refuses answers with an RPC error.
func refuses(code int, message string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusInternalServerError)
		fmt.Fprintf(w, `{"result":null,"error":{"code":%d,"message":%q},"id":%s}`, code, message, idOf(body))
	}
}

// says is a daemon's endpoints in one line each: /readyz, /status, /metrics.
type says struct {
	d            *running
	ready        string
	api, metrics string
}

func watched(t testing.TB, cfg daemon.Config) (*running, *says) {
	t.Helper()
	d := start(t, cfg)
	t.Cleanup(d.end)
	return d, &says{d: d, ready: "http://" + cfg.Metrics + "/readyz", api: d.api(), metrics: "http://" + cfg.Metrics + "/metrics"}
}

// not waits until every endpoint gives the same reason for not being ready.
func (s *says) not(reason string) {
	s.d.t.Helper()
	s.d.answers(s.ready, http.StatusServiceUnavailable, reason)
	s.d.answers(s.api+"/api/v1/status", http.StatusOK, reason)
	s.d.answers(s.api+"/api/v1/status", http.StatusOK, `"ready":false`)
	s.d.answers(s.metrics, http.StatusOK, "\nsmartpool_synced 0\n")
	s.d.answers(s.api+"/", http.StatusOK, "Not up to date.")
}

func (s *says) is() {
	s.d.t.Helper()
	s.d.answers(s.ready, http.StatusOK, "ready")
	s.d.answers(s.api+"/api/v1/status", http.StatusOK, `"ready":true`)
	s.d.answers(s.metrics, http.StatusOK, "\nsmartpool_synced 1\n")
}

func (n *node) watchedSettings(t *testing.T) daemon.Config {
	cfg := n.settings(t.TempDir(), "")
	cfg.API, cfg.APIStreams, cfg.Metrics = "127.0.0.1:0", 10, freeAddress(t)
	return cfg
}

// odd returns a node with some of the recorded blocks, and settings of a daemon that follows it and can be watched.
func odd(t *testing.T, blocks int) (*oddNode, daemon.Config) {
	t.Helper()
	n := newNode(t)
	n.submit(life(t)[:blocks])
	o, cfg := newOddNode(t, n), n.watchedSettings(t)
	cfg.Node = o.URL
	return o, cfg
}

// A tip of days ago is not the network's, whoever looks at it: a daemon that follows the node, one that only reads, and one that is pushed to.
func TestFreshTipIsOld(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.submit(life(t)[:150])
	cfg := n.watchedSettings(t)
	cfg.TipAge = 30 * time.Minute
	cfg.Database = t.TempDir() + "/ledger.db"
	d, s := watched(t, cfg)
	d.synced(n)
	const old = "the last block, 149, is of 20"
	s.not(old)
	s.not("more than 30 minutes ago")
	d.answers(s.metrics, http.StatusOK, "\nsmartpool_tip_timestamp_seconds 1.")
	d.answers(s.metrics, http.StatusOK, "\nsmartpool_node_headers 149\n")
	d.answers(s.api+"/api/v1/status", http.StatusOK, `"stale_after":1800`)

	reader := cfg
	reader.ReadOnly, reader.Metrics, reader.Data, reader.Node, reader.NodeCookie = true, freeAddress(t), t.TempDir(), "", ""
	_, r := watched(t, reader)
	r.not(old)

	if _, err := n.Generate(t.Context(), 1); err != nil { // today's
		t.Fatal(err)
	}
	s.is()
	r.is()
}

// While the node downloads, the daemon is not ready, at whatever block.
func TestFreshNodeDownloads(t *testing.T) {
	t.Parallel()
	o, cfg := odd(t, 113)
	o.shows(0, map[string]any{"initialblockdownload": true, "headers": 112})
	_, s := watched(t, cfg)
	s.not("syncing: the node is still downloading the chain and is at block 0")
	o.shows(50, map[string]any{"initialblockdownload": true, "headers": 112})
	s.not("syncing: the node is still downloading the chain and is at block 50")
	o.shows(50, map[string]any{"headers": 112})
	s.not("syncing: the node is at block 50 and knows of blocks up to 112")
	for _, odd := range []any{-1, nil, "many", 1.5, true, 1 << 40} {
		o.shows(-1, map[string]any{"headers": odd, "initialblockdownload": "no"})
		s.is()
		o.shows(-1, map[string]any{"initialblockdownload": true})
		s.not("downloading")
	}
}

// A node that has restarted and loads its blocks takes none of the ledger's back.
func TestFreshNodeLoads(t *testing.T) {
	t.Parallel()
	o, cfg := odd(t, 191)
	d, s := watched(t, cfg)
	s.is()
	for _, info := range []map[string]any{{"headers": 190}, {"headers": 183}, {"headers": 183, "initialblockdownload": true}} {
		o.shows(183, info)
		s.not("the node is at block 183 and the ledger at block 190: the node")
	}
	o.answers(refuses(-28, "Loading block index..."))
	s.not("the node is starting")
	o.answers(nil)
	o.shows(-1, nil)
	s.is()
	d.answers(s.metrics, http.StatusOK, "\nsmartpool_blocks_reverted_total 0\n")
	o.shows(183, map[string]any{"headers": 183})
	s.not("waiting until it catches up")
	o.shows(-1, nil)
	hash, _ := o.n.HashAt(184)
	if err := o.n.Invalidate(t.Context(), hash); err != nil {
		t.Fatal(err)
	}
	if _, err := o.n.Generate(t.Context(), 1); err != nil { // another block: what the node left is taken back
		t.Fatal(err)
	}
	d.synced(o.n)
	d.answers(s.metrics, http.StatusOK, "\nsmartpool_blocks_reverted_total 7\n")
}

// A node that has stopped answering makes the daemon not ready without another poll.
func TestFreshNodeHangs(t *testing.T) {
	t.Parallel()
	o, cfg := odd(t, 20)
	_, s := watched(t, cfg)
	s.is()
	released := make(chan struct{})
	t.Cleanup(func() { close(released) })
	o.answers(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-released:
		case <-r.Context().Done():
		}
	})
	s.not("the node has not answered since ")
}

// What a node answers while it cannot work is waited out at start as while running, and named.
func TestOddNodeIsWaitedFor(t *testing.T) {
	t.Parallel()
	status := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) }
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		reason string
	}{
		"401": {status(http.StatusUnauthorized), "the node refused the login"},
		"408": {status(http.StatusRequestTimeout), "the node failed without giving a reason"},
		"429": {status(http.StatusTooManyRequests), "the node is asked too often"},
		"502": {status(http.StatusBadGateway), "the node failed without giving a reason"},
		"503": {status(http.StatusServiceUnavailable), "the node is too busy"},
		"-28": {refuses(-28, "Rewinding blocks..."), "the node is starting"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, cfg := odd(t, 20)
			o.answers(c.answer)
			d := start(t, cfg)
			t.Cleanup(d.end)
			ready := "http://" + cfg.Metrics + "/readyz"
			d.answers(ready, http.StatusServiceUnavailable, c.reason+": ")
			<-o.refused
			o.answers(nil)
			d.answers(ready, http.StatusOK, "ready")
			o.answers(c.answer)
			d.answers(ready, http.StatusServiceUnavailable, c.reason+": ")
			d.answers(d.api()+"/api/v1/status", http.StatusOK, `"trouble":"`+c.reason+`"`)
			o.answers(nil)
			d.answers(ready, http.StatusOK, "ready")
		})
	}
}

// What cannot work ends the daemon at once, with the reason.
func TestOddNodeIsRefused(t *testing.T) {
	t.Parallel()
	page := func(code int) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			io.WriteString(w, "<html>a page</html>")
		}
	}
	for name, c := range map[string]struct {
		answer http.HandlerFunc
		want   string
	}{
		"a page":    {page(http.StatusOK), "not JSON-RPC"},
		"no page":   {page(http.StatusNotFound), "not the RPC of a Pastel node (HTTP 404)"},
		"no method": {page(http.StatusMethodNotAllowed), "not the RPC of a Pastel node (HTTP 405)"},
		"forbidden": {page(http.StatusForbidden), "rpcallowip"},
		"compressed": {func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Encoding", "gzip")
			w.Write([]byte{31, 139, 8})
		}, "the answer is compressed (gzip)"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			o := newOddNode(t, n)
			o.answers(c.answer)
			cfg := n.settings(t.TempDir(), "")
			cfg.Node = o.URL
			select {
			case err := <-start(t, cfg).done:
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Errorf("got %v, want %q", err, c.want)
				}
			case <-time.After(patience):
				t.Error("the daemon goes on")
			}
		})
	}
}

// A pruned node lacks blocks that the ledger needs, and the daemon says so at once.
func TestOddNodeIsPruned(t *testing.T) {
	t.Parallel()
	for _, code := range []int{-1, -32603} {
		o, cfg := odd(t, 20)
		o.shows(-1, map[string]any{"pruned": true, "pruneheight": 10})
		o.answers(func(w http.ResponseWriter, r *http.Request) {
			body, _ := io.ReadAll(r.Body)
			r.Body = io.NopCloser(bytes.NewReader(body))
			if bytes.Contains(body, []byte(`"getblock"`)) {
				refuses(code, "Block not available (pruned data)")(w, r)
				return
			}
			o.proxy.ServeHTTP(w, r)
		})
		logs := new(journal)
		d := startLogging(t, cfg, logs)
		t.Cleanup(d.end)
		d.answers("http://"+cfg.Metrics+"/readyz", http.StatusServiceUnavailable, "use a full node, which runs without -prune")
		logs.holds(d, "the node is pruned")
		o.answers(nil)
		d.answers("http://"+cfg.Metrics+"/readyz", http.StatusOK, "ready")
		logs.holds(d, "following the node again")
	}
}

// Who subscribes while the node downloads hears what happens after that, across restarts of the daemon, too.
func TestFreshAlerts(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	want := wanted(t, blocks, 185)
	for name, empty := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o, cfg := odd(t, 185)
			cfg.Database = empty(t)
			o.shows(140, map[string]any{"initialblockdownload": true, "headers": 184})
			h := newHook(t)
			d := start(t, cfg)
			d.answers("http://"+cfg.Metrics+"/readyz", http.StatusServiceUnavailable, "is at block 140")
			for d.Alerts() == nil {
				time.Sleep(time.Millisecond)
			}
			receipt, err := d.Alerts().Subscribe(t.Context(), notify.Request{URL: h.URL, Kinds: told})
			if err != nil {
				t.Fatal(err)
			}
			h.secret = receipt.Secret
			o.shows(160, map[string]any{"initialblockdownload": true, "headers": 184})
			d.answers("http://"+cfg.Metrics+"/readyz", http.StatusServiceUnavailable, "is at block 160")
			d.answers("http://"+cfg.Metrics+"/metrics", http.StatusOK, "smartpool_height 160\n")
			d.end()
			d = start(t, cfg)
			t.Cleanup(d.end)
			o.shows(-1, nil)
			d.synced(o.n)
			d.answers("http://"+cfg.Metrics+"/readyz", http.StatusOK, "ready")
			begun(t, cfg.Database)
			o.n.submit(blocks[185:])
			for giveUp := time.Now().Add(patience); len(h.messages()) < len(want) && time.Now().Before(giveUp); {
				time.Sleep(5 * time.Millisecond)
			}
			if got := byLane(h.messages()); !slices.Equal(got, byLane(want)) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		})
	}
}

// begun waits until all subscriptions of a database have begun.
func begun(t *testing.T, database string) {
	t.Helper()
	db := openSQL(t, database)
	defer db.Close()
	for giveUp := time.Now().Add(patience); ; time.Sleep(5 * time.Millisecond) {
		var last int64
		if err := db.QueryRow("SELECT max(since) FROM subscriptions").Scan(&last); err == nil && last < 1<<31-1 { // store.Subscription: what waits
			return
		}
		if time.Now().After(giveUp) {
			t.Fatal("a subscription does not begin")
		}
	}
}

// A daemon that a node pushes its blocks to judges the last one it got.
func TestFreshPushed(t *testing.T) {
	t.Parallel()
	cfg := daemon.Config{
		Data: t.TempDir(), Network: "regtest", ShadowFrom: -1, NodeAPI: freeAddress(t), Poll: 10 * time.Millisecond, TipAge: 30 * time.Minute,
		API: "127.0.0.1:0", APIStreams: 10, Metrics: freeAddress(t),
	}
	d, s := watched(t, cfg)
	d.answers(s.ready, http.StatusServiceUnavailable, "syncing: the ledger has no blocks yet")
	rules := nodeapi.NewClient("http://"+cfg.NodeAPI, cfg.Data+"/.cookie")
	for _, raw := range life(t)[:10] {
		if err := rules.Connect(t.Context(), raw); err != nil {
			t.Fatal(err)
		}
	}
	s.not("the last block, 9, is of 20")
	n := newNode(t) // its genesis block is the recorded chain's
	n.submit(life(t)[:10])
	mined, err := n.Generate(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	b, err := n.client(t).Block(t.Context(), mined[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := rules.Connect(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	s.is()
	if err := rules.Disconnect(t.Context(), mined[0]); err != nil {
		t.Fatal(err)
	}
	for _, line := range []string{"blocks_applied_total 11", "blocks_reverted_total 1", `events_total{type="pool.created"} 0`} {
		d.answers(s.metrics, http.StatusOK, "\nsmartpool_"+line+"\n")
	}
}

// client returns a client of the node.
func (n *node) client(t *testing.T) *pasteld.Client {
	t.Helper()
	c, err := pasteld.Dial(t.Context(), pasteld.Config{URL: n.server.URL, CookieFile: n.server.CookieFile, Network: regtest(t).Network})
	if err != nil {
		t.Fatal(err)
	}
	return c
}
