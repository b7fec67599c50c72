package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2" // OpenAPI 3.1 from the handlers' types
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/tally"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/poster"
	"github.com/pastelnetwork/smartpool/wire"
)

// Config holds what a Server works with.
type Config struct {
	Books *books.Books
	Feed  *Feed
	// Simulator answers ticket checks.
	Simulator books.Simulator
	Version   string
	// Condition says why the ledger is not at the network's tip; empty if it is.
	Condition func() string
	// Fresh returns what Condition follows from; false if nothing is known. It may be nil. Limits are those it is judged by.
	Fresh    func() (chain.Freshness, bool)
	Limits   chain.Limits
	ReadOnly bool   // this daemon only reads a database that another one writes
	Token    string // of clients that may do more than read; empty for none
	// Alerts returns the service that sends alerts; nil while none runs, as in a daemon that only reads.
	Alerts func() *notify.Service
	// Poster returns the service that posts tickets for people without a node; nil while none runs. It is nil if the daemon posts nothing.
	Poster    func() *poster.Service
	Origins   []string       // other sites whose pages may read answers in a browser, such as https://pools.example.org
	Proxies   []netip.Prefix // proxies in front that name the client in X-Forwarded-For
	Hosts     []string       // the only names by which browsers may reach the server, in lower case; empty for any, unless Local
	Local     bool           // only this machine can reach the server
	Base      string         // path under which a proxy publishes the server, such as /pools; empty for none
	PerSecond int            // requests per address; 0 for no limit
	Streams   int            // concurrent event streams; one address may open an eighth of them
	Cache     int            // size of the cache of answers, in bytes; 0 for DefaultCache
	Log       *slog.Logger
}

// Server serves the API and, with the same limits, other handlers on the same address, such as pages.
type Server struct {
	cfg     Config
	api     huma.API
	mux     *http.ServeMux
	answers *Answers
	streams tally.Tally
}

// New returns a server with all operations of the API.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg, mux: http.NewServeMux(), answers: NewAnswers(cfg.Feed, cfg.Condition, cmp.Or(cfg.Cache, DefaultCache))}
	routes := http.NewServeMux()
	document := config()
	if cfg.Base != "" {
		document.Servers = []*huma.Server{{URL: cfg.Base}}
	}
	s.api = humago.New(routes, document)
	s.register()
	routes.Handle(root, unrouted(routes))
	s.mux.Handle(root, typed(uncached(routes, s.answers.Keep(routes))))
	return s
}

func init() { huma.DefaultArrayNullable = false } // lists may be empty, never null

// config returns the general part of the OpenAPI document.
func config() huma.Config {
	c := huma.DefaultConfig("smartpool", wire.Version)
	c.Info.Description = "Reads the ledger of a smart pool daemon: pools, pledges, accounts, payouts, events. Every answer describes one block, its tip. " +
		"Amounts are integers in patoshi (1 PSL = 100,000 patoshi), coins are whole PSL, times are RFC 3339 in UTC. " +
		"Errors are RFC 9457 problems; their detail says what to do."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "/api/openapi", "", ""
	c.CreateHooks = nil // no $schema field and link in every answer
	c.RejectUnknownQueryParameters = true
	c.Formats = map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	c.Transformers = append(c.Transformers, withoutSecrets, brief)
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	return c
}

// withoutSecrets removes from the refusal of a subscription what was sent: it contains the receiver's URL, and clients log refusals.
func withoutSecrets(ctx huma.Context, _ string, v any) (any, error) {
	if e, ok := v.(*huma.ErrorModel); ok && strings.Contains(ctx.Operation().Path, "/alerts") {
		for _, x := range e.Errors {
			x.Value = nil
		}
	}
	return v, nil
}

// Bounds of what a refusal repeats of a request.
const (
	maxFaults = 10
	maxQuoted = 200 // bytes of a text
)

// brief bounds a refusal of a request: huma lists every field that is unknown, each with the whole object that it stands in, so that some
// kilobytes would be answered with gigabytes.
func brief(_ huma.Context, _ string, v any) (any, error) {
	e, ok := v.(*huma.ErrorModel)
	if !ok {
		return v, nil
	}
	e.Errors = e.Errors[:min(len(e.Errors), maxFaults)]
	for _, x := range e.Errors {
		x.Location = quoted(x.Location)
		switch value := x.Value.(type) {
		case string:
			x.Value = quoted(value)
		case map[string]any, []any:
			x.Value = nil
		}
	}
	return v, nil
}

// quoted returns a text, or its beginning if it is long.
func quoted(text string) string {
	if len(text) <= maxQuoted {
		return text
	}
	return strings.ToValidUTF8(text[:maxQuoted], "") + "…"
}

// live are the paths whose answers depend on more than the ledger's last block.
var live = map[string]bool{wire.Prefix + "/status": true, streamPath: true, wire.Prefix + "/mempool": true}

// supernodePath ends the path of a pool's Supernode, which is live, too: it depends on the node's list.
const supernodePath = "/supernode"

func uncached(direct, kept http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if live[r.URL.Path] || strings.HasSuffix(r.URL.Path, supernodePath) || r.Header.Get("Authorization") != "" {
			w.Header().Set("Cache-Control", "no-store")
			direct.ServeHTTP(w, r)
			return
		}
		kept.ServeHTTP(w, r)
	})
}

const root = "/api/"

// typed refuses a body that does not say what it is. A page of another site can have a browser send one, but browsers ask before they send JSON
// that says so.
func typed(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.ContentLength != 0 && r.Header.Get("Content-Type") == "" {
			problem(w, http.StatusUnsupportedMediaType, "the body has no type: send it with the header Content-Type: application/json")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// unrouted refuses requests that match no operation.
func unrouted(routes *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var allowed []string
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodDelete} {
			other := r.Clone(r.Context())
			other.Method = method
			if _, pattern := routes.Handler(other); pattern != root {
				allowed = append(allowed, method)
			}
		}
		if len(allowed) == 0 {
			problem(w, http.StatusNotFound, "the API has no such path: /api/openapi.json lists all operations")
			return
		}
		allow := strings.Join(allowed, ", ")
		w.Header().Set("Allow", allow)
		problem(w, http.StatusMethodNotAllowed, "this path accepts "+allow+", not "+r.Method)
	})
}

// Handle adds a handler, such as pages, for a pattern.
func (s *Server) Handle(pattern string, h http.Handler) { s.mux.Handle(pattern, h) }

// Document returns the API's OpenAPI document, JSON.
func (s *Server) Document() ([]byte, error) { return s.api.OpenAPI().MarshalJSON() }

// Answers returns the cache of answers, which pages share.
func (s *Server) Answers() *Answers { return s.answers }

// OpenAPI returns the API's document.
func (s *Server) OpenAPI() *huma.OpenAPI { return s.api.OpenAPI() }

// Status returns the state of the ledger and of its daemon. Its tip is the last block announced, so that nobody who knows it reads answers of the one
// before.
func (s *Server) Status(ctx context.Context) (wire.Status, error) {
	tip, err := s.cfg.Books.Tip(ctx)
	if err != nil {
		tip = wire.Tip{Height: -1}
	} else if announced, _ := s.cfg.Feed.announced(); announced.Height >= 0 {
		tip = announced
	}
	if upcoming, preparing := ctx.Value(upcomingKey{}).(wire.Tip); preparing && err == nil {
		tip = upcoming
	}
	if errors.Is(err, books.ErrEmpty) {
		err = nil
	}
	net := s.cfg.Books.Params()
	out := wire.Status{
		Network: net.Name, Start: int32(net.Forks.Pools.Height()), Version: s.cfg.Version, Shadow: s.cfg.Books.Shadow(), Tip: tip, Trouble: s.cfg.Condition(),
		ReadOnly: s.cfg.ReadOnly, Parameters: s.cfg.Books.Parameters(),
	}
	out.Ready = out.Trouble == ""
	stored := s.cfg.Books.Database()
	out.Database = &stored
	s.freshness(&out)
	out.Alerts = s.deliveries()
	out.Posting = s.Posting()
	out.MemberAlerts = s.MemberAlerts()
	return out, err
}

// deliveries counts alerts; nil if the daemon sends none.
func (s *Server) deliveries() *wire.Deliveries {
	if s.cfg.ReadOnly || s.cfg.Alerts == nil {
		return nil
	}
	service := s.cfg.Alerts()
	if service == nil {
		return nil
	}
	o := service.Outbox()
	return &wire.Deliveries{Subscriptions: o.Subscriptions, Waiting: o.Waiting, Oldest: int64(o.Oldest / time.Second), GivenUp: o.GivenUp}
}

// freshness fills in what clients need to judge the daemon's freshness themselves.
func (s *Server) freshness(out *wire.Status) {
	out.Now, out.StaleAfter = time.Now().UTC(), int64(s.cfg.Limits.Age/time.Second)
	if out.Tip.Height >= 0 {
		age := int64(out.Now.Sub(out.Tip.Time) / time.Second)
		out.TipAge = &age
	}
	if s.cfg.Fresh == nil {
		return
	}
	fresh, known := s.cfg.Fresh()
	if known && fresh.Lag.Listens {
		out.Behind = &wire.Lag{Blocks: int32(fresh.Lag.Blocks), Seconds: int64(fresh.Lag.For / time.Second)}
	}
	if !known || !fresh.Follows || fresh.Heard.IsZero() {
		return
	}
	out.NodeHeight = &fresh.Node.Height
	if fresh.Node.Headers != chain.Unknown {
		out.Headers = &fresh.Node.Headers
	}
	if left := fresh.Left(); left > 0 {
		out.SyncRate, out.SyncLeft = int64(math.Ceil(fresh.Rate)), int64(math.Ceil(left.Seconds()))
	}
	if fresh.Peers != chain.Unknown {
		out.Peers = &fresh.Peers
	}
}

// Handler serves everything within the limits.
func (s *Server) Handler() http.Handler {
	return recovered(guard(s.cfg.under(tidy(patient(s.mux))), newRate(s.cfg.PerSecond), &s.cfg), s.cfg.Log)
}

// patience is how long an answer may take, because clients share the database.
const patience = 20 * time.Second

// patient cancels a request after patience, unless it is an event stream.
func patient(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != streamPath {
			ctx, cancel := context.WithTimeout(r.Context(), patience)
			defer cancel()
			r = r.WithContext(ctx)
		}
		next.ServeHTTP(w, r)
	})
}

const streamPath = wire.Prefix + "/stream"

// NotReady answers every request while there is no database to read.
func NotReady(reason func() string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "5")
		problem(w, http.StatusServiceUnavailable, "the daemon has no database to read yet ("+reason()+"): try again in a minute")
	})
}

// HTTP returns a server with limits on time and size.
func HTTP(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 60 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// recovered keeps a bug of ours from taking the daemon down.
func recovered(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			p := recover()
			if p == http.ErrAbortHandler { //nolint:errorlint // net/http compares so
				panic(p) // it breaks the connection, so that nobody takes a part of an answer for all of it
			}
			if p != nil {
				log.Error("a request caused a panic", "path", r.URL.Path, "panic", fmt.Sprint(p))
				problem(w, http.StatusInternalServerError, "the request failed because of a bug in this program: please report it together with the request")
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// failed converts an error to an HTTP problem.
func (s *Server) failed(err error) error {
	var bad *books.BadRequest
	var refused *notify.RequestError
	switch {
	case errors.As(err, &refused):
		return huma.Error422UnprocessableEntity(refused.Detail)
	case errors.As(err, &bad):
		return huma.Error422UnprocessableEntity(bad.Text)
	case errors.Is(err, books.ErrEmpty):
		return huma.Error503ServiceUnavailable("the ledger holds no blocks yet because the daemon is syncing: try again in a minute")
	case errors.Is(err, books.ErrNotFound):
		return huma.Error404NotFound("the ledger has no such entry: check the id; a ticket posted just now appears once a block includes it")
	case errors.Is(err, context.DeadlineExceeded):
		s.cfg.Log.Warn("a request took too long", "err", err)
		return huma.Error503ServiceUnavailable("the answer took too long: try again, or request less at once")
	case errors.Is(err, context.Canceled):
		return huma.Error503ServiceUnavailable(stopping)
	}
	s.cfg.Log.Warn("a request failed", "err", err)
	return huma.Error503ServiceUnavailable("the database is not responding: try again in a minute; the daemon's log says why")
}

// stopping is for requests whose context ended. If the client has left, nobody hears it.
const stopping = "the daemon is stopping: try again in a minute"

// body wraps an answer in huma's form.
type body[T any] struct{ Body T }

func list[T any](s *Server, items []T, tip wire.Tip, next string, err error) (*body[wire.List[T]], error) {
	if err != nil {
		return nil, s.failed(err)
	}
	return &body[wire.List[T]]{wire.List[T]{Tip: tip, Items: items, Next: next}}, nil
}

func one[T any](s *Server, x T, err error) (*body[T], error) {
	if err != nil {
		return nil, s.failed(err)
	}
	return &body[T]{x}, nil
}

// get registers a reading operation. All of them have the same errors.
func get[I, O any](s *Server, id, path, summary string, f func(context.Context, *I) (*O, error)) {
	huma.Register(s.api, huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: wire.Prefix + path, Summary: summary,
		Errors: []int{http.StatusNotFound, http.StatusTooManyRequests, http.StatusServiceUnavailable},
	}, f)
}

// paged registers an operation that returns a list page by page.
func paged[Q, T any](s *Server, id, path, summary string, find func(context.Context, Q) ([]T, wire.Tip, string, error)) {
	get(s, id, path, summary, func(ctx context.Context, in *Q) (*body[wire.List[T]], error) {
		items, tip, next, err := find(ctx, *in)
		return list(s, items, tip, next, err)
	})
}

// register lists the operations of the API in one place.
func (s *Server) register() {
	b := s.cfg.Books
	get(s, "status", "/status", "State of the ledger and its daemon", func(ctx context.Context, _ *struct{}) (*body[wire.Status], error) {
		x, err := s.Status(ctx)
		return one(s, x, err)
	})
	get(s, "statistics", "/statistics", "Network totals", func(ctx context.Context, _ *struct{}) (*body[wire.Statistics], error) {
		x, err := b.Statistics(ctx)
		return one(s, x, err)
	})
	paged(s, "pools", "/pools", "Pools, in the order they opened unless sorted", b.Pools)
	get(s, "past-pools", "/blocks/{height}/pools", "Terms, statuses and dates of pools as of a block", func(ctx context.Context, in *struct {
		HeightInput
		wire.Page
	}) (*body[wire.List[wire.PoolTerms]], error) {
		items, tip, next, err := b.PastPools(ctx, pastel.Height(in.Height), in.Page)
		return list(s, items, tip, next, err)
	})
	get(s, "pool", "/pools/{id}", "Everything about a pool", func(ctx context.Context, in *PoolInput) (*body[wire.PoolDetail], error) {
		x, err := b.Pool(ctx, in.ID)
		return one(s, x, err)
	})
	get(s, "supernode", "/pools/{id}"+supernodePath, "State of an activated pool's Supernode", func(ctx context.Context, in *PoolInput) (*body[wire.Supernode], error) {
		x, err := b.Supernode(ctx, in.ID)
		return one(s, x, err)
	})
	get(s, "pool-income", "/pools/{id}/income", "A pool's income over time", func(ctx context.Context, in *struct {
		PoolInput
		wire.SeriesQuery
	}) (*body[wire.Series], error) {
		x, err := b.Series(ctx, in.ID, in.Blocks)
		return one(s, x, err)
	})
	get(s, "member", "/members/{pastelid}", "Pledges, earnings and payments of a PastelID", func(ctx context.Context, in *struct {
		PastelID string `path:"pastelid" maxLength:"100"`
	}) (*body[wire.Account], error) {
		x, err := b.Member(ctx, in.PastelID)
		return one(s, x, err)
	})
	get(s, "account", "/accounts/{address}", "Pledges, earnings and payments of an address", func(ctx context.Context, in *AddressInput) (*body[wire.Account], error) {
		x, err := b.Address(ctx, in.Address)
		return one(s, x, err)
	})
	get(s, "coins", "/accounts/{address}/coins", "Unspent outputs of an address and what they can back, most valuable first", func(ctx context.Context, in *struct {
		AddressInput
		wire.CoinQuery
	}) (*body[wire.List[wire.Coin]], error) {
		items, tip, next, err := b.Coins(ctx, in.Address, in.CoinQuery)
		return list(s, items, tip, next, err)
	})
	get(s, "output", "/outputs/{output}", "An unspent output and whether it backs pledges", func(ctx context.Context, in *struct {
		Output string `path:"output" maxLength:"80" doc:"txid:vout"`
	}) (*body[wire.Coin], error) {
		x, err := b.Coin(ctx, in.Output)
		return one(s, x, err)
	})
	paged(s, "operators", "/operators", "Operators' records, most counted coins first unless sorted", b.Operators)
	get(s, "operator", "/operators/{pastelid}", "An operator's record", func(ctx context.Context, in *struct {
		PastelID string `path:"pastelid" maxLength:"100"`
	}) (*body[wire.Operator], error) {
		x, _, err := b.Operator(ctx, in.PastelID)
		return one(s, x, err)
	})
	get(s, "block", "/blocks/{height}", "A block and its ledger digest", func(ctx context.Context, in *struct {
		HeightInput
	}) (*body[wire.Block], error) {
		x, err := b.Block(ctx, pastel.Height(in.Height))
		return one(s, x, err)
	})
	s.registerLists()
	s.registerStream()
	s.registerAlerts()
	s.registerMemberAlerts()
	s.registerPosting()
	huma.Register(s.api, huma.Operation{
		OperationID: "check-ticket", Method: http.MethodPost, Path: wire.Prefix + "/tickets/check",
		Summary:      "Check whether the next block would accept a ticket, without posting it",
		MaxBodyBytes: maxBody, Errors: []int{http.StatusTooManyRequests, http.StatusServiceUnavailable},
	}, func(ctx context.Context, in *struct {
		Body wire.TicketText
	}) (*body[wire.Check], error) {
		x, err := b.CheckTicket(ctx, []byte(in.Body.Ticket), s.cfg.Simulator)
		return one(s, x, err)
	})
}

type (
	// PoolInput names a pool.
	PoolInput struct {
		ID string `path:"id" maxLength:"80" pattern:"^[a-z0-9-]{3,32}\\.[0-9a-f]{40}$" patternDescription:"label.hash"`
	}
	// AddressInput names an address.
	AddressInput struct {
		Address string `path:"address" maxLength:"60"`
	}
	// HeightInput names a block.
	HeightInput struct {
		Height int64 `path:"height" minimum:"0" maximum:"2147483647"`
	}
)

func (s *Server) registerLists() {
	b := s.cfg.Books
	paged(s, "pledges", "/pledges", "Pledges in join order", b.Pledges)
	paged(s, "payouts", "/payouts", "Payouts by the block they settled in", b.Payouts)
	get(s, "payout", "/payouts/{txid}", "Everything about a payout", func(ctx context.Context, in *struct {
		TxID string `path:"txid" minLength:"64" maxLength:"64" pattern:"^[0-9a-f]{64}$"`
	}) (*body[wire.PayoutDetail], error) {
		x, err := b.Payout(ctx, in.TxID)
		return one(s, x, err)
	})
	paged(s, "credits", "/credits", "Settled income", b.Credits)
	paged(s, "payments", "/payments", "Payments to a PastelID's reward and fee addresses, or to one address", b.Payments)
	get(s, "mempool", "/mempool", "Unconfirmed transactions that spend pledged coins", func(ctx context.Context, in *wire.SpendQuery) (*body[wire.Spends], error) {
		x, err := b.Spends(ctx, *in, s.scanned()) // the scan is known before the list is read, so the list is not older
		return one(s, x, err)
	})
	get(s, "events", "/events", "Events in chain order", func(ctx context.Context, in *wire.EventQuery) (out *body[wire.List[wire.Event]], err error) {
		var from pastel.Height
		failed := b.AtOneBlock(ctx, func(ctx context.Context) error {
			if from, err = b.HistoryFrom(ctx); err != nil {
				return err
			}
			items, tip, next, err := b.Events(ctx, *in)
			out = &body[wire.List[wire.Event]]{wire.List[wire.Event]{Tip: tip, Items: items, Next: next, From: from}}
			return err
		})
		if failed != nil {
			return nil, s.failed(failed)
		}
		return out, nil
	})
}

// scanned returns the last scan of the mempool by this daemon; nil if it makes none.
func (s *Server) scanned() *books.Look {
	alerts := s.cfg.Alerts()
	if alerts == nil {
		return nil
	}
	look, known := alerts.Looked()
	if !known {
		return nil
	}
	return &books.Look{Height: look.Height, Began: look.Began.UTC()}
}

// registerStream registers the event stream.
func (s *Server) registerStream() {
	get(s, "stream", "/stream", "Live stream of blocks and their events (server-sent events: block, reorg)",
		func(ctx context.Context, in *struct {
			wire.OfPool
			wire.OfID
			LastEventID string `header:"Last-Event-ID" maxLength:"100" doc:"Last id received: the stream continues after it."`
			After       string `query:"after" maxLength:"100" doc:"The same for readers that cannot set the header. The header takes precedence."`
			From        int64  `query:"from" minimum:"-1" maximum:"2147483647" default:"-1" doc:"First block to send; -1 for the ledger's last."`
		}) (*huma.StreamResponse, error) {
			var from *place
			if in.From >= 0 {
				from = &place{height: pastel.Height(in.From) - 1}
			}
			if last := cmp.Or(in.LastEventID, in.After); last != "" {
				p, err := parsePlace(last)
				if err != nil {
					return nil, s.failed(err)
				}
				from = &p
			}
			who := clientOf(ctx)
			if !s.streams.Open(who, s.cfg.Streams, max(few, s.cfg.Streams/share)) {
				return nil, huma.Error503ServiceUnavailable("too many event streams are open: close some, try again later, or use another daemon")
			}
			return &huma.StreamResponse{Body: func(ctx huma.Context) {
				defer s.streams.Close(who)
				r, w := humago.Unwrap(ctx)
				w.Header().Set("Content-Type", "text/event-stream")
				w.Header().Set("X-Accel-Buffering", "no") // or nginx buffers the stream
				x := stream{
					feed: s.cfg.Feed, w: w, control: http.NewResponseController(w), pool: in.Pool, pastelID: in.PastelID,
					reorg: s.cfg.Books.Params().MaxReorg,
				}
				if err := x.run(r.Context(), from); err != nil && r.Context().Err() == nil {
					s.cfg.Log.Debug("an event stream ended", "err", err)
				}
			}}, nil
		})
}
