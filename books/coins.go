package books

import (
	"context"
	"fmt"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Coin returns an unspent output, named txid:vout, that is large enough to be pledged.
func (b *Books) Coin(ctx context.Context, output string) (x wire.Coin, err error) {
	out, err := pastel.ParseOutPoint(output)
	if err != nil {
		return x, badRequest("%q is not an output (%v): give it as txid:vout", output, err)
	}
	err = b.view(ctx, func(v *view) error {
		c, err := v.Coin(out)
		if err != nil {
			return err
		}
		back, err := v.backing(c.Owner, "", "")
		if err == nil {
			x, err = v.coin(&c, back)
		}
		return err
	})
	return x, err
}

// Coins returns the unspent outputs of an address that can back pledges, the most valuable first, and what a new pledge could offer with each. If
// the query names a pool and a PastelID that have a pledge with this address, it is what the pledge could offer after an amendment.
func (b *Books) Coins(ctx context.Context, address string, q wire.CoinQuery) (list []wire.Coin, tip wire.Tip, next string, err error) {
	of, err := pastel.ParseAddress(&b.net.Network, address)
	if err != nil {
		return nil, tip, "", badRequest("%v: copy all of a transparent address of network %s", err, b.net.Name)
	}
	return listing[pool.Coin, wire.Coin]{
		keys: []key{keyInteger, keyText},
		key:  func(c *pool.Coin) []any { return []any{int64(c.Value), c.Output.String()} },
		read: func(v *view, p store.Page) ([]pool.Coin, error) {
			if of.Kind != pastel.AddressP2PKH {
				return nil, nil // the rules know no outputs to scripts
			}
			if p.After != nil {
				out, err := pastel.ParseOutPoint(p.After[1].(string))
				if err != nil {
					return nil, errCursor
				}
				p.After = store.CoinPlace(pastel.Amount(p.After[0].(int64)), out)
			}
			return v.CoinsOf(of.Hash, p)
		},
		wire: func(v *view, rows []pool.Coin) ([]wire.Coin, error) {
			list := make([]wire.Coin, len(rows))
			if len(rows) == 0 {
				return list, nil
			}
			back, err := v.backing(of.Hash, ticket.PoolID(q.Pool), q.PastelID)
			if err != nil {
				return nil, err
			}
			heights := make([]pastel.Height, len(rows))
			for i := range rows {
				heights[i] = rows[i].Height
			}
			if err := v.dates(heights); err != nil {
				return nil, err
			}
			for i := range rows {
				if list[i], err = v.coin(&rows[i], back); err != nil {
					return nil, err
				}
			}
			return list, nil
		},
	}.answer(ctx, b, wire.Page{Cursor: q.Cursor, Limit: q.Limit, Order: wire.Newest})
}

// backing is what an address's outputs back.
type backing struct {
	worth   pastel.Amount // of those that back pledges
	offered int64         // PSL, by the pledges
	amends  int64         // PSL that the pledge offers which a ticket would amend; 0 if it would make a new one
}

// backing reads what an address's outputs back. A ticket is about a pledge of a pool and PastelID; empty ones stand for a new pledge.
func (v *view) backing(owner pastel.KeyHash, in ticket.PoolID, who string) (x backing, err error) {
	address := pastel.Address{Kind: pastel.AddressP2PKH, Hash: owner}.Encode(&v.b.net.Network)
	err = v.eachPledge(store.PledgeFilter{Address: address, Live: true, At: store.Now}, func(pl *store.Pledge) {
		x.offered += pl.Offered
		if pl.Pool == in && pl.PastelID == who {
			x.amends = pl.Offered
		}
	})
	if err == nil && x.offered > 0 {
		x.worth, err = v.Backing(owner)
	}
	return x, err
}

// eachPledge passes every pledge of a filter to f.
func (v *view) eachPledge(f store.PledgeFilter, each func(*store.Pledge)) error {
	p := store.Page{Limit: wire.MaxLimit}
	for {
		rows, err := v.Pledges(f, p)
		if err != nil {
			return err
		}
		for i := range rows {
			each(&rows[i])
		}
		if len(rows) < p.Limit {
			return nil
		}
		p.After = []any{rows[len(rows)-1].Seq}
	}
}

// coin returns an output and what it can back beside what its address backs.
func (v *view) coin(c *pool.Coin, back backing) (x wire.Coin, err error) {
	owner := pastel.Address{Kind: pastel.AddressP2PKH, Hash: c.Owner}
	worth := back.worth
	if !c.Backs {
		worth += c.Value
	}
	x = wire.Coin{
		Output: c.Output.String(), Address: owner.Encode(&v.b.net.Network), Value: c.Value, Backs: c.Backs, Coinbase: c.Coinbase,
		Confirmations: v.tip.Height - c.Height + 1, Spare: int64(worth/pastel.PSL) - back.offered + back.amends,
	}
	if x.Since, err = v.moment(c.Height); err == nil {
		x.Unfit, err = v.unfit(c, x.Spare, back.amends > 0)
	}
	return x, err
}

// unfit says why no ticket of the next block can name an output, or why no new pledge can; empty if one can. The order is that of protocol 6.
func (v *view) unfit(c *pool.Coin, spare int64, amends bool) (string, error) {
	net := &v.b.net
	need, what := pool.ConfirmationsToPledge(c.Coinbase, net), "It"
	if c.Coinbase {
		what = "It is a block's reward and"
	}
	least := int64(net.MinPledge / pastel.PSL)
	switch old := c.Height + need - 2; { // the last block after which the next one takes it
	case c.Value == net.Collateral:
		return "It is worth exactly a Supernode's collateral, so it can back one by itself. Split it first: send a part of it to yourself.", nil
	case v.tip.Height < old:
		at, err := v.moment(old)
		return fmt.Sprintf("%s is too young: wait for %s, until about %s.", what, blocks(old-v.tip.Height), at.Time.Format("2006-01-02 15:04 UTC")), err
	case amends || spare >= least:
		return "", nil
	case spare <= 0:
		return "The pledges of its address already offer all the coins that back them.", nil
	}
	return fmt.Sprintf("The pledges of its address already offer all but %s PSL of the coins that back them; a pledge needs at least %s PSL.",
		pastel.Thousands(spare), pastel.Thousands(least)), nil
}

// blocks counts blocks to come.
func blocks(n pastel.Height) string {
	if n == 1 {
		return "1 more block"
	}
	return pastel.Thousands(int64(n)) + " more blocks"
}
