package main

import (
	"cmp"
	"context"
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/journey"

	"github.com/pastelnetwork/smartpool/internal/terminal"

	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

type joinCmd struct {
	apiFlags
	nodeFlags
	identityFlags
	coldFlags
	Pool     string `arg:"" help:"Pool id, or its label."`
	Coins    int64  `placeholder:"PSL" help:"Coins to pledge, whole PSL; if left out, what the pool lacks, as far as one output of yours goes."`
	PastelID string `name:"pastelid" help:"Member's PastelID; the node's only one if left out."`
	Output   string `placeholder:"TXID:VOUT" help:"Output that backs the pledge; the smallest that does if left out."`
	Address  string `help:"Address whose output backs the pledge, and which signs; needed with --cold."`
	Reward   string `placeholder:"ADDRESS" help:"Address that rewards are paid to; the pledged one if left out. It needs no special care: pledges do not depend on it."`

	NoWait bool `help:"Do not wait for the block that holds the ticket."`
	Yes    bool `help:"Do not ask."`
}

// Run leads through a pledge: terms, output, statement, signatures, ticket, block.
func (c *joinCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	p, err := r.VerifiedPool(ctx, c.Pool)
	if err != nil {
		return err
	}
	if p.LeastPledge == 0 {
		return takesNone(&p)
	}
	if c.Ticket != "" {
		return c.postSigned(ctx, e, r, &p)
	}
	if c.Coins == 0 && c.Cold != "" {
		return terminal.Usagef("--cold needs --coins")
	}
	if c.Coins != 0 && c.Coins < p.LeastPledge {
		return fmt.Errorf("pool %s takes pledges of at least %d PSL now: raise --coins", pastel.Short(p.ID), p.LeastPledge)
	}
	if _, err := pastel.ParseOutPoint(c.Output); err != nil && c.Output != "" {
		return terminal.Usagef("--output: %w", err)
	}
	if c.Cold != "" {
		return c.cold(ctx, e, r, &p)
	}
	return c.hot(ctx, e, r, &p)
}

// takesNone says why a pool takes no pledges, and what to do.
func takesNone(p *wire.PoolDetail) error {
	why := "it is " + p.Status
	switch {
	case p.Status == "subscribing":
		why = fmt.Sprintf("its window closed with %s", journey.Whenever(p.JoinUntil))
	case p.Status == "replenishing":
		why = fmt.Sprintf("its deadline, %s, is over", journey.Whenever(p.Deadline))
	case len(p.Participants) > 0:
		why = fmt.Sprintf("it is full, with %d pledges (its members can raise theirs: smartpool amend)", len(p.Participants))
	}
	return fmt.Errorf("pool %s takes no pledges: %s; smartpool pools shows those that do", pastel.Short(p.ID), why)
}

// hot pledges with the node's wallet.
func (c *joinCmd) hot(ctx context.Context, e *terminal.Terminal, r *journey.Daemon, p *wire.PoolDetail) error {
	wallet, err := c.wallet(ctx, r.Net)
	if err != nil {
		return err
	}
	me, err := c.source().Identity(ctx, e, wallet, c.PastelID)
	if err != nil {
		return err
	}
	if err := r.Eligible(ctx, me.ID); err != nil {
		return err
	}
	out, err := c.choose(ctx, r, p, wallet)
	if err != nil {
		return err
	}
	if err := pledgesAlready(p, me.ID, out.Address.Encode(&r.Net)); err != nil {
		return err
	}
	x, err := c.build(p, me.ID, out.OutPoint, out.Address.Encode(&r.Net), &r.Net)
	if err != nil {
		return err
	}
	t := x.Ticket()
	if _, err := r.PreflightWith(ctx, wallet, t); err != nil {
		return err
	}
	statement := x.PledgeStatement(r.Net.Name)
	terms, err := c.terms(ctx, r, p, x)
	if err != nil {
		return err
	}
	terms += fmt.Sprintf("\nAddress   %s holds the output, %s PSL; it stays where it is\nCosts     %s PSL, the ticket's network fee, from the wallet's other coins\n"+
		"\nPastelID and address both sign this line, and nothing else:\n  %s\n", out.Address.Encode(&r.Net), out.Value, r.Net.ContractFee, statement)
	if err := e.Confirm(c.Yes, terms); err != nil {
		return err
	}
	if x.PledgeSignature, err = me.Sign(ctx, statement); err != nil {
		return err
	}
	if x.AddressSignature, err = wallet.SignMessage(ctx, out.Address, statement); err != nil {
		return fmt.Errorf("the wallet did not sign with %s: %w", out.Address.Encode(&r.Net), err)
	}
	txid, err := r.Post(ctx, wallet, t, pool.PledgeAccepted)
	if err != nil {
		return err
	}
	e.Note("The wallet keeps the output locked until it is restarted; smartpool guard locks it again.")
	came, err := r.Finish(ctx, wallet, txid, !c.NoWait, joined(ctx, r, x))
	return tellPosted(e, came, err)
}

// build makes the unsigned ticket.
func (c *joinCmd) build(p *wire.PoolDetail, id string, out pastel.OutPoint, address string, net *pastel.Network) (*ticket.Part, error) {
	at, err := timeStamp(p.Tip.Time, nil)
	if err != nil {
		return nil, err
	}
	x := &ticket.Part{
		Version: ticket.KindPart.Newest(), SmartPoolID: ticket.PoolID(p.ID), PastelID: id, PledgedCoins: c.Coins, TxID: out.TxID.String(), Vout: int64(out.Vout),
		RewardAddress: cmp.Or(c.Reward, address), TimeStamp: ticket.FormatTimeStamp(at),
	}
	return x, ticket.CheckUnsigned(&ticket.Ticket{Part: x}, net)
}

// stands says what a pledge's role means.
func stands(pl *wire.PoolPledge) string {
	switch {
	case pl.Role == "plain":
		return "in once the operator activates the pool"
	case pl.Role == "standby":
		return "on standby until the pool lacks coins"
	case pl.Counted < pl.Offered:
		return fmt.Sprintf("a member from now on: %d PSL count, the others wait until the pool lacks coins", pl.Counted)
	}
	return "a member from now on"
}

// joined tells what became of a pledge once a block holds its ticket.
func joined(ctx context.Context, r *journey.Daemon, x *ticket.Part) func(string) (string, error) {
	return func(txid string) (string, error) {
		pl, err := pledgeOf(ctx, r, x.PastelID, txid)
		if err != nil || pl == nil {
			return "", err
		}
		p, err := r.VerifiedPool(ctx, pl.Pool)
		if err != nil {
			return "", err
		}
		for _, in := range p.Participants {
			if int64(in.Seq) == pl.Seq {
				return fmt.Sprintf("Accepted in %s: %d PSL, %s. smartpool my shows what it earns.", journey.When(pl.Joined), in.Offered, stands(&in)), nil
			}
		}
		return fmt.Sprintf("Accepted in %s, and it has ended since: were its coins spent?", journey.When(pl.Joined)), nil
	}
}

// pledgeOf finds the pledge whose last ticket is a transaction; nil as long as there is none.
func pledgeOf(ctx context.Context, r *journey.Daemon, id, txid string) (*wire.Pledge, error) {
	var q wire.PledgeQuery
	q.PastelID, q.Order, q.Limit = id, wire.Newest, wire.MaxLimit
	list, err := journey.Advised(r.Pledges(ctx, q))
	if err != nil {
		return nil, err
	}
	for i := range list.Items {
		if list.Items[i].Ticket == txid {
			return &list.Items[i], nil
		}
	}
	return nil, nil
}

// cold writes a ticket for a machine that is never online.
func (c *joinCmd) cold(ctx context.Context, e *terminal.Terminal, r *journey.Daemon, p *wire.PoolDetail) error {
	id, err := c.coldID(e, c.PastelID)
	if err != nil {
		return err
	}
	if id == "" || c.Output == "" || c.Address == "" {
		return terminal.Usagef("--cold needs --pastelid (or --key), --output and --address")
	}
	out, err := pastel.ParseOutPoint(c.Output)
	if err != nil {
		return terminal.Usagef("--output: %w", err)
	}
	if _, err := pastel.ParseAddress(&r.Net, c.Address); err != nil {
		return terminal.Usagef("--address: %w", err)
	}
	if err := r.Eligible(ctx, id); err != nil {
		return err
	}
	if err := pledgesAlready(p, id, c.Address); err != nil {
		return err
	}
	x, err := c.build(p, id, out, c.Address, &r.Net)
	if err != nil {
		return err
	}
	t := x.Ticket()
	if _, err := r.Preflight(ctx, t); err != nil {
		return err
	}
	if err := owns(ctx, r, out, c.Address); err != nil {
		return err
	}
	terms, err := c.terms(ctx, r, p, x)
	if err != nil {
		return err
	}
	return c.unsigned(e, &r.Net, "join", terms, c.Address, t)
}

// postSigned posts a ticket that was signed elsewhere.
func (c *joinCmd) postSigned(ctx context.Context, e *terminal.Terminal, r *journey.Daemon, p *wire.PoolDetail) error {
	t, address, err := c.signed(e, &r.Net, p)
	if err != nil {
		return err
	}
	x := t.Part
	if err := pledgesAlready(p, x.PastelID, address); err != nil {
		return err
	}
	wallet, err := c.wallet(ctx, r.Net)
	if err != nil {
		return err
	}
	c.Coins = x.PledgedCoins
	terms, err := c.terms(ctx, r, p, x)
	if err != nil {
		return err
	}
	if err := e.Confirm(c.Yes, terms+fmt.Sprintf("\nPosting costs %s PSL from this wallet.\n", r.Net.ContractFee)); err != nil {
		return err
	}
	txid, err := r.Post(ctx, wallet, t, pool.PledgeAccepted)
	if err != nil {
		return err
	}
	came, err := r.Finish(ctx, wallet, txid, !c.NoWait, joined(ctx, r, x))
	return tellPosted(e, came, err)
}
