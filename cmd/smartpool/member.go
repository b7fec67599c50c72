package main

import (
	"context"
	"errors"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
)

type joinCmd struct {
	apiFlags
	nodeFlags
	identityFlags
	coldFlags
	remoteFlags
	pledgeFlags
}

// pledgeFlags are the fields of a pledge.
type pledgeFlags struct {
	Pool     string `type:"pool" arg:"" optional:"" help:"The pool's id or label; without it, you choose one from a list."`
	Coins    int64  `placeholder:"PSL" help:"Coins to pledge, in whole PSL; by default, what the pool lacks, as far as one of your outputs covers it."`
	PastelID string `type:"id" name:"pastelid" placeholder:"PASTELID" help:"Your PastelID; by default, the node's only one."`
	Output   string `type:"hex" placeholder:"TXID:VOUT" help:"Output that backs the pledge; by default, the smallest that suffices."`
	Address  string `type:"id" placeholder:"ADDRESS" help:"Address that holds the output and signs; required with --cold and --remote."`
	Reward   string `type:"id" placeholder:"ADDRESS" help:"Address that receives the rewards; by default, the pledged one. You may freely spend what another address receives: the pledge does not depend on it."`
	NoWait   bool   `help:"Do not wait for a block to include the ticket."`
	Yes      bool   `help:"Do not ask for confirmation."`
}

// AfterApply replaces the daemon by the one that --remote names.
func (c *joinCmd) AfterApply() error {
	c.Remote.instead(&c.API)
	return nil
}

// Run pledges.
func (c *joinCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	j := &journey.Join{Pledge: journey.Pledge(c.pledgeFlags), Key: *c.source(), Node: *c.at(), Cold: journey.Cold(c.coldFlags), Remote: c.Remote.chosen, Answers: answers(e, r)}
	if j.Cold.Draft != "" && j.Cold.Ticket == "" {
		return printDraft(e)(j.Draft(ctx, r))
	}
	posted, err := j.Run(ctx, r)
	if e.JSON && posted.Outcome != "" {
		return errors.Join(terminal.PrintJSON(e.Out, map[string]string{
			"txid": posted.TxID.String(), "outcome": posted.Outcome, "feed": r.FeedURL(j.Pledge.PastelID),
		}), err)
	}
	if err := printPosted(e)(posted, err); err != nil {
		return err
	}
	return offerAlerts(ctx, e, r, j)
}

type amendCmd struct {
	apiFlags
	nodeFlags
	identityFlags
	coldFlags
	remoteFlags
	changeFlags
}

// changeFlags are the fields of an amendment.
type changeFlags struct {
	Pool     string `type:"pool" arg:"" help:"The pool's id or label."`
	Coins    int64  `placeholder:"PSL" help:"What the pledge offers from then on, in whole PSL. You can raise an offer, never lower it."`
	Reward   string `type:"id" placeholder:"ADDRESS" help:"Address that receives the rewards from then on; otherwise you are asked to confirm the present one. Required with --yes and with --cold."`
	PastelID string `type:"id" name:"pastelid" placeholder:"PASTELID" help:"Your PastelID; by default, the node's only one."`
	Address  string `type:"id" placeholder:"ADDRESS" help:"Pledged address, if the PastelID pledges several in the pool; required with --cold."`
	Output   string `type:"hex" placeholder:"TXID:VOUT" help:"Output at the pledged address for the ticket to name; by default, one that backs the pledge, or another if the raise needs more coins."`
	NoWait   bool   `help:"Do not wait for a block to include the ticket."`
	Yes      bool   `help:"Do not ask for confirmation."`
}

// AfterApply replaces the daemon by the one that --remote names.
func (c *amendCmd) AfterApply() error {
	c.Remote.instead(&c.API)
	return nil
}

// Run amends a pledge.
func (c *amendCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	a := &journey.Amendment{Change: journey.Change(c.changeFlags), Key: *c.source(), Node: *c.at(), Cold: journey.Cold(c.coldFlags), Remote: c.Remote.chosen}
	if a.Cold.Draft != "" && a.Cold.Ticket == "" {
		return printDraft(e)(a.Draft(ctx, r))
	}
	return printPosted(e)(a.Run(ctx, r))
}
