package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// onEach runs a test on an empty database of each engine.
func onEach(t *testing.T, test func(t *testing.T, url string)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) {
		t.Parallel()
		test(t, filepath.Join(t.TempDir(), "ledger.db"))
	})
	t.Run("postgres", func(t *testing.T) {
		t.Parallel()
		test(t, pgtest.Open(t))
	})
}

func regtest(t testing.TB) pool.Params {
	t.Helper()
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	return net
}

// life is the chain recorded from a real node, with the life of the pool acme in it.
func life(t testing.TB) []*pool.Prepared {
	t.Helper()
	return ledgertest.Recorded(t, "life")
}

const acme = "acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82"

// The members of acme, in the order they pledged. The first left in block 164, returned in 169 and amended
// the pledge in 246; the second stayed until the pool was dissolved in 278; the third left in 151.
const (
	second = "jXZyiW7ibtZFSgqcxPGgbgVspEeQeACQQLbwpQVTmVEh9TSBrXr3YcsFRUtRnknn6hffXAgo9H1hFSxYHLhQGq"
	first  = "jXaEtAuicaHEPBYssnJtK5wKhGKhWdRWW6xcPytYoahXaEa6sqjXnZS7BGTVtpwmZL2241GSdaNFJJmHe7nXFn"
	third  = "jXXiGnRtNtzA8NeJ1iPAKxXD8XsyrSqZLHDwvnBp1gS8bMdoHpmuFU2GxNTgiQFF2pGUZeVnwagng2kKfvFgRR"
)

// branch is n blocks that fork off the recorded chain after a height. With delay 0 they hold what the recorded blocks do; else they
// are empty at first and hold it that much later.
func branch(blocks []*pool.Prepared, base, n, delay int) []*pool.Prepared {
	prev := blocks[base].Hash
	var list []*pool.Prepared
	for h := base + 1; h <= base+n; h++ {
		b := *blocks[h-delay]
		if h-delay <= base {
			b = pool.Prepared{Txs: blocks[h].Txs[:1]}
		} else {
			b.Txs = append([]pastel.Tx{blocks[h].Txs[0]}, b.Txs[1:]...)
		}
		b.Height, b.Time, b.Prev, b.Hash = pastel.Height(h), blocks[h].Time, prev, blocks[h].Hash
		b.Hash[0] ^= byte(1 + delay)
		prev = b.Hash
		list = append(list, &b)
	}
	return list
}

// node answers as a test wants it to.
type node struct {
	tip    func() pool.Tip
	mu     sync.Mutex
	txs    map[pastel.TxID][]byte
	extra  []pastel.TxID                    // in the mempool's list besides
	odd    int                              // entries of the mempool's list that cannot be read
	asked  int                              // for transactions
	listed map[pastel.OutPoint]chain.Listed // of Supernodes
	fresh  bool                             // it has not got the network's list yet
	hold   chan struct{}                    // if set, it says that it was asked, and answers when this is closed
	err    error
}

func (n *node) Tip(context.Context) (pastel.Height, pastel.BlockHash, error) {
	return n.tip().Height, n.tip().Hash, n.err
}

func (n *node) Mempool(context.Context) ([]pastel.TxID, int, error) {
	if n.hold != nil {
		n.hold <- struct{}{}
		<-n.hold
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	ids := slices.Clone(n.extra)
	for id := range n.txs {
		ids = append(ids, id, id)
	}
	return ids, n.odd, n.err
}

func (n *node) RawTx(_ context.Context, id pastel.TxID) ([]byte, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.asked++
	raw, ok := n.txs[id]
	if !ok {
		return nil, chain.ErrNotFound
	}
	return raw, n.err
}

func (n *node) Supernodes(context.Context) (*chain.Listing, error) {
	if n.err != nil {
		return nil, n.err
	}
	return &chain.Listing{Whole: !n.fresh, Listed: n.listed}, nil
}

// rig is a ledger with alerts, whose clock stands still unless a test moves it.
type rig struct {
	t      testing.TB
	url    string
	store  *store.Store
	ledger *chain.Ledger
	alerts *store.Alerts
	svc    *notify.Service
	node   *node
	status chain.Status
	behind *time.Time // that one service gives to the next
	mu     sync.Mutex
	now    time.Time
	passed time.Duration // by a clock that nobody sets
	counts notify.Counts
	logs   logs

	members notify.Members
}

func newRig(t testing.TB, url string) *rig {
	t.Helper()
	return newRigOn(t, url, func(s *store.Store) chain.Store { return s })
}

// newRigOn is a rig whose ledger is kept through something else.
func newRigOn(t testing.TB, url string, through func(*store.Store) chain.Store) *rig {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, url, regtest(t))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	r := &rig{t: t, url: url, store: s, now: time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC), status: chain.Status{Synced: true}}
	if r.ledger, err = chain.OpenLedger(ctx, regtest(t), false, through(s)); err != nil {
		t.Fatal(err)
	}
	r.node = &node{tip: r.ledger.Last, txs: map[pastel.TxID][]byte{}}
	r.restart()
	return r
}

// restart is a new service on the same database.
func (r *rig) restart() {
	r.t.Helper()
	ctx := context.Background()
	var err error
	if r.alerts != nil {
		r.alerts.Close()
	}
	if r.alerts, err = r.store.OpenAlerts(ctx); err != nil {
		r.t.Fatal(err)
	}
	r.t.Cleanup(func() { r.alerts.Close() })
	cfg := notify.Config{
		Alerts: r.alerts, Ledger: r.ledger, Status: func() chain.Status { return r.status }, Behind: r.behind, Poll: time.Millisecond,
		Now: r.clock, Elapsed: r.elapsed, Counts: &r.counts, Members: r.members, Log: slog.New(slog.NewTextHandler(&r.logs, nil)),
	}
	if r.node != nil {
		cfg.Node = func() notify.Node { return r.node }
	}
	r.svc = notify.New(cfg)
	r.svc.Wait(patience)
	if err := r.svc.Start(ctx); err != nil {
		r.t.Fatal(err)
	}
}

func (r *rig) clock() time.Time {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.now
}

func (r *rig) elapsed() time.Duration {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.passed
}

// pass lets time pass.
func (r *rig) pass(d time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(d)
	r.passed += d
}

// set sets the clock on the wall, while no time passes.
func (r *rig) set(by time.Duration) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.now = r.now.Add(by)
}

func (r *rig) step(base pastel.Height, blocks []*pool.Prepared) {
	r.t.Helper()
	if _, err := r.ledger.Step(context.Background(), base, blocks); err != nil {
		r.t.Fatal(err)
	}
}

// round lets the service do its work until there is nothing more to do at this time.
func (r *rig) round() {
	r.t.Helper()
	for range 20 {
		if err := r.svc.Round(context.Background()); err != nil {
			r.t.Fatal(err)
		}
	}
}

func (r *rig) subscribe(q notify.Request) notify.Receipt {
	r.t.Helper()
	receipt, err := r.svc.Subscribe(context.Background(), q)
	if err != nil {
		r.t.Fatal(err)
	}
	return receipt
}

// patience is what is waited for before a test fails: it is no measure of speed.
const patience = 5 * time.Minute

// until waits for something that others bring about.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	for giveUp := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(giveUp) {
			t.Fatal("waited in vain for " + what)
		}
	}
}

// clientTimeout is that of the client which most of shoutrrr's services take. While tests run it is their patience.
var clientTimeout = http.DefaultClient.Timeout

func TestMain(m *testing.M) {
	http.DefaultClient.Timeout = patience
	m.Run()
}

// receiver is a webhook's other end.
type receiver struct {
	*httptest.Server
	t      testing.TB
	mu     sync.Mutex
	secret string
	clock  func() time.Time                                    // if set, what it dates its answers by
	status int                                                 // that it answers; 0 means 200
	judge  func(http.ResponseWriter, notify.Kind) (status int) // if set, what it answers
	hold   chan struct{}                                       // if set, it answers when this is closed
	got    []notify.Message
	tries  int
	gone   int // tries that were given up before they were answered
}

func newReceiver(t testing.TB) *receiver {
	t.Helper()
	r := &receiver{t: t}
	r.Server = httptest.NewServer(http.HandlerFunc(r.receive))
	t.Cleanup(r.Close)
	return r
}

func (r *receiver) receive(w http.ResponseWriter, q *http.Request) {
	body, err := io.ReadAll(q.Body)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tries++
	if hold := r.hold; hold != nil {
		r.mu.Unlock()
		select {
		case <-hold:
			r.mu.Lock()
		case <-q.Context().Done(): // nobody waits any more
			r.mu.Lock()
			r.gone++
			return
		}
	}
	status := r.status
	if r.judge != nil {
		var m notify.Message
		if err := json.Unmarshal(body, &m); err != nil {
			r.t.Error(err)
		}
		status = r.judge(w, m.Kind)
	}
	if r.clock != nil {
		w.Header().Set("Date", r.clock().UTC().Format(http.TimeFormat))
	}
	if status != 0 {
		w.WriteHeader(status)
		io.WriteString(w, "no\x00use ")
		return
	}
	var m notify.Message
	err = errors.Join(err, json.Unmarshal(body, &m))
	if err != nil || q.Method != http.MethodPost || q.Header.Get("Content-Type") != "application/json" {
		r.t.Errorf("%s: %v", body, err)
	}
	if want := notify.Sign(r.secret, q.Header.Get(notify.HeaderTimestamp), body); q.Header.Get(notify.HeaderSignature) != want {
		r.t.Errorf("signature %s, want %s", q.Header.Get(notify.HeaderSignature), want)
	}
	if q.Header.Get(notify.HeaderDelivery) != m.ID || m.ID == "" {
		r.t.Errorf("delivery %q of message %q", q.Header.Get(notify.HeaderDelivery), m.ID)
	}
	r.got = append(r.got, m)
}

func (r *receiver) answer(status int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.status = status
}

// asked is how many tries there were.
func (r *receiver) asked() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.tries
}

// take returns what arrived since it was last asked.
func (r *receiver) take() []notify.Message {
	r.mu.Lock()
	defer r.mu.Unlock()
	got := r.got
	r.got = nil
	return got
}

// logs is a log that is read while it is written.
type logs struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// left is how many tries were given up before they were answered.
func (r *receiver) left() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gone
}

// kinds are short names of messages.
func kinds(list []notify.Message) (names []string) {
	for _, m := range list {
		name := string(m.Kind)
		switch {
		case m.Withdrawn:
			name += " withdrawn"
		case m.Resolved:
			name += " resolved"
		}
		names = append(names, name)
	}
	return names
}

func (r *rig) hook(q notify.Request) *receiver {
	r.t.Helper()
	to := newReceiver(r.t)
	to.clock = r.clock
	q.URL = to.URL + "/hooks/t0psecret?key=hunter2"
	to.secret = r.subscribe(q).Secret
	return to
}

// byLane puts what is urgent before the rest, as it is sent; the order of both stays.
func byLane[T any](list []T, kind func(T) string) []T {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b T) int {
		return map[bool]int{true: 0, false: 1}[notify.Kind(kind(a)).Urgent()] - map[bool]int{true: 0, false: 1}[notify.Kind(kind(b)).Urgent()]
	})
	return list
}

func wantKinds(t testing.TB, got []notify.Message, want ...string) {
	t.Helper()
	if !slices.Equal(kinds(got), want) {
		t.Errorf("got %q, want %q", kinds(got), want)
		for _, m := range got {
			t.Log(m.Height, m.Text)
		}
	}
}

// pool returns the pool acme as it is at the tip.
func (r *rig) pool() (p pool.Pool) {
	r.ledger.View(func(s *pool.State) { p, _ = s.Pool(acme) })
	return p
}
