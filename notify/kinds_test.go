package notify_test

import (
	"slices"
	"testing"

	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pool"
)

// An event that the rules' table says people are told of has a kind, and no kind is listed twice.
func TestEveryToldEventHasAKind(t *testing.T) {
	t.Parallel()
	kinds := notify.Kinds()
	for _, e := range pool.EventTypes() {
		if of := slices.Contains(kinds, notify.Kind(e)); of != e.Row().Told {
			t.Errorf("%s: a kind of alert %t, told %t", e, of, e.Row().Told)
		}
	}
	slices.Sort(kinds)
	if len(slices.Compact(kinds)) != len(notify.Kinds()) {
		t.Errorf("kinds are listed twice: %v", kinds)
	}
}
