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
	"slices"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
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
	ctx, cancel := context.WithCancel(context.Background())
	dir := b.TempDir()
	c, ledger, _ := ledgertest.LargePool(b, filepath.Join(dir, "regtest.db"))
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
				var blocks []time.Time // when they were stored
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
						blocks = append(blocks, time.Now())
						select {
						case <-moving.Done():
						case <-time.After(loadBlock):
						}
					}
				}()
				requests := attack(b, &targets)
				stop()
				<-moved
				report(b, requests, blocks)
			}
		})
	}
}

// request is one that was answered.
type request struct {
	at   time.Time
	took time.Duration
}

// attack has vegeta generate the load.
func attack(b *testing.B, targets *bytes.Buffer) (list []request) {
	b.Helper()
	attack := exec.Command("go", "run", vegeta, "attack", "-rate", fmt.Sprint(loadRate), "-duration", loadFor.String(), "-timeout", "30s", "-max-body", "0")
	attack.Stdin = bytes.NewReader(targets.Bytes())
	var raw, complaints bytes.Buffer
	attack.Stdout, attack.Stderr = &raw, &complaints
	if err := attack.Run(); err != nil {
		b.Fatal(err, complaints.String())
	}
	encode := exec.Command("go", "run", vegeta, "encode", "-to", "json")
	encode.Stdin = &raw
	text, err := encode.Output()
	if err != nil {
		b.Fatal(err)
	}
	for results := json.NewDecoder(bytes.NewReader(text)); results.More(); {
		var x struct {
			Timestamp time.Time
			Latency   time.Duration
			Code      int
			Error     string
		}
		if err := results.Decode(&x); err != nil {
			b.Fatal(err)
		}
		if x.Code != http.StatusOK {
			b.Fatalf("not all requests succeeded: %d %s", x.Code, x.Error)
		}
		list = append(list, request{x.Timestamp, x.Latency})
	}
	if want := loadRate * int(loadFor/time.Second); len(list) < want*99/100 { // the rest could not be sent
		b.Errorf("%d requests, want %d", len(list), want)
	}
	return list
}

// report reports how long all requests took, and those sent in the second after a block was stored.
func report(b *testing.B, requests []request, blocks []time.Time) {
	b.Helper()
	var all, after []time.Duration
	for _, x := range requests {
		all = append(all, x.took)
		if slices.ContainsFunc(blocks, func(at time.Time) bool { return !x.at.Before(at) && x.at.Sub(at) < time.Second }) {
			after = append(after, x.took)
		}
	}
	for _, of := range []struct {
		name string
		took []time.Duration
	}{{"", all}, {"-after-block", after}} {
		slices.Sort(of.took)
		if len(of.took) == 0 {
			b.Fatal("no requests" + of.name)
		}
		for name, part := range map[string]float64{"p50": 0.5, "p99": 0.99, "p999": 0.999, "max": 1} {
			at := min(int(part*float64(len(of.took))), len(of.took)-1)
			b.ReportMetric(float64(of.took[at])/1e6, "ms-"+name+of.name)
		}
	}
	b.ReportMetric(0, "ns/op")
}
