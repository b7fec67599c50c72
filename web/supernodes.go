package web

import (
	"net/http"

	"github.com/pastelnetwork/smartpool/books"
)

// supernodes shows the Supernodes that the daemon's node lists.
func (s *Site) supernodes(r *http.Request) (*page, error) {
	var d struct {
		books.NodeList
		Later bool // the page is not the list's first
	}
	after := r.URL.Query().Get("after")
	d.Later = after != ""
	var err error
	d.NodeList, err = s.cfg.Books.NodeList(r.Context(), after, listing)
	return ok("supernodes.html", "Supernodes", "/supernodes", d), err
}
