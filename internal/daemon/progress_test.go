package daemon

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// TestProgressIsLogged: on the way, a line says where, of which date, how fast and how long; at the tip, what was done.
func TestProgressIsLogged(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	fresh := chain.Freshness{}
	p := progress{
		log: slog.New(slog.NewTextHandler(&out, nil)), began: time.Now(), from: -1,
		status: func() chain.Status { return chain.Status{Fresh: fresh} },
	}
	line := func(height, target pastel.Height, wants ...string) {
		t.Helper()
		out.Reset()
		fresh.Height, fresh.Node.Height = height, target
		p.step(&chain.Change{Base: pool.Tip{Height: -1}, Tip: pool.Tip{Height: height}}, target)
		for _, want := range wants {
			if !strings.Contains(out.String(), want) {
				t.Errorf("%q lacks %q", out.String(), want)
			}
		}
		if len(wants) == 0 && out.Len() > 0 {
			t.Errorf("it logs %q", out.String())
		}
	}
	fresh.Time = time.Date(2021, 3, 4, 5, 6, 7, 0, time.UTC)
	line(1000, 721_000, "msg=syncing height=1000 of=721000 missing=720000 date=2021-03-04\n")
	line(2000, 721_000) // one line every few seconds
	p.logged = time.Time{}
	fresh.Rate = 10_000.4
	line(3000, 723_000, "msg=syncing height=3000 of=723000 missing=720000 date=2021-03-04 blocks_per_second=10000 left=1m12s\n")
	line(723_000, 723_000, "msg=synced height=723000 blocks=723001 took=")
	p.logged = time.Time{}
	line(723_001, 723_002, "msg=syncing height=723001 of=723002")
}
