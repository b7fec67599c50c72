package notify_test

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/notify"
)

func document(t *testing.T) string {
	t.Helper()
	text, err := os.ReadFile("../docs/alerts.md")
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func TestDocumentListsTheKinds(t *testing.T) {
	t.Parallel()
	var got, ending []notify.Kind
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z.]+)` \\| .* \\| (yes|no) \\|$").FindAllStringSubmatch(document(t), -1) {
		got = append(got, notify.Kind(row[1]))
		if row[2] == "yes" {
			ending = append(ending, notify.Kind(row[1]))
		}
	}
	if !slices.Equal(got, notify.Kinds()) {
		t.Errorf("docs/alerts.md lists %q, the code knows %q", got, notify.Kinds())
	}
	if want := slices.DeleteFunc(notify.Kinds(), notify.Kind.OfEvent); !slices.Equal(ending, want) {
		t.Errorf("docs/alerts.md says that %q end, the code %q", ending, want)
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
