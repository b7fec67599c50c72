package books

import (
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/wire"
)

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
