package daemon_test

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/internal/actors"
	"github.com/pastelnetwork/smartpool/internal/daemon"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// altered returns a member's ticket that says something else, signed by the member's PastelID and by an address of somebody's.
func (x *office) altered(m *actors.Party, by pastel.Address, change func(*ticket.Part)) *ticket.Ticket {
	x.t.Helper()
	ctx := context.Background()
	t, err := x.cast.Signed(ctx, m)
	if err != nil {
		x.t.Fatal(err)
	}
	change(t.Part)
	statement := t.Part.PledgeStatement(x.cast.Net.Name)
	if t.Part.PledgeSignature, err = x.cast.Client.SignWith(ctx, m.ID, m.Pass(), statement); err == nil {
		t.Part.AddressSignature, err = x.cast.Client.SignMessage(ctx, by, statement)
	}
	if err != nil {
		x.t.Fatal(err)
	}
	return t
}

// mined posts a ticket with somebody's own wallet, past every check of the daemon, and mines a block.
func (x *office) mined(t *ticket.Ticket) {
	x.t.Helper()
	x.must(x.cast.Post(context.Background(), t))
	x.mine(1)
}

// offers returns what the pool's pledges of a PastelID offer, and where each pays.
func (x *office) offers(m *actors.Party) (list []pool.Pledge) {
	x.d.Ledger().View(func(s *pool.State) {
		p, _ := s.Pool(x.cast.Pool)
		for _, of := range p.Pledges {
			if of.PastelID.String() == m.ID {
				list = append(list, of)
			}
		}
	})
	return list
}

// reputation returns the reputation of a PastelID.
func (x *office) reputation(m *actors.Party) int {
	x.t.Helper()
	var who struct{ Reputation int }
	if _, body := get(x.t, "http://"+x.cfg.API+"/api/v1/members/"+m.ID); json.Unmarshal([]byte(body), &who) != nil {
		x.t.Fatal(body)
	}
	return who.Reputation
}

// Whoever has the key of a PastelID, but not the wallet, cannot turn its rewards elsewhere or pledge its coins. With coins of their own they can pledge
// in its name, and leave, which costs its reputation.
func TestStolenPastelID(t *testing.T) {
	t.Parallel()
	x := openOffice(t, "", nil)
	ada, thief := x.cast.Members[0], x.cast.Members[1]
	x.posted(x.signed(ada))
	x.mine(1)
	own := thief.Reward.Encode(&x.cast.Net)
	redirect := x.altered(ada, thief.Address, func(p *ticket.Part) { p.RewardAddress = own })
	text, err := redirect.Encode()
	x.must(0, err)
	x.refused(string(text), http.StatusUnprocessableEntity, "a signature is by the wrong key")
	x.mined(redirect)
	x.mined(x.altered(ada, thief.Address, func(p *ticket.Part) {
		p.TxID, p.Vout = x.cast.Members[2].Output.TxID.String(), int64(x.cast.Members[2].Output.Vout)
	}))
	if list := x.offers(ada); len(list) != 1 || list[0].Offered != ada.Coins || list[0].Reward != ada.Reward {
		t.Fatalf("Ada pledges %+v", list)
	}
	before := x.reputation(ada)
	x.mined(x.altered(ada, thief.Address, func(p *ticket.Part) {
		p.TxID, p.Vout, p.PledgedCoins, p.RewardAddress = thief.Output.TxID.String(), int64(thief.Output.Vout), 20, own
	}))
	if list := x.offers(ada); len(list) != 2 || list[0].Reward != ada.Reward {
		t.Fatalf("in Ada's name is pledged %+v", list)
	}
	x.must(0, x.cast.Move(t.Context(), thief, thief.Reward))
	x.mine(1)
	if after := x.reputation(ada); after >= before || len(x.offers(ada)) != 1 {
		t.Errorf("the thief left: Ada has %d points after %d, and pledges %+v", after, before, x.offers(ada))
	}
	x.d.end()
}

// Who keeps a signed ticket can post it once, unchanged, within a day, unless its output is spent, or a later one about the pledge was accepted.
func TestKeptTickets(t *testing.T) {
	t.Parallel()
	x := openOffice(t, "", nil)
	ada, ben, cora := x.cast.Members[0], x.cast.Members[1], x.cast.Members[2]
	signed := func(m *actors.Party) *ticket.Ticket {
		kept, err := x.cast.Signed(t.Context(), m)
		x.must(0, err)
		return kept
	}
	first := signed(ada)
	ada.Reward = ada.Address // Ada changes her mind
	second := signed(ada)
	x.mined(second)
	x.mined(first)
	if _, err := x.cast.Post(t.Context(), second); err != nil && !strings.Contains(err.Error(), "already registered") { // within a second of the first
		t.Fatal(err)
	}
	x.mine(1)
	if list := x.offers(ada); len(list) != 1 || list[0].Reward != ada.Address {
		t.Errorf("Ada pledges %+v", list)
	}

	spent := signed(ben)
	x.must(0, x.cast.Move(t.Context(), ben, ben.Reward))
	x.mine(1)
	x.mined(spent)
	if list := x.offers(ben); len(list) > 0 {
		t.Errorf("Ben pledges %+v", list)
	}

	x.mined(x.altered(cora, cora.Address, func(p *ticket.Part) { p.TimeStamp = ticket.FormatTimeStamp(time.Now().Add(-72 * time.Hour).Unix()) }))
	if list := x.offers(cora); len(list) > 0 {
		t.Errorf("by an old ticket Cora pledges %+v", list)
	}
	x.mined(signed(cora))
	if list := x.offers(cora); len(list) != 1 {
		t.Fatalf("Cora pledges %+v", list)
	}
	x.must(0, x.cast.Move(t.Context(), cora, cora.Reward))
	x.mine(1)
	if list := x.offers(cora); len(list) > 0 {
		t.Errorf("having spent the output, Cora pledges %+v", list)
	}
	x.d.end()
}

// Who has tickets posted and spends the output before their block makes the daemon pay for nothing, six times a day, within its budget.
func TestSpentBeforeItsBlock(t *testing.T) {
	t.Parallel()
	x := openOffice(t, "", func(c *daemon.Config, _ *actors.Cast) { c.PostBudget = 100 })
	ada, left := x.cast.Members[0], x.offer().TicketsLeft
	for i := range int64(6) {
		x.posted(x.signed(ada))
		x.must(0, x.cast.Move(t.Context(), ada, ada.Reward))
		x.mine(1)
		if list := x.offers(ada); len(list) > 0 {
			t.Errorf("having spent the output, Ada pledges %+v", list)
		}
		if o := x.offer(); o.TicketsLeft != left-i-1 {
			t.Errorf("after ticket %d the budget pays %d more, of %d", i+1, o.TicketsLeft, left)
		}
		x.must(0, x.cast.Fund(t.Context(), ada))
		x.mine(1)
		x.must(0, x.cast.Settle(t.Context(), ada))
	}
	x.refused(x.signed(ada), http.StatusTooManyRequests, "6 tickets a day")
	x.posted(x.signed(x.cast.Members[1])) // others do not wait for Ada
	x.d.end()
}
