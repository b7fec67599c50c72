package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// The first sentence of the status page is that of the daemon's state, and what is told of node and alerts agrees with it.
func TestStatusSaysWhetherAllIsWell(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*wire.Status)
		want   []string
	}{
		"well":   {func(*wire.Status) {}, []string{"<strong>All is well.</strong>", "No pool is short of collateral", "this daemon sends none", "No change of them is announced"}},
		"behind": {func(s *wire.Status) { s.Ready, s.Trouble = false, "The node is 12 blocks behind the network." }, []string{"<strong>Not up to date.</strong>", "The node is 12 blocks behind the network."}},
		"halted": {func(s *wire.Status) { s.Ready, s.Trouble = false, "The ledger is halted: block 201 breaks the rules." }, []string{"<strong>Not up to date.</strong>", "The ledger is halted"}},
		"a reader that is behind": {func(s *wire.Status) { s.ReadOnly, s.Behind = true, &wire.Lag{Blocks: 1} },
			[]string{"<strong>A little behind.</strong>", "1 block behind the daemon that writes", "none: another daemon follows one"}},
		"a reader that is not": {func(s *wire.Status) { s.ReadOnly, s.Behind = true, &wire.Lag{} }, []string{"<strong>All is well.</strong>"}},
		"alerts that wait":     {func(s *wire.Status) { s.Alerts = &wire.Deliveries{Subscriptions: 2, Waiting: 1, Oldest: 30} }, []string{"<strong>All is well.</strong>", "1 message waiting"}},
		"alerts that are lost": {func(s *wire.Status) { s.Alerts = &wire.Deliveries{Subscriptions: 2, GivenUp: 3} }, []string{"<strong>Something needs attention.</strong>", "3 messages given up"}},
		"node": {func(s *wire.Status) {
			at, headers := pastel.Height(200), pastel.Height(210)
			s.NodeHeight, s.Headers = &at, &headers
		}, []string{"at block 200, of 210 that it knows"}},
	} {
		t.Run(name, func(t *testing.T) {
			x := start(t, life(t), 200)
			x.with(func() {
				x.status = func(s wire.Status, err error) (wire.Status, error) {
					c.change(&s)
					return s, err
				}
			})
			code, text := x.get(t, http.MethodGet, "/status")
			if code != http.StatusOK {
				t.Fatalf("%d", code)
			}
			for _, want := range c.want {
				if !strings.Contains(text, want) {
					t.Errorf("the page lacks %q:\n%s", want, text)
				}
			}
		})
	}
}

// A member gets from the status page to their own with the keyboard alone, and without scripts.
func TestStatusLeadsToYourPage(t *testing.T) {
	x := start(t, life(t), 200)
	member := strings.TrimPrefix(x.pages(t)["member"], "/members/")
	for _, scripts := range []bool{true, false} {
		ctx := browser(t)
		var at, overdue string
		_, err := chromedp.RunResponse(ctx, emulation.SetScriptExecutionDisabled(!scripts), chromedp.Navigate(x.URL+"/status"))
		if err == nil {
			err = chromedp.Run(ctx, chromedp.Text("#main", &overdue, chromedp.ByID), chromedp.Focus("#mine-q", chromedp.ByID))
		}
		if err == nil {
			_, err = chromedp.RunResponse(ctx, chromedp.SendKeys("#mine-q", " "+member+"\r", chromedp.ByID))
		}
		if err == nil {
			err = chromedp.Run(ctx, chromedp.Location(&at))
		}
		if u, bad := url.Parse(at); err != nil || bad != nil || u.Path != "/members/"+member {
			t.Errorf("with scripts %t, it leads to %q, %v:\n%s", scripts, at, err, overdue)
		}
	}
}
