package pasteld

import (
	"context"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
)

// poolIndex is the output index that tells a pool's Supernode, whose transaction is its activation, from others.
const poolIndex = math.MaxUint32

// Masternode is a Supernode in the node's list.
type Masternode struct {
	OutPoint pastel.OutPoint // its collateral, or a pool's activation and index 4294967295
	Status   string          // such as ENABLED
	Payee    pastel.Address  // zero if it has none
	Address  string          // host:port
}

// MasternodeGenKey makes the key that a Supernode's machine signs with, in wallet import format. It is in no wallet.
func (c *Client) MasternodeGenKey(ctx context.Context) (string, error) {
	const method = "masternode"
	var key string
	if err := c.typed(ctx, method, &key, "genkey"); err != nil {
		return "", err
	}
	if _, err := pastel.Base58CheckDecode(key); err != nil {
		return "", c.wrong(method, "the node gave what is no key, see whether this is a Pastel node")
	}
	return key, nil
}

// Masternodes lists all Supernodes that the node knows, in the order of their outpoints.
func (c *Client) Masternodes(ctx context.Context) ([]Masternode, error) {
	const method = "masternode"
	var lines map[string]string
	if err := c.typed(ctx, method, &lines, "list", "full"); err != nil {
		return nil, err
	}
	list := make([]Masternode, 0, len(lines))
	for out, line := range lines {
		m, ok := c.masternode(out, line)
		if !ok {
			return nil, c.wrong(method, "the node's list has a line that is no Supernode, see whether it is of a known version")
		}
		list = append(list, m)
	}
	slices.SortFunc(list, func(a, b Masternode) int { return a.OutPoint.Compare(b.OutPoint) })
	return list, nil
}

// masternode reads an entry of the list: txid-index, and status, protocol, payee, last seen, active seconds, time and height
// last paid, host:port. One whose collateral is spent may have no payee.
func (c *Client) masternode(out, line string) (m Masternode, ok bool) {
	id, index, _ := strings.Cut(out, "-")
	tx, idErr := pastel.ParseTxID(id)
	vout, indexErr := strconv.ParseUint(index, 10, 32)
	f := strings.Fields(line)
	if idErr != nil || indexErr != nil || len(f) != 7 && len(f) != 8 {
		return Masternode{}, false
	}
	m = Masternode{OutPoint: pastel.OutPoint{TxID: tx, Vout: uint32(vout)}, Status: f[0], Address: f[len(f)-1]}
	if len(f) == 8 {
		var err error
		if m.Payee, err = pastel.ParseAddress(&c.net, f[2]); err != nil {
			return Masternode{}, false
		}
	}
	return m, true
}

// StartPoolSupernode starts the Supernode of a pool: its machine at host:port signs with a key of MasternodeGenKey, and the
// pool's activation stands for the collateral. Only a node that knows the rules can.
func (c *Client) StartPoolSupernode(ctx context.Context, alias, hostport, mnPrivKey string, activation pastel.TxID) error {
	const method = "masternode"
	var s struct {
		Result *string `json:"result"`
		Reason string  `json:"errorMessage"`
	}
	err := c.typed(ctx, method, &s, "start", alias, hostport, secret(mnPrivKey), activation.String(), uint32(poolIndex))
	if err != nil {
		return err
	}
	if *s.Result != "successful" {
		return c.wrong(method, "the node did not start the Supernode: %s", oneLine(s.Reason, []string{mnPrivKey}))
	}
	return nil
}
