package daemon

import (
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
)

// trim removes white space around the settings that are texts, completes paths that begin with ~, and refuses characters that no setting
// has. Its errors show no value, which may be a secret.
func (c *Config) trim() error {
	for _, x := range []struct {
		name  string
		value *string
		path  bool
	}{
		{"data", &c.Data, true}, {"network", &c.Network, false}, {"database", &c.Database, false}, {"node", &c.Node, false}, {"node-user", &c.NodeUser, false},
		{"node-password", &c.NodePassword, false}, {"node-cookie", &c.NodeCookie, true}, {"node-zmq", &c.NodeZMQ, false}, {"node-api", &c.NodeAPI, false},
		{"api", &c.API, false}, {"api-origins", &c.APIOrigins, false}, {"api-proxies", &c.APIProxies, false}, {"api-hosts", &c.APIHosts, false},
		{"base-path", &c.BasePath, false}, {"post-for", &c.PostFor, false}, {"post-wallet", &c.PostWallet, false},
		{"post-wallet-user", &c.PostWalletUser, false}, {"post-wallet-password", &c.PostWalletPassword, false},
		{"post-wallet-cookie", &c.PostWalletCookie, true}, {"register-list", &c.RegisterList, true}, {"metrics", &c.Metrics, false}, {"metrics-pools", &c.MetricsPools, false}, {"dev-rpc", &c.DevRPC, false},
	} {
		*x.value = strings.TrimSpace(*x.value)
		list := x.value == &c.APIOrigins || x.value == &c.APIProxies || x.value == &c.APIHosts || x.value == &c.PostFor || x.value == &c.MetricsPools // several lines are a list, too
		if strings.ContainsFunc(*x.value, func(r rune) bool {
			return unicode.IsControl(r) && (!list || !unicode.IsSpace(r)) || r == unicode.ReplacementChar
		}) {
			return fmt.Errorf("%s: the value contains control characters or is not UTF-8; write it as one line of text", x.name)
		}
		if !x.path {
			continue
		}
		var err error
		if *x.value, err = home(*x.value); err != nil {
			return fmt.Errorf("%s: %w", x.name, err)
		}
	}
	c.Network = strings.ToLower(c.Network)
	return nil
}

// home completes a path that begins with ~/, as a shell does on a command line but not in a file or the environment.
func home(path string) (string, error) {
	rest, found := strings.CutPrefix(path, "~")
	switch {
	case !found:
		return path, nil
	case !strings.HasPrefix(rest, "/"):
		return "", fmt.Errorf("%q is a path that only a shell understands; write the whole path", path)
	}
	folder, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("%q: %w; write the whole path", path, err)
	}
	return filepath.Join(folder, rest), nil
}

// server is an address that the daemon listens on.
type server struct {
	name    string
	address *string
	local   bool // only this machine may reach it
}

// servers returns the addresses that these settings serve. An empty one is off.
func (c *Config) servers() []server {
	list := []server{{"api", &c.API, false}, {"node-api", &c.NodeAPI, true}, {"metrics", &c.Metrics, !c.MetricsPublic}}
	if c.Dev {
		list = append(list, server{"dev-rpc", &c.DevRPC, true})
	}
	return list
}

// hostName is a name in the DNS, possibly one that only this machine knows.
var hostName = regexp.MustCompile(`^[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?(\.[A-Za-z0-9_]([A-Za-z0-9_-]*[A-Za-z0-9_])?)*$`)

// numeric looks like an IPv4 address, possibly a wrong one.
var numeric = regexp.MustCompile(`^[0-9.]+$`)

// address checks an address to listen on and returns it in one form. localhost becomes 127.0.0.1.
func address(name, text string) (string, error) {
	const form = "use host:port, such as 127.0.0.1:9734 or [::1]:9734"
	if text == "" {
		return "", nil
	}
	if strings.Contains(text, "/") {
		return "", fmt.Errorf("%s: %.100q is not an address to listen on; %s, without http:// and without a path", name, text, form)
	}
	host, number, err := net.SplitHostPort(text)
	if err != nil {
		return "", fmt.Errorf("%s: %.100q is not an address with a port; %s", name, text, form)
	}
	port, err := strconv.ParseUint(number, 10, 16)
	if err != nil {
		return "", fmt.Errorf("%s: the port of %.100q is not a number from 0 to 65535", name, text)
	}
	if strings.EqualFold(strings.TrimSuffix(host, "."), "localhost") {
		host = "127.0.0.1"
	}
	if ip, err := netip.ParseAddr(host); err == nil {
		host = ip.Unmap().String()
	} else if host != "" && (!hostName.MatchString(host) || numeric.MatchString(host)) {
		return "", fmt.Errorf("%s: %.100q names no address; %s", name, text, form)
	}
	return net.JoinHostPort(host, strconv.FormatUint(port, 10)), nil
}

// loopback refuses an address in address's form that other machines can reach.
func loopback(name, at string) error {
	if at == "" || onLoopback(at) {
		return nil
	}
	advice := ""
	if name == "metrics" {
		advice = ", or add --metrics-public if other machines are meant to reach it"
	}
	return fmt.Errorf("%s: %q is not a loopback address; use 127.0.0.1%s%s", name, at, at[strings.LastIndex(at, ":"):], advice)
}

// onLoopback reports whether only this machine can reach an address.
func onLoopback(at string) bool {
	host, _, err := net.SplitHostPort(at)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.IsLoopback()
}

// distinct refuses two servers on one address, and a daemon that follows itself.
func (c *Config) distinct() error {
	list := c.servers()
	for i, a := range list {
		for _, b := range list[:i] {
			if overlap(*a.address, *b.address) {
				return fmt.Errorf("%s and %s both use port %s (%s and %s): choose another port for one of them",
					b.name, a.name, (*a.address)[strings.LastIndex(*a.address, ":")+1:], *b.address, *a.address)
			}
		}
	}
	type remote struct{ name, url string }
	others := []remote{{"post-wallet", c.PostWallet}}
	if !c.Dev && !c.ReadOnly && c.NodeAPI == "" {
		others = append(others, remote{"node", c.Node}, remote{"node-zmq", c.NodeZMQ})
	}
	for _, x := range others {
		u, err := url.Parse(x.url)
		if err != nil { // checked before
			continue
		}
		at, err := address(x.name, u.Host)
		if err != nil {
			continue
		}
		for _, s := range list {
			if overlap(at, *s.address) && (onLoopback(at) || anywhere(at)) { // who asks 0.0.0.0 asks this machine
				return fmt.Errorf("%s and %s are the same address, %s: the daemon would follow itself; %s is where the node answers", x.name, s.name, at, x.name)
			}
		}
	}
	return nil
}

// overlap reports whether two addresses in address's form cannot be listened on at once.
func overlap(a, b string) bool {
	hostA, portA, errA := net.SplitHostPort(a)
	hostB, portB, errB := net.SplitHostPort(b)
	if errA != nil || errB != nil || portA != portB || portA == "0" { // off, or any free port
		return false
	}
	return strings.EqualFold(hostA, hostB) || anywhere(a) || anywhere(b)
}

// anywhere reports whether an address in address's form is every one of this machine's.
func anywhere(at string) bool {
	host, _, err := net.SplitHostPort(at)
	if err != nil {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return host == "" || err == nil && ip.IsUnspecified()
}

// listed splits a setting at commas and white space.
func listed(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
}

// origins returns the origins of --api-origins as browsers send them.
func (c *Config) origins() (list []string, err error) {
	for _, text := range listed(c.APIOrigins) {
		o, err := origin(text)
		if err != nil {
			return nil, err
		}
		if !slices.Contains(list, o) {
			list = append(list, o)
		}
	}
	return list, nil
}

func origin(text string) (string, error) {
	u, err := url.Parse(text)
	switch {
	case text == "*" || text == "null":
		return "", fmt.Errorf("api-origins: %q would let any page read the API; name each site, such as https://pools.example.org", text)
	case err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil:
		return "", fmt.Errorf("api-origins: %s is not an origin such as https://pools.example.org", withoutUser(text))
	case u.Path != "" && u.Path != "/" || u.RawQuery != "" || u.ForceQuery || strings.Contains(text, "#"):
		return "", fmt.Errorf("api-origins: %s has more than scheme, host and port; an origin is like https://pools.example.org", withoutUser(text))
	}
	host := strings.ToLower(strings.TrimSuffix(u.Hostname(), "."))
	if ip, err := netip.ParseAddr(host); err == nil {
		if host = ip.WithZone("").String(); ip.Is6() {
			host = "[" + host + "]"
		}
	} else if !hostName.MatchString(host) || numeric.MatchString(host) {
		return "", fmt.Errorf("api-origins: the host of %.100q is not a host name; write names in other scripts the way browsers send them (xn--…)", text)
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if u.Port() == "" && !strings.HasSuffix(u.Host, ":") || u.Scheme == "http" && port == 80 || u.Scheme == "https" && port == 443 {
		return u.Scheme + "://" + host, nil
	}
	if err != nil || port == 0 {
		return "", fmt.Errorf("api-origins: the port of %.100q is not a number from 1 to 65535", text)
	}
	return u.Scheme + "://" + host + ":" + strconv.FormatUint(port, 10), nil
}

// withoutUser quotes a text that may be a URL with a password.
func withoutUser(text string) string {
	if i := strings.LastIndex(text, "@"); i >= 0 {
		text = "…" + text[i:]
	}
	return fmt.Sprintf("%.100q", text)
}

// hosts returns the host names of --api-hosts.
func (c *Config) hosts() (list []string, err error) {
	for _, text := range listed(c.APIHosts) {
		name := strings.ToLower(strings.TrimSuffix(text, "."))
		if !hostName.MatchString(name) || numeric.MatchString(name) {
			return nil, fmt.Errorf("api-hosts: %s is not a host name such as pools.example.org, without scheme and port", withoutUser(text))
		}
		if !slices.Contains(list, name) {
			list = append(list, name)
		}
	}
	return list, nil
}

// proxies returns the networks of --api-proxies.
func (c *Config) proxies() ([]netip.Prefix, error) {
	var list []netip.Prefix
	for _, text := range listed(c.APIProxies) {
		p, err := netip.ParsePrefix(text)
		if err != nil {
			addr, bad := netip.ParseAddr(text)
			if bad != nil {
				return nil, fmt.Errorf("api-proxies: %.100q is neither an address nor a network such as 10.0.0.0/8", text)
			}
			addr = addr.Unmap().WithZone("")
			p = netip.PrefixFrom(addr, addr.BitLen())
		}
		if p.Addr().Is4In6() && p.Bits() >= 96 { // clients' addresses are compared without the mapping
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-96)
		}
		if p.Bits() == 0 {
			return nil, fmt.Errorf("api-proxies: %q is every address there is, so that any client could claim to be another; name the proxies", text)
		}
		list = append(list, p.Masked())
	}
	return list, nil
}

var basePathForm = regexp.MustCompile(`^(/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+$`)

// basePath returns the path that a proxy publishes, without a slash at its end.
func basePath(text string) (string, error) {
	path := strings.TrimRight(text, "/")
	if path == "" || basePathForm.MatchString(path) && len(path) <= 200 {
		return path, nil
	}
	return "", fmt.Errorf("base-path: %.100q is not a path such as /pools; use letters, digits and - . _ ~ between slashes", text)
}
