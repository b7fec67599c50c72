package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/journey"

	"github.com/pastelnetwork/smartpool/internal/terminal"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

type poolActivateCmd struct {
	apiFlags
	nodeFlags
	identityFlags
	Pool        string   `arg:"" help:"Pool id, or its label."`
	Participant []string `placeholder:"PASTELID,ADDRESS" sep:"none" help:"Member, by PastelID and pledged address; repeat for each. Without any, all who pledged."`
	DryRun      bool     `help:"Only say whether the ticket would be accepted, and who would be in."`
	NoWait      bool     `help:"Do not wait for the block that holds the ticket."`
	Yes         bool     `help:"Do not ask."`
}

// Run activates a pool.
func (c *poolActivateCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	p, err := r.VerifiedPool(ctx, c.Pool)
	if err != nil {
		return err
	}
	x, table, err := c.build(&p, &r.Net)
	if err != nil {
		return err
	}
	t := x.Ticket()
	if _, err := r.Preflight(ctx, t); err != nil {
		if p.Status == "subscribing" && p.Offered < p.Target {
			return fmt.Errorf("pool %s has %d PSL of %d: wait for more pledges (%w)", pastel.Short(p.ID), p.Offered, p.Target, err)
		}
		return err
	}
	if c.DryRun {
		shown, err := journey.Fields(t)
		if err != nil {
			return err
		}
		return rehearsed(e, shown, table)
	}
	wallet, err := c.wallet(ctx, r.Net)
	if err != nil {
		return err
	}
	me, err := c.source().Identity(ctx, e, wallet, p.Operator)
	if err != nil {
		return err
	}
	what := table + fmt.Sprintf("\nThe operator's PastelID signs:\n  %s\nPosting costs %s PSL.\n", x.OperatorStatement(r.Net.Name), r.Net.ContractFee)
	if err := e.Confirm(c.Yes, what); err != nil {
		return err
	}
	if x.OperatorSignature, err = me.Sign(ctx, x.OperatorStatement(r.Net.Name)); err != nil {
		return err
	}
	txid, err := r.Post(ctx, wallet, t, pool.PoolActivated)
	if err != nil {
		return err
	}
	came, err := r.Finish(ctx, wallet, txid, !c.NoWait, func(string) (string, error) {
		now, err := r.VerifiedPool(ctx, p.ID)
		if err != nil || now.Activated == nil {
			return "", err
		}
		return fmt.Sprintf("Active since %s with %d PSL.\nThe Supernode's collateral reference is %s, index 4294967295: smartpool supernode launch %s",
			journey.When(*now.Activated), now.Counted, now.ActivationTx, now.ID), nil
	})
	return tellPosted(e, came, err)
}

// build makes the unsigned ticket, and a table of who would be a member and who would stand by.
func (c *poolActivateCmd) build(p *wire.PoolDetail, net *pastel.Network) (*ticket.Activate, string, error) {
	x := &ticket.Activate{Version: ticket.KindActivate.Newest(), SmartPoolID: ticket.PoolID(p.ID)}
	listed := map[string]bool{}
	for _, s := range c.Participant {
		id, addr, ok := strings.Cut(s, ",")
		if !ok {
			return nil, "", terminal.Usagef("--participant %q: want PASTELID,ADDRESS", s)
		}
		x.Participants = append(x.Participants, ticket.Participant{PastelID: id, Address: addr})
		listed[s] = true
	}
	if len(c.Participant) == 0 {
		for _, m := range p.Participants {
			listed[m.PastelID+","+m.Address] = true
			x.Participants = append(x.Participants, ticket.Participant{PastelID: m.PastelID, Address: m.Address})
		}
		if len(x.Participants) > relayed { // nodes would not relay the list: an empty one means every live pledge
			x.Participants = nil
		}
	}
	t := terminal.NewTable([]any{"PastelID", "Offers PSL", "Address", "Becomes"}, 2)
	var sum int64
	for _, m := range p.Participants {
		becomes := "standby"
		if listed[m.PastelID+","+m.Address] {
			becomes = "member"
			sum += m.Offered
		}
		t.AppendRow([]any{pastel.Short(m.PastelID), m.Offered, m.Address, becomes})
	}
	table := fmt.Sprintf("Pool %s starts with %d PSL of members; it wants %d PSL.\n\n%s\n", p.ID, sum, p.Target, t.Render())
	if len(x.Participants) == 0 {
		table += "\nMind that the list is empty: whoever has a live pledge in the block that mines this becomes a member.\n"
	}
	return x, table, ticket.CheckUnsigned(&ticket.Ticket{Activate: x}, net)
}
