package daemon_test

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/actors"
	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
)

// hook is a webhook's receiver.
type hook struct {
	*httptest.Server
	mu     sync.Mutex
	hang   bool
	status int // that it answers; 0 means 200
	secret string
	got    []notify.Message
	asked  chan struct{} // receives a value for every request
}

func newHook(t testing.TB) *hook {
	t.Helper()
	h := &hook{asked: make(chan struct{}, 1000)}
	h.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		select {
		case h.asked <- struct{}{}:
		default: // nobody counts so many
		}
		if err != nil {
			return // it did not arrive whole, and nobody waits for the answer
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if h.hang {
			h.mu.Unlock()
			<-r.Context().Done()
			h.mu.Lock()
			return
		}
		if h.status != 0 {
			w.WriteHeader(h.status)
			return
		}
		var m notify.Message
		if json.Unmarshal(body, &m) != nil || r.Header.Get(notify.HeaderSignature) !=
			notify.Sign(h.secret, r.Header.Get(notify.HeaderTimestamp), body) {
			t.Errorf("it is not signed, or no message: %s", body)
		}
		h.got = append(h.got, m)
	}))
	t.Cleanup(h.Close)
	return h
}

func (h *hook) set(hang bool) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.hang = hang
}

// answer sets the status that it answers instead of taking a message; 0 to take them.
func (h *hook) answer(status int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.status = status
}

// messages returns what arrived, each message once, although it may arrive more often.
func (h *hook) messages() (list []string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	seen := map[string]bool{}
	for _, m := range h.got {
		if !seen[m.ID] {
			list = append(list, fmt.Sprintf("%d %s", m.Height, m.Kind))
		}
		seen[m.ID] = true
	}
	return list
}

// subscribe creates a subscription for a hook with a daemon in this process, which then ends.
func subscribe(t *testing.T, n *node, data, database string, h *hook, kinds ...notify.Kind) {
	t.Helper()
	d := start(t, n.settings(data, database))
	d.synced(n)
	for d.Alerts() == nil {
		time.Sleep(time.Millisecond)
	}
	receipt, err := d.Alerts().Subscribe(context.Background(), notify.Request{URL: h.URL, Kinds: kinds})
	if err != nil {
		t.Fatal(err)
	}
	h.secret = receipt.Secret
	begun(t, cmp.Or(database, data+"/regtest.db"))
	d.end()
	if d.Alerts() != nil {
		t.Error("the alerts outlive their daemon")
	}
}

var told = []notify.Kind{
	notify.Left, notify.Replenishing, notify.Restored, notify.Dissolved, notify.PayoutSettled, notify.PayoutPaid,
}

// wanted returns the alerts due for blocks from a height on.
func wanted(t *testing.T, blocks [][]byte, from int) (list []string) {
	t.Helper()
	_, updates := replayed(t, blocks)
	for _, u := range updates[from:] {
		for _, e := range u.Events {
			if slices.Contains(told, notify.Kind(e.Type)) {
				list = append(list, fmt.Sprintf("%d %s", e.Height, e.Type))
			}
		}
	}
	return list
}

// byLane puts what is urgent before the rest, as it is sent; the order of both stays.
func byLane(list []string) []string {
	list = slices.Clone(list)
	slices.SortStableFunc(list, func(a, b string) int { return lane(a) - lane(b) })
	return list
}

func lane(message string) int {
	if _, kind, _ := strings.Cut(message, " "); notify.Kind(kind).Urgent() {
		return 0
	}
	return 1
}

// A daemon that is killed between an event and its delivery, or anywhere else, eventually delivers everything in order.
func TestAlertsOutliveKills(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	const from = 146
	want := wanted(t, blocks, from)
	for name, fresh := range databases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			n := newNode(t)
			n.submit(blocks[:from])
			data, database := t.TempDir(), fresh(t)
			h := newHook(t)
			subscribe(t, n, data, database, h, told...)

			// The daemon was killed after the message arrived, before the receiver answered.
			h.set(true)
			c := spawn(t, n.settings(data, database))
			n.submit(blocks[from:152])
			<-h.asked
			c.kill()
			if got := h.messages(); len(got) != 0 {
				t.Fatalf("%q were taken", got)
			}
			h.set(false)

			random := rand.New(rand.NewPCG(rand.Uint64(), 0))
			for fed := 152; fed < len(blocks); {
				c := spawn(t, n.settings(data, database))
				c.saw("ledger loaded")
				to := min(fed+1+random.IntN(40), len(blocks))
				n.submit(blocks[fed:to])
				fed = to
				time.Sleep(time.Duration(random.IntN(60)) * time.Millisecond) // any moment will do
				c.kill()
			}
			d := start(t, n.settings(data, database))
			for giveUp := time.Now().Add(patience); len(h.messages()) < len(want) && time.Now().Before(giveUp); {
				time.Sleep(5 * time.Millisecond)
			}
			d.end()
			if got := byLane(h.messages()); !slices.Equal(got, byLane(want)) {
				t.Errorf("got %q\nwant %q", got, want)
			}
		})
	}
}

// A member gets alerts about coins being spent, from a node's mempool and from its blocks, and a reader sees the spend in between.
func TestAlertsFromANode(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	n := newNode(t)
	client, err := pasteld.Dial(ctx, pasteld.Config{URL: n.server.URL, CookieFile: n.server.CookieFile, Network: regtest(t).Network})
	must(err)
	cfg := n.settings(t.TempDir(), "")
	cfg.API = "127.0.0.1:0"
	d := start(t, cfg)
	mine := func(count int) error {
		_, err := n.Generate(ctx, count)
		d.synced(n)
		return err
	}
	must(mine(105))
	cast := actors.New(regtest(t).Network, client, n.server.CookieFile, []string{"Alice", "Bob"}, []int64{1000, 100})
	must(cast.Start(ctx, "told", mine))
	for d.Alerts() == nil {
		time.Sleep(time.Millisecond)
	}
	h := newHook(t)
	receipt, err := d.Alerts().Subscribe(ctx, notify.Request{
		URL: h.URL, PastelID: cast.Members[0].ID, Kinds: []notify.Kind{notify.Spending, notify.Left, notify.Replenishing},
	})
	must(err)
	h.secret = receipt.Secret
	until := func(want ...string) {
		t.Helper()
		for giveUp := time.Now().Add(patience); !slices.Equal(h.messages(), want); time.Sleep(5 * time.Millisecond) {
			if time.Now().After(giveUp) {
				t.Fatalf("got %q, want %q", h.messages(), want)
			}
		}
	}
	height, _ := n.Tip()
	must(cast.Leave(ctx, cast.Members[0]))
	spending := fmt.Sprintf("%d pledge.spending", height)
	until(spending)
	reader, err := store.OpenReader(ctx, cfg.Data+"/regtest.db", regtest(t), false)
	must(err)
	defer reader.Close()
	must(reader.View(ctx, func(s *store.Snapshot) error {
		list, err := s.Spends(cast.Pool, "", store.Everything)
		if len(list) != 1 || list[0].PastelID != cast.Members[0].ID {
			t.Errorf("%+v", list)
		}
		return err
	}))
	if tip := mempoolTip(t, d); tip < height {
		t.Errorf("the mempool was looked at after block %d", tip)
	}
	must(mine(1))
	gone := fmt.Sprintf("%d pledge.spending", height) // once resolved
	until(spending, fmt.Sprintf("%d pledge.left", height+1), fmt.Sprintf("%d pool.replenishing", height+1), gone)
	d.end()
}

// mempoolTip asks the API at which tip the mempool was last checked.
func mempoolTip(t *testing.T, d *running) pastel.Height {
	t.Helper()
	for giveUp := time.Now().Add(patience); d.Addresses().API == ""; time.Sleep(time.Millisecond) { // until it listens
		if time.Now().After(giveUp) {
			t.Fatal("the API does not listen")
		}
	}
	status, body := get(t, d.Addresses().API+"/api/v1/mempool")
	var list struct {
		Tip struct{ Height pastel.Height }
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil || status != http.StatusOK {
		t.Fatalf("%d, %v: %s", status, err, body)
	}
	return list.Tip.Height
}

// A daemon whose node is unreachable sends the alerts it can, and says that it knows nothing of the mempool.
func TestAlertsWithoutTheirNode(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	n := newNode(t)
	n.submit(blocks[:164])
	data := t.TempDir()
	h := newHook(t)
	subscribe(t, n, data, "", h, told...)
	h.set(true)
	d := start(t, n.settings(data, ""))
	n.submit(blocks[164:165])
	<-h.asked
	d.end()
	h.set(false)
	cfg := n.settings(data, "")
	cfg.Node, cfg.API = "http://"+freeAddress(t), "127.0.0.1:0"
	d = start(t, cfg)
	for giveUp := time.Now().Add(patience); len(h.messages()) < 2 && time.Now().Before(giveUp); {
		time.Sleep(5 * time.Millisecond)
	}
	if got, want := h.messages(), []string{"164 pledge.left", "164 pool.replenishing"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	d.end()
}

// Before a daemon halts, it sends an alert about the cause.
func TestAlertsOfTheEnd(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	blocks := life(t)
	n, foreign := newNode(t), newNode(t)
	n.submit(blocks[:150])
	if _, err := foreign.Generate(ctx, 160); err != nil {
		t.Fatal(err)
	}
	data := t.TempDir()
	h := newHook(t)
	subscribe(t, n, data, "", h, notify.DaemonHalted)
	d := start(t, foreign.settings(data, ""))
	if err := <-d.done; !errors.Is(err, chain.ErrTooDeep) && !errors.Is(err, chain.ErrForeignChain) {
		t.Errorf("it ended with %v", err)
	}
	if got, want := h.messages(), []string{"149 daemon.halted"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

// A database that goes away loses no alerts, and the ledger continues once it is back.
func TestAlertsOutliveTheirDatabase(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	server := pgtest.NewServer(t)
	database := server.Database(t)
	n := newNode(t)
	n.submit(blocks[:146])
	data := t.TempDir()
	h := newHook(t)
	subscribe(t, n, data, database, h, told...)
	d := start(t, n.settings(data, database))
	d.synced(n) // a database that is unreachable from the start is refused
	for fed := 146; fed < len(blocks); fed += 70 {
		n.submit(blocks[fed:min(fed+70, len(blocks))])
		server.DisconnectAll(t)
		if fed == 216 {
			server.Stop(t)
			server.Start(t)
		}
		d.synced(n)
	}
	want := wanted(t, blocks, 146)
	for giveUp := time.Now().Add(patience); len(h.messages()) < len(want) && time.Now().Before(giveUp); {
		time.Sleep(5 * time.Millisecond)
	}
	d.end()
	if got := byLane(h.messages()); !slices.Equal(got, byLane(want)) {
		t.Errorf("got %q\nwant %q", got, want)
	}
}
