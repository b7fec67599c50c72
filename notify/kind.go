package notify

import "github.com/pastelnetwork/smartpool/pool"

// Kind is what an alert is about. Subscriptions and receivers go by it: a released one never changes.
type Kind string

// The kinds.
const (
	CushionLow     Kind = "cushion.low"
	Replenishing   Kind = "pool.replenishing"
	Restored       Kind = "pool.restored"
	Dissolved      Kind = "pool.dissolved"
	Expired        Kind = "pool.expired"
	Closed         Kind = "pool.closed"
	Amended        Kind = "pledge.amended"
	Promoted       Kind = "pledge.promoted"
	Reduced        Kind = "pledge.reduced"
	Left           Kind = "pledge.left"
	Spending       Kind = "pledge.spending"
	PayoutSettled  Kind = "payout.settled"
	PayoutPaid     Kind = "payout.paid"
	PayoutOverdue  Kind = "payout.overdue"
	SupernodePayee Kind = "supernode.payee"
	SupernodeGone  Kind = "supernode.gone"
	DaemonBehind   Kind = "daemon.behind"
	DaemonHalted   Kind = "daemon.halted"

	testMessage Kind = "test" // of Service.Test; nobody subscribes to it
)

// Kinds lists them all, in the order of docs/alerts.md.
func Kinds() []Kind {
	return []Kind{
		CushionLow, Replenishing, Restored, Dissolved, Expired, Closed, Amended, Promoted, Reduced, Left, Spending, PayoutSettled, PayoutPaid,
		PayoutOverdue, SupernodePayee, SupernodeGone, DaemonBehind, DaemonHalted,
	}
}

// An event of a block that people are told of is an alert of the same name. All other kinds tell of what stands at the tip, and end.
func ofEvent(t pool.EventType) Kind {
	if t.Row().Told {
		return Kind(t)
	}
	return ""
}

// eventTypes are the events that are alerts.
func eventTypes() (list []string) {
	for _, t := range pool.EventTypes() {
		if t.Row().Told {
			list = append(list, string(t))
		}
	}
	return list
}
