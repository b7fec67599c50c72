package api

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/danielgtaylor/huma/v2" // OpenAPI 3.1 from the handlers' types
	"github.com/danielgtaylor/huma/v2/adapters/humago"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// Config says what a Server works with.
type Config struct {
	Books *books.Books
	Feed  *Feed
	// Simulator answers ticket checks.
	Simulator books.Simulator
	Version   string
	// Condition tells why the ledger is not where the node is; empty if it is.
	Condition func() string
	ReadOnly  bool   // this daemon only reads what another one writes
	Token     string // of whoever may do more than read; empty for nobody
	// Alerts returns who tells people what happens; nil while there is none, as in a daemon that only reads.
	Alerts    func() *notify.Service
	Origins   []string       // of pages elsewhere that browsers may let read, such as https://pools.example.org
	Proxies   []netip.Prefix // that stand in front and name whoever asks in X-Forwarded-For
	PerSecond int            // requests of one address; 0 for no bound
	Streams   int            // event streams at once; one address may have an eighth of them
	Log       *slog.Logger
}

// Server serves the API. Other handlers of the same address, such as pages, go through it as well.
type Server struct {
	cfg     Config
	api     huma.API
	mux     *http.ServeMux
	answers *Answers
	streams streams
}

// New returns a server. Its API is complete once Handler is called.
func New(cfg Config) *Server {
	s := &Server{cfg: cfg, mux: http.NewServeMux(), answers: NewAnswers(cfg.Feed, cfg.Condition)}
	routes := http.NewServeMux()
	s.api = humago.New(routes, config())
	s.register()
	routes.Handle(root, unrouted(routes))
	s.mux.Handle(root, uncached(routes, s.answers.Keep(routes)))
	return s
}

func init() { huma.DefaultArrayNullable = false } // a list may be empty, never null

// apiVersion changes when an answer loses or changes a field; new fields and operations do not count.
const apiVersion = "1"

// config is what the OpenAPI document says of the whole.
func config() huma.Config {
	c := huma.DefaultConfig("smartpool", apiVersion)
	c.Info.Description = "What a smart pool daemon knows: pools, pledges, accounts, payouts, events. Every answer is of one block, its tip. " +
		"Amounts are integers in patoshi (1 PSL = 100,000 patoshi), coins whole PSL, times RFC 3339 in UTC. " +
		"Errors are RFC 9457 problems whose detail says what to do."
	c.OpenAPIPath, c.DocsPath, c.SchemasPath = "/api/openapi", "", ""
	c.CreateHooks = nil // no $schema field and link in every answer
	c.RejectUnknownQueryParameters = true
	c.Formats = map[string]huma.Format{"application/json": huma.DefaultJSONFormat, "json": huma.DefaultJSONFormat}
	c.Components.SecuritySchemes = map[string]*huma.SecurityScheme{"token": {Type: "http", Scheme: "bearer"}}
	return c
}

// live are the paths whose answers are not a function of the ledger's last block.
var live = map[string]bool{"/api/v1/status": true, streamPath: true, "/api/v1/mempool": true}

// supernodePath ends the path of a pool's Supernode, which is live, too: a node's list is asked for.
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

// unrouted refuses what no operation is for.
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
			problem(w, http.StatusNotFound, "there is nothing at this address: /api/openapi.json lists what there is")
			return
		}
		allow := strings.Join(allowed, ", ")
		w.Header().Set("Allow", allow)
		problem(w, http.StatusMethodNotAllowed, "this address takes "+allow+" and no "+r.Method)
	})
}

// Handle adds pages to the address.
func (s *Server) Handle(pattern string, h http.Handler) { s.mux.Handle(pattern, h) }

// Answers is the cache of answers, for pages.
func (s *Server) Answers() *Answers { return s.answers }

// OpenAPI returns the document of the API.
func (s *Server) OpenAPI() *huma.OpenAPI { return s.api.OpenAPI() }

// Status returns how the ledger and its daemon are.
func (s *Server) Status(ctx context.Context) (wire.Status, error) {
	tip, err := s.cfg.Books.Tip(ctx)
	if err != nil {
		tip = wire.Tip{Height: -1}
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
	return out, err
}

// Handler serves everything, guarded.
func (s *Server) Handler() http.Handler {
	return recovered(guard(patient(s.mux), newLimits(s.cfg.PerSecond), &s.cfg), s.cfg.Log)
}

// patience bounds the time that an answer may take, on a database that others want to ask as well.
const patience = 20 * time.Second

// patient ends the work for a request after patience; event streams go on.
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

const streamPath = "/api/v1/stream"

// NotReady answers everything while there is nothing to answer from.
func NotReady(reason func() string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Retry-After", "5")
		problem(w, http.StatusServiceUnavailable, "the daemon has no database to read yet ("+reason()+"): try again in a while")
	})
}

// HTTP returns a server with bounds on time and size.
func HTTP(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler: handler, ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 15 * time.Second, WriteTimeout: 60 * time.Second,
		IdleTimeout: 2 * time.Minute, MaxHeaderBytes: 16 << 10, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// recovered keeps a mistake of ours from taking the daemon down.
func recovered(next http.Handler, log *slog.Logger) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() {
			if p := recover(); p != nil && p != http.ErrAbortHandler { //nolint:errorlint // net/http compares so
				log.Error("a request made the API panic", "path", r.URL.Path, "panic", fmt.Sprint(p))
				problem(w, http.StatusInternalServerError, "a mistake of this program: please report it with the request")
			}
		}()
		next.ServeHTTP(w, r)
	})
}

// failed turns an error into one of HTTP.
func (s *Server) failed(err error) error {
	var bad *books.BadRequest
	var refused *notify.RequestError
	switch {
	case errors.As(err, &refused):
		return huma.Error422UnprocessableEntity(refused.Detail)
	case errors.As(err, &bad):
		return huma.Error422UnprocessableEntity(bad.Text)
	case errors.Is(err, books.ErrEmpty):
		return huma.Error503ServiceUnavailable(err.Error())
	case errors.Is(err, books.ErrNotFound):
		return huma.Error404NotFound("the ledger has no such thing: check the id; what was posted just now is there once a block holds it")
	case errors.Is(err, context.DeadlineExceeded):
		s.cfg.Log.Warn("a request took too long", "err", err)
		return huma.Error503ServiceUnavailable("the answer took too long: try again, or ask for less at once")
	case errors.Is(err, context.Canceled):
		return huma.NewError(499, "who asked is gone")
	}
	s.cfg.Log.Warn("a request failed", "err", err)
	return huma.Error503ServiceUnavailable("the database does not answer now: try again in a while, the daemon's log says why")
}

// body is an answer in huma's form.
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

// get registers an operation that reads. Its errors are the same everywhere.
func get[I, O any](s *Server, id, path, summary string, f func(context.Context, *I) (*O, error)) {
	huma.Register(s.api, huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: "/api/v1" + path, Summary: summary,
		Errors: []int{http.StatusNotFound, http.StatusTooManyRequests, http.StatusServiceUnavailable},
	}, f)
}

// paged registers an operation that reads a list page by page.
func paged[Q, T any](s *Server, id, path, summary string, find func(context.Context, Q) ([]T, wire.Tip, string, error)) {
	get(s, id, path, summary, func(ctx context.Context, in *Q) (*body[wire.List[T]], error) {
		items, tip, next, err := find(ctx, *in)
		return list(s, items, tip, next, err)
	})
}

// register puts every operation in one table: the surface of the API.
func (s *Server) register() {
	b := s.cfg.Books
	get(s, "status", "/status", "How the ledger and its daemon are", func(ctx context.Context, _ *struct{}) (*body[wire.Status], error) {
		x, err := s.Status(ctx)
		return one(s, x, err)
	})
	get(s, "statistics", "/statistics", "Sums over the network", func(ctx context.Context, _ *struct{}) (*body[wire.Statistics], error) {
		x, err := b.Statistics(ctx)
		return one(s, x, err)
	})
	get(s, "pools", "/pools", "Pools, in the order they opened", func(ctx context.Context, in *wire.PoolQuery) (*body[wire.List[wire.Pool]], error) {
		items, tip, err := b.Pools(ctx, *in)
		return list(s, items, tip, "", err)
	})
	get(s, "past-pools", "/blocks/{height}/pools", "Pools as they were after a block: their terms, statuses and dates", func(ctx context.Context, in *struct {
		HeightInput
	}) (*body[wire.List[wire.PoolTerms]], error) {
		items, tip, err := b.PastPools(ctx, pastel.Height(in.Height))
		return list(s, items, tip, "", err)
	})
	get(s, "pool", "/pools/{id}", "All about a pool", func(ctx context.Context, in *PoolInput) (*body[wire.PoolDetail], error) {
		x, err := b.Pool(ctx, in.ID)
		return one(s, x, err)
	})
	get(s, "supernode", "/pools/{id}"+supernodePath, "How the Supernode of a pool that was activated is doing", func(ctx context.Context, in *PoolInput) (*body[wire.Supernode], error) {
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
	get(s, "member", "/members/{pastelid}", "What a PastelID has in pools", func(ctx context.Context, in *struct {
		PastelID string `path:"pastelid" maxLength:"100"`
	}) (*body[wire.Account], error) {
		x, err := b.Member(ctx, in.PastelID)
		return one(s, x, err)
	})
	get(s, "account", "/accounts/{address}", "What an address has in pools", func(ctx context.Context, in *AddressInput) (*body[wire.Account], error) {
		x, err := b.Address(ctx, in.Address)
		return one(s, x, err)
	})
	get(s, "output", "/outputs/{output}", "An unspent output, and whether it backs pledges", func(ctx context.Context, in *struct {
		Output string `path:"output" maxLength:"80" doc:"txid:vout"`
	}) (*body[wire.Coin], error) {
		x, err := b.Coin(ctx, in.Output)
		return one(s, x, err)
	})
	get(s, "operators", "/operators", "Operators' records, those with the most coins of members first",
		func(ctx context.Context, _ *struct{}) (*body[wire.List[wire.Operator]], error) {
			items, tip, err := b.Operators(ctx)
			return list(s, items, tip, "", err)
		})
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
	huma.Register(s.api, huma.Operation{
		OperationID: "check-ticket", Method: http.MethodPost, Path: "/api/v1/tickets/check",
		Summary:      "What the next block would make of a ticket, without posting it",
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
	get(s, "payout", "/payouts/{txid}", "All about a payout", func(ctx context.Context, in *struct {
		TxID string `path:"txid" minLength:"64" maxLength:"64" pattern:"^[0-9a-f]{64}$"`
	}) (*body[wire.PayoutDetail], error) {
		x, err := b.Payout(ctx, in.TxID)
		return one(s, x, err)
	})
	paged(s, "credits", "/credits", "Income that was settled", b.Credits)
	paged(s, "payments", "/payments", "Parts of payouts: those of a PastelID's reward and fee addresses, or of one address", b.Payments)
	get(s, "mempool", "/mempool", "Unconfirmed transactions that spend pledged coins; the tip is the block after which all of the mempool was looked at, of height -1 if it was not lately", func(ctx context.Context, in *wire.SpendQuery) (*body[wire.List[wire.Spend]], error) {
		items, tip, err := b.Spends(ctx, in.Pool, in.PastelID)
		return list(s, items, tip, "", err)
	})
	paged(s, "events", "/events", "What happened, in the order of the chain", b.Events)
}

// registerStream registers the event stream.
func (s *Server) registerStream() {
	get(s, "stream", "/stream", "Blocks and what happens in them, as they come (server-sent events: block, reorg)",
		func(ctx context.Context, in *struct {
			wire.OfPool
			wire.OfID
			LastEventID string `header:"Last-Event-ID" maxLength:"100" doc:"The last id that was seen: the stream goes on after it."`
			After       string `query:"after" maxLength:"100" doc:"The same, for readers that cannot set the header, which wins."`
			From        int64  `query:"from" minimum:"-1" maximum:"2147483647" default:"-1" doc:"First block to send; -1 for the last there is."`
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
			who, _ := ctx.Value(clientKey{}).(netip.Addr)
			if !s.streams.open(who, s.cfg.Streams) {
				return nil, huma.Error503ServiceUnavailable("too many event streams are open: close some, try again later, or ask another daemon")
			}
			return &huma.StreamResponse{Body: func(ctx huma.Context) {
				defer s.streams.close(who)
				r, w := humago.Unwrap(ctx)
				w.Header().Set("Content-Type", "text/event-stream")
				w.Header().Set("X-Accel-Buffering", "no") // nginx would wait for more
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
