package notify_test

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pool"
)

// An event that the rules' table says people are told of has a kind, and no kind is listed twice.
func TestEveryAlertedEventHasAKind(t *testing.T) {
	t.Parallel()
	kinds := notify.Kinds()
	for _, e := range pool.EventTypes() {
		of := slices.Contains(kinds, notify.Kind(e))
		if of && !notify.Kind(e).OfEvent() {
			t.Errorf("%s has the name of an event and is none", e)
		}
		if of != e.Row().Alerted {
			t.Errorf("%s: a kind of alert %t, alerted by the table of events %t", e, of, e.Row().Alerted)
		}
	}
	slices.Sort(kinds)
	if len(slices.Compact(kinds)) != len(notify.Kinds()) {
		t.Errorf("kinds are listed twice: %v", kinds)
	}
}

// A kind says when it begins, what it says and how it ends, in a file of its own.
func TestEveryKindIsWhole(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("kind_*.go")
	if err != nil {
		t.Fatal(err)
	}
	file := func(k notify.Kind) string { return "kind_" + strings.ReplaceAll(string(k), ".", "_") + ".go" }
	for _, k := range notify.Kinds() {
		if !slices.Contains(files, file(k)) {
			t.Errorf("%s has no file %s", k, file(k))
		}
		if missing := k.Missing(); len(missing) > 0 {
			t.Errorf("%s: %s lacks %s", k, file(k), strings.Join(missing, ", "))
		}
	}
	for _, f := range files {
		if !slices.ContainsFunc(notify.Kinds(), func(k notify.Kind) bool { return file(k) == f }) {
			t.Errorf("the kind of %s has no row in kinds.go", f)
		}
	}
}
