package daemon

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"sync"

	"github.com/pastelnetwork/smartpool/internal/tally"
)

// Bounds of connections. What the daemon needs itself must work however many strangers connect: the node, the database and its own files.
const (
	reserve         = 256    // file descriptors for the daemon itself
	mostConnections = 16_384 // of the API
	fewConnections  = 64     // of each other endpoint, and the least that the API can do with
)

// connections returns how many connections the API may have, given the limit of open files; 0 means that the system has none.
func connections(files uint64) (int, error) {
	switch {
	case files == 0 || files >= mostConnections+reserve:
		return mostConnections, nil
	case files < reserve+fewConnections:
		return 0, fmt.Errorf("this process may open only %d files, and needs %d or more; raise the limit (ulimit -n, LimitNOFILE in systemd)", files, reserve+fewConnections)
	}
	return int(files) - reserve, nil
}

// streams returns how many event streams fit, so that some connections are left for requests.
func (c *Config) streams(connections int) int { return min(c.APIStreams, connections-connections/4) }

// capped is a listener with at most so many open connections. It closes further ones at once, so that whoever connects learns of it, and
// leaves no peer but a proxy more than half of them.
type capped struct {
	net.Listener
	most    int
	proxies []netip.Prefix
	tally   tally.Tally
}

func capConnections(l net.Listener, most int, proxies []netip.Prefix) net.Listener {
	return &capped{Listener: l, most: most, proxies: proxies}
}

// Accept implements net.Listener.
func (l *capped) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		at, _ := netip.ParseAddrPort(c.RemoteAddr().String())
		peer := at.Addr().Unmap().WithZone("")
		if l.tally.Open(peer, l.most, l.share(peer)) {
			return &counted{Conn: c, end: sync.OnceFunc(func() { l.tally.Close(peer) })}, nil
		}
		_ = c.Close() // nothing was sent
	}
}

// share is how many connections a peer may have.
func (l *capped) share(peer netip.Addr) int {
	if slices.ContainsFunc(l.proxies, func(p netip.Prefix) bool { return p.Contains(peer) }) {
		return l.most
	}
	return l.most / 2
}

// counted is a connection that counts until it is closed.
type counted struct {
	net.Conn
	end func()
}

// Close implements net.Conn.
func (c *counted) Close() error {
	defer c.end()
	return c.Conn.Close()
}
