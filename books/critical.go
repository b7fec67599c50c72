package books

import (
	"context"

	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// CriticalMembers returns the critical members of a pool, nil unless it is active.
func (b *Books) CriticalMembers(ctx context.Context, id string) (out *wire.CriticalMembers, err error) {
	err = b.view(ctx, func(v *view) error {
		p, err := v.poolState(ticket.PoolID(id))
		if err == nil {
			out = criticalMembers(&p.Pool)
		}
		return err
	})
	return out, err
}

// criticalMembers returns the critical members of an active pool, nil for any other pool.
func criticalMembers(p *pool.Pool) *wire.CriticalMembers {
	if p.Status != pool.Active {
		return nil
	}
	ids, offered := p.CriticalMembers()
	out := &wire.CriticalMembers{Members: []string{}, Coins: offered}
	for _, id := range ids {
		out.Members = append(out.Members, id.String())
	}
	return out
}
