package main

import (
	"context"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
)

type joinCmd struct {
	apiFlags
	nodeFlags
	identityFlags
	coldFlags
	pledgeFlags
}

// pledgeFlags are the fields of a pledge.
type pledgeFlags struct {
	Pool     string `arg:"" help:"Pool id, or its label."`
	Coins    int64  `placeholder:"PSL" help:"Coins to pledge, whole PSL; if left out, what the pool lacks, as far as one output of yours goes."`
	PastelID string `name:"pastelid" help:"Member's PastelID; the node's only one if left out."`
	Output   string `placeholder:"TXID:VOUT" help:"Output that backs the pledge; the smallest that does if left out."`
	Address  string `help:"Address whose output backs the pledge, and which signs; needed with --cold."`
	Reward   string `placeholder:"ADDRESS" help:"Address that rewards are paid to; the pledged one if left out. It needs no special care: pledges do not depend on it."`
	NoWait   bool   `help:"Do not wait for the block that holds the ticket."`
	Yes      bool   `help:"Do not ask."`
}

// Run pledges.
func (c *joinCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	j := &journey.Join{Pledge: journey.Pledge(c.pledgeFlags), Key: *c.source(), Node: *c.at(), Cold: journey.Cold(c.coldFlags)}
	if j.Cold.Draft != "" && j.Cold.Ticket == "" {
		return tellDraft(e)(j.Draft(ctx, r))
	}
	return tellPosted(e)(j.Run(ctx, r))
}

type amendCmd struct {
	apiFlags
	nodeFlags
	identityFlags
	coldFlags
	changeFlags
}

// changeFlags are the fields of an amendment.
type changeFlags struct {
	Pool     string `arg:"" help:"Pool id, or its label."`
	Coins    int64  `placeholder:"PSL" help:"What the pledge offers from now on, whole PSL; it can be raised, never lowered."`
	Reward   string `placeholder:"ADDRESS" help:"Address that rewards are paid to from now on; if left out, you are asked whether it stays. With --yes and with --cold always."`
	PastelID string `name:"pastelid" help:"Member's PastelID; the node's only one if left out."`
	Address  string `help:"Pledged address, if the PastelID pledges several in the pool. With --cold always."`
	Output   string `placeholder:"TXID:VOUT" help:"Output of the pledged address that the ticket names; one that backs the pledge if left out, or a new one if that takes more coins."`
	NoWait   bool   `help:"Do not wait for the block that holds the ticket."`
	Yes      bool   `help:"Do not ask."`
}

// Run amends a pledge.
func (c *amendCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	a := &journey.Amendment{Change: journey.Change(c.changeFlags), Key: *c.source(), Node: *c.at(), Cold: journey.Cold(c.coldFlags)}
	if a.Cold.Draft != "" && a.Cold.Ticket == "" {
		return tellDraft(e)(a.Draft(ctx, r))
	}
	return tellPosted(e)(a.Run(ctx, r))
}
