package notify_test

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

var update = flag.Bool("update", false, "rewrite testdata/messages.txt")

// scenarios raise what stands at the tip, one a kind: each begins, is over, and where a reorganization or the mempool can do that,
// withdrawn. Kinds that are events of blocks are raised by the recorded chain dense.
var scenarios = map[notify.Kind]func(t *testing.T, r *rig, to func(notify.Request) *receiver){
	notify.CushionLow: func(t *testing.T, r *rig, to func(notify.Request) *receiver) {
		blocks := life(t)
		r.step(-1, blocks[:164])
		to(notify.Request{Pool: acme})
		r.then(163, blocks[164:165])
		r.then(164, blocks[165:170])
		r.step(163, branch(blocks, 163, 7, 99))
		r.then(163, blocks[164:165])
		r.then(133, branch(blocks, 133, 32, 99)) // it is not activated
		r.then(109, branch(blocks, 109, 56, 99)) // and not created
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
	},
	notify.SupernodeGone: func(t *testing.T, r *rig, to func(notify.Request) *receiver) {
		p := r.activated(t)
		to(notify.Request{Pool: acme})
		r.listed(&p, "", p.Escrow)
		r.listed(&p, "ENABLED", p.Escrow)
		r.listed(&p, "EXPIRED", p.Escrow)
		r.listed(&p, "ENABLED", p.FeeAddress)
		r.listed(&p, "EXPIRED", p.Escrow)
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
	r.ledger.View(func(s *pool.State) { p, _ = s.Pool(acme) })
	return p
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

// A kind is raised by a scenario, and one that stands is over in it. What people read is in testdata/messages.txt.
func TestEveryKindIsRaised(t *testing.T) {
	t.Parallel()
	raised := ofDense(t)
	for kind, play := range scenarios {
		r := newRig(t, t.TempDir()+"/ledger.db")
		var to *receiver
		play(t, r, func(q notify.Request) *receiver {
			q.Kinds = []notify.Kind{kind}
			to = r.hook(q)
			return to
		})
		raised[kind] = to.take()
	}
	var text strings.Builder
	for _, kind := range notify.Kinds() {
		fmt.Fprintf(&text, "%s\n", kind)
		begun, ended := false, false
		for _, m := range raised[kind] {
			how := "begins"
			switch {
			case m.Withdrawn:
				how = "withdrawn"
			case m.Resolved:
				how = "over"
			}
			begun, ended = begun || how == "begins", ended || how != "begins"
			fmt.Fprintf(&text, "  %s: %s\n", how, m.Text)
		}
		if !begun {
			t.Errorf("nothing raises %s: add a scenario to scenarios_test.go", kind)
		}
		if !kind.OfEvent() && !ended {
			t.Errorf("nothing ends %s: its scenario in scenarios_test.go has no end", kind)
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

// facts are what differs between messages of one form.
var facts = regexp.MustCompile(`[0-9A-Za-z.]{20,}|[0-9.]+`)

// ofDense lists, of each kind of event that the recorded chain dense raises, the first message of each form.
func ofDense(t *testing.T) map[notify.Kind][]notify.Message {
	t.Helper()
	blocks := recorded(t, "dense")
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
	return raised
}
