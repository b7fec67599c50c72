package journey

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// terms says everything that a pledge means. VerifiedPool has verified the pool's terms.
func (c *Join) terms(ctx context.Context, r *Daemon, p *wire.PoolDetail, x *ticket.Part) (string, error) {
	yield, err := r.yield(ctx, p, x.PledgedCoins)
	if err != nil {
		return "", err
	}
	reward, err := r.AccountOf(ctx, x.RewardAddress)
	if err != nil {
		return "", err
	}
	operator, err := Advised(r.Operator(ctx, p.Operator))
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "You are about to pledge coins. They stay in your wallet. You leave the pool by spending them.\n\n")
	fmt.Fprintf(&b, "Pool      %s (%s)\n", p.ID, p.Status)
	fmt.Fprintf(&b, "Operator  %s, reputation %d, PastelID\n          %s\n", visible.Name(p.Company), p.Reputation, p.Operator)
	if operator.Alike {
		b.WriteString("          Another operator uses this name, or one that looks like it: compare the PastelID.\n")
	}
	fmt.Fprintf(&b, "Fee       %s %% of the rewards, to %s\n", p.Fee, p.FeeAddress)
	b.WriteString("Shares    the Supernode payment, one fifth of each block's reward; the operator's income from mining is not shared\n")
	fmt.Fprintf(&b, "Size      target %d PSL; the Supernode needs %d PSL (factor %s); %s\n", p.Target, p.Required, p.Factor, has(p))
	fmt.Fprintf(&b, "Period    %s\n", period(p))
	fmt.Fprintf(&b, "Yield     %s\n", yield)
	fmt.Fprintf(&b, "Pledge    %d PSL, %s\n", x.PledgedCoins, c.role(p, int64(r.Params.MinPledge/pastel.PSL)))
	fmt.Fprintf(&b, "Output    %s:%d\n", x.TxID, x.Vout)
	fmt.Fprintf(&b, "Rewards   go to %s\n", x.RewardAddress)
	if usedBefore(&reward) {
		b.WriteString("          Pools already pay this address, or have paid it: you will not be able to tell those payments apart.\n")
	}
	fmt.Fprintf(&b, "Caution   If this PastelID already has a pledge of this address in the pool, the ticket amends that pledge: it then offers\n"+
		"          %d PSL in total, paid to the address above\n", x.PledgedCoins)
	fmt.Fprintf(&b, "Leaving   forfeits what the pledge earned since the last settlement (one every %d blocks) and costs up to %d points of reputation per pledge\n",
		r.Params.SettlementInterval, pool.LeavingCosts(pool.Member))
	return b.String(), nil
}

// has says how many coins a pool has.
func has(p *wire.PoolDetail) string {
	if p.Status == "subscribing" {
		return fmt.Sprintf("offered now: %d PSL", p.Offered)
	}
	return fmt.Sprintf("counted now: %d PSL, of %d PSL offered", p.Counted, p.Offered)
}

// period says how long a pool accepts pledges, and how long it may be short of collateral.
func period(p *wire.PoolDetail) string {
	switch p.Status {
	case "subscribing":
		return fmt.Sprintf("the pool accepts pledges until %s; once active, it is dissolved if it is short of collateral for %s", Whenever(p.JoinUntil),
			terminal.Counted(int(p.Period), "block"))
	case "replenishing":
		return fmt.Sprintf("the pool is short of collateral; unless members make that up, it is dissolved after %s", Whenever(p.Deadline))
	}
	return fmt.Sprintf("no end date; the pool is dissolved if it is short of collateral for %s", terminal.Counted(int(p.Period), "block"))
}

// yield says what a pledge of so many PSL would earn, counting how it dilutes the other members' shares.
func (r *Daemon) yield(ctx context.Context, p *wire.PoolDetail, coins int64) (string, error) {
	if p.Waits {
		return "none while on standby" + members(p.Yield), nil
	}
	list, err := Advised(r.AllPools(ctx, wire.PoolQuery{Coins: coins, Operator: p.Operator}))
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(list.Items, func(x wire.Pool) bool { return x.ID == p.ID })
	if at >= 0 && p.Status == "replenishing" && list.Items[at].YieldWith == nil {
		return "none until members pledge all that the pool lacks", nil
	}
	if at < 0 || list.Items[at].YieldWith == nil {
		return "unknown: no active pool has had income yet", nil
	}
	y := list.Items[at].YieldWith
	basis := fmt.Sprintf("based on this pool's income over %s", terminal.Counted(int(y.Blocks), "block"))
	if y.Basis == "network" {
		basis = fmt.Sprintf("based on the average income of active pools over %s", terminal.Counted(int(y.Blocks), "block"))
	}
	return fmt.Sprintf("%s %% a year including your pledge, %s; not a promise", y.About(), basis), nil
}

// members says what members earn, as opposed to pledges on standby.
func members(y *wire.Yield) string {
	if y == nil {
		return ""
	}
	return fmt.Sprintf("; members earn %s %% a year; not a promise", y.About())
}

// role says which role the pledge will have; least is the network's minimum pledge in PSL.
func (c *Join) role(p *wire.PoolDetail, least int64) string {
	counts := CountsNext(p, pool.NewPledge, c.Pledge.Coins, least)
	switch {
	case p.Status == "subscribing":
		return fmt.Sprintf("plain: it earns nothing until the operator activates the pool, by %s at the latest", Whenever(p.ActivateUntil))
	case pool.RoleOf(pool.Active, counts) == pool.Standby:
		return "on standby: it earns nothing until the pool lacks coins"
	case counts < c.Pledge.Coins:
		return fmt.Sprintf("member at once, but only about %d PSL count, which is what the pool lacks; the rest waits and earns nothing", counts)
	}
	return "member at once"
}
