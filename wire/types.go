package wire

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Moment is a block with its date.
type Moment struct {
	Height    pastel.Height `json:"height" doc:"Block height."`
	Time      time.Time     `json:"time" doc:"Time of the block. For a future block an estimate at 150 seconds per block, never before the time of the answer."`
	Estimated bool          `json:"estimated,omitempty" doc:"The block is in the future."`
}

// Tip names the block that an answer describes.
type Tip struct {
	Height pastel.Height `json:"height" doc:"Block height."`
	Hash   string        `json:"hash" doc:"Block hash."`
	Time   time.Time     `json:"time" doc:"Time of the block."`
	Digest string        `json:"digest" doc:"Ledger digest after the block: nodes with equal digests agree on all of history."`
}

// Parameters are the network's rules that people need for decisions.
type Parameters struct {
	Collateral          int64         `json:"collateral_coins" doc:"Coins that a Supernode needs, PSL."`
	MinPledge           int64         `json:"min_pledge_coins" doc:"Smallest pledge, PSL."`
	PledgeConfirmations pastel.Height `json:"pledge_confirmations" doc:"Confirmations that an output needs before it can be pledged; a coinbase output needs 100."`
	CoinbaseMaturity    pastel.Height `json:"coinbase_maturity" doc:"Blocks from a settlement until its payout can be mined."`
	SettlementInterval  pastel.Height `json:"settlement_interval" doc:"Blocks from one settlement of a pool to the next."`
	RecoveryInterval    pastel.Height `json:"recovery_interval" doc:"Blocks after which one point of reputation returns."`
	ActivationGrace     pastel.Height `json:"activation_grace" doc:"Blocks after the subscription period during which a pool can still be activated."`
	PayoutExpiry        pastel.Height `json:"payout_expiry" doc:"Blocks during which a payout can be mined."`
	MaxPledges          int           `json:"max_pledges" doc:"Maximum number of pledges in a pool."`
	TicketFee           pastel.Amount `json:"ticket_fee" doc:"Fee of a smart pool ticket, patoshi."`
	LeastReputation     int           `json:"least_reputation" doc:"Reputation that pledging requires."`
	MinPayout           pastel.Amount `json:"min_payout" doc:"Smallest claim that a live pool pays, patoshi; smaller ones wait until they have grown."`
	Dust                pastel.Amount `json:"dust" doc:"Smallest claim that an ended pool pays, patoshi."`
}

// Status is the state of the ledger and of its daemon.
type Status struct {
	Network      string         `json:"network" doc:"Name of the network."`
	Version      string         `json:"version" doc:"Version of the program."`
	Start        int32          `json:"start_height" doc:"First block in which the rules apply."`
	Shadow       bool           `json:"shadow" doc:"The network does not enforce the rules yet: answers describe what enforcement would do."`
	Tip          Tip            `json:"tip"`
	Ready        bool           `json:"ready" doc:"The ledger is at the network's tip, as far as the daemon can tell."`
	Trouble      string         `json:"trouble,omitempty" doc:"Why it is not ready."`
	Now          time.Time      `json:"now" doc:"The daemon's clock when it answered."`
	TipAge       *int64         `json:"tip_age,omitempty" doc:"Seconds from the time of the last block to now; negative if the block is dated ahead of the daemon's clock."`
	StaleAfter   int64          `json:"stale_after" doc:"Age of the last block, in seconds, from which on the daemon is not ready; 0 if it never gets too old."`
	NodeHeight   *pastel.Height `json:"node_height,omitempty" doc:"Last block of the node; left out if the daemon follows none."`
	Headers      *pastel.Height `json:"headers,omitempty" doc:"Last block header that the node knows of; left out if it does not say. Above node_height while it downloads the chain."`
	SyncRate     int64          `json:"sync_rate,omitempty" doc:"Blocks stored per second lately; only while the daemon catches up with its node."`
	SyncLeft     int64          `json:"sync_left,omitempty" doc:"Seconds until it has, at this rate."`
	Peers        *int           `json:"peers,omitempty" doc:"Nodes that the node is connected to; left out if it does not say."`
	ReadOnly     bool           `json:"read_only" doc:"This daemon only reads a database that another daemon writes."`
	Behind       *Lag           `json:"behind,omitempty" doc:"How far this daemon is behind the one that writes the database; left out unless it only reads and blocks are announced to it."`
	Database     *Database      `json:"database,omitempty" doc:"What the ledger is stored in."`
	Alerts       *Deliveries    `json:"alerts,omitempty" doc:"What became of alerts to all subscriptions; left out if the daemon sends none."`
	Posting      *Posting       `json:"posting,omitempty" doc:"What the daemon posts for people without a node; left out if it posts nothing."`
	MemberAlerts *MemberAlerts  `json:"member_alerts,omitempty" doc:"Alerts that a PastelID's signature subscribes to; left out if only the token does."`
	Parameters   Parameters     `json:"parameters"`
}

// Database is what a ledger is stored in.
type Database struct {
	Engine string `json:"engine" enum:"sqlite,postgresql" doc:"The database's kind."`
	Schema int64  `json:"schema" doc:"Version of its tables."`
}

// Lag is how far a reading daemon is behind the writing one.
type Lag struct {
	Blocks  int32 `json:"blocks" doc:"Announced blocks that answers do not show yet."`
	Seconds int64 `json:"seconds" doc:"Seconds since the first of them was announced."`
}

// Deliveries counts alerts to all subscriptions.
type Deliveries struct {
	Subscriptions int   `json:"subscriptions" doc:"Subscriptions to alerts."`
	Waiting       int64 `json:"waiting" doc:"Messages that wait to be sent, or to be sent again. Like the next two, it leaves out messages to members."`
	Oldest        int64 `json:"oldest_waiting" doc:"Seconds for which the oldest of them has been waiting; 0 if none is."`
	GivenUp       int64 `json:"given_up" doc:"Messages that are lost: their receivers refused them, or did not take them for days."`
}

// Posting says what a daemon posts, and pays for, for people without a node.
type Posting struct {
	Fee         pastel.Amount `json:"fee" doc:"What the daemon pays for a ticket, patoshi, beside a fraction of a PSL for the transaction."`
	Operators   []string      `json:"operators" doc:"PastelIDs of the operators for whose pools it posts; empty for all pools."`
	TicketsLeft int64         `json:"tickets_left" doc:"How many more tickets its budget pays now."`
	Registers   bool          `json:"registers" doc:"It registers PastelIDs that its operator listed."`
}

// Posted is a ticket that a daemon posted.
type Posted struct {
	TxID    string        `json:"txid" doc:"Transaction that carries the ticket. Its outcome appears once a block holds it."`
	Expires pastel.Height `json:"expires" doc:"Last block that can hold the transaction."`
	Again   bool          `json:"again,omitempty" doc:"This very ticket had been posted before: nothing was posted or paid again."`
}

// Statistics are network totals.
type Statistics struct {
	Tip            Tip            `json:"tip"`
	Pools          map[string]int `json:"pools" doc:"Pools by status."`
	Members        int            `json:"members" doc:"PastelIDs with pledges that earn."`
	Counted        int64          `json:"counted_coins" doc:"Members' coins that back Supernodes and earn, PSL."`
	Offered        int64          `json:"offered_coins" doc:"Coins that all live pledges offer, PSL."`
	Supernodes     int            `json:"supernodes" doc:"Active pools: each backs one Supernode."`
	Escrowed       pastel.Amount  `json:"escrowed" doc:"Rewards in escrow, patoshi."`
	Income         pastel.Amount  `json:"income" doc:"Total rewards received, patoshi."`
	Paid           pastel.Amount  `json:"paid" doc:"Total paid out, patoshi."`
	PayoutsPending int            `json:"payouts_pending" doc:"Payouts settled but not mined yet."`
	Operators      int            `json:"operators" doc:"Operators of live pools."`
}

// Yield is what a PSL earns in a year if income continues at the same rate.
type Yield struct {
	Percent string `json:"percent" doc:"Yearly percentage on coins that count, after the operator's fee."`
	Basis   string `json:"basis" enum:"pool,network" doc:"Source of the income: the pool itself, or the average of the network's active pools."`
	Blocks  int64  `json:"blocks" doc:"Number of blocks that the income covers: those of the last 30 days in which the pool was active; of the network, added up over its pools."`
}

// About returns the percentage as people read it, rounded to two significant digits.
func (y *Yield) About() string {
	whole, fraction, _ := strings.Cut(y.Percent, ".")
	n, err := strconv.ParseInt(whole+(fraction + "00")[:2], 10, 64) // 0.01 %
	if err != nil || n < 0 {
		return y.Percent
	}
	unit := int64(1)
	for n/unit >= 100 {
		unit *= 10
	}
	n = n/unit*unit + (n%unit+unit/2)/unit*unit
	text := pastel.Thousands(n / 100)
	if rest := strings.TrimRight(fmt.Sprintf("%02d", n%100), "0"); rest != "" {
		text += "." + rest
	}
	return text
}

// PoolTerms are a pool's terms, its status and its dates.
type PoolTerms struct {
	ID        string  `json:"id" doc:"Pool id, label.hash; the hash covers all terms."`
	Company   string  `json:"company" doc:"Company name chosen by the operator. Nothing verifies it."`
	Operator  string  `json:"operator" doc:"Operator's PastelID."`
	Supernode string  `json:"supernode" doc:"Supernode's PastelID."`
	Status    string  `json:"status" enum:"subscribing,active,replenishing,dissolved,expired,closed" doc:"Stage of the pool's life."`
	Fee       string  `json:"fee_percent" doc:"Operator's fee in percent of the rewards."`
	Factor    string  `json:"factor" doc:"Overcollateralization factor."`
	Required  int64   `json:"required_coins" doc:"Coins that the Supernode needs, PSL."`
	Target    int64   `json:"target_coins" doc:"Coins that the pool wants, including the cushion, PSL."`
	Period    int64   `json:"period_blocks" doc:"Subscription period: how many blocks a pool accepts pledges after it opens. A pool short of collateral has the same time to replenish."`
	Opened    Moment  `json:"opened"`
	Activated *Moment `json:"activated,omitempty"`
	Ended     *Moment `json:"ended,omitempty" doc:"When the pool was dissolved or expired."`
}

// Pool is a pool in a list, as it is now.
type Pool struct {
	PoolTerms
	Counted        int64   `json:"counted_coins" doc:"Coins that back the Supernode and earn, PSL. While subscribing, all offered coins count but earn nothing yet."`
	Offered        int64   `json:"offered_coins" doc:"Coins that the pool's live pledges offer, PSL."`
	Cushion        int64   `json:"cushion_coins" doc:"Coins that can leave before the Supernode stops, PSL; negative if coins are missing."`
	LeastPledge    int64   `json:"least_pledge_coins" doc:"Smallest new pledge that the pool accepts in the next block, PSL; 0 if it accepts none."`
	Waits          bool    `json:"waits,omitempty" doc:"A new pledge would not count for now: it would wait in line and earn nothing until other members' coins leave."`
	Members        int     `json:"members" doc:"Number of pledges that earn."`
	Standby        int     `json:"standby" doc:"Number of pledges waiting in line."`
	Plain          int     `json:"plain" doc:"Number of pledges before activation."`
	JoinUntil      *Moment `json:"join_until,omitempty" doc:"While subscribing or replenishing: last block that accepts pledges."`
	ActivateUntil  *Moment `json:"activate_until,omitempty" doc:"While subscribing: last block in which the pool can be activated."`
	Deadline       *Moment `json:"deadline,omitempty" doc:"While replenishing: after this block the pool is dissolved."`
	NextSettlement *Moment `json:"next_settlement,omitempty" doc:"Settles everything earned until then. Members who leave earlier forfeit it."`
	Yield          *Yield  `json:"yield,omitempty" doc:"Left out while it is unknown, and while the pool lacks collateral: it earns nothing then."`
	CountsWith     int64   `json:"counts_with_coins,omitempty" doc:"How much of a new pledge of the requested coins would count, PSL; before activation, provided that the operator lists it. Left out if nothing would count."`
	YieldWith      *Yield  `json:"yield_with,omitempty" doc:"Yield on the counted coins of such a pledge, once it is in the pool. Left out if none would count, and if the pool would still lack collateral."`
	Reputation     int     `json:"operator_reputation" doc:"Reputation of the operator's PastelID."`
	Low            bool    `json:"low,omitempty" doc:"Less than half of the cushion is left."`
	Broken         bool    `json:"broken,omitempty" doc:"Shadow run: an unauthorized spend took coins from the escrow. The pool has shared out and paid nothing since."`
}

// PoolDetail is everything about a pool.
type PoolDetail struct {
	Tip Tip `json:"tip"`
	Pool
	FeeAddress   string           `json:"fee_address" doc:"Address that receives the operator's fee."`
	Escrow       string           `json:"escrow" doc:"Escrow address that the Supernode's rewards go to. Never send coins there: they would be shared out."`
	InitTx       string           `json:"init_txid"`
	ActivationTx string           `json:"activation_txid,omitempty" doc:"Transaction of the activation. The Supernode's collateral reference is this id with index 4294967295."`
	Escrowed     pastel.Amount    `json:"escrowed" doc:"Rewards in escrow, patoshi."`
	Accrued      pastel.Amount    `json:"accrued" doc:"Earned by members since the last settlement, patoshi."`
	OperatorFee  pastel.Amount    `json:"operator_accrued" doc:"Earned by the operator since the last settlement, patoshi."`
	Carry        pastel.Amount    `json:"carry" doc:"Income that could not be shared out yet, patoshi."`
	Claims       []Claim          `json:"claims" doc:"Settled amounts that are not in a payout yet."`
	Pending      []Payout         `json:"pending" doc:"Payouts settled but not mined yet."`
	Income       pastel.Amount    `json:"income" doc:"Rewards received since the pool opened, patoshi."`
	Rewards      int64            `json:"rewards" doc:"Number of rewards received."`
	Forfeited    pastel.Amount    `json:"forfeited" doc:"What leaving members forfeited, patoshi."`
	Paid         pastel.Amount    `json:"paid" doc:"Paid out, patoshi."`
	Critical     *CriticalMembers `json:"critical_members,omitempty" doc:"Present for an active pool."`
	Participants []PoolPledge     `json:"pledges" doc:"Live pledges, in join order."`
	Forecast     *PayoutOutlook   `json:"forecast,omitempty" doc:"Next settlement if income continues at the same rate; left out if it would pay nothing."`
}

// Supernode is the state of a pool's Supernode according to the rules and to the list of the node that the daemon follows.
type Supernode struct {
	Tip      Tip     `json:"tip"`
	Pool     string  `json:"pool"`
	State    string  `json:"state" enum:"running,paused,gone,elsewhere,ended,unknown" doc:"running: the node lists it with the escrow as payee. paused: the pool is short of collateral. gone: the pool is active, but the node lists no working Supernode for it. elsewhere: the node lists it with a payee other than the escrow. ended: the pool has ended. unknown: this daemon has no node's list."`
	Text     string  `json:"text" doc:"What the state means and what to do."`
	TxID     string  `json:"txid" doc:"Transaction of the activation. The collateral reference is this id with index 4294967295."`
	Escrow   string  `json:"escrow" doc:"Escrow address that its rewards must go to. Never send coins there: they would be shared out."`
	Listed   string  `json:"listed,omitempty" doc:"Status in the node's list, such as ENABLED."`
	Payee    string  `json:"payee,omitempty" doc:"Payee in the node's list."`
	Address  string  `json:"address,omitempty" doc:"Network address of its machine in the node's list."`
	LastPaid *Moment `json:"last_paid,omitempty" doc:"Last block in which the pool received income."`
}

// CriticalMembers are a smallest group of members who would stop the Supernode by leaving, together or one after the other.
type CriticalMembers struct {
	Members []string `json:"members" doc:"PastelIDs of the group, each once. A person may have several."`
	Coins   int64    `json:"coins" doc:"Coins that they offer together, PSL, counted or waiting."`
}

// PayoutOutlook is the expected outcome of a settlement.
type PayoutOutlook struct {
	At     Moment        `json:"at"`
	Amount pastel.Amount `json:"amount" doc:"Expected payment, patoshi: claims, accrued earnings and income expected until then, without claims too small to be paid."`
	Mined  Moment        `json:"mined" doc:"First block that its payout can be mined in."`
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
	Address  string        `json:"address" doc:"Pledged address."`
	Reward   string        `json:"reward_address" doc:"Address that receives the rewards."`
	Offered  int64         `json:"offered_coins" doc:"Coins that the pledge offers, PSL."`
	Counted  int64         `json:"counted_coins" doc:"Offered coins that back the Supernode and earn, PSL; the rest waits in line. A plain pledge counts in full but earns nothing yet."`
	Held     int64         `json:"held_coins" doc:"Coins that counted at the last settlement, PSL: they set its share of what others forfeit."`
	Role     string        `json:"role" enum:"plain,member,standby" doc:"member: earns. standby: waits in line. plain: pledged to a pool that has not started."`
	Share    string        `json:"share_percent" doc:"Percentage of the members' coins."`
	Since    *Moment       `json:"member_since,omitempty"`
	Accrued  pastel.Amount `json:"accrued" doc:"Earned since the last settlement, patoshi. Leaving before the next one forfeits it."`
}

// Position is a live pledge as its owner sees it.
type Position struct {
	PoolPledge
	Pool           string  `json:"pool"`
	Company        string  `json:"company" doc:"Operator's name."`
	Status         string  `json:"status" enum:"subscribing,active,replenishing" doc:"Status of the pool."`
	Joined         Moment  `json:"joined"`
	Amended        *Moment `json:"amended,omitempty" doc:"When its owner last raised the offer or changed the reward address."`
	PoolCounted    int64   `json:"pool_counted_coins" doc:"Coins that count in the pool in total, PSL; those of plain pledges in full."`
	NextSettlement *Moment `json:"next_settlement,omitempty"`
	Leaving        Leaving `json:"leaving"`
}

// Leaving is what spending the pledged coins costs.
type Leaving struct {
	Free       int64         `json:"free_coins" doc:"Coins that wait in line and can be spent without loss, PSL. The pledge then offers less, or ends if none of it counts."`
	Forfeits   pastel.Amount `json:"forfeits" doc:"Earnings forfeited by leaving in the next block, patoshi."`
	Reputation int           `json:"reputation" doc:"Points lost by leaving. Each pledge that ends costs its own points, as long as any are left."`
	Has        int           `json:"reputation_now" doc:"Points that the PastelID has now."`
	Better     *Moment       `json:"better,omitempty" doc:"From this block on, earnings so far are settled and safe."`
}

// Pledge is a pledge that the chain accepted, live or ended.
type Pledge struct {
	Seq       int64         `json:"seq" doc:"Join order over all pools."`
	Pool      string        `json:"pool"`
	PastelID  string        `json:"pastelid"`
	Address   string        `json:"address" doc:"Pledged address."`
	Reward    string        `json:"reward_address" doc:"Address that receives the rewards."`
	Offered   int64         `json:"offered_coins" doc:"Coins that it offers, PSL: what its last ticket names, less coins that were spent while they waited in line."`
	Ticket    string        `json:"ticket" doc:"Transaction of its last ticket, the original one or an amendment."`
	Output    string        `json:"output" doc:"Output that its last ticket names, txid:vout."`
	Joined    Moment        `json:"joined"`
	Amended   *Moment       `json:"amended,omitempty" doc:"When its owner last raised the offer or changed the reward address."`
	Ended     *Moment       `json:"ended,omitempty"`
	Outcome   string        `json:"outcome,omitempty" enum:"pledge.left,pledge.released" doc:"How it ended."`
	Forfeited pastel.Amount `json:"forfeited,omitempty" doc:"Earnings forfeited by leaving, patoshi."`
}

// Account is what a PastelID or address has in pools.
type Account struct {
	Tip        Tip           `json:"tip"`
	PastelID   string        `json:"pastelid,omitempty" doc:"PastelID of the account, if the query names one."`
	Address    string        `json:"address,omitempty" doc:"Address of the account, if the query names one."`
	Registered bool          `json:"registered" doc:"The PastelID is registered on the chain, which pledging requires."`
	Reputation int           `json:"reputation" doc:"Reputation of the PastelID, 0 to 100."`
	Tarnished  bool          `json:"tarnished,omitempty" doc:"The PastelID has lost reputation before."`
	Positions  []Position    `json:"positions" doc:"Live pledges."`
	Past       int           `json:"past" doc:"Number of ended pledges."`
	Elsewhere  int           `json:"paid_elsewhere,omitempty" doc:"For an address: number of live pledges that paid it until an amendment named another one."`
	Offered    int64         `json:"offered_coins" doc:"Coins that the live pledges offer, PSL."`
	Counted    int64         `json:"counted_coins" doc:"Offered coins that back Supernodes and earn, PSL: members' coins."`
	Accrued    pastel.Amount `json:"accrued" doc:"Earned since the last settlements, patoshi. Leaving now forfeits it."`
	Claims     []Claim       `json:"claims" doc:"Claims of the account's reward addresses: settled and awaiting payout."`
	Claimed    pastel.Amount `json:"claimed" doc:"Sum of the claims, patoshi."`
	Pending    []Payment     `json:"pending" doc:"Payments from payouts that are settled but not mined yet, one sum per payout."`
	OnTheWay   pastel.Amount `json:"on_the_way" doc:"Sum of all payments from payouts that are settled but not mined yet, patoshi."`
	Outlook    Outlook       `json:"outlook"`
	Credited   pastel.Amount `json:"credited" doc:"Total settled, patoshi."`
	Paid       pastel.Amount `json:"paid" doc:"Total paid to the account's reward addresses, including those before amendments, patoshi."`
	SharedWith []string      `json:"shared_with,omitempty" doc:"Other PastelIDs that a pool pays or paid at the same address, at most ten. Claims, pending and paid include theirs."`
	EscrowOf   string        `json:"escrow_of,omitempty" doc:"Pool whose escrow this address is. Never send coins there."`
	Operated   int           `json:"operated_pools,omitempty" doc:"Number of pools that the account operates or, of an address, that pay it their operator's fee."`
	Operates   []string      `json:"operates" doc:"At most 100 of them, in the order they opened: the newest, pools that may owe something before the others. Accrued and claims include the operator's part of these."`
}

// Outlook is what an account may expect.
type Outlook struct {
	Daily     pastel.Amount `json:"daily" doc:"Average earnings a day, patoshi: what the counted coins of active pools earned in the last 30 days after the fee, and the fees of pools that the account operates. A pool without income of its own counts with the network's average."`
	DailyFees pastel.Amount `json:"daily_fees" doc:"The fees in daily, patoshi."`
	Next      *NextPayment  `json:"next_payment,omitempty" doc:"Left out if none is in sight."`
	Concerns  []Concern     `json:"concerns" doc:"What is wrong with the account's pools and pledges, worst first. Empty if all is well."`
}

// NextPayment is the next payment to an account.
type NextPayment struct {
	Pool   string        `json:"pool"`
	Payout string        `json:"txid,omitempty" doc:"Transaction of the payout, if it is settled. If not, the amount includes income expected until the settlement."`
	Amount pastel.Amount `json:"amount" doc:"Patoshi."`
	From   Moment        `json:"valid_from" doc:"First block that the payout can still be mined in."`
}

// Concern is something wrong with a pool, or with an account's pledges to it.
type Concern struct {
	Pool  string  `json:"pool"`
	Kind  string  `json:"kind" enum:"broken,short,gone,elsewhere,unpaid,overdue,gathering,low,waiting" doc:"broken: shadow run, an unauthorized spend took the escrow. short: the pool lacks collateral and earns nothing. gone: no working Supernode is listed for the pool. elsewhere: the Supernode's rewards do not go to the escrow. unpaid: the Supernode has not been paid for longer than usual. overdue: a payout could be mined and is not. gathering: the pool is not activated yet. low: less than half of the cushion is left. waiting: coins of the account wait in line."`
	Coins int64   `json:"coins,omitempty" doc:"PSL that are missing, that can leave, or that wait."`
	Since *Moment `json:"since,omitempty"`
	Until *Moment `json:"until,omitempty" doc:"short: after it the pool is dissolved. unpaid: from it on, leaving costs no reputation. overdue: last block that can mine the payout. gathering: last block that can activate the pool."`
}

// Payment is what a payout pays an account.
type Payment struct {
	Payout    string        `json:"txid" doc:"Transaction of the payout."`
	Pool      string        `json:"pool"`
	Address   string        `json:"address,omitempty" doc:"Paid address, if there is only one."`
	Addresses int           `json:"addresses" doc:"Number of the account's addresses that the payout pays."`
	Amount    pastel.Amount `json:"amount" doc:"Patoshi."`
	Status    string        `json:"status" enum:"pending,paid,cancelled"`
	Settled   Moment        `json:"settled"`
	From      Moment        `json:"valid_from" doc:"First block that it can be mined in."`
	Paid      *Moment       `json:"paid,omitempty"`
}

// Payout is a payout transaction.
type Payout struct {
	TxID      string        `json:"txid"`
	Pool      string        `json:"pool"`
	Status    string        `json:"status" enum:"pending,paid,cancelled" doc:"A cancelled payout was not mined in time; the pool owes its amount again."`
	Settled   Moment        `json:"settled"`
	From      Moment        `json:"valid_from" doc:"First block that it can be mined in."`
	To        Moment        `json:"valid_to" doc:"Last block that it can be mined in."`
	Paid      *Moment       `json:"paid,omitempty"`
	Cancelled *Moment       `json:"cancelled,omitempty"`
	Amount    pastel.Amount `json:"amount" doc:"Paid to all recipients, patoshi."`
	Change    pastel.Amount `json:"change" doc:"Returned to escrow, patoshi."`
	Outputs   int           `json:"outputs" doc:"Number of payments."`
}

// PayoutDetail is everything about a payout.
type PayoutDetail struct {
	Tip Tip `json:"tip"`
	Payout
	Payments []Output `json:"payments" doc:"Payments in transaction order, without the change."`
	Hex      string   `json:"hex" doc:"Raw transaction, hex. It needs no signature, and nobody can change it. Upgraded miners include it in their blocks; mempools refuse it."`
}

// Output is one payment of a payout.
type Output struct {
	Address string        `json:"address"`
	Amount  pastel.Amount `json:"amount" doc:"Patoshi."`
}

// Credit is settled income, which can no longer be forfeited.
type Credit struct {
	At       Moment        `json:"at"`
	Pool     string        `json:"pool"`
	PastelID string        `json:"pastelid,omitempty" doc:"Left out for late income of a dissolved pool."`
	Address  string        `json:"address"`
	Amount   pastel.Amount `json:"amount" doc:"Patoshi."`
}

// Event is something that happened in a block.
type Event struct {
	Height    pastel.Height `json:"height"`
	Position  int64         `json:"position" doc:"Position in the block."`
	Time      time.Time     `json:"time" doc:"Time of the block."`
	Type      string        `json:"type" enum:"pool.created,pool.expired,pool.dissolved,pool.activated,pool.replenishing,pool.restored,pool.low_collateral,pool.closed,pledge.accepted,pledge.amended,pledge.promoted,pledge.reduced,pledge.moved,pledge.released,pledge.left,reward.received,reward.forfeited,payout.settled,payout.paid,payout.cancelled,reputation.changed,ticket.rejected" doc:"Type of the event, as in the protocol."`
	Pool      string        `json:"pool,omitempty"`
	PastelID  string        `json:"pastelid,omitempty"`
	Owner     string        `json:"owner,omitempty" doc:"Public key hash of the pledged address, hex."`
	Coins     int64         `json:"coins,omitempty" doc:"Coins that count in the pool or the pledge, PSL; left out if none do. For pledge.left, those before it."`
	Offered   int64         `json:"offered,omitempty" doc:"Coins that the pledge offers, PSL. For pledge.left, those before it."`
	Role      string        `json:"role,omitempty" enum:"plain,member,standby" doc:"Role of the pledge in its pool. For pledge.left, the role before it."`
	Amount    pastel.Amount `json:"amount,omitempty" doc:"Amount received or forfeited, patoshi. For payout.settled, the total of its payments; for pool.closed, what stays in escrow."`
	Change    pastel.Amount `json:"change,omitempty" doc:"For payout.settled: what returns to escrow, patoshi."`
	Forfeited pastel.Amount `json:"forfeited,omitempty" doc:"For pledge.left: earnings forfeited, patoshi."`
	TxID      string        `json:"txid,omitempty"`
	Reason    string        `json:"reason,omitempty" doc:"Why the chain rejected the ticket; a stable identifier."`
	Points    *int          `json:"points,omitempty" doc:"Reputation after the event."`
	Text      string        `json:"text" doc:"The event in plain words."`

	Unreadable bool `json:"unreadable,omitempty" doc:"The daemon's database holds no readable event here; the other fields are incomplete."`
}

// Point sums up a span of blocks for charts.
type Point struct {
	From     Moment        `json:"from" doc:"First block of the span."`
	Income   pastel.Amount `json:"income" doc:"Income, patoshi."`
	Forfeits pastel.Amount `json:"forfeits" doc:"Forfeited earnings, patoshi."`
	Paid     pastel.Amount `json:"paid" doc:"Paid by mined payouts, patoshi."`
}

// Series is a pool's income over time.
type Series struct {
	Tip    Tip     `json:"tip"`
	Blocks int64   `json:"blocks" doc:"Number of blocks per point."`
	Points []Point `json:"points" doc:"Points without any activity are left out."`
}

// Operator is an operator's record.
type Operator struct {
	PastelID   string         `json:"pastelid"`
	Companies  []string       `json:"companies" doc:"Company names that the operator chose for the pools in pool_ids."`
	Reputation int            `json:"reputation" doc:"0 to 100."`
	Pools      map[string]int `json:"pools" doc:"Number of pools by status."`
	Opened     int            `json:"opened_pools" doc:"Number of pools that the operator has opened."`
	IDs        []string       `json:"pool_ids" doc:"The newest 20 of them, in the order they opened; /pools?operator=PASTELID lists all."`
	Since      Moment         `json:"since" doc:"When the operator's first pool opened."`
	Dissolved  int            `json:"dissolved" doc:"Pools dissolved because nobody replenished them in time, including closed ones."`
	Expired    int            `json:"expired" doc:"Pools that were never activated, including closed ones."`
	Counted    int64          `json:"counted_coins" doc:"Members' coins that back the Supernodes and earn, PSL."`
	Income     pastel.Amount  `json:"income" doc:"Rewards that the pools received, patoshi."`
	Paid       pastel.Amount  `json:"paid" doc:"What the pools paid out, patoshi."`
	Payouts    int64          `json:"payouts" doc:"Number of mined payouts."`
	Cancelled  int64          `json:"payouts_cancelled" doc:"Number of payouts not mined in time."`
	Replenish  int64          `json:"replenished" doc:"How often a pool fell short of collateral."`
	Left       int64          `json:"left" doc:"Number of pledges whose owners left."`
	Fees       []string       `json:"fees_percent" doc:"Fees of the pools in pool_ids in percent, lowest first."`
	Rewards    int64          `json:"rewards" doc:"Blocks that paid the pools."`
	LongestGap int64          `json:"longest_gap" doc:"Blocks from one that paid a pool to the next that paid the same pool, at most; 0 before the second."`
	Forfeited  pastel.Amount  `json:"forfeited" doc:"What pledges forfeited when their owners left, patoshi."`
	OnTime     int64          `json:"payouts_on_time" doc:"Payouts mined within 20 blocks after the first that could include them."`
	Alike      bool           `json:"alike,omitempty" doc:"Another operator uses a company name that looks the same as that of any of the operator's pools."`
}

// Spend is an unconfirmed transaction that spends pledged coins.
type Spend struct {
	TxID      string        `json:"txid"`
	Pledge    int64         `json:"pledge" doc:"Join order of the pledge over all pools."`
	Pool      string        `json:"pool"`
	PastelID  string        `json:"pastelid"`
	Leaves    bool          `json:"leaves" doc:"The pledge would end."`
	Reduces   bool          `json:"reduces" doc:"The pledge would offer only what counts, because coins that wait in line are spent. If it neither leaves nor reduces, the pledge moves with its coins."`
	Forfeited pastel.Amount `json:"forfeited" doc:"Earnings that the owner would forfeit, patoshi."`
	Seen      time.Time     `json:"seen" doc:"When the daemon first saw it."`
}

// Spends are the unconfirmed transactions that spend pledged coins.
type Spends struct {
	Tip    Tip        `json:"tip" doc:"Last block at the time of the last complete mempool scan, with height -1 if there was no recent one: the list may then be incomplete."`
	Looked *time.Time `json:"looked,omitempty" doc:"When that scan began, by the daemon's clock: the list contains what its node knew then. Left out if there was no recent one."`
	Items  []Spend    `json:"items"`
	Next   string     `json:"next,omitempty" doc:"Cursor of the next page; left out at the end."`
}

// Block is a block of the ledger.
type Block struct {
	Tip
	Confirmations pastel.Height `json:"confirmations" doc:"Confirmations; the last block has 1."`
}

// Coin is an unspent output that backs pledges or could.
type Coin struct {
	Output  string        `json:"output"`
	Address string        `json:"address"`
	Value   pastel.Amount `json:"value" doc:"Patoshi."`
	Since   Moment        `json:"since" doc:"Block of the output."`
	Backs   bool          `json:"backs" doc:"The output backs pledges of its address: spending it may end them."`

	Confirmations pastel.Height `json:"confirmations" doc:"Confirmations; an output of the last block has 1."`
	Coinbase      bool          `json:"coinbase" doc:"The output is of a block's first transaction, which needs more confirmations."`
	Spare         int64         `json:"spare_coins" doc:"PSL that a pledge which names this output could offer: what backs the pledges of its address, with this output, less what they offer."`
	Unfit         string        `json:"unfit,omitempty" doc:"Why the output can back no new pledge now, and what to do. Left out if it can."`
}

// Check says how the next block would treat a ticket.
type Check struct {
	Tip      Tip     `json:"tip"`
	Accepted bool    `json:"accepted" doc:"The next block would accept the ticket if nothing else in the block interferes."`
	Kind     string  `json:"kind" doc:"smartpool_init, smartpool_part or smartpool_activate."`
	Pool     string  `json:"pool,omitempty"`
	Amends   *Amends `json:"amends,omitempty" doc:"For an amendment: the pledge as it is now."`
	Counts   int64   `json:"counts_coins,omitempty" doc:"For a pledge: coins that would count after the block if nothing else happened, PSL; before activation, provided that the operator lists it."`
	Reason   string  `json:"reason,omitempty" doc:"Why the block would reject the ticket; a stable identifier of the protocol."`
	Text     string  `json:"text" doc:"What the result means and what to do."`
	Events   []Event `json:"events" doc:"Events that the ticket would cause."`
}

// Amends is a pledge before a ticket amends it.
type Amends struct {
	Offered int64  `json:"offered_coins" doc:"Coins that the pledge offers, PSL."`
	Counted int64  `json:"counted_coins" doc:"Offered coins that count, PSL."`
	Reward  string `json:"reward_address" doc:"Address that receives the rewards."`
}

// Subscription says which alerts a subscriber receives.
type Subscription struct {
	Pool     string   `json:"pool,omitempty" maxLength:"80" pattern:"^([a-z0-9-]{3,32}\\.[0-9a-f]{40})?$" doc:"Pool id: only alerts about this pool. Set at most one of pool, pastelid and operator; none means every pool."`
	PastelID string   `json:"pastelid,omitempty" maxLength:"100" pattern:"^[1-9A-HJ-NP-Za-km-z]*$" doc:"PastelID: only alerts about its pledges and their pools."`
	Operator string   `json:"operator,omitempty" maxLength:"100" pattern:"^[1-9A-HJ-NP-Za-km-z]*$" doc:"Operator's PastelID: only alerts about its pools."`
	Kinds    []string `json:"kinds,omitempty" maxItems:"20" enum:"cushion.low,pool.replenishing,pool.restored,pool.dissolved,pool.expired,pool.closed,pledge.amended,pledge.promoted,pledge.reduced,pledge.left,pledge.spending,payout.settled,payout.paid,payout.overdue,supernode.payee,supernode.gone,daemon.behind,daemon.halted" doc:"Kinds of alerts; none means all."`
	Cushion  int64    `json:"cushion,omitempty" minimum:"0" maximum:"100" doc:"Percentage of the cushion below which it counts as low; 0 means 50."`
	Overdue  int64    `json:"overdue,omitempty" minimum:"0" maximum:"5760" doc:"Blocks after which a payout that could be mined is overdue; 0 means 20."`
}

// Subscribe asks for a subscription.
type Subscribe struct {
	URL string `json:"url" maxLength:"2048" doc:"A webhook if it begins with http:// or https://, otherwise a shoutrrr URL."`
	Subscription
}

// Subscribed is an existing subscription. It shows only the parts of the URL that are not secret.
type Subscribed struct {
	ID      string    `json:"id"`
	Created time.Time `json:"created"`
	To      string    `json:"to"`
	Subscription
	Delivered    int64      `json:"delivered" doc:"Messages that the receiver took."`
	LastDelivery *time.Time `json:"last_delivery,omitempty" doc:"When it last took one; left out if it never did."`
	Waiting      int64      `json:"waiting" doc:"Messages that wait to be sent, or to be sent again."`
	WaitingSince *time.Time `json:"waiting_since,omitempty" doc:"Since when the oldest of them has been waiting; left out if none is."`
	LastError    string     `json:"last_error,omitempty" doc:"Why the last attempt that failed did, without anything of the URL; left out if none did."`
	LastFailure  *time.Time `json:"last_failure,omitempty" doc:"When that was."`
	GivenUp      int64      `json:"given_up" doc:"Messages that are lost: the receiver refused them, or did not take them for days."`
}

// Receipt confirms a subscription.
type Receipt struct {
	ID     string `json:"id"`
	Secret string `json:"secret,omitempty" doc:"Key that signs a webhook's messages. It is not shown again."`
}

// List is one page of a list.
type List[T any] struct {
	Tip   Tip           `json:"tip"`
	Items []T           `json:"items"`
	Next  string        `json:"next,omitempty" doc:"Cursor of the next page; left out at the end."`
	From  pastel.Height `json:"complete_from,omitempty" doc:"Of events: first block from which the list has all of them. This daemon no longer has ticket.rejected, reputation.changed, pledge.moved and pledge.released of earlier blocks. Left out if it has everything."`
}
