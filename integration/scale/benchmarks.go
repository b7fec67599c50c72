package main

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// The figures that are Go benchmarks, because they need no database at the limit.
var benchmarks = []struct{ pkg, match string }{
	{"./pool", "^Benchmark(ChangedIncome|ConnectBlocks|SettlementStored|ClaimBytes)$"},
	{"./chain/...", "^BenchmarkFollowRPC$"},
	{"./pastel", "^BenchmarkParseBlock(Btcd)?$"},
}

// result is a line of a benchmark: values by unit.
type result struct {
	Name   string
	Values []value
}

type value struct {
	Unit   string
	Amount float64
}

// runBenchmarks runs all of them in the repository at hand.
func runBenchmarks(ctx context.Context) ([]result, error) {
	var all []result
	for _, b := range benchmarks {
		c := exec.CommandContext(ctx, "go", "test", b.pkg, "-run", "^$", "-bench", b.match, "-benchmem", "-timeout", "30m")
		c.Stderr = os.Stderr
		out, err := c.Output()
		if err != nil {
			return nil, fmt.Errorf("benchmarks of %s: %w\n%s", b.pkg, err, out)
		}
		list := results(out)
		if len(list) == 0 {
			return nil, fmt.Errorf("%s has no benchmark %s", b.pkg, b.match)
		}
		all = append(all, list...)
	}
	return all, nil
}

// results reads lines such as "BenchmarkX-2  100  12.5 ns/op  3 MB/s".
func results(out []byte) (list []result) {
	for line := range bytes.Lines(out) {
		f := strings.Fields(string(line))
		if len(f) < 4 || len(f)%2 != 0 || !strings.HasPrefix(f[0], "Benchmark") {
			continue
		}
		r := result{Name: strings.TrimPrefix(f[0], "Benchmark")}
		if i := strings.LastIndexByte(r.Name, '-'); i > 0 {
			r.Name = r.Name[:i]
		}
		for i := 2; i < len(f); i += 2 {
			if amount, err := strconv.ParseFloat(f[i], 64); err == nil {
				r.Values = append(r.Values, value{f[i+1], amount})
			}
		}
		list = append(list, r)
	}
	return list
}
