package journey

import (
	"context"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Relayed is roughly how many participants fit in a transaction that nodes relay (protocol 6).
const Relayed = 170

// Activation activates a pool.
type Activation struct {
	Pool ActivatedPool
	Key  KeySource
	Node Node
}

// ActivatedPool says which pool to activate, and with which members.
type ActivatedPool struct {
	Pool        string   // id or label
	Participant []string // PASTELID,ADDRESS of each member; empty: every live pledge
	NoWait      bool     // do not wait for the block that holds the ticket
	Yes         bool     // do not ask
}

// prepare makes the unsigned ticket, which the next block would accept, and a table of the pledges with their roles.
func (c *Activation) prepare(ctx context.Context, r *Daemon) (p wire.PoolDetail, x *ticket.Activate, table string, err error) {
	if p, err = r.VerifiedPool(ctx, c.Pool.Pool); err != nil {
		return p, nil, "", err
	}
	if x, table, err = c.build(&p, &r.Params, columnsOf(r.Person)); err != nil {
		return p, nil, "", err
	}
	if _, err = r.preflight(ctx, x.Ticket()); err != nil && p.Status == "subscribing" && p.Offered < p.Target {
		err = fmt.Errorf("pool %s has %d PSL of %d; wait for more pledges (%w)", pastel.Short(p.ID), p.Offered, p.Target, err)
	}
	return p, x, table, err
}

// DryRun checks that the ticket would be accepted, and says who would be a member.
func (c *Activation) DryRun(ctx context.Context, r *Daemon) (*Preflighted, error) {
	_, x, table, err := c.prepare(ctx, r)
	if err != nil {
		return nil, err
	}
	shown, err := fields(x.Ticket())
	return &Preflighted{shown, table}, err
}

// Run activates the pool.
func (c *Activation) Run(ctx context.Context, r *Daemon) (Posted, error) {
	p, x, table, err := c.prepare(ctx, r)
	if err != nil {
		return Posted{}, err
	}
	wallet, err := r.wallet(ctx, &c.Node)
	if err != nil {
		return Posted{}, err
	}
	me, err := c.Key.Identity(ctx, r.Person, wallet, p.Operator)
	if err != nil {
		return Posted{}, err
	}
	pays, err := r.fundTicket(ctx, wallet, x.Ticket())
	if err != nil {
		return Posted{}, err
	}
	what := table + fmt.Sprintf("\n%s\nThe operator's PastelID signs:\n  %s\n", pays, x.OperatorStatement(r.Net.Name))
	if err := r.Person.Confirm(c.Pool.Yes, what); err != nil {
		return Posted{}, err
	}
	if x.OperatorSignature, err = me.Sign(ctx, x.OperatorStatement(r.Net.Name)); err != nil {
		return Posted{}, err
	}
	txid, err := r.Post(ctx, wallet, pays, x.Ticket(), pool.PoolActivated)
	if err != nil {
		return Posted{}, err
	}
	return r.Finish(ctx, wallet, txid, !c.Pool.NoWait, func(string) (string, error) {
		now, err := r.VerifiedPool(ctx, p.ID)
		if err != nil || now.Activated == nil {
			return "", err
		}
		id, err := pastel.ParseTxID(now.ActivationTx)
		if err != nil {
			return "", fmt.Errorf("cannot read the daemon's answer (%w); run the daemon's release", err)
		}
		return fmt.Sprintf("Active since %s with %d PSL.\nThe Supernode's collateral reference is %s, index 4294967295. Next:\n  smartpool supernode launch %s",
			When(*now.Activated), now.Counted, id, now.ID), nil
	})
}

// build makes the unsigned ticket, and a table of who would be a member and who on standby.
func (c *Activation) build(p *wire.PoolDetail, net *pool.Params, width int) (*ticket.Activate, string, error) {
	x := &ticket.Activate{Version: ticket.KindActivate.Newest(), SmartPoolID: ticket.PoolID(p.ID)}
	listed := map[string]bool{}
	for _, s := range c.Pool.Participant {
		id, addr, ok := strings.Cut(s, ",")
		if !ok {
			return nil, "", terminal.Usagef("--participant %q: want PASTELID,ADDRESS", s)
		}
		x.Participants = append(x.Participants, ticket.Participant{PastelID: id, Address: addr})
		listed[s] = true
	}
	if len(c.Pool.Participant) == 0 {
		for _, m := range p.Participants {
			listed[m.PastelID+","+m.Address] = true
			x.Participants = append(x.Participants, ticket.Participant{PastelID: m.PastelID, Address: m.Address})
		}
		if len(x.Participants) > Relayed { // nodes would not relay the list; an empty one means every live pledge
			x.Participants = nil
		}
	}
	t := terminal.NewTable(width, []any{"PastelID", "Offered PSL", "Address", "Becomes"}, 2)
	var sum int64
	for _, m := range p.Participants {
		becomes := "standby"
		if listed[m.PastelID+","+m.Address] {
			becomes = "member"
			sum += m.Offered
		}
		t.AppendRow([]any{pastel.Short(m.PastelID), m.Offered, m.Address, becomes})
	}
	table := fmt.Sprintf("Pool %s starts with %d PSL from its members; its target is %d PSL.\n\n%s\n", p.ID, sum, p.Target, t.Render())
	if len(x.Participants) == 0 {
		table += "\nCaution: the ticket lists no members. Everyone with a live pledge in the block that holds the ticket becomes a member.\n"
	}
	return x, table, ticket.CheckUnsigned(&ticket.Ticket{Activate: x}, &net.Network, net.Limits())
}
