package pasteld

import (
	"context"
	"fmt"
)

// minVersion is the first release with the calls and contract tickets used here: 2.2.10, in the node's notation.
const minVersion = 2_02_10_00

// versionText formats a version in the node's notation: two digits per part, the last two for the build.
func versionText(v int) string {
	return fmt.Sprintf("%d.%d.%d", v/1_000_000, v/10_000%100, v/100%100)
}

// chainNames maps our networks to the node's names (chainparams.cpp).
var chainNames = map[string]string{"main": "main", "testnet": "test", "devnet": "devnet", "regtest": "regtest"}

// Check verifies that this is a Pastel node of the configured network, and recent enough.
func (c *Client) Check(ctx context.Context) error {
	const info, network = infoMethod, "getnetworkinfo"
	var i struct {
		Chain string `json:"chain"`
		Pools []struct {
			Value *int64 `json:"chainValuePat"` // nodes of related coins name their own unit
		} `json:"valuePools"`
	}
	if err := c.Call(ctx, info, &i); err != nil {
		return err
	}
	if i.Chain == "" || len(i.Pools) == 0 || i.Pools[0].Value == nil {
		return c.wrong(info, "this is a node of another coin; use the address of a Pastel node")
	}
	if i.Chain != chainNames[c.net.Name] {
		is := "an unknown network"
		for name, chain := range chainNames {
			if chain == i.Chain {
				is = name
			}
		}
		return c.wrong(info, "the node is on %s, not on %s; connect to another node or select its network", is, c.net.Name)
	}
	var n struct {
		Version *int `json:"version"`
	}
	if err := c.typed(ctx, network, &n); err != nil {
		return err
	}
	if *n.Version < minVersion {
		return c.wrong(network, "the node's version is %s; update it to pasteld %s or newer",
			versionText(*n.Version), versionText(minVersion))
	}
	return nil
}
