package api

import (
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
)

// client returns the client's address: the peer's or, if the peer is one of our proxies, the last address in X-Forwarded-For that is not a
// proxy's, because clients can forge the ones before it. If what a proxy wrote is no address, the proxy itself counts as the client.
// Unparsable peers share the zero address. IPv6 addresses count by /64, which a customer usually gets as a whole.
func client(r *http.Request, proxies []netip.Prefix) netip.Addr {
	at, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{}
	}
	addr := at.Addr().Unmap().WithZone("")
	hops := strings.Split(strings.Join(r.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(hops) - 1; i >= 0 && within(addr, proxies); i-- {
		text := strings.TrimSpace(hops[i])
		if text == "" { // an empty element of a list, which HTTP allows
			continue
		}
		hop, ok := forwarded(text)
		if !ok {
			break
		}
		addr = hop
	}
	if addr.Is6() {
		if p, err := addr.Prefix(64); err == nil {
			addr = p.Addr()
		}
	}
	return addr
}

func within(addr netip.Addr, networks []netip.Prefix) bool {
	return slices.ContainsFunc(networks, func(p netip.Prefix) bool { return p.Contains(addr) })
}

// forwarded parses an address as proxies write it: some add the port, some put IPv6 in brackets with or without one, some add quotes.
func forwarded(text string) (netip.Addr, bool) {
	text = strings.Trim(text, `"`)
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	if err != nil {
		host, _, bad := net.SplitHostPort(text)
		if bad != nil {
			return netip.Addr{}, false
		}
		if addr, err = netip.ParseAddr(host); err != nil {
			return netip.Addr{}, false
		}
	}
	return addr.Unmap().WithZone(""), true
}

// answersTo reports whether the API answers to a Host header. A page of a stranger can make a browser on this machine ask a loopback
// address under the stranger's name, and would then read the answers as its own. Addresses cannot be forged so.
func (c *Config) answersTo(r *http.Request) bool {
	switch {
	case Unnamed(r.Host), slices.Contains(c.Hosts, hostOf(r.Host)):
		return true
	case len(c.Hosts) > 0 || !c.Local:
		return len(c.Hosts) == 0
	}
	at, err := netip.ParseAddrPort(r.RemoteAddr) // a proxy asks under the name that its clients use
	return err == nil && within(at.Addr().Unmap().WithZone(""), c.Proxies)
}

// Unnamed reports whether a Host header has no name that a stranger could have chosen: it is an address, localhost, or missing, as programs
// may send it and browsers do not.
func Unnamed(header string) bool {
	host := hostOf(header)
	_, err := netip.ParseAddr(host)
	return err == nil || host == "" || host == "localhost"
}

// hostOf returns a Host header without port, brackets and final dot, in lower case.
func hostOf(header string) string {
	if host, _, err := net.SplitHostPort(header); err == nil {
		header = host
	}
	return strings.ToLower(strings.TrimSuffix(strings.TrimSuffix(strings.TrimPrefix(header, "["), "]"), "."))
}

// crossOrigin lets pages of allowed origins read the answer. It reports whether it has answered: a browser asks before it sends a request
// that a form could not send.
func (c *Config) crossOrigin(w http.ResponseWriter, r *http.Request) (done bool) {
	if len(c.Origins) == 0 {
		return false
	}
	w.Header().Add("Vary", "Origin") // even without an origin: a cache must not give this answer to a page of one
	origin := r.Header.Get("Origin")
	if !slices.Contains(c.Origins, origin) {
		return false
	}
	w.Header().Set("Access-Control-Allow-Origin", origin)
	w.Header().Set("Access-Control-Expose-Headers", "ETag, Retry-After")
	if r.Method != http.MethodOptions || r.Header.Get("Access-Control-Request-Method") == "" {
		return false
	}
	w.Header().Add("Vary", "Access-Control-Request-Method, Access-Control-Request-Headers")
	w.Header().Set("Access-Control-Allow-Methods", "GET, HEAD, POST")
	w.Header().Set("Access-Control-Allow-Headers", "Content-Type, If-None-Match, Last-Event-ID") // never Authorization
	w.Header().Set("Access-Control-Max-Age", "600")
	w.WriteHeader(http.StatusNoContent)
	return true
}

// matches reports whether an If-None-Match header names an entity tag. Caches send lists, weak tags, and tags to which a proxy that
// compressed the answer added a suffix, such as "tag-gzip".
func matches(header []string, tag string) bool {
	opaque := strings.Trim(tag, `"`)
	for _, x := range strings.Split(strings.Join(header, ","), ",") {
		x = strings.TrimSpace(x)
		if x == "*" {
			return true
		}
		x, found := strings.CutPrefix(strings.Trim(strings.TrimPrefix(x, "W/"), `"`), opaque)
		if found && (x == "" || slices.Contains(codings, strings.TrimLeft(x, "-;:+./_")) && strings.ContainsAny(x[:1], "-;:+./_")) {
			return true
		}
	}
	return false
}

// codings are what proxies compress with.
var codings = []string{"gzip", "br", "zstd", "deflate", "df", "gz"}

// under serves everything also under the base path, which a proxy may pass on or remove, and completes redirects with it. A proxy that
// removes it says so with X-Forwarded-Prefix where that matters: without it, /pools below the base path /pools would be the start page.
func (c *Config) under(next http.Handler) http.Handler {
	base := c.Base
	if base == "" {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w = &rebased{w, base}
		peer, err := netip.ParseAddrPort(r.RemoteAddr)
		removed := err == nil && within(peer.Addr().Unmap().WithZone(""), c.Proxies) && strings.TrimSuffix(r.Header.Get("X-Forwarded-Prefix"), "/") == base
		switch {
		case removed:
			next.ServeHTTP(w, r)
		case r.URL.Path == base:
			to := base + "/"
			if r.URL.RawQuery != "" {
				to += "?" + r.URL.RawQuery
			}
			w.Header().Set("Location", to)
			w.(*rebased).ResponseWriter.WriteHeader(http.StatusPermanentRedirect)
		case strings.HasPrefix(r.URL.Path, base+"/"):
			http.StripPrefix(base, next).ServeHTTP(w, r)
		default:
			next.ServeHTTP(w, r)
		}
	})
}

// rebased is a ResponseWriter that completes redirects within this site with the base path.
type rebased struct {
	http.ResponseWriter
	base string
}

// WriteHeader implements http.ResponseWriter.
func (w *rebased) WriteHeader(status int) {
	if to := w.Header().Get("Location"); strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//") {
		w.Header().Set("Location", w.base+to)
	}
	w.ResponseWriter.WriteHeader(status)
}

// Unwrap serves http.ResponseController, with which streams flush.
func (w *rebased) Unwrap() http.ResponseWriter { return w.ResponseWriter }
