package main

import (
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
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

// TestReplayBadInput: every error names the line, and replay prints the good blocks before it.
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

// TestShadowLabel: everything that no node enforces carries the label.
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
