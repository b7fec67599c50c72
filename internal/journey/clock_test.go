package journey

import (
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
)

// A block that is too old or dated ahead stops whoever is about to sign, and the error says what to do on that network.
func TestDatesOfBlocksTellTheNextStep(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 1, 31, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		network string
		tip     time.Duration // from now
		want    string        // in the error; empty: there is none
	}{
		{"regtest", -24 * time.Hour, ""},
		{"regtest", -24*time.Hour - time.Second, "mine a block (smartpool rpc generate 1)"},
		{"main", -2 * time.Hour, ""},
		{"main", -2*time.Hour - time.Second, "wait for a block"},
		{"main", 2 * time.Hour, ""},
		{"main", 2*time.Hour + time.Second, "correct this machine's clock"},
	} {
		net, err := pastel.NetworkByName(c.network)
		if err != nil {
			t.Fatal(err)
		}
		err = SameTime(&net, now.Add(c.tip), now)
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%s, a block %s from now: %v, want %q", c.network, c.tip, err, c.want)
		}
	}
}
