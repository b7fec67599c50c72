package notify_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pool"
)

func document(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// Each kind has its line, in order, which says whether it ends.
func TestDocumentListsTheKinds(t *testing.T) {
	t.Parallel()
	var got []notify.Kind
	ends := map[notify.Kind]bool{}
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z._]+)` \\| .+ \\| (yes|no) \\|$").FindAllStringSubmatch(document(t), -1) {
		kind := notify.Kind(row[1])
		got, ends[kind] = append(got, kind), row[2] == "yes"
	}
	for _, kind := range notify.Kinds() {
		if said, listed := ends[kind]; !listed {
			t.Errorf("the table of docs/alerts.md has no line of %s", kind)
		} else if said == kind.OfEvent() {
			t.Errorf("docs/alerts.md says of %s that it ends: %t", kind, said)
		}
	}
	if !slices.Equal(got, notify.Kinds()) {
		t.Errorf("docs/alerts.md lists %q, the code knows %q", got, notify.Kinds())
	}
}

// The document gives each setting with its default, next to the kind that goes by it.
func TestDocumentGivesTheDefaults(t *testing.T) {
	t.Parallel()
	text := document(t)
	for _, s := range notify.Settings() {
		if want := fmt.Sprintf("(`%s`, %d %s by default)", s.Name, s.Default, s.Unit); !strings.Contains(text, want) {
			t.Errorf("the table of docs/alerts.md does not say %s: add it to the line of the kind that goes by the setting", want)
		}
	}
}

// No document for those who run or use a daemon names a kind that does not exist.
func TestDocumentsNameKindsThatExist(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("../docs/guide/*.md")
	if err != nil {
		t.Fatal(err)
	}
	files = append(files, "../README.md", "../docs/alerts.md", "../docs/operating.md")
	word := regexp.MustCompile("(?:`|--kinds |,)((?:cushion|pool|pledge|payout|supernode|daemon)\\.[a-z_]+)\\b")
	named := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range word.FindAllSubmatch(text, -1) {
			named++
			if name := string(m[1]); !slices.Contains(notify.Kinds(), notify.Kind(name)) && !slices.Contains(pool.EventTypes(), pool.EventType(name)) {
				t.Errorf("%s names %s, which is neither a kind of alert nor an event", file, name)
			}
		}
	}
	if named < len(notify.Kinds()) {
		t.Errorf("the documents name %d kinds", named)
	}
}

// The document's example of a signature holds, by the code and by its own commands.
func TestDocumentVerifies(t *testing.T) {
	t.Parallel()
	m := regexp.MustCompile("(?s)```sh\n(secret=(\\S+)\ntimestamp=(\\d+)\nbody='([^\n]+)'\n.*?)```\n.*?```\n(\\S+)\n```").FindStringSubmatch(document(t))
	if m == nil {
		t.Fatal("docs/alerts.md has no example")
	}
	if got := notify.Sign(m[2], m[3], []byte(m[4])); got != m[5] {
		t.Errorf("the code signs %s, the document says %s", got, m[5])
	}
	if _, err := exec.LookPath("openssl"); err != nil {
		t.Skip("no openssl here")
	}
	out, err := exec.Command("sh", "-c", m[1]).CombinedOutput()
	if err != nil || strings.TrimSpace(string(out)) != m[5] {
		t.Errorf("the commands print %q, %v", out, err)
	}
}

// The document lists the kinds that are not urgent.
func TestDocumentListsTheNews(t *testing.T) {
	t.Parallel()
	sentence := regexp.MustCompile("(?s)((?:`[a-z.]+`(?:, | and )?)+) are news").FindStringSubmatch(document(t))
	if sentence == nil {
		t.Fatal("docs/alerts.md does not say which kinds are news")
	}
	var got, want []string
	for _, m := range regexp.MustCompile("`([a-z.]+)`").FindAllStringSubmatch(sentence[1], -1) {
		got = append(got, m[1])
	}
	for _, k := range notify.Kinds() {
		if !k.Urgent() {
			want = append(want, string(k))
		}
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("docs/alerts.md calls %q news, the code %q", got, want)
	}
}
