package devnode

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"

	"github.com/gofrs/flock"

	"github.com/pastelnetwork/smartpool/chain"
	"github.com/pastelnetwork/smartpool/internal/secretfile"
	"github.com/pastelnetwork/smartpool/pastel"
)

// Config configures a Node.
type Config struct {
	Dir     string // created if missing
	Network pastel.Network
	Rules   chain.Rules      // what the node enforces; nil for nothing, like a stock pasteld
	Now     func() time.Time // time for new blocks; nil for the machine's clock
}

// Node is a running node. It is safe for concurrent use.
type Node struct {
	net   pastel.Network
	rules chain.Rules
	now   func() time.Time
	lock  *flock.Flock

	mu     sync.Mutex
	unsure bool // a step of the rules got no answer: it may have been made or not
	file   *blockFile
	tree   tree
	coins  map[pastel.OutPoint]coin
	txs    map[pastel.TxID]txPlace // of the best chain
	pool   mempool
	wallet *wallet
	sns    *supernodes
	votes  votes
	conf   masternodeConf
}

// coin is an unspent output.
type coin struct {
	pastel.TxOut
	height   pastel.Height
	coinbase bool
}

// txPlace is where a mined transaction is.
type txPlace struct {
	entry *entry
	index int
}

// Open opens the node in a folder and reads its chain. It moves the rules, if there are any, to the chain's tip.
func Open(ctx context.Context, cfg Config) (*Node, error) {
	if err := secretfile.Folder(cfg.Dir); err != nil {
		return nil, fmt.Errorf("development node: %w", err)
	}
	n := &Node{
		net: cfg.Network, rules: cfg.Rules, now: cfg.Now,
		lock:  flock.New(filepath.Join(cfg.Dir, "lock")),
		coins: map[pastel.OutPoint]coin{}, txs: map[pastel.TxID]txPlace{}, votes: votes{},
	}
	if n.now == nil {
		n.now = time.Now
	}
	if held, err := n.lock.TryLock(); err != nil || !held {
		return nil, fmt.Errorf("development node: another process uses %s; stop it or choose another folder", cfg.Dir)
	}
	if err := n.open(ctx, cfg.Dir); err != nil {
		n.Close()
		return nil, fmt.Errorf("development node in %s: %w", cfg.Dir, err)
	}
	return n, nil
}

func (n *Node) open(ctx context.Context, dir string) (err error) {
	n.pool.reset()
	if n.wallet, err = openWallet(filepath.Join(dir, "wallet.json"), &n.net); err != nil {
		return err
	}
	if n.sns, err = openSupernodes(filepath.Join(dir, "supernodes.json")); err != nil {
		return err
	}
	n.conf = masternodeConf{path: filepath.Join(dir, "masternode.conf"), net: &n.net, entries: map[string]masternodeEntry{}}
	if err := n.conf.read(); err != nil {
		return fmt.Errorf("Error reading masternode configuration file: %w", err)
	}
	rules := n.rules
	n.rules = nil // what is on disk was checked when it arrived
	if n.file, err = openBlockFile(filepath.Join(dir, "blocks.dat"), n.replay); err != nil {
		return err
	}
	if len(n.tree.best) == 0 {
		if err := n.acceptBlock(ctx, genesis()); err != nil {
			return err
		}
	}
	n.rules, n.unsure = rules, rules != nil
	return n.activate(ctx)
}

// Close stops the node. Everything it has done is on disk.
func (n *Node) Close() error {
	n.mu.Lock()
	defer n.mu.Unlock()
	var errs []error
	if n.file != nil {
		errs = append(errs, n.file.close())
	}
	return errors.Join(append(errs, n.lock.Close())...)
}

// bringRules moves the rules to the node's tip: they may have stopped elsewhere.
func (n *Node) bringRules(ctx context.Context) error {
	for {
		tip, err := n.rules.Tip(ctx)
		if err != nil {
			return fmt.Errorf("ask the rules for their last block: %w", err)
		}
		switch e := n.tree.at(tip.Height); {
		case tip.Height >= 0 && (e == nil || e.block.Hash() != tip.Hash):
			if err = n.paired(&tip); err == nil {
				err = n.rules.Disconnect(ctx, tip.Hash)
			}
		case tip.Height == n.tree.tip().height:
			return nil
		default:
			next := n.tree.at(tip.Height + 1)
			err = n.rules.Connect(ctx, next.block.Bytes())
			var refused *chain.RefusedError
			if errors.As(err, &refused) && refused.Reason != chain.RefusedBlock { // the chain was made without these rules
				if err = n.refuse(next, err.Error()); err == nil {
					n.goBelow(next)
				}
			}
		}
		if err != nil {
			return fmt.Errorf("move the rules from block %d to the node's tip: %w", tip.Height, err)
		}
	}
}

// paired returns an error if the rules hold a chain that they cannot leave for this node's.
func (n *Node) paired(tip *chain.Position) error {
	fork, found := tip.Fork(func(p chain.Point) bool {
		e := n.tree.at(p.Height)
		return e != nil && e.block.Hash() == p.Hash
	})
	switch {
	case !found:
		return errors.New("the rules' database holds another chain from its first block on; use one database per node")
	case tip.Height-fork.Height > n.net.MaxReorg:
		return fmt.Errorf("the rules' database holds another chain: it shares blocks up to at least block %d, but at most %d blocks can be taken back; "+
			"use one database per node, or start with an empty one", fork.Height, n.net.MaxReorg)
	}
	return nil
}

// Tip returns the last block of the best chain.
func (n *Node) Tip() (pastel.Height, pastel.BlockHash) {
	n.mu.Lock()
	defer n.mu.Unlock()
	tip := n.tree.tip()
	return tip.height, tip.block.Hash()
}

// HashAt returns the block at a height of the best chain; false if there is none.
func (n *Node) HashAt(h pastel.Height) (pastel.BlockHash, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	e := n.tree.at(h)
	if e == nil {
		return pastel.BlockHash{}, false
	}
	return e.block.Hash(), true
}
