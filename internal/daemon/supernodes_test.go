package daemon_test

import (
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/daemon"
)

// However rarely the chain is polled, the list of Supernodes is asked for again, twice if need be, before it is too old.
func TestListIsAskedForInTime(t *testing.T) {
	t.Parallel()
	for poll, want := range map[time.Duration]time.Duration{
		10 * time.Millisecond: 100 * time.Millisecond, 2 * time.Second: 20 * time.Second, 12 * time.Second: 40 * time.Second, time.Hour: 40 * time.Second,
	} {
		if got := daemon.ListEvery(poll); got != want || 2*got >= daemon.ListPatience {
			t.Errorf("polled each %v, the list is asked for each %v, want %v, and is good for %v", poll, got, want, daemon.ListPatience)
		}
	}
}
