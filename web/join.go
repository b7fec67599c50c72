package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/pastelnetwork/smartpool/books"
	"github.com/pastelnetwork/smartpool/internal/pasted"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Poster posts tickets for people without a node. Its errors are for people.
type Poster interface {
	// PostTicket posts a signed pledge or amendment, the JSON of its ticket.
	PostTicket(ctx context.Context, text []byte) (wire.Posted, error)
	// PostRegistration posts a registration signed elsewhere.
	PostRegistration(ctx context.Context, r wire.Registration) (wire.Posted, error)
}

// signedFor is how long a statement can be posted after the time that it names (protocol 6), by the blocks' clocks.
const signedFor = 24 * time.Hour

// mostOutputs is how many outputs of an address the page looks at, shownOutputs how many it shows.
const (
	mostOutputs  = wire.MaxLimit
	shownOutputs = 20
)

// The parameters that say what somebody wants to pledge: those of a link, which the back button finds again.
const (
	byPool     = "pool"
	byAddress  = "address"
	byPastelID = "pastelid"
	byCoins    = "coins"
	byReward   = "reward"
	byOutput   = "output"
	byTime     = "time"
	byRegister = "register"
)

var (
	wishes     = query{byPool: nil, byAddress: nil, byPastelID: nil, byCoins: nil, byReward: nil, byOutput: nil, byTime: nil}
	withTime   = wishes.and(byRegister)
	withSigned = wishes.and(pledgeField, addressField)
)

// and returns the query with more parameters.
func (has query) and(names ...string) query {
	all := query{}
	for name, values := range has {
		all[name] = values
	}
	for _, name := range names {
		all[name] = nil
	}
	return all
}

// wish is what somebody wants to pledge, as they typed it, without what comes along when people paste.
type wish struct{ Pool, Address, PastelID, Coins, Reward, Output, Time string }

func wishOf(q url.Values) wish {
	return wish{
		Pool: pasted.Pool(q.Get(byPool)), Address: pasted.ID(q.Get(byAddress)), PastelID: pasted.ID(q.Get(byPastelID)), Coins: pasted.Text(q.Get(byCoins)),
		Reward: pasted.ID(q.Get(byReward)), Output: pasted.Hex(q.Get(byOutput)), Time: pasted.ID(q.Get(byTime)),
	}
}

// fields returns the parameters that are given.
func (w wish) fields() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{
		byPool: w.Pool, byAddress: w.Address, byPastelID: w.PastelID, byCoins: w.Coins, byReward: w.Reward, byOutput: w.Output, byTime: w.Time,
	} {
		if value != "" {
			q.Set(name, value)
		}
	}
	return q
}

// At returns the address of a page about the same pledge.
func (w wish) At(path string) string { return path + "?" + w.fields().Encode() }

// Again returns the address at which the statement is made again, for now.
func (w wish) Again() string {
	w.Time = ""
	return w.At("/join")
}

// joining is the data of the page on which people join a pool, or amend their pledge, without a node.
type joining struct {
	wish
	Wrong map[string]string // what is wrong, by parameter

	Detail  wire.PoolDetail
	With    wire.Pool // the pool with a new pledge of so many coins
	N       int64     // PSL; 0 if none are given
	Rules   wire.Parameters
	Costs   int              // points of reputation that a member loses by leaving
	Amends  *wire.PoolPledge // the pledge that the ticket amends; nil if it makes a new one
	Member  *wire.Account    // of the PastelID; nil if none is given
	Outputs []wire.Coin      // those that suffice, the smallest first, then the others, the largest first; nil without an address
	More    int              // outputs that are not shown
	All     bool             // the address has no outputs beside those looked at
	Fits    int              // outputs that suffice
	Posting *wire.Posting    // what this daemon posts; nil if it posts nothing for this pool

	Part      *ticket.Part // unsigned; nil until everything is chosen
	Statement string
	Until     time.Time // until when it can be posted
	Register  *registering

	hand
}

// registering is how a PastelID is registered here.
type registering struct {
	wire.Registration
	Text string // which the PastelID's key signs
	Link string // at which the form opens; empty if it is open
}

// Hidden returns the parameters without some, for the hidden fields of a form.
func (d *joining) Hidden(without ...string) (list []field) {
	q := d.fields()
	for _, name := range []string{byPool, byAddress, byPastelID, byCoins, byReward, byOutput, byTime} {
		if q.Has(name) && !slices.Contains(without, name) {
			list = append(list, field{name, q.Get(name)})
		}
	}
	return list
}

// field is a field of a form.
type field struct{ Name, Value string }

// Chosen reports whether the form shows an output as chosen: that of the link, or else the smallest that suffices.
func (d *joining) Chosen(c wire.Coin) bool {
	if d.Output != "" {
		return c.Output == d.Output
	}
	return d.Fits > 0 && c.Output == d.Outputs[0].Output
}

// Suffices reports whether an output can back the pledge.
func (d *joining) Suffices(c wire.Coin) bool { return c.Unfit == "" && c.Spare >= max(d.N, 1) }

// Least returns the smallest offer that the pool accepts, PSL.
func (d *joining) Least() int64 {
	if d.Amends != nil {
		return d.Amends.Offered
	}
	return d.Detail.LeastPledge
}

// Step says how far the page has come, from 1 on.
func (d *joining) Step() int {
	switch {
	case len(d.Checks) > 0:
		return 4
	case d.Part != nil:
		return 3
	case d.Outputs != nil:
		return 2
	}
	return 1
}

// Opens reports whether a part of the page is open: that of the step, and those with something wrong.
func (d *joining) Opens(part string) bool {
	wrong := func(names ...string) bool {
		return slices.ContainsFunc(names, func(name string) bool { return d.Wrong[name] != "" })
	}
	switch step := d.Step(); part {
	case "pool":
		return step == 1
	case "wish":
		return step <= 2 || wrong(byAddress, byPastelID, byCoins, byReward)
	case "outputs":
		return step <= 2 || wrong(byOutput)
	default: // signing and handing in
		return step == 3 || !d.sound()
	}
}

// Label returns the pool's label.
func (d *joining) Label() string { return ticket.PoolID(d.Detail.ID).Label() }

// Registered reports whether the PastelID is known to be registered.
func (d *joining) Registered() bool { return d.Member != nil && d.Member.Registered }

// Barred reports whether the PastelID may make no new pledge because of its reputation.
func (d *joining) Barred() bool {
	return d.Registered() && d.Amends == nil && d.Member.Reputation < pool.LeastReputation
}

// complain notes what is wrong with a parameter.
func (d *joining) complain(name, format string, args ...any) {
	if d.Wrong[name] == "" {
		d.Wrong[name] = fmt.Sprintf(format, args...)
	}
}

// consider finds what the pages need for a wish. What is wrong with it is in Wrong; an error is one of the database.
func (s *Site) consider(ctx context.Context, w wish, status *wire.Status) (*joining, error) {
	d := &joining{wish: w, Wrong: map[string]string{}, Rules: s.cfg.Books.Parameters(), Costs: pool.LeavingCosts(pool.Member)}
	if _, err := ticket.ParsePoolID(w.Pool); err != nil {
		return nil, books.ErrNotFound
	}
	var err error
	if d.Detail, err = s.cfg.Books.Pool(ctx, w.Pool); err != nil {
		return nil, err
	}
	d.Posting = posts(status, &d.Detail)
	if w.Coins != "" {
		if d.N, err = wholePSL(w.Coins); err != nil {
			d.complain(byCoins, "%v.", err)
		}
	}
	if d.With, err = s.cfg.Books.PoolWith(ctx, w.Pool, d.N); err != nil {
		return nil, err
	}
	net := s.cfg.Books.Params()
	d.addresses(&net.Network)
	if err := s.person(ctx, d); err != nil {
		return nil, err
	}
	d.coins()
	if err := s.outputs(ctx, d); err != nil {
		return nil, err
	}
	d.part(s.cfg.Books)
	return d, nil
}

// posts returns what a daemon offers to post for a pool; nil if nothing.
func posts(status *wire.Status, p *wire.PoolDetail) *wire.Posting {
	x := status.Posting
	if x == nil || len(x.Operators) > 0 && !slices.Contains(x.Operators, p.Operator) {
		return nil
	}
	return x
}

// wholePSL reads a number of PSL that somebody may have.
func wholePSL(text string) (int64, error) {
	n, err := pasted.Integer(text)
	if err == nil && (n <= 0 || n > int64(pastel.MaxMoney/pastel.PSL)) {
		err = fmt.Errorf("%.40q is not a number of PSL that anyone can have", text)
	}
	return n, err
}

// addresses checks the two addresses.
func (d *joining) addresses(net *pastel.Network) {
	at, err := pastel.ParseAddress(net, d.Address)
	switch {
	case d.Address == "":
	case err != nil:
		d.complain(byAddress, "%v: copy all of a transparent address of network %s.", err, net.Name)
	case at.Kind != pastel.AddressP2PKH:
		d.complain(byAddress, "This address belongs to a script, which cannot sign: the coins must lie at an ordinary address of a wallet.")
	}
	if d.Reward == "" {
		return
	}
	switch to, err := pastel.ParseAddress(net, d.Reward); {
	case err != nil:
		d.complain(byReward, "%v: copy all of a transparent address of network %s.", err, net.Name)
	case to == ticket.EscrowAddress(ticket.PoolID(d.Detail.ID)):
		d.complain(byReward, "This is the pool's escrow, which nobody holds a key for: give an address of a wallet of yours.")
	}
}

// person finds what is known of the PastelID, and its pledge, if it has one.
func (s *Site) person(ctx context.Context, d *joining) error {
	if d.PastelID == "" {
		return nil
	}
	account, err := s.cfg.Books.Member(ctx, d.PastelID)
	var bad *books.BadRequest
	switch {
	case errors.As(err, &bad):
		d.complain(byPastelID, "%s.", bad.Text)
		return nil
	case err != nil:
		return err
	}
	d.Member = &account
	for i := range d.Detail.Participants {
		if x := &d.Detail.Participants[i]; x.PastelID == d.PastelID && x.Address == d.Address {
			d.Amends = x
		}
	}
	return nil
}

// coins checks the number of coins, and whether the pool accepts it.
func (d *joining) coins() {
	switch {
	case d.Detail.Ended != nil:
		d.complain(byPool, "The pool has ended: choose another one.")
	case d.Amends == nil && d.Detail.LeastPledge == 0:
		d.complain(byPool, "The pool accepts no new pledges now. To amend a pledge that you have, give its PastelID and address.")
	}
	switch least := d.Least(); {
	case d.Coins == "" && d.Amends != nil:
		d.N, d.Coins = least, strconv.FormatInt(least, 10)
	case d.Wrong[byCoins] != "" || d.Coins == "" || d.N >= least:
	case d.Amends != nil:
		d.complain(byCoins, "The pledge offers %s PSL already, and an amendment cannot lower that: spend coins to leave.", pastel.Thousands(least))
	default:
		d.complain(byCoins, "The pool accepts pledges of at least %s PSL now.", pastel.Thousands(least))
	}
	if d.Reward == "" && d.Amends != nil {
		d.Reward = d.Amends.Reward
	}
}

// outputs finds the outputs of the address, and sorts them: first those that suffice, the smallest first.
func (s *Site) outputs(ctx context.Context, d *joining) error {
	if d.Address == "" || d.Wrong[byAddress] != "" {
		return nil
	}
	q := wire.CoinQuery{Limit: mostOutputs}
	if d.Amends != nil {
		q.Pool, q.PastelID = d.Detail.ID, d.PastelID
	}
	list, _, next, err := s.cfg.Books.Coins(ctx, d.Address, q)
	if err != nil {
		return err
	}
	d.All = next == ""
	slices.Reverse(list)
	fit := slices.DeleteFunc(slices.Clone(list), func(c wire.Coin) bool { return !d.Suffices(c) })
	d.Fits = len(fit)
	slices.Reverse(list)
	d.Outputs = append(fit, slices.DeleteFunc(list, d.Suffices)...)
	if i := slices.IndexFunc(d.Outputs, func(c wire.Coin) bool { return c.Output == d.Output }); i >= shownOutputs {
		d.Outputs = slices.Insert(d.Outputs, 0, d.Outputs[i]) // the chosen one is always shown
		d.Outputs = slices.Delete(d.Outputs, i+1, i+2)
	}
	if len(d.Outputs) > shownOutputs {
		d.More = len(d.Outputs) - shownOutputs
		d.Outputs = d.Outputs[:shownOutputs]
	}
	return nil
}

// part makes the unsigned ticket once everything is chosen and nothing is wrong.
func (d *joining) part(b *books.Books) {
	if d.Output == "" || d.Address == "" || d.PastelID == "" || d.N == 0 {
		return
	}
	out, err := pastel.ParseOutPoint(d.Output)
	if err != nil {
		d.complain(byOutput, "Choose an output of the list.")
	}
	i := slices.IndexFunc(d.Outputs, func(c wire.Coin) bool { return c.Output == d.Output })
	switch {
	case i < 0:
		d.complain(byOutput, "The output is spent, or none of this address that can back a pledge: choose another one.")
	case d.Outputs[i].Unfit != "":
		d.complain(byOutput, "%s", d.Outputs[i].Unfit)
	case d.Outputs[i].Spare < d.N:
		d.complain(byOutput, "With this output, a pledge can offer at most %s PSL: choose another one, or fewer coins.", pastel.Thousands(d.Outputs[i].Spare))
	}
	at, err := ticket.ParseTimeStamp(d.Time)
	switch {
	case d.Time == "":
		return
	case err != nil:
		d.complain(byTime, "The time in this page's address is damaged: make the line to sign again.")
		return
	}
	d.Until = time.Unix(at, 0).UTC().Add(signedFor)
	net := b.Params()
	x := &ticket.Part{
		Version: ticket.KindPart.Newest(), SmartPoolID: ticket.PoolID(d.Detail.ID), PastelID: d.PastelID, PledgedCoins: d.N, TxID: out.TxID.String(),
		Vout: int64(out.Vout), RewardAddress: d.Reward, TimeStamp: d.Time,
	}
	if x.RewardAddress == "" {
		x.RewardAddress = d.Address
	}
	if len(d.Wrong) == 0 {
		if err := ticket.CheckUnsigned(x.Ticket(), &net.Network, net.Limits()); err != nil {
			d.complain(byOutput, "%v.", err)
		}
	}
	if len(d.Wrong) == 0 {
		d.Part, d.Statement = x, x.PledgeStatement(net.Name)
	}
}

// join is the page on which people say what to pledge, choose an output, and find what to sign.
func (s *Site) join() http.Handler {
	return s.only(withTime, s.render(func(r *http.Request) (*page, wire.Status, error) {
		q := r.URL.Query()
		if q.Get(byPool) == "" {
			return &page{to: "/pools?show=open"}, wire.Status{}, nil
		}
		d, status, err := s.considered(r, wishOf(q))
		if err != nil {
			return nil, status, err
		}
		if len(d.Wrong) == 0 && d.Output != "" && d.PastelID != "" && d.N > 0 && d.Time == "" {
			at := time.Now().Unix()
			if d.Amends != nil {
				before, err := s.cfg.Books.SignedAt(r.Context(), d.Detail.ID, d.Amends.Seq)
				if err != nil {
					return nil, status, err
				}
				at = max(at, before+1)
			}
			d.Time = ticket.FormatTimeStamp(at) // fixed, so that whoever loads the page again signs the same line
			return &page{to: d.At("/join")}, status, nil
		}
		if err := s.preflight(r.Context(), d); err != nil {
			return nil, status, err
		}
		d.registration(q.Get(byRegister))
		return s.joinPage(d), status, nil
	}))
}

// considered is consider as of one block, which the status names.
func (s *Site) considered(r *http.Request, w wish) (d *joining, status wire.Status, err error) {
	if status, err = s.cfg.Status(r); err != nil {
		return nil, status, err
	}
	err = s.cfg.Books.AtOneBlock(r.Context(), func(ctx context.Context) (err error) {
		if status.Tip, err = s.cfg.Books.Tip(ctx); err == nil {
			d, err = s.consider(ctx, w, &status)
		}
		return err
	})
	return d, status, err
}

func (s *Site) joinPage(d *joining) *page {
	title := "Join " + d.Label()
	if d.Amends != nil {
		title = "Amend a pledge in " + d.Label()
	}
	p := ok("join.html", title, "/pools", d)
	p.Still = true
	asked := len(d.Wrong)
	if d.Wrong[byPool] != "" {
		asked-- // nobody who looks at the pool asked for anything wrong
	}
	if asked > 0 || d.Failed != "" || !d.sound() {
		p.code = http.StatusUnprocessableEntity
	}
	return p
}

// preflight asks the rules about the unsigned ticket, so that nobody signs what the next block would not accept.
func (s *Site) preflight(ctx context.Context, d *joining) error {
	if d.Part == nil {
		return nil
	}
	text, err := d.Part.Ticket().Encode()
	if err != nil {
		return err
	}
	c, err := s.cfg.Books.CheckTicket(ctx, text, s.cfg.Simulator)
	if err != nil {
		return err
	}
	switch ticket.Reason(c.Reason) {
	case "", ticket.ReasonBadSignature: // everything else is checked before the signatures
		return nil
	case ticket.ReasonPastelIDNotRegistered:
		d.complain(byPastelID, "The PastelID is not registered on the chain: register it first, and sign then.")
	case ticket.ReasonReputationTooLow, ticket.ReasonBadPastelID:
		d.complain(byPastelID, "The next block would not accept it: %s.", c.Text)
	case ticket.ReasonBadTime:
		d.complain(byTime, "The line was made too long ago, or no later than that of the pledge it amends.")
	case ticket.ReasonPledgeTooSmall:
		d.complain(byCoins, "The next block would not accept it: %s.", c.Text)
	default:
		d.complain(byOutput, "The next block would not accept it: %s.", c.Text)
	}
	d.Part, d.Statement = nil, ""
	return nil
}

// registration offers to register the PastelID, if the daemon registers some. The time that is signed stands in the page's address.
func (d *joining) registration(at string) {
	if d.Member == nil || d.Member.Registered || d.Posting == nil || !d.Posting.Registers || d.Address == "" || d.Wrong[byAddress] != "" {
		return
	}
	seconds, err := strconv.ParseInt(at, 10, 64)
	signed := err == nil && seconds > 0 && time.Since(time.Unix(seconds, 0)).Abs() < signedFor
	if !signed {
		seconds = time.Now().Unix()
	}
	x := ticket.SignedRegistration(d.PastelID, d.Address, seconds, nil)
	d.Register = &registering{Registration: wire.Registration{PastelID: d.PastelID, Address: d.Address, Time: seconds}, Text: string(x.SignedText())}
	if !signed {
		q := d.fields()
		q.Set(byRegister, strconv.FormatInt(seconds, 10))
		d.Register.Link = "/join?" + q.Encode() + "#register"
	}
}
