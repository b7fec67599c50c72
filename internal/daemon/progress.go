package daemon

import (
	"log/slog"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
)

// progress logs steps: each pool event, and a line every few seconds while many blocks are missing.
type progress struct {
	log    *slog.Logger
	status func() chain.Status
	began  time.Time
	from   pastel.Height
	logged time.Time
}

const progressEvery = 5 * time.Second

func (p *progress) step(c *chain.Change, target pastel.Height) {
	now := time.Now()
	if missing := target - c.Tip.Height; missing > 0 {
		if p.began.IsZero() {
			p.began, p.from = now, c.Base.Height
		}
		if now.Sub(p.logged) >= progressEvery {
			p.logged = now
			fresh := p.status().Fresh
			line := []any{"height", c.Tip.Height, "of", target, "missing", missing, "date", fresh.Time.UTC().Format(time.DateOnly)}
			if left := fresh.Left(); left > 0 {
				line = append(line, "blocks_per_second", int64(fresh.Rate), "left", left.Round(time.Second))
			}
			p.log.Info("syncing", line...)
		}
		return
	}
	if !p.began.IsZero() {
		took := now.Sub(p.began)
		p.log.Info("synced", "height", c.Tip.Height, "blocks", c.Tip.Height-p.from, "took", took.Round(time.Millisecond))
		*p = progress{log: p.log, status: p.status}
	}
	for _, b := range c.Blocks {
		p.log.Debug("block", "height", b.Height, "hash", b.Block.String(), "events", len(b.Events))
		for i := range b.Events {
			if e := &b.Events[i]; e.Pool != "" {
				p.log.Info(string(e.Type), "height", e.Height, "pool", e.Pool)
			}
		}
	}
}
