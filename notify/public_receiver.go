package notify

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Strangers choose members' receivers, so the daemon sends to them only across the public internet: to webhooks by a client that connects to
// no other address, and to services whose URLs cannot name a host.

// memberServices are services of shoutrrr that send to hosts of their own, whatever a URL says, and one request a message.
var memberServices = []string{"discord", "pushover", "slack", "telegram"}

// maxMemberURL is shorter than other URLs: it bounds what is sent for each message.
const maxMemberURL = 512

// checkMemberURL says what is wrong with a receiver that a stranger chose, beyond checkURL. own is the daemon's public URL.
func checkMemberURL(to, own string) error {
	u, err := url.Parse(to)
	if err != nil || len(to) > maxMemberURL {
		return wrong("url: give one of at most %d characters", maxMemberURL)
	}
	if !isWebhook(to) {
		switch {
		case !slices.Contains(memberServices, u.Scheme):
			return wrong("url: this daemon sends members' alerts to https:// and to %s only", strings.Join(memberServices, ", "))
		case chats(u) > 1:
			return wrong("url: name one chat")
		}
		return nil
	}
	self, err := url.Parse(own)
	switch port := u.Port(); {
	case u.Scheme != "https":
		return wrong("url: a webhook of a member starts with https://")
	case u.User != nil:
		return wrong("url: put no user name into it; a secret may stand in the path")
	case port != "" && !memberPort(port):
		return wrong("url: its port is neither 443 nor from 1024 up")
	case err == nil && strings.EqualFold(strings.TrimSuffix(u.Hostname(), "."), self.Hostname()):
		return wrong("url: this is the daemon itself")
	}
	if at, err := netip.ParseAddr(u.Hostname()); err == nil && !public(at) {
		return wrong("url: its host is not an address of the public internet")
	}
	return nil
}

// chats returns how many chats a service's URL names, each of which costs a request. shoutrrr ignores the case of the fields' names.
func chats(u *url.URL) (n int) {
	for key, values := range u.Query() {
		if key = strings.ToLower(key); key == "chats" || key == "channels" {
			n += len(strings.FieldsFunc(strings.Join(values, ","), func(r rune) bool { return r == ',' || r == ' ' }))
		}
	}
	return n
}

// memberPort reports whether a member's webhook may have a port. The others below 1024 are of services that a request may disturb.
func memberPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && (n == 443 || n >= 1024)
}

// newMemberClient returns a client for receivers that strangers chose. It looks at each address it connects to, after names were resolved, so
// that no answer of a name server leads elsewhere; it uses no proxy, which would connect in its place, and follows no redirect.
func newMemberClient() *http.Client {
	dialer := net.Dialer{Timeout: sendPatience, Control: publicOnly}
	client := newClient()
	client.Transport = &http.Transport{
		DialContext: func(ctx context.Context, network, at string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, at)
		},
		TLSHandshakeTimeout:    sendPatience,
		ResponseHeaderTimeout:  sendPatience,
		MaxConnsPerHost:        2,
		DisableKeepAlives:      true, // each message is sent to an address that was looked at for it
		MaxResponseHeaderBytes: 64 << 10,
		ForceAttemptHTTP2:      false,
		IdleConnTimeout:        time.Second,
	}
	return client
}

// errNotPublic is why nothing connects to an address.
var errNotPublic = errors.New("the receiver's address is not one of the public internet")

// publicOnly is a net.Dialer's Control: it refuses to connect to any address but public ones that are not this machine's.
func publicOnly(_, at string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(at)
	if err != nil || !public(to.Addr()) || !memberPort(strconv.Itoa(int(to.Port()))) {
		return errNotPublic
	}
	own, err := net.InterfaceAddrs()
	if err != nil {
		return errNotPublic
	}
	for _, a := range own {
		if p, err := netip.ParsePrefix(a.String()); err != nil || p.Addr().Unmap() == to.Addr().Unmap() {
			return errNotPublic
		}
	}
	return nil
}

// public reports whether an address is one of the public internet, by IANA's registries of special purposes. Of IPv6 that is what has been
// allocated, without the ranges that lead to IPv4 addresses.
func public(at netip.Addr) bool {
	at = at.Unmap()
	if at.Zone() != "" {
		return false
	}
	if at.Is6() && !unicast6.Contains(at) {
		return false
	}
	return !slices.ContainsFunc(special, func(p netip.Prefix) bool { return p.Contains(at) })
}

var unicast6 = netip.MustParsePrefix("2000::/3")

var special = prefixes(
	"0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
	"192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/3",
	"2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20",
)

func prefixes(list ...string) (all []netip.Prefix) {
	for _, p := range list {
		all = append(all, netip.MustParsePrefix(p))
	}
	return all
}
