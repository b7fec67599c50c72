package notify

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/store"
)

// SupernodeGone says that a pool is active and the node's list has no working Supernode of it.
const SupernodeGone Kind = "supernode.gone"

// launchGrace is how many blocks a pool has for its launch before anybody is told that its Supernode is gone.
const launchGrace = 24

var supernodeGone = row{kind: SupernodeGone, urgent: true, standing: &standingRule{ofList, func(t *standing) (judgement, error) {
	return missing{t.supernodes()}, nil
}}}

type missing struct{ *supernodes }

func (j missing) stands(sub *store.Subscription) ([]*report, error) {
	gone := func(sn *supernode) bool {
		return sn.state == chain.SupernodeMissing && j.at.height >= sn.of.Activated+launchGrace
	}
	return j.tell(SupernodeGone, sub, gone, j.words), nil
}

func (j missing) words(sn *supernode) words {
	how := "is not in the node's list"
	if sn.listed.Status != "" {
		how = "is in the node's list as " + visible.Plain(sn.listed.Status, visible.MostColumns)
	}
	return say(
		fmt.Sprintf("The Supernode of pool %s %s at %s, although the pool is active.", sn.Pool, how, j.at),
		"It earns nothing.",
		fmt.Sprintf("The operator should check that its machine is running, and launch it, again if it ran before: smartpool supernode launch %s",
			sn.Pool))
}

func (j missing) over(sub *store.Subscription, a *store.Alert) (ending, error) {
	return j.end(sub, a, func(sn *supernode) ending {
		switch sn.state {
		case chain.SupernodeRunning:
			return over("The Supernode of pool %s is listed at %s and paid to the pool's escrow.", sn.Pool, j.at)
		case chain.SupernodeElsewhere:
			return over("The Supernode of pool %s is listed at %s, but not paid to the pool's escrow.", sn.Pool, j.at)
		default:
			return stays
		}
	})
}
