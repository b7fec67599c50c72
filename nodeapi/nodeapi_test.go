package nodeapi_test

import (
	"bufio"
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/nodeapi"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

func life(t testing.TB) [][]byte { return chaintest.Blocks(t, "life") }

func newLedger(t testing.TB) *chain.Ledger {
	t.Helper()
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	l, err := chain.OpenLedger(context.Background(), net, false, &chain.Memory{})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// serve serves rules, and returns a client with the right cookie.
func serve(t testing.TB, rules chain.Rules) (client *nodeapi.Client, url, cookie string) {
	t.Helper()
	cookie = filepath.Join(t.TempDir(), ".cookie")
	password, err := nodeapi.WriteCookie(cookie)
	if err != nil {
		t.Fatal(err)
	}
	server := httptest.NewServer(nodeapi.NewHandler(rules, password))
	t.Cleanup(server.Close)
	return nodeapi.NewClient(server.URL, cookie), server.URL, cookie
}

func same(t *testing.T, what string, got, want any, gotErr, wantErr error) {
	t.Helper()
	if !reflect.DeepEqual(got, want) || (gotErr == nil) != (wantErr == nil) {
		t.Errorf("%s: %v (%v), in process %v (%v)", what, got, gotErr, want, wantErr)
		return
	}
	var g, w *chain.RefusedError
	if errors.As(wantErr, &w) && (!errors.As(gotErr, &g) || *g != *w) {
		t.Errorf("%s: %v, in process %v", what, gotErr, wantErr)
	}
}

// Over HTTP a node learns the same as in process, at every height of a recorded chain, forward and back.
func TestSameAsInProcess(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	near, far := newLedger(t), newLedger(t)
	client, _, _ := serve(t, far)
	blocks := life(t)
	statuses := map[chain.SupernodeStatus]bool{}
	compare := func() {
		t.Helper()
		got, gotErr := client.Tip(ctx)
		want, wantErr := near.Tip(ctx)
		same(t, "tip", got, want, gotErr, wantErr)
		txs, at, gotErr := client.Payouts(ctx)
		wantTxs, wantAt, wantErr := near.Payouts(ctx)
		same(t, "payouts' tip", at, wantAt, gotErr, wantErr)
		ids := func(list []*pastel.Tx) string {
			var b strings.Builder
			for _, tx := range list {
				fmt.Fprintf(&b, "%x ", tx.Bytes())
			}
			return b.String()
		}
		same(t, "payouts", ids(txs), ids(wantTxs), gotErr, wantErr)
		near.View(func(s *pool.State) {
			for _, id := range append(s.Pools(), "none.0000000000000000000000000000000000000000") {
				p, _ := s.Pool(id)
				supernode := func(rules chain.Rules) (any, error) {
					sn, tip, err := rules.Supernode(ctx, p.ActivationTx)
					if sn != nil {
						statuses[sn.Status] = true
					}
					return []any{sn, tip}, err
				}
				got, gotErr := supernode(client)
				want, wantErr := supernode(near)
				same(t, "Supernode", got, want, gotErr, wantErr)
				launch := ticket.Launch{Activation: p.ActivationTx, Key: "02" + strings.Repeat("ab", 32), Time: "2026-11-28T01:02:03Z"}
				at, gotErr := client.CheckLaunch(ctx, &launch)
				wantAt, wantErr := near.CheckLaunch(ctx, &launch)
				same(t, "launch", at, wantAt, gotErr, wantErr)
			}
		})
	}
	for h, raw := range blocks {
		b, err := pastel.ParseBlock(raw)
		if err != nil {
			t.Fatal(err)
		}
		for i := range b.Txs[1:] {
			tx := b.Txs[1+i].Bytes()
			same(t, "check", nil, nil, client.CheckTx(ctx, tx, b.Header.Time), near.CheckTx(ctx, tx, b.Header.Time))
		}
		same(t, fmt.Sprintf("connect %d", h), nil, nil, client.Connect(ctx, raw), near.Connect(ctx, raw))
		compare()
	}
	same(t, "again", nil, nil, client.Connect(ctx, blocks[10]), near.Connect(ctx, blocks[10]))
	same(t, "garbage", nil, nil, client.Connect(ctx, []byte("garbage")), near.Connect(ctx, []byte("garbage")))
	for range 90 {
		tip := near.Last()
		same(t, "disconnect", nil, nil, client.Disconnect(ctx, tip.Hash), near.Disconnect(ctx, tip.Hash))
		same(t, "not the tip", nil, nil, client.Disconnect(ctx, tip.Hash), near.Disconnect(ctx, tip.Hash))
		compare()
	}
	if len(statuses) != 3 {
		t.Errorf("Supernodes were seen as %v only", statuses)
	}
}

// A node that connects the tip again, because its answer was lost, does not hear that the block is bad; for another block it does.
func TestConnectAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	rules := newLedger(t)
	client, _, _ := serve(t, rules)
	blocks := life(t)
	for h, raw := range blocks[:5] {
		for range 3 {
			if err := client.Connect(ctx, raw); err != nil {
				t.Errorf("block %d: %v", h, err)
			}
		}
		if rules.Last().Height != pastel.Height(h) {
			t.Fatalf("the rules are at block %d, want %d", rules.Last().Height, h)
		}
	}
	changed := append([]byte(nil), blocks[4]...)
	changed[len(changed)-1] ^= 1
	for _, raw := range [][]byte{changed, blocks[3], blocks[6]} {
		var refused *chain.RefusedError
		if err := client.Connect(ctx, raw); !errors.As(err, &refused) || refused.Reason != chain.RefusedBlock {
			t.Errorf("another block: %v", err)
		}
	}
}

// Many clients ask while one moves the rules; each answer is consistent.
func TestAskedTogether(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	rules := newLedger(t)
	client, _, _ := serve(t, rules)
	blocks, later := life(t)[:250], life(t)[250]
	hashes := map[pastel.Height]pastel.BlockHash{-1: {}}
	for h, raw := range blocks {
		b, err := pastel.ParseBlock(raw)
		if err != nil {
			t.Fatal(err)
		}
		hashes[pastel.Height(h)] = b.Hash()
	}
	b, err := pastel.ParseBlock(later)
	if err != nil {
		t.Fatal(err)
	}
	tx := b.Txs[0].Bytes()
	done := make(chan struct{})
	var readers sync.WaitGroup
	for range 4 {
		readers.Go(func() {
			for {
				tip, err := client.Tip(ctx)
				if err != nil || tip.Hash != hashes[tip.Height] {
					t.Errorf("tip %d %s: %v", tip.Height, tip.Hash, err)
				}
				_, _, payoutsErr := client.Payouts(ctx)
				_, _, supernodeErr := client.Supernode(ctx, pastel.TxID{1})
				if err := errors.Join(payoutsErr, supernodeErr, client.CheckTx(ctx, tx, 1)); err != nil {
					t.Error(err)
				}
				select {
				case <-done:
					return
				default:
				}
			}
		})
	}
	for h, raw := range blocks {
		if err := client.Connect(ctx, raw); err != nil {
			t.Errorf("block %d: %v", h, err)
		}
		if h%10 == 9 {
			err := client.Disconnect(ctx, hashes[pastel.Height(h)])
			if err = errors.Join(err, client.Connect(ctx, raw)); err != nil {
				t.Errorf("block %d, back and forth: %v", h, err)
			}
		}
	}
	close(done)
	readers.Wait()
	if want := pastel.Height(len(blocks) - 1); rules.Last().Height != want {
		t.Errorf("the rules are at block %d, want %d", rules.Last().Height, want)
	}
}

// lossy loses the answers to steps after making them.
type lossy struct {
	next http.Handler
	lose bool
}

func (l *lossy) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return
	}
	r.Body = io.NopCloser(strings.NewReader(string(body)))
	if l.lose && (strings.Contains(string(body), "connectblock")) {
		l.next.ServeHTTP(httptest.NewRecorder(), r)
		panic(http.ErrAbortHandler)
	}
	l.next.ServeHTTP(w, r)
}

func TestLostAnswers(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	rules := newLedger(t)
	cookie := filepath.Join(t.TempDir(), ".cookie")
	password, err := nodeapi.WriteCookie(cookie)
	if err != nil {
		t.Fatal(err)
	}
	line := &lossy{nodeapi.NewHandler(rules, password), true}
	server := httptest.NewServer(line)
	defer server.Close()
	client := nodeapi.NewClient(server.URL, cookie)
	blocks := life(t)
	for h, raw := range blocks[:20] {
		if err := client.Connect(ctx, raw); err != nil {
			t.Fatalf("block %d: %v", h, err)
		}
	}
	for h := pastel.Height(19); h > 10; h-- {
		if err := client.Disconnect(ctx, rules.Last().Hash); err != nil {
			t.Fatalf("block %d: %v", h, err)
		}
	}
	var refused *chain.RefusedError
	if err := client.Connect(ctx, blocks[19]); err == nil || errors.As(err, &refused) {
		t.Errorf("a lost refusal is no answer: %v", err)
	}
}

// A restarted daemon has another cookie.
func TestCookieIsReadAgain(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	cookie := filepath.Join(t.TempDir(), ".cookie")
	password, err := nodeapi.WriteCookie(cookie)
	if err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(cookie); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the cookie's mode: %v, %v", info.Mode(), err)
	}
	handler := nodeapi.NewHandler(newLedger(t), password)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { handler.ServeHTTP(w, r) }))
	defer server.Close()
	client := nodeapi.NewClient(server.URL, cookie)
	if _, err := client.Tip(ctx); err != nil {
		t.Fatal(err)
	}
	if password, err = nodeapi.WriteCookie(cookie); err != nil {
		t.Fatal(err)
	}
	handler = nodeapi.NewHandler(newLedger(t), password)
	if _, err := client.Tip(ctx); err != nil {
		t.Errorf("after a restart: %v", err)
	}
	if err := os.Remove(cookie); err != nil {
		t.Fatal(err)
	}
	if _, err := nodeapi.NewClient(server.URL, cookie).Tip(ctx); err == nil || !strings.Contains(err.Error(), "--node-api") {
		t.Errorf("without a cookie: %v", err)
	}
}

func TestRemoveCookie(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), ".cookie")
	old, err := nodeapi.WriteCookie(path)
	if err != nil {
		t.Fatal(err)
	}
	fresh, err := nodeapi.WriteCookie(path)
	if err != nil || fresh == old {
		t.Fatalf("the same password again: %v", err)
	}
	if err := nodeapi.RemoveCookie(path, old); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(path); err != nil {
		t.Errorf("another one's cookie is gone: %v", err)
	}
	for range 2 { // removing it twice is fine
		if err := nodeapi.RemoveCookie(path, fresh); err != nil {
			t.Error(err)
		}
	}
	if files, err := os.ReadDir(filepath.Dir(path)); err != nil || len(files) != 0 {
		t.Errorf("left behind: %v, %v", files, err)
	}
}

func TestHostileRequests(t *testing.T) {
	t.Parallel()
	rules := newLedger(t)
	_, url, cookie := serve(t, rules)
	text, err := os.ReadFile(cookie)
	if err != nil {
		t.Fatal(err)
	}
	user, password, _ := strings.Cut(string(text), ":")
	many := `{"method":"smartpool_checktx","params":["00",` + strings.Repeat("9", 1<<20) + `]}`
	deep := `{"method":"smartpool_supernode","params":[` + strings.Repeat("[", 9000) + strings.Repeat("]", 9000) + `]}`
	for name, c := range map[string]struct {
		method, path, host, body string
		password                 string
		status                   int
	}{
		"no password":     {"POST", "/", "", `{"method":"smartpool_tip","params":[]}`, "", 401},
		"wrong password":  {"POST", "/", "", `{"method":"smartpool_tip","params":[]}`, "x", 401},
		"other host":      {"POST", "/", "evil.example", `{"method":"smartpool_tip","params":[]}`, password, 403},
		"other path":      {"POST", "/x", "", `{"method":"smartpool_tip","params":[]}`, password, 404},
		"GET":             {"GET", "/", "", "", password, 405},
		"too long":        {"POST", "/", "", strings.Repeat("x", 9<<20), password, 413},
		"no JSON":         {"POST", "/", "", "{", password, 400},
		"deep":            {"POST", "/", "", strings.Repeat("[", 100_000), password, 400},
		"no call":         {"POST", "/", "", `{"method":"stop","params":[]}`, password, 404},
		"few parameters":  {"POST", "/", "", `{"method":"smartpool_connectblock","params":[]}`, password, 500},
		"many parameters": {"POST", "/", "", `{"method":"smartpool_tip","params":[1]}`, password, 500},
		"no hex":          {"POST", "/", "", `{"method":"smartpool_connectblock","params":["xyz"]}`, password, 500},
		"no text":         {"POST", "/", "", `{"method":"smartpool_supernode","params":[{}]}`, password, 500},
		"no hash":         {"POST", "/", "", `{"method":"smartpool_disconnectblock","params":["00"]}`, password, 500},
		"no id":           {"POST", "/", "", `{"method":"smartpool_supernode","params":["00"]}`, password, 500},
		"huge time":       {"POST", "/", "", `{"method":"smartpool_checktx","params":["00",4294967296]}`, password, 500},
		"null time":       {"POST", "/", "", `{"method":"smartpool_checktx","params":["00",null]}`, password, 500},
		"null id":         {"POST", "/", "", `{"method":"smartpool_supernode","params":[null]}`, password, 500},
		"huge number":     {"POST", "/", "", `{"method":"smartpool_checktx","params":["00",1e999999999]}`, password, 500},
		"many digits":     {"POST", "/", "", many, password, 500},
		"deep parameter":  {"POST", "/", "", deep, password, 500},
		"negative time":   {"POST", "/", "", `{"method":"smartpool_checktx","params":["00",-1]}`, password, 500},
		"good":            {"POST", "/", "", `{"method":"smartpool_tip","params":[],"id":"x"}`, password, 200},
	} {
		req, err := http.NewRequest(c.method, url+c.path, strings.NewReader(c.body))
		if err != nil {
			t.Fatal(err)
		}
		if c.host != "" {
			req.Host = c.host
		}
		req.SetBasicAuth(user, c.password)
		r, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		body, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil || r.StatusCode != c.status {
			t.Errorf("%s: status %d, want %d: %s", name, r.StatusCode, c.status, body)
		}
	}
	if rules.Last().Height != -1 {
		t.Error("the rules moved")
	}
}

// A wrong content length gets an error, not a wait or a call with half a body.
func TestWrongContentLength(t *testing.T) {
	t.Parallel()
	_, url, cookie := serve(t, newLedger(t))
	secret, err := os.ReadFile(cookie)
	if err != nil {
		t.Fatal(err)
	}
	authorization := base64.StdEncoding.EncodeToString(secret)
	const call = `{"method":"smartpool_tip","params":[],"id":1}`
	for _, length := range []string{"1000", "10", "-1", "x", "99999999999999999999", "46\r\nContent-Length: 45"} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(conn, "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Basic %s\r\nContent-Length: %s\r\n\r\n%s",
			authorization, length, call)
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		r, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Errorf("length %q: %v", length, err)
		} else if r.Body.Close(); r.StatusCode != http.StatusBadRequest {
			t.Errorf("length %q: status %d", length, r.StatusCode)
		}
		conn.Close()
	}
}

func TestListen(t *testing.T) {
	t.Parallel()
	for _, address := range []string{"0.0.0.0:0", "192.0.2.1:1", "127.0.0.1", "localhost:1", ":0"} {
		if l, err := nodeapi.Listen(address); err == nil {
			l.Close()
			t.Errorf("%s is listened on", address)
		}
	}
	l, err := nodeapi.Listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
}

// Whatever answers, the client neither panics nor mistakes it for consent.
func TestHostileAnswers(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	cookie := filepath.Join(t.TempDir(), ".cookie")
	if _, err := nodeapi.WriteCookie(cookie); err != nil {
		t.Fatal(err)
	}
	zeros := strings.Repeat("0", 64)
	const someone = "jXZ1GQNtQDWKidmNuSw16k8tNgjkDLfLRDnrjXTEgjK8d1qKaHbjR2SSnZE9qPMMfhEc5DuKAh1foXZR9cw7XR"
	for name, c := range map[string]struct {
		status int
		body   string
	}{
		"nothing":              {200, ""},
		"page":                 {200, "<html>hello</html>"},
		"null":                 {200, "null"},
		"no fields":            {200, "{}"},
		"null result":          {200, `{"result":null,"error":null,"id":1}`},
		"other id":             {200, `{"result":{"ok":true},"error":null,"id":2}`},
		"other status":         {500, `{"result":{"ok":true},"error":null,"id":1}`},
		"ok is text":           {200, `{"result":{"ok":"true"},"error":null,"id":1}`},
		"no verdict":           {200, `{"result":{"ok":false},"error":null,"id":1}`},
		"other field":          {200, `{"result":{"ok":true,"but":1},"error":null,"id":1}`},
		"consent and reason":   {200, `{"result":{"ok":true,"reason":"x"},"error":null,"id":1}`},
		"consent and detail":   {200, `{"result":{"ok":true,"detail":"x"},"error":null,"id":1}`},
		"tip without a height": {200, `{"result":{"hash":"` + zeros + `","digest":"` + zeros + `"},"error":null,"id":1}`},
		"both":                 {200, `{"result":{"ok":true},"error":{"code":-1,"message":"no"},"id":1}`},
		"trailing":             {200, `{"result":{"ok":true},"error":null,"id":1}{}`},
		"array":                {200, `{"result":[true],"error":null,"id":1}`},
		"redirect":             {302, ""},
		"no hex":               {200, `{"result":{"tip":"` + zeros + `","payouts":["zz"]},"error":null,"id":1}`},
		"no transaction":       {200, `{"result":{"tip":"` + zeros + `","payouts":["00"]},"error":null,"id":1}`},
		"payouts of no tip":    {200, `{"result":{"payouts":[]},"error":null,"id":1}`},
		"null payouts":         {200, `{"result":{"tip":"` + zeros + `","payouts":null},"error":null,"id":1}`},
		"tip of nothing":       {200, `{"result":{"height":-2,"hash":"","digest":""},"error":null,"id":1}`},
		"tip and no locator":   {200, `{"result":{"height":1,"hash":"` + zeros + `","digest":"` + zeros + `"},"error":null,"id":1}`},
		"locator that ends early": {200, `{"result":{"height":2,"hash":"` + zeros + `","digest":"` + zeros + `","locator":[{"height":1,"hash":"` +
			zeros + `"}]},"error":null,"id":1}`},
		"locator that goes up": {200, `{"result":{"height":2,"hash":"` + zeros + `","digest":"` + zeros + `","locator":[{"height":2,"hash":"` +
			zeros + `"},{"height":0,"hash":"` + zeros + `"}]},"error":null,"id":1}`},
		"launch of no tip": {200, `{"result":{"ok":true,"tip":""},"error":null,"id":1}`},
		"tip alone":        {200, `{"result":{"tip":"` + zeros + `"},"error":null,"id":1}`},
		"no pool":          {200, `{"result":{"tip":"` + zeros + `","supernode":{"pool":"x"}},"error":null,"id":1}`},
		"no PastelID": {200, `{"result":{"tip":"` + zeros + `","supernode":{"pool":"x","pastelid":"y","payee":"00","height":1,"status":"active"}},` +
			`"error":null,"id":1}`},
		"no such status": {200, `{"result":{"tip":"` + zeros + `","supernode":{"pool":"abc.` + zeros[:40] + `","pastelid":"` + someone +
			`","payee":"51","height":1,"status":"stopped"}},"error":null,"id":1}`},
		"no height": {200, `{"result":{"tip":"` + zeros + `","supernode":{"pool":"abc.` + zeros[:40] + `","pastelid":"` + someone +
			`","payee":"51","height":-1,"status":"active"}},"error":null,"id":1}`},
	} {
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Location", "http://127.0.0.1:1/")
			w.WriteHeader(c.status)
			io.WriteString(w, c.body)
		}))
		client := nodeapi.NewClient(server.URL, cookie)
		var refused *chain.RefusedError
		check := func(call string, err error) {
			if err == nil || errors.As(err, &refused) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s, %s: %v", name, call, err)
			}
		}
		check("connect", client.Connect(ctx, []byte{1}))
		check("disconnect", client.Disconnect(ctx, pastel.BlockHash{}))
		check("check", client.CheckTx(ctx, []byte{1}, 1))
		_, err := client.Tip(ctx)
		check("tip", err)
		_, _, err = client.Payouts(ctx)
		check("payouts", err)
		_, _, err = client.Supernode(ctx, pastel.TxID{})
		check("Supernode", err)
		_, err = client.CheckLaunch(ctx, &ticket.Launch{})
		check("launch", err)
		server.Close()
	}
}

// FuzzRequest requires an answer to any request, and rules that do not move unless a block is right.
func FuzzRequest(f *testing.F) {
	f.Add(`{"method":"smartpool_tip","params":[],"id":1}`)
	f.Add(`{"method":"smartpool_checktx","params":["00",1],"id":1}`)
	f.Add(`{"method":"smartpool_connectblock","params":["` + hex.EncodeToString(life(f)[0][:80]) + `"],"id":1}`)
	f.Add(`{"method":"smartpool_supernode","params":["a914"],"id":null}`)
	handler := nodeapi.NewHandler(newLedger(f), "password")
	f.Fuzz(func(t *testing.T, body string) {
		req := httptest.NewRequest(http.MethodPost, "http://127.0.0.1/", strings.NewReader(body))
		req.SetBasicAuth("__cookie__", "password")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, req)
		if w.Code != 200 && w.Code != 400 && w.Code != 404 && w.Code != 500 {
			t.Errorf("status %d", w.Code)
		}
	})
}

// FuzzAnswer requires that no answer causes a panic or a value that no smartpoold returns.
func FuzzAnswer(f *testing.F) {
	zeros := strings.Repeat("0", 64)
	f.Add(200, `{"result":{"ok":true},"error":null,"id":1}`)
	f.Add(200, `{"result":{"ok":false,"reason":"bad_block","detail":"x"},"error":null,"id":1}`)
	f.Add(200, `{"result":{"height":-1,"hash":"`+zeros+`","digest":"`+zeros+`","locator":[]},"error":null,"id":1}`)
	f.Add(200, `{"result":{"ok":true,"tip":"`+zeros+`"},"error":null,"id":1}`)
	f.Add(200, `{"result":{"tip":"`+zeros+`","payouts":[]},"error":null,"id":1}`)
	f.Add(200, `{"result":null,"error":null,"id":1}`)
	f.Add(200, `{"result":[],"error":null,"id":1}`)
	f.Add(200, `{"result":{"tip":"`+zeros+`","supernode":{"pool":"abc.`+zeros[:40]+`","pastelid":"x","payee":"51","height":1,"status":"paused"}},`+
		`"error":null,"id":1}`)
	f.Add(500, `{"result":null,"error":{"code":-1,"message":"no"},"id":1}`)
	f.Add(401, "")
	cookie := filepath.Join(f.TempDir(), ".cookie")
	if _, err := nodeapi.WriteCookie(cookie); err != nil {
		f.Fatal(err)
	}
	var status int
	var body string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
		io.WriteString(w, body)
	}))
	f.Cleanup(server.Close)
	client := nodeapi.NewClient(server.URL, cookie)
	ctx := context.Background()
	f.Fuzz(func(t *testing.T, code int, text string) {
		status, body = 200+(code%400+400)%400, text // 1xx is not a final answer
		if err := client.CheckTx(ctx, []byte{1}, 1); err == nil && (status != 200 || !strings.Contains(text, "true")) {
			t.Errorf("status %d, %q is taken for consent", status, text)
		}
		tip, err := client.Tip(ctx)
		if err == nil && (tip.Height < -1 || status != 200) {
			t.Errorf("tip %v", tip)
		}
		txs, _, err := client.Payouts(ctx)
		for _, tx := range txs {
			if err != nil || !strings.Contains(strings.ToLower(text), hex.EncodeToString(tx.Bytes())) {
				t.Errorf("a payout from nowhere: %v", err)
			}
		}
		if sn, _, err := client.Supernode(ctx, pastel.TxID{}); sn != nil {
			if _, labelErr := ticket.ParsePoolID(string(sn.Pool)); labelErr != nil || err != nil || len(sn.Payee) == 0 || sn.Activated < 0 {
				t.Errorf("Supernode %v: %v", sn, err)
			}
		}
		if _, err := client.CheckLaunch(ctx, &ticket.Launch{}); err == nil && (status != 200 || !strings.Contains(text, "true")) {
			t.Errorf("status %d, %q is taken for consent", status, text)
		}
	})
}
