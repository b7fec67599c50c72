package main

import (
	"fmt"
	"io"
	"regexp"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"

	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// story tells what happened, for people.
func (l *history) story(w io.Writer) error {
	var b strings.Builder
	net, tip := l.state.Network(), l.state.Tip()
	if l.state.Shadow() {
		fmt.Fprintf(&b, "SHADOW RUN: %s does not enforce the rules. What follows is what enforcement from block %d on would have done.\n\n",
			net.Name, net.StartHeight)
	}
	if tip.Height < 0 {
		b.WriteString("No block was read.\n")
	} else {
		fmt.Fprintf(&b, "Network %s, blocks 0 to %d (%s UTC)\n", net.Name, tip.Height, terminal.Date(l.times[tip.Height]))
		fmt.Fprintf(&b, "Tip     %s\nDigest  %x (of the ledger: nodes with the same one agree on all of this)\n", tip.Hash, tip.Digest)
		fmt.Fprintf(&b, "%s, %s registered, %s that can back a pledge\n", count(len(l.state.Pools()), "pool"),
			count(len(l.state.Registered()), "PastelID"), count(l.state.Coins(), "unspent output"))
		if net.StartHeight == pastel.NotSet {
			fmt.Fprintf(&b, "No ticket counts: %s does not enforce the rules. --start-height makes a shadow run, as if it did.\n", net.Name)
		}
	}
	chapters := l.chapters()
	for _, id := range l.state.Pools() {
		chapters[id].tell(&b)
	}
	l.rejections(&b)
	_, err := io.WriteString(w, trailing.ReplaceAllString(b.String(), "\n"))
	return err
}

// trailing is the room that tables leave at the end of a line.
var trailing = regexp.MustCompile(` +\n`)

// chapter is what happened to one pool.
type chapter struct {
	*history
	net     pastel.Network
	pool    pool.Pool
	events  []*pool.Event
	points  map[*pool.Event]int   // reputation after leaving, of those it cost some
	paid    map[*pool.Event]moved // amendments after which rewards go elsewhere
	settled []settlement
}

// settlement is a payout and what became of it: an event, or nothing yet.
type settlement struct {
	pool.Payout
	fate *pool.Event
}

// chapters sorts what happened by pool.
func (l *history) chapters() map[ticket.PoolID]*chapter {
	all := map[ticket.PoolID]*chapter{}
	for _, id := range l.state.Pools() {
		p, _ := l.state.Pool(id)
		all[id] = &chapter{history: l, net: l.state.Network(), pool: p, points: map[*pool.Event]int{}, paid: map[*pool.Event]moved{}}
	}
	fates := map[pastel.TxID]*pool.Event{} // a transaction is settled once: its lock time says when
	for i := range l.events {
		e := &l.events[i]
		c := all[e.Pool]
		if c == nil {
			continue // an event of no pool
		}
		c.events = append(c.events, e)
		switch e.Type {
		case pool.PledgeLeft:
			if i+1 < len(l.events) && l.events[i+1].Type == pool.ReputationChanged { // it follows its cause
				c.points[e] = l.events[i+1].Points
			}
		case pool.PledgeAmended:
			if to, changed := l.moved[i]; changed {
				c.paid[e] = to
			}
		case pool.PayoutPaid, pool.PayoutCancelled:
			fates[e.TxID] = e
		default:
		}
	}
	for _, po := range l.settled {
		all[po.Pool].settled = append(all[po.Pool].settled, settlement{po, fates[po.Tx.ID()]})
	}
	return all
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// at prints a height with its date.
func (l *history) at(h pastel.Height) string {
	if h >= 0 && int(h) < len(l.times) {
		return fmt.Sprintf("block %d (%s)", h, terminal.Date(l.times[h]))
	}
	return fmt.Sprintf("block %d", h)
}

func (c *chapter) tell(b *strings.Builder) {
	p := &c.pool
	title := fmt.Sprintf("%s: %s", p.ID, p.Status)
	fmt.Fprintf(b, "\n%s\n%s\n", title, strings.Repeat("═", len(title)))
	fmt.Fprintf(b, "Operator    %s, fee %s %%, PastelID %s\n", terminal.Printable(p.Company), ticket.NewDecimal(p.Fee, ticket.FeeDecimals), p.Operator)
	fmt.Fprintf(b, "Supernode   PastelID %s\n", p.Supernode)
	fmt.Fprintf(b, "Collateral  %d PSL required, %d PSL to activate (factor %s)\n", p.Required, p.Target, ticket.NewDecimal(p.Factor, ticket.FactorDecimals))
	fmt.Fprintf(b, "Opened      %s, pledges until block %d\n", c.at(p.InitHeight), p.InitHeight+p.Period)
	if p.Ended >= 0 {
		fmt.Fprintf(b, "Ended       %s\n", c.at(p.Ended))
	}
	fmt.Fprintf(b, "Escrow      %s (do not send coins here: they would be shared out)\n", p.Escrow.Encode(&c.net))
	if p.Broken {
		b.WriteString("BROKEN      its escrow was spent against the rules; since then nothing is shared out or paid\n")
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

// timeline lists the turns in a pool's life.
func (c *chapter) timeline(b *strings.Builder) {
	b.WriteString("\nWhat happened\n")
	released := map[pastel.Height]int{}
	for _, e := range c.events {
		if e.Type == pool.PledgeReleased {
			released[e.Height]++
		}
	}
	for _, e := range c.events {
		if what := c.happened(e, released[e.Height]); what != "" {
			head := fmt.Sprintf("  %s  ", c.at(e.Height))
			fmt.Fprintf(b, "%s%s\n", head, strings.ReplaceAll(what, "\n", "\n"+strings.Repeat(" ", len(head))))
		}
	}
}

// happened tells one turn, with the number of pledges it released; empty for what has a table of its own.
func (c *chapter) happened(e *pool.Event, released int) string {
	switch e.Type {
	case pool.PoolCreated:
		return "opened"
	case pool.PoolActivated:
		return fmt.Sprintf("activated with %d PSL", e.Coins)
	case pool.PoolLowCollateral:
		return fmt.Sprintf("less than half the cushion is left: %d PSL", e.Coins)
	case pool.PoolReplenishing:
		return fmt.Sprintf("short of collateral with %d PSL, the Supernode stops; pledges can replace it until block %d", e.Coins, e.Height+c.pool.Period)
	case pool.PoolRestored:
		return fmt.Sprintf("restored with %d PSL, the Supernode goes on", e.Coins)
	case pool.PoolDissolved:
		return "dissolved: it was not replenished in time; " + count(released, "pledge") + " released"
	case pool.PoolExpired:
		return "expired: it was not activated in time; " + count(released, "pledge") + " released"
	case pool.PoolClosed:
		return fmt.Sprintf("closed: everything worth paying is paid, %s PSL stay in escrow for ever", e.Amount)
	case pool.PledgeAccepted:
		return fmt.Sprintf("%s pledged %d PSL (%s)", pastel.Short(e.PastelID), e.Offered, e.Role)
	case pool.PledgeAmended:
		what := fmt.Sprintf("%s amended the pledge: it offers %d PSL, %d PSL count (%s)", pastel.Short(e.PastelID), e.Offered, e.Coins, e.Role)
		if to, changed := c.paid[e]; changed {
			what += fmt.Sprintf("\nand rewards go to %s from now on, no longer to %s", pastel.Short(to.to.Encode(&c.net)), pastel.Short(to.from.Encode(&c.net)))
		}
		return what
	case pool.PledgePromoted:
		return fmt.Sprintf("%s counts %d PSL of %d PSL offered", pastel.Short(e.PastelID), e.Coins, e.Offered)
	case pool.PledgeReduced:
		return fmt.Sprintf("%s spent coins that did not count: %d PSL are offered now", pastel.Short(e.PastelID), e.Offered)
	case pool.PledgeMoved:
		return pastel.Short(e.PastelID) + " moved coins within the pledged address and stays"
	case pool.PledgeLeft:
		what := fmt.Sprintf("%s left with %d PSL (%s)", pastel.Short(e.PastelID), e.Offered, e.Role)
		if e.Forfeited > 0 {
			what += fmt.Sprintf(" and forfeited %s PSL", e.Forfeited)
		}
		return what
	default:
		return ""
	}
}

// members lists who is in the pool or, once it is over, who was last.
func (c *chapter) members(b *strings.Builder) {
	p := &c.pool
	title, in := "Who is in it", c.pool
	if p.Ended >= 0 {
		title, in = "Who was in it last", c.last[p.ID]
	}
	if len(in.Pledges) == 0 {
		return
	}
	t := terminal.NewTable([]any{"PastelID", "Role", "Counts PSL", "Offers PSL", "Share", "Accrued PSL", "Rewards to"}, 3, 4, 5, 6)
	for _, pl := range in.Pledges {
		share := "-"
		if pl.Role == pool.Member {
			share = terminal.Percent(pl.Counted, in.Counted)
		}
		if p.Ended >= 0 {
			pl.Accrued = 0 // it was settled when the pool ended
		}
		t.AppendRow([]any{pastel.Short(pl.PastelID.String()), pl.Role, pl.Counted, pl.Offered, share, terminal.PSL(pl.Accrued), pl.Reward.Encode(&c.net)})
	}
	fmt.Fprintf(b, "\n%s: %d PSL counted, %d PSL offered\n%s\n", title, in.Counted, in.Offered, t.Render())
}

// income sums up what the pool received.
func (c *chapter) income(b *strings.Builder) {
	var n int
	var sum, forfeited pastel.Amount
	first, last := pastel.Height(-1), pastel.Height(-1)
	for _, e := range c.events {
		switch e.Type {
		case pool.RewardReceived:
			if n == 0 {
				first = e.Height
			}
			last = e.Height
			n++
			sum += e.Amount
		case pool.RewardForfeited:
			forfeited += e.Amount
		default:
		}
	}
	if n == 0 {
		b.WriteString("\nNo income.\n")
		return
	}
	fmt.Fprintf(b, "\nIncome: %s, %s PSL, from block %d to %d", count(n, "reward"), sum, first, last)
	if forfeited > 0 {
		fmt.Fprintf(b, "; leavers gave up %s PSL of it to the others", forfeited)
	}
	b.WriteString(".\n")
}

// left lists what leavers lost.
func (c *chapter) left(b *strings.Builder) {
	t := terminal.NewTable([]any{"Left", "PastelID", "Role", "Offered PSL", "Forfeited PSL", "Reputation"}, 4, 5, 6)
	for _, e := range c.events {
		if e.Type != pool.PledgeLeft {
			continue
		}
		reputation := "kept"
		if points, lost := c.points[e]; lost {
			reputation = fmt.Sprintf("now %d", points)
		}
		t.AppendRow([]any{c.at(e.Height), pastel.Short(e.PastelID), e.Role, e.Offered, terminal.PSL(e.Forfeited), reputation})
	}
	if t.Length() > 0 {
		fmt.Fprintf(b, "\nWho left\n%s\n", t.Render())
	}
}

func (c *chapter) payouts(b *strings.Builder) {
	for _, po := range c.settled {
		var what string
		switch e := po.fate; {
		case e == nil:
			what = fmt.Sprintf("PENDING: can be mined from block %d to %d", po.ValidFrom, po.ValidTo)
		case e.Type == pool.PayoutPaid:
			what = "paid in " + c.at(e.Height)
		default:
			what = "cancelled in " + c.at(e.Height) + ", owed again"
		}
		fmt.Fprintf(b, "\nPayout %s\nsettled in %s\n%s", po.Tx.ID(), c.at(po.Settled), what)
		if po.Change > 0 {
			fmt.Fprintf(b, "\n%s PSL back to escrow", po.Change)
		}
		t := terminal.NewTable([]any{"To", "PSL"}, 2)
		for _, out := range po.Outputs {
			t.AppendRow([]any{out.To.Encode(&c.net), terminal.PSL(out.Amount)})
		}
		fmt.Fprintf(b, "\n%s\n", t.Render())
	}
}

// total is what an address got from a pool, or will get.
type total struct{ paid, pending, owed pastel.Amount }

// totals lists what each address got and will get. What members accrued is not in it: they can still forfeit it.
func (c *chapter) totals(b *strings.Builder) {
	sums := map[pastel.Address]*total{}
	var order []pastel.Address
	of := func(a pastel.Address) *total {
		if sums[a] == nil {
			sums[a] = &total{}
			order = append(order, a)
		}
		return sums[a]
	}
	for _, po := range c.settled {
		for _, out := range po.Outputs {
			switch {
			case po.fate == nil:
				of(out.To).pending += out.Amount
			case po.fate.Type == pool.PayoutPaid:
				of(out.To).paid += out.Amount
			}
		}
	}
	for _, claim := range c.pool.Claims {
		of(claim.To).owed += claim.Amount
	}
	if len(order) > 0 {
		t := terminal.NewTable([]any{"Address", "Paid PSL", "Pending PSL", "Owed PSL", ""}, 2, 3, 4)
		for _, a := range order {
			note := ""
			if a == c.pool.FeeAddress {
				note = "operator"
			}
			t.AppendRow([]any{a.Encode(&c.net), terminal.PSL(sums[a].paid), terminal.PSL(sums[a].pending), terminal.PSL(sums[a].owed), note})
		}
		fmt.Fprintf(b, "\nIn all\n%s\n", t.Render())
	}
	if c.pool.Accrued > 0 {
		fmt.Fprintf(b, "\nThe operator has accrued %s PSL since the last settlement.\n", c.pool.Accrued)
	}
}

// rejections says why tickets were refused.
func (l *history) rejections(b *strings.Builder) {
	t := terminal.NewTable([]any{"Block", "Transaction", "Reason", "What it means"})
	t.SetColumnConfigs([]table.ColumnConfig{terminal.Wrapped(4)})
	for i := range l.events {
		if e := &l.events[i]; e.Type == pool.TicketRejected {
			t.AppendRow([]any{l.at(e.Height), pastel.Short(e.TxID.String()), e.Reason, ticket.Explain(e.Reason)})
		}
	}
	if t.Length() > 0 {
		fmt.Fprintf(b, "\n%s rejected\n%s\n", count(t.Length(), "ticket"), t.Render())
	}
}
