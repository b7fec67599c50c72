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

// mempoolPatience is the maximum age of a mempool scan. The daemon that writes the database scans more often unless its node is away.
const mempoolPatience = 2 * time.Minute

// Spends lists unconfirmed transactions that spend pledged coins, first seen first. Empty arguments do not filter. The tip is the last block
// at the time of the last complete mempool scan by the daemon that writes the database. If there was no scan in the last two minutes, because
// its node is away or it follows none, the tip's height is -1 and the list may be incomplete.
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

// mempool returns the last block at the time of the last complete mempool scan, with height -1 if there was no recent scan.
func (v *view) mempool() (wire.Tip, error) {
	unknown := wire.Tip{Height: -1}
	last, known, err := v.MempoolLooked()
	if err != nil || !known || time.Since(unix(last.At)) > mempoolPatience {
		return unknown, err
	}
	b, err := v.Block(last.Height)
	if errors.Is(err, chain.ErrNotFound) { // a reorganization removed it
		return unknown, nil
	}
	return TipOf(&b), err
}
