package notify

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/store"
)

// SupernodePayee says that the node's list has a pool's Supernode paid elsewhere than to the pool's escrow.
const SupernodePayee Kind = "supernode.payee"

var supernodePayee = row{kind: SupernodePayee, urgent: true, standing: &standingRule{ofList, func(t *standing) (judgement, error) {
	return payees{t.supernodes()}, nil
}}}

type payees struct{ *supernodes }

func (j payees) stands(sub *store.Subscription) ([]*report, error) {
	elsewhere := func(sn *supernode) bool { return sn.state == chain.SupernodeElsewhere }
	return j.tell(SupernodePayee, sub, elsewhere, j.words), nil
}

func (j payees) words(sn *supernode) words {
	return say(
		fmt.Sprintf("At %s the Supernode of pool %s is paid to %s instead of the pool's escrow %s.", j.at, sn.Pool,
			sn.listed.Payee.Encode(&j.s.net), sn.Escrow),
		"The pool's members earn nothing.",
		fmt.Sprintf("The operator should launch it again, on a node that knows pools: smartpool supernode launch %s", sn.Pool))
}

func (j payees) over(sub *store.Subscription, a *store.Alert) (ending, error) {
	return j.end(sub, a, func(sn *supernode) ending {
		switch sn.state {
		case chain.SupernodeRunning:
			return over("The Supernode of pool %s is paid to the pool's escrow again at %s.", sn.Pool, j.at)
		case chain.SupernodeMissing:
			return over("The node no longer lists a working Supernode of pool %s at %s: nobody is paid for it.", sn.Pool, j.at)
		default:
			return stays
		}
	})
}
