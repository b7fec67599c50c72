package api_test

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/internal/pgtest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/wire"
)

// steps are moves of the ledger over a recorded chain of at least 300 blocks: base and height. Some take blocks back, of which one comes to the same
// height again and one ends lower.
var steps = [][2]pastel.Height{
	{150, 151}, {151, 152}, {150, 152}, {152, 170}, {140, 160}, {160, 161}, {120, 161}, {161, 200}, {200, 201}, {160, 230}, {230, 231}, {180, 240},
}

// Whoever hears of a block, from the stream or as the status, reads that block's answers from then on.
func TestNobodyHearsOfABlockAndReadsTheOneBefore(t *testing.T) {
	t.Parallel()
	for name, db := range map[string]string{"sqlite": "", "postgres": pgtest.Open(t)} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			x := start(t, 150, db, nil)
			x.seen(t, 150)
			pool := read[wire.List[wire.Pool]](t, x, "/api/v1/pools").Items[0].ID
			member := read[wire.List[wire.Pledge]](t, x, "/api/v1/pledges").Items[0].PastelID
			paths := []string{"/api/v1/statistics", "/api/v1/pools/" + pool, "/api/v1/members/" + member, "/api/v1/pledges", "/api/v1/status"}
			hash := func(path string) string {
				t.Helper()
				status, body := x.ask(t, http.MethodGet, path, "", "")
				var of struct{ Tip wire.Tip }
				if err := json.Unmarshal(body, &of); status != http.StatusOK || err != nil {
					t.Fatalf("%s: %d %s", path, status, body)
				}
				return of.Tip.Hash
			}
			var k known
			l := x.listen(t, "?from=150", "")
			k.until(t, l, x.tip())
			for _, step := range steps {
				for _, path := range paths {
					hash(path) // so that it is prepared
				}
				x.move(t, step[0], step[1])
				k.until(t, l, x.tip())
				for _, path := range paths {
					if got := hash(path); got != x.tip() {
						t.Errorf("from %d to %d: heard of %s and read %s of %s", step[0], step[1], x.tip(), path, got)
					}
				}
			}
			x.move(t, 240, 241)
			for hash("/api/v1/status") != x.tip() {
			}
			for _, path := range paths {
				if got := hash(path); got != x.tip() {
					t.Errorf("the status is of %s, but %s of %s", x.tip(), path, got)
				}
			}
		})
	}
}

// Whoever hears of a block from the stream reads no earlier one, whatever they ask for.
func TestWhoeverHearsOfABlockReadsItEverywhere(t *testing.T) {
	t.Parallel()
	x := start(t, 245, "", nil)
	x.seen(t, 245)
	first := read[wire.List[wire.Pool]](t, x, "/api/v1/pools").Items[0]
	pledge := read[wire.List[wire.Pledge]](t, x, "/api/v1/pledges").Items[0]
	payout := read[wire.List[wire.Payout]](t, x, "/api/v1/payouts").Items[0]
	parts := strings.NewReplacer("/pools/{id}", "/pools/"+first.ID, "{pastelid}", first.Operator, "{address}", pledge.Address, "{output}", pledge.Output, "{txid}", payout.TxID)
	var document struct{ Paths map[string]map[string]any }
	if status, body := x.ask(t, http.MethodGet, "/api/openapi.json", "", ""); status != http.StatusOK || json.Unmarshal(body, &document) != nil {
		t.Fatal(status)
	}
	paths := func(h pastel.Height) (list []string) {
		for path, operations := range document.Paths {
			// The stream does not end, the mempool names the block of its last scan, and alerts need the token.
			if operations["get"] == nil || path == "/api/v1/stream" || path == "/api/v1/mempool" || strings.HasPrefix(path, "/api/v1/alerts") {
				continue
			}
			path = strings.ReplaceAll(parts.Replace(path), "{height}", fmt.Sprint(h))
			if strings.HasSuffix(path, "/payments") || strings.HasSuffix(path, "/credits") {
				path += "?pastelid=" + pledge.PastelID
			}
			list = append(list, path)
		}
		return list
	}
	if n := len(paths(0)); n < 15 {
		t.Fatalf("only %d paths", n)
	}
	var k known
	l := x.listen(t, "?from=245", "")
	k.until(t, l, x.tip())
	named := 0
	for _, step := range [][2]pastel.Height{{245, 246}, {246, 247}, {246, 250}, {250, 251}, {240, 260}, {260, 261}} {
		x.move(t, step[0], step[1])
		k.until(t, l, x.tip())
		for _, path := range paths(step[1]) {
			status, body := x.ask(t, http.MethodGet, path, "", "")
			var of struct{ Tip, Hash any }
			if err := json.Unmarshal(body, &of); err != nil || status != http.StatusOK {
				if strings.Contains(path, "/outputs/") || strings.HasSuffix(path, "/supernode") || strings.Contains(path, "/payouts/") { // spent, not active, taken back
					continue
				}
				t.Fatalf("%s: %d %s", path, status, body)
			}
			tip, found := of.Tip.(map[string]any)
			if hash := fmt.Sprint(tip["hash"]); found && hash != x.tip() {
				t.Errorf("heard of %s and read %s of %s", x.tip(), path, hash)
			}
			named += len(tip) / max(1, len(tip))
		}
	}
	if named < 40 {
		t.Errorf("only %d answers name their block", named)
	}
}

// polled is an API that looks for blocks when the test says so.
type polled struct {
	*site
	feed   *api.Feed
	server *api.Server
}

func startPolled(t *testing.T, height pastel.Height) *polled {
	t.Helper()
	ctx := context.Background()
	url := filepath.Join(t.TempDir(), "ledger.db")
	x := &polled{}
	var config api.Config
	x.site = start(t, height, url, func(cfg *api.Config) {
		r, err := store.OpenReader(ctx, url, cfg.Books.Params(), false)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { r.Close() })
		x.feed = api.NewFeed(r, cfg.Log)
		cfg.Feed = x.feed
		config = *cfg
	})
	x.server = api.New(config) // the last one prepares the feed's blocks
	x.look(t)
	return x
}

func (x *polled) look(t *testing.T) {
	t.Helper()
	if err := x.feed.Look(context.Background()); err != nil {
		t.Fatal(err)
	}
}

// answer asks a handler for a path without a token.
func answer(h http.Handler, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
	return w
}

// After every move of a chain, an answer that was prepared is the one that a server gives which has just started, byte for byte.
func TestPreparedAnswersAreThoseOfAFreshServer(t *testing.T) {
	t.Parallel()
	for _, chain := range []string{"life", "dense"} {
		t.Run(chain, func(t *testing.T) {
			t.Parallel()
			blocks := ledgertest.Recorded(t, chain)
			url := filepath.Join(t.TempDir(), "ledger.db")
			ledger, r, _ := ledgertest.Open(t, blocks, 150, url)
			server := func() (*api.Server, *api.Feed) {
				feed := api.NewFeed(r, slog.New(slog.DiscardHandler))
				s := api.New(api.Config{
					Books: books.New(r), Feed: feed, Simulator: ledger, Version: "test", Condition: func() string { return "" }, Log: slog.New(slog.DiscardHandler),
				})
				if err := feed.Look(context.Background()); err != nil {
					t.Fatal(err)
				}
				return s, feed
			}
			s, feed := server()
			kept := s.Handler()
			paths := everything(t, kept)
			asked := func() int { n, _ := s.Answers().Kept(); return n }
			for _, step := range steps {
				for _, path := range paths {
					answer(kept, path)
				}
				if _, err := ledger.Step(context.Background(), step[0], blocks[step[0]+1:step[1]+1]); err != nil {
					t.Fatal(err)
				}
				fresh, _ := server()
				for try := 0; ; try++ { // until no estimate moved meanwhile
					if err := feed.Look(context.Background()); err != nil {
						t.Fatal(err)
					}
					if got := asked(); try == 0 && got < len(paths)*3/4 {
						t.Fatalf("only %d of %d answers were prepared", got, len(paths))
					}
					var differ []string
					for _, path := range paths {
						got, want := answer(kept, path), answer(fresh.Handler(), path)
						if got.Code != want.Code || got.Body.String() != want.Body.String() || got.Header().Get("ETag") != want.Header().Get("ETag") {
							differ = append(differ, fmt.Sprintf("%s:\n%d %s\nwant:\n%d %s", path, got.Code, got.Body, want.Code, want.Body))
						}
					}
					if len(differ) == 0 {
						break
					}
					if try == 3 {
						t.Fatalf("from %d to %d: %s", step[0], step[1], strings.Join(differ, "\n"))
					}
					fresh, _ = server()
				}
			}
		})
	}
}

// everything returns paths of all pools, members, addresses and lists that a server knows.
func everything(t *testing.T, h http.Handler) []string {
	t.Helper()
	paths := []string{"/api/v1/statistics", "/api/v1/pools", "/api/v1/operators", "/api/v1/pledges", "/api/v1/payouts", "/api/v1/events?order=newest", "/api/v1/blocks/100"}
	var pools wire.List[wire.Pool]
	var pledges wire.List[wire.Pledge]
	for path, to := range map[string]any{"/api/v1/pools": &pools, "/api/v1/pledges?limit=1000": &pledges} {
		w := answer(h, path)
		if err := json.Unmarshal(w.Body.Bytes(), to); err != nil || w.Code != http.StatusOK {
			t.Fatal(path, w.Code, w.Body)
		}
	}
	for _, x := range pools.Items {
		paths = append(paths, "/api/v1/pools/"+x.ID, "/api/v1/pools/"+x.ID+"/income", "/api/v1/members/"+x.Operator, "/api/v1/payouts?pool="+x.ID)
	}
	seen := map[string]bool{}
	for _, x := range pledges.Items {
		for _, path := range []string{
			"/api/v1/members/" + x.PastelID, "/api/v1/accounts/" + x.Address, "/api/v1/accounts/" + x.Reward, "/api/v1/credits?pastelid=" + x.PastelID,
			"/api/v1/payments?address=" + x.Reward,
		} {
			if !seen[path] {
				seen[path] = true
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// What was asked for before a block is found before the block is announced, while others still read the block before; nobody asks again.
func TestABlockIsPreparedBeforeItIsAnnounced(t *testing.T) {
	t.Parallel()
	x := startPolled(t, 150)
	var asked atomic.Int32
	h := x.server.Answers().Keep(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if n := asked.Add(1); n == 2 { // for the next block
			status, _ := x.server.Status(r.Context())
			other, _ := x.server.Status(context.Background())
			if status.Tip.Height != 151 || other.Tip.Height != 150 {
				t.Errorf("the answer is of block %d while block %d is announced", status.Tip.Height, other.Tip.Height)
			}
		}
		fmt.Fprint(w, r.URL)
	}))
	answer(h, "/a?b=c")
	x.move(t, 150, 151)
	x.look(t)
	if n := asked.Load(); n != 2 {
		t.Fatalf("asked %d times, want once for each block", n)
	}
	if w := answer(h, "/a?b=c"); w.Body.String() != "/a?b=c" || asked.Load() != 2 {
		t.Errorf("%s, asked %d times", w.Body, asked.Load())
	}
	for i := range pastel.Height(10) {
		x.move(t, 151+i, 152+i)
		x.look(t)
	}
	if n := asked.Load(); n != 5 {
		t.Errorf("asked %d times: nobody asks for it any more", n)
	}
	panics := x.server.Answers().Keep(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) > 6 {
			panic("a bug")
		}
	}))
	answer(panics, "/panics")
	x.move(t, 161, 162)
	x.look(t) // does not end the process
	if n := asked.Load(); n != 7 {
		t.Errorf("asked %d times", n)
	}
}

// A block whose answers do not come is announced nevertheless, and so are those after it, while the answers still do not come.
func TestABlockIsAnnouncedThoughItsAnswersDoNotCome(t *testing.T) {
	t.Parallel()
	x := startPolled(t, 150)
	var asked atomic.Int32
	release := make(chan struct{})
	h := x.server.Answers().Keep(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 2 { // it does not heed its context
			<-release
		}
		fmt.Fprint(w, "x")
	}))
	defer close(release)
	answer(h, "/x")
	for i := range pastel.Height(3) {
		x.move(t, 150+i, 151+i)
		x.look(t)
		if s, err := x.server.Status(context.Background()); err != nil || s.Tip.Height != 151+i {
			t.Fatalf("block %d is announced: %v", s.Tip.Height, err)
		}
		if w := answer(h, "/x"); w.Body.String() != "x" {
			t.Fatalf("%d %s", w.Code, w.Body)
		}
	}
}

// The cache stays within its bytes, whatever is asked for, and keeps what was asked for most recently.
func TestTheCacheIsBounded(t *testing.T) {
	t.Parallel()
	x := startPolled(t, 150)
	const most = 1 << 20
	answers := api.NewAnswers(x.feed, func() string { return "" }, most)
	var asked atomic.Int32
	h := answers.Keep(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		w.Write(make([]byte, len(r.URL.Query().Get("fill"))*100))
	}))
	ask := func(path string) (again bool) {
		before := asked.Load()
		answer(h, path)
		return asked.Load() > before
	}
	ask("/wanted")
	for i := range 1000 {
		ask(fmt.Sprintf("/x?n=%d&fill=%s", i, strings.Repeat("x", i%400)))
		if ask("/wanted") {
			t.Fatalf("an answer that everybody asks for is lost after %d others", i)
		}
		if n, bytes := answers.Kept(); bytes > most {
			t.Fatalf("%d answers take %d bytes", n, bytes)
		}
	}
	if n, bytes := answers.Kept(); n < 30 || bytes < most/2 {
		t.Errorf("only %d answers with %d bytes are kept", n, bytes)
	}
	large := "/x?fill=" + strings.Repeat("x", most/800)
	if ask(large); !ask(large) {
		t.Error("one answer takes more than its part of the cache")
	}
	x.move(t, 150, 151)
	x.look(t)
	if n, bytes := answers.Kept(); bytes > most || ask("/wanted") {
		t.Errorf("after a block: %d answers with %d bytes", n, bytes)
	}
}

// wait waits until something is so.
func wait(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waited in vain for %s", what)
		}
	}
}

// When the next block becomes later, answers are found anew while the earlier ones are read, and the feed does not wait for them.
func TestAnswersFollowHowLateTheNextBlockIs(t *testing.T) {
	t.Parallel()
	x := startPolled(t, 150)
	answers := x.server.Answers()
	tip, err := x.server.Status(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	answers.Begin(tip.Tip.Time)
	release := make(chan struct{})
	var asked atomic.Int32
	h := answers.Keep(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		n := asked.Add(1)
		if n == 2 {
			<-release
		}
		fmt.Fprint(w, n)
	}))
	read := func() string { return answer(h, "/x").Body.String() }
	read()
	x.look(t)
	if got := read(); got != "1" || asked.Load() != 1 {
		t.Fatalf("answer %s, asked %d times while the next block is not late", got, asked.Load())
	}
	answers.At(tip.Tip.Time.Add(chain.BlockTime))
	x.look(t) // does not wait
	wait(t, "the answer to be asked for", func() bool { return asked.Load() == 2 })
	if got := read(); got != "1" {
		t.Errorf("answer %s, want the earlier one while the later one is being found", got)
	}
	x.look(t)
	close(release)
	wait(t, "the later answer", func() bool { return read() == "2" })
	x.look(t)
	if got := read(); got != "2" || asked.Load() != 2 {
		t.Errorf("answer %s, asked %d times", got, asked.Load())
	}
	x.move(t, 150, 151)
	x.look(t)
	if got := read(); got != "3" {
		t.Errorf("answer %s after the block", got)
	}
}

// What strangers ask for that takes long is found after everything else, however often they ask.
func TestCostlyAnswersArePreparedLast(t *testing.T) {
	t.Parallel()
	x := startPolled(t, 150)
	answers := x.server.Answers()
	var order []string
	h := answers.Keep(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { order = append(order, r.URL.Path) }))
	for _, path := range []string{"/once", "/often", "/often", "/often", "/costly", "/costly", "/costly", "/costly", "/costly", "/late"} {
		answer(h, path)
	}
	answers.Took("/costly?", time.Second)
	order = nil
	x.move(t, 150, 151)
	x.look(t)
	if want := []string{"/often", "/late", "/once", "/costly"}; !slices.Equal(order, want) {
		t.Errorf("prepared %v, want %v", order, want)
	}
}

// What is remembered to be found again stays within its bytes, however long the addresses are that strangers ask for.
func TestWishesAreBounded(t *testing.T) {
	t.Parallel()
	x := startPolled(t, 150)
	answers := x.server.Answers()
	h := answers.Keep(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	fill := strings.Repeat("x", 4_000)
	for i := range 2_000 {
		answer(h, fmt.Sprintf("/x?n=%d&fill=%s", i, fill))
	}
	if n, bytes := answers.Wishes(); bytes > 8<<20 || n*3*len(fill) > bytes || n < 500 {
		t.Errorf("%d wishes with %d bytes", n, bytes)
	}
	for i := range pastel.Height(5) { // nobody asks any more
		x.move(t, 150+i, 151+i)
		x.look(t)
	}
	if n, bytes := answers.Wishes(); n != 0 || bytes != 0 {
		t.Errorf("%d wishes with %d bytes are left", n, bytes)
	}
}

// To find an answer again, nothing is kept of a client's request that is not counted: its Host may be many times as long as its address.
func TestWishesKeepNoHosts(t *testing.T) {
	t.Parallel()
	x := startPolled(t, 150)
	var hosts []string
	h := x.server.Answers().Keep(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { hosts = append(hosts, r.Host+r.RequestURI) }))
	r := httptest.NewRequest(http.MethodGet, "/x", nil)
	r.Host = strings.Repeat("h", 16_000)
	h.ServeHTTP(httptest.NewRecorder(), r)
	x.move(t, 150, 151)
	x.look(t)
	if len(hosts) != 2 || hosts[1] != "" {
		t.Errorf("the answer was found %d times; again with %.20q", len(hosts), hosts[len(hosts)-1])
	}
}

// Finding an answer again may take no longer than finding it for a client does.
func TestPreparingOneAnswerEnds(t *testing.T) {
	t.Parallel()
	x := startPolled(t, 150)
	prepared := 0
	h := x.server.Answers().Keep(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, ends := r.Context().Deadline(); ends {
			prepared++
		}
	}))
	answer(h, "/x")
	x.move(t, 150, 151)
	x.look(t)
	if prepared != 1 {
		t.Errorf("%d requests have a deadline, want the one that nobody waits for", prepared)
	}
}

// An answer that could not be prepared for one block is prepared for the next.
func TestWishesOutliveAnswers(t *testing.T) {
	t.Parallel()
	x := startPolled(t, 150)
	var asked atomic.Int32
	h := x.server.Answers().Keep(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) == 2 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	answer(h, "/x")
	for i := range pastel.Height(2) {
		x.move(t, 150+i, 151+i)
		x.look(t)
	}
	if n := asked.Load(); n != 3 {
		t.Fatalf("asked %d times", n)
	}
	if answer(h, "/x"); asked.Load() != 3 {
		t.Error("the answer was not kept")
	}
}

// A block that comes while another one is prepared ends that: the first is announced at once, and the second prepared.
func TestABlockEndsThePreparingOfTheOneBefore(t *testing.T) {
	t.Parallel()
	x := startPolled(t, 150)
	answers := x.server.Answers()
	answers.Wait(time.Hour, time.Hour)
	began := make(chan struct{})
	var asked atomic.Int32
	h := answers.Keep(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if asked.Add(1) == 2 {
			close(began)
			<-r.Context().Done()
		}
	}))
	answer(h, "/x")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		x.feed.Run(ctx, x.ledger.Moved)
	}()
	defer func() { cancel(); <-done }()
	x.move(t, 150, 151)
	<-began
	x.move(t, 151, 152)
	wait(t, "block 152 to be announced", func() bool {
		s, err := x.server.Status(context.Background())
		return err == nil && s.Tip.Height == 152
	})
	if n := asked.Load(); n != 3 {
		t.Errorf("asked %d times, want once more for block 152", n)
	}
}

// Preparing waits while an answer is being found for a client.
func TestPreparingYieldsToClients(t *testing.T) {
	t.Parallel()
	x := startPolled(t, 150)
	answers := x.server.Answers()
	answers.Wait(0, time.Hour)
	release, waiting := make(chan struct{}), make(chan struct{})
	var asked, served atomic.Int32
	h := answers.Keep(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/slow" && served.Load() == 0 {
			close(waiting)
			<-release
			served.Add(1)
		}
		if r.URL.Path == "/x" && asked.Add(1) == 2 && served.Load() == 0 {
			t.Error("it was prepared while a client waited")
		}
	}))
	answer(h, "/x")
	done := make(chan struct{})
	go func() {
		defer close(done)
		answer(h, "/slow")
	}()
	<-waiting
	x.move(t, 150, 151)
	x.look(t)
	close(release)
	<-done
	wait(t, "the answer to be prepared", func() bool { return asked.Load() == 2 })
}
