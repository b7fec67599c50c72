package journey

import (
	"context"
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// remotely amends without a node, as Join does.
func (c *Amendment) remotely(ctx context.Context, r *Daemon, p *wire.PoolDetail) (Posted, error) {
	if err := c.Cold.unread(); err != nil {
		return Posted{}, err
	}
	offer, err := r.posts(p.Operator)
	if err != nil {
		return Posted{}, err
	}
	me, err := c.Key.elsewhere(ctx, r.Person, c.Change.PastelID)
	if err != nil {
		return Posted{}, err
	}
	pl, err := c.which(r, p, me.ID)
	if err != nil {
		return Posted{}, err
	}
	asks := c.Change.Reward == ""
	if err := c.change(pl); err != nil {
		return Posted{}, err
	}
	if asks {
		r.Person.Warn("The daemon says that the pledge's rewards go to %s now. Without a node, nothing proves that.", pl.Reward)
		if err := r.Person.Agree("Should rewards go to " + pl.Reward + " from now on?"); err != nil {
			return Posted{}, err
		}
	}
	x, terms, err := c.prepareRemotely(ctx, r, p, pl)
	if err != nil {
		return Posted{}, err
	}
	if err := r.Person.Confirm(c.Change.Yes, terms+r.posting(offer, pl.Address)+signedLine(x.PledgeStatement(r.Net.Name))); err != nil {
		return Posted{}, err
	}
	if err := r.signRemotely(ctx, me, x, pl.Address); err != nil {
		return Posted{}, err
	}
	return c.postRemotely(ctx, r, x)
}

// postRemotely has the daemon post a signed amendment, and waits for its block.
func (c *Amendment) postRemotely(ctx context.Context, r *Daemon, x *ticket.Part) (Posted, error) {
	posted, err := r.postRemotely(ctx, x.Ticket(), pool.PledgeAmended)
	if err != nil {
		return Posted{}, err
	}
	return posted.finish(ctx, r, !c.Change.NoWait, r.amended(ctx, x))
}

// prepareRemotely chooses the output for the ticket to name, makes the unsigned ticket, has the daemon check it, and says what it means.
func (c *Amendment) prepareRemotely(ctx context.Context, r *Daemon, p *wire.PoolDetail, pl *wire.PoolPledge) (*ticket.Part, string, error) {
	if a, err := pastel.ParseAddress(&r.Net, pl.Address); err != nil || a.Kind != pastel.AddressP2PKH { // it becomes part of a command to paste
		return nil, "", fmt.Errorf("the daemon says that the pledge is of %s, which is no address that can sign; ask another daemon", visible.Name(pl.Address))
	}
	all, err := r.holdingsRemotely(ctx, pl)
	if err != nil {
		return nil, "", err
	}
	out, err := c.choose(ctx, r, pl, all)
	if err != nil {
		return nil, "", err
	}
	return c.prepare(ctx, r, p, pl, out, nil)
}
