package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/internal/journey"

	"github.com/pastelnetwork/smartpool/internal/terminal"

	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
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
	DryRun                  bool   `help:"Only say whether the ticket would be accepted."`
	NoWait                  bool   `help:"Do not wait for the block that holds the ticket."`
	Yes                     bool   `help:"Do not ask."`
}

// Run leads through opening a pool.
func (c *poolCreateCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	wallet, err := c.wallet(ctx, r.Net)
	if err != nil {
		return err
	}
	if err := c.interview(e, r); err != nil {
		return err
	}
	operator, err := (&journey.KeySource{PassphraseFile: c.PassphraseFile, File: c.OperatorKey}).Identity(ctx, e, wallet, c.Operator)
	if err != nil {
		return fmt.Errorf("--operator: %w", err)
	}
	second := cmp.Or(c.SupernodePassphraseFile, c.PassphraseFile)
	supernode, err := (&journey.KeySource{PassphraseFile: second, File: c.SupernodeKey}).Identity(ctx, e, wallet, c.Supernode)
	if err != nil {
		return fmt.Errorf("--supernode: %w", err)
	}
	if err := r.Registered(ctx, "--operator", operator.ID); err != nil {
		return err
	}
	if err := r.Registered(ctx, "--supernode", supernode.ID); err != nil {
		return err
	}
	if c.FeeAddress == "" && !c.DryRun {
		address, err := wallet.NewAddress(ctx)
		if err != nil {
			return err
		}
		c.FeeAddress = address.Encode(&r.Net)
	}
	x, err := c.build(operator.ID, supernode.ID, &r.Net)
	if err != nil {
		return err
	}
	t := x.Ticket()
	if _, err := r.Preflight(ctx, t); err != nil {
		return err
	}
	terms := c.terms(r, x)
	if c.DryRun {
		return c.rehearsed(e, t, terms)
	}
	terms += fmt.Sprintf("\nThe terms can never be changed. The operator's PastelID signs:\n  %s\nThen the Supernode's PastelID signs a digest of the whole ticket.\nPosting costs %s PSL.\n",
		x.AgreementStatement(r.Net.Name), r.Net.ContractFee)
	if err := e.Confirm(c.Yes, terms); err != nil {
		return err
	}
	if x.AgreementSignature, err = operator.Sign(ctx, x.AgreementStatement(r.Net.Name)); err != nil {
		return err
	}
	if x.SmartPoolSignature, err = supernode.Sign(ctx, x.SmartPoolStatement(r.Net.Name)); err != nil {
		return err
	}
	txid, err := r.Post(ctx, wallet, t, pool.PoolCreated)
	if err != nil {
		return err
	}
	came, err := r.Finish(ctx, wallet, txid, !c.NoWait, func(string) (string, error) {
		p, err := journey.Advised(r.Pool(ctx, string(x.SmartPoolID)))
		if errors.Is(err, client.ErrNotFound) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("Open: pool %s takes pledges until %s.\nMembers join with: smartpool join %s", x.SmartPoolID, journey.Whenever(p.JoinUntil), x.SmartPoolID), nil
	})
	return tellPosted(e, came, err)
}

func (c *poolCreateCmd) build(operator, supernode string, net *pastel.Network) (*ticket.Init, error) {
	x := &ticket.Init{
		Version: ticket.KindInit.Newest(), SmartPoolID: ticket.PoolID(c.Label), SubscriptionPeriod: c.Period, RequiredCoins: c.Required, SupernodePastelID: supernode,
		Company: c.Company, OperatorPastelID: operator, OperatorFeeAddress: c.FeeAddress,
	}
	if x.OperatorFeeAddress == "" { // of a dry run, which does not show it: any address will do
		x.OperatorFeeAddress = pastel.Address{Kind: pastel.AddressP2PKH, Hash: [20]byte{1}}.Encode(net)
	}
	var err error
	if x.Factor, err = ticket.ParseDecimal(c.Factor); err != nil {
		return nil, terminal.Usagef("--factor: %w", err)
	}
	if x.Fee, err = ticket.ParseDecimal(c.Fee); err != nil {
		return nil, terminal.Usagef("--fee: %w", err)
	}
	x.SmartPoolID = x.IDFor(c.Label)
	if _, err := ticket.ParsePoolID(string(x.SmartPoolID)); err != nil {
		return nil, terminal.Usagef("--label %q: want 3 to 32 of a-z, 0-9 and -", c.Label)
	}
	if c.Period < int64(net.MinSubscription) || c.Period > int64(net.MaxSubscription) {
		return nil, terminal.Usagef("--period %d: network %s takes %d to %d blocks", c.Period, net.Name, net.MinSubscription, net.MaxSubscription)
	}
	return x, ticket.CheckUnsigned(&ticket.Ticket{Init: x}, net)
}

// rehearsed ends a dry run. Without an address for the fee neither it nor the id, which is a hash of it, are there yet.
func (c *poolCreateCmd) rehearsed(e *terminal.Terminal, t *ticket.Ticket, terms string) error {
	shown, err := journey.Fields(t)
	if err != nil {
		return err
	}
	if operator, ok := shown["operator"].(map[string]any); ok && c.FeeAddress == "" {
		delete(shown, "smart_pool_id")
		delete(operator, "operator_fee_address")
	}
	return rehearsed(e, shown, terms)
}

func (c *poolCreateCmd) terms(r *journey.Daemon, x *ticket.Init) string {
	var b strings.Builder
	target := "?"
	if factor, ok := x.Factor.Units(ticket.FactorDecimals); ok {
		if n, ok := ticket.Target(x.RequiredCoins, factor); ok {
			target = fmt.Sprint(n)
		}
	}
	pool, address := string(x.SmartPoolID), x.OperatorFeeAddress
	if c.FeeAddress == "" {
		pool = c.Label + ", whose id will be the hash of these terms,"
		address = "a new address of your wallet, chosen when it is opened"
	}
	fmt.Fprintf(&b, "Pool      %s on network %s\n", pool, r.Net.Name)
	fmt.Fprintf(&b, "Operator  %s, PastelID %s\n", terminal.Printable(x.Company), x.OperatorPastelID)
	fmt.Fprintf(&b, "Supernode PastelID %s\n", x.SupernodePastelID)
	fmt.Fprintf(&b, "Fee       %s %% of the rewards, to %s\n", x.Fee, address)
	fmt.Fprintf(&b, "Size      %d PSL for the Supernode, %s PSL with the cushion (factor %s)\n", x.RequiredCoins, target, x.Factor)
	fmt.Fprintf(&b, "Pledges   are taken for %d blocks; after that there are %d more to activate the pool\n", x.SubscriptionPeriod, r.Net.ActivationGrace)
	return b.String()
}
