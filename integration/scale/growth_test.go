package main

import (
	"io"
	"strings"
	"testing"
)

// growing are the answers whose cost grows with the number of pools or with history. All others must not: what is deleted here stays constant.
var growing = map[string][]string{
	"pools": {},
	"history": {
		"a pool's page", "the paid pool's page", "another pool's page each time", // which look for notable events among income
		"a member of many pledges", "the member's page", "a member's payments", // which look at all of the member's payments
	},
}

// Whatever is not known to grow costs the same with more pools and more history, or as much more as it shows.
func TestAnswersCostWhatTheyShow(t *testing.T) {
	t.Parallel()
	from := size{pools: 4, pledges: 25, earning: 600}
	list := []direction{
		grow("pools", from, []int{4, 40}, func(s *size, n int) { s.pools = n }),
		grow("history", from, []int{600, 3_000}, func(s *size, n int) { s.earning = n }),
	}
	all, err := laws(t.Context(), &place{t.TempDir(), "sqlite"}, list, io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]map[string]bool{}
	for d, names := range growing {
		known[d] = map[string]bool{}
		for _, n := range names {
			known[d][n] = true
		}
	}
	for _, a := range all {
		for _, l := range a.Laws {
			switch grew := l.Name == grows; {
			case grew && !known[l.Direction][a.Answer]:
				t.Errorf("%s grows with %s: it looks into %s pages", a.Answer, l.Direction, pages(l.Costs))
			case !grew && known[l.Direction][a.Answer] && clearly(l.Costs):
				t.Errorf("%s no longer grows with %s (%s pages): delete it from the list of those that do", a.Answer, l.Direction, pages(l.Costs))
			}
			delete(known[l.Direction], a.Answer)
		}
	}
	for d, left := range known {
		for name := range left {
			t.Errorf("%s is no answer that could grow with %s", name, d)
		}
	}
	var table strings.Builder
	if err := printLaws(&table, list, all); err != nil || !strings.Contains(table.String(), "| answer | pools 4→40 | history 600→3000 |\n|---|---|---|\n| a pool |") {
		t.Error(err, table.String())
	}
}

// clearly reports whether costs are constant beyond doubt: what is near the limit may be on either side of it.
func clearly(costs []cost) bool {
	first, last := costs[0].Pages, costs[len(costs)-1].Pages
	return last <= first*5/4+24
}

func TestLaws(t *testing.T) {
	t.Parallel()
	for _, x := range []struct {
		costs []cost
		law   string
	}{
		{[]cost{{Pages: 3, Bytes: 10}, {Pages: 5, Bytes: 10}}, constant},
		{[]cost{{Pages: 1000, Bytes: 10}, {Pages: 1500, Bytes: 10}}, constant},
		{[]cost{{Pages: 1000, Bytes: 10}, {Pages: 3000, Bytes: 10}}, logs},
		{[]cost{{Pages: 50, Bytes: 1000}, {Pages: 500, Bytes: 9000}}, shown},
		{[]cost{{Pages: 50, Bytes: 1000}, {Pages: 500, Bytes: 1100}}, grows},
		{[]cost{{Pages: 1000, Bytes: 10}, {Pages: 3100, Bytes: 10}}, grows},
		{[]cost{{Pages: 1000, Bytes: 10}, {Pages: 3100, Bytes: 25}}, shown},
	} {
		if got := judge(x.costs, 100); got != x.law {
			t.Errorf("%+v: %s, want %s", x.costs, got, x.law)
		}
	}
}
