package api

import (
	"context"

	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Spends lists unconfirmed transactions that spend pledged coins, the first seen first; empty arguments do not filter. They are
// known as long as the daemon that writes the database follows a node.
func (b *Books) Spends(ctx context.Context, poolID, pastelID string) (list []Spend, tip Tip, err error) {
	err = b.look(ctx, func(l *look) error {
		tip = block(&l.tip)
		rows, err := l.Spends(ticket.PoolID(poolID), pastelID)
		list = make([]Spend, len(rows))
		for i, x := range rows {
			list[i] = Spend{
				TxID: x.TxID.String(), Pledge: x.Pledge, Pool: string(x.Pool), PastelID: x.PastelID,
				Leaves: x.Outcome == pool.PledgeLeft, Forfeited: x.Forfeited, Seen: unix(x.Seen),
			}
		}
		return err
	})
	return list, tip, err
}
