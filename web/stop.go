package web

import (
	"errors"
	"net/http"
	"regexp"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/wire"
)

// stopSecret is the form of the secret in a member's messages.
var stopSecret = regexp.MustCompile(`^[0-9A-Z]{20,100}$`)

// stopped is the data of the page that ends a subscription.
type stopped struct {
	Done bool // no messages come any more
	Gone bool // none came before
}

// stopping asks whoever follows the link in a message before it ends the subscription: programs that preview links follow it, too.
func (s *Site) stopping() http.Handler {
	return s.only(nil, s.serve(func(r *http.Request) (*page, error) {
		if !stopSecret.MatchString(r.PathValue("secret")) || s.cfg.Stop == nil {
			return nil, books.ErrNotFound
		}
		p := ok("stop.html", "Stop messages", "", stopped{})
		p.Still = true
		return p, nil
	}))
}

// stop ends the subscription.
func (s *Site) stop() http.Handler {
	return s.posted(func(_ http.ResponseWriter, r *http.Request) (*page, wire.Status, error) {
		status, err := s.cfg.Status(r)
		secret := r.PathValue("secret")
		switch {
		case err != nil:
			return nil, status, err
		case crossSite(r):
			return nil, status, &books.BadRequest{Text: "Another site sent this form. Open the link in the message yourself."}
		case !stopSecret.MatchString(secret) || s.cfg.Stop == nil:
			return nil, status, books.ErrNotFound
		}
		err = s.cfg.Stop(r.Context(), secret)
		if err != nil && !errors.Is(err, books.ErrNotFound) {
			return nil, status, err
		}
		p := ok("stop.html", "Stopped", "", stopped{Done: true, Gone: err != nil})
		p.Still = true
		return p, status, nil
	})
}
