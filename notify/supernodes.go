package notify

import (
	"maps"
	"slices"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// supernodes is how the Supernodes of active pools are doing by the node's list. One of which the list says nothing stays as it was
// judged before.
type supernodes struct {
	*standing
	active []*supernode
	by     map[ticket.PoolID]*supernode
}

// supernode is the Supernode of an active pool.
type supernode struct {
	Pool       ticket.PoolID
	Activation pastel.TxID
	Escrow     string // where its rewards must go
	of         *store.PoolRow
	state      chain.SupernodeState
	listed     chain.Listed // the zero value if it is not listed
}

func (t *standing) supernodes() *supernodes {
	j := &supernodes{standing: t, by: map[ticket.PoolID]*supernode{}}
	for _, id := range slices.Sorted(maps.Keys(t.pools)) {
		p := t.pools[id]
		if p.Status != pool.Active {
			continue
		}
		sn := &supernode{
			id, p.ActivationTx, p.Escrow.Encode(&t.s.net), p, chain.JudgeSupernode(pool.Active, p.ActivationTx, p.Escrow, t.list),
			t.list.Listed[pastel.OutPoint{TxID: p.ActivationTx, Vout: chain.PoolIndex}],
		}
		j.active, j.by[id] = append(j.active, sn), sn
	}
	return j
}

// cause is that a Supernode is as a kind says.
func (sn *supernode) cause(k Kind) cause { return cause{k, sn.Pool, transaction(sn.Activation)} }

// tell returns what a kind tells a subscription of the Supernodes that are so.
func (j *supernodes) tell(k Kind, sub *store.Subscription, so func(*supernode) bool, says func(*supernode) words) (list []*report) {
	for _, sn := range j.active {
		if so(sn) && j.concerns(sub, sn.Pool) {
			list = append(list, j.report(sn.cause(k), says(sn)))
		}
	}
	return list
}

// end says how an alert about a Supernode ended: by the state it is in now, if nothing else ended it.
func (j *supernodes) end(sub *store.Subscription, a *store.Alert, now func(*supernode) ending) (ending, error) {
	sn, p := j.by[a.Pool], j.pools[a.Pool]
	switch {
	case p == nil:
		return j.gone(a.Pool)
	case p.Status == pool.Subscribing:
		return j.inactive(p), nil
	case sn == nil:
		return over("Pool %s is not active at %s, so no Supernode of it can be paid.", a.Pool, j.at), nil
	case a.Cause != sn.cause(Kind(a.Kind)).key():
		return withdrawn("the chain was reorganized, and pool %s has another activation at %s.", a.Pool, j.at), nil
	case !j.concerns(sub, a.Pool):
		return j.unconcerned(sub, a.Pool), nil
	}
	return now(sn), nil
}
