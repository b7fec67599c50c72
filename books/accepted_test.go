package books

import (
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// A check describes every event that an accepted ticket can cause.
func TestChecksTellEveryAcceptance(t *testing.T) {
	t.Parallel()
	net, err := pool.ParamsByName("regtest")
	if err != nil {
		t.Fatal(err)
	}
	texts := map[string]pool.EventType{}
	for _, kind := range pool.EventTypesWhere(func(row pool.EventRow) bool { return row.ByTicket }) {
		var x wire.Check
		passes(&x, &pool.Event{Type: kind, Role: pool.Standby, Offered: 500}, &ticket.Ticket{Part: &ticket.Part{}}, nil, &net)
		if rest, found := strings.CutPrefix(x.Text, accepted); !found || rest == "" {
			t.Errorf("%s: a check says %q: add it to passes in check.go", kind, x.Text)
		}
		if other, twice := texts[x.Text]; twice {
			t.Errorf("a check says the same about %s and %s", kind, other)
		}
		texts[x.Text] = kind
	}
}
