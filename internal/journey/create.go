package journey

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Creation opens a pool.
type Creation struct {
	Pool           NewPool
	PassphraseFile string // of the operator's PastelID, and of the Supernode's if it has none of its own
	Node           Node
	Answers        *Answers // remembers what the operator answers; nil: nothing is remembered
}

// NewPool holds a pool's terms and says who signs. The operator is asked for empty fields.
type NewPool struct {
	Label                   string // name of the pool
	Company                 string // the operator's name, as members see it
	Fee                     string // percent of the rewards
	Factor                  string // overcollateralization: 1.2 wants 20 % more than the Supernode needs
	Period                  int64  // blocks during which the pool accepts pledges; later, how long it may be short of collateral
	Required                int64  // PSL; 0: the collateral of a Supernode
	Operator                string // PastelID
	Supernode               string // PastelID
	FeeAddress              string // address that receives the fee; empty: a new one of the wallet
	OperatorKey             string // key file; empty: the node signs
	SupernodeKey            string // key file; empty: the node signs
	SupernodePassphraseFile string // of the Supernode's PastelID
	NoWait                  bool   // do not wait for the block that holds the ticket
	Yes                     bool   // do not ask
}

// Preflighted is an unsigned ticket that the next block would accept once signed.
type Preflighted struct {
	Ticket map[string]any // fields of its JSON
	Terms  string         // what it means, in words
}

// opening is a pool whose ticket the next block would accept, with those who sign it.
type opening struct {
	ticket              *ticket.Ticket
	terms               string
	operator, supernode *Identity
	wallet              *pasteld.Client
}

// prepare asks for what is missing, makes the unsigned ticket and checks that the next block would accept it. A dry run takes no new
// address from the wallet.
func (c *Creation) prepare(ctx context.Context, r *Daemon, v *interview, dry bool) (*opening, error) {
	if err := c.checkFlags(c.named()); err != nil {
		return nil, err
	}
	wallet, err := r.wallet(ctx, &c.Node)
	if err != nil {
		return nil, err
	}
	if !dry {
		if err := c.affordable(ctx, r, wallet); err != nil {
			return nil, err
		}
	}
	operator, supernode, err := c.interview(ctx, r, v, wallet)
	if err != nil {
		return nil, err
	}
	if c.Pool.FeeAddress == "" && !dry {
		address, err := wallet.NewAddress(ctx)
		if err != nil {
			return nil, err
		}
		c.Pool.FeeAddress = address.Encode(&r.Net)
	}
	x, err := c.build(operator.ID, supernode.ID, &r.Params)
	if err != nil {
		return nil, err
	}
	t := x.Ticket()
	if _, err := r.preflight(ctx, t); err != nil {
		return nil, err
	}
	return &opening{t, c.terms(r, x), operator, supernode, wallet}, nil
}

// usualTicketSize is about how many bytes the outputs of a ticket take, before all of it is known.
const usualTicketSize = 1_500

// affordable returns an error if the wallet cannot pay for the ticket, before a person answers questions in vain.
func (c *Creation) affordable(ctx context.Context, r *Daemon, wallet *pasteld.Client) error {
	if !r.Person.Interactive() {
		return nil
	}
	_, err := r.fund(ctx, wallet, r.Net.ContractFee, usualTicketSize, pastel.OutPoint{})
	return err
}

// DryRun checks that the ticket would be accepted. Without an address for the fee, the ticket lacks that address and the pool's id, which
// is a hash over it.
func (c *Creation) DryRun(ctx context.Context, r *Daemon) (_ *Preflighted, err error) {
	const dry = true
	v := newInterview(r.Person, "pool create", c.Answers)
	defer v.leave(&err)
	o, err := c.prepare(ctx, r, v, dry)
	if err != nil {
		return nil, err
	}
	shown, err := fields(o.ticket)
	if err != nil {
		return nil, err
	}
	if operator, ok := shown["operator"].(map[string]any); ok && c.Pool.FeeAddress == "" {
		delete(shown, "smart_pool_id")
		delete(operator, "operator_fee_address")
	}
	return &Preflighted{shown, o.terms}, nil
}

// Run opens the pool: it shows the terms, signs, posts the ticket and waits for its block.
func (c *Creation) Run(ctx context.Context, r *Daemon) (_ Posted, err error) {
	const dry = false
	v := newInterview(r.Person, "pool create", c.Answers)
	defer v.leave(&err)
	o, err := c.prepare(ctx, r, v, dry)
	if err != nil {
		return Posted{}, err
	}
	x := o.ticket.Init
	pays, err := r.fundTicket(ctx, o.wallet, o.ticket)
	if err != nil {
		return Posted{}, err
	}
	terms := o.terms + fmt.Sprintf("%s\nThese terms can never change. The operator's PastelID signs:\n  %s\nThen the Supernode's PastelID signs a digest of the entire ticket.\n",
		pays, x.AgreementStatement(r.Net.Name))
	if err := r.Person.Confirm(c.Pool.Yes, terms); err != nil {
		return Posted{}, err
	}
	if x.AgreementSignature, err = o.operator.Sign(ctx, x.AgreementStatement(r.Net.Name)); err != nil {
		return Posted{}, err
	}
	if x.SmartPoolSignature, err = o.supernode.Sign(ctx, x.SmartPoolStatement(r.Net.Name)); err != nil {
		return Posted{}, err
	}
	txid, err := r.Post(ctx, o.wallet, pays, o.ticket, pool.PoolCreated)
	if err != nil {
		return Posted{}, err
	}
	v.done(ctx, "--operator")
	return r.Finish(ctx, o.wallet, txid, !c.Pool.NoWait, func(string) (string, error) {
		p, err := Advised(r.Pool(ctx, string(x.SmartPoolID)))
		if errors.Is(err, client.ErrNotFound) {
			return "", nil
		}
		if err != nil {
			return "", err
		}
		return fmt.Sprintf("Open: pool %s accepts pledges until %s.\nMembers join with:\n  smartpool join %s", x.SmartPoolID, Whenever(p.JoinUntil), x.SmartPoolID), nil
	})
}

func (c *Creation) build(operator, supernode string, net *pool.Params) (*ticket.Init, error) {
	x := &ticket.Init{
		Version: ticket.KindInit.Newest(), SmartPoolID: ticket.PoolID(c.Pool.Label), SubscriptionPeriod: c.Pool.Period, RequiredCoins: c.Pool.Required, SupernodePastelID: supernode,
		Company: c.Pool.Company, OperatorPastelID: operator, OperatorFeeAddress: c.Pool.FeeAddress,
	}
	if x.OperatorFeeAddress == "" { // a dry run, which does not show the address, so any will do
		x.OperatorFeeAddress = pastel.Address{Kind: pastel.AddressP2PKH, Hash: [20]byte{1}}.Encode(&net.Network)
	}
	var err error
	if x.Factor, err = ticket.ParseDecimal(c.Pool.Factor); err != nil {
		return nil, terminal.Usagef("--factor: %w", err)
	}
	if x.Fee, err = ticket.ParseDecimal(c.Pool.Fee); err != nil {
		return nil, terminal.Usagef("--fee: %w", err)
	}
	x.SmartPoolID = x.IDFor(c.Pool.Label)
	if c.Pool.Period < int64(net.MinSubscription) || c.Pool.Period > int64(net.MaxSubscription) {
		return nil, terminal.Usagef("--period %d: network %s allows %d to %d blocks", c.Pool.Period, net.Name, net.MinSubscription, net.MaxSubscription)
	}
	return x, ticket.CheckUnsigned(&ticket.Ticket{Init: x}, &net.Network, net.Limits())
}

func (c *Creation) terms(r *Daemon, x *ticket.Init) string {
	var b strings.Builder
	target := "?"
	if factor, ok := x.Factor.Units(ticket.FactorDecimals); ok {
		if n, ok := ticket.Target(x.RequiredCoins, factor); ok {
			target = fmt.Sprint(n)
		}
	}
	pool, address := string(x.SmartPoolID), x.OperatorFeeAddress
	if c.Pool.FeeAddress == "" {
		pool = c.Pool.Label + " (its id will contain the hash of these terms)"
		address = "a new address of your wallet, chosen when you open the pool"
	}
	fmt.Fprintf(&b, "Pool      %s on network %s\n", pool, r.Net.Name)
	fmt.Fprintf(&b, "Operator  %s, PastelID %s\n", visible.Name(x.Company), x.OperatorPastelID)
	fmt.Fprintf(&b, "Supernode PastelID %s\n", x.SupernodePastelID)
	fmt.Fprintf(&b, "Fee       %s %% of the rewards, to %s\n", x.Fee, address)
	fmt.Fprintf(&b, "Size      the Supernode needs %d PSL; target %s PSL, including the cushion (factor %s)\n", x.RequiredCoins, target, x.Factor)
	fmt.Fprintf(&b, "Pledges   accepted for %d blocks; you then have %d more blocks to activate the pool\n", x.SubscriptionPeriod, r.Params.ActivationGrace)
	fmt.Fprintf(&b, "Shortage  once active, the pool is dissolved if it is short of collateral for %d blocks\n", x.SubscriptionPeriod)
	return b.String()
}
