package main

import (
	"context"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
)

type poolCmd struct {
	Create   poolCreateCmd   `cmd:"" help:"Open a pool."`
	Status   poolStatusCmd   `cmd:"" help:"Who is in a pool, and how safe it is."`
	Activate poolActivateCmd `cmd:"" help:"Launch a pool once its pledges suffice."`
	Report   poolReportCmd   `cmd:"" help:"Income, fees and payouts of a pool over some days."`
}

type poolCreateCmd struct {
	apiFlags
	nodeFlags
	passphraseFlags
	newPoolFlags
	DryRun bool `help:"Only say whether the ticket would be accepted."`
}

// newPoolFlags are the fields of a pool that is opened.
type newPoolFlags struct {
	Label                   string `help:"Name of the pool, 3 to 32 of a-z, 0-9 and -."`
	Company                 string `help:"Operator's name, as members will see it."`
	Fee                     string `placeholder:"PERCENT" help:"Operator's fee, 3 to 15 percent of the rewards."`
	Factor                  string `help:"Overcollateralization: 1.2 wants 20 % more than the Supernode needs; 1 to 3."`
	Period                  int64  `placeholder:"BLOCKS" help:"How long pledges are taken; also how long a pool may lack collateral before it is dissolved."`
	Required                int64  `placeholder:"PSL" help:"Collateral; what a Supernode needs if left out."`
	Operator                string `placeholder:"PASTELID" help:"Operator's PastelID."`
	Supernode               string `placeholder:"PASTELID" help:"Supernode's PastelID."`
	FeeAddress              string `placeholder:"ADDRESS" help:"Address the fee is paid to; a new one of the wallet if left out."`
	OperatorKey             string `type:"existingfile" help:"Key file of the operator's PastelID; without it the node signs."`
	SupernodeKey            string `type:"existingfile" help:"Key file of the Supernode's PastelID; without it the node signs."`
	SupernodePassphraseFile string `type:"existingfile" help:"File with the passphrase of the Supernode's PastelID; else it is asked for, or is the operator's."`
	NoWait                  bool   `help:"Do not wait for the block that holds the ticket."`
	Yes                     bool   `help:"Do not ask."`
}

// Run opens a pool.
func (c *poolCreateCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	j := &journey.Creation{Pool: journey.NewPool(c.newPoolFlags), PassphraseFile: c.PassphraseFile, Node: *c.at()}
	if c.DryRun {
		return tellPreflighted(e)(j.DryRun(ctx, r))
	}
	return tellPosted(e)(j.Run(ctx, r))
}

type poolActivateCmd struct {
	apiFlags
	nodeFlags
	identityFlags
	activateFlags
	DryRun bool `help:"Only say whether the ticket would be accepted, and who would be in."`
}

// activateFlags are the fields of an activation.
type activateFlags struct {
	Pool        string   `arg:"" help:"Pool id, or its label."`
	Participant []string `placeholder:"PASTELID,ADDRESS" sep:"none" help:"Member, by PastelID and pledged address; repeat for each. Without any, all who pledged."`
	NoWait      bool     `help:"Do not wait for the block that holds the ticket."`
	Yes         bool     `help:"Do not ask."`
}

// Run activates a pool.
func (c *poolActivateCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	j := &journey.Activation{Pool: journey.ActivatedPool(c.activateFlags), Key: *c.source(), Node: *c.at()}
	if c.DryRun {
		return tellPreflighted(e)(j.DryRun(ctx, r))
	}
	return tellPosted(e)(j.Run(ctx, r))
}
