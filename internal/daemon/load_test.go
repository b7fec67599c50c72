package daemon_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/internal/largepool"
	"github.com/pastelnetwork/smartpool/store"
)

const (
	loadRate  = 1000 // requests per second, whether or not earlier ones were answered
	loadFor   = 60 * time.Second
	loadBlock = 10 * time.Second                         // interval between blocks; the network's come every 150 seconds
	vegeta    = "github.com/tsenart/vegeta/v12@v12.13.0" // through Go's module proxy, not in go.mod
)

// BenchmarkLoad requests a pool of 500 pledges and its members in turn, from the API and as pages, while blocks come.
func BenchmarkLoad(b *testing.B) {
	if os.Getenv("SMARTPOOL_BENCH_LOAD") == "" {
		b.Skip("set SMARTPOOL_BENCH_LOAD=1: it takes minutes")
	}
	c, err := largepool.Make()
	if err != nil {
		b.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	dir := b.TempDir()
	s, err := store.Open(ctx, filepath.Join(dir, "regtest.db"), c.Params)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { s.Close() })
	ledger, err := chain.OpenLedger(ctx, c.Params, false, s)
	if err != nil {
		b.Fatal(err)
	}
	half := len(c.Blocks) / 2 // from here on, every block changes what is shown
	if _, err := ledger.Step(ctx, -1, c.Blocks[:half]); err != nil {
		b.Fatal(err)
	}
	d, err := daemon.New(daemon.Config{
		Data: dir, Network: c.Name, ReadOnly: true, API: "127.0.0.1:0", Poll: time.Second, ShadowFrom: -1,
	}, slog.New(slog.DiscardHandler))
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- d.Run(ctx) }()
	b.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			b.Error(err)
		}
	})
	for d.Addresses().API == "" {
		time.Sleep(5 * time.Millisecond)
	}
	for _, kind := range []struct{ name, prefix string }{{"API", "/api/v1"}, {"pages", ""}} {
		b.Run(kind.name, func(b *testing.B) {
			var targets bytes.Buffer
			for _, id := range c.Members {
				for _, path := range []string{"/pools/" + string(c.Pool), "/members/" + id} {
					url := d.Addresses().API + kind.prefix + path
					fmt.Fprintf(&targets, "GET %s\n", url)
					res, err := http.Get(url)
					if err != nil || res.StatusCode != http.StatusOK {
						b.Fatal(url, err)
					}
					res.Body.Close()
				}
			}
			for range b.N {
				moving, stop := context.WithCancel(ctx)
				moved := make(chan struct{})
				go func() {
					defer close(moved)
					for moving.Err() == nil {
						h := ledger.Last().Height
						base := h
						if int(h) == len(c.Blocks)-1 { // start again: a reorganization as deep as the rules allow
							base = h - c.MaxReorg
						}
						if _, err := ledger.Step(ctx, base, c.Blocks[base+1:base+2]); err != nil {
							b.Error(err)
							return
						}
						select {
						case <-moving.Done():
						case <-time.After(loadBlock):
						}
					}
				}()
				attack(b, &targets)
				stop()
				<-moved
			}
		})
	}
}

// attack has vegeta generate the load, and reports its measurements.
func attack(b *testing.B, targets *bytes.Buffer) {
	b.Helper()
	attack := exec.Command("go", "run", vegeta, "attack", "-rate", fmt.Sprint(loadRate), "-duration", loadFor.String(), "-timeout", "30s", "-max-body", "0")
	attack.Stdin = bytes.NewReader(targets.Bytes())
	var raw, complaints bytes.Buffer
	attack.Stdout, attack.Stderr = &raw, &complaints
	if err := attack.Run(); err != nil {
		b.Fatal(err, complaints.String())
	}
	report := exec.Command("go", "run", vegeta, "report", "-type", "json")
	report.Stdin = &raw
	text, err := report.Output()
	if err != nil {
		b.Fatal(err)
	}
	var got struct {
		Latencies struct {
			P50 float64 `json:"50th"`
			P99 float64 `json:"99th"`
			Max float64 `json:"max"`
		} `json:"latencies"`
		Rate    float64
		Success float64
	}
	if err := json.Unmarshal(text, &got); err != nil {
		b.Fatal(err, string(text))
	}
	if got.Success != 1 {
		b.Errorf("not all requests succeeded: %s", text)
	}
	b.ReportMetric(got.Latencies.P50/1e6, "ms-p50")
	b.ReportMetric(got.Latencies.P99/1e6, "ms-p99")
	b.ReportMetric(got.Latencies.Max/1e6, "ms-max")
	b.ReportMetric(got.Rate, "requests/s")
	b.ReportMetric(0, "ns/op")
}
