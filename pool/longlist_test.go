package pool

import (
	"cmp"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// TestLongListLikeSlice: a long list behaves like a sorted slice, whatever the order in which elements come and go, and none of its
// runs gets too long.
func TestLongListLikeSlice(t *testing.T) {
	at := func(n int) func(int) int { return func(x int) int { return cmp.Compare(x, n) } }
	odd := func(x int) bool { return x%2 == 1 }
	rapid.Check(t, func(t *rapid.T) {
		var list longList[int]
		var want []int
		for range rapid.IntRange(1, 6).Draw(t, "phases") {
			first := rapid.IntRange(0, 5000).Draw(t, "first")
			step := rapid.SampledFrom([]int{-7, -1, 1, 3}).Draw(t, "step")
			add := rapid.Bool().Draw(t, "add")
			for k := range rapid.IntRange(1, 3*longRun).Draw(t, "times") {
				x := first + k*step
				i, there := slices.BinarySearch(want, x)
				if _, found := list.find(at(x)); found != there {
					t.Fatalf("find(%d) = %v, want %v", x, found, there)
				}
				switch {
				case add && !there:
					list.insert(x, at(x))
					want = slices.Insert(want, i, x)
				case !add && there:
					list.remove(at(x))
					want = slices.Delete(want, i, i+1)
				}
			}
			got := slices.Collect(list.all())
			if !slices.Equal(got, want) || list.empty() != (len(want) == 0) || list.only() != (len(want) == 1) {
				t.Fatalf("list has %d elements, want %d: %v, want %v", len(got), len(want), got, want)
			}
			if len(want) > 0 && list.last() != want[len(want)-1] {
				t.Fatalf("last() = %d, want %d", list.last(), want[len(want)-1])
			}
			for i := range list.runs() {
				if n := len(*list.run(i)); n > longRun || n == 0 && i > 0 {
					t.Fatalf("run %d of %d has %d elements", i, list.runs(), n)
				}
			}
			before := rapid.IntRange(-10, 6000).Draw(t, "before")
			i, _ := slices.BinarySearch(want, before)
			for i--; i >= 0 && !odd(want[i]); i-- {
			}
			x, found := list.lastBefore(at(before), odd)
			if found != (i >= 0) || found && x != want[i] {
				t.Fatalf("lastBefore(%d) = %d, %v", before, x, found)
			}
		}
	})
}
