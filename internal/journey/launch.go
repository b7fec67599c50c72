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

// Launch says how the Supernode of an active pool is started.
type Launch struct {
	Pool       string // id, or label
	Host       string // IP:PORT of the Supernode's machine; the one of its entry in masternode.conf if empty
	ExtAddress string // IP:PORT where the machine's Supernode software is reached, if any
	ExtP2P     string // IP:PORT of that software's own network, if any
	Alias      string // name in masternode.conf; the pool's label if empty
	Conf       string // the node's masternode.conf; beside its .cookie if empty
	MachineKey string // of an earlier masternode genkey; the entry's, or a new one, if empty
	Cold       string // file that gets the entry, to be signed elsewhere; nothing is signed or started then
	Signed     string // file that an earlier Cold wrote, signed since
	Signature  string // base64; with Signed, if it is not in the file
	NoWait     bool   // do not wait until the Supernode is listed and paid
	Yes        bool   // it was agreed to beforehand

	Node *Node // whose wallet it is
	Key  *KeySource
}

// Launched is what came of a launch.
type Launched struct {
	Outcome string        // running, started or paid; unsigned of a draft
	Text    string        // the same in a sentence, with what to do next
	Alias   string        // in masternode.conf
	Conf    string        // the file
	Host    string        // IP:PORT of the Supernode's machine
	Key     string        // of that machine: masternodeprivkey
	Height  pastel.Height // of the daemon when it was last asked

	Statement, PastelID string // of a draft: what is signed elsewhere, and who signs it
}

// Validate wants addresses that nodes take, whatever the network.
func (c *Launch) Validate() error {
	for _, at := range []struct{ flag, address string }{{"--host", c.Host}, {"--ext-address", c.ExtAddress}, {"--ext-p2p", c.ExtP2P}} {
		if _, err := netip.ParseAddrPort(at.address); err != nil && at.address != "" {
			return fmt.Errorf("%s %q: want IP:PORT, such as 192.0.2.7:19933; nodes look up no names", at.flag, at.address)
		}
	}
	return nil
}

// Launch writes the entry of masternode.conf with the launch that the Supernode's PastelID signs, has the node announce it, and waits until the
// Supernode is listed and paid. What is done already is not done again.
func (r *Daemon) Launch(ctx context.Context, c *Launch) (Launched, error) {
	l, err := r.prepareLaunch(ctx, c)
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
		r.Person.Note("%s has the entry %s, and the node lists the Supernode as %s: nothing is changed.", l.conf.Path(), l.entry.Alias, l.listed.Status)
	case l.right:
		what := fmt.Sprintf("%s has the entry %s already, with its launch. The node announces it again.\n", l.conf.Path(), l.entry.Alias)
		if err := r.Person.Confirm(c.Yes, what); err != nil {
			return Launched{}, err
		}
		if err := l.activate(ctx); err != nil {
			return Launched{}, err
		}
	default:
		if err := l.write(ctx); err != nil {
			return Launched{}, err
		}
		if err := l.activate(ctx); err != nil {
			return Launched{}, err
		}
	}
	if c.NoWait {
		return l.ends("started", "Started: smartpool pool status tells whether it is listed and paid."), nil
	}
	return l.wait(ctx)
}

// launch is a Supernode that is being started.
type launch struct {
	c         *Launch
	r         *Daemon
	pool      wire.PoolDetail
	wallet    *pasteld.Client
	conf      *pasteld.MasternodeConf
	supernode pastelid.PastelID

	entry  pasteld.MasternodeEntry // as it is to be
	say    ticket.Launch           // the statement of it, and its signature as soon as there is one
	had    bool                    // masternode.conf had the alias before, so that the node may know it
	right  bool                    // masternode.conf has the entry, signed
	listed *pasteld.Masternode     // as the node lists the pool's Supernode; nil if it does not
	runs   bool                    // what is listed is this entry's launch
}

// prepareLaunch finds out what there is and what is to be done. It changes nothing.
func (r *Daemon) prepareLaunch(ctx context.Context, c *Launch) (*launch, error) {
	if c.Signature != "" && c.Signed == "" {
		return nil, terminal.Usagef("--signature belongs to --signed")
	}
	if c.Cold != "" && c.Signed != "" {
		return nil, terminal.Usagef("give --cold or --signed, not both")
	}
	l := &launch{c: c, r: r}
	var err error
	if l.pool, err = r.VerifiedPool(ctx, c.Pool); err != nil {
		return nil, err
	}
	if err := launchable(&l.pool); err != nil {
		return nil, err
	}
	if _, err := r.SupernodeOf(ctx, l.pool.ID); err != nil { // one that knows no launches
		return nil, err
	}
	if l.supernode, err = pastelid.Parse(l.pool.Supernode); err != nil {
		return nil, err
	}
	if l.say.Activation, err = pastel.ParseTxID(l.pool.ActivationTx); err != nil {
		return nil, fmt.Errorf("the daemon names no activation of the pool (%w): run the same release as it", err)
	}
	if l.wallet, err = c.Node.Wallet(ctx, r.Net); err != nil {
		return nil, err
	}
	if err := r.agrees(ctx, l.wallet, &l.pool.Tip); err != nil {
		return nil, err
	}
	if err := l.activated(ctx); err != nil {
		return nil, err
	}
	path, err := c.confPath()
	if err != nil {
		return nil, err
	}
	if l.conf, err = pasteld.ReadMasternodeConf(path); err != nil {
		return nil, err
	}
	if err := l.look(ctx); err != nil {
		return nil, err
	}
	return l, l.plan(ctx)
}

// activated wants the activation that the daemon names to be one of the pool's, by the node's copy: the Supernode's PastelID signs for it.
func (l *launch) activated(ctx context.Context) error {
	raw, err := l.wallet.RawTx(ctx, l.say.Activation)
	if err != nil {
		return fmt.Errorf("the node at %s does not show the pool's activation, transaction %s (%w): it needs a transaction index (txindex=1); "+
			"if it has one, ask another daemon. Nothing was changed", l.wallet.URL(), l.say.Activation, err)
	}
	tx, err := pastel.ParseTx(raw)
	if err != nil {
		return fmt.Errorf("the pool's activation, transaction %s: %w", l.say.Activation, err)
	}
	found := ticket.FromTx(tx, &l.r.Net, l.pool.Tip.Height, ticket.AnyVersion)
	if found.Ticket == nil || found.Ticket.Activate == nil || string(found.Ticket.Activate.SmartPoolID) != l.pool.ID {
		return fmt.Errorf("transaction %s, which the daemon names, is no activation of pool %s: do not launch; ask another daemon. Nothing was changed",
			l.say.Activation, pastel.Short(l.pool.ID))
	}
	return nil
}

// launchable wants a pool that backs a Supernode now.
func launchable(p *wire.PoolDetail) error {
	switch p.Status {
	case "active":
		return nil
	case "replenishing":
		return fmt.Errorf("pool %s is short of collateral, and its Supernode is paused: one that was launched goes on by itself once members pledge more; "+
			"one that was not is launched then", pastel.Short(p.ID))
	case "subscribing":
		return fmt.Errorf("pool %s is subscribing, and only an active pool backs a Supernode: smartpool pool activate %s", pastel.Short(p.ID), p.ID)
	}
	return fmt.Errorf("pool %s is %s and backs no Supernode any more: shut its machine down", pastel.Short(p.ID), p.Status)
}

// agrees wants a node with all blocks, on the daemon's chain, and as far.
func (r *Daemon) agrees(ctx context.Context, wallet *pasteld.Client, tip *wire.Tip) error {
	pruned, err := wallet.Pruned(ctx)
	if err != nil {
		return err
	}
	if pruned {
		return fmt.Errorf("the node at %s is pruned, which no Supernode's wallet can be: use one without prune and with txindex=1", wallet.URL())
	}
	height, _, err := wallet.Tip(ctx)
	if err != nil {
		return err
	}
	if height < tip.Height {
		return fmt.Errorf("the node at %s is at block %d, the daemon at block %d: wait until the node has caught up", wallet.URL(), height, tip.Height)
	}
	hash, err := wallet.HashAt(ctx, tip.Height)
	if err != nil {
		return err
	}
	if hash.String() != tip.Hash {
		return fmt.Errorf("the node at %s has another block %d than the daemon: they are on different chains. Use the node that the daemon follows, or try again",
			wallet.URL(), tip.Height)
	}
	return nil
}

// hostPort wants an address that a network's nodes take: beside regtest they want IPv4, and main has one port for all, which the others may
// not use.
func hostPort(flag, s string, net *pastel.Network) error {
	const mainPort = 9933
	at, err := netip.ParseAddrPort(s)
	switch {
	case err != nil || at.Port() == 0 || !at.Addr().Is4() && net.Name != "regtest" || at.Addr().Zone() != "":
		return terminal.Usagef("%s %q: want IPv4:PORT, such as 192.0.2.7:19933, on network %s", flag, s, net.Name)
	case flag == "--host" && (net.Name == "main") != (at.Port() == mainPort):
		return terminal.Usagef("%s %q: Supernodes have port %d on main, and on no other network", flag, s, mainPort)
	}
	return nil
}
