package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/api"
	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
)

type supernodeCmd struct {
	Launch supernodeLaunchCmd `cmd:"" help:"Start the Supernode of an active pool."`
}

type supernodeLaunchCmd struct {
	apiFlags
	nodeFlags
	Pool   string `arg:"" help:"Pool id, or its label."`
	Host   string `required:"" placeholder:"IP:PORT" help:"Address of the Supernode's machine."`
	Alias  string `help:"Name in masternode.conf; the pool's label if left out."`
	Key    string `name:"masternode-key" placeholder:"KEY" help:"Key of an earlier masternode genkey; a new one if left out."`
	NoWait bool   `help:"Do not wait until the Supernode is paid."`
	Yes    bool   `help:"Do not ask."`
}

// Validate wants a host that the network can reach.
func (c *supernodeLaunchCmd) Validate() error { return hostPort(c.Host) }

// Run makes the key, shows the line for masternode.conf, starts the Supernode and waits until it is paid.
func (c *supernodeLaunchCmd) Run(ctx context.Context, e *env, r *remote) error {
	p, err := r.pool(ctx, c.Pool)
	if err != nil {
		return err
	}
	if p.Status != "active" {
		return fmt.Errorf("pool %s is %s: only an active pool backs a Supernode", short(p.ID), p.Status)
	}
	wallet, err := c.wallet(ctx, r.net)
	if err != nil {
		return err
	}
	activation, err := pastel.ParseTxID(p.ActivationTx)
	if err != nil {
		return err
	}
	if c.Key == "" {
		if err := c.fresh(ctx, wallet, activation); err != nil {
			return err
		}
	}
	label, _, _ := strings.Cut(p.ID, ".")
	c.Alias = cmp.Or(c.Alias, label)
	line := fmt.Sprintf("%s %s %s %s 4294967295", c.Alias, c.Host, c.Key, p.ActivationTx)
	what := fmt.Sprintf("Cold machine (this wallet), masternode.conf:\n  %s\nHot machine (%s), pastel.conf:\n  masternode=1\n  masternodeprivkey=%s\n"+
		"The Supernode is paid to the pool's escrow, as long as the pool is active.\n", line, c.Host, c.Key)
	if err := e.confirm(c.Yes, what); err != nil {
		return err
	}
	if err := wallet.StartPoolSupernode(ctx, c.Alias, c.Host, c.Key, activation); err != nil {
		return fmt.Errorf("the node did not start the Supernode: %w", err)
	}
	if c.NoWait {
		e.note("Started.")
		if e.json {
			return printJSON(e.out, map[string]any{"alias": c.Alias, "masternode_conf": line, "outcome": "started"})
		}
		return nil
	}
	e.note("Started. Waiting until it is paid; Ctrl-C does not stop the Supernode.")
	now, err := r.paid(ctx, &p)
	if err != nil {
		return fmt.Errorf("the Supernode is started and was not paid yet: smartpool pool status tells later (%w)", err)
	}
	if e.json {
		return printJSON(e.out, map[string]any{"alias": c.Alias, "masternode_conf": line, "outcome": "paid", "height": now.Tip.Height})
	}
	_, err = fmt.Fprintf(e.out, "Paid: the pool has received %s PSL, by block %d.\n", now.Income-p.Income, now.Tip.Height)
	return err
}

// paid waits until a pool has received another reward.
func (r *remote) paid(ctx context.Context, p *api.PoolDetail) (now api.PoolDetail, err error) {
	for {
		now, err = r.pool(ctx, p.ID)
		var passes away
		if err != nil && !errors.As(err, &passes) || err == nil && now.Rewards > p.Rewards {
			return now, err
		}
		select {
		case <-ctx.Done():
			return now, ctx.Err()
		case <-time.After(time.Second):
		}
	}
}

// fresh makes a key for the Supernode's machine, unless the pool's Supernode runs with another one, which a new key would stop.
func (c *supernodeLaunchCmd) fresh(ctx context.Context, wallet *pasteld.Client, activation pastel.TxID) error {
	list, err := wallet.Masternodes(ctx)
	if err != nil {
		return err
	}
	for _, m := range list {
		if m.OutPoint.TxID == activation {
			return fmt.Errorf("the pool's Supernode is started already, at %s: give the key of its masternode.conf with --masternode-key, as a new one would stop it",
				m.Address)
		}
	}
	c.Key, err = wallet.MasternodeGenKey(ctx)
	return err
}

// hostPort wants an address that others can reach: IP:port, or a host's name and a port.
func hostPort(s string) error {
	if at, err := netip.ParseAddrPort(s); err == nil && at.Port() > 0 {
		return nil
	}
	host, port, err := net.SplitHostPort(s)
	n, bad := strconv.ParseUint(port, 10, 16)
	if err != nil || bad != nil || n == 0 || !hostName.MatchString(host) {
		return fmt.Errorf("--host %q: want IP:PORT or HOST:PORT, such as 192.0.2.7:9933", s)
	}
	return nil
}

// hostName is what names a host: labels of letters, digits and hyphens, the last not of digits alone.
var hostName = regexp.MustCompile(`^([A-Za-z0-9]([A-Za-z0-9-]*[A-Za-z0-9])?\.)*[A-Za-z]([A-Za-z0-9-]*[A-Za-z0-9])?$`)
