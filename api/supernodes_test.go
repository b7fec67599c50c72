package api_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/chain"
)

// A Supernode's state is never cached: it depends on the node's current list.
func TestSupernodeIsNotKept(t *testing.T) {
	t.Parallel()
	const id = "acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82"
	const path = "/api/v1/pools/" + id + "/supernode"
	var listing atomic.Pointer[chain.Listing]
	x := start(t, 126, "", func(cfg *api.Config) { cfg.Books.AskNode(listing.Load) })
	if status, body := x.get(t, path); status != http.StatusNotFound {
		t.Errorf("a pool that is not active yet: %d %s", status, body)
	}
	x.move(t, 126, 145)
	x.seen(t, 145)
	for state, list := range map[string]*chain.Listing{"unknown": nil, "gone": {Whole: true}} {
		listing.Store(list)
		if status, body := x.ask(t, http.MethodGet, path, "", ""); status != http.StatusOK || !strings.Contains(string(body), `"state":"`+state+`"`) {
			t.Errorf("want %s: %d %s", state, status, body)
		}
	}
}
