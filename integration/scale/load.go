package main

import (
	"context"
	"fmt"
	"time"
)

// load is what an open-loop attack on one pool and its members measured right after blocks.
type load struct {
	Name      string
	Rate      int // requests a second
	Blocks    int
	Announced latencies // of what the daemon took to announce a block that was stored
	After     latencies // of requests due from when a block was stored to a second after it was announced
	Quiet     latencies // of all others
	Trouble   string    // why nothing was measured; empty if it was
}

const (
	loadRate     = 1000
	loadInterval = 3 * time.Second // between blocks; the network's come every 150 seconds
	loadLead     = 2 * time.Second // before the first block, in which everything is asked for once
	loadAfter    = time.Second
)

// underLoad attacks one pool and its members while blocks come.
func underLoad(ctx context.Context, d *process, db *database, name, prefix string, blocks int) (*load, error) {
	one := db.facts.Pools[len(db.facts.Pools)/2]
	paths := make([]string, 0, 2*len(one.Members))
	for _, id := range one.Members {
		paths = append(paths, prefix+"/pools/"+string(one.ID), prefix+"/members/"+id)
	}
	during := loadLead + time.Duration(blocks)*loadInterval
	a, err := attack(ctx, d.url, paths, loadRate, during)
	if err != nil {
		return nil, err
	}
	spans, failed := sendAtIntervals(ctx, d, db, blocks)
	hits, err := a.hits()
	switch {
	case failed != nil:
		return nil, failed
	case err != nil:
		return nil, fmt.Errorf("the client under load: %w", err)
	}
	return summarizeLoad(name, spans, hits), nil
}

// span is the time in which requests count as right after a block.
type span struct{ stored, announced time.Time }

func sendAtIntervals(ctx context.Context, d *process, db *database, blocks int) ([]span, error) {
	var spans []span
	next := time.NewTimer(loadLead)
	defer next.Stop()
	for range blocks {
		select {
		case <-ctx.Done():
			return nil, ctx.Err()
		case <-next.C:
			next.Reset(loadInterval)
		}
		s, err := db.next(ctx)
		if err != nil {
			return nil, err
		}
		stored := time.Now()
		if err := d.wait(ctx, s.change.Tip.Height, 10*time.Millisecond); err != nil {
			return nil, err
		}
		spans = append(spans, span{stored, time.Now()})
	}
	return spans, nil
}

func summarizeLoad(name string, spans []span, hits []hit) *load {
	var announced, after, quiet []time.Duration
	var afterFailed, quietFailed int
	for _, s := range spans {
		announced = append(announced, s.announced.Sub(s.stored))
	}
	for _, h := range hits {
		times, failed := &quiet, &quietFailed
		for _, s := range spans {
			if h.Due.After(s.stored) && h.Due.Before(s.announced.Add(loadAfter)) {
				times, failed = &after, &afterFailed
			}
		}
		if h.Failed {
			*failed++
		} else {
			*times = append(*times, h.Took)
		}
	}
	return &load{
		Name: name, Rate: loadRate, Blocks: len(spans), Announced: summarize(announced, 0),
		After: summarize(after, afterFailed), Quiet: summarize(quiet, quietFailed),
	}
}
