package journey

import (
	"cmp"
	"context"
	"net/netip"
	neturl "net/url"
	"strings"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/internal/secretfile"
	"github.com/pastelnetwork/smartpool/internal/terminal"
)

const maxToken = 1000 // bytes

// DialAsOwner connects to the daemon at a URL as its owner: each request carries the token, given or read from a file. The token never
// goes unencrypted to another machine.
func DialAsOwner(ctx context.Context, url, token, file string, p Person) (*Daemon, error) {
	token, err := tokenOf(token, file)
	if err != nil {
		return nil, err
	}
	if err := private(url); err != nil {
		return nil, err
	}
	r, err := Dial(ctx, url, p)
	if err != nil {
		return nil, err
	}
	r.Token = token
	return r, nil
}

// loopback reports whether a host is this machine.
func loopback(host string) bool {
	addr, err := netip.ParseAddr(host)
	return host == "localhost" || err == nil && addr.IsLoopback()
}

// tokenOf returns the daemon's token, given or read from a file.
func tokenOf(token, file string) (string, error) {
	token = strings.TrimSpace(token)
	if file != "" && token == "" {
		text, err := secretfile.Read(file, maxToken)
		if err != nil {
			return "", terminal.Usagef("--token-file: %w", err)
		}
		token = strings.TrimSpace(string(pasted.File(text)))
	}
	switch {
	case file != "" && token == "":
		return "", terminal.Usagef("--token-file: %s is empty; use api.token in the daemon's data folder, and restart the daemon if that one is empty", file)
	case token == "":
		return "", terminal.Usagef("alerts need the daemon's token; give its file with --token-file (api.token in the daemon's data folder)")
	case strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }):
		return "", terminal.Usagef("the token has characters that no token has; check that %s is the right file", cmp.Or(file, "SMARTPOOL_TOKEN"))
	}
	return token, nil
}

// private returns an error if others could read what is sent to a daemon at a URL.
func private(url string) error {
	c, err := client.New(url)
	if err != nil {
		return terminal.Usagef("--api: %w", err)
	}
	if at, err := neturl.Parse(c.URL()); err != nil || at.Scheme != "https" && !loopback(at.Hostname()) {
		return terminal.Usagef("the token would travel to %s unencrypted; use https, or run this on the daemon's machine", c.URL())
	}
	return nil
}
