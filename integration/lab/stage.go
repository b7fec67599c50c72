package main

import (
	"context"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"time"

	"github.com/decred/dcrd/dcrec/secp256k1/v4"

	"github.com/pastelnetwork/smartpool/internal/players"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/ticket"
)

// stage is what scenarios share: a pool, and its Supernode once it is launched.
type stage struct {
	*players.Cast
	key       string // of the Supernode's machine
	launched  bool
	announced time.Time // when it was launched
	label     string
	pools     int // opened so far
}

// supernode is the collateral reference of the pool's Supernode.
func (s *stage) supernode() pastel.OutPoint {
	return pastel.OutPoint{TxID: s.Activation, Vout: math.MaxUint32}
}

// escrow is the address that the pool's Supernode is paid at.
func (s *stage) escrow() pastel.Address { return ticket.EscrowAddress(s.Pool) }

// cast registers an operator, a Supernode and members who pledge some PSL each, and gives members their outputs.
func (l *lab) cast(ctx context.Context, coins ...int64) (*players.Cast, error) {
	l.stage.pools++
	var names []string
	for i := range coins {
		names = append(names, fmt.Sprintf("member %d of pool %d", i+1, l.stage.pools))
	}
	c := players.New(l.net, l.alpha.Client, names, coins)
	for _, p := range c.Everybody() {
		if err := c.Provide(ctx, p); err != nil {
			return nil, fmt.Errorf("provide %s: %w", p.Name, err)
		}
	}
	for _, m := range c.Members {
		if err := c.Fund(ctx, m); err != nil {
			return nil, fmt.Errorf("fund %s: %w", m.Name, err)
		}
	}
	if err := l.mine(ctx, 1); err != nil {
		return nil, err
	}
	for _, p := range c.Everybody() {
		if err := c.Register(ctx, p); err != nil {
			return nil, fmt.Errorf("register %s: %w", p.Name, err)
		}
	}
	for _, m := range c.Members {
		if err := c.Settle(ctx, m); err != nil {
			return nil, err
		}
	}
	return c, l.mine(ctx, 1)
}

// subscribe opens a pool that all members have pledged to.
func (l *lab) subscribe(ctx context.Context, coins ...int64) (*players.Cast, error) {
	c, err := l.cast(ctx, coins...)
	if err != nil {
		return nil, err
	}
	if err := errors.Join(c.Open(ctx, fmt.Sprintf("lab-%d", l.stage.pools)), l.mine(ctx, 1)); err != nil {
		return nil, err
	}
	for _, m := range c.Members {
		if err := c.Pledge(ctx, m); err != nil {
			return nil, fmt.Errorf("pledge of %s: %w", m.Name, err)
		}
	}
	return c, l.mine(ctx, 1)
}

// activePool gives scenarios a pool that is active, and makes one if there is none.
func (l *lab) activePool(ctx context.Context) error {
	if l.stage.Cast != nil {
		return nil
	}
	c, err := l.subscribe(ctx, 600, 600)
	if err != nil {
		return err
	}
	if err := errors.Join(c.Activate(ctx, c.Members), l.mine(ctx, 1)); err != nil {
		return err
	}
	l.stage.Cast, l.stage.label = c, fmt.Sprintf("lab-%d", l.stage.pools)
	return nil
}

// entry is a Supernode in masternode.conf, as pasteld reads it.
type entry struct {
	Address    string         `json:"mnAddress"`
	Key        string         `json:"mnPrivKey"`
	TxID       string         `json:"txid"`
	Index      string         `json:"outIndex"`
	ExtAddress string         `json:"extAddress"`
	ExtP2P     string         `json:"extP2P"`
	ExtCfg     map[string]any `json:"extCfg"`
}

// machineKey is the compressed public key of a Supernode's machine, in hex.
func machineKey(wif string) (string, error) {
	b, err := pastel.Base58CheckDecode(wif)
	if err != nil || len(b) < 33 {
		return "", fmt.Errorf("key of the machine: %w", err)
	}
	return hex.EncodeToString(secp256k1.PrivKeyFromBytes(b[1:33]).PubKey().SerializeCompressed()), nil
}

// authorize has the Supernode's PastelID allow a machine to run it.
func (l *lab) authorize(ctx context.Context, c *players.Cast, key string, at time.Time) (*ticket.Launch, error) {
	pub, err := machineKey(key)
	if err != nil {
		return nil, err
	}
	launch := &ticket.Launch{Activation: c.Activation, Key: pub, Time: ticket.FormatTimeStamp(at.Unix())}
	launch.Signature, err = c.Client.SignWith(ctx, c.Supernode.ID, c.Supernode.Pass(), launch.Statement(l.net.Name))
	return launch, err
}

// entryFor is what masternode.conf says of the pool's Supernode on the hot machine.
func (l *lab) entryFor(c *players.Cast, key string, launch *ticket.Launch) entry {
	e := entry{
		Address: l.hot.peer(), Key: key, TxID: c.Activation.String(), Index: strconv.FormatUint(math.MaxUint32, 10),
		ExtAddress: "127.0.0.1:4444", ExtP2P: "127.0.0.1:4445", ExtCfg: map[string]any{},
	}
	if launch != nil {
		e.ExtCfg["smartpool"] = map[string]string{"signature": launch.Signature, "time": launch.Time}
	}
	return e
}

// configure adds an entry to a node's masternode.conf.
func configure(n *node, alias string, e entry) error {
	path := filepath.Join(n.data(), "masternode.conf")
	all := map[string]entry{}
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &all)
	} else if errors.Is(err, os.ErrNotExist) {
		err = nil
	}
	if err != nil {
		return err
	}
	all[alias] = e
	if text, err = json.MarshalIndent(all, "", "  "); err != nil {
		return err
	}
	return os.WriteFile(path, text, 0o600)
}

// heat starts the hot machine with a key, and the container of the Supernode's PastelID.
func (l *lab) heat(ctx context.Context, supernode, key string) error {
	if l.hot.process != nil && l.hot.ended() == nil {
		if err := l.hot.stop(ctx); err != nil {
			return err
		}
	}
	keys := filepath.Join(l.hot.data(), "pastelkeys")
	if err := os.MkdirAll(keys, 0o700); err != nil {
		return err
	}
	if err := copyFile(filepath.Join(keys, supernode), filepath.Join(l.alpha.data(), "pastelkeys", supernode)); err != nil {
		return err
	}
	l.hot.extra = []string{"masternode=1", "masternodeprivkey=" + key}
	return l.up(ctx, l.hot)
}

// activation is what masternode activate answers.
type activation struct {
	Result string `json:"result"`
	Reason string `json:"errorMessage"`
}

func activate(ctx context.Context, n *node, alias string) (a activation, err error) {
	return a, n.Call(ctx, "masternode", &a, "activate", alias)
}

// mustActivate announces a Supernode.
func mustActivate(ctx context.Context, n *node, alias string) error {
	a, err := activate(ctx, n, alias)
	if err == nil && a.Result != "successful" {
		err = fmt.Errorf("masternode activate: %s", a.Reason)
	}
	return err
}

// listedAs waits until nodes list a Supernode with a status.
func (l *lab) listedAs(ctx context.Context, out pastel.OutPoint, status string, nodes ...*node) error {
	for _, n := range nodes {
		err := until(ctx, fmt.Sprintf("%s to list Supernode %s as %s", n.name, out, status), 5*time.Minute, func() (bool, string, error) {
			m, err := n.supernode(ctx, out)
			if m == nil {
				return false, "it is not listed", err
			}
			return m.Status == status, m.Status, err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// upgraded are the running nodes that know pools.
func (l *lab) upgraded() []*node {
	return slices.DeleteFunc(l.running(), func(n *node) bool { return n.rules == nil })
}

// machine gives scenarios a pool whose Supernode has a machine that runs, and is not launched.
func (l *lab) machine(ctx context.Context) error {
	if err := l.activePool(ctx); err != nil || l.stage.key != "" {
		return err
	}
	key, err := l.alpha.MasternodeGenKey(ctx)
	if err != nil {
		return err
	}
	if err := l.heat(ctx, l.stage.Supernode.ID, key); err != nil {
		return err
	}
	l.stage.key = key
	return l.synced(ctx)
}

// launchSupernode gives scenarios a pool whose Supernode is ENABLED on all upgraded nodes.
func (l *lab) launchSupernode(ctx context.Context) error {
	if err := l.machine(ctx); err != nil || l.stage.launched {
		return err
	}
	launch, err := l.authorize(ctx, l.stage.Cast, l.stage.key, time.Now())
	if err != nil {
		return err
	}
	if err := configure(l.alpha, l.stage.label, l.entryFor(l.stage.Cast, l.stage.key, launch)); err != nil {
		return err
	}
	if err := mustActivate(ctx, l.alpha, l.stage.label); err != nil {
		return err
	}
	l.stage.launched, l.stage.announced = true, time.Now()
	return l.listedAs(ctx, l.stage.supernode(), "ENABLED", l.upgraded()...)
}
