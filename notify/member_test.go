package notify_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"
	"pgregory.net/rapid"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/largepool"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/store"
)

var here = netip.MustParseAddr("192.0.2.7")

const hook = "https://hooks.example.org/t0psecret"

// identity returns a PastelID of largepool's chains.
func identity(t testing.TB, k int) *pastelid.PrivateKey {
	t.Helper()
	var seed [pastelid.SeedSize]byte
	binary.LittleEndian.PutUint64(seed[:], uint64(k)+1)
	key, err := pastelid.FromSeed(seed[:])
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// memberRig is a rig on whose chain the first PastelIDs are registered.
func memberRig(t testing.TB, url string, most int) *rig {
	t.Helper()
	_, blocks, err := largepool.Named([]largepool.Opening{{Label: "one", Company: "One"}, {Label: "two", Company: "Two"}, {Label: "three", Company: "Three"}})
	if err != nil {
		t.Fatal(err)
	}
	r := newRig(t, url)
	r.members = notify.Members{Most: most, URL: "https://pools.example.org"}
	r.restart()
	r.step(-1, blocks)
	return r
}

// signed is a request that a PastelID signs now.
func (r *rig) signed(key *pastelid.PrivateKey) notify.Signed {
	r.pass(time.Second)
	q := notify.Signed{PastelID: key.ID().String(), Time: r.clock(), Text: "a statement"}
	q.Signature = key.SignBase64([]byte(q.Text))
	return q
}

func (r *rig) join(key *pastelid.PrivateKey, to string) (notify.Receipt, error) {
	return r.svc.SubscribeMember(r.t.Context(), here, r.signed(key), notify.Request{URL: to})
}

// refused reports whether a request was refused for a reason that has these words.
func refused(err error, words string) bool {
	var no *notify.RefusedError
	var wrong *notify.RequestError
	return (errors.As(err, &no) || errors.As(err, &wrong)) && strings.Contains(err.Error(), words)
}

// A PastelID subscribes, lists, replaces and removes with its signature, and touches nobody else's subscription.
func TestMembersSubscribe(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		r := memberRig(t, url, 10)
		me, other := identity(t, 0), identity(t, 1)
		owners := r.subscribe(notify.Request{URL: hook, PastelID: me.ID().String()})
		first, err := r.join(me, hook)
		if err != nil || first.Secret == "" {
			t.Fatal(first, err)
		}
		again, err := r.join(me, hook)
		if err != nil || again.ID == first.ID {
			t.Fatal(again, err)
		}
		theirs, err := r.join(other, hook)
		if err != nil {
			t.Fatal(err)
		}
		list, err := r.svc.ListMember(t.Context(), here, r.signed(me))
		if err != nil || len(list) != 1 || list[0].ID != again.ID || strings.Contains(list[0].To, "t0psecret") || list[0].PastelID != me.ID().String() {
			t.Errorf("the list is %+v, %v", list, err)
		}
		for _, id := range []string{theirs.ID, owners.ID, first.ID, "NOBODY"} {
			if err := r.svc.RemoveMember(t.Context(), here, r.signed(me), id); !errors.Is(err, chain.ErrNotFound) {
				t.Errorf("removing %s: %v", id, err)
			}
		}
		if err := r.svc.RemoveMember(t.Context(), here, r.signed(me), again.ID); err != nil {
			t.Error(err)
		}
		if all, err := r.svc.List(t.Context()); err != nil || len(all) != 2 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// What is not signed by a registered PastelID, for this very request and now, is refused, and so is what was made before.
func TestMembersCannotReplayOrForge(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		r := memberRig(t, url, 10)
		me, other := identity(t, 0), identity(t, 1)
		ask := func(q notify.Signed) error {
			r.pass(time.Minute) // clients wait
			_, err := r.svc.SubscribeMember(t.Context(), here, q, notify.Request{URL: hook})
			return err
		}
		for name, c := range map[string]struct {
			change func(*notify.Signed)
			words  string
		}{
			"another PastelID's":  {func(q *notify.Signed) { q.PastelID = other.ID().String() }, "not by this PastelID"},
			"of another text":     {func(q *notify.Signed) { q.Text += "." }, "not by this PastelID"},
			"no signature":        {func(q *notify.Signed) { q.Signature = "" }, "not by this PastelID"},
			"no PastelID":         {func(q *notify.Signed) { q.PastelID = "jX" }, "not a PastelID"},
			"stale":               {func(q *notify.Signed) { q.Time = q.Time.Add(-10 * time.Minute) }, "set your clock"},
			"from the future":     {func(q *notify.Signed) { q.Time = q.Time.Add(12 * time.Minute) }, "set your clock"},
			"from before all":     {func(q *notify.Signed) { q.Time = time.UnixMilli(1) }, "set your clock"},
			"from the end of all": {func(q *notify.Signed) { q.Time = time.UnixMilli(1<<53 - 1) }, "set your clock"},
		} {
			q := r.signed(me)
			c.change(&q)
			if err := ask(q); !refused(err, c.words) {
				t.Errorf("%s: %v", name, err)
			}
		}
		stranger := identity(t, 1000)
		if err := ask(r.signed(stranger)); !refused(err, "not registered") {
			t.Errorf("not registered: %v", err)
		}
		early, late := r.signed(me), r.signed(me)
		if err := ask(late); err != nil {
			t.Fatal(err)
		}
		for name, q := range map[string]notify.Signed{"again": late, "an earlier one after a later one": early} {
			if err := ask(q); !refused(err, "made before") {
				t.Errorf("%s: %v", name, err)
			}
		}
		r.restart()
		if err := ask(late); !refused(err, "made before") {
			t.Errorf("again after a restart: %v", err)
		}
		if err := ask(r.signed(me)); err != nil {
			t.Errorf("a later one: %v", err)
		}
	})
}

// A PastelID has at most three subscriptions, all members together as many as the operator says, and nobody asks very often.
func TestMembersAreBounded(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		r := memberRig(t, url, 4)
		a, b := identity(t, 0), identity(t, 1)
		for i := range 3 {
			r.pass(time.Minute)
			if _, err := r.join(a, fmt.Sprintf("%s/%d", hook, i)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := r.join(a, hook+"/3"); !refused(err, "maximum") {
			t.Errorf("a fourth one: %v", err)
		}
		r.pass(time.Minute)
		if _, err := r.join(b, hook); err != nil {
			t.Fatal(err)
		}
		if _, err := r.join(b, hook+"/1"); !refused(err, "as many subscriptions") {
			t.Errorf("one too many in all: %v", err)
		}
		r.pass(time.Hour)
		var err error
		n := 0
		for ; err == nil && n < 100; n++ {
			_, err = r.svc.ListMember(t.Context(), here, notify.Signed{PastelID: a.ID().String(), Time: r.clock()})
			if refused(err, "not by this PastelID") {
				err = nil
			}
		}
		if !refused(err, "too many requests") || n > 20 {
			t.Errorf("after %d requests at once: %v", n, err)
		}
		if _, err := r.svc.ListMember(t.Context(), netip.MustParseAddr("192.0.2.8"), r.signed(a)); err != nil {
			t.Errorf("another client: %v", err)
		}
		for i := 0; err == nil || i < 100; i++ { // from everywhere
			who := netip.AddrFrom4([4]byte{198, 51, byte(i >> 8), byte(i)})
			if _, err = r.svc.ListMember(t.Context(), who, notify.Signed{PastelID: a.ID().String(), Time: r.clock()}); refused(err, "too many requests") {
				return
			}
		}
		t.Error("there is no limit for everybody together")
	})
}

// Without the operator's setting nobody subscribes by signature. When it is taken away, the subscriptions end that it allowed, and no other.
func TestMembersNeedTheOperatorsSetting(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		r := memberRig(t, url, 10)
		owners := r.subscribe(notify.Request{URL: hook})
		if _, err := r.join(identity(t, 0), hook); err != nil {
			t.Fatal(err)
		}
		r.restart()
		r.round()
		if list, err := r.svc.List(t.Context()); err != nil || len(list) != 2 {
			t.Errorf("with the setting: %+v, %v", list, err)
		}
		r.members = notify.Members{}
		r.restart()
		if _, err := r.join(identity(t, 0), hook); !refused(err, "takes no subscriptions from members") {
			t.Error(err)
		}
		r.round()
		if list, err := r.svc.List(t.Context()); err != nil || len(list) != 1 || list[0].ID != owners.ID {
			t.Errorf("%+v, %v", list, err)
		}
	})
}

// A member's receiver can only be named so that the daemon sends across the public internet.
func TestMembersCannotNameInsideReceivers(t *testing.T) {
	const own = "https://pools.example.org"
	for _, to := range []string{
		"http://example.org/", "https://127.0.0.1/", "https://127.0.0.1:9734/api", "https://[::1]/", "https://[::ffff:127.0.0.1]/", "https://[::ffff:10.0.0.1]/",
		"https://10.1.2.3/", "https://172.16.0.1/", "https://192.168.1.1/", "https://169.254.169.254/latest/meta-data", "https://100.64.0.1/", "https://0.0.0.0/",
		"https://224.0.0.1/", "https://255.255.255.255/", "https://[fe80::1%25eth0]/", "https://[fc00::1]/", "https://[ff02::1]/", "https://[64:ff9b::7f00:1]/",
		"https://[2002:7f00:1::]/", "https://[2001:0:7f00:1::]/", "https://[2001:db8::1]/", "https://example.org:22/", "https://example.org:25/", "https://example.org:80/",
		"https://user:password@example.org/", own + "/x", "https://POOLS.example.org./x", own + ":8443/",
		"smtp://user:pass@127.0.0.1:25/?from=a@b.c&to=d@e.f", "ntfy://127.0.0.1/topic", "gotify://127.0.0.1/token", "matrix://user:token@127.0.0.1", "mattermost://127.0.0.1/token",
		"rocketchat://127.0.0.1/a/b", "teams://a@b/c/d?host=127.0.0.1", "bark://key@127.0.0.1", "zulip://a:b@127.0.0.1", "signal://127.0.0.1/a", "generic://127.0.0.1", "logger://",
		"discord+https://token@id", "telegram://token@telegram?chats=1,2,3", "telegram://token@telegram?channels=1,2",
		"telegram://token@telegram?Chats=1,2,3", "telegram://token@telegram?chats=1&Chats=1,2,3", "telegram://token@telegram?CHANNELS=1%2C2", "telegram://token@telegram?chats=1&channels=2", "telegram://token@telegram?chats=1&chats=2", "https://example.org/" + strings.Repeat("a", 500),
	} {
		if err := notify.CheckMemberURL(to, own); !refused(err, "url: ") || strings.Contains(err.Error(), "password") {
			t.Errorf("%s: %v", to, err)
		}
	}
	for _, to := range []string{"https://example.org/alerts", "https://example.org:8443/alerts", "https://93.184.215.14/", "discord://token@id", "telegram://token@telegram?chats=@me"} {
		if err := notify.CheckMemberURL(to, own); err != nil {
			t.Errorf("%s: %v", to, err)
		}
	}
}

// Strangers have only the members' services read a URL: whether another service could read it does not show.
func TestMembersReachNoOtherServicesParser(t *testing.T) {
	r := memberRig(t, t.TempDir()+"/ledger.db", 10)
	for _, to := range []string{"teams://nonsense", "MQTT://127.0.0.1:1/t", " smtp://nonsense", "zulip://"} {
		r.pass(time.Minute) // clients wait
		if _, err := r.join(identity(t, 1000), to); !refused(err, "sends members' alerts to") {
			t.Errorf("%s: %v", to, err)
		}
	}
}

// The client for members' webhooks connects to no inside address, whatever a name leads to, and however it is written.
func TestMembersCannotReachInside(t *testing.T) {
	asked := 0
	inside := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	defer inside.Close()
	u, err := url.Parse(inside.URL)
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("HTTPS_PROXY", inside.URL) // the client uses none
	r := newRig(t, t.TempDir()+"/ledger.db")
	client := r.svc.Abroad(nil)
	own, err := net.InterfaceAddrs()
	if err != nil {
		t.Fatal(err)
	}
	hosts := []string{"127.0.0.1", "localhost", "[::1]", "[::ffff:127.0.0.1]", "0.0.0.0", "[::]", "127.1", "2130706433", "0x7f000001"}
	for _, a := range own {
		if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr().Is4() {
			hosts = append(hosts, p.Addr().String())
		}
	}
	for _, host := range hosts {
		answer, err := client.Get("https://" + host + ":" + u.Port() + "/")
		if err == nil {
			answer.Body.Close()
			t.Errorf("%s was reached", host)
		}
	}
	if asked > 0 {
		t.Errorf("%d requests arrived", asked)
	}
	if !errors.Is(client.CheckRedirect(nil, nil), http.ErrUseLastResponse) {
		t.Error("redirects are followed")
	}
}

// Addresses of the public internet are those outside every range that Go or IANA gives a special purpose, mapped ones included.
func TestPublicAddresses(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		b := rapid.SliceOfN(rapid.Byte(), 4, 4).Draw(t, "v4")
		a := netip.AddrFrom4([4]byte(b))
		if inside := a.IsPrivate() || a.IsLoopback() || a.IsLinkLocalUnicast() || a.IsMulticast() || a.IsUnspecified() || b[0] >= 224; inside && notify.Public(a) {
			t.Fatalf("%s is not public", a)
		}
		if mapped := netip.AddrFrom16(a.As16()); notify.Public(mapped) != notify.Public(a) {
			t.Fatalf("%s and %s differ", a, mapped)
		}
		x := netip.AddrFrom16([16]byte(rapid.SliceOfN(rapid.Byte(), 16, 16).Draw(t, "v6")))
		if inside := x.IsPrivate() || x.IsLoopback() || x.IsLinkLocalUnicast() || x.IsMulticast() || x.IsUnspecified(); inside && notify.Public(x) {
			t.Fatalf("%s is not public", x)
		}
	})
	for _, at := range []string{"1.1.1.1", "93.184.215.14", "2606:4700::1111", "2a00:1450::1"} {
		if !notify.Public(netip.MustParseAddr(at)) {
			t.Errorf("%s is public", at)
		}
	}
}

// recorder answers instead of the internet and notes whom a request was for.
type recorder struct {
	mu    sync.Mutex
	hosts []string
}

func (c *recorder) RoundTrip(r *http.Request) (*http.Response, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hosts = append(c.hosts, r.URL.Host)
	return &http.Response{StatusCode: http.StatusTeapot, Body: io.NopCloser(strings.NewReader("{}")), Request: r, Header: http.Header{}}, nil
}

// A service that members may use sends to its own host, whatever a URL says, and once a message.
func TestMemberServicesHaveTheirOwnHosts(t *testing.T) {
	const evil = "evil.example"
	old := http.DefaultTransport
	defer func() { http.DefaultTransport = old }()
	for service, c := range map[string]struct {
		urls  []string
		hosts []string
	}{
		"discord":  {[]string{"discord://token@" + evil, "discord://token@id?host=" + evil, "discord://token@123456789?avatar=https://" + evil}, []string{"discord.com"}},
		"telegram": {[]string{"telegram://110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaww@" + evil + "?chats=@me", "telegram://110201543:AAHdqTcvCH1vGWJxfSeofSAs0K5PALDsaww@telegram?chats=@me&host=" + evil}, []string{"api.telegram.org"}},
		"slack":    {[]string{"slack://hook:AAAAAAAAA-BBBBBBBBB-123456789123456789123456@webhook?host=" + evil, "slack://xoxb:123456789012-1234567890123-4mt0t4l1YL3g1T5L4cK70k3N@" + evil}, []string{"hooks.slack.com", "slack.com"}},
		"pushover": {[]string{"pushover://shoutrrr:token@" + evil, "pushover://shoutrrr:token@user?host=" + evil + "&devices=a"}, []string{"api.pushover.net"}},
	} {
		sent := 0
		for _, to := range c.urls {
			seen := &recorder{}
			http.DefaultTransport = seen
			var services router.ServiceRouter
			s, err := services.Locate(to)
			if err != nil {
				continue // it is refused before
			}
			_ = s.Send("text", nil)
			if len(seen.hosts) > 1 || slices.ContainsFunc(seen.hosts, func(h string) bool { return !slices.Contains(c.hosts, h) }) {
				t.Errorf("%s: %s sends to %v", service, to, seen.hosts)
			}
			sent += len(seen.hosts)
		}
		if sent == 0 {
			t.Errorf("%s sends nothing", service)
		}
	}
}

// standIn has a server take the place of every member's webhook.
func (r *rig) standIn(handler http.HandlerFunc) {
	to := httptest.NewTLSServer(handler)
	r.t.Cleanup(to.Close)
	r.svc.Abroad(&http.Client{Transport: &http.Transport{DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
		return new(net.Dialer).DialContext(ctx, network, to.Listener.Addr().String())
	}, TLSClientConfig: to.Client().Transport.(*http.Transport).TLSClientConfig}})
}

// flood puts messages into the outbox of a subscription.
func (r *rig) flood(subscription string, n int) {
	r.t.Helper()
	ids := make([]string, n)
	for i := range ids {
		ids[i] = fmt.Sprintf("FLOOD%d", i)
	}
	r.add(subscription, ids...)
}

// add puts urgent messages with these ids into the outbox of a subscription.
func (r *rig) add(subscription string, ids ...string) {
	r.t.Helper()
	err := r.alerts.Do(r.t.Context(), func(x *store.AlertTx) error {
		for _, id := range ids {
			if err := x.AddAlert(&store.Alert{
				ID: id, Subscription: subscription, Cause: id, Thread: id, Kind: string(notify.Left), Urgent: true, Text: "text", JSON: "{}", Created: r.clock(), Standing: true,
			}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// However much there is to tell, a member's receiver gets a bounded number of requests a day. The rest waits.
func TestMembersCannotAmplify(t *testing.T) {
	r := memberRig(t, t.TempDir()+"/ledger.db", 10)
	var asked atomic.Int64
	r.standIn(func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	receipt, err := r.join(identity(t, 0), "https://example.com/alerts")
	if err != nil {
		t.Fatal(err)
	}
	r.flood(receipt.ID, 400)
	for range 24 {
		for range 10 {
			r.round()
		}
		r.pass(time.Hour)
	}
	if n := asked.Load(); n < 100 || n > 260 {
		t.Errorf("it got %d requests in a day", n)
	}
}

// Who subscribes again, to the same receiver or another, gets no new budget.
func TestMembersCannotRenewTheirBudget(t *testing.T) {
	r := memberRig(t, t.TempDir()+"/ledger.db", 10)
	var asked atomic.Int64
	r.standIn(func(http.ResponseWriter, *http.Request) { asked.Add(1) })
	for i := range 6 {
		r.pass(time.Minute) // clients wait
		receipt, err := r.join(identity(t, 0), fmt.Sprintf("https://example.com/alerts/%d", i%2))
		if err != nil {
			t.Fatal(err)
		}
		r.flood(receipt.ID, 40)
		for range 50 {
			r.round()
		}
		if err := r.svc.Remove(t.Context(), receipt.ID); err != nil {
			t.Fatal(err)
		}
		r.round()
	}
	if n := asked.Load(); n < 40 || n > 60 {
		t.Errorf("it had %d requests sent within minutes", n)
	}
}

// A member's receiver that takes nothing for a week is dropped. One of the daemon's owner stays.
func TestMembersDeadReceiversAreDropped(t *testing.T) {
	r := memberRig(t, t.TempDir()+"/ledger.db", 10)
	var asked atomic.Int64
	r.standIn(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.Header().Set("Date", r.clock().Format(http.TimeFormat))
		w.WriteHeader(http.StatusGone)
	})
	receipt, err := r.join(identity(t, 0), "https://example.com/alerts")
	if err != nil {
		t.Fatal(err)
	}
	owners := r.hook(notify.Request{PastelID: identity(t, 0).ID().String()})
	owners.answer(http.StatusGone)
	there := func() (ids []string) {
		list, err := r.svc.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		for i := range list {
			ids = append(ids, list[i].ID)
		}
		return ids
	}
	r.flood(receipt.ID, 1)
	for range 20 { // it is refused, and given up
		r.round()
		r.pass(15 * time.Minute)
	}
	if len(there()) != 2 || asked.Load() == 0 {
		t.Fatalf("after some hours %v are there, and %d messages were sent", there(), asked.Load())
	}
	r.pass(7 * 24 * time.Hour)
	r.add(receipt.ID, "LAST")
	for range 20 {
		r.round()
		r.pass(15 * time.Minute)
	}
	if ids := there(); len(ids) != 1 || ids[0] == receipt.ID {
		t.Errorf("after a week %v are there", ids)
	}
}

// Receivers that members chose and that fail make neither the daemon nor its metrics say that alerts do not arrive. The owner's do.
func TestMembersReceiversCallNobody(t *testing.T) {
	for _, status := range []int{http.StatusGone, http.StatusServiceUnavailable} {
		t.Run(http.StatusText(status), func(t *testing.T) {
			r := memberRig(t, t.TempDir()+"/ledger.db", 10)
			r.standIn(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("Date", r.clock().Format(http.TimeFormat))
				w.WriteHeader(status)
			})
			receipt, err := r.join(identity(t, 0), "https://example.com/alerts")
			if err != nil {
				t.Fatal(err)
			}
			hours := func() {
				for range 20 {
					r.round()
					r.pass(15 * time.Minute)
				}
			}
			r.flood(receipt.ID, 3)
			hours()
			list, err := r.svc.List(t.Context())
			if err != nil || len(list) != 1 || list[0].Waiting+list[0].GivenUp == 0 {
				t.Fatalf("the receiver took the messages: %+v, %v", list, err)
			}
			if o, lost := r.svc.Outbox(), r.counts.GivenUp.Load(); o != (notify.Outbox{Subscriptions: 1}) || lost != 0 {
				t.Errorf("a member's receiver counts: %+v, %d given up", o, lost)
			}
			owners := r.hook(notify.Request{PastelID: identity(t, 0).ID().String()})
			owners.answer(status)
			list, err = r.svc.List(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			for i := range list {
				if list[i].ID != receipt.ID {
					r.add(list[i].ID, "OWNERS")
				}
			}
			hours()
			if o := r.svc.Outbox(); o.Subscriptions != 2 || o.Waiting+o.GivenUp != 1 || r.counts.GivenUp.Load() != o.GivenUp {
				t.Errorf("the owner's receiver does not count: %+v, %d given up", o, r.counts.GivenUp.Load())
			}
		})
	}
}

// A member's messages say where to stop them, and what is there does, for whoever gets the messages and nobody else.
func TestReceiversStopMembersMessages(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		r := memberRig(t, url, 10)
		var stop string
		r.standIn(func(_ http.ResponseWriter, q *http.Request) { stop = q.Header.Get(notify.HeaderStop) })
		receipt, err := r.join(identity(t, 0), "https://example.com/alerts")
		if err != nil {
			t.Fatal(err)
		}
		if err := r.svc.Test(t.Context(), receipt.ID); err != nil {
			t.Fatal(err)
		}
		secret, found := strings.CutPrefix(stop, "https://pools.example.org/stop/")
		if !found || len(secret) < 20 {
			t.Fatalf("the message says %q", stop)
		}
		for _, wrong := range []string{"", "A", receipt.ID, secret[1:]} {
			if err := r.svc.Stop(t.Context(), here, wrong); !errors.Is(err, chain.ErrNotFound) {
				t.Errorf("with %q: %v", wrong, err)
			}
		}
		if err := r.svc.Stop(t.Context(), here, secret); err != nil {
			t.Fatal(err)
		}
		if all, err := r.svc.List(t.Context()); err != nil || len(all) != 0 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

// Whoever floods the daemon with requests keeps nobody from stopping messages.
func TestFloodDoesNotKeepMessagesComing(t *testing.T) {
	r := memberRig(t, t.TempDir()+"/ledger.db", 10)
	var stop string
	r.standIn(func(_ http.ResponseWriter, q *http.Request) { stop = q.Header.Get(notify.HeaderStop) })
	receipt, err := r.join(identity(t, 0), "https://example.com/alerts")
	if err != nil {
		t.Fatal(err)
	}
	if err := r.svc.Test(t.Context(), receipt.ID); err != nil {
		t.Fatal(err)
	}
	late := 0
	for i := range 100 { // from everywhere
		who := netip.AddrFrom4([4]byte{198, 51, 0, byte(i)})
		if _, err := r.svc.ListMember(t.Context(), who, notify.Signed{PastelID: identity(t, 1).ID().String(), Time: r.clock()}); refused(err, "too many requests") {
			late++
		}
	}
	if late == 0 {
		t.Fatal("the flood is no flood")
	}
	if err := r.svc.Stop(t.Context(), here, strings.TrimPrefix(stop, "https://pools.example.org/stop/")); err != nil {
		t.Error(err)
	}
}

// A member's receiver that was told nothing for weeks, and then refuses one message, stays.
func TestMembersReceiversMayFailOnce(t *testing.T) {
	onEach(t, func(t *testing.T, url string) {
		r := memberRig(t, url, 10)
		var refuses atomic.Bool
		var asked atomic.Int64
		r.standIn(func(w http.ResponseWriter, _ *http.Request) {
			asked.Add(1)
			if w.Header().Set("Date", r.clock().Format(http.TimeFormat)); refuses.Load() {
				w.WriteHeader(http.StatusNotFound)
			}
		})
		receipt, err := r.join(identity(t, 0), "https://example.com/alerts")
		if err != nil {
			t.Fatal(err)
		}
		for i, refused := range []bool{false, true, true} {
			refuses.Store(refused)
			asked.Store(0)
			r.add(receipt.ID, fmt.Sprintf("MESSAGE%d", i))
			for range 20 {
				r.round()
				r.pass(15 * time.Minute)
			}
			if asked.Load() == 0 {
				t.Fatalf("message %d was not sent", i)
			}
			list, err := r.svc.List(t.Context())
			if err != nil || len(list) != map[bool]int{true: 0, false: 1}[i == 2] {
				t.Fatalf("after message %d there are %+v, %v", i, list, err)
			}
			r.pass(30 * 24 * time.Hour)
		}
	})
}
