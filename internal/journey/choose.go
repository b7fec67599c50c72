package journey

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// mostAddresses bounds how many addresses join asks the daemon about.
const mostAddresses = 200

// choose finds the wallet's output to back the pledge: the one that the member named, or the smallest that suffices, preferably at an
// address without a history in pools.
func (c *Join) choose(ctx context.Context, r *Daemon, p *wire.PoolDetail, wallet *pasteld.Client) (*pasteld.Unspent, error) {
	all, err := wallet.Unspent(ctx, 0)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(u pasteld.Unspent) bool { return !c.mayBack(&u, &r.Params) })
	slices.SortStableFunc(all, func(a, b pasteld.Unspent) int { return cmp.Compare(a.Value, b.Value) })
	confirmations := int(pool.ConfirmationsToPledge(false, &r.Params))
	if c.Pledge.Coins == 0 {
		c.Pledge.Coins = p.LeastPledge
		for i := range all {
			if all[i].Confirmations >= confirmations {
				c.Pledge.Coins = max(c.Pledge.Coins, min(int64(all[i].Value/pastel.PSL), p.Target-p.Offered))
			}
		}
	}
	var young, used, taken *pasteld.Unspent
	var before *pastel.OutPoint
	known, asked := r.remembered(), map[pastel.Address]*wire.Account{}
	for i := range all {
		out := &all[i]
		switch {
		case out.Value < pastel.Amount(c.Pledge.Coins)*pastel.PSL:
			continue
		case out.Confirmations < confirmations:
			young = out
			continue
		case c.Pledge.Output != "":
			return out, nil
		}
		a := asked[out.Address]
		if a == nil && len(asked) == mostAddresses {
			return nil, fmt.Errorf("the wallet has many outputs of at least %d PSL, and the smallest ones are at %d addresses that pools know; choose one with --output or --address",
				c.Pledge.Coins, mostAddresses)
		}
		if a == nil {
			got, err := r.AccountOf(ctx, out.Address.Encode(&r.Net))
			if err != nil {
				return nil, err
			}
			a = &got
			asked[out.Address] = a
		}
		_, remembers := known[out.OutPoint]
		switch {
		case slices.ContainsFunc(a.Positions, func(p wire.Position) bool { return p.Address == a.Address }): // it would need coins for both pledges
			taken = out
		case remembers: // its pledge has ended, or the daemon hides it
			before = cmp.Or(before, &out.OutPoint)
		case usedBefore(a):
			used = cmp.Or(used, out)
		default:
			return out, nil
		}
	}
	if used != nil {
		return used, nil
	}
	for out, x := range known { // one that is locked, because this machine remembers it
		if out.String() == c.Pledge.Output || x.Address == c.Pledge.Address && c.Pledge.Address != "" {
			before = cmp.Or(before, &out)
		}
	}
	return nil, c.noOutput(r, all, young, taken, before)
}

// noOutput says why no output can back this pledge, and what to do. all is sorted by value.
func (c *Join) noOutput(r *Daemon, all []pasteld.Unspent, young, taken *pasteld.Unspent, before *pastel.OutPoint) error {
	confirmations := int(pool.ConfirmationsToPledge(false, &r.Params))
	switch {
	case young != nil:
		return fmt.Errorf("output %s has %s, but a pledge needs %d; try again after %s",
			young.OutPoint, terminal.Counted(young.Confirmations, "confirmation"), confirmations, terminal.Counted(confirmations-young.Confirmations, "more block"))
	case before != nil:
		return fmt.Errorf("this machine pledged output %s before, so it keeps the wallet from using it. If that pledge has ended, remove the output from %s, and unlock it: "+
			"smartpool rpc lockunspent true '[{\"txid\":\"%s\",\"vout\":%d}]'", before, r.memory.path, before.TxID, before.Vout)
	case c.Pledge.Address != "":
		return fmt.Errorf("the wallet has no unlocked output of at least %d PSL at %s that can back the pledge; choose another address, or lower --coins",
			c.Pledge.Coins, c.Pledge.Address)
	case c.Pledge.Output != "":
		return fmt.Errorf("the wallet has no unlocked output %s of at least %d PSL at one of its addresses (an output of exactly %s PSL is excluded: it can back a "+
			"Supernode alone); choose another output, or lower --coins", c.Pledge.Output, c.Pledge.Coins, r.Net.Collateral)
	case taken != nil:
		return fmt.Errorf("the wallet's outputs of at least %d PSL are at addresses that already back pledges (such as %s, with %s PSL at %s); send yourself one "+
			"to a new address, and try again once it has %s; or choose one with --output, if its address has enough for all its pledges",
			c.Pledge.Coins, taken.OutPoint, taken.Value, taken.Address.Encode(&r.Net),
			terminal.Counted(confirmations, "confirmation"))
	}
	var most pastel.Amount
	if len(all) > 0 {
		most = all[len(all)-1].Value
	}
	return fmt.Errorf("the wallet has no free output of at least %d PSL (the largest has %s PSL); send yourself one, to a new address, "+
		"and try again once it has %s, or lower --coins", c.Pledge.Coins, most, terminal.Counted(confirmations, "confirmation"))
}

// mayBack reports whether an output can back this pledge, if it is large enough.
func (c *Join) mayBack(out *pasteld.Unspent, net *pool.Params) bool {
	return backs(out, net) && (c.Pledge.Output == "" || out.OutPoint.String() == c.Pledge.Output) &&
		(c.Pledge.Address == "" || out.Address.Encode(&net.Network) == c.Pledge.Address)
}

// backs reports whether an output can back a pledge at all. An output of exactly the collateral cannot: it could back a Supernode alone.
func backs(out *pasteld.Unspent, net *pool.Params) bool {
	return out.Spendable && out.Address != (pastel.Address{}) && out.Address.Kind == pastel.AddressP2PKH && !pool.BacksAlone(out.Value, net)
}

// usedBefore reports whether an address has a history in pools: pledges, payments, or an operator's fee.
func usedBefore(a *wire.Account) bool {
	return len(a.Positions) > 0 || a.Past > 0 || a.Credited > 0 || a.Paid > 0 || a.Claimed > 0 || len(a.Operates) > 0
}
