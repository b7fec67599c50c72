package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
)

// growthCommand grows databases in one direction at a time and counts what answers cost in each.
type growthCommand struct {
	Folder string `placeholder:"FOLDER" help:"Where databases are kept. Default: smartpool-scale in the user's cache, /var/cache for root."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// direction is what grows while the rest stays as it is.
type direction struct {
	Name  string
	Sizes []size // of growing databases
	By    []int  // what grows, in each
}

// directions start from ten pools of 50 pledges and a day of income.
func directions() []direction {
	from := size{pools: 10, pledges: 50, earning: 576}
	return []direction{
		grow("pools", from, []int{1, 10, 100}, func(s *size, n int) { s.pools = n }),
		grow("members", from, []int{5, 50, 500}, func(s *size, n int) { s.pledges = n }),
		grow("history", from, []int{576, 5_760, 17_280}, func(s *size, n int) { s.earning = n }),
	}
}

// grow returns a direction of databases in which set sets what grows.
func grow(name string, from size, by []int, set func(*size, int)) direction {
	d := direction{Name: name, By: by}
	for _, n := range by {
		s := from
		set(&s, n)
		s.name = fmt.Sprintf("growth-%d-%d-%d", s.pools, s.pledges, s.earning)
		d.Sizes = append(d.Sizes, s)
	}
	return d
}

// law is how an answer's cost follows what grew.
type law struct {
	Direction string
	Name      string // constant, logs, shown or grows
	Costs     []cost // in each database
}

// lawsOf are an answer's.
type lawsOf struct {
	Answer string
	Laws   []law
}

// The names of laws. Logarithmic costs grow by their first figure at most whenever what grows gets ten times as large. An answer whose cost is
// that of what it shows looks into no more pages than its text grows by.
const (
	constant = "constant"
	logs     = "log"
	shown    = "rows shown"
	grows    = "grows"
)

// judge names the law of costs, where what grows got larger by a factor. Half as many pages again are not growth: the indexes of a hundred times
// as many rows are a level or two deeper.
func judge(costs []cost, factor float64) string {
	const slack = 24
	first, last := costs[0], costs[len(costs)-1]
	switch {
	case last.Pages <= first.Pages*3/2+slack:
		return constant
	case float64(last.Pages) <= float64(first.Pages)*(1+math.Log10(factor))+slack:
		return logs
	case last.Pages*first.Bytes <= (first.Pages+slack)*last.Bytes*3/2:
		return shown
	default:
		return grows
	}
}

// Run prints the laws.
func (c *growthCommand) Run(ctx context.Context) error {
	m, err := thisMachine(ctx)
	if err != nil {
		return err
	}
	list := directions()
	p := &place{Folder: c.Folder, Database: "sqlite"}
	all, err := laws(ctx, p, list, os.Stderr)
	if err != nil {
		return err
	}
	if c.JSON {
		out := json.NewEncoder(os.Stdout)
		out.SetIndent("", "  ")
		return out.Encode(all)
	}
	fmt.Printf("%s\n\n", m)
	return printLaws(os.Stdout, list, all)
}

// laws counts the cost of every answer in every database.
func laws(ctx context.Context, p *place, list []direction, progress io.Writer) ([]lawsOf, error) {
	counted := map[string][]named{} // by size
	var all []lawsOf
	for _, d := range list {
		var costs [][]named
		for _, s := range d.Sizes {
			c, found := counted[s.name]
			if !found {
				var err error
				if c, err = costsIn(ctx, p, s, progress); err != nil {
					return nil, err
				}
				counted[s.name] = c
			}
			costs = append(costs, c)
		}
		for i, first := range costs[0] {
			if len(all) == i {
				all = append(all, lawsOf{Answer: first.name})
			}
			l := law{Direction: d.Name}
			for _, c := range costs {
				l.Costs = append(l.Costs, c[i].cost)
			}
			l.Name = judge(l.Costs, float64(d.By[len(d.By)-1])/float64(d.By[0]))
			all[i].Laws = append(all[i].Laws, l)
		}
	}
	return all, nil
}

// named is the cost of an answer.
type named struct {
	name string
	cost
}

// costsIn makes or opens a database and counts the cost of every answer.
func costsIn(ctx context.Context, p *place, s size, progress io.Writer) ([]named, error) {
	db, err := open(ctx, p, s, progress)
	if err != nil {
		return nil, err
	}
	defer db.close()
	feed, err := feedAt(ctx, db.url)
	if err != nil {
		return nil, err
	}
	r, err := openReader(ctx, db.url)
	if err != nil {
		return nil, err
	}
	list, err := questions(getFrom(ctx, site(r, feed)), &db.facts)
	if err := errors.Join(err, r.Close()); err != nil {
		return nil, err
	}
	var all []named
	for _, q := range list {
		x, err := readers.answer(ctx, db.url, feed, q.path(0, string(db.facts.Pools[0].ID)))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", q.name, err)
		}
		all = append(all, named{q.name, x})
	}
	return all, nil
}
