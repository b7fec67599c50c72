package notify

import (
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
	active []supernode
	by     map[ticket.PoolID]*supernode
}

// supernode is the Supernode of an active pool.
type supernode struct {
	store.Supernode
	of     *store.PoolRow
	state  chain.SupernodeState
	listed chain.Listed // the zero value if it is not listed
}

func (t *standing) supernodes() (*supernodes, error) {
	rows, err := t.x.Supernodes()
	if err != nil {
		return nil, err
	}
	j := &supernodes{t, make([]supernode, 0, len(rows)), map[ticket.PoolID]*supernode{}}
	for _, sn := range rows {
		p := t.pools[sn.Pool]
		if p == nil {
			continue
		}
		j.active = append(j.active, supernode{
			sn, p, chain.JudgeSupernode(pool.Active, sn.Activation, p.Escrow, t.list),
			t.list.Listed[pastel.OutPoint{TxID: sn.Activation, Vout: chain.PoolIndex}],
		})
		j.by[sn.Pool] = &j.active[len(j.active)-1]
	}
	return j, nil
}

// cause is that a Supernode is as a kind says.
func (sn *supernode) cause(k Kind) cause { return cause{k, sn.Pool, transaction(sn.Activation)} }

// tell returns what a kind tells a subscription of the Supernodes that are so.
func (j *supernodes) tell(k Kind, sub *store.Subscription, so func(*supernode) bool, says func(*supernode) words) (list []*report) {
	for i := range j.active {
		if sn := &j.active[i]; so(sn) && j.concerns(sub, sn.Pool) {
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
