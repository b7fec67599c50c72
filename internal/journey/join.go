package journey

import (
	"cmp"
	"context"
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Join pledges coins to a pool.
type Join struct {
	Pledge Pledge
	Key    KeySource
	Node   Node
	Cold   Cold
	Remote bool // the daemon lists coins and posts; there is no node

	Answers *Answers // remembers what the member answers; nil: nothing is remembered

	me *Identity // of the key file that the member named when asked, without a node
}

// Pledge says what to pledge, and how.
type Pledge struct {
	Pool     string // id or label
	Coins    int64  // PSL; 0: what the pool lacks, as far as one output covers it
	PastelID string // the member's; empty: the key file's, or the node's only one
	Output   string // txid:vout that backs the pledge; empty: the smallest that suffices
	Address  string // holds the output and signs; empty: the output's address. Required with a cold machine.
	Reward   string // address that receives the rewards; empty: the pledged one
	NoWait   bool   // do not wait for the block that holds the ticket
	Yes      bool   // do not ask
}

// Run makes the pledge: it chooses the output, shows the terms, signs, posts the ticket and waits for its block. With Cold.Ticket it posts
// a ticket signed elsewhere.
func (c *Join) Run(ctx context.Context, r *Daemon) (_ Posted, err error) {
	v := newInterview(r.Person, "join", c.Answers)
	defer v.leave(&err)
	p, err := c.open(ctx, r, v)
	switch {
	case err != nil:
		return Posted{}, err
	case c.Cold.Ticket != "":
		return c.postSigned(ctx, r, p)
	}
	if err := c.check(p); err != nil {
		return Posted{}, err
	}
	if c.Remote {
		return c.remotely(ctx, r, v, p)
	}
	return c.hot(ctx, r, v, p)
}

// Draft writes a pledge's ticket for a machine that is never online. It signs nothing.
func (c *Join) Draft(ctx context.Context, r *Daemon) (*Draft, error) {
	p, err := c.open(ctx, r, newInterview(r.Person, "join", nil))
	if err != nil {
		return nil, err
	}
	if c.Pledge.Coins == 0 && !c.Remote {
		return nil, terminal.Usagef("--cold needs --coins")
	}
	if err := c.check(p); err != nil {
		return nil, err
	}
	if c.Remote {
		return c.draftRemotely(ctx, r, p)
	}
	return c.cold(ctx, r, p)
}

// open asks for the pool, which must accept pledges.
func (c *Join) open(ctx context.Context, r *Daemon, v *interview) (*wire.PoolDetail, error) {
	accepts := func(p *wire.PoolDetail) error {
		if p.LeastPledge == 0 {
			return takesNone(p)
		}
		return nil
	}
	if c.Pledge.Pool == "" && r.Person.Interactive() {
		list, err := r.openPools(ctx)
		if err != nil {
			return nil, err
		}
		if c.Pledge.Pool, err = v.askPool(ctx, r, "no pool accepts pledges now", list, accepts); err != nil {
			return nil, err
		}
	}
	if c.Pledge.Pool == "" {
		return nil, terminal.Usagef("say which pool: smartpool join POOL; smartpool pools lists pools")
	}
	p, err := r.VerifiedPool(ctx, c.Pledge.Pool)
	if err == nil {
		v.now["--pool"], err = p.ID, accepts(&p)
	}
	return &p, err
}

// check refuses what can never be pledged.
func (c *Join) check(p *wire.PoolDetail) error {
	if n := c.Pledge.Coins; n != 0 && n < p.LeastPledge {
		return fmt.Errorf("pool %s currently accepts only pledges of at least %d PSL; raise --coins", pastel.Short(p.ID), p.LeastPledge)
	}
	if _, err := pastel.ParseOutPoint(c.Pledge.Output); err != nil && c.Pledge.Output != "" {
		return terminal.Usagef("--output: %w", err)
	}
	return nil
}

// takesNone says why a pool accepts no pledges, and what to do.
func takesNone(p *wire.PoolDetail) error {
	why := "it is " + p.Status
	switch {
	case p.Status == "subscribing":
		why = fmt.Sprintf("its subscription ended at %s", Whenever(p.JoinUntil))
	case p.Status == "replenishing":
		why = fmt.Sprintf("its deadline, %s, has passed", Whenever(p.Deadline))
	case len(p.Participants) > 0:
		why = fmt.Sprintf("it is full, with %d pledges (members can raise theirs with smartpool amend)", len(p.Participants))
	}
	return fmt.Errorf("pool %s accepts no pledges: %s; smartpool pools lists pools that do", pastel.Short(p.ID), why)
}

// hot pledges with the node's wallet.
func (c *Join) hot(ctx context.Context, r *Daemon, v *interview, p *wire.PoolDetail) (Posted, error) {
	wallet, err := r.wallet(ctx, &c.Node)
	if err != nil {
		return Posted{}, err
	}
	me, err := c.interview(ctx, r, v, p, wallet)
	if err != nil {
		return Posted{}, err
	}
	c.Pledge.PastelID = me.ID
	out, err := c.choose(ctx, r, p, wallet)
	if err != nil {
		return Posted{}, err
	}
	if err := pledgesAlready(p, me.ID, out.Address.Encode(&r.Net)); err != nil {
		return Posted{}, err
	}
	x, err := c.build(r, p, me.ID, out.OutPoint, out.Address.Encode(&r.Net))
	if err != nil {
		return Posted{}, err
	}
	t := x.Ticket()
	if _, err := r.preflightWith(ctx, wallet, t); err != nil {
		return Posted{}, err
	}
	pays, err := r.fundTicket(ctx, wallet, t)
	if err != nil {
		return Posted{}, err
	}
	statement := x.PledgeStatement(r.Net.Name)
	terms, err := c.terms(ctx, r, p, x)
	if err != nil {
		return Posted{}, err
	}
	terms += fmt.Sprintf("\nAddress   %s holds the output of %s PSL; it stays where it is\n%s"+
		"\nThe PastelID and the address both sign this line, and nothing else:\n  %s\n", out.Address.Encode(&r.Net), out.Value, pays, statement)
	if err := r.Person.Confirm(c.Pledge.Yes, terms); err != nil {
		return Posted{}, err
	}
	if x.PledgeSignature, err = me.Sign(ctx, statement); err != nil {
		return Posted{}, err
	}
	if x.AddressSignature, err = wallet.SignMessage(ctx, out.Address, statement); err != nil {
		return Posted{}, fmt.Errorf("the wallet did not sign with %s: %w", out.Address.Encode(&r.Net), err)
	}
	txid, err := r.Post(ctx, wallet, pays, t, pool.PledgeAccepted)
	if err != nil {
		return Posted{}, err
	}
	v.done(ctx, c.offered()...)
	r.Person.Note("The wallet locks the output until it restarts; while smartpool guard runs, it restores the lock.")
	return r.Finish(ctx, wallet, txid, !c.Pledge.NoWait, r.joined(ctx, x))
}

// build makes the unsigned ticket.
func (c *Join) build(r *Daemon, p *wire.PoolDetail, id string, out pastel.OutPoint, address string) (*ticket.Part, error) {
	at, err := r.timeStamp(p.Tip.Time, nil)
	if err != nil {
		return nil, err
	}
	x := &ticket.Part{
		Version: ticket.KindPart.Newest(), SmartPoolID: ticket.PoolID(p.ID), PastelID: id, PledgedCoins: c.Pledge.Coins, TxID: out.TxID.String(), Vout: int64(out.Vout),
		RewardAddress: cmp.Or(c.Pledge.Reward, address), TimeStamp: ticket.FormatTimeStamp(at),
	}
	return x, ticket.CheckUnsigned(&ticket.Ticket{Part: x}, &r.Net, r.Params.Limits())
}

// stands says what a pledge's role means for its member.
func stands(pl *wire.PoolPledge) string {
	switch {
	case pl.Role == "plain":
		return "a member once the operator activates the pool"
	case pl.Role == "standby":
		return "on standby until the pool lacks coins"
	case pl.Counted < pl.Offered:
		return fmt.Sprintf("a member from now on; %d PSL count, the rest waits until the pool lacks coins", pl.Counted)
	}
	return "a member from now on"
}

// joined reports the outcome of a pledge once a block holds its ticket.
func (r *Daemon) joined(ctx context.Context, x *ticket.Part) func(string) (string, error) {
	return r.pledgeOutcome(ctx, x, func(pl *wire.Pledge) string {
		return "Accepted in " + When(pl.Joined)
	}, func(in *wire.PoolPledge) string {
		return fmt.Sprintf(": %d PSL, %s. To see what it earns:\n  smartpool my %s", in.Offered, stands(in), x.PastelID)
	})
}

// pledgeOutcome reports what a pledge's ticket did once a block holds it: where, and how the pledge stands if it is still live.
func (r *Daemon) pledgeOutcome(ctx context.Context, x *ticket.Part, where func(*wire.Pledge) string, how func(*wire.PoolPledge) string) func(string) (string, error) {
	return func(txid string) (string, error) {
		pl, err := r.pledgeOf(ctx, x.PastelID, txid)
		if err != nil || pl == nil {
			return "", err
		}
		p, err := r.VerifiedPool(ctx, pl.Pool)
		if err != nil {
			return "", err
		}
		for i := range p.Participants {
			if in := &p.Participants[i]; int64(in.Seq) == pl.Seq {
				return where(pl) + how(in), nil
			}
		}
		return where(pl) + ", but the pledge has ended since; check whether its coins were spent.", nil
	}
}

// pledgeOf finds the pledge whose last ticket is the given transaction; nil if there is none yet.
func (r *Daemon) pledgeOf(ctx context.Context, id, txid string) (*wire.Pledge, error) {
	var q wire.PledgeQuery
	q.PastelID, q.Order, q.Limit = id, wire.Newest, wire.MaxLimit
	list, err := Advised(r.Pledges(ctx, q))
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
func (c *Join) cold(ctx context.Context, r *Daemon, p *wire.PoolDetail) (*Draft, error) {
	id, err := coldID(&c.Key, r.Person, c.Pledge.PastelID)
	if err != nil {
		return nil, err
	}
	if id == "" || c.Pledge.Output == "" || c.Pledge.Address == "" {
		return nil, terminal.Usagef("--cold needs --pastelid (or --key), --output and --address")
	}
	out, err := pastel.ParseOutPoint(c.Pledge.Output)
	if err != nil {
		return nil, terminal.Usagef("--output: %w", err)
	}
	if _, err := pastel.ParseAddress(&r.Net, c.Pledge.Address); err != nil {
		return nil, terminal.Usagef("--address: %w", err)
	}
	if err := r.Eligible(ctx, id); err != nil {
		return nil, err
	}
	if err := pledgesAlready(p, id, c.Pledge.Address); err != nil {
		return nil, err
	}
	x, err := c.build(r, p, id, out, c.Pledge.Address)
	if err != nil {
		return nil, err
	}
	t := x.Ticket()
	if _, err := r.preflight(ctx, t); err != nil {
		return nil, err
	}
	if err := r.owns(ctx, out, c.Pledge.Address); err != nil {
		return nil, err
	}
	terms, err := c.terms(ctx, r, p, x)
	if err != nil {
		return nil, err
	}
	return c.Cold.unsigned(&r.Net, "join", terms, "", c.Pledge.Address, t)
}

// postSigned posts a ticket signed elsewhere.
func (c *Join) postSigned(ctx context.Context, r *Daemon, p *wire.PoolDetail) (Posted, error) {
	t, address, err := c.Cold.signed(r, p)
	if err != nil {
		return Posted{}, err
	}
	x := t.Part
	if err := pledgesAlready(p, x.PastelID, address); err != nil {
		return Posted{}, err
	}
	c.Pledge.Coins, c.Pledge.PastelID = x.PledgedCoins, x.PastelID
	terms, err := c.terms(ctx, r, p, x)
	if err != nil {
		return Posted{}, err
	}
	if c.Remote {
		return c.postSignedRemotely(ctx, r, p, x, address, terms)
	}
	wallet, err := r.wallet(ctx, &c.Node)
	if err != nil {
		return Posted{}, err
	}
	pays, err := r.fundTicket(ctx, wallet, t)
	if err != nil {
		return Posted{}, err
	}
	if err := r.Person.Confirm(c.Pledge.Yes, terms+pays.String()); err != nil {
		return Posted{}, err
	}
	txid, err := r.Post(ctx, wallet, pays, t, pool.PledgeAccepted)
	if err != nil {
		return Posted{}, err
	}
	return r.Finish(ctx, wallet, txid, !c.Pledge.NoWait, r.joined(ctx, x))
}
