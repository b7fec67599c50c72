package journey

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// holding is an unspent output of a pledged address, according to the wallet's node.
type holding struct {
	pastel.OutPoint
	pasteld.TxOut
	backs bool // according to the daemon, it backs the address's pledges
}

// lacks returns how many more confirmations an output needs before a ticket can name it.
func (h *holding) lacks(net *pool.Params) int {
	return max(0, int(pool.ConfirmationsToPledge(h.Coinbase, net))-h.Confirmations)
}

// choose finds the output for the ticket to name among all of the pledged address: one that backs the pledge or, if the raise needs more coins
// than those have, the smallest other one that suffices. It spends nothing.
func (c *Amendment) choose(ctx context.Context, r *Daemon, pl *wire.PoolPledge, all []holding) (out pastel.OutPoint, err error) {
	need, err := c.need(ctx, r, pl)
	if err != nil {
		return out, err
	}
	var backing pastel.Amount
	for i := range all {
		if all[i].backs {
			backing += all[i].Value
		}
	}
	if c.Change.Output != "" {
		return c.named(all, backing, need, pl.Address, &r.Params)
	}
	var young *holding
	for i := range all {
		h := &all[i]
		switch {
		case h.backs && backing < need, !h.backs && backing >= need, !h.backs && backing+h.Value < need, pool.BacksAlone(h.Value, &r.Params):
		case h.lacks(&r.Params) > 0:
			young = cmp.Or(young, h)
		default:
			return h.OutPoint, nil
		}
	}
	switch {
	case young != nil:
		return out, immature(young, &r.Params)
	case len(all) == 0 && c.Remote:
		return out, fmt.Errorf("the pledged address %s holds no coins, says the daemon", pl.Address)
	case len(all) == 0:
		return out, fmt.Errorf("the wallet has no coins of the pledged address %s; if its key is on a cold machine, see --cold", pl.Address)
	case backing >= need:
		return out, fmt.Errorf("a ticket can name none of the outputs that back the pledge; choose another output at %s with --output", pl.Address)
	}
	return out, missing(backing, need, pl.Address, &r.Params)
}

// named returns the output given with --output, if it suffices.
func (c *Amendment) named(all []holding, backing, need pastel.Amount, address string, net *pool.Params) (out pastel.OutPoint, err error) {
	at := slices.IndexFunc(all, func(h holding) bool { return h.String() == c.Change.Output })
	if at < 0 {
		return out, fmt.Errorf("there is no output %s of at least %s PSL at the pledged address %s; choose one at that address, or omit --output",
			c.Change.Output, net.MinPledge, address)
	}
	h := &all[at]
	if !h.backs {
		backing += h.Value
	}
	switch {
	case pool.BacksAlone(h.Value, net):
		return out, fmt.Errorf("output %s has exactly %s PSL, which can back a Supernode alone; choose another output", c.Change.Output, net.Collateral)
	case h.lacks(net) > 0:
		return out, immature(h, net)
	case backing < need:
		return out, missing(backing, need, address, net)
	}
	return h.OutPoint, nil
}

func immature(h *holding, net *pool.Params) error {
	return fmt.Errorf("output %s has only %s; try again after %s, when a ticket can name it", h.OutPoint,
		terminal.Counted(h.Confirmations, "confirmation"), terminal.Counted(h.lacks(net), "more block"))
}

func missing(have, need pastel.Amount, address string, net *pool.Params) error {
	return fmt.Errorf("pledges would offer %[2]s PSL on address %[1]s, but only %[3]s PSL back them; send it %[4]s PSL or more, in one output, and try again once that has %[5]d "+
		"confirmations; or lower --coins", address, need, have, max(need-have, net.MinPledge), net.PledgeConfirmations)
}

// need returns what all pledges of the address offer together after this amendment.
func (c *Amendment) need(ctx context.Context, r *Daemon, pl *wire.PoolPledge) (pastel.Amount, error) {
	a, err := r.AccountOf(ctx, pl.Address)
	if err != nil {
		return 0, err
	}
	coins := c.Change.Coins
	for i := range a.Positions {
		if x := &a.Positions[i]; x.Address == pl.Address && x.Seq != pl.Seq {
			coins += x.Offered
		}
	}
	return pastel.Amount(coins) * pastel.PSL, nil
}

// holdings lists the outputs of an address that can back pledges, both those the wallet can spend and those it locked: first the one that
// the last ticket names, then the others by value.
func (r *Daemon) holdings(ctx context.Context, wallet *pasteld.Client, address pastel.Address, last *ticket.Part) (list []holding, err error) {
	free, err := wallet.Unspent(ctx, 0, address)
	if err != nil {
		return nil, err
	}
	var locked []struct {
		TxID string `json:"txid"`
		Vout uint32 `json:"vout"`
	}
	if err := wallet.Call(ctx, "listlockunspent", &locked); err != nil {
		return nil, err
	}
	named, err := pastel.ParseOutPoint(last.Output())
	if err != nil {
		return nil, err
	}
	outs := []pastel.OutPoint{named}
	for i := range free {
		outs = append(outs, free[i].OutPoint)
	}
	for _, x := range locked {
		id, err := pastel.ParseTxID(x.TxID)
		if err != nil {
			return nil, fmt.Errorf("the wallet lists a locked output of transaction %s: %w", visible.Name(x.TxID), err)
		}
		outs = append(outs, pastel.OutPoint{TxID: id, Vout: x.Vout})
	}
	seen := map[pastel.OutPoint]bool{}
	for _, o := range outs {
		if seen[o] {
			continue
		}
		seen[o] = true
		at, err := wallet.TxOut(ctx, o)
		if err != nil {
			return nil, err
		}
		if at == nil || at.Value < r.Params.MinPledge || !bytes.Equal(at.Script, address.Script()) {
			continue
		}
		coin, err := r.Coin(ctx, o)
		if err != nil {
			return nil, err
		}
		list = append(list, holding{o, *at, coin.Backs})
	}
	slices.SortStableFunc(list, func(a, b holding) int {
		if a.OutPoint == named || b.OutPoint == named {
			return map[bool]int{true: -1, false: 1}[a.OutPoint == named]
		}
		return cmp.Compare(a.Value, b.Value)
	})
	return list, nil
}
