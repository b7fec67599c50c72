package main

import (
	"fmt"
	"io"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// story tells what happened, for people.
func (l *history) story(w io.Writer) error {
	var b strings.Builder
	net, tip := l.state.Network(), l.state.Tip()
	if l.state.Shadow() {
		b.WriteString("SHADOW RUN: this network does not enforce the rules. What follows is what enforcement would have done.\n\n")
	}
	if tip.Height < 0 {
		b.WriteString("No block was read.\n")
	} else {
		fmt.Fprintf(&b, "Network %s, blocks 0 to %d (%s UTC)\n", net.Name, tip.Height, date(l.times[tip.Height]))
		fmt.Fprintf(&b, "Ledger digest %x\n", tip.Digest)
		fmt.Fprintf(&b, "%s, %s registered, %s that can back a pledge\n", count(len(l.state.Pools()), "pool"),
			count(len(l.state.Registered()), "PastelID"), count(l.state.Coins(), "unspent output"))
	}
	for _, id := range l.state.Pools() {
		l.poolStory(&b, id)
	}
	l.rejections(&b)
	_, err := io.WriteString(w, b.String())
	return err
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
		return fmt.Sprintf("block %d (%s)", h, date(l.times[h]))
	}
	return fmt.Sprintf("block %d", h)
}

func (l *history) poolStory(b *strings.Builder, id ticket.PoolID) {
	p, _ := l.state.Pool(id)
	net := l.state.Network()
	title := fmt.Sprintf("%s: %s", id, p.Status)
	fmt.Fprintf(b, "\n%s\n%s\n", title, strings.Repeat("═", len(title)))
	fmt.Fprintf(b, "Operator    %s, fee %s %%, PastelID %s\n", printable(p.Company), ticket.NewDecimal(p.Fee, ticket.FeeDecimals), p.Operator)
	fmt.Fprintf(b, "Supernode   PastelID %s\n", p.Supernode)
	fmt.Fprintf(b, "Collateral  %d PSL required, %d PSL to activate (factor %s)\n", p.Required, p.Target, ticket.NewDecimal(p.Factor, ticket.FactorDecimals))
	fmt.Fprintf(b, "Opened      %s, pledges until block %d\n", l.at(p.InitHeight), p.InitHeight+p.Period)
	fmt.Fprintf(b, "Escrow      %s (paid by coinbases only: never send coins there)\n", p.Escrow.Encode(&net))
	if p.Broken {
		b.WriteString("BROKEN      its escrow was spent against the rules; its books are closed\n")
	}
	l.timeline(b, id)
	l.members(b, &p)
	l.income(b, &p)
	l.left(b, id)
	l.payouts(b, id)
	l.owed(b, &p)
}

// printable keeps a stranger's text from moving the cursor.
func printable(s string) string { return strings.Trim(fmt.Sprintf("%q", s), `"`) }

// timeline lists the turns in a pool's life.
func (l *history) timeline(b *strings.Builder, id ticket.PoolID) {
	b.WriteString("\nWhat happened\n")
	for _, e := range l.events {
		if e.Pool != id {
			continue
		}
		var what string
		switch e.Type {
		case pool.PoolCreated:
			what = "opened"
		case pool.PoolActivated:
			what = fmt.Sprintf("activated with %d PSL", e.Coins)
		case pool.PoolLowCollateral:
			what = fmt.Sprintf("less than half the cushion is left: %d PSL", e.Coins)
		case pool.PoolReplenishing:
			what = fmt.Sprintf("short of collateral with %d PSL, the Supernode stops until pledges replace it", e.Coins)
		case pool.PoolRestored:
			what = fmt.Sprintf("restored with %d PSL, the Supernode goes on", e.Coins)
		case pool.PoolDissolved:
			what = "dissolved: it was not replenished in time"
		case pool.PoolExpired:
			what = "expired: it was not activated in time"
		case pool.PledgeAccepted:
			what = fmt.Sprintf("%s pledged %d PSL (%s)", short(e.PastelID), e.Coins, e.Role)
		case pool.PledgePromoted:
			what = fmt.Sprintf("%s moved up from standby with %d PSL", short(e.PastelID), e.Coins)
		case pool.PledgeMoved:
			what = short(e.PastelID) + " moved coins within the pledged address and stays"
		case pool.PledgeLeft:
			what = fmt.Sprintf("%s left with %d PSL (%s)", short(e.PastelID), e.Coins, e.Role)
			if e.Forfeited > 0 {
				what += fmt.Sprintf(" and forfeited %s PSL", e.Forfeited)
			}
		default:
			continue
		}
		fmt.Fprintf(b, "  %s  %s\n", l.at(e.Height), what)
	}
}

func (l *history) members(b *strings.Builder, p *pool.Pool) {
	if len(p.Pledges) == 0 {
		return
	}
	net := l.state.Network()
	t := newTable([]any{"PastelID", "Role", "PSL", "Share", "Accrued PSL", "Rewards to"}, 3, 4, 5)
	for _, pl := range p.Pledges {
		share := "-"
		if pl.Role == pool.Member {
			share = percent(pl.Coins, p.MemberCoins)
		}
		t.AppendRow([]any{short(pl.PastelID.String()), pl.Role, pl.Coins, share, pl.Accrued, pl.Reward.Encode(&net)})
	}
	fmt.Fprintf(b, "\nIn the pool: members %d PSL, all pledges %d PSL\n%s\n", p.MemberCoins, p.PledgedCoins, t.Render())
}

// income sums up what the pool received.
func (l *history) income(b *strings.Builder, p *pool.Pool) {
	var n int
	var sum, forfeited pastel.Amount
	first, last := pastel.Height(-1), pastel.Height(-1)
	for _, e := range l.events {
		if e.Pool != p.ID {
			continue
		}
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
func (l *history) left(b *strings.Builder, id ticket.PoolID) {
	t := newTable([]any{"Left", "PastelID", "Role", "PSL", "Forfeited PSL"}, 4, 5)
	for _, e := range l.events {
		if e.Pool == id && e.Type == pool.PledgeLeft {
			t.AppendRow([]any{l.at(e.Height), short(e.PastelID), e.Role, e.Coins, e.Forfeited})
		}
	}
	if t.Length() > 0 {
		fmt.Fprintf(b, "\nWho left\n%s\n", t.Render())
	}
}

func (l *history) payouts(b *strings.Builder, id ticket.PoolID) {
	net := l.state.Network()
	fate := map[pastel.TxID]string{}
	for _, e := range l.events {
		switch {
		case e.Pool != id:
		case e.Type == pool.PayoutPaid:
			fate[e.TxID] = "paid in " + l.at(e.Height)
		case e.Type == pool.PayoutCancelled:
			fate[e.TxID] = "not mined in time, owed again"
		}
	}
	for _, po := range l.settled {
		if po.Pool != id {
			continue
		}
		txid := po.Tx.ID()
		what := fate[txid]
		if what == "" {
			what = fmt.Sprintf("waits: can be mined from block %d to %d", po.ValidFrom, po.ValidTo)
		}
		fmt.Fprintf(b, "\nPayout %s\nsettled in %s, %s, fee %s PSL", txid, l.at(po.Settled), what, po.Fee)
		if po.Change > 0 {
			fmt.Fprintf(b, ", %s PSL back to escrow", po.Change)
		}
		t := newTable([]any{"To", "PSL"}, 2)
		for _, out := range po.Outputs {
			t.AppendRow([]any{out.To.Encode(&net), out.Amount})
		}
		fmt.Fprintf(b, "\n%s\n", t.Render())
	}
}

// owed lists claims that no payout covers yet.
func (l *history) owed(b *strings.Builder, p *pool.Pool) {
	net := l.state.Network()
	if p.Accrued > 0 {
		fmt.Fprintf(b, "\nThe operator has accrued %s PSL since the last settlement.\n", p.Accrued)
	}
	if len(p.Claims) > 0 {
		t := newTable([]any{"Owed to", "PSL"}, 2)
		for _, c := range p.Claims {
			t.AppendRow([]any{c.To.Encode(&net), c.Amount})
		}
		fmt.Fprintf(b, "\nSettled, too little for a payout or not payable yet\n%s\n", t.Render())
	}
	if p.NextSettlement >= 0 {
		fmt.Fprintf(b, "\nNext settlement at block %d.\n", p.NextSettlement)
	}
}

// rejections says why tickets were refused.
func (l *history) rejections(b *strings.Builder) {
	t := newTable([]any{"Block", "Transaction", "Reason"})
	for _, e := range l.events {
		if e.Type == pool.TicketRejected {
			t.AppendRow([]any{l.at(e.Height), short(e.TxID.String()), fmt.Sprintf("%s: %s", e.Reason, ticket.Explain(e.Reason))})
		}
	}
	if t.Length() > 0 {
		fmt.Fprintf(b, "\n%s rejected\n%s\n", count(t.Length(), "ticket"), t.Render())
	}
}
