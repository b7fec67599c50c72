package web_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/internal/largepool"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// state is a situation in which people look at pages.
type state struct {
	name string
	make func(t *testing.T) (*site, map[string]string) // the paths of its pages
	says map[string]string                             // what a page says
	code map[string]int                                // of a page, if not 200
	// In a browser these pages fit a phone, and axe-core finds nothing in them.
	browser []string
}

// at is a recorded chain at a height.
func at(name string, height pastel.Height, change func(*site)) func(*testing.T) (*site, map[string]string) {
	return func(t *testing.T) (*site, map[string]string) {
		x := start(t, ledgertest.Recorded(t, name), height)
		if change != nil {
			change(x)
		}
		pages := x.pages(t)
		pages["block"] = fmt.Sprintf("/blocks/%d", height)
		return x, pages
	}
}

// states are the situations that every page must stand.
var states = []state{
	{
		name: "subscribing", make: at("life", 126, nil), browser: []string{"pool"},
		says: map[string]string{
			"pool": "A pool earns once its operator has activated it.", "member": "counts once the pool starts with it", "ended": "No pool has ended.", "supernodes": "Look again in some minutes", "status": "<strong>All is well.</strong>",
			"operator": "Nothing has been settled or paid yet.",
		},
	},
	{name: "short", make: at("life", 248, nil), browser: []string{"status"}, says: map[string]string{"status": "1 pool is short of collateral", "pool": "Unless members pledge more", "member": "Short of collateral.", "operator": "Short of collateral."}},
	{
		name: "dissolved", make: at("life", 279, nil), browser: []string{"pool", "member", "open"},
		says: map[string]string{"pool": "The pool was dissolved in", "open": "No pool accepts pledges now.", "pools": "No pool is open or active.", "member": "No live pledges."},
	},
	{name: "closed", make: at("life", 338, nil), browser: []string{"pool"}, says: map[string]string{"pool": "No pledge is left", "join": "The pool has ended: choose another one.", "overview": "Ended pools (1)", "operator": "No pool is open or active."}},
	{
		name: "expired", make: func(t *testing.T) (*site, map[string]string) {
			x := start(t, ledgertest.Recorded(t, "dense"), 330)
			list, _, _, err := x.books.Pools(t.Context(), wire.PoolQuery{Status: []string{"expired"}})
			if err != nil || len(list) == 0 {
				t.Fatalf("%v, %v", list, err)
			}
			return x, map[string]string{"pool": "/pools/" + list[0].ID, "operator": "/operators/" + list[0].Operator}
		}, browser: []string{"pool"},
		says: map[string]string{"pool": "The pool never started"},
	},
	{
		name: "nothing yet", browser: []string{"overview", "pools", "operators", "tickets", "account", "member"}, make: func(t *testing.T) (*site, map[string]string) {
			x := start(t, life(t), 0)
			pages := lists()
			pages["account"], pages["member"] = "/accounts/tPmjubJFX9pA9n7dtrEB2bGsQVBTvRPGuqL", "/members/"+stranger(t)
			pages["unknown pool"], pages["unknown payout"] = "/pools/acme."+strings.Repeat("0", 40), "/payouts/"+strings.Repeat("0", 64)
			return x, pages
		},
		code: map[string]int{"unknown pool": http.StatusNotFound, "unknown payout": http.StatusNotFound, "found": http.StatusUnprocessableEntity},
		says: map[string]string{
			"overview": "An operator opens one with", "pools": "No pool is open or active.", "open": "No pool accepts pledges now.", "operators": "No pool has been opened yet.", "tickets": "No ticket was rejected.",
			"accepted": "There are none yet.", "account": "No pledge has named this address", "member": "This PastelID is not registered", "unknown pool": "Check the id", "ended": "No pool has ended.",
		},
	},
	{
		name: "empty ledger", make: func(t *testing.T) (*site, map[string]string) { return start(t, life(t), -1), lists() }, browser: []string{"overview", "status"},
		code: map[string]int{
			"overview": 503, "pools": 503, "ended": 503, "open": 503, "operators": 503, "tickets": 503, "accepted": 503, "found": 503, "reference": 503,
		},
		says: map[string]string{"overview": "This page refreshes by itself.", "status": "<strong>Starting.</strong>"},
	},
	{
		name: "trouble", make: at("life", 246, func(x *site) { x.trouble = "The node has stopped answering. Start it." }), browser: []string{"pool"},
		says: map[string]string{"pool": "<strong>Not up to date.</strong> The node has stopped answering.", "member": "Not up to date.", "operator": "not up to date: see above", "overview": "Not up to date.", "status": "<strong>Not up to date.</strong>"},
	},
	{name: "shadow run", make: shadowed, browser: []string{"pool", "overview"}, says: map[string]string{
		"overview": "These pages show what enforcement would do.", "pool": "<strong>Broken.</strong>", "operator": "Broken", "member": "Broken", "status": "1 pool broken by an unauthorized spend",
	}},
	{
		name: "500 pledges", make: func(t *testing.T) (*site, map[string]string) {
			c, err := largepool.Make()
			if err != nil {
				t.Fatal(err)
			}
			x := start(t, c.Blocks, pastel.Height(len(c.Blocks)-1))
			pages := x.pages(t)
			pages["member"], pages["address"] = "/members/"+c.Members[0], "/accounts/"+x.reward(t, c.Members[0])
			pages["all of the pool"], pages["all of the member"] = pages["pool"]+"?pledges=all", pages["member"]+"?pledges=all"
			delete(pages, "found")
			return x, pages
		}, browser: []string{"all of the pool", "all of the member", "address", "operator", "payout", "join"},
		says: map[string]string{
			"pool": "401 PastelIDs with 500 pledges", "all of the pool": "Combine pledges by PastelID", "member": "100 live, 0 ended", "operator": "Critical members",
		},
	},
	{name: "4,000 pools", make: manyPools, browser: []string{"overview", "pools", "operators", "found"}, says: map[string]string{
		"overview": "The first 50 of 4,000 pools.", "pools": "Next page", "operators": "Next page", "found": "The first 50 of them.", "accepted": "Older",
	}},
}

// stranger returns a PastelID that no recorded chain has.
func stranger(t *testing.T) string {
	t.Helper()
	key, err := pastelid.FromSeed(bytes.Repeat([]byte{7}, pastelid.SeedSize))
	if err != nil {
		t.Fatal(err)
	}
	return key.ID().String()
}

// lists are the pages that need nothing to be there.
func lists() map[string]string {
	return map[string]string{
		"overview": "/", "pools": "/pools", "ended": "/pools?show=ended", "open": "/pools?show=open", "operators": "/operators", "tickets": "/tickets", "accepted": "/tickets?kind=accepted",
		"supernodes": "/supernodes", "status": "/status", "reference": "/reference", "glossary": "/glossary", "found": "/find?q=acne",
	}
}

// reward returns an address that a member's rewards go to.
func (x *site) reward(t *testing.T, member string) string {
	t.Helper()
	list, _, _, err := x.books.Pledges(t.Context(), wire.PledgeQuery{OfID: wire.OfID{PastelID: member}, AsOf: now, Page: wire.Page{Limit: 1}})
	if err != nil || len(list) == 0 {
		t.Fatalf("%v, %v", list, err)
	}
	return list[0].Reward
}

var now = wire.AsOf{At: wire.Now}

// shadowed is a shadow run in which somebody took coins from a pool's escrow.
func shadowed(t *testing.T) (*site, map[string]string) {
	const before = 145
	blocks := ledgertest.Recorded(t, "life")[:before+1]
	ledger, r := ledgertest.Shadow(t, blocks, before)
	var p pool.Pool
	ledger.View(func(s *pool.State) { p, _ = s.Pool(s.Pools()[0]) })
	script := p.Escrow.Script()
	var unauthorized []pastel.TxIn
	raw := chaintest.Parsed(t, "life")
	for _, b := range raw[:before+1] {
		for i := range b.Txs {
			for vout := range b.Txs[i].Outputs {
				if bytes.Equal(b.Txs[i].Outputs[vout].Script, script) {
					unauthorized = []pastel.TxIn{{PrevOut: pastel.OutPoint{TxID: b.Txs[i].ID(), Vout: uint32(vout)}, Sequence: 0xffffffff}}
				}
			}
		}
	}
	if unauthorized == nil {
		t.Fatal("the escrow has received nothing")
	}
	last := raw[before]
	coinbase := []pastel.TxIn{{PrevOut: pastel.OutPoint{Vout: 0xffffffff}, ScriptSig: []byte("146"), Sequence: 0xffffffff}}
	anyone := []pastel.TxOut{{Value: 1, Script: []byte{0x51}}}
	txs := []pastel.Tx{*pastel.NewTx(true, coinbase, anyone), *pastel.NewTx(true, unauthorized, anyone)}
	net := r.Params()
	taken := pool.Prepare(&net, before+1, pastel.NewBlock(pastel.BlockHeader{Version: 4, Prev: last.Hash(), Time: last.Header.Time + 150}, txs))
	x := serve(t, append(blocks, taken), ledger, r)
	x.move(t, before+1)
	x.tells(t, before+1, "/", nil, nil)
	pages := x.pages(t)
	pages["block"] = fmt.Sprintf("/blocks/%d", before+1)
	return x, pages
}

// makeMany makes a chain of 4,000 pools under 40 operators' names; it takes seconds.
var makeMany = sync.OnceValues(func() ([]*pool.Prepared, error) {
	pools := make([]largepool.Opening, 4000)
	for i := range pools {
		pools[i] = largepool.Opening{Label: fmt.Sprintf("harbour-%d", i), Company: fmt.Sprintf("Harbour Nodes %d", i/100)}
	}
	_, blocks, err := largepool.Named(pools)
	return blocks, err
})

func manyPools(t *testing.T) (*site, map[string]string) {
	blocks, err := makeMany()
	if err != nil {
		t.Fatal(err)
	}
	x := start(t, blocks, pastel.Height(len(blocks)-1))
	pages := lists()
	list, _, _, err := x.books.Pools(t.Context(), wire.PoolQuery{Sorted: wire.Sorted{Limit: 1}})
	if err != nil {
		t.Fatal(err)
	}
	pages["pool"], pages["operator"], pages["found"] = "/pools/"+list[0].ID, "/operators/"+list[0].Operator, "/find?q=harbor"
	return x, pages
}

// mostWeight is the most that a page with its styles and scripts may weigh, compressed, in bytes.
const mostWeight = 150_000

// Every page stands every situation: it is whole, says what matters, is light, and fits a phone in a browser.
func TestEveryPageInEveryState(t *testing.T) {
	ctx := browser(t)
	heaviest, page := 0, ""
	for _, s := range states {
		t.Run(s.name, func(t *testing.T) {
			x, pages := s.make(t)
			for name, path := range pages {
				code, text := x.get(t, http.MethodGet, path)
				if want := max(s.code[name], http.StatusOK); code != want && (name != "error" || code != http.StatusNotFound) {
					t.Errorf("%s: %d, want %d", path, code, want)
				}
				if want := s.says[name]; !strings.Contains(text, want) {
					t.Errorf("%s lacks %q:\n%s", path, want, text)
				}
				for _, not := range []string{"<no value>", "ZgotmplZ", "%!", "0001-01-01", "[]", "map["} {
					if strings.Contains(text, not) && name != "reference" {
						t.Errorf("%s has %q", path, not)
					}
				}
				if !strings.HasSuffix(strings.TrimSpace(text), "</html>") {
					t.Errorf("%s has no end", path)
				}
				if n := x.weight(t, text); n > heaviest {
					heaviest, page = n, s.name+" "+path
				}
			}
			for name := range s.says {
				if pages[name] == "" {
					t.Errorf("there is no page %s", name)
				}
			}
			u, _ := url.Parse(x.URL)
			tab, cancel := chromedp.NewContext(ctx) // the page of another state would still ask for its stream
			t.Cleanup(cancel)
			if err := chromedp.Run(tab, network.Enable(), log.Enable(), runtime.Enable()); err != nil {
				t.Fatal(err)
			}
			complaints := watch(tab, u.Host)
			for _, name := range s.browser {
				complaints.expect(http.StatusText(s.code[name]))
				inspect(t, tab, x.URL+pages[name], []view{views[3]}, complaints, func(view, int) {})
			}
		})
	}
	t.Logf("the heaviest page, %s, weighs %d bytes", page, heaviest)
	if heaviest > mostWeight {
		t.Errorf("it may weigh at most %d", mostWeight)
	}
}

var assetLink = regexp.MustCompile(`(?:href|src)="(/assets/[^"#]+)"`)

// weight returns what a page and what it loads weigh, compressed, in bytes.
func (x *site) weight(t *testing.T, text string) int {
	t.Helper()
	sum := compressed(t, text)
	var seen []string
	for _, m := range assetLink.FindAllStringSubmatch(text, -1) {
		if path := m[1]; !slices.Contains(seen, path) {
			seen = append(seen, path)
			code, body := x.get(t, http.MethodGet, path)
			if code != http.StatusOK {
				t.Fatalf("%s: %d", path, code)
			}
			sum += compressed(t, body)
		}
	}
	if len(seen) < 6 {
		t.Fatalf("a page loads only %v", seen)
	}
	return sum
}

func compressed(t *testing.T, text string) int {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	if _, err := w.Write([]byte(text)); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Len()
}
