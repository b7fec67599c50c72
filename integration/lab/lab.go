package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/pastelnetwork/smartpool/internal/actors"
	"github.com/pastelnetwork/smartpool/pastel"
	"github.com/pastelnetwork/smartpool/pool"
)

// lab is a network of pastelds on loopback: two upgraded ones, a stock one, and the machines of a regular Supernode and a pool's.
type lab struct {
	dir      string
	binaries binaries
	net      pastel.Network
	out      io.Writer // tells people what happens

	alpha, beta *node // upgraded
	stock       *node
	voter       *node           // the machine of a regular Supernode, upgraded
	hot         *node           // the machine of a pool's Supernode, upgraded
	regular     pastel.OutPoint // collateral of the regular Supernode

	nodes    []*node // all nodes, including those of a scenario
	stage    stage
	recorder *recorder // nil without recording
}

// binaries are the programs under test.
type binaries struct {
	stock, upgraded   string
	smartpool, daemon string // built from the tree
}

func newLab(dir string, b binaries, out io.Writer) (*lab, error) {
	net, err := pastel.NetworkByName("regtest")
	if err != nil {
		return nil, err
	}
	l := &lab{dir: dir, binaries: b, net: net, out: out}
	for _, n := range []struct {
		at       **node
		name     string
		upgraded bool
	}{{&l.alpha, "alpha", true}, {&l.beta, "beta", true}, {&l.stock, "stock", false}, {&l.voter, "voter", true}, {&l.hot, "hot", true}} {
		if *n.at, err = l.newNode(n.name, n.upgraded); err != nil {
			return nil, err
		}
	}
	l.alpha.extra = []string{"experimentalfeatures=1", "insightexplorer=1"} // a refused block must leave nothing in its indexes
	return l, nil
}

func (l *lab) newNode(name string, upgraded bool) (*node, error) {
	binary, r := l.binaries.stock, (*rules)(nil)
	if upgraded {
		var err error
		if r, err = newRules(name, l.binaries.daemon, l.dir); err != nil {
			return nil, err
		}
		binary = l.binaries.upgraded
	}
	n, err := newNode(name, binary, l.dir, l.net, r)
	if err == nil {
		l.nodes = append(l.nodes, n)
	}
	return n, err
}

// build builds smartpool and smartpoold from the tree.
func build(ctx context.Context, dir string) (smartpool, daemon string, err error) {
	cmd := exec.CommandContext(ctx, "go", "build", "-o", dir+string(filepath.Separator),
		"github.com/pastelnetwork/smartpool/cmd/smartpool", "github.com/pastelnetwork/smartpool/cmd/smartpoold")
	if text, err := cmd.CombinedOutput(); err != nil {
		return "", "", fmt.Errorf("build smartpool and smartpoold: %w: %s", err, text)
	}
	return filepath.Join(dir, "smartpool"), filepath.Join(dir, "smartpoold"), nil
}

// everybody returns the nodes of the network.
func (l *lab) everybody() []*node { return []*node{l.alpha, l.beta, l.stock, l.voter, l.hot} }

// running returns the nodes that are running and on the network.
func (l *lab) running() []*node {
	var list []*node
	for _, n := range l.everybody() {
		if n.process != nil && n.ended() == nil && !n.apart {
			list = append(list, n)
		}
	}
	return list
}

// up starts a node and its rules, and connects the node to all others that are running.
func (l *lab) up(ctx context.Context, n *node) error {
	if n.rules != nil && (n.rules.process == nil || n.rules.ended() != nil) {
		if err := n.rules.start(ctx); err != nil {
			return err
		}
	}
	others := l.running()
	if err := n.start(ctx); err != nil {
		return err
	}
	return l.join(ctx, n, others...)
}

// join connects a node to others. Machines of Supernodes refuse connections until they know the network, so they meet through others.
func (l *lab) join(ctx context.Context, n *node, others ...*node) error {
	for _, o := range others {
		if l.isMachine(n) && l.isMachine(o) {
			continue
		}
		if err := n.connect(ctx, o); err != nil {
			return err
		}
	}
	return nil
}

// isMachine reports whether a node runs a Supernode.
func (l *lab) isMachine(n *node) bool { return n == l.voter || n == l.hot }

// down stops all nodes, then the rules, which nodes may ask until they end.
func (l *lab) down(ctx context.Context) error {
	var errs []error
	for _, n := range l.nodes {
		if n.process != nil {
			errs = append(errs, n.stop(ctx))
		}
	}
	for _, n := range l.nodes {
		if n.rules != nil && n.rules.process != nil {
			errs = append(errs, n.rules.stop(ctx))
		}
	}
	return errors.Join(errs...)
}

// patience is how long nodes may take to agree.
const patience = 2 * time.Minute

// together waits until all running nodes and their rules are at the same block; the rules must then have the same digest.
func (l *lab) together(ctx context.Context) error {
	_, err := l.agree(ctx, l.running()...)
	return err
}

// agree waits until nodes and their rules are at the same block, and returns it with its digest.
func (l *lab) agree(ctx context.Context, nodes ...*node) (at pool.Tip, err error) {
	err = until(ctx, "nodes to agree", patience, func() (bool, string, error) {
		height, hash, err := nodes[0].Tip(ctx)
		if err != nil {
			return false, "", err
		}
		at = pool.Tip{Height: height, Hash: hash}
		for _, n := range nodes {
			if _, h, err := n.Tip(ctx); err != nil || h != hash {
				return false, fmt.Sprintf("%s is at block %d, %s at %s", nodes[0].name, height, n.name, h), err
			}
			if n.rules == nil {
				continue
			}
			t, err := n.rules.position(ctx)
			if err != nil || t.Hash != hash {
				return false, fmt.Sprintf("the rules of %s are at block %d, %s at %d: %v", n.name, t.Height, nodes[0].name, height, err), nil
			}
			if at.Digest != (pool.Digest{}) && at.Digest != t.Digest {
				return false, "", fmt.Errorf("at block %d the digest of %s is %x, but another's is %x", height, n.name, t.Digest, at.Digest)
			}
			at.Digest = t.Digest
		}
		return true, "", nil
	})
	return at, err
}

// mine has alpha mine blocks, and waits until all nodes have them.
func (l *lab) mine(ctx context.Context, count int) error { return l.mineAt(ctx, l.alpha, count) }

func (l *lab) mineAt(ctx context.Context, n *node, count int) error {
	if err := l.generate(ctx, n, count); err != nil {
		return err
	}
	return l.together(ctx)
}

// batch is how many blocks a node mines before it waits for votes. Supernodes vote ten blocks ahead, and a miner that does not know a vote
// makes blocks that others refuse. At ten blocks a second, votes arrive too late.
const batch = 5

// generate has a node mine blocks, no faster than votes arrive.
func (l *lab) generate(ctx context.Context, n *node, count int) error {
	for count > 0 {
		now := min(count, batch)
		if _, err := n.Generate(ctx, now); err != nil {
			return err
		}
		count -= now
		if n.apart || !slices.Contains(l.running(), l.voter) {
			continue
		}
		if err := l.heard(ctx, n); err != nil {
			return err
		}
	}
	return nil
}

// heard waits until a node knows all the voter's votes for blocks to come.
func (l *lab) heard(ctx context.Context, n *node) error {
	return until(ctx, n.name+" to hear of votes", patience, func() (bool, string, error) {
		height, hash, err := n.Tip(ctx)
		if err != nil {
			return false, "", err
		}
		if _, at, err := l.voter.Tip(ctx); err != nil || at != hash {
			return false, fmt.Sprintf("%s is at block %d, but the voter is not", n.name, height), err
		}
		made, err := l.voter.votes(ctx)
		if err != nil {
			return false, "", err
		}
		known, err := n.votes(ctx)
		for h := height + 1; h <= height+voteAhead; h++ {
			if at := fmt.Sprint(h); made[at] != known[at] {
				return false, fmt.Sprintf("at block %d the voter votes for %s, but %s knows %s", h, made[at], n.name, known[at]), err
			}
		}
		return err == nil, "", err
	})
}

// say tells people what happens.
func (l *lab) say(format string, args ...any) { _, _ = fmt.Fprintf(l.out, format+"\n", args...) }

// open starts the network, and mines some spendable coins.
func (l *lab) open(ctx context.Context) error {
	for _, n := range []*node{l.alpha, l.beta, l.stock} {
		if err := l.up(ctx, n); err != nil {
			return err
		}
	}
	if err := l.mine(ctx, 120); err != nil {
		return err
	}
	key, err := l.alpha.MasternodeGenKey(ctx)
	if err != nil {
		return err
	}
	// The machine of the first pool's Supernode starts early, because a node takes half a minute to learn a network's Supernodes.
	l.stage.key = key
	if err := l.heat(ctx, actors.SupernodePass, key); err != nil {
		return err
	}
	return l.startVoter(ctx)
}

// copyFile copies a small file.
func copyFile(to, from string) error {
	data, err := os.ReadFile(from)
	if err != nil {
		return err
	}
	return os.WriteFile(to, data, 0o600)
}

// reconnect joins a node to the others again: they disconnect a node that sent a block they refuse.
func (l *lab) reconnect(ctx context.Context, n *node) error {
	for _, o := range l.running() {
		if o == n || l.isMachine(n) && l.isMachine(o) {
			continue
		}
		peers, err := n.peers(ctx)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(peers, func(p peer) bool { return p.Address == o.peer() }) {
			if err := n.connect(ctx, o); err != nil {
				return err
			}
		}
	}
	return nil
}

// looking is how long all nodes need to check their lists of Supernodes, which they do every five seconds.
const looking = 12 * time.Second

// record records what alpha and the Supernodes' machines answer.
func (l *lab) record(dir string) (err error) {
	if l.recorder, err = newRecorder(dir); err != nil {
		return err
	}
	for _, n := range []*node{l.alpha, l.voter, l.hot} {
		if err := errors.Join(l.recorder.front(n), n.dial(l.net)); err != nil {
			return err
		}
	}
	return nil
}
