package replay

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"github.com/pastelnetwork/smartpool/audit"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Tell writes what happened in the chain, for people with a terminal of so many columns, 0 if none shows it.
func (c *Chain) Tell(w io.Writer, width int) error {
	var b strings.Builder
	state, h := c.state, c.history
	net, tip := state.Params(), state.Tip()
	if state.Shadow() {
		fmt.Fprintf(&b, "SHADOW RUN: %s does not enforce the rules. This shows what enforcement from block %d on would have done.\n\n",
			net.Name, net.Forks.Pools.Height())
	}
	if tip.Height < 0 {
		b.WriteString("The input has no blocks.\n")
	} else {
		fmt.Fprintf(&b, "Network %s, blocks 0 to %d (%s UTC)\n", net.Name, tip.Height, dateAt(h, tip.Height))
		fmt.Fprintf(&b, "Tip     %s\nDigest  %x (of the ledger; nodes with the same digest agree on all of this)\n", tip.Hash, tip.Digest)
		fmt.Fprintf(&b, "%s, %s registered, %s that can back a pledge\n", terminal.Counted(len(state.Pools()), "pool"),
			terminal.Counted(len(state.Registered()), "PastelID"), terminal.Counted(state.Coins(), "unspent output"))
		if !net.Forks.Pools.Scheduled() {
			fmt.Fprintf(&b, "No ticket counts, because %s does not enforce the rules. --start-height makes a shadow run, as if it did.\n", net.Name)
		}
	}
	for _, life := range h.Lives() {
		x := &chapter{life, h, &net.Network, width}
		x.tell(&b)
	}
	tellRejections(&b, h, width)
	_, err := io.WriteString(w, terminal.Trimmed(b.String()))
	return err
}

// chapter tells the story of one pool.
type chapter struct {
	*audit.Life
	h     *audit.History
	net   *pastel.Network
	width int // columns of the terminal
}

// dateAt prints the date of a block that was read.
func dateAt(h *audit.History, at pastel.Height) string {
	unix, _ := h.Time(at)
	return terminal.Date(time.Unix(int64(unix), 0))
}

// blockOf prints a height with its date.
func blockOf(h *audit.History, at pastel.Height) string {
	if _, found := h.Time(at); found {
		return fmt.Sprintf("block %d (%s)", at, dateAt(h, at))
	}
	return fmt.Sprintf("block %d", at)
}

func (c *chapter) at(h pastel.Height) string { return blockOf(c.h, h) }

func (c *chapter) tell(b *strings.Builder) {
	p := &c.Pool
	title := fmt.Sprintf("%s: %s", p.ID, p.Status)
	fmt.Fprintf(b, "\n%s\n%s\n", title, strings.Repeat("═", len(title)))
	fmt.Fprintf(b, "Operator    %s, fee %s %%, PastelID %s\n", visible.Name(p.Company), ticket.NewDecimal(p.Fee, ticket.FeeDecimals), p.Operator)
	fmt.Fprintf(b, "Supernode   PastelID %s\n", p.Supernode)
	fmt.Fprintf(b, "Collateral  %d PSL required, %d PSL to activate (factor %s)\n", p.Required, p.Target, ticket.NewDecimal(p.Factor, ticket.FactorDecimals))
	fmt.Fprintf(b, "Opened      %s, pledges until block %d\n", c.at(p.InitHeight), p.Terms.JoinUntil())
	if p.Ended >= 0 {
		fmt.Fprintf(b, "Ended       %s\n", c.at(p.Ended))
	}
	fmt.Fprintf(b, "Escrow      %s (never send coins here: the pool would share them out)\n", p.Escrow.Encode(c.net))
	if p.Broken {
		b.WriteString("BROKEN      its escrow was spent against the rules; since then the pool shares and pays nothing\n")
	}
	c.timeline(b)
	c.members(b)
	c.income(b)
	c.left(b)
	c.payouts(b)
	c.totals(b)
	if p.NextSettlement >= 0 {
		fmt.Fprintf(b, "\nNext settlement at block %d.\n", p.NextSettlement)
	}
}

// timeline lists the events of a pool's life.
func (c *chapter) timeline(b *strings.Builder) {
	b.WriteString("\nWhat happened\n")
	released := map[pastel.Height]int{}
	for _, e := range c.Events {
		if e.Type == pool.PledgeReleased {
			released[e.Height]++
		}
	}
	for _, e := range c.Events {
		if what := c.happened(e, released[e.Height]); what != "" {
			head := fmt.Sprintf("  %s  ", c.at(e.Height))
			what = text.WrapSoft(what, storyWidth)
			fmt.Fprintf(b, "%s%s\n", head, strings.ReplaceAll(what, "\n", "\n"+strings.Repeat(" ", len(head))))
		}
	}
}

// storyWidth is the greatest width of the text in a line of the timeline.
const storyWidth = 96

// happened describes one event, with the number of pledges it released; empty if the event has a table of its own.
func (c *chapter) happened(e *pool.Event, released int) string {
	what := e.Words(c.Redirects[e])
	switch e.Type {
	case pool.PledgeReleased, pool.RewardReceived, pool.RewardForfeited, pool.PayoutSettled, pool.PayoutPaid, pool.PayoutCancelled:
		return ""
	case pool.PoolReplenishing:
		return fmt.Sprintf("%s Otherwise the pool is dissolved after block %d.", what, c.Pool.ReplenishUntil(e.Height))
	case pool.PoolDissolved, pool.PoolExpired:
		return fmt.Sprintf("%s It released %s.", what, terminal.Counted(released, "pledge"))
	default:
		return what
	}
}

// members lists the pool's pledges or, once it has ended, its last ones.
func (c *chapter) members(b *strings.Builder) {
	p := &c.Pool
	title, in := "Pledges", c.Pool
	if p.Ended >= 0 {
		title, in = "Last pledges", c.Last
	}
	if len(in.Pledges) == 0 {
		return
	}
	t := terminal.NewTable(c.width, []any{"PastelID", "Role", "Counted PSL", "Offered PSL", "Share", "Accrued PSL", "Rewards to"}, 3, 4, 5, 6)
	for _, pl := range in.Pledges {
		share := "-"
		if pl.Role == pool.Member {
			share = terminal.Percent(pl.Counted, in.Counted)
		}
		if p.Ended >= 0 {
			pl.Accrued = 0 // the end of the pool settled it
		}
		t.AppendRow([]any{pastel.Short(pl.PastelID.String()), pl.Role, pl.Counted, pl.Offered, share, terminal.PSL(pl.Accrued), pl.Reward.Encode(c.net)})
	}
	fmt.Fprintf(b, "\n%s: %d PSL counted, %d PSL offered\n%s\n", title, in.Counted, in.Offered, t.Render())
}

// income sums up what the pool received.
func (c *chapter) income(b *strings.Builder) {
	in := c.Income()
	if in.Rewards == 0 {
		b.WriteString("\nNo income.\n")
		return
	}
	fmt.Fprintf(b, "\nIncome: %s, %s PSL, from block %d to %d", terminal.Counted(in.Rewards, "reward"), in.Sum, in.First, in.Last)
	if in.Forfeited > 0 {
		fmt.Fprintf(b, "; leaving members forfeited %s PSL of it", in.Forfeited)
	}
	b.WriteString(".\n")
}

// left lists what leavers forfeited.
func (c *chapter) left(b *strings.Builder) {
	t := terminal.NewTable(c.width, []any{"Left", "PastelID", "Role", "Offered PSL", "Forfeited PSL", "Reputation"}, 4, 5, 6)
	for _, e := range c.Events {
		if e.Type != pool.PledgeLeft {
			continue
		}
		reputation := "kept"
		if points, lost := c.Reputation[e]; lost {
			reputation = fmt.Sprintf("now %d", points)
		}
		t.AppendRow([]any{c.at(e.Height), pastel.Short(e.PastelID), e.Role, e.Offered, terminal.PSL(e.Forfeited), reputation})
	}
	if t.Length() > 0 {
		fmt.Fprintf(b, "\nWho left\n%s\n", t.Render())
	}
}

func (c *chapter) payouts(b *strings.Builder) {
	for _, po := range c.Payouts {
		var what string
		switch e := po.Outcome; {
		case e == nil:
			what = fmt.Sprintf("PENDING: blocks %d to %d can include it", po.ValidFrom, po.ValidTo)
		case e.Type == pool.PayoutPaid:
			what = "paid in " + c.at(e.Height)
		default:
			what = "cancelled in " + c.at(e.Height) + "; still owed"
		}
		fmt.Fprintf(b, "\nPayout %s\nsettled in %s\n%s", po.Tx.ID(), c.at(po.Settled), what)
		if po.Change > 0 {
			fmt.Fprintf(b, "\n%s PSL back to escrow", po.Change)
		}
		t := terminal.NewTable(c.width, []any{"To", "PSL"}, 2)
		for _, out := range po.Outputs {
			t.AppendRow([]any{out.To.Encode(c.net), terminal.PSL(out.Amount)})
		}
		fmt.Fprintf(b, "\n%s\n", t.Render())
	}
}

// totals lists what each address got and will get.
func (c *chapter) totals(b *strings.Builder) {
	t := terminal.NewTable(c.width, []any{"Address", "Paid PSL", "Pending PSL", "Owed PSL", ""}, 2, 3, 4)
	for _, x := range c.Totals() {
		note := ""
		if x.Operator {
			note = "operator"
		}
		t.AppendRow([]any{x.To.Encode(c.net), terminal.PSL(x.Paid), terminal.PSL(x.Pending), terminal.PSL(x.Owed), note})
	}
	if t.Length() > 0 {
		fmt.Fprintf(b, "\nTotals\n%s\n", t.Render())
	}
	if c.Pool.Accrued > 0 {
		fmt.Fprintf(b, "\nThe operator has accrued %s PSL since the last settlement.\n", c.Pool.Accrued)
	}
}

// tellRejections lists the rejected tickets with reasons.
func tellRejections(b *strings.Builder, h *audit.History, width int) {
	t := terminal.NewTable(width, []any{"Block", "Transaction", "Reason", "What it means"})
	t.SetColumnConfigs([]table.ColumnConfig{terminal.Wrapped(4)})
	for _, e := range h.Rejections() {
		t.AppendRow([]any{blockOf(h, e.Height), pastel.Short(e.TxID.String()), e.Reason, ticket.Explain(e.Reason)})
	}
	if t.Length() > 0 {
		fmt.Fprintf(b, "\n%s rejected\n%s\n", terminal.Counted(t.Length(), "ticket"), t.Render())
	}
}
