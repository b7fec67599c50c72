package main

import (
	"context"
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
)

type supernodeCmd struct {
	Launch supernodeLaunchCmd `cmd:"" help:"Start an active pool's Supernode; run it again to continue (operator)."`
}

type supernodeLaunchCmd struct {
	apiFlags
	nodeFlags
	identityFlags
	Pool       string `type:"pool" arg:"" optional:"" help:"The pool's id or label; without it, you choose one from a list."`
	Host       string `type:"text" placeholder:"IP:PORT" help:"Address of the Supernode's machine; by default, the one in its entry of masternode.conf."`
	ExtAddress string `type:"text" placeholder:"IP:PORT" help:"Address of the machine's Supernode software (extAddress)."`
	ExtP2P     string `type:"text" name:"ext-p2p" placeholder:"IP:PORT" help:"Address of that software's own network (extP2P)."`
	Alias      string `placeholder:"NAME" help:"Name in masternode.conf; by default, the pool's label."`
	Conf       string `name:"masternode-conf" placeholder:"FILE" help:"The node's masternode.conf; by default, the one beside its .cookie."`
	MachineKey string `name:"masternode-key-file" placeholder:"FILE" help:"File with a key from an earlier masternode genkey, or - to be asked for it, or to read it from standard input; by default, the entry's, or a new one."`
	ShowKey    bool   `help:"With --json: print the machine's key, too."`
	Cold       string `placeholder:"FILE" help:"Sign nothing; write the entry to this file and print what the Supernode's PastelID must sign elsewhere."`
	Signed     string `placeholder:"FILE" help:"Use an entry written by --cold and signed since."`
	Signature  string `type:"id" placeholder:"BASE64" help:"With --signed: the PastelID's signature, unless the file has it."`
	NoWait     bool   `help:"Do not wait until the node lists the Supernode and it is paid."`
	Yes        bool   `help:"Do not ask for confirmation."`
}

func (c *supernodeLaunchCmd) launch() *journey.Launch {
	return &journey.Launch{
		Pool: c.Pool, Host: c.Host, ExtAddress: c.ExtAddress, ExtP2P: c.ExtP2P, Alias: c.Alias, Conf: c.Conf, Cold: c.Cold,
		Signed: c.Signed, Signature: c.Signature, NoWait: c.NoWait, Yes: c.Yes, Node: c.at(), Key: c.source(),
	}
}

// Validate checks the addresses.
func (c *supernodeLaunchCmd) Validate() error { return c.launch().Validate() }

// Run starts the Supernode and prints the outcome.
func (c *supernodeLaunchCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	launch := c.launch()
	if c.MachineKey != "" {
		key, err := secretLine(e, c.MachineKey, "The machine's key (hidden): ")
		if err != nil {
			return err
		}
		launch.MachineKey = key
	}
	launch.Answers = answers(e, r)
	x, err := r.Launch(ctx, launch)
	switch {
	case err != nil:
		return err
	case e.JSON && c.Cold != "":
		return terminal.PrintJSON(e.Out, map[string]string{"file": x.Conf, "statement": x.Statement, "pastelid": x.PastelID})
	case e.JSON:
		hot := []string{"masternode=1", "txindex=1"}
		if c.ShowKey { // otherwise programs' logs would collect it; masternode.conf has it as well
			hot = append(hot, "masternodeprivkey="+x.Key)
		}
		return terminal.PrintJSON(e.Out, map[string]any{
			"alias": x.Alias, "masternode_conf": x.Conf, "host": x.Host, "outcome": x.Outcome, "height": x.Height, "hot_pastel_conf": hot,
		})
	}
	_, err = fmt.Fprintln(e.Out, x.Text)
	return err
}
