package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain/devnode"
	"github.com/pastelnetwork/smartpool/internal/chaintest"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/pool"
)

// patience is how long tests wait for what must happen.
const patience = 5 * time.Minute

// site is a development node without rules, which takes the chain recorded from a real node, a daemon that follows it and posts tickets, and one
// that reads.
type site struct {
	*devnode.Node
	t              *testing.T
	metrics, reads string // host and port of the daemons' metrics
}

// open starts a site at a block of the recorded chain.
func open(t *testing.T, blocks int) *site {
	t.Helper()
	s := &site{t: t, metrics: free(t), reads: free(t)}
	ctx := t.Context()
	params, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	folder := t.TempDir()
	if s.Node, err = devnode.Open(ctx, devnode.Config{Dir: folder, Network: params.Network}); err != nil {
		t.Fatal(err)
	}
	server, err := s.Serve("127.0.0.1:0", folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		closing, cancel := context.WithTimeout(context.Background(), patience)
		defer cancel()
		server.Close(closing)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, raw := range chaintest.Blocks(t, "life")[:blocks] {
		if err := s.SubmitBlock(ctx, raw); err != nil && !errors.Is(err, devnode.ErrDuplicate) {
			t.Fatal(err)
		}
	}
	database := filepath.Join(t.TempDir(), "ledger.db")
	cfg := daemon.Config{
		Data: t.TempDir(), Network: "regtest", Database: database, ShadowFrom: -1, Node: peered(t, server.URL), NodeCookie: server.CookieFile, Poll: 10 * time.Millisecond,
		TipAge: 100 * 365 * 24 * time.Hour, API: "127.0.0.1:0", Metrics: s.metrics, PostTickets: true, PostBudget: 500,
	}
	s.run(cfg)
	reader := daemon.Config{
		Data: t.TempDir(), Network: "regtest", Database: database, ShadowFrom: -1, Poll: 10 * time.Millisecond, TipAge: cfg.TipAge, API: "127.0.0.1:0",
		Metrics: s.reads, ReadOnly: true,
	}
	s.run(reader)
	return s
}

// peered puts something before a node that says how many peers it has: a development node has none, and says nothing.
func peered(t *testing.T, node string) string {
	t.Helper()
	at, err := url.Parse(node)
	if err != nil {
		t.Fatal(err)
	}
	proxy := httputil.NewSingleHostReverseProxy(at)
	front := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		text, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		var call struct {
			Method string
			ID     json.RawMessage
		}
		if json.Unmarshal(text, &call) == nil && call.Method == "getconnectioncount" {
			fmt.Fprintf(w, `{"result":8,"error":null,"id":%s}`, call.ID)
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(text))
		proxy.ServeHTTP(w, r)
	}))
	t.Cleanup(front.Close)
	return front.URL
}

// run runs a daemon until the test ends.
func (s *site) run(cfg daemon.Config) {
	s.t.Helper()
	d, err := daemon.New(cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		s.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	done := make(chan error, 1)
	go func() { done <- d.Run(ctx) }()
	s.t.Cleanup(func() {
		stop()
		if err := <-done; err != nil {
			s.t.Error(err)
		}
	})
}

// scrape returns what a daemon serves once all of some texts are in it.
func (s *site) scrape(at string, texts ...string) string {
	s.t.Helper()
	body, missing := "", ""
	for deadline := time.Now().Add(patience); time.Now().Before(deadline); time.Sleep(20 * time.Millisecond) {
		r, err := http.Get("http://" + at + "/metrics")
		if err != nil {
			continue
		}
		text, err := io.ReadAll(r.Body)
		r.Body.Close()
		if err != nil {
			continue
		}
		body, missing = string(text), ""
		for _, want := range texts {
			if !strings.Contains(body, want) {
				missing = want
			}
		}
		if missing == "" {
			return body
		}
	}
	s.t.Fatalf("%s never showed %q:\n%s", at, missing, body)
	return ""
}

// free returns a loopback address that was free a moment ago.
func free(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// height is the line of a scrape that says where the ledger is.
func height(h int) string { return fmt.Sprintf("\nsmartpool_height %d\n", h) }
