package journey

import (
	"context"
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// remotely pledges without a node: the daemon lists what the address holds, and posts the ticket that its owner signs in any wallet.
func (c *Join) remotely(ctx context.Context, r *Daemon, v *interview, p *wire.PoolDetail) (Posted, error) {
	if err := c.Cold.unread(); err != nil {
		return Posted{}, err
	}
	offer, err := r.posts(p.Operator)
	if err != nil {
		return Posted{}, err
	}
	if err := c.checkAddresses(ctx, r); err != nil {
		return Posted{}, err
	}
	if r.Person.Interactive() {
		if err := c.askRemotely(ctx, r, v, p); err != nil {
			return Posted{}, err
		}
	}
	if c.Pledge.Address == "" {
		return Posted{}, terminal.Usagef("--remote needs --address")
	}
	me := c.me
	if me == nil {
		if me, err = c.Key.elsewhere(ctx, r.Person, c.Pledge.PastelID); err != nil {
			return Posted{}, err
		}
	}
	c.Pledge.PastelID = me.ID
	x, terms, err := c.prepareRemotely(ctx, r, p, me.ID)
	if err != nil {
		return Posted{}, err
	}
	if err := r.onlyOnce(x, c.Pledge.Address, c.Pledge.Yes); err != nil {
		return Posted{}, err
	}
	statement := x.PledgeStatement(r.Net.Name)
	if err := r.Person.Confirm(c.Pledge.Yes, terms+r.posting(offer, c.Pledge.Address)+signedLine(statement)); err != nil {
		return Posted{}, err
	}
	if err := r.signRemotely(ctx, me, x, c.Pledge.Address); err != nil {
		return Posted{}, err
	}
	return c.postRemotely(ctx, r, v, x)
}

// signRemotely adds both signatures to a participation ticket.
func (r *Daemon) signRemotely(ctx context.Context, me *Identity, x *ticket.Part, address string) (err error) {
	statement := x.PledgeStatement(r.Net.Name)
	if x.PledgeSignature, err = me.Sign(ctx, statement); err != nil {
		return err
	}
	return r.signByAddress(x, statement, address)
}

// postRemotely has the daemon post a signed pledge, and waits for its block.
func (c *Join) postRemotely(ctx context.Context, r *Daemon, v *interview, x *ticket.Part) (Posted, error) {
	posted, err := r.postRemotely(ctx, x.Ticket(), pool.PledgeAccepted)
	if err != nil {
		return Posted{}, err
	}
	v.done(ctx, c.offered()...)
	r.Person.Note("Do not spend output %s:%d: that ends the pledge. If your wallet can lock outputs, lock it.", x.TxID, x.Vout)
	return posted.finish(ctx, r, !c.Pledge.NoWait, r.joined(ctx, x))
}

// postSignedRemotely has the daemon post a ticket that was signed elsewhere.
func (c *Join) postSignedRemotely(ctx context.Context, r *Daemon, p *wire.PoolDetail, x *ticket.Part, address, terms string) (Posted, error) {
	offer, err := r.posts(p.Operator)
	if err != nil {
		return Posted{}, err
	}
	if err := r.Person.Confirm(c.Pledge.Yes, terms+r.posting(offer, address)); err != nil {
		return Posted{}, err
	}
	return c.postRemotely(ctx, r, newInterview(r.Person, "join", nil), x)
}

// prepareRemotely chooses the output, makes the unsigned ticket, has the daemon check it, and says what it means.
func (c *Join) prepareRemotely(ctx context.Context, r *Daemon, p *wire.PoolDetail, id string) (*ticket.Part, string, error) {
	a, err := pastel.ParseAddress(&r.Net, c.Pledge.Address)
	switch {
	case err != nil:
		return nil, "", terminal.Usagef("--address: %w", foreign(c.Pledge.Address, err))
	case a.Kind != pastel.AddressP2PKH:
		return nil, "", terminal.Usagef("--address: %s is no address of a key, so it can sign nothing", c.Pledge.Address)
	}
	if err := r.eligibleRemotely(ctx, id, c.Pledge.Address); err != nil {
		return nil, "", err
	}
	if err := pledgesAlready(p, id, c.Pledge.Address); err != nil {
		return nil, "", err
	}
	out, err := c.chooseRemotely(ctx, r, p)
	if err != nil {
		return nil, "", err
	}
	x, err := c.build(r, p, id, out.OutPoint, c.Pledge.Address)
	if err != nil {
		return nil, "", err
	}
	if _, err := r.preflight(ctx, x.Ticket()); err != nil {
		return nil, "", err
	}
	terms, err := c.terms(ctx, r, p, x)
	return x, terms + fmt.Sprintf("\nAddress   %s holds the output of %s PSL; it stays where it is\n", c.Pledge.Address, out.Value), err
}

// eligibleRemotely is Eligible for a person without a node, whose coins are at an address.
func (r *Daemon) eligibleRemotely(ctx context.Context, id, address string) error {
	a, err := r.AccountOf(ctx, id)
	switch {
	case err != nil:
		return err
	case a.Registered:
		return r.Eligible(ctx, id)
	}
	how := "ask whoever runs a pool or a wallet to register it"
	if r.State.Posting != nil && r.State.Posting.Registers {
		how = fmt.Sprintf("this daemon registers PastelIDs of its operator's list: send yours to the operator, then run smartpool id register KEYFILE --address %s%s", address, r.byDaemon())
	}
	return fmt.Errorf("PastelID %s is not registered, and only registered ones can pledge. Either %s; or register it with a wallet of your own (smartpool id register KEYFILE)", id, how)
}

// draftRemotely writes a pledge's ticket for signing elsewhere; the daemon lists what the address holds.
func (c *Join) draftRemotely(ctx context.Context, r *Daemon, p *wire.PoolDetail) (*Draft, error) {
	if _, err := r.posts(p.Operator); err != nil {
		return nil, err
	}
	id, err := coldID(&c.Key, r.Person, c.Pledge.PastelID)
	if err != nil {
		return nil, err
	}
	if id == "" || c.Pledge.Address == "" {
		return nil, terminal.Usagef("--cold needs --pastelid (or --key) and --address")
	}
	x, terms, err := c.prepareRemotely(ctx, r, p, id)
	if err != nil {
		return nil, err
	}
	return c.Cold.unsigned(&r.Net, "join", terms, r.byDaemon(), c.Pledge.Address, x.Ticket())
}
