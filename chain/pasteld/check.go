package pasteld

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
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
	is, err := c.NetworkName(ctx)
	if err != nil {
		return err
	}
	if is != c.net.Name {
		if is == "" {
			is = "an unknown network"
		}
		return c.wrong(infoMethod, "the node is on %s, not on %s; connect to another node or select its network", is, c.net.Name)
	}
	a, err := c.About(ctx)
	if err != nil {
		return err
	}
	if a.version < minVersion {
		return c.wrong(networkMethod, "the node's version is %s; update it to pasteld %s or newer", a.Version, versionText(minVersion))
	}
	return nil
}

// NetworkName returns the name of the network that the node is on, whichever the client is for; "" if it is none of Pastel's.
func (c *Client) NetworkName(ctx context.Context) (string, error) {
	var i struct {
		Chain string `json:"chain"`
		Pools []struct {
			Value *int64 `json:"chainValuePat"` // nodes of related coins name their own unit
		} `json:"valuePools"`
	}
	if err := c.Call(ctx, infoMethod, &i); err != nil {
		return "", err
	}
	if i.Chain == "" || len(i.Pools) == 0 || i.Pools[0].Value == nil {
		return "", c.wrong(infoMethod, "this is a node of another coin; use the address of a Pastel node")
	}
	for name, chain := range chainNames {
		if chain == i.Chain {
			return name, nil
		}
	}
	return "", nil
}

const networkMethod = "getnetworkinfo"

// About is what a node says about itself.
type About struct {
	Version string // such as 2.2.10
	version int    // in the node's notation

	// Offset is by how much the node's peers' clocks, in the middle, are ahead of its own. Offset is 0 without peers, or if the node does not say.
	Offset time.Duration
}

// About asks the node about itself.
func (c *Client) About(ctx context.Context) (About, error) {
	var n struct {
		Version *int            `json:"version"`
		Offset  json.RawMessage `json:"timeoffset"`
	}
	if err := c.typed(ctx, networkMethod, &n); err != nil {
		return About{}, err
	}
	seconds, err := strconv.ParseInt(string(n.Offset), 10, 32)
	if err != nil {
		seconds = 0
	}
	return About{versionText(*n.Version), *n.Version, time.Duration(seconds) * time.Second}, nil
}
