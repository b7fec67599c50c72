package books_test

import (
	"errors"
	"testing"
	"time"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// A node's list tells pools' Supernodes from others and names the pools whose escrow is paid, on pages that leave nothing out.
func TestNodeList(t *testing.T) {
	t.Parallel()
	x := open(t, 145, "")
	if got, err := x.NodeList(t.Context(), "", 10); err != nil || !got.At.IsZero() || got.Items != nil {
		t.Errorf("without a node: %+v, %v", got, err)
	}
	net := x.Params().Network
	var p pool.Pool
	x.ledger.View(func(s *pool.State) { p, _ = s.Pool(s.Pools()[0]) })
	at := time.Unix(1_700_000_000, 0)
	list := &chain.Listing{At: at, Whole: true, Listed: map[pastel.OutPoint]chain.Listed{
		{TxID: p.ActivationTx, Vout: chain.PoolIndex}:        {Status: "ENABLED", Payee: p.Escrow, Address: "192.0.2.7:9933"},
		{TxID: pastel.TxID{31: 0xff}, Vout: chain.PoolIndex}: {Status: "EXPIRED", Payee: p.FeeAddress},
	}}
	for i := range byte(5) {
		list.Listed[pastel.OutPoint{TxID: pastel.TxID{i}, Vout: 1}] = chain.Listed{Status: "ENABLED"}
	}
	x.AskNode(func() *chain.Listing { return list })
	seen := map[string]bool{}
	after := ""
	for page := 0; ; page++ {
		got, err := x.NodeList(t.Context(), after, 3)
		if err != nil || got.At != at || !got.Whole || got.Pools != 2 || got.Regular != 5 || len(got.Items) > 3 {
			t.Fatalf("page %d: %+v, %v", page, got, err)
		}
		for i, sn := range got.Items {
			if seen[sn.Collateral] || sn.OfPool != (page == 0 && i < 2) || (sn.Pool == string(p.ID)) != (sn.Payee == p.Escrow.Encode(&net)) {
				t.Errorf("page %d: %+v", page, sn)
			}
			seen[sn.Collateral] = true
		}
		if after = got.Next; after == "" {
			break
		}
	}
	if len(seen) != 7 {
		t.Errorf("the pages have %d Supernodes", len(seen))
	}
	var bad *books.BadRequest
	if _, err := x.NodeList(t.Context(), "x", 3); !errors.As(err, &bad) {
		t.Errorf("after a malformed collateral: %v", err)
	}
}
