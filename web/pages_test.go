package web_test

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"fmt"
	"html"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/docs"
	"github.com/pastelnetwork/smartpool/internal/largepool"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// get asks for a page.
func (x *site) get(t *testing.T, method, path string) (status int, text string) {
	t.Helper()
	r, err := http.NewRequestWithContext(context.Background(), method, x.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	res, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res.StatusCode, string(body)
}

// A page names the block that it shows, also if the ledger moves while it is rendered.
func TestPagesNameTheBlockTheyShow(t *testing.T) {
	const before, block = 134, 135 // block 135 activates the pool
	x := start(t, life(t), before)
	moved := false
	x.with(func() {
		x.status = func(s wire.Status, err error) (wire.Status, error) {
			if moved {
				return s, err
			}
			moved = true
			x.move(t, block)
			tip, err := x.books.Tip(context.Background())
			s.Tip = tip
			return s, err
		}
	})
	_, text := x.get(t, http.MethodGet, "/pools")
	if !strings.Contains(text, fmt.Sprintf(`data-after="%d-`, before)) || strings.Contains(text, "badge active") {
		t.Errorf("the page is not of block %d, which was the last when it was asked for:\n%s", before, text)
	}
	if _, text = x.get(t, http.MethodGet, "/pools?show=open"); !strings.Contains(text, fmt.Sprintf(`data-after="%d-`, block)) || !strings.Contains(text, "badge active") {
		t.Errorf("the page is not of block %d:\n%s", block, text)
	}
}

// A page with nothing to show names no block, not even one from the year 1, and no position in the stream.
func TestPagesWithoutABlock(t *testing.T) {
	x := start(t, life(t), -1)
	for what, c := range map[string]struct {
		change func(wire.Status, error) (wire.Status, error)
		path   string
		code   int
		text   string
	}{
		"empty ledger":  {nil, "/", http.StatusServiceUnavailable, "The ledger holds no blocks yet because the daemon is syncing. This page refreshes by itself"},
		"joining":       {nil, "/join?pool=acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82", http.StatusServiceUnavailable, "The ledger holds no blocks yet"},
		"its operators": {nil, "/operators", http.StatusServiceUnavailable, "The ledger holds no blocks yet"},
		"no such page":  {nil, "/nowhere", http.StatusNotFound, "The ledger contains nothing under this address"},
		"no database": {
			func(wire.Status, error) (wire.Status, error) { return wire.Status{}, errors.New("gone") }, "/",
			http.StatusServiceUnavailable, "The database is not responding",
		},
	} {
		x.with(func() { x.status = c.change })
		code, text := x.get(t, http.MethodGet, c.path)
		if code != c.code || !strings.Contains(text, c.text) {
			t.Errorf("%s: %d, want %d, and %q in:\n%s", what, code, c.code, c.text, text)
		}
		for _, not := range []string{"block 0", `id="tip"`, "0001-01-01", "ledger digest", "after="} {
			if strings.Contains(text, not) {
				t.Errorf("%s: the page has %q", what, not)
			}
		}
		if waits := strings.Contains(text, "data-waiting"); waits != (c.code == http.StatusServiceUnavailable) {
			t.Errorf("%s: retries soon: %t", what, waits)
		}
	}
}

// Strangers cannot fill the cache with pages whose parameters change nothing.
func TestPagesRefuseUnknownParameters(t *testing.T) {
	x := start(t, life(t), 260)
	pages := x.pages(t)
	for path, code := range map[string]int{
		"/":                                http.StatusOK,
		"/?x=1":                            http.StatusUnprocessableEntity,
		"/?show=open":                      http.StatusUnprocessableEntity,
		"/pools?show=open":                 http.StatusOK,
		"/pools?show=ended":                http.StatusOK,
		"/pools?show=nonsense":             http.StatusUnprocessableEntity,
		"/pools?show=open&show=ended":      http.StatusUnprocessableEntity,
		"/pools?show=open&x":               http.StatusUnprocessableEntity,
		"/pools?show=%zz":                  http.StatusUnprocessableEntity,
		pages["pool"] + "?pledges=all":     http.StatusOK,
		pages["pool"] + "?pledges=some":    http.StatusUnprocessableEntity,
		pages["pool"] + "?before=nonsense": http.StatusUnprocessableEntity,
		pages["pool"] + "?after=1":         http.StatusUnprocessableEntity,
		pages["member"] + "?pledges=all":   http.StatusOK,
		pages["member"] + "?before=x":      http.StatusUnprocessableEntity,
		pages["address"] + "?pledges=all":  http.StatusOK,
		pages["address"] + "?x=1":          http.StatusUnprocessableEntity,
		pages["payout"] + "?x=1":           http.StatusUnprocessableEntity,
		"/operators?x=1":                   http.StatusUnprocessableEntity,
		"/tickets?x=1":                     http.StatusUnprocessableEntity,
		"/find?q=x&x=1":                    http.StatusUnprocessableEntity,
		"/find?q=" + pages["address"][len("/accounts/"):]: http.StatusSeeOther,
		"/find?q=Acme": http.StatusSeeOther, "/find?q=ac": http.StatusSeeOther, "/find?q=acne": http.StatusOK, "/find?q=acme+node": http.StatusOK, "/find?q=nothing+like+this": http.StatusUnprocessableEntity,
		"/find?q=": http.StatusUnprocessableEntity, "/find?q=%25": http.StatusUnprocessableEntity, "/find?q=acme.94cc4f16": http.StatusSeeOther,
	} {
		for _, method := range []string{http.MethodHead, http.MethodGet} {
			got, text := x.get(t, method, path)
			if got != code {
				t.Errorf("%s %s: %d, want %d", method, path, got, code)
			}
			if method == http.MethodHead && text != "" {
				t.Errorf("HEAD %s has a body", path)
			}
			if method == http.MethodGet && code == http.StatusUnprocessableEntity && !strings.Contains(text, "Invalid request") {
				t.Errorf("%s does not say what is wrong:\n%s", path, text)
			}
		}
	}
	for _, path := range []string{"/pools?show=open", "/pools?sh%6fw=%6fpen", "/pools?show=op%65n&"} { // one page
		if _, text := x.get(t, http.MethodGet, path); !strings.Contains(text, `data-path="/pools?show=open"`) {
			t.Errorf("%s is cached separately", path)
		}
	}
}

// Pages state the facts of their block.
func TestPagesTell(t *testing.T) {
	x := start(t, life(t), 126)
	for _, at := range []struct {
		height pastel.Height
		page   string
		has    []string
		hasNot []string
	}{
		{126, "overview", []string{`<td data-label="Cushion PSL" class="n">–</td>`, "<bdi>Acme Nodes</bdi>"}, []string{"-100"}},
		{126, "overview", []string{">Counted coins</dt><dd>0 <small>PSL</small>"}, nil},
		{126, "pools", []string{`<td data-label="Cushion PSL" class="n">–</td>`, "<bdi>Acme Nodes</bdi>"}, []string{"-100"}},
		{126, "pool", []string{"lets you join", "<bdi>Acme Nodes</bdi>", "Until then it earns nothing.", `<h2 id="members">Pledges <span class="minor">2 PastelIDs with 2 pledges</span>`}, []string{"Cushion", "wait in line and earn", "The part of an offer that backs the Supernode and earns. "}},
		{126, "operators", []string{"<bdi>Acme Nodes</bdi>"}, nil},
		{136, "pool", []string{"received in 1 reward, ", "Each bar covers 1 block."}, []string{"1 rewards", "1 blocks"}},
		{145, "overview", []string{`<td data-label="Cushion PSL" class="n">200</td>`}, nil},
		{145, "pool", []string{
			"A pledge of at least <strong>10 PSL</strong> would wait in line and earn once other members' coins leave.",
			"They do not share what the operator earns by mining.", "<dt>Since</dt><dd>The last block in which more of the pledge started to count.",
			"<dt>Held</dt><dd>The coins that counted at the last settlement, or when the pool started.", `<th scope="col">Mined</th>`,
			`<td data-label="Mined"><span>from <span class="moment">block 245 `,
		}, []string{"lets you join"}},
		{149, "pool", []string{
			`<h2 id="members">Members <span class="minor">4 PastelIDs with 4 pledges, 1 of them on <a class="term"`,
			"1 PastelID offers 500 PSL of the 1,450 PSL offered.",
		}, nil},
		{245, "pool", []string{`<td data-label="Mined"><span>in <span class="moment">block 245 `}, nil},
		{245, "member", []string{`rewards go to <a class="id" href="/accounts/tPeBRDMv5HnEVpcSheSB85aFCPw55XZ9bfW"`}, nil},
		{246, "member", []string{
			"Offers 450 PSL · all of them count and earn", `amended in <span class="moment">block 246 `, "amended a pledge. It now offers 450 PSL. Its rewards now go to tPh6aNDouJ…7ff4aS",
			`rewards go to <a class="id" href="/accounts/tPh6aNDouJHDG5MrNEVmykgpKn2HW7ff4aS"`, `<h2 id="paid">Paid</h2>`,
		}, []string{"count and earn, "}},
		{246, "operator", []string{
			"<bdi>Acme Nodes</bdi>", "<strong>Not paid lately.</strong>", "<dt>Longest wait between two of a pool</dt><dd>6 blocks</dd>", `<h2 id="income">`,
			"<dt>Pools</dt><dd>1 opened, 1 live now</dd>",
		}, nil},
		{248, "member", []string{"<strong>Short of collateral.</strong>", "It lacks 150 PSL, so its Supernode is paused", "all of them count, but earn nothing now"}, []string{"healthy"}},
		{248, "pool", []string{"The Supernode is paused.", "lets you join until", "Up to 350 PSL would count immediately."}, []string{"wait in line and earn"}},
		{260, "payout", []string{"Upgraded miners include it in their blocks", `<code class="command">smartpool verify payout `}, []string{"fee", "broadcast"}},
		{338, "pool", []string{"badge closed", `The pool was dissolved in <span class="moment">block 278 `, "nobody pledged what it lacked in time", "The pool is closed. Its pledges are released, and everything worth paying has been paid.", "The pool closed",
			`<dt>Closed</dt><dd><span class="moment">block 338 `, `<span class="amount">0.00001</span> PSL left in escrow forever.`,
		}, []string{"owes", "in escrow. ", "earns by mining"}},
		{338, "member", []string{"No live pledges."}, []string{"None.", "No pledges yet."}},
		{338, "ended", []string{"badge closed"}, nil},
		{338, "overview", []string{"Ended pools (1)"}, nil},
		{338, "operators", []string{`1 <span class="minor">dissolved,</span><br>0 <span class="minor">never started,</span><br>2 × <span class="minor">short of collateral</span>`}, nil},
	} {
		if x.ledger.Last().Height < at.height {
			x.move(t, at.height)
		}
		x.tells(t, at.height, x.pages(t)[at.page], at.has, at.hasNot)
	}
}

// A pool's page says how its Supernode is doing, and shows at the top what costs members their rewards.
func TestPoolTellsItsSupernode(t *testing.T) {
	x := start(t, life(t), 145)
	path := x.pages(t)["pool"]
	var p pool.Pool
	x.ledger.View(func(s *pool.State) { p, _ = s.Pool(s.Pools()[0]) })
	banner := func(text string) string { return `<p class="banner" role="note"><strong>` + text + `</strong>` }
	for i, at := range []struct {
		status      string
		payee       pastel.Address
		has, hasNot []string
	}{
		{"ENABLED", p.Escrow, []string{"Supernode: <strong>running</strong>. The node lists it", "Last income in"}, []string{"No Supernode is running.", "Paid elsewhere."}},
		{"EXPIRED", p.Escrow, []string{banner("No Supernode is running."), "Supernode: <strong>gone</strong>."}, nil},
		{"ENABLED", p.FeeAddress, []string{banner("Paid elsewhere."), "Supernode: <strong>elsewhere</strong>."}, nil},
	} {
		x.listed.Store(&chain.Listing{Whole: true, Listed: map[pastel.OutPoint]chain.Listed{
			{TxID: p.ActivationTx, Vout: chain.PoolIndex}: {Status: at.status, Payee: at.payee},
		}})
		height := pastel.Height(146 + i) // pages are cached until a block arrives
		x.move(t, height)
		x.tells(t, height, path, at.has, at.hasNot)
	}
	x.move(t, 278)
	x.tells(t, 278, path, []string{"Supernode: <strong>ended</strong>. The pool has ended", "may shut its machine down"}, []string{banner("No Supernode is running.")})
}

// tells requires a page, as of a block, to contain some texts and not others.
func (x *site) tells(t *testing.T, height pastel.Height, path string, has, hasNot []string) {
	t.Helper()
	text := ""
	x.eventually(t, "the page of the block", func() bool { return strings.Contains(text, fmt.Sprintf(`id="tip">%d<`, height)) }, func() {
		_, text = x.get(t, http.MethodGet, path)
	})
	for _, want := range has {
		if !strings.Contains(text, want) {
			t.Errorf("%s in block %d lacks %q:\n%s", path, height, want, text)
		}
	}
	for _, not := range hasNot {
		if strings.Contains(text, not) {
			t.Errorf("%s in block %d has %q", path, height, not)
		}
	}
}

// A pledge that counts in part says so, before and after coins that wait in line are spent.
func TestPagesTellWhatCounts(t *testing.T) {
	x := start(t, ledgertest.Recorded(t, "dense"), 337)
	reduced, _, _, err := x.books.Events(context.Background(), wire.EventQuery{Type: []string{"pledge.reduced"}, From: 337, To: 337, Page: wire.Page{Limit: 1}})
	if err != nil || len(reduced) != 1 {
		t.Fatalf("%v, %v", reduced, err)
	}
	member, in := "/members/"+reduced[0].PastelID, "/pools/"+reduced[0].Pool
	x.tells(t, 337, member+"?pledges=all", []string{"Offers 250 PSL · all of them count and earn", "spent coins that waited in line"}, nil)
	if _, err := x.ledger.Step(context.Background(), 330, x.blocks[331:337]); err != nil {
		t.Fatal(err)
	}
	x.tells(t, 336, member+"?pledges=all", []string{
		"Offers 400 PSL · 250 count and earn, 150 wait in line", "150 PSL that wait in line can be spent at no cost",
	}, nil)
	x.tells(t, 336, in+"?pledges=all", []string{
		`<td data-label="Offered PSL" class="n">400</td><td data-label="Counted PSL" class="n">250</td>`, "<dt>Waiting in line</dt>",
	}, nil)
}

// Claims too small to be paid wait. An address without a live pledge in the pool also sees what an ended pool pays.
func TestPagesTellOfSmallClaims(t *testing.T) {
	const address = "tPe3mwnBY7KnaPRaLrBi4pKC2PbB9XGop6s" // is owed 21 patoshi
	x := start(t, ledgertest.Recorded(t, "dense"), 240)
	const owed = `is settled and waits until at least <span class="amount">1.00000</span> PSL is owed`
	a, err := x.books.Address(context.Background(), address)
	if err != nil || len(a.Claims) != 1 || a.Claims[0].Amount != 21 || len(a.Positions) == 0 {
		t.Fatalf("%+v, %v", a, err)
	}
	for _, path := range []string{"/accounts/" + address, "/members/" + a.Positions[0].PastelID} {
		x.tells(t, 240, path, []string{owed + "."}, []string{"next payout"})
	}
	x.move(t, 250)
	x.tells(t, 250, "/accounts/"+address, []string{owed + `, or <span class="amount">0.00100</span> PSL if the pool has ended.`}, []string{"next payout"})
}

// Leaving with 100 pledges costs all points of reputation and no more.
func TestPagesBoundPoints(t *testing.T) {
	c, err := largepool.Make()
	if err != nil {
		t.Fatal(err)
	}
	x := start(t, c.Blocks, pastel.Height(len(c.Blocks)-1))
	if _, text := x.get(t, http.MethodGet, "/members/"+c.Members[0]); !strings.Contains(text, ", 100 points of reputation") {
		t.Errorf("leaving with 100 pledges does not cost 100 points:\n%s", text)
	}
}

// The page of Supernodes tells those that pools back from the others, and says when it does not know.
func TestSupernodesPage(t *testing.T) {
	x := start(t, life(t), 145)
	x.tells(t, 145, "/supernodes", []string{"its node has no recent list"}, []string{"<table"})
	var p pool.Pool
	x.ledger.View(func(s *pool.State) { p, _ = s.Pool(s.Pools()[0]) })
	list := &chain.Listing{At: time.Unix(1_700_000_000, 0).UTC(), Listed: map[pastel.OutPoint]chain.Listed{
		{TxID: p.ActivationTx, Vout: chain.PoolIndex}:     {Status: "ENABLED", Payee: p.Escrow, Address: "192.0.2.7:9933"},
		{TxID: pastel.TxID{31: 1}, Vout: chain.PoolIndex}: {Status: "<b>", Payee: p.FeeAddress},
	}}
	for i := range byte(50) {
		list.Listed[pastel.OutPoint{TxID: pastel.TxID{i}, Vout: 1}] = chain.Listed{Status: "EXPIRED"}
	}
	x.listed.Store(list)
	x.tells(t, 145, "/supernodes", []string{
		"<dt>Backed by pools</dt><dd>2</dd>", "<dt>Regular</dt><dd>50</dd>", "Incomplete.", `pool <a class="id" href="/pools/` + string(p.ID), "192.0.2.7:9933", "its escrow",
		"paid elsewhere", "&lt;b&gt;", "Next page",
	}, []string{"First page", "<b>"})
	_, text := x.get(t, http.MethodGet, "/supernodes")
	next := regexp.MustCompile(`"(/supernodes\?after=[^"]+)"`).FindStringSubmatch(text)
	if next == nil {
		t.Fatalf("no next page:\n%s", text)
	}
	x.tells(t, 145, html.UnescapeString(next[1]), []string{"First page", "EXPIRED"}, []string{"Next page", "192.0.2.7"})
}

// The reference has every operation and type of the API's document, and every link in it leads somewhere.
func TestReferenceIsWhole(t *testing.T) {
	x := start(t, life(t), 145)
	_, raw := x.get(t, http.MethodGet, "/api/openapi.json")
	var d struct {
		Paths      map[string]map[string]any
		Components struct{ Schemas map[string]any }
	}
	if err := json.Unmarshal([]byte(raw), &d); err != nil || len(d.Paths) < 20 || len(d.Components.Schemas) < 40 {
		t.Fatalf("%d paths, %d types, %v", len(d.Paths), len(d.Components.Schemas), err)
	}
	code, text := x.get(t, http.MethodGet, "/reference")
	if code != http.StatusOK || len(text) > 150<<10 {
		t.Errorf("%d, %d bytes", code, len(text))
	}
	for path, methods := range d.Paths {
		for method := range methods {
			if want := "<h3><code>" + strings.ToUpper(method) + " " + html.EscapeString(path) + "</code></h3>"; !strings.Contains(text, want) {
				t.Errorf("the reference lacks %s", want)
			}
		}
	}
	for name := range d.Components.Schemas {
		if !strings.Contains(text, `id="`+name+`"`) {
			t.Errorf("the reference lacks type %s", name)
		}
	}
	for _, to := range regexp.MustCompile(`href="#([^"]+)"`).FindAllStringSubmatch(text, -1) {
		if to[1] != "main" && !strings.Contains(text, `id="`+to[1]+`"`) {
			t.Errorf("a link leads to %s, which is not there", to[1])
		}
	}
}

// A block's page compares its digest with another daemon's.
func TestBlocksAreCompared(t *testing.T) {
	x := start(t, life(t), 260)
	b, err := x.books.Block(t.Context(), 246)
	if err != nil {
		t.Fatal(err)
	}
	other := strings.Repeat("0", 64)
	x.tells(t, 260, "/blocks/246", []string{b.Digest, "amended a pledge"}, []string{"The same.", "Different."})
	x.tells(t, 260, "/blocks/246?digest="+strings.ToUpper(b.Digest), []string{"The same."}, []string{"Different."})
	x.tells(t, 260, "/blocks/246?digest="+other, []string{"Different."}, []string{"The same."})
	x.tells(t, 260, "/blocks/1", []string{"Nothing that concerns pools."}, nil)
	for path, code := range map[string]int{
		"/blocks/261": http.StatusNotFound, "/blocks/x": http.StatusUnprocessableEntity, "/blocks/-1": http.StatusUnprocessableEntity,
		"/blocks/246?digest=12": http.StatusUnprocessableEntity,
	} {
		if got, _ := x.get(t, http.MethodGet, path); got != code {
			t.Errorf("%s: %d, want %d", path, got, code)
		}
	}
}

// What people ask most is answered where docs/dashboard.md says, and what it says stands in quotes there is on the page.
func TestQuestionsAreAnswered(t *testing.T) {
	doc, err := os.ReadFile("../docs/dashboard.md")
	if err != nil {
		t.Fatal(err)
	}
	x := start(t, life(t), 245)
	list := x.pages(t)
	paths := map[string]string{
		"/members/PASTELID": list["member"], "/operators/PASTELID": list["operator"], "/blocks/HEIGHT": "/blocks/245", "/pools/ID": list["pool"],
		"/payouts/TXID": list["payout"], "/tickets": "/tickets", "/join?pool=ID": x.wants(t).at("/join"),
	}
	page, asked := "", map[string]int{}
	for _, row := range regexp.MustCompile(`(?m)^\| (member|operator|auditor|newcomer) \| ([^|]+\?) \| (?:`+"`([^`|]+)`"+`[^|]*)? ?\| ([^|]+) \|$`).FindAllStringSubmatch(string(doc), -1) {
		who, question, place := row[1], row[2], row[4]
		if row[3] != "" {
			if page = paths[row[3]]; page == "" {
				t.Fatalf("%s: no page %s", question, row[3])
			}
		}
		asked[who]++
		_, text := x.get(t, http.MethodGet, page)
		for _, quoted := range regexp.MustCompile("«([^»]+)»").FindAllStringSubmatch(place, -1) {
			if quoted[1] != "healthy" && !strings.Contains(text, quoted[1]) {
				t.Errorf("%s: %s lacks %q", question, page, quoted[1])
			}
		}
	}
	if asked["member"] != 5 || asked["operator"] != 5 || asked["auditor"] != 5 || asked["newcomer"] != 5 {
		t.Errorf("questions: %v, want five of each", asked)
	}
}

// The history of an account is all that the API lists of it, oldest first, as a file to keep.
func TestHistoryIsWhole(t *testing.T) {
	x := start(t, life(t), 338)
	pledges, _, _, err := x.books.Pledges(t.Context(), wire.PledgeQuery{AsOf: wire.AsOf{At: wire.Now}, Page: wire.Page{Limit: 1000}})
	if err != nil || len(pledges) == 0 {
		t.Fatalf("%v, %v", pledges, err)
	}
	count := map[string]int{}
	for i := range pledges {
		x.checkHistory(t, "/members/"+pledges[i].PastelID, wire.OfID{PastelID: pledges[i].PastelID}, wire.OfAddress{}, count)
		x.checkHistory(t, "/accounts/"+pledges[i].Reward, wire.OfID{}, wire.OfAddress{Address: pledges[i].Reward}, count)
	}
	if count["income"] == 0 || count["payout"] == 0 || count["forfeit"] == 0 {
		t.Errorf("entries: %v", count)
	}
	address := pledges[0].Reward
	for path, code := range map[string]int{
		"/members/jXnobody/history.csv": http.StatusUnprocessableEntity, "/accounts/x/history.csv": http.StatusUnprocessableEntity,
		"/accounts/" + address + "/history.csv?x=1": http.StatusUnprocessableEntity,
	} {
		if got, _ := x.get(t, http.MethodGet, path); got != code {
			t.Errorf("%s: %d, want %d", path, got, code)
		}
	}
}

// checkHistory compares the history on an account's page with the API's lists, and adds to the number of entries of each kind.
func (x *site) checkHistory(t *testing.T, path string, id wire.OfID, address wire.OfAddress, count map[string]int) {
	t.Helper()
	credits, _, _, err := x.books.Credits(t.Context(), wire.CreditQuery{OfID: id, OfAddress: address, AsOf: wire.AsOf{At: wire.Now}, Page: wire.Page{Limit: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	paid, _, _, err := x.books.Payments(t.Context(), wire.PaymentQuery{OfID: id, OfAddress: address, Status: "paid", Page: wire.Page{Limit: 1000}})
	if err != nil {
		t.Fatal(err)
	}
	res, err := x.Client().Get(x.URL + path + "/history.csv")
	if err != nil {
		t.Fatal(err)
	}
	rows, err := csv.NewReader(res.Body).ReadAll()
	res.Body.Close()
	if err != nil || res.Header.Get("Content-Type") != "text/csv; charset=utf-8" || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment; filename=") {
		t.Fatalf("%s: %v, %v", path, err, res.Header)
	}
	had, last := map[string]int{}, 0
	for _, row := range rows[1:] {
		height, _ := strconv.Atoi(row[1])
		if height < last {
			t.Errorf("%s: block %d follows block %d", path, height, last)
		}
		last = height
		had[row[2]]++
		count[row[2]]++
	}
	if had["income"] != len(credits) || had["payout"] != len(paid) {
		t.Errorf("%s: %v, want %d credits and %d payments", path, had, len(credits), len(paid))
	}
	_, text := x.get(t, http.MethodGet, path)
	if linked := strings.Contains(text, `<a href="`+path+`/history.csv" download>`); linked != (len(credits)+len(paid) > 0) {
		t.Errorf("%s has a link to its history: %t", path, linked)
	}
}

// The glossary has what the document has, and every term that a page links to.
func TestGlossaryIsWhole(t *testing.T) {
	x := start(t, life(t), -1) // it needs no block
	code, text := x.get(t, http.MethodGet, "/glossary")
	if code != http.StatusOK {
		t.Fatal(code)
	}
	document, _, _ := strings.Cut(docs.Glossary, "## In the code")
	rows := regexp.MustCompile(`(?m)^\| ([^|]+) \| [^|]+ \|$`).FindAllStringSubmatch(document, -1)
	if len(rows) < 40 {
		t.Fatalf("%d rows", len(rows))
	}
	for _, row := range rows {
		for _, term := range strings.Split(row[1], ", ") {
			if term != "term" && !strings.Contains(text, ">"+html.EscapeString(term)+"</dfn>") {
				t.Errorf("the page lacks %q", term)
			}
		}
	}
	for _, not := range []string{"[", "|", "`", "read model"} {
		if strings.Contains(text, not) {
			t.Errorf("the page has %q", not)
		}
	}
	templates, err := filepath.Glob("templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	linked := map[string]bool{}
	for _, name := range templates {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, term := range regexp.MustCompile(`\{\{term "([^"]*)"`).FindAllStringSubmatch(string(source), -1) {
			if linked[term[1]] = true; !strings.Contains(text, `<dfn id="`+term[1]+`">`) {
				t.Errorf("%s links to %s, which is not in the glossary", name, term[1])
			}
		}
	}
	for _, term := range []string{"cushion", "standby", "factor", "settlement", "escrow", "yield", "coin-blocks", "reputation", "forfeit", "shadow-run"} {
		if !linked[term] {
			t.Errorf("no page links to %s", term)
		}
	}
}

// A name that is nearly right finds what may be meant, an operator's name the operator, and neither leads anywhere by itself.
func TestNearlyRightNames(t *testing.T) {
	x := start(t, life(t), 260)
	pages := x.pages(t)
	link := func(of string) string { return `href="` + pages[of] + `"` }
	for path, c := range map[string]struct{ has, hasNot []string }{
		"/find?q=acne":                  {[]string{"<h1>Did you mean", link("pool"), link("operator"), "&ldquo;<bdi>Acme Nodes</bdi>&rdquo;"}, nil},
		"/find?q=Acme+nod":              {[]string{"<h1>Names that begin with", link("operator")}, []string{"Did you mean", link("pool")}},
		"/find?q=acme.0000":             {[]string{"<h1>Did you mean", link("pool")}, nil},
		"/find?q=<script>alert(1)":      {[]string{"Invalid request", "Enter the start"}, []string{"<script>alert"}},
		"/find?q=%2500acme%00%E2%80%AE": {[]string{"Invalid request"}, nil},
	} {
		_, text := x.get(t, http.MethodGet, path)
		for _, want := range c.has {
			if !strings.Contains(text, want) {
				t.Errorf("%s lacks %q:\n%s", path, want, text)
			}
		}
		for _, not := range c.hasNot {
			if strings.Contains(text, not) {
				t.Errorf("%s has %q", path, not)
			}
		}
	}
}

// An operator's page names critical members, says that alerts do not arrive, and how the daemon is.
func TestOperatorsSeeWhatNeedsThem(t *testing.T) {
	x := start(t, life(t), 149)
	path := x.pages(t)["operator"]
	x.tells(t, 149, path, []string{"<h3>Critical members</h3>", "1 PastelID offers 500 PSL: ", "<dd>up to date</dd>", "none are sent by this daemon"}, []string{"Alerts do not arrive."})
	for i, c := range []struct {
		d    wire.Deliveries
		says bool
	}{
		{wire.Deliveries{Subscriptions: 2, Waiting: 1, Oldest: 30}, false},
		{wire.Deliveries{Subscriptions: 2, Waiting: 1, Oldest: 3601}, true},
		{wire.Deliveries{Subscriptions: 2, GivenUp: 7}, true},
	} {
		x.with(func() {
			x.status = func(s wire.Status, err error) (wire.Status, error) {
				s.Alerts, s.Behind = &c.d, &wire.Lag{Blocks: 3, Seconds: 125}
				return s, err
			}
		})
		height := pastel.Height(150 + i) // pages are kept until a block arrives
		x.move(t, height)
		var has, hasNot []string
		if words := []string{"Alerts do not arrive.", "smartpool alerts list"}; c.says {
			has = words
		} else {
			hasNot = words[:1]
		}
		x.tells(t, height, path, append(has, "but 3 announced in the last 2 minutes not shown yet", "2 subscriptions"), hasNot)
	}
}

// The page of tickets lists each kind apart, page by page, all of them or a pool's, and every accepted ticket once.
func TestTicketsAreExplored(t *testing.T) {
	x := start(t, ledgertest.Recorded(t, "dense"), 337)
	item := regexp.MustCompile(`<li class="([a-z.]+)"`)
	listed := func(path string) map[string]int {
		t.Helper()
		count := map[string]int{}
		for path != "" {
			code, text := x.get(t, http.MethodGet, path)
			if code != http.StatusOK {
				t.Fatalf("%s: %d", path, code)
			}
			for _, m := range item.FindAllStringSubmatch(text, -1) {
				count[m[1]]++
			}
			next := regexp.MustCompile(`<a href="([^"]+)">Older</a>`).FindStringSubmatch(text)
			if path = ""; next != nil {
				path = html.UnescapeString(next[1])
			}
		}
		return count
	}
	has := func(pool string, kinds ...string) int {
		t.Helper()
		list, _, _, err := x.books.Events(t.Context(), wire.EventQuery{OfPool: wire.OfPool{Pool: pool}, Type: kinds, To: wire.Now, Page: wire.Page{Limit: 1000}})
		if err != nil {
			t.Fatal(err)
		}
		return len(list)
	}
	accepted := listed("/tickets?kind=accepted")
	one := x.pages(t)["pool"][len("/pools/"):]
	of := listed("/tickets?kind=accepted&pool=" + one)
	for kind, event := range map[string]string{"opening": "pool.created", "pledge": "pledge.accepted", "amendment": "pledge.amended", "activation": "pool.activated"} {
		if n := has("", event); accepted[event] != n || listed("/tickets?kind=" + kind)[event] != n || n == 0 {
			t.Errorf("%s: %d of %d accepted tickets", kind, accepted[event], n)
		}
		if n := has(one, event); of[event] != n {
			t.Errorf("%s of a pool: %d of %d", kind, of[event], n)
		}
	}
	if len(accepted) != 4 || accepted["pledge.accepted"] <= 50 {
		t.Errorf("accepted: %v, want four kinds and more than a page", accepted)
	}
	for path, code := range map[string]int{
		"/tickets?kind=x": http.StatusUnprocessableEntity, "/tickets?pool=" + one: http.StatusUnprocessableEntity, "/tickets?kind=pledge&pool=x": http.StatusUnprocessableEntity,
		"/tickets?kind=pledge&before=x": http.StatusUnprocessableEntity,
	} {
		if got, _ := x.get(t, http.MethodGet, path); got != code {
			t.Errorf("%s: %d, want %d", path, got, code)
		}
	}
}

// Commands that pages name exist.
func TestCommandsOnPagesExist(t *testing.T) {
	commands, err := os.ReadFile("../docs/commands.md")
	if err != nil {
		t.Fatal(err)
	}
	templates, err := filepath.Glob("templates/*.html")
	if err != nil {
		t.Fatal(err)
	}
	named := 0
	for _, name := range templates {
		source, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`>smartpool [a-z ]+`).FindAllString(string(source), -1) {
			named++
			words := strings.Fields(m[1:]) // the last may be an argument
			if !regexp.MustCompile("`"+strings.Join(words, " ")+"[` ]").Match(commands) && !regexp.MustCompile("`"+strings.Join(words[:len(words)-1], " ")+" <").Match(commands) {
				t.Errorf("%s names %q, which is no command", name, words)
			}
		}
	}
	if named < 5 {
		t.Errorf("only %d commands", named)
	}
}

// The chart and the payments of 100 pledges show blocks, not pledges.
func TestManyPledgesAreAddedUp(t *testing.T) {
	c, err := largepool.Make()
	if err != nil {
		t.Fatal(err)
	}
	x := start(t, c.Blocks, pastel.Height(len(c.Blocks)-1))
	_, text := x.get(t, http.MethodGet, "/members/"+c.Members[0])
	rows := regexp.MustCompile(`<tr><td data-time="\d+">`).FindAllString(text, -1)
	if len(rows) < 10 {
		t.Errorf("the chart shows %d blocks", len(rows))
	}
	_, paid, _ := strings.Cut(text, `<h2 id="paid">`)
	payouts := regexp.MustCompile(`<a class="id" href="/payouts/([0-9a-f]+)"`).FindAllStringSubmatch(paid, -1)
	seen := map[string]bool{}
	for _, p := range payouts {
		seen[p[1]] = true
	}
	if len(seen) < 10 || len(seen) != len(payouts) || !strings.Contains(paid, `<td data-label="To">100 addresses</td>`) {
		t.Errorf("%d payouts in %d rows:\n%s", len(seen), len(payouts), paid)
	}
}
