package journey

import (
	"cmp"
	"context"
	"net/netip"
	neturl "net/url"
	"os"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/terminal"
)

// DialAsOwner asks the daemon at a URL as its owner: the token, or what its file holds, goes with each request. It never goes unencrypted to another
// machine.
func DialAsOwner(ctx context.Context, url, token, file string, p Person) (*Daemon, error) {
	if file != "" && token == "" {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, terminal.Usagef("--token-file: %w", err)
		}
		token = strings.TrimSpace(string(text))
	}
	if token == "" {
		return nil, terminal.Usagef("alerts need the daemon's token: name its file with --token-file, which is api.token in the daemon's data folder")
	}
	if strings.ContainsFunc(token, func(c rune) bool { return c <= ' ' || c > '~' }) {
		return nil, terminal.Usagef("the token has characters that a token never has: is %s the right file?", cmp.Or(file, "SMARTPOOL_TOKEN"))
	}
	if at, err := neturl.Parse(url); err == nil && at.Scheme == "http" && !loopback(at.Hostname()) {
		return nil, terminal.Usagef("the token would go to %s unencrypted: use https, or run this on the daemon's machine", at.Host)
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
