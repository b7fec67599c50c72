package pasteld

import (
	"bytes"
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
	Payee    pastel.Address  // zero if it has none, or one of another form
	Address  string          // host:port; empty if it has another form
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

// MasternodeList is a node's list of Supernodes.
type MasternodeList struct {
	Listed []Masternode         // in the order of their outpoints
	Unread map[pastel.TxID]bool // collaterals' transactions of which an entry says nothing usable, or two contradict each other
	Odd    int                  // entries that are not listed
	Hidden bool                 // an entry does not even say of which Supernode it is
}

// Masternodes returns all Supernodes of which the node's list has a usable entry. It fails if it has entries and none is usable.
func (c *Client) Masternodes(ctx context.Context) ([]Masternode, error) {
	list, err := c.WholeMasternodes(ctx)
	return list.Listed, err
}

// WholeMasternodes is Masternodes and what is known of the entries that are not usable.
func (c *Client) WholeMasternodes(ctx context.Context) (list MasternodeList, err error) {
	const method = "masternode"
	var object json.RawMessage
	if err := c.typed(ctx, method, &object, "list", "full"); err != nil {
		return list, err
	}
	lines, err := entriesOf(object)
	if err != nil {
		return list, c.failed(method, err)
	}
	list.Listed, list.Unread = []Masternode{}, map[pastel.TxID]bool{}
	at := map[pastel.OutPoint]int{} // in the list
	var first error
	for _, l := range lines {
		out, named, whole := outPointOf(l.name)
		m, usable := c.masternode(out, l.text)
		usable = usable && whole
		before, twice := at[out]
		switch {
		case !named:
			list.Hidden = true
		case twice && usable && list.Listed[before] == m:
			continue
		case twice || !usable:
			list.Unread[out.TxID] = true
		default:
			at[out] = len(list.Listed)
			list.Listed = append(list.Listed, m)
			continue
		}
		if list.Odd++; first == nil {
			first = fmt.Errorf("the entry of %s", oneLine(l.name, nil))
		}
	}
	list.Listed = slices.DeleteFunc(list.Listed, func(m Masternode) bool { return list.Unread[m.OutPoint.TxID] })
	if len(list.Listed) == 0 && len(lines) > 0 {
		return MasternodeList{}, c.wrong(method, "the node's list contains no valid Supernode; check whether its version is supported")
	}
	slices.SortFunc(list.Listed, func(a, b Masternode) int { return a.OutPoint.Compare(b.OutPoint) })
	c.report(method+" list", list.Odd, first)
	return list, nil
}

// line is an entry of the list; without text if it has another value than that.
type line struct{ name, text string }

// entriesOf reads the entries of a JSON object, also those with the same name, of which a Go map would keep one.
func entriesOf(object json.RawMessage) (lines []line, err error) {
	d := json.NewDecoder(bytes.NewReader(object))
	notList := errors.New("the result is not a list of Supernodes; check whether this is a Pastel node")
	if begin, err := d.Token(); err != nil || begin != json.Delim('{') {
		return nil, notList
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return nil, notList
		}
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return nil, notList
		}
		l := line{name: fmt.Sprint(name)}
		if json.Unmarshal(raw, &l.text) != nil {
			l.text = ""
		}
		lines = append(lines, l)
	}
	return lines, nil
}

// outPointOf reads the name of an entry, txid-index: its transaction if that is named, and the whole of it if the index can be read, too.
func outPointOf(name string) (out pastel.OutPoint, named, whole bool) {
	id, index, _ := strings.Cut(name, "-")
	tx, err := pastel.ParseTxID(id)
	if err != nil {
		return out, false, false
	}
	vout, err := strconv.ParseUint(index, 10, 32)
	return pastel.OutPoint{TxID: tx, Vout: uint32(vout)}, true, err == nil
}

// Values from the list are shown to people and passed on to programs, so their form is restricted.
var (
	statusForm  = regexp.MustCompile(`^[A-Z_]{1,32}$`)
	addressForm = regexp.MustCompile(`^[!-~]{1,100}$`) // IP:port, or a Tor name
)

// masternode reads an entry of the list: status, protocol, payee, last seen, active seconds, time and height last paid, host:port. A Supernode
// whose collateral is spent may have no payee. A payee or an address that cannot be read is as good as none: the status still counts.
func (c *Client) masternode(out pastel.OutPoint, text string) (m Masternode, ok bool) {
	f := strings.Fields(text)
	if len(f) != 7 && len(f) != 8 || !statusForm.MatchString(f[0]) {
		return Masternode{}, false
	}
	m = Masternode{OutPoint: out, Status: f[0]}
	if last := f[len(f)-1]; addressForm.MatchString(last) {
		m.Address = last
	}
	if len(f) == 8 {
		if payee, err := pastel.ParseAddress(&c.net, f[2]); err == nil {
			m.Payee = payee
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
