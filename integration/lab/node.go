package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
	"github.com/pastelnetwork/smartpool/pastel"
)

// node is a pasteld.
type node struct {
	name     string
	binary   string
	dir      string
	rpc, p2p int    // ports
	rules    *rules // nil for a stock node
	extra    []string
	apart    bool   // from the network
	front    string // URL of the recorder in front of it, if there is one
	*pasteld.Client
	*process
}

// Upgrades of pasteld that are active on the lab's network from its first block.
var upgrades = []string{"5ba81b19", "76b809bb"} // Overwinter, Sapling

const user, password = "lab", "lab" // of the nodes' RPC, which listens on loopback

func newNode(name, binary, dir string, net pastel.Network, r *rules) (*node, error) {
	ports, err := freePorts(2)
	if err != nil {
		return nil, err
	}
	n := &node{name: name, binary: binary, dir: filepath.Join(dir, name), rpc: ports[0], p2p: ports[1], rules: r}
	if err := n.dial(net); err != nil {
		return nil, err
	}
	return n, os.MkdirAll(n.data(), 0o700)
}

// dial creates a client for the node's RPC.
func (n *node) dial(net pastel.Network) (err error) {
	n.Client, err = pasteld.New(pasteld.Config{URL: n.url(), User: user, Password: password, Network: net, Timeout: 3 * time.Minute})
	return err
}

// The lab's ports are below those that systems assign to connections, which could take a port between its choice and its use.
const firstPort, lastPort = 20_000, 32_000

// freePorts returns unused loopback ports.
func freePorts(count int) ([]int, error) {
	const tries = 1000
	var ports []int
	for range tries {
		port := firstPort + rand.IntN(lastPort-firstPort)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		defer l.Close() // only after all are chosen, so that they differ
		if ports = append(ports, port); len(ports) == count {
			return ports, nil
		}
	}
	return nil, fmt.Errorf("fewer than %d ports between %d and %d are free on loopback", count, firstPort, lastPort)
}

// url returns the URL of the node's RPC.
func (n *node) url() string { return cmp.Or(n.front, fmt.Sprintf("http://127.0.0.1:%d", n.rpc)) }

func (n *node) peer() string { return fmt.Sprintf("127.0.0.1:%d", n.p2p) }

// data returns the folder where pasteld keeps regtest's files.
func (n *node) data() string { return filepath.Join(n.dir, "regtest") }

// settings returns the node's pastel.conf.
func (n *node) settings() string {
	lines := []string{
		"regtest=1", "server=1", "listen=1", "discover=0", "dnsseed=0", "txindex=1", "debug=masternode", "debug=mnpayments",
		"rpcuser=" + user, "rpcpassword=" + password, fmt.Sprintf("rpcport=%d", n.rpc), "bind=" + n.peer(), fmt.Sprintf("port=%d", n.p2p),
	}
	for _, u := range upgrades {
		lines = append(lines, "nuparams="+u+":1")
	}
	if n.rules != nil {
		lines = append(lines, "smartpool="+n.rules.address(), "smartpoolcookie="+n.rules.cookie())
	}
	return strings.Join(append(lines, n.extra...), "\n") + "\n"
}

// launch starts the node without waiting.
func (n *node) launch() error {
	if err := os.WriteFile(filepath.Join(n.dir, "pastel.conf"), []byte(n.settings()), 0o600); err != nil {
		return err
	}
	var err error
	n.process, err = startProcess(n.name, filepath.Join(n.dir, "log"), n.binary, "-datadir="+n.dir)
	return err
}

// start starts the node, and waits until it answers. A Supernode's machine measures itself first.
func (n *node) start(ctx context.Context) error {
	if err := n.launch(); err != nil {
		return err
	}
	return until(ctx, n.name+" to answer", 3*time.Minute, func() (bool, string, error) {
		_, _, err := n.Tip(ctx)
		return err == nil, fmt.Sprint(err), n.ended()
	})
}

// connect joins two nodes, and waits until the connection works on both ends.
func (n *node) connect(ctx context.Context, to *node) error {
	if err := n.Call(ctx, "addnode", nil, to.peer(), "onetry"); err != nil {
		return err
	}
	return until(ctx, fmt.Sprintf("%s to reach %s", n.name, to.name), time.Minute, func() (bool, string, error) {
		peers, err := n.peers(ctx)
		for _, p := range peers {
			if p.Address == to.peer() && p.Version > 0 {
				return true, "", err
			}
		}
		return false, fmt.Sprintf("%d peers", len(peers)), err
	})
}

// peer is a node as seen by another.
type peer struct {
	Address  string `json:"addr"`
	Inbound  bool   `json:"inbound"`
	Version  int    `json:"version"`
	BanScore int    `json:"banscore"`
}

func (n *node) peers(ctx context.Context) (list []peer, err error) {
	return list, n.Call(ctx, "getpeerinfo", &list)
}

// alone takes the node off the network, and waits until it has no peers.
func (n *node) alone(ctx context.Context) error {
	return until(ctx, n.name+" to be alone", time.Minute, func() (bool, string, error) {
		peers, err := n.peers(ctx)
		for _, p := range peers {
			var refused *pasteld.RPCError
			if err := n.Call(ctx, "disconnectnode", nil, p.Address); err != nil && !errors.As(err, &refused) { // the peer may have left by itself
				return false, "", err
			}
		}
		return len(peers) == 0, fmt.Sprintf("%d peers", len(peers)), err
	})
}

// synced reports whether the node knows the network's Supernodes and votes.
func (n *node) synced(ctx context.Context) (bool, error) {
	var s struct {
		Finished bool `json:"IsSynced"`
	}
	err := n.Call(ctx, "mnsync", &s, "status")
	return s.Finished, err
}

// supernode returns an entry of the node's list; nil if there is none.
func (n *node) supernode(ctx context.Context, out pastel.OutPoint) (*pasteld.Masternode, error) {
	list, err := n.Masternodes(ctx)
	if err != nil {
		return nil, err
	}
	i := slices.IndexFunc(list, func(m pasteld.Masternode) bool { return m.OutPoint == out })
	if i < 0 {
		return nil, nil
	}
	return &list[i], nil
}

// votes returns the votes that the node knows, by height: payee and number of votes, or Unknown.
func (n *node) votes(ctx context.Context) (map[string]string, error) {
	votes := map[string]string{}
	return votes, n.Call(ctx, "masternode", &votes, "winners")
}

// raw makes a call, and returns the answer unchanged.
func (n *node) raw(ctx context.Context, method string, params ...any) (json.RawMessage, error) {
	var answer json.RawMessage
	err := n.Call(ctx, method, &answer, params...)
	return answer, err
}

// knows reports whether the node has received a block, valid or not.
func (n *node) knows(ctx context.Context, hash pastel.BlockHash) (bool, error) {
	var tips []struct {
		Hash string `json:"hash"`
	}
	if err := n.Call(ctx, "getchaintips", &tips); err != nil {
		return false, err
	}
	for _, t := range tips {
		if t.Hash == hash.String() {
			return true, nil
		}
	}
	return false, nil
}

var rejected = regexp.MustCompile(`reject reason: (\S+)`)

// refusal returns why the node last refused a block, according to its log.
func (n *node) refusal() (string, error) {
	log, err := os.ReadFile(filepath.Join(n.data(), "debug.log"))
	if err != nil {
		return "", err
	}
	all := rejected.FindAllSubmatch(log, -1)
	if len(all) == 0 {
		return "", fmt.Errorf("the log of %s does not say that it refused a block", n.name)
	}
	return string(all[len(all)-1][1]), nil
}
