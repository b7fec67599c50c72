package main

import (
	"github.com/pastelnetwork/smartpool/internal/terminal"
	"github.com/pastelnetwork/smartpool/pastel"
)

// networkFlags choose the network of a ticket.
type networkFlags struct {
	Network string `default:"regtest" env:"SMARTPOOL_NETWORK" help:"Network the ticket is for: main, testnet, devnet or regtest, so far the only one that enforces the rules."`
}

func (f *networkFlags) network() (pastel.Network, error) { return networkNamed(f.Network) }

func networkNamed(name string) (pastel.Network, error) {
	net, err := pastel.NetworkByName(name)
	if err != nil {
		return net, terminal.UsageError{Err: err}
	}
	return net, nil
}
