package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"
	"time"

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

// Run makes the key, shows the line for masternode.conf, starts the Supernode and waits until it is paid.
func (c *supernodeLaunchCmd) Run(e *env) error {
	ctx, stop := interruptible()
	defer stop()
	r, err := c.dial(ctx, e)
	if err != nil {
		return err
	}
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
	if c.Key == "" {
		if c.Key, err = wallet.MasternodeGenKey(ctx); err != nil {
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
	activation, err := pastel.ParseTxID(p.ActivationTx)
	if err != nil {
		return err
	}
	if err := wallet.StartPoolSupernode(ctx, c.Alias, c.Host, c.Key, activation); err != nil {
		return fmt.Errorf("the node did not start the Supernode: %w", err)
	}
	e.note("Started. Waiting until it is paid; Ctrl-C does not stop the Supernode.")
	for !c.NoWait {
		now, err := r.pool(ctx, p.ID)
		if err != nil {
			return err
		}
		if now.Rewards > p.Rewards {
			if e.json {
				return printJSON(e.out, map[string]any{"alias": c.Alias, "masternode_conf": line, "outcome": "paid", "height": now.Tip.Height})
			}
			_, err := fmt.Fprintf(e.out, "Paid: the pool has received %s PSL, by block %d.\n", now.Income-p.Income, now.Tip.Height)
			return err
		}
		select {
		case <-ctx.Done():
			return errors.New("the Supernode is started and was not paid yet: smartpool pool status tells later")
		case <-time.After(time.Second):
		}
	}
	if e.json {
		return printJSON(e.out, map[string]any{"alias": c.Alias, "masternode_conf": line, "outcome": "started"})
	}
	return nil
}
