package journey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// listedOutput is an unspent output, by the daemon's word.
type listedOutput struct {
	pastel.OutPoint
	wire.Coin
	unfit string // why no new pledge can name it now; empty if one can
	young bool   // only because its block is too recent
}

// outputsAt lists an address's outputs that the rules know, the smallest first; only the named one, if a name is given.
func (r *Daemon) outputsAt(ctx context.Context, address, named string) ([]listedOutput, error) {
	coins, err := r.coinsAt(ctx, address, named)
	if err != nil {
		return nil, err
	}
	list := make([]listedOutput, len(coins))
	for i, c := range coins {
		out, err := pastel.ParseOutPoint(c.Output)
		if err != nil {
			return nil, fmt.Errorf("cannot read the daemon's answer (%w); run the daemon's release", err)
		}
		list[i] = listedOutput{OutPoint: out, Coin: c}
		list[i].unfit, list[i].young = r.unfit(&c)
	}
	slices.SortFunc(list, func(a, b listedOutput) int {
		return cmp.Or(cmp.Compare(a.Value, b.Value), a.Compare(b.OutPoint))
	})
	return list, nil
}

// coinsAt asks for an address's outputs, or for one of them.
func (r *Daemon) coinsAt(ctx context.Context, address, named string) ([]wire.Coin, error) {
	if named != "" {
		c, err := Advised(r.Output(ctx, named))
		switch {
		case errors.Is(err, client.ErrNotFound):
			return nil, nil
		case err == nil && c.Output != named:
			err = errors.New("the daemon answered about another output than the requested one; ask another daemon")
		case err == nil && c.Address != address:
			err = fmt.Errorf("output %s is at address %s, not at %s; correct --address or --output", named, c.Address, address)
		}
		return []wire.Coin{c}, err
	}
	list, err := Advised(r.AllCoins(ctx, address, wire.CoinQuery{}))
	switch {
	case errors.Is(err, client.ErrNotFound):
		err = fmt.Errorf("the daemon at %s is too old to list what an address holds; update it, or ask another one with --api", r.URL)
	case err == nil && slices.ContainsFunc(list.Items, func(c wire.Coin) bool { return c.Address != address }):
		err = errors.New("the daemon answered about another address than the requested one; ask another daemon")
	}
	return list.Items, err
}

// unfit says why no new pledge can name an output now, and whether only because its block is too recent. The daemon's own words are not shown.
func (r *Daemon) unfit(c *wire.Coin) (why string, young bool) {
	needs := pool.ConfirmationsToPledge(c.Coinbase, &r.Params)
	switch {
	case pool.BacksAlone(c.Value, &r.Params):
		return fmt.Sprintf("it has exactly %s PSL, so it can back a Supernode alone", r.Net.Collateral), false
	case !pool.CanBack(c.Value, &r.Params):
		return fmt.Sprintf("it has less than %s PSL", r.Params.MinPledge), false
	case c.Confirmations < needs:
		return fmt.Sprintf("it has %s and needs %d; try again after %s", terminal.Counted(int(c.Confirmations), "confirmation"), needs,
			terminal.Counted(int(needs-c.Confirmations), "more block")), true
	case c.Unfit != "" && c.Backs:
		return "it backs pledges already", false
	case c.Unfit != "":
		return "the daemon says that no new pledge can name it", false
	}
	return "", false
}

// tell shows the person what an address holds.
func tell(p Person, address string, list []listedOutput) {
	const most = 10 // the largest
	var b strings.Builder
	for i := len(list) - 1; i >= max(0, len(list)-most); i-- {
		x := &list[i]
		fmt.Fprintf(&b, "\n  %s  %s PSL", x.OutPoint, x.Value)
		if x.unfit != "" {
			fmt.Fprintf(&b, " (%s)", x.unfit)
		}
	}
	if len(list) > most {
		fmt.Fprintf(&b, "\n  and %d smaller ones", len(list)-most)
	}
	if len(list) > 0 {
		p.Note("Address %s holds, says the daemon:%s", address, b.String())
	}
}

// chooseRemotely finds the output to back the pledge among those of the address: the one that the member named, or the smallest that suffices.
// Without a number of coins it chooses that, too.
func (c *Join) chooseRemotely(ctx context.Context, r *Daemon, p *wire.PoolDetail) (*listedOutput, error) {
	list, err := r.outputsAt(ctx, c.Pledge.Address, c.Pledge.Output)
	if err != nil {
		return nil, err
	}
	tell(r.Person, c.Pledge.Address, list)
	if c.Pledge.Coins == 0 {
		c.Pledge.Coins = p.LeastPledge
		for i := range list {
			if list[i].unfit == "" {
				c.Pledge.Coins = max(c.Pledge.Coins, min(list[i].Spare, p.Target-p.Offered))
			}
		}
	}
	known := r.remembered()
	var why, before *listedOutput
	for i := range list {
		x := &list[i]
		was, remembers := known[x.OutPoint]
		switch {
		case x.Spare < c.Pledge.Coins:
		case x.unfit != "":
			if why == nil || x.young {
				why = x
			}
		case remembers && !was.Refused && c.Pledge.Output == "": // its pledge has ended, or the daemon hides it
			before = cmp.Or(before, x)
		default:
			return x, nil
		}
	}
	return nil, c.noneListed(r, list, why, before)
}

// noneListed says why no listed output can back the pledge, and what to do.
func (c *Join) noneListed(r *Daemon, list []listedOutput, why, before *listedOutput) error {
	confirmations := terminal.Counted(int(pool.ConfirmationsToPledge(false, &r.Params)), "confirmation")
	switch {
	case before != nil:
		return fmt.Errorf("this machine pledged output %s before; if that pledge has ended, or its ticket expired, name the output with --output", before.OutPoint)
	case why != nil:
		return fmt.Errorf("no output of %s can back %d PSL now: of %s, %s", c.Pledge.Address, c.Pledge.Coins, why.OutPoint, why.unfit)
	case c.Pledge.Output != "" && len(list) == 0:
		return fmt.Errorf("there is no output %s that is unspent, in a block, and of at least %s PSL; choose another one", c.Pledge.Output, r.Params.MinPledge)
	}
	return fmt.Errorf("address %s holds no output that can back %d PSL, says the daemon (the best can back %d PSL); send it one, and try again once that has %s, "+
		"or lower --coins", c.Pledge.Address, c.Pledge.Coins, mostSpare(list), confirmations)
}

// holdingsRemotely lists the outputs of a pledged address that can back pledges: first the one that the pledge's last ticket names, then the
// others by value. All is the daemon's word.
func (r *Daemon) holdingsRemotely(ctx context.Context, pl *wire.PoolPledge) ([]holding, error) {
	row, err := r.pledgeRow(ctx, pl)
	if err != nil {
		return nil, err
	}
	list, err := r.outputsAt(ctx, pl.Address, "")
	if err != nil {
		return nil, err
	}
	all := make([]holding, 0, len(list))
	for i := range list {
		x := &list[i]
		if x.Value < r.Params.MinPledge {
			continue
		}
		h := holding{OutPoint: x.OutPoint, backs: x.Backs}
		h.Value, h.Coinbase, h.Confirmations = x.Value, x.Coinbase, int(x.Confirmations)
		all = append(all, h)
	}
	slices.SortStableFunc(all, func(a, b holding) int {
		first := func(h *holding) int { return map[bool]int{true: 0, false: 1}[h.String() == row.Output] }
		return cmp.Compare(first(&a), first(&b))
	})
	return all, nil
}
