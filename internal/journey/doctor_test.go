package journey

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/version"
	"github.com/pastelnetwork/smartpool/wire"
)

// finding returns the findings of a check.
func finding(list []Finding, check string) (of []Finding) {
	for _, f := range list {
		if f.Check == check {
			of = append(of, f)
		}
	}
	return of
}

// A wrong clock is found against the daemon's clock, and the last block tells whose is wrong.
func TestDoctorClockAhead(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.mine(1)
	for by, want := range map[time.Duration]struct {
		result Result
		says   string // seconds are as many as the answer takes
	}{
		0:                 {ResultOK, "agrees"},
		2 * time.Minute:   {ResultWarning, "is (1m5.|2m.)s ahead of the daemon's"},
		3 * time.Hour:     {ResultFailed, "is (2h59m5.|3h0m.)s ahead of the daemon's"},
		-3 * time.Hour:    {ResultFailed, "is (2h59m5.|3h0m.)s behind the daemon's"},
		-90 * time.Second: {ResultWarning, "is 1m[23].s behind the daemon's"},
	} {
		says := regexp.MustCompile(want.says)
		d := &Doctor{API: x.api, Node: &x.node, Now: func() time.Time { return time.Now().Add(by) }}
		list := finding(d.Examine(t.Context()), "clock")
		if !slices.ContainsFunc(list, func(f Finding) bool { return f.Result == want.result && says.MatchString(f.Seen) }) {
			t.Errorf("a clock that is wrong by %v: %+v", by, list)
		}
	}
}

// A daemon or a node that never answers stops no other check, and is never taken for well.
func TestDoctorWaitsForNobody(t *testing.T) {
	t.Parallel()
	x := newSite(t)
	x.mine(1)
	release := make(chan struct{})
	hangs := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-release:
		case <-r.Context().Done():
		}
	}))
	t.Cleanup(hangs.Close)
	t.Cleanup(func() { close(release) })
	for name, d := range map[string]*Doctor{
		"daemon": {API: hangs.URL, Node: &x.node}, "node": {API: x.api, Node: &Node{URL: hangs.URL, User: "u", Password: "p"}},
	} {
		d.Now, d.Version = time.Now, version.String()
		list := d.Examine(t.Context())
		for _, f := range finding(list, name) {
			if f.Result != ResultFailed && f.Result != ResultUnknown {
				t.Errorf("a %s that hangs: %+v", name, f)
			}
		}
		if of := finding(list, name); strings.Contains(of[0].Seen, "context deadline exceeded") {
			t.Errorf("a %s that hangs: %q is no word to people", name, of[0].Seen)
		}
		other := map[string]string{"daemon": "node", "node": "daemon"}[name]
		if of := finding(list, other); len(of) == 0 || of[0].Result != ResultOK {
			t.Errorf("a %s that hangs: %+v", name, of)
		}
		for _, check := range Checks() {
			if len(finding(list, check)) == 0 {
				t.Errorf("a %s that hangs: nothing is said about %s", name, check)
			}
		}
	}
}

// A check that heeds no deadline, as on a disk that hangs, is left behind.
func TestDoctorLeavesAHungDisk(t *testing.T) {
	t.Parallel()
	release := make(chan struct{})
	defer close(release)
	x := (&Doctor{Now: time.Now, Wait: 10 * time.Millisecond}).examination(t.Context())
	list := x.within(t.Context(), func(*examination, context.Context) []Finding {
		<-release
		return nil
	})
	if len(list) != 1 || list[0].Result != ResultUnknown || !strings.Contains(list[0].Seen, "no answer within") {
		t.Errorf("%+v", list)
	}
}

// The verdict is the worst finding: a failure before what is unknown, and warnings are none.
func TestVerdict(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		results []Result
		want    string
	}{
		{[]Result{ResultOK, ResultWarning, ResultSkipped}, "<nil>"},
		{[]Result{ResultOK, ResultUnknown}, "could not tell everything: 1 of 2 findings"},
		{[]Result{ResultUnknown, ResultFailed, ResultOK}, "something is wrong: 1 of 3 findings"},
	} {
		var list []Finding
		for _, r := range tt.results {
			list = append(list, Finding{Result: r})
		}
		if got := fmt.Sprint(Verdict(list)); got != tt.want {
			t.Errorf("%v: %s, want %s", tt.results, got, tt.want)
		}
	}
}

// What a check leaves out because there is too much of it is unknown, not well.
func TestDoctorSaysWhatItLeavesOut(t *testing.T) {
	t.Parallel()
	w := newWatched(t)
	r, _ := w.guarded(t, io.Discard, io.Discard)
	a := wire.Account{PastelID: "jXmine", Registered: true}
	for i := range mostExamined + 7 {
		p := wire.Position{Pool: "atlas.1"}
		p.Seq = uint64(i)
		a.Positions = append(a.Positions, p)
	}
	x := (&Doctor{Now: time.Now}).examination(t.Context())
	x.daemon = func() (*Daemon, error) { return r, nil }
	x.node = func() (*pasteld.Client, error) { return nil, errRemote }
	x.accounts = func() ([]wire.Account, error) { return []wire.Account{a}, nil }
	x.beyond = 3
	for says, list := range map[string][]Finding{
		"7 more pledges of jXmine were not examined": x.lookAtCoins(t.Context()), "3 more PastelIDs of the node were not examined": x.lookAtRegistrations(t.Context()),
	} {
		if !slices.ContainsFunc(list, func(f Finding) bool { return f.Result == ResultUnknown && f.Seen == says }) {
			t.Errorf("%q is not among %+v", says, list)
		}
	}
}
