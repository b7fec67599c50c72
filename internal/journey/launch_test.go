package journey

import (
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// masternode.conf lies beside the cookie; without a cookie, the caller must name it.
func TestConfPath(t *testing.T) {
	t.Parallel()
	for _, x := range []struct{ conf, cookie, want string }{
		{"", filepath.Join("a", "b", ".cookie"), filepath.Join("a", "b", "masternode.conf")}, {"x.conf", filepath.Join("a", ".cookie"), "x.conf"}, {"x.conf", "", "x.conf"}, {"", "", ""},
	} {
		c := Launch{Conf: x.conf, Node: &Node{Cookie: x.cookie}}
		if got, err := c.confPath(); got != x.want || (err == nil) != (x.want != "") {
			t.Errorf("%+v: %q (%v)", x, got, err)
		}
	}
}

// A launch is dated after the one in masternode.conf and the one that the node lists, but never far ahead.
func TestLaunchIsDatedLast(t *testing.T) {
	t.Parallel()
	extra := func(at int64) []byte {
		return []byte(`{"smartpool":{"signature":"YQ==","time":"` + ticket.FormatTimeStamp(at) + `"}}`)
	}
	const now = 1_800_000_000
	for name, x := range map[string]struct {
		known [][]byte
		want  int64 // 0 for an error
	}{
		"nothing known":       {nil, now},
		"no launch":           {[][]byte{nil, []byte(`{"other":1}`), []byte(`{"smartpool":{"signature":"YQ==","time":"soon"}}`)}, now},
		"earlier ones":        {[][]byte{extra(now - 10), extra(now - 5)}, now},
		"the entry's is last": {[][]byte{extra(now + 30), extra(now - 5)}, now + 31},
		"the list's is last":  {[][]byte{extra(now - 5), extra(now + 30)}, now + 31},
		"far ahead":           {[][]byte{extra(now + 7200), extra(now)}, 0},
	} {
		if got, err := laterThan(now, x.known); got != x.want || (err != nil) != (x.want == 0) {
			t.Errorf("%s: %d, %v, want %d", name, got, err, x.want)
		}
	}
}

// Which addresses a Supernode may have.
func TestHostPort(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		net, flag, address string
		good               bool
	}{
		{"main", "--host", "192.0.2.7:9933", true}, {"main", "--host", "192.0.2.7:19933", false}, {"testnet", "--host", "192.0.2.7:9933", false},
		{"testnet", "--host", "192.0.2.7:19933", true}, {"main", "--ext-address", "192.0.2.7:4444", true}, {"regtest", "--host", "[2001:db8::1]:19933", true},
		{"testnet", "--host", "[2001:db8::1]:19933", false}, {"regtest", "--host", "node.example.org:1", false}, {"regtest", "--host", "192.0.2.7", false},
		{"regtest", "--host", "192.0.2.7:0", false}, {"regtest", "--host", "192.0.2.7:65536", false}, {"regtest", "--host", "192.0.2.300:1", false},
		{"regtest", "--host", ":1", false}, {"regtest", "--host", "[fe80::1%eth0]:1", false}, {"regtest", "--host", "", false},
	} {
		net, err := pastel.NetworkByName(x.net)
		if err != nil {
			t.Fatal(err)
		}
		if err := hostPort(x.flag, x.address, &net); (err == nil) != x.good {
			t.Errorf("%s %s on %s: %v", x.flag, x.address, x.net, err)
		}
	}
}

// A node that goes down during the wait is reported as such, and the wait continues.
func TestLaunchWaitsForNodeThatIsAway(t *testing.T) {
	t.Parallel()
	gone := httptest.NewServer(nil)
	gone.Close()
	net, err := pastel.NetworkByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	wallet, err := pasteld.New(pasteld.Config{URL: gone.URL, Network: net})
	if err != nil {
		t.Fatal(err)
	}
	l := &launch{wallet: wallet}
	if status, err := l.enabled(t.Context()); status != "the node is away" || err != nil || waitsFor[status] == "" {
		t.Errorf("%q, %q (%v)", status, waitsFor[status], err)
	}
}

// Only an active pool backs a Supernode; for others, the error says what to do.
func TestLaunchable(t *testing.T) {
	t.Parallel()
	for _, s := range pool.Statuses() {
		p := wire.PoolDetail{}
		p.ID, p.Status = "atlas.0123456789012345678901234567890123456789", s.String()
		want := map[pool.Status]string{
			pool.Subscribing: "smartpool pool activate " + p.ID, pool.Active: "", pool.Replenishing: "once members pledge more, a launched Supernode resumes by itself",
			pool.Dissolved: "shut its machine down", pool.Expired: "shut its machine down", pool.Closed: "shut its machine down",
		}
		says, known := want[s]
		err := launchable(&p)
		if !known || says == "" && err != nil || says != "" && (err == nil || !strings.Contains(err.Error(), says)) {
			t.Errorf("%s: %v, want %q", s, err, says)
		}
	}
}
