package table

import (
	"testing"

	"pgregory.net/rapid"
)

// TestLikeMap drives a table and a Go map with the same operations.
func TestLikeMap(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		tab, want := New[uint16, int](), map[uint16]int{}
		refs := map[uint16]Ref{}
		for range rapid.IntRange(0, 400).Draw(t, "operations") {
			k := rapid.Uint16Range(0, 120).Draw(t, "key")
			_, there := want[k]
			if rapid.Bool().Draw(t, "insert") {
				r, added := tab.Insert(k, int(k)*3)
				if added == there {
					t.Fatalf("Insert(%d) = %v, was there: %v", k, added, there)
				}
				if there && r != refs[k] {
					t.Fatalf("Insert(%d) moved its record", k)
				}
				want[k], refs[k] = int(k)*3, r
			} else {
				if tab.Delete(k) != there {
					t.Fatalf("Delete(%d), was there: %v", k, there)
				}
				delete(want, k)
				delete(refs, k)
			}
			if tab.Len() != len(want) {
				t.Fatalf("Len() = %d, want %d", tab.Len(), len(want))
			}
			for k, r := range refs {
				if tab.Find(k) != r || *tab.At(r) != want[k] || tab.Key(r) != k {
					t.Fatalf("record of %d is lost", k)
				}
			}
		}
		seen := 0
		tab.Each(func(_ Ref, k uint16, v *int) {
			seen++
			if want[k] != *v {
				t.Fatalf("Each: %d = %d, want %d", k, *v, want[k])
			}
		})
		if seen != len(want) {
			t.Fatalf("Each saw %d of %d", seen, len(want))
		}
	})
}

// TestManyRecords crosses chunk and growth borders.
func TestManyRecords(t *testing.T) {
	const n = 5 * chunkSize
	tab := New[int, int]()
	for i := range n {
		tab.Insert(i, -i)
	}
	for i := 0; i < n; i += 2 {
		tab.Delete(i)
	}
	for i := range n {
		if r := tab.Find(i); (r != 0) != (i%2 == 1) {
			t.Fatalf("Find(%d) = %d", i, r)
		}
	}
}
