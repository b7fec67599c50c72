package web_test

import (
	"context"
	_ "embed"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/browsertest"
	"github.com/pastelnetwork/smartpool/internal/largepool"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/web"
	"github.com/pastelnetwork/smartpool/wire"
)

var update = flag.Bool("update", false, "rewrite the screenshots in docs")

//go:embed testdata/axe.min.js
var axe string

// site is a dashboard on a recorded chain that the test advances.
type site struct {
	*httptest.Server
	ledger *chain.Ledger
	blocks []*pool.Prepared
	books  *books.Books
	listed atomic.Pointer[chain.Listing] // the node's list of Supernodes

	mu       sync.Mutex
	status   func(wire.Status, error) (wire.Status, error) // changes the status, if set
	trouble  string                                        // the daemon's condition
	refused  string                                        // prefix of paths that are refused, if set
	streams  int                                           // open ones
	streamed []string                                      // requests for streams
	stop     func(context.Context, string) error           // ends a member's subscription, if set
}

// with changes the site's behaviour under its lock.
func (x *site) with(change func()) {
	x.mu.Lock()
	defer x.mu.Unlock()
	change()
}

// gate counts streams and refuses the paths that the test chose.
func (x *site) gate(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		x.mu.Lock()
		refused := x.refused != "" && strings.HasPrefix(r.URL.Path, x.refused)
		stream := strings.HasPrefix(r.URL.Path, "/api/v1/stream")
		if stream {
			x.streams++
			x.streamed = append(x.streamed, r.URL.RawQuery)
		}
		x.mu.Unlock()
		if stream {
			defer x.with(func() { x.streams-- })
		}
		switch {
		case refused && stream:
			http.Error(w, "refused", http.StatusBadGateway)
		case refused:
			panic(http.ErrAbortHandler) // the connection breaks
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// life is the recorded chain of a pool's life.
func life(t testing.TB) []*pool.Prepared {
	t.Helper()
	return ledgertest.Recorded(t, "life")
}

func start(t testing.TB, blocks []*pool.Prepared, height pastel.Height) *site {
	t.Helper()
	ledger, r, _ := ledgertest.Open(t, blocks, height, "")
	return serve(t, blocks, ledger, r)
}

// serve serves the dashboard of a ledger.
func serve(t testing.TB, blocks []*pool.Prepared, ledger *chain.Ledger, r *store.Reader) *site {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	x := &site{blocks: blocks, ledger: ledger}
	discard := slog.New(slog.DiscardHandler)
	feed := api.NewFeed(r, discard)
	x.books = books.New(r)
	x.books.AskNode(x.listed.Load)
	done := make(chan struct{})
	go func() {
		defer close(done)
		feed.Run(ctx, x.ledger.Moved)
	}()
	condition := func() (trouble string) {
		x.with(func() { trouble = x.trouble })
		return trouble
	}
	server := api.New(api.Config{Books: x.books, Feed: feed, Simulator: x.ledger, Version: "1.0", Condition: condition, Streams: 100, Log: discard})
	stop := func(ctx context.Context, secret string) error {
		x.mu.Lock()
		stop := x.stop
		x.mu.Unlock()
		return stop(ctx, secret)
	}
	pages := web.New(web.Config{API: server.Document, Books: x.books, Simulator: x.ledger, Log: discard, Stop: stop, Status: func(r *http.Request) (wire.Status, error) {
		status, err := server.Status(r.Context())
		x.mu.Lock()
		change := x.status
		x.mu.Unlock()
		if change != nil {
			return change(status, err)
		}
		return status, err
	}})
	server.Handle("GET /trial", pages.Trial(placesForKeys))
	server.Handle("/", pages.Handler(server.Answers().Keep))
	x.Server = httptest.NewUnstartedServer(nil)
	x.Config = api.HTTP(x.gate(server.Handler()), discard)
	x.Start()
	t.Cleanup(func() {
		cancel()
		x.CloseClientConnections()
		x.Close()
		<-done
	})
	return x
}

// move applies the recorded blocks up to a height.
func (x *site) move(t testing.TB, height pastel.Height) {
	t.Helper()
	if height < 0 {
		return
	}
	last := x.ledger.Last().Height
	if _, err := x.ledger.Step(context.Background(), last, x.blocks[last+1:height+1]); err != nil {
		t.Fatal(err)
	}
}

// pages returns the path of every kind of page, with data.
func (x *site) pages(t testing.TB) map[string]string {
	t.Helper()
	list := map[string]string{
		"overview": "/", "pools": "/pools", "ended": "/pools?show=ended", "open": "/pools?show=open", "operators": "/operators", "supernodes": "/supernodes", "status": "/status", "reference": "/reference", "glossary": "/glossary", "found": "/find?q=acne", "accepted": "/tickets?kind=accepted", "block": "/blocks/246", "tickets": "/tickets",
		"error": "/nowhere",
	}
	read := func(path string, out any) {
		res, err := x.Client().Get(x.URL + "/api/v1" + path)
		if err == nil {
			err = json.NewDecoder(res.Body).Decode(out)
			res.Body.Close()
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var pools wire.List[wire.Pool]
	read("/pools", &pools)
	list["pool"], list["join"] = "/pools/"+pools.Items[0].ID, "/join?pool="+pools.Items[0].ID
	list["operator"] = "/operators/" + pools.Items[0].Operator
	var pledges wire.List[wire.Pledge]
	read("/pledges", &pledges)
	list["member"] = "/members/" + pledges.Items[0].PastelID
	list["address"] = "/accounts/" + pledges.Items[0].Reward
	var payouts wire.List[wire.Payout]
	read("/payouts", &payouts)
	if len(payouts.Items) > 0 {
		list["payout"] = "/payouts/" + payouts.Items[0].TxID
	}
	var detail wire.PoolDetail
	read("/pools/"+pools.Items[0].ID, &detail)
	list["escrow"] = "/accounts/" + detail.Escrow
	return list
}

// browser starts Chromium.
func browser(t *testing.T) context.Context {
	t.Helper()
	return browsertest.Open(t, 2*patience)
}

// complaints collects a browser's errors and the hosts that it contacts.
type complaints struct {
	mu       sync.Mutex
	list     []string
	expected string // the status of the page, if it is not that of a page that is there
}

// expect says with which status, in words, the next page answers.
func (c *complaints) expect(status string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.expected = status
}

// unexpected reports whether a browser's error tells of anything but the status of a missing page, or the expected one.
func (c *complaints) unexpected(text string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !strings.Contains(text, "status of 404") && (c.expected == "" || !strings.Contains(text, "("+c.expected+")"))
}

func (c *complaints) add(format string, args ...any) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.list = append(c.list, fmt.Sprintf(format, args...))
}

// take returns the complaints so far.
func (c *complaints) take() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	list := c.list
	c.list = nil
	return list
}

func watch(ctx context.Context, host string) *complaints {
	c := &complaints{}
	chromedp.ListenTarget(ctx, func(ev any) {
		switch e := ev.(type) {
		case *runtime.EventExceptionThrown:
			c.add("exception: %s", e.ExceptionDetails.Error())
		case *runtime.EventConsoleAPICalled:
			if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
				c.add("console: %s %s", e.Type, e.Args[0].Value)
			}
		case *log.EventEntryAdded:
			if e.Entry.Level == log.LevelError && c.unexpected(e.Entry.Text) {
				c.add("log: %s %s", e.Entry.Text, e.Entry.URL)
			}
		case *network.EventRequestWillBeSent:
			if u, err := url.Parse(e.Request.URL); err == nil && u.Host != host && u.Scheme != "data" {
				c.add("request to another host: %s", e.Request.URL)
			}
		}
	})
	return c
}

// look holds measurements of a page after it is drawn.
type look struct {
	Wide     float64 // by how much the page is wider than the window
	Charts   int
	Blank    int // charts without bars
	Problems []struct {
		ID, Help string
		Nodes    []string
	}
}

const question = `(async () => {
	const plots = [...document.querySelectorAll(".plot")];
	while (plots.some((p) => p.firstChild?.offsetWidth !== p.clientWidth)) await new Promise(requestAnimationFrame); // still drawn for another window
	const charts = [...document.querySelectorAll(".plot canvas")];
	const blank = charts.filter((c) => !c.getContext("2d").getImageData(0, 0, c.width, c.height).data.some((v) => v !== 0));
	const found = await axe.run(document, {resultTypes: ["violations"], runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]});
	return {
		Wide: document.documentElement.scrollWidth - document.documentElement.clientWidth, Charts: charts.length, Blank: blank.length,
		Problems: found.violations.map((v) => ({ID: v.id, Help: v.help, Nodes: v.nodes.map((n) => n.html.slice(0, 150) + " " + n.failureSummary)})),
	};
})()`

// view is a window and colour scheme to inspect a page with.
type view struct {
	name          string
	width, height int64
	scheme        string
}

var views = []view{{"desktop", 1280, 900, "light"}, {"desktop-dark", 1280, 900, "dark"}, {"phone", 390, 844, "light"}, {"phone-dark", 390, 844, "dark"}}

// inspect opens a page in each view. The page must fit the window, draw its charts, satisfy axe-core and cause no complaints.
// inspect calls seen after each view with the number of charts.
func inspect(t *testing.T, ctx context.Context, url string, views []view, complaints *complaints, seen func(v view, charts int)) {
	t.Helper()
	err := chromedp.Run(ctx, show(views[0]), chromedp.Navigate(url), chromedp.WaitReady("#main", chromedp.ByID), chromedp.Evaluate(axe+"; true", nil))
	if err != nil {
		t.Fatalf("%s: %v", url, err)
	}
	examine(t, ctx, url, views, complaints, seen)
}

// examine is inspect for the page that is open and has axe-core.
func examine(t *testing.T, ctx context.Context, url string, views []view, complaints *complaints, seen func(v view, charts int)) {
	t.Helper()
	for _, v := range views {
		var got look
		await := func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }
		if err := chromedp.Run(ctx, show(v), chromedp.Evaluate(question, &got, await)); err != nil {
			t.Fatalf("%s on %s: %v", url, v.name, err)
		}
		if got.Wide > 0 || got.Blank > 0 {
			t.Errorf("%s on %s: %v pixels too wide, %d charts of which %d are blank", url, v.name, got.Wide, got.Charts, got.Blank)
		}
		for _, p := range got.Problems {
			t.Errorf("%s on %s: %s: %s\n  %s", url, v.name, p.ID, p.Help, strings.Join(p.Nodes, "\n  "))
		}
		for _, c := range complaints.take() {
			t.Errorf("%s on %s: %s", url, v.name, c)
		}
		seen(v, got.Charts)
	}
}

// show applies a view to the window.
func show(v view) chromedp.Tasks {
	return chromedp.Tasks{
		emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: v.scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
		}),
		chromedp.EmulateViewport(v.width, v.height),
	}
}

// Every page renders real data on a desktop and a phone, in light and dark mode. Charts draw, nothing complains, no other host is
// contacted, and axe-core finds no violations.
func TestPagesInABrowser(t *testing.T) {
	ctx := browser(t)
	x := start(t, life(t), 260)
	u, _ := url.Parse(x.URL)
	complaints := watch(ctx, u.Host)
	for name, path := range x.pages(t) {
		shown := views
		if name != "pool" && name != "overview" { // the others add nothing new
			shown = []view{views[0], views[3]}
		}
		inspect(t, ctx, x.URL+path, shown, complaints, func(v view, charts int) {
			if name == "pool" {
				if charts != 1 {
					t.Errorf("%s on %s: %d charts", name, v.name, charts)
				}
				return // the documents show a larger pool
			}
			picture(t, ctx, name, v)
		})
	}
}

// The pages of a pool with 500 pledges, and of a PastelID with 100 of them, stay small and readable; a link shows everything.
func TestManyPledgesInABrowser(t *testing.T) {
	ctx := browser(t)
	c, err := largepool.Make()
	if err != nil {
		t.Fatal(err)
	}
	x := start(t, c.Blocks, pastel.Height(len(c.Blocks)-1))
	u, _ := url.Parse(x.URL)
	complaints := watch(ctx, u.Host)
	const most = 100 << 10 // bytes
	for _, page := range []struct{ path, all, row string }{
		{"/pools/" + string(c.Pool), "Show all 500", "#members + .scroll tbody tr"},
		{"/members/" + c.Members[0], "Show each pledge", "#positions ~ .scroll tbody tr"},
	} {
		res, err := x.Client().Get(x.URL + page.path)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(res.Body)
		res.Body.Close()
		if err != nil || len(text) > most {
			t.Errorf("%s has %d bytes, want at most %d; %v", page.path, len(text), most, err)
		}
		inspect(t, ctx, x.URL+page.path, []view{views[0], views[3]}, complaints, func(v view, _ int) {
			if page.all == "Show all 500" {
				picture(t, ctx, "pool", v)
			}
		})
		var rows, all int
		count := fmt.Sprintf("document.querySelectorAll(%q).length", page.row)
		err = chromedp.Run(ctx, chromedp.Evaluate(count, &rows))
		if err == nil {
			_, err = chromedp.RunResponse(ctx, chromedp.Click(fmt.Sprintf("//a[contains(., %q)]", page.all), chromedp.BySearch))
		}
		if err == nil {
			err = chromedp.Run(ctx, chromedp.Evaluate(count, &all))
		}
		if err != nil || rows > 20 || all != map[string]int{"Show all 500": largepool.Pledges, "Show each pledge": largepool.OfOne}[page.all] {
			t.Errorf("%s: %d rows, then %d; %v", page.path, rows, all, err)
		}
	}
	for _, complaint := range complaints.take() {
		t.Error(complaint)
	}
}

// picture writes a screenshot of the top of a page for the documents if they show that page.
func picture(t *testing.T, ctx context.Context, name string, v view) {
	t.Helper()
	name += "-" + v.name
	if !*update || !slices.Contains([]string{
		"overview-desktop", "operators-desktop", "join-line-desktop", "join-outputs-phone-dark",
		// What people ask most is answered on these.
		"member-desktop", "member-phone-dark", "operator-desktop", "operator-phone-dark", "pool-desktop", "pool-phone-dark", "payout-desktop", "payout-phone-dark",
		"tickets-desktop", "tickets-phone-dark", "block-desktop", "block-phone-dark", "status-desktop", "status-phone-dark",
	}, name) {
		return
	}
	var png []byte
	if err := chromedp.Run(ctx, chromedp.EmulateViewport(v.width, 1500), chromedp.Sleep(time.Second), chromedp.CaptureScreenshot(&png)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join("..", "docs", "screenshots", name+".png"), png, 0o644); err != nil {
		t.Fatal(err)
	}
}

// Everything is readable without JavaScript, including the figures behind charts.
func TestPagesWithoutJavaScript(t *testing.T) {
	ctx := browser(t)
	x := start(t, life(t), 260)
	var text string
	err := chromedp.Run(ctx,
		emulation.SetScriptExecutionDisabled(true),
		chromedp.Navigate(x.URL+x.pages(t)["pool"]),
		chromedp.Text("#main", &text, chromedp.ByID),
	)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"Collateral", "Income and payouts", "Figures", "Payouts", "Activity"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
}

// Tables with the longest possible names and numbers fit a small laptop's window: nothing is cut off on the right.
func TestTablesFitASmallWindow(t *testing.T) {
	ctx := browser(t)
	x := start(t, life(t), 260)
	const widen = `(() => {
		for (const cell of document.querySelectorAll("bdi")) cell.textContent = "Long Established Operators of Supernodes Limited";
		const long = (text) => /^[0-9,]+\.[0-9]{5}$/.test(text) ? "123,456,789.12345" : "21,000,000";
		for (const cell of document.querySelectorAll("td.n")) {
			if (/^[0-9,.]+$/.test(cell.textContent) && !/Reputation|Paid to/.test(cell.dataset.label)) cell.textContent = long(cell.textContent);
		}
		return [...document.querySelectorAll(".scroll")].map((s) => s.scrollWidth - s.clientWidth);
	})()`
	for _, name := range []string{"overview", "operators", "operator", "member", "address", "pool", "payout", "tickets"} {
		var over []int
		if err := chromedp.Run(ctx, show(view{"laptop", 1100, 800, "light"}), chromedp.Navigate(x.URL+x.pages(t)[name]),
			chromedp.WaitReady("#main", chromedp.ByID), chromedp.Evaluate(widen, &over)); err != nil {
			t.Fatal(err)
		}
		if len(over) == 0 || slices.Max(over) > 0 {
			t.Errorf("%s: its tables are too wide by %v pixels", name, over)
		}
	}
}
