package books

import (
	"context"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Supernode returns the state of a pool's Supernode, ErrNotFound if the pool was never activated.
func (b *Books) Supernode(ctx context.Context, id string) (x wire.Supernode, err error) {
	err = b.view(ctx, func(v *view) error {
		p, err := v.poolState(ticket.PoolID(id))
		if err != nil {
			return err
		}
		if p.Activated < 0 {
			return ErrNotFound
		}
		x, err = v.supernodeState(&p.Pool)
		return err
	})
	return x, err
}

func (v *view) supernodeState(p *pool.Pool) (x wire.Supernode, err error) {
	list, net := v.b.listed(), &v.b.net.Network
	state := chain.JudgeSupernode(p.Status, p.ActivationTx, p.Escrow, list)
	x = wire.Supernode{Tip: TipOf(&v.tip), Pool: string(p.ID), State: string(state), TxID: p.ActivationTx.String(), Escrow: p.Escrow.Encode(net)}
	if list != nil {
		if sn, listed := list.Listed[pastel.OutPoint{TxID: p.ActivationTx, Vout: chain.PoolIndex}]; listed {
			x.Listed, x.Address = sn.Status, sn.Address
			if sn.Payee != (pastel.Address{}) {
				x.Payee = sn.Payee.Encode(net)
			}
		}
	}
	x.Text = chain.SupernodeState(x.State).Explain(x.Pool, visible.Plain(x.Listed, visible.MostColumns), x.Payee)
	_, sums, err := v.PoolSums(p.ID)
	if err != nil {
		return x, err
	}
	return x, v.moments(map[**wire.Moment]pastel.Height{&x.LastPaid: sums.LastPaid})
}
