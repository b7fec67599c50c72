package daemon_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/actors"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// office is a daemon that posts tickets, its node, and people with signed tickets.
type office struct {
	t      testing.TB
	node   *node
	cast   *actors.Cast
	wallet *walletLine
	cfg    daemon.Config
	d      *running
	logs   *journal
}

// walletLine stands between the daemon and the wallet that pays. answer, if set, may answer a call in the wallet's place, and says whether it
// did.
type walletLine struct {
	*httptest.Server
	answer atomic.Pointer[func(w http.ResponseWriter, method string, pass http.Handler, r *http.Request) bool]
	calls  sync.Map // method → *atomic.Int64
}

func newWalletLine(t testing.TB, to string) *walletLine {
	t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	l, proxy := &walletLine{}, httputil.NewSingleHostReverseProxy(u)
	l.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return // the daemon was killed
		}
		var call struct{ Method string }
		if err := json.Unmarshal(body, &call); err != nil {
			t.Errorf("the daemon sent %q to the wallet", body)
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		n, _ := l.calls.LoadOrStore(call.Method, &atomic.Int64{})
		n.(*atomic.Int64).Add(1)
		if answer := l.answer.Load(); answer != nil && (*answer)(w, call.Method, proxy, r) {
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(l.Close)
	return l
}

// count returns how often the daemon made a call.
func (l *walletLine) count(method string) int64 {
	n, called := l.calls.Load(method)
	if !called {
		return 0
	}
	return n.(*atomic.Int64).Load()
}

// spoil has a function answer calls; nil for none.
func (l *walletLine) spoil(answer func(w http.ResponseWriter, method string, pass http.Handler, r *http.Request) bool) {
	if answer == nil {
		l.answer.Store(nil)
		return
	}
	l.answer.Store(&answer)
}

// refuse has the wallet refuse a call with an error.
func (l *walletLine) refuse(method, fault string) {
	l.say(method, http.StatusInternalServerError, `"result":null,"error":`+fault)
}

// result has the wallet answer a call with a result.
func (l *walletLine) result(method, result string) {
	l.say(method, http.StatusOK, `"result":`+result+`,"error":null`)
}

func (l *walletLine) say(method string, status int, answer string) {
	l.spoil(func(w http.ResponseWriter, called string, _ http.Handler, r *http.Request) bool {
		if called != method {
			return false
		}
		var call struct{ ID json.RawMessage }
		json.NewDecoder(r.Body).Decode(&call)
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		io.WriteString(w, `{`+answer+`,"id":`+string(call.ID)+`}`)
		return true
	})
}

// openOffice opens a pool on a node of its own, with members who have coins, and starts a daemon that posts their tickets.
func openOffice(t *testing.T, database string, change func(*daemon.Config, *actors.Cast)) *office {
	t.Helper()
	ctx := context.Background()
	x := &office{t: t, node: newNode(t)}
	net := regtest(t)
	x.cast = actors.New(net.Network, x.node.client(t), x.node.server.CookieFile, []string{"Ada", "Ben", "Cora"}, []int64{400, 350, 300})
	x.must(x.node.Generate(ctx, 120))
	for _, p := range x.cast.Everybody() {
		x.must(0, x.cast.Enrol(ctx, p))
	}
	for _, m := range x.cast.Members {
		x.must(0, x.cast.Fund(ctx, m))
	}
	x.must(x.node.Generate(ctx, 1))
	for _, m := range x.cast.Members {
		x.must(0, x.cast.Settle(ctx, m))
	}
	x.must(0, x.open("harbor", 500))
	x.must(x.node.Generate(ctx, 1))

	x.wallet = newWalletLine(t, x.node.server.URL)
	x.cfg = x.node.settings(t.TempDir(), database)
	x.cfg.API, x.cfg.APIStreams, x.cfg.Metrics = freeAddress(t), 10, freeAddress(t)
	x.cfg.PostTickets, x.cfg.PostBudget, x.cfg.PostWallet, x.cfg.PostWalletCookie = true, 500, x.wallet.URL, x.node.server.CookieFile
	if change != nil {
		change(&x.cfg, x.cast)
	}
	x.start()
	t.Cleanup(func() { x.d.stop() })
	return x
}

// open posts the ticket of a pool that takes pledges for so many blocks.
func (x *office) open(label string, blocks int64) (err error) {
	ctx, c := context.Background(), x.cast
	p := &ticket.Init{
		Version: ticket.KindInit.Newest(), SubscriptionPeriod: blocks, RequiredCoins: actors.Required, Company: actors.Company,
		SupernodePastelID: c.Supernode.ID, OperatorPastelID: c.Operator.ID, OperatorFeeAddress: c.Operator.Reward.Encode(&c.Net),
		Factor: ticket.NewDecimal(11, 1), Fee: ticket.NewDecimal(5, 0),
	}
	p.SmartPoolID = p.IDFor(label)
	if p.AgreementSignature, err = c.Client.SignWith(ctx, c.Operator.ID, c.Operator.Pass(), p.AgreementStatement(c.Net.Name)); err != nil {
		return err
	}
	if p.SmartPoolSignature, err = c.Client.SignWith(ctx, c.Supernode.ID, c.Supernode.Pass(), p.SmartPoolStatement(c.Net.Name)); err != nil {
		return err
	}
	c.Pool = p.SmartPoolID
	_, err = c.Post(ctx, p.Ticket())
	return err
}

func (x *office) must(_ any, err error) {
	x.t.Helper()
	if err != nil {
		x.t.Fatal(err)
	}
}

// start starts the daemon, and waits until it posts.
func (x *office) start() {
	x.t.Helper()
	x.logs = &journal{}
	x.d = startLogging(x.t, x.cfg, x.logs)
	x.d.synced(x.node)
	x.d.answers("http://"+x.cfg.API+"/api/v1/status", http.StatusOK, `"posting":`)
	x.d.answers("http://"+x.cfg.API+"/api/v1/status", http.StatusOK, `"ready":true`)
}

// signed returns a member's signed ticket.
func (x *office) signed(m *actors.Party) string {
	x.t.Helper()
	t, err := x.cast.Signed(context.Background(), m)
	if err != nil {
		x.t.Fatal(err)
	}
	text, err := t.Encode()
	if err != nil {
		x.t.Fatal(err)
	}
	return string(text)
}

// answer is what the API says to a request to post something.
type answer struct {
	wire.Posted
	Detail string
	status int
	after  string // Retry-After
}

// send sends a body to the API.
func (x *office) send(path string, body any) (a answer) {
	x.t.Helper()
	text, err := json.Marshal(body)
	if err != nil {
		x.t.Fatal(err)
	}
	r, err := http.Post("http://"+x.cfg.API+path, "application/json", bytes.NewReader(text))
	if err != nil {
		x.t.Fatal(err)
	}
	defer r.Body.Close()
	if err := json.NewDecoder(r.Body).Decode(&a); err != nil {
		x.t.Fatal(err)
	}
	a.status, a.after = r.StatusCode, r.Header.Get("Retry-After")
	return a
}

// post asks the daemon to post a ticket.
func (x *office) post(ticket string) answer {
	x.t.Helper()
	return x.send("/api/v1/tickets", wire.TicketText{Ticket: ticket})
}

// posted asks the daemon to post a ticket, which it must do.
func (x *office) posted(ticket string) wire.Posted {
	x.t.Helper()
	a := x.post(ticket)
	if a.status != http.StatusOK || len(a.TxID) != 64 {
		x.t.Fatalf("not posted: %d %s", a.status, a.Detail)
	}
	return a.Posted
}

// refused asks the daemon to post a ticket, which it must refuse with a status and words, without spending anything.
func (x *office) refused(ticket string, status int, words string) answer {
	x.t.Helper()
	before, signed := x.balance(), x.wallet.count("signrawtransaction")
	a := x.post(ticket)
	x.refusal(a, status, words)
	if now := x.balance(); now != before {
		x.t.Errorf("%s cost %s PSL", words, before-now)
	}
	if n := x.wallet.count("signrawtransaction"); n != signed && status != http.StatusServiceUnavailable {
		x.t.Errorf("%s: the wallet signed", words)
	}
	return a
}

func (x *office) refusal(a answer, status int, words string) {
	x.t.Helper()
	if a.status != status || !strings.Contains(a.Detail, words) {
		x.t.Errorf("got %d %q, want %d %q", a.status, a.Detail, status, words)
	}
	if late := status == http.StatusTooManyRequests || status == http.StatusServiceUnavailable; late && a.after == "" {
		x.t.Errorf("%d without Retry-After", status)
	}
	if strings.Contains(a.Detail, "127.0.0.1") {
		x.t.Errorf("strangers learn hosts: %q", a.Detail)
	}
}

// balance returns what the wallet can spend, now or once it is mined.
func (x *office) balance() (sum pastel.Amount) {
	x.t.Helper()
	list, err := x.cast.Client.Unspent(context.Background(), 0)
	if err != nil {
		x.t.Fatal(err)
	}
	for i := range list {
		sum += list[i].Value
	}
	return sum
}

// mine mines a block, and waits until the daemon has it.
func (x *office) mine(n int) {
	x.t.Helper()
	x.must(x.node.Generate(context.Background(), n))
	x.d.synced(x.node)
	height, _ := x.node.Tip()
	tip, err := json.Marshal(height)
	if err != nil {
		x.t.Fatal(err)
	}
	x.d.answers("http://"+x.cfg.API+"/api/v1/status", http.StatusOK, `"tip":{"height":`+string(tip)+",")
}

// offer returns what the daemon offers to post.
func (x *office) offer() *wire.Posting {
	x.t.Helper()
	_, body := get(x.t, "http://"+x.cfg.API+"/api/v1/status")
	var s wire.Status
	if err := json.Unmarshal([]byte(body), &s); err != nil {
		x.t.Fatal(err)
	}
	return s.Posting
}

// pledges returns the live pledges of the pool.
func (x *office) pledges() (n int) {
	x.d.Ledger().View(func(s *pool.State) {
		p, _ := s.Pool(x.cast.Pool)
		n = len(p.Pledges)
	})
	return n
}

// inMempool reports whether the node's mempool has a transaction.
func (x *office) inMempool(id string) bool {
	for _, waits := range x.node.Mempool() {
		if waits.String() == id {
			return true
		}
	}
	return false
}

// A ticket that the next block would accept is posted and paid once, however often and by how many people it is sent, and also after the
// daemon was restarted.
func TestPosting(t *testing.T) {
	t.Parallel()
	for name, fresh := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := openOffice(t, fresh(t), nil)
			if o := x.offer(); o.Fee != 10*pastel.PSL || len(o.Operators) > 0 || o.TicketsLeft != 49 || o.Registers {
				t.Errorf("it offers %+v", o)
			}
			ada := x.signed(x.cast.Members[0])
			before := x.balance()
			var first [50]answer
			var people sync.WaitGroup
			for i := range first {
				people.Go(func() { first[i] = x.post(ada) })
			}
			people.Wait()
			posted := 0
			for _, a := range first {
				if a.status != http.StatusOK || a.TxID != first[0].TxID || a.Expires != first[0].Expires {
					t.Fatalf("got %d %s, transaction %s; another got %s", a.status, a.Detail, a.TxID, first[0].TxID)
				}
				if !a.Again {
					posted++
				}
			}
			cost := before - x.balance()
			if posted != 1 || cost < 10*pastel.PSL || cost > 11*pastel.PSL {
				t.Errorf("posted %d times for %s PSL", posted, cost)
			}
			if !x.inMempool(first[0].TxID) {
				t.Error("it does not wait for a block")
			}
			if o := x.offer(); o.TicketsLeft != 48 {
				t.Errorf("the budget pays %d more tickets", o.TicketsLeft)
			}
			x.refused(x.signed(x.cast.Members[0]), http.StatusConflict, first[0].TxID)
			x.mine(1)
			if x.pledges() != 1 {
				t.Fatal("the pledge was not accepted")
			}
			x.d.end()
			x.start()
			if a := x.post(ada); !a.Again || a.TxID != first[0].TxID {
				t.Errorf("after the restart: %+v", a)
			}
			x.cast.Members[0].Coins -= 10
			x.posted(x.signed(x.cast.Members[1]))
			x.mine(25)
			if a := x.post(ada); !a.Again || a.TxID != first[0].TxID { // expired long ago, but it was mined
				t.Errorf("after 25 blocks: %+v", a)
			}
			if x.pledges() != 2 {
				t.Error("the other pledge was not accepted")
			}
			x.d.end()
		})
	}
}

// What the rules would refuse, or is none of this daemon's business, costs nothing.
func TestPostingRefuses(t *testing.T) {
	t.Parallel()
	x := openOffice(t, "", func(c *daemon.Config, cast *actors.Cast) { c.PostFor = cast.Operator.ID })
	ada, ben := x.cast.Members[0], x.cast.Members[1]
	x.refused("{}", http.StatusUnprocessableEntity, "no ticket")
	x.refused(strings.Repeat(" ", 131_073), http.StatusUnprocessableEntity, "")
	good := x.signed(ada)
	for name, words := range map[string]string{"pledge_signature": "pledge_signature", "address_signature": "address_signature"} {
		var wrapped map[string]map[string]any
		if err := json.Unmarshal([]byte(x.signed(ben)), &wrapped); err != nil {
			t.Fatal(err)
		}
		theirs := wrapped["ticket"][name]
		if err := json.Unmarshal([]byte(good), &wrapped); err != nil {
			t.Fatal(err)
		}
		wrapped["ticket"][name] = theirs
		text, err := json.Marshal(wrapped)
		if err != nil {
			t.Fatal(err)
		}
		x.refused(string(text), http.StatusUnprocessableEntity, words)
	}
	t.Run("an output that is spent", func(t *testing.T) {
		elsewhere, err := x.cast.Client.NewAddress(t.Context())
		x.must(0, err)
		lost := x.signed(x.cast.Members[2])
		x.must(0, x.cast.Move(t.Context(), x.cast.Members[2], elsewhere))
		x.mine(1)
		x.refused(lost, http.StatusUnprocessableEntity, "would reject")
	})
	x.posted(good)
	x.mine(1)
	x.d.end()

	other := openOffice(t, "", func(c *daemon.Config, cast *actors.Cast) { c.PostFor = cast.Members[0].ID })
	other.refused(other.signed(other.cast.Members[0]), http.StatusForbidden, "certain operators")
	other.d.end()

	other.cfg.PostTickets, other.cfg.PostFor, other.cfg.PostWallet, other.cfg.PostWalletCookie = false, "", "", ""
	other.d = start(t, other.cfg)
	other.d.synced(other.node)
	other.d.answers("http://"+other.cfg.API+"/api/v1/status", http.StatusOK, `"ready":true`)
	if o := other.offer(); o != nil {
		t.Errorf("a daemon that posts nothing offers %+v", o)
	}
	other.refused(other.signed(other.cast.Members[0]), http.StatusForbidden, "posts no tickets")
	other.d.end()
}

// The budget, the rates and the wallet's state end posting, in words that say what to do.
func TestPostingEnds(t *testing.T) {
	t.Parallel()
	x := openOffice(t, "", func(c *daemon.Config, _ *actors.Cast) { c.PostBudget = 45 })
	ada, ben := x.cast.Members[0], x.cast.Members[1]
	for name, spoil := range map[string]func(){
		"locked": func() {
			x.wallet.refuse("signrawtransaction", `{"code":-13,"message":"Please enter the wallet passphrase"}`)
		},
		"too few coins":     func() { x.wallet.result("listunspent", "[]") },
		"does not answer":   func() { x.wallet.spoil(deadLine) },
		"refused the trans": func() { x.wallet.refuse("sendrawtransaction", `{"code":-26,"message":"16: bad-txns-ticket"}`) },
	} {
		spoil()
		x.refused(x.signed(ada), http.StatusServiceUnavailable, name)
		x.wallet.spoil(nil)
	}
	ada.Coins = 100
	for range 3 { // a pledge, and two amendments
		x.posted(x.signed(ada))
		x.mine(1)
		ada.Coins += 50
	}
	x.refused(x.signed(ada), http.StatusTooManyRequests, "3 tickets a day")
	x.posted(x.signed(ben))
	x.mine(1)
	x.refused(x.signed(x.cast.Members[2]), http.StatusServiceUnavailable, "budget")
	if o := x.offer(); o.TicketsLeft != 0 {
		t.Errorf("the budget pays %d more tickets", o.TicketsLeft)
	}
	for _, want := range []string{
		`smartpool_posted_total{kind="ticket"} 4`, `smartpool_post_refusals_total{kind="budget"} 1`, `smartpool_post_refusals_total{kind="too_often"} 1`,
		`smartpool_post_refusals_total{kind="wallet"} 2`, `smartpool_post_refusals_total{kind="node"} 2`,
	} {
		x.d.answers("http://"+x.cfg.Metrics+"/metrics", http.StatusOK, want)
	}
	x.d.end()
}

// deadLine ends every connection.
func deadLine(http.ResponseWriter, string, http.Handler, *http.Request) bool {
	panic(http.ErrAbortHandler)
}

// expect waits until something is so.
func (x *office) expect(what string, is func() bool) {
	x.t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			x.t.Fatalf("never: %s", what)
		}
	}
}

// A ticket of which the node did not say that it has it is sent again, the same transaction, until a block holds it.
func TestPostingAfterAnUnclearAnswer(t *testing.T) {
	t.Parallel()
	for name, lost := range map[string]func(w http.ResponseWriter, method string, pass http.Handler, r *http.Request) bool{
		"before": func(w http.ResponseWriter, method string, _ http.Handler, _ *http.Request) bool {
			if method == "sendrawtransaction" {
				panic(http.ErrAbortHandler)
			}
			return false
		},
		"after": func(w http.ResponseWriter, method string, pass http.Handler, r *http.Request) bool {
			if method == "sendrawtransaction" {
				pass.ServeHTTP(httptest.NewRecorder(), r)
				panic(http.ErrAbortHandler)
			}
			return false
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := openOffice(t, "", nil)
			ada := x.signed(x.cast.Members[0])
			x.wallet.spoil(lost)
			first := x.posted(ada)
			if first.Again {
				t.Error("it was not posted before")
			}
			x.refused(x.signed(x.cast.Members[0]), http.StatusConflict, first.TxID)
			if a := x.posted(ada); !a.Again || a.TxID != first.TxID {
				t.Errorf("sent again: %+v", a)
			}
			x.wallet.spoil(nil)
			x.mine(1)
			x.expect("the node has the transaction, or a block", func() bool { return x.inMempool(first.TxID) || x.pledges() == 1 })
			x.mine(1)
			if x.pledges() != 1 {
				t.Error("the pledge was not accepted")
			}
			if n := x.wallet.count("signrawtransaction"); n != 1 {
				t.Errorf("the wallet signed %d transactions", n)
			}
			x.d.end()
		})
	}
}

// What expired without a block is posted anew, and counts twice for the budget; a registration waits until no reorganization can revive the first.
func TestPostingExpired(t *testing.T) {
	t.Parallel()
	owner, err := pastelid.Generate()
	if err != nil {
		t.Fatal(err)
	}
	list := filepath.Join(t.TempDir(), "list")
	if err := os.WriteFile(list, []byte(owner.ID().String()), 0o600); err != nil {
		t.Fatal(err)
	}
	x := openOffice(t, "", func(c *daemon.Config, _ *actors.Cast) { c.RegisterList = list })
	ada := x.signed(x.cast.Members[0])
	mine := wire.Registration{PastelID: owner.ID().String(), Address: x.cast.Operator.Reward.Encode(&x.cast.Net), Time: time.Now().Unix()}
	text := ticket.SignedRegistration(mine.PastelID, mine.Address, mine.Time, nil).SignedText()
	mine.Signature = base64.StdEncoding.EncodeToString(owner.Sign(text))
	x.wallet.spoil(func(_ http.ResponseWriter, method string, _ http.Handler, _ *http.Request) bool {
		if method == "sendrawtransaction" {
			panic(http.ErrAbortHandler)
		}
		return false
	})
	first := x.posted(ada)
	registration := x.send("/api/v1/registrations", mine)
	if height, _ := x.node.Tip(); first.Expires != height+21 || registration.Expires != height+21 {
		t.Fatalf("they expire in blocks %d and %d", first.Expires, registration.Expires)
	}
	x.mine(20)
	if a := x.post(ada); !a.Again || a.TxID != first.TxID { // the next block can hold it
		t.Errorf("before it expires: %+v", a)
	}
	x.mine(1)
	x.wallet.spoil(nil)
	second := x.posted(ada)
	if second.Again || second.TxID == first.TxID {
		t.Errorf("once it has expired: %+v", second)
	}
	if o := x.offer(); o.TicketsLeft != 47 {
		t.Errorf("the budget pays %d more tickets", o.TicketsLeft)
	}
	x.refusal(x.send("/api/v1/registrations", mine), http.StatusConflict, fmt.Sprintf("after block %d", registration.Expires+100))
	x.mine(100)
	if x.pledges() != 1 {
		t.Error("the pledge was not accepted")
	}
	if a := x.send("/api/v1/registrations", mine); a.status != http.StatusOK || a.Again || a.TxID == registration.TxID {
		t.Errorf("once no reorganization can revive it: %+v", a)
	}
	x.d.end()
}

// A wallet whose node is far behind posts nothing: no block could hold its transactions.
func TestPostingFromANodeBehind(t *testing.T) {
	t.Parallel()
	x := openOffice(t, "", nil)
	hash, _ := x.node.HashAt(100)
	x.wallet.result("getblockchaininfo", `{"blocks":100,"headers":100,"bestblockhash":"`+hash.String()+`","chain":"regtest","valuePools":[{"chainValuePat":1}]}`)
	x.refused(x.signed(x.cast.Members[0]), http.StatusServiceUnavailable, "does not answer as it should")
	x.logs.holds(x.d, "far behind block")
	x.wallet.spoil(nil)
	x.posted(x.signed(x.cast.Members[0]))
	x.d.end()
}

// A daemon that is killed between the database's row and the node's answer posts the ticket when it starts again, and never another one.
func TestPostingKilled(t *testing.T) {
	t.Parallel()
	for name, fresh := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := openOffice(t, fresh(t), nil)
			x.d.end()
			process := spawn(t, x.cfg)
			if !process.saw("API and dashboard") {
				t.Fatal("the daemon ended")
			}
			go func() { // or its log would fill the pipe
				for process.logs.Scan() {
				}
			}()
			status := "http://" + x.cfg.API + "/api/v1/status"
			x.expect("the daemon posts", func() bool {
				_, body := get(t, status)
				return strings.Contains(body, `"posting":`) && strings.Contains(body, `"ready":true`)
			})
			ada := x.signed(x.cast.Members[0])
			before := x.balance()
			asked := make(chan struct{})
			var once sync.Once
			x.wallet.spoil(func(_ http.ResponseWriter, method string, _ http.Handler, r *http.Request) bool {
				if method == "sendrawtransaction" {
					once.Do(func() { close(asked) })
					<-r.Context().Done() // until the daemon is dead
					return true
				}
				return false
			})
			answered := make(chan struct{})
			go func() {
				defer close(answered)
				text, _ := json.Marshal(wire.TicketText{Ticket: ada})
				r, err := http.Post("http://"+x.cfg.API+"/api/v1/tickets", "application/json", bytes.NewReader(text))
				if err == nil {
					r.Body.Close()
					t.Error("a daemon that was killed answered")
				}
			}()
			<-asked
			process.cmd.Process.Kill()
			process.cmd.Wait()
			<-answered
			if len(x.node.Mempool()) > 0 {
				t.Fatal("the node has the transaction: the test proves nothing")
			}
			x.wallet.spoil(nil)
			x.start()
			x.expect("the transaction waits for a block", func() bool { return len(x.node.Mempool()) == 1 })
			a := x.post(ada)
			if !a.Again || !x.inMempool(a.TxID) || len(x.node.Mempool()) != 1 {
				t.Errorf("posted %+v; %d transactions wait", a, len(x.node.Mempool()))
			}
			if paid := before - x.balance(); paid < 10*pastel.PSL || paid > 11*pastel.PSL {
				t.Errorf("%s PSL were paid", paid)
			}
			x.mine(1)
			if x.pledges() != 1 {
				t.Error("the pledge was not accepted")
			}
			x.d.end()
		})
	}
}

// blocks returns some of the node's blocks.
func (n *node) blocks(t *testing.T, from, to pastel.Height) (list [][]byte) {
	t.Helper()
	c := n.client(t)
	for h := from; h <= to; h++ {
		hash, _ := n.HashAt(h)
		raw, err := c.Block(t.Context(), hash)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, raw)
	}
	return list
}

// A ticket that a reorganization drops is sent again.
func TestPostingThroughAReorganization(t *testing.T) {
	t.Parallel()
	x := openOffice(t, "", nil)
	first := x.posted(x.signed(x.cast.Members[0]))
	x.mine(1)
	if x.pledges() != 1 {
		t.Fatal("the pledge was not accepted")
	}
	other, height := newNode(t), pastel.Height(0)
	if height, _ = x.node.Tip(); height < 2 {
		t.Fatal("there is no block to take back")
	}
	other.submit(x.node.blocks(t, 1, height-1))
	x.must(other.Generate(t.Context(), 2))
	x.node.submit(other.blocks(t, height, height+1))
	x.d.synced(x.node)
	if x.pledges() != 0 {
		t.Fatal("the block that held the ticket was not taken back")
	}
	address := strings.TrimPrefix(x.node.server.URL, "http://")
	x.node.stop() // and forget the mempool, to which the transaction returned
	x.node.start(address)
	x.must(x.node.Generate(t.Context(), 1))
	x.expect("it is sent again", func() bool { return x.inMempool(first.TxID) || x.pledges() == 1 })
	x.mine(1)
	if x.pledges() != 1 {
		t.Error("the pledge was not accepted on the other branch")
	}
	x.d.end()
}

// Coins that back pledges, or are exactly a collateral, never pay for tickets: rather none is posted.
func TestPostingSparesPledgedCoins(t *testing.T) {
	t.Parallel()
	x := openOffice(t, "", nil)
	ada, ben := x.cast.Members[0], x.cast.Members[1]
	x.must(0, x.cast.Pledge(t.Context(), ada)) // by her own wallet: the daemon has not posted it
	x.mine(1)
	collateral, err := x.cast.Client.NewAddress(t.Context())
	x.must(0, err)
	x.must(x.cast.Client.SendTo(t.Context(), collateral, regtest(t).Collateral))
	x.mine(1)
	x.must(0, x.cast.Client.LockUnspent(t.Context(), true, []pastel.OutPoint{ada.Output, ben.Output}))
	x.wallet.spoil(func(w http.ResponseWriter, method string, pass http.Handler, r *http.Request) bool {
		if method != "listunspent" {
			return false
		}
		only(t, w, pass, r, []pastel.OutPoint{ada.Output, ben.Output}, collateral.Encode(&x.cast.Net))
		return true
	})
	x.refused(x.signed(ben), http.StatusServiceUnavailable, "too few coins")
	x.wallet.spoil(nil)
	x.posted(x.signed(ben))
	x.mine(1)
	if x.pledges() != 2 {
		t.Errorf("%d pledges", x.pledges())
	}
	x.d.end()
}

// only leaves in a list of unspent outputs some outputs, and those of an address.
func only(t testing.TB, w http.ResponseWriter, pass http.Handler, r *http.Request, outs []pastel.OutPoint, address string) {
	rec := httptest.NewRecorder()
	pass.ServeHTTP(rec, r)
	var said struct {
		Result []map[string]any `json:"result"`
		Error  any              `json:"error"`
		ID     json.RawMessage  `json:"id"`
	}
	d := json.NewDecoder(rec.Body)
	d.UseNumber()
	if err := d.Decode(&said); err != nil {
		t.Errorf("listunspent: %v", err)
	}
	said.Result = slices.DeleteFunc(said.Result, func(u map[string]any) bool {
		named := fmt.Sprintf("%v:%v", u["txid"], u["vout"])
		return u["address"] != address && !slices.ContainsFunc(outs, func(o pastel.OutPoint) bool { return o.String() == named })
	})
	if len(said.Result) != len(outs)+1 {
		t.Errorf("the wallet lists %d of the coins that must not pay", len(said.Result))
	}
	w.Header().Set("Content-Type", "application/json")
	if err := json.NewEncoder(w).Encode(said); err != nil {
		t.Error(err)
	}
}

// A PastelID on the operator's list is registered, once.
func TestPostingRegistrations(t *testing.T) {
	t.Parallel()
	list := filepath.Join(t.TempDir(), "list")
	x := openOffice(t, "", func(c *daemon.Config, _ *actors.Cast) {
		x := []byte("# nobody yet\n")
		if err := os.WriteFile(list, x, 0o644); err != nil {
			t.Fatal(err)
		}
		c.RegisterList = list
	})
	if !x.offer().Registers {
		t.Error("it does not say that it registers")
	}
	var keys []*pastelid.PrivateKey
	for range 2 {
		key, err := pastelid.Generate()
		x.must(0, err)
		keys = append(keys, key)
	}
	address, err := x.cast.Client.NewAddress(t.Context())
	x.must(0, err)
	signed := func(key, by *pastelid.PrivateKey, at time.Time) wire.Registration {
		r := wire.Registration{PastelID: key.ID().String(), Address: address.Encode(&x.cast.Net), Time: at.Unix()}
		text := ticket.SignedRegistration(r.PastelID, r.Address, r.Time, nil).SignedText()
		r.Signature = base64.StdEncoding.EncodeToString(by.Sign(text))
		return r
	}
	register := func(r wire.Registration) answer { return x.send("/api/v1/registrations", r) }
	now := time.Now()
	mine := signed(keys[0], keys[0], now)
	x.refusal(register(mine), http.StatusForbidden, "not on the operator's list")
	x.must(0, os.WriteFile(list, []byte("# friends\n\n "+mine.PastelID+" # Ada\n"), 0o644))
	before := x.balance()
	x.refusal(register(signed(keys[1], keys[1], now)), http.StatusForbidden, "not on the operator's list")
	x.refusal(register(signed(keys[0], keys[1], now)), http.StatusUnprocessableEntity, "another key")
	x.refusal(register(signed(keys[0], keys[0], now.Add(-25*time.Hour))), http.StatusUnprocessableEntity, "another time")
	for field, change := range map[string]func(*wire.Registration){
		"PastelID":  func(r *wire.Registration) { r.PastelID = "jX" + strings.Repeat("1", 84) },
		"address":   func(r *wire.Registration) { r.Address = "t1elsewhere" },
		"signature": func(r *wire.Registration) { r.Signature = "?" },
	} {
		wrong := mine
		change(&wrong)
		x.refusal(register(wrong), http.StatusUnprocessableEntity, field)
	}
	if x.balance() != before {
		t.Error("refusals cost coins")
	}
	first := register(mine)
	if first.status != http.StatusOK || first.Again || !x.inMempool(first.TxID) {
		t.Fatalf("%+v", first)
	}
	if paid := before - x.balance(); paid < 10*pastel.PSL || paid > 11*pastel.PSL { // as cheap as all early ones
		t.Errorf("%s PSL were paid", paid)
	}
	if again := register(mine); !again.Again || again.TxID != first.TxID {
		t.Errorf("again: %+v", again)
	}
	other := signed(keys[0], keys[0], now.Add(time.Second))
	x.refusal(register(other), http.StatusConflict, first.TxID)
	x.mine(1)
	if again := register(mine); !again.Again || again.TxID != first.TxID {
		t.Errorf("registered: %+v", again)
	}
	x.refusal(register(other), http.StatusUnprocessableEntity, "registered already")
	_, body := get(t, "http://"+x.cfg.API+"/api/v1/members/"+mine.PastelID)
	if !strings.Contains(body, `"registered":true`) {
		t.Errorf("the PastelID is not registered: %s", body)
	}
	if n := x.wallet.count("signrawtransaction"); n != 1 {
		t.Errorf("the wallet signed %d transactions", n)
	}
	x.must(0, os.WriteFile(list, []byte("jX\n"), 0o644))
	x.refusal(register(signed(keys[1], keys[1], now)), http.StatusServiceUnavailable, "list")
	x.d.end()
}

// At start, the daemon refuses a wallet's node that is not the network's and a list that it cannot read, and warns of a wallet that cannot pay
// now. It posts as soon as the wallet can.
func TestPostingWalletAtStart(t *testing.T) {
	t.Parallel()
	x := openOffice(t, "", nil)
	x.d.end()
	for warning, spoil := range map[string]func(){
		"too few coins for one": func() { x.wallet.result("getbalance", "0.00000") },
		"is locked; unlock it":  func() { x.wallet.result("getwalletinfo", `{"unlocked_until":0}`) },
		"does not answer":       func() { x.wallet.spoil(deadLine) },
	} {
		spoil()
		x.start()
		x.logs.holds(x.d, warning)
		x.wallet.spoil(nil)
		x.d.end()
	}
	x.start()
	for _, quiet := range []string{"too few coins", "is locked", "does not answer"} {
		if x.logs.has(quiet) {
			t.Errorf("a good wallet: %s", x.logs)
		}
	}
	x.posted(x.signed(x.cast.Members[0]))
	x.d.end()

	for name, change := range map[string]struct {
		spoil func(*daemon.Config)
		want  string
	}{
		"another network": {func(*daemon.Config) {
			x.wallet.result("getblockchaininfo", `{"chain":"main","valuePools":[{"chainValuePat":1}]}`)
		}, "post-wallet: "},
		"no list": {func(c *daemon.Config) { c.RegisterList = filepath.Join(t.TempDir(), "none") }, "register-list: "},
	} {
		cfg := x.cfg
		change.spoil(&cfg)
		d := start(t, cfg)
		if err := <-d.done; err == nil || !strings.HasPrefix(err.Error(), change.want) {
			t.Errorf("%s: the daemon ended with %v", name, err)
		}
		x.wallet.spoil(nil)
	}
}
