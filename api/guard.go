package api

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"time"

	"golang.org/x/time/rate"
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
func guard(next http.Handler, limits *limits, cfg *Config) http.Handler {
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
		case !limits.allow(who):
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

// limits bound the request rate of each address.
type limits struct {
	perSecond rate.Limit // 0 for no limit

	mu   sync.Mutex
	of   map[netip.Addr]*rate.Limiter
	next time.Time // of removing limiters that have recovered
}

const (
	burstSeconds = 4
	maxAddresses = 100_000
	forgetEvery  = time.Minute
)

func newLimits(perSecond int) *limits {
	return &limits{perSecond: rate.Limit(perSecond), of: map[netip.Addr]*rate.Limiter{}}
}

func (l *limits) allow(addr netip.Addr) bool {
	if l.perSecond == 0 {
		return true
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if now := time.Now(); now.After(l.next) {
		l.next = now.Add(forgetEvery)
		for a, x := range l.of {
			if x.TokensAt(now) >= float64(x.Burst()) {
				delete(l.of, a)
			}
		}
	}
	x := l.of[addr]
	if x == nil && len(l.of) >= maxAddresses {
		addr = netip.Addr{} // further addresses share one limit
		x = l.of[addr]
	}
	if x == nil {
		x = rate.NewLimiter(l.perSecond, burstSeconds*int(l.perSecond))
		l.of[addr] = x
	}
	return x.Allow()
}

// authorized reports whether a request carries the token. Without a token configured, none does. HTTP ignores the case of the scheme, and
// some clients and proxies write it in lower case.
func authorized(header, token string) bool {
	scheme, given, found := strings.Cut(header, " ")
	found = found && strings.EqualFold(scheme, "Bearer")
	a, b := sha256.Sum256([]byte(given)), sha256.Sum256([]byte(token)) // equal lengths, so that timing reveals nothing
	return found && token != "" && subtle.ConstantTimeCompare(a[:], b[:]) == 1
}
