package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/pastelnetwork/smartpool/chain/pasteld"
)

// stockStays examines the network from the stock node.
func stockStays(ctx context.Context, l *lab, n *notes) error {
	if err := l.activePool(ctx); err != nil {
		return err
	}
	if err := l.mineAt(ctx, l.stock, 3); err != nil {
		return err
	}
	n.saw("the stock node mined three blocks, and all others accepted them")
	var banned []any
	if err := l.stock.Call(ctx, "listbanned", &banned); err != nil {
		return err
	}
	peers, err := l.stock.peers(ctx)
	if err != nil {
		return err
	}
	for _, p := range peers {
		if p.BanScore != 0 {
			return fmt.Errorf("the stock node holds %d points against peer %s", p.BanScore, p.Address)
		}
	}
	if len(banned) > 0 || len(peers) < 3 {
		return fmt.Errorf("the stock node bans %d and has %d peers", len(banned), len(peers))
	}
	height, hash, err := l.stock.Tip(ctx)
	if err != nil {
		return err
	}
	if _, alpha, err := l.alpha.Tip(ctx); err != nil || alpha != hash {
		return fmt.Errorf("the stock node is on another chain: %w", err)
	}
	n.saw("it is at the same block %d, bans no peer and has given none of its %d peers ban points", height, len(peers))
	return nil
}

// cannotError says why something cannot be played.
type cannotError struct{ why string }

func (e *cannotError) Error() string { return e.why }

// signAndMine tries what pools' Supernodes may do only on a network where all nodes know pools. It ends with the reason why it cannot.
func signAndMine(ctx context.Context, l *lab, n *notes) error {
	if err := l.launchSupernode(ctx); err != nil {
		return err
	}
	id, pass := l.stage.Supernode.ID, l.stage.Supernode.Pass()
	for _, try := range []struct {
		what string
		call []any
	}{
		{"mine a block signed by its PastelID", []any{"generate", 1, id}},
		{"register its PastelID as a Supernode's (mnid)", []any{"tickets", "register", "mnid", id, pass}},
	} {
		_, err := l.hot.raw(ctx, try.call[0].(string), try.call[1:]...)
		var refused *pasteld.RPCError
		if !errors.As(err, &refused) {
			return fmt.Errorf("the machine of a pool's Supernode could %s: %w", try.what, err)
		}
		n.saw("its machine cannot %s: %s", try.what, strings.ReplaceAll(refused.Message, id, "<PastelID>"))
	}
	reason, err := l.hot.refusal()
	if err != nil {
		return err
	}
	n.saw("the block was refused by pasteld's own check: %s", reason)
	top, err := l.alpha.raw(ctx, "masternode", "top")
	if err != nil {
		return err
	}
	if strings.Contains(string(top), l.stage.Activation.String()) {
		return errors.New("a pool's Supernode is among the top Supernodes, which sign tickets")
	}
	n.saw("it is not among the top Supernodes, which alone may sign tickets: stock nodes do not rank it")
	return &cannotError{"blocks and tickets are signed with a PastelID that an mnid registration names, and stock nodes refuse one of a Supernode that they do " +
		"not list: a pool's Supernode that signs or mines is a hard fork. The insertion points are those of the soft fork, so it does neither, also where all nodes are upgraded"}
}

// digests compares the history of all rules, and that of a smartpoold that only follows the stock node.
func digests(ctx context.Context, l *lab, n *notes) error {
	if err := l.activePool(ctx); err != nil {
		return err
	}
	at, err := l.agree(ctx, l.running()...)
	if err != nil {
		return err
	}
	ports, err := freePorts(1)
	if err != nil {
		return err
	}
	dir := filepath.Join(l.dir, "follower")
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	api := fmt.Sprintf("127.0.0.1:%d", ports[0])
	p, err := startProcess("smartpoold that follows", filepath.Join(dir, "log"), l.binaries.daemon, "--network", l.net.Name, "--data", dir,
		"--node", l.stock.url(), "--node-user", user, "--node-password", password, "--api", api, "--metrics", "")
	if err != nil {
		return err
	}
	var said []byte
	err = until(ctx, "the follower to have the same digest", patience, func() (bool, string, error) {
		cmd := exec.CommandContext(ctx, l.binaries.smartpool, "digest", "--api", l.alpha.rules.apiURL(), "http://"+api, "--height", fmt.Sprint(at.Height))
		said, err = cmd.CombinedOutput()
		return err == nil, string(said), p.ended()
	})
	if err := errors.Join(err, p.stop(ctx)); err != nil {
		return err
	}
	n.saw("at block %d the rules of %d nodes, and of a smartpoold that only follows the stock node, have digest %x", at.Height, len(l.upgraded()), at.Digest)
	return nil
}
