package main

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/internal/journey"
	"github.com/pastelnetwork/smartpool/internal/terminal"
)

type rpcCmd struct {
	nodeFlags
	Network string   `type:"text" default:"regtest" env:"SMARTPOOL_NETWORK" help:"Network of the node: main, testnet, devnet or regtest."`
	Method  string   `arg:"" help:"Method, such as getinfo, generate, pastelid or sendtoaddress."`
	Params  []string `type:"exact" arg:"" optional:"" help:"Parameters: numbers, true, false, lists and objects as JSON, anything else as text. Use - for one that is secret, such as a passphrase, to be asked for it, or to read it from standard input."`
}

// Run makes one call, as pastel-cli does.
func (c *rpcCmd) Run(ctx context.Context, e *terminal.Terminal) error {
	net, err := journey.NetworkNamed(c.Network)
	if err != nil {
		return err
	}
	node, err := pasteld.New(pasteld.Config{URL: c.URL, User: c.User, Password: c.Password, CookieFile: c.Cookie, Network: net.Network})
	if err != nil {
		return terminal.UsageError{Err: err}
	}
	params := make([]any, len(c.Params))
	for i, p := range c.Params {
		if p == "-" {
			if params[i], err = secretLine(e, p, fmt.Sprintf("Parameter %d of %s (hidden): ", i+1, c.Method)); err != nil {
				return err
			}
			continue
		}
		params[i] = p
		var v any
		if json.Unmarshal([]byte(p), &v) == nil {
			params[i] = json.RawMessage(p)
		}
	}
	var result json.RawMessage
	if err := node.Call(ctx, c.Method, &result, params...); err != nil {
		return err
	}
	var text string
	if json.Unmarshal(result, &text) == nil && !e.JSON {
		_, err = fmt.Fprintln(e.Whole(), text)
		return err
	}
	return terminal.PrintJSON(e.Whole(), result)
}
