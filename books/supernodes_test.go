package books_test

import (
	"errors"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// A Supernode's state comes from the rules and from the node's current list.
func TestSupernode(t *testing.T) {
	t.Parallel()
	const acme = "acme.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82"
	var listing atomic.Pointer[chain.Listing]
	x := open(t, 126, "")
	x.AskNode(listing.Load)
	for _, id := range []string{acme, "none.94cc4f16bf0eb62e42fa96f1b7655cdf435e1f82"} { // one not active yet, one that does not exist
		if sn, err := x.Supernode(t.Context(), id); !errors.Is(err, books.ErrNotFound) {
			t.Errorf("%s: %+v, %v", id, sn, err)
		}
	}
	x.move(t, 126, 145)
	var p pool.Pool
	x.ledger.View(func(s *pool.State) { p, _ = s.Pool(acme) })
	net := x.ledger.Network()
	list := func(status string, payee pastel.Address) *chain.Listing {
		return &chain.Listing{Whole: true, Listed: map[pastel.OutPoint]chain.Listed{
			{TxID: p.ActivationTx, Vout: chain.PoolIndex}: {Status: status, Payee: payee, Address: "192.0.2.7:9933"},
		}}
	}
	states := map[string]bool{}
	is := func(list *chain.Listing, state string, says ...string) wire.Supernode {
		t.Helper()
		listing.Store(list)
		sn, err := x.Supernode(t.Context(), acme)
		if err != nil || sn.State != state {
			t.Errorf("the Supernode is %+v, %v, want %s", sn, err, state)
		}
		for _, text := range says {
			if !strings.Contains(sn.Text, text) {
				t.Errorf("%s says %q, want %q", state, sn.Text, text)
			}
		}
		states[sn.State] = true
		return sn
	}
	sn := is(list("ENABLED", p.Escrow), "running", "escrow as payee")
	if sn.TxID != p.ActivationTx.String() || sn.Escrow != p.Escrow.Encode(&net) || sn.Payee != sn.Escrow || sn.Listed != "ENABLED" || sn.Address != "192.0.2.7:9933" ||
		sn.LastPaid == nil || sn.LastPaid.Height < 136 || sn.LastPaid.Height > 145 || sn.Tip.Height != 145 {
		t.Errorf("the Supernode is %+v", sn)
	}
	is(list("ENABLED", p.FeeAddress), "elsewhere", "payments go to "+p.FeeAddress.Encode(&net))
	is(list("EXPIRED", p.Escrow), "gone", "as EXPIRED", "smartpool supernode launch "+acme)
	is(&chain.Listing{Whole: true}, "gone", "does not list it")
	is(&chain.Listing{}, "unknown", "cannot tell")
	is(nil, "unknown", "cannot tell")
	x.move(t, 145, 170)
	x.ledger.View(func(s *pool.State) { p, _ = s.Pool(acme) })
	for h := pastel.Height(170); p.Status != pool.Replenishing; h++ {
		x.move(t, h, h+1)
		x.ledger.View(func(s *pool.State) { p, _ = s.Pool(acme) })
	}
	is(list("ENABLED", p.Escrow), "paused", "resumes by itself")
	x.move(t, x.ledger.Last().Height, 278)
	is(list("ENABLED", p.Escrow), "ended", "may shut its machine down")
	for _, s := range chain.SupernodeStates() {
		if !states[string(s)] {
			t.Errorf("state %s never occurred", s)
		}
	}
}
