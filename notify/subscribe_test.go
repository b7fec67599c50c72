package notify_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

func TestSubscribeListRemove(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	onEach(t, func(t *testing.T, url string) {
		ctx := context.Background()
		r := newRig(t, url)
		r.step(-1, blocks[:164])
		to := newReceiver(t)
		all := r.subscribe(notify.Request{URL: to.URL + "/t0psecret", Pool: acme})
		to.secret = all.Secret
		chat := r.subscribe(notify.Request{URL: "discord://t0psecret@1234567", Operator: first, Kinds: []notify.Kind{notify.Left}, Cushion: 7, Overdue: 9})
		if len(all.Secret) < 40 || chat.Secret != "" || all.ID == chat.ID {
			t.Errorf("%+v, %+v", all, chat)
		}
		list, err := r.svc.List(ctx)
		if err != nil || len(list) != 2 {
			t.Fatalf("%v, %v", list, err)
		}
		if list[0].ID != all.ID { // made in the same second
			slices.Reverse(list)
		}
		if l := list[0]; l.To != to.URL+"/…" || l.Pool != acme || !slices.Equal(l.Kinds, notify.Kinds()) || l.Cushion != 50 || l.Overdue != 20 {
			t.Errorf("%+v", l)
		}
		if l := list[1]; l.To != "discord://…" || l.Operator != first || !slices.Equal(l.Kinds, []notify.Kind{notify.Left}) || l.Cushion != 7 ||
			l.Overdue != 9 || !l.Created.Equal(r.clock()) {
			t.Errorf("%+v", l)
		}
		// What waits for one that is removed is dropped, and only that.
		removed := r.hook(notify.Request{Pool: acme, Kinds: leaves})
		removed.answer(500)
		r.step(163, blocks[164:165])
		if err := r.svc.Remove(ctx, chat.ID); err != nil {
			t.Fatal(err)
		}
		r.round()
		if list, err = r.svc.List(ctx); err != nil {
			t.Fatal(err)
		}
		for _, l := range list {
			if l.ID != all.ID {
				if err := r.svc.Remove(ctx, l.ID); err != nil {
					t.Fatal(err)
				}
			}
		}
		removed.answer(0)
		r.pass(notify.LongPause)
		r.round()
		wantKinds(t, removed.take())
		wantKinds(t, to.take(), "pledge.left", "pool.replenishing", "cushion.low")
		if err := r.svc.Remove(ctx, chat.ID); !errors.Is(err, chain.ErrNotFound) {
			t.Errorf("got %v", err)
		}
	})
}

// Nobody is told of what happened while nobody subscribed.
func TestSubscribesFromNowOn(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:146])
	one := r.subscribe(notify.Request{URL: newReceiver(t).URL})
	r.round()
	if err := r.svc.Remove(context.Background(), one.ID); err != nil {
		t.Fatal(err)
	}
	r.step(145, blocks[146:160])
	r.round()
	to := r.hook(notify.Request{Kinds: ofEvents})
	r.status = chain.Status{Target: 164}
	catching := r.hook(notify.Request{Kinds: ofEvents})
	r.step(159, blocks[160:165])
	r.round()
	wantKinds(t, catching.take())
	r.status = chain.Status{Synced: true, Target: 164}
	r.round()
	r.step(164, blocks[165:166])
	r.round()
	wantKinds(t, to.take(), "pledge.left", "pool.replenishing", "payout.settled")
	wantKinds(t, catching.take(), "payout.settled")
}

// A request and what is listed of it have each setting under its name; a request without it gets the default, and its limits hold.
func TestSettings(t *testing.T) {
	t.Parallel()
	names := func(of reflect.Type) (list []string) {
		for i := range of.NumField() {
			if f := of.Field(i); f.Type.Kind() == reflect.Int64 {
				list = append(list, f.Tag.Get("json"))
			}
		}
		return list
	}
	var want []string
	for _, s := range notify.Settings() {
		want = append(want, s.Name)
		if s.Unit == "" || s.Least < 1 || s.Default < s.Least || s.Default > s.Most {
			t.Errorf("%+v: give it a unit, and a default within its limits; 0 means the default", s)
		}
		const refused = 0
		for value, kept := range map[int64]int64{0: s.Default, s.Least: s.Least, s.Most: s.Most, -1: refused, s.Most + 1: refused} {
			var q notify.Request
			text := fmt.Sprintf(`{"url":"https://example.org","%s":%d}`, s.Name, value)
			if err := json.Unmarshal([]byte(text), &q); err != nil {
				t.Fatal(err)
			}
			err := q.Check()
			if says := fmt.Sprintf("%s: %d is not between %d and %d %s", s.Name, value, s.Least, s.Most, s.Unit); kept == refused {
				if err == nil || err.Error() != says {
					t.Errorf("%s: got %v, want %s", text, err, says)
				}
				continue
			}
			if got := reflect.ValueOf(q).FieldByIndex(field(t, s.Name)).Int(); err != nil || got != kept {
				t.Errorf("%s: got %d, %v, want %d", text, got, err, kept)
			}
		}
	}
	for _, of := range []reflect.Type{reflect.TypeFor[notify.Request](), reflect.TypeFor[notify.Listed]()} {
		if got := names(of); !slices.Equal(got, want) {
			t.Errorf("%v has the numbers %q, settings.go lists %q", of, got, want)
		}
	}
	net, err := pool.ParamsByName("main")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range notify.Settings() {
		if s.Name == "overdue" && s.Most != int64(net.PayoutExpiry) {
			t.Errorf("a payout may be overdue after %d blocks, but expires after %d", s.Most, net.PayoutExpiry)
		}
	}
}

// field is where a request has a JSON field.
func field(t *testing.T, name string) []int {
	t.Helper()
	of := reflect.TypeFor[notify.Request]()
	for i := range of.NumField() {
		if f := of.Field(i); f.Tag.Get("json") == name {
			return f.Index
		}
	}
	t.Fatalf("notify.Request has no field %q", name)
	return nil
}

func TestWrongRequests(t *testing.T) {
	t.Parallel()
	r := newRig(t, t.TempDir()+"/ledger.db")
	const hook = "https://example.org/t0psecret"
	for _, c := range []struct {
		request notify.Request
		want    string
	}{
		{notify.Request{}, "url: give one"},
		{notify.Request{URL: "t0psecret"}, "url: malformed"},
		{notify.Request{URL: "https://"}, "url: a webhook needs a host"},
		{notify.Request{URL: hook + "#x"}, "no fragment"},
		{notify.Request{URL: hook + "\nx"}, "printable"},
		{notify.Request{URL: "https://example.org:65536/t0psecret"}, "its port"},
		{notify.Request{URL: "https://example.org:0/t0psecret"}, "its port"},
		{notify.Request{URL: "https://example.org:/t0psecret"}, "its port"},
		{notify.Request{URL: "https://" + strings.Repeat("a", 2048)}, "at most 2048"},
		{notify.Request{URL: "carrier://t0psecret"}, "no service called \"carrier\""},
		{notify.Request{URL: "logger://"}, "no service called"},
		{notify.Request{URL: "generic://example.org/t0psecret"}, "generic is not supported"},
		{notify.Request{URL: "generic+https://example.org/t0psecret"}, "generic is not supported"},
		{notify.Request{URL: "telegram://t0psecret"}, "not in the form that telegram takes"},
		{notify.Request{URL: hook, Pool: acme, PastelID: first}, "give one of"},
		{notify.Request{URL: hook, PastelID: "t0psecret"}, "pastelid: not a PastelID"},
		{notify.Request{URL: hook, Operator: first + "x"}, "operator: not a PastelID"},
		{notify.Request{URL: hook, Pool: acme}, "pool: no pool has this id"},
		{notify.Request{URL: hook, Kinds: []notify.Kind{"pool.rich"}}, "kinds: \"pool.rich\" is not a kind of alert; choose from cushion.low, "},
		{notify.Request{URL: hook, Kinds: []notify.Kind{notify.Left, notify.Left}}, "twice"},
		{notify.Request{URL: hook, Cushion: 101}, "cushion: 101"},
		{notify.Request{URL: hook, Overdue: -1}, "overdue: -1"},
	} {
		_, err := r.svc.Subscribe(context.Background(), c.request)
		if wrong := (*notify.RequestError)(nil); !errors.As(err, &wrong) || !strings.Contains(err.Error(), c.want) ||
			strings.Contains(err.Error(), "t0psecret") {
			t.Errorf("%+v: got %v, want %s", c.request, err, c.want)
		}
	}
	for _, good := range []string{
		hook, " HTTPS://example.org/t0psecret\r\n", "http://127.0.0.1:1/x?y=z", "ntfy://ntfy.sh/topic",
		"matrix://user:password@example.org", "smtp://user:password@example.org:587/?from=a@b.c&to=d@e.f",
	} {
		if err := (&notify.Request{URL: good}).Check(); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}

// What a receiver answers is shown without the words of its URL.
func TestShown(t *testing.T) {
	t.Parallel()
	for _, c := range [][3]string{
		{"plain\n text\x00", "https://a", `plain text\u0000`},
		{`Post "https://example.org/T0P-secret?x=1": refused`, "generic://example.org/T0P-secret?x=1", `Post "https://….…/…-…?x=1": refused`},
		{"no way, HUNTER2", "x://u:h%75nter2@y", "no way, …"},
		{"other methods than the one", "https://the.one", "other methods than … …"},
		{"botLONGTOKEN9 and xlongtoken9x", "telegram://longtoken9@telegram", "bot… and x…x"},
		{strings.Repeat("ä", 300), "x://y", strings.Repeat("ä", 199) + "…"},
	} {
		if got := notify.Shown(c[0], c[1]); got != c[2] {
			t.Errorf("got %q, want %q", got, c[2])
		}
	}
}

func FuzzRequest(f *testing.F) {
	f.Add("https://example.org/t0psecret", acme, "", "", "pledge.left payout.paid", int64(50), int64(20))
	f.Add("generic://example.org/x?disabletls=yes", "", first, "", "", int64(0), int64(0))
	f.Add("telegram://token@telegram?chats=@x", "", "", third, "daemon.behind", int64(1), int64(1))
	f.Fuzz(func(t *testing.T, url, pool, pastelID, operator, kinds string, cushion, overdue int64) {
		q := notify.Request{URL: url, Pool: ticket.PoolID(pool), PastelID: pastelID, Operator: operator, Cushion: cushion, Overdue: overdue}
		for _, k := range strings.Fields(kinds) {
			q.Kinds = append(q.Kinds, notify.Kind(k))
		}
		if err := q.Check(); err != nil {
			if wrong := (*notify.RequestError)(nil); !errors.As(err, &wrong) || strings.Contains(err.Error(), "\n") || len(err.Error()) > 500 {
				t.Errorf("got %q", err)
			}
			return
		}
		scopes := 0
		for _, s := range []string{pool, pastelID, operator} {
			if s != "" {
				scopes++
			}
		}
		if scopes > 1 || len(q.Kinds) == 0 || len(q.Kinds) > len(notify.Kinds()) || q.Cushion < 1 || q.Cushion > 100 || q.Overdue < 1 || len(url) > 2048 {
			t.Errorf("%+v was accepted", q)
		}
	})
}
