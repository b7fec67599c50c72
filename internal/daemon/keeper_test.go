package daemon_test

import (
	"context"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/players"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// On a node that does not add payouts to its blocks by itself, the keeper gets them mined.
func TestKeeper(t *testing.T) {
	t.Parallel()
	ctx := context.Background()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	n := newNode(t)
	client, err := pasteld.Dial(ctx, pasteld.Config{URL: n.server.URL, CookieFile: n.server.CookieFile, Network: regtest(t)})
	must(err)
	cfg := n.settings(t.TempDir(), "")
	cfg.Keeper = true
	d := start(t, cfg)
	mine := func(count int) {
		t.Helper()
		_, err := n.Generate(ctx, count)
		must(err)
		d.synced(n)
	}
	cast := players.New(regtest(t), client, []string{"Alice"}, []int64{1200})
	mine(105)
	must(cast.Start(ctx, "kept", func(count int) error {
		mine(count)
		return nil
	}))
	_, err = client.SendTo(ctx, ticket.EscrowAddress(cast.Pool), 500*pastel.PSL)
	must(err)
	mine(1)
	state := func() (p pool.Pool) {
		d.Ledger().View(func(s *pool.State) { p, _ = s.Pool(cast.Pool) })
		return p
	}
	height, _ := n.Tip()
	mine(int(state().NextSettlement - height))
	pending := state().Pending
	if len(pending) != 1 {
		t.Fatalf("%d payouts are pending", len(pending))
	}
	po := pending[0]
	height, _ = n.Tip()
	mine(int(po.ValidFrom - 1 - height))
	for len(n.Mempool()) == 0 { // the keeper has a block's time to bring it
		select {
		case err := <-d.done:
			t.Fatalf("the daemon ended: %v", err)
		case <-time.After(time.Millisecond):
		}
	}
	if ids := n.Mempool(); len(ids) != 1 || ids[0] != po.Tx.ID() {
		t.Errorf("the mempool holds %v, want the payout %s", ids, po.Tx.ID())
	}
	mine(1)
	if len(state().Pending) != 0 {
		t.Error("the payout was not mined")
	}
	mine(3) // the keeper does not try again
	if ids := n.Mempool(); len(ids) != 0 {
		t.Errorf("the mempool holds %v", ids)
	}
	d.end()
}

// freeAddress is a loopback address that was free a moment ago.
func freeAddress(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func get(t *testing.T, url string) (status int, body string) {
	t.Helper()
	r, err := http.Get(url)
	if err != nil {
		return 0, err.Error()
	}
	defer r.Body.Close()
	text, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return r.StatusCode, string(text)
}

func TestMetricsAndHealth(t *testing.T) {
	t.Parallel()
	n := newNode(t)
	n.submit(life(t)[:200])
	cfg := n.settings(t.TempDir(), "")
	cfg.Metrics = freeAddress(t)
	d := start(t, cfg)
	d.synced(n)
	url := "http://" + cfg.Metrics
	until := func(path string, status int, text string) {
		t.Helper()
		for {
			got, body := get(t, url+path)
			if got == status && strings.Contains(body, text) {
				return
			}
			select {
			case err := <-d.done:
				t.Fatalf("the daemon ended: %v", err)
			case <-time.After(5 * time.Millisecond):
			}
		}
	}
	until("/healthz", 200, "alive")
	until("/readyz", 200, "ready")
	for _, line := range []string{
		"smartpool_height 199", "smartpool_node_height 199", "smartpool_synced 1", `smartpool_pools{status="active"} 1`,
		"smartpool_blocks_applied_total 200", "smartpool_blocks_reverted_total 0", `smartpool_events_total{type="pool.created"} 1`,
	} {
		until("/metrics", 200, "\n"+line+"\n")
	}
	n.stop()
	until("/readyz", 503, "node's tip")
	n.start(strings.TrimPrefix(n.server.URL, "http://"))
	until("/readyz", 200, "ready")
	d.end()
}
