// Package web serves the dashboard: pages made from the ledger's books that can be read without JavaScript, and refresh themselves
// with it. Pages need nothing from other hosts, and no build step: scripts and styles are embedded (package.json pins them).
package web

import (
	"bytes"
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
	"slices"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/wire"
)

//go:embed templates assets
var files embed.FS

// Config says what the pages are made from.
type Config struct {
	Books  *books.Books
	Status func(*http.Request) (wire.Status, error)
	Log    *slog.Logger
}

// Site serves the pages.
type Site struct {
	cfg    Config
	pages  map[string]*template.Template
	assets map[string]asset
}

// asset is an embedded file. Its name holds a hash of it, so that browsers may keep it for good.
type asset struct {
	name string // under /assets/
	kind string
	body []byte
}

// New returns the pages. It panics if the embedded templates are wrong, which a test would have shown.
func New(cfg Config) *Site {
	s := &Site{cfg: cfg, pages: map[string]*template.Template{}, assets: map[string]asset{}}
	byName := map[string]string{}
	for name, body := range embedded("assets") {
		sum := sha256.Sum256(body)
		ext := path.Ext(name)
		a := asset{strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext, kinds[ext], body}
		s.assets[a.name] = a
		byName[name] = "/assets/" + a.name
	}
	functions := template.FuncMap{"asset": func(name string) (string, error) {
		if byName[name] == "" {
			return "", errors.New("there is no asset " + name)
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

var kinds = map[string]string{".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}

// embedded reads the files of an embedded folder.
func embedded(folder string) map[string][]byte {
	all := map[string][]byte{}
	entries, err := fs.ReadDir(files, folder)
	for _, e := range entries {
		if err == nil {
			all[e.Name()], err = files.ReadFile(folder + "/" + e.Name())
		}
	}
	if err != nil {
		panic(err) // they are part of the program
	}
	return all
}

// query is which parameters a page has, and which values they may have; nil for any.
type query map[string][]string

// Handler serves the pages; keep is put around what is a function of the ledger's last block.
func (s *Site) Handler(keep func(http.Handler) http.Handler) http.Handler {
	mux := http.NewServeMux()
	pledges := []string{everyPledge}
	for pattern, x := range map[string]struct {
		page func(*http.Request) (*page, error)
		has  query
	}{
		"GET /{$}":                {s.overview, nil},
		"GET /pools":              {s.pools, query{"show": {showOpen, showEnded}}},
		"GET /pools/{id}":         {s.pool, query{"before": nil, "pledges": pledges}},
		"GET /members/{pastelid}": {s.member, query{"pledges": pledges}},
		"GET /accounts/{address}": {s.account, query{"pledges": pledges}},
		"GET /operators":          {s.operators, nil},
		"GET /tickets":            {s.tickets, query{"before": nil}},
		"GET /payouts/{txid}":     {s.payout, nil},
	} {
		mux.Handle(pattern, s.only(x.has, keep(s.serve(x.page))))
	}
	mux.Handle("GET /find", s.only(query{"q": nil}, http.HandlerFunc(s.find)))
	mux.HandleFunc("GET /assets/{name}", s.asset)
	mux.Handle("GET /", s.serve(func(*http.Request) (*page, error) { return nil, books.ErrNotFound }))
	return mux
}

// only refuses what a page has no use for, and writes the rest in one way: strangers must not choose what is kept.
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
		return nil, &books.BadRequest{Text: "What follows the question mark in the address cannot be read. Leave it out."}
	}
	for name, values := range given {
		allowed, found := has[name]
		if !found {
			return nil, &books.BadRequest{Text: fmt.Sprintf("This page knows no %.40q. Leave out what follows the question mark in the address.", name)}
		}
		if len(values) > 1 || allowed != nil && !slices.Contains(allowed, values[0]) {
			return nil, &books.BadRequest{Text: fmt.Sprintf("This page cannot show %.40s=%.40q.", name, strings.Join(values, ","))}
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
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(a.body))
}

// page is what the layout and a page's template are filled with.
type page struct {
	file   string // template
	Title  string
	Path   string // of this page, to refresh it
	Nav    string // which entry of the navigation it belongs to
	Status wire.Status
	Data   any
	code   int
}

// Dated reports whether the page is of a block: there is none in an empty ledger, or one that cannot be read.
func (p *page) Dated() bool { return p.Status.Tip.Height >= 0 && p.Status.Tip.Hash != "" }

// Waiting reports whether the page has nothing to show yet, so that it asks again soon.
func (p *page) Waiting() bool { return p.code == http.StatusServiceUnavailable }

// serve renders a page, whole or not at all.
func (s *Site) serve(f func(*http.Request) (*page, error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Before the data: of a block that comes in between, the browser hears, as it comes after the one that the page names.
		status, err := s.cfg.Status(r)
		var p *page
		if err == nil {
			p, err = f(r)
		}
		if err != nil {
			p = s.failed(err)
		}
		p.Path, p.Status = r.URL.RequestURI(), status
		var out bytes.Buffer
		if err := s.pages[p.file].ExecuteTemplate(&out, "layout", p); err != nil {
			s.cfg.Log.Error("a page could not be rendered", "path", r.URL.Path, "err", err)
			http.Error(w, "This page could not be made: a mistake of this program.", http.StatusInternalServerError)
			return
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(p.code)
		w.Write(out.Bytes()) //nolint:errcheck // who asked is gone
	})
}

// failed is the page that says what went wrong and what to do.
func (s *Site) failed(err error) *page {
	p := &page{file: "error.html", Title: "Not available", code: http.StatusServiceUnavailable}
	var bad *books.BadRequest
	switch {
	case errors.As(err, &bad):
		p.Title, p.code = "That cannot be", http.StatusUnprocessableEntity
		p.Data = bad.Text
	case errors.Is(err, books.ErrEmpty): // which is an ErrNotFound, too
		p.Title = "Starting"
		p.Data = "The ledger holds no block yet: the daemon is syncing; this page refreshes itself."
	case errors.Is(err, books.ErrNotFound):
		p.Title, p.code = "Not found", http.StatusNotFound
		p.Data = "The ledger has no such thing. Check the id; what was posted just now is there once a block holds it."
	default:
		s.cfg.Log.Warn("a page has no data", "err", err)
		p.Data = "The database does not answer now. Try again in a while; the daemon's log says why."
	}
	return p
}
