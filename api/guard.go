package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/internal/tally"
)

// maxBody bounds a request's body, in bytes. The largest is a ticket's JSON within JSON.
const maxBody = 1 << 20

// maxURL bounds a request's path and query, in bytes.
const maxURL = 4 << 10

// securityHeaders go with every answer. Pages load no script, style or picture from other hosts, and nobody may frame them.
var securityHeaders = map[string]string{
	"Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
		"connect-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
	"X-Content-Type-Options":       "nosniff",
	"X-Frame-Options":              "DENY",
	"Referrer-Policy":              "no-referrer",
	"Cross-Origin-Opener-Policy":   "same-origin",
	"Cross-Origin-Resource-Policy": "same-origin",
	"Permissions-Policy":           "camera=(), geolocation=(), microphone=()",
}

// problem writes an error as RFC 9457 defines it, in huma's form.
func problem(w http.ResponseWriter, status int, detail string) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	//nolint:errchkjson,errcheck // texts always encode; the client may be gone
	json.NewEncoder(w).Encode(map[string]any{"title": http.StatusText(status), "status": status, "detail": detail})
}

// guard enforces limits on a request before anything else handles it.
func guard(next http.Handler, rate *tally.Rate[netip.Addr], cfg *Config) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		who := client(r, cfg.Proxies)
		for name, value := range securityHeaders {
			w.Header().Set(name, value)
		}
		switch {
		case len(r.URL.RequestURI()) > maxURL:
			problem(w, http.StatusRequestURITooLong, "the URL is longer than 4,096 bytes: shorten the query")
			return
		case r.ContentLength > maxBody:
			problem(w, http.StatusRequestEntityTooLarge, "the request body is larger than 1 MiB: send less")
			return
		case rate != nil && rate.Wait(who, time.Now()) > 0:
			w.Header().Set("Retry-After", "1")
			problem(w, http.StatusTooManyRequests, "too many requests from this address: wait a second, and use the event stream instead of polling")
			return
		case !cfg.answersTo(r):
			problem(w, http.StatusMisdirectedRequest, "this daemon does not answer to that host name: its operator can add the name to --api-hosts")
			return
		case cfg.crossOrigin(w, r):
			return
		}
		r.Body = http.MaxBytesReader(w, r.Body, maxBody)
		next.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), clientKey{}, who)))
	})
}

// clientKey is the context key of the client's address.
type clientKey struct{}

// clientOf returns the address of a request's client.
func clientOf(ctx context.Context) netip.Addr {
	who, _ := ctx.Value(clientKey{}).(netip.Addr)
	return who
}

const (
	burstSeconds = 4
	maxAddresses = 100_000
)

// newRate returns the rate of requests from an address; nil for no limit.
func newRate(perSecond int) *tally.Rate[netip.Addr] {
	if perSecond == 0 {
		return nil
	}
	return tally.NewRate[netip.Addr](time.Second/time.Duration(perSecond), burstSeconds*perSecond, maxAddresses)
}

// authorized reports whether a request carries the token. Without a token configured, none does. HTTP ignores the case of the scheme, and
// some clients and proxies write it in lower case.
func authorized(header, token string) bool {
	scheme, given, found := strings.Cut(header, " ")
	found = found && strings.EqualFold(scheme, "Bearer")
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(token)) // equal lengths, so that timing reveals nothing
	return found && token != "" && subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
