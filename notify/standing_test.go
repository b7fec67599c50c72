package notify_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/ledgertest"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/notify"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// What stands at the tip is told once when it begins and once when it ends.
func TestStanding(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	onEach(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		r.step(-1, blocks[:150])
		cushion := r.hook(notify.Request{Pool: acme, Kinds: []notify.Kind{notify.CushionLow}, Cushion: 100})
		deaf := r.hook(notify.Request{Pool: acme, Kinds: []notify.Kind{notify.CushionLow}, Cushion: 100})
		deaf.answer(500)
		half := r.hook(notify.Request{Pool: acme, Kinds: []notify.Kind{notify.CushionLow}})
		var low []string
		for h := 150; h < 300; h++ {
			r.step(pastel.Height(h-1), blocks[h:h+1])
			if err := errors.Join(r.svc.Round(context.Background()), r.svc.Round(context.Background())); err != nil {
				t.Fatal(err)
			}
			low = append(low, kinds(cushion.take())...)
		}
		// 1150 of 1200 PSL since block 151, and never whole again before it is dissolved.
		if want := []string{"cushion.low", "cushion.low resolved"}; !slices.Equal(low, want) {
			t.Errorf("got %q, want %q", low, want)
		}
		got := half.take()
		wantKinds(t, got, "cushion.low", "cushion.low resolved", "cushion.low", "cushion.low resolved")
		if last := got[len(got)-1].Text; !strings.Contains(last, "was dissolved in block 278") {
			t.Error(last)
		}
		deaf.answer(0)
		r.pass(notify.LongPause)
		r.round()
		wantKinds(t, deaf.take()) // it is all over
	})
}

// TestAClosedPoolWasDissolvedBefore: what ends an alert says how the pool ended, in the block in which it did, also when it has been
// closed since.
func TestAClosedPoolWasDissolvedBefore(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	onEach(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		r.step(-1, blocks[:150])
		to := r.hook(notify.Request{Pool: acme, Kinds: []notify.Kind{notify.CushionLow}, Cushion: 100})
		r.step(149, blocks[150:200])
		r.round()
		wantKinds(t, to.take(), "cushion.low")
		r.step(199, blocks[200:])
		r.ledger.View(func(s *pool.State) {
			if p, _ := s.Pool(acme); p.Status != pool.Closed {
				t.Fatalf("the pool is %v at the end", p.Status)
			}
		})
		r.round()
		got := to.take()
		wantKinds(t, got, "cushion.low resolved")
		if want := "This is over: pool " + acme + " was dissolved in block 278."; got[0].Text != want {
			t.Errorf("got %q, want %q", got[0].Text, want)
		}
	})
	never := store.PoolRow{Head: pool.Head{Status: pool.Closed, Activated: -1, Ended: 9}}
	if got, want := notify.GoneText(&never), " expired in block 9."; !strings.HasSuffix(got, want) {
		t.Errorf("a pool that was never activated: %q", got)
	}
}

// Payouts that no block takes are overdue until one does. Here each waits 20 blocks.
func TestOverdue(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	onEach(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		r.step(-1, blocks[:245])
		to := r.hook(notify.Request{Pool: acme, Kinds: []notify.Kind{notify.PayoutOverdue}, Overdue: 5})
		member := r.hook(notify.Request{PastelID: second, Kinds: []notify.Kind{notify.PayoutOverdue}, Overdue: 5})
		var got, text []string
		for _, b := range branch(blocks, 244, 55, 20) {
			r.step(b.Height-1, []*pool.Prepared{b})
			r.round()
			for _, m := range to.take() {
				got = append(got, fmt.Sprint(b.Height, " ", kinds([]notify.Message{m})[0]))
				text = append(text, m.Text)
			}
		}
		// The payouts of 145, 155 and so on can be mined from 245, 255 on.
		want := []string{
			"250 payout.overdue", "260 payout.overdue", "265 payout.overdue resolved", "270 payout.overdue", "275 payout.overdue resolved",
			"280 payout.overdue", "285 payout.overdue resolved", "290 payout.overdue", "295 payout.overdue resolved",
		}
		if !slices.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
		for i, words := range []string{"Only upgraded nodes put payouts into blocks", "The operator can mine a block", "was mined in block 265"} {
			if !strings.Contains(text[i], words) {
				t.Errorf("%q does not say %q", text[i], words)
			}
		}
		if list := kinds(member.take()); len(list) != len(want) {
			t.Errorf("a member is told %q", list)
		}
	})
}

func TestDaemonAlerts(t *testing.T) {
	t.Parallel()
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, life(t)[:10])
	to := r.hook(notify.Request{Pool: "", Kinds: []notify.Kind{notify.DaemonBehind, notify.DaemonHalted}})
	behind := chain.Status{Target: 90}
	r.status = behind
	r.round()
	r.pass(9 * time.Minute)
	r.round()
	wantKinds(t, to.take())
	r.pass(time.Minute)
	r.round()
	got := to.take()
	wantKinds(t, got, "daemon.behind")
	if !strings.Contains(got[0].Text, "the node at block 90") {
		t.Error(got[0].Text)
	}
	r.status = chain.Status{Target: 90, Err: &pool.BlockError{}}
	r.round()
	got = to.take()
	wantKinds(t, got, "daemon.behind resolved", "daemon.halted")
	if strings.Contains(got[0].Text, "caught up") {
		t.Error(got[0].Text)
	}
	r.status = chain.Status{Target: 90, Err: errors.New("connection refused")} // which says nothing of the chain
	r.round()
	wantKinds(t, to.take())
	r.status = chain.Status{Synced: true}
	r.round()
	wantKinds(t, to.take(), "daemon.halted resolved")
}

// A process that starts does not know whether the daemon has caught up, or goes on, before it is at the node's tip.
func TestDaemonAlertsOutliveRestarts(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		kind string
		is   chain.Status
	}{{"daemon.behind", chain.Status{Target: 90}}, {"daemon.halted", chain.Status{Target: 90, Err: &pool.BlockError{}}}} {
		r := newRig(t, t.TempDir()+"/ledger.db")
		r.step(-1, life(t)[:10])
		to := r.hook(notify.Request{Kinds: []notify.Kind{notify.DaemonBehind, notify.DaemonHalted}})
		r.status = c.is
		r.round()
		r.pass(10 * time.Minute)
		r.round()
		wantKinds(t, to.take(), c.kind)
		for _, status := range []chain.Status{{Target: -1}, c.is} {
			r.restart()
			r.status = status
			r.round()
			r.pass(time.Minute)
			r.round()
		}
		wantKinds(t, to.take())
		r.status = chain.Status{Synced: true}
		r.round()
		wantKinds(t, to.take(), c.kind+" resolved")
	}
}

// A daemon whose database fails again and again is behind all the same.
func TestBehindFromSessionToSession(t *testing.T) {
	t.Parallel()
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.behind = new(time.Time)
	r.step(-1, life(t)[:10])
	to := r.hook(notify.Request{Kinds: []notify.Kind{notify.DaemonBehind}})
	r.status = chain.Status{Target: 90}
	for range 6 {
		r.restart()
		r.round()
		r.pass(2 * time.Minute)
	}
	wantKinds(t, to.take(), "daemon.behind")
}

// What ends the daemon is told before it ends, after what waits; once, however often it is started again.
func TestHalt(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:164])
	to := r.hook(notify.Request{Kinds: []notify.Kind{notify.Left, notify.DaemonHalted}})
	r.step(163, blocks[164:165])
	if _, err := r.svc.Read(context.Background()); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := r.svc.Halt(context.Background(), fmt.Errorf("%w: from block 9", chain.ErrTooDeep)); err != nil {
			t.Fatal(err)
		}
		r.restart()
		r.status = chain.Status{Target: -1}
		r.round()
	}
	got := to.take()
	wantKinds(t, got, "pledge.left", "daemon.halted")
	if !strings.Contains(got[1].Text, chain.ErrTooDeep.Error()+": from block 9") {
		t.Error(got[1].Text)
	}
	r.status = chain.Status{Synced: true}
	r.round()
	wantKinds(t, to.take(), "daemon.halted resolved")
}

func TestSupernodePaidElsewhere(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:137])
	to := r.hook(notify.Request{Pool: acme, Kinds: []notify.Kind{notify.SupernodePayee}})
	p := r.pool()
	sn := pastel.OutPoint{TxID: p.ActivationTx, Vout: 4294967295}
	is := func(payee pastel.Address) {
		r.node.listed, r.node.fresh = map[pastel.OutPoint]chain.Listed{sn: {Status: "ENABLED", Payee: payee}}, false
		r.pass(time.Minute)
		r.round()
	}
	is(p.Escrow)
	wantKinds(t, to.take())
	is(p.FeeAddress)
	is(p.FeeAddress)
	net := regtest(t)
	got := to.take()
	wantKinds(t, got, "supernode.payee")
	if !strings.Contains(got[0].Text, p.FeeAddress.Encode(&net.Network)) || !strings.Contains(got[0].Text, "smartpool supernode launch "+string(p.ID)) {
		t.Error(got[0].Text)
	}
	r.node.listed, r.node.fresh = nil, true
	r.pass(time.Minute)
	r.round()
	is(p.FeeAddress)
	wantKinds(t, to.take())
	is(p.Escrow)
	wantKinds(t, to.take(), "supernode.payee resolved")
	is(p.FeeAddress)
	wantKinds(t, to.take(), "supernode.payee")
	r.step(136, blocks[137:165]) // the pool replenishes: there is nothing to be paid
	r.pass(time.Minute)
	r.round()
	got = to.take()
	wantKinds(t, got, "supernode.payee resolved")
	if !strings.Contains(got[0].Text, "is not active") {
		t.Error(got[0].Text)
	}
}

// What a node's list says of a Supernode reaches people's chats and mailboxes as one short plain line, and JSON for people, too.
func TestDeceivingNamesInAlerts(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:160])
	to := r.hook(notify.Request{Pool: acme, Kinds: []notify.Kind{notify.SupernodeGone}})
	p := r.pool()
	deceiving := "@everyone\r\nBcc: x\n\u202e<b>**free**</b> [a](https://example.org)\u3164" + strings.Repeat("x", 500)
	r.listed(&p, deceiving, p.Escrow)
	wantKinds(t, to.take()) // what a status that nobody knows means is not known
	got := []notify.Message{{Text: notify.GoneSupernodeText(acme, deceiving)}}
	text := got[0].Text
	if strings.ContainsFunc(text, func(r rune) bool { return !visible.Rune(r) }) || strings.ContainsAny(text, "@<>*[") || strings.Contains(text, "//") ||
		!strings.Contains(text, `is in the node's list as \u0040everyone\u000d\u000aBcc: x\u000a`) || strings.Contains(text, "xxx") || !strings.Contains(text, "…") {
		t.Errorf("got %+q", text)
	}
}

// A Supernode that an active pool has not, or not any more, is told once its operator had time to launch it.
func TestSupernodeGone(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:137])
	to := r.hook(notify.Request{Pool: acme, Kinds: []notify.Kind{notify.SupernodeGone, notify.SupernodePayee, notify.Dissolved}})
	p := r.pool()
	sn := pastel.OutPoint{TxID: p.ActivationTx, Vout: 4294967295}
	is := func(status string, payee pastel.Address) {
		r.node.listed = map[pastel.OutPoint]chain.Listed{sn: {Status: status, Payee: payee}}
		if status == "" {
			r.node.listed = nil
		}
		r.pass(time.Minute)
		r.round()
	}
	is("", p.Escrow)
	wantKinds(t, to.take()) // it was activated in block 135
	r.step(136, blocks[137:158])
	is("", p.Escrow)
	wantKinds(t, to.take())
	r.step(157, blocks[158:160])
	is("", p.Escrow)
	is("", p.Escrow)
	got := to.take()
	wantKinds(t, got, "supernode.gone")
	if !strings.Contains(got[0].Text, "is not in the node's list at block 159") || !strings.Contains(got[0].Text, "smartpool supernode launch "+acme) {
		t.Error(got[0].Text)
	}
	r.node.fresh = true // a node that was just started says nothing
	is("", p.Escrow)
	r.node.fresh = false
	wantKinds(t, to.take())
	is("ENABLED", p.Escrow)
	wantKinds(t, to.take(), "supernode.gone resolved")
	is("ENABLED", pastel.Address{}) // neither does one that does not know the payee
	wantKinds(t, to.take())
	is("OUTPOINT_SPENT", p.Escrow)
	got = to.take()
	wantKinds(t, got, "supernode.gone")
	if !strings.Contains(got[0].Text, "as OUTPOINT_SPENT") {
		t.Error(got[0].Text)
	}
	is("ENABLED", p.FeeAddress)
	got = to.take()
	slices.SortFunc(got, func(a, b notify.Message) int { return strings.Compare(string(a.Kind), string(b.Kind)) })
	wantKinds(t, got, "supernode.gone resolved", "supernode.payee")
	is("EXPIRED", p.FeeAddress)
	got = to.take()
	slices.SortFunc(got, func(a, b notify.Message) int { return strings.Compare(string(a.Kind), string(b.Kind)) })
	wantKinds(t, got, "supernode.gone", "supernode.payee resolved")
	r.step(159, blocks[160:165]) // the pool replenishes: the Supernode is paused
	is("", p.Escrow)
	wantKinds(t, to.take(), "supernode.gone resolved")
	r.step(164, blocks[165:279])
	r.pass(time.Minute)
	r.round()
	got = to.take()
	i := slices.IndexFunc(got, func(m notify.Message) bool { return m.Kind == notify.Dissolved })
	if i < 0 || !strings.Contains(got[i].Text, "may shut the machine down") {
		t.Errorf("told of the end are %+v", got)
	}
}

// spends lists what the database has of waiting transactions, as an API reads it.
func (r *rig) spends(id string) (list []store.Spend) {
	r.t.Helper()
	reader, err := store.OpenReader(context.Background(), r.url, regtest(r.t), false)
	if err != nil {
		r.t.Fatal(err)
	}
	defer reader.Close()
	err = reader.View(context.Background(), func(s *store.Snapshot) error {
		list, err = s.Spends("", id, store.Everything)
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return list
}

// waits puts a block's transactions into the node's mempool.
func (r *rig) waits(b *pool.Prepared) {
	for i := range b.Txs[1:] {
		tx := &b.Txs[1+i]
		r.node.txs[tx.ID()] = tx.Bytes()
	}
}

// A member hears of a transaction that spends what backs the pledge before it is mined, of one that only moves it, too, and of one
// that goes away again.
func TestSpending(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	onEach(t, func(t *testing.T, url string) {
		r := newRig(t, url)
		r.step(-1, blocks[:164])
		to := r.hook(notify.Request{PastelID: first, Kinds: []notify.Kind{notify.Spending, notify.Left}})
		other := r.hook(notify.Request{PastelID: third, Kinds: []notify.Kind{notify.Spending, notify.Left}})
		garbage := []byte("this is no transaction")
		r.node.txs[pastel.TxID(pastel.DoubleSHA256(garbage))] = garbage
		r.node.extra = []pastel.TxID{{1}, {2}} // that it does not have
		r.round()
		wantKinds(t, to.take())
		r.waits(blocks[164])
		r.round()
		got := to.take()
		wantKinds(t, got, "pledge.spending")
		if m := got[0]; m.Spend == nil || m.Spend.Outcome != "pledge.left" || m.Spend.Forfeited != 206521740 || m.PastelID != first ||
			!strings.Contains(m.Text, "2,065.2174 PSL") {
			t.Errorf("%+v", m)
		}
		if list := r.spends(first); len(list) != 1 || list[0].Pool != acme || list[0].Outcome != pool.PledgeLeft || list[0].Forfeited != 206521740 {
			t.Errorf("%+v", list)
		}
		if list := r.spends(third); len(list) != 0 {
			t.Errorf("%+v", list)
		}

		clear(r.node.txs) // replaced, or thrown out
		r.round()
		wantKinds(t, to.take(), "pledge.spending withdrawn")
		if list := r.spends(""); len(list) != 0 {
			t.Errorf("%+v", list)
		}

		r.waits(blocks[164])
		r.round()
		wantKinds(t, to.take(), "pledge.spending")
		// The node has the block before the ledger does: that is no reason to take anything back.
		clear(r.node.txs)
		r.node.tip = func() pool.Tip { return pool.Tip{Height: 164, Hash: blocks[164].Hash} }
		r.round()
		r.step(163, blocks[164:165])
		r.restart()
		r.round()
		got = to.take()
		wantKinds(t, got, "pledge.left", "pledge.spending resolved")
		if !strings.Contains(got[1].Text, "left in block 164") {
			t.Error(got[1].Text)
		}
		if list := r.spends(""); len(list) != 0 {
			t.Errorf("%+v", list)
		}
		wantKinds(t, other.take())
	})
}

// A coin that moves to its own address again keeps the pledge, which is told, too.
func TestMoving(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:150])
	to := r.hook(notify.Request{Pool: acme, Kinds: []notify.Kind{notify.Spending}})
	r.waits(blocks[150])
	r.round()
	got := to.take()
	wantKinds(t, got, "pledge.spending")
	if got[0].Spend.Outcome != "pledge.moved" || !strings.Contains(got[0].Text, "The pledge stays") {
		t.Errorf("%+v", got[0])
	}
	clear(r.node.txs)
	r.step(149, blocks[150:152])
	r.round()
	got = to.take()
	wantKinds(t, got, "pledge.spending resolved")
	if !strings.Contains(got[0].Text, "moved and stays in block 150") {
		t.Error(got[0].Text)
	}
}

// What became of a transaction that was told of is known however little history is kept, and however late somebody looks.
func TestMovedLongAgo(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:150])
	to := r.hook(notify.Request{Pool: acme, Kinds: []notify.Kind{notify.Spending}})
	r.waits(blocks[150])
	r.round()
	wantKinds(t, to.take(), "pledge.spending")
	clear(r.node.txs)
	r.store.KeepHistory(1) // as if MaxReorg were short
	r.step(149, blocks[150:])
	prune := func() {
		t.Helper()
		for more := true; more; {
			var err error
			if more, err = r.store.Prune(context.Background()); err != nil {
				t.Fatal(err)
			}
		}
	}
	prune()
	r.round()
	got := to.take()
	wantKinds(t, got, "pledge.spending resolved")
	if !strings.Contains(got[0].Text, "moved and stays in block 150") {
		t.Error(got[0].Text)
	}
}

// A member hears of a transaction after which the pledge would offer no more than what counts, once of each pledge.
func TestReducing(t *testing.T) {
	t.Parallel()
	blocks := ledgertest.Recorded(t, "dense")
	state, err := pool.New(regtest(t), false)
	if err != nil {
		t.Fatal(err)
	}
	var reduced *pool.Event
	for h := 0; h < len(blocks) && reduced == nil; h++ {
		u, err := state.Apply(blocks[h])
		if err != nil {
			t.Fatal(err)
		}
		for i := range u.Events {
			e := &u.Events[i]
			left := func(x pool.Event) bool { return x.Type == pool.PledgeLeft && x.Pledge == e.Pledge }
			if e.Type == pool.PledgeReduced && !slices.ContainsFunc(u.Events, left) {
				reduced = e
			}
		}
	}
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:reduced.Height])
	to := r.hook(notify.Request{PastelID: reduced.PastelID, Kinds: []notify.Kind{notify.Spending, notify.Reduced}})
	r.waits(blocks[reduced.Height])
	r.round()
	of := func(m notify.Message) bool { return m.Spend != nil && m.Spend.Pledge == int64(reduced.Pledge) }
	got := slices.DeleteFunc(to.take(), func(m notify.Message) bool { return !of(m) })
	wantKinds(t, got, "pledge.spending")
	if m := got[0]; m.Spend.Outcome != "pledge.reduced" || !strings.Contains(m.Text, "offers no more than what counts") {
		t.Errorf("%+v", m)
	}
	if list := r.spends(reduced.PastelID); !slices.ContainsFunc(list, func(x store.Spend) bool { return x.Outcome == pool.PledgeReduced }) {
		t.Errorf("%+v", list)
	}
	clear(r.node.txs)
	r.step(reduced.Height-1, blocks[reduced.Height:reduced.Height+1])
	r.round()
	got = slices.DeleteFunc(to.take(), func(m notify.Message) bool { return m.Kind == notify.Spending && !of(m) })
	wantKinds(t, got, "pledge.reduced", "pledge.spending resolved")
	for i, words := range []string{"The pledge now offers only", "was reduced and stays in block"} {
		if !strings.Contains(got[i].Text, words) {
			t.Errorf("%q does not say %q", got[i].Text, words)
		}
	}
}

// A transaction that a reorganization mines further down than where it was seen was mined all the same.
func TestMinedFurtherDown(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:162])
	r.step(161, branch(blocks, 161, 4, 99)) // empty
	to := r.hook(notify.Request{PastelID: first, Kinds: []notify.Kind{notify.Spending}})
	r.waits(blocks[164])
	r.round()
	wantKinds(t, to.take(), "pledge.spending")
	clear(r.node.txs)
	r.step(161, blocks[162:168])
	r.round()
	wantKinds(t, to.take(), "pledge.spending resolved")
}

// slowStore stores a block when it is told to.
type slowStore struct {
	*store.Store
	slow    bool
	storing chan struct{} // a block is to be stored
	store   chan struct{}
}

func (s *slowStore) Commit(ctx context.Context, c *chain.Change) error {
	if s.slow {
		close(s.storing)
		<-s.store
	}
	return s.Store.Commit(ctx, c)
}

// The ledger moves before its block is stored. What the block mined was not dropped.
func TestLedgerAheadOfItsDatabase(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	slow := &slowStore{storing: make(chan struct{}), store: make(chan struct{})}
	r := newRigOn(t, t.TempDir()+"/ledger.db", func(s *store.Store) chain.Store {
		slow.Store = s
		return slow
	})
	r.step(-1, blocks[:164])
	to := r.hook(notify.Request{PastelID: first, Kinds: []notify.Kind{notify.Spending, notify.Left}})
	r.waits(blocks[164])
	r.round()
	wantKinds(t, to.take(), "pledge.spending")
	slow.slow = true
	clear(r.node.txs)
	done := make(chan struct{})
	go func() {
		defer close(done)
		r.step(163, blocks[164:165])
	}()
	<-slow.storing
	r.pass(2 * time.Minute)
	r.round()
	wantKinds(t, to.take())
	close(slow.store)
	<-done
	r.round()
	wantKinds(t, to.take(), "pledge.left", "pledge.spending resolved")
}

// looked is when all of the mempool was looked at, as an API reads it.
func (r *rig) looked() (look store.MempoolLook, known bool) {
	r.t.Helper()
	err := r.alerts.View(context.Background(), func(x *store.AlertTx) (err error) {
		look, known, err = x.MempoolLooked()
		return err
	})
	if err != nil {
		r.t.Fatal(err)
	}
	return look, known
}

// That the mempool was looked at is said of all of it, and of one that is there.
func TestMempoolIsLookedAt(t *testing.T) {
	t.Parallel()
	blocks := life(t)
	r := newRig(t, t.TempDir()+"/ledger.db")
	r.step(-1, blocks[:164])
	r.waits(blocks[164])
	for i := range notify.MaxFetches {
		r.node.extra = append(r.node.extra, pastel.TxID{byte(i), 1})
	}
	if err := r.svc.Round(context.Background()); err != nil {
		t.Fatal(err)
	}
	if look, known := r.looked(); known {
		t.Errorf("%+v, of a part", look)
	}
	r.round()
	first := store.MempoolLook{Height: 163, At: r.clock().Unix()}
	if look, _ := r.looked(); look != first {
		t.Errorf("%+v, want %+v", look, first)
	}
	r.node.err = errors.New("away")
	r.pass(time.Hour)
	if err := r.svc.Round(context.Background()); err == nil {
		t.Error("no error of a node that is away")
	}
	if look, _ := r.looked(); look != first {
		t.Errorf("%+v, want %+v", look, first)
	}
	r.node.err = nil
	r.round()
	if look, _ := r.looked(); look.At != r.clock().Unix() {
		t.Errorf("%+v", look)
	}
	if len(r.spends("")) != 1 {
		t.Error("the spend is not known")
	}
	r.node = nil // a node that pushes its blocks
	r.restart()
	if look, known := r.looked(); known || len(r.spends("")) != 0 {
		t.Errorf("%+v is known of a mempool that nobody looks at", look)
	}
}

// A node with a mempool full of what it does not have is asked no more than a round allows.
func TestHostileMempool(t *testing.T) {
	t.Parallel()
	r := newRig(t, t.TempDir()+"/ledger.db")
	blocks := life(t)
	r.step(-1, blocks[:164])
	to := r.hook(notify.Request{Kinds: leaves[:1]})
	for i := range 50_000 {
		r.node.extra = append(r.node.extra, pastel.TxID{byte(i), byte(i >> 8), byte(i >> 16)})
	}
	for range 3 {
		r.node.asked = 0
		if err := r.svc.Round(context.Background()); err != nil {
			t.Fatal(err)
		}
		if r.node.asked != notify.MaxFetches {
			t.Errorf("%d questions", r.node.asked)
		}
	}
	// What is known to spend something stays so however much is put before it.
	r.node.extra = nil
	r.waits(blocks[164])
	r.round()
	r.node.extra = make([]pastel.TxID, 0, notify.MaxWaiting)
	for i := range notify.MaxWaiting {
		r.node.extra = append(r.node.extra, pastel.TxID{byte(i), byte(i >> 8), byte(i >> 16)})
	}
	if err := r.svc.Round(context.Background()); err != nil {
		t.Fatal(err)
	}
	if len(r.spends("")) != 1 {
		t.Error("a spend was pushed out")
	}
	clear(r.node.txs)
	r.node.extra = nil
	r.node.err = errors.New("away")
	r.step(163, blocks[164:165])
	err := r.svc.Round(context.Background())
	if err == nil || !strings.Contains(err.Error(), "mempool: away") || !strings.Contains(err.Error(), "Supernodes: away") {
		t.Errorf("got %v", err)
	}
	wantKinds(t, to.take(), "pledge.left")
}
