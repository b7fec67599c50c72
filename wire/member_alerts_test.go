package wire_test

import (
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/wire"
)

// A statement names the network, the daemon, the PastelID and every field, so that no other request, and no other daemon, can use a signature of
// it. It shows nothing of the receiver's URL.
func TestMembersSignEverything(t *testing.T) {
	t.Parallel()
	base := func() wire.MemberSubscribe {
		return wire.MemberSubscribe{URL: "https://example.org/t0psecret", Kinds: []string{"pledge.left"}, Cushion: 50, Overdue: 20, Proof: wire.Proof{Time: 1}}
	}
	x := base()
	text := x.Statement("regtest", "https://pools.example.org", "jX")
	const want = "smartpool alerts add network regtest daemon https://pools.example.org pastelid jX " +
		"receiver 5d8d4f6a kinds pledge.left cushion 50 overdue 20 time 1"
	i, j := strings.Index(text, "receiver ")+len("receiver "), strings.Index(text, " kinds")
	if digest := text[i:j]; len(digest) != 64 || text[:i]+"5d8d4f6a"+text[j:] != want || strings.Contains(text, "t0psecret") {
		t.Errorf("the statement is %q", text)
	}
	seen := map[string]string{text: "the base"}
	add := func(name, text string) {
		if seen[text] != "" {
			t.Errorf("%s and %s have one statement", name, seen[text])
		}
		seen[text] = name
	}
	for name, change := range map[string]func(*wire.MemberSubscribe){
		"receiver": func(x *wire.MemberSubscribe) { x.URL += "/" }, "kinds": func(x *wire.MemberSubscribe) { x.Kinds = nil },
		"cushion": func(x *wire.MemberSubscribe) { x.Cushion++ }, "overdue": func(x *wire.MemberSubscribe) { x.Overdue++ },
		"time": func(x *wire.MemberSubscribe) { x.Time++ },
	} {
		y := base()
		change(&y)
		add(name, y.Statement("regtest", "https://pools.example.org", "jX"))
	}
	add("network", x.Statement("main", "https://pools.example.org", "jX"))
	add("daemon", x.Statement("regtest", "https://others.example.org", "jX"))
	add("pastelid", x.Statement("regtest", "https://pools.example.org", "jY"))
	add("list", (&wire.MemberList{Proof: x.Proof}).Statement("regtest", "https://pools.example.org", "jX"))
	for _, id := range []string{"A", "B"} {
		add("remove "+id, (&wire.MemberUnsubscribe{ID: id, Proof: x.Proof}).Statement("regtest", "https://pools.example.org", "jX"))
	}
}
