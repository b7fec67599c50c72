package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

type poolStatusCmd struct {
	apiFlags
	Pool string `type:"pool" arg:"" help:"The pool's id or label."`
	All  bool   `help:"List every pledge, not only the largest."`
}

// Lengths of lists, unless the user asks for everything.
const (
	largest     = 20 // pledges
	nextPayouts = 3
)

// Run shows a pool.
func (c *poolStatusCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	p, err := r.VerifiedPool(ctx, c.Pool)
	if err != nil {
		return err
	}
	var sn *wire.Supernode
	if p.ActivationTx != "" {
		now, err := r.SupernodeOf(ctx, p.ID)
		if err != nil {
			return err
		}
		sn = &now
	}
	if e.JSON {
		return terminal.PrintJSON(e.Out, struct {
			wire.PoolDetail
			Supernode *wire.Supernode `json:"supernode_state,omitempty"`
		}{p, sn})
	}
	closed, left, err := r.Closed(ctx, &p)
	if err != nil {
		return err
	}
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\nBlock %d, %s UTC\n\n", p.ID, p.Status, p.Tip.Height, terminal.Date(p.Tip.Time))
	fmt.Fprintf(&b, "Operator    %s, fee %s %%, PastelID %s, reputation %d\n", visible.Name(p.Company), p.Fee, pastel.Short(p.Operator), p.Reputation)
	fmt.Fprintf(&b, "Opened      %s\n", journey.When(p.Opened))
	for _, x := range []struct {
		name string
		at   *wire.Moment
	}{{"Join until", p.JoinUntil}, {"Activate by", p.ActivateUntil}, {"Activated", p.Activated}, {"Deadline", p.Deadline}, {"Ended", p.Ended}, {"Closed", closed}, {"Settles", p.NextSettlement}} {
		if x.at != nil {
			fmt.Fprintf(&b, "%-11s %s\n", x.name, journey.When(*x.at))
		}
	}
	if sn != nil {
		printSupernode(&b, &p, sn)
	}
	if p.Status == "subscribing" {
		fmt.Fprintf(&b, "Collateral  %d PSL offered, target %d PSL; the Supernode needs %d PSL\n", p.Offered, p.Target, p.Required)
	} else if p.Ended == nil {
		fmt.Fprintf(&b, "Collateral  %d PSL counted, target %d PSL; the Supernode needs %d PSL; %d PSL offered\n", p.Counted, p.Target, p.Required, p.Offered)
		fmt.Fprintf(&b, "Cushion     %d PSL%s\n", p.Cushion, map[bool]string{true: ": LOW, less than half is left"}[p.Low])
	}
	if p.Critical != nil {
		fmt.Fprintf(&b, "Critical    if these members leave, the Supernode stops: %s (they offer %d of %d PSL)\n", shorts(p.Critical.Members), p.Critical.Coins, p.Offered)
	}
	fmt.Fprintf(&b, "Income      %s PSL in %s; %s PSL paid, ", p.Income, terminal.Counted(int(p.Rewards), "reward"), p.Paid)
	if closed != nil {
		fmt.Fprintf(&b, "%s PSL left in escrow forever\n", left)
	} else {
		fmt.Fprintf(&b, "%s PSL in escrow\n", p.Escrowed)
	}
	fmt.Fprintf(&b, "Fee         %s PSL accrued since the last settlement\n", p.OperatorFee)
	if p.Forecast != nil {
		fmt.Fprintf(&b, "Forecast    %s PSL settle in block %d, payable from %s on\n", p.Forecast.Amount, p.Forecast.At.Height, journey.When(p.Forecast.Mined))
	}
	c.printPledges(&b, p.Participants, e.Width)
	printPayouts(&b, p.Pending[:min(len(p.Pending), nextPayouts)])
	if more := len(p.Pending) - nextPayouts; more > 0 {
		fmt.Fprintf(&b, "\nand %d more payouts: smartpool payouts --pool %s\n", more, p.ID)
	}
	_, err = fmt.Fprint(e.Out, terminal.Trimmed(b.String()))
	return err
}

// printSupernode prints the Supernode's status.
func printSupernode(b *strings.Builder, p *wire.PoolDetail, sn *wire.Supernode) {
	where := ""
	if sn.Listed != "" && sn.State != string(chain.SupernodePausing) && sn.State != string(chain.SupernodeEnded) {
		where = fmt.Sprintf(" (%s at %s)", visible.Short(sn.Listed, visible.MostColumns), visible.Short(sn.Address, visible.MostColumns))
	}
	means := chain.SupernodeState(sn.State).Explain(p.ID, visible.Plain(sn.Listed, visible.MostColumns), visible.Text(sn.Payee)) // what to type is never the daemon's text
	fmt.Fprintf(b, "Supernode   %s%s: %s\n", visible.Text(sn.State), where, means)
	if sn.LastPaid != nil {
		fmt.Fprintf(b, "Last income %s\n", journey.When(*sn.LastPaid))
	}
}

// printPledges lists the largest pledges, or all in join order.
func (c *poolStatusCmd) printPledges(b *strings.Builder, list []wire.PoolPledge, width int) {
	if len(list) == 0 {
		return
	}
	rest := ""
	if !c.All && len(list) > largest {
		rest = fmt.Sprintf("and %d more pledges; --all lists all %d in join order\n", len(list)-largest, len(list))
		list = client.Largest(list, largest)
	}
	t := terminal.NewTable(width, []any{"PastelID", "Role", "Counted PSL", "Offered PSL", "Share %", "Accrued PSL", "Pledged address"}, 3, 4, 5, 6)
	t.SetColumnConfigs(append(terminal.RightAligned(5, 6), terminal.Numbers(3, 7), terminal.Numbers(4, 7)))
	for _, m := range list {
		t.AppendRow([]any{pastel.Short(m.PastelID), m.Role, m.Counted, m.Offered, m.Share, terminal.PSL(m.Accrued), m.Address})
	}
	fmt.Fprintf(b, "\n%s\n%s", t.Render(), rest)
}

// shorts abbreviates ids and lists the first few.
func shorts(ids []string) string {
	const most = 6
	list := make([]string, 0, most)
	for i, id := range ids {
		if i == most {
			return strings.Join(list, ", ") + fmt.Sprintf(" and %d more", len(ids)-most)
		}
		list = append(list, pastel.Short(id))
	}
	return strings.Join(list, ", ")
}
