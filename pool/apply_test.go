package pool

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// refused applies the block being built and expects a *BlockError with this detail and an unchanged state.
func (m *sim) refused(t *testing.T, says string) {
	t.Helper()
	before := m.s.Encode()
	_, err := m.s.Apply(m.block)
	var broken *BlockError
	if !errors.As(err, &broken) || !strings.Contains(broken.Error(), says) || broken.Height != m.block.Height {
		t.Fatalf("Apply: %v, want a block error that says %q", err, says)
	}
	if !bytes.Equal(m.s.Encode(), before) {
		t.Fatal("a refused block changed the state")
	}
	m.start()
}

// TestRefusedBlocks: an invalid block leaves no trace, however much of it came before the fault.
func TestRefusedBlocks(t *testing.T) {
	m := newSim(t, simNetwork())
	id := readyPool(t, m, 10000, 600, 400)
	m.reward(id, 1000*pastel.PSL)
	m.mine(t)
	pool := m.s.pools[id]
	busy := func() {
		m.reward(id, 77*pastel.PSL)
		m.join(id, 3, 500)
		m.tx([]pastel.OutPoint{m.s.coins.Key(m.s.backings.At(pool.pledges[0].backing).coins)})
	}

	busy()
	m.tx([]pastel.OutPoint{pool.escrow.first[0].out})
	m.refused(t, "spends escrow of pool "+string(id))

	busy()
	twin := *pastel.NewTx(true, []pastel.TxIn{m.input(pastel.OutPoint{Vout: 5})}, []pastel.TxOut{pay(simOwner(1), 50*pastel.PSL)})
	m.block.Txs = append(m.block.Txs, twin, twin)
	m.refused(t, "exist already")

	busy()
	half := pay(simOwner(1), pastel.MaxMoney/2)
	m.tx(nil, half)
	m.tx(nil, half)
	m.refused(t, "money supply")

	for len(m.s.Payouts()) == 0 {
		m.mine(t)
	}
	po := m.s.Payouts()[0]
	m.block.Txs = append(m.block.Txs, *po.Tx)
	m.refused(t, "not a payout due now")
	for m.s.tip.Height < po.ValidFrom-1 {
		m.mine(t)
	}
	altered := pastel.NewTx(true, po.Tx.Inputs, po.Tx.Outputs[:1])
	m.block.Txs = append(m.block.Txs, *altered)
	m.refused(t, "not a payout due now")
	m.block.Txs = append(m.block.Txs, *po.Tx)
	only(t, m.mine(t), PayoutPaid)
}

func TestBlockOrder(t *testing.T) {
	m := newSim(t, simNetwork())
	var order *OrderError
	m.block.Height = 1
	if _, err := m.s.Apply(m.block); !errors.As(err, &order) {
		t.Fatalf("a chain began at block 1: %v", err)
	}
	m.start()
	u := m.mine(t)
	m.block.Prev = pastel.BlockHash{1}
	if _, err := m.s.Apply(m.block); !errors.As(err, &order) {
		t.Fatalf("a block of another chain was taken: %v", err)
	}
	m.start()
	m.mine(t)
	if err := m.s.Revert(u.Undo); err == nil || m.s.tip.Height != 1 {
		t.Fatalf("an older block was taken back: %v", err)
	}
}

// TestShadowRun: where nobody enforces the rules, a pool whose escrow is taken is marked broken and pays nothing any more. Its pledges
// are still watched.
func TestShadowRun(t *testing.T) {
	s, err := New(simNetwork(), true)
	if err != nil {
		t.Fatal(err)
	}
	m := &sim{s: s}
	m.start()
	id := readyPool(t, m, 10000, 600, 400)
	m.reward(id, 1000*pastel.PSL)
	m.mine(t)
	for len(m.s.Payouts()) == 0 {
		m.mine(t)
	}
	m.reward(id, 50*pastel.PSL)
	m.mine(t)
	before := m.s.Encode()
	m.tx([]pastel.OutPoint{m.s.pools[id].escrow.first[0].out, m.s.pools[id].escrow.first[0].out})
	u := m.mine(t)
	if p, _ := m.s.Pool(id); !p.Broken || len(p.Pending) > 0 || p.NextSettlement != never {
		t.Fatalf("%+v", p)
	}
	only(t, u, PayoutCancelled)
	if err := m.s.Revert(u.Undo); err != nil || !bytes.Equal(m.s.Encode(), before) {
		t.Fatalf("the unauthorized spend cannot be taken back: %v", err)
	}
	if _, err := m.s.Apply(&Prepared{Height: u.Height, Prev: m.s.tip.Hash, Hash: u.Block, Txs: nil}); err != nil {
		t.Fatal(err)
	}
	m.start()
	m.tx([]pastel.OutPoint{m.s.pools[id].escrow.first[0].out})
	m.mine(t)
	m.reward(id, 50*pastel.PSL)
	if u := m.mine(t); len(find(u, RewardReceived)) > 0 {
		t.Fatal("a broken pool has income")
	}
	pl := m.s.pools[id].pledges[0]
	m.tx([]pastel.OutPoint{m.s.coins.Key(m.s.backings.At(pl.backing).coins)})
	only(t, m.mine(t), PledgeLeft)
	for range 3 * m.s.params.SettlementInterval {
		if u := m.mine(t); len(u.Settled) > 0 {
			t.Fatal("a broken pool settles")
		}
	}
	if err := m.s.Check(); err != nil {
		t.Fatal(err)
	}
}
