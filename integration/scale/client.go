package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"
)

// latencies are the times of answers, in order, and how many requests failed.
type latencies struct {
	times  []time.Duration
	failed int
	bytes  int64 // of the largest answer
}

// quantile returns the time that a share of the answers, 0 to 1, did not exceed.
func (l *latencies) quantile(share float64) time.Duration {
	if len(l.times) == 0 {
		return 0
	}
	return l.times[min(len(l.times)-1, int(share*float64(len(l.times))))]
}

// attack requests paths of a server in turn, at a rate for a while, whether or not earlier requests were answered. The time of an answer counts
// from when its request was due.
func attack(ctx context.Context, base string, paths []string, rate int, during time.Duration) *latencies {
	client := &http.Client{
		Transport: &http.Transport{MaxIdleConnsPerHost: 2000, DisableCompression: true},
		Timeout:   patience,
	}
	defer client.CloseIdleConnections()
	var (
		mu  sync.Mutex
		all latencies
		wg  sync.WaitGroup
	)
	began := time.Now()
	for i := range rate * int(during) / int(time.Second) {
		due := began.Add(time.Duration(i) * time.Second / time.Duration(rate))
		time.Sleep(time.Until(due))
		if ctx.Err() != nil {
			break
		}
		path := paths[i%len(paths)]
		wg.Go(func() {
			size, err := fetch(ctx, client, base+path)
			took := time.Since(due)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				all.failed++
				return
			}
			all.times, all.bytes = append(all.times, took), max(all.bytes, size)
		})
	}
	wg.Wait()
	slices.Sort(all.times)
	return &all
}

// patience is how long a request may take before it counts as failed.
const patience = 30 * time.Second

func fetch(ctx context.Context, client *http.Client, url string) (int64, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return 0, err
	}
	res, err := client.Do(req)
	if err != nil {
		return 0, err
	}
	defer res.Body.Close()
	size, err := io.Copy(io.Discard, res.Body)
	if err == nil && res.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s: %s", url, res.Status)
	}
	return size, err
}
