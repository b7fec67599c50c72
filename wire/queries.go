package wire

// Queries of the API. Each field sets a URL parameter; zero fields are left out of the request.

type (
	// Page selects a part of a list.
	Page struct {
		Cursor string `query:"cursor" maxLength:"200" doc:"The previous answer's next: continues the list after it."`
		Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"Maximum number of items."`
		Order  string `query:"order" enum:"oldest,newest" default:"oldest" doc:"Which items come first."`
	}
	// Sorted selects a part of a list that can be sorted.
	Sorted struct {
		Cursor string `query:"cursor" maxLength:"200" doc:"The previous answer's next: continues the list after it. Use it with the same sort, order and filters."`
		Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"Maximum number of items."`
		Order  string `query:"order" enum:"ascending,descending" doc:"Left out, dates and fees ascend, so that the oldest or lowest comes first; everything else descends."`
	}
	// AsOf selects the block that a list describes.
	AsOf struct {
		At int64 `query:"at" minimum:"-1" maximum:"2147483647" default:"-1" doc:"Block height: the list as it was after this block. -1 for now."`
	}
	// OfPool selects what concerns a pool.
	OfPool struct {
		Pool string `query:"pool" maxLength:"80" pattern:"^([a-z0-9-]{3,32}\\.[0-9a-f]{40})?$" doc:"Pool id."`
	}
	// OfID selects what concerns a PastelID.
	OfID struct {
		PastelID string `query:"pastelid" maxLength:"100" pattern:"^[1-9A-HJ-NP-Za-km-z]*$" doc:"PastelID."`
	}
	// OfAddress selects what concerns an address.
	OfAddress struct {
		Address string `query:"address" maxLength:"60" pattern:"^[1-9A-HJ-NP-Za-km-z]*$" doc:"Transparent address."`
	}
)

// MaxLimit is the maximum number of items on a page of a list.
const MaxLimit = 1000

// Now stands for the last block where a query takes a height.
const Now = -1

// Values of Page.Order.
const (
	Oldest = "oldest"
	Newest = "newest"
)

// Values of Sorted.Order.
const (
	Ascending  = "ascending"
	Descending = "descending"
)

// Values of PoolQuery.Sort and OperatorQuery.Sort.
const (
	SortOpened  = "opened"
	SortCounted = "counted"
	SortMembers = "members"
	SortRoom    = "room"
	SortFee     = "fee"
	SortSince   = "since"
	SortRewards = "rewards"
)

type (
	// PoolQuery asks for pools.
	PoolQuery struct {
		Status   []string `query:"status" enum:"subscribing,active,replenishing,dissolved,expired,closed" maxItems:"6" doc:"Only pools with these statuses."`
		Operator string   `query:"operator" maxLength:"100" pattern:"^[1-9A-HJ-NP-Za-km-z]*$" doc:"Operator's PastelID: only its pools."`
		Coins    int64    `query:"coins" minimum:"0" maximum:"21000000000" doc:"PSL: also returns what a new pledge of this size would count and yield."`
		Open     bool     `query:"open" doc:"Only pools that accept pledges in the next block."`
		Sort     string   `query:"sort" enum:"opened,counted,members,room,fee" default:"opened" doc:"What the list is sorted by: when the pool opened, its counted coins, its pledges that earn, the coins that can still count until its target is reached, or its fee."`
		Sorted
	}
	// OperatorQuery asks for operators.
	OperatorQuery struct {
		Sort string `query:"sort" enum:"counted,since,rewards" default:"counted" doc:"What the list is sorted by: members' coins, when the first pool opened, or the blocks that paid the pools."`
		Sorted
	}
	// PledgeQuery asks for pledges.
	PledgeQuery struct {
		OfPool
		OfID
		OfAddress
		Reward string `query:"reward" maxLength:"60" pattern:"^[1-9A-HJ-NP-Za-km-z]*$" doc:"Reward address: only pledges that paid it as of the requested block."`
		Live   bool   `query:"live" doc:"Only pledges that had not ended."`
		AsOf
		Page
	}
	// PayoutQuery asks for payouts.
	PayoutQuery struct {
		OfPool
		OfAddress
		Status string `query:"status" enum:"pending,paid,cancelled" doc:"Only payouts with this status."`
		AsOf
		Page
	}
	// CreditQuery asks for settled income.
	CreditQuery struct {
		OfPool
		OfID
		OfAddress
		AsOf
		Page
	}
	// PaymentQuery asks for payments of payouts, by PastelID or address.
	PaymentQuery struct {
		OfID
		OfAddress
		Status string `query:"status" enum:"pending,paid,cancelled" doc:"Only payouts with this status."`
		Page
	}
	// SpendQuery asks for unconfirmed transactions that spend pledged coins.
	SpendQuery struct {
		OfPool
		OfID
		Page
	}
	// CoinQuery asks for the outputs of an address that can back pledges, by value, the largest first, and what they can back: a new pledge or, if
	// the PastelID has a pledge with the address in the pool, that one after an amendment.
	CoinQuery struct {
		OfPool
		OfID
		Cursor string `query:"cursor" maxLength:"200" doc:"The previous answer's next: continues the list after it."`
		Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"50" doc:"Maximum number of items."`
	}
	// EventQuery asks for events.
	EventQuery struct {
		OfPool
		OfID
		Type []string `query:"type" maxItems:"22" enum:"pool.created,pool.expired,pool.dissolved,pool.activated,pool.replenishing,pool.restored,pool.low_collateral,pool.closed,pledge.accepted,pledge.amended,pledge.promoted,pledge.reduced,pledge.moved,pledge.released,pledge.left,reward.received,reward.forfeited,payout.settled,payout.paid,payout.cancelled,reputation.changed,ticket.rejected" doc:"Only events of these types."`
		From int64    `query:"from" minimum:"0" maximum:"2147483647" doc:"First block."`
		To   int64    `query:"to" minimum:"-1" maximum:"2147483647" default:"-1" doc:"Last block; -1 for the ledger's last."`
		Page
	}
	// SeriesQuery asks for a pool's income over time.
	SeriesQuery struct {
		Blocks int64 `query:"blocks" minimum:"0" maximum:"1000000" doc:"Minimum number of blocks per point; 0 chooses one."`
	}
)

// TicketText is a ticket to check.
type TicketText struct {
	Ticket string `json:"ticket" maxLength:"131072" doc:"The ticket's JSON as text: every byte counts."`
}

// Registration is a PastelID to register, signed by its key.
type Registration struct {
	PastelID  string `json:"pastelid" maxLength:"100"`
	Address   string `json:"address" maxLength:"60" doc:"Transparent address that the registration names, such as one of the PastelID's owner."`
	Time      int64  `json:"time" minimum:"0" maximum:"9007199254740991" doc:"When it was signed, seconds since 1970."`
	Signature string `json:"signature" maxLength:"200" doc:"Base64 of the PastelID's Ed448 signature over PastelID, address, 64 zeros, '-0' and the time in decimals, one right after the other."`
}
