package api_test

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/api"
)

// request sends one request with exactly these headers, of which there may be several of a name. A Host header sets the request's host.
func (x *site) request(t testing.TB, method, path string, header ...string) (*http.Response, string) {
	t.Helper()
	req, err := http.NewRequest(method, x.URL+path, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		if header[i] == "Host" {
			req.Host = header[i+1]
			continue
		}
		req.Header.Add(header[i], header[i+1])
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	res, err := client.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return res, string(body)
}

// Each visitor behind a proxy counts as one, however the proxy writes addresses.
func TestEdgesForwardedAddresses(t *testing.T) {
	t.Parallel()
	const visitors = 40 // more than the burst of one
	served := func(t *testing.T, header func(i int) []string) (n int) {
		x := start(t, 5, "", func(c *api.Config) {
			c.PerSecond = 1
			c.Proxies = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("fd00::/8")}
		})
		for i := range visitors {
			if res, _ := x.request(t, http.MethodGet, "/api/v1/statistics", header(i)...); res.StatusCode == http.StatusOK {
				n++
			}
		}
		return n
	}
	one := func(form string) func(int) []string {
		return func(i int) []string { return []string{"X-Forwarded-For", fmt.Sprintf(form, i+1)} }
	}
	for name, header := range map[string]func(int) []string{
		"IPv4":                   one("203.0.113.%d"),
		"IPv4 and port":          one("203.0.113.%d:4711"),
		"IPv6":                   one("2001:db8:0:%x::7"),
		"IPv6 in brackets":       one("[2001:db8:0:%x::7]"),
		"IPv6 and port":          one("[2001:db8:0:%x::7]:443"),
		"IPv6 with a zone":       one("2001:db8:0:%x::7%%eth0"),
		"mapped":                 one("::ffff:203.0.113.%d"),
		"mapped and port":        one("[::ffff:203.0.113.%d]:80"),
		"quoted":                 one(`"203.0.113.%d"`),
		"several hops":           one("198.51.100.1,  203.0.113.%d:99 , 10.1.1.1:8080,\t[fd00::1]:80"),
		"proxy as mapped":        one("203.0.113.%d, ::ffff:10.1.1.1"),
		"empty elements":         one(", 203.0.113.%d,, "),
		"garbage before the hop": one("unknown, 203.0.113.%d"),
		"several lines": func(i int) []string {
			return []string{"X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i+1), "X-Forwarded-For", "10.1.1.1"}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if n := served(t, header); n != visitors {
				t.Errorf("%d of %d visitors are served", n, visitors)
			}
		})
	}
	for name, header := range map[string]func(int) []string{
		"one address, other ports": func(i int) []string { return []string{"X-Forwarded-For", fmt.Sprintf("203.0.113.1:%d", i+1)} },
		"one network":              func(i int) []string { return []string{"X-Forwarded-For", fmt.Sprintf("[2001:db8::%x]:%d", i+1, i+1)} },
		"forged hops":              one("203.0.113.%d, 198.51.100.1:7"),
		"forged lines": func(i int) []string {
			return []string{"X-Forwarded-For", fmt.Sprintf("203.0.113.%d", i+1), "X-Forwarded-For", "198.51.100.1"}
		},
		"garbage hides what is before": one("203.0.113.%d, unknown"),
		"unknown":                      one("unknown-%d"),
		"hidden":                       one("_hidden%d"),
		"a name":                       one("visitor%d.example"),
		"another header":               func(i int) []string { return []string{"Forwarded", fmt.Sprintf("for=203.0.113.%d", i+1)} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			if n := served(t, header); n == 0 || n == visitors {
				t.Errorf("%d of %d requests of one visitor are served", n, visitors)
			}
		})
	}
}

// An entity tag is known again in every form in which caches and compressing proxies send it.
func TestEdgesEntityTags(t *testing.T) {
	t.Parallel()
	x := start(t, 10, "", nil)
	x.seen(t, 10)
	for _, path := range []string{"/api/v1/statistics", "/api/v1/pools"} {
		first, body := x.request(t, http.MethodGet, path)
		tag := strings.Trim(first.Header.Get("ETag"), `"`)
		if first.StatusCode != http.StatusOK || len(tag) < 16 || body == "" {
			t.Fatalf("%s: %s, ETag %q", path, first.Status, tag)
		}
		for _, known := range [][]string{
			{`"E"`}, {`W/"E"`}, {`"a", "E"`}, {`"a","E","b"`}, {`W/"a", W/"E"`}, {`*`}, {`"E-gzip"`}, {`"E;gzip"`}, {`"E--gzip"`}, {`W/"E-br"`}, {`"E:zstd"`}, {`"a"`, `"E"`}, {`E`},
		} {
			var header []string
			for _, line := range known {
				header = append(header, "If-None-Match", strings.ReplaceAll(line, "E", tag))
			}
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				res, body := x.request(t, method, path, header...)
				if res.StatusCode != http.StatusNotModified || body != "" || res.Header.Get("ETag") != `"`+tag+`"` || res.Header.Get("Cache-Control") != "no-cache" {
					t.Errorf("%s %s with %q: %s, %v", method, path, header, res.Status, res.Header)
				}
			}
		}
		for _, other := range []string{`"a"`, `"EE"`, `"Egzip"`, `"E-x"`, `"E-"`, `"aE"`, `W/"a"`, ``, `"`, `,`, `"E-gzipE"`} {
			res, again := x.request(t, http.MethodGet, path, "If-None-Match", strings.ReplaceAll(other, "E", tag))
			if res.StatusCode != http.StatusOK || again != body {
				t.Errorf("%s with %s: %s", path, other, res.Status)
			}
		}
		for _, header := range [][]string{{"Accept-Encoding", "gzip;q=1.0, identity;q=0"}, {"Accept-Encoding", "br;q=0.5, *;q=0"}, {"Range", "bytes=0-3"}, {"If-Range", `"x"`}, {"If-Modified-Since", "Mon, 02 Jan 2006 15:04:05 GMT"}} {
			res, again := x.request(t, http.MethodGet, path, header...)
			if res.StatusCode != http.StatusOK || again != body || res.Header.Get("Content-Encoding") != "" {
				t.Errorf("%s with %q: %s, %v", path, header, res.Status, res.Header)
			}
		}
	}
}

// A page of a stranger that points its own name at this machine is not answered.
func TestEdgesHosts(t *testing.T) {
	t.Parallel()
	local := start(t, 5, "", func(c *api.Config) { c.Local = true })
	proxied := start(t, 5, "", func(c *api.Config) { c.Local, c.Proxies = true, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")} })
	named := start(t, 5, "", func(c *api.Config) {
		c.Local, c.Proxies, c.Hosts = true, []netip.Prefix{netip.MustParsePrefix("127.0.0.1/32")}, []string{"pools.example.org"}
	})
	public := start(t, 5, "", nil)
	for _, c := range []struct {
		host                          string
		local, proxied, named, public bool
	}{
		{"127.0.0.1", true, true, true, true},
		{"127.0.0.1:9734", true, true, true, true},
		{"[::1]:9734", true, true, true, true},
		{"[::1]", true, true, true, true},
		{"localhost", true, true, true, true},
		{"LocalHost.:80", true, true, true, true},
		{"192.0.2.7:9734", true, true, true, true}, // an address, which no name can stand for
		{"pools.example.org", false, true, true, true},
		{"Pools.Example.ORG.:443", false, true, true, true},
		{"evil.example", false, true, false, true},
		{"evil.example:9734", false, true, false, true},
		{"localhost.evil.example", false, true, false, true},
		{"127.0.0.1.evil.example", false, true, false, true},
	} {
		for name, x := range map[string]struct {
			at   *site
			want bool
		}{"local": {local, c.local}, "proxied": {proxied, c.proxied}, "named": {named, c.named}, "public": {public, c.public}} {
			res, body := x.at.request(t, http.MethodGet, "/api/v1/statistics", "Host", c.host)
			if ok := res.StatusCode == http.StatusOK; ok != x.want || !ok && (res.StatusCode != http.StatusMisdirectedRequest || !strings.Contains(body, "--api-hosts")) {
				t.Errorf("%s, asked as %s: %s %s", name, c.host, res.Status, body)
			}
		}
	}
}

// Pages of allowed origins may read; caches keep the answers to different origins apart.
func TestEdgesOrigins(t *testing.T) {
	t.Parallel()
	x := start(t, 5, "", func(c *api.Config) { c.Origins = []string{"https://pools.example.org"} })
	for origin, allowed := range map[string]bool{"https://pools.example.org": true, "": false, "null": false, "https://evil.example": false, "https://pools.example.org.evil.example": false} {
		header := []string{"Origin", origin}
		if origin == "" {
			header = nil
		}
		res, _ := x.request(t, http.MethodGet, "/api/v1/statistics", header...)
		if got := res.Header.Get("Access-Control-Allow-Origin"); (got == origin && got != "") != allowed || !strings.Contains(strings.Join(res.Header.Values("Vary"), ","), "Origin") {
			t.Errorf("origin %q: allowed %q, varies by %q", origin, got, res.Header.Values("Vary"))
		}
		res, _ = x.request(t, http.MethodOptions, "/api/v1/tickets/check", append(header, "Access-Control-Request-Method", "POST", "Access-Control-Request-Headers", "content-type")...)
		may := res.StatusCode == http.StatusNoContent && strings.Contains(res.Header.Get("Access-Control-Allow-Methods"), "POST") && res.Header.Get("Access-Control-Max-Age") == "600"
		if may != allowed || strings.Contains(res.Header.Get("Access-Control-Allow-Headers"), "Authorization") || !strings.Contains(strings.Join(res.Header.Values("Vary"), ","), "Origin") {
			t.Errorf("preflight of origin %q: %s %v", origin, res.Status, res.Header)
		}
	}
}

// Under a base path everything works that works without one, whether the proxy removes the path or passes it on.
func TestEdgesBasePath(t *testing.T) {
	t.Parallel()
	x := start(t, 10, "", func(c *api.Config) { c.Base = "/pools" })
	x.seen(t, 10)
	for _, path := range []string{"/api/v1/pools", "/pools/api/v1/pools", "/pools/api/v1/blocks/5"} {
		if res, body := x.request(t, http.MethodGet, path); res.StatusCode != http.StatusOK {
			t.Errorf("%s: %s %s", path, res.Status, body)
		}
	}
	if _, document := x.request(t, http.MethodGet, "/pools/api/openapi.json"); !strings.Contains(document, `"servers":[{"url":"/pools"}]`) {
		t.Errorf("the document names no server: %.300s", document)
	}
	for path, to := range map[string]string{"/pools": "/pools/", "/pools?x=1": "/pools/?x=1", "/pools/api//v1/pools": "/pools/api/v1/pools", "/api//v1/pools": "/pools/api/v1/pools"} {
		if res, _ := x.request(t, http.MethodGet, path); res.Header.Get("Location") != to || res.StatusCode/100 != 3 {
			t.Errorf("%s: %s, to %q, want %q", path, res.Status, res.Header.Get("Location"), to)
		}
	}
	for _, path := range []string{"/poolsapi/v1/pools", "/pools/nothing", "/other/api/v1/pools"} {
		if res, _ := x.request(t, http.MethodGet, path); res.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %s", path, res.Status)
		}
	}
}

// Odd requests get an answer that a client can use, or are refused, and never reach what they were not meant for.
func TestEdgesRequests(t *testing.T) {
	t.Parallel()
	x := start(t, 200, "", func(c *api.Config) { c.Local = true })
	x.seen(t, 200)
	var pools struct{ Items []struct{ ID string } }
	if _, body := x.request(t, http.MethodGet, "/api/v1/pools"); json.Unmarshal([]byte(body), &pools) != nil || len(pools.Items) == 0 {
		t.Fatal(body)
	}
	id := pools.Items[0].ID
	escaped := strings.ReplaceAll(id, ".", "%2e")
	for name, c := range map[string]struct {
		raw  string
		want int
		text string
	}{
		"absolute form":              {"GET http://127.0.0.1/api/v1/statistics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 200, "pools"},
		"absolute form, other host":  {"GET http://evil.example/api/v1/statistics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 421, "--api-hosts"},
		"no host":                    {"GET /api/v1/statistics HTTP/1.1\r\n\r\n", 400, ""},
		"two hosts":                  {"GET /api/v1/statistics HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n", 400, ""},
		"HTTP/1.0 without host":      {"GET /api/v1/statistics HTTP/1.0\r\n\r\n", 200, "pools"},
		"an escaped pool id":         {"GET /api/v1/pools/" + escaped + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 200, id},
		"a doubly escaped pool id":   {"GET /api/v1/pools/" + strings.ReplaceAll(escaped, "%", "%25") + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 422, "id"},
		"an escaped slash":           {"GET /api/v1/pools%2f" + id + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404, "openapi.json"},
		"a slash at the end":         {"GET /api/v1/pools/ HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 404, "openapi.json"},
		"a wrong escape":             {"GET /api/v1/pools/%zz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 400, ""},
		"a line end in a path":       {"GET /api/v1/pools/%0d%0aX-Evil:1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 422, "id"},
		"a line end in an origin":    {"GET /api/v1/statistics HTTP/1.1\r\nHost: 127.0.0.1\r\nOrigin: a\rX-Evil: 1\r\n\r\n", 400, ""},
		"a long header":              {"GET /api/v1/statistics HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Long: " + strings.Repeat("a", 64<<10) + "\r\n\r\n", 431, ""},
		"a long URL":                 {"GET /api/v1/statistics?a=" + strings.Repeat("a", 8<<10) + " HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 414, "4,096"},
		"two lengths":                {"POST /api/v1/tickets/check HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}", 400, ""},
		"a method nobody knows":      {"BREW /api/v1/statistics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 405, "not BREW"},
		"TRACE":                      {"TRACE /api/v1/statistics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 405, "not TRACE"},
		"OPTIONS without an origin":  {"OPTIONS /api/v1/statistics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 405, "not OPTIONS"},
		"a tunnel":                   {"CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n", 404, ""},
		"a forged client, direct":    {"GET /api/v1/statistics HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Forwarded-For: 10.0.0.1\r\nX-Forwarded-Host: evil.example\r\n\r\n", 200, "pools"},
		"dots that leave the folder": {"GET /api/v1/../../api/v1/statistics HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n", 307, ""},
	} {
		conn, err := net.Dial("tcp", strings.TrimPrefix(x.URL, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		go io.WriteString(conn, c.raw) // the server may answer before it has read everything
		res, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			conn.Close()
			t.Errorf("%s: %v", name, err)
			continue
		}
		body, _ := io.ReadAll(io.LimitReader(res.Body, 1<<20)) // a closed connection ends it
		conn.Close()
		if res.StatusCode != c.want || !strings.Contains(string(body), c.text) || res.Header.Get("X-Evil") != "" {
			t.Errorf("%s: %s %.200s, want %d", name, res.Status, body, c.want)
		}
	}
}
