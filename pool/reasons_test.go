package pool

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// rejections makes one ticket each that scenarios cannot, because tools would not build it, or it takes too long.
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
		m.carry(carried{init: prepareInit(&m.s.net, badInit(func(x *ticket.Init) { x.OperatorPastelID = "jX" }))})
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
		m.init(simTerms("pool", &m.s.net, 1000, 10000, 500, 20, 0, 7))
		return m.mine(t)
	},
	ticket.ReasonPoolFull: func(t *testing.T, m *sim) *Update {
		id := openPool(t, m, 10000)
		for k := range m.s.net.MaxPledges + 1 {
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
		SubscriptionPeriod: 20, RequiredCoins: 1000, Factor: factor, Fee: fee, Company: "Acme",
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

// TestEveryReasonHasACase: a reason that no test sees could never come, or come for the wrong ticket.
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
