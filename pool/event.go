package pool

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"hash"
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
	PoolClosed        EventType = "pool.closed"
	PledgeAccepted    EventType = "pledge.accepted"
	PledgeAmended     EventType = "pledge.amended"
	PledgePromoted    EventType = "pledge.promoted"
	PledgeReduced     EventType = "pledge.reduced"
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
		PoolCreated, PoolExpired, PoolDissolved, PoolActivated, PoolReplenishing, PoolRestored, PoolLowCollateral, PoolClosed,
		PledgeAccepted, PledgeAmended, PledgePromoted, PledgeReduced, PledgeMoved, PledgeReleased, PledgeLeft,
		RewardReceived, RewardForfeited, PayoutSettled, PayoutPaid, PayoutCancelled, ReputationChanged, TicketRejected,
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
	Owner     pastel.KeyHash // of the pledged address
	Coins     int64          // PSL counted, of the pool or the pledge
	Offered   int64          // PSL
	Role      Role
	Amount    pastel.Amount // patoshi
	Forfeited pastel.Amount // patoshi
	TxID      pastel.TxID
	Reason    ticket.Reason
	Outputs   []Payment     // without the change
	Change    pastel.Amount // patoshi
	Points    int
	Pledge    uint64 // join order of the pledge of pledge.* events, over all pools; not part of the JSON
}

// MarshalJSON gives the event's canonical JSON (RFC 8785): exactly the fields protocol 9 names, sorted.
func (e Event) MarshalJSON() ([]byte, error) { return e.appendJSON(nil), nil }

// fields says which fields events of a type have beside height, type and pool (protocol 9).
type fields uint16

const (
	hasAmount fields = 1 << iota
	hasCoins
	hasOffered
	hasOwner // and pastelid
	hasRole
	hasForfeited
	hasPayout // outputs and change
	hasTxID
	hasReputation // pastelid and points
	hasReason
	inNoPool

	hasPledge = hasCoins | hasOffered | hasOwner
)

var fieldsOf = map[EventType]fields{
	PoolCreated:       0,
	PoolExpired:       0,
	PoolDissolved:     0,
	PoolActivated:     hasCoins,
	PoolReplenishing:  hasCoins,
	PoolRestored:      hasCoins,
	PoolLowCollateral: hasCoins,
	PoolClosed:        hasAmount,
	PledgeAccepted:    hasPledge | hasRole,
	PledgeAmended:     hasPledge | hasRole,
	PledgePromoted:    hasPledge,
	PledgeReduced:     hasPledge,
	PledgeMoved:       hasOwner,
	PledgeReleased:    hasOwner,
	PledgeLeft:        hasPledge | hasRole | hasForfeited,
	RewardReceived:    hasAmount,
	RewardForfeited:   hasAmount,
	PayoutSettled:     hasTxID | hasPayout,
	PayoutPaid:        hasTxID,
	PayoutCancelled:   hasTxID,
	ReputationChanged: hasReputation | inNoPool,
	TicketRejected:    hasTxID | hasReason | inNoPool,
}

// appendJSON writes the members in the order of their names. No string in an event needs escaping: identifiers are
// Base58, hex, or of the alphabets of pool ids, reasons and types.
func (e *Event) appendJSON(b []byte) []byte {
	w := objectWriter{append(b, '{'), true}
	has := fieldsOf[e.Type]
	if has&hasAmount != 0 {
		w.integer("amount", int64(e.Amount))
	}
	if has&hasPayout != 0 {
		w.integer("change", int64(e.Change))
	}
	if has&hasCoins != 0 {
		w.integer("coins", e.Coins)
	}
	if has&hasForfeited != 0 {
		w.integer("forfeited", int64(e.Forfeited))
	}
	w.integer("height", int64(e.Height))
	if has&hasOffered != 0 {
		w.integer("offered", e.Offered)
	}
	if has&hasPayout != 0 {
		w.payments("outputs", e.Outputs)
	}
	if has&hasOwner != 0 {
		w.hex("owner", e.Owner[:])
	}
	if has&(hasOwner|hasReputation) != 0 {
		w.text("pastelid", e.PastelID)
	}
	if has&hasReputation != 0 {
		w.integer("points", int64(e.Points))
	}
	if has&inNoPool == 0 {
		w.text("pool", string(e.Pool))
	}
	if has&hasReason != 0 {
		w.text("reason", string(e.Reason))
	}
	if has&hasRole != 0 {
		w.text("role", e.Role.String())
	}
	if has&hasTxID != 0 {
		w.text("txid", e.TxID.String())
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

func (w *objectWriter) hex(name string, v []byte) {
	w.name(name)
	w.b = append(w.b, '"')
	w.b = hex.AppendEncode(w.b, v)
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

// digestRoom is how many bytes of events are hashed at once: those of a block can be hundreds of megabytes.
const digestRoom = 1 << 16

// nextDigest chains a block's events to the digest before it; rejected tickets do not count.
func nextDigest(prev Digest, block pastel.BlockHash, events []Event) Digest {
	h := beginDigest(prev, block)
	b := []byte{'['}
	separated := true
	for i := range events {
		if events[i].Type == TicketRejected {
			continue
		}
		if !separated {
			b = append(b, ',')
		}
		separated = false
		if b = events[i].appendJSON(b); len(b) >= digestRoom {
			h.Write(b)
			b = b[:0]
		}
	}
	h.Write(append(b, ']'))
	return Digest(h.Sum(nil))
}

// NextDigest is the ledger digest after a block, from the one before it and the canonical JSON of the block's events without
// ticket.rejected (protocol 9).
func NextDigest(prev Digest, block pastel.BlockHash, events []string) Digest {
	h := beginDigest(prev, block)
	h.Write([]byte("[" + strings.Join(events, ",") + "]"))
	return Digest(h.Sum(nil))
}

func beginDigest(prev Digest, block pastel.BlockHash) hash.Hash {
	h := sha256.New()
	h.Write(prev[:])
	h.Write(block[:])
	return h
}
