package pool

import (
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Simulating a pledge any number of times leaves nothing behind: oldest holds hardly more statements than exist.
func TestTryLeavesNoStatements(t *testing.T) {
	t.Parallel()
	m := newSim(t, simNetwork())
	id := openPool(t, m, 10000)
	m.join(id, 1, 100)
	i := m.tx(nil, pay(simOwner(2), 501*pastel.PSL))
	out := pastel.OutPoint{TxID: m.block.Txs[i].ID()}
	m.mine(t)
	for range 10_000 {
		m.part(id, 2, 500, out, simOwner(2), simReward(2))
		events, err := m.s.Simulate(m.block)
		if err != nil || len(events) != 1 || events[0].Type != PledgeAccepted {
			t.Fatalf("%v, %+v", err, events)
		}
		m.start()
	}
	if n := len(m.s.statements.oldest); n > 2*1+staleStatements {
		t.Fatalf("%d statements are kept of a state that has %d", n, m.s.statements.times.Len())
	}
	m.block.Time += 200_000
	u := m.mine(t)
	if n := m.s.statements.times.Len(); n != 0 || len(u.Undo.changes) != 1 {
		t.Fatalf("%d statements are left, %d changes", n, len(u.Undo.changes))
	}
	if err := m.s.Revert(u.Undo); err != nil || m.s.statements.times.Len() != 1 {
		t.Fatalf("%v, %d statements", err, m.s.statements.times.Len())
	}
}
