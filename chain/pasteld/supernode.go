package pasteld

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
)

// Masternode is a Supernode in the node's list.
type Masternode struct {
	OutPoint pastel.OutPoint // its collateral, or a pool's activation and index 4294967295
	Status   string          // such as ENABLED
	Payee    pastel.Address  // zero if it has none
	Address  string          // host:port
}

// MasternodeGenKey generates a key for a Supernode's machine to sign with, in wallet import format. The key is in no wallet.
func (c *Client) MasternodeGenKey(ctx context.Context) (string, error) {
	const method = "masternode"
	var key string
	if err := c.typed(ctx, method, &key, "genkey"); err != nil {
		return "", err
	}
	if _, err := pastel.Base58CheckDecode(key); err != nil {
		return "", c.wrong(method, "the node returned something other than a key; check whether this is a Pastel node")
	}
	return key, nil
}

// Masternodes returns all Supernodes that the node knows, in the order of their outpoints. It skips malformed lines, and fails if all are
// malformed.
func (c *Client) Masternodes(ctx context.Context) ([]Masternode, error) {
	const method = "masternode"
	var lines map[string]any // a line that is not text is skipped
	if err := c.typed(ctx, method, &lines, "list", "full"); err != nil {
		return nil, err
	}
	list := make([]Masternode, 0, len(lines))
	for out, line := range lines {
		text, _ := line.(string)
		if m, ok := c.masternode(out, text); ok {
			list = append(list, m)
		}
	}
	if len(list) == 0 && len(lines) > 0 {
		return nil, c.wrong(method, "the node's list contains no valid Supernode; check whether its version is supported")
	}
	slices.SortFunc(list, func(a, b Masternode) int { return a.OutPoint.Compare(b.OutPoint) })
	return list, nil
}

// Values from the list are shown to people and passed on to programs, so their form is restricted.
var (
	statusForm  = regexp.MustCompile(`^[A-Z_]{1,32}$`)
	addressForm = regexp.MustCompile(`^[!-~]{1,100}$`) // IP:port, or a Tor name
)

// masternode reads an entry of the list: txid-index, and status, protocol, payee, last seen, active seconds, time and height last paid,
// host:port. A Supernode whose collateral is spent may have no payee.
func (c *Client) masternode(out, line string) (m Masternode, ok bool) {
	id, index, _ := strings.Cut(out, "-")
	tx, idErr := pastel.ParseTxID(id)
	vout, indexErr := strconv.ParseUint(index, 10, 32)
	f := strings.Fields(line)
	if idErr != nil || indexErr != nil || len(f) != 7 && len(f) != 8 || !statusForm.MatchString(f[0]) || !addressForm.MatchString(f[len(f)-1]) {
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

// ListSynced reports whether the node has synced the network's list of Supernodes; a node just started may lack any of them.
func (c *Client) ListSynced(ctx context.Context) (bool, error) {
	var s struct {
		Synced *bool `json:"IsMasternodeListSynced"`
	}
	if err := c.typed(ctx, "mnsync", &s, "status"); err != nil {
		return false, err
	}
	return *s.Synced, nil
}

// ErrUnknownAlias says that the node knows no entry with this alias: it uses another masternode.conf, or cannot read this one.
var ErrUnknownAlias = errors.New("the node finds no such alias in its masternode.conf")

// unknownAlias is pasteld's message for it.
const unknownAlias = "Could not find alias in config. Verify with list-conf."

// ActivateMasternode announces the Supernode of an entry in the node's masternode.conf. The node uses the entry as it first read it. Errors
// never show the machine's key, which the node may repeat.
func (c *Client) ActivateMasternode(ctx context.Context, alias, key string) error {
	const method = "masternode"
	var s struct {
		Result *string `json:"result"`
		Reason string  `json:"errorMessage"`
	}
	if err := c.hiding(ctx, []string{key}, method, &s, "activate", alias); err != nil {
		return err
	}
	switch {
	case *s.Result == "successful":
		return nil
	case s.Reason == unknownAlias:
		return c.failed(method, ErrUnknownAlias)
	}
	return c.wrong(method, "the node did not activate %s: %s", oneLine(alias, nil), oneLine(s.Reason, []string{key}))
}

// ExtConfig returns the extra configuration (extCfg) that a Supernode in the node's list announced; false if it is not listed. It ignores
// other entries.
func (c *Client) ExtConfig(ctx context.Context, out pastel.OutPoint) (config string, listed bool, err error) {
	const method = "masternode"
	var all map[string]json.RawMessage
	if err := c.typed(ctx, method, &all, "list", "extra"); err != nil {
		return "", false, err
	}
	raw, listed := all[fmt.Sprintf("%s-%d", out.TxID, out.Vout)]
	if !listed {
		return "", false, nil
	}
	var e struct {
		Config string `json:"extCfg"`
	}
	if err := json.Unmarshal(raw, &e); err != nil {
		return "", false, c.wrong(method, "the node's list has a malformed entry; check whether the node's version is supported")
	}
	return e.Config, true, nil
}
