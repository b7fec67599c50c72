package main

import (
	"context"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
)

type poolCmd struct {
	Create   poolCreateCmd   `cmd:"" help:"Open a pool (operator)."`
	Status   poolStatusCmd   `cmd:"" help:"Show a pool's members and how safe it is."`
	Activate poolActivateCmd `cmd:"" help:"Activate a pool once its pledges suffice (operator)."`
	Report   poolReportCmd   `cmd:"" help:"Sum up a pool's income, fees and payouts over some days (operator)."`
}

type poolCreateCmd struct {
	apiFlags
	nodeFlags
	passphraseFlags
	newPoolFlags
	DryRun bool `help:"Only check whether the next block would accept the ticket."`
}

// newPoolFlags are the fields of a new pool.
type newPoolFlags struct {
	Label                   string `placeholder:"NAME" help:"Name of the pool, 3 to 32 of a-z, 0-9 and -."`
	Company                 string `placeholder:"NAME" help:"Operator's name, as members will see it."`
	Fee                     string `type:"decimal" placeholder:"PERCENT" help:"Operator's fee, 3 to 15 percent of the rewards."`
	Factor                  string `type:"decimal" placeholder:"NUMBER" help:"Overcollateralization, 1 to 3: with 1.2, the target is 20 % more than the Supernode needs."`
	Period                  int64  `placeholder:"BLOCKS" help:"How long the pool accepts pledges. If it later falls short of collateral, it is dissolved after the same number of blocks."`
	Required                int64  `placeholder:"PSL" help:"Collateral; by default, what a Supernode needs."`
	Operator                string `type:"id" placeholder:"PASTELID" help:"Operator's PastelID."`
	Supernode               string `type:"id" placeholder:"PASTELID" help:"Supernode's PastelID."`
	FeeAddress              string `type:"id" placeholder:"ADDRESS" help:"Address that receives the fee; by default, a new one of the wallet."`
	OperatorKey             string `type:"existingfile" placeholder:"FILE" help:"Key file of the operator's PastelID; without it, the node signs."`
	SupernodeKey            string `type:"existingfile" placeholder:"FILE" help:"Key file of the Supernode's PastelID; without it, the node signs."`
	SupernodePassphraseFile string `type:"existingfile" placeholder:"FILE" help:"File with the passphrase of the Supernode's PastelID; by default, --passphrase-file; otherwise you are asked for it."`
	NoWait                  bool   `help:"Do not wait for a block to include the ticket."`
	Yes                     bool   `help:"Do not ask for confirmation."`
}

// Run opens a pool.
func (c *poolCreateCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	j := &journey.Creation{Pool: journey.NewPool(c.newPoolFlags), PassphraseFile: c.PassphraseFile, Node: *c.at(), Answers: answers(e, r)}
	if c.DryRun {
		return printPreflighted(e)(j.DryRun(ctx, r))
	}
	return printPosted(e)(j.Run(ctx, r))
}

type poolActivateCmd struct {
	apiFlags
	nodeFlags
	identityFlags
	activateFlags
	DryRun bool `help:"Only check whether the next block would accept the ticket, and show who would be a member."`
}

// activateFlags are the fields of an activation.
type activateFlags struct {
	Pool        string   `type:"pool" arg:"" help:"The pool's id or label."`
	Participant []string `type:"participant" placeholder:"PASTELID,ADDRESS" sep:"none" help:"PastelID and pledged address of a member; repeat for each. By default, everyone with a live pledge."`
	NoWait      bool     `help:"Do not wait for a block to include the ticket."`
	Yes         bool     `help:"Do not ask for confirmation."`
}

// Run activates a pool.
func (c *poolActivateCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	j := &journey.Activation{Pool: journey.ActivatedPool(c.activateFlags), Key: *c.source(), Node: *c.at()}
	if c.DryRun {
		return printPreflighted(e)(j.DryRun(ctx, r))
	}
	return printPosted(e)(j.Run(ctx, r))
}
