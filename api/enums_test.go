package api_test

import (
	"reflect"
	"strconv"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// The API's enums name every event type, kind of alert and pool status in the order of their tables.
func TestEnumsAreTheTables(t *testing.T) {
	t.Parallel()
	var events, kinds, statuses []string
	for _, e := range pool.EventTypes() {
		events = append(events, string(e))
	}
	for _, k := range notify.Kinds() {
		kinds = append(kinds, string(k))
	}
	for _, s := range pool.Statuses() {
		statuses = append(statuses, s.String())
	}
	for _, x := range []struct {
		of    any
		field string
		want  []string
	}{
		{wire.Event{}, "Type", events}, {wire.EventQuery{}, "Type", events}, {wire.Subscription{}, "Kinds", kinds},
		{wire.PoolQuery{}, "Status", statuses}, {wire.Concern{}, "Kind", books.ConcernKinds()},
	} {
		f, found := reflect.TypeOf(x.of).FieldByName(x.field)
		if got := f.Tag.Get("enum"); !found || got != strings.Join(x.want, ",") {
			t.Errorf("%T.%s is one of\n     %s\nwant %s", x.of, x.field, got, strings.Join(x.want, ","))
		}
		if most := f.Tag.Get("maxItems"); most != "" {
			if n, err := strconv.Atoi(most); err != nil || n < len(x.want) {
				t.Errorf("%T.%s accepts %s values, but there are %d", x.of, x.field, most, len(x.want))
			}
		}
	}
}
