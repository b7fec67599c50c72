// Package actors does what a pool's operator and members do, through a node's RPC: register, pledge, activate, move coins. The demo and
// tests use it to play pools. One development wallet holds all keys.
package actors

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// Party is a participant with a PastelID and a reward address.
type Party struct {
	Name   string
	ID     string // PastelID
	pass   string
	Reward pastel.Address

	Coins   int64 // PSL offered by a member's pledge
	Extra   int64 // PSL in a member's output beyond that
	Address pastel.Address
	Output  pastel.OutPoint // the pledged output
	Value   pastel.Amount   // of the output
	signed  int64           // time of the last statement, seconds since 1970
}

const (
	theSupernode = "the Supernode"
	passOf       = "passphrase of "
)

// SupernodePass is the passphrase of every Supernode's PastelID.
const SupernodePass = passOf + theSupernode

// Pass returns the passphrase of a party's PastelID.
func (p *Party) Pass() string { return p.pass }

// Cast is all participants of a pool. It mines nothing itself.
type Cast struct {
	Net        pastel.Network
	Client     *pasteld.Client
	Operator   *Party
	Supernode  *Party
	Members    []*Party
	Pool       ticket.PoolID // set once it is open
	Activation pastel.TxID   // set once it is posted
	Conf       string        // the node's masternode.conf
	Alias      string        // of the pool's Supernode there; the node remembers what it launched under one until it restarts
}

// New returns a cast of an operator, a Supernode, and members who will pledge the given PSL. The node's cookie is in its data folder.
func New(net pastel.Network, client *pasteld.Client, cookie string, names []string, coins []int64) *Cast {
	c := &Cast{Net: net, Client: client, Conf: filepath.Join(filepath.Dir(cookie), "masternode.conf"), Alias: "pool", Operator: &Party{Name: "the operator"}, Supernode: &Party{Name: theSupernode}}
	for i, name := range names {
		c.Members = append(c.Members, &Party{Name: name, Coins: coins[i]})
	}
	return c
}

// Everybody returns operator, Supernode and members.
func (c *Cast) Everybody() []*Party { return append([]*Party{c.Operator, c.Supernode}, c.Members...) }

// Enrol creates a party's PastelID and posts its registration. The registration has its own funding address, because pasteld takes the fee
// from the address named in it.
func (c *Cast) Enrol(ctx context.Context, p *Party) error {
	var err error
	p.pass = passOf + p.Name
	if p.ID, err = c.Client.NewPastelID(ctx, p.pass); err != nil {
		return err
	}
	if p.Reward, err = c.Client.NewAddress(ctx); err != nil {
		return err
	}
	from, err := c.Client.NewAddress(ctx)
	if err != nil {
		return err
	}
	tip, _, err := c.Client.Tip(ctx)
	if err != nil {
		return err
	}
	if _, err := c.Client.SendTo(ctx, from, c.Net.RegistrationFee(tip+1)+pastel.PSL); err != nil { // and the transaction's own fee
		return err
	}
	_, err = c.Client.RegisterID(ctx, p.ID, p.pass, from)
	return err
}

// spare is what a member's output holds beyond the pledge, to pay the fee of a move.
const spare = pastel.PSL / 10

// Fund sends a member an output to pledge.
func (c *Cast) Fund(ctx context.Context, p *Party) error {
	var err error
	if p.Address, err = c.Client.NewAddress(ctx); err != nil {
		return err
	}
	p.Value = pastel.Amount(p.Coins+p.Extra)*pastel.PSL + spare
	_, err = c.Client.SendTo(ctx, p.Address, p.Value)
	return err
}

// Settle finds a member's output once it is mined, and locks it in the wallet.
func (c *Cast) Settle(ctx context.Context, p *Party) error {
	list, err := c.Client.Unspent(ctx, 1, p.Address)
	if err != nil {
		return err
	}
	i := 0
	if len(list) != 1 { // pasteld may have mined to the wallet's next address before the member got it
		i = slices.IndexFunc(list, func(u pasteld.Unspent) bool { return u.Value == p.Value })
	}
	if i < 0 || len(list) == 0 {
		return fmt.Errorf("%s should have an output of %s PSL, but has %d others", p.Name, p.Value, len(list))
	}
	p.Output, p.Value = list[i].OutPoint, list[i].Value
	return c.Client.LockUnspent(ctx, false, []pastel.OutPoint{p.Output})
}

// fee is the fee of a member's transactions.
const fee = pastel.PSL / 1000

// Move spends a member's output to an address, less a fee.
func (c *Cast) Move(ctx context.Context, p *Party, to pastel.Address) error {
	return c.spend(ctx, p, pasteld.Output{Address: to, Value: p.Value - fee})
}

// Take moves some PSL of a member's output to a new address of the member. The rest stays at the pledged address.
func (c *Cast) Take(ctx context.Context, p *Party, coins int64) error {
	elsewhere, err := c.Client.NewAddress(ctx)
	if err != nil {
		return err
	}
	taken := pastel.Amount(coins) * pastel.PSL
	return c.spend(ctx, p, pasteld.Output{Address: elsewhere, Value: taken}, pasteld.Output{Address: p.Address, Value: p.Value - taken - fee})
}

// spend makes a transaction that spends a member's output.
func (c *Cast) spend(ctx context.Context, p *Party, outputs ...pasteld.Output) error {
	raw, err := c.Client.CreateRaw(ctx, []pastel.OutPoint{p.Output}, outputs)
	if err != nil {
		return err
	}
	signed, complete, err := c.Client.SignRaw(ctx, raw)
	if err == nil && !complete {
		err = errors.New("the wallet did not sign")
	}
	if err != nil {
		return err
	}
	_, err = c.Client.SendRaw(ctx, signed)
	return err
}

// Post posts a ticket.
func (c *Cast) Post(ctx context.Context, t *ticket.Ticket) (pastel.TxID, error) {
	text, err := t.Encode()
	if err != nil {
		return pastel.TxID{}, err
	}
	return c.Client.RegisterContract(ctx, text, t.Kind.String(), "", pastel.Address{})
}

// Pledge posts a member's Signed ticket.
func (c *Cast) Pledge(ctx context.Context, p *Party) error {
	t, err := c.Signed(ctx, p)
	if err == nil {
		_, err = c.Post(ctx, t)
	}
	return err
}

// Signed returns a member's participation ticket, signed with the PastelID and the pledged address. If the member already has a pledge of that
// address, the ticket amends it.
func (c *Cast) Signed(ctx context.Context, p *Party) (*ticket.Ticket, error) {
	_, hash, err := c.Client.Tip(ctx)
	if err != nil {
		return nil, err
	}
	tip, err := c.Client.Header(ctx, hash)
	if err != nil {
		return nil, err
	}
	x := &ticket.Part{
		Version: ticket.KindPart.Newest(), SmartPoolID: c.Pool, PastelID: p.ID, PledgedCoins: p.Coins, TxID: p.Output.TxID.String(), Vout: int64(p.Output.Vout),
		RewardAddress: p.Reward.Encode(&c.Net), TimeStamp: ticket.FormatTimeStamp(p.time(int64(tip.Time))),
	}
	statement := x.PledgeStatement(c.Net.Name)
	if x.PledgeSignature, err = c.Client.SignWith(ctx, p.ID, p.pass, statement); err != nil {
		return nil, err
	}
	x.AddressSignature, err = c.Client.SignMessage(ctx, p.Address, statement)
	return x.Ticket(), err
}

// time returns the time for a member's next statement: later than the last one, as amendments require.
func (p *Party) time(tip int64) int64 {
	p.signed = max(time.Now().Unix(), tip, p.signed+1)
	return p.signed
}

// Terms of the pools.
const (
	Company      = "Atlas Operations"
	Required     = 1000 // PSL, regtest's Supernode collateral
	Target       = 1100 // PSL
	Fee          = "5"  // %
	Subscription = 5    // blocks
	factor       = "1.1"
)

// Open posts a pool's init ticket.
func (c *Cast) Open(ctx context.Context, label string) error {
	var err error
	x := &ticket.Init{
		Version: ticket.KindInit.Newest(), SubscriptionPeriod: Subscription, RequiredCoins: Required, Company: Company,
		SupernodePastelID: c.Supernode.ID, OperatorPastelID: c.Operator.ID, OperatorFeeAddress: c.Operator.Reward.Encode(&c.Net),
	}
	if x.Factor, err = ticket.ParseDecimal(factor); err != nil {
		return err
	}
	if x.Fee, err = ticket.ParseDecimal(Fee); err != nil {
		return err
	}
	x.SmartPoolID = x.IDFor(label)
	if x.AgreementSignature, err = c.Client.SignWith(ctx, c.Operator.ID, c.Operator.pass, x.AgreementStatement(c.Net.Name)); err != nil {
		return err
	}
	if x.SmartPoolSignature, err = c.Client.SignWith(ctx, c.Supernode.ID, c.Supernode.pass, x.SmartPoolStatement(c.Net.Name)); err != nil {
		return err
	}
	c.Pool = x.SmartPoolID
	_, err = c.Post(ctx, x.Ticket())
	return err
}

// Activate posts the activation ticket, which lists these members.
func (c *Cast) Activate(ctx context.Context, members []*Party) error {
	x := &ticket.Activate{Version: ticket.KindActivate.Newest(), SmartPoolID: c.Pool}
	for _, m := range members {
		x.Participants = append(x.Participants, ticket.Participant{PastelID: m.ID, Address: m.Address.Encode(&c.Net)})
	}
	var err error
	if x.OperatorSignature, err = c.Client.SignWith(ctx, c.Operator.ID, c.Operator.pass, x.OperatorStatement(c.Net.Name)); err != nil {
		return err
	}
	c.Activation, err = c.Post(ctx, x.Ticket())
	return err
}

// Launch starts the pool's Supernode: its PastelID signs for a machine, the entry goes into masternode.conf, and the node announces it.
func (c *Cast) Launch(ctx context.Context) error {
	wif, err := c.Client.MasternodeGenKey(ctx)
	if err != nil {
		return err
	}
	key, err := pastel.ParseWIF(&c.Net, wif)
	if err != nil {
		return err
	}
	say := ticket.Launch{
		Activation: c.Activation, Key: hex.EncodeToString(key.PublicKey()), Time: ticket.FormatTimeStamp(c.Supernode.time(0)),
	}
	if say.Signature, err = c.Client.SignWith(ctx, c.Supernode.ID, c.Supernode.pass, say.Statement(c.Net.Name)); err != nil {
		return err
	}
	e := pasteld.MasternodeEntry{
		Alias: c.Alias, Address: "127.0.0.1:19933", Key: wif, OutPoint: pastel.OutPoint{TxID: c.Activation, Vout: chain.PoolIndex},
	}
	if e.ExtConfig, err = say.AddTo(nil); err != nil {
		return err
	}
	return c.Announce(ctx, &e)
}

// Announce writes an entry to masternode.conf and has the node announce it.
func (c *Cast) Announce(ctx context.Context, e *pasteld.MasternodeEntry) error {
	conf, err := pasteld.ReadMasternodeConf(c.Conf)
	if err != nil {
		return err
	}
	if err := conf.Set(e); err != nil {
		return err
	}
	if err := conf.Write(); err != nil {
		return err
	}
	return c.Client.ActivateMasternode(ctx, e.Alias, e.Key)
}

// Leave spends a member's output to a new address of the member.
func (c *Cast) Leave(ctx context.Context, p *Party) error {
	elsewhere, err := c.Client.NewAddress(ctx)
	if err != nil {
		return err
	}
	if err := c.Move(ctx, p, elsewhere); err != nil {
		return err
	}
	p.Address = elsewhere
	p.Value -= fee
	return nil
}

// Start takes a pool from nothing to active, with all members in it. The wallet needs mature coins; mine mines blocks.
func (c *Cast) Start(ctx context.Context, label string, mine func(count int) error) error {
	for _, p := range c.Everybody() {
		if err := c.Enrol(ctx, p); err != nil {
			return fmt.Errorf("register %s: %w", p.Name, err)
		}
	}
	for _, m := range c.Members {
		if err := c.Fund(ctx, m); err != nil {
			return fmt.Errorf("fund %s: %w", m.Name, err)
		}
	}
	if err := mine(1); err != nil {
		return err
	}
	for _, m := range c.Members {
		if err := c.Settle(ctx, m); err != nil {
			return err
		}
	}
	if err := errors.Join(c.Open(ctx, label), mine(1)); err != nil {
		return err
	}
	for _, m := range c.Members {
		if err := c.Pledge(ctx, m); err != nil {
			return fmt.Errorf("%s: %w", m.Name, err)
		}
	}
	if err := mine(1); err != nil {
		return err
	}
	return errors.Join(c.Activate(ctx, c.Members), mine(1))
}
