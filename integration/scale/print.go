package main

import (
	"fmt"
	"io"
	"strings"
	"time"
)

// print writes the report as tables in Markdown.
func (r *report) print(to io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s\n\n%s: %s, %d pools, %d pledges, %d blocks, %s; made in %s", r.Machine, r.Size, r.Engine, r.Pools, r.Pledges, r.Blocks,
		size64(r.Bytes), r.Made.Round(time.Second))
	if r.Opened > 0 {
		fmt.Fprintf(&b, ", opened by a writer in %s", r.Opened.Round(time.Millisecond))
	}
	b.WriteString("\n\n| right after a block | first | p50 | p99 | aim | kB | asked |\n|---|---|---|---|---|---|---|\n")
	for _, a := range r.Answers {
		p50, p99 := ms(a.P50), ms(a.P99)
		if a.Answers == 0 {
			p50, p99 = "fails", "fails"
		}
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s | %.1f | %s |\n", a.Name, ms(a.First), p50, p99, ms(a.Aim), float64(a.Bytes)/1e3, count(a.latencies))
	}
	if len(r.Load) > 0 {
		fmt.Fprintf(&b, "\n| %d requests a second over a pool and its members | p50 | p99 | p99.9 | longest | aim (p99) | requests |\n|---|---|---|---|---|---|---|\n", loadRate)
		for _, l := range r.Load {
			if l.Trouble != "" {
				fmt.Fprintf(&b, "| %s | fails | | | | %s | %s |\n", l.Name, ms(aimOne), l.Trouble)
				continue
			}
			fmt.Fprintf(&b, "| %s, the first second after a block | %s | %s | %s | %s | %s | %s |\n", l.Name, ms(l.After.P50), ms(l.After.P99), ms(l.After.P999),
				ms(l.After.Longest), ms(aimOne), count(l.After))
			fmt.Fprintf(&b, "| %s, later | %s | %s | %s | %s | | %s |\n", l.Name, ms(l.Quiet.P50), ms(l.Quiet.P99), ms(l.Quiet.P999), ms(l.Quiet.Longest), count(l.Quiet))
			fmt.Fprintf(&b, "| %s, from storing a block to announcing it | %s | %s | | %s | | %s |\n", l.Name, ms(l.Announced.P50), ms(l.Announced.P99),
				ms(l.Announced.Longest), count(l.Announced))
		}
	}
	b.WriteString("\n| figure | now | aim |\n|---|---|---|\n")
	fmt.Fprintf(&b, "| memory of the reading daemon: resident, of it pages of files, peak | %s, %s, %s | 150 MB |\n", size64(int64(r.Memory.Resident)),
		size64(int64(r.Memory.File)), size64(int64(r.Memory.Peak)))
	if r.Growth.Settlements > 0 {
		fmt.Fprintf(&b, "| a settlement of %d pledges in the database, with %.1f blocks with income | %.1f kB | |\n", r.Pledges/r.Pools,
			float64(r.Growth.Blocks)/float64(r.Growth.Settlements), float64(r.Growth.Settlement)/1e3)
		fmt.Fprintf(&b, "| growth of the database in a year at the limit | %s | 30 GB |\n", size64(r.Growth.Year))
	}
	if r.Settled > 0 {
		fmt.Fprintf(&b, "| a claim settled and stored (%d claims) | %.1f µs | 30 µs |\n", r.Settled, float64(r.Claim)/1e3)
	}
	fmt.Fprintf(&b, "| a block with income and without a settlement, applied and stored: p50, p99 | %s, %s | |\n", ms(r.Block.P50), ms(r.Block.P99))
	if len(r.Benchmarks) > 0 {
		b.WriteString("\n| benchmark | values |\n|---|---|\n")
		for _, x := range r.Benchmarks {
			values := make([]string, len(x.Values))
			for i, v := range x.Values {
				values[i] = fmt.Sprintf("%.6g %s", v.Amount, v.Unit)
			}
			fmt.Fprintf(&b, "| `%s` | %s |\n", x.Name, strings.Join(values, ", "))
		}
	}
	_, err := io.WriteString(to, b.String())
	return err
}

func ms(d time.Duration) string {
	if d >= time.Second {
		return fmt.Sprintf("%.2f s", d.Seconds())
	}
	return fmt.Sprintf("%.2f ms", float64(d)/1e6)
}

func size64(n int64) string {
	if n >= 1e9 {
		return fmt.Sprintf("%.2f GB", float64(n)/1e9)
	}
	return fmt.Sprintf("%.1f MB", float64(n)/1e6)
}

// count says how many answers there were, and how many failed.
func count(l latencies) string {
	if l.Failed > 0 {
		return fmt.Sprintf("%d, %d failed", l.Answers+l.Failed, l.Failed)
	}
	return fmt.Sprint(l.Answers)
}
