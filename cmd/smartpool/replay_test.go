package main

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

// call runs one command line.
func call(stdin string, args ...string) (code int, out, errOut string) {
	var o, e bytes.Buffer
	code = run(args, strings.NewReader(stdin), &o, &e)
	return code, o.String(), e.String()
}

// TestReplayJSON compares the whole document with what another implementation made of three chains.
func TestReplayJSON(t *testing.T) {
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
				code, out, errOut := call(in, "replay", "--network", "regtest", "--json", "-")
				if code != exitOK || errOut != "" {
					t.Fatalf("exit %d: %s", code, errOut)
				}
				var got map[string]any
				if err := json.Unmarshal([]byte(out), &got); err != nil {
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

// sameElements compares two lists whatever their order.
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

// TestReplayStory compares the story of a pool with one that was read by a person.
func TestReplayStory(t *testing.T) {
	t.Parallel()
	code, out, errOut := call("", "replay", filepath.Join("..", "..", "testdata", "life", "blocks.hex"))
	if code != exitOK || errOut != "" {
		t.Fatalf("exit %d: %s", code, errOut)
	}
	golden := filepath.Join("testdata", "life.txt")
	if *update {
		if err := os.WriteFile(golden, []byte(out), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if out != string(want) {
		t.Errorf("the story changed: run go test ./cmd/smartpool -update and read the difference\n%s", out)
	}
}

// The walk-through shows parts of the story as they are.
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
			t.Errorf("docs/walk-through.md shows what the story of testdata/life.txt does not have there: copy it again\n%s", part)
			continue
		}
		rest = after
	}
}

// A pool that everybody left has nobody in it when it ends.
func TestReplayNamesNobodyWhoLeft(t *testing.T) {
	t.Parallel()
	code, out, _ := call("", "replay", filepath.Join("..", "..", "testdata", "dense", "blocks.hex"))
	if code != exitOK {
		t.Fatalf("exit %d", code)
	}
	emptied := 0
	for _, story := range strings.Split(out, "\npool") {
		if strings.Contains(story, "expired") && strings.Contains(strings.Join(strings.Fields(story), " "), "It released 0 pledges.") {
			emptied++
			if strings.Contains(story, "Who was in it last") {
				t.Errorf("pool %.60s: nobody was in it at the end:\n%s", story, story)
			}
		}
	}
	if emptied == 0 {
		t.Error("no pool ends empty")
	}
}

// TestReplayBadInput: every error names the line, and what is good before it is printed.
func TestReplayBadInput(t *testing.T) {
	t.Parallel()
	lines := strings.Split(strings.TrimSpace(fixture(t, "life/blocks.hex")), "\n")
	join := func(parts ...[]string) string {
		var all []string
		for _, p := range parts {
			all = append(all, p...)
		}
		return strings.Join(all, "\n") + "\n"
	}
	damaged := lines[140][:len(lines[140])-60] + "00" + lines[140][len(lines[140])-58:]
	for _, tt := range []struct {
		name, in, says string
		height         float64
	}{
		{"nothing", "", "no blocks", -1},
		{"blank lines", "\n\n", "no blocks", -1},
		{"not hex", join(lines[:3], []string{"zz"}), "line 4", 2},
		{"odd", join(lines[:3], []string{lines[3] + "0"}), "line 4 has an odd number", 2},
		{"cut", join(lines[:3], []string{lines[3][:len(lines[3])-2]}), "line 4 is not a valid block", 2},
		{"blank in the middle", join(lines[:3], []string{""}, lines[3:]), "line 4 is blank", 2},
		{"gap", join(lines[:150], lines[151:]), "line 151: block 150", 149},
		{"twice", join(lines[:150], lines[149:]), "line 151: block 150", 149},
		{"no genesis", join(lines[1:]), "line 1: block 0", -1},
		{"damaged", join(lines[:140], []string{damaged}, lines[141:]), "line 141 is not a valid block", 139},
	} {
		t.Run(tt.name, func(t *testing.T) {
			code, out, errOut := call(tt.in, "replay", "--json", "-")
			if code != exitNo || !strings.Contains(errOut, tt.says) || strings.Count(errOut, "\n") != 1 {
				t.Errorf("exit %d, %q, want one line that says %q", code, errOut, tt.says)
			}
			var got map[string]any
			if err := json.Unmarshal([]byte(out), &got); err != nil {
				t.Fatal(err)
			}
			if got["height"] != tt.height {
				t.Errorf("state printed is of block %v, want %v", got["height"], tt.height)
			}
			if code, _, errOut := call(tt.in, "replay", "-"); code != exitNo || !strings.Contains(errOut, tt.says) {
				t.Errorf("for people: exit %d, %q", code, errOut)
			}
		})
	}
}

func TestReplayUsage(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{
		{"replay"}, {"replay", "--network", "moon", "-"}, {"replay", "--start-height", "-1", "-"},
		{"replay", "--sapling-height", "soon", "-"}, {"replay", "/nowhere/at/all"}, {"nonsense"},
	} {
		if code, _, errOut := call("", args...); code != exitUsage || errOut == "" {
			t.Errorf("%v: exit %d, %q", args, code, errOut)
		}
	}
}

// TestShadowLabel: what nobody enforces is labelled so wherever it shows.
func TestShadowLabel(t *testing.T) {
	t.Parallel()
	in := fixture(t, "life/blocks.hex")
	if _, out, _ := call(in, "replay", "--network", "testnet", "--start-height", "0", "-"); !strings.HasPrefix(out, "SHADOW RUN") {
		t.Errorf("the story begins with %.60q", out)
	}
	if _, out, _ := call(in, "replay", "--network", "testnet", "--start-height", "0", "--json", "-"); !strings.Contains(out, `"shadow": true`) {
		t.Error("the document does not say shadow")
	}
}
