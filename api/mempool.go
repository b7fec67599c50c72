package api

import (
	"context"
	"errors"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// lookPatience is how old a look at the mempool may be: older than the daemon that writes the database lets one become, unless its node
// is away.
const lookPatience = 2 * time.Minute

// Spends lists unconfirmed transactions that spend pledged coins, the first seen first; empty arguments do not filter. The tip is the
// block after which all of the mempool was last looked at, by the daemon that writes the database. If that did not happen in the last
// two minutes, as its node is away or it follows none, the tip's height is -1: the list may lack any transaction.
func (b *Books) Spends(ctx context.Context, poolID, pastelID string) (list []wire.Spend, tip wire.Tip, err error) {
	err = b.look(ctx, func(l *look) error {
		if tip, err = l.mempool(); err != nil {
			return err
		}
		rows, err := l.Spends(ticket.PoolID(poolID), pastelID)
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
func (l *look) mempool() (wire.Tip, error) {
	unknown := wire.Tip{Height: -1}
	last, known, err := l.MempoolLooked()
	if err != nil || !known || time.Since(unix(last.At)) > lookPatience {
		return unknown, err
	}
	b, err := l.Block(last.Height)
	if errors.Is(err, chain.ErrNotFound) { // it was taken back
		return unknown, nil
	}
	return block(&b), err
}
