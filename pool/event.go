package pool

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"strconv"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// EventType names what happened (protocol 9). Its values are part of the ledger digest and never change.
type EventType string

// The events, in the order of protocol 9.
const (
	PoolCreated       EventType = "pool.created"
	PoolExpired       EventType = "pool.expired"
	PoolDissolved     EventType = "pool.dissolved"
	PoolActivated     EventType = "pool.activated"
	PoolReplenishing  EventType = "pool.replenishing"
	PoolRestored      EventType = "pool.restored"
	PoolLowCollateral EventType = "pool.low_collateral"
	PledgeAccepted    EventType = "pledge.accepted"
	PledgePromoted    EventType = "pledge.promoted"
	PledgeMoved       EventType = "pledge.moved"
	PledgeReleased    EventType = "pledge.released"
	PledgeLeft        EventType = "pledge.left"
	RewardReceived    EventType = "reward.received"
	RewardForfeited   EventType = "reward.forfeited"
	PayoutSettled     EventType = "payout.settled"
	PayoutPaid        EventType = "payout.paid"
	PayoutCancelled   EventType = "payout.cancelled"
	ReputationChanged EventType = "reputation.changed"
	TicketRejected    EventType = "ticket.rejected"
)

// EventTypes lists every event, in the order of protocol 9.
func EventTypes() []EventType {
	return []EventType{
		PoolCreated, PoolExpired, PoolDissolved, PoolActivated, PoolReplenishing, PoolRestored, PoolLowCollateral,
		PledgeAccepted, PledgePromoted, PledgeMoved, PledgeReleased, PledgeLeft, RewardReceived, RewardForfeited,
		PayoutSettled, PayoutPaid, PayoutCancelled, ReputationChanged, TicketRejected,
	}
}

// Payment is one output of a payout.
type Payment struct {
	Amount pastel.Amount // patoshi
	To     pastel.Address
}

// Event is one thing that happened in a block. Which fields are set depends on the type, see protocol 9.
type Event struct {
	Height    pastel.Height
	Type      EventType
	Pool      ticket.PoolID // empty for reputation.changed and ticket.rejected
	PastelID  string
	Coins     int64 // PSL
	Role      Role
	Amount    pastel.Amount // patoshi
	Forfeited pastel.Amount // patoshi
	TxID      pastel.TxID
	Reason    ticket.Reason
	Outputs   []Payment     // without the change
	Fee       pastel.Amount // patoshi
	Change    pastel.Amount // patoshi
	Points    int
	Pledge    uint64 // join order of the pledge.* events' pledge; tells pledges of one PastelID apart, not part of the JSON
}

// MarshalJSON gives the event's canonical JSON (RFC 8785): exactly the fields protocol 9 names, sorted.
func (e Event) MarshalJSON() ([]byte, error) { return e.appendJSON(nil), nil }

// appendJSON writes the members in the order of their names. No string in an event needs escaping: identifiers are
// Base58, hex, or of the alphabets of pool ids, reasons and types.
func (e *Event) appendJSON(b []byte) []byte {
	w := objectWriter{append(b, '{'), true}
	switch e.Type {
	case RewardReceived, RewardForfeited:
		w.integer("amount", int64(e.Amount))
	case PayoutSettled:
		w.integer("change", int64(e.Change))
	case PoolActivated, PoolReplenishing, PoolRestored, PoolLowCollateral, PledgeAccepted, PledgePromoted, PledgeLeft:
		w.integer("coins", e.Coins)
	default:
	}
	if e.Type == PayoutSettled {
		w.integer("fee", int64(e.Fee))
	}
	if e.Type == PledgeLeft {
		w.integer("forfeited", int64(e.Forfeited))
	}
	w.integer("height", int64(e.Height))
	if e.Type == PayoutSettled {
		w.payments("outputs", e.Outputs)
	}
	if e.PastelID != "" {
		w.text("pastelid", e.PastelID)
	}
	switch e.Type {
	case ReputationChanged:
		w.integer("points", int64(e.Points))
	case TicketRejected:
		w.text("reason", string(e.Reason))
	default:
		w.text("pool", string(e.Pool))
	}
	if e.Type == PledgeAccepted || e.Type == PledgeLeft {
		w.text("role", e.Role.String())
	}
	switch e.Type {
	case PayoutSettled, PayoutPaid, PayoutCancelled, TicketRejected:
		w.text("txid", e.TxID.String())
	default:
	}
	w.text("type", string(e.Type))
	return append(w.b, '}')
}

var _ json.Marshaler = Event{}

type objectWriter struct {
	b     []byte
	first bool
}

func (w *objectWriter) name(name string) {
	if !w.first {
		w.b = append(w.b, ',')
	}
	w.first = false
	w.b = append(w.b, '"')
	w.b = append(w.b, name...)
	w.b = append(w.b, '"', ':')
}

func (w *objectWriter) integer(name string, v int64) {
	w.name(name)
	w.b = strconv.AppendInt(w.b, v, 10)
}

func (w *objectWriter) text(name, v string) {
	w.name(name)
	w.b = append(w.b, '"')
	w.b = append(w.b, v...)
	w.b = append(w.b, '"')
}

func (w *objectWriter) payments(name string, list []Payment) {
	w.name(name)
	w.b = append(w.b, '[')
	var script [maxScript]byte
	for i, p := range list {
		if i > 0 {
			w.b = append(w.b, ',')
		}
		w.b = append(w.b, '[')
		w.b = strconv.AppendInt(w.b, int64(p.Amount), 10)
		w.b = append(w.b, ',', '"')
		w.b = hex.AppendEncode(w.b, p.To.AppendScript(script[:0]))
		w.b = append(w.b, '"', ']')
	}
	w.b = append(w.b, ']')
}

// Digest is a ledger digest (protocol 9): nodes with equal digests agree on all of history.
type Digest [32]byte

// nextDigest chains a block's events to the digest before it; rejected tickets do not count.
func nextDigest(prev Digest, block pastel.BlockHash, events []Event) Digest {
	b := []byte{'['}
	for i := range events {
		if events[i].Type == TicketRejected {
			continue
		}
		if len(b) > 1 {
			b = append(b, ',')
		}
		b = events[i].appendJSON(b)
	}
	return chainDigest(prev, block, append(b, ']'))
}

// NextDigest is the ledger digest after a block, from the one before it and the canonical JSON of the block's events without
// ticket.rejected (protocol 9).
func NextDigest(prev Digest, block pastel.BlockHash, events []string) Digest {
	return chainDigest(prev, block, []byte("["+strings.Join(events, ",")+"]"))
}

func chainDigest(prev Digest, block pastel.BlockHash, events []byte) Digest {
	h := sha256.New()
	h.Write(prev[:])
	h.Write(block[:])
	h.Write(events)
	return Digest(h.Sum(nil))
}
