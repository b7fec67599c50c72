package books

import (
	"context"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/store"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Attention is what in the network needs somebody. Each list names at most as many as were asked for, the oldest first.
type Attention struct {
	Replenishing Needy // pools that are dissolved unless members pledge more
	Broken       Needy // pools whose escrow an unauthorized spend took, in a shadow run
	Overdue      Needy // pools with a payout that miners could have taken for a while
	Gone         Needy // pools whose Supernode the node does not list as working
	Elsewhere    Needy // pools whose Supernode the node lists as paid to another address
	Listed       bool  // the node's list of Supernodes is known; otherwise Gone and Elsewhere say nothing
}

// Needy counts pools and names some of them.
type Needy struct {
	Count int
	IDs   []string
}

func (n *Needy) add(id string, most int) {
	if n.Count++; len(n.IDs) < most {
		n.IDs = append(n.IDs, id)
	}
}

// Count returns how many things need somebody.
func (a *Attention) Count() int {
	return a.Replenishing.Count + a.Broken.Count + a.Overdue.Count + a.Gone.Count + a.Elsewhere.Count
}

// Attention looks for what needs somebody in every live pool, and at payouts that wait.
func (b *Books) Attention(ctx context.Context, most int) (out Attention, err error) {
	list := b.listed()
	out.Listed = list != nil
	err = b.view(ctx, func(v *view) error {
		rows, err := v.Pools(store.PoolFilter{Status: []pool.Status{pool.Active, pool.Replenishing}})
		if err != nil {
			return err
		}
		for i := range rows {
			p := &rows[i]
			id := string(p.ID)
			if p.Status == pool.Replenishing {
				out.Replenishing.add(id, most)
			}
			if p.Broken {
				out.Broken.add(id, most)
			}
			switch chain.JudgeSupernode(p.Status, p.ActivationTx, p.Escrow, list) {
			case chain.SupernodeMissing:
				out.Gone.add(id, most)
			case chain.SupernodeElsewhere:
				out.Elsewhere.add(id, most)
			case chain.SupernodeRunning, chain.SupernodePausing, chain.SupernodeEnded, chain.SupernodeUnknown:
			}
		}
		return v.lateness(&out.Overdue, most)
	})
	return out, err
}

// lateness names the pools whose payouts are overdue.
func (v *view) lateness(out *Needy, most int) error {
	seen := map[ticket.PoolID]bool{}
	return v.EachPending(func(p *store.Payout) bool {
		if !store.Overdue(p.ValidFrom, v.tip.Height) {
			return false // all others settled later
		}
		if !seen[p.Pool] {
			seen[p.Pool] = true
			out.add(string(p.Pool), most)
		}
		return true
	})
}
