package client_test

import (
	"reflect"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/wire"
)

// Every kind of concern that a daemon may name has words of its own, and one that no release knows has some, too.
func TestEveryConcernHasWords(t *testing.T) {
	t.Parallel()
	kind, _ := reflect.TypeFor[wire.Concern]().FieldByName("Kind")
	said := map[string]string{}
	for _, k := range append(strings.Split(kind.Tag.Get("enum"), ","), "news") {
		for _, until := range []*wire.Moment{nil, {}} {
			what, means := client.Concern(&wire.Concern{Kind: k, Coins: 12_345, Until: until})
			if what == "" || means == "" || said[what] != "" && said[what] != k {
				t.Errorf("%s says %q and %q, as %s does", k, what, means, said[what])
			}
			said[what] = k
		}
	}
	if _, means := client.Concern(&wire.Concern{Kind: "short", Coins: 12_345}); !strings.Contains(means, "It lacks 12,345 PSL") {
		t.Errorf("%q", means)
	}
}
