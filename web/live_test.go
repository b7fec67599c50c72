package web_test

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	cdpbrowser "github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// open shows a page of the site in a new browser that stays connected to the stream.
func (x *site) open(t *testing.T, path string) (context.Context, *complaints) {
	t.Helper()
	ctx := browser(t)
	u, _ := url.Parse(x.URL)
	complaints := watch(ctx, u.Host)
	do(t, ctx, show(views[0]), chromedp.Navigate(x.URL+path), chromedp.WaitReady("#main", chromedp.ByID))
	return ctx, complaints
}

func do(t *testing.T, ctx context.Context, actions ...chromedp.Action) {
	t.Helper()
	if err := chromedp.Run(ctx, actions...); err != nil {
		t.Fatal(err)
	}
}

// until waits for an expression to become true.
func until(t *testing.T, ctx context.Context, expression string) {
	t.Helper()
	if err := chromedp.Run(ctx, chromedp.Poll(expression, nil, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(patience))); err != nil {
		t.Fatalf("%v: %s", err, expression)
	}
}

// value evaluates an expression.
func value[T any](t *testing.T, ctx context.Context, expression string) (v T) {
	t.Helper()
	if err := chromedp.Run(ctx, chromedp.Evaluate(expression, &v)); err != nil {
		t.Fatalf("%v: %s", err, expression)
	}
	return v
}

// tip is an expression that is true once the page shows a block.
func tip(height pastel.Height) string {
	return fmt.Sprintf(`document.getElementById("tip")?.textContent === "%d"`, height)
}

// patience is how long a test waits before it fails. It does not measure speed.
const patience = 5 * time.Minute

// eventually waits until a condition holds; it calls look before each check.
func (x *site) eventually(t *testing.T, what string, is func() bool, look ...func()) {
	t.Helper()
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		for _, f := range look {
			f()
		}
		done := false
		if x.with(func() { done = is() }); done {
			return
		}
	}
	t.Fatal("waited in vain for " + what)
}

// hide makes the page believe that its tab is hidden or visible.
func hide(hidden bool) chromedp.Action {
	return chromedp.Evaluate(fmt.Sprintf(`Object.defineProperty(document, "hidden", {value: %t, configurable: true});
		document.dispatchEvent(new Event("visibilitychange"))`, hidden), nil)
}

// A new block shows without a reload, charts included, and the reader keeps open sections, scroll positions and focus.
func TestPagesRefreshThemselves(t *testing.T) {
	t.Parallel()
	x := start(t, life(t), 200)
	ctx, complaints := x.open(t, x.pages(t)["pool"])
	do(t, ctx, emulation.SetFocusEmulationEnabled(true), chromedp.EmulateViewport(800, 500))
	until(t, ctx, `document.querySelector(".uplot")?.offsetWidth === document.querySelector(".plot").clientWidth`)
	do(t, ctx, chromedp.Evaluate(`window.mark = "not reloaded"; document.getElementById("figures").open = true`, nil))
	const left = `document.querySelector('.scroll[aria-label="Table: Payouts"]').scrollLeft`
	const link = `[...document.querySelectorAll('main a[href^="/payouts/"]')].indexOf(document.activeElement)`
	do(t, ctx, chromedp.Evaluate(`document.styleSheets[1].insertRule(".scroll { width: 200px }"); `+left+` = 70`, nil))
	if got := value[float64](t, ctx, left); got != 70 {
		t.Fatalf("the table is scrolled to %v", got)
	}
	for i, height := range []pastel.Height{201, 204, 215} {
		var focus, y string // expressions: focus is true while the focus has not moved
		switch i {
		case 0:
			do(t, ctx, chromedp.Evaluate(`document.querySelectorAll('main a[href^="/payouts/"]')[2].focus(); scrollTo(0, 1e6)`, nil))
			focus = link + ` === 2`
		case 1:
			do(t, ctx, chromedp.Evaluate(`document.querySelector("#figures summary").focus(); scrollTo(0, 300)`, nil))
			focus = `document.activeElement === document.querySelector("#figures summary")`
		case 2:
			do(t, ctx, chromedp.Evaluate(`document.getElementById("main").focus(); scrollTo(0, 0)`, nil))
			focus = `document.activeElement.id === "main"`
		}
		y = fmt.Sprintf(`Math.abs(scrollY - %v) <= 1`, value[float64](t, ctx, "scrollY"))
		if !value[bool](t, ctx, focus) {
			t.Fatalf("before block %d the focus is elsewhere", height)
		}
		x.move(t, height)
		until(t, ctx, tip(height)+` && document.querySelectorAll(".plot canvas").length === 1`)
		for _, what := range []string{focus, y, left + ` === 70`, `window.mark === "not reloaded"`, `document.getElementById("figures").open`} {
			if !value[bool](t, ctx, what) {
				t.Errorf("after block %d it is not so: %s", height, what)
			}
		}
	}
	for _, c := range complaints.take() {
		t.Error(c)
	}
}

// A selection postpones a refresh until it ends. So does typing.
func TestRefreshWaitsForSelection(t *testing.T) {
	t.Parallel()
	x := start(t, life(t), 200)
	ctx, complaints := x.open(t, "/")
	do(t, ctx, emulation.SetFocusEmulationEnabled(true))
	// How often a refresh was postponed.
	do(t, ctx, chromedp.Evaluate(`const real = setTimeout; window.setTimeout = (f, ms) => { if (ms === 1_000) putOff++; return real(f, ms); }; true`, nil))
	height := pastel.Height(201)
	for what, c := range map[string]struct{ begin, end string }{
		"selection": {`getSelection().selectAllChildren(document.querySelector("h1"))`, `getSelection().removeAllRanges()`},
		"input": {`document.getElementById("main").append(document.createElement("input")); document.querySelector("main input").focus()`,
			`document.activeElement.blur()`},
	} {
		do(t, ctx, chromedp.Evaluate(`window.putOff = 0; `+c.begin, nil))
		x.eventually(t, "the stream", func() bool { return x.streams == 1 })
		x.move(t, height)
		until(t, ctx, `putOff >= 2 || `+tip(height))
		if value[bool](t, ctx, tip(height)) {
			t.Errorf("%s: it was refreshed", what)
		}
		do(t, ctx, chromedp.Evaluate(c.end, nil))
		until(t, ctx, tip(height))
		height++
	}
	for _, c := range complaints.take() {
		t.Error(c)
	}
}

// A hidden page has no connection. When it becomes visible it refreshes at once, and its stream continues after the last block received.
func TestHiddenPagesLetGo(t *testing.T) {
	t.Parallel()
	x := start(t, life(t), 200)
	ctx, complaints := x.open(t, "/")
	x.eventually(t, "the stream", func() bool { return x.streams == 1 })
	first := "after=200-" + x.ledger.Last().Hash.String()
	x.move(t, 202)
	until(t, ctx, tip(202))
	do(t, ctx, hide(true))
	x.eventually(t, "the stream to end", func() bool { return x.streams == 0 })
	x.move(t, 205)
	do(t, ctx, chromedp.Sleep(time.Second))
	if !value[bool](t, ctx, tip(202)) {
		t.Error("the page refreshed while it was hidden")
	}
	do(t, ctx, hide(false))
	until(t, ctx, tip(205))
	x.eventually(t, "the stream", func() bool { return x.streams == 1 })
	again := "after=205-" + x.ledger.Last().Hash.String()
	x.move(t, 206)
	until(t, ctx, tip(206))
	x.with(func() {
		if !slices.Equal(x.streamed, []string{first, again}) {
			t.Errorf("streams were asked for %q, want %q and %q", x.streamed, first, again)
		}
	})
	for _, c := range complaints.take() {
		t.Error(c)
	}
}

// A page whose stream or server fails says so after a while and keeps its content until both work again.
func TestInterruptedPagesSaySo(t *testing.T) {
	t.Parallel()
	const warned, silent = `!document.getElementById("stale").hidden`, `document.getElementById("stale").hidden`
	x := start(t, life(t), 200)
	ctx, _ := x.open(t, "/pools") // its complaints are expected
	x.eventually(t, "the stream", func() bool { return x.streams == 1 })
	if !value[bool](t, ctx, silent) {
		t.Error("the page claims that updates are interrupted")
	}
	x.move(t, 201)
	until(t, ctx, tip(201))
	hash := x.ledger.Last().Hash.String()

	x.with(func() { x.refused, x.streamed = "/api/v1/stream", nil })
	x.CloseClientConnections()
	until(t, ctx, warned)
	// The browser's own retry repeats the last request. It is refused, and the page's own retries follow.
	x.eventually(t, "a stream that is refused", func() bool { return len(x.streamed) > 0 })
	if !value[bool](t, ctx, `document.getElementById("stale").checkVisibility() && document.getElementById("stale").closest("[role=status]") !== null`) {
		t.Error("the note is neither visible nor announced")
	}
	x.with(func() { x.refused, x.streamed = "", nil })
	until(t, ctx, silent)
	x.with(func() {
		if !slices.Equal(x.streamed, []string{"after=201-" + hash}) {
			t.Errorf("streams were asked for %q, want after block 201", x.streamed)
		}
	})

	for i, fail := range []func(){
		func() {
			x.status = func(s wire.Status, _ error) (wire.Status, error) { return s, errors.New("the database is gone") }
		},
		func() { x.refused = "/pools" },
	} {
		height := pastel.Height(202 + i)
		x.with(fail)
		x.move(t, height)
		until(t, ctx, warned)
		if !value[bool](t, ctx, tip(height-1)) {
			t.Error("the page lost its content")
		}
		x.with(func() { x.status, x.refused = nil, "" })
		until(t, ctx, silent)
		until(t, ctx, tip(height))
	}
}

// The daemon's trouble appears and disappears even if no block arrives.
func TestTroubleShowsWithoutBlocks(t *testing.T) {
	t.Parallel()
	x := start(t, life(t), 200)
	ctx := browser(t)
	// A minute is too long for a test.
	do(t, ctx, chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := page.AddScriptToEvaluateOnNewDocument(`const real = setTimeout; window.setTimeout = (f, ms) => real(f, ms === 60_000 ? 500 : ms)`).Do(ctx)
		return err
	}))
	do(t, ctx, chromedp.Navigate(x.URL+"/"), chromedp.WaitReady("#tip", chromedp.ByID))
	const trouble = `document.querySelector("#live > [role=status]")?.textContent.includes("the node is asleep") === true`
	x.with(func() { x.trouble = "the node is asleep" })
	until(t, ctx, trouble)
	x.with(func() { x.trouble = "" })
	until(t, ctx, "!("+trouble+")")
}

// Pages with nothing to show yet retry by themselves, and request no position in the stream before they show a block.
func TestPagesHeal(t *testing.T) {
	t.Parallel()
	x := start(t, life(t), -1)
	gone := func(wire.Status, error) (wire.Status, error) {
		return wire.Status{}, errors.New("the database is gone")
	}
	for _, c := range []struct {
		what, path, title string
		begin, end        func()
	}{
		{"empty ledger", "/", "Overview", func() {}, func() { x.move(t, 200) }},
		{"no database", "/pools", "Pools", func() { x.status, x.refused = gone, "/api/v1/stream" }, func() { x.with(func() { x.status = nil }) }},
	} {
		t.Run(c.what, func(t *testing.T) {
			x.with(func() {
				x.streamed = nil
				c.begin()
			})
			ctx, _ := x.open(t, c.path)
			until(t, ctx, `"waiting" in document.getElementById("live").dataset`)
			x.eventually(t, "a stream", func() bool { return len(x.streamed) > 0 })
			c.end()
			until(t, ctx, tip(200)+` && document.title.startsWith("`+c.title+`")`)
			shown := "after=200-" + x.ledger.Last().Hash.String() // a refused stream may be requested again at any time
			x.with(func() {
				for i, asked := range x.streamed {
					if asked != "" && (i == 0 || asked != shown) {
						t.Errorf("streams were asked for %q", x.streamed)
						break
					}
				}
			})
		})
	}
}

// A script adds how far away times are, what they are on the reader's clock, and buttons that copy; after a refresh, too.
func TestReadingAidsInABrowser(t *testing.T) {
	x := start(t, life(t), 246)
	path := x.pages(t)["member"]
	id := strings.TrimPrefix(path, "/members/")
	ctx, complaints := x.open(t, path)
	allowed := []cdpbrowser.PermissionType{cdpbrowser.PermissionTypeClipboardReadWrite, cdpbrowser.PermissionTypeClipboardSanitizedWrite}
	do(t, ctx, cdpbrowser.GrantPermissions(allowed).WithOrigin(x.URL))
	for _, height := range []pastel.Height{246, 247} {
		if height > x.ledger.Last().Height {
			x.move(t, height)
		}
		until(t, ctx, fmt.Sprintf(`document.getElementById("tip").textContent === "%d"`, height))
		var near, title, copied string
		do(t, ctx, chromedp.Text(".glance .near", &near), chromedp.Evaluate(`document.querySelector(".glance time").title`, &title), chromedp.Click(".copy"))
		until(t, ctx, `document.querySelector(".copy").textContent === "Copied"`)
		do(t, ctx, chromedp.Evaluate("navigator.clipboard.readText()", &copied, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
		if copied != id || !strings.Contains(near, "in ") || !strings.Contains(title, ", in ") {
			t.Errorf("block %d: copied %q, shown %q and %q", height, copied, near, title)
		}
	}
	for _, complaint := range complaints.take() {
		t.Error(complaint)
	}
}
