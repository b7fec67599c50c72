package pool

import (
	"bytes"
	"testing"

	"github.com/cockroachdb/datadriven"
)

// TestEveryForkIsPlayed: each fork needs a scenario whose events or state it changes. The test plays every scenario twice, as it stands
// and without the fork.
func TestEveryForkIsPlayed(t *testing.T) {
	eachFork(func(fork string, of func(*Forks) *Fork) {
		changed := false
		datadriven.Walk(t, "testdata/scenarios", func(t *testing.T, path string) {
			params := paramsOf("regtest")
			with := newWorld(t, mustNew(t, params))
			*of(&params.Forks) = Fork{}
			without := newWorld(t, mustNew(t, params))
			without.omit = fork
			datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
				if !changed {
					changed = with.play(t, d) != without.play(t, d) || !bytes.Equal(encodeAs(with.s, Forks{}), encodeAs(without.s, Forks{}))
				}
				return d.Expected // TestScenarios compares it
			})
		})
		if !changed {
			t.Errorf("fork %s changes no scenario: add one to testdata/scenarios that schedules it with network fork-%s=HEIGHT and has blocks on both sides",
				fork, fork)
		}
	})
}
