package api_test

import (
	"context"
	"encoding/json"
	"net/http"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// A check says of every recorded ticket, before its block, what the block then made of it, by the ledger in memory and by one that is
// loaded for the check. It only differs in the time: the recorded pledges are too old by now, which is looked at after most else.
func TestChecksForetellTheBlock(t *testing.T) {
	t.Parallel()
	net, err := pastel.NetworkByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	for _, how := range []string{"ledger", "loaded"} {
		url := filepath.Join(t.TempDir(), "ledger.db")
		x := start(t, 100, url, func(c *api.Config) {
			if how == "loaded" {
				r, err := store.OpenReader(context.Background(), url, net, false)
				if err != nil {
					t.Fatal(err)
				}
				t.Cleanup(func() { r.Close() })
				c.Trier = api.NewLoaded(r)
			}
		})
		before := []string{ // bad_time, in protocol 6
			"unknown_pool", "not_subscribing", "bad_pastelid", "pool_full", "pledge_too_small", "output_not_found", "output_is_collateral",
			"output_immature", "output_too_small", "bad_address", "malformed", "bad_version",
		}
		foretold := map[string]int{}
		for h := pastel.Height(101); h <= 200; h++ {
			type asked struct {
				tx    string
				kind  ticket.Kind
				check api.Check
			}
			var list []asked
			for i := range x.blocks[h].Txs {
				tx := &x.blocks[h].Txs[i]
				carried := ticket.FromTx(tx, &net, h)
				if carried.Ticket == nil {
					continue
				}
				text, err := carried.Ticket.Encode()
				if err != nil {
					t.Fatal(err)
				}
				body, err := json.Marshal(map[string]string{"ticket": string(text)})
				if err != nil {
					t.Fatal(err)
				}
				status, answer := x.ask(t, http.MethodPost, "/api/v1/tickets/check", "", string(body))
				var c api.Check
				if err := json.Unmarshal(answer, &c); err != nil || status != http.StatusOK || c.Text == "" {
					t.Fatalf("block %d: %d %s", h, status, answer)
				}
				list = append(list, asked{tx.ID().String(), carried.Ticket.Kind, c})
			}
			x.move(t, h-1, h)
			if len(list) == 0 {
				continue
			}
			x.seen(t, h)
			events := read[api.List[api.Event]](t, x, "/api/v1/events?limit=1000&type=ticket.rejected").Items
			for _, a := range list {
				want := ""
				if i := slices.IndexFunc(events, func(e api.Event) bool { return e.TxID == a.tx }); i >= 0 {
					want = events[i].Reason
				}
				if a.kind == ticket.KindPart && !slices.Contains(before, want) {
					want = "bad_time"
				}
				if a.check.Reason != want || a.check.Accepted != (want == "") || a.check.Accepted != strings.Contains(a.check.Text, "would accept") {
					t.Errorf("%s, block %d, %s: foretold %q (%s), want %q", how, h, a.kind, a.check.Reason, a.check.Text, want)
				}
				foretold[want]++
			}
		}
		if len(foretold) < 6 || foretold[""] < 2 || foretold["bad_time"] < 3 {
			t.Errorf("%s: too little was foretold: %v", how, foretold)
		}
	}
}
