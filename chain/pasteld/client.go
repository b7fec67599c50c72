package pasteld

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
)

const defaultTimeout = 30 * time.Second

// Config says which node to ask, and with which login: User and Password, or CookieFile, but not both.
type Config struct {
	URL            string // http://127.0.0.1:19932
	User, Password string
	CookieFile     string // where the node writes user and password: .cookie in its data folder
	Network        pastel.Network
	Timeout        time.Duration // of a call, including its answer; 0 means 30 seconds
	// Odd is called for each list that was read, with the number of entries that could not be read and were left out, and what is wrong with the
	// first of them. It may be nil.
	Odd func(method string, entries int, first error)
}

// Client asks one node. It is safe for concurrent use.
type Client struct {
	url     string
	net     pastel.Network
	timeout time.Duration
	auth    *auth
	http    *http.Client
	lastID  atomic.Uint64
	odd     func(method string, entries int, first error) // may be nil
}

var (
	_ chain.Node    = (*Client)(nil)
	_ chain.Batcher = (*Client)(nil)
)

// URL returns the node's URL.
func (c *Client) URL() string { return c.url }

// Network returns the network that the client is for.
func (c *Client) Network() pastel.Network { return c.net }

// dialPatience is how long Dial waits for a node: long enough for one that restarts or is busy for a moment.
const dialPatience = 3 * time.Second

// Dial returns a client for a node that has passed Check. If the node does not answer now (Temporary), Dial tries again for 3 seconds.
func Dial(ctx context.Context, cfg Config) (*Client, error) {
	c, err := New(cfg)
	if err != nil {
		return nil, err
	}
	began := time.Now()
	for pause := 200 * time.Millisecond; ; pause *= 2 {
		err := c.Check(ctx)
		switch {
		case err == nil:
			return c, nil
		case !Temporary(err) || time.Since(began)+pause > dialPatience:
			return nil, err
		}
		select {
		case <-ctx.Done():
			return nil, err
		case <-time.After(pause):
		}
	}
}

// New returns a client without contacting the node. It refuses settings that cannot work.
func New(cfg Config) (*Client, error) {
	for _, x := range []*string{&cfg.URL, &cfg.User, &cfg.Password, &cfg.CookieFile} { // pastel.conf holds none with white space around it
		*x = strings.TrimSpace(*x)
	}
	address, err := nodeURL(cfg.URL)
	if err != nil {
		return nil, err
	}
	a, err := newAuth(cfg)
	if err != nil {
		return nil, err
	}
	if _, known := chainNames[cfg.Network.Name]; !known {
		return nil, errors.New("node: no network is set; choose one of " + strings.Join(pastel.Networks(), ", "))
	}
	if cfg.Timeout < 0 {
		return nil, errors.New("node: the timeout is negative; use 0 for the default, or a positive one")
	}
	if cfg.Timeout == 0 {
		cfg.Timeout = defaultTimeout
	}
	return &Client{url: address, net: cfg.Network, timeout: cfg.Timeout, auth: a, http: newHTTP(), odd: cfg.Odd}, nil
}

// newHTTP returns a client that sends credentials only to the node: no proxy from the environment, no redirects.
func newHTTP() *http.Client {
	return &http.Client{
		Transport: &http.Transport{
			DialContext:         (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
			TLSHandshakeTimeout: 10 * time.Second,
			MaxIdleConnsPerHost: 16,
			// pasteld closes idle connections after 30 seconds (rpcservertimeout); a call on a closed one would fail.
			IdleConnTimeout:        20 * time.Second,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true,
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// nodeURL checks a URL and removes a final slash. Its errors do not show credentials.
func nodeURL(s string) (string, error) {
	u, err := url.Parse(s)
	switch {
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "":
		return "", fmt.Errorf("node: %s is not a URL such as http://127.0.0.1:19932", shownURL(s))
	case u.User != nil:
		return "", fmt.Errorf("node: the address %s contains credentials; use the settings for user and password", shownURL(s))
	case u.Port() != "" && !port(u.Port()) || strings.HasSuffix(u.Host, ":"):
		return "", fmt.Errorf("node: %s has no port from 1 to 65535; use the form http://127.0.0.1:19932", shownURL(s))
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || strings.Contains(s, "#"):
		return "", fmt.Errorf("node: %s has more than host and port; use the form http://127.0.0.1:19932", shownURL(s))
	}
	return u.Scheme + "://" + u.Host, nil
}

// port reports whether a text is the number of a port that one can connect to.
func port(text string) bool {
	n, err := strconv.ParseUint(text, 10, 16)
	return err == nil && n > 0
}

// shownURL quotes an address without what may be secret: anything before an at sign, and what follows the path's beginning.
func shownURL(s string) string {
	const most = 100 // bytes
	scheme, rest, found := strings.Cut(s, "://")
	if !found {
		scheme, rest = "", s
	}
	secret := ""
	if i := strings.LastIndex(rest, "@"); i >= 0 {
		secret, rest = "…@", rest[i+1:]
	}
	if i := strings.IndexAny(rest, "?#"); i >= 0 {
		rest = rest[:i+1] + "…"
	}
	if strings.Contains(scheme, "@") {
		scheme = "…"
	}
	if found {
		scheme += "://"
	}
	return fmt.Sprintf("%.*q", most, scheme+secret+rest)
}
