package pool

import (
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Payees holds the reward addresses of a pledge before and after an amendment. It is empty for other events.
type Payees struct{ Before, After string }

// Words says in whole sentences, for people, what happened. The sentences are true whatever else the block does. They shorten ids and
// omit the pool and the block, which are shown beside them. The event's type must exist, as it does in every event that Apply makes or
// ParseEvent reads.
func (e *Event) Words(to Payees) string { return e.Type.Row().words(e, to) }

// who returns the PastelID that an event is about, shortened.
func (e *Event) who() string { return pastel.Short(e.PastelID) }

// says returns words without a parameter.
func says(text string) func(*Event, Payees) string {
	return func(*Event, Payees) string { return text }
}

// ofCoins returns words with a place for what the pool's members have together.
func ofCoins(format string) func(*Event, Payees) string {
	return func(e *Event, _ Payees) string { return fmt.Sprintf(format, pastel.Thousands(e.Coins)) }
}

// ofAmount returns words with a place for an amount.
func ofAmount(format string) func(*Event, Payees) string {
	return func(e *Event, _ Payees) string { return fmt.Sprintf(format, e.Amount.Grouped()) }
}

// ofPastelID returns words with a place for a PastelID.
func ofPastelID(format string) func(*Event, Payees) string {
	return func(e *Event, _ Payees) string { return fmt.Sprintf(format, e.who()) }
}

// ofTxID returns words with a place for a transaction.
func ofTxID(format string) func(*Event, Payees) string {
	return func(e *Event, _ Payees) string { return fmt.Sprintf(format, pastel.Short(e.TxID.String())) }
}

func closedWords(e *Event, _ Payees) string {
	if e.Amount == 0 {
		return "The pool closed: everything is paid."
	}
	return fmt.Sprintf("The pool closed: everything worth paying is paid. %s PSL stay in its escrow for good.", e.Amount.Grouped())
}

func acceptedWords(e *Event, _ Payees) string {
	return fmt.Sprintf("%s pledged %s PSL%s.", e.who(), pastel.Thousands(e.Offered), e.waiting())
}

func amendedWords(e *Event, to Payees) string {
	text := fmt.Sprintf("%s amended a pledge. It now offers %s PSL%s.", e.who(), pastel.Thousands(e.Offered), e.waiting())
	if to.After != to.Before {
		text += fmt.Sprintf(" Its rewards now go to %s instead of %s.", pastel.Short(to.After), pastel.Short(to.Before))
	}
	return text
}

// waiting says how much of an offer does not count yet when the ticket is accepted. If more counts by the end of the block, a later
// event says so.
func (e *Event) waiting() string {
	switch e.Coins {
	case e.Offered:
		return ""
	case 0:
		return ", which count as soon as the pool has room for them"
	}
	return fmt.Sprintf(", of which %s PSL count so far", pastel.Thousands(e.Coins))
}

func promotedWords(e *Event, _ Payees) string {
	offered := pastel.Thousands(e.Offered)
	if e.Coins == e.Offered {
		return fmt.Sprintf("All %s PSL of a pledge by %s now count.", offered, e.who())
	}
	return fmt.Sprintf("%s of the %s PSL of a pledge by %s now count.", pastel.Thousands(e.Coins), offered, e.who())
}

func reducedWords(e *Event, _ Payees) string {
	return fmt.Sprintf("%s spent coins that waited in line. The pledge now offers only the %s PSL that count.", e.who(), pastel.Thousands(e.Offered))
}

func leftWords(e *Event, _ Payees) string {
	text := fmt.Sprintf("%s left the pool with %s PSL (%s)", e.who(), pastel.Thousands(e.Offered), e.Role)
	if e.Forfeited > 0 {
		text += fmt.Sprintf(" and forfeited %s PSL", e.Forfeited.Grouped())
	}
	return text + "."
}

func settledWords(e *Event, _ Payees) string {
	return fmt.Sprintf("The pool settled %s PSL: payout %s.", e.Paid().Grouped(), pastel.Short(e.TxID.String()))
}

func reputationWords(e *Event, _ Payees) string {
	return fmt.Sprintf("The reputation of %s is now %d.", e.who(), e.Points)
}

func rejectedWords(e *Event, _ Payees) string {
	return fmt.Sprintf("Ticket %s was rejected: %s.", pastel.Short(e.TxID.String()), ticket.Explain(e.Reason))
}
