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

// poolText tells of a pool's status. coins is what its members have.
func poolText(t pool.EventType, p *store.PoolRow, coins int64, at when) string {
	switch t {
	case pool.PoolReplenishing:
		return fmt.Sprintf("Pool %s fell below its collateral in %s: its members have %s of %s and its Supernode stops. It is dissolved unless "+
			"%s more are pledged by %s: pledge to it, or ask others to.", p.ID, at, psl(coins), psl(p.Required), psl(p.Required-coins),
			at.until(at.height+p.Period))
	case pool.PoolRestored:
		return fmt.Sprintf("Pool %s has its collateral again since %s: its members have %s of %s. The operator may start its Supernode again.",
			p.ID, at, psl(coins), psl(p.Required))
	case pool.PoolDissolved:
		return fmt.Sprintf("Pool %s was dissolved in %s, as it was not replenished in time. Pledged coins never moved and are free; rewards that "+
			"were earned are paid out, for which nothing need be done.", p.ID, at)
	default:
		return fmt.Sprintf("Pool %s expired in %s, as it was not activated in time. Pledged coins never moved and are free: pledge them to "+
			"another pool.", p.ID, at)
	}
}

func leftText(p *store.PoolRow, e *store.Event, d *detail, at when) string {
	text := fmt.Sprintf("The pledge of %s by %s left pool %s in %s, as its coins were spent", psl(d.Coins), e.PastelID, p.ID, at)
	if d.Forfeited > 0 {
		text += fmt.Sprintf("; %s PSL that it had earned since the last settlement go to those who stay and the operator", d.Forfeited)
	}
	if d.Role != pool.Standby.String() {
		return text + ". Its place goes to a pledge on standby, or to a new one."
	}
	return text + ". It was waiting for a place, so the pool's collateral is as before."
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
	return fmt.Sprintf("Payout %s of pool %s, %s PSL to %s, could be mined since block %d and is not at %s. The next block of an "+
		"upgraded miner takes it; not mined by %s, it is cancelled and settled anew.", po.TxID, po.Pool, po.Total, addresses(po.Outputs), po.ValidFrom, at,
		at.until(po.ValidTo))
}

func cushionText(p *store.PoolRow, least int64, at when) string {
	return fmt.Sprintf("Pool %s has less than %d %% of its cushion at %s: its members have %s, it needs %s, its target is %s. Find further "+
		"pledges before more members leave.", p.ID, least, at, psl(p.Counted), psl(p.Required), psl(p.Target))
}

func spendingText(x *store.Spend, at when) string {
	text := fmt.Sprintf("Transaction %s, seen after %s and not mined yet, spends coins that back a pledge of %s in pool %s", x.TxID, at,
		x.PastelID, x.Pool)
	if x.Outcome == pool.PledgeMoved {
		return text + ". The pledge stays, backed by what remains at its address; if this was not you, look after the wallet's keys."
	}
	text += ". Once it is mined the pledge has left"
	if x.Forfeited > 0 { // a member's
		text += fmt.Sprintf(" and at least %s PSL of rewards are forfeited", x.Forfeited)
	}
	return text + "; leaving may cost reputation. If this was not you, look after the wallet's keys."
}

func payeeText(sn *store.Supernode, paid string, at when) string {
	return fmt.Sprintf("The Supernode of pool %s is paid to %s at %s, not to the pool's escrow %s: its members earn nothing. The operator should "+
		"start it with the activation %s as its collateral, on a node that knows pools.", sn.Pool, paid, at, sn.Escrow, sn.Activation)
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
