package journey

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/wire"
)

// Leaving says what it costs to end live pledges.
type Leaving struct {
	Accounts []wire.Account // holding only the positions to leave
	pool     string         // id or label; empty: all
	daemon   *Daemon
}

// Leave picks the live pledges in a pool, given by id or label, or in all pools if pool is empty. Members leave by spending the coins with
// any wallet; this function spends nothing.
func (r *Daemon) Leave(accounts []wire.Account, pool string) (*Leaving, error) {
	l := &Leaving{Accounts: accounts, pool: pool, daemon: r}
	for i := range accounts {
		a := &accounts[i]
		a.Positions = slices.DeleteFunc(a.Positions, func(p wire.Position) bool { return !l.wants(p.Pool) })
	}
	if pool != "" && l.none() {
		return nil, fmt.Errorf("you have no live pledge in a pool %s; smartpool my lists your pledges", visible.Text(pool))
	}
	return l, nil
}

// none reports whether there is nothing to leave.
func (l *Leaving) none() bool {
	return !slices.ContainsFunc(l.Accounts, func(a wire.Account) bool { return len(a.Positions) > 0 })
}

// wants reports whether the id or label selects a pool.
func (l *Leaving) wants(pool string) bool {
	return l.pool == "" || pool == l.pool || strings.HasPrefix(pool, l.pool+".")
}

// Text says what leaving each pool costs, and how to do it.
func (l *Leaving) Text(ctx context.Context) (string, error) {
	if l.none() {
		return "You have no live pledge to leave.\n", nil
	}
	var b strings.Builder
	for i := range l.Accounts {
		for _, h := range client.Holdings(l.Accounts[i].Positions, false) {
			if b.Len() > 0 {
				b.WriteString("\n")
			}
			writeLeaving(&b, &h, columnsOf(l.daemon.Person))
			how, err := l.daemon.unlocking(ctx, &h)
			if err != nil {
				return "", err
			}
			b.WriteString(how)
		}
	}
	return b.String(), nil
}

// writeLeaving says what it costs to leave with a holding.
func writeLeaving(b *strings.Builder, h *client.Holding, width int) {
	many := len(h.Pledges) > 1
	fmt.Fprintf(b, "%s in pool %s\n  %d PSL offered, %d PSL counted (%s", pastel.Short(h.PastelID), h.Pool, h.Offered, h.Counted, h.Role)
	if many {
		fmt.Fprintf(b, ", %d pledges", len(h.Pledges))
	}
	fmt.Fprintf(b, ")\n  Leaving in the next block forfeits %s PSL and costs %s of reputation (of %d).\n",
		h.Leaving.Forfeits, terminal.Counted(h.Leaving.Reputation, "point"), h.Leaving.Has)
	switch {
	case h.Leaving.Better != nil:
		fmt.Fprintf(b, "  From %s on, what you have earned so far is settled and can no longer be forfeited.\n", When(*h.Leaving.Better))
	case h.Leaving.Forfeits == 0:
		b.WriteString("  You would lose no earnings.\n")
	}
	switch {
	case h.Leaving.Free == 0:
	case h.Counted == 0:
		fmt.Fprintf(b, "  All %d PSL wait in line. Spending them costs nothing.\n", h.Leaving.Free)
	default:
		fmt.Fprintf(b, "  Of your offer, %d PSL wait in line. Spending only those costs nothing and ends no pledge.\n", h.Leaving.Free)
	}
	what := "the coins of " + h.Address
	if many {
		b.WriteString("  Each pledge that ends costs reputation of its own.\n")
		what = "the coins of these addresses"
	}
	fmt.Fprintf(b, "  To leave, send %s to another address, with any wallet.\n", what)
	b.WriteString("  If you send only some of an address's coins, the rules first use up what costs nothing: offers beyond what counts, and\n" +
		"  pledges on standby. If that is not enough, pledges end, the one that joined last first.\n")
	if !many {
		return
	}
	t := terminal.NewTable(width, []any{"Pledged address", "Offered PSL", "Waiting PSL", "Leaving forfeits PSL"}, 2, 3, 4)
	for _, p := range h.Pledges {
		t.AppendRow([]any{p.Address, p.Offered, p.Leaving.Free, terminal.PSL(p.Leaving.Forfeits)})
	}
	fmt.Fprintf(b, "\n%s\n\n", t.Render())
}

// unlocking says how to unlock these coins in the wallet, and no others: coins of other pledges should stay locked.
func (r *Daemon) unlocking(ctx context.Context, h *client.Holding) (string, error) {
	one := `[{"txid":"…","vout":n}]`
	how := fmt.Sprintf("  If the wallet has locked these coins, first unlock each output to spend (smartpool rpc listlockunspent lists them):\n"+
		"  smartpool rpc lockunspent true '%s'\n", one)
	if len(h.Pledges) > 1 {
		return how, nil
	}
	q := wire.PledgeQuery{OfAddress: wire.OfAddress{Address: h.Address}, Live: true}
	list, err := Listing(&q.Page, func() (wire.List[wire.Pledge], error) { return r.Pledges(ctx, q) })
	if err != nil {
		return "", err
	}
	at := slices.IndexFunc(list, func(p wire.Pledge) bool { return p.Seq == int64(h.Pledges[0].Seq) })
	if at < 0 {
		return how, nil
	}
	out, err := pastel.ParseOutPoint(list[at].Output)
	if err != nil {
		return "", fmt.Errorf("cannot read the daemon's answer (%w); run the daemon's release", err)
	}
	c, err := Advised(r.Output(ctx, out.String()))
	switch {
	case err != nil && !errors.Is(err, client.ErrNotFound):
		return "", err
	case !c.Backs: // other coins of the address back the pledge now
		return how, nil
	}
	return fmt.Sprintf("  If the wallet has locked these coins, unlock this output first:\n  smartpool rpc lockunspent true '[{\"txid\":\"%s\",\"vout\":%d}]'\n", out.TxID, out.Vout), nil
}
