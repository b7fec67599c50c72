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
}

// Change says which pledge changes, and how.
type Change struct {
	Pool     string // id or label
	Coins    int64  // PSL that the pledge offers from now on; 0: as many as now
	Reward   string // address that rewards are paid to from now on; empty: the member is asked whether it stays
	PastelID string // the member's; empty: the key file's, or the node's only one
	Address  string // the pledged one, if the PastelID pledges several in the pool. With a cold machine always.
	Output   string // txid:vout of the pledged address that the ticket names; empty: one that backs the pledge, or a new one if that takes more coins
	NoWait   bool   // do not wait for the block that holds the ticket
	Yes      bool   // do not ask
}

// Run changes a pledge: what it offers, where its rewards go, or both. It keeps its place and what it earned. It posts a ticket that
// was signed elsewhere.
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
	return c.hot(ctx, r, p)
}

// Draft writes the ticket of an amendment for a machine that is never online, and signs nothing.
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

// open asks for the pool, which must take amendments.
func (c *Amendment) open(ctx context.Context, r *Daemon) (*wire.PoolDetail, error) {
	p, err := r.VerifiedPool(ctx, c.Change.Pool)
	if err == nil {
		err = takesAmendments(&p)
	}
	return &p, err
}

// check refuses what is no change, or lets a daemon choose where rewards go.
func (c *Amendment) check(r *Daemon, cold bool) error {
	switch _, err := pastel.ParseOutPoint(c.Change.Output); {
	case c.Change.Coins == 0 && c.Change.Reward == "":
		return terminal.Usagef("say what is to change: --coins for a higher offer, --reward to be paid elsewhere, or both")
	case c.Change.Coins < 0:
		return terminal.Usagef("--coins %d: want whole PSL, more than the pledge offers now", c.Change.Coins)
	case c.Change.Reward == "" && !cold && (c.Change.Yes || !r.Person.Interactive()):
		return terminal.Usagef("--coins without --reward has you confirm on a terminal where rewards go, as only you know that: without one, or with --yes, name the address " +
			"with --reward, also if it stays the same")
	case err != nil && c.Change.Output != "":
		return terminal.Usagef("--output: %w", err)
	}
	return nil
}

// takesAmendments says whether the next block amends pledges of a pool; a full pool does.
func takesAmendments(p *wire.PoolDetail) error {
	over := p.JoinUntil == nil || p.Tip.Height >= p.JoinUntil.Height
	switch {
	case p.Status == "active", p.Status == "subscribing" && !over, p.Status == "replenishing" && !over:
		return nil
	case p.Status == "subscribing":
		return fmt.Errorf("pool %s changes no pledges now: its window closed with %s; once it is active it does again", pastel.Short(p.ID), Whenever(p.JoinUntil))
	case p.Status == "replenishing":
		return fmt.Errorf("pool %s changes no pledges now: its deadline, %s, is over", pastel.Short(p.ID), Whenever(p.JoinUntil))
	}
	return fmt.Errorf("pool %s changes no pledges: it is %s, and every pledge in it ended", pastel.Short(p.ID), p.Status)
}

// hot amends with the node's wallet.
func (c *Amendment) hot(ctx context.Context, r *Daemon, p *wire.PoolDetail) (Posted, error) {
	wallet, err := c.Node.Wallet(ctx, r.Net)
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
	out, err := c.choose(ctx, r, pl, wallet, address, last.Part)
	if err != nil {
		return Posted{}, err
	}
	x, terms, err := c.prepare(ctx, r, p, pl, out, last.Part)
	if err != nil {
		return Posted{}, err
	}
	statement := x.PledgeStatement(r.Net.Name)
	terms += fmt.Sprintf("Costs     %s PSL, the ticket's network fee, from the wallet's other coins\n"+
		"\nPastelID and address both sign this line, and nothing else:\n  %s\n", r.Net.ContractFee, statement)
	if err := r.Person.Confirm(c.Change.Yes, terms); err != nil {
		return Posted{}, err
	}
	if x.PledgeSignature, err = me.Sign(ctx, statement); err != nil {
		return Posted{}, err
	}
	if x.AddressSignature, err = wallet.SignMessage(ctx, address, statement); err != nil {
		return Posted{}, fmt.Errorf("the wallet did not sign with %s: %w; if its key is on a cold machine, see --cold", pl.Address, err)
	}
	txid, err := r.Post(ctx, wallet, x.Ticket(), pool.PledgeAmended)
	if err != nil {
		return Posted{}, err
	}
	return r.Finish(ctx, wallet, txid, !c.Change.NoWait, r.amended(ctx, x))
}

// confirmReward has the member say that rewards still go where the last ticket that the daemon names has them go: the member signed that, but may
// have signed another one since that the daemon hides.
func confirmReward(p Person, last *signedPart) error {
	p.Warn("The daemon says that this is the pledge's last ticket. You signed it; whether you signed another one since, it could hide:\n"+
		"  transaction %s\n  of %s\n  rewards go to %s", last.txid, last.TimeStamp, last.RewardAddress)
	return p.Agree("Shall rewards still go to " + last.RewardAddress + "?")
}

// cold writes an amendment for a machine that is never online. No node shows what was signed before, so the member names it all.
func (c *Amendment) cold(ctx context.Context, r *Daemon, p *wire.PoolDetail) (*Draft, error) {
	id, err := coldID(&c.Key, r.Person, c.Change.PastelID)
	if err != nil {
		return nil, err
	}
	if id == "" || c.Change.Address == "" || c.Change.Coins == 0 || c.Change.Reward == "" {
		return nil, terminal.Usagef("--cold needs --pastelid (or --key), --address, the pledged one, and --coins and --reward, also if they stay the same")
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
	out, err := c.namedOutput(ctx, r, pl)
	if err != nil {
		return nil, err
	}
	x, terms, err := c.prepare(ctx, r, p, pl, out, nil)
	if err != nil {
		return nil, err
	}
	return c.Cold.unsigned(&r.Net, "amend", terms, pl.Address, x.Ticket())
}

// namedOutput is the output that was named, or that the pledge's last ticket names.
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
		return out, fmt.Errorf("the daemon's answer is not understood (%w): run the same release as it", err)
	}
	if err = r.owns(ctx, out, pl.Address); errors.Is(err, client.ErrNotFound) {
		err = fmt.Errorf("output %s is spent, or no block holds it yet: name an output of %s with --output", out, pl.Address)
	}
	return out, err
}

// which finds the live pledge that is meant: of the PastelID, and of the address if one is named. A person is asked which if there are several.
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
		return nil, fmt.Errorf("PastelID %s has no live pledge of address %s in pool %s: smartpool my lists those there are", pastel.Short(id), terminal.Printable(c.Change.Address), pastel.Short(p.ID))
	case len(mine) == 0:
		return nil, fmt.Errorf("PastelID %s has no live pledge in pool %s: smartpool join makes one", pastel.Short(id), pastel.Short(p.ID))
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
		return nil, fmt.Errorf("%q is none of 1 to %d: nothing was signed", terminal.Printable(answer), len(mine))
	}
	return mine[n-1], nil
}

// change fills in what stays, and refuses what is no change or cannot be one.
func (c *Amendment) change(pl *wire.PoolPledge) error {
	c.Change.Coins, c.Change.Reward = cmp.Or(c.Change.Coins, pl.Offered), cmp.Or(c.Change.Reward, pl.Reward)
	switch {
	case c.Change.Coins < pl.Offered:
		return fmt.Errorf("the pledge offers %d PSL, and an offer cannot be lowered to %d PSL: give --coins of at least %d; to have coins back, leave (smartpool leave "+
			"says what that costs)", pl.Offered, c.Change.Coins, pl.Offered)
	case c.Change.Coins == pl.Offered && c.Change.Reward == pl.Reward:
		return fmt.Errorf("the pledge offers %d PSL and is paid to %s already: there is nothing to change", pl.Offered, pl.Reward)
	}
	return nil
}

// prepare makes the unsigned ticket, has the daemon check it, and tells what it means. last is the ticket in force, nil if it is not known.
func (c *Amendment) prepare(
	ctx context.Context, r *Daemon, p *wire.PoolDetail, pl *wire.PoolPledge, out pastel.OutPoint, last *ticket.Part,
) (*ticket.Part, string, error) {
	at, err := timeStamp(p.Tip.Time, last)
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
	check, err := r.Preflight(ctx, t)
	for step := time.Second; last == nil && check.Reason == string(ticket.ReasonBadTime) && step < time.Minute; step *= 2 {
		at += int64(step / time.Second) // until it is later than the ticket in force, whose time is not known and may be that of this minute
		x.TimeStamp = ticket.FormatTimeStamp(at)
		check, err = r.Preflight(ctx, t)
	}
	if err != nil {
		return nil, "", advised(check, pl, err)
	}
	terms, err := c.terms(ctx, r, p, pl, x)
	return x, terms, err
}

// advised adds what to do about a rejection that has another cause when a pledge is amended.
func advised(check wire.Check, pl *wire.PoolPledge, err error) error {
	switch ticket.Reason(check.Reason) {
	case ticket.ReasonBadTime:
		return fmt.Errorf("%w. The new time stamp must be later than that of the pledge's last ticket: is this machine's clock right? Then try again in a minute", err)
	case ticket.ReasonOutputTooSmall:
		return fmt.Errorf("%w. All that pledges offer on %s has to lie at that address: send it the coins that are missing, in one output, and name it with --output "+
			"once it is confirmed", err, pl.Address)
	default:
		return err
	}
}

// futureLimit is how far a block's time may be ahead of the network's (pasteld: MAX_FUTURE_BLOCK_TIME).
const futureLimit = 2 * time.Hour

// timeStamp dates a statement, in seconds since 1970: now by the own clock, and after the ticket that it amends, if any. What a daemon says of the tip dates nothing; a
// tip that no node accepts yet shows that a clock is wrong.
func timeStamp(tip time.Time, last *ticket.Part) (int64, error) {
	now := time.Now()
	if tip.After(now.Add(futureLimit)) {
		return 0, fmt.Errorf("the daemon's last block is of %s UTC, which is yet to come: set this machine's clock right, or ask another daemon. Nothing was signed",
			tip.UTC().Format("2006-01-02 15:04"))
	}
	at := now.Unix()
	if last != nil {
		before, err := ticket.ParseTimeStamp(last.TimeStamp)
		switch {
		case err != nil:
			return 0, err
		case before >= now.Add(futureLimit).Unix():
			return 0, fmt.Errorf("the pledge's last ticket is dated %s, and this one must be dated later: set this machine's clock right, or try again then",
				last.TimeStamp)
		}
		at = max(at, before+1)
	}
	return at, nil
}

// pledgeRow is a live pledge with its last ticket.
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
	return wire.Pledge{}, errors.New("the daemon does not tell the pledge's last ticket: it may have left just now, try again")
}

// signedPart is a participation ticket that is on the chain, and that its member signed.
type signedPart struct {
	*ticket.Part
	txid pastel.TxID
}

// lastTicket has the node show the ticket that the daemon says is the pledge's last, and checks that the daemon tells of the pledge what its
// owner signed there. That the owner signed no later one it cannot check.
func (r *Daemon) lastTicket(ctx context.Context, wallet *pasteld.Client, p *wire.PoolDetail, pl *wire.PoolPledge) (*signedPart, error) {
	row, err := r.pledgeRow(ctx, pl)
	if err != nil {
		return nil, err
	}
	id, err := pastel.ParseTxID(row.Ticket)
	if err != nil {
		return nil, fmt.Errorf("the daemon's answer is not understood (%w): run the same release as it", err)
	}
	raw, err := wallet.RawTx(ctx, id)
	if err != nil {
		return nil, fmt.Errorf("the node does not show the pledge's last ticket, transaction %s (%w): it needs a transaction index (txindex=1)", id, err)
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

var errAnotherPledge = errors.New("the daemon tells something else of the pledge than what its owner signed: do not sign; ask another daemon")

// postSigned posts an amendment that was signed elsewhere.
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
	check, err := r.Preflight(ctx, t)
	if err != nil {
		return Posted{}, advised(check, pl, err)
	}
	wallet, err := c.Node.Wallet(ctx, r.Net)
	if err != nil {
		return Posted{}, err
	}
	terms, err := c.terms(ctx, r, p, pl, x)
	if err != nil {
		return Posted{}, err
	}
	if err := r.Person.Confirm(c.Change.Yes, terms+fmt.Sprintf("\nPosting costs %s PSL from this wallet.\n", r.Net.ContractFee)); err != nil {
		return Posted{}, err
	}
	txid, err := r.Post(ctx, wallet, t, pool.PledgeAmended)
	if err != nil {
		return Posted{}, err
	}
	return r.Finish(ctx, wallet, txid, !c.Change.NoWait, r.amended(ctx, x))
}
