package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// Pages of other hosts, and of other ports of this one, show no page for joining in a frame, and have the browser post nothing by a form.
func TestOtherSitesNeitherFrameNorPost(t *testing.T) {
	x := start(t, life(t), 149)
	w := x.wants(t)
	ctx := browser(t)
	other := httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, _ *http.Request) {
		rw.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(rw, `<title>Prizes</title><iframe src="%[1]s/join?pool=%[2]s"></iframe>
<form method="post" action="%[1]s/join/post"><input name="ticket" value="{}"><button>Win</button></form>
<form method="post" action="%[1]s/join/register"><input name="pool" value="%[2]s"><button>Win more</button></form>`, x.URL, w.pool)
	}))
	defer other.Close()
	var frames *page.FrameTree
	err := chromedp.Run(ctx, chromedp.Navigate(other.URL), chromedp.ActionFunc(func(ctx context.Context) (err error) {
		frames, err = page.GetFrameTree().Do(ctx)
		return err
	}))
	if err != nil || len(frames.ChildFrames) != 1 {
		t.Fatalf("the other page has frames %+v, %v", frames, err)
	}
	if f := frames.ChildFrames[0].Frame; f.UnreachableURL != x.URL+"/join?pool="+w.pool {
		t.Errorf("it frames %s; what it cannot reach is %q", f.URL, f.UnreachableURL)
	}
	for _, from := range []string{other.URL, strings.Replace(other.URL, "127.0.0.1", "localhost", 1)} {
		for _, form := range []string{"Win", "Win more"} {
			var text string
			err := chromedp.Run(ctx, chromedp.Navigate(from))
			if err == nil {
				// A script clicks, since nodes of the page change while its frame gives up.
				_, err = chromedp.RunResponse(ctx, chromedp.Evaluate(fmt.Sprintf(`[...document.querySelectorAll("button")].find(b => b.textContent == %q).click()`, form), nil))
			}
			if err == nil {
				err = chromedp.Run(ctx, chromedp.Text("#main", &text, chromedp.ByID))
			}
			if err != nil || !strings.Contains(text, "Another site sent this form") {
				t.Errorf("%s posts %q: %v\n%s", from, form, err, text)
			}
		}
	}
}
