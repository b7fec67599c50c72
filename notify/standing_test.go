package notify_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
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
		late := r.hook(notify.Request{Pool: acme, Kinds: []notify.Kind{notify.PayoutOverdue}, Overdue: 5})
		var overdue, low []string
		for h := 150; h < 300; h++ {
			r.step(pastel.Height(h-1), blocks[h:h+1])
			if err := errors.Join(r.svc.Round(context.Background()), r.svc.Round(context.Background())); err != nil {
				t.Fatal(err)
			}
			for _, m := range late.take() {
				overdue = append(overdue, kinds([]notify.Message{m})...)
			}
			low = append(low, kinds(cushion.take())...)
		}
		// 1150 of 1200 PSL since block 151, and never whole again; that it is dissolved is another alert.
		if want := []string{"cushion.low"}; !slices.Equal(low, want) {
			t.Errorf("got %q, want %q", low, want)
		}
		wantKinds(t, half.take(), "cushion.low", "cushion.low resolved", "cushion.low")
		// The payouts of 145, 155, 165 and 175 can be mined from 245, 255, 265 and 275 on; the first was at once, the others in block 280.
		want := []string{"payout.overdue", "payout.overdue", "payout.overdue resolved", "payout.overdue resolved"}
		if !slices.Equal(overdue, want) {
			t.Errorf("got %q, want %q", overdue, want)
		}
		deaf.answer(0)
		r.pass(notify.LongPause)
		r.round()
		wantKinds(t, deaf.take()) // it is all over
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
	wantKinds(t, to.take(), "daemon.behind resolved", "daemon.halted")
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
	var p pool.Pool
	r.ledger.View(func(s *pool.State) { p, _ = s.Pool(acme) })
	sn := pastel.OutPoint{TxID: p.ActivationTx, Vout: 4294967295}
	is := func(payee pastel.Address) {
		r.node.payees = map[pastel.OutPoint]pastel.Address{sn: payee}
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
	if !strings.Contains(got[0].Text, p.FeeAddress.Encode(&net)) || !strings.Contains(got[0].Text, p.ActivationTx.String()) {
		t.Error(got[0].Text)
	}
	is(p.Escrow)
	wantKinds(t, to.take(), "supernode.payee resolved")
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
		list, err = s.Spends("", id)
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
			!strings.Contains(m.Text, "2065.2174 PSL") {
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
		wantKinds(t, to.take(), "pledge.left")
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
	wantKinds(t, to.take())
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
	r.node.err = errors.New("away")
	r.step(163, blocks[164:165])
	err := r.svc.Round(context.Background())
	if err == nil || !strings.Contains(err.Error(), "mempool: away") || !strings.Contains(err.Error(), "Supernodes: away") {
		t.Errorf("got %v", err)
	}
	wantKinds(t, to.take(), "pledge.left")
}
