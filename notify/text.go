package notify

import (
	"fmt"
	"time"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
)

// blockTime is how long a block takes on average: what dates of blocks to come are estimated with.
const blockTime = 150 * time.Second

const dateForm = "2006-01-02 15:04 UTC"

// when is a block with its time.
type when struct {
	height pastel.Height
	time   time.Time
}

func (w when) String() string {
	return fmt.Sprintf("block %d (%s)", w.height, w.time.UTC().Format(dateForm))
}

// until names a later block, with a date that is an estimate.
func (w when) until(h pastel.Height) string {
	return fmt.Sprintf("block %d (about %s)", h, w.time.UTC().Add(time.Duration(h-w.height)*blockTime).Format(dateForm))
}

func psl(coins int64) string { return fmt.Sprintf("%d PSL", coins) }

// poolText tells of a pool's status.
func poolText(t pool.EventType, p *store.PoolRow, d *detail, at when) string {
	switch t {
	case pool.PoolReplenishing:
		return fmt.Sprintf("Pool %s fell below its collateral in %s: its members have %s of %s and its Supernode is paused. It is dissolved unless "+
			"%s more are pledged by %s: pledge to it, raise what you pledged, or ask others to.", p.ID, at, psl(d.Coins), psl(p.Required),
			psl(p.Required-d.Coins), at.until(at.height+p.Period))
	case pool.PoolRestored:
		return fmt.Sprintf("Pool %s has its collateral again since %s: its members have %s of %s. Its Supernode goes on by itself if it still runs.",
			p.ID, at, psl(d.Coins), psl(p.Required))
	case pool.PoolDissolved:
		return fmt.Sprintf("Pool %s was dissolved in %s, as it was not replenished in time. Pledged coins never moved and are free; rewards that "+
			"were earned are paid out, for which nothing need be done. It backs no Supernode any more: its operator may shut the machine down.", p.ID, at)
	case pool.PoolClosed:
		return fmt.Sprintf("Pool %s was closed in %s: all that it owed is paid, and %s PSL, too little to pay, stay in its escrow for ever. Nothing "+
			"need be done; whatever is sent to that escrow from now on is lost.", p.ID, at, d.Amount)
	default:
		return fmt.Sprintf("Pool %s expired in %s, as it was not activated in time. Pledged coins never moved and are free: pledge them to "+
			"another pool.", p.ID, at)
	}
}

// goneText says how a pool ended, also when it has been closed since.
func goneText(p *store.PoolRow) string {
	how := pool.Dissolved
	if p.Activated < 0 {
		how = pool.Expired
	}
	return fmt.Sprintf("It is over, as pool %s was %s in block %d.", p.ID, how, p.Ended)
}

// pledged names what a pledge offers, and what of it counts.
func pledged(d *detail) string {
	if d.Coins == 0 || d.Coins == d.Offered {
		return psl(d.Offered)
	}
	return fmt.Sprintf("%s, %s of them counted,", psl(d.Offered), psl(d.Coins))
}

func leftText(p *store.PoolRow, e *store.Event, d *detail, at when) string {
	text := fmt.Sprintf("The pledge of %s by %s left pool %s in %s, as its coins were spent", pledged(d), e.PastelID, p.ID, at)
	if d.Forfeited > 0 {
		text += fmt.Sprintf("; %s PSL that it had earned since the last settlement go to those who stay and the operator", d.Forfeited)
	}
	switch d.Role {
	case pool.Standby.String():
		return text + ". None of it counted, so the pool's collateral is as before."
	case pool.Plain.String():
		return text + ". The pool has not started: it needs as much from others."
	}
	return text + ". Pledges on standby and what members offer beyond what counts fill its place at once, as far as they go."
}

// amendedText tells of new terms. A new reward address is what a thief of keys would set.
func amendedText(p *store.PoolRow, e *store.Event, d *detail, before, after *store.Terms, at when) string {
	text := fmt.Sprintf("The pledge of %s to pool %s was amended in %s: it offers %s.", e.PastelID, p.ID, at, psl(d.Offered))
	switch { // what counts rises at the end of the block, after this event
	case d.Role == pool.Plain.String():
		text += " Nothing earns before the pool is activated."
	case d.Role == pool.Standby.String():
		text += " It is on standby: it counts and earns once the pool is short of its target."
	case d.Coins < d.Offered:
		text += fmt.Sprintf(" Before that %s of it counted; more of it counts and earns once the pool is short of its target.", psl(d.Coins))
	default:
		text += " All of it counts."
	}
	if after.Reward != before.Reward {
		text += fmt.Sprintf(" Its rewards go to %s from now on, no longer to %s.", after.Reward, before.Reward)
	}
	return text + fmt.Sprintf(" If this was not you, somebody has your keys: move the coins to a new wallet. The ticket is %s.", after.Ticket)
}

// countText tells of a pledge that counts more, or offers less.
func countText(p *store.PoolRow, e *store.Event, d *detail, at when) string {
	if e.Type == pool.PledgePromoted {
		return fmt.Sprintf("The pledge of %s to pool %s counts more since %s: %s of the %s that it offers. It earns with that from the next block "+
			"on. Nothing need be done.", e.PastelID, p.ID, at, psl(d.Coins), psl(d.Offered))
	}
	return fmt.Sprintf("The pledge of %s to pool %s was reduced in %s: its coins moved, and what is left at its address covers no more than the %s "+
		"that count. It earns as before, but offers nothing beyond that to fill up when others leave. If this was not you, look after the "+
		"wallet's keys.", e.PastelID, p.ID, at, psl(d.Coins))
}

func payoutText(t pool.EventType, po *store.Payout, at when) string {
	if t == pool.PayoutPaid {
		return fmt.Sprintf("Payout %s of pool %s was mined in %s: it pays %s PSL to %s. Nothing need be done.",
			po.TxID, po.Pool, at, po.Total, addresses(po.Outputs))
	}
	return fmt.Sprintf("Pool %s settled %s PSL to %s in %s. Upgraded miners can mine its payout %s from %s on. Nothing need be done.",
		po.Pool, po.Total, addresses(po.Outputs), at, po.TxID, at.until(po.ValidFrom))
}

func addresses(n int) string {
	if n == 1 {
		return "one address"
	}
	return fmt.Sprintf("%d addresses", n)
}

// shareText ends the text of a payout for a PastelID that it pays to.
func shareText(share pastel.Amount) string {
	if share == 0 {
		return ""
	}
	return fmt.Sprintf(" Your reward addresses get %s PSL of it.", share)
}

func overdueText(po *store.Payout, at when) string {
	return fmt.Sprintf("Payout %s of pool %s, %s PSL to %s, could be mined since block %d and is not at %s. Only upgraded nodes put payouts into "+
		"blocks: none has made one since, or it left this out. The operator can mine a block with an upgraded node, or ask a miner who runs one "+
		"whether getblocktemplate lists it and the daemon beside the node answers. Not mined by %s, it is cancelled and settled anew; nothing is "+
		"lost.", po.TxID, po.Pool, po.Total, addresses(po.Outputs), po.ValidFrom, at, at.until(po.ValidTo))
}

// cushionText tells of a low cushion. What is offered beyond what counts fills up at once, so there is none of it as a rule.
func cushionText(p *store.PoolRow, least int64, at when) string {
	return fmt.Sprintf("Pool %s has less than %d %% of its cushion at %s: %s count, it needs %s, its target is %s, and %s. Find further pledges, or "+
		"have members raise theirs, before more leave.", p.ID, least, at, psl(p.Counted), psl(p.Required), psl(p.Target), waiting(p))
}

// waiting says what is offered to a pool and does not count.
func waiting(p *store.PoolRow) string {
	if p.Offered == p.Counted {
		return "nothing more is offered, neither on standby nor by members"
	}
	return fmt.Sprintf("%s more are offered, on standby or by members, which fill up when somebody leaves", psl(p.Offered-p.Counted))
}

func spendingText(x *store.Spend, at when) string {
	text := fmt.Sprintf("Transaction %s, seen after %s and not mined yet, spends coins that back a pledge of %s in pool %s", x.TxID, at,
		x.PastelID, x.Pool)
	const keys = " If this was not you, look after the wallet's keys."
	switch x.Outcome {
	case pool.PledgeMoved:
		return text + ". The pledge stays, backed by what remains at its address." + keys
	case pool.PledgeReduced:
		return text + ". Once it is mined the pledge offers no more than what counts; it stays and earns as before." + keys
	default:
	}
	text += ". Once it is mined the pledge has left"
	if x.Forfeited > 0 { // a member's
		text += fmt.Sprintf(" and at least %s PSL of rewards are forfeited", x.Forfeited)
	}
	return text + "; leaving may cost reputation." + keys
}

func payeeText(sn *store.Supernode, paid string, at when) string {
	return fmt.Sprintf("The Supernode of pool %s is paid to %s at %s, not to the pool's escrow %s: its members earn nothing. The operator should "+
		"launch it again, on a node that knows pools: smartpool supernode launch %s.", sn.Pool, paid, at, sn.Escrow, sn.Pool)
}

// missingText tells of a Supernode that the node's list does not have, or as one that does not work.
func missingText(sn *store.Supernode, status string, at when) string {
	how := "is not in the node's list"
	if status != "" {
		how = "is in the node's list as " + status
	}
	return fmt.Sprintf("The Supernode of pool %s %s at %s, though the pool is active: it earns nothing. The operator should see that its machine runs, and launch "+
		"it, again if it ran before: smartpool supernode launch %s", sn.Pool, how, at, sn.Pool)
}

func behindText(at when, target pastel.Height, since time.Time) string {
	return fmt.Sprintf("The daemon has not caught up with its node since %s: it is at %s, the node at block %d. See its log and whether the node "+
		"answers; until then other alerts come late.", since.UTC().Format(dateForm), at, target)
}

func haltedText(at when) string {
	return fmt.Sprintf("The daemon halted at %s: the next block of its node's chain breaks the rules of pools. See its log, and whether the node "+
		"is one that enforces them.", at)
}

func endedText(at when, cause error) string {
	return fmt.Sprintf("The daemon halted at %s and ends, as it cannot go on: %v. Nothing is told until it is started again.", at, cause)
}
