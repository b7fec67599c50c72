package web

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// find redirects to the page of the pool, PastelID, address or payout that was entered. The start of a pool's id lists the pools that have it; the start of a
// company name, the operators who use it; what is nearly one of these, what may be meant.
func (s *Site) find(w http.ResponseWriter, r *http.Request) {
	entered := r.URL.Query().Get("q")
	what := pasted.ID(entered)
	net := s.cfg.Books.Params().Network
	to := ""
	switch _, notAddress := pastel.ParseAddress(&net, what); {
	case notAddress == nil:
		to = "/accounts/"
	case strings.HasPrefix(what, "jX"):
		to = "/members/"
	case len(what) == 64:
		to, what = "/payouts/", pasted.Hex(what)
	}
	if to != "" {
		http.Redirect(w, r, to+url.PathEscape(what), http.StatusSeeOther)
		return
	}
	s.serve(func(r *http.Request) (*page, error) { return s.named(r, pasted.Pool(what), pasted.Text(entered)) }).ServeHTTP(w, r)
}

// found is what has a name like the one that was entered.
type found struct {
	books.Found
	Entered string
	Most    int // pools and operators
}

// poolID is what a pool's id looks like, with any part of its hash.
var poolID = regexp.MustCompile(`^([a-z0-9-]+)\.[0-9a-f]*$`)

// named finds pools by the start of their ids, and pools and operators by names like the one entered.
func (s *Site) named(r *http.Request, start, name string) (*page, error) {
	d := found{Entered: name, Most: listing}
	var exact []wire.Pool
	var err error
	if start != "" {
		if exact, err = s.cfg.Books.PoolsFrom(r.Context(), start, listing); err != nil {
			return nil, err
		}
	}
	if len(exact) == 1 {
		return &page{to: "/pools/" + exact[0].ID}, nil
	}
	if id := poolID.FindStringSubmatch(start); id != nil && len(exact) == 0 {
		name = id[1]
	}
	if d.Found, err = s.cfg.Books.NamedLike(r.Context(), name, listing); err != nil {
		return nil, err
	}
	switch {
	case len(exact) > 0:
		if d.Pools = exact; d.Nearly {
			d.Operators, d.Nearly = nil, false
		}
	case len(d.Pools)+len(d.Operators) == 0:
		net := s.cfg.Books.Params().Network
		return nil, &books.BadRequest{Text: "No pool or operator has a name like this, and it is not a PastelID, transparent address or payout transaction id on network " +
			net.Name + ". Enter the start of a pool's label or of an operator's name, or copy a complete id and paste it."}
	case start != name && poolID.MatchString(start): // there is no pool with this hash
		d.Nearly = true
	}
	title := "Found"
	if d.Nearly {
		title = "Did you mean"
	}
	return ok("found.html", title, "/pools", d), nil
}
