package web_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/wire"
)

// The addresses of lists keep what is shown, in which order, and from where on.
func TestListsKeepOrderAndPlace(t *testing.T) {
	x := start(t, ledgertest.Recorded(t, "dense"), 330)
	all, _, _, err := x.books.Pools(context.Background(), wire.PoolQuery{Sort: wire.SortFee, Status: []string{"dissolved", "expired", "closed"}})
	if err != nil || len(all) < 3 {
		t.Fatalf("%d ended pools: %v", len(all), err)
	}
	_, _, next, err := x.books.Pools(context.Background(), wire.PoolQuery{
		Sort: wire.SortFee, Status: []string{"dissolved", "expired", "closed"}, Sorted: wire.Sorted{Limit: 2},
	})
	if err != nil {
		t.Fatal(err)
	}
	link := func(id string) string { return fmt.Sprintf(`href="/pools/%s"`, id) }
	code, text := x.get(t, http.MethodGet, "/pools?after="+url.QueryEscape(next)+"&show=ended&sort=fee")
	if code != http.StatusOK || strings.Contains(text, link(all[0].ID)) || strings.Contains(text, link(all[1].ID)) || !strings.Contains(text, link(all[2].ID)) {
		t.Errorf("%d: the page after two pools has others than %v:\n%s", code, all[2:], text)
	}
	for _, want := range []string{
		`<a href="/pools?show=ended&amp;sort=fee">First page</a>`, // there is no next page
		`<a href="/pools?sort=fee">Open and active</a>`,
		`<a href="/pools?show=open&amp;sort=fee">Accepting pledges</a>`,
		`<a href="/pools?show=ended&amp;sort=fee" aria-current="true">Ended</a>`,
		`<a href="/pools?show=ended">first opened</a>`,
		`<a href="/pools?show=ended&amp;sort=room">most room</a>`,
		`<a href="/pools?show=ended&amp;sort=fee" aria-current="true">lowest fee</a>`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %s:\n%s", want, text)
		}
	}
	if strings.Contains(text, "Next page") {
		t.Error("the last page has a next one")
	}
	_, text = x.get(t, http.MethodGet, "/operators?sort=since")
	for _, want := range []string{`<a href="/operators">most coins</a>`, `<a href="/operators?sort=since" aria-current="true">longest known</a>`} {
		if !strings.Contains(text, want) {
			t.Errorf("the page of operators lacks %s:\n%s", want, text)
		}
	}
	of := all[0].Operator
	_, text = x.get(t, http.MethodGet, "/pools?operator="+of+"&show=all&sort=fee")
	for _, want := range []string{
		"Only pools of operator", `<a href="/pools?operator=` + of + `&amp;show=all&amp;sort=fee" aria-current="true">lowest fee</a>`,
		`<a href="/pools?operator=` + of + `&amp;show=ended&amp;sort=fee">Ended</a>`,
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page of an operator's pools lacks %s:\n%s", want, text)
		}
	}
	_, text = x.get(t, http.MethodGet, "/pools?coins=1%2C200+PSL&sort=fee")
	for _, want := range []string{
		`value="1,200"`, "What a new pledge of 1,200 PSL would earn", `<a href="/pools?coins=1200">first opened</a>`, `<input type="hidden" name="sort" value="fee">`,
		`<span class="minor">with yours</span>`, "PSL would count",
	} {
		if !strings.Contains(text, want) {
			t.Errorf("the page of pools for a pledge lacks %s:\n%s", want, text)
		}
	}
	_, text = x.get(t, http.MethodGet, "/find?q="+strings.ToUpper(all[0].ID[:1]))
	for _, p := range all {
		if begins := p.ID[0] == all[0].ID[0]; strings.Contains(text, link(p.ID)) != begins {
			t.Errorf("pools whose ids begin with %s, found with %s: %t\n%s", all[0].ID[:1], p.ID, !begins, text)
		}
	}
	for path, code := range map[string]int{
		"/pools?coins=": http.StatusOK, "/pools?coins=10.000": http.StatusUnprocessableEntity, "/pools?coins=0": http.StatusUnprocessableEntity,
		"/pools?coins=21000000001": http.StatusUnprocessableEntity,
		"/pools?operator=jXnobody": http.StatusUnprocessableEntity,
		"/pools?sort=height":       http.StatusUnprocessableEntity, "/operators?sort=fee": http.StatusUnprocessableEntity,
		"/pools?after=nonsense": http.StatusUnprocessableEntity, "/?after=x": http.StatusUnprocessableEntity,
	} {
		if got, text := x.get(t, http.MethodGet, path); got != code {
			t.Errorf("%s: %d, want %d:\n%s", path, got, code, text)
		}
	}
}
