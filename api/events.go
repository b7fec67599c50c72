package api

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// EventQuery says which events are wanted; zero fields do not filter.
type EventQuery struct {
	Pool     string
	PastelID string
	Types    []string
	From     pastel.Height // first block
	To       pastel.Height // last block; store.Now
	Newest   bool
	Cursor   string
	Limit    int
}

// Events lists events in the order of the chain.
func (b *Books) Events(ctx context.Context, q EventQuery) (list []Event, tip Tip, next string, err error) {
	p, err := page(q.Cursor, q.Limit, q.Newest, keyHeight, keyInteger)
	if err != nil {
		return nil, tip, "", err
	}
	err = b.look(ctx, func(l *look) error {
		tip = block(&l.tip)
		rows, err := l.Events(store.EventFilter{Pool: ticket.PoolID(q.Pool), PastelID: q.PastelID, Types: q.Types, From: q.From, To: q.To}, p)
		if err != nil {
			return err
		}
		next = cursor(rows, p, func(x *store.Event) []any { return []any{int64(x.Height), x.Position} })
		list = make([]Event, len(rows))
		for i := range rows {
			if list[i], err = event(&rows[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return list, tip, next, err
}

// event reads an event from its canonical form.
func event(x *store.Event) (Event, error) {
	var fields struct {
		Event
		Outputs [][2]any `json:"outputs"`
	}
	if err := json.Unmarshal(x.JSON, &fields); err != nil {
		return Event{}, fmt.Errorf("event %d of block %d: %w: the database is damaged", x.Position, x.Height, err)
	}
	e := fields.Event
	e.Position, e.Time = x.Position, unix(x.Time)
	for _, o := range fields.Outputs {
		if amount, ok := o[0].(float64); ok { // below 2^53: the supply is
			e.Amount += pastel.Amount(amount)
		}
	}
	e.Text = describe(&e)
	return e, nil
}

// describe tells an event in plain words.
func describe(e *Event) string {
	who := Short(e.PastelID)
	switch pool.EventType(e.Type) {
	case pool.PoolCreated:
		return "The pool opened for pledges."
	case pool.PoolActivated:
		return fmt.Sprintf("The pool was activated with %d PSL: it backs a Supernode from now on.", e.Coins)
	case pool.PoolLowCollateral:
		return fmt.Sprintf("Less than half of the cushion is left: members have %d PSL.", e.Coins)
	case pool.PoolReplenishing:
		return fmt.Sprintf("Members have only %d PSL: the Supernode is paused until more is pledged.", e.Coins)
	case pool.PoolRestored:
		return fmt.Sprintf("The pool has %d PSL again: the Supernode goes on.", e.Coins)
	case pool.PoolDissolved:
		return "The pool was dissolved: it was not replenished in time. What was earned is paid out."
	case pool.PoolExpired:
		return "The pool expired: it was not activated in time."
	case pool.PoolClosed:
		return fmt.Sprintf("The pool was closed: everything worth paying is paid. %s PSL stay in escrow for ever.", e.Amount)
	case pool.PledgeAccepted:
		return fmt.Sprintf("%s pledged %d PSL%s.", who, e.Offered, waiting(e))
	case pool.PledgeAmended:
		return fmt.Sprintf("%s amended the pledge: it offers %d PSL%s.", who, e.Offered, waiting(e))
	case pool.PledgePromoted:
		if e.Coins == e.Offered {
			return fmt.Sprintf("All %d PSL that %s offers count now.", e.Offered, who)
		}
		return fmt.Sprintf("Of the %d PSL that %s offers, %d PSL count now.", e.Offered, who, e.Coins)
	case pool.PledgeReduced:
		return fmt.Sprintf("%s spent coins that waited in line: the pledge offers only the %d PSL that count.", who, e.Offered)
	case pool.PledgeMoved:
		return who + " moved coins within the pledged address; the pledge follows them."
	case pool.PledgeReleased:
		return fmt.Sprintf("The pledge of %s was released.", who)
	case pool.PledgeLeft:
		gave := ""
		if e.Forfeited > 0 {
			gave = fmt.Sprintf(" and gave up %s PSL to the others", e.Forfeited)
		}
		return fmt.Sprintf("%s left with %d PSL (%s)%s.", who, e.Offered, e.Role, gave)
	case pool.RewardReceived:
		return fmt.Sprintf("The pool received %s PSL.", e.Amount)
	case pool.RewardForfeited:
		return fmt.Sprintf("%s PSL that leavers gave up were shared out.", e.Amount)
	case pool.PayoutSettled:
		return fmt.Sprintf("A payout of %s PSL was settled: %s.", e.Amount, Short(e.TxID))
	case pool.PayoutPaid:
		return fmt.Sprintf("Payout %s was mined: it is paid.", Short(e.TxID))
	case pool.PayoutCancelled:
		return fmt.Sprintf("Payout %s was not mined in time: what it pays is owed again.", Short(e.TxID))
	case pool.ReputationChanged:
		return fmt.Sprintf("The reputation of %s is %d now.", who, *e.Points)
	case pool.TicketRejected:
		return fmt.Sprintf("Ticket %s was rejected: %s", Short(e.TxID), ticket.Explain(ticket.Reason(e.Reason)))
	default:
		return e.Type
	}
}

// waiting tells of a pledge that part of its offer, or all of it, waits in line.
func waiting(e *Event) string {
	switch e.Coins {
	case e.Offered:
		return ""
	case 0:
		return ", which wait in line"
	}
	return fmt.Sprintf(", of which %d PSL count", e.Coins)
}

// Short abbreviates an id for people: its beginning and its end.
func Short(id string) string {
	const head, tail = 10, 6
	if len(id) <= head+tail+1 {
		return id
	}
	return id[:head] + "…" + id[len(id)-tail:]
}
