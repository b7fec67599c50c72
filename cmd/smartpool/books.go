package main

import (
	"fmt"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/wire"
)

// figure is something that books tell of a pool: one value, or a list of entries.
type figure struct {
	name   string
	values []string
	many   bool // it is a list
}

// figures are what a pool's books tell, but for estimates and what is a sum of the others.
func figures(p *wire.PoolDetail) (list []figure) {
	one := func(name string, value any) { list = append(list, figure{name, []string{fmt.Sprint(value)}, false}) }
	many := func(name string, n int, entry func(i int) string) {
		values := make([]string, n)
		for i := range values {
			values[i] = entry(i)
		}
		list = append(list, figure{name, values, true})
	}
	one("id", p.ID)
	one("company", p.Company)
	one("operator", p.Operator)
	one("supernode", p.Supernode)
	one("fee", p.Fee)
	one("fee address", p.FeeAddress)
	one("factor", p.Factor)
	one("required coins", p.Required)
	one("target", p.Target)
	one("period", p.Period)
	one("escrow address", p.Escrow)
	one("status", p.Status)
	one("opened", dated(&p.Opened))
	one("init transaction", p.InitTx)
	one("join until", dated(p.JoinUntil))
	one("activate until", dated(p.ActivateUntil))
	one("activated", dated(p.Activated))
	one("activation transaction", p.ActivationTx)
	one("deadline", dated(p.Deadline))
	one("ended", dated(p.Ended))
	one("next settlement", dated(p.NextSettlement))
	one("counted coins", p.Counted)
	one("offered coins", p.Offered)
	one("cushion", p.Cushion)
	one("low", p.Low)
	one("broken", p.Broken)
	one("least pledge", p.LeastPledge)
	one("whether a pledge waits", p.Waits)
	one("members", p.Members)
	one("standby", p.Standby)
	one("plain", p.Plain)
	one("operator's reputation", p.Reputation)
	one("income", p.Income)
	one("rewards", p.Rewards)
	one("forfeited", p.Forfeited)
	one("paid", p.Paid)
	one("escrow", p.Escrowed)
	one("carry", p.Carry)
	one("accrued", p.Accrued)
	one("operator's accrued", p.OperatorFee)
	many("pledges", len(p.Participants), func(i int) string {
		m := &p.Participants[i]
		return fmt.Sprintf("no. %d of %s: %d PSL offered, %d counted, %d held at %s, %s since %s, %s %%, accrued %s, rewards to %s",
			m.Seq, m.PastelID, m.Offered, m.Counted, m.Held, m.Address, m.Role, dated(m.Since), m.Share, m.Accrued, m.Reward)
	})
	many("claims", len(p.Claims), func(i int) string {
		return fmt.Sprintf("%s to %s of %s", p.Claims[i].Amount, p.Claims[i].Address, p.Claims[i].Pool)
	})
	many("pending payouts", len(p.Pending), func(i int) string {
		x := &p.Pending[i]
		return fmt.Sprintf("%s of %s: %s in %d outputs, change %s, %s, settled in %s, valid from %s to %s, paid in %s, cancelled in %s",
			x.TxID, x.Pool, x.Amount, x.Outputs, x.Change, x.Status, dated(&x.Settled), dated(&x.From), dated(&x.To), dated(x.Paid), dated(x.Cancelled))
	})
	return list
}

// dated is a block with its date, if it has come: the dates of others are estimates.
func dated(m *wire.Moment) string {
	switch {
	case m == nil:
		return "no block"
	case m.Estimated:
		return fmt.Sprintf("block %d, to come", m.Height)
	}
	return fmt.Sprintf("block %d of %s", m.Height, m.Time.UTC().Format(time.RFC3339))
}

// differences says where a daemon's books are not what raw blocks make them.
func differences(daemon, blocks *wire.PoolDetail) []string {
	list := []string{}
	said := figures(daemon)
	for i, f := range figures(blocks) {
		at := 0
		for at < len(f.values) && at < len(said[i].values) && f.values[at] == said[i].values[at] {
			at++
		}
		switch {
		case slices.Equal(f.values, said[i].values):
		case at < len(f.values) && at < len(said[i].values):
			list = append(list, fmt.Sprintf("%s: the daemon says %s, raw blocks %s", f.name, said[i].values[at], f.values[at]))
		default:
			list = append(list, fmt.Sprintf("%s: the daemon has %d, raw blocks %d", f.name, len(said[i].values), len(f.values)))
		}
	}
	return list
}
