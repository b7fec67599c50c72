package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"time"
)

// measureCommand measures one database.
type measureCommand struct {
	place
	Size       string `default:"tenth" enum:"${sizes}" help:"How much of the network's limit: ${enum}."`
	Daemon     string `placeholder:"FILE" help:"smartpoold to measure. Default: built from the sources."`
	Blocks     int    `default:"60" help:"Blocks after which all answers are asked for."`
	LoadBlocks int    `default:"10" help:"Blocks that come while the daemon is under load; 0 to leave this out."`
	Benchmarks bool   `default:"true" negatable:"" help:"Also run the figures that are Go benchmarks; needs the repository."`
	JSON       bool   `name:"json" help:"Print JSON: durations are nanoseconds, sizes bytes."`
}

// report is everything that was measured.
type report struct {
	Machine    machine
	Size       string
	Pools      int
	Pledges    int
	Blocks     int
	Engine     string
	Bytes      int64         // of the database
	Made       time.Duration // that making it took
	Opened     time.Duration // that the writer took to open it; 0 if it was made just now
	Answers    []*answered
	Load       []*load
	Memory     memory // of the daemon, in the end
	Growth     bytesGrown
	Claim      time.Duration // to settle and store a claim in this database; 0 if none was settled
	Settled    int           // claims that Claim is an average of
	Block      latencies     // to apply and store a block without a settlement
	Benchmarks []result
}

// bytesGrown is what history adds to a database.
type bytesGrown struct {
	Settlements int   // that were made while the database was
	Blocks      int   // with income, in which they were
	Settlement  int64 // bytes, with the blocks up to it
	Year        int64 // bytes, at the limit: each block pays a pool, which then settles
}

// Run prints the report.
func (c *measureCommand) Run(ctx context.Context) error {
	r, err := c.measure(ctx, os.Stderr)
	if err != nil {
		return err
	}
	if c.JSON {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		return out.Encode(r)
	}
	return r.print(os.Stdout)
}

func (c *measureCommand) measure(ctx context.Context, progress io.Writer) (*report, error) {
	s := sizes[slices.IndexFunc(sizes, func(s size) bool { return s.name == c.Size })]
	m, err := thisMachine(ctx)
	if err != nil {
		return nil, err
	}
	db, err := open(ctx, &c.place, s, progress)
	if err != nil {
		return nil, err
	}
	defer db.close()
	d, err := start(ctx, c.Daemon, db, os.Stderr)
	if err != nil {
		return nil, err
	}
	defer d.stop()
	r := &report{
		Machine: m, Size: s.name, Pools: s.pools, Pledges: s.pools * s.pledges, Blocks: int(db.facts.Tip.Height) + 1, Engine: c.engine(),
		Made: db.facts.Made, Opened: db.loaded,
	}
	if r.Bytes, err = db.size(ctx); err != nil {
		return nil, err
	}
	fmt.Fprintf(progress, "asking for answers after %d blocks\n", c.Blocks)
	var storing stored
	if r.Answers, storing, err = ask(ctx, d, db, c.Blocks); err != nil {
		return nil, err
	}
	r.Growth = db.facts.growth(s)
	r.Claim, r.Settled, r.Block = storing.claim(), storing.claims, summarize(storing.without, 0)
	for _, x := range []struct{ name, prefix string }{{"API", "/api/v1"}, {"pages", ""}} {
		if c.LoadBlocks == 0 {
			break
		}
		fmt.Fprintf(progress, "%d requests a second for %s\n", loadRate, x.name)
		l, err := underLoad(ctx, d, db, x.name, x.prefix, c.LoadBlocks)
		switch {
		case ctx.Err() != nil:
			return nil, ctx.Err()
		case err != nil: // a machine that is too slow has other figures to show
			l = &load{Name: x.name, Rate: loadRate, Trouble: err.Error()}
		}
		r.Load = append(r.Load, l)
	}
	if r.Memory, err = d.memory(); err != nil {
		return nil, err
	}
	if c.Benchmarks {
		fmt.Fprintln(progress, "running benchmarks")
		r.Benchmarks, err = runBenchmarks(ctx)
	}
	return r, err
}

// engine names the database without what its URL holds.
func (c *measureCommand) engine() string {
	if c.Database == "sqlite" {
		return "SQLite"
	}
	return "PostgreSQL"
}

// growth counts from when all pools earned; it is zero if that is unknown. At the limit each settlement follows one block with income. Here there may be more: what they add
// counts, too, and is little beside a settlement of 500.
func (f *facts) growth(s size) bytesGrown {
	if len(f.Growth) == 0 {
		return bytesGrown{}
	}
	from := slices.IndexFunc(f.Growth, func(x sample) bool { return int(x.Height) >= int(f.Tip.Height)-s.earning })
	first, last := f.Growth[from], f.Growth[len(f.Growth)-1]
	g := bytesGrown{Settlements: last.Settlements - first.Settlements, Blocks: int(last.Height - first.Height)}
	if g.Settlements > 0 {
		g.Settlement = (last.Bytes - first.Bytes) / int64(g.Settlements)
		g.Year = g.Settlement * perYear
	}
	return g
}
