package chain_test

import (
	"testing"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// The state of a pool's Supernode follows from the pool's status and a node's list.
func TestJudgeSupernode(t *testing.T) {
	t.Parallel()
	activation, other := pastel.TxID{1}, pastel.TxID{2}
	escrow, elsewhere := pastel.Address{Kind: pastel.AddressP2SH, Hash: pastel.KeyHash{1}}, pastel.Address{Kind: pastel.AddressP2PKH, Hash: pastel.KeyHash{2}}
	list := func(id pastel.TxID, index uint32, status string, payee pastel.Address, whole bool) *chain.Listing {
		return &chain.Listing{Whole: whole, Listed: map[pastel.OutPoint]chain.Listed{{TxID: id, Vout: index}: {Status: status, Payee: payee}}}
	}
	const reference, partial = 4294967295, false
	for _, x := range []struct {
		name   string
		status pool.Status
		list   *chain.Listing
		want   chain.SupernodeState
	}{
		{"listed and paid", pool.Active, list(activation, reference, "ENABLED", escrow, true), chain.SupernodeRunning},
		{"announced", pool.Active, list(activation, reference, "PRE_ENABLED", escrow, true), chain.SupernodeRunning},
		{"by a node that lacks others", pool.Active, list(activation, reference, "ENABLED", escrow, partial), chain.SupernodeRunning},
		{"paid elsewhere", pool.Active, list(activation, reference, "ENABLED", elsewhere, true), chain.SupernodeElsewhere},
		{"listed by a node that does not know its payee", pool.Active, list(activation, reference, "ENABLED", pastel.Address{}, true), chain.SupernodeUnknown},
		{"its machine is silent", pool.Active, list(activation, reference, "EXPIRED", escrow, true), chain.SupernodeMissing},
		{"silent for long", pool.Active, list(activation, reference, "NEW_START_REQUIRED", escrow, true), chain.SupernodeMissing},
		{"its collateral was called spent", pool.Active, list(activation, reference, "OUTPOINT_SPENT", pastel.Address{}, true), chain.SupernodeMissing},
		{"banned", pool.Active, list(activation, reference, "POSE_BAN", elsewhere, true), chain.SupernodeMissing},
		{"a status that nobody knows", pool.Active, list(activation, reference, "DREAMING", escrow, true), chain.SupernodeUnknown},
		{"not listed", pool.Active, list(other, reference, "ENABLED", escrow, true), chain.SupernodeMissing},
		{"output 0 of the activation", pool.Active, list(activation, 0, "ENABLED", escrow, true), chain.SupernodeMissing},
		{"not listed by a node that was just started", pool.Active, list(other, reference, "ENABLED", escrow, partial), chain.SupernodeUnknown},
		{"an empty list", pool.Active, &chain.Listing{Whole: true}, chain.SupernodeMissing},
		{"no list", pool.Active, nil, chain.SupernodeUnknown},
		{"replenishing", pool.Replenishing, list(activation, reference, "ENABLED", escrow, true), chain.SupernodePausing},
		{"replenishing, no list", pool.Replenishing, nil, chain.SupernodePausing},
		{"dissolved", pool.Dissolved, list(activation, reference, "ENABLED", escrow, true), chain.SupernodeEnded},
		{"closed", pool.Closed, nil, chain.SupernodeEnded},
	} {
		if got := chain.JudgeSupernode(x.status, activation, escrow, x.list); got != x.want {
			t.Errorf("%s: %s, want %s", x.name, got, x.want)
		}
	}
}
