package main

import (
	"cmp"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/pastel"
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
	Factor                  string `help:"Overcollateralization: 1.2 wants 20 %% more than the Supernode needs; 1 to 3."`
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
func (c *poolCreateCmd) Run(e *env) error {
	ctx, stop := interruptible()
	defer stop()
	r, err := c.dial(ctx, e)
	if err != nil {
		return err
	}
	wallet, err := c.wallet(ctx, r.net)
	if err != nil {
		return err
	}
	if err := c.interview(e, r); err != nil {
		return err
	}
	operator, err := (&identityFlags{c.passphraseFlags, c.OperatorKey}).identity(ctx, e, wallet, c.Operator)
	if err != nil {
		return fmt.Errorf("--operator: %w", err)
	}
	second := passphraseFlags{cmp.Or(c.SupernodePassphraseFile, c.PassphraseFile)}
	supernode, err := (&identityFlags{second, c.SupernodeKey}).identity(ctx, e, wallet, c.Supernode)
	if err != nil {
		return fmt.Errorf("--supernode: %w", err)
	}
	if c.FeeAddress == "" && !c.DryRun {
		address, err := wallet.NewAddress(ctx)
		if err != nil {
			return err
		}
		c.FeeAddress = address.Encode(&r.net)
	}
	x, err := c.build(operator.id, supernode.id, &r.net)
	if err != nil {
		return err
	}
	t := &ticket.Ticket{Kind: ticket.KindInit, Version: ticket.Version, Init: x}
	if err := r.rehearse(ctx, t); err != nil {
		return err
	}
	terms := c.terms(r, x)
	if c.DryRun {
		return rehearsed(e, x, terms)
	}
	terms += fmt.Sprintf("\nThe terms can never be changed. The operator's PastelID signs:\n  %s\nThen the Supernode's PastelID signs a digest of the whole ticket.\nPosting costs %s PSL.\n",
		x.AgreementStatement(r.net.Name), r.net.ContractFee)
	if err := e.confirm(c.Yes, terms); err != nil {
		return err
	}
	if x.AgreementSignature, err = operator.sign(ctx, x.AgreementStatement(r.net.Name)); err != nil {
		return err
	}
	if x.SmartPoolSignature, err = supernode.sign(ctx, x.SmartPoolStatement(r.net.Name)); err != nil {
		return err
	}
	txid, err := r.post(ctx, e, wallet, t)
	if err != nil {
		return err
	}
	return r.finish(ctx, e, txid, !c.NoWait, func(string) (string, error) {
		p, err := fetch[api.PoolDetail](r.Pool(ctx, string(x.SmartPoolID)))
		if errors.Is(err, errNotThere) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("Open: pool %s takes pledges until %s.\nMembers join with: smartpool join %s", p.ID, whenever(p.JoinUntil), p.ID), nil
	})
}

// interview asks for what no flag said, on a terminal.
func (c *poolCreateCmd) interview(e *env, r *remote) error {
	if c.Required == 0 {
		c.Required = r.status.Parameters.Collateral
	}
	questions := []struct {
		flag, question, usual string
		answer                *string
	}{
		{"--label", "Name of the pool (3 to 32 of a-z, 0-9 and -)", "", &c.Label},
		{"--company", "Your name, as members will see it", "", &c.Company},
		{"--fee", "Your fee, percent of the rewards (3 to 15)", "5", &c.Fee},
		{"--factor", "Overcollateralization factor (1 to 3)", "1.2", &c.Factor},
		{"--operator", "Operator's PastelID", "", &c.Operator},
		{"--supernode", "Supernode's PastelID", "", &c.Supernode},
	}
	for _, q := range questions {
		if *q.answer != "" {
			continue
		}
		if !e.terminal() {
			if *q.answer = q.usual; q.usual == "" {
				return usagef("%s is missing, and there is no terminal to ask on", q.flag)
			}
			continue
		}
		var err error
		if *q.answer, err = e.ask(q.question, q.usual); err != nil {
			return err
		}
	}
	if c.Period == 0 {
		usual := strconv.Itoa(int(max(r.net.MinSubscription, 4032))) // a week
		if r.net.Name == "regtest" {
			usual = strconv.Itoa(int(r.net.MinSubscription))
		}
		answer := usual
		if e.terminal() {
			var err error
			if answer, err = e.ask("Blocks for which pledges are taken (576 are a day)", usual); err != nil {
				return err
			}
		}
		n, err := strconv.ParseInt(answer, 10, 64)
		if err != nil {
			return usagef("--period %q: want a number of blocks", answer)
		}
		c.Period = n
	}
	return nil
}

func (c *poolCreateCmd) build(operator, supernode string, net *pastel.Network) (*ticket.Init, error) {
	x := &ticket.Init{
		SmartPoolID: ticket.PoolID(c.Label), SubscriptionPeriod: c.Period, RequiredCoins: c.Required, SupernodePastelID: supernode,
		Company: c.Company, OperatorPastelID: operator, OperatorFeeAddress: c.FeeAddress,
	}
	if x.OperatorFeeAddress == "" { // of a dry run: any address will do
		x.OperatorFeeAddress = pastel.Address{Kind: pastel.AddressP2PKH, Hash: [20]byte{1}}.Encode(net)
	}
	var err error
	if x.Factor, err = ticket.ParseDecimal(c.Factor); err != nil {
		return nil, usagef("--factor: %w", err)
	}
	if x.Fee, err = ticket.ParseDecimal(c.Fee); err != nil {
		return nil, usagef("--fee: %w", err)
	}
	x.SmartPoolID = x.IDFor(c.Label)
	if _, err := ticket.ParsePoolID(string(x.SmartPoolID)); err != nil {
		return nil, usagef("--label %q: want 3 to 32 of a-z, 0-9 and -", c.Label)
	}
	if c.Period < int64(net.MinSubscription) || c.Period > int64(net.MaxSubscription) {
		return nil, usagef("--period %d: network %s takes %d to %d blocks", c.Period, net.Name, net.MinSubscription, net.MaxSubscription)
	}
	return x, firstFailure(checkInit(x, net))
}

func (c *poolCreateCmd) terms(r *remote, x *ticket.Init) string {
	var b strings.Builder
	target := "?"
	if factor, ok := x.Factor.Units(ticket.FactorDecimals); ok {
		if n, ok := ticket.Target(x.RequiredCoins, factor); ok {
			target = fmt.Sprint(n)
		}
	}
	fmt.Fprintf(&b, "Pool      %s on network %s\n", x.SmartPoolID, r.net.Name)
	fmt.Fprintf(&b, "Operator  %s, PastelID %s\n", printable(x.Company), x.OperatorPastelID)
	fmt.Fprintf(&b, "Supernode PastelID %s\n", x.SupernodePastelID)
	fmt.Fprintf(&b, "Fee       %s %% of the rewards, to %s\n", x.Fee, x.OperatorFeeAddress)
	fmt.Fprintf(&b, "Size      %d PSL for the Supernode, %s PSL with the cushion (factor %s)\n", x.RequiredCoins, target, x.Factor)
	fmt.Fprintf(&b, "Pledges   are taken for %d blocks; after that there are %d more to activate the pool\n", x.SubscriptionPeriod, r.net.ActivationGrace)
	return b.String()
}
