package wire_test

import (
	"testing"

	"github.com/pastelnetwork/smartpool/wire"
)

// People read two significant digits of a yield; what is no number stays as it is.
func TestYieldsAreRounded(t *testing.T) {
	t.Parallel()
	for percent, want := range map[string]string{
		"0": "0", "0.01": "0.01", "0.96": "0.96", "1.04": "1", "9.87": "9.9", "9.96": "10", "12.49": "12", "12.5": "13", "99.5": "100", "16644": "17,000",
		"7076659.34": "7,100,000", "92233720368547758.07": "92,000,000,000,000,000", "much": "much", "-1": "-1",
	} {
		if got := (&wire.Yield{Percent: percent}).About(); got != want {
			t.Errorf("%s %% is about %s %%, want %s", percent, got, want)
		}
	}
}
