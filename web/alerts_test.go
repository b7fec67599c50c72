package web_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/wire"
)

// The page of a member names the command that subscribes with the PastelID's signature if the daemon takes that, and only then.
func TestMembersPageOffersAlerts(t *testing.T) {
	const command = "smartpool alerts add - --key FILE --api https://pools.example.org"
	for _, offers := range []bool{true, false} {
		x := start(t, life(t), 200)
		x.with(func() {
			x.status = func(s wire.Status, err error) (wire.Status, error) {
				if offers {
					s.MemberAlerts = &wire.MemberAlerts{URL: "https://pools.example.org", Each: 3}
				}
				return s, err
			}
		})
		if _, text := x.get(t, http.MethodGet, x.pages(t)["member"]); strings.Contains(text, command) != offers {
			t.Errorf("offered %t:\n%s", offers, text)
		}
	}
}
