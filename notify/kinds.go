package notify

import (
	"slices"

	"github.com/pastelnetwork/smartpool/pool"
)

// Kind names what an alert is about. Subscriptions and receivers go by it: a released one never changes.
type Kind string

const (
	testMessage Kind = "test"  // of Service.Test; nobody subscribes to it
	followUp    Kind = "about" // of the causes of messages that end or withdraw another; those messages have that one's kind
)

// row is all that is known of one kind of alert. It has either an event or a standing rule.
type row struct {
	kind     Kind
	urgent   bool          // somebody has to act: it is sent before what is not, and waits behind nothing
	event    *eventRule    // it begins with the event of its name and has no end, but a reorganization can undo it
	standing *standingRule // it begins when something is so at the tip or in the mempool, and ends when it is not
}

// rows is the one place that lists the kinds, in the order of docs/alerts.md. Each stands in a file of its own, kind_*.go.
var rows = [...]*row{
	&cushionLow, &replenishing, &restored, &dissolved, &expired, &closed, &amended, &promoted, &reduced, &left, &spending, &payoutSettled,
	&payoutPaid, &payoutOverdue, &supernodePayee, &supernodeGone, &daemonBehind, &daemonHalted,
}

// Kinds lists every kind, in the order of docs/alerts.md.
func Kinds() []Kind {
	list := make([]Kind, len(rows))
	for i, r := range rows {
		list[i] = r.kind
	}
	return list
}

// Urgent reports whether alerts of a kind go before the others, because somebody has to act.
func (k Kind) Urgent() bool {
	r := rowOf(k)
	return r != nil && r.urgent
}

// rowOf returns what is known of a kind; nil of one that a later release of the daemon stored.
func rowOf(k Kind) *row {
	if i := slices.IndexFunc(rows[:], func(r *row) bool { return r.kind == k }); i >= 0 {
		return rows[i]
	}
	return nil
}

// eventTypes are the events that are alerts.
func eventTypes() []string { return typeNames(func(row pool.EventRow) bool { return row.Alerted }) }

// typeNames are the names of the types of events whose rows are wanted.
func typeNames(wanted func(pool.EventRow) bool) (list []string) {
	for _, t := range pool.EventTypesWhere(wanted) {
		list = append(list, string(t))
	}
	return list
}
