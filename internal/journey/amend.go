package journey

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/client"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/internal/visible"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Amendment changes a pledge.
type Amendment struct {
	Change Change
	Key    KeySource
	Node   Node
	Cold   Cold
	Remote bool // the daemon lists coins and posts; there is no node
}

// Change says which pledge to change, and how.
type Change struct {
	Pool     string // id or label
	Coins    int64  // PSL that the pledge offers from then on; 0: unchanged
	Reward   string // address that receives the rewards from then on; empty: the member is asked to confirm the present one
	PastelID string // the member's; empty: the key file's, or the node's only one
	Address  string // the pledged one, if the PastelID pledges several in the pool. Required with a cold machine.
	Output   string // txid:vout at the pledged address, for the ticket to name; empty: one that backs the pledge, or another if the raise needs more coins
	NoWait   bool   // do not wait for the block that holds the ticket
	Yes      bool   // do not ask
}

// Run changes a pledge's offer, its reward address, or both. The pledge keeps its place and its earnings. With Cold.Ticket it posts a
// ticket signed elsewhere.
func (c *Amendment) Run(ctx context.Context, r *Daemon) (Posted, error) {
	p, err := c.open(ctx, r)
	switch {
	case err != nil:
		return Posted{}, err
	case c.Cold.Ticket != "":
		return c.postSigned(ctx, r, p)
	}
	if err := c.check(r, false); err != nil {
		return Posted{}, err
	}
	if c.Remote {
		return c.remotely(ctx, r, p)
	}
	return c.hot(ctx, r, p)
}

// Draft writes an amendment's ticket for a machine that is never online. It signs nothing.
func (c *Amendment) Draft(ctx context.Context, r *Daemon) (*Draft, error) {
	p, err := c.open(ctx, r)
	if err != nil {
		return nil, err
	}
	if err := c.check(r, true); err != nil {
		return nil, err
	}
	return c.cold(ctx, r, p)
}

// open asks for the pool, which must accept amendments.
func (c *Amendment) open(ctx context.Context, r *Daemon) (*wire.PoolDetail, error) {
	p, err := r.VerifiedPool(ctx, c.Change.Pool)
	if err == nil {
		err = takesAmendments(&p)
	}
	return &p, err
}

// check refuses a change that changes nothing, or that would let a daemon choose where rewards go.
func (c *Amendment) check(r *Daemon, cold bool) error {
	switch _, err := pastel.ParseOutPoint(c.Change.Output); {
	case c.Change.Coins == 0 && c.Change.Reward == "":
		return terminal.Usagef("nothing to change; use --coins to raise the offer, --reward to change the reward address, or both")
	case c.Change.Coins < 0:
		return terminal.Usagef("--coins %d: want whole PSL, more than the present offer", c.Change.Coins)
	case c.Change.Reward == "" && !cold && (c.Change.Yes || !r.Person.Interactive()):
		return terminal.Usagef("--coins without --reward asks you on a terminal to confirm the reward address, because only you know it; without a terminal, or with --yes, " +
			"give the address with --reward, even if it stays the same")
	case err != nil && c.Change.Output != "":
		return terminal.Usagef("--output: %w", err)
	}
	return nil
}

// takesAmendments returns an error if the next block amends no pledges of a pool. A full pool accepts amendments.
func takesAmendments(p *wire.PoolDetail) error {
	over := p.JoinUntil == nil || p.Tip.Height >= p.JoinUntil.Height
	switch {
	case p.Status == "active", p.Status == "subscribing" && !over, p.Status == "replenishing" && !over:
		return nil
	case p.Status == "subscribing":
		return fmt.Errorf("pool %s accepts no amendments now: its subscription ended at %s; try again once the pool is active", pastel.Short(p.ID), Whenever(p.JoinUntil))
	case p.Status == "replenishing":
		return fmt.Errorf("pool %s accepts no amendments now: its deadline, %s, has passed", pastel.Short(p.ID), Whenever(p.JoinUntil))
	}
	return fmt.Errorf("pool %s accepts no amendments: it is %s, and all its pledges have ended", pastel.Short(p.ID), p.Status)
}

// hot amends with the node's wallet.
func (c *Amendment) hot(ctx context.Context, r *Daemon, p *wire.PoolDetail) (Posted, error) {
	wallet, err := r.wallet(ctx, &c.Node)
	if err != nil {
		return Posted{}, err
	}
	me, err := c.Key.Identity(ctx, r.Person, wallet, c.Change.PastelID)
	if err != nil {
		return Posted{}, err
	}
	pl, err := c.which(r, p, me.ID)
	if err != nil {
		return Posted{}, err
	}
	last, err := r.lastTicket(ctx, wallet, p, pl)
	if err != nil {
		return Posted{}, err
	}
	address, err := pastel.ParseAddress(&r.Net, pl.Address)
	if err != nil {
		return Posted{}, err
	}
	asks := c.Change.Reward == ""
	if err := c.change(pl); err != nil {
		return Posted{}, err
	}
	if asks {
		if err := confirmReward(r.Person, last); err != nil {
			return Posted{}, err
		}
	}
	all, err := r.holdings(ctx, wallet, address, last.Part)
	if err != nil {
		return Posted{}, err
	}
	out, err := c.choose(ctx, r, pl, all)
	if err != nil {
		return Posted{}, err
	}
	x, terms, err := c.prepare(ctx, r, p, pl, out, last.Part)
	if err != nil {
		return Posted{}, err
	}
	pays, err := r.fundTicket(ctx, wallet, x.Ticket())
	if err != nil {
		return Posted{}, err
	}
	statement := x.PledgeStatement(r.Net.Name)
	terms += fmt.Sprintf("%s\nThe PastelID and the address both sign this line, and nothing else:\n  %s\n", pays, statement)
	if err := r.Person.Confirm(c.Change.Yes, terms); err != nil {
		return Posted{}, err
	}
	if x.PledgeSignature, err = me.Sign(ctx, statement); err != nil {
		return Posted{}, err
	}
	if x.AddressSignature, err = wallet.SignMessage(ctx, address, statement); err != nil {
		return Posted{}, fmt.Errorf("the wallet did not sign with %s: %w; if its key is on a cold machine, see --cold", pl.Address, err)
	}
	txid, err := r.Post(ctx, wallet, pays, x.Ticket(), pool.PledgeAmended)
	if err != nil {
		return Posted{}, err
	}
	return r.Finish(ctx, wallet, txid, !c.Change.NoWait, r.amended(ctx, x))
}

// confirmReward asks the member whether rewards still go where the daemon's last ticket sends them. The member signed that ticket, but may
// have signed a later one that the daemon hides.
func confirmReward(p Person, last *signedPart) error {
	p.Warn("The daemon says that this is the pledge's last ticket. You signed it, but the daemon could hide a later one that you signed:\n"+
		"  transaction %s\n  of %s\n  rewards go to %s", last.txid, last.TimeStamp, last.RewardAddress)
	return p.Agree("Should rewards still go to " + last.RewardAddress + "?")
}

// cold writes an amendment for a machine that is never online. No node shows what was signed before, so the member gives every value.
func (c *Amendment) cold(ctx context.Context, r *Daemon, p *wire.PoolDetail) (*Draft, error) {
	var posts string
	if c.Remote {
		if _, err := r.posts(p.Operator); err != nil {
			return nil, err
		}
		posts = r.byDaemon()
	}
	id, err := coldID(&c.Key, r.Person, c.Change.PastelID)
	if err != nil {
		return nil, err
	}
	if id == "" || c.Change.Address == "" || c.Change.Coins == 0 || c.Change.Reward == "" {
		return nil, terminal.Usagef("--cold needs --pastelid (or --key), --address (the pledged one), --coins and --reward, even if they stay the same")
	}
	if _, err := pastel.ParseAddress(&r.Net, c.Change.Address); err != nil {
		return nil, terminal.Usagef("--address: %w", err)
	}
	pl, err := c.which(r, p, id)
	if err != nil {
		return nil, err
	}
	if err := c.change(pl); err != nil {
		return nil, err
	}
	var x *ticket.Part
	var terms string
	if c.Remote {
		x, terms, err = c.prepareRemotely(ctx, r, p, pl)
	} else if out, bad := c.namedOutput(ctx, r, pl); bad != nil {
		err = bad
	} else {
		x, terms, err = c.prepare(ctx, r, p, pl, out, nil)
	}
	if err != nil {
		return nil, err
	}
	return c.Cold.unsigned(&r.Net, "amend", terms, posts, pl.Address, x.Ticket())
}

// namedOutput returns the output that the member named, or else the one in the pledge's last ticket.
func (c *Amendment) namedOutput(ctx context.Context, r *Daemon, pl *wire.PoolPledge) (pastel.OutPoint, error) {
	name := c.Change.Output
	if name == "" {
		row, err := r.pledgeRow(ctx, pl)
		if err != nil {
			return pastel.OutPoint{}, err
		}
		name = row.Output
	}
	out, err := pastel.ParseOutPoint(name)
	if err != nil {
		return out, fmt.Errorf("cannot read the daemon's answer (%w); run the daemon's release", err)
	}
	if err = r.owns(ctx, out, pl.Address); errors.Is(err, client.ErrNotFound) {
		err = fmt.Errorf("output %s is spent, or no block holds it yet; choose an output at %s with --output", out, pl.Address)
	}
	return out, err
}

// which finds the live pledge of the PastelID, and of the address if one is given. If there are several, it asks.
func (c *Amendment) which(r *Daemon, p *wire.PoolDetail, id string) (*wire.PoolPledge, error) {
	var mine []*wire.PoolPledge
	for i := range p.Participants {
		if x := &p.Participants[i]; x.PastelID == id && (c.Change.Address == "" || x.Address == c.Change.Address) {
			mine = append(mine, x)
		}
	}
	switch {
	case len(mine) == 1:
		return mine[0], nil
	case len(mine) == 0 && c.Change.Address != "":
		return nil, fmt.Errorf("PastelID %s has no live pledge of address %s in pool %s; smartpool my lists your pledges", pastel.Short(id), visible.Text(c.Change.Address), pastel.Short(p.ID))
	case len(mine) == 0:
		return nil, fmt.Errorf("PastelID %s has no live pledge in pool %s; to make one, use smartpool join", pastel.Short(id), pastel.Short(p.ID))
	}
	var b strings.Builder
	fmt.Fprintf(&b, "PastelID %s has %d pledges in pool %s:\n", pastel.Short(id), len(mine), pastel.Short(p.ID))
	for i, x := range mine {
		fmt.Fprintf(&b, "  %d  %d PSL of %s\n", i+1, x.Offered, x.Address)
	}
	if !r.Person.Interactive() {
		return nil, terminal.Usagef("%schoose one with --address", b.String())
	}
	r.Person.Warn("%s", strings.TrimSuffix(b.String(), "\n"))
	answer, err := r.Person.Ask("Which one", "")
	if err != nil {
		return nil, err
	}
	n, err := strconv.Atoi(answer)
	if err != nil || n < 1 || n > len(mine) {
		return nil, fmt.Errorf("%s is not a number from 1 to %d. Nothing was signed", visible.Name(answer), len(mine))
	}
	return mine[n-1], nil
}

// change fills in what stays the same, and refuses a lower offer or no change at all.
func (c *Amendment) change(pl *wire.PoolPledge) error {
	c.Change.Coins, c.Change.Reward = cmp.Or(c.Change.Coins, pl.Offered), cmp.Or(c.Change.Reward, pl.Reward)
	switch {
	case c.Change.Coins < pl.Offered:
		return fmt.Errorf("the pledge offers %d PSL, and an offer cannot be lowered (to %d PSL); use --coins of at least %d, or leave to free the coins (smartpool leave "+
			"says what that costs)", pl.Offered, c.Change.Coins, pl.Offered)
	case c.Change.Coins == pl.Offered && c.Change.Reward == pl.Reward:
		return fmt.Errorf("the pledge already offers %d PSL, with rewards to %s; there is nothing to change", pl.Offered, pl.Reward)
	}
	return nil
}

// prepare makes the unsigned ticket, has the daemon check it, and says what it means. last is the ticket in force, nil if unknown.
func (c *Amendment) prepare(
	ctx context.Context, r *Daemon, p *wire.PoolDetail, pl *wire.PoolPledge, out pastel.OutPoint, last *ticket.Part,
) (*ticket.Part, string, error) {
	at, err := r.timeStamp(p.Tip.Time, last)
	if err != nil {
		return nil, "", err
	}
	x := &ticket.Part{
		Version: ticket.KindPart.Newest(), SmartPoolID: ticket.PoolID(p.ID), PastelID: pl.PastelID, PledgedCoins: c.Change.Coins, TxID: out.TxID.String(), Vout: int64(out.Vout),
		RewardAddress: c.Change.Reward, TimeStamp: ticket.FormatTimeStamp(at),
	}
	if err := ticket.CheckUnsigned(&ticket.Ticket{Part: x}, &r.Net, r.Params.Limits()); err != nil {
		return nil, "", err
	}
	t := x.Ticket()
	check, err := r.preflight(ctx, t)
	for step := time.Second; last == nil && check.Reason == string(ticket.ReasonBadTime) && step < time.Minute; step *= 2 {
		at += int64(step / time.Second) // until it is later than the ticket in force, whose time is unknown and may be in this minute
		x.TimeStamp = ticket.FormatTimeStamp(at)
		check, err = r.preflight(ctx, t)
	}
	if err != nil {
		return nil, "", advised(check, pl, err)
	}
	terms, err := c.terms(ctx, r, p, pl, x)
	return x, terms, err
}

// advised adds advice to a rejection whose cause differs when a pledge is amended.
func advised(check wire.Check, pl *wire.PoolPledge, err error) error {
	switch ticket.Reason(check.Reason) {
	case ticket.ReasonBadTime:
		return fmt.Errorf("%w. The time stamp must be later than that of the pledge's last ticket; check this machine's clock, then try again in a minute", err)
	case ticket.ReasonOutputTooSmall:
		return fmt.Errorf("%w. Address %s must hold everything that pledges offer on it; send it the missing coins, in one output, and choose that output with --output "+
			"once it is confirmed", err, pl.Address)
	default:
		return err
	}
}

// pledgeRow asks for a live pledge with its last ticket.
func (r *Daemon) pledgeRow(ctx context.Context, pl *wire.PoolPledge) (wire.Pledge, error) {
	var q wire.PledgeQuery
	q.PastelID, q.Address, q.Live = pl.PastelID, pl.Address, true
	list, err := Listing(&q.Page, func() (wire.List[wire.Pledge], error) { return r.Pledges(ctx, q) })
	if err != nil {
		return wire.Pledge{}, err
	}
	for _, x := range list {
		if x.Seq == int64(pl.Seq) {
			return x, nil
		}
	}
	return wire.Pledge{}, errors.New("the daemon does not name the pledge's last ticket; the pledge may have ended just now. Try again")
}

// signedPart is a participation ticket that its member signed and a block holds.
type signedPart struct {
	*ticket.Part
	txid pastel.TxID
}

// lastTicket reads from the node the ticket that the daemon calls the pledge's last, and checks that the daemon's answer agrees with what
// the owner signed there. It cannot check that the owner signed no later one.
func (r *Daemon) lastTicket(ctx context.Context, wallet *pasteld.Client, p *wire.PoolDetail, pl *wire.PoolPledge) (*signedPart, error) {
	row, err := r.pledgeRow(ctx, pl)
	if err != nil {
		return nil, err
	}
	id, err := pastel.ParseTxID(row.Ticket)
	if err != nil {
		return nil, fmt.Errorf("cannot read the daemon's answer (%w); run the daemon's release", err)
	}
	raw, err := wallet.RawTx(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("the node cannot return the pledge's last ticket, transaction %s (%w); it needs a transaction index (txindex=1)", id, err)
	}
	tx, err := pastel.ParseTx(raw)
	if err != nil {
		return nil, fmt.Errorf("the pledge's last ticket, transaction %s: %w", id, err)
	}
	found := ticket.FromTx(tx, &r.Net, p.Tip.Height, ticket.AnyVersion)
	if found.Ticket == nil || found.Ticket.Part == nil {
		return nil, errAnotherPledge
	}
	x := found.Ticket.Part
	member, err := pastelid.Parse(pl.PastelID)
	if err != nil {
		return nil, errAnotherPledge
	}
	statement := x.PledgeStatement(r.Net.Name)
	signer, err := x.AddressSigner(statement)
	owner := pastel.Address{Kind: pastel.AddressP2PKH, Hash: signer}.Encode(&r.Net)
	if err != nil || owner != pl.Address || x.PastelID != pl.PastelID || string(x.SmartPoolID) != p.ID ||
		!pastelid.VerifyBase64(member, []byte(statement), x.PledgeSignature) {
		return nil, errAnotherPledge
	}
	if x.RewardAddress != pl.Reward || pl.Offered > x.PledgedCoins {
		return nil, errAnotherPledge
	}
	return &signedPart{x, id}, nil
}

var errAnotherPledge = errors.New("the daemon's answer about the pledge differs from what its owner signed; do not sign, and ask another daemon")

// postSigned posts an amendment signed elsewhere.
func (c *Amendment) postSigned(ctx context.Context, r *Daemon, p *wire.PoolDetail) (Posted, error) {
	t, address, err := c.Cold.signed(r, p)
	if err != nil {
		return Posted{}, err
	}
	x := t.Part
	c.Change.Address = address
	pl, err := c.which(r, p, x.PastelID)
	if err != nil {
		return Posted{}, err
	}
	c.Change.Coins, c.Change.Reward = x.PledgedCoins, x.RewardAddress
	if err := c.change(pl); err != nil {
		return Posted{}, err
	}
	check, err := r.preflight(ctx, t)
	if err != nil {
		return Posted{}, advised(check, pl, err)
	}
	terms, err := c.terms(ctx, r, p, pl, x)
	if err != nil {
		return Posted{}, err
	}
	if c.Remote {
		offer, err := r.posts(p.Operator)
		if err != nil {
			return Posted{}, err
		}
		if err := r.Person.Confirm(c.Change.Yes, terms+r.posting(offer, address)); err != nil {
			return Posted{}, err
		}
		return c.postRemotely(ctx, r, x)
	}
	wallet, err := r.wallet(ctx, &c.Node)
	if err != nil {
		return Posted{}, err
	}
	pays, err := r.fundTicket(ctx, wallet, t)
	if err != nil {
		return Posted{}, err
	}
	if err := r.Person.Confirm(c.Change.Yes, terms+pays.String()); err != nil {
		return Posted{}, err
	}
	txid, err := r.Post(ctx, wallet, pays, t, pool.PledgeAmended)
	if err != nil {
		return Posted{}, err
	}
	return r.Finish(ctx, wallet, txid, !c.Change.NoWait, r.amended(ctx, x))
}
