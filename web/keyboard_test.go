package web_test

import (
	"context"
	"slices"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// focus is the element that has the focus.
type focus struct {
	Tag, ID, Href string
	Seen          bool // it is in the window, and something shows that it has the focus
}

const focused = `(() => {
	const e = document.activeElement, box = e.getBoundingClientRect(), style = getComputedStyle(e);
	const inside = box.width > 0 && box.height > 0 && box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
	return {Tag: e.tagName, ID: e.id, Href: e.getAttribute("href") ?? "", Seen: inside && style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2};
})()`

// tabTo presses Tab until an element has the focus. Each one on the way shows that it has it.
func tabTo(t *testing.T, ctx context.Context, is func(focus) bool) {
	t.Helper()
	for range 150 {
		var f focus
		if err := chromedp.Run(ctx, chromedp.KeyEvent(kb.Tab), chromedp.Evaluate(focused, &f)); err != nil {
			t.Fatal(err)
		}
		if f.Tag != "BODY" && !f.Seen { // the body has it between the last element and the first
			t.Errorf("nobody sees that %+v has the focus", f)
		}
		if is(f) {
			return
		}
	}
	t.Fatal("Tab does not lead there")
}

// enter presses Enter, which leads to another page.
func enter(t *testing.T, ctx context.Context, path string) {
	t.Helper()
	if _, err := chromedp.RunResponse(ctx, chromedp.KeyEvent(kb.Enter)); err != nil {
		t.Fatal(err)
	}
	var at string
	if err := chromedp.Run(ctx, chromedp.WaitReady("#main", chromedp.ByID), chromedp.Evaluate("location.pathname", &at)); err != nil || at != path {
		t.Fatalf("Enter leads to %s, want %s: %v", at, path, err)
	}
}

// Tab and Enter alone lead past the navigation, and from a search to a pool, a member, and back; sections open; the focus is always seen.
func TestPagesByKeyboard(t *testing.T) {
	ctx := browser(t)
	x := start(t, life(t), 260)
	pages := x.pages(t)
	if err := chromedp.Run(ctx, chromedp.EmulateViewport(1280, 900), chromedp.Navigate(x.URL+"/"), chromedp.WaitReady("#main", chromedp.ByID)); err != nil {
		t.Fatal(err)
	}
	first := true
	tabTo(t, ctx, func(f focus) bool {
		if first && f.Href != "#main" {
			t.Errorf("Tab leads to %+v first, want the link past the navigation", f)
		}
		first = false
		return f.Href == "#main"
	})
	var at focus
	if err := chromedp.Run(ctx, chromedp.KeyEvent(kb.Enter), chromedp.Evaluate(focused, &at)); err != nil || at.ID != "main" {
		t.Fatalf("the link past the navigation leads to %+v: %v", at, err)
	}
	if err := chromedp.Run(ctx, chromedp.Navigate(x.URL+"/"), chromedp.WaitReady("#main", chromedp.ByID)); err != nil {
		t.Fatal(err)
	}
	tabTo(t, ctx, func(f focus) bool { return f.ID == "q" })
	if err := chromedp.Run(ctx, chromedp.KeyEvent("acme")); err != nil {
		t.Fatal(err)
	}
	enter(t, ctx, pages["pool"])
	tabTo(t, ctx, func(f focus) bool { return f.Tag == "SUMMARY" })
	var open bool
	if err := chromedp.Run(ctx, chromedp.KeyEvent(kb.Enter), chromedp.Evaluate(`document.getElementById("figures").open`, &open)); err != nil || !open {
		t.Errorf("Enter opens the figures: %t, %v", open, err)
	}
	tabTo(t, ctx, func(f focus) bool { return f.Href == pages["member"] })
	enter(t, ctx, pages["member"])
	tabTo(t, ctx, func(f focus) bool { return f.Href == pages["pool"] })
	enter(t, ctx, pages["pool"])
}

// What people read is the same with scripts and without, but for what scripts add: charts, copies, and how far away times are.
func TestFactsNeedNoJavaScript(t *testing.T) {
	ctx := browser(t)
	x := start(t, life(t), 260)
	pages := x.pages(t)
	const facts = `(() => {
		for (const e of document.querySelectorAll(".near, .copy, .plot")) e.remove();
		return [...document.querySelectorAll("main :is(h1, h2, h3, p, dt, dd, th, td, li, summary)")].filter((e) => e.checkVisibility()).map((e) => e.innerText.trim());
	})()`
	for _, name := range []string{"overview", "pools", "pool", "member", "address", "operator", "operators", "tickets", "payout", "block", "glossary"} {
		var with, without []string
		for disabled, list := range map[bool]*[]string{false: &with, true: &without} {
			err := chromedp.Run(ctx, chromedp.EmulateViewport(390, 844), emulation.SetScriptExecutionDisabled(disabled), chromedp.Navigate(x.URL+pages[name]),
				chromedp.WaitReady("#main", chromedp.ByID), chromedp.Evaluate(facts, list))
			if err != nil {
				t.Fatal(err)
			}
		}
		if len(without) < 5 || !slices.Equal(with, without) {
			t.Errorf("%s says with scripts\n%q\nand without\n%q", name, with, without)
		}
	}
}
