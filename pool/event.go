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

// EventType is the type of an event (protocol 9). Its values are part of the ledger digest and never change. A new type, or another field
// of an old one, changes digests and so is a change of the rules: it needs a fork (Params says how), and the rules emit it only where the
// fork is active. docs/architecture.md, "Where to make a change", lists all places that a type of event has.
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

// EventRow describes all events of a type (protocol 9).
type EventRow struct {
	Type     EventType
	Has      EventFields // other than height, type and pool
	After    Status      // of the pool after the event; 0 if the event does not change it
	Alerted  bool        // subscribers who follow the pool get an alert
	ByTicket bool        // an accepted ticket causes it
	Minor    bool        // lists of recent activity omit it: it is frequent, accompanies another event, or has lists of its own

	words func(*Event, Payees) string
}

// EventFields is the set of fields that an event has.
type EventFields uint16

// The fields. Every event has height and type. It has a pool unless it is InNoPool.
const (
	HasAmount EventFields = 1 << iota
	HasCoins
	HasOffered
	HasOwner // and PastelID, of a pledge
	HasRole
	HasForfeited
	HasPayout // outputs and change
	HasTxID
	HasReputation // PastelID and points
	HasReason
	InNoPool

	hasPledge = HasCoins | HasOffered | HasOwner
)

// events is the one place that lists the types of events, in the order of protocol 9.
var events = [...]EventRow{
	{Type: PoolCreated, After: Subscribing, ByTicket: true, words: says("The pool opened for pledges.")},
	{Type: PoolExpired, After: Expired, Alerted: true,
		words: says("The pool expired because it was not activated in time. Its pledges are released.")},
	{Type: PoolDissolved, After: Dissolved, Alerted: true,
		words: says("The pool dissolved because it was short of collateral for too long. Its pledges are released, and their earnings are paid out.")},
	{Type: PoolActivated, Has: HasCoins, After: Active, ByTicket: true,
		words: ofCoins("The operator activated the pool with %s PSL. It now backs a Supernode.")},
	{Type: PoolReplenishing, Has: HasCoins, After: Replenishing, Alerted: true,
		words: ofCoins("The pool fell short of collateral: its members have only %s PSL. Its Supernode pauses until more coins are pledged.")},
	{Type: PoolRestored, Has: HasCoins, After: Active, Alerted: true,
		words: ofCoins("The pool has enough collateral again: its members have %s PSL. Its Supernode resumes.")},
	{Type: PoolLowCollateral, Has: HasCoins, // alerts watch the cushion themselves, with a threshold of their own
		words: ofCoins("Less than half of the pool's cushion is left: its members have %s PSL.")},
	{Type: PoolClosed, Has: HasAmount, After: Closed, Alerted: true, words: closedWords},
	{Type: PledgeAccepted, Has: hasPledge | HasRole, ByTicket: true, words: acceptedWords},
	{Type: PledgeAmended, Has: hasPledge | HasRole, Alerted: true, ByTicket: true, words: amendedWords},
	{Type: PledgePromoted, Has: hasPledge, Alerted: true, words: promotedWords},
	{Type: PledgeReduced, Has: hasPledge, Alerted: true, words: reducedWords},
	{Type: PledgeMoved, Has: HasOwner, Minor: true,
		words: ofPastelID("%s moved coins within a pledged address. The pledge stays in force.")},
	{Type: PledgeReleased, Has: HasOwner, Minor: true, words: ofPastelID("The pool released a pledge by %s.")},
	{Type: PledgeLeft, Has: hasPledge | HasRole | HasForfeited, Alerted: true, words: leftWords},
	{Type: RewardReceived, Has: HasAmount, Minor: true, words: ofAmount("The pool received %s PSL.")},
	{Type: RewardForfeited, Has: HasAmount, Minor: true, words: ofAmount("The pool shared out %s PSL that leaving members forfeited.")},
	{Type: PayoutSettled, Has: HasTxID | HasPayout, Alerted: true, words: settledWords},
	{Type: PayoutPaid, Has: HasTxID, Alerted: true, words: ofTxID("Payout %s was mined: it is paid.")},
	{Type: PayoutCancelled, Has: HasTxID, words: ofTxID("Payout %s was not mined in time and is cancelled. The pool owes its payments again.")},
	{Type: ReputationChanged, Has: HasReputation | InNoPool, Minor: true, words: reputationWords},
	{Type: TicketRejected, Has: HasTxID | HasReason | InNoPool, Minor: true, words: rejectedWords},
}

var rowOf = func() map[EventType]EventRow {
	rows := make(map[EventType]EventRow, len(events))
	for _, row := range events {
		rows[row.Type] = row
	}
	return rows
}()

// Row returns the row of the type, or the zero row if the type does not exist.
func (t EventType) Row() EventRow { return rowOf[t] }

// EventTypes lists every type of event, in the order of protocol 9.
func EventTypes() []EventType {
	list := make([]EventType, len(events))
	for i, row := range events {
		list[i] = row.Type
	}
	return list
}

// EventTypesWhere lists the types of events whose rows are wanted, in the order of protocol 9.
func EventTypesWhere(wanted func(EventRow) bool) (list []EventType) {
	for _, row := range events {
		if wanted(row) {
			list = append(list, row.Type)
		}
	}
	return list
}

// Payment is an output of a payout, other than the change.
type Payment struct {
	Amount pastel.Amount // patoshi
	To     pastel.Address
}

// Event is one thing that happened in a block. The type decides which fields are set (protocol 9).
type Event struct {
	Height    pastel.Height
	Type      EventType
	Pool      ticket.PoolID // empty for reputation.changed and ticket.rejected
	PastelID  string
	Owner     pastel.KeyHash // of the pledged address
	Coins     int64          // counted PSL of the pool or the pledge
	Offered   int64          // PSL
	Role      Role
	Amount    pastel.Amount // patoshi
	Forfeited pastel.Amount // patoshi
	TxID      pastel.TxID
	Reason    ticket.Reason
	Outputs   []Payment     // without the change
	Change    pastel.Amount // patoshi
	Points    int
	Pledge    uint64 // in pledge.* events, the pledge's join order over all pools; not part of the JSON
}

// Paid returns the sum of a settled payout's outputs in patoshi, or 0 for other events.
func (e *Event) Paid() (sum pastel.Amount) {
	for _, out := range e.Outputs {
		sum += out.Amount
	}
	return sum
}

// MarshalJSON returns the event's canonical JSON (RFC 8785): exactly the fields that protocol 9 names, sorted.
func (e Event) MarshalJSON() ([]byte, error) { return e.appendJSON(nil), nil }

// appendJSON writes the members in the order of their names. No string in an event needs an escape: identifiers consist of Base58
// digits, hex digits, or the characters of pool ids, reasons and types.
func (e *Event) appendJSON(b []byte) []byte {
	w := objectWriter{append(b, '{'), true}
	has := e.Type.Row().Has
	if has&HasAmount != 0 {
		w.integer("amount", int64(e.Amount))
	}
	if has&HasPayout != 0 {
		w.integer("change", int64(e.Change))
	}
	if has&HasCoins != 0 {
		w.integer("coins", e.Coins)
	}
	if has&HasForfeited != 0 {
		w.integer("forfeited", int64(e.Forfeited))
	}
	w.integer("height", int64(e.Height))
	if has&HasOffered != 0 {
		w.integer("offered", e.Offered)
	}
	if has&HasPayout != 0 {
		w.payments("outputs", e.Outputs)
	}
	if has&HasOwner != 0 {
		w.hex("owner", e.Owner[:])
	}
	if has&(HasOwner|HasReputation) != 0 {
		w.text("pastelid", e.PastelID)
	}
	if has&HasReputation != 0 {
		w.integer("points", int64(e.Points))
	}
	if has&InNoPool == 0 {
		w.text("pool", string(e.Pool))
	}
	if has&HasReason != 0 {
		w.text("reason", string(e.Reason))
	}
	if has&HasRole != 0 {
		w.text("role", e.Role.String())
	}
	if has&HasTxID != 0 {
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

// digestRoom is the number of bytes of events that are hashed at once: a block can have hundreds of megabytes of them.
const digestRoom = 1 << 16

// nextDigest chains a block's events to the digest before it. It leaves out rejected tickets.
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

// NextDigest returns the ledger digest after a block, computed from the digest before it and the canonical JSON of the block's events
// without ticket.rejected (protocol 9).
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
