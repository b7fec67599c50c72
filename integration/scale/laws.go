package main

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// printLaws writes tables in Markdown: the laws, then the costs they follow from.
func printLaws(to io.Writer, list []direction, all []lawsOf) error {
	var b strings.Builder
	b.WriteString("| answer |")
	for _, d := range list {
		fmt.Fprintf(&b, " %s %s |", d.Name, joined(d.By, "→"))
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(list)) + "\n")
	for _, a := range all {
		fmt.Fprintf(&b, "| %s |", a.Answer)
		for _, l := range a.Laws {
			fmt.Fprintf(&b, " %s: %s |", l.Name, pages(l.Costs))
		}
		b.WriteString("\n")
	}
	for i, d := range list {
		fmt.Fprintf(&b, "\n| %s %s | allocations | kB |\n|---|---|---|\n", d.Name, joined(d.By, "→"))
		for _, a := range all {
			c := a.Laws[i].Costs
			fmt.Fprintf(&b, "| %s | %s | %s |\n", a.Answer, each(c, func(x cost) string { return fmt.Sprint(x.Allocations) }), each(c, func(x cost) string { return fmt.Sprintf("%.1f", float64(x.Bytes)/1e3) }))
		}
	}
	_, err := io.WriteString(to, b.String())
	return err
}

func pages(costs []cost) string {
	return each(costs, func(x cost) string { return fmt.Sprint(x.Pages) })
}

// each shows a figure of all costs, once if it is the same everywhere.
func each(costs []cost, show func(cost) string) string {
	texts := make([]string, len(costs))
	for i, c := range costs {
		texts[i] = show(c)
	}
	if len(slices.Compact(slices.Clone(texts))) == 1 {
		return texts[0]
	}
	return strings.Join(texts, ", ")
}

func joined(list []int, by string) string {
	texts := make([]string, len(list))
	for i, n := range list {
		texts[i] = fmt.Sprint(n)
	}
	return strings.Join(texts, by)
}
