package books

import (
	"context"
	"errors"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// mempoolPatience is how old a report of the mempool may be. The daemon that writes the database makes them more often, unless its node
// is away.
const mempoolPatience = 2 * time.Minute

// Spends lists unconfirmed transactions that spend pledged coins, the first seen first; empty arguments do not filter. The tip is the
// block after which all of the mempool was last looked at, by the daemon that writes the database. If that did not happen in the last
// two minutes, as its node is away or it follows none, the tip's height is -1: the list may lack any transaction.
func (b *Books) Spends(ctx context.Context, poolID, pastelID string) (list []wire.Spend, tip wire.Tip, err error) {
	err = b.view(ctx, func(v *view) error {
		if tip, err = v.mempool(); err != nil {
			return err
		}
		rows, err := v.Spends(ticket.PoolID(poolID), pastelID)
		list = make([]wire.Spend, len(rows))
		for i, x := range rows {
			list[i] = wire.Spend{
				TxID: x.TxID.String(), Pledge: x.Pledge, Pool: string(x.Pool), PastelID: x.PastelID,
				Leaves: x.Outcome == pool.PledgeLeft, Reduces: x.Outcome == pool.PledgeReduced, Forfeited: x.Forfeited, Seen: unix(x.Seen),
			}
		}
		return err
	})
	return list, tip, err
}

// mempool returns the block after which all of the mempool was looked at just now; one of height -1 if it was not.
func (v *view) mempool() (wire.Tip, error) {
	unknown := wire.Tip{Height: -1}
	last, known, err := v.MempoolLooked()
	if err != nil || !known || time.Since(unix(last.At)) > mempoolPatience {
		return unknown, err
	}
	b, err := v.Block(last.Height)
	if errors.Is(err, chain.ErrNotFound) { // it was taken back
		return unknown, nil
	}
	return TipOf(&b), err
}
