package pool

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
)

// rejections makes the rejected tickets that scenarios cannot make, because tools would not build them or they take too long.
var rejections = map[ticket.Reason]func(t *testing.T, m *sim) *Update{
	ticket.ReasonMalformed: func(t *testing.T, m *sim) *Update {
		m.carry(carried{reason: ticket.ReasonMalformed})
		return m.mine(t)
	},
	ticket.ReasonBadVersion: func(t *testing.T, m *sim) *Update {
		m.carry(carried{reason: ticket.ReasonBadVersion})
		return m.mine(t)
	},
	ticket.ReasonBadPastelID: func(t *testing.T, m *sim) *Update {
		m.carry(carried{init: prepareInit(&m.s.params, badInit(func(x *ticket.Init) { x.OperatorPastelID = "jX" }))})
		return m.mine(t)
	},
	ticket.ReasonBadAddress: func(t *testing.T, m *sim) *Update {
		id := openPool(t, m, 10000)
		m.join(id, 1, 500)
		part := m.block.carried[len(m.block.carried)-1].part
		part.reward = m.s.pools[id].escrowAddress()
		return m.mine(t)
	},
	ticket.ReasonPastelIDNotRegistered: func(t *testing.T, m *sim) *Update {
		m.init(simTerms("pool", &m.s.params, 1000, 10000, 500, 20, 0, 7))
		return m.mine(t)
	},
	ticket.ReasonPoolFull: func(t *testing.T, m *sim) *Update {
		id := openPool(t, m, 10000)
		for k := range m.s.params.MaxPledges + 1 {
			m.register(k)
			m.join(id, k, 10)
		}
		return m.mine(t)
	},
	ticket.ReasonOutputImmature: func(t *testing.T, m *sim) *Update {
		id := openPool(t, m, 10000)
		m.coinbase(pay(simOwner(1), 600*pastel.PSL))
		out := pastel.OutPoint{TxID: m.block.Txs[0].ID()}
		m.mine(t)
		m.part(id, 1, 500, out, simOwner(1), simReward(1))
		return m.mine(t)
	},
	ticket.ReasonReputationTooLow: func(t *testing.T, m *sim) *Update {
		id := openPool(t, m, 10000)
		m.s.people.At(m.s.people.Find(simID(1))).points = 49
		m.s.people.At(m.s.people.Find(simID(1))).loss = m.s.tip.Height
		m.join(id, 1, 500)
		return m.mine(t)
	},
}

func badInit(change func(*ticket.Init)) *ticket.Init {
	fee, _ := ticket.ParseDecimal("5")
	factor, _ := ticket.ParseDecimal("1.2")
	x := &ticket.Init{
		Version: ticket.KindInit.Newest(), SubscriptionPeriod: 20, RequiredCoins: 1000, Factor: factor, Fee: fee, Company: "Acme",
		SupernodePastelID: simID(1).String(), OperatorPastelID: simID(2).String(),
	}
	change(x)
	x.SmartPoolID = x.IDFor("pool")
	return x
}

func TestRejections(t *testing.T) {
	for reason, play := range rejections {
		t.Run(string(reason), func(t *testing.T) {
			m := newSim(t, simNetwork())
			before := ""
			u := play(t, m)
			for _, e := range find(u, TicketRejected) {
				before += string(e.Reason) + " "
				if e.Reason == reason {
					return
				}
			}
			t.Fatalf("rejections are %q", before)
		})
	}
}

// TestEveryReasonHasACase: a reason without a test might never occur or occur for the wrong ticket.
func TestEveryReasonHasACase(t *testing.T) {
	files, err := filepath.Glob("testdata/scenarios/*")
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		text.Write(b)
	}
	for _, r := range ticket.Reasons() {
		if rejections[r] == nil && !strings.Contains(text.String(), "ticket.rejected "+string(r)+"\n") {
			t.Errorf("no case rejects a ticket as %s", r)
		}
	}
	for _, e := range EventTypes() {
		if !strings.Contains(text.String(), string(e)) {
			t.Errorf("no scenario has the event %s", e)
		}
	}
}

// A fault makes a good ticket bad, in itself or through the state, for a reason.
type fault[T any] struct {
	reason ticket.Reason
	make   func(m *sim, p *poolState, f T)
}

// mustReject posts a ticket with every fault and with every two faults, and expects the reason that comes first in the list.
func mustReject[T any](t *testing.T, faults []fault[T], post func(m *sim, id ticket.PoolID) T) {
	t.Helper()
	for i := range faults {
		for j := i; j < len(faults); j++ {
			m := newSim(t, simNetwork())
			id := openPool(t, m, 10000)
			m.join(id, 5, 500)
			m.join(id, 6, 500)
			m.mine(t)
			f := post(m, id)
			faults[j].make(m, m.s.pools[id], f)
			if i != j {
				faults[i].make(m, m.s.pools[id], f)
			}
			m.finish()
			u, err := m.s.Apply(m.block)
			if err != nil {
				t.Fatal(err)
			}
			if list := find(u, TicketRejected); len(list) != 1 || list[0].Reason != faults[i].reason {
				t.Errorf("%s and %s: events %+v", faults[i].reason, faults[j].reason, u.Events)
			}
		}
	}
	m := newSim(t, simNetwork())
	id := openPool(t, m, 10000)
	m.join(id, 5, 500)
	m.join(id, 6, 500)
	m.mine(t)
	post(m, id)
	if u := m.mine(t); len(find(u, TicketRejected)) > 0 {
		t.Errorf("without a fault: %+v", u.Events)
	}
}

var errFault = errors.New("fault")

// TestReasonsOfPartTickets: the first failure in the order of protocol 6 is reported.
func TestReasonsOfPartTickets(t *testing.T) {
	coinOf := func(m *sim, f *partFacts) *coin { return m.s.coins.At(m.s.coins.Find(f.output)) }
	mustReject(t, []fault[*partFacts]{
		{ticket.ReasonUnknownPool, func(_ *sim, _ *poolState, f *partFacts) { f.pool = "other" }},
		{ticket.ReasonNotSubscribing, func(_ *sim, p *poolState, _ *partFacts) { p.terms.Period = 0 }},
		{ticket.ReasonBadPastelID, func(_ *sim, _ *poolState, f *partFacts) { f.pastelID = errFault }},
		{ticket.ReasonOutputNotFound, func(_ *sim, _ *poolState, f *partFacts) { f.outputOK = false }},
		{ticket.ReasonOutputIsCollateral, func(m *sim, _ *poolState, f *partFacts) { coinOf(m, f).value = m.s.params.Collateral }},
		{ticket.ReasonOutputImmature, func(m *sim, _ *poolState, f *partFacts) { coinOf(m, f).origin = newOrigin(m.s.tip.Height, true) }},
		{ticket.ReasonPoolFull, func(m *sim, p *poolState, _ *partFacts) { m.s.params.MaxPledges = len(p.pledges) }},
		{ticket.ReasonPledgeTooSmall, func(_ *sim, p *poolState, _ *partFacts) { p.terms.Target = 1e9 }},
		{ticket.ReasonOutputTooSmall, func(m *sim, _ *poolState, f *partFacts) { coinOf(m, f).value = 10 * pastel.PSL }},
		{ticket.ReasonBadAddress, func(_ *sim, _ *poolState, f *partFacts) { f.rewardAddress = errFault }},
		{ticket.ReasonBadTime, func(_ *sim, _ *poolState, f *partFacts) { f.timeStamp = errFault }},
		{ticket.ReasonPastelIDNotRegistered, func(_ *sim, _ *poolState, f *partFacts) { f.who = simID(99) }},
		{ticket.ReasonReputationTooLow, func(m *sim, _ *poolState, f *partFacts) {
			if r := m.s.people.Find(f.who); r != 0 {
				*m.s.people.At(r) = person{49, m.s.tip.Height}
			}
		}},
		{ticket.ReasonReplayed, func(m *sim, _ *poolState, f *partFacts) { m.s.statements.add(statement{f.statement, f.time}) }},
		{ticket.ReasonBadSignature, func(_ *sim, _ *poolState, f *partFacts) { f.signedByID = false }},
	}, func(m *sim, id ticket.PoolID) *partFacts {
		i := m.tx(nil, pay(simOwner(1), 500*pastel.PSL))
		out := pastel.OutPoint{TxID: m.block.Txs[i].ID()}
		m.mine(panicker{})
		return m.part(id, 1, 400, out, simOwner(1), simReward(1))
	})
}

// TestReasonsOfInitTickets: package ticket decides what precedes duplicate_pool, without any state.
func TestReasonsOfInitTickets(t *testing.T) {
	mustReject(t, []fault[*initFacts]{
		{ticket.ReasonFeeOutOfRange, func(_ *sim, _ *poolState, f *initFacts) { f.terms = ticket.ReasonFeeOutOfRange }},
		{ticket.ReasonDuplicatePool, func(_ *sim, p *poolState, f *initFacts) { f.pool.ID = p.terms.ID }},
		{ticket.ReasonBadPastelID, func(_ *sim, _ *poolState, f *initFacts) { f.pastelIDs = errFault }},
		{ticket.ReasonBadAddress, func(_ *sim, p *poolState, f *initFacts) { f.pool.FeeAddress = p.escrowAddress() }},
		{ticket.ReasonMalformed, func(_ *sim, _ *poolState, f *initFacts) { f.pool.Company = "" }},
		{ticket.ReasonSupernodeInUse, func(_ *sim, p *poolState, f *initFacts) { f.pool.Supernode = p.terms.Supernode }},
		{ticket.ReasonPastelIDNotRegistered, func(_ *sim, _ *poolState, f *initFacts) { f.pool.Operator = simID(99) }},
		{ticket.ReasonBadSignature, func(_ *sim, _ *poolState, f *initFacts) { f.signed = false }},
	}, func(m *sim, _ ticket.PoolID) *initFacts {
		m.init(simTerms("another", &m.s.params, 1000, 10000, 500, 20, 0, 1))
		return m.block.carried[len(m.block.carried)-1].init
	})
}

// TestReasonsOfActivationTickets: the same for the third ticket.
func TestReasonsOfActivationTickets(t *testing.T) {
	mustReject(t, []fault[*activateFacts]{
		{ticket.ReasonUnknownPool, func(_ *sim, _ *poolState, f *activateFacts) { f.pool = "other" }},
		{ticket.ReasonNotSubscribing, func(_ *sim, p *poolState, _ *activateFacts) { p.head.status = Expired }},
		{ticket.ReasonActivationTooLate, func(_ *sim, p *poolState, _ *activateFacts) { p.terms.InitHeight = -1000 }},
		{ticket.ReasonDuplicateParticipant, func(_ *sim, _ *poolState, f *activateFacts) { f.listed = append(f.listed, f.listed[0]) }},
		{ticket.ReasonUnknownParticipant, func(m *sim, _ *poolState, f *activateFacts) {
			f.listed = append(f.listed, m.participant(simID(1), simOwner(1)))
		}},
		{ticket.ReasonInsufficientCollateral, func(_ *sim, p *poolState, _ *activateFacts) { p.terms.Target = 1e9 }},
		{ticket.ReasonBadSignature, func(_ *sim, _ *poolState, f *activateFacts) {
			f.signedBy = func(pastelid.PastelID) bool { return false }
		}},
	}, func(m *sim, id ticket.PoolID) *activateFacts {
		m.activate(id, m.participant(simID(5), simOwner(5)), m.participant(simID(6), simOwner(6)))
		return m.block.carried[len(m.block.carried)-1].activate
	})
}

// TestAmendmentsAreNoNewPledges: they need neither a slot nor reputation, but a later time and at least the same offer.
func TestAmendmentsAreNoNewPledges(t *testing.T) {
	params := simNetwork()
	params.MaxPledges = 2
	m := newSim(t, params)
	id := openPool(t, m, 10000)
	out := m.join(id, 1, 500)
	m.join(id, 2, 500)
	time := m.block.carried[len(m.block.carried)-2].part.time
	m.mine(t)
	*m.s.people.At(m.s.people.Find(simID(1))) = person{0, m.s.tip.Height}
	for _, x := range []struct {
		coins, time int64
		reason      ticket.Reason
	}{
		{499, time + 1, ticket.ReasonPledgeTooSmall}, {502, time + 1, ticket.ReasonOutputTooSmall}, {500, time, ticket.ReasonBadTime},
		{500, time - 1, ticket.ReasonBadTime}, {500, time + 1, ""}, {501, time + 1, ticket.ReasonBadTime}, {501, time + 2, ""},
	} {
		m.part(id, 1, x.coins, out, simOwner(1), simReward(3)).time = x.time
		u := m.mine(t)
		var reason ticket.Reason
		if list := find(u, TicketRejected); len(list) > 0 {
			reason = list[0].Reason
		}
		if reason != x.reason {
			t.Errorf("%d PSL at %d: %q, want %q", x.coins, x.time-time, reason, x.reason)
		}
	}
	if p, _ := m.s.Pool(id); p.Pledges[0].Offered != 501 || p.Pledges[0].Counted != 501 || p.Pledges[0].Reward != simReward(3) || p.Pledges[0].Seq != 0 {
		t.Fatalf("%+v", p.Pledges[0])
	}
}
