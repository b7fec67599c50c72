package journey

import (
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/wire"
)

// The command line shows no estimate before now, whatever the daemon says.
func TestFreshMoments(t *testing.T) {
	t.Parallel()
	past, next := time.Now().Add(-4*24*time.Hour).UTC(), time.Now().Add(time.Hour).UTC()
	const form = "2006-01-02 15:04"
	for _, c := range []struct {
		m           wire.Moment
		when, brief string
	}{
		{wire.Moment{Height: 156, Time: past, Estimated: true}, "block 156 (date unknown)", "156, date unknown"},
		{wire.Moment{Height: 156, Time: next, Estimated: true}, "block 156 (about " + next.Format(form) + " UTC)", "156, " + next.Format(form)},
		{wire.Moment{Height: 150, Time: past}, "block 150 (" + past.Format(form) + " UTC)", "150, " + past.Format(form)},
	} {
		if got := When(c.m); got != c.when {
			t.Errorf("%q, want %q", got, c.when)
		}
		if got := Brief(&c.m); got != c.brief {
			t.Errorf("%q, want %q", got, c.brief)
		}
	}
}
