package books

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Events lists events in the order of the chain.
func (b *Books) Events(ctx context.Context, q wire.EventQuery) (list []wire.Event, tip wire.Tip, next string, err error) {
	p, err := page(q.Page, keyHeight, keyInteger)
	if err != nil {
		return nil, tip, "", err
	}
	err = b.view(ctx, func(v *view) error {
		tip = TipOf(&v.tip)
		rows, err := v.Events(store.EventFilter{Pool: ticket.PoolID(q.Pool), PastelID: q.PastelID, Types: q.Type, From: pastel.Height(q.From), To: pastel.Height(q.To)}, p)
		if err != nil {
			return err
		}
		next = cursor(rows, p, func(x *store.Event) []any { return []any{int64(x.Height), x.Position} })
		list = make([]wire.Event, len(rows))
		for i := range rows {
			if list[i], err = EventOf(v.Snapshot, &rows[i]); err != nil {
				return err
			}
		}
		return nil
	})
	return list, tip, next, err
}

// payees are the addresses that a pledge's rewards went to before it was amended and go to since; of other events both are empty.
type payees struct{ before, after string }

// EventOf returns an event of the ledger as it is on the wire.
func EventOf(s *store.Snapshot, x *store.Event) (wire.Event, error) {
	if x.Type != pool.PledgeAmended {
		return event(x, payees{})
	}
	before, after, err := s.Amendment(x)
	if err != nil {
		return wire.Event{}, err
	}
	return event(x, payees{before.Reward, after.Reward})
}

// event reads an event from its canonical form.
func event(x *store.Event, paid payees) (wire.Event, error) {
	var fields struct {
		wire.Event
		Outputs [][2]any `json:"outputs"`
	}
	if err := json.Unmarshal(x.JSON, &fields); err != nil {
		return wire.Event{}, fmt.Errorf("event %d of block %d: %w: the database is damaged", x.Position, x.Height, err)
	}
	e := fields.Event
	e.Position, e.Time = x.Position, unix(x.Time)
	for _, o := range fields.Outputs {
		if amount, ok := o[0].(float64); ok { // below 2^53: the supply is
			e.Amount += pastel.Amount(amount)
		}
	}
	e.Text = describe(&e, paid)
	return e, nil
}

// describe tells an event in plain words.
func describe(e *wire.Event, paid payees) string {
	who := pastel.Short(e.PastelID)
	switch pool.EventType(e.Type) {
	case pool.PoolCreated:
		return "The pool opened for pledges."
	case pool.PoolActivated:
		return fmt.Sprintf("The pool was activated with %s PSL: it backs a Supernode from now on.", pastel.Thousands(e.Coins))
	case pool.PoolLowCollateral:
		return fmt.Sprintf("Less than half of the cushion is left: members have %s PSL.", pastel.Thousands(e.Coins))
	case pool.PoolReplenishing:
		return fmt.Sprintf("Members have only %s PSL: the Supernode is paused until more is pledged.", pastel.Thousands(e.Coins))
	case pool.PoolRestored:
		return fmt.Sprintf("The pool has %s PSL again: the Supernode goes on.", pastel.Thousands(e.Coins))
	case pool.PoolDissolved:
		return "The pool was dissolved: it was not replenished in time. Its pledges are released, and what was earned is paid out."
	case pool.PoolExpired:
		return "The pool expired: it was not activated in time. Its pledges are released."
	case pool.PoolClosed:
		if e.Amount == 0 {
			return "The pool was closed: everything is paid."
		}
		return fmt.Sprintf("The pool was closed: everything worth paying is paid. %s PSL stay in escrow for ever.", e.Amount.Grouped())
	case pool.PledgeAccepted:
		return fmt.Sprintf("%s pledged %s PSL%s.", who, pastel.Thousands(e.Offered), uncounted(e))
	case pool.PledgeAmended:
		goes := ""
		if paid.after != paid.before {
			goes = fmt.Sprintf("; its rewards go to %s from now on, no longer to %s", pastel.Short(paid.after), pastel.Short(paid.before))
		}
		return fmt.Sprintf("%s amended the pledge: it offers %s PSL%s%s.", who, pastel.Thousands(e.Offered), uncounted(e), goes)
	case pool.PledgePromoted:
		if e.Coins == e.Offered {
			return fmt.Sprintf("All %s PSL that %s offers count now.", pastel.Thousands(e.Offered), who)
		}
		return fmt.Sprintf("Of the %s PSL that %s offers, %s PSL count now.", pastel.Thousands(e.Offered), who, pastel.Thousands(e.Coins))
	case pool.PledgeReduced:
		return fmt.Sprintf("%s spent coins that waited in line: the pledge offers only the %s PSL that count.", who, pastel.Thousands(e.Offered))
	case pool.PledgeMoved:
		return who + " moved coins within the pledged address; the pledge follows them."
	case pool.PledgeReleased:
		return fmt.Sprintf("The pledge of %s was released.", who)
	case pool.PledgeLeft:
		gave := ""
		if e.Forfeited > 0 {
			gave = fmt.Sprintf(" and gave up %s PSL to the others", e.Forfeited.Grouped())
		}
		return fmt.Sprintf("%s left with %s PSL (%s)%s.", who, pastel.Thousands(e.Offered), e.Role, gave)
	case pool.RewardReceived:
		return fmt.Sprintf("The pool received %s PSL.", e.Amount.Grouped())
	case pool.RewardForfeited:
		return fmt.Sprintf("%s PSL that leavers gave up were shared out.", e.Amount.Grouped())
	case pool.PayoutSettled:
		return fmt.Sprintf("A payout of %s PSL was settled: %s.", e.Amount.Grouped(), pastel.Short(e.TxID))
	case pool.PayoutPaid:
		return fmt.Sprintf("Payout %s was mined: it is paid.", pastel.Short(e.TxID))
	case pool.PayoutCancelled:
		return fmt.Sprintf("Payout %s was not mined in time: what it pays is owed again.", pastel.Short(e.TxID))
	case pool.ReputationChanged:
		return fmt.Sprintf("The reputation of %s is %d now.", who, *e.Points)
	case pool.TicketRejected:
		return fmt.Sprintf("Ticket %s was rejected: %s", pastel.Short(e.TxID), ticket.Explain(ticket.Reason(e.Reason)))
	default:
		return e.Type
	}
}

// uncounted tells of a pledge what of its offer did not count with its ticket. More of it, or all, may come to count in the same block: that
// is an event of its own, later.
func uncounted(e *wire.Event) string {
	switch e.Coins {
	case e.Offered:
		return ""
	case 0:
		return ", which count as soon as the pool has room for them"
	}
	return fmt.Sprintf(", of which %s PSL counted before", pastel.Thousands(e.Coins))
}
