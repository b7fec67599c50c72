package wire

import (
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Moment is a block with its date.
type Moment struct {
	Height    pastel.Height `json:"height" doc:"Block height."`
	Time      time.Time     `json:"time" doc:"Time of the block. Of a block that is still to come, an estimate: 150 seconds a block."`
	Estimated bool          `json:"estimated,omitempty" doc:"The block is still to come."`
}

// Tip names the block that an answer is of.
type Tip struct {
	Height pastel.Height `json:"height" doc:"Block height."`
	Hash   string        `json:"hash" doc:"Block hash."`
	Time   time.Time     `json:"time" doc:"Time of the block."`
	Digest string        `json:"digest" doc:"Ledger digest after the block: nodes with equal digests agree on all of history."`
}

// Parameters are the network's rules that people need to decide.
type Parameters struct {
	Collateral          int64         `json:"collateral_coins" doc:"Coins a Supernode needs, PSL."`
	MinPledge           int64         `json:"min_pledge_coins" doc:"Least pledge, PSL."`
	PledgeConfirmations pastel.Height `json:"pledge_confirmations" doc:"Confirmations an output needs before it can be pledged; 100 if it is a coinbase's."`
	CoinbaseMaturity    pastel.Height `json:"coinbase_maturity" doc:"Blocks from a settlement until its payout can be mined."`
	SettlementInterval  pastel.Height `json:"settlement_interval" doc:"Blocks from a settlement of a pool to the next."`
	RecoveryInterval    pastel.Height `json:"recovery_interval" doc:"Blocks in which a point of reputation returns."`
	ActivationGrace     pastel.Height `json:"activation_grace" doc:"Blocks after the subscription period in which a pool can still be activated."`
	PayoutExpiry        pastel.Height `json:"payout_expiry" doc:"Blocks for which a payout stays valid."`
	MaxPledges          int           `json:"max_pledges" doc:"Pledges a pool can have."`
	TicketFee           pastel.Amount `json:"ticket_fee" doc:"Fee of a smart pool ticket, patoshi."`
	LeastReputation     int           `json:"least_reputation" doc:"Reputation a pledge takes."`
	MinPayout           pastel.Amount `json:"min_payout" doc:"Least claim that a payout of a live pool pays, patoshi; smaller ones are kept until they have grown."`
	Dust                pastel.Amount `json:"dust" doc:"The same of a pool that ended, patoshi."`
}

// Status is how the ledger and its daemon are.
type Status struct {
	Network    string     `json:"network" doc:"Name of the network."`
	Version    string     `json:"version" doc:"Version of the program."`
	Start      int32      `json:"start_height" doc:"First block in which the rules hold."`
	Shadow     bool       `json:"shadow" doc:"Nobody enforces the rules on this network yet: all this is what enforcement would do."`
	Tip        Tip        `json:"tip"`
	Ready      bool       `json:"ready" doc:"The ledger is where the node is."`
	Trouble    string     `json:"trouble,omitempty" doc:"Why it is not ready."`
	ReadOnly   bool       `json:"read_only" doc:"This daemon only reads what another one writes."`
	Parameters Parameters `json:"parameters"`
}

// Statistics are sums over the network.
type Statistics struct {
	Tip            Tip            `json:"tip"`
	Pools          map[string]int `json:"pools" doc:"Pools by status."`
	Members        int            `json:"members" doc:"PastelIDs whose pledges earn."`
	Counted        int64          `json:"counted_coins" doc:"Members' coins that back Supernodes and earn, PSL."`
	Offered        int64          `json:"offered_coins" doc:"What all live pledges offer, PSL."`
	Supernodes     int            `json:"supernodes" doc:"Active pools: each backs one Supernode."`
	Escrowed       pastel.Amount  `json:"escrowed" doc:"Rewards in escrow, patoshi."`
	Income         pastel.Amount  `json:"income" doc:"Rewards received since the beginning, patoshi."`
	Paid           pastel.Amount  `json:"paid" doc:"Paid out since the beginning, patoshi."`
	PayoutsPending int            `json:"payouts_pending" doc:"Payouts that are settled and not mined."`
	Operators      int            `json:"operators" doc:"Operators of live pools."`
}

// Yield is what a PSL earns in a year if income goes on as it was.
type Yield struct {
	Percent string `json:"percent" doc:"Percent a year of coins that count, after the operator's fee."`
	Basis   string `json:"basis" enum:"pool,network" doc:"Whose income it is computed from: the pool's own, or the average of the network's active pools."`
	Blocks  int64  `json:"blocks" doc:"Blocks that the income was taken from."`
}

// PoolTerms is what a pool is, and where it is in its life.
type PoolTerms struct {
	ID        string  `json:"id" doc:"Pool id, label.hash: the hash is of all its terms."`
	Company   string  `json:"company" doc:"Operator's name, as the operator wrote it. Anybody can write any name."`
	Operator  string  `json:"operator" doc:"Operator's PastelID."`
	Supernode string  `json:"supernode" doc:"Supernode's PastelID."`
	Status    string  `json:"status" enum:"subscribing,active,replenishing,dissolved,expired,closed" doc:"Where the pool is in its life."`
	Fee       string  `json:"fee_percent" doc:"Operator's fee, percent of the rewards."`
	Factor    string  `json:"factor" doc:"Overcollateralization factor."`
	Required  int64   `json:"required_coins" doc:"Coins the Supernode needs, PSL."`
	Target    int64   `json:"target_coins" doc:"Coins with the cushion, PSL."`
	Period    int64   `json:"period_blocks" doc:"Subscription period: how long pledges are taken, and how long the pool may be short."`
	Opened    Moment  `json:"opened"`
	Activated *Moment `json:"activated,omitempty"`
	Ended     *Moment `json:"ended,omitempty" doc:"Dissolved or expired."`
}

// Pool is a pool in a list, as it is now.
type Pool struct {
	PoolTerms
	Counted        int64   `json:"counted_coins" doc:"What backs the Supernode and earns, PSL. While subscribing all that is offered counts, and earns nothing yet."`
	Offered        int64   `json:"offered_coins" doc:"What all live pledges offer, PSL."`
	Cushion        int64   `json:"cushion_coins" doc:"Coins that may leave before the Supernode stops, PSL; below zero if some are lacking."`
	LeastPledge    int64   `json:"least_pledge_coins" doc:"Least coins of a new pledge in the next block, PSL; 0 if the pool takes none."`
	Waits          bool    `json:"waits,omitempty" doc:"Nothing of a new pledge would count for now: it waits in line, and earns nothing until coins of others leave."`
	Members        int     `json:"members" doc:"Pledges that earn."`
	Standby        int     `json:"standby" doc:"Pledges that wait for a place."`
	Plain          int     `json:"plain" doc:"Pledges before activation."`
	JoinUntil      *Moment `json:"join_until,omitempty" doc:"Last block that takes pledges, while subscribing or replenishing."`
	ActivateUntil  *Moment `json:"activate_until,omitempty" doc:"Last block in which the pool can be activated, while subscribing."`
	Deadline       *Moment `json:"deadline,omitempty" doc:"While replenishing: after this block the pool is dissolved."`
	NextSettlement *Moment `json:"next_settlement,omitempty" doc:"What is earned until then is paid; who leaves before forfeits it."`
	Yield          *Yield  `json:"yield,omitempty" doc:"Left out if nothing is known yet."`
	CountsWith     int64   `json:"counts_with_coins,omitempty" doc:"What would count of a new pledge of the coins that were asked for, PSL: before activation, if the operator lists it. Left out if nothing would."`
	YieldWith      *Yield  `json:"yield_with,omitempty" doc:"The yield with such a pledge in the pool, of its coins that count; left out if none would."`
	Reputation     int     `json:"operator_reputation" doc:"Reputation of the operator's PastelID."`
	Low            bool    `json:"low,omitempty" doc:"Less than half of the cushion is left."`
	Broken         bool    `json:"broken,omitempty" doc:"Shadow run: the escrow was spent against the rules. Since then nothing is shared out or paid."`
}

// PoolDetail is all about a pool.
type PoolDetail struct {
	Tip Tip `json:"tip"`
	Pool
	FeeAddress   string           `json:"fee_address" doc:"Address of the operator's fee."`
	Escrow       string           `json:"escrow" doc:"Where the Supernode is paid. Never send coins there: they would be shared out."`
	InitTx       string           `json:"init_txid"`
	ActivationTx string           `json:"activation_txid,omitempty" doc:"The Supernode's collateral reference is this id and index 4294967295."`
	Escrowed     pastel.Amount    `json:"escrowed" doc:"Rewards in escrow, patoshi."`
	Accrued      pastel.Amount    `json:"accrued" doc:"Earned by members since the last settlement, patoshi."`
	OperatorFee  pastel.Amount    `json:"operator_accrued" doc:"Earned by the operator since the last settlement, patoshi."`
	Carry        pastel.Amount    `json:"carry" doc:"Not yet shared out, patoshi."`
	Claims       []Claim          `json:"claims" doc:"Settled and not yet in a payout."`
	Pending      []Payout         `json:"pending" doc:"Payouts that are settled and not mined."`
	Income       pastel.Amount    `json:"income" doc:"Rewards received since the pool opened, patoshi."`
	Rewards      int64            `json:"rewards" doc:"Number of them."`
	Forfeited    pastel.Amount    `json:"forfeited" doc:"Given up by leavers to the others, patoshi."`
	Paid         pastel.Amount    `json:"paid" doc:"Paid out, patoshi."`
	Critical     *CriticalMembers `json:"critical_members,omitempty" doc:"Of an active pool."`
	Participants []PoolPledge     `json:"pledges" doc:"Live pledges, in join order."`
	Forecast     *PayoutOutlook   `json:"forecast,omitempty" doc:"The next settlement, if income goes on as it was; left out if it would pay nothing."`
}

// Supernode is how a pool's Supernode is doing: by the rules, and by the list of the node that this daemon follows.
type Supernode struct {
	Tip      Tip     `json:"tip"`
	Pool     string  `json:"pool"`
	State    string  `json:"state" enum:"running,paused,gone,elsewhere,ended,unknown" doc:"running: listed, and paid to the escrow. paused: the pool is short of collateral. gone: the pool is active and the node lists no working Supernode of it. elsewhere: listed with another payee than the escrow. ended: the pool is over. unknown: this daemon has no node's list."`
	Text     string  `json:"text" doc:"What that means, and what to do."`
	TxID     string  `json:"txid" doc:"Activation: the collateral reference is this id and index 4294967295."`
	Escrow   string  `json:"escrow" doc:"Where it is to be paid. Never send coins there: they would be shared out."`
	Listed   string  `json:"listed,omitempty" doc:"The node's word for it, such as ENABLED."`
	Payee    string  `json:"payee,omitempty" doc:"Where the node's list has it paid."`
	Address  string  `json:"address,omitempty" doc:"Its machine, by the node's list."`
	LastPaid *Moment `json:"last_paid,omitempty" doc:"The last block in which the pool received income."`
}

// CriticalMembers are a smallest group whose leaving would stop the Supernode, together or one after the other.
type CriticalMembers struct {
	Members []string `json:"members" doc:"Their PastelIDs, each once. The same person may have several."`
	Coins   int64    `json:"coins" doc:"What they offer together, PSL, whether it counts or waits."`
}

// PayoutOutlook is what a settlement will bring.
type PayoutOutlook struct {
	At     Moment        `json:"at"`
	Amount pastel.Amount `json:"amount" doc:"What it should pay: claims, what is accrued now and what should come until then, but for claims below the least that is paid, patoshi."`
	Mined  Moment        `json:"mined" doc:"The first block that its payout can be in."`
}

// Claim is settled money that is not in a payout yet.
type Claim struct {
	Pool    string        `json:"pool"`
	Address string        `json:"address"`
	Amount  pastel.Amount `json:"amount" doc:"Patoshi."`
}

// PoolPledge is a live pledge as its pool sees it.
type PoolPledge struct {
	Seq      uint64        `json:"seq" doc:"Join order over all pools."`
	PastelID string        `json:"pastelid"`
	Address  string        `json:"address" doc:"Address that is pledged."`
	Reward   string        `json:"reward_address" doc:"Address that rewards are paid to."`
	Offered  int64         `json:"offered_coins" doc:"What the pledge offers, PSL."`
	Counted  int64         `json:"counted_coins" doc:"What of the offer backs the Supernode and earns, PSL; the rest waits in line. A plain pledge counts whole, and earns nothing yet."`
	Held     int64         `json:"held_coins" doc:"What it counted at the last settlement, PSL: its share of what others forfeit."`
	Role     string        `json:"role" enum:"plain,member,standby" doc:"A member earns, a standby waits for a place, plain is a pledge before activation."`
	Share    string        `json:"share_percent" doc:"Part of the members' coins, percent."`
	Since    *Moment       `json:"member_since,omitempty"`
	Accrued  pastel.Amount `json:"accrued" doc:"Earned since the last settlement, patoshi. Who leaves before the next forfeits it."`
}

// Position is a live pledge as its owner sees it.
type Position struct {
	PoolPledge
	Pool           string  `json:"pool"`
	Company        string  `json:"company" doc:"Operator's name."`
	Status         string  `json:"status" enum:"subscribing,active,replenishing" doc:"Of the pool."`
	Joined         Moment  `json:"joined"`
	Amended        *Moment `json:"amended,omitempty" doc:"When its owner last raised the offer or changed the reward address."`
	PoolCounted    int64   `json:"pool_counted_coins" doc:"What all pledges of the pool count together, PSL; plain ones whole."`
	NextSettlement *Moment `json:"next_settlement,omitempty"`
	Leaving        Leaving `json:"leaving"`
}

// Leaving is what spending the pledged coins costs.
type Leaving struct {
	Free       int64         `json:"free_coins" doc:"Coins that may be spent without any loss, PSL: they wait in line. The pledge then offers less, or ends if it counts nothing."`
	Forfeits   pastel.Amount `json:"forfeits" doc:"What would be lost in the next block, patoshi."`
	Reputation int           `json:"reputation" doc:"Points that would be lost. Each pledge that ends costs its own, as far as there are any left."`
	Has        int           `json:"reputation_now" doc:"Points that the PastelID has."`
	Better     *Moment       `json:"better,omitempty" doc:"From this block on nothing earned so far would be lost: it is settled by then."`
}

// Pledge is a pledge that was accepted at some time.
type Pledge struct {
	Seq       int64         `json:"seq" doc:"Join order over all pools."`
	Pool      string        `json:"pool"`
	PastelID  string        `json:"pastelid"`
	Address   string        `json:"address" doc:"Address that is pledged."`
	Reward    string        `json:"reward_address" doc:"Address that rewards go to."`
	Offered   int64         `json:"offered_coins" doc:"What it offers, PSL: what its last ticket names, or what is left of it since coins that waited in line were spent."`
	Ticket    string        `json:"ticket" doc:"Transaction of its last ticket: the one that made it, or an amendment."`
	Output    string        `json:"output" doc:"The output that its last ticket names, txid:vout."`
	Joined    Moment        `json:"joined"`
	Amended   *Moment       `json:"amended,omitempty" doc:"When its owner last raised the offer or changed the reward address."`
	Ended     *Moment       `json:"ended,omitempty"`
	Outcome   string        `json:"outcome,omitempty" enum:"pledge.left,pledge.released" doc:"How it ended."`
	Forfeited pastel.Amount `json:"forfeited,omitempty" doc:"Given up by leaving, patoshi."`
}

// Account is what one PastelID or address has in pools.
type Account struct {
	Tip        Tip           `json:"tip"`
	PastelID   string        `json:"pastelid,omitempty" doc:"If it was asked for by PastelID."`
	Address    string        `json:"address,omitempty" doc:"If it was asked for by address."`
	Registered bool          `json:"registered" doc:"The PastelID is registered on the chain; it must be to pledge."`
	Reputation int           `json:"reputation" doc:"0 to 100; of a PastelID."`
	Tarnished  bool          `json:"tarnished,omitempty" doc:"It lost reputation at some time."`
	Positions  []Position    `json:"positions" doc:"Live pledges."`
	Past       int           `json:"past" doc:"Pledges that ended."`
	Elsewhere  int           `json:"paid_elsewhere,omitempty" doc:"Of an address: live pledges that were paid to it once, and are paid elsewhere since they were amended."`
	Offered    int64         `json:"offered_coins" doc:"What the live pledges offer, PSL."`
	Counted    int64         `json:"counted_coins" doc:"What of it backs Supernodes and earns, PSL: members' coins."`
	Accrued    pastel.Amount `json:"accrued" doc:"Earned since the last settlements, patoshi: lost by leaving now."`
	Claims     []Claim       `json:"claims" doc:"Settled, in no payout yet, of the account's reward addresses."`
	Claimed    pastel.Amount `json:"claimed" doc:"Sum of the claims, patoshi."`
	Pending    []Payment     `json:"pending" doc:"What comes from payouts that are settled and not mined yet, a sum for each payout."`
	Credited   pastel.Amount `json:"credited" doc:"Everything ever settled, patoshi."`
	Paid       pastel.Amount `json:"paid" doc:"Everything ever paid to the account's reward addresses, those before an amendment included, patoshi."`
	SharedWith []string      `json:"shared_with,omitempty" doc:"Other PastelIDs that a pool pays or paid to the same address, at most ten: claims, pending and paid are of all of them together."`
	EscrowOf   string        `json:"escrow_of,omitempty" doc:"The address is this pool's escrow: never send coins there."`
	Operates   []string      `json:"operates" doc:"Pools that it operates."`
}

// Payment is an account's part of a payout.
type Payment struct {
	Payout    string        `json:"txid" doc:"The payout's transaction."`
	Pool      string        `json:"pool"`
	Address   string        `json:"address,omitempty" doc:"That is paid, if it is one."`
	Addresses int           `json:"addresses" doc:"How many of the account's addresses are paid."`
	Amount    pastel.Amount `json:"amount" doc:"Patoshi."`
	Status    string        `json:"status" enum:"pending,paid,cancelled"`
	Settled   Moment        `json:"settled"`
	From      Moment        `json:"valid_from" doc:"First block it can be mined in."`
	Paid      *Moment       `json:"paid,omitempty"`
}

// Payout is a payout transaction.
type Payout struct {
	TxID      string        `json:"txid"`
	Pool      string        `json:"pool"`
	Status    string        `json:"status" enum:"pending,paid,cancelled" doc:"Cancelled ones were not mined in time; what they paid is owed again."`
	Settled   Moment        `json:"settled"`
	From      Moment        `json:"valid_from" doc:"First block it can be mined in."`
	To        Moment        `json:"valid_to" doc:"Last block it can be mined in."`
	Paid      *Moment       `json:"paid,omitempty"`
	Cancelled *Moment       `json:"cancelled,omitempty"`
	Amount    pastel.Amount `json:"amount" doc:"Paid to all, patoshi."`
	Change    pastel.Amount `json:"change" doc:"Back to escrow, patoshi."`
	Outputs   int           `json:"outputs" doc:"How many are paid."`
}

// PayoutDetail is all about a payout.
type PayoutDetail struct {
	Tip Tip `json:"tip"`
	Payout
	Payments []Output `json:"payments" doc:"In the order of the transaction, without the change."`
	Hex      string   `json:"hex" doc:"The transaction. It needs no signature, and nobody can change it. Upgraded miners put it into their blocks; no mempool takes it."`
}

// Output is a payment of a payout.
type Output struct {
	Address string        `json:"address"`
	Amount  pastel.Amount `json:"amount" doc:"Patoshi."`
}

// Credit is income that was settled: it cannot be forfeited any more.
type Credit struct {
	At       Moment        `json:"at"`
	Pool     string        `json:"pool"`
	PastelID string        `json:"pastelid,omitempty" doc:"Unknown for late income of a dissolved pool."`
	Address  string        `json:"address"`
	Amount   pastel.Amount `json:"amount" doc:"Patoshi."`
}

// Event is something that happened in a block.
type Event struct {
	Height    pastel.Height `json:"height"`
	Position  int64         `json:"position" doc:"In the block."`
	Time      time.Time     `json:"time" doc:"Of the block."`
	Type      string        `json:"type" enum:"pool.created,pool.expired,pool.dissolved,pool.activated,pool.replenishing,pool.restored,pool.low_collateral,pool.closed,pledge.accepted,pledge.amended,pledge.promoted,pledge.reduced,pledge.moved,pledge.released,pledge.left,reward.received,reward.forfeited,payout.settled,payout.paid,payout.cancelled,reputation.changed,ticket.rejected" doc:"What happened, as in the protocol."`
	Pool      string        `json:"pool,omitempty"`
	PastelID  string        `json:"pastelid,omitempty"`
	Owner     string        `json:"owner,omitempty" doc:"Pubkey hash of the pledged address, hex."`
	Coins     int64         `json:"coins,omitempty" doc:"What counts, of the pool or the pledge, PSL; left out if nothing does. Of pledge.left, before it."`
	Offered   int64         `json:"offered,omitempty" doc:"What the pledge offers, PSL. Of pledge.left, before it."`
	Role      string        `json:"role,omitempty" enum:"plain,member,standby" doc:"Of the pledge in its pool; of pledge.left, before it."`
	Amount    pastel.Amount `json:"amount,omitempty" doc:"Received or forfeited; of payout.settled, all it pays; of pool.closed, what is left in escrow. Patoshi."`
	Change    pastel.Amount `json:"change,omitempty" doc:"Of payout.settled: what goes back to escrow, patoshi."`
	Forfeited pastel.Amount `json:"forfeited,omitempty" doc:"By who left, patoshi."`
	TxID      string        `json:"txid,omitempty"`
	Reason    string        `json:"reason,omitempty" doc:"Why a ticket was rejected; stable."`
	Points    *int          `json:"points,omitempty" doc:"Reputation afterwards."`
	Text      string        `json:"text" doc:"The event in plain words."`
}

// Point is what happened to a pool in some blocks, for charts.
type Point struct {
	From     Moment        `json:"from" doc:"First block."`
	Income   pastel.Amount `json:"income" doc:"Patoshi."`
	Forfeits pastel.Amount `json:"forfeits" doc:"Patoshi."`
	Paid     pastel.Amount `json:"paid" doc:"By payouts that were mined, patoshi."`
}

// Series is a pool's income over time.
type Series struct {
	Tip    Tip     `json:"tip"`
	Blocks int64   `json:"blocks" doc:"Blocks a point stands for."`
	Points []Point `json:"points" doc:"Those in which nothing happened are left out."`
}

// Operator is an operator's record.
type Operator struct {
	PastelID   string         `json:"pastelid"`
	Companies  []string       `json:"companies" doc:"Names the operator gave."`
	Reputation int            `json:"reputation" doc:"0 to 100."`
	Pools      map[string]int `json:"pools" doc:"By status."`
	IDs        []string       `json:"pool_ids"`
	Since      Moment         `json:"since" doc:"The first pool."`
	Dissolved  int            `json:"dissolved" doc:"Pools that were not replenished in time, closed ones included."`
	Expired    int            `json:"expired" doc:"Pools that were never activated, closed ones included."`
	Counted    int64          `json:"counted_coins" doc:"Members' coins: they back the Supernodes and earn, PSL."`
	Income     pastel.Amount  `json:"income" doc:"Rewards received by the pools, patoshi."`
	Paid       pastel.Amount  `json:"paid" doc:"Paid out, patoshi."`
	Payouts    int64          `json:"payouts" doc:"Payouts that were mined."`
	Cancelled  int64          `json:"payouts_cancelled" doc:"Payouts that were not mined in time."`
	Replenish  int64          `json:"replenished" doc:"Times a pool fell short of collateral."`
	Left       int64          `json:"left" doc:"Pledges whose owners left."`
	Fees       []string       `json:"fees_percent" doc:"Fees of the pools, percent, lowest first."`
}

// Spend is an unconfirmed transaction that spends pledged coins.
type Spend struct {
	TxID      string        `json:"txid"`
	Pledge    int64         `json:"pledge" doc:"Join order over all pools."`
	Pool      string        `json:"pool"`
	PastelID  string        `json:"pastelid"`
	Leaves    bool          `json:"leaves" doc:"The pledge would end."`
	Reduces   bool          `json:"reduces" doc:"The pledge would offer only what counts: coins that wait in line are spent. If neither, it follows the coins."`
	Forfeited pastel.Amount `json:"forfeited" doc:"What would be lost, patoshi."`
	Seen      time.Time     `json:"seen" doc:"When the daemon first saw it."`
}

// Block is a block of the ledger.
type Block struct {
	Tip
	Confirmations pastel.Height `json:"confirmations" doc:"1 for the last block."`
}

// Coin is an unspent output that can back pledges, or does.
type Coin struct {
	Output  string        `json:"output"`
	Address string        `json:"address"`
	Value   pastel.Amount `json:"value" doc:"Patoshi."`
	Since   Moment        `json:"since" doc:"Its block."`
	Backs   bool          `json:"backs" doc:"It backs pledges of its address: who spends it may leave."`
}

// Check is what the next block would make of a ticket.
type Check struct {
	Tip      Tip     `json:"tip"`
	Accepted bool    `json:"accepted" doc:"The ticket would be accepted if the next block held it and nothing else that matters."`
	Kind     string  `json:"kind" doc:"smartpool_init, smartpool_part or smartpool_activate."`
	Pool     string  `json:"pool,omitempty"`
	Amends   *Amends `json:"amends,omitempty" doc:"Of an amendment: the pledge as it is now."`
	Counts   int64   `json:"counts_coins,omitempty" doc:"Of a pledge: what of it would count after the block if nothing else came, PSL; before activation, if the operator lists it."`
	Reason   string  `json:"reason,omitempty" doc:"Why not; stable, as in the protocol."`
	Text     string  `json:"text" doc:"What it means and what to do."`
	Events   []Event `json:"events" doc:"What would happen."`
}

// Amends is what a ticket finds that amends a pledge.
type Amends struct {
	Offered int64  `json:"offered_coins" doc:"What the pledge offers, PSL."`
	Counted int64  `json:"counted_coins" doc:"What of it counts, PSL."`
	Reward  string `json:"reward_address" doc:"Address that rewards are paid to."`
}

// Subscription is who is told what.
type Subscription struct {
	Pool     string   `json:"pool,omitempty" maxLength:"80" pattern:"^([a-z0-9-]{3,32}\\.[0-9a-f]{40})?$" doc:"Pool id: only what is of this pool. At most one of pool, pastelid and operator; none means every pool."`
	PastelID string   `json:"pastelid,omitempty" maxLength:"100" pattern:"^[1-9A-HJ-NP-Za-km-z]*$" doc:"Only its own pledges, and the pools they are in."`
	Operator string   `json:"operator,omitempty" maxLength:"100" pattern:"^[1-9A-HJ-NP-Za-km-z]*$" doc:"PastelID: only the pools it operates."`
	Kinds    []string `json:"kinds,omitempty" maxItems:"20" enum:"cushion.low,pool.replenishing,pool.restored,pool.dissolved,pool.expired,pool.closed,pledge.amended,pledge.promoted,pledge.reduced,pledge.left,pledge.spending,payout.settled,payout.paid,payout.overdue,supernode.payee,supernode.gone,daemon.behind,daemon.halted" doc:"What about; none means all."`
	Cushion  int64    `json:"cushion,omitempty" minimum:"0" maximum:"100" doc:"Per cent of the cushion below which it is low; 0 means 50."`
	Overdue  int64    `json:"overdue,omitempty" minimum:"0" maximum:"5760" doc:"Blocks after which a payout that can be mined is overdue; 0 means 20."`
}

// Subscribe asks for a subscription.
type Subscribe struct {
	URL string `json:"url" maxLength:"2048" doc:"http(s):// is a webhook, anything else a URL of shoutrrr."`
	Subscription
}

// Subscribed is a subscription that stands. Of its URL only what is no secret is shown.
type Subscribed struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	To      string    `json:"to"`
	Subscription
}

// Receipt is what who subscribes gets.
type Receipt struct {
	ID     string `json:"id"`
	Secret string `json:"secret,omitempty" doc:"Signs a webhook's messages; it is not shown again."`
}

// List is a part of a list.
type List[T any] struct {
	Tip   Tip    `json:"tip"`
	Items []T    `json:"items"`
	Next  string `json:"next,omitempty" doc:"Cursor of the rest; left out at the end."`
}
