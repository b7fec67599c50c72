package daemon_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/daemon"
)

// However rarely the chain is polled, the list of Supernodes is requested again, twice if necessary, before it is too old.
func TestListIsAskedForInTime(t *testing.T) {
	t.Parallel()
	for poll, want := range map[time.Duration]time.Duration{
		10 * time.Millisecond: 100 * time.Millisecond, 2 * time.Second: 20 * time.Second, 12 * time.Second: 40 * time.Second, time.Hour: 40 * time.Second,
	} {
		if got := daemon.ListEvery(poll); got != want || 2*got >= daemon.ListPatience {
			t.Errorf("polled each %v, the list is asked for each %v, want %v, and is good for %v", poll, got, want, daemon.ListPatience)
		}
	}
}

// A list counts only as long as the ledger is at the node's tip.
func TestListOfANodeThatIsAway(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.submit(life(t)[:150])
	cfg := n.settings(t.TempDir(), "")
	cfg.API, cfg.APIStreams = "127.0.0.1:0", 10
	d := start(t, cfg)
	t.Cleanup(d.end)
	d.synced(n)
	const active = "acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82" // from block 135 on
	supernode := d.api() + "/api/v1/pools/" + active + "/supernode"
	d.answers(supernode, http.StatusOK, `"state":"gone"`)
	n.stop()
	began := time.Now()
	d.answers(supernode, http.StatusOK, `"state":"unknown"`)
	if took := time.Since(began); took >= daemon.ListPatience/2 {
		t.Errorf("its list was believed for %v", took)
	}
	n.start(strings.TrimPrefix(n.server.URL, "http://"))
	d.answers(supernode, http.StatusOK, `"state":"gone"`)
}
