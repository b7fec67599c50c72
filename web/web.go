// Package web serves the dashboard: pages rendered from the read model. They are complete without JavaScript and refresh
// themselves with it. They load nothing from other hosts and need no build step: scripts and styles are embedded (package.json pins them).
package web

import (
	"bytes"
	"context"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"path"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/docs"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/wire"
)

//go:embed templates assets
var files embed.FS

// Config holds what the pages are rendered from.
type Config struct {
	Books  *books.Books
	Status func(*http.Request) (wire.Status, error)
	API    func() ([]byte, error) // the API's OpenAPI document, JSON
	// Simulator says how the next block would treat a ticket.
	Simulator books.Simulator
	Poster    Poster // posts what the status offers; may be nil
	// Stop ends a member's subscription by the secret in its messages; nil if the daemon has none.
	Stop func(ctx context.Context, secret string) error
	Base string // path under which a proxy publishes the pages, such as /pools; empty for none
	Log  *slog.Logger
}

// Site serves the pages.
type Site struct {
	cfg    Config
	pages  map[string]*template.Template
	api    func() (*reference, error)
	assets map[string]asset
	terms  *glossary
	turns  chan struct{} // those who read a page of an account's history
}

// asset is an embedded file. Its name contains its hash, so browsers may cache it forever.
type asset struct {
	name   string // under /assets/
	kind   string
	body   []byte
	packed bool   // the body is gzip'd
	policy string // Content-Security-Policy, if it is not the pages'
}

// New returns the site. It panics if an embedded template is invalid, which tests would reveal.
func New(cfg Config) *Site {
	s := &Site{cfg: cfg, api: sync.OnceValues(func() (*reference, error) {
		text, err := cfg.API()
		if err != nil {
			return nil, err
		}
		return newReference(text)
	}), pages: map[string]*template.Template{}, assets: map[string]asset{}, turns: make(chan struct{}, readers)}
	byName := map[string]string{}
	for file, body := range assets() {
		sum := sha256.Sum256(body)
		name, packed := strings.CutSuffix(file, ".gz")
		ext := path.Ext(name)
		a := asset{strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext, kinds[ext], body, packed, policies[name]}
		s.assets[a.name] = a
		byName[name] = "/assets/" + a.name
	}
	terms, err := newGlossary(docs.Glossary)
	if err != nil {
		panic(err) // the document is part of the program
	}
	s.terms = terms
	functions := template.FuncMap{"term": terms.link, "fingerprint": fingerprint, "asset": func(name string) (string, error) {
		if byName[name] == "" {
			return "", errors.New("no asset is named " + name)
		}
		return byName[name], nil
	}}
	base := template.Must(template.New("").Funcs(functions).Funcs(formats).ParseFS(files, "templates/layout.html", "templates/parts.html"))
	for name := range embedded("templates") {
		if name == "layout.html" || name == "parts.html" {
			continue
		}
		s.pages[name] = template.Must(template.Must(base.Clone()).ParseFS(files, "templates/"+name))
	}
	return s
}

var kinds = map[string]string{
	".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml", ".wasm": "application/wasm",
}

// embedded returns the files of an embedded folder by name.
func embedded(folder string) map[string][]byte {
	all := map[string][]byte{}
	entries, err := fs.ReadDir(files, folder)
	for _, e := range entries {
		if err == nil {
			all[e.Name()], err = files.ReadFile(folder + "/" + e.Name())
		}
	}
	if err != nil {
		panic(err) // the files are part of the program
	}
	return all
}

// query maps the parameters that a page accepts to their allowed values; nil allows any value.
type query map[string][]string

// Handler serves the pages. It wraps keep, a cache, around those that depend only on the ledger's last block.
func (s *Site) Handler(keep func(http.Handler) http.Handler) http.Handler {
	mux := http.NewServeMux()
	pledges := []string{everyPledge}
	for pattern, x := range map[string]struct {
		page func(*http.Request) (*page, error)
		has  query
	}{
		"GET /{$}":                  {s.overview, nil},
		"GET /pools":                {s.pools, query{"show": {showOpen, showEnded, showAll}, "operator": nil, "coins": nil, "sort": sorts(poolOrders), "after": nil}},
		"GET /pools/{id}":           {s.pool, query{"before": nil, "pledges": pledges}},
		"GET /members/{pastelid}":   {s.member, query{"pledges": pledges}},
		"GET /accounts/{address}":   {s.account, query{"pledges": pledges}},
		"GET /operators":            {s.operators, query{"sort": sorts(operatorOrders), "after": nil}},
		"GET /operators/{pastelid}": {s.operator, nil},
		"GET /tickets":              {s.tickets, query{"kind": kindsOfTickets(), "pool": nil, "before": nil}},
		"GET /payouts/{txid}":       {s.payout, nil},
		"GET /blocks/{height}":      {s.block, query{"digest": nil}},
		"GET /reference":            {s.reference, nil},
	} {
		mux.Handle(pattern, s.only(x.has, keep(s.render(s.atOneBlock(x.page)))))
	}
	mux.Handle("GET /members/{pastelid}"+feedFile, s.only(nil, keep(s.feed(s.memberFeed))))
	mux.Handle("GET /pools/{id}"+feedFile, s.only(nil, keep(s.feed(s.poolFeed))))
	mux.Handle("GET /status", s.only(nil, keep(s.render(s.status))))
	mux.Handle("GET /supernodes", s.only(query{"after": nil}, s.serve(s.supernodes))) // it changes between blocks
	mux.Handle("GET /glossary", s.only(nil, s.serve(s.glossary)))
	for pattern, h := range map[string]http.Handler{
		"GET /join":               s.join(),
		"GET /join/statement.txt": s.file("text/plain; charset=utf-8", ".txt", statementFile),
		"GET /join/ticket.json":   s.file("application/json", ".json", ticketFile),
		"GET /join/qr.svg":        s.file(kinds[".svg"], "", qrCode),
		"GET /join/posted":        s.outcome(),
		"POST /join/check":        s.check(),
		"POST /join/post":         s.post(),
		"POST /join/ticket.json":  s.signedFile(),
		"POST /join/register":     s.register(),
		"GET /stop/{secret}":      s.stopping(),
		"POST /stop/{secret}":     s.stop(),
	} {
		mux.Handle(pattern, h)
	}
	mux.Handle("GET /find", s.only(query{"q": nil}, http.HandlerFunc(s.find)))
	for kind, account := range map[string]func(*http.Request) (wire.Account, error){
		"members": func(r *http.Request) (wire.Account, error) { return s.cfg.Books.Member(r.Context(), r.PathValue("id")) },
		"accounts": func(r *http.Request) (wire.Account, error) {
			return s.cfg.Books.Address(r.Context(), r.PathValue("id"))
		},
	} {
		mux.Handle("GET /"+kind+"/{id}/history.csv", s.only(nil, s.history(account)))
	}
	mux.HandleFunc("GET /assets/{name}", s.asset)
	mux.Handle("GET /", s.serve(func(*http.Request) (*page, error) { return nil, books.ErrNotFound }))
	return mux
}

// atOneBlock lets a page ask all its questions as of one block, which is the one that it names.
func (s *Site) atOneBlock(f func(*http.Request) (*page, error)) func(*http.Request) (*page, wire.Status, error) {
	return func(r *http.Request) (p *page, status wire.Status, err error) {
		err = s.cfg.Books.AtOneBlock(r.Context(), func(ctx context.Context) (err error) {
			at := r.WithContext(ctx)
			if status, err = s.cfg.Status(at); err != nil {
				return err
			}
			if status.Tip, err = s.cfg.Books.Tip(ctx); err == nil {
				p, err = f(at)
			}
			return err
		})
		if err != nil && status.Network == "" { // there is no block
			var failed error
			if status, failed = s.cfg.Status(r); failed != nil {
				err = failed
			}
		}
		return p, status, err
	}
}

// only refuses parameters that a page does not accept and encodes the others uniformly: strangers must not choose what the cache holds.
func (s *Site) only(has query, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, err := has.read(r.URL.RawQuery)
		if err != nil {
			s.serve(func(*http.Request) (*page, error) { return nil, err }).ServeHTTP(w, r)
			return
		}
		r = r.Clone(r.Context())
		r.URL.RawQuery = given.Encode()
		next.ServeHTTP(w, r)
	})
}

func (has query) read(raw string) (url.Values, error) {
	given, err := url.ParseQuery(raw)
	if err != nil {
		return nil, &books.BadRequest{Text: "The part of the address after the question mark is malformed. Remove it."}
	}
	for name, values := range given {
		allowed, found := has[name]
		if !found {
			return nil, &books.BadRequest{Text: fmt.Sprintf("This page has no parameter %.40q. Remove the part of the address after the question mark.", name)}
		}
		if len(values) > 1 || allowed != nil && !slices.Contains(allowed, values[0]) {
			return nil, &books.BadRequest{Text: fmt.Sprintf("This page does not accept %.40s=%.40q. Remove the part of the address after the question mark.", name, strings.Join(values, ","))}
		}
	}
	return given, nil
}

func (s *Site) asset(w http.ResponseWriter, r *http.Request) {
	a, found := s.assets[r.PathValue("name")]
	if !found {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", a.kind)
	w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
	if a.policy != "" {
		w.Header().Set("Content-Security-Policy", a.policy)
	}
	if a.packed {
		s.packed(w, r, a)
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.body))
}

// page is the data of the layout and of a page's template.
type page struct {
	file   string // template
	Title  string
	Path   string // from which the page refreshes itself
	Feed   string // path of the feed of what the page is about; empty if there is none
	Nav    string // navigation entry that the page belongs to
	Status wire.Status
	Data   any
	code   int
	to     string // where the page is; empty if here

	Still     bool // the page holds what people type, so it does not refresh itself
	Unsettled bool // the page refreshes itself soon also without JavaScript
}

// Dated reports whether the page describes a block. It does not if the ledger is empty or unreadable.
func (p *page) Dated() bool { return p.Status.Tip.Height >= 0 && p.Status.Tip.Hash != "" }

// Waiting reports whether the page has nothing to show yet and therefore retries soon.
func (p *page) Waiting() bool { return p.code == http.StatusServiceUnavailable && !p.Still }

// serve serves a page that says nothing of the ledger, such as an error.
func (s *Site) serve(f func(*http.Request) (*page, error)) http.Handler {
	return s.render(func(r *http.Request) (*page, wire.Status, error) {
		status, err := s.cfg.Status(r)
		if err != nil {
			return nil, status, err
		}
		p, err := f(r)
		return p, status, err
	})
}

// render renders a page completely or not at all.
func (s *Site) render(f func(*http.Request) (*page, wire.Status, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p, status, err := f(r)
		if err != nil {
			p = s.failed(err, r.Method == http.MethodPost)
		}
		if p.to != "" {
			http.Redirect(w, r, p.to, http.StatusSeeOther)
			return
		}
		p.Path, p.Status = r.URL.RequestURI(), status
		var out bytes.Buffer
		safe := visible.Writer(&out) // whatever strangers' texts a template shows as they are
		if err := errors.Join(s.pages[p.file].ExecuteTemplate(safe, "layout", p), safe.Close()); err != nil {
			s.cfg.Log.Error("cannot render a page", "path", r.URL.Path, "err", err)
			http.Error(w, "This page cannot be rendered because of a bug in this program. Please report it.", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(p.code)
		w.Write(s.rebase(out.Bytes())) //nolint:errcheck // the client is gone
	})
}

// local finds the links of a page to this site. Text cannot look like one, because quotes in it are escaped.
var local = regexp.MustCompile(`( (?:href|src|action|data-path|data-stream|data-worker|data-program)=")/`)

// rebase puts the base path in front of a page's links, as it is sent: no template can forget it.
func (s *Site) rebase(html []byte) []byte {
	if s.cfg.Base == "" {
		return html
	}
	return local.ReplaceAll(html, []byte("${1}"+s.cfg.Base+"/"))
}

// failed returns the page that says what went wrong and what to do. One that answers a form stays as it is: its address cannot be read again.
func (s *Site) failed(err error, form bool) *page {
	p := &page{file: "error.html", Title: "Not available", code: http.StatusServiceUnavailable, Still: form}
	var bad *books.BadRequest
	switch {
	case errors.As(err, &bad):
		p.Title, p.code = "Invalid request", http.StatusUnprocessableEntity
		p.Data = bad.Text
	case errors.Is(err, books.ErrEmpty): // also an ErrNotFound
		p.Title = "Starting"
		p.Data = "The ledger holds no blocks yet because the daemon is syncing. This page refreshes by itself."
		if form {
			p.Data = "The ledger holds no blocks yet because the daemon is syncing. Go back, and send it again in some minutes."
		}
	case errors.Is(err, books.ErrNotFound):
		p.Title, p.code = "Not found", http.StatusNotFound
		p.Data = "The ledger contains nothing under this address. Check the id; a ticket posted just now appears once a block includes it."
	default:
		s.cfg.Log.Warn("cannot read the data of a page", "err", err)
		p.Data = "The database is not responding. Try again in a minute; the daemon's log says why."
	}
	return p
}
