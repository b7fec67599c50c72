package devnode

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os"
	"slices"
	"strconv"
	"strings"

	"github.com/pastelnetwork/smartpool/pastel"
)

// masternodeEntry is an entry of masternode.conf, with pasteld's fields.
type masternodeEntry struct {
	alias, address, key, txID, index string
	extAddress, extP2P, extConfig    string
}

// masternodeConf is masternode.conf as read by pasteld 2.2.10 (mnode/mnode-config.cpp): a JSON object of entries by alias.
type masternodeConf struct {
	path    string
	net     *pastel.Network
	entries map[string]masternodeEntry // by lower-case alias
}

const (
	maxConfFile  = 1 << 20 // bytes
	maxExtConfig = 1024    // bytes; the rest is cut off
	mainPort     = 9933    // required on main, forbidden elsewhere
)

// read adds new entries. A known alias keeps its entry until the node restarts. The error text is pasteld's.
func (c *masternodeConf) read() error {
	info, err := os.Stat(c.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil
	}
	var text []byte
	if err == nil && !info.Mode().IsRegular() { // opening a pipe would block until something writes to it
		err = errors.New("it is not a regular file")
	}
	if err == nil && info.Size() > maxConfFile {
		err = fmt.Errorf("it is longer than %d bytes", maxConfFile)
	}
	if err == nil {
		text, err = os.ReadFile(c.path)
	}
	if err != nil {
		return fmt.Errorf("Error while processing config file - %w\n", err) //nolint:staticcheck,revive // pasteld's words
	}
	return c.add(text)
}

// add reads a file's text. Entries before a wrong one stay.
func (c *masternodeConf) add(text []byte) error {
	var all any
	if err := json.Unmarshal(text, &all); err != nil {
		return fmt.Errorf("Config file is invalid - %w\n", err) //nolint:staticcheck,revive // pasteld's words
	}
	list, _ := all.(map[string]any)
	for _, alias := range slices.Sorted(maps.Keys(list)) {
		fields, _ := list[alias].(map[string]any)
		e, whole := entryOf(alias, fields)
		if _, known := c.entries[strings.ToLower(alias)]; known || !whole {
			continue
		}
		if err := c.check(&e); err != nil {
			return err
		}
		c.entries[strings.ToLower(alias)] = e
	}
	if len(c.entries) == 0 {
		return fmt.Errorf("Config file %s is invalid () - no correct records found - %s\n", c.path, bytes.TrimSpace(text)) //nolint:staticcheck,revive // pasteld's words
	}
	return nil
}

// entryOf reads an entry; false if it lacks a required value. Values of other types count as missing.
func entryOf(alias string, fields map[string]any) (masternodeEntry, bool) {
	text := func(name string) string {
		s, _ := fields[name].(string)
		return s
	}
	e := masternodeEntry{
		alias: alias, address: text("mnAddress"), key: text("mnPrivKey"), txID: text("txid"), index: text("outIndex"),
		extAddress: text("extAddress"), extP2P: text("extP2P"),
	}
	if config, ok := fields["extCfg"].(map[string]any); ok {
		e.extConfig = string(encode(config))
		e.extConfig = e.extConfig[:min(len(e.extConfig), maxExtConfig)]
	}
	return e, alias != "" && e.address != "" && e.key != "" && e.txID != "" && e.index != ""
}

// check checks the numbers in an entry.
func (c *masternodeConf) check(e *masternodeEntry) error {
	index, err := strconv.ParseInt(e.index, 10, 64)
	switch {
	case err != nil:
		return fmt.Errorf("Failed to parse outIndex string\nAlias: %s (outIndex)", e.alias) //nolint:staticcheck // pasteld's words
	case (index < 0 || index > 1_000_000) && index != poolIndex:
		return fmt.Errorf("Failed to parse outIndex string. Value shall be between 0 and 1000000\nAlias: %s (outIndex)", e.alias) //nolint:staticcheck // pasteld's words
	}
	for _, field := range []struct{ name, value string }{{"mnAddress", e.address}, {"extAddress", e.extAddress}, {"extP2P", e.extP2P}} {
		if field.value == "" {
			continue
		}
		host, port, found := cutLast(field.value, ":")
		n, err := strconv.ParseUint(port, 10, 16)
		switch main := c.net.Name == "main"; {
		case !found || err != nil || n == 0 || host == "":
			return fmt.Errorf("Failed to parse host:port string [%s]. \nAlias: %s (%s)", field.value, e.alias, field.name) //nolint:staticcheck // pasteld's words
		case field.name == "mnAddress" && main && n != mainPort:
			return fmt.Errorf("Invalid port detected in masternode.conf\nPort: %d\nAlias: %s\n(must be %d for mainnet) (mnAddress)", n, e.alias, mainPort) //nolint:staticcheck // pasteld's words
		case field.name == "mnAddress" && !main && n == mainPort:
			return fmt.Errorf("Invalid port detected in masternode.conf\nAlias: %s\n(%d could be used only on mainnet) (mnAddress)", e.alias, mainPort) //nolint:staticcheck // pasteld's words
		}
	}
	return nil
}

func cutLast(s, sep string) (before, after string, found bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

// outPoint returns the collateral, or the activation of a pool.
func (e *masternodeEntry) outPoint() (pastel.OutPoint, error) {
	id, err := pastel.ParseTxID(e.txID)
	if err != nil {
		return pastel.OutPoint{}, err
	}
	index, err := strconv.ParseUint(e.index, 10, 32)
	return pastel.OutPoint{TxID: id, Vout: uint32(index)}, err
}
