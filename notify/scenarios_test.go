package notify_test

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

var update = flag.Bool("update", false, "rewrite testdata/messages.txt")

// scenarios raise what stands at the tip, one a kind: each begins, is over, and unless it is about the daemon, withdrawn. Kinds that are events of blocks are raised by the recorded chain dense.
var scenarios = map[notify.Kind]func(t *testing.T, r *rig, to func(notify.Request) *receiver){
	notify.CushionLow: func(t *testing.T, r *rig, to func(notify.Request) *receiver) {
		blocks := life(t)
		r.step(-1, blocks[:164])
		to(notify.Request{Pool: acme})
		r.then(163, blocks[164:165])
		r.then(164, blocks[165:170])
		r.step(163, branch(blocks, 163, 7, 99))
		r.then(163, blocks[164:165])
		r.then(133, branch(blocks, 133, 30, 99)) // it is not activated
		r.then(133, blocks[134:165])
		r.then(133, branch(blocks, 133, 32, 99)) // nor before it expires
		r.then(133, blocks[134:165])
		r.then(109, branch(blocks, 109, 56, 99)) // it is not created
	},
	notify.Spending: func(t *testing.T, r *rig, to func(notify.Request) *receiver) {
		blocks := life(t)
		r.step(-1, blocks[:150])
		to(notify.Request{Pool: acme})
		r.waits(blocks[150]) // moves
		r.round()
		clear(r.node.txs)
		r.then(149, blocks[150:151])
		r.then(150, blocks[151:164])
		r.waits(blocks[164])
		r.round()
		clear(r.node.txs)
		r.round()
		r.waits(blocks[164])
		r.round()
		clear(r.node.txs)
		r.then(163, blocks[164:165])
	},
	notify.PayoutOverdue: func(t *testing.T, r *rig, to func(notify.Request) *receiver) {
		blocks := life(t)
		r.step(-1, blocks[:245])
		to(notify.Request{Pool: acme, Overdue: 5})
		late := branch(blocks, 244, 55, 20)
		r.then(244, late[:6])
		r.then(249, nil)
		r.then(249, late[5:6])
		r.then(250, late[6:])
	},
	notify.SupernodePayee: func(t *testing.T, r *rig, to func(notify.Request) *receiver) {
		p := r.activated(t)
		to(notify.Request{Pool: acme})
		r.listed(&p, "ENABLED", p.FeeAddress)
		r.listed(&p, "ENABLED", p.Escrow)
		r.listed(&p, "ENABLED", p.FeeAddress)
		r.listed(&p, "EXPIRED", p.FeeAddress)
		r.listed(&p, "ENABLED", p.FeeAddress)
		r.unactivated(t)
		r.unmade(t)
	},
	notify.SupernodeGone: func(t *testing.T, r *rig, to func(notify.Request) *receiver) {
		p := r.activated(t)
		to(notify.Request{Pool: acme})
		r.listed(&p, "", p.Escrow)
		r.listed(&p, "ENABLED", p.Escrow)
		r.listed(&p, "EXPIRED", p.Escrow)
		r.listed(&p, "ENABLED", p.FeeAddress)
		r.listed(&p, "EXPIRED", p.Escrow)
		r.unactivated(t)
		r.unmade(t)
		r.step(159, life(t)[160:165]) // the pool replenishes
		r.listed(&p, "", p.Escrow)
	},
	notify.DaemonBehind: func(t *testing.T, r *rig, to func(notify.Request) *receiver) {
		r.step(-1, life(t)[:10])
		to(notify.Request{})
		for _, end := range []chain.Status{{Synced: true}, {Target: 90, Err: &pool.BlockError{}}} {
			r.status = chain.Status{Target: 90}
			r.round()
			r.pass(10 * time.Minute)
			r.round()
			r.status = end
			r.round()
		}
	},
	notify.DaemonHalted: func(t *testing.T, r *rig, to func(notify.Request) *receiver) {
		r.step(-1, life(t)[:10])
		to(notify.Request{})
		r.status = chain.Status{Target: 90, Err: &pool.BlockError{}}
		r.round()
		r.status = chain.Status{Synced: true}
		r.round()
		if err := r.svc.Halt(t.Context(), chain.ErrTooDeep); err != nil {
			t.Fatal(err)
		}
	},
}

// then moves the ledger and has everybody told.
func (r *rig) then(base pastel.Height, blocks []*pool.Prepared) {
	r.t.Helper()
	r.step(base, blocks)
	r.round()
}

// activated brings the ledger to where acme has been active for long enough to have a Supernode.
func (r *rig) activated(t *testing.T) (p pool.Pool) {
	r.step(-1, life(t)[:160])
	p = r.pool()
	return p
}

// unactivated reorganizes away the activation of acme, and brings it back.
func (r *rig) unactivated(t *testing.T) {
	t.Helper()
	blocks := life(t)
	r.then(133, branch(blocks, 133, 26, 99))
	r.then(133, blocks[134:160])
}

// unmade reorganizes acme away, and brings it back.
func (r *rig) unmade(t *testing.T) {
	t.Helper()
	blocks := life(t)
	r.then(109, branch(blocks, 109, 50, 99))
	r.then(109, blocks[110:160])
}

// listed has the node list a pool's Supernode, or none without a status, and everybody told.
func (r *rig) listed(p *pool.Pool, status string, payee pastel.Address) {
	r.t.Helper()
	r.node.listed = nil
	if status != "" {
		sn := pastel.OutPoint{TxID: p.ActivationTx, Vout: chain.PoolIndex}
		r.node.listed = map[pastel.OutPoint]chain.Listed{sn: {Status: status, Payee: payee}}
	}
	r.pass(time.Minute)
	r.round()
}

// play plays a kind's scenario, in which one subscription is told of it.
func play(t *testing.T, kind notify.Kind, subscribed func(*rig)) []notify.Message {
	t.Helper()
	r := newRig(t, t.TempDir()+"/ledger.db")
	var told *receiver
	scenarios[kind](t, r, func(q notify.Request) *receiver {
		q.Kinds = []notify.Kind{kind}
		told = r.hook(q)
		subscribed(r)
		return told
	})
	return told.take()
}

// A kind is raised by a scenario, and one that stands is over in it, and withdrawn where a reorganization can undo it. What people read is in testdata/messages.txt.
func TestEveryKindIsRaised(t *testing.T) {
	t.Parallel()
	raised, _ := ofDense(t)
	for kind := range scenarios {
		raised[kind] = play(t, kind, func(*rig) {})
	}
	var text strings.Builder
	for _, kind := range notify.Kinds() {
		fmt.Fprintf(&text, "%s\n", kind)
		was := map[string]bool{}
		for _, m := range raised[kind] {
			how := "begins"
			switch {
			case m.Withdrawn:
				how = "withdrawn"
			case m.Resolved:
				how = "over"
			}
			was[how] = true
			fmt.Fprintf(&text, "  %s: %s\n", how, m.Text)
			if n := len(sentence.FindAllString(m.Text, -1)); how == "begins" && n < 3 {
				t.Errorf("%s says in %d sentences what happened, what it means and what to do: %s", kind, n, m.Text)
			}
		}
		if kind.OfEvent() {
			fmt.Fprintf(&text, "  withdrawn: %s\n", notify.WithdrawalText(kind, "…"))
		}
		if !was["begins"] {
			t.Errorf("nothing raises %s: add a scenario to scenarios_test.go", kind)
		}
		if !kind.OfEvent() && !was["over"] {
			t.Errorf("%s is never over: its scenario in scenarios_test.go does not end what it is about, or over in its file misses that", kind)
		}
		if !kind.OfEvent() && kind.Undoable() && !was["withdrawn"] {
			t.Errorf("%s is never withdrawn: its scenario in scenarios_test.go does not reorganize what it is about away, or over in its file "+
				"takes that for an end", kind)
		}
	}
	const golden = "testdata/messages.txt"
	if *update {
		if err := errors.Join(os.MkdirAll("testdata", 0o755), os.WriteFile(golden, []byte(text.String()), 0o644)); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(golden); err != nil || string(want) != text.String() {
		t.Errorf("%s is stale: look at what changed with -update; %v\n%s", golden, err, text.String())
	}
}

// sentence is the end of one; a last one may end in a command.
var sentence = regexp.MustCompile(`[.] |\S$`)

// facts are what differs between messages of one form.
var facts = regexp.MustCompile(`[0-9A-Za-z.]{20,}|\w+…\w+|[0-9,.]+`)

// ofDense plays the recorded chain dense. It lists, of each kind of event, the first message of each form.
func ofDense(t *testing.T) (map[notify.Kind][]notify.Message, *rig) {
	t.Helper()
	blocks := ledgertest.Recorded(t, "dense")
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:100])
	to := r.hook(notify.Request{Kinds: ofEvents})
	raised, known := map[notify.Kind][]notify.Message{}, map[string]bool{}
	for h := 100; h < len(blocks); h += 100 {
		r.step(pastel.Height(h-1), blocks[h:min(h+100, len(blocks))])
	}
	for idle := false; !idle; {
		r.round()
		got := to.take()
		idle = len(got) == 0
		for _, m := range got {
			if form := string(m.Kind) + facts.ReplaceAllString(m.Text, ""); !known[form] {
				known[form] = true
				raised[m.Kind] = append(raised[m.Kind], m)
			}
		}
	}
	return raised, r
}

// stored are causes as the first release that had the kind stored them, of an event in dense or what stands first in a scenario.
var stored = map[notify.Kind]string{
	notify.CushionLow:   "cushion.low acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82",
	notify.Replenishing: "pool.replenishing pool2.7ad9f532f190d20b53b02350967b19cb6100f200 2",
	notify.Restored:     "pool.restored pool6.86d0430257ee1f4c5921f9c0dfb835bc808c3ba0 1",
	notify.Dissolved:    "pool.dissolved pool43.ed90f07b75ae04ae8fabe1dc5d9bc18fad07d81e 1",
	notify.Expired:      "pool.expired pool1.dad19f149147e3dcfd3f63d1513a251756562a82 1",
	notify.Closed:       "pool.closed pool1.dad19f149147e3dcfd3f63d1513a251756562a82 1",
	notify.Amended: "pledge.amended pool6.86d0430257ee1f4c5921f9c0dfb835bc808c3ba0 " +
		"98fc1833039e134318204063c7fcb8c40b9f488bbf4bf50ea6d3a70a66f9ef67",
	notify.Promoted: "pledge.promoted pool2.7ad9f532f190d20b53b02350967b19cb6100f200 " +
		"jXaF7skHqStg2PWw2HFhHCjj88A9azLHXs89undB6NwCUpcyrzgAVXRRqMobWKkYxpveuvt6dmBejmA22BHDf5 16 1",
	notify.Reduced: "pledge.reduced pool6.86d0430257ee1f4c5921f9c0dfb835bc808c3ba0 " +
		"jXY16dnra3iCGiQBSRbtJfzrT67Qrmxt5dFVnsiGWMTvjwh2yWLoDAcCMWjMhHa3LR3yZkcbkDy33QZJRzFokP 27 1",
	notify.Left: "pledge.left pool2.7ad9f532f190d20b53b02350967b19cb6100f200 " +
		"jXaF7skHqStg2PWw2HFhHCjj88A9azLHXs89undB6NwCUpcyrzgAVXRRqMobWKkYxpveuvt6dmBejmA22BHDf5 2",
	notify.Spending: "pledge.spending acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82 1 " +
		"1d48dbe303ab00a69c804b6e5cc21cc0d05139dd5f77a7154001c745d1cacfc9 pledge.moved",
	notify.PayoutSettled: "payout.settled pool2.7ad9f532f190d20b53b02350967b19cb6100f200 " +
		"defd421e6d5cae7acfec290b96f5020152e135cdcc5fd788101932e4fded7945",
	notify.PayoutPaid: "payout.paid pool2.7ad9f532f190d20b53b02350967b19cb6100f200 " +
		"8690852a202d2ff9422eff1bfa1a2af8fb19a87ec1105c5dcecb88dcebc5d5b8",
	notify.PayoutOverdue: "payout.overdue acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82 " +
		"254b9ec76ccf0419b1d4c75aded233dad81b7798393876d95ef82c1a5fa076a8",
	notify.SupernodePayee: "supernode.payee acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82 " +
		"d4c7345cb0ff03e91adf7a61e37fb5398e00340c2e82eca2cd0ce5c9ada9ae42",
	notify.SupernodeGone: "supernode.gone acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82 " +
		"d4c7345cb0ff03e91adf7a61e37fb5398e00340c2e82eca2cd0ce5c9ada9ae42",
	notify.DaemonBehind: "daemon.behind",
	notify.DaemonHalted: "daemon.halted",
}

// What an earlier release told is known: an event is not told again, and what stands only ends.
func TestStoredAlertsAreKnown(t *testing.T) {
	t.Parallel()
	_, dense := ofDense(t)
	for _, kind := range notify.Kinds() {
		cause, known := stored[kind]
		switch {
		case !known:
			t.Errorf("scenarios_test.go does not say how a cause of %s is stored", kind)
		case kind.OfEvent():
			if !dense.alerted(cause, nil) {
				t.Errorf("nobody is told of %q", cause)
			}
		case scenarios[kind] != nil:
			want := kinds(play(t, kind, func(*rig) {}))
			got := play(t, kind, func(r *rig) {
				m, err := json.Marshal(notify.Message{ID: "earlier", Kind: kind, Spend: &notify.Spend{Pledge: 1}})
				if err != nil {
					t.Fatal(err)
				}
				r.alerted(cause, &store.Alert{
					ID: "earlier", Cause: cause, Kind: string(kind), Pool: acme, Height: r.ledger.Last().Height, Standing: true, JSON: string(m),
				})
			})
			if len(got) < 2 || got[1].About != "earlier" || !slices.Equal(kinds(got), want) {
				t.Errorf("got %q, want %q", kinds(got), want)
			}
		}
	}
}

// alerted reports whether the only subscription has an alert of a cause, and adds it if it is given.
func (r *rig) alerted(cause string, add *store.Alert) (found bool) {
	r.t.Helper()
	err := r.alerts.Do(r.t.Context(), func(x *store.AlertTx) error {
		subs, err := x.Subscriptions()
		if err != nil {
			return err
		}
		if add != nil {
			add.Subscription = subs[0].ID
			return x.AddAlert(add)
		}
		_, found, err = x.AlertOf(subs[0].ID, cause)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return found
}
