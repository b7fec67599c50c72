package journey

import (
	"context"
	"fmt"
	"net/netip"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pastelid"
	"github.com/pastelnetwork/smartpool/ticket"
	"github.com/pastelnetwork/smartpool/wire"
)

// Launch says how to start the Supernode of an active pool.
type Launch struct {
	Pool       string // id, or label
	Host       string // IP:PORT of the Supernode's machine; if empty, that of its entry in masternode.conf
	ExtAddress string // IP:PORT of the machine's Supernode software, if any
	ExtP2P     string // IP:PORT of that software's own network, if any
	Alias      string // name in masternode.conf; if empty, the pool's label
	Conf       string // the node's masternode.conf; if empty, the one beside its .cookie
	MachineKey string // of an earlier masternode genkey; if empty, the entry's or a new one
	Cold       string // file to write the entry to, for signing elsewhere; nothing is signed or started then
	Signed     string // file that an earlier Cold wrote, now signed
	Signature  string // base64; with Signed, if it is not in the file
	NoWait     bool   // do not wait until the node lists the Supernode and it is paid
	Yes        bool   // do not ask

	Node *Node // with the wallet
	Key  *KeySource

	Answers *Answers // remembers what the operator answers; nil: nothing is remembered
}

// Launched is the outcome of a launch.
type Launched struct {
	Outcome string        // running, started or paid; unsigned for a draft
	Text    string        // the same as a sentence, with what to do next
	Alias   string        // in masternode.conf
	Conf    string        // the file
	Host    string        // IP:PORT of the Supernode's machine
	Key     string        // that machine's masternodeprivkey
	Height  pastel.Height // of the daemon when last asked

	Statement, PastelID string // for a draft: what is to be signed elsewhere, and who signs it
}

// Validate checks that nodes accept the addresses, whatever the network.
func (c *Launch) Validate() error {
	for _, at := range []struct{ flag, address string }{{"--host", c.Host}, {"--ext-address", c.ExtAddress}, {"--ext-p2p", c.ExtP2P}} {
		if _, err := netip.ParseAddrPort(at.address); err != nil && at.address != "" {
			return fmt.Errorf("%s %q: want IP:PORT, such as 192.0.2.7:19933; nodes do not resolve names", at.flag, at.address)
		}
	}
	return nil
}

// Launch writes the entry of masternode.conf with the launch that the Supernode's PastelID signs, has the node announce it, and waits until
// the node lists the Supernode and it is paid. It skips steps already done.
func (r *Daemon) Launch(ctx context.Context, c *Launch) (_ Launched, err error) {
	v := newInterview(r.Person, "supernode launch", c.Answers)
	defer v.leave(&err)
	l, err := r.prepareLaunch(ctx, c, v)
	if err != nil {
		return Launched{}, err
	}
	if c.Cold != "" {
		return l.unsigned()
	}
	switch {
	case l.right && l.runs && l.listed.Status == listedEnabled && l.pool.Rewards > 0:
		return l.ends("running", fmt.Sprintf("Nothing to do: %s has the entry %s, the node lists the Supernode as ENABLED, and the pool has received %s PSL.",
			l.conf.Path(), l.entry.Alias, l.pool.Income)), nil
	case l.right && l.runs:
		r.Person.Note("%s has the entry %s, and the node lists the Supernode as %s. Nothing needs to change.", l.conf.Path(), l.entry.Alias, l.listed.Status)
	case l.right:
		what := fmt.Sprintf("%s already has the entry %s with its launch. The node announces it again.\n", l.conf.Path(), l.entry.Alias)
		if err := r.Person.Confirm(c.Yes, what); err != nil {
			return Launched{}, err
		}
		if err := l.activate(ctx); err != nil {
			return Launched{}, err
		}
	default:
		if err := l.write(ctx, v); err != nil {
			return Launched{}, err
		}
		if err := l.activate(ctx); err != nil {
			return Launched{}, err
		}
	}
	v.done(ctx)
	if c.NoWait {
		return l.ends("started", "Started. smartpool pool status shows whether it is listed and paid."), nil
	}
	return l.wait(ctx)
}

// launch is a Supernode being started.
type launch struct {
	c         *Launch
	r         *Daemon
	pool      wire.PoolDetail
	wallet    *pasteld.Client
	conf      *pasteld.MasternodeConf
	supernode pastelid.PastelID
	me        *Identity // the Supernode's, if the operator was asked

	entry  pasteld.MasternodeEntry // to be written
	say    ticket.Launch           // its statement, and the signature once there is one
	had    bool                    // masternode.conf had the alias before, so the node may have read it
	right  bool                    // masternode.conf has the entry, signed
	listed *pasteld.Masternode     // the pool's Supernode in the node's list; nil if absent
	runs   bool                    // the listed Supernode is this entry's launch
}

// prepareLaunch finds out what exists and what remains to be done. It changes nothing.
func (r *Daemon) prepareLaunch(ctx context.Context, c *Launch, v *interview) (*launch, error) {
	if c.Signature != "" && c.Signed == "" {
		return nil, terminal.Usagef("--signature belongs to --signed")
	}
	if c.Cold != "" && c.Signed != "" {
		return nil, terminal.Usagef("use --cold or --signed, not both")
	}
	l := &launch{c: c, r: r}
	var err error
	if l.pool, err = c.open(ctx, r, v); err != nil {
		return nil, err
	}
	if _, err := r.SupernodeOf(ctx, l.pool.ID); err != nil { // an older daemon knows no launches
		return nil, err
	}
	if l.supernode, err = pastelid.Parse(l.pool.Supernode); err != nil {
		return nil, err
	}
	if l.say.Activation, err = pastel.ParseTxID(l.pool.ActivationTx); err != nil {
		return nil, fmt.Errorf("the daemon names no activation of the pool (%w); run the daemon's release", err)
	}
	if l.wallet, err = r.wallet(ctx, c.Node); err != nil {
		return nil, err
	}
	if err := r.agrees(ctx, l.wallet, &l.pool.Tip); err != nil {
		return nil, err
	}
	if err := l.activated(ctx); err != nil {
		return nil, err
	}
	if l.conf, err = c.readConf(ctx, v); err != nil {
		return nil, err
	}
	if err := l.view(ctx); err != nil {
		return nil, err
	}
	if err := l.interview(ctx, v); err != nil {
		return nil, err
	}
	return l, l.plan(ctx)
}

// activated checks against the node's copy that the activation named by the daemon is the pool's: the Supernode's PastelID signs for it.
func (l *launch) activated(ctx context.Context) error {
	raw, err := l.wallet.RawTx(ctx, l.say.Activation)
	if err != nil {
		return fmt.Errorf("the node at %s cannot return the pool's activation, transaction %s (%w); it needs a transaction index (txindex=1). "+
			"If it has one, ask another daemon. Nothing was changed", l.wallet.URL(), l.say.Activation, err)
	}
	tx, err := pastel.ParseTx(raw)
	if err != nil {
		return fmt.Errorf("the pool's activation, transaction %s: %w", l.say.Activation, err)
	}
	found := ticket.FromTx(tx, &l.r.Net, l.pool.Tip.Height, ticket.AnyVersion)
	if found.Ticket == nil || found.Ticket.Activate == nil || string(found.Ticket.Activate.SmartPoolID) != l.pool.ID {
		return fmt.Errorf("transaction %s, which the daemon names, does not activate pool %s; do not launch, and ask another daemon. Nothing was changed",
			l.say.Activation, pastel.Short(l.pool.ID))
	}
	x := found.Ticket.Activate
	operator, err := pastelid.Parse(l.pool.Operator)
	if err != nil || !pastelid.VerifyBase64(operator, []byte(x.OperatorStatement(l.r.Net.Name)), x.OperatorSignature) {
		return fmt.Errorf("the pool's operator did not sign transaction %s, which the daemon calls the pool's activation; do not launch, and ask another daemon. Nothing was changed",
			l.say.Activation)
	}
	return nil
}

// launchable returns an error unless the pool backs a Supernode now.
func launchable(p *wire.PoolDetail) error {
	switch p.Status {
	case "active":
		return nil
	case "replenishing":
		return fmt.Errorf("pool %s is short of collateral, so its Supernode is paused; once members pledge more, a launched Supernode resumes by itself, "+
			"and you can launch one that is not", pastel.Short(p.ID))
	case "subscribing":
		return fmt.Errorf("pool %s is subscribing, and only an active pool backs a Supernode; activate it first: smartpool pool activate %s", pastel.Short(p.ID), p.ID)
	}
	return fmt.Errorf("pool %s is %s and no longer backs a Supernode; shut its machine down", pastel.Short(p.ID), p.Status)
}

// agrees checks that the node has all blocks and is on the daemon's chain, at least as far along.
func (r *Daemon) agrees(ctx context.Context, wallet *pasteld.Client, tip *wire.Tip) error {
	pruned, err := wallet.Pruned(ctx)
	if err != nil {
		return err
	}
	if pruned {
		return fmt.Errorf("the node at %s is pruned, but a Supernode's wallet needs all blocks; use a node without prune and with txindex=1", wallet.URL())
	}
	height, _, err := wallet.Tip(ctx)
	if err != nil {
		return err
	}
	if height < tip.Height {
		return fmt.Errorf("the node at %s is at block %d, the daemon at block %d; wait until the node catches up", wallet.URL(), height, tip.Height)
	}
	hash, err := wallet.HashAt(ctx, tip.Height)
	if err != nil {
		return err
	}
	if hash.String() != tip.Hash {
		return fmt.Errorf("the node at %s and the daemon have different blocks %d: they are on different chains; use the node that the daemon follows, or try again",
			wallet.URL(), tip.Height)
	}
	return nil
}

// hostPort checks that a network's nodes accept an address: outside regtest it must be IPv4, and main has one port for all, which no other
// network may use.
func hostPort(flag, s string, net *pastel.Network) error {
	const mainPort = 9933
	at, err := netip.ParseAddrPort(s)
	switch {
	case err != nil || at.Port() == 0 || !at.Addr().Is4() && net.Name != "regtest" || at.Addr().Zone() != "":
		return terminal.Usagef("%s %q: want IPv4:PORT, such as 192.0.2.7:19933, on network %s", flag, s, net.Name)
	case flag == "--host" && (net.Name == "main") != (at.Port() == mainPort):
		return terminal.Usagef("%s %q: Supernodes use port %d on main, and never on another network", flag, s, mainPort)
	}
	return nil
}
