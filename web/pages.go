package web

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Lengths of lists on pages.
const (
	recent  = 15
	listing = 50
	largest = 20 // PastelIDs of a pool, unless the reader asks for all pledges
)

// latest is the excerpt of a list that a page shows beside other content; now is the ledger's tip.
var (
	latest = wire.Page{Order: wire.Newest, Limit: recent}
	now    = wire.AsOf{At: wire.Now}
)

// What the list of pools shows.
const (
	showLive  = "live"
	showOpen  = "open"
	showEnded = "ended"
	showAll   = "all" // of one operator
)

// live and ended are the statuses of live pools and of pools that have ended.
var live, ended = statuses(pool.Status.Live), statuses(func(s pool.Status) bool { return !s.Live() })

func statuses(of func(pool.Status) bool) (list []string) {
	for _, s := range pool.Statuses() {
		if of(s) {
			list = append(list, s.String())
		}
	}
	return list
}

// everyPledge asks for every pledge where a page usually shows the largest ones or sums.
const everyPledge = "all"

func all(r *http.Request) bool { return r.URL.Query().Get("pledges") == everyPledge }

func ok(file, title, nav string, data any) *page {
	return &page{file: file, Title: title, Nav: nav, Data: data, code: http.StatusOK}
}

// fed names the feed of a page at a path.
func (p *page) fed(path string) *page {
	p.Feed = path + feedFile
	return p
}

// overview shows the network at a glance.
func (s *Site) overview(r *http.Request) (*page, error) {
	var d struct {
		Statistics wire.Statistics
		Pools      []wire.Pool
		Live       int // pools
		Ended      int
		Events     []wire.Event
	}
	var err error
	if d.Statistics, err = s.cfg.Books.Statistics(r.Context()); err != nil {
		return nil, err
	}
	for _, status := range ended {
		d.Ended += d.Statistics.Pools[status]
	}
	for _, status := range live {
		d.Live += d.Statistics.Pools[status]
	}
	q := wire.PoolQuery{Status: live, Sorted: wire.Sorted{Limit: listing}}
	if d.Pools, _, _, err = s.cfg.Books.Pools(r.Context(), q); err != nil {
		return nil, err
	}
	d.Events, _, _, err = s.cfg.Books.Events(r.Context(), wire.EventQuery{To: wire.Now, Type: notable, Page: latest})
	return ok("overview.html", "Overview", "/", d), err
}

// notable are the events that lists of recent activity show; byTicket are the events of accepted tickets.
var (
	notable  = types(func(row pool.EventRow) bool { return !row.Minor })
	byTicket = types(func(row pool.EventRow) bool { return row.ByTicket })
)

func types(wanted func(pool.EventRow) bool) (list []string) {
	for _, kind := range pool.EventTypesWhere(wanted) {
		list = append(list, string(kind))
	}
	return list
}

// order is a way to sort a page's list.
type order struct{ Sort, Words string }

// The orders that the lists offer; the first is a list's own.
var (
	poolOrders = []order{
		{wire.SortOpened, "first opened"}, {wire.SortCounted, "most coins"}, {wire.SortMembers, "most pledges"}, {wire.SortRoom, "most room"},
		{wire.SortFee, "lowest fee"},
	}
	operatorOrders = []order{{wire.SortCounted, "most coins"}, {wire.SortRewards, "most blocks paid"}, {wire.SortSince, "longest known"}}
)

// sorts lists the values of the parameter that sorts a list.
func sorts(orders []order) (values []string) {
	for _, o := range orders {
		values = append(values, o.Sort)
	}
	return values
}

// part is the place of a page in a sorted list; it stands in the page's address.
type part struct {
	path   string
	Of     string // PastelID of the operator of all items; empty if there may be several
	Coins  int64  // PSL of a pledge that the items are compared for; 0 for none
	Shown  string // which items; empty if the list shows all
	Sort   string
	Orders []order
	Later  bool   // the page is not the list's first
	Next   string // cursor of the next page; empty on the last
}

// partOf reads which part of a list a request asks for, and how to ask the read model for it.
func partOf(r *http.Request, path string, orders []order) (part, wire.Sorted) {
	q := r.URL.Query()
	p := part{path: path, Of: q.Get("operator"), Sort: cmp.Or(q.Get("sort"), orders[0].Sort), Orders: orders, Later: q.Get("after") != ""}
	return p, wire.Sorted{Limit: listing, Cursor: q.Get("after")}
}

// Show returns the address of the list's first page with other items.
func (p part) Show(shown string) string { return p.url(shown, p.Sort, "") }

// By returns the address of the list's first page in another order.
func (p part) By(sort string) string { return p.url(p.Shown, sort, "") }

// First and Following return the addresses of the list's first and next pages.
func (p part) First() string     { return p.url(p.Shown, p.Sort, "") }
func (p part) Following() string { return p.url(p.Shown, p.Sort, p.Next) }

// url leaves out what goes without saying.
func (p part) url(shown, sort, after string) string {
	q := url.Values{}
	if p.Of != "" {
		q.Set("operator", p.Of)
	}
	if p.Coins > 0 {
		q.Set("coins", strconv.FormatInt(p.Coins, 10))
	}
	if shown != "" && shown != showLive {
		q.Set("show", shown)
	}
	if sort != p.Orders[0].Sort {
		q.Set("sort", sort)
	}
	if after != "" {
		q.Set("after", after)
	}
	if len(q) == 0 {
		return p.path
	}
	return p.path + "?" + q.Encode()
}

// pools compares pools.
func (s *Site) pools(r *http.Request) (*page, error) {
	var d struct {
		part
		Pools []wire.Pool
		Own   *books.OwnSupernode // nil on a development network
	}
	var q wire.PoolQuery
	d.part, q.Sorted = partOf(r, "/pools", poolOrders)
	if text := r.URL.Query().Get("coins"); text != "" {
		n, err := wholePSL(text)
		if err != nil {
			return nil, &books.BadRequest{Text: err.Error() + "."}
		}
		d.Coins = n
	}
	q.Sort, q.Operator, q.Coins = d.Sort, d.Of, d.Coins
	switch d.Shown = r.URL.Query().Get("show"); d.Shown {
	case showOpen:
		q.Open = true
	case showEnded:
		q.Status = ended
	case showAll:
	default:
		d.Shown = showLive
		q.Status = live
	}
	var err error
	if d.Own, err = s.cfg.Books.OwnSupernode(r.Context()); err != nil {
		return nil, err
	}
	d.Pools, _, d.Next, err = s.cfg.Books.Pools(r.Context(), q)
	return ok("pools.html", "Pools", "/pools", d), err
}

// pool shows everything about one pool.
func (s *Site) pool(r *http.Request) (*page, error) {
	id := r.PathValue("id")
	if _, err := ticket.ParsePoolID(id); err != nil {
		return nil, books.ErrNotFound
	}
	var d struct {
		wire.PoolDetail
		People   int
		Largest  []client.Person // who offer the most; nil if the page lists each pledge
		Runs     *wire.Supernode // nil before activation
		Operator wire.Operator
		Series   wire.Series
		Payouts  []wire.Payout
		Events   []wire.Event
		Older    string
		Paged    bool
		Closed   *closing // nil unless the pool is closed
	}
	var err error
	if d.PoolDetail, err = s.cfg.Books.Pool(r.Context(), id); err != nil {
		return nil, err
	}
	if d.ActivationTx != "" {
		sn, err := s.cfg.Books.Supernode(r.Context(), id)
		if err != nil {
			return nil, err
		}
		d.Runs = &sn
	}
	people := client.People(d.Participants)
	if d.People = len(people); !all(r) {
		d.Largest = people[:min(len(people), largest)]
	}
	if d.Operator, _, err = s.cfg.Books.Operator(r.Context(), d.PoolDetail.Operator); err != nil {
		return nil, err
	}
	if d.Series, err = s.cfg.Books.Series(r.Context(), id, 0); err != nil {
		return nil, err
	}
	of := wire.OfPool{Pool: id}
	if d.Payouts, _, _, err = s.cfg.Books.Payouts(r.Context(), wire.PayoutQuery{OfPool: of, AsOf: now, Page: latest}); err != nil {
		return nil, err
	}
	q := wire.EventQuery{OfPool: of, Type: notable, To: wire.Now, Page: latest}
	q.Cursor = r.URL.Query().Get("before")
	d.Paged = q.Cursor != ""
	d.Events, _, d.Older, err = s.cfg.Books.Events(r.Context(), q)
	if err == nil && d.Status == pool.Closed.String() {
		d.Closed, err = s.closing(r, id)
	}
	return ok("pool.html", "Pool "+ticket.PoolID(id).Label()+hashStart(id), "/pools", d).fed("/pools/" + id), err
}

// closing describes the closing of a pool. The pool's state no longer tells what stays in escrow.
type closing struct {
	wire.Moment
	Amount pastel.Amount // left in escrow
}

// closing returns the closing of a pool, nil if a reorganization has just taken it back.
func (s *Site) closing(r *http.Request, id string) (*closing, error) {
	list, _, _, err := s.cfg.Books.Events(r.Context(), wire.EventQuery{OfPool: wire.OfPool{Pool: id}, Type: []string{string(pool.PoolClosed)}, To: wire.Now, Page: wire.Page{Order: wire.Newest, Limit: 1}})
	if err != nil || len(list) == 0 {
		return nil, err
	}
	return &closing{wire.Moment{Height: list[0].Height, Time: list[0].Time}, list[0].Amount}, nil
}

// holding is the data of a member's or an address's page.
type holding struct {
	wire.Account
	Holdings []client.Holding
	Leave    *leaving // nil without live pledges
	Kept     []kept
	Gains    []gain
	Events   []wire.Event
	From     pastel.Height // which events are there
	Paid     []wire.Payment
}

// kept is a claim and what it waits for.
type kept struct {
	wire.Claim
	Least pastel.Amount // smallest claim that its pool pays
	Ended pastel.Amount // the same if the pool has ended; 0 if the pool is known to be live
}

// waiting returns what an account's claims wait for. A pool with a pledge of the account is live; the state of any other is unknown.
func waiting(a *wire.Account, rules *wire.Parameters) (list []kept) {
	for _, c := range a.Claims {
		k := kept{c, rules.MinPayout, rules.Dust}
		if slices.ContainsFunc(a.Positions, func(p wire.Position) bool { return p.Pool == c.Pool }) {
			k.Ended = 0
		}
		list = append(list, k)
	}
	return list
}

// Small reports whether the claim is too small to be paid yet.
func (k kept) Small() bool { return k.Amount < k.Least }

func (s *Site) member(r *http.Request) (*page, error) {
	id := r.PathValue("pastelid")
	account, err := s.cfg.Books.Member(r.Context(), id)
	if err != nil {
		return nil, err
	}
	of := wire.OfID{PastelID: id}
	d, err := s.holding(r, account, of, wire.OfAddress{})
	if err != nil {
		return nil, err
	}
	if d.Events, _, _, err = s.cfg.Books.Events(r.Context(), wire.EventQuery{OfID: of, To: wire.Now, Page: latest}); err != nil {
		return nil, err
	}
	d.From, err = s.cfg.Books.HistoryFrom(r.Context())
	return ok("account.html", "PastelID "+pastel.Short(id), "", d).fed("/members/" + id), err
}

func (s *Site) account(r *http.Request) (*page, error) {
	address := r.PathValue("address")
	account, err := s.cfg.Books.Address(r.Context(), address)
	if err != nil {
		return nil, err
	}
	of := wire.OfAddress{Address: address}
	d, err := s.holding(r, account, wire.OfID{}, of)
	return ok("account.html", "Address "+pastel.Short(address), "", d), err
}

// holding adds what an account, named by one of the two, got lately.
func (s *Site) holding(r *http.Request, account wire.Account, id wire.OfID, address wire.OfAddress) (d holding, err error) {
	rules := s.cfg.Books.Parameters()
	d.Account, d.Holdings, d.Kept = account, client.Holdings(account.Positions, all(r)), waiting(&account, &rules)
	d.Leave = leaves(client.Holdings(account.Positions, false))
	var paid []wire.Payment
	d.Gains, paid, err = s.gains(r, id, address, len(account.Positions))
	d.Paid = paid[:min(len(paid), recent)]
	return d, err
}

func (s *Site) payout(r *http.Request) (*page, error) {
	d, err := s.cfg.Books.Payout(r.Context(), r.PathValue("txid"))
	return ok("payout.html", "Payout "+pastel.Short(d.TxID), "", d), err
}
