package wire

// What the API is asked. A query's field names a parameter of the address, which is left out of a request if the field is zero.

type (
	// Page chooses a part of a list.
	Page struct {
		Cursor string `query:"cursor" maxLength:"200" doc:"The answer before has it as next: continues the list."`
		Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"Items at most."`
		Order  string `query:"order" enum:"oldest,newest" default:"oldest" doc:"What comes first."`
	}
	// AsOf chooses the block that a list is of.
	AsOf struct {
		At int64 `query:"at" minimum:"-1" maximum:"2147483647" default:"-1" doc:"Block height: as it was after this block. -1 for now."`
	}
	// OfPool wants what is of a pool.
	OfPool struct {
		Pool string `query:"pool" maxLength:"80" pattern:"^([a-z0-9-]{3,32}\\.[0-9a-f]{40})?$" doc:"Pool id."`
	}
	// OfID wants what is of a PastelID.
	OfID struct {
		PastelID string `query:"pastelid" maxLength:"100" pattern:"^[1-9A-HJ-NP-Za-km-z]*$" doc:"PastelID."`
	}
	// OfAddress wants what is of an address.
	OfAddress struct {
		Address string `query:"address" maxLength:"60" pattern:"^[1-9A-HJ-NP-Za-km-z]*$" doc:"Transparent address."`
	}
)

// MaxLimit is the most items that a page of a list has.
const MaxLimit = 1000

// Now stands for the last block where a height is asked for.
const Now = -1

// Values of Page.Order.
const (
	Oldest = "oldest"
	Newest = "newest"
)

type (
	// PoolQuery asks for pools.
	PoolQuery struct {
		Status   []string `query:"status" enum:"subscribing,active,replenishing,dissolved,expired,closed" maxItems:"6" doc:"Only these."`
		Operator string   `query:"operator" maxLength:"100" pattern:"^[1-9A-HJ-NP-Za-km-z]*$" doc:"PastelID."`
		Coins    int64    `query:"coins" minimum:"0" maximum:"21000000000" doc:"PSL: also show yields with a pledge of so many coins in the pool."`
		Open     bool     `query:"open" doc:"Only those that take pledges in the next block."`
	}
	// PledgeQuery asks for pledges.
	PledgeQuery struct {
		OfPool
		OfID
		OfAddress
		Reward string `query:"reward" maxLength:"60" pattern:"^[1-9A-HJ-NP-Za-km-z]*$" doc:"Address that rewards go to, as of the block asked for."`
		Live   bool   `query:"live" doc:"Only those that had not ended."`
		AsOf
		Page
	}
	// PayoutQuery asks for payouts.
	PayoutQuery struct {
		OfPool
		OfAddress
		Status string `query:"status" enum:"pending,paid,cancelled" doc:"Only these."`
		AsOf
		Page
	}
	// CreditQuery asks for income that was settled.
	CreditQuery struct {
		OfPool
		OfID
		OfAddress
		AsOf
		Page
	}
	// PaymentQuery asks for parts of payouts.
	PaymentQuery struct {
		OfID
		OfAddress
		Status string `query:"status" enum:"pending,paid,cancelled" doc:"Only these."`
		Page
	}
	// SpendQuery asks for unconfirmed transactions that spend pledged coins.
	SpendQuery struct {
		OfPool
		OfID
	}
	// EventQuery asks for events.
	EventQuery struct {
		OfPool
		OfID
		Type []string `query:"type" maxItems:"22" enum:"pool.created,pool.expired,pool.dissolved,pool.activated,pool.replenishing,pool.restored,pool.low_collateral,pool.closed,pledge.accepted,pledge.amended,pledge.promoted,pledge.reduced,pledge.moved,pledge.released,pledge.left,reward.received,reward.forfeited,payout.settled,payout.paid,payout.cancelled,reputation.changed,ticket.rejected" doc:"Only these."`
		From int64    `query:"from" minimum:"0" maximum:"2147483647" doc:"First block."`
		To   int64    `query:"to" minimum:"-1" maximum:"2147483647" default:"-1" doc:"Last block; -1 for the last there is."`
		Page
	}
	// SeriesQuery asks for a pool's income over time.
	SeriesQuery struct {
		Blocks int64 `query:"blocks" minimum:"0" maximum:"1000000" doc:"Blocks of a point at least; 0 chooses."`
	}
)

// TicketText is a ticket to be checked.
type TicketText struct {
	Ticket string `json:"ticket" maxLength:"131072" doc:"The ticket's JSON, as text: every byte of it counts."`
}
