package journey

import (
	"context"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// Closed returns when a pool was closed and what it left in escrow, which the pool itself no longer says; nil if it is not closed.
func (r *Daemon) Closed(ctx context.Context, p *wire.PoolDetail) (at *wire.Moment, left pastel.Amount, err error) {
	if p.Status != "closed" {
		return nil, 0, nil
	}
	q := wire.EventQuery{OfPool: wire.OfPool{Pool: p.ID}, Type: []string{string(pool.PoolClosed)}}
	list, err := Advised(r.Events(ctx, q))
	if err != nil || len(list.Items) == 0 { // reverted meanwhile
		return nil, 0, err
	}
	e := &list.Items[0]
	return &wire.Moment{Height: e.Height, Time: e.Time}, e.Amount, nil
}
