package notify_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// situation is how a standing kind comes about in the pool acme. All its chains raise it alike.
type situation struct {
	from  pastel.Height              // people subscribe before this block
	to    pastel.Height              // the last block before it stands
	raise func(r *rig, p *pool.Pool) // what it takes besides blocks

	member   string // a PastelID that it concerns
	stranger string // one that it does not

	dissolves, closes []*pool.Prepared // chains on which the pool ends

	leaver string           // another member that it concerns, or the same
	leaves []*pool.Prepared // the chain on which the leaver leaves
	left   pastel.Height    // the block in which it does
	bound  string           // if nobody can leave: why
}

// operates is the operator of acme, who has no pledge.
const operates = "jXXkc2ycvik2Y7VtUs34DunYaHyaZDvtoY49TqXmFYBVsDgs4UgQSUWntKJwCosi5at7bMcXSVkXFt9TuqJYQs"

// other is a pool that is not in the chain.
const other ticket.PoolID = "other.0000000000000000000000000000000000000000"

// situations raise each standing kind. Kinds of the daemon concern every subscription, and no pool.
func situations(t *testing.T) map[notify.Kind]situation {
	t.Helper()
	life := life(t)
	grow := func(base, delay int) []*pool.Prepared {
		return append(life[:base+1:base+1], branch(life, base, len(life)-base-1, delay)...)
	}
	late := grow(150, 20) // third leaves in block 171 and not in 151, and another member takes the place at once
	kept := grow(163, 0)  // first does not spend in block 164, and another member leaves in 247
	for _, b := range kept[164:] {
		if b.Height != 247 {
			b.Txs = b.Txs[:1]
		}
	}
	slow := grow(244, 5)
	none := func(*rig, *pool.Pool) {}
	return map[notify.Kind]situation{
		notify.CushionLow: {
			from: 150, to: 151, raise: none, member: first, stranger: third,
			dissolves: life, closes: life, leaver: first, leaves: life, left: 164,
		},
		notify.Spending: {
			from: 150, to: 163, raise: func(r *rig, _ *pool.Pool) { r.waits(life[164]) }, member: first, stranger: second,
			dissolves: kept, closes: life, leaver: first, leaves: life, left: 164,
		},
		notify.PayoutOverdue: {
			from: 245, to: 248, raise: none, member: second, stranger: operates,
			dissolves: slow, closes: slow, bound: "whom a payout pays does not change",
		},
		notify.SupernodePayee: {
			from: 150, to: 160, raise: func(r *rig, p *pool.Pool) { r.listed(p, "ENABLED", p.FeeAddress) }, member: first, stranger: operates,
			dissolves: life, closes: life, leaver: third, leaves: late, left: 171,
		},
		notify.SupernodeGone: {
			from: 150, to: 160, raise: func(r *rig, p *pool.Pool) { r.listed(p, "EXPIRED", p.Escrow) }, member: first, stranger: operates,
			dissolves: life, closes: life, leaver: third, leaves: late, left: 171,
		},
		notify.DaemonBehind: {from: 150, to: 151, closes: life, raise: func(r *rig, _ *pool.Pool) {
			r.status = chain.Status{Target: 900}
			r.round()
			r.pass(10 * time.Minute)
		}},
		notify.DaemonHalted: {from: 150, to: 151, closes: life, raise: func(r *rig, _ *pool.Pool) {
			r.status = chain.Status{Target: 900, Err: &pool.BlockError{}}
		}},
	}
}

// standingKinds are the kinds that are no events, each with its situation.
func standingKinds(t *testing.T, test func(t *testing.T, kind notify.Kind, s situation)) {
	t.Helper()
	all := situations(t)
	for _, kind := range notify.Kinds() {
		if kind.OfEvent() {
			continue
		}
		s, known := all[kind]
		if !known {
			t.Errorf("scopes_test.go does not say how %s comes about", kind)
			continue
		}
		if ends := s.dissolves != nil && s.closes != nil && (s.leaves != nil || s.bound != ""); s.closes == nil || s.member != "" && !ends {
			t.Errorf("scopes_test.go does not say how a pool ends and a member leaves while %s stands", kind)
			continue
		}
		t.Run(string(kind), func(t *testing.T) {
			t.Parallel()
			test(t, kind, s)
		})
	}
}

// raised is a situation as it stands, on a chain, with subscriptions of scopes to its kind.
func (s *situation) raised(t *testing.T, kind notify.Kind, blocks []*pool.Prepared, scopes ...notify.Request) (*rig, []*receiver) {
	t.Helper()
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:s.from])
	var to []*receiver
	for _, q := range scopes {
		q.Kinds, q.Cushion, q.Overdue = []notify.Kind{kind}, 100, 3
		if q.Pool == other {
			q.Pool = acme
			to = append(to, r.hook(q))
			r.turn(to[len(to)-1], other)
			continue
		}
		to = append(to, r.hook(q))
	}
	r.step(s.from-1, blocks[s.from:s.to+1])
	p := r.pool()
	s.raise(r, &p)
	r.round()
	return r, to
}

// turn turns a receiver's subscription to another pool, which need not exist.
func (r *rig) turn(to *receiver, id ticket.PoolID) {
	r.t.Helper()
	err := r.alerts.Do(r.t.Context(), func(x *store.AlertTx) error {
		subs, err := x.Subscriptions()
		if err != nil {
			return err
		}
		sub := subs[slices.IndexFunc(subs, func(s store.Subscription) bool { return strings.HasPrefix(s.URL, to.URL+"/") })]
		if _, err := x.RemoveSubscription(sub.ID); err != nil {
			return err
		}
		sub.Pool = id
		return x.AddSubscription(&sub)
	})
	if err != nil {
		r.t.Fatal(err)
	}
}

// Whoever a standing kind concerns is alerted, and nobody else.
func TestStandingKindsKeepToTheirScope(t *testing.T) {
	t.Parallel()
	standingKinds(t, func(t *testing.T, kind notify.Kind, s situation) {
		everyone := s.member == ""
		if everyone {
			s.member, s.stranger = first, operates
		}
		scopes := []struct {
			what    string
			request notify.Request
			told    bool
		}{
			{"every pool", notify.Request{}, true},
			{"its pool", notify.Request{Pool: acme}, true},
			{"another pool", notify.Request{Pool: other}, everyone},
			{"a PastelID that it concerns", notify.Request{PastelID: s.member}, true},
			{"a PastelID that it does not concern", notify.Request{PastelID: s.stranger}, everyone},
			{"its pool's operator", notify.Request{Operator: operates}, true},
			{"another operator", notify.Request{Operator: second}, everyone},
		}
		var requests []notify.Request
		for _, x := range scopes {
			requests = append(requests, x.request)
		}
		_, to := s.raised(t, kind, s.closes, requests...)
		for i, x := range scopes {
			if got := kinds(to[i].take()); len(got) > 0 != x.told || slices.ContainsFunc(got, func(k string) bool { return k != string(kind) }) {
				t.Errorf("%s: a subscription to %s is told %q, want an alert: %t. See stands in the kind's file", kind, x.what, got, x.told)
			}
		}
	})
}

// A standing kind ends when its pool ends, even if nobody looked in between, and when it no longer concerns a subscription. That is no
// reorganization.
func TestStandingKindsEnd(t *testing.T) {
	t.Parallel()
	standingKinds(t, func(t *testing.T, kind notify.Kind, s situation) {
		if s.member == "" {
			return
		}
		scopes := []notify.Request{{}, {Pool: acme}, {PastelID: s.member}, {Operator: operates}}
		for end, blocks := range map[pool.Status][]*pool.Prepared{pool.Dissolved: s.dissolves, pool.Closed: s.closes} {
			r, to := s.raised(t, kind, blocks, scopes...)
			r.end(s.to, blocks, end)
			for i, list := range everything(r, to) {
				ends(t, kind, "after its pool was "+end.String(), scopes[i], list)
			}
		}
		if s.bound != "" {
			return
		}
		scope := notify.Request{PastelID: s.leaver}
		r, to := s.raised(t, kind, s.leaves, scope)
		r.step(s.to, s.leaves[s.to+1:s.left+1])
		ends(t, kind, "after its PastelID left the pool", scope, everything(r, to)[0])
	})
}

// end moves the ledger on to the block in which acme gets a status.
func (r *rig) end(from pastel.Height, blocks []*pool.Prepared, status pool.Status) {
	r.t.Helper()
	for h := from + 1; int(h) < len(blocks); h++ {
		r.step(h-1, blocks[h:h+1])
		var is pool.Status
		r.ledger.View(func(s *pool.State) {
			p, _ := s.Pool(acme)
			is = p.Status
		})
		if is == status {
			return
		}
	}
	r.t.Fatalf("the pool is never %s in this chain", status)
}

// What a standing kind said of a pool is withdrawn when a reorganization takes back what it came from.
func TestStandingKindsAreWithdrawn(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	standingKinds(t, func(t *testing.T, kind notify.Kind, s situation) {
		if s.member == "" {
			return
		}
		scopes := []notify.Request{{}, {Pool: acme}, {PastelID: s.member}, {Operator: operates}}
		r, to := s.raised(t, kind, s.closes, scopes...)
		// To before the pool was created; from a payout that is overdue, that is deeper than the rules allow.
		fork := max(109, s.to-100)
		r.step(fork, branch(blocks, int(fork), 50, 99))
		for i, list := range everything(r, to) {
			if want := []string{string(kind), string(kind) + " withdrawn"}; !slices.Equal(kinds(list), want) {
				t.Errorf("%s: told of %+v is %q, want %q: see over in the kind's file", kind, scopes[i], kinds(list), want)
			}
		}
	})
}

// everything is what receivers got once all is told.
func everything(r *rig, to []*receiver) (lists [][]notify.Message) {
	r.t.Helper()
	r.pass(time.Minute)
	r.round()
	for _, one := range to {
		lists = append(lists, one.take())
	}
	return lists
}

// ends requires that everything a receiver was told of ended.
func ends(t *testing.T, kind notify.Kind, when string, scope notify.Request, list []notify.Message) {
	t.Helper()
	if len(list) == 0 {
		t.Errorf("%s did not begin for %+v", kind, scope)
	}
	for _, m := range list {
		over := slices.ContainsFunc(list, func(end notify.Message) bool { return end.About == m.ID })
		if m.About == "" && !over {
			t.Errorf("%s still stands %s, for %+v: see over in the kind's file\n%s", kind, when, scope, m.Text)
		}
		if m.About != "" && strings.Contains(m.Text, "reorganized") {
			t.Errorf("%s ends %s as if by a reorganization: %s", kind, when, m.Text)
		}
	}
}
