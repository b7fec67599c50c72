package pasteld

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/pastelnetwork/smartpool/pastel"
)

// MasternodeConf is pasteld's masternode.conf, a JSON object with an entry per alias (mnode/mnode-config.cpp). The command masternode
// activate announces what an entry says. The node reads an alias only once: a change to an entry that it knows takes effect after a
// restart.
type MasternodeConf struct {
	path    string
	entries object
}

// MasternodeEntry is an entry of masternode.conf.
type MasternodeEntry struct {
	Alias      string          // pasteld ignores case
	Address    string          // mnAddress, IP:port of the machine
	Key        string          // the machine's key, mnPrivKey, in wallet import format
	OutPoint   pastel.OutPoint // txid, outIndex: the collateral, or a pool's activation and index 4294967295
	ExtAddress string          // IP:port of the storage layer; may be empty
	ExtP2P     string          // IP:port of its network; may be empty
	ExtConfig  json.RawMessage // extCfg, a JSON object; may be empty
}

// maxConf limits masternode.conf, in bytes.
const maxConf = 1 << 20

// maxExtConfig is how much pasteld keeps of an extra configuration, in bytes.
const maxExtConfig = 1024

// NewMasternodeConf returns a file without entries.
func NewMasternodeConf(path string) *MasternodeConf { return &MasternodeConf{path: path} }

// ReadMasternodeConf reads the file. A missing file has no entries.
func ReadMasternodeConf(path string) (*MasternodeConf, error) {
	c := NewMasternodeConf(path)
	info, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return c, linksNowhere(path)
	}
	if err == nil && !info.Mode().IsRegular() { // opening a pipe would block until something writes to it
		err = fmt.Errorf("%s is not a regular file", path)
	}
	var f *os.File
	if err == nil {
		f, err = os.Open(path)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot read masternode.conf: %w; run this command as the user who runs the node, or correct --masternode-conf", err)
	}
	defer f.Close()
	text, err := io.ReadAll(io.LimitReader(f, maxConf+1))
	if err == nil && len(text) > maxConf {
		err = fmt.Errorf("it is longer than %d bytes", maxConf)
	}
	if err == nil {
		c.entries, err = parseConf(text)
	}
	if err != nil {
		return nil, fmt.Errorf("pasteld cannot read %s: %w; correct the file first. Nothing was changed", path, err)
	}
	return c, nil
}

// linksNowhere refuses a link whose target is missing: writing would replace the link with a file.
func linksNowhere(path string) error {
	if to, err := os.Readlink(path); err == nil {
		return fmt.Errorf("%s is a link to %s, which is missing: restore that file, or remove the link. Nothing was changed", path, to)
	}
	return nil
}

// parseConf reads the entries in the order of the text.
func parseConf(text []byte) (object, error) {
	if !utf8.Valid(text) {
		return nil, errors.New("it is not UTF-8 text")
	}
	entries, err := parseObject(bytes.TrimPrefix(text, []byte("\ufeff")))
	if err != nil {
		return nil, err
	}
	for i := range entries {
		if slices.ContainsFunc(entries[:i], func(m member) bool { return strings.EqualFold(m.name, entries[i].name) }) {
			return nil, fmt.Errorf("the alias %q occurs twice", entries[i].name)
		}
	}
	return entries, nil
}

// Path returns the file's path.
func (c *MasternodeConf) Path() string { return c.path }

// Entry returns the entry of an alias; false if there is none. Fields that are malformed in the file are empty.
func (c *MasternodeConf) Entry(alias string) (MasternodeEntry, bool) {
	for _, m := range c.entries {
		if strings.EqualFold(m.name, alias) {
			return m.entry(), true
		}
	}
	return MasternodeEntry{}, false
}

// Aliases returns the names of all entries, as they are written.
func (c *MasternodeConf) Aliases() []string {
	list := make([]string, len(c.entries))
	for i, m := range c.entries {
		list[i] = m.name
	}
	return list
}

// Backed returns the entry with a collateral outpoint; false if there is none.
func (c *MasternodeConf) Backed(out pastel.OutPoint) (MasternodeEntry, bool) {
	for _, m := range c.entries {
		if e := m.entry(); e.OutPoint == out {
			return e, true
		}
	}
	return MasternodeEntry{}, false
}

// Set replaces the entry with the same alias, or adds one at the end. It keeps other values that pasteld stores in an entry.
func (c *MasternodeConf) Set(e *MasternodeEntry) error {
	i := slices.IndexFunc(c.entries, func(m member) bool { return strings.EqualFold(m.name, e.Alias) })
	var fields object
	if i >= 0 {
		var err error
		if fields, err = parseObject(c.entries[i].value); err != nil {
			return fmt.Errorf("entry %q of %s: %w; remove it first", e.Alias, c.path, err)
		}
	}
	for _, f := range []struct{ name, value string }{
		{"mnAddress", e.Address}, {"mnPrivKey", e.Key}, {"txid", e.OutPoint.TxID.String()}, {"outIndex", strconv.FormatUint(uint64(e.OutPoint.Vout), 10)},
		{"extAddress", e.ExtAddress}, {"extP2P", e.ExtP2P},
	} {
		fields.set(f.name, quote(f.value))
	}
	if len(e.ExtConfig) > 0 {
		var config bytes.Buffer
		if err := json.Compact(&config, e.ExtConfig); err != nil || config.Len() > maxExtConfig {
			return fmt.Errorf("the extra configuration (extCfg) of %q is longer than pasteld's limit of %d bytes, or not JSON; correct it", e.Alias, maxExtConfig)
		}
		fields.set("extCfg", e.ExtConfig)
	}
	if i >= 0 {
		c.entries[i].value = fields.encode()
	} else {
		c.entries.set(e.Alias, fields.encode())
	}
	return nil
}

// Only returns the only entry; false if the file has none, or several.
func (c *MasternodeConf) Only() (MasternodeEntry, bool) {
	if len(c.entries) != 1 {
		return MasternodeEntry{}, false
	}
	return c.entries[0].entry(), true
}

// With returns a copy of the file with an entry set as by Set.
func (c *MasternodeConf) With(e *MasternodeEntry) (*MasternodeConf, error) {
	with := &MasternodeConf{c.path, slices.Clone(c.entries)}
	return with, with.Set(e)
}

// Shown returns an entry as it stands in the file, indented, for people.
func (c *MasternodeConf) Shown(alias string) string {
	for _, m := range c.entries {
		if strings.EqualFold(m.name, alias) {
			one := object{m}.indented()
			return strings.TrimSuffix(strings.TrimPrefix(string(one), "{\n"), "\n}\n")
		}
	}
	return ""
}

// CanWrite reports why Write would fail, as far as can be known in advance.
func (c *MasternodeConf) CanWrite() error {
	tmp, _, err := c.temporary()
	if err != nil {
		return err
	}
	return errors.Join(tmp.Close(), os.Remove(tmp.Name()))
}

// Write replaces the file as a whole or not at all. Only the owner can read it, because it contains keys.
func (c *MasternodeConf) Write() error {
	tmp, target, err := c.temporary()
	if err != nil {
		return err
	}
	_, err = tmp.Write(c.entries.indented())
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err == nil {
		err = os.Rename(tmp.Name(), target)
	}
	if err != nil {
		return errors.Join(c.unwritable(err), os.Remove(tmp.Name()))
	}
	return nil
}

// temporary creates a file beside the target, which is where a link points.
func (c *MasternodeConf) temporary() (tmp *os.File, target string, err error) {
	target, err = filepath.EvalSymlinks(c.path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := linksNowhere(c.path); err != nil {
			return nil, "", err
		}
		target, err = c.path, nil
	}
	if info, statErr := os.Stat(target); err == nil && statErr == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a regular file")
	}
	if err == nil {
		tmp, err = os.CreateTemp(filepath.Dir(target), ".masternode.conf-*") // mode 0600
	}
	if err == nil {
		if err = keepOwner(tmp, target); err != nil {
			err = errors.Join(err, tmp.Close(), os.Remove(tmp.Name()))
		}
	}
	if err != nil {
		return nil, "", c.unwritable(err)
	}
	return tmp, target, nil
}

func (c *MasternodeConf) unwritable(err error) error {
	return fmt.Errorf("cannot write %s: %w; run this command as the user who runs the node, or correct --masternode-conf. Nothing was changed", c.path, err)
}

// object is a JSON object whose members keep their order and form.
type object []member

type member struct {
	name  string
	key   json.RawMessage // the name as written
	value json.RawMessage
}

// entry reads a member of masternode.conf as an entry.
func (m *member) entry() MasternodeEntry {
	fields, err := parseObject(m.value)
	if err != nil {
		return MasternodeEntry{Alias: m.name}
	}
	e := MasternodeEntry{
		Alias: m.name, Address: fields.text("mnAddress"), Key: fields.text("mnPrivKey"), ExtAddress: fields.text("extAddress"),
		ExtP2P: fields.text("extP2P"), ExtConfig: fields.get("extCfg"),
	}
	id, idErr := pastel.ParseTxID(strings.ToLower(fields.text("txid")))
	index, indexErr := strconv.ParseUint(fields.text("outIndex"), 10, 32)
	if idErr == nil && indexErr == nil {
		e.OutPoint = pastel.OutPoint{TxID: id, Vout: uint32(index)}
	}
	return e
}

// parseObject reads an object; nothing may follow it.
func parseObject(text []byte) (object, error) {
	if !json.Valid(text) {
		var any json.RawMessage
		return nil, fmt.Errorf("it is not JSON (%w)", json.Unmarshal(text, &any))
	}
	d := json.NewDecoder(bytes.NewReader(text))
	if start, err := d.Token(); err != nil || start != json.Delim('{') {
		return nil, errors.New("it is not a JSON object")
	}
	o := object{}
	for d.More() {
		before := d.InputOffset()
		name, err := d.Token()
		if err != nil {
			return nil, err
		}
		m := member{key: bytes.TrimLeft(text[before:d.InputOffset()], " \t\r\n,")}
		m.name, _ = name.(string)
		if err := d.Decode(&m.value); err != nil {
			return nil, err
		}
		o = append(o, m)
	}
	return o, nil
}

func (o object) get(name string) json.RawMessage {
	for i := len(o) - 1; i >= 0; i-- { // pasteld uses the last of several members with one name
		if o[i].name == name {
			return o[i].value
		}
	}
	return nil
}

// text returns a member that is a string; empty if there is none.
func (o object) text(name string) (s string) {
	if json.Unmarshal(o.get(name), &s) != nil {
		return ""
	}
	return s
}

// set replaces the last member with a name, or adds one at the end. It does not add an empty text.
func (o *object) set(name string, value json.RawMessage) {
	for i := len(*o) - 1; i >= 0; i-- {
		if (*o)[i].name == name {
			(*o)[i].value = value
			return
		}
	}
	if string(value) != `""` {
		*o = append(*o, member{name, quote(name), value})
	}
}

// encode prints the members in their order.
func (o object) encode() json.RawMessage {
	var b bytes.Buffer
	b.WriteByte('{')
	for i, m := range o {
		if i > 0 {
			b.WriteByte(',')
		}
		b.Write(m.key)
		b.WriteByte(':')
		b.Write(m.value)
	}
	b.WriteByte('}')
	return b.Bytes()
}

// indented prints the members the way pasteld does.
func (o object) indented() []byte {
	var b bytes.Buffer
	if err := json.Indent(&b, o.encode(), "", "    "); err != nil {
		panic(err) // every part was read as JSON or encoded here
	}
	b.WriteByte('\n')
	return b.Bytes()
}

// quote returns a JSON string without escapes for HTML.
func quote(s string) json.RawMessage {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(s); err != nil {
		panic(err) // encoding a string cannot fail
	}
	return bytes.TrimSuffix(b.Bytes(), []byte("\n"))
}
