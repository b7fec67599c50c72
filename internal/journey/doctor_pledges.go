package journey

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/funding"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// lookAtRegistrations looks whether each PastelID is registered.
func (x *examination) lookAtRegistrations(ctx context.Context) []Finding {
	accounts, err := x.accounts()
	if err != nil {
		return untold(err)
	}
	var list []Finding
	for i := range accounts {
		if id := accounts[i].PastelID; id != "" {
			list = append(list, x.registered(ctx, id, accounts[i].Registered))
		}
	}
	if len(list) == 0 {
		return one(skipped("", "only PastelIDs are registered, not addresses"))
	}
	if x.beyond > 0 {
		list = append(list, unknown("smartpool doctor PASTELID ... examines those that you name.", "%d more PastelIDs of the node were not examined", x.beyond))
	}
	return list
}

// registered looks whether a PastelID is registered, by the daemon's word and by the node's.
func (x *examination) registered(ctx context.Context, id string, told bool) Finding {
	short := pastel.Short(id)
	node, err := x.node()
	if err != nil {
		if told {
			return ok("PastelID %s is registered, says the daemon", short)
		}
		return failed("smartpool id register KEYFILE", "PastelID %s is not registered, says the daemon", short)
	}
	height, found, err := node.Registration(ctx, id)
	switch {
	case err != nil && told:
		return ok("PastelID %s is registered, says the daemon", short)
	case found && told:
		return ok("PastelID %s is registered since block %d", short, height)
	case found:
		return failed("Wait for the daemon if it lacks blocks; else ask another one with --api.",
			"PastelID %s is registered since block %d, says the node, but the daemon denies it", short, height)
	case err == nil && told:
		return failed("Ask another daemon with --api.", "PastelID %s is registered, says the daemon, but the node does not know it", short)
	}
	is := func(c ticket.Carried) bool { return c.Registration != nil && c.Registration.PastelID == id }
	net := node.Network()
	if txid, waits, err := funding.Waiting(ctx, node, &net, func(int) {}, is); err == nil && waits {
		return warning("Wait for the block that holds it.", "PastelID %s is not registered yet: transaction %s waits for a block", short, txid)
	}
	if !slices.Contains(x.IDs, id) { // one that the node has, perhaps for later
		return warning("smartpool rpc tickets register id "+id+" - ADDRESS", "PastelID %s of the node is not registered, so it can neither pledge nor open a pool", short)
	}
	return failed("smartpool id register KEYFILE", "PastelID %s is not registered, so it can neither pledge nor open a pool", short)
}

// lookAtCoins looks whether the coins of each pledge are there, and whether a transaction is about to spend them.
func (x *examination) lookAtCoins(ctx context.Context) []Finding {
	accounts, err := x.accounts()
	if err != nil {
		return untold(err)
	}
	r, err := x.daemon()
	if err != nil {
		return untold(errNoDaemon)
	}
	r = r.quiet()
	var list []Finding
	mine := map[int64]wire.Position{}
	for i := range accounts {
		a := &accounts[i]
		for j := range a.Positions[:min(len(a.Positions), mostExamined)] {
			p := a.Positions[j]
			if _, seen := mine[int64(p.Seq)]; seen {
				continue
			}
			mine[int64(p.Seq)] = p
			list = append(list, x.pledge(ctx, r, &p)...)
		}
		if more := len(a.Positions) - mostExamined; more > 0 {
			list = append(list, unknown("smartpool guard --once checks all of them.", "%d more pledges of %s were not examined", more, AccountName(a)))
		}
		list = append(list, x.lost(ctx, r, a)...)
	}
	if len(mine) > 0 {
		list = append(list, x.spends(ctx, r, mine))
	}
	if len(list) == 0 {
		return one(ok("no pledge, so nothing to lose"))
	}
	return list
}

// pledge looks whether the outputs that back a pledge are unspent: the daemon names them, and the node knows.
func (x *examination) pledge(ctx context.Context, r *Daemon, p *wire.Position) []Finding {
	what := fmt.Sprintf("the pledge of %d PSL in pool %s", p.Offered, ticket.PoolID(p.Pool).Label())
	page, err := r.Coins(ctx, p.Address, wire.CoinQuery{Limit: mostExamined})
	if err != nil {
		return untold(err)
	}
	node, away := x.node()
	var have pastel.Amount
	for i := range page.Items {
		c := &page.Items[i]
		if !c.Backs {
			continue
		}
		have += min(c.Value, pastel.MaxMoney-have)
		out, err := pastel.ParseOutPoint(c.Output)
		if err != nil {
			return one(unknown("Run the daemon's release.", "%s: the daemon names an output that is none", what))
		}
		if away != nil {
			continue
		}
		switch at, err := node.TxOut(ctx, out); {
		case err != nil:
			return untold(err)
		case at == nil:
			return one(failed("If you did not spend it, move the other coins of "+p.Address+": someone may have its key.",
				"%s: output %s is spent, or about to be, says the node", what, out))
		}
	}
	if page.Next == "" && have < pastel.Amount(p.Offered)*pastel.PSL {
		return one(failed("Run it again; if it stays so, ask another daemon with --api.", "%s: the daemon names outputs of only %s PSL behind it", what, have))
	}
	if away != nil {
		return one(ok("%s: its coins are unspent, says the daemon", what))
	}
	return one(ok("%s: its coins are unspent", what))
}

// lately is how long a lost pledge is news.
const lately = 30 * 24 * time.Hour

// lost looks for pledges that ended lately because their coins were spent.
func (x *examination) lost(ctx context.Context, r *Daemon, a *wire.Account) []Finding {
	if a.Past == 0 {
		return nil
	}
	q := wire.PledgeQuery{Page: wire.Page{Limit: mostExamined, Order: "newest"}}
	if q.PastelID = a.PastelID; q.PastelID == "" {
		q.Address = a.Address
	}
	page, err := Advised(r.Pledges(ctx, q))
	if err != nil {
		return untold(err)
	}
	var list []Finding
	for i := range page.Items {
		p := &page.Items[i]
		if p.Ended != nil && p.Outcome == "pledge.left" && x.Now().Sub(p.Ended.Time) < lately {
			list = append(list, warning("If you did not spend them, move the other coins of "+p.Address+": someone may have its key.", "the pledge of %d PSL in pool %s ended in %s: its coins were spent, and it forfeited %s PSL",
				p.Offered, ticket.PoolID(p.Pool).Label(), When(*p.Ended), p.Forfeited))
		}
	}
	return list
}

// spends looks for transactions that are about to spend pledged coins.
func (x *examination) spends(ctx context.Context, r *Daemon, mine map[int64]wire.Position) Finding {
	list, err := Advised(r.AllMempool(ctx, wire.SpendQuery{}))
	for i := range list.Items {
		if p, is := mine[list.Items[i].Pledge]; is {
			return failed("If you did not send it, move the other coins of "+p.Address+": someone may have its key.",
				"transaction %s, not mined yet, spends coins of the pledge of %d PSL in pool %s", list.Items[i].TxID, p.Offered, ticket.PoolID(p.Pool).Label())
		}
	}
	switch {
	case err != nil:
		return untold(err)[0]
	case list.Tip.Height < 0:
		return unknown("Start the daemon's node, or ask another daemon with --api.", "whether a transaction is about to spend pledged coins: the daemon has not read its node's mempool lately")
	}
	return ok("no waiting transaction spends pledged coins")
}

// lookAtPools tells what is wrong with the pools of each account, in this program's words.
func (x *examination) lookAtPools(context.Context) []Finding {
	accounts, err := x.accounts()
	if err != nil {
		return untold(err)
	}
	var list []Finding
	seen := map[string]bool{}
	for i := range accounts {
		for j := range accounts[i].Outlook.Concerns[:min(len(accounts[i].Outlook.Concerns), mostExamined)] {
			c := &accounts[i].Outlook.Concerns[j]
			of := c.Kind + " " + c.Pool
			if seen[of] { // several accounts are in the pool
				continue
			}
			seen[of] = true
			what, means := client.Concern(c)
			if c.Until != nil {
				means += " Until " + When(*c.Until) + "."
			}
			list = append(list, warning(means, "pool %s: %s", ticket.PoolID(c.Pool).Label(), what))
		}
	}
	if len(list) == 0 {
		return one(ok("nothing is wrong with pools"))
	}
	return list
}
