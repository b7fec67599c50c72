package daemon_test

import (
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"
	"unsafe"
)

// clockEnv names a file with the seconds by which the clock of a daemon in its own process is wrong.
const clockEnv = "SMARTPOOLD_TEST_CLOCK"

// stepped returns a reading of a clock that somebody has set wrong. As on a real machine, the monotonic clock in the reading, with which
// differences are computed, does not move; hence the bits of time.Time.
func stepped(t time.Time, by time.Duration) time.Time {
	const nanoseconds = 30 // bits below the seconds
	*(*uint64)(unsafe.Pointer(&t)) += uint64(by/time.Second) << nanoseconds
	return t
}

// readStep returns by how much a clock is wrong; not at all if the file is not there.
func readStep(file string) time.Duration {
	text, err := os.ReadFile(file)
	if err != nil {
		return 0
	}
	seconds, err := strconv.ParseInt(string(text), 10, 64)
	if err != nil {
		panic(err)
	}
	return time.Duration(seconds) * time.Second
}

// writeStep sets a clock. A process that reads the file sees the old step or the new one.
func writeStep(t testing.TB, file string, by time.Duration) {
	t.Helper()
	next := file + ".next"
	if err := os.WriteFile(next, strconv.AppendInt(nil, int64(by/time.Second), 10), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Rename(next, file); err != nil {
		t.Fatal(err)
	}
}

// The tests' clock steps as a machine's does.
func TestSteppedClock(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "clock")
	for _, by := range []time.Duration{0, time.Hour, -time.Hour, 30 * 365 * 24 * time.Hour, -10 * 365 * 24 * time.Hour} {
		writeStep(t, file, by)
		now := time.Now()
		then := stepped(now, readStep(file))
		if got := then.Round(0).Sub(now.Round(0)); got != by {
			t.Errorf("the wall clock steps by %v, want %v", got, by)
		}
		if got := then.Sub(now); got != 0 {
			t.Errorf("a step by %v moves the monotonic clock by %v", by, got)
		}
	}
}
