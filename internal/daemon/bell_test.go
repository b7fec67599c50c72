package daemon_test

import (
	"net"
	"net/http"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/pgtest"
)

// A daemon that opens its database again, after it was away, listens again for the blocks that its node publishes.
func TestBellOutlivesTheDatabase(t *testing.T) {
	t.Parallel()
	publisher, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	came := make(chan net.Conn, 1000) // nobody greets them: each gives up after a while, and another one comes
	go func() {
		defer close(came)
		for {
			c, err := publisher.Accept()
			if err != nil {
				return
			}
			came <- c
		}
	}()
	t.Cleanup(func() {
		publisher.Close()
		for c := range came {
			c.Close()
		}
	})
	server := pgtest.NewServer(t)
	n := newNode(t)
	blocks := life(t)
	n.submit(blocks[:20])
	cfg := n.settings(t.TempDir(), server.Database(t))
	cfg.Metrics, cfg.NodeZMQ = freeAddress(t), "tcp://"+publisher.Addr().String()
	d := start(t, cfg)
	t.Cleanup(d.end)
	listens := func() {
		t.Helper()
		select {
		case c := <-came:
			t.Cleanup(func() { c.Close() })
		case err := <-d.done:
			t.Fatalf("the daemon ended: %v", err)
		case <-time.After(patience):
			t.Fatal("the daemon does not listen")
		}
	}
	listens()
	ready := "http://" + cfg.Metrics + "/readyz"
	d.answers(ready, http.StatusOK, "ready") // so that no step waits for the database
	server.Stop(t)
	n.submit(blocks[20:21])
	d.answers(ready, http.StatusServiceUnavailable, "the database failed")
	for len(came) > 0 { // before
		listens()
	}
	server.Start(t)
	d.synced(n)
	listens()
}
