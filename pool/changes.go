package pool

import (
	"errors"
	"fmt"

	"github.com/pastelnetwork/smartpool/ticket"
)

// A change is one step of Apply and can undo it. Changes are undone in reverse order, so each finds the state as the step left it. They
// refer to things by keys of the chain and not by pointers, so that they can be stored. A value that several steps of a block change is
// recorded once, as it was before the first; a pledge is recorded once more before step (e).
type change interface {
	kind() changeKind
	undo(s *State) error
	code(c *coder)
}

// changeKind is the kind of a change in stored undo records. Only append to the list.
type changeKind uint8

const (
	kindCoinAdded           changeKind = 1
	kindCoinSpent           changeKind = 2
	kindCoinChained         changeKind = 3
	kindCoinUnchained       changeKind = 4
	kindRegistered          changeKind = 5
	kindReputation          changeKind = 6
	kindStatement           changeKind = 7
	kindStatementsForgotten changeKind = 8
	kindPoolOpened          changeKind = 9
	kindHead                changeKind = 10
	kindAccrued             changeKind = 11
	kindPledgeAdded         changeKind = 12
	kindPledgeRemoved       changeKind = 13
	kindPledgeChanged       changeKind = 14
	kindNamed               changeKind = 15
	kindNamesDropped        changeKind = 16
	kindLastMembers         changeKind = 17
	kindLastForgotten       changeKind = 18
	kindClaims              changeKind = 19
	kindEscrowAdded         changeKind = 20
	kindEscrowSpent         changeKind = 21
	kindPayoutSettled       changeKind = 22
	kindPayoutRemoved       changeKind = 23
	kindAccruedSplit        changeKind = 24
	kindEnd                 changeKind = 25 // one past the last
)

// newChange returns an empty change of a kind, or nil.
func newChange(k changeKind) change {
	switch k {
	case kindCoinAdded:
		return &coinAdded{}
	case kindCoinSpent:
		return &coinSpent{}
	case kindCoinChained:
		return &coinChained{}
	case kindCoinUnchained:
		return &coinUnchained{}
	case kindRegistered:
		return &registered{}
	case kindReputation:
		return &reputationChanged{}
	case kindStatement:
		return &statementSeen{}
	case kindStatementsForgotten:
		return &statementsForgotten{}
	case kindPoolOpened:
		return &poolOpened{}
	case kindHead:
		return &headChanged{}
	case kindAccrued:
		return &accruedChanged{}
	case kindPledgeAdded:
		return &pledgeAdded{}
	case kindPledgeRemoved:
		return &pledgeRemoved{}
	case kindPledgeChanged:
		return &pledgeChanged{}
	case kindNamed:
		return &participantNamed{}
	case kindNamesDropped:
		return &namesDropped{}
	case kindLastMembers:
		return &lastMembersNamed{}
	case kindLastForgotten:
		return &lastMembersForgotten{}
	case kindClaims:
		return &claimsChanged{}
	case kindEscrowAdded:
		return &escrowAdded{}
	case kindEscrowSpent:
		return &escrowSpent{}
	case kindPayoutSettled:
		return &payoutSettled{}
	case kindPayoutRemoved:
		return &payoutRemoved{}
	case kindAccruedSplit:
		return &accruedSplit{}
	case kindEnd:
	}
	return nil
}

var errMissing = errors.New("does not fit the state")

func (s *State) poolOf(id ticket.PoolID) (*poolState, error) {
	if p := s.pools[id]; p != nil {
		return p, nil
	}
	return nil, fmt.Errorf("pool %q: %w", id, errMissing)
}
