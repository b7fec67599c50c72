package replay

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite golden files")

func fixture(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "testdata", filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// read reads a chain of good blocks, about which Read notes nothing.
func read(t *testing.T, blocks string, c Config) *Chain {
	t.Helper()
	chain, err := Read(strings.NewReader(blocks), c, t.Errorf)
	if err != nil {
		t.Fatal(err)
	}
	return chain
}

// TestDocument compares the whole document with another implementation's, for three chains.
func TestDocument(t *testing.T) {
	for _, name := range []string{"life", "dense", "odd"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			blocks := fixture(t, name+"/blocks.hex")
			var want map[string]any
			if err := json.Unmarshal([]byte(fixture(t, name+"/expected.json")), &want); err != nil {
				t.Fatal(err)
			}
			for _, in := range []string{
				blocks, strings.TrimSuffix(blocks, "\n"), strings.ReplaceAll(blocks, "\n", "\r\n"), blocks + "\n\n",
			} {
				chain, err := Read(strings.NewReader(in), Config{Network: "regtest"}, t.Errorf)
				if err != nil {
					t.Fatal(err)
				}
				out, err := json.Marshal(chain.Document())
				if err != nil {
					t.Fatal(err)
				}
				var got map[string]any
				if err := json.Unmarshal(out, &got); err != nil {
					t.Fatal(err)
				}
				for _, key := range []string{
					"network", "height", "tip", "digest", "events", "pools", "reputation", "coins",
				} {
					if !reflect.DeepEqual(got[key], want[key]) {
						t.Errorf("%s differs", key)
					}
				}
				for _, key := range []string{"payouts", "registered"} {
					if !sameElements(got[key], want[key]) {
						t.Errorf("%s differs", key)
					}
				}
			}
		})
	}
}

// sameElements compares two lists regardless of order.
func sameElements(a, b any) bool {
	count := map[string]int{}
	for i, list := range []any{a, b} {
		for _, x := range list.([]any) {
			text, _ := json.Marshal(x)
			count[string(text)] += 1 - 2*i
		}
	}
	for _, n := range count {
		if n != 0 {
			return false
		}
	}
	return true
}

// TestStory compares a pool's story with a recorded one that a person has read. The first block tells the network.
func TestStory(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := read(t, fixture(t, "life/blocks.hex"), Config{}).Tell(&out, 0); err != nil {
		t.Fatal(err)
	}
	golden := filepath.Join("testdata", "life.txt")
	if *update {
		if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out.String() != string(want) {
		t.Errorf("the story changed; run go test ./internal/replay -update and read the difference\n%s", &out)
	}
}

// The walk-through quotes parts of the story word for word.
func TestWalkThroughShowsTheStory(t *testing.T) {
	t.Parallel()
	story, err := os.ReadFile(filepath.Join("testdata", "life.txt"))
	if err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(filepath.Join("..", "..", "docs", "walk-through.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, shown, found := strings.Cut(string(page), "smartpool replay testdata/life/blocks.hex\n")
	shown, _, ended := strings.Cut(shown, "```")
	if !found || !ended {
		t.Fatal("docs/walk-through.md shows no replay")
	}
	rest := string(story)
	for _, part := range strings.Split(strings.TrimSuffix(shown, "...\n"), "...\n") {
		_, after, found := strings.Cut(rest, part)
		if !found {
			t.Errorf("docs/walk-through.md quotes what testdata/life.txt does not have there; copy it again\n%s", part)
			continue
		}
		rest = after
	}
}

// A pool that all members left has no last members.
func TestStoryNamesNobodyWhoLeft(t *testing.T) {
	t.Parallel()
	var out bytes.Buffer
	if err := read(t, fixture(t, "dense/blocks.hex"), Config{Network: "regtest"}).Tell(&out, 0); err != nil {
		t.Fatal(err)
	}
	emptied := 0
	for _, story := range strings.Split(out.String(), "\npool") {
		if strings.Contains(story, "expired") && strings.Contains(strings.Join(strings.Fields(story), " "), "It released 0 pledges.") {
			emptied++
			if strings.Contains(story, "Last pledges") {
				t.Errorf("pool %.60s: no pledge was left at the end:\n%s", story, story)
			}
		}
	}
	if emptied == 0 {
		t.Error("no pool ends empty")
	}
}
