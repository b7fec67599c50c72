package journey

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// terms tells everything that a pledge means. VerifiedPool has verified the terms of the pool.
func (c *Join) terms(ctx context.Context, r *Daemon, p *wire.PoolDetail, x *ticket.Part) (string, error) {
	yield, err := r.yield(ctx, p, x.PledgedCoins)
	if err != nil {
		return "", err
	}
	reward, err := r.AccountOf(ctx, x.RewardAddress)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "You are about to pledge coins. They stay in your wallet; spending them is how you leave.\n\n")
	fmt.Fprintf(&b, "Pool      %s (%s)\n", p.ID, p.Status)
	fmt.Fprintf(&b, "Operator  %s, reputation %d, PastelID\n          %s\n", terminal.Printable(p.Company), p.Reputation, p.Operator)
	fmt.Fprintf(&b, "Fee       %s %% of the rewards, to %s\n", p.Fee, p.FeeAddress)
	b.WriteString("Shares    the Supernode payment, a fifth of a block's reward; what the operator earns by mining is not shared\n")
	fmt.Fprintf(&b, "Size      %d PSL wanted, %d PSL needed by the Supernode (factor %s); %s\n", p.Target, p.Required, p.Factor, has(p))
	fmt.Fprintf(&b, "Period    %s\n", period(p))
	fmt.Fprintf(&b, "Yield     %s\n", yield)
	fmt.Fprintf(&b, "Pledge    %d PSL, %s\n", x.PledgedCoins, c.role(p, r.State.Parameters.MinPledge))
	fmt.Fprintf(&b, "Output    %s:%d\n", x.TxID, x.Vout)
	fmt.Fprintf(&b, "Rewards   go to %s\n", x.RewardAddress)
	if usedBefore(&reward) {
		b.WriteString("          Mind that pools pay or paid this address already: its payments will not be told apart.\n")
	}
	fmt.Fprintf(&b, "Mind      that this PastelID and address have no pledge in the pool yet: if they have, the ticket amends it, to offer\n"+
		"          %d PSL in all, paid to the address above\n", x.PledgedCoins)
	fmt.Fprintf(&b, "Leaving   loses what was earned since the last settlement (one every %d blocks) and up to %d points of reputation for each pledge\n",
		r.Params.SettlementInterval, pool.LeavingCosts(pool.Member))
	return b.String(), nil
}

// has says what a pool has of its coins.
func has(p *wire.PoolDetail) string {
	if p.Status == "subscribing" {
		return fmt.Sprintf("offered now: %d PSL", p.Offered)
	}
	return fmt.Sprintf("counted now: %d PSL, of %d PSL offered", p.Counted, p.Offered)
}

// period says how long a pool takes pledges, and how long it may be short of collateral.
func period(p *wire.PoolDetail) string {
	switch p.Status {
	case "subscribing":
		return fmt.Sprintf("pledges are taken until %s; once it runs, the pool is dissolved if it is short of collateral for %s", Whenever(p.JoinUntil),
			terminal.Counted(int(p.Period), "block"))
	case "replenishing":
		return fmt.Sprintf("the pool is short of collateral: unless that is made up, it is dissolved after %s", Whenever(p.Deadline))
	}
	return fmt.Sprintf("the pool runs until it is short of collateral for %s: then it is dissolved", terminal.Counted(int(p.Period), "block"))
}

// yield says what a pledge of so many PSL would earn, its share of the pool's income diluting the others'.
func (r *Daemon) yield(ctx context.Context, p *wire.PoolDetail, coins int64) (string, error) {
	if p.Waits {
		return "none while on standby" + members(p.Yield), nil
	}
	list, err := Advised(r.Pools(ctx, wire.PoolQuery{Coins: coins}))
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(list.Items, func(x wire.Pool) bool { return x.ID == p.ID })
	if at < 0 || list.Items[at].YieldWith == nil {
		return "not known yet: no active pool has had income", nil
	}
	y := list.Items[at].YieldWith
	basis := fmt.Sprintf("by this pool's income of %s", terminal.Counted(int(y.Blocks), "block"))
	if y.Basis == "network" {
		basis = fmt.Sprintf("by the average income of active pools in %s", terminal.Counted(int(y.Blocks), "block"))
	}
	return fmt.Sprintf("%s %% a year with your pledge in it, %s; no promise", y.Percent, basis), nil
}

// members says what those earn who do not wait.
func members(y *wire.Yield) string {
	if y == nil {
		return ""
	}
	return fmt.Sprintf("; members earn %s %% a year; no promise", y.Percent)
}

// role says what the pledge will be; least is the network's least pledge, PSL.
func (c *Join) role(p *wire.PoolDetail, least int64) string {
	counts := CountsNext(p, pool.NewPledge, c.Pledge.Coins, least)
	switch {
	case p.Status == "subscribing":
		return fmt.Sprintf("plain until the operator activates the pool (until %s)", Whenever(p.ActivateUntil))
	case pool.RoleOf(pool.Active, counts) == pool.Standby:
		return "standby: it earns once the pool lacks coins"
	case counts < c.Pledge.Coins:
		return fmt.Sprintf("member at once, but only with what the pool lacks: about %d PSL of it; the others wait", counts)
	}
	return "member at once"
}
