package books

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Bounds of a search for names.
const (
	maxNames   = 5000 // pools whose names are compared, the newest
	maxSought  = 64   // letters of the text that are compared
	shortWord  = 4    // letters; in a longer one, two may be wrong
	leastWrong = 3    // letters of a text in which one may be wrong
)

// Found is what has a name like a text.
type Found struct {
	Pools     []wire.Pool // whose labels are like it
	Operators []Named     // who use a company name like it
	Nearly    bool        // nothing has a name that begins like the text: these are nearly right
}

// Named is an operator under one of its names.
type Named struct{ Company, PastelID string }

// knownName is a pool's label and its operator's name, as they look.
type knownName struct {
	store.PoolName
	label, company []rune
}

// names returns the names of the newest pools. They are read at most once a block, and only if somebody searches. How a name looks takes long to find, and is
// kept from block to block.
func (v *view) names() ([]knownName, error) {
	return v.b.networkAt(v.tip.Hash).names.get(func() ([]knownName, error) {
		rows, err := v.NewestNames(maxNames)
		if err != nil {
			return nil, err
		}
		before, seen, list := map[string][]rune{}, map[string][]rune{}, make([]knownName, len(rows))
		if last := v.b.looked.Load(); last != nil {
			before = *last
		}
		look := func(s string) []rune {
			if _, known := seen[s]; !known {
				x, known := before[s]
				if !known {
					x = looks(s)
				}
				seen[s] = x
			}
			return seen[s]
		}
		for i := range rows {
			list[i] = knownName{rows[i], look(rows[i].ID.Label()), look(rows[i].Company)}
		}
		v.b.looked.Store(&seen)
		return list, nil
	})
}

// looks returns how a text looks, whatever its case. Small letters come first: m and M do not look alike.
func looks(s string) []rune { return []rune(visible.Skeleton(strings.ToLower(s))) }

// NamedLike finds up to most pools and most operators by the start of their labels and company names, or by what is nearly the start: one letter wrong, or two
// in a longer text. The newest come first among equals. It compares at most 5,000 pools, the newest.
func (b *Books) NamedLike(ctx context.Context, text string, most int) (out Found, err error) {
	sought := looks(text)
	if len(sought) == 0 {
		return out, nil
	}
	sought = sought[:min(len(sought), maxSought)]
	err = b.view(ctx, func(v *view) error {
		list, err := v.names()
		if err != nil {
			return err
		}
		pools, wrongLabel := nearest(sought, list, most, func(x *knownName) ([]rune, ticket.PoolID) { return x.label, x.ID })
		operators, wrongName := nearest(sought, list, most, func(x *knownName) ([]rune, Named) { return x.company, Named{x.Company, x.Operator} })
		least := min(wrongLabel, wrongName)
		if wrongLabel > least { // what is right comes alone
			pools = nil
		}
		if wrongName > least {
			operators = nil
		}
		out.Operators, out.Nearly = operators, least > 0 && len(pools)+len(operators) > 0
		if len(pools) == 0 {
			return nil
		}
		rows, err := v.Pools(store.PoolFilter{IDs: pools})
		if err != nil {
			return err
		}
		slices.SortFunc(rows, func(a, b store.PoolRow) int { return cmp.Compare(slices.Index(pools, a.ID), slices.Index(pools, b.ID)) })
		out.Pools, err = v.listed(rows, 0)
		return err
	})
	return out, err
}

// nearest returns what has the names that are most like a text, each once, and how many letters of the text are wrong for the best.
func nearest[T comparable](sought []rune, list []knownName, most int, of func(*knownName) ([]rune, T)) (found []T, best int) {
	allowed := 0
	switch {
	case len(sought) > shortWord:
		allowed = 2
	case len(sought) >= leastWrong:
		allowed = 1
	}
	best = allowed + 1
	type match struct {
		what  T
		wrong int
		rest  int // letters of the name that the text lacks
	}
	var matches []match
	known := map[T]bool{}
	for i := range list {
		name, what := of(&list[i])
		if known[what] {
			continue
		}
		known[what] = true
		if wrong := wrongLetters(sought, name, allowed); wrong <= allowed {
			best = min(best, wrong)
			matches = append(matches, match{what, wrong, max(0, len(name)-len(sought))})
		}
	}
	slices.SortStableFunc(matches, func(a, b match) int { return cmp.Or(cmp.Compare(a.wrong, b.wrong), cmp.Compare(a.rest, b.rest)) })
	for _, m := range matches {
		if m.wrong == best && len(found) < most {
			found = append(found, m.what)
		}
	}
	return found, best
}

// wrongLetters returns how many letters must be put in, left out, replaced or swapped with the next to make a text the start of a name; most + 1 if that is
// more than most. It looks at no more letters than that may concern.
func wrongLetters(text, name []rune, most int) int {
	name = name[:min(len(name), len(text)+most)]
	far := most + 1
	before, last, row := make([]int, len(name)+1), make([]int, len(name)+1), make([]int, len(name)+1)
	for j := range row {
		last[j] = min(j, far)
	}
	for i := 1; i <= len(text); i++ {
		best := far
		for j := range row {
			row[j] = far
		}
		if i <= most {
			row[0], best = i, i
		}
		for j := max(1, i-most); j <= min(len(name), i+most); j++ {
			replaced := last[j-1]
			if text[i-1] != name[j-1] {
				replaced++
			}
			row[j] = min(far, replaced, last[j]+1, row[j-1]+1)
			if i > 1 && j > 1 && text[i-1] == name[j-2] && text[i-2] == name[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
			best = min(best, row[j])
		}
		if best == far {
			return far
		}
		before, last, row = last, row, before
	}
	return slices.Min(last)
}
