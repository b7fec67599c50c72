package notify_test

import (
	"context"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// ofEvents are kinds that are events.
var ofEvents = slices.DeleteFunc(notify.Kinds(), func(k notify.Kind) bool { return !k.OfEvent() })

// Everything that happens to a pool after somebody subscribed is told once, in order for each lane, however the ledger got there.
func TestEventsAreAlerts(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	for _, steps := range []int{1, 37, len(blocks)} {
		t.Run(fmt.Sprint(steps, " at once"), func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, url string) { tellAll(t, url, blocks, steps) })
		})
	}
}

func tellAll(t *testing.T, url string, blocks []*pool.Prepared, steps int) {
	r := newRig(t, url)
	const start = 146
	r.step(-1, blocks[:start])
	to := r.hook(notify.Request{Pool: acme, Kinds: ofEvents})
	var want []string
	for h := start; h < len(blocks); {
		n := min(steps, len(blocks)-h)
		c, err := r.ledger.Step(context.Background(), pastel.Height(h-1), blocks[h:h+n])
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range c.Blocks {
			for _, e := range b.Events {
				if slices.Contains(ofEvents, notify.Kind(e.Type)) && e.Pool == acme {
					want = append(want, fmt.Sprintf("%d %s %s", e.Height, e.Type, e.PastelID))
				}
			}
		}
		h += n
		if steps > 1 || h%10 == 0 {
			r.round()
		}
	}
	r.round()
	var got []string
	for _, m := range to.take() {
		got = append(got, fmt.Sprintf("%d %s %s", m.Height, m.Kind, m.PastelID))
		if !strings.Contains(m.Text, acme) || strings.Contains(m.Text, "\n") || len(m.Event) == 0 || m.Withdrawn || m.Resolved {
			t.Errorf("%+v", m)
		}
	}
	kind := func(line string) string { return strings.Fields(line)[1] }
	got, want = byLane(got, kind), byLane(want, kind)
	if len(want) < 10 || !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// A subscription is told what concerns it.
func TestScopes(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:150])
	var operator string
	r.ledger.View(func(s *pool.State) {
		p, _ := s.Pool(acme)
		operator = p.Operator.String()
	})
	every := r.hook(notify.Request{Kinds: ofEvents})
	operated := r.hook(notify.Request{Operator: operator, Kinds: ofEvents})
	foreign := r.hook(notify.Request{Operator: third, Kinds: ofEvents})
	member := r.hook(notify.Request{PastelID: third, Kinds: ofEvents})
	r.step(149, blocks[150:166])
	r.round()
	all := []string{"pledge.left", "pledge.left", "pool.replenishing", "pledge.promoted", "payout.settled", "payout.settled"}
	wantKinds(t, every.take(), all...)
	wantKinds(t, operated.take(), all...)
	wantKinds(t, foreign.take())
	wantKinds(t, member.take(), "pledge.left") // and no payout: all it earned is forfeited; it was gone when the pool replenished
	loyal := r.hook(notify.Request{PastelID: second, Kinds: []notify.Kind{notify.Amended, notify.Closed}})
	returned := r.hook(notify.Request{PastelID: first, Kinds: []notify.Kind{notify.Amended, notify.Closed}})
	r.step(165, blocks[166:])
	r.round()
	wantKinds(t, member.take(), "payout.paid") // the one that settled before it left
	wantKinds(t, loyal.take(), "pool.closed")
	wantKinds(t, returned.take(), "pledge.amended", "pool.closed")
}

func TestTexts(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:164])
	to := r.hook(notify.Request{Pool: acme, Kinds: ofEvents})
	r.step(163, blocks[164:166])
	r.round()
	got := to.take()
	wantKinds(t, got, "pledge.left", "pool.replenishing", "payout.settled")
	at := func(h int, ahead int64) string {
		return time.Unix(int64(blocks[h].Time)+150*ahead, 0).UTC().Format("2006-01-02 15:04 UTC")
	}
	for i, want := range []string{
		"Pool " + acme + ", PastelID " + first + ", block 164 (" + at(164, 0) + "): jXaEtAuica…e7nXFn left the pool with 500 PSL (member) and " +
			"forfeited 2,065.2174 PSL. Its coins were spent. Pledges on standby, and what members offer beyond what counts, take its " +
			"place at once, as far as they go. The members who stay and the operator share what it forfeited. If you are its owner and did not " +
			"spend them, secure the wallet's keys.",
		"Pool " + acme + ", block 164 (" + at(164, 0) + "): The pool fell short of collateral: its members have only 650 PSL. Its Supernode pauses " +
			"until more coins are pledged. Unless 350 PSL more are pledged by block 194 (about " + at(164, 30) + "), the pool is dissolved. Pledge to " +
			"it, raise your pledge, or ask others to.",
		"Pool " + acme + ", block 165 (" + at(165, 0) + "): The pool settled ",
	} {
		if !strings.HasPrefix(got[i].Text, want) {
			t.Errorf("got %q\nwant %q", got[i].Text, want)
		}
		if got[i].Time != time.Unix(int64(blocks[got[i].Height].Time), 0).UTC() {
			t.Errorf("time %v", got[i].Time)
		}
	}
}

// On a busy chain every kind of event is told, and of an amendment what it changed.
func TestEventsOfABusyChain(t *testing.T) {
	t.Parallel()
	blocks := ledgertest.Recorded(t, "dense")
	onEach(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		r.step(-1, blocks[:100])
		to := r.hook(notify.Request{Kinds: ofEvents})
		net := regtest(t)
		var want []string
		var amended [][2]string // what each message says
		rewards := map[uint64]string{}
		moved := 0
		for h := 100; h < len(blocks); h += 100 {
			c, err := r.ledger.Step(context.Background(), pastel.Height(h-1), blocks[h:min(h+100, len(blocks))])
			if err != nil {
				t.Fatal(err)
			}
			for _, u := range c.Blocks {
				for _, e := range u.Events {
					if slices.Contains(ofEvents, notify.Kind(e.Type)) {
						want = append(want, fmt.Sprintf("%d %s %s %s", e.Height, e.Type, e.Pool, e.PastelID))
					}
				}
				for i := range u.Accepted {
					a := &u.Accepted[i]
					was, is := rewards[a.Seq], a.Reward.Encode(&net.Network)
					rewards[a.Seq] = is
					if !a.Amends {
						continue
					}
					says := [2]string{fmt.Sprintf("now offers %s PSL", pastel.Thousands(a.Offered))}
					if was != is {
						moved++
						says[1] = fmt.Sprintf("Its rewards go to %s from now on, no longer to %s.", is, was)
					}
					amended = append(amended, says)
				}
			}
		}
		var messages []notify.Message
		until(t, "all messages", func() bool {
			r.round()
			messages = append(messages, to.take()...)
			return len(messages) >= len(want)
		})
		told := map[notify.Kind]int{}
		var got []string
		for _, m := range messages {
			got = append(got, fmt.Sprintf("%d %s %s %s", m.Height, m.Kind, m.Pool, m.PastelID))
			if m.Kind == notify.Amended {
				n := told[m.Kind]
				if n >= len(amended) || !strings.Contains(m.Text, amended[n][0]) || !strings.Contains(m.Text, amended[n][1]) {
					t.Errorf("amendment %d of %q: %s", n, amended, m.Text)
				}
			}
			told[m.Kind]++
		}
		kind := func(line string) string { return strings.Fields(line)[1] }
		if got, want = byLane(got, kind), byLane(want, kind); !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
		for _, k := range ofEvents {
			if told[k] == 0 {
				t.Errorf("nothing is told of %s", k)
			}
		}
		if moved == 0 {
			t.Errorf("no amendment changes a reward address")
		}
	})
}

// TestAmendedTextSaysWhatCounts, and promises no earnings in a pool that has not started.
func TestAmendedTextSaysWhatCounts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		role             pool.Role
		counted, offered int64
		want             string
	}{
		{pool.Plain, 300, 300, "offers 300 PSL. It earns nothing before the pool is activated. The"},
		{pool.Standby, 0, 300, "offers 300 PSL, which count as soon as the pool has room for them. It is on standby and earns nothing until then. The"},
		{pool.Member, 200, 300, "offers 300 PSL, of which 200 PSL count so far. The rest counts and earns as soon as the pool has room for it. The"},
		{pool.Member, 300, 300, "offers 300 PSL. All of it counts. The"},
	} {
		if got := notify.AmendedText(c.role, c.counted, c.offered); !strings.Contains(got, c.want) {
			t.Errorf("%v: %s", c.role, got)
		}
	}
}

// An amendment is known by its ticket: told once on every branch, and withdrawn where it never came.
func TestAmendmentOnAnotherBranch(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:245])
	to := r.hook(notify.Request{PastelID: first, Kinds: []notify.Kind{notify.Amended}})
	r.step(244, blocks[245:248])
	r.round()
	wantKinds(t, to.take(), "pledge.amended")
	r.step(244, branch(blocks, 244, 6, 2)) // in block 248
	r.round()
	wantKinds(t, to.take())
	r.step(244, branch(blocks, 244, 8, 99))
	r.round()
	wantKinds(t, to.take(), "pledge.amended withdrawn")
}

// A cause that a reorganization undoes is withdrawn: in silence as long as nobody was told, else with a second message.
func TestReorganizedAway(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	onEach(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		r.step(-1, blocks[:160])
		told := r.hook(notify.Request{Pool: acme, Kinds: ofEvents})
		down := r.hook(notify.Request{Pool: acme, Kinds: ofEvents})
		down.answer(http.StatusServiceUnavailable)
		r.step(159, blocks[160:165])
		r.round()
		before := told.take()
		wantKinds(t, before, "pledge.left", "pool.replenishing")

		r.step(162, branch(blocks, 162, 4, 99)) // does not hold what the recorded blocks do
		r.pass(time.Hour)
		down.answer(0)
		r.round()
		after := told.take()
		wantKinds(t, after, "pledge.left withdrawn", "pool.replenishing withdrawn", "payout.settled")
		for i, m := range after[:2] {
			if m.About != before[i].ID || m.ID == before[i].ID || !strings.HasPrefix(m.Text, "Withdrawn") || !strings.Contains(m.Text, before[i].Text) {
				t.Errorf("%+v", m)
			}
		}
		wantKinds(t, down.take(), "payout.settled")

		// It happens after all: that is news to both.
		r.step(162, blocks[163:170])
		r.round()
		wantKinds(t, told.take(), "pledge.left", "pool.replenishing", "pool.restored", "payout.settled", "pledge.promoted",
			"payout.settled withdrawn")
	})
}

// The same cause on another branch is the same alert, whether it was sent or not.
func TestMinedAgain(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	for _, delay := range []int{0, 2} {
		t.Run(fmt.Sprint("delay ", delay), func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, url string) {
				r := newRig(t, url)
				r.step(-1, blocks[:160])
				told := r.hook(notify.Request{Pool: acme, Kinds: []notify.Kind{notify.Left, notify.Replenishing}})
				down := r.hook(notify.Request{Pool: acme, Kinds: []notify.Kind{notify.Left, notify.Replenishing}})
				down.answer(http.StatusServiceUnavailable)
				r.step(159, blocks[160:165])
				r.round()
				wantKinds(t, told.take(), "pledge.left", "pool.replenishing")
				r.step(162, branch(blocks, 162, 4+delay, delay))
				r.round()
				r.step(162, blocks[163:170]) // and back again
				r.round()
				r.step(162, branch(blocks, 162, 8+delay, delay))
				r.pass(time.Hour)
				down.answer(0)
				r.round()
				late := down.take()
				if len(late) < 2 {
					t.Fatalf("%d messages arrived late", len(late))
				}
				wantKinds(t, late[:2], "pledge.left", "pool.replenishing")
				if late[1].Height != pastel.Height(164+delay) || !strings.Contains(late[1].Text, fmt.Sprintf("block %d ", 164+delay)) {
					t.Errorf("what waited tells of the old branch: %s", late[1].Text)
				}
				if rest := told.take(); slices.ContainsFunc(rest, func(m notify.Message) bool { return m.Kind == notify.Left }) {
					t.Errorf("%q was told again", kinds(rest))
				}
			})
		})
	}
}

// A node interface takes blocks back one by one: nothing is withdrawn before the branch instead is there.
func TestTakenBackBlockByBlock(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:160])
	to := r.hook(notify.Request{Pool: acme, Kinds: []notify.Kind{notify.Left}})
	r.step(159, blocks[160:165])
	r.round()
	wantKinds(t, to.take(), "pledge.left")
	for h := pastel.Height(163); h >= 162; h-- {
		r.step(h, nil)
		r.round()
	}
	for _, b := range branch(blocks, 162, 3, 0) {
		r.step(b.Height-1, []*pool.Prepared{b})
		r.round()
	}
	wantKinds(t, to.take())
}

// Who subscribed on a branch that is gone is told what happens on the other one, from the fork on, and of nothing before it. What was
// told stays told, however low the block is that it is in now.
func TestReorganizedBelowTheSubscription(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	onEach(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		r.step(-1, blocks[:163])
		late := branch(blocks, 162, 4, 2) // it leaves in block 166
		r.step(162, late[:2])
		told := r.hook(notify.Request{Pool: acme, Kinds: leaves})
		r.round()
		r.step(164, late[2:])
		r.round()
		wantKinds(t, told.take(), "pledge.left", "pool.replenishing")
		r.step(162, blocks[163:168]) // it leaves in block 164
		r.round()
		wantKinds(t, told.take())

		r.step(162, branch(blocks, 162, 6, 99)) // it stays
		r.round()
		told.take()
		untold := r.hook(notify.Request{Pool: acme, Kinds: leaves})
		r.round()
		r.step(162, blocks[163:170])
		r.round()
		wantKinds(t, untold.take(), "pledge.left", "pool.replenishing")
	})
}

// However many subscriptions there are, one transaction writes only so many messages: the ledger waits for its end.
func TestTransactionsAreShort(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:146])
	const many = 700
	ctx := context.Background()
	r.subscribe(notify.Request{URL: "http://127.0.0.1:9/", Kinds: ofEvents})
	err := r.alerts.Do(ctx, func(x *store.AlertTx) error {
		for i := range many - 1 {
			s := store.Subscription{ID: fmt.Sprint(i), Since: 145, URL: "http://127.0.0.1:9/"}
			for _, k := range ofEvents {
				s.Kinds = append(s.Kinds, string(k))
			}
			if err := x.AddSubscription(&s); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	r.step(145, blocks[146:170])
	events, reads := len(wantedEvents(t, blocks[:170], 146)), 0
	for more := true; more; reads++ {
		if more, err = r.svc.Read(ctx); err != nil {
			t.Fatal(err)
		}
	}
	if least := events * many / notify.RowsAtOnce; reads < least {
		t.Errorf("%d events for %d subscriptions were read in %d transactions, want %d at least", events, many, reads, least)
	}
	r.step(150, branch(blocks, 150, 20, 99)) // what is withdrawn is so in short ones, too
	for more := true; more; {
		if more, err = r.svc.Read(ctx); err != nil {
			t.Fatal(err)
		}
	}
	err = r.alerts.View(ctx, func(x *store.AlertTx) error {
		lost, err := x.LostAlerts(1000)
		if len(lost) > 0 {
			t.Errorf("%d are lost still", len(lost))
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// wantedEvents lists the events that are alerts, from a height on.
func wantedEvents(t *testing.T, blocks []*pool.Prepared, from pastel.Height) (list []pool.Event) {
	t.Helper()
	state, err := pool.New(regtest(t), false)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range blocks {
		u, err := state.Apply(b)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range u.Events {
			if e.Height >= from && slices.Contains(ofEvents, notify.Kind(e.Type)) {
				list = append(list, e)
			}
		}
	}
	return list
}

// A PastelID is told what it gets of a payout.
func TestShareOfAPayout(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:150])
	to := r.hook(notify.Request{PastelID: first, Kinds: []notify.Kind{notify.PayoutSettled}})
	r.step(149, blocks[150:160])
	r.round()
	got := to.take()
	wantKinds(t, got, "payout.settled")
	if !regexp.MustCompile(` Your reward addresses get [0-9.,]+ PSL of it\.$`).MatchString(got[0].Text) {
		t.Error(got[0].Text)
	}
}
