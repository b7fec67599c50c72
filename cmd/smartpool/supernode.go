package main

import (
	"context"
	"fmt"

	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
)

type supernodeCmd struct {
	Launch supernodeLaunchCmd `cmd:"" help:"Start the Supernode of an active pool; run again it goes on where it was."`
}

type supernodeLaunchCmd struct {
	apiFlags
	nodeFlags
	identityFlags
	Pool       string `arg:"" help:"Pool id, or its label."`
	Host       string `placeholder:"IP:PORT" help:"Address of the Supernode's machine; the one of its entry in masternode.conf if left out."`
	ExtAddress string `placeholder:"IP:PORT" help:"Where the machine's Supernode software is reached (extAddress)."`
	ExtP2P     string `name:"ext-p2p" placeholder:"IP:PORT" help:"Where that software's own network is reached (extP2P)."`
	Alias      string `help:"Name in masternode.conf; the pool's label if left out."`
	Conf       string `name:"masternode-conf" placeholder:"FILE" help:"The node's masternode.conf; beside its .cookie if left out."`
	MachineKey string `name:"masternode-key" placeholder:"KEY" help:"Key of an earlier masternode genkey; the entry's, or a new one, if left out."`
	Cold       string `placeholder:"FILE" help:"Sign nothing: write the entry to this file and print what the Supernode's PastelID signs elsewhere."`
	Signed     string `placeholder:"FILE" help:"Take the entry that --cold wrote, signed since."`
	Signature  string `placeholder:"BASE64" help:"With --signed: the PastelID's signature, if it is not in the file."`
	NoWait     bool   `help:"Do not wait until the Supernode is listed and paid."`
	Yes        bool   `help:"Do not ask."`
}

func (c *supernodeLaunchCmd) launch() *journey.Launch {
	return &journey.Launch{
		Pool: c.Pool, Host: c.Host, ExtAddress: c.ExtAddress, ExtP2P: c.ExtP2P, Alias: c.Alias, Conf: c.Conf, MachineKey: c.MachineKey, Cold: c.Cold,
		Signed: c.Signed, Signature: c.Signature, NoWait: c.NoWait, Yes: c.Yes, Node: c.at(), Key: c.source(),
	}
}

// Validate wants addresses that nodes take.
func (c *supernodeLaunchCmd) Validate() error { return c.launch().Validate() }

// Run starts the Supernode, and prints what came of it.
func (c *supernodeLaunchCmd) Run(ctx context.Context, e *terminal.Terminal, r *journey.Daemon) error {
	x, err := r.Launch(ctx, c.launch())
	switch {
	case err != nil:
		return err
	case e.JSON && c.Cold != "":
		return terminal.PrintJSON(e.Out, map[string]string{"file": x.Conf, "statement": x.Statement, "pastelid": x.PastelID})
	case e.JSON:
		return terminal.PrintJSON(e.Out, map[string]any{
			"alias": x.Alias, "masternode_conf": x.Conf, "host": x.Host, "outcome": x.Outcome, "height": x.Height,
			"hot_pastel_conf": []string{"masternode=1", "masternodeprivkey=" + x.Key, "txindex=1"},
		})
	}
	_, err = fmt.Fprintln(e.Out, x.Text)
	return err
}
