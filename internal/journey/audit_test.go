package journey

import (
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pool"
)

// Only what no node enforces carries the label.
func TestShadowLine(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]bool{"regtest": false, "testnet": true} {
		net, err := pool.ParamsByName(name)
		if err != nil {
			t.Fatal(err)
		}
		if want {
			net.Forks.Pools = pool.ForkAt(5)
		}
		s, err := pool.New(net, want)
		if err != nil {
			t.Fatal(err)
		}
		if line := shadowLabel(s); strings.Contains(line, "SHADOW RUN") != want {
			t.Errorf("%s: %q", name, line)
		}
	}
}
