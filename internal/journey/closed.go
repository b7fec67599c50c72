package journey

import (
	"context"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

// Closed says when a pool was closed and what it left in escrow, which it does not know of any more; nil if it is not closed.
func (r *Daemon) Closed(ctx context.Context, p *wire.PoolDetail) (at *wire.Moment, left pastel.Amount, err error) {
	if p.Status != "closed" {
		return nil, 0, nil
	}
	q := wire.EventQuery{OfPool: wire.OfPool{Pool: p.ID}, Type: []string{string(pool.PoolClosed)}}
	list, err := Advised(r.Events(ctx, q))
	if err != nil || len(list.Items) == 0 { // taken back in between
		return nil, 0, err
	}
	e := &list.Items[0]
	return &wire.Moment{Height: e.Height, Time: e.Time}, e.Amount, nil
}
