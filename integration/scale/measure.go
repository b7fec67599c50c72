package main

import (
	"context"
	"fmt"
	"time"
)

// measure sends blocks and measures the answers after each.
func measure(ctx context.Context, d *daemon, db *database) ([]string, error) {
	pools := db.facts.Pools
	one := pools[len(pools)/2]
	single := []struct{ name, path string }{
		{"a pool", "/api/v1/pools/" + string(one.ID)},
		{"a pool's page", "/pools/" + string(one.ID)},
		{"a member", "/api/v1/members/" + one.Members[0]},
		{"a member's page", "/members/" + one.Members[0]},
		{"list of pools", "/api/v1/pools"},
		{"overview", "/"},
		{"statistics", "/api/v1/statistics"},
		{"tickets", "/tickets"},
		{"operators", "/api/v1/operators"},
		{"past pools", fmt.Sprintf("/api/v1/blocks/%d/pools", db.facts.Tip/2)},
		{"events", "/api/v1/events?limit=50"},
		{"pledges", "/api/v1/pledges?limit=50"},
		{"payouts", "/api/v1/payouts?limit=50"},
	}
	rows := []string{fmt.Sprintf("opened in %s", db.loaded.Round(time.Millisecond)), "| answer after a block | time | kB |", "|---|---|---|"}
	for _, x := range single {
		h, err := db.next(ctx)
		if err != nil {
			return nil, err
		}
		if err := d.wait(ctx, h); err != nil {
			return nil, err
		}
		l := attack(ctx, d.url, []string{x.path}, 1, time.Second)
		time := l.quantile(1).Round(10 * time.Microsecond).String()
		if l.failed > 0 {
			time = "fails"
		}
		rows = append(rows, fmt.Sprintf("| %s | %s | %.1f |", x.name, time, float64(l.bytes)/1e3))
	}
	memory, err := d.resident()
	return append(rows, fmt.Sprintf("resident: %.0f MB", float64(memory)/1e6)), err
}
