package web_test

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"github.com/pastelnetwork/smartpool/books"
)

// The link in a message asks before it stops anything, as programs follow links, too; its button stops the messages. Other sites cannot.
func TestStopPage(t *testing.T) {
	const secret = "ABCDEFGHIJKLMNOPQRSTUVWXYZ23"
	x := start(t, life(t), 200)
	var stopped []string
	x.with(func() {
		x.stop = func(_ context.Context, s string) error {
			if s != secret {
				return books.ErrNotFound
			}
			stopped = append(stopped, s)
			return nil
		}
	})
	for path, code := range map[string]int{
		"/stop/" + secret: http.StatusOK, "/stop/a": http.StatusNotFound, "/stop/" + strings.Repeat("A", 200): http.StatusNotFound, "/stop/" + secret + "?x=1": http.StatusUnprocessableEntity,
	} {
		if got, text := x.get(t, http.MethodGet, path); got != code || strings.Contains(text, "Stopped") {
			t.Errorf("GET %s: %d, want %d", path, got, code)
		}
	}
	other := strings.Replace(secret, "A", "B", 1)
	if got, text := x.get(t, http.MethodPost, "/stop/"+other); got != http.StatusOK || !strings.Contains(text, "has ended before") {
		t.Errorf("another secret: %d\n%s", got, text)
	}
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, x.URL+"/stop/"+secret, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	res, err := x.Client().Do(r)
	if err != nil {
		t.Fatal(err)
	}
	res.Body.Close()
	if res.StatusCode != http.StatusUnprocessableEntity || len(stopped) > 0 {
		t.Fatalf("another site's form: %s, stopped %v", res.Status, stopped)
	}
	ctx := browser(t)
	u, _ := url.Parse(x.URL)
	complaints := watch(ctx, u.Host)
	inspect(t, ctx, x.URL+"/stop/"+secret, []view{views[0], views[3]}, complaints, func(view, int) {})
	var text string
	if _, err := chromedp.RunResponse(ctx, chromedp.Click("#main button", chromedp.ByQuery)); err != nil {
		t.Fatal(err)
	}
	if err := chromedp.Run(ctx, chromedp.Text("#main", &text, chromedp.ByID)); err != nil || !strings.Contains(text, "Stopped") || len(stopped) != 1 {
		t.Errorf("%v, %v:\n%s", stopped, err, text)
	}
}
